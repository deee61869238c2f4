"""torch's products of matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_places, require_rank
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, MATMUL, MISMATCH, PATTERN, Failure
from tangra.shape_rules.products import contracted, einsum_shape, matmul_shape
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, both, fresh, refuse, require_floating, same_dtype, tensor_of
from tangra.shape_rules.values import Shape, Tensor, Value, shape_text
from tangra.shapes import prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@both("matmul")
def matmul(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """`input @ other`."""
    same_dtype(ctx, input, other, "@")
    refuse(ctx, input, "@", ("bool",))
    shape = matmul_shape(ctx, input, other, "RuntimeError")
    in_order = input.least_rank >= other.least_rank or input.least_rank > 2
    made = fresh(shape, input.dtype or other.dtype)  # in order, however the operands lie
    return made if in_order else made.with_(layout=None)


method(CLASS, "__matmul__")(matmul)
method(CLASS, "__rmatmul__")(lambda ctx, self, other: matmul(ctx, tensor_of(other, "@"), self))


def _inner(ctx: RuleContext, a: Tensor, b: Tensor, name: str, inner: tuple[int, int]) -> None:
    left, right = a.size(inner[0]), b.size(inner[1])
    if left is not None and right is not None:
        ctx.require_equal(left, right, _mismatch(a, b, name, left, right))


def _mismatch(a: Tensor, b: Tensor, name: str, left: object, right: object) -> Failure:
    def message() -> str:
        return (
            f"{name}: shapes {shape_text(a.shape)} and {shape_text(b.shape)} don't fit: the left one has {left} "
            f"columns, the right one {right} rows"
        )

    return Failure(MATMUL, message, "RuntimeError")


def _checked(ctx: RuleContext, a: Tensor, b: Tensor, ranks: tuple[int, int], name: str) -> None:
    require_rank(ctx, a, (ranks[0],), f"the first operand of {name}")
    require_rank(ctx, b, (ranks[1],), f"the second operand of {name}")
    same_dtype(ctx, a, b, name)
    refuse(ctx, a, name, ("bool",))


@both("mm")
def mm(ctx: RuleContext, input: Tensor, mat2: Tensor) -> Tensor:
    """A product of two matrices."""
    _checked(ctx, input, mat2, (2, 2), "mm()")
    _inner(ctx, input, mat2, "mm()", (-1, -2))
    return fresh(_picked(ctx, (input, 0), (mat2, 1)), input.dtype)


def _picked(ctx: RuleContext, *axes: tuple[Tensor, int]) -> Shape:
    """Sizes of axes of tensors, fresh where they aren't known."""
    sizes = [tensor.size(axis) for tensor, axis in axes]
    return tuple(ctx.fresh("n") if size is None else size for size in sizes)


@both("bmm")
def bmm(ctx: RuleContext, input: Tensor, mat2: Tensor) -> Tensor:
    """Products of two batches of matrices, which don't broadcast."""
    _checked(ctx, input, mat2, (3, 3), "bmm()")
    batch = input.size(0), mat2.size(0)
    if batch[0] is not None and batch[1] is not None:
        message = f"bmm(): batches of {batch[0]} and {batch[1]} matrices"
        ctx.require_equal(batch[0], batch[1], Failure(MATMUL, message, "RuntimeError"))
    _inner(ctx, input, mat2, "bmm()", (-1, -2))
    return fresh(_picked(ctx, (input, 0), (input, 1), (mat2, 2)), input.dtype)


