"""`torch.linalg` and `torch.fft`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, size_argument
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import AllOf, AtLeast, Equal
from tangra.shape_rules.dtypes import complex_of, discrete, kind, real_of
from tangra.shape_rules.failures import ARGUMENT, DTYPE, MATMUL, RANK, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, both, default_dtype, fresh, require_floating, same_dtype
from tangra.shape_rules.torch.products import matmul
from tangra.shape_rules.values import Record, Shape, Tensor, Value, record, shape_text
from tangra.shapes import Size, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def matrices(ctx: RuleContext, tensor: Tensor, name: str, square: bool = False) -> tuple[Shape, Size, Size] | None:
    """(batch, rows, columns) of matrices; fails for fewer dimensions, ints, or matrices that aren't square."""
    if tensor.rank is not None and tensor.rank < 2:
        ctx.fail(Failure(RANK, f"{name} takes matrices, not shape {shape_text(tensor.shape)}", "RuntimeError"))
    require_floating(ctx, tensor, name)
    rows, columns = tensor.size(-2), tensor.size(-1)
    if rows is None or columns is None or tensor.shape is None:
        return None
    if square:
        text = f"{name} takes square matrices, not shape {shape_text(tensor.shape)}"
        ctx.require_equal(rows, columns, Failure(RANK, text, "RuntimeError"))
    return tensor.shape[:-2], rows, columns


def _square(name: str, scalar: bool) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, A: Tensor) -> Tensor:
        found = matrices(ctx, A, f"{name}()", True)
        if found is None:
            return fresh(None, A.dtype)
        return fresh(found[0] if scalar else A.shape, A.dtype).with_(layout=None)

    return apply


for _name, _scalar in (("inv", False), ("det", True), ("matrix_exp", False)):
    rule(f"torch.linalg.{_name}")(_square(_name, _scalar))
for _name, _scalar in (("inverse", False), ("det", True), ("logdet", True), ("matrix_exp", False)):
    _function = _square(_name, _scalar)
    rule(f"torch.{_name}")(_function)
    method(CLASS, _name)(_function)


@rule("torch.linalg.cholesky", "torch.cholesky")
def cholesky(ctx: RuleContext, A: Tensor, *, upper: Value = False) -> Tensor:
    """The triangular factor."""
    matrices(ctx, A, "cholesky()", True)
    return fresh(A.shape, A.dtype).with_(layout=None)


@rule("torch.linalg.slogdet", "torch.slogdet")
def slogdet(ctx: RuleContext, A: Tensor) -> Record:
    """Sign and logarithm of the determinant."""
    found = matrices(ctx, A, "slogdet()", True)
    made = fresh(None if found is None else found[0], A.dtype)
    return record(sign=made, logabsdet=made.with_(dtype=real_of(A.dtype)))


@rule("torch.linalg.pinv", "torch.pinverse")
def pinv(ctx: RuleContext, A: Tensor, rcond: Value = None, *, hermitian: Value = False) -> Tensor:
    """The pseudo-inverse: rows and columns exchanged."""
    found = matrices(ctx, A, "pinv()")
    return fresh(None if found is None else (*found[0], found[2], found[1]), A.dtype).with_(layout=None)


@rule("torch.linalg.matrix_rank")
def matrix_rank(ctx: RuleContext, A: Tensor, tol: Value = None, *, hermitian: Value = False) -> Tensor:
    """The rank of matrices."""
    found = matrices(ctx, A, "matrix_rank()")
    return fresh(None if found is None else found[0], "int64")


@rule("torch.linalg.matrix_power", "torch.matrix_power")
def matrix_power(ctx: RuleContext, A: Tensor, n: Value) -> Tensor:
    """Powers of square matrices."""
    power = size_argument(ctx, n, "n")
    of_floats = A if ctx.truth(AtLeast(power, -1)) else A.with_(dtype=None)  # others are multiplied as they are
    matrices(ctx, of_floats, "matrix_power()", True)
    if A.dtype == "bool" and ctx.truth(AtLeast(2, power)):
        ctx.fail(Failure(DTYPE, "matrix_power() does not multiply bools", "RuntimeError"))
    return fresh(A.shape, A.dtype)


