"""Tangra: ordinary typed Python over NumPy, shape-checked, differentiated and compiled to native code.

`import tangra as tg` gives the transformations (`tg.jit`, `tg.grad`, `tg.vmap` …) and the errors. Everything below this
package's top level is internal. The compiler is imported when one of its names is first used, so that tools which need
only a part of the package load neither NumPy nor LLVM.
"""

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from tangra.core import (
        ShapeDtype,
        checkpoint,
        custom_jvp,
        custom_vjp,
        get_threads,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jit,
        jvp,
        linearize,
        precompile,
        set_threads,
        sparse_jacobian,
        stop_gradient,
        value_and_grad,
        vjp,
        vmap,
    )

    __version__: str

__all__ = [
    "AliasError",
    "DataDependentShapeError",
    "EntryError",
    "InternalError",
    "NotDifferentiableError",
    "ShapeDtype",
    "ShapeMismatchError",
    "TangraError",
    "TypeMismatchError",
    "UnsupportedError",
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "get_threads",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linearize",
    "precompile",
    "set_threads",
    "sparse_jacobian",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]


def __getattr__(name: str) -> Any:
    """Load the compiler with all its public names, or the version."""
    if name == "__version__":
        globals()[name] = _version()
    elif name in __all__:
        from tangra import core

        globals().update({each: getattr(core, each) for each in __all__ if hasattr(core, each)})
    else:
        raise AttributeError(f"module 'tangra' has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tangra")
    except PackageNotFoundError:
        return "0+unknown"
