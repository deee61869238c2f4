"""equinox's transformations, which are JAX's for arguments that are not all arrays, and what leaves shapes alone."""

from tangra.shape_rules.registry import higher_order

higher_order("identity", "equinox.filter_jit", "equinox.filter_checkpoint", "equinox.filter_custom_vjp")
higher_order("grad", "equinox.filter_grad")
higher_order("value_and_grad", "equinox.filter_value_and_grad")
higher_order("vmap", "equinox.filter_vmap", "equinox.filter_pmap")