@rule("torch.linalg.svd")
def svd(ctx: RuleContext, A: Tensor, full_matrices: Value = True) -> Record:
    """U, the singular values, and V transposed."""
    found = matrices(ctx, A, "svd()")
    if found is None:
        return record(U=Tensor("torch"), S=Tensor("torch"), Vh=Tensor("torch"))
    batch, rows, columns = found
    least = dmin(rows, columns)
    left, right = (rows, columns) if full_matrices is True else (least, least)
    return record(
        U=Tensor("torch", (*batch, rows, left), A.dtype),
        S=Tensor("torch", (*batch, least), real_of(A.dtype)),
        Vh=Tensor("torch", (*batch, right, columns), A.dtype),
    )


@both("svd")
def old_svd(ctx: RuleContext, input: Tensor, some: Value = True, compute_uv: Value = True) -> Record:
    """U, the singular values, and V."""
    found = matrices(ctx, input, "svd()")
    if found is None or some is not True:
        return record(U=Tensor("torch"), S=Tensor("torch"), V=Tensor("torch"))
    batch, rows, columns = found
    least = dmin(rows, columns)
    return record(
        U=Tensor("torch", (*batch, rows, least), input.dtype),
        S=Tensor("torch", (*batch, least), real_of(input.dtype)),
        V=Tensor("torch", (*batch, columns, least), input.dtype),
    )


@rule("torch.linalg.svdvals")
def svdvals(ctx: RuleContext, A: Tensor) -> Tensor:
    """Singular values."""
    found = matrices(ctx, A, "svdvals()")
    return fresh(None if found is None else (*found[0], dmin(found[1], found[2])), real_of(A.dtype))


@rule("torch.linalg.qr")
def qr(ctx: RuleContext, A: Tensor, mode: Value = "reduced") -> Record:
    """Q and R."""
    found = matrices(ctx, A, "qr()")
    if isinstance(mode, str) and mode not in ("reduced", "complete", "r"):
        ctx.fail(Failure(ARGUMENT, f"qr() has no mode {mode!r}", "RuntimeError"))
    if found is None or mode == "r" or not isinstance(mode, str):
        return record(Q=Tensor("torch"), R=Tensor("torch"))
    batch, rows, columns = found
    inner = rows if mode == "complete" else dmin(rows, columns)
    return record(
        Q=Tensor("torch", (*batch, rows, inner), A.dtype), R=Tensor("torch", (*batch, inner, columns), A.dtype)
    )


@rule("torch.linalg.eigh")
def eigh(ctx: RuleContext, A: Tensor, UPLO: Value = "L") -> Record:
    """Eigenvalues and vectors of symmetric matrices."""
    found = matrices(ctx, A, "eigh()", True)
    values = Tensor("torch", None if found is None else (*found[0], found[1]), real_of(A.dtype))
    return record(eigenvalues=values, eigenvectors=Tensor("torch", A.shape, A.dtype))


@rule("torch.linalg.eigvalsh")
def eigvalsh(ctx: RuleContext, A: Tensor, UPLO: Value = "L") -> Tensor:
    """Eigenvalues of symmetric matrices."""
    return eigh(ctx, A)[0]  # type: ignore[no-any-return]


@rule("torch.linalg.eig")
def eig(ctx: RuleContext, A: Tensor) -> Record:
    """Complex eigenvalues and vectors."""
    found = matrices(ctx, A, "eig()", True)
    dtype = None if A.dtype is None else A.dtype if kind(A.dtype) == 3 else complex_of(A.dtype)
    values = Tensor("torch", None if found is None else (*found[0], found[1]), dtype)
    return record(eigenvalues=values, eigenvectors=Tensor("torch", A.shape, dtype))


@rule("torch.linalg.solve")
def solve(ctx: RuleContext, A: Tensor, B: Tensor, *, left: Value = True) -> Tensor:
    """X with A X = B; B is a vector if it has one dimension, or A's without the last."""
    found = matrices(ctx, A, "solve()", True)
    require_floating(ctx, B, "solve()")
    same_dtype(ctx, A, B, "solve()")
    if B.rank == 0:
        ctx.fail(Failure(RANK, "solve() with a 0-d right side", "RuntimeError"))
    if found is None or B.dims is None or A.dims is None or left is not True:
        return fresh(None, A.dtype)
    if len(B.dims) == 1 or (len(B.dims) == len(A.dims) - 1 and B.dims == A.dims[:-1]):
        text = f"solve() of {shape_text(A.dims)} with {shape_text(B.dims)}"
        ctx.require_equal(B.dims[-1], found[1], Failure(MATMUL, text, "RuntimeError"))
        lead = broadcast_shapes(ctx, [found[0], B.dims[:-1]], "solve(): ")
        return fresh(None if lead is None else (*lead, B.dims[-1]), A.dtype).with_(layout=None)
    text = f"solve() of {shape_text(A.dims)} with {shape_text(B.dims)}"
    ctx.require_equal(B.dims[-2], found[1], Failure(MATMUL, text, "RuntimeError"))
    lead = broadcast_shapes(ctx, [found[0], B.dims[:-2]], "solve(): ")
    return fresh(None if lead is None else (*lead, *B.dims[-2:]), A.dtype).with_(layout=None)


