"""What flax.nnx, equinox and optax do to models and parameters as a whole: arrays keep their shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import Native, Value
from tangra.checker.natives.table import native
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


@native("optax.apply_updates", "equinox.apply_updates")
def apply_updates(ev: Evaluator, call: Call) -> Value:
    """New parameters, of the shapes of the old ones."""
    from tangra.checker.transforms import of_same_shapes

    return of_same_shapes(call.args[0]) if call.args else UNKNOWN


@native(
    "equinox.filter",
    "equinox.nn.inference_mode",
    "equinox.tree_inference",
    "jax.lax.with_sharding_constraint",
    "jax.reshard",
    "equinox.error_if",
    "equinox.filter_shard",
    "flax.nnx.Param",
    "flax.nnx.BatchStat",
    "flax.nnx.Cache",
    "flax.nnx.Variable",
    "flax.nnx.List",
    "flax.nnx.Dict",
    "flax.nnx.data",
    "flax.nnx.static",
    takes_open=True,
)
def first(ev: Evaluator, call: Call) -> Value:
    """The argument, as far as shapes go."""
    return call.args[0] if call.args else UNKNOWN


@native("equinox.partition")
def partition(ev: Evaluator, call: Call) -> Value:
    """The arrays of a model, and the rest of it."""
    return (call.args[0], call.args[0]) if call.args else UNKNOWN


@native("equinox.combine")
def combine(ev: Evaluator, call: Call) -> Value:
    """A model put together again."""
    return call.args[0] if call.args else UNKNOWN


@native("equinox.nn.make_with_state")
def make_with_state(ev: Evaluator, call: Call) -> Value:
    """A class whose call gives a model and its state."""
    function = call.args[0] if call.args else UNKNOWN

    def make(ev: Evaluator, inner: Call) -> Value:
        return call_value(ev, function, inner.args, inner.kwargs, inner.node, inner.open), UNKNOWN

    return Native("make_with_state", make, takes_open=True)


def _decorator(ev: Evaluator, call: Call) -> Value:
    return Native("decorator", lambda ev, inner: inner.args[0] if inner.args else UNKNOWN)


native("flax.nnx.split_rngs", "flax.nnx.fork_rngs")(_decorator)
