"""What is done to a matrix that `sparse_jacobian` returned does not show in the next one."""

from __future__ import annotations

import numpy as np

import tangra as tg


def test_zeros_are_removed_from_the_first_matrix() -> None:
    weights = np.array([0.0, 1.0, 0.0, 2.0])
    jacobian = tg.sparse_jacobian(lambda x: x * weights)
    x = np.arange(4.0)
    first = jacobian(x)
    first.eliminate_zeros()
    first.indices[:] = 0
    first.data[:] = 7.0
    weights[:] = [5.0, 1.0, 3.0, 2.0]
    np.testing.assert_array_equal(jacobian(x).toarray(), np.diag(weights))
