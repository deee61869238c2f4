"""Rules for equinox: its layers, which take one example without a batch axis, and its transformations of functions."""

from tangra.shape_rules.equinox import layers, transforms

__all__ = ["layers", "transforms"]
