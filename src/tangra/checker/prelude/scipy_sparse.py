"""scipy.sparse's matrices and what makes them, as programs for the evaluator: each stands for an array of its shape.
What their elements are made of (`data`, `indices`, `nnz`) is unknown."""

from __future__ import annotations

from typing import Any

_unknown: Any = None
numpy: Any = None


class _Matrix:
    def __init__(self, arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False, **more: Any) -> None:
        self.data = self.indices = self.indptr = self.row = self.col = self.nnz = self.dtype = _unknown
        if isinstance(arg1, _Matrix):
            self._dense: Any = arg1._dense
        elif shape is not None:
            self._dense = numpy.zeros(shape)
        elif isinstance(arg1, tuple):
            self._dense = numpy.zeros(arg1) if len(arg1) == 2 and isinstance(arg1[0], int) else _unknown
        else:
            self._dense = numpy.atleast_2d(arg1)

    @property
    def shape(self) -> Any:
        return self._dense.shape

    @property
    def T(self) -> Any:
        return type(self)(self._dense.T)

    def transpose(self, axes: Any = None, copy: Any = False) -> Any:
        return type(self)(self._dense.T)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, _Matrix):
            return type(self)(self._dense @ other._dense)
        return self._dense @ other

    def __rmatmul__(self, other: Any) -> Any:
        return other @ self._dense

    def dot(self, other: Any) -> Any:
        return self @ other

    def __add__(self, other: Any) -> Any:
        return type(self)(self._dense + other._dense) if isinstance(other, _Matrix) else _unknown

    def __sub__(self, other: Any) -> Any:
        return type(self)(self._dense - other._dense) if isinstance(other, _Matrix) else _unknown

    def __mul__(self, other: Any) -> Any:
        return type(self)(self._dense) if isinstance(other, int | float) else _unknown

    def __rmul__(self, other: Any) -> Any:
        return type(self)(self._dense) if isinstance(other, int | float) else _unknown

    def __truediv__(self, other: Any) -> Any:
        return type(self)(self._dense) if isinstance(other, int | float) else _unknown

    def __neg__(self) -> Any:
        return type(self)(self._dense)

    def __getitem__(self, index: Any) -> Any:
        return _unknown

    def __setitem__(self, index: Any, value: Any) -> None:
        pass

    def toarray(self, order: Any = None, out: Any = None) -> Any:
        return self._dense

    def todense(self, order: Any = None, out: Any = None) -> Any:
        return self._dense

    def copy(self) -> Any:
        return type(self)(self._dense)

    def astype(self, dtype: Any, casting: Any = None, copy: Any = True) -> Any:
        return type(self)(self._dense)

    def tocsr(self, copy: Any = False) -> Any:
        return csr_matrix(self._dense)

    def tocsc(self, copy: Any = False) -> Any:
        return csc_matrix(self._dense)

    def tocoo(self, copy: Any = False) -> Any:
        return coo_matrix(self._dense)

    def tolil(self, copy: Any = False) -> Any:
        return lil_matrix(self._dense)

    def __getattr__(self, name: str) -> Any:
        return _unknown


class csr_matrix(_Matrix):
    pass


class csc_matrix(_Matrix):
    pass


class coo_matrix(_Matrix):
    pass


class lil_matrix(_Matrix):
    pass


class csr_array(_Matrix):
    pass


class csc_array(_Matrix):
    pass


class coo_array(_Matrix):
    pass


def diags(diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None) -> Any:
    if shape is not None:
        return csr_matrix(numpy.zeros(shape))
    if isinstance(offsets, int):
        return csr_matrix(_unknown)
    return csr_matrix(numpy.zeros((len(diagonals[0]) + abs(offsets[0]),) * 2))


def eye(m: Any, n: Any = None, k: Any = 0, dtype: Any = None, format: Any = None) -> Any:
    return csr_matrix(numpy.eye(m, n))


def identity(n: Any, dtype: Any = None, format: Any = None) -> Any:
    return csr_matrix(numpy.eye(n))
