"""Text of IR, exact and deterministic: `tangra.ir.parser` reads it back to the same program.

    func @dot(%x.0: f64[N], %1: f64[N]) {
      %2: f64[N] = mul %x.0, %1
      %3: f64 = reduce_sum %2 {axes = (0,)}
      return %3
    }

Values are numbered per function in order of definition, with their name in front where they have one. Regions follow
their operation, each with its arguments in parentheses if it has any. Floats are written in hexadecimal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from tangra.ir.graph import Block, Func, Op, Value
from tangra.ir.types import ArrayType, DType, TapeType
from tangra.shapes import Dim

INDENT = "  "


def print_func(func: Func, *, spans: bool = False, callees: bool = True) -> str:
    """The text of `func`, after the functions it calls (unless `callees` is false). `spans` adds source positions as
    comments."""
    funcs = [*reachable(func), func] if callees else [func]
    names = function_names(funcs)
    return "\n".join(_Printer(names, spans).func(f) for f in funcs)


def print_op(op: Op) -> str:
    """The text of one operation with its regions; values that it does not define are numbered by first use."""
    return "\n".join(_Printer({}, True).op(op, ""))


def reachable(func: Func) -> list[Func]:
    """The functions named by operations of `func`, directly or through others, each once, callees before callers."""
    seen: dict[int, Func] = {id(func): func}
    order: list[Func] = []

    def visit(f: Func) -> None:
        for op in f.body.walk():
            for attr in op.attrs.values():
                if isinstance(attr, Func) and id(attr) not in seen:
                    seen[id(attr)] = attr
                    visit(attr)
                    order.append(attr)

    visit(func)
    return order


def function_names(funcs: list[Func]) -> dict[int, str]:
    """A distinct name for each function, by id: its own, with a number where another has it."""
    taken: set[str] = set()
    names: dict[int, str] = {}
    for f in funcs:
        base = name = re.sub(r"[^\w.<>]", "_", f.name) or "_"
        number = 1
        while name in taken:
            name, number = f"{base}.{number}", number + 1
        taken.add(name)
        names[id(f)] = name
    return names


class _Printer:
    def __init__(self, functions: dict[int, str], spans: bool) -> None:
        self.functions = functions
        self.spans = spans
        self.names: dict[int, str] = {}

    def name(self, v: Value) -> str:
        if id(v) not in self.names:
            label = re.sub(r"\W", "_", v.name)
            prefix = f"{label}." if label else ""
            self.names[id(v)] = f"%{prefix}{len(self.names)}"
        return self.names[id(v)]

    def typed(self, v: Value) -> str:
        return f"{self.name(v)}: {v.type}"

    def func(self, func: Func) -> str:
        self.names = {}
        params = ", ".join(self.typed(p) for p in func.params)
        head = f"func @{self.functions.get(id(func), func.name)}({params}){self.attrs(func.attrs)} {{"
        return "\n".join([head, *self.ops(func.body, INDENT), "}", ""])

    def ops(self, block: Block, indent: str) -> Iterator[str]:
        for op in block.ops:
            yield from self.op(op, indent)

    def op(self, op: Op, indent: str) -> Iterator[str]:
        operands = ", ".join(self.name(v) for v in op.operands)
        results = ", ".join(self.typed(r) for r in op.results)
        head = f"{indent}{results}{' = ' if results else ''}{op.name}{' ' if operands else ''}{operands}"
        head += self.attrs(op.attrs)
        note = f"  # {op.span}" if self.spans and op.span is not None else ""
        for region in op.regions:
            args = f" ({', '.join(self.typed(a) for a in region.args)})" if region.args else ""
            yield f"{head} do{args} {{{note}"
            yield from self.ops(region, indent + INDENT)
            head, note = f"{indent}}}", ""
        yield head + note

    def attrs(self, attrs: dict[str, Any]) -> str:
        shown = ", ".join(f"{k} = {self.attr(v)}" for k, v in attrs.items())
        return f" {{{shown}}}" if shown else ""

    def attr(self, value: Any) -> str:
        """An attribute: None, bool, int, float, string, dtype, !type, `size`, @function, scalar, array, tuple, list."""
        if isinstance(value, np.generic):
            return f"{value.dtype}({number(value)})"
        if isinstance(value, np.ndarray):
            items = ", ".join(number(v) for v in value.ravel())
            return f"array<{value.dtype}, {list(value.shape)}>({items})"
        if isinstance(value, float):
            return number(value)
        if isinstance(value, str):
            return json.dumps(value)
        if isinstance(value, (tuple, list)):
            return self.sequence(value)
        if isinstance(value, dict):
            return f"{{{', '.join(f'{self.attr(k)}: {self.attr(v)}' for k, v in value.items())}}}"
        if isinstance(value, Func):
            return f"@{self.functions.get(id(value), value.name)}"
        if isinstance(value, (ArrayType, TapeType)):
            return f"!{value}"
        if isinstance(value, Dim):
            return f"`{value}`"
        if value is None or isinstance(value, (bool, int, DType)):
            return str(value)
        if isinstance(value, Op):
            return json.dumps(value.name)  # what stopped a derivative: read by error messages only
        raise TypeError(f"an attribute is a {type(value).__name__}: {value!r}")

    def sequence(self, value: tuple[Any, ...] | list[Any]) -> str:
        items = ", ".join(self.attr(v) for v in value)
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"


def number(value: Any) -> str:
    """A number, exactly: floats in hexadecimal, of a NaN only the sign."""
    value = value.item() if isinstance(value, np.generic) else value
    if not isinstance(value, float):
        return str(value)
    return "-nan" if math.isnan(value) and math.copysign(1.0, value) < 0 else value.hex()