@both("mv")
def mv(ctx: RuleContext, input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector."""
    _checked(ctx, input, vec, (2, 1), "mv()")
    _inner(ctx, input, vec, "mv()", (-1, 0))
    return fresh(_picked(ctx, (input, 0)), input.dtype)


@both("dot", "vdot")
def dot(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """The product of two vectors."""
    _checked(ctx, input, other, (1, 1), "dot()")
    _inner(ctx, input, other, "dot()", (0, 0))
    return fresh((), input.dtype)


@both("inner")
def inner(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """The sum over the last axis of both."""
    same_dtype(ctx, input, other, "inner()")
    if input.rank == 0 or other.rank == 0:
        return fresh(broadcast_shapes(ctx, [input.shape, other.shape]), result_dtype([input, other], "torch"))
    refuse(ctx, input, "inner()", ("bool",))
    _inner(ctx, input, other, "inner()", (-1, -1))
    if input.shape is None or other.dims is None:
        return fresh(None, input.dtype)
    return fresh((*input.shape[:-1], *other.dims[:-1]), input.dtype)


@both("outer", "ger")
def outer(ctx: RuleContext, input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors' elements."""
    require_rank(ctx, input, (1,), "the first operand of outer()")
    require_rank(ctx, vec2, (1,), "the second operand of outer()")
    return fresh(_picked(ctx, (input, 0), (vec2, 0)), result_dtype([input, vec2], "torch"))


def _added(
    ctx: RuleContext, name: str, input: Tensor, a: Tensor, b: Tensor, ranks: tuple[int, int], shape: Shape
) -> Tensor:
    _checked(ctx, a, b, ranks, name)
    same_dtype(ctx, input, a, name)
    if input.shape is not None:
        broadcast_to(ctx, input.shape, shape, f"{name}: ", "RuntimeError", MATMUL)
    return fresh(shape, input.dtype or a.dtype)


@both("addmm", inplace=True)
def addmm(ctx: RuleContext, input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Value = 1, alpha: Value = 1) -> Tensor:
    """input + mat1 @ mat2."""
    _checked(ctx, mat1, mat2, (2, 2), "addmm()")
    _inner(ctx, mat1, mat2, "addmm()", (-1, -2))
    return _added(ctx, "addmm()", input, mat1, mat2, (2, 2), _picked(ctx, (mat1, 0), (mat2, 1)))


@both("addmv", inplace=True)
def addmv(ctx: RuleContext, input: Tensor, mat: Tensor, vec: Tensor, *, beta: Value = 1, alpha: Value = 1) -> Tensor:
    """input + mat @ vec."""
    _checked(ctx, mat, vec, (2, 1), "addmv()")
    _inner(ctx, mat, vec, "addmv()", (-1, 0))
    return _added(ctx, "addmv()", input, mat, vec, (2, 1), _picked(ctx, (mat, 0)))


@both("baddbmm", inplace=True)
def baddbmm(
    ctx: RuleContext, input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Value = 1, alpha: Value = 1
) -> Tensor:
    """input + bmm(batch1, batch2)."""
    product = bmm(ctx, batch1, batch2)
    return _added(ctx, "baddbmm()", input, batch1, batch2, (3, 3), product.shape or ())


@rule("torch.einsum")
def einsum(ctx: RuleContext, equation: Value, *operands: Value) -> Tensor:
    """The einsum of the equation's labels."""
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    tensors = [tensor_of(operand, "einsum()") for operand in operands]
    if not tensors:
        ctx.fail(Failure(PATTERN, "einsum() without operands", "ValueError"))
    shape = einsum_shape(ctx, equation, tensors, "RuntimeError")
    return fresh(shape, _einsum_dtype(ctx, equation, tensors)).with_(layout=None)


def _einsum_dtype(ctx: RuleContext, equation: Value, tensors: Sequence[Tensor]) -> str | None:
    """Operands that are multiplied without a contraction may differ in dtype, others may not."""
    if any(tensor.dtype == "bool" for tensor in tensors):
        return None
    if len({tensor.dtype for tensor in tensors}) == 1 or not isinstance(equation, str):
        return tensors[0].dtype
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    sides = [set(word) for word in inputs.split(",")]
    if len(sides) != 2 or not arrow:
        return None
    if (sides[0] & sides[1]) - set(output) - {"."}:
        same_dtype(ctx, tensors[0], tensors[1], "einsum()")
    return result_dtype(tensors, "torch")


@rule("torch.tensordot")
def tensordot(ctx: RuleContext, a: Tensor, b: Tensor, dims: Value = 2) -> Tensor:
    """Sums over pairs of axes."""
    same_dtype(ctx, a, b, "tensordot()")
    refuse(ctx, a, "tensordot()", ("bool",))
    if isinstance(dims, int) and dims < 0:
        ctx.fail(Failure(ARGUMENT, f"tensordot() over {dims} axes", "RuntimeError"))
    return fresh(contracted(ctx, a, b, dims, "RuntimeError"), a.dtype)


@both("kron")
def kron(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product."""
    dtype = result_dtype([input, other], "torch")
    a, b = input.dims, other.dims
    if a is None or b is None:
        return fresh(None, dtype)
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return fresh(tuple(x * y for x, y in zip(a, b, strict=True)), dtype)


@both("cross")
def cross(ctx: RuleContext, input: Tensor, other: Tensor, dim: Value = None) -> Tensor:
    """Cross products of vectors of 3 along `dim`."""
    same_dtype(ctx, input, other, "cross()")
    refuse(ctx, input, "cross()", ("bool",))
    if input.rank is not None and other.rank is not None and input.rank != other.rank:
        ctx.fail(Failure(MISMATCH, "cross() of tensors with different numbers of dimensions", "RuntimeError"))
    shape = broadcast_shapes(ctx, [input.shape, other.shape], "cross: ")
    if dim is not None:
        _threes(ctx, input, other, dim)
    elif input.dims is not None and all(size != 3 and isinstance(size, int) for size in input.dims):
        ctx.fail(Failure(MISMATCH, f"cross(): no dimension of {shape_text(input.shape)} is 3", "RuntimeError"))
    return fresh(shape, input.dtype)


@rule("torch.linalg.cross")
def linalg_cross(ctx: RuleContext, input: Tensor, other: Tensor, *, dim: Value = -1) -> Tensor:
    """Cross products of vectors of 3 along `dim`."""
    return cross(ctx, input, other, dim)


def _threes(ctx: RuleContext, input: Tensor, other: Tensor, dim: Value) -> None:
    for tensor in (input, other):
        places = axis_places(ctx, tensor, dim, name="dim")
        size = tensor.size(places[0]) if places and tensor.rank else None
        if size is not None:
            failure = Failure(
                MISMATCH, f"cross(): dimension {dim} of {shape_text(tensor.shape)} is not 3", "RuntimeError"
            )
            ctx.require_equal(size, 3, failure)


@rule("torch.linalg.multi_dot", "torch.chain_matmul")
def multi_dot(ctx: RuleContext, tensors: Value, *more: Value) -> Tensor:
    """A chain of matrix products; the first and last operand may be vectors."""
    chain: Sequence[Value] = tensors if isinstance(tensors, list | tuple) else (tensors, *more)
    operands = [tensor_of(tensor, "multi_dot()") for tensor in chain]
    if len(operands) < 2:
        ctx.fail(Failure(CALL, "multi_dot() needs at least two tensors", "RuntimeError"))
    for number, operand in enumerate(operands):
        ends = number in (0, len(operands) - 1)
        require_rank(ctx, operand, (1, 2) if ends else (2,), "an operand of multi_dot()")
    result = operands[0]
    for operand in operands[1:]:
        result = matmul(ctx, result, operand)
    return result


@both("cdist")
def cdist(ctx: RuleContext, x1: Tensor, x2: Tensor, p: Value = 2.0, compute_mode: Value = None) -> Tensor:
    """Distances between all rows of two batches."""
    for tensor in (x1, x2):
        if tensor.rank is not None and tensor.rank < 2:
            ctx.fail(Failure(MISMATCH, "cdist() takes batches of rows: at least 2 dimensions", "RuntimeError"))
        require_floating(ctx, tensor, "cdist()")
    same_dtype(ctx, x1, x2, "cdist()")
    left, right = x1.size(-1), x2.size(-1)
    if left is not None and right is not None:
        message = f"cdist(): rows of {left} and {right} numbers"
        ctx.require_equal(left, right, Failure(MISMATCH, message, "RuntimeError"))
    if x1.dims is None or x2.dims is None:
        return fresh(None, result_dtype([x1, x2], "torch"))
    batch = broadcast_shapes(ctx, [x1.dims[:-2], x2.dims[:-2]], "cdist: ") or ()
    return fresh((*batch, x1.dims[-2], x2.dims[-2]), result_dtype([x1, x2], "torch"))


@rule("torch.cartesian_prod")
def cartesian_prod(ctx: RuleContext, *tensors: Tensor) -> Tensor:
    """All combinations of vectors' elements."""
    for tensor in tensors:
        require_rank(ctx, tensor, (1,), "an operand of cartesian_prod()")
        same_dtype(ctx, tensors[0], tensor, "cartesian_prod()")
    sizes = [tensor.size(0) for tensor in tensors]
    count = prod(size if size is not None else ctx.fresh("n") for size in sizes)
    return fresh((count,) if len(tensors) == 1 else (count, len(tensors)), tensors[0].dtype if tensors else None)