@rule("torch.linalg.solve_triangular")
def solve_triangular(
    ctx: RuleContext, A: Tensor, B: Tensor, *, upper: Value, left: Value = True, unitriangular: Value = False
) -> Tensor:
    """X with A X = B for triangular A."""
    found = matrices(ctx, A, "solve_triangular()", True)
    other = matrices(ctx, B.with_(dtype=A.dtype), "solve_triangular()")
    if found is None or other is None or not isinstance(left, bool):
        return fresh(None, A.dtype)
    text = f"solve_triangular() of {shape_text(A.shape)} with {shape_text(B.shape)}"
    ctx.require_equal(other[1] if left else other[2], found[1], Failure(MATMUL, text, "RuntimeError"))
    lead = broadcast_shapes(ctx, [found[0], other[0]], "solve_triangular(): ")
    return fresh(None if lead is None else (*lead, *other[1:]), A.dtype).with_(layout=None)


@rule("torch.linalg.lstsq")
def lstsq(ctx: RuleContext, A: Tensor, B: Tensor, rcond: Value = None, *, driver: Value = None) -> Record:
    """Least squares. Whether there are residuals, ranks and singular values the driver and the data decide."""
    same_dtype(ctx, A, B, "lstsq()")
    found = matrices(ctx, A, "lstsq()")
    if A.rank is not None and B.rank is not None and A.rank - B.rank not in (0, 1):
        text = f"lstsq() of {shape_text(A.shape)} with {shape_text(B.shape)}"
        ctx.fail(Failure(RANK, text, "RuntimeError"))
    vectors: bool | None = False
    if A.dims is not None and B.dims is not None and len(B.dims) == len(A.dims) - 1:
        vectors = ctx.truth(AllOf(tuple(map(Equal, B.dims, A.dims[:-1]))))
    if vectors is None:
        return record(solution=Tensor("torch", None, A.dtype), **_lstsq_rest(ctx, None, A.dtype, driver))
    other = matrices(ctx, B.with_(shape=(*(B.shape or ()), 1)) if vectors else B, "lstsq()")
    if found is None or other is None:
        return record(solution=Tensor("torch", None, A.dtype), **_lstsq_rest(ctx, None, A.dtype, driver))
    text = f"lstsq() of {shape_text(A.shape)} with {shape_text(B.shape)}"
    ctx.require_equal(other[1], found[1], Failure(MATMUL, text, "RuntimeError"))
    lead = broadcast_shapes(ctx, [found[0], other[0]], "lstsq(): ")
    full = ctx.truth(AtLeast(found[1], found[2])) is True
    last = () if vectors else (other[2],)
    shape = None if lead is None else (*lead, found[2], *last)
    return record(solution=fresh(shape, A.dtype).with_(layout=None), **_lstsq_rest(ctx, lead, A.dtype, driver, full))


def _lstsq_rest(
    ctx: RuleContext, lead: Shape | None, dtype: str | None, driver: Value, full: bool = False
) -> dict[str, Value]:
    """What `lstsq` gives besides the solution, on the CPU; `full`: there are not more equations than unknowns."""
    ranked = lead if driver in (None, "gelsy", "gelsd", "gelss") else (0,)
    values = (0,) if driver in (None, "gelsy", "gels") else None
    residuals = (0,) if full else (ctx.fresh("residuals"),) if lead == () else None
    return {
        "residuals": fresh(residuals, dtype),
        "rank": fresh(ranked, "int64"),
        "singular_values": fresh(values, real_of(dtype)),
    }


rule("torch.linalg.matmul")(matmul)

# ------------------------------------------------------------------------------------------------------------- Fourier


def _length(ctx: RuleContext, tensor: Tensor, place: int | None, n: Value) -> Size | None:
    if n is not None:
        found = size_argument(ctx, n, "n")
        ctx.require(AtLeast(1, found), Failure(ARGUMENT, f"a transform of length {found}", "RuntimeError"))
        return found
    return None if place is None else tensor.size(place)


