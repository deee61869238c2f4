"""Totals summed in any order, loops run upwards, products fused with the sum that waits for them."""

import re

import numpy as np
import pytest

from tangra.ir import I64, ArrayType, Builder, Value
from tests.native.common import at, build, check, f64, for_, put

VECTOR, COUNT = f64(50), ArrayType(I64)


def test_a_total_is_summed_in_any_order():
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        return for_(b, 0, n, [b.float(0.5)], lambda i, s: [b("add", s, at(b, x, i))])

    compiled = check(build([VECTOR, COUNT], body), np.random.default_rng(1).normal(size=50), np.int64(47))
    assert "fadd reassoc contract double" in compiled.llvm


def test_a_total_that_is_looked_at_is_summed_in_order():
    """W. Kahan's compensated sum."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, total: Value, lost: Value) -> list[Value]:
            term = b("sub", at(b, x, i), lost)
            following = b("add", total, term)
            return [following, b("sub", b("sub", following, total), term)]

        return for_(b, 0, n, [b.float(0.0), b.float(0.0)], trip)[:1]

    x = np.array([1.0] + [2.0**-54] * 49)
    compiled = check(build([VECTOR, COUNT], body), x, np.int64(50))
    assert "reassoc" not in compiled.llvm
    assert compiled([x, np.int64(50)]) == [np.sum(x.astype(np.longdouble)).astype(float)]


def test_a_loop_whose_trips_are_independent_runs_upwards():
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, y: Value, total: Value) -> list[Value]:
            e = at(b, x, i)
            return [put(b, y, b("mul", e, e), i), b("add", total, e)]

        results = for_(b, b("sub", n, b.int(1)), -1, [x, b.float(0.0)], trip, step=-1)
        loop = results[0].defining_op
        assert loop is not None
        loop.attrs = {**loop.attrs, "parallel": True}
        return results

    func = build([VECTOR, COUNT], body)
    x = np.random.default_rng(2).normal(size=50)
    for n in (0, 1, 2, 49, 50):
        compiled = check(func, x, np.int64(n))
    assert re.search(r"add nsw i64 %c\d+, 1\n", compiled.llvm)
    assert not re.search(r"add nsw i64 %c\d+, -1\n", compiled.llvm)


def test_the_later_of_two_products_is_fused():
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, r: Value) -> list[Value]:
            wave = b("mul", b("sqrt", r), at(b, x, i))
            return [b("add", b("mul", r, b.float(0.25)), b("mul", wave, b.float(0.5)))]

        return for_(b, 0, n, [b.float(2.0)], trip)

    x = np.random.default_rng(3).uniform(0.5, 1.0, 50)
    compiled = check(build([VECTOR, COUNT], body), x, np.int64(50))
    assert compiled.llvm.count("@llvm.fmuladd.f64(double") == 2  # declared, and called once


def test_of_two_products_the_one_that_is_a_little_later_is_fused():
    """r r c + r d: the next trip waits for a product and a fused sum, not for two products and one."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        c, d = at(b, x, b.int(0)), at(b, x, b.int(49))

        def trip(i: Value, r: Value) -> list[Value]:
            return [b("add", b("mul", b("mul", c, r), r), b("mul", r, d))]

        return for_(b, 0, n, [b.float(0.5)], trip)

    compiled = check(build([VECTOR, COUNT], body), np.linspace(-0.5, 1.25, 50), np.int64(50))
    (call,) = re.findall(r"call .*@llvm.fmuladd.f64\((.*)\)", compiled.llvm)
    once = re.search(r"(%\w+) = fmul contract double (%\w+), (%\w+)\n", compiled.llvm)
    assert once is not None and f"double {once[1]}" in call


@pytest.mark.parametrize("first", [True, False], ids=["late - early", "early - late"])
def test_the_later_of_two_products_is_fused_with_their_difference(first: bool):
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, r: Value) -> list[Value]:
            late = b("mul", b("mul", b("sqrt", r), at(b, x, i)), b.float(0.5))
            early = b("mul", r, b.float(-0.25 if first else 2.0))
            return [b("sub", late, early) if first else b("sub", early, late)]

        return for_(b, 0, n, [b.float(2.0)], trip)

    x = np.random.default_rng(3).uniform(0.5, 1.0, 50)
    compiled = check(build([VECTOR, COUNT], body), x, np.int64(9))
    assert compiled.llvm.count("@llvm.fmuladd.f64(double") == 2


@pytest.mark.parametrize("name", ["add", "sub"])
def test_a_late_number_is_not_fused_with_an_early_product(name: str):
    """A sum takes a cycle less than one with a product in it."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, r: Value) -> list[Value]:
            wave = b("sqrt", b("mul", r, at(b, x, i)))
            return [b(name, wave, b("mul", r, b.float(0.25)))]

        return for_(b, 0, n, [b.float(2.0)], trip)

    x = np.random.default_rng(3).uniform(0.5, 1.0, 50)
    compiled = check(build([VECTOR, COUNT], body), x, np.int64(3))
    assert f"f{name} double" in compiled.llvm
