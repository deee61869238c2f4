"""Tangra: ordinary typed Python over NumPy, shape-checked, differentiated and compiled to native code.

`import tangra as tg` gives the transformations (`tg.jit`, `tg.grad`, `tg.vmap` …) and the errors. Everything below this
package's top level is internal.
"""

from importlib.metadata import PackageNotFoundError, version

from tangra.core import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from tangra.errors import (
    AliasError,
    DataDependentShapeError,
    EntryError,
    InternalError,
    NotDifferentiableError,
    ShapeMismatchError,
    TangraError,
    TypeMismatchError,
    UnsupportedError,
)

try:
    __version__ = version("tangra")
except PackageNotFoundError:
    __version__ = "0+unknown"

__all__ = [
    "AliasError",
    "DataDependentShapeError",
    "EntryError",
    "InternalError",
    "NotDifferentiableError",
    "ShapeMismatchError",
    "TangraError",
    "TypeMismatchError",
    "UnsupportedError",
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
