"""Arrays that are read several times, but by what ends in one loop nest: nothing is written between."""

import re

import numpy as np

from tangra.ir import Builder, Value
from tests.native.common import build, check, f64

SIZE = 300
RNG = np.random.default_rng(4)


def compiled_with(body, *args, types=None):
    return check(build(types or [f64(SIZE)] * len(args), body), *args)


def nests(compiled):
    """How many loops over the elements the function has."""
    return len(re.findall(rf"icmp slt i64 %\w+, {SIZE}\n", compiled.llvm))


def test_a_value_read_twice_in_one_nest():
    def body(b: Builder, x: Value) -> Value:
        e = b("exp", x)
        return b("add", b("mul", e, e), b("sin", e))

    compiled = compiled_with(body, RNG.normal(size=SIZE))
    assert nests(compiled) == 1
    assert compiled.llvm.count("call double @tg_exp_call_f64") == 1


def test_a_long_chain_of_squares():
    def body(b: Builder, x: Value) -> Value:
        y = x
        for _ in range(60):
            y = b("add", b("mul", y, y), b("mul", b("neg", y), y))
            y = b("add", y, x)
        return y

    compiled = compiled_with(body, RNG.normal(size=SIZE))
    assert nests(compiled) <= 4


def test_a_sum_and_a_product_that_both_end_in_a_reduction():
    def body(b: Builder, x: Value, y: Value) -> Value:
        d = b("sub", x, y)
        return b("reduce_sum", b("mul", b("exp", d), b("mul", d, d)), axes=(0,))

    assert nests(compiled_with(body, *RNG.normal(size=(2, SIZE)))) == 1


def test_a_value_that_two_nests_read_is_written():
    def body(b: Builder, x: Value) -> list[Value]:
        e = b("exp", x)
        return [b("mul", e, e), b("reduce_sum", e, axes=(0,))]

    compiled = compiled_with(body, RNG.normal(size=SIZE))
    assert compiled.llvm.count("call double @tg_exp_call_f64") == 1


def test_a_product_of_what_is_read_twice():
    def body(b: Builder, x: Value) -> Value:
        e = b("exp", x)
        return b("dot_general", e, b("mul", e, e), contract=((0,), (0,)), batch=((), ()))

    compiled_with(body, RNG.normal(size=SIZE))


def test_a_source_that_is_overwritten_before_the_nest():
    def body(b: Builder, x: Value) -> list[Value]:
        d = b("mul", x, b.full(b.float(0.5), x.shape))
        y = b("update", x, b.float(3.0), b.int(1), sizes=(None,), steps=(1,))
        return [y, b("add", b("exp", d), b("mul", d, y))]

    check(build([f64(SIZE)], body, written=((0, 0),)), RNG.normal(size=SIZE))


def test_in_another_order_of_axes():
    def body(b: Builder, x: Value, y: Value) -> Value:
        d = b("sub", b("transpose", x, perm=(1, 0)), b("transpose", y, perm=(1, 0)))
        return b("reduce_sum", b("mul", b("exp", d), b("add", d, b("mul", d, d))), axes=(0,))

    compiled = compiled_with(body, *RNG.normal(size=(2, 20, SIZE)), types=[f64(20, SIZE)] * 2)
    assert compiled.llvm.count("call double @tg_exp_call_f64") == 1


def test_what_is_as_quickly_computed_as_read():
    def body(b: Builder, x: Value) -> list[Value]:
        half = b("mul", x, b.full(b.float(0.5), x.shape))
        return [b("exp", half), b("reduce_sum", half, axes=(0,)), half]

    compiled = compiled_with(body, RNG.normal(size=SIZE))
    assert compiled.llvm.count("fmul contract double %v") >= 3


def test_a_view_of_what_is_computed_again():
    """Slices of it, one of which is overwritten."""

    def body(b: Builder, x: Value) -> list[Value]:
        half = b("mul", x, b.full(b.float(0.5), x.shape))
        first = b("index", half, b.int(0), sizes=(SIZE - 1,), steps=(1,))
        second = b("index", half, b.int(1), sizes=(SIZE - 1,), steps=(1,))
        changed = b("update", half, b.float(9.0), b.int(4), sizes=(None,), steps=(1,))
        return [b("sub", second, first), changed, half]

    compiled_with(body, RNG.normal(size=SIZE))
