"""What names mean: `numpy.*`, `math.*`, `scipy.special.*`, array methods and `tangra.*`, in terms of ops and shape
rules.

Each entry is a function from abstract values (`values.py`) to abstract values. It reads and emits through a
`Context` (`context.py`), which the frontend implements. `registry.py` maps Python objects to entries.
"""

from tangra.api import (
    builtins,
    mathlib,
    numpy_creation,
    numpy_cumulative,
    numpy_einsum,
    numpy_grids,
    numpy_index_objects,
    numpy_joining,
    numpy_linalg,
    numpy_methods,
    numpy_nan,
    numpy_products,
    numpy_reductions,
    numpy_repeating,
    numpy_rounding,
    numpy_selecting,
    numpy_shaping,
    numpy_signal,
    numpy_sorting,
    numpy_statistics,
    numpy_taking,
    numpy_ufunc_methods,
    numpy_ufuncs,
    scipy_special,
)

__all__ = [
    "builtins",
    "mathlib",
    "numpy_creation",
    "numpy_cumulative",
    "numpy_einsum",
    "numpy_grids",
    "numpy_index_objects",
    "numpy_joining",
    "numpy_linalg",
    "numpy_methods",
    "numpy_nan",
    "numpy_products",
    "numpy_reductions",
    "numpy_repeating",
    "numpy_rounding",
    "numpy_selecting",
    "numpy_shaping",
    "numpy_signal",
    "numpy_sorting",
    "numpy_statistics",
    "numpy_taking",
    "numpy_ufunc_methods",
    "numpy_ufuncs",
    "scipy_special",
]
