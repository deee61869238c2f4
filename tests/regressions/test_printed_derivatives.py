"""A derivative that a comparison stops in places could not be printed: its notes of them are operations."""

import numpy as np

import tangra as tg


def test_the_text_of_a_derivative_that_comparisons_stop():
    def f(x):
        return x[0] * 2 if x[1] > 0 else np.floor(x[0]) + x[1]

    text = tg.grad(f).ir(np.ones(2), stage="after vjp")
    assert "func @vjp_" in text
    assert '"floor"' in text
