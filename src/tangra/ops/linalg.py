"""Factorisations and solves of float matrices. Leading dims are batch dims, equal for all operands.

Where NumPy raises LinAlgError (`cholesky`, `solve`, `inverse`) the last result is `ok: bool[batch]`, false for a matrix
that has no such result; the other results of that matrix are NaN. `cholesky` and `eigh` read the lower triangle only.
`qr` and `svd` are the reduced ones. `lu(a)` is for square matrices: a[perm] = L U, both packed, L with unit diagonal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from tangra.ir.graph import Value
from tangra.ir.opdef import OpDef, register
from tangra.ir.types import BOOL, F64, I64, ArrayType, Type
from tangra.ops import linalg_determinants as determinants
from tangra.ops import linalg_factorisations as factorisations
from tangra.ops import linalg_solves as solves
from tangra.ops.common import quiet, require
from tangra.shapes import Size, dmin

FAMILY = "linalg"
Shape = tuple[Size, ...]


def _matrix(x: Value, square: bool = True) -> tuple[Shape, Size, Size]:
    """Batch dims, rows and columns of a float matrix."""
    require(x.dtype.is_float and len(x.shape) >= 2, f"linear algebra on {x.type}")
    *batch, m, n = x.shape
    require(not square or m == n, f"{x.type} is not a square matrix")
    return tuple(batch), m, n


def _infer_with(shapes: Callable[[Value], list[ArrayType]], square: bool = True) -> Any:
    """A type rule for an op of one matrix; `shapes` gives its results."""

    def infer(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
        (x,) = operands
        _matrix(x, square)
        return list(shapes(x))

    return infer


def _infer_system(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    a, x = operands
    batch, n, _ = _matrix(a)
    require(x.dtype == a.dtype and x.shape[:-1] == (*batch, n), f"right sides {x.type} for {a.type}")
    return [x.type]


def _infer_solve(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    return [*_infer_system(operands, attrs, regions), ArrayType(BOOL, operands[0].shape[:-2])]


def _results(x: Value, *shapes: Shape) -> list[ArrayType]:
    return [ArrayType(x.dtype, (*x.shape[:-2], *s)) for s in shapes]


def _ok(x: Value) -> ArrayType:
    return ArrayType(BOOL, x.shape[:-2])


def _eigh_types(x: Value) -> list[ArrayType]:
    return _results(x, (x.shape[-1],), x.shape[-2:])


def _qr_types(x: Value) -> list[ArrayType]:
    m, n = x.shape[-2:]
    k = dmin(m, n)
    return _results(x, (m, k), (k, n))


def _svd_types(x: Value) -> list[ArrayType]:
    m, n = x.shape[-2:]
    k = dmin(m, n)
    return _results(x, (m, k), (k,), (k, n))


def per_matrix(function: Callable[..., tuple[Any, ...]], types: Callable[..., list[tuple[Any, Any]]]) -> Any:
    """A batched reference: `function` on each matrix, the results stacked; `types` gives (shape, dtype) per result."""

    def evaluate(*operands: Any, **attrs: Any) -> Any:
        batch = operands[0].shape[:-2]
        outs = [np.empty((*batch, *shape), dtype) for shape, dtype in types(*operands)]
        for at in np.ndindex(*batch):
            for out, value in zip(outs, function(*(x[at] for x in operands), **attrs), strict=True):
                out[at] = value
        return tuple(out[()] for out in outs) if len(outs) > 1 else outs[0][()]

    return quiet(evaluate)


def checked(function: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """`function` with an `ok` flag: NaN and false where it raises LinAlgError."""

    def evaluate(a: Any, *rest: Any) -> tuple[Any, Any]:
        try:
            return function(a, *rest), True
        except np.linalg.LinAlgError:
            return np.nan, False

    return evaluate


def _converging(function: Callable[[Any], Any], types: Callable[[Value], list[ArrayType]]) -> Any:
    """A batched reference of several floats whose iteration may not converge: NaN for that matrix."""

    def evaluate(a: Any) -> tuple[Any, ...]:
        try:
            return tuple(function(a))
        except np.linalg.LinAlgError:
            return (np.nan,) * len(shapes(a))

    def shapes(a: Any) -> list[tuple[Any, Any]]:
        return [(t.shape, a.dtype) for t in types(Value(ArrayType(F64, a.shape[-2:])))]

    return per_matrix(evaluate, shapes)


def _lu(a: Any) -> tuple[Any, Any, Any]:
    if a.size == 0:
        return a, np.arange(0), 1.0
    from scipy.linalg import lapack  # here, since importing SciPy takes long

    packed, pivots, _ = (lapack.dgetrf if a.dtype == np.float64 else lapack.sgetrf)(a)
    perm, sign = np.arange(len(a)), 1.0
    for i, p in enumerate(pivots):
        if i != p:
            perm[[i, p]] = perm[[p, i]]
            sign = -sign
    return packed, perm, sign


def _triangular(a: Any, x: Any, lower: bool, trans: bool, unit: bool) -> tuple[Any]:
    """Substitution; a zero pivot divides to inf or NaN instead of raising."""
    if trans:
        a, lower = a.T, not lower
    result = np.array(x)
    order = range(len(a)) if lower else range(len(a) - 1, -1, -1)
    for i in order:
        known = slice(0, i) if lower else slice(i + 1, len(a))
        result[i] -= a[i, known] @ result[known]
        if not unit:
            result[i] /= a[i, i]
    return (result,)


def _svd(a: Any) -> Any:
    return np.linalg.svd(a, full_matrices=False)


def _infer_triangular(operands: Sequence[Value], attrs: dict[str, Any], regions: Sequence[Any]) -> list[Type]:
    require(all(isinstance(attrs[k], bool) for k in ("lower", "trans", "unit")), "triangular_solve: three bools")
    return _infer_system(operands, attrs, regions)


def _declare(name: str, rules: ModuleType, infer: Any, evaluate: Any, doc: str, **facts: Any) -> None:
    """Register op `name`, whose derivative rules are `name_jvp` and `name_vjp` of `rules`."""
    facts.setdefault("source", f"np.linalg.{name}")
    register(
        OpDef(
            name,
            FAMILY,
            infer,
            evaluate,
            jvp=getattr(rules, f"{name}_jvp"),
            vjp=getattr(rules, f"{name}_vjp"),
            native=name,
            cost=100,
            doc=doc,
            absent={"partials": "not elementwise"},
            **facts,
        )
    )


def _flagged(function: Callable[..., Any], result: int) -> Any:
    """A batched reference with `ok`; the value has the type of operand `result`."""
    return per_matrix(checked(function), lambda *xs: [(xs[result].shape[-2:], xs[result].dtype), ((), np.bool_)])


def _declare_solvers() -> None:
    _declare(
        "cholesky",
        solves,
        _infer_with(lambda x: [x.array, _ok(x)]),
        _flagged(np.linalg.cholesky, 0),
        "lower L with L L^T = a, and ok",
    )
    _declare(
        "inverse",
        solves,
        _infer_with(lambda x: [x.array, _ok(x)]),
        _flagged(np.linalg.inv, 0),
        "the inverse, and ok",
        source="np.linalg.inv",
    )
    _declare("solve", solves, _infer_solve, _flagged(np.linalg.solve, 1), "x with a x = b for the columns of b, and ok")
    _declare(
        "triangular_solve",
        solves,
        _infer_triangular,
        per_matrix(_triangular, lambda a, x: [(x.shape[-2:], x.dtype)]),
        "x with a x = b (a^T if trans) for a triangular a; the other half is not read",
        attrs=("lower", "trans", "unit"),
        source="scipy.linalg.solve_triangular",
    )


def _declare_determinants() -> None:
    _declare("det", determinants, _infer_with(lambda x: _results(x, ())), quiet(np.linalg.det), "the determinant")
    _declare(
        "slogdet",
        determinants,
        _infer_with(lambda x: _results(x, (), ())),
        quiet(lambda a: tuple(np.linalg.slogdet(a))),
        "sign and log of the absolute value of the determinant",
    )


def _declare_factorisations() -> None:
    _declare(
        "lu",
        factorisations,
        _infer_with(lambda x: [x.array, ArrayType(I64, x.shape[:-1]), *_results(x, ())]),
        per_matrix(_lu, lambda a: [(a.shape[-2:], a.dtype), (a.shape[-1:], np.int64), ((), a.dtype)]),
        "packed L and U, the row permutation and its sign",
        source="LAPACK getrf",
    )
    _declare(
        "eigh",
        factorisations,
        _infer_with(_eigh_types),
        _converging(np.linalg.eigh, _eigh_types),
        "ascending eigenvalues and eigenvectors of a symmetric matrix; NaN where they don't converge",
    )
    _declare(
        "qr",
        factorisations,
        _infer_with(_qr_types, square=False),
        quiet(lambda a: tuple(np.linalg.qr(a))),
        "reduced q and r",
    )
    _declare(
        "svd",
        factorisations,
        _infer_with(_svd_types, square=False),
        _converging(_svd, _svd_types),
        "reduced u, descending s, and v transposed; NaN where they don't converge",
    )


_declare_solvers()
_declare_determinants()
_declare_factorisations()
