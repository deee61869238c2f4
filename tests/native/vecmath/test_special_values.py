"""Infinities, NaN, zeros of either sign, denormals, and the ends of the range."""

import itertools

import numpy as np
import pytest
import scipy.special

from benchmarks import vecmath_reference as reference
from benchmarks.vecmath_harness import compiled
from tangra.ir import F32, F64, DType
from tangra.native import vecmath
from tangra.native.vecmath.operations import OPERATIONS

CASES = [pytest.param(op, t, id=f"{op}-{t}") for t in (F64, F32) for op in sorted(vecmath.functions(t))]


def special_numbers(dtype: DType) -> list[float]:
    """With both signs."""
    info = np.finfo(dtype.numpy)
    sizes = [0.0, float(info.smallest_subnormal), float(info.smallest_subnormal) * 3, float(info.smallest_normal),
             float(info.smallest_normal - info.smallest_subnormal), float(info.eps), 0.25, 0.5, 1 - float(info.epsneg),
             1.0, 1 + float(info.eps), 1.5, 2.0, 3.0, 4.0, 1e10, float(info.max) / 2,
             float(info.max), np.inf]  # fmt: skip
    return [s * size for size in sizes for s in (1.0, -1.0)] + [np.nan]


@pytest.mark.parametrize("op, dtype", CASES)
def test_special_values(op: str, dtype: DType):
    numbers = special_numbers(dtype)
    rows = list(itertools.product(numbers, repeat=OPERATIONS[op].arity))
    if op in ("lgamma", "digamma"):
        rows = [row for row in rows if not row[0] < 0]
    args = tuple(np.array(column, dtype.numpy) for column in zip(*rows, strict=True))
    result, exact = compiled(op, dtype)(*args), reference.exact(op, *args)
    with np.errstate(all="ignore"):
        near = exact.astype(dtype.numpy)
        wrong = reference.errors(result, exact) > vecmath.ulp(op, dtype)
    wrong |= (np.isinf(near) | (near == 0)) & (np.signbit(result) != np.signbit(exact))
    assert not wrong.any(), [(row, r, e) for row, w, r, e in zip(rows, wrong, result, exact, strict=True) if w][:5]


@pytest.mark.parametrize("op, dtype", CASES)
def test_nan_of_any_payload_stays_nan(op: str, dtype: DType):
    if op == "pow":
        assert compiled("pow", dtype)(*np.array([[1, np.nan], [np.nan, 0]], dtype.numpy)).tolist() == [1, 1]
    bits = {64: [0x7FF8000000000000, 0x7FF0000000000001, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFF8000000000123],
            32: [0x7FC00000, 0x7F800001, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFC00123]}[dtype.bits]  # fmt: skip
    x = np.array(bits, f"u{dtype.itemsize}").view(dtype.numpy)
    assert np.isnan(compiled(op, dtype)(*[x] * OPERATIONS[op].arity)).all()


@pytest.mark.parametrize("op", ["exp", "exp2", "expm1", "sinh", "cosh", "sigmoid", "erfc"])
@pytest.mark.parametrize("dtype", [F64, F32])
def test_thresholds_of_overflow_and_underflow(op: str, dtype: DType):
    """A few thousand neighbours of each place where the result becomes infinite, denormal or 0."""
    ends = {
        "f64": [
            709.782712893384,
            710.4758600739439,
            -708.3964185322641,
            -745.1332191019412,
            1024.0,
            -1022.0,
            -1075.0,
            26.543258430632,
            27.22601711110837,
        ],
        "f32": [88.72283935546875, 89.41598629, -87.33654, -103.97208, 128.0, -126.0, -150.0, 9.194549, 10.054343],
    }
    steps = np.arange(-2000, 2000)
    for end in ends[dtype.name]:
        start = np.array([end], dtype.numpy)
        x = (start.view(f"i{dtype.itemsize}") + steps).astype(f"i{dtype.itemsize}").view(dtype.numpy)
        with np.errstate(all="ignore"):
            errors = reference.errors(compiled(op, dtype)(x), reference.exact(op, x))
        assert errors.max() <= vecmath.ulp(op, dtype), (end, float(x[np.argmax(errors)]))


