"""The operations that torchvision brings in machine code: boxes and regions of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import MISMATCH, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import describe, fresh
from tangra.shape_rules.values import Tensor, Value, is_size
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("torch.ops.torchvision.nms", "torchvision.ops.nms", "torchvision.ops.boxes.nms")
def nms(ctx: RuleContext, boxes: Tensor, scores: Tensor, iou_threshold: Value) -> Tensor:
    """The indices of boxes that are kept: (n, 4) and (n,) give (?,)."""
    require_boxes(ctx, boxes, 4, "nms")
    _require_rank(ctx, scores, 1, "nms", "scores")
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


def _pooled(ctx: RuleContext, input: Tensor, rois: Tensor, channels: Size | None, high: Value, wide: Value) -> Tensor:
    """One patch for each region."""
    count = rois.size(0) if rois.shape else None
    sizes = [count, channels, high if is_size(high) else None, wide if is_size(wide) else None]
    return fresh(tuple(ctx.fresh("n") if size is None else size for size in sizes), input.dtype)


@rule("torch.ops.torchvision.roi_align")
def roi_align(
    ctx: RuleContext, input: Tensor, rois: Tensor, spatial_scale: Value, pooled_height: Value, pooled_width: Value,
    sampling_ratio: Value = -1, aligned: Value = False,
) -> Tensor:  # fmt: skip
    """(n, c, h, w) and (k, 5) give (k, c, height, width)."""
    require_boxes(ctx, rois, 5, "roi_align")
    _require_rank(ctx, input, 4, "roi_align", "input")
    return _pooled(ctx, input, rois, input.size(1), pooled_height, pooled_width)


@rule("torch.ops.torchvision.roi_pool")
def roi_pool(
    ctx: RuleContext, input: Tensor, rois: Tensor, spatial_scale: Value, pooled_height: Value, pooled_width: Value
) -> tuple[Tensor, Tensor]:
    """As `roi_align`, with the places of the maxima."""
    require_boxes(ctx, rois, 5, "roi_pool")
    _require_rank(ctx, input, 4, "roi_pool", "input")
    made = _pooled(ctx, input, rois, input.size(1), pooled_height, pooled_width)
    return made, made.like(made.shape, "int32")