def _transform(name: str) -> Callable[..., Tensor]:
    real_input, real_output = name == "rfft", name in ("irfft", "hfft")

    def apply(ctx: RuleContext, input: Tensor, n: Value = None, dim: Value = -1, norm: Value = None) -> Tensor:
        if input.rank == 0:
            ctx.fail(Failure(RANK, f"{name}() of a 0-d tensor", "IndexError"))
        if real_input and kind(input.dtype) == 3:
            ctx.fail(Failure(ARGUMENT, f"{name}() takes real numbers", "RuntimeError"))
        place = axis_place(ctx, input, dim, name="dim")
        size = _length(ctx, input, place, n)
        if size is not None and real_input:
            size = size // 2 + 1
        if size is not None and real_output and n is None:
            size = 2 * (size - 1)
            ctx.require(AtLeast(1, size), Failure(ARGUMENT, f"{name}() to length {size}", "RuntimeError"))
        shape = None
        if size is not None and place is not None and input.shape is not None:
            shape = (*input.shape[:place], size, *input.shape[place + 1 :])
        return fresh(shape, _spectrum(ctx, input, real_output)).with_(layout=None)

    return apply


def _spectrum(ctx: RuleContext, input: Tensor, real_output: bool) -> str | None:
    dtype = default_dtype(ctx) if discrete(input.dtype) else input.dtype
    if real_output:
        return real_of(dtype)
    return dtype if dtype is None or kind(dtype) == 3 else complex_of(dtype)


for _name in ("fft", "ifft", "rfft", "irfft", "hfft"):
    rule(f"torch.fft.{_name}")(_transform(_name))


def _transform_nd(name: str, default: Value) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, input: Tensor, s: Value = None, dim: Value = default, norm: Value = None) -> Tensor:
        dtype = _spectrum(ctx, input, name.startswith("irfft"))
        if name.startswith("rfft") and kind(input.dtype) == 3:
            ctx.fail(Failure(ARGUMENT, f"{name}() takes real numbers", "RuntimeError"))
        axes: Value = dim if dim is not None or input.rank is None else tuple(range(input.rank))
        places = None if axes is None else axis_places(ctx, input, axes, name="dim")
        if places is None or input.dims is None or s is not None:
            return Tensor("torch", None, dtype)
        if not input.dims and name not in ("fftn", "ifftn"):
            ctx.fail(Failure(RANK, f"{name}() of a 0-d tensor", "IndexError"))
        dims = list(input.dims)
        if name.startswith("rfft") and places:
            dims[places[-1]] = dims[places[-1]] // 2 + 1
        if name.startswith("irfft") and places:
            dims[places[-1]] = 2 * (dims[places[-1]] - 1)
            ctx.require(AtLeast(1, dims[places[-1]]), Failure(ARGUMENT, f"{name}() to length 0", "RuntimeError"))
        return Tensor("torch", tuple(dims), dtype)

    return apply


for _name in ("fft", "ifft", "rfft", "irfft"):
    rule(f"torch.fft.{_name}2")(_transform_nd(f"{_name}2", (-2, -1)))
    rule(f"torch.fft.{_name}n")(_transform_nd(f"{_name}n", None))


@rule("torch.fft.fftshift", "torch.fft.ifftshift")
def fftshift(ctx: RuleContext, input: Tensor, dim: Value = None) -> Tensor:
    """Halves exchanged."""
    if input.rank == 0:
        ctx.fail(Failure(RANK, "fftshift() of a 0-d tensor", "RuntimeError"))
    if dim is not None:
        axis_places(ctx, input, dim, name="dim")
    return fresh(input.shape, input.dtype, input)


@rule("torch.fft.fftfreq")
def fftfreq(ctx: RuleContext, n: Value, d: Value = 1.0, *, dtype: Value = None) -> Tensor:
    """Frequencies."""
    count = size_argument(ctx, n, "n")
    ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"fftfreq() of {count} places", "RuntimeError"))
    return fresh((count,), default_dtype(ctx))


@rule("torch.fft.rfftfreq")
def rfftfreq(ctx: RuleContext, n: Value, d: Value = 1.0, *, dtype: Value = None) -> Tensor:
    """Frequencies of a real transform."""
    count = size_argument(ctx, n, "n")
    if isinstance(count, int) and count < 0:  # a C division, which rounds to zero
        count = -(-count // 2) * 2
    ctx.require(AtLeast(-3, count), Failure(ARGUMENT, f"rfftfreq() of {count} places", "RuntimeError"))
    return fresh((count // 2 + 1,), default_dtype(ctx))
