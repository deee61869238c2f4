"""The shape checker: finds shape errors in Python programs by evaluating them over abstract values.

`check` takes paths and gives findings. A project's files are parsed (`project`, `source`), never imported; the
`Evaluator` runs their code over constants, symbolic sizes, arrays of known shape and unknowns, on a heap whose writes
can be taken back and joined (`heap`, `joining`), with the shape rules of `tangra.shape_rules` for what libraries do.
What certainly fails is reported (`reports`); what nobody knows is silent. `entries` checks what nobody calls.
A `Session` is for those who ask again after every change.
"""

from tangra.checker.cancelling import Cancelled
from tangra.checker.checking import Outcome, check, with_options
from tangra.checker.config import Config, ConfigError
from tangra.checker.reports import Place, Report, render
from tangra.checker.session import Session
from tangra.checker.source import SourceCache

__all__ = [
    "Cancelled",
    "Config",
    "ConfigError",
    "Outcome",
    "Place",
    "Report",
    "Session",
    "SourceCache",
    "check",
    "render",
    "with_options",
]
