"""The reference interpreter on whole programs: values, failures with their state, symbols, and its own checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tangra.ir import F64, I64, ArrayType, Func, scalar
from tangra.ir.interpreter import InterpreterError, interpret
from tangra.ir.verifier import verify
from tangra.shapes import dmax
from tests.ir import programs
from tests.ir.programs import N, function


def run(func: Func, *args: Any, **options: Any) -> list[Any]:
    verify(func)
    return interpret(func, args, **options)


def test_loop_over_a_symbolic_size() -> None:
    for n in (0, 1, 5):
        x = np.arange(n) + 0.5
        (result,) = run(programs.dot(), x, x)
        assert result == np.sum(x * x)
        assert type(result) is np.float64


def test_loop_that_ends_by_its_flag() -> None:
    assert run(programs.collatz(), 27) == [111]


def test_counted_loop_with_an_exit() -> None:
    x = np.array([3, 1, 3, 2])
    assert run(programs.early_exit(), x, 3) == [2]
    assert run(programs.early_exit(), x, 7) == [-1]
    assert run(programs.early_exit(), x[:0], 7) == [-1]


def test_run_time_sizes() -> None:
    x, padded, n = run(programs.ramp(), 3)
    np.testing.assert_array_equal(x, [0, 1, 2])
    np.testing.assert_array_equal(padded, [-1, 0, 1, 2, -1, -1, -1])
    assert n == 7


def test_tape_is_last_in_first_out() -> None:
    np.testing.assert_array_equal(run(programs.reversed_by_tape(), np.arange(4.0))[0], [3, 2, 1, 0])


def test_calls_bind_their_own_symbols() -> None:
    assert run(programs.caller(), np.ones(5), np.arange(3.0)) == [10.0, 5.0]
    assert run(programs.custom(), np.arange(3.0)) == [5.0]


def test_arguments_are_neither_changed_nor_shared() -> None:
    b, f = function("identity", ArrayType(F64, (N,)))
    b.return_(f.params[0])
    x = np.arange(3.0)
    (y,) = run(f, x)
    y[0] = 7
    assert x[0] == 0
    run(programs.failing(), x, 1)
    np.testing.assert_array_equal(x, [0, 1, 2])


def test_failure_has_message_payload_and_state() -> None:
    with pytest.raises(ValueError, match=r'^i is -1, "not" 0\.50\n$') as caught:
        run(programs.failing(), np.arange(3.0), -1)
    assert list(caught.value.tangra_state) == [0]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(caught.value.tangra_state[0], [0, 1, 9])  # type: ignore[attr-defined]


@pytest.mark.parametrize("i", [3, -4, 100])
def test_index_out_of_bounds_reads_as_in_numpy(i: int) -> None:
    with pytest.raises(IndexError) as expected:
        np.arange(3.0)[i]
    with pytest.raises(IndexError) as caught:
        run(programs.failing(), np.arange(3.0), i)
    assert str(caught.value) == str(expected.value)


def test_array_of_indices_is_wrapped_and_the_first_bad_one_named() -> None:
    b, f = function("wrap", ArrayType(I64, (N,)))
    b.return_(b.emit("check_index", [f.params[0], b.int(4)], {"axis": 2}).result)
    np.testing.assert_array_equal(run(f, np.array([-4, 3, -1]))[0], [0, 3, 3])
    with pytest.raises(IndexError, match=r"^index 5 is out of bounds for axis 2 with size 4$"):
        run(f, np.array([0, 5, -9]))


def failure(kind: str, message: str | None = None) -> Func:
    b, f = function("fails")
    b.emit("fail_if", [b.bool(True)], {"kind": kind, "message": message})
    b.return_()
    return f


class Unusual(Exception):
    """A class of the user's."""


def test_exceptions_by_name() -> None:
    with pytest.raises(AssertionError) as caught:
        run(failure("AssertionError"))
    assert caught.value.args == ()
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        run(failure("LinAlgError", "Singular matrix"))
    with pytest.raises(Unusual):
        run(failure("Unusual"), exceptions={"Unusual": Unusual})
    for kind in ("Unusual", "print"):
        with pytest.raises(InterpreterError, match="no exception is called"):
            run(failure(kind))


