"""The public transformations: `jit`, `grad` and the rest, over frontend, transforms and native code.

`functions.py` has the public names. `jitted.py` keeps the compiled forms of a function (`specialisation.py`) by the
`keys.py` of its calls; `compiling.py` makes them, `remembering.py` finds those of other processes. `meanings.py` says
what a transformed function means inside compiled code, where a call of it is an `Application` (`application.py`);
`derivatives.py`, `jacobians.py`, `sparsity.py`, `batching.py`, `checkpointing.py` and `custom.py` do it: they trace the
function into IR of its own (`subtrace.py`), transform that, and put results together in the structure of the arguments
(`trees.py`); what a checkpointed function writes to its arguments is written back by `effects.py`.
`checkpoint_options.py` reads the options of `tg.checkpoint`, `overlapping.py` finds arguments that share memory,
`placing.py` gives errors about a whole call their place, `primals.py` copies what pullbacks keep; `threads.py` says how
many threads there are.
"""

from tangra.core.functions import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from tangra.core.jitted import JitFunction, jit
from tangra.core.precompiling import ShapeDtype, precompile
from tangra.core.sparse import sparse_jacobian
from tangra.core.threads import get_threads, set_threads

__all__ = [
    "JitFunction",
    "ShapeDtype",
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
