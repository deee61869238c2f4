"""torch's sparse tensors, which have the shapes of dense ones; and the steps of recurrent cells as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_sequence
from tangra.shape_rules.dtypes import kind
from tangra.shape_rules.failures import DTYPE, MISMATCH, RANK, WIDTH, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, dtype_argument, fresh, same_dtype
from tangra.shape_rules.torch.products import addmm, mm
from tangra.shape_rules.values import Tensor, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("torch.sparse_coo_tensor")
def sparse_coo_tensor(
    ctx: RuleContext, indices: Value, values: Value, size: Value = None, *, dtype: Value = None,
    check_invariants: Value = None, is_coalesced: Value = None,
) -> Tensor:  # fmt: skip
    """Values at places: the indices hold a row for each sparse dimension."""
    held = values if isinstance(values, Tensor) else None
    if isinstance(indices, Tensor):
        places = indices
        if places.rank not in (None, 2):
            text = f"the indices of a sparse tensor have shape {shape_text(places.shape)}, not (dimensions, values)"
            ctx.fail(Failure(RANK, text, "RuntimeError"))
        if kind(places.dtype) in (0, 2, 3):
            ctx.fail(Failure(DTYPE, f"the indices of a sparse tensor are {places.dtype}", "RuntimeError"))
        count, given = places.size(1), None if held is None else held.size(0)
        if count is not None and given is not None:
            text = f"a sparse tensor of {given} values at {count} places"
            ctx.require_equal(count, given, Failure(MISMATCH, text, "RuntimeError"))
    sizes = None if size is None else size_sequence(ctx, size, "size")
    chosen = dtype_argument(ctx, dtype, None if held is None else held.dtype)
    return Tensor("torch", sizes, chosen)


@method(CLASS, "to_sparse", "to_sparse_coo", "to_sparse_csr", "coalesce")
def to_sparse(ctx: RuleContext, self: Tensor, *args: Value, **options: Value) -> Tensor:
    """The same elements, stored otherwise."""
    return Tensor("torch", self.shape, self.dtype)


@method(CLASS, "to_dense")
def to_dense(ctx: RuleContext, self: Tensor, dtype: Value = None, *, masked_grad: Value = None) -> Tensor:
    """The same elements, stored as usual."""
    return fresh(self.shape, dtype_argument(ctx, dtype, self.dtype))


@rule("torch.sparse.mm", "torch.spmm", "torch.dsmm")
def sparse_mm(ctx: RuleContext, mat1: Tensor, mat2: Tensor, reduce: Value = None) -> Tensor:
    """A product of two matrices, of which one may be sparse."""
    return mm(ctx, mat1, mat2).with_(layout=None)


rule("torch.sparse.addmm")(addmm)


# --------------------------------------------------------------------------------------------------------------- cells


def _step(ctx: RuleContext, input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, gates: int, name: str) -> Tensor:
    same_dtype(ctx, input, w_ih, name)
    for one in (input, hx):
        if one.rank not in (None, 2) and not input.rank == hx.rank == 1:
            text = f"{name}: an input of shape {shape_text(input.shape)} and a state of shape {shape_text(hx.shape)}"
            ctx.fail(Failure(RANK, text, "RuntimeError"))
    for one, weight, what in ((input, w_ih, "input"), (hx, w_hh, "state")):
        if weight.rank not in (None, 2):
            text = f"{name}: the weight of the {what} has shape {shape_text(weight.shape)}, not 2 dimensions"
            ctx.fail(Failure(RANK, text, "RuntimeError"))
        width, wanted = one.size(-1), weight.size(1)
        if width is not None and wanted is not None:
            text = (
                f"{name}: the {what} of shape {shape_text(one.shape)} has {width} features, the weight takes {wanted}"
            )
            ctx.require_equal(width, wanted, Failure(WIDTH, text, "RuntimeError"))
        rows, size = weight.size(0), hx.size(-1)
        if rows is not None and size is not None:
            text = f"{name}: a weight of {rows} rows for {gates} gates of {size} features"
            ctx.require_equal(rows, gates * size, Failure(WIDTH, text, "RuntimeError"))
    batch = input.size(0), hx.size(0)
    if batch[0] is not None and batch[1] is not None and input.rank == hx.rank == 2:
        text = f"{name}: an input of shape {shape_text(input.shape)} and a state of shape {shape_text(hx.shape)}"
        ctx.require_equal(batch[0], batch[1], Failure(MISMATCH, text, "RuntimeError"))
    return fresh(hx.shape, hx.dtype)


def _cell(name: str, gates: int) -> None:
    def apply(
        ctx: RuleContext, input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        return _step(ctx, input, hx, w_ih, w_hh, gates, f"{name}()")

    rule(f"torch.{name}")(apply)


_cell("gru_cell", 3)
_cell("rnn_tanh_cell", 1)
_cell("rnn_relu_cell", 1)
