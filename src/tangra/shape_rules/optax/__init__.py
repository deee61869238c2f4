"""Rules for optax's losses. Its optimisers, which take trees apart and put them together again, are programs for the
evaluator."""

from tangra.shape_rules.optax import losses

__all__ = ["losses"]
