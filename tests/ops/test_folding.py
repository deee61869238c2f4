"""Folding never changes a value: every op built with the folding builder and without, on constants and on chains."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tangra.ir import DTYPES, F64, I64, ArrayType, Block, Builder, Func, Value, scalar
from tangra.ir.opdef import all_ops, lookup
from tests.ops.samples import accepts, arity, dtype_of, samples, specials, type_of
from tests.ops.single import checked, results_of, run

FOLDING = [d.name for d in all_ops() if d.fold is not None and d.elementwise and d.name not in ("cast", "select")]


def identical(actual: Any, expected: Any, message: str) -> None:
    """Equal to the bit, but for the sign of NaN."""
    assert actual.dtype == expected.dtype, message
    np.testing.assert_array_equal(actual, expected, err_msg=message)
    if actual.dtype.kind == "f":
        number = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(actual) & number, np.signbit(expected) & number, err_msg=message)


def built(make: Callable[[Builder, list[Value]], Value], operands: list[Any]) -> tuple[Func, Any]:
    """The function of `operands` that `make` builds, and its result."""
    body = Block([type_of(x) for x in operands])
    b = Builder(body)
    b.return_(make(b, body.args))
    func = checked(Func("folded", body))
    return func, run(func, operands)[0]


def computes(func: Func) -> set[str]:
    """The operations that the result of `func` depends on, but constants and ramps, and their repetition."""
    found: set[str] = set()
    pending = list(func.returned)
    while pending:
        op = pending.pop().defining_op
        if op is not None:
            found.add(op.name)
            pending += op.operands
    return found - {"constant", "broadcast", "iota"}


def mixed(name: str, numbers: list[Any], fixed: tuple[bool, ...], shape: tuple[int, ...]) -> None:
    """Op `name` on `numbers`, those that are `fixed` known when it is built."""
    arrays = [np.full(shape, n)[()] for n in numbers]

    def make(b: Builder, args: list[Value]) -> Value:
        rest = iter(args)
        operands = [
            b.full(b.const(n, dtype_of(n)), shape) if known else next(rest)
            for n, known in zip(numbers, fixed, strict=True)
        ]
        return b(name, *operands)

    _, actual = built(make, [a for a, known in zip(arrays, fixed, strict=True) if not known])
    identical(actual, results_of(name, arrays, {})[0], f"{name} {numbers} {fixed}")


@pytest.mark.parametrize("name", FOLDING)
def test_elementwise_folds_keep_every_value(name: str) -> None:
    defn = lookup(name)
    count = arity(defn, {})
    for dtype in (DTYPES[n] for n in ("bool", "u8", "i32", "i64", "f32", "f64")):
        if not accepts(defn, [ArrayType(dtype)] * count, {}):
            continue
        values = specials(dtype)
        few = values if count == 1 or len(values) < 12 else np.concatenate([values[:6], values[-6:], values[10:12]])
        for numbers in itertools.product(few, repeat=count):
            for fixed in itertools.product((False, True), repeat=count):
                if any(fixed):
                    mixed(name, list(numbers), fixed, ())
        mixed(name, [values[0]] * count, (True,) * count, (2, 3))
        mixed(name, [values[1]] * count, (*(True,) * (count - 1), False), (3,))


@pytest.mark.parametrize("name", [n for n in FOLDING if arity(lookup(n), {}) == 2])
def test_folds_of_one_value_with_itself(name: str) -> None:
    for operands, attrs in samples(name):
        x = operands[0]
        _, actual = built(lambda b, args: b(name, args[0], args[0], **attrs), [x])
        identical(actual, results_of(name, [x, x], attrs)[0], f"{name} {x}")


def test_casts_of_constants() -> None:
    for source, target in itertools.product(DTYPES.values(), repeat=2):
        for n in specials(source):
            if source.is_float and target.is_integer:
                n = np.dtype(source.numpy).type(3.7)
            _, actual = built(lambda b, args: b("cast", b.const(n, source), dtype=target), [])
            identical(actual, results_of("cast", [n], {"dtype": target})[0], f"{n} to {target}")


def test_identities_that_rounding_breaks_stay() -> None:
    def stays(name: str, constant: float) -> bool:
        func, _ = built(lambda b, args: b(name, args[0], b.float(constant)), [np.float64(1.5)])
        return name in computes(func)

    assert stays("add", 0.0)
    assert stays("sub", -0.0)
    assert stays("mul", 0.0)
    assert stays("pow", 2.0)
    assert stays("pow", 0.0)
    assert stays("div", 2.0)
    assert not stays("add", -0.0)
    assert not stays("sub", 0.0)
    assert not stays("mul", 1.0)
    assert not stays("div", 1.0)
    assert not stays("pow", 1.0)


X = np.arange(24.0).reshape(2, 3, 4)
S = np.float64(2.5)
IDENTITIES: dict[str, tuple[Callable[[Builder, list[Value]], Value], list[Any], Any, set[str]]] = {
    "neg neg": (lambda b, v: b("neg", b("neg", v[0])), [X], X, set()),
    "minus one": (lambda b, v: b("mul", v[0], b.filled(-1.0, v[0].array)), [X], -X, {"neg"}),
    "not not": (lambda b, v: b("not", b("not", v[0])), [X > 3], X > 3, set()),
    "cast same": (lambda b, v: b("cast", v[0], dtype=F64), [X], X, set()),
    "broadcast same": (lambda b, v: b("broadcast", v[0], shape=(2, 3, 4), dims=(0, 1, 2)), [X], X, set()),
    "broadcast twice": (
        lambda b, v: b("broadcast", b("broadcast", v[0], shape=(3, 1), dims=(0,)), shape=(2, 3, 4), dims=(1, 2)),
        [X[0, :, 0]],
        np.broadcast_to(X[0, :, 0][None, :, None], (2, 3, 4)),
        set(),
    ),
    "reshape same": (lambda b, v: b("reshape", v[0], shape=(2, 3, 4)), [X], X, set()),
    "reshape twice": (
        lambda b, v: b("reshape", b("reshape", v[0], shape=(24,)), shape=(4, 6)),
        [X],
        X.reshape(4, 6),
        {"reshape"},
    ),
    "reshape there and back": (
        lambda b, v: b("reshape", b("reshape", v[0], shape=(24,)), shape=(2, 3, 4)),
        [X],
        X,
        set(),
    ),
    "reshape of a constant": (lambda b, v: b("reshape", b.full(v[0], (2, 3)), shape=(6,)), [S], np.full(6, 2.5), set()),
    "transpose identity": (lambda b, v: b("transpose", v[0], perm=(0, 1, 2)), [X], X, set()),
    "transpose twice": (
        lambda b, v: b("transpose", b("transpose", v[0], perm=(2, 0, 1)), perm=(1, 0, 2)),
        [X],
        X.transpose(2, 0, 1).transpose(1, 0, 2),
        {"transpose"},
    ),
    "transpose there and back": (
        lambda b, v: b("transpose", b("transpose", v[0], perm=(2, 0, 1)), perm=(1, 2, 0)),
        [X],
        X,
        set(),
    ),
    "transpose of a constant": (
        lambda b, v: b("transpose", b.full(v[0], (2, 3)), perm=(1, 0)),
        [S],
        np.full((3, 2), 2.5),
        set(),
    ),
    "select known": (lambda b, v: b("select", b.full(b.bool(False), (2, 3, 4)), v[0], v[1]), [X, -X], -X, set()),
    "select same": (lambda b, v: b("select", v[0], v[1], v[1]), [X > 3, X], X, set()),
    "concat one": (lambda b, v: b("concat", v[0], axis=1), [X], X, set()),
    "reduce nothing": (lambda b, v: b("reduce_sum", v[0], axes=()), [X], X, set()),
    "element of a constant": (
        lambda b, v: b("index", b.full(v[0], (3, 4)), b.int(1), b.int(2), sizes=(None, 2), steps=(1, 1)),
        [S],
        np.full(2, 2.5),
        set(),
    ),
    "element of a ramp": (
        lambda b, v: b(
            "index", b("iota", dtype=I64, shape=(3, 4), axis=1), b.int(1), v[0], sizes=(None, None), steps=(1, 1)
        ),
        [np.int64(2)],
        np.int64(2),
        set(),
    ),
    "scalar index": (lambda b, v: b("index", v[0], sizes=(), steps=()), [S], S, set()),
    "integer zero": (lambda b, v: b("mul", v[0], b.int(0)), [np.int64(7)], np.int64(0), set()),
    "integer difference": (lambda b, v: b("sub", v[0], v[0]), [np.int64(7)], np.int64(0), set()),
    "negative integer": (lambda b, v: b("sub", b.int(0), v[0]), [np.int64(7)], np.int64(-7), {"neg"}),
    "integer square": (lambda b, v: b("pow", v[0], b.int(2)), [np.int64(7)], np.int64(49), {"mul"}),
    "known size": (lambda b, v: b("dim", size=3), [], np.int64(3), set()),
}


@pytest.mark.parametrize("name", list(IDENTITIES))
def test_identity(name: str) -> None:
    make, operands, expected, left = IDENTITIES[name]
    func, actual = built(make, operands)
    identical(actual, np.asarray(expected)[()], name)
    assert computes(func) == left


def test_a_ramp_of_another_dtype_is_read() -> None:
    func, actual = built(
        lambda b, v: b("index", b("iota", dtype=F64, shape=(3,), axis=0), v[0], sizes=(None,), steps=(1,)),
        [np.int64(2)],
    )
    assert actual == 2.0
    assert type(actual) is np.float64
    assert func.returned[0].type == scalar(F64)