def test_state_crosses_a_call_only_where_the_call_maps_it() -> None:
    for mapping, kept in (((), []), (((0, 1),), [1])):
        b, f = function("outer", scalar(I64), ArrayType(F64, (N,)))
        inner = programs.failing()
        op = b.emit("call", [f.params[1], f.params[0]], {"callee": inner, "state": mapping})
        b.return_(op.results[0])
        with pytest.raises(ValueError) as caught:
            run(f, -1, np.zeros(2))
        assert list(caught.value.tangra_state) == kept  # type: ignore[attr-defined]


def test_wrong_types_are_internal_errors() -> None:
    with pytest.raises(InterpreterError, match=r"value of shape \(2,\), declared f64\[N\], which is \(3,\) here"):
        interpret(programs.dot(), [np.zeros(3), np.zeros(2)])
    with pytest.raises(InterpreterError, match="value of float32, declared f64"):
        interpret(programs.dot(), [np.zeros(3, np.float32), np.zeros(3)])
    b, f = function("pops", ArrayType(F64, (N,)))
    tape = b.emit("tape_new", [], {"record": (scalar(F64),)}).result
    b.return_(*b.emit("tape_pop", [tape]).results)
    with pytest.raises(InterpreterError, match="pop of an empty tape"):
        run(f, np.zeros(1))


def test_broken_preconditions_are_internal_errors() -> None:
    b, f = function("reads", ArrayType(F64, (N,)), scalar(I64))
    b.return_(programs.element(b, *f.params))
    assert run(f, np.arange(3.0), 2) == [2.0]
    for i in (3, -1):
        with pytest.raises(InterpreterError, match="is outside an axis of 3"):
            run(f, np.arange(3.0), i)


def test_reads_before_definitions_and_unbound_symbols_are_internal_errors() -> None:
    b, f = function("early", scalar(F64))
    later = b("add", f.params[0], f.params[0])
    b.return_(later)
    f.body.ops.insert(0, f.body.ops.pop(1))
    with pytest.raises(InterpreterError):
        interpret(f, [1.0])
    b, f = function("unbound")
    b.return_(b.dim(N))
    with pytest.raises(InterpreterError, match="no value for the symbol N"):
        interpret(f, [])


def test_scope_of_a_bound_size_is_its_block() -> None:
    b, f = function("scoped", scalar(I64))
    n = f.params[0]

    def arm() -> list[Any]:
        b.emit("bind_dim", [n], {"symbol": "n"})
        return [b.dim(programs.symbol("n"))]

    arms = [programs.region(b, [], arm) for _ in range(2)]
    b.return_(b.emit("if", [b("lt", n, b.int(5))], {}, arms).result)
    assert run(f, 4) == [4]
    assert run(f, 6) == [6]


def test_a_parameter_may_have_a_size_that_another_parameter_gives() -> None:
    rows = dmax(0, programs.symbol("n"))
    b, f = function("part", ArrayType(F64, (rows,)), scalar(I64))
    b.emit("bind_dim", [f.params[1]], {"symbol": "n"})
    b.return_(f.params[0], b.dim(programs.symbol("n")))
    part, n = run(f, np.ones(3), 3)
    assert (len(part), n) == (3, 3)
    assert run(f, np.ones(0), -2)[1] == -2
    with pytest.raises(InterpreterError, match=r"shape \(3,\)"):
        run(f, np.ones(3), 4)


def test_a_symbol_may_be_negative_but_no_size() -> None:
    for uses, message in ((lambda b, n: b.dim(n), None), (lambda b, n: b.full(b.int(0), (n,)), "negative")):
        b, f = function("negative", scalar(I64))
        b.emit("bind_dim", [f.params[0]], {"symbol": "n"})
        b.return_(uses(b, programs.symbol("n")))
        if message is None:
            assert run(f, -1) == [-1]
        else:
            with pytest.raises(InterpreterError, match=message):
                run(f, -1)
