"""Rules on plain shapes, without the checker: `apply("torch.cat", [tensor((2, 3)), tensor((4, 3))])`."""

from __future__ import annotations

from tangra.shape_rules.context import BaseContext
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.registry import Constant, ModuleRule, Rule, find, find_attribute, find_method
from tangra.shape_rules.values import Tensor, Value


def tensor(shape: tuple[int, ...] | None, dtype: str | None = "float32", library: str = "torch") -> Tensor:
    """An array of this shape, in order in memory."""
    return Tensor(library, shape, dtype, layout="contiguous" if library == "torch" else None)


def apply(name: str, *args: Value, **kwargs: Value) -> Value:
    """What the function, or the layer's constructor, called `name` gives; raises RuleError for a call that fails."""
    return apply_in(BaseContext(), name, *args, **kwargs)


def apply_in(ctx: BaseContext, name: str, *args: Value, **kwargs: Value) -> Value:
    """The same in a context of one's own."""
    entry = find(name)
    if isinstance(entry, Constant):
        return entry.value
    if isinstance(entry, ModuleRule):
        return entry.construct(ctx, *args, **kwargs)
    if not isinstance(entry, Rule):
        raise LookupError(f"no rule for {name}")
    return entry(ctx, *args, **kwargs)


def call_method(receiver: Value, name: str, *args: Value, ctx: BaseContext | None = None, **kwargs: Value) -> Value:
    """What `receiver.name(...)` gives, for an array or a layer that `apply` made."""
    ctx = ctx or BaseContext()
    if isinstance(receiver, Tensor):
        found = find_method(CLASSES[receiver.library], name)
    else:
        found = ModuleRule(type(receiver).rule_names[0], type(receiver)).method(name)
    if found is None:
        raise LookupError(f"no rule for the method {name}")
    return found(ctx, receiver, *args, **kwargs)


def read_attribute(receiver: Tensor, name: str) -> Value:
    """What `receiver.name` is."""
    found = find_attribute(CLASSES[receiver.library], name)
    if found is None:
        raise LookupError(f"no rule for the attribute {name}")
    return found(BaseContext(), receiver)