@pytest.mark.parametrize("dtype", [F64, F32])
def test_powers_near_overflow_are_finite_where_they_should_be(dtype: DType):
    """x^1 is x up to the largest number, and (±√max)² and max^(1 ± ε) end where the exact value does."""
    info = np.finfo(dtype.numpy)
    steps = np.arange(-2000, 1)
    top = (np.array([info.max]).view(f"i{dtype.itemsize}") + steps).astype(f"i{dtype.itemsize}").view(dtype.numpy)
    assert compiled("pow", dtype)(top, np.ones_like(top)).tolist() == top.tolist()
    root = (np.sqrt(np.array([info.max])).view(f"i{dtype.itemsize}") + np.arange(-2000, 2000)).view(dtype.numpy)
    bases = np.concatenate([root, -root, np.full(4, info.max)])
    ones = [1 - info.epsneg, 1 + info.eps, 1.0, 1 - 2 * info.epsneg]
    exponents = np.concatenate([np.full(2 * root.size, 2.0), ones]).astype(dtype.numpy)
    with np.errstate(all="ignore"):
        errors = reference.errors(compiled("pow", dtype)(bases, exponents), reference.exact("pow", bases, exponents))
    assert errors.max() <= vecmath.ulp("pow", dtype)


def test_results_are_monotonic_into_infinity():
    """Nothing that should be finite is infinite, and the first infinity is where the exact value rounds to it."""
    x = np.array([709.782712893384, np.nextafter(709.782712893384, 1000)])
    assert np.isfinite(compiled("exp", F64)(x)).tolist() == [True, False]
    x = np.array([710.4758600739439, np.nextafter(710.4758600739439, 1000)])
    assert np.isfinite(compiled("sinh", F64)(x)).tolist() == [True, False]
    assert np.isfinite(compiled("cosh", F64)(-x)).tolist() == [True, False]


@pytest.mark.parametrize("dtype", [F64, F32])
def test_lgamma_of_negative_numbers_is_the_c_librarys(dtype: DType):
    x = np.array([-0.5, -1.5, -2.457, -3.0, -10.25, -1e-30, 4.0, -np.inf], dtype.numpy)
    result, exact = compiled("lgamma", dtype)(x), reference.exact("lgamma", x)
    with np.errstate(all="ignore"):
        assert reference.errors(result, exact)[:-1].max() <= 8
    assert np.isposinf(result).tolist() == [False, False, False, True, False, False, False, False]
    assert np.isneginf(result[-1])


@pytest.mark.parametrize("dtype", [F64, F32])
def test_digamma_of_negative_numbers(dtype: DType):
    """Between the poles as SciPy's, whose doubles lose as much where the value is near 0; NaN at poles."""
    rng = np.random.default_rng(5)
    x = np.concatenate([rng.uniform(-20, 0, 5000), -np.exp2(rng.uniform(-60, 0, 5000))]).astype(dtype.numpy)
    result, exact = compiled("digamma", dtype)(x), scipy.special.digamma(x.astype(float))
    slope = scipy.special.polygamma(1, x.astype(float))  # What x's own rounding in 1 - x would do.
    bound = (
        8
        * np.finfo(dtype.numpy).eps
        * (np.abs(exact) + np.abs(slope) * np.finfo(float).eps / np.finfo(dtype.numpy).eps)
    )
    assert np.all(np.abs(result - exact) <= bound)
    poles = np.array([-0.0, 0.0, -1.0, -2.0, -1e10, -np.inf], dtype.numpy)
    assert repr(compiled("digamma", dtype)(poles).tolist()) == "[inf, -inf, nan, nan, nan, nan]"
