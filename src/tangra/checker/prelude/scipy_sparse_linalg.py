"""scipy.sparse.linalg's solvers, as programs for the evaluator."""

from __future__ import annotations

from typing import Any

_unknown: Any = None
numpy: Any = None


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: Any = True) -> Any:
    return numpy.linalg.solve(A.toarray(), b)


def cg(A: Any, b: Any, *arguments: Any, **options: Any) -> Any:
    return numpy.linalg.solve(A.toarray(), b), _unknown


def eigsh(A: Any, k: Any = 6, *arguments: Any, return_eigenvectors: Any = True, **options: Any) -> Any:
    values = numpy.zeros(k)
    return (values, numpy.zeros((A.shape[0], k))) if return_eigenvectors else values


def svds(A: Any, k: Any = 6, *arguments: Any, return_singular_vectors: Any = True, **options: Any) -> Any:
    rows, columns = A.shape
    values = numpy.zeros(k)
    return (numpy.zeros((rows, k)), values, numpy.zeros((k, columns))) if return_singular_vectors is True else _unknown
