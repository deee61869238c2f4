"""Products, `linalg`, and `fft` of NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, require_rank, size_argument
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import complex_of, discrete, kind, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, MATMUL, MISMATCH, PATTERN, RANK, Failure
from tangra.shape_rules.numpy.common import functions, made, methods
from tangra.shape_rules.numpy.reductions import reduce_to
from tangra.shape_rules.products import contracted, einsum_shape, matmul_shape
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Record, Shape, Tensor, Unknown, Value, record, shape_text
from tangra.shapes import Size, dmin, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _error(library: str) -> str:
    return "TypeError" if library == "jax" else "ValueError"


@functions("matmul")
def matmul(ctx: RuleContext, x1: Tensor, x2: Tensor, *, library: str) -> Tensor:
    """`x1 @ x2`."""
    shape = matmul_shape(ctx, x1, x2, _error(library))
    return made(library, shape, result_dtype([x1, x2], library))


methods("__matmul__")(
    lambda ctx, self, other: matmul(ctx, self, to_tensor(other, self.library, "@"), library=self.library)
)
methods("__rmatmul__")(
    lambda ctx, self, other: matmul(ctx, to_tensor(other, self.library, "@"), self, library=self.library)
)


@functions("dot")
def dot(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """Products summed over the last axis of a and the second last of b; of numbers plain products."""
    dtype = result_dtype([a, b], library)
    if a.dims is None or b.dims is None:
        return made(library, None, dtype)
    if not a.dims or not b.dims:
        return made(library, a.dims or b.dims, dtype)
    left, right = a.dims[-1], b.dims[-2] if len(b.dims) > 1 else b.dims[0]
    text = f"dot() of shapes {shape_text(a.dims)} and {shape_text(b.dims)}: inner sizes {left} and {right} differ"
    ctx.require_equal(left, right, Failure(MATMUL, text, _error(library)))
    rest = (*b.dims[:-2], *b.dims[-1:]) if len(b.dims) > 1 else ()
    return made(library, (*a.dims[:-1], *rest), dtype)


methods("dot")(lambda ctx, self, b: dot(ctx, self, to_tensor(b, self.library, "dot"), library=self.library))


@functions("vdot")
def vdot(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """The product of two flattened arrays."""
    if a.dims is not None and b.dims is not None:
        text = f"vdot() of {shape_text(a.dims)} and {shape_text(b.dims)}"
        ctx.require_equal(prod(a.dims), prod(b.dims), Failure(MATMUL, text, _error(library)))
    return made(library, (), result_dtype([a, b], library))


@functions("inner")
def inner(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """Products summed over the last axis of both."""
    dtype = result_dtype([a, b], library)
    if a.dims is None or b.dims is None:
        return made(library, None, dtype)
    if not a.dims or not b.dims:
        return made(library, a.dims or b.dims, dtype)
    text = f"inner() of {shape_text(a.dims)} and {shape_text(b.dims)}"
    ctx.require_equal(a.dims[-1], b.dims[-1], Failure(MATMUL, text, _error(library)))
    return made(library, (*a.dims[:-1], *b.dims[:-1]), dtype)


@functions("outer")
def outer(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """All products of two flattened arrays."""
    sizes = [ctx.fresh("n") if one.dims is None else prod(one.dims) for one in (a, b)]
    return made(library, tuple(sizes), result_dtype([a, b], library))


@functions("tensordot")
def tensordot(ctx: RuleContext, a: Tensor, b: Tensor, axes: Value = 2, *, library: str) -> Tensor:
    """Products summed over pairs of axes."""
    return made(library, contracted(ctx, a, b, axes, _error(library)), result_dtype([a, b], library))


@functions("einsum")
def einsum(
    ctx: RuleContext, subscripts: Value, *operands: Tensor, optimize: Value = None, dtype: Value = None, library: str
) -> Tensor:
    """The einsum of the subscripts' labels."""
    if not operands:
        ctx.fail(Failure(PATTERN, "einsum() without operands", "ValueError"))
    return made(library, einsum_shape(ctx, subscripts, operands, "ValueError"), result_dtype(operands, library))


