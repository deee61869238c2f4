"""IR → IR: forward mode, reverse mode, batching, simplification.

Every transformation takes a `Func` and returns a new one; what it is given stays as it was. `jvp` and `vjp` work
region by region on structured control flow and mutable state (see "Derivatives of programs with state" in
docs/architecture.md); `vmap` runs lanes, `several` computes a few tangents at once, `dependences` what depends on what;
`simplify` is the pipeline of small clean-up passes. Derivatives are IR again, so they nest in any order.
"""

from tangra.transforms.batching import vmap
from tangra.transforms.dependences import dependences
from tangra.transforms.errors import TransformError
from tangra.transforms.forward import jvp
from tangra.transforms.inlining import inline_calls
from tangra.transforms.lanes import several
from tangra.transforms.pipeline import simplify
from tangra.transforms.reverse import vjp

__all__ = ["TransformError", "dependences", "inline_calls", "jvp", "several", "simplify", "vjp", "vmap"]
