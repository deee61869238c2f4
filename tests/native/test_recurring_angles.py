"""Sine and cosine that the following trip waits for: computed together, with a branch for small angles."""

import math

import numpy as np
import pytest

from tangra.ir import F64, I64, ArrayType, Builder, Value
from tangra.native import vecmath
from tests.native.common import at, build, check, f64, for_, native, put


def chained(names):
    """A loop over angles in which each trip's angle waits for the trip before, in numbers that change nothing."""

    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        def trip(i: Value, angle: Value, *outs: Value) -> list[Value]:
            found = [b(name, angle) for name in names]
            zeros = b("mul", found[0], b.float(0.0))
            return [
                b("add", at(b, x, b("add", i, b.int(1))), zeros),
                *(put(b, o, v, i) for o, v in zip(outs, found, strict=True)),
            ]

        empty = [b("empty", dtype=F64, shape=(SIZE,)) for _ in names]
        return for_(b, 0, n, [at(b, x, b.int(0)), *empty], trip)[1:]

    return build([f64(SIZE + 1), ArrayType(I64)], body)


def angles():
    rng = np.random.default_rng(1)
    quarter = math.pi / 4
    edges = [-0.0, 0.0, 5e-324, -1e-310, 1e-8, quarter, np.nextafter(quarter, 2), np.nextafter(quarter, 0), 2.0**39]
    spread = [rng.uniform(-s, s, 60) for s in (1e-3, 0.8, 4.0, 1e3, 1e11, 1e14)]
    return np.concatenate([edges, np.negative(edges), *spread, [1e300, math.inf]])


SIZE = angles().size
EXACT = {"sin": np.sin, "cos": np.cos}


@pytest.mark.parametrize("names", [("sin",), ("cos",), ("sin", "cos"), ("cos", "sin")])
def test_values(names):
    x = angles()
    compiled = native(chained(names))
    results = compiled([np.append(x, 0.0), np.int64(SIZE)])
    for name, got in zip(names, results, strict=True):
        with np.errstate(invalid="ignore"):
            exact = EXACT[name](x[:-2].astype(np.longdouble))
        error = np.abs(got[:-2] - exact) / np.spacing(np.abs(exact).astype(float))
        assert np.max(error) <= vecmath.ulp(name, F64)
        assert np.isclose(got[-2], EXACT[name](1e300))
        assert np.isnan(got[-1])
        assert np.array_equal(np.signbit(got[:2]), np.signbit(EXACT[name](x[:2])))


def test_both_are_computed_together():
    x = np.linspace(-3.0, 3.0, SIZE + 1)
    compiled = check(chained(("sin", "cos")), x, np.int64(SIZE))
    assert compiled.llvm.count("call { double, double } @tg_sincos_near_f64") == 1


def test_an_angle_that_nothing_waits_for_has_no_branch():
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        return for_(b, 0, n, [x], lambda i, y: [put(b, y, b("sin", at(b, x, i)), i)])

    compiled = check(build([f64(50), ArrayType(I64)], body), np.linspace(-3.0, 3.0, 50), np.int64(50))
    assert "@tg_sincos_near_f64" not in compiled.llvm
