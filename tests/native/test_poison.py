"""Poisoned memory shows what nobody wrote: on the stack, in the arena, in results, on tapes."""

from dataclasses import replace

import numpy as np
import pytest

from tangra.ir import F32, F64, I64, ArrayType, scalar
from tangra.native import compile_func
from tests.native.common import OPTIONS, build, for_

POISON = replace(OPTIONS, poison=True)
MARK = 0x5A5A5A5A5A5A5A5A


def run(func, args, options):
    return compile_func(func, options=options)(args)


@pytest.mark.parametrize("n", [3, 40, 5000])
@pytest.mark.parametrize("dtype", [F64, F32, I64])
def test_what_is_not_written_is_marked(n, dtype):
    def body(b, x):
        unset = b.emit("empty", [], {"dtype": dtype, "shape": (n,)}).result
        return b("update", unset, x, b.int(1), sizes=(None,), steps=(1,))

    func = build([scalar(dtype)], body)
    found = run(func, [np.dtype(dtype.numpy).type(7)], POISON)[0]
    rest = np.delete(found, 1)
    assert found[1] == 7
    assert np.isnan(rest).all() if dtype is not I64 else (rest == MARK).all()


@pytest.mark.parametrize("n", [3, 40, 5000])
def test_temporaries_are_marked(n):
    def body(b, x):
        unset = b.emit("empty", [], {"dtype": F64, "shape": (n,)}).result
        one = b("update", unset, x, b.int(0), sizes=(None,), steps=(1,))
        (found,) = for_(b, 0, 3, [one], lambda i, v: [b("update", v, x, i, sizes=(None,), steps=(1,))])
        return b("reduce_sum", found, axes=(0,))

    func = build([scalar(F64)], body)
    assert np.isnan(run(func, [1.0], POISON)[0]) == (n > 3)


def test_a_record_that_was_not_written_is_marked():
    def body(b, x):
        tape = b.emit("tape_new", [], {"record": (scalar(I64), ArrayType(F64, (2,)))}).result
        b.emit("tape_push", [tape, b.int(3), x])
        return b.emit("tape_pop", [tape]).results

    func = build([ArrayType(F64, (2,))], body)
    number, array = run(func, [np.ones(2)], POISON)
    assert number == 3
    np.testing.assert_array_equal(array, np.ones(2))


def test_the_environment_sets_it(monkeypatch):
    from tangra.native import NativeOptions

    assert not NativeOptions().poison
    monkeypatch.setenv("TANGRA_POISON", "1")
    assert NativeOptions().poison
