"""scipy.linalg by what NumPy's rules say of the same matrices."""

from __future__ import annotations

from typing import Any

numpy: Any = None
_unknown: Any = None


def inv(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.inv(a)


def det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.det(a)


def pinv(a: Any, **options: Any) -> Any:
    return numpy.linalg.pinv(a)


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.norm(a, ord, axis, keepdims)


def solve(a: Any, b: Any, lower: Any = False, **options: Any) -> Any:
    return numpy.linalg.solve(a, b)


def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: Any = False, **options: Any) -> Any:
    return numpy.linalg.solve(a, b)


def cholesky(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.cholesky(a)


def cho_factor(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.cholesky(a), lower


def cho_solve(c_and_lower: Any, b: Any, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.solve(c_and_lower[0], b)


def lu_factor(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.inv(a), numpy.zeros(len(a), dtype=numpy.int32)


def lu_solve(lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.solve(lu_and_piv[0], b)


def expm(A: Any) -> Any:
    return numpy.linalg.inv(A)


def logm(A: Any, disp: Any = True) -> Any:
    return numpy.linalg.inv(A) if disp else _unknown


def sqrtm(A: Any, disp: Any = True, blocksize: Any = 64) -> Any:
    return numpy.linalg.inv(A) if disp else _unknown


def eigh(a: Any, b: Any = None, **options: Any) -> Any:
    return numpy.linalg.eigh(a) if b is None and not options else _unknown


def eigvalsh(a: Any, b: Any = None, **options: Any) -> Any:
    return numpy.linalg.eigvalsh(a) if b is None and not options else _unknown


def svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, **options: Any) -> Any:
    return numpy.linalg.svd(a, full_matrices, compute_uv)


def svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return numpy.linalg.svd(a, False, False)


def block_diag(*arrs: Any) -> Any:
    rows = sum(numpy.atleast_2d(one).shape[0] for one in arrs)
    columns = sum(numpy.atleast_2d(one).shape[1] for one in arrs)
    return numpy.zeros((rows, columns))


def toeplitz(c: Any, r: Any = None) -> Any:
    c, r = numpy.ravel(c), numpy.ravel(c if r is None else r)
    return c[:, None] + r[None, :]


def circulant(c: Any) -> Any:
    c = numpy.ravel(c)
    return c[:, None] + c[None, :]


def hilbert(n: Any) -> Any:
    return numpy.zeros((n, n))


def solve_discrete_are(a: Any, b: Any, q: Any, r: Any, **options: Any) -> Any:
    return a + q + numpy.zeros((b.shape[0], b.shape[0]))


def solve_continuous_are(a: Any, b: Any, q: Any, r: Any, **options: Any) -> Any:
    return a + q + numpy.zeros((b.shape[0], b.shape[0]))


def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    return a + q


def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    return a + q
