"""Masks of attention in `flax.linen`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.failures import CALL, RANK, Failure
from tangra.shape_rules.numpy.common import dtype_argument, made
from tangra.shape_rules.registry import find, rule
from tangra.shape_rules.values import Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("flax.linen.make_causal_mask")
def make_causal_mask(ctx: RuleContext, x: Tensor, extra_batch_dims: Value = 0, dtype: Value = None) -> Tensor:
    """(..., 1, length, length)."""
    last = x.size(-1)
    shape = None if x.shape is None or last is None or extra_batch_dims != 0 else (*x.shape[:-1], 1, last, last)
    return made("jax", shape, dtype_argument(dtype, "jax", "float32"))


@rule("flax.linen.make_attention_mask")
def make_attention_mask(
    ctx: RuleContext,
    query_input: Tensor,
    key_input: Tensor,
    pairwise_fn: Value = None,
    extra_batch_dims: Value = 0,
    dtype: Value = None,
) -> Tensor:
    """(..., 1, queries, keys)."""
    keys = key_input.size(-1)
    if key_input.rank == 0:
        ctx.fail(Failure(RANK, "make_attention_mask() of a 0-d array of keys", "ValueError"))
    if query_input.shape is None or keys is None or extra_batch_dims != 0:
        return made("jax", None, "float32" if dtype is None else None)
    pair = [(*query_input.shape, 1), None if key_input.shape is None else (*key_input.shape[:-1], 1, keys)]
    shape = broadcast_shapes(ctx, pair, "make_attention_mask: ", "TypeError")
    return made("jax", shape and (*shape[:-2], 1, *shape[-2:]), "float32" if dtype is None else None)


@rule("flax.linen.combine_masks")
def combine_masks(ctx: RuleContext, *masks: Value, dtype: Value = None) -> Value:
    """The masks that hold all at once; they have as many axes."""
    given = [mask for mask in masks if isinstance(mask, Tensor)]
    if any(isinstance(mask, dict | list | str) for mask in masks):
        ctx.fail(Failure(CALL, "combine_masks() takes arrays", "AttributeError"))
    if len(given) < len([mask for mask in masks if mask is not None]) or not given:
        return made("jax", None, None) if given else None
    if any(one.rank != given[0].rank for one in given) and all(one.rank is not None for one in given):
        ctx.fail(Failure(RANK, "combine_masks() of masks with different numbers of axes", "AssertionError"))
    entry: Any = find("jax.numpy.logical_and")
    found = given[0]
    for other in given[1:]:
        found = entry(ctx, found, other)
    return found.with_(dtype="float32" if dtype is None else None)
