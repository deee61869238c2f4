"""The verifier accepts well-formed programs and names what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tangra.ir import F32, F64, I64, ArrayType, Func, TapeType, Value, scalar
from tangra.ir.verifier import IRError, verify
from tests.ir.programs import COUNTED, PROGRAMS, M, N, dot, function, region


@pytest.mark.parametrize("make", PROGRAMS)
def test_programs_are_well_formed(make: Callable[[], Func]) -> None:
    verify(make())


def use_before_definition() -> Func:
    f = dot()
    f.body.ops.insert(0, f.body.ops.pop(4))
    return f


def use_out_of_scope() -> Func:
    b, f = function("f", scalar(F64))
    inner: list[Value] = []

    def fill() -> list[Value]:
        inner.append(b("exp", f.params[0]))
        return []

    b.emit("if", [b.bool(True)], {}, [region(b, [], fill), region(b, [], lambda: [])])
    b.return_(inner[0])
    return f


def wrong_result_type() -> Func:
    b, f = function("f", scalar(F64))
    r = b("exp", f.params[0])
    r.type = scalar(F32)
    b.return_(r)
    return f


def operands_that_differ() -> Func:
    b, f = function("f", scalar(F64), scalar(F64))
    b.return_(b("add", *f.params))
    f.params[1].type = scalar(F32)
    return f


def no_terminator() -> Func:
    b, f = function("f", scalar(F64))
    b("exp", f.params[0])
    return f


def nothing_at_all() -> Func:
    return function("f")[1]


def terminator_in_the_middle() -> Func:
    b, f = function("f", scalar(F64))
    b.return_()
    b("exp", f.params[0])
    return f


def yield_in_a_function() -> Func:
    b, f = function("f", scalar(F64))
    b.yield_(f.params[0])
    return f


def unbound_symbol() -> Func:
    b, f = function("f", scalar(F64))
    b.return_(b("broadcast", f.params[0], shape=(N,), dims=()))
    return f


def symbol_in_a_parameter_that_binds_it_not() -> Func:
    b, f = function("f", ArrayType(F64, (2 * N,)))
    b.return_(f.params[0])
    return f


def size_that_leaves_its_scope() -> Func:
    b, f = function("f", scalar(I64))

    def fill() -> list[Value]:
        b.emit("bind_dim", [f.params[0]], {"symbol": "M"})
        return [b("iota", dtype=I64, shape=(M,), axis=0)]

    b.return_(b.emit("if", [b.bool(True)], {}, [region(b, [], fill), region(b, [], fill)]).result)
    return f


def symbol_bound_twice() -> Func:
    b, f = function("f", scalar(I64), ArrayType(F64, (N,)))
    b.emit("bind_dim", [f.params[0]], {"symbol": "N"})
    b.return_()
    return f


def callee_of_other_sizes() -> Func:
    b, f = function("f", ArrayType(F64, (N,)), ArrayType(F64, (M,)))
    b.return_(b.call(dot(), f.params).result)
    return f


def bad_callee() -> Func:
    b, f = function("f", ArrayType(F64, (N,)))
    b.call(wrong_result_type(), [b("reduce_sum", f.params[0], axes=(0,))])
    b.return_()
    return f


def arithmetic_on_a_tape() -> Func:
    b, f = function("f", scalar(F64))
    tape = b.emit("tape_new", [], {"record": (scalar(F64),)}).result
    b.emit("fail_if", [b.bool(False), tape], {"kind": "ValueError", "message": "{0}"})
    b.return_()
    return f


def tape_passed_twice() -> Func:
    b, f = function("f", TapeType((scalar(F64),)))
    b.return_(f.params[0], f.params[0])
    return f


def result_of_another_op() -> Func:
    b, f = function("f", scalar(F64))
    r = b("exp", f.params[0])
    f.body.ops[0].results = [Value(r.type)]
    b.return_()
    return f


def value_defined_twice() -> Func:
    b, f = function("f", scalar(F64))
    b("exp", f.params[0])
    f.body.ops.append(f.body.ops[0])
    b.return_()
    return f


def loop_that_changes_a_type() -> Func:
    b, f = function("f", ArrayType(F64, (N,)))
    body = region(b, [scalar(I64), scalar(F64)], lambda i, x: [x])
    op = b.emit("loop", [b.int(0), b.int(2), b.int(1), b.float(0.0)], COUNTED, [body])
    body.args[1].type = scalar(F32)
    b.return_(op.result)
    return f


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (use_before_definition, "is not defined here"),
        (use_out_of_scope, "is not defined here"),
        (wrong_result_type, "the results are of f64, declared are f32"),
        (operands_that_differ, "IRTypeError: add: operands are f64, f32"),
        (no_terminator, "a terminator is the last operation of its block"),
        (nothing_at_all, "does not end with return"),
        (terminator_in_the_middle, "a terminator is the last operation of its block"),
        (yield_in_a_function, "does not end with return"),
        (unbound_symbol, "mentions N, which nothing binds here"),
        (symbol_in_a_parameter_that_binds_it_not, "mentions N, which nothing binds here"),
        (size_that_leaves_its_scope, "leaves its block, its type mentions M"),
        (symbol_bound_twice, "N is bound already"),
        (callee_of_other_sizes, r"dot has f64\[N\] where the call has f64\[M\]"),
        (bad_callee, "the results are of f64, declared are f32"),
        (arithmetic_on_a_tape, "fail_if does not work on tapes"),
        (tape_passed_twice, "a tape is passed twice"),
        (result_of_another_op, "does not point to what defines it"),
        (value_defined_twice, "is defined twice"),
        (loop_that_changes_a_type, "IRTypeError: loop body takes"),
    ],
)
def test_malformed_programs_are_refused(make: Callable[[], Func], message: str) -> None:
    with pytest.raises(IRError, match=message):
        verify(make())


def test_the_error_shows_the_operation() -> None:
    with pytest.raises(IRError) as caught:
        verify(callee_of_other_sizes())
    assert str(caught.value) == (
        "in f: dot has f64[N] where the call has f64[M]\n%2: f64 = call %0, %1 {callee = @dot}"
    )
