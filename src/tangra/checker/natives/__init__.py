"""What the checker itself provides in place of Python's: builtins, the standard library's shapeless helpers, methods
of containers and strings, and torch's bookkeeping of modules. Nothing here calls into the checked program's libraries.
"""

from tangra.checker.natives import (
    builtin,
    counters,
    environment,
    functional,
    inspection,
    jax_training,
    loaders,
    numeric,
    parametrizations,
    patterns,
    pytrees,
    randomness,
    reflection,
    standard,
    torch_modules,
)
from tangra.checker.natives.containers import container_method
from tangra.checker.natives.table import BUILTINS, LIBRARY

__all__ = [
    "BUILTINS",
    "LIBRARY",
    "builtin",
    "container_method",
    "counters",
    "environment",
    "functional",
    "inspection",
    "jax_training",
    "loaders",
    "numeric",
    "parametrizations",
    "patterns",
    "pytrees",
    "randomness",
    "reflection",
    "standard",
    "torch_modules",
]
