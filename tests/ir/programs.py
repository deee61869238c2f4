"""Small functions over every construct of the IR, with symbolic sizes, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tangra.ops  # noqa: F401  (fills the table)
from tangra.ir import BOOL, F32, F64, I64, U8, ArrayType, Block, Builder, Func, Span, TapeType, Type, Value, scalar
from tangra.shapes import symbol

N, M = symbol("N"), symbol("M")
COUNTED = {"counted": True, "exits": False, "parallel": False}
WHILE = {"counted": False, "exits": True, "parallel": False}


def function(name: str, *types: Type, **attrs: Any) -> tuple[Builder, Func]:
    """An empty function and a builder in it."""
    body = Block(list(types))
    return Builder(body), Func(name, body, attrs)


def region(b: Builder, types: list[Type], fill: Callable[..., list[Value]]) -> Block:
    """A block with arguments of `types`; `fill(*arguments)` gives what it yields."""
    block = Block(types)
    with b.at(block):
        b.yield_(*fill(*block.args))
    return block


def element(b: Builder, x: Value, i: Value) -> Value:
    return b("index", x, i, sizes=(None,), steps=(1,))


def dot() -> Func:
    """A sum of products by a loop over a symbolic size."""
    b, f = function("dot", ArrayType(F64, (N,)), ArrayType(F64, (N,)), source="dot")
    x, y = f.params
    x.name, y.name = "x", "y"
    b.span = Span("dot.py", 3, 5, 3, 20, "dot")
    body = region(
        b, [scalar(I64), scalar(F64)], lambda i, total: [b("add", total, b("mul", element(b, x, i), element(b, y, i)))]
    )
    b.return_(b.emit("loop", [b.int(0), b.dim(N), b.int(1), b.float(0.0)], COUNTED, [body]).result)
    return f


def collatz() -> Func:
    """A loop that ends by its exit flag, with an `if` in it."""
    b, f = function("collatz", scalar(I64))

    def trip(n: Value, steps: Value) -> list[Value]:
        even = b("eq", b("mod", n, b.int(2)), b.int(0))
        half = region(b, [], lambda: [b("floordiv", n, b.int(2))])
        more = region(b, [], lambda: [b("add", b("mul", n, b.int(3)), b.int(1))])
        following = b.emit("if", [even], {}, [half, more]).result
        return [b("ne", following, b.int(1)), following, b("add", steps, b.int(1))]

    body = region(b, [scalar(I64), scalar(I64)], trip)
    b.return_(b.emit("loop", [f.params[0], b.int(0)], WHILE, [body]).results[1])
    return f


def early_exit() -> Func:
    """A counted loop that also exits: the first position of a value, or -1, downwards."""
    b, f = function("find_last", ArrayType(I64, (N,)), scalar(I64))
    x, wanted = f.params

    def trip(i: Value, found: Value) -> list[Value]:
        hit = b("eq", element(b, x, i), wanted)
        return [b("not", hit), b("select", hit, i, found)]

    body = region(b, [scalar(I64), scalar(I64)], trip)
    header = [b("sub", b.dim(N), b.int(1)), b.int(-1), b.int(-1), b.int(-1)]
    b.return_(b.emit("loop", header, {**COUNTED, "exits": True}, [body]).result)
    return f


def ramp() -> Func:
    """An array of run-time size, made in an inner block's scope of the symbol and outside it."""
    b, f = function("ramp", scalar(I64))
    n = f.params[0]
    b.emit("bind_dim", [n], {"symbol": "n"})
    size = symbol("n")
    x = b("iota", dtype=F64, shape=(size,), axis=0)
    padded = b("pad", x, b.float(-1.0), low=(1,), high=(size,))
    b.return_(x, padded, b.dim(2 * size + 1))
    return f


