"""Rules for flax.linen: layers whose widths come from their input, called with the dtype and shape of a JAX array.

A flax module is constructed with its fields and called; its parameters are made at the first call. `layers` declares
the classes; a field that shapes don't depend on is accepted and ignored.
"""

from tangra.shape_rules.flax import layers

__all__ = ["layers"]