@functions("kron")
def kron(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """The Kronecker product."""
    dtype = result_dtype([a, b], library)
    if a.dims is None or b.dims is None:
        return made(library, None, dtype)
    rank = max(len(a.dims), len(b.dims))
    left, right = (1,) * (rank - len(a.dims)) + a.dims, (1,) * (rank - len(b.dims)) + b.dims
    return made(library, tuple(x * y for x, y in zip(left, right, strict=True)), dtype)


@functions("cross")
def cross(
    ctx: RuleContext,
    a: Tensor,
    b: Tensor,
    axisa: Value = -1,
    axisb: Value = -1,
    axisc: Value = -1,
    axis: Value = None,
    *,
    library: str,
) -> Tensor:
    """Cross products of vectors of 3 in the last axis."""
    dtype = result_dtype([a, b], library)
    if a.dims is None or b.dims is None or (axisa, axisb, axisc) != (-1, -1, -1) or axis not in (None, -1):
        return made(library, None, dtype)
    for one in (a, b):
        last = one.dims[-1] if one.dims else 0
        if isinstance(last, int) and last not in (2, 3):
            ctx.fail(
                Failure(MISMATCH, f"cross() of shape {shape_text(one.dims)}: the last axis must be 3", "ValueError")
            )
    lead = broadcast_shapes(ctx, [a.dims[:-1], b.dims[:-1]], "cross: ", "ValueError")
    if a.dims[-1] != 3 or b.dims[-1] != 3 or lead is None:
        return made(library, lead if a.dims[-1] == b.dims[-1] == 2 else None, dtype)
    return made(library, (*lead, 3), dtype)


# -------------------------------------------------------------------------------------------------------------- linalg


def _linalg(*names: str) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    return rule(*(f"{prefix}.linalg.{name}" for name in names for prefix in ("numpy", "jax.numpy")))


def _matrices(ctx: RuleContext, a: Tensor, name: str, square: bool = False) -> tuple[Shape, Size, Size] | None:
    error = "LinAlgError" if a.library == "numpy" else "ValueError"
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"{name} takes matrices, not shape {shape_text(a.shape)}", error))
    rows, columns = a.size(-2), a.size(-1)
    if rows is None or columns is None or a.shape is None:
        return None
    if square:
        text = f"{name} takes square matrices, not shape {shape_text(a.shape)}"
        ctx.require_equal(rows, columns, Failure(RANK, text, error))
    return a.shape[:-2], rows, columns


def _symmetric(ctx: RuleContext, a: Tensor, name: str) -> tuple[Shape, Size] | None:
    """The axes in front of square matrices, and their size. JAX takes the mean of a matrix and its transpose, to which
    rows and columns broadcast."""
    found = _matrices(ctx, a, name, a.library == "numpy")
    if found is None:
        return None
    text = f"{name} takes square matrices, not shape {shape_text(a.shape)}"
    size = found[1] if a.library == "numpy" else ctx.broadcast(found[1], found[2], Failure(RANK, text, "ValueError"))
    return found[0], size


def _floating(a: Tensor) -> str | None:
    return ("float64" if a.library == "numpy" else "float32") if discrete(a.dtype) else a.dtype


def _square(name: str, scalar: bool) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor) -> Tensor:
        found = _matrices(ctx, a, f"{name}()", True)
        return made(a.library, None if found is None else found[0] if scalar else a.shape, _floating(a))

    return apply


for _name, _scalar in (("inv", False), ("det", True)):
    _linalg(_name)(_square(_name, _scalar))


@_linalg("cholesky")
def cholesky(ctx: RuleContext, a: Tensor, *, upper: Value = False) -> Tensor:
    """The triangular factor."""
    found = _symmetric(ctx, a, "cholesky()")
    return made(a.library, None if found is None else (*found[0], found[1], found[1]), _floating(a))


@_linalg("slogdet")
def slogdet(ctx: RuleContext, a: Tensor) -> Record:
    """Sign and logarithm of the determinant."""
    found = _matrices(ctx, a, "slogdet()", True)
    one = made(a.library, None if found is None else found[0], _floating(a))
    return record(sign=one, logabsdet=one.with_(dtype=real_of(one.dtype)))


@_linalg("pinv")
def pinv(ctx: RuleContext, a: Tensor, rcond: Value = None, hermitian: Value = False) -> Tensor:
    """The pseudo-inverse."""
    found = _matrices(ctx, a, "pinv()")
    return made(a.library, None if found is None else (*found[0], found[2], found[1]), _floating(a))


@_linalg("matrix_power")
def matrix_power(ctx: RuleContext, a: Tensor, n: Value) -> Tensor:
    """Powers of square matrices."""
    _matrices(ctx, a, "matrix_power()", True)
    size_argument(ctx, n, "n")
    return made(a.library, a.shape, a.dtype if isinstance(n, int) and n >= 0 else _floating(a))


