"""Rules for optax's losses; its optimisers are programs for the evaluator."""

from tangra.shape_rules.optax import losses

__all__ = ["losses"]
