"""A checkpointed function may call one that has a rule for one of the modes only: the other mode is refused where it is
asked for, not where the function is called."""

import numpy as np
import pytest

import tangra as tg

X = np.array([0.3, -1.2, 0.7])


@tg.custom_vjp
def doubled(x):
    return 2.0 * x


doubled.defvjp(lambda x: (2.0 * x, None), lambda _, ct: (3.0 * ct,))


def f(x):
    return np.sum(np.sin(doubled(x)) * x)


@pytest.mark.parametrize("policy", ["recompute", "sqrt", "everything"])
def test_reverse_mode(policy):
    g = tg.checkpoint(f, policy=policy)
    assert tg.jit(g)(X) == pytest.approx(f(X), rel=1e-14)
    np.testing.assert_allclose(tg.grad(g)(X), np.sin(2 * X) + 3 * X * np.cos(2 * X), rtol=1e-14)
    np.testing.assert_allclose(
        tg.grad(lambda x: np.sum(tg.grad(g)(x) * X))(X), tg.jacrev(tg.grad(f))(X) @ X, rtol=1e-13
    )


@pytest.mark.parametrize("policy", ["recompute", "sqrt", "everything"])
def test_forward_mode_is_refused(policy):
    with pytest.raises(tg.NotDifferentiableError, match="reverse mode only"):
        tg.jvp(tg.checkpoint(f, policy=policy), (X,), (X,))
