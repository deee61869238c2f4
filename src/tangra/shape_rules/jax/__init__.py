"""Rules for JAX: `jax.nn`, `jax.lax`, `jax.random`, the arrays' `.at`, and marks for functions of functions.

`jax.numpy` has its names in common with NumPy, whose package declares both. What takes a function (`vmap`, `scan`, …)
is for the evaluator, which knows how to call it: here these names only get a kind (`registry.HigherOrder`).
"""

from tangra.shape_rules import numpy
from tangra.shape_rules.jax import convolutions, lax, lax_more, nn, random, scipy, transforms

__all__ = ["convolutions", "lax", "lax_more", "nn", "numpy", "random", "scipy", "transforms"]
