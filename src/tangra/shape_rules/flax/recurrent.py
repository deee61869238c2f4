"""The recurrent cells of `flax.linen`, and attention of one sequence with itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, CALL, RANK, STATE, Failure
from tangra.shape_rules.flax.layers import MultiHeadDotProductAttention, _OfWidth, float_of
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import module
from tangra.shape_rules.values import Tensor, Value, is_size, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

OPTIONS = words(
    """
    gate_fn activation_fn kernel_init recurrent_kernel_init bias_init dtype param_dtype carry_init residual
    reset_gate name parent
    """
)


class _Cell(_OfWidth):
    """A step of a recurrent layer: (carry, inputs) to (carry, output)."""

    pair = False

    def __init__(self, ctx: RuleContext, features: Value, **kwargs: Value) -> None:
        for word, value in kwargs.items():
            if word not in OPTIONS:
                ctx.fail(Failure(CALL, f"{self.title} has no field {word}", "TypeError"))
            setattr(self, word, value)
        self.features = size_argument(ctx, features, "features")

    def forward(self, ctx: RuleContext, carry: Value, inputs: Tensor) -> Value:
        text = f"{self.title} with {self.features} features"
        ctx.require(AtLeast(1, self.features), Failure(ARGUMENT, text, "TypeError"))
        if inputs.rank == 0:
            ctx.fail(Failure(RANK, f"{self.title} of a 0-d array", "IndexError"))
        lead = None if not inputs.shape else inputs.shape[:-1]
        states = carry if isinstance(carry, list | tuple) else (carry,)
        if self.pair and isinstance(carry, Tensor):
            text = f"{self.title}: its state is a pair (c, h), not an array of shape {shape_text(carry.shape)}"
            rows = carry.size(0)
            if isinstance(rows, int):
                ctx.require_equal(rows, 2, Failure(STATE, text, "ValueError"))
            return (made("jax", None, None),) * 2
        known = [state.shape for state in states if isinstance(state, Tensor) and state.shape]
        if len(known) < len(states):
            return (made("jax", None, None),) * 2 if not self.pair else ((made("jax", None, None),) * 2, Tensor("jax"))
        shapes = [*([] if lead is None else [(*lead, known[-1][-1])]), *known]  # as wide as the state, not `features`
        text = f"{self.title}, a state {' and '.join(map(shape_text, known))} with inputs {shape_text(inputs.shape)}: "
        shape = broadcast_shapes(ctx, shapes, text, "TypeError")
        new = made("jax", None if lead is None else shape, float_of(self, inputs))
        return ((new, new) if self.pair else new), new

    def parameter_width(self, inputs: Tensor) -> Any:
        """Unknown: the first argument is the carry."""
        return None

    def initialize_carry(self, ctx: RuleContext, rng: Value, input_shape: Value) -> Value:
        """The first state for inputs of a shape."""
        known = isinstance(input_shape, list | tuple) and all(map(is_size, input_shape)) and input_shape
        new = made("jax", (*input_shape[:-1], self.features) if known else None, "float32")
        return (new, new) if self.pair else new


@module("flax.linen.GRUCell", "flax.linen.MGUCell")
class GRUCell(_Cell):
    """A gated recurrent unit."""


@module("flax.linen.SimpleCell")
class SimpleCell(_Cell):
    """A plain recurrent unit."""


@module("flax.linen.LSTMCell", "flax.linen.OptimizedLSTMCell")
class LSTMCell(_Cell):
    """A long short-term memory; its carry is a pair."""

    pair = True


@module("flax.linen.SelfAttention")
class SelfAttention(MultiHeadDotProductAttention):
    """(..., length, features) to (..., length, out_features), of one sequence with itself."""

    def forward(  # type: ignore[override]
        self, ctx: RuleContext, inputs_q: Tensor, mask: Value = None, deterministic: Value = None, **options: Value
    ) -> Tensor:
        return MultiHeadDotProductAttention.forward(self, ctx, inputs_q)
