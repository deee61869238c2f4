"""Tangra's own transformations, which do to shapes what JAX's of the same names do; arrays are NumPy's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.registry import higher_order, rule
from tangra.shape_rules.values import Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

higher_order("identity", "tangra.jit", "tangra.checkpoint", "tangra.custom_jvp", "tangra.custom_vjp")
higher_order("grad", "tangra.grad")
higher_order("value_and_grad", "tangra.value_and_grad")
higher_order("vmap", "tangra.vmap")
higher_order("jacobian", "tangra.jacobian", "tangra.jacfwd", "tangra.jacrev")
higher_order("hessian", "tangra.hessian")
higher_order("jvp", "tangra.jvp")
higher_order("vjp", "tangra.vjp")


@rule("tangra.stop_gradient")
def stop_gradient(ctx: RuleContext, x: Value) -> Value:
    """The value as it is."""
    return x
