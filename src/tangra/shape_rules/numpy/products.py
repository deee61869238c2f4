"""Products of vectors in the last axes, chains of products, norms and inverses of tensors: the rest of `linalg`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.dtypes import discrete, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, MATMUL, RANK, Failure
from tangra.shape_rules.numpy import linalg, shaping
from tangra.shape_rules.numpy.common import functions, made, sequence
from tangra.shape_rules.numpy.reductions import reduce_to, trace
from tangra.shape_rules.products import matmul_shape
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, record, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _error(library: str) -> str:
    return "TypeError" if library == "jax" else "ValueError"


def _linalg(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    return rule(*(f"{prefix}.linalg.{name}" for name in names for prefix in ("numpy", "jax.numpy")))


def _inner(ctx: RuleContext, left: Size, right: Size, name: str, x1: Tensor, x2: Tensor) -> None:
    text = f"{name}() of shapes {shape_text(x1.shape)} and {shape_text(x2.shape)}: {left} and {right} differ"
    ctx.require_equal(left, right, Failure(MATMUL, text, _error(x1.library)))


@functions("vecdot", "linalg.vecdot")
def vecdot(ctx: RuleContext, x1: Tensor, x2: Tensor, axis: Value = -1) -> Tensor:
    """Products of vectors along an axis of both, the other axes broadcast."""
    dtype = result_dtype([x1, x2], x1.library)
    for one in (x1, x2):
        if one.rank == 0:
            ctx.fail(Failure(RANK, "vecdot() of a 0-d array", "ValueError"))
    places = [axis_place(ctx, one, axis, error="AxisError") for one in (x1, x2)]
    if x1.dims is None or x2.dims is None or None in places:
        return made(x1.library, None, dtype)
    first, second = (place or 0 for place in places)
    _inner(ctx, x1.dims[first], x2.dims[second], "vecdot", x1, x2)
    rest = [(*dims[:place], *dims[place + 1 :]) for dims, place in ((x1.dims, first), (x2.dims, second))]
    return made(x1.library, broadcast_shapes(ctx, rest, "vecdot: ", "ValueError"), dtype)


def _with_matrix(name: str, swapped: bool) -> None:
    def apply(ctx: RuleContext, x1: Tensor, x2: Tensor) -> Tensor:
        matrix, vector = (x2, x1) if swapped else (x1, x2)
        dtype = result_dtype([x1, x2], x1.library)
        if (vector.rank is not None and vector.rank < 1) or (matrix.rank is not None and matrix.rank < 2):
            text = f"{name}() of shapes {shape_text(x1.shape)} and {shape_text(x2.shape)}: a vector and a matrix"
            ctx.fail(Failure(RANK, text, "ValueError"))
        if vector.dims is None or matrix.dims is None:
            return made(x1.library, None, dtype)
        inner, outer = matrix.dims[-2:] if swapped else matrix.dims[-1:-3:-1]
        _inner(ctx, inner, vector.dims[-1], name, x1, x2)
        lead = broadcast_shapes(ctx, [matrix.dims[:-2], vector.dims[:-1]], f"{name}: ", "ValueError")
        return made(x1.library, None if lead is None else (*lead, outer), dtype)

    functions(name)(apply)


_with_matrix("matvec", False)
_with_matrix("vecmat", True)


@_linalg("multi_dot")
def multi_dot(ctx: RuleContext, arrays: Value, *, library: str) -> Tensor:
    """The product of several matrices; the first and the last may be vectors."""
    found = sequence(ctx, arrays, library, "multi_dot()")
    if found is None:
        return Tensor(library)
    if len(found) < 2:
        ctx.fail(Failure(ARGUMENT, "multi_dot() of one array: two are needed at least", "ValueError"))
    if len(found) == 2 and library == "numpy":  # a plain dot
        return linalg.dot(ctx, *found, library=library)
    error = "LinAlgError" if library == "numpy" else "ValueError"
    for place, one in enumerate(found):
        ranks = (1, 2) if place in (0, len(found) - 1) else (2,)
        if one.rank is not None and one.rank not in ranks:
            text = f"multi_dot() of an array of shape {shape_text(one.shape)} in place {place}"
            ctx.fail(Failure(RANK, text, error))
    total = found[0]
    for one in found[1:]:
        total = made(library, matmul_shape(ctx, total, one, "ValueError"), result_dtype([total, one], library))
    return total


@_linalg("cross")
def cross(ctx: RuleContext, x1: Tensor, x2: Tensor, axis: Value = -1, *, library: str) -> Tensor:
    """Cross products of vectors of 3 along an axis."""
    for one in (x1, x2):
        place = axis_place(ctx, one, axis, error="AxisError")
        size = None if place is None else one.size(place)
        if size is not None:
            text = f"cross() of shape {shape_text(one.shape)}: axis {axis} must be 3"
            ctx.require_equal(size, 3, Failure(RANK, text, "ValueError"))
    if axis != -1:
        return made(library, None, result_dtype([x1, x2], library))
    return linalg.cross(ctx, x1, x2, library=library)


@_linalg("outer")
def outer(ctx: RuleContext, x1: Tensor, x2: Tensor, *, library: str) -> Tensor:
    """All products of the elements of two vectors."""
    for one in (x1, x2):
        if one.rank not in (None, 1):
            ctx.fail(Failure(RANK, f"outer() takes vectors, not shape {shape_text(one.shape)}", "ValueError"))
    return linalg.outer(ctx, x1, x2, library=library)


_linalg("tensordot")(linalg.tensordot)
_linalg("matmul")(linalg.matmul)
_linalg("matrix_transpose")(shaping.matrix_transpose)


@_linalg("diagonal")
def diagonal(ctx: RuleContext, x: Tensor, *, offset: Value = 0) -> Tensor:
    """The diagonals of matrices in the last two axes."""
    return shaping.diagonal(ctx, x, offset, -2, -1)


@_linalg("trace")
def trace_(ctx: RuleContext, x: Tensor, *, offset: Value = 0, dtype: Value = None) -> Tensor:
    """The sums of the diagonals of matrices in the last two axes."""
    return trace(ctx, x, offset, -2, -1)


def _floating(a: Tensor) -> str | None:
    return ("float64" if a.library == "numpy" else "float32") if discrete(a.dtype) else a.dtype


@_linalg("cond")
def cond(ctx: RuleContext, x: Tensor, p: Value = None) -> Tensor:
    """The condition numbers of matrices."""
    if x.rank is not None and x.rank < 2:
        error = "LinAlgError" if x.library == "numpy" else "ValueError"
        ctx.fail(Failure(RANK, f"cond() takes matrices, not shape {shape_text(x.shape)}", error))
    if p is not None and p not in (2, -2):
        rows, columns = x.size(-2), x.size(-1)
        if rows is not None and columns is not None:
            text = f"cond(p={p!r}) takes square matrices, not shape {shape_text(x.shape)}"
            ctx.require_equal(rows, columns, Failure(RANK, text, "LinAlgError"))
    return made(x.library, None if x.dims is None else x.dims[:-2], real_of(_floating(x)))


@_linalg("svdvals")
def svdvals(ctx: RuleContext, x: Tensor) -> Tensor:
    """Singular values."""
    found = linalg.svd(ctx, x, compute_uv=False)
    return found if isinstance(found, Tensor) else Tensor(x.library)


@_linalg("matrix_norm")
def matrix_norm(ctx: RuleContext, x: Tensor, *, keepdims: Value = False, ord: Value = "fro") -> Tensor:
    """Norms of matrices in the last two axes."""
    return reduce_to(ctx, x, (-2, -1), keepdims, real_of(_floating(x)), "matrix_norm()")


@_linalg("vector_norm")
def vector_norm(ctx: RuleContext, x: Tensor, *, axis: Value = None, keepdims: Value = False, ord: Value = 2) -> Tensor:
    """A norm of all elements, or along axes."""
    if isinstance(axis, float) and x.library == "numpy":
        return Tensor(x.library)
    return reduce_to(ctx, x, axis, keepdims, real_of(_floating(x)), "vector_norm()")


@rule("numpy.linalg.eig", "jax.numpy.linalg.eig")
def eig(ctx: RuleContext, a: Tensor) -> Value:
    """Eigenvalues and vectors; whether they are complex depends on the elements."""
    shape = eigvals(ctx, a).shape
    values = Tensor(a.library, shape, None)
    return record(eigenvalues=values, eigenvectors=Tensor(a.library, a.shape, None))


@rule("numpy.linalg.eigvals", "jax.numpy.linalg.eigvals")
def eigvals(ctx: RuleContext, a: Tensor) -> Tensor:
    """Eigenvalues; whether they are complex depends on the elements."""
    error = "LinAlgError" if a.library == "numpy" else "ValueError"
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"eig() takes matrices, not shape {shape_text(a.shape)}", error))
    if a.dims is not None:
        text = f"eig() takes square matrices, not shape {shape_text(a.dims)}"
        ctx.require_equal(a.dims[-2], a.dims[-1], Failure(RANK, text, error))
    return Tensor(a.library, None if a.dims is None else a.dims[:-1], None)
