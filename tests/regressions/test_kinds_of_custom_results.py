"""Functions with a custom_jvp rule whose results are of several kinds, or whose rule gives them in another dtype, ended
in errors of our own."""

import numpy as np
import pytest

import tangra as tg


@tg.custom_jvp
def of_two_kinds(x, c):
    return x * 2.0 if c > 0 else np.float64(x) * 3.0


@of_two_kinds.defjvp
def _(primals, tangents):
    return of_two_kinds(*primals), tangents[0] * 7.0


def test_a_result_of_two_kinds():
    for c, value in ((1, 4.0), (-1, np.float64(6.0))):
        found, tangent = tg.jvp(lambda x, c: of_two_kinds(x, c), (2.0, c), (1.0, None))
        assert (found, type(found), tangent) == (value, type(value), 7.0)
        assert tg.grad(lambda x, c: of_two_kinds(x, c) * 1.0)(2.0, c) == 7.0
        assert tg.hessian(lambda x, c: of_two_kinds(x, c) * x)(2.0, c) == 14.0


@pytest.mark.parametrize("value", [4, np.float32(4.0)])
def test_a_result_of_another_dtype(value):
    @tg.custom_jvp
    def doubled(x):
        return x * 2.0

    @doubled.defjvp
    def _(primals, tangents):
        return value, tangents[0] * 2.0

    assert tg.jvp(lambda x: doubled(x) * 3.0, (2.0,), (1.0,)) == (3.0 * value, 6.0)
    assert tg.grad(lambda x: doubled(x) * 3.0)(2.0) == 6.0


def test_a_result_of_another_shape():
    @tg.custom_jvp
    def doubled(x):
        return x * 2.0

    @doubled.defjvp
    def _(primals, tangents):
        return np.ones(1), np.ones(1)

    with pytest.raises(tg.TangraError, match="TG822"):
        tg.grad(lambda x: doubled(x))(2.0)