@_linalg("svd")
def svd(
    ctx: RuleContext, a: Tensor, full_matrices: Value = True, compute_uv: Value = True, hermitian: Value = False
) -> Value:
    """U, the singular values, and V transposed."""
    found = _matrices(ctx, a, "svd()")
    if found is None or not isinstance(full_matrices, bool):
        return record(U=Tensor(a.library), S=Tensor(a.library), Vh=Tensor(a.library))
    batch, rows, columns = found
    least, dtype = dmin(rows, columns), _floating(a)
    values = made(a.library, (*batch, least), real_of(dtype))
    if compute_uv is False:
        return values
    left, right = (rows, columns) if full_matrices else (least, least)
    return record(
        U=made(a.library, (*batch, rows, left), dtype), S=values, Vh=made(a.library, (*batch, right, columns), dtype)
    )


@_linalg("qr")
def qr(ctx: RuleContext, a: Tensor, mode: Value = "reduced") -> Value:
    """Q and R."""
    found = _matrices(ctx, a, "qr()")
    if isinstance(mode, str) and mode not in ("reduced", "complete", "r", "raw"):
        ctx.fail(Failure(ARGUMENT, f"qr() has no mode {mode!r}", "ValueError"))
    if found is None or mode not in ("reduced", "complete"):
        return record(Q=Tensor(a.library), R=Tensor(a.library))
    batch, rows, columns = found
    inside = rows if mode == "complete" else dmin(rows, columns)
    dtype = _floating(a)
    return record(Q=made(a.library, (*batch, rows, inside), dtype), R=made(a.library, (*batch, inside, columns), dtype))


@_linalg("eigh")
def eigh(ctx: RuleContext, a: Tensor, UPLO: Value = "L") -> Record:
    """Eigenvalues and vectors of symmetric matrices."""
    found = _symmetric(ctx, a, "eigh()")
    dtype = _floating(a)
    values = made(a.library, None if found is None else (*found[0], found[1]), real_of(dtype))
    vectors = None if found is None else (*found[0], found[1], found[1])
    return record(eigenvalues=values, eigenvectors=made(a.library, vectors, dtype))


@_linalg("eigvalsh")
def eigvalsh(ctx: RuleContext, a: Tensor, UPLO: Value = "L") -> Tensor:
    """Eigenvalues of symmetric matrices."""
    return eigh(ctx, a)[0]  # type: ignore[no-any-return]


@_linalg("solve")
def solve(ctx: RuleContext, a: Tensor, b: Tensor, *, library: str) -> Tensor:
    """x with a x = b; b is a vector if it has one dimension."""
    found = _matrices(ctx, a, "solve()", True)
    dtype = result_dtype([made(library, (1,), _floating(a)), made(library, (1,), _floating(b))], library)
    if found is None or b.dims is None:
        return made(library, None, dtype)
    if not b.dims:
        ctx.fail(Failure(RANK, "solve() with a 0-d right side", "ValueError"))
    vector = len(b.dims) == 1
    text = f"solve() of {shape_text(a.shape)} with {shape_text(b.dims)}"
    ctx.require_equal(b.dims[-1 if vector else -2], found[1], Failure(MATMUL, text, "ValueError"))
    lead = broadcast_shapes(ctx, [found[0], () if vector else b.dims[:-2]], "solve(): ", "ValueError")
    rest = b.dims[-1:] if vector else b.dims[-2:]
    return made(library, None if lead is None else (*lead, *rest), dtype)


@_linalg("lstsq")
def lstsq(ctx: RuleContext, a: Tensor, b: Tensor, rcond: Value = None) -> Value:
    """Least squares: the solution, and more whose shapes aren't followed."""
    require_rank(ctx, a, (2,), "the matrix of lstsq()", "LinAlgError")
    require_rank(ctx, b, (1, 2), "the right side of lstsq()", "LinAlgError")
    rows, columns, other = a.size(0), a.size(1), b.size(0)
    if rows is not None and other is not None:
        text = f"lstsq() of {shape_text(a.shape)} with {shape_text(b.shape)}"
        ctx.require_equal(rows, other, Failure(MATMUL, text, "LinAlgError"))
    dtype = result_dtype([made(a.library, (1,), _floating(a)), made(a.library, (1,), _floating(b))], a.library)
    shape = None if columns is None or b.dims is None else (columns, *b.dims[1:])
    values = None if rows is None or columns is None else (dmin(rows, columns),)
    return (
        made(a.library, shape, dtype),
        made(a.library, (ctx.fresh("residuals"),), real_of(dtype)),  # none if the rank is lower, which data decides
        made(a.library, (), "int32"),
        made(a.library, values, real_of(dtype)),
    )


