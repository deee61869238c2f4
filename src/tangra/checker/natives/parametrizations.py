"""`torch.nn.utils.parametrize`: parameters that a module of the program computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import Instance, Value
from tangra.checker.natives.state_dicts import rename
from tangra.checker.natives.table import native
from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import ARGUMENT, Failure
from tangra.shape_rules.values import UNKNOWN, Tensor

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


@native("torch.nn.utils.parametrize.register_parametrization")
def register_parametrization(ev: Evaluator, call: Call) -> Value:
    """A parameter is what a module makes of it from here on, in the shape that it had."""
    from tangra.checker.attributes import get_attribute

    module, name = call.get(0, "module", UNKNOWN), call.get(1, "tensor_name", UNKNOWN)
    rename(ev, module)
    if not isinstance(module, Instance) or not isinstance(name, str) or call.node is None:
        return module
    before = get_attribute(ev, module, name, call.node)
    after = call_value(ev, call.get(2, "parametrization", UNKNOWN), [before], {}, call.node)
    if call.get(3, "unsafe", False) is False and _differ(ev, before, after):
        text = f"the parametrization of `{name}`, of shape {before}, makes shape {after} of it"
        ev.failed(Failure(ARGUMENT, text, "ValueError"), call.node, before)
    return module


def _differ(ev: Evaluator, a: Value, b: Value) -> bool:
    """Whether two arrays certainly have other shapes."""
    left, right = (one.dims if isinstance(one, Tensor) else None for one in (a, b))
    if left is None or right is None:
        return False
    return len(left) != len(right) or any(
        ev.ctx.truth(Equal(one, other)) is False for one, other in zip(left, right, strict=True)
    )
