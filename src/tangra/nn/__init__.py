"""Neural networks, a library on the public API: what it gives is ordinary Python over NumPy arrays, runs as such, and
compiles. `functional` has the functions that layers are made of, with the names and meanings of PyTorch's.
"""

from tangra.nn import functional

__all__ = ["functional"]
