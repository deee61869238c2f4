"""Functions of arguments of several dtypes: the dtype of the result by NumPy's rules, and where sums wrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.programs.oracle import difference

F4 = np.array([0.5, 1.0, 2.0, 3.25], np.float32)
F8 = F4.astype(np.float64)
I1 = np.array([100, 100, -100, 50], np.int8)
U1 = np.array([3, 200, 0, 2], np.uint8)
BOOLS = np.array([True, False, True, True])

PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    *((lambda x, q: np.quantile(x, q), (F4, q)) for q in ([0.2, 0.7], 0.3, np.float64(0.3), np.array(0.3))),
    *((lambda x, q: np.nanquantile(x, q), (F4, q)) for q in ([0.2, 0.7], 0.3, np.array([0.2, 0.7], np.float32))),
    *((lambda x: np.quantile(x, 1), (x,)) for x in (F4, I1, U1)),
    *((lambda x: np.percentile(x, [20.0, 70.0]), (x,)) for x in (F4, I1, U1)),
    *((lambda x: np.percentile(x, 40, method="nearest"), (x,)) for x in (F4, I1, U1)),
    *((lambda x: np.quantile(x, 0.5, method="midpoint"), (x,)) for x in (F4, I1, U1)),
    *((lambda x: np.trapezoid(x), (x,)) for x in (I1, U1, BOOLS)),
    *((lambda x, y: np.trapezoid(x, y), (x, y)) for x in (I1, F4, BOOLS) for y in (I1, F8, BOOLS)),
    *((lambda x, d: np.trapezoid(x, dx=d), (x, d)) for x in (I1, F4) for d in (2, 0.5, np.float64(0.5))),
    *((lambda p, x: np.polyval(p, x), (p, x)) for p in ([1.5, 2], [1, 2], F4, BOOLS) for x in (F4, U1, BOOLS, 1.5)),
    *((lambda p: (np.polyder(p), np.polyint(p), np.polyadd(p, p[:2])), (p,)) for p in (F4, U1, I1, BOOLS)),
    *((lambda x, v: np.diff(x, prepend=v, append=v), (x, v)) for x in (F4, I1, U1) for v in (0.5, 7, F8[:1])),
    *((lambda x: np.ediff1d(x, to_end=np.array([1, 2], np.int8)), (x,)) for x in (F4, I1)),
    *((lambda m, n: np.linalg.matrix_power(np.outer(m, m), n), (BOOLS, n)) for n in (0, 1, 3)),
    *((lambda a, b: np.linalg.solve(np.diag(a + 5), b), (a, b)) for a in (F4, U1) for b in (F4, F8, I1)),
    *((lambda a, b: np.geomspace(a, b, 4), (a, np.float32(9))) for a in (1, 1.5, np.float32(1))),
    *((lambda x: np.mean(x, dtype=np.int8), (x,)) for x in (I1, U1)),
    (lambda x: math_dist(x), (U1,)),
    (lambda x: (x.conj(), x.conjugate()), (BOOLS,)),
]


def math_dist(x: Any) -> Any:
    import math

    return math.dist([x[0], 1.5], [x[1], 2])


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_as_numpy(number: int) -> None:
    program, args = PROGRAMS[number]
    with np.errstate(all="ignore"):
        wanted = program(*args)
    assert difference(tg.jit(program)(*args), wanted, rtol=1e-6) is None


def test_a_quantile_beside_infinity() -> None:
    """NumPy interpolates also where the place is a whole number: infinity less infinity is NaN."""
    x = np.array([1.0, np.inf, np.inf])
    with np.errstate(all="ignore"):
        wanted = np.quantile(x, [0.0, 0.5, 1.0])
    assert difference(tg.jit(lambda x: np.quantile(x, [0.0, 0.5, 1.0]))(x), wanted, rtol=0.0) is None


def test_conj_of_a_real_array_is_the_array() -> None:
    def program(x: Any) -> Any:
        y = x.conj()
        y[0] = 7.0
        return x

    x = np.arange(3.0)
    assert tg.jit(program)(x) is x
    assert x[0] == 7.0


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda: np.ediff1d(U1, to_end=1.5), "same_kind"),
        (lambda: np.select([U1 > 1], [1], U1), "same_kind"),
        (lambda: np.copyto(BOOLS.copy(), 1), "same_kind"),
        (lambda: np.angle(I1), "float16"),
        (lambda: np.var(U1, dtype=np.int8), "integer dtype"),
        (lambda: np.arange(3, dtype=bool), "booleans"),
    ],
)
def test_what_is_refused(program: Callable[[], Any], message: str) -> None:
    with pytest.raises(tg.TangraError, match=message):
        tg.jit(program)()


def test_trunc_of_numbers_that_have_none() -> None:
    import math

    for x in (np.float32(1.5), np.int8(3), np.uint8(3), np.int64(3)):
        with pytest.raises(TypeError) as theirs:
            math.trunc(x)
        with pytest.raises(TypeError) as ours:
            tg.jit(lambda x: math.trunc(x))(x)
        assert str(ours.value) == str(theirs.value)
    assert tg.jit(lambda x: math.trunc(x))(np.float64(-1.5)) == -1
