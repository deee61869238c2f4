"""Calls of `tg.custom_jvp`, `tg.precompile` and others in compiled code were refused with a line of our own source, and
decorators with options only were taken for calls without a function."""

import numpy as np
import pytest

import tangra as tg

X = np.array([0.5, -1.0, 2.0])


def with_custom_jvp(x):
    @tg.custom_jvp
    def doubled(a):
        return a * 2.0

    return doubled(x)


OUTSIDE = {
    "custom_jvp": with_custom_jvp,
    "custom_vjp": lambda x: tg.custom_vjp(lambda a: a * 2.0)(x),
    "sparse_jacobian": lambda x: tg.sparse_jacobian(lambda a: a * a)(x),
    "precompile": lambda x: tg.precompile(lambda a: a, (1.0,)),
    "ShapeDtype": lambda x: tg.ShapeDtype((3,)),
    "set_threads": lambda x: tg.set_threads(2),
    "get_threads": lambda x: tg.get_threads(),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_refusals_name_what_was_called_and_where(name):
    with pytest.raises(tg.TangraError, match=rf"test_names_of_ours.*: tg\.{name}: not supported"):
        tg.jit(OUTSIDE[name])(X)


def test_decorators_with_options():
    def decorated(x):
        @tg.checkpoint(policy="sqrt")
        def total(a):
            found = 0.0
            for each in a:
                found += each * each
            return found

        @tg.jit(dynamic=True)
        def scaled(a):
            return a * 3.0

        return total(scaled(x))

    assert tg.jit(decorated)(X) == decorated(X)
    np.testing.assert_allclose(tg.grad(decorated)(X), 18.0 * X)
