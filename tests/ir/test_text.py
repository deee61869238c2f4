"""Printing and parsing: exact round trips, and what the text looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tangra.ir import ArrayType, Block, Builder, Func, Value
from tangra.ir.opdef import all_ops
from tangra.ir.parser import IRSyntaxError, parse, parse_module
from tangra.ir.printer import print_func
from tangra.ir.verifier import verify
from tests.ir.programs import PROGRAMS, constants, dot, early_exit, failing
from tests.ops.samples import samples
from tests.ops.single import value_func


def equal(x: Any, y: Any) -> bool:
    """Whether two attributes are the same, to the sign of zero and of NaN."""
    if isinstance(x, (np.ndarray, np.generic)):
        signs = np.array_equal(np.signbit(x), np.signbit(y)) if x.dtype.kind == "f" else True
        kinds = x.dtype == y.dtype and isinstance(y, np.ndarray) == isinstance(x, np.ndarray)
        return kinds and signs and np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
    if isinstance(x, (tuple, list)):
        return type(x) is type(y) and len(x) == len(y) and all(map(equal, x, y))
    if isinstance(x, dict):
        return x.keys() == y.keys() and all(equal(x[k], y[k]) for k in x)
    if isinstance(x, Func):
        return isinstance(y, Func)
    return bool(x == y) and type(x) is type(y)


def assert_same(f: Func, g: Func) -> None:
    """The same operations, types, names and attributes, in the same places."""
    values: dict[int, Value] = {}

    def match(p: Value, q: Value) -> None:
        assert (p.type, p.name) == (q.type, q.name)
        values[id(p)] = q

    def blocks(s: Block, t: Block) -> None:
        for p, q in zip(s.args, t.args, strict=True):
            match(p, q)
        for a, b in zip(s.ops, t.ops, strict=True):
            assert a.defn is b.defn
            assert [values[id(v)] for v in a.operands] == b.operands
            assert equal(a.attrs, b.attrs), (a.attrs, b.attrs)
            for p, q in zip(a.regions, b.regions, strict=True):
                blocks(p, q)
            for p, q in zip(a.results, b.results, strict=True):
                match(p, q)

    assert equal(f.attrs, g.attrs)
    blocks(f.body, g.body)


@pytest.mark.parametrize("make", PROGRAMS)
def test_programs_come_back_the_same(make: Callable[[], Func]) -> None:
    func = make()
    text = print_func(func)
    back = parse(text)
    assert_same(func, back)
    assert print_func(back) == text
    verify(back)


@pytest.mark.parametrize("make", PROGRAMS)
def test_spans_are_comments(make: Callable[[], Func]) -> None:
    func = make()
    assert print_func(parse(print_func(func, spans=True))) == print_func(func)


@pytest.mark.parametrize("name", [d.name for d in all_ops() if d.family != "control"])
def test_every_op_comes_back_the_same(name: str) -> None:
    for operands, attrs in samples(name)[:40]:
        func = value_func(name, operands, attrs)
        assert_same(func, parse(print_func(func)))


def test_text_of_a_loop() -> None:
    assert (
        print_func(dot(), spans=True)
        == """\
func @dot(%x.0: f64[N], %y.1: f64[N]) {source = "dot"} {
  %2: i64 = constant {value = int64(0), dtype = i64}  # dot.py:3:5
  %3: i64 = dim {size = `N`}  # dot.py:3:5
  %4: i64 = constant {value = int64(1), dtype = i64}  # dot.py:3:5
  %5: f64 = constant {value = float64(0x0.0p+0), dtype = f64}  # dot.py:3:5
  %6: f64 = loop %2, %3, %4, %5 {counted = True, exits = False, parallel = False} do (%7: i64, %8: f64) {  # dot.py:3:5
    %9: f64 = index %x.0, %7 {sizes = (None,), steps = (1,)}  # dot.py:3:5
    %10: f64 = index %y.1, %7 {sizes = (None,), steps = (1,)}  # dot.py:3:5
    %11: f64 = mul %9, %10  # dot.py:3:5
    %12: f64 = add %8, %11  # dot.py:3:5
    yield %12  # dot.py:3:5
  }
  return %6  # dot.py:3:5
}
"""
    )


def test_functions_of_one_name_are_told_apart() -> None:
    make = next(p for p in PROGRAMS if p.__name__ == "caller")
    assert list(parse_module(print_func(make()))) == ["dot", "dot.1", "caller"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no function in the text"),
        ("func @f(%0: f64) {\n  return %1\n}", "line 2: expected a value defined before; %1 is not"),
        ("func @f(%0: f65) {\n  return %0\n}", "line 1: expected a type"),
        ("func @f(%0: f64) {\n  return %0\n", "expected an operation"),
        ("func @f() {\n  %0: i64 = dim {size = @}\n}", "expected an attribute value"),
    ],
)
def test_bad_text_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(IRSyntaxError, match=message.replace("%", "%")):
        parse(text)


def test_an_unprintable_attribute_is_an_error() -> None:
    b = Builder(Block([ArrayType(dot().params[0].dtype)]))
    b.return_()
    with pytest.raises(TypeError, match="an attribute is a object"):
        print_func(Func("f", b.block, {"x": object()}))
    assert len({print_func(p()) for p in (constants, early_exit, failing)}) == 3