@_linalg("matrix_rank")
def matrix_rank(ctx: RuleContext, A: Tensor, tol: Value = None, hermitian: Value = False) -> Value:
    """The rank of matrices; NumPy gives an int for a vector or a number."""
    if A.rank in (0, 1) and A.library == "numpy":
        return Unknown("int")
    return made(A.library, None if A.dims is None else A.dims[:-2], "int64")


@_linalg("norm")
def norm(ctx: RuleContext, x: Tensor, ord: Value = None, axis: Value = None, keepdims: Value = False) -> Tensor:
    """A norm of vectors or matrices."""
    if isinstance(axis, list | tuple) and len(axis) not in (1, 2):
        ctx.fail(Failure(ARGUMENT, f"norm() over {len(axis)} axes", "ValueError"))
    if ord is not None and axis is None and x.rank not in (None, 1, 2):
        ctx.fail(Failure(RANK, "norm() with ord takes vectors and matrices", "ValueError"))
    if isinstance(axis, float):
        if x.library == "jax":
            ctx.fail(Failure(ARGUMENT, f"norm() along axis {axis}", "TypeError"))
        return Tensor(x.library)
    return reduce_to(ctx, x, axis, keepdims, real_of(_floating(x)), "norm()")


# ------------------------------------------------------------------------------------------------------------- Fourier


def _spectrum(a: Tensor, real_output: bool) -> str | None:
    dtype = _floating(a)
    if dtype is None or real_output:
        return real_of(dtype)
    return dtype if kind(dtype) == 3 else complex_of(dtype)


def _transform(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, n: Value = None, axis: Value = -1, norm: Value = None) -> Tensor:
        if a.rank == 0:
            ctx.fail(Failure(RANK, f"{name}() of a 0-d array", "IndexError"))
        if name == "rfft" and kind(a.dtype) == 3:
            ctx.fail(Failure(ARGUMENT, f"{name}() takes real numbers", "TypeError"))
        place = axis_place(ctx, a, axis, error="IndexError")
        size = size_argument(ctx, n, "n") if n is not None else None if place is None else a.size(place)
        if size is not None and name == "irfft" and n is None:
            size = 2 * (size - 1)
        if size is not None:
            least = 0 if n is None and name == "irfft" and a.library == "jax" else 1
            ctx.require(AtLeast(least, size), Failure(ARGUMENT, f"{name}() of length {size}", "ValueError"))
            size = size // 2 + 1 if name == "rfft" else size
        known = size is not None and place is not None and a.shape is not None
        shape = (*a.shape[:place], size, *a.shape[place + 1 :]) if known else None  # type: ignore[index,operator]
        return made(a.library, shape, _spectrum(a, name == "irfft"))

    return apply


for _name in ("fft", "ifft", "rfft", "irfft"):
    rule(f"numpy.fft.{_name}", f"jax.numpy.fft.{_name}")(_transform(_name))


@rule("numpy.fft.fftn", "numpy.fft.ifftn", "jax.numpy.fft.fftn", "jax.numpy.fft.ifftn")
def fftn(ctx: RuleContext, a: Tensor, s: Value = None, axes: Value = None, norm: Value = None) -> Tensor:
    """Over several axes."""
    if axes is not None:
        axis_places(ctx, a, axes, error="IndexError")
    return made(a.library, a.shape if s is None else None, _spectrum(a, False))


@rule("numpy.fft.fft2", "numpy.fft.ifft2", "jax.numpy.fft.fft2", "jax.numpy.fft.ifft2")
def fft2(ctx: RuleContext, a: Tensor, s: Value = None, axes: Value = (-2, -1), norm: Value = None) -> Tensor:
    """Over two axes."""
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"fft2() of shape {shape_text(a.shape)}", "IndexError"))
    return fftn(ctx, a, s, axes)


@rule("numpy.fft.fftshift", "numpy.fft.ifftshift", "jax.numpy.fft.fftshift", "jax.numpy.fft.ifftshift")
def fftshift(ctx: RuleContext, x: Tensor, axes: Value = None) -> Tensor:
    """Halves exchanged."""
    if x.rank == 0 and x.library == "numpy":
        ctx.fail(Failure(RANK, "fftshift() of a 0-d array", "IndexError"))
    if axes is not None:
        axis_places(ctx, x, axes, error="IndexError")
    return made(x.library, x.shape, x.dtype)
