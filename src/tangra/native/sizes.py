"""Symbolic sizes as instructions."""

from __future__ import annotations

from collections.abc import Callable

from tangra.ir import I64
from tangra.native.module import Module
from tangra.native.text import Code, Operand
from tangra.shapes import Size, fold


def write_size(module: Module, code: Code, size: Size, symbol: Callable[[str], Operand]) -> Operand:
    """`size` as an i64 operand, where `symbol` gives those of its symbols."""

    def intrinsic(name: str) -> Callable[[Operand, Operand], Operand]:
        def emit(a: Operand, b: Operand) -> Operand:
            module.declare(f"declare i64 @llvm.{name}.i64(i64, i64)")
            return code.ins(f"call i64 @llvm.{name}.i64(i64 {a}, i64 {b})")

        return emit

    def division(name: str) -> Callable[[Operand, Operand], Operand]:
        def emit(a: Operand, b: Operand) -> Operand:
            return code.ins(f"call i64 {module.need(name, I64)}(i64 {a}, i64 {b})")

        return emit

    return fold(
        size,
        const=lambda n: n,
        symbol=symbol,
        add=code.add,
        mul=code.mul,
        floordiv=division("floordiv"),
        mod=division("mod"),
        max=intrinsic("smax"),
        min=intrinsic("smin"),
    )
