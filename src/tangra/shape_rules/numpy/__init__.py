"""Rules for NumPy, and for the names that `jax.numpy` has in common with it.

A rule is declared once for both libraries (`common.functions`, `common.methods`); where dtypes or refusals differ it
asks which library it was called under. Random draws are compared with recorded answers of both.
"""

from tangra.shape_rules import marks
from tangra.shape_rules.numpy import (
    arrays,
    creation,
    elementwise,
    fourier,
    index_objects,
    joining,
    linalg,
    numbers,
    products,
    random,
    reductions,
    running,
    science,
    selecting,
    shaping,
    types,
)

__all__ = [
    "arrays",
    "creation",
    "elementwise",
    "fourier",
    "index_objects",
    "joining",
    "linalg",
    "marks",
    "numbers",
    "products",
    "random",
    "reductions",
    "running",
    "science",
    "selecting",
    "shaping",
    "types",
]