def reversed_by_tape() -> Func:
    """Pushes every element on a tape and pops them into a new array."""
    b, f = function("reversed", ArrayType(F64, (N,)))
    x = f.params[0]
    tape = b.emit("tape_new", [], {"record": (scalar(I64), scalar(F64))}).result

    def push(i: Value) -> list[Value]:
        b.emit("tape_push", [tape, i, element(b, x, i)])
        return []

    def pop(i: Value, out: Value) -> list[Value]:
        _, v = b.emit("tape_pop", [tape]).results
        return [b("update", out, v, i, sizes=(None,), steps=(1,))]

    bounds = [b.int(0), b.dim(N), b.int(1)]
    b.emit("loop", bounds, COUNTED, [region(b, [scalar(I64)], push)])
    empty = b("empty", dtype=F64, shape=(N,))
    body = region(b, [scalar(I64), ArrayType(F64, (N,))], pop)
    b.return_(b.emit("loop", [*bounds, empty], COUNTED, [body]).result)
    return f


def caller() -> Func:
    """Calls `dot` with its own sizes, twice, and another function of the same name."""
    inner, other = dot(), dot()
    b, f = function("caller", ArrayType(F64, (M,)), ArrayType(F64, (3,)))
    x, y = f.params
    first = b.call(inner, [x, x]).result
    second = b.call(inner, [y, y]).result
    b.return_(b("add", first, second), b.call(other, [y, y]).result)
    return f


def custom() -> Func:
    """A custom derivative: the primal is `dot`."""
    b, f = function("custom", ArrayType(F64, (N,)))
    x = f.params[0]
    op = b.emit("custom_derivative", [x, x], {"primal": dot(), "jvp": None, "vjp": collatz()})
    b.return_(op.result)
    return f


def failing() -> Func:
    """Writes, then fails if told so, with what was written."""
    b, f = function("failing", ArrayType(F64, (N,)), scalar(I64), written=(0,))
    x, i = f.params
    at = b.emit("check_index", [i, b.dim(N)], {"axis": 0}).result
    y = b("update", x, b.float(9.0), at, sizes=(None,), steps=(1,))
    attrs = {"kind": "ValueError", "message": 'i is {0}, "not" {1:.2f}\n', "state": (0,), "n_state": 1}
    b.emit("fail_if", [b("lt", i, b.int(0)), y, i, b.float(0.5)], attrs)
    b.return_(b("reduce_sum", y, axes=(0,)), y)
    return f


def constants() -> Func:
    """Constants that text easily loses, and one of every kind of attribute."""
    everything = (1, (), (2,), [None, True], {"a": 1.5, "b": (N, scalar(F32))}, -0.1, 'é"#')
    b, f = function("constants", attributes=everything)
    numbers = [-0.0, 0.1, np.nan, -np.nan, np.inf, -np.inf, 5e-324, 1.7976931348623157e308, 1 / 3]
    results = [b.float(v) for v in numbers]
    results += [b.const(v, F32) for v in (0.1, -0.0, np.nan, 1e-45)]
    results += [b.const(255, U8), b.int(-(2**63)), b.bool(True), b.bool(False)]
    results.append(b.const_array(np.array([[0.1, -0.0], [np.nan, np.inf]]), F64))
    results.append(b.const_array(np.zeros((0, 2)), I64))
    results.append(b.const_array(np.array([True, False]), BOOL))
    results.append(b.emit("undef", [], {"type": ArrayType(F64, (2, 3))}).result)
    b.return_(*results)
    return f


def tapes_as_arguments() -> Func:
    """A function of a tape."""
    record = (scalar(F64), ArrayType(F64, (M, 2 * M + 1)))
    b, f = function("pops", scalar(I64), ArrayType(F64, (M,)), TapeType(record))
    b.return_(*b.emit("tape_pop", [f.params[2]]).results)
    return f


PROGRAMS = [
    dot,
    collatz,
    early_exit,
    ramp,
    reversed_by_tape,
    caller,
    custom,
    failing,
    constants,
    tapes_as_arguments,
]
