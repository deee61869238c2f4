"""The operations that torchvision brings in machine code: boxes and regions of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import whole
from tangra.shape_rules.context import AtLeast, Equal
from tangra.shape_rules.failures import ARGUMENT, MISMATCH, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import describe, fresh, same_dtype
from tangra.shape_rules.values import Tensor, Value, is_size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("torch.ops.torchvision.nms", "torchvision.ops.nms", "torchvision.ops.boxes.nms")
def nms(ctx: RuleContext, boxes: Tensor, scores: Tensor, iou_threshold: Value) -> Tensor:
    """The indices of boxes that are kept: (n, 4) and (n,) give (?,)."""
    require_boxes(ctx, boxes, 4, "nms")
    _require_rank(ctx, scores, 1, "nms", "scores")
    same_dtype(ctx, boxes, scores, "nms()")
    count, other = boxes.size(0), scores.size(0)
    if count is not None and other is not None:
        message = f"nms(): {count} boxes and {other} scores"
        ctx.require(Equal(count, other), Failure(MISMATCH, message, "RuntimeError"))
    return fresh((ctx.fresh("kept"),), "int64")


def require_boxes(ctx: RuleContext, boxes: Tensor, width: int, what: str) -> None:
    """Rows of `width` numbers."""
    _require_rank(ctx, boxes, 2, what, "boxes")
    columns = boxes.size(1) if boxes.rank == 2 else None
    if columns is not None:
        message = f"{what}(): boxes are rows of {width} numbers, not {describe(boxes)}"
        ctx.require(Equal(columns, width), Failure(MISMATCH, message, "RuntimeError"))


def _require_rank(ctx: RuleContext, tensor: Tensor, rank: int, what: str, name: str) -> None:
    if tensor.rank is not None and tensor.rank != rank:
        ctx.fail(Failure(RANK, f"{what}(): {name} has {rank} dimensions, not {describe(tensor)}", "RuntimeError"))


def _pooled(ctx: RuleContext, input: Tensor, rois: Tensor, high: Value, wide: Value, what: str) -> Tensor:
    """One patch for each region."""
    same_dtype(ctx, input, rois, "regions of interest")
    if input.rank is not None and input.rank < 4:
        ctx.fail(Failure(RANK, f"{what}(): the input has 4 dimensions, not {describe(input)}", "RuntimeError"))
    if rois.rank == 0:
        ctx.fail(Failure(RANK, f"{what}(): the regions are a 0-d tensor", "RuntimeError"))
    for side in (high, wide):
        whole(ctx, side, "a size")
        if is_size(side):
            ctx.require(AtLeast(0, side), Failure(ARGUMENT, f"regions pooled to {side} places", "RuntimeError"))
    count, channels = rois.size(0), input.size(1)
    sizes = [count, channels, high if is_size(high) else None, wide if is_size(wide) else None]
    return fresh(tuple(ctx.fresh("n") if size is None else size for size in sizes), input.dtype)


@rule("torch.ops.torchvision.roi_align")
def roi_align(
    ctx: RuleContext, input: Tensor, rois: Tensor, spatial_scale: Value, pooled_height: Value, pooled_width: Value,
    sampling_ratio: Value = -1, aligned: Value = False,
) -> Tensor:  # fmt: skip
    """(n, c, h, w) and (k, 5) give (k, c, height, width)."""
    whole(ctx, sampling_ratio, "sampling_ratio")
    if rois.rank == 1:
        ctx.fail(Failure(RANK, f"roi_align(): regions are rows of 5 numbers, not {describe(rois)}", "RuntimeError"))
    columns = rois.size(1) if rois.shape else None
    if columns is not None:
        message = f"roi_align(): regions are rows of 5 numbers, not {describe(rois)}"
        ctx.require(Equal(columns, 5), Failure(MISMATCH, message, "RuntimeError"))
    return _pooled(ctx, input, rois, pooled_height, pooled_width, "roi_align")


@rule("torch.ops.torchvision.roi_pool")
def roi_pool(
    ctx: RuleContext, input: Tensor, rois: Tensor, spatial_scale: Value, pooled_height: Value, pooled_width: Value
) -> tuple[Tensor, Tensor]:
    """As `roi_align`, with the places of the maxima. How many numbers a region has the operation itself does not check
    (torchvision's function in front of it does)."""
    made = _pooled(ctx, input, rois, pooled_height, pooled_width, "roi_pool")
    return made, made.like(made.shape, "int32")
