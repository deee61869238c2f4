"""Ufuncs against NumPy: values, result dtypes, `out=`, `where=`, `dtype=`."""

import numpy as np
import pytest

from tangra.api.numpy_ufuncs import EMIT

from .checks import check, raises, refused

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]
SAMPLES = {
    "f": [0.0, -0.0, 1.5, -2.25, 0.3, np.inf, -np.inf, np.nan, 7.0],
    "i": [0, 1, -1, 5, -7, 3, 2, 100, -100],
    "u": [0, 1, 1, 5, 7, 3, 2, 100, 200],
    "b": [0, 1, 1, 0, 1, 0, 1, 1, 0],
}


def sample(dtype, shift=0):
    d = np.dtype(dtype)
    return np.roll(np.array(SAMPLES[d.kind]), shift).astype(d)


def outcome(ufunc, *args):
    """'refused' where NumPy raises TypeError, 'float16' where it computes in half precision, else 'works'."""
    try:
        with np.errstate(all="ignore"):
            result = ufunc(*args)
    except TypeError:
        return "refused"
    except ValueError:
        return "raises"
    loop = (
        ufunc.resolve_dtypes(
            (*(a.dtype if isinstance(a, (np.ndarray, np.generic)) else type(a) for a in args), *(None,) * ufunc.nout)
        )
        if all(type(a) is not bool for a in args)
        else ()
    )
    return "float16" if np.dtype("float16") in loop or np.asarray(result).dtype == np.float16 else "works"


@pytest.mark.parametrize("name", sorted(u.__name__ for u in EMIT if hasattr(np, u.__name__)))
def test_every_dtype_gives_what_numpy_gives(name):
    ufunc = getattr(np, name)
    for k, first in enumerate(DTYPES):
        for second in DTYPES if ufunc.nin == 2 else [None]:
            args = [sample(first)] + ([sample(second, 1 + k)] if second else [])
            if name in ("left_shift", "right_shift"):
                args[1] = (
                    np.abs(args[1].astype("int64")).astype(args[1].dtype) % np.array(7, args[1].dtype)
                    if args[1].dtype.kind in "iu"
                    else args[1]
                )
            if name in ("floor_divide", "remainder", "divmod", "power", "reciprocal", "fmod", "mod", "pow"):
                args[-1] = np.where(args[-1] == 0, 1, args[-1]).astype(args[-1].dtype)
            if name in ("power", "pow", "ldexp") and args[1].dtype.kind in "iu":
                args[1] = (np.abs(args[1].astype("int64")) % 4).astype(args[1].dtype)
            kind = outcome(ufunc, *args)
            if kind == "works":
                check(lambda np, *xs: getattr(np, name)(*xs), *args, symbolic=False, rtol=1e-13)
            else:
                refused(lambda np, *xs: getattr(np, name)(*xs), *args)


@pytest.mark.parametrize(
    "name", ["add", "sin", "sqrt", "maximum", "power", "arctan2", "less", "divmod", "floor", "isnan"]
)
def test_numbers_and_python_scalars(name):
    ufunc = getattr(np, name)
    for args in [(2.0,), (3,), (True,), (np.float32(1.5),), (np.int64(4),)]:
        full = (*args, 2) if ufunc.nin == 2 else args
        if outcome(ufunc, *full) == "works":
            check(lambda np, *xs: getattr(np, name)(*xs), *full)
            check(lambda np, *xs: getattr(np, name)(*(full)), 1.0)


def test_python_scalars_are_weak():
    check(lambda np, x: (np.add(x, 2), np.add(2.5, x), np.multiply(x, True)), np.array([1, 2], "float32"))
    check(lambda np, x: (np.add(x, 2), np.multiply(x, 3)), np.array([1, 2], "uint8"))
    check(lambda np, x: np.less(x, 300), np.array([1, 2], "uint8"))


def test_python_int_out_of_range_raises():
    raises(OverflowError, lambda np, x: np.add(x, 300), np.array([1, 2], "uint8"))


def test_broadcasting():
    rng = np.random.default_rng(0)
    check(lambda np, a, b: np.add(a, b), rng.normal(size=(3, 1)), rng.normal(size=4))
    check(lambda np, a, b: np.hypot(a, b), rng.normal(size=(2, 1, 5)), rng.normal(size=(3, 1)))
    check(lambda np, a: np.add(a, [[1.0], [2.0]]), rng.normal(size=4))
    refused(lambda np, a, b: np.add(a, b), np.ones(3), np.ones(4), match="shapes")


def test_out_writes_in_place():
    def program(np, x, out):
        result = np.multiply(x, x, out=out)
        np.add(out, 1, out)
        return result

    check(program, np.arange(3.0), np.zeros(3))
    check(program, np.arange(3.0), np.zeros((2, 3)))
    check(lambda np, x, out: np.floor(x, out=(out,)), np.array([1.5, 2.5]), np.zeros(2))


def test_out_of_another_dtype():
    check(lambda np, x, out: np.add(x, x, out=out), np.arange(3), np.zeros(3))
    refused(lambda np, x, out: np.add(x, 0.5, out=out), np.arange(3), np.zeros(3, int), match="casting")
    check(lambda np, x, out: np.add(x, 0.5, out=out, casting="unsafe"), np.arange(3), np.zeros(3, int))


def test_where():
    check(lambda np, x, out: np.multiply(x, 2, out=out, where=x > 1), np.arange(4.0), np.full(4, 9.0))
    check(lambda np, x, out: np.add(x, 1, out=out, where=np.array([True, False])), np.ones((3, 2)), np.zeros((3, 2)))
    refused(lambda np, x: np.multiply(x, 2, where=x > 1), np.arange(4.0), match="uninitialised")


def test_dtype():
    check(lambda np, x: np.add(x, x, dtype=np.float64), np.arange(3, dtype="float32"))
    check(lambda np, x: np.sqrt(x, dtype="float32"), np.arange(3, dtype="int8"))
    check(lambda np, x: np.divide(x, 2, dtype=float), np.arange(3))


def test_half_precision_is_refused():
    refused(lambda np, x: np.sqrt(x), np.ones(2, "int8"), match="float16")


def test_integer_powers():
    check(lambda np, x: np.power(x, 3), np.array([2, -3]))
    raises(ValueError, lambda np, x, y: np.power(x, y), np.array([2, 3]), np.array([1, -1]))


def test_extreme_exponents():
    x = np.array([5e-324, 1e308, 3.0, -0.75, 2.0**-1022, 0.0, np.inf, np.nan, -1e-300])
    check(lambda np, x: np.frexp(x), x)
    check(lambda np, x: np.modf(x), x)
    check(lambda np, x: np.spacing(x), x)


def test_several_outputs():
    check(lambda np, x, a, b: np.modf(x, out=(a, b)), np.array([1.5, -2.25]), np.zeros(2), np.zeros(2))
    check(lambda np, x: np.divmod(x, 2), np.array([5, -5]))
