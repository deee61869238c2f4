"""Rules for flax: `flax.linen`, whose layers take their widths from their input, and `flax.nnx`, whose layers are built
for a width. Both are called with the dtype and shape of a JAX array.

A module of linen's is constructed with its fields and called; its parameters are made at the first call. `layers` and
`nnx_layers` declare the classes; a field that shapes don't depend on is accepted and ignored.
"""

from tangra.shape_rules.flax import functions, layers, masks, nnx_general, nnx_layers, recurrent

__all__ = ["functions", "layers", "masks", "nnx_general", "nnx_layers", "recurrent"]
