"""The operations of the IR: one `OpDef` each, one file per family. Importing this package fills the table.

An operation's file says everything the house knows of it: type rule, NumPy reference, derivatives, how native code
is generated. Adding an operation touches one file here.
"""

from tangra.ops import (
    arithmetic,
    contraction,
    control,
    conversion,
    convolution,
    cumulative,
    indexing,
    linalg,
    logic,
    narrow,
    pooling,
    reduction,
    sorting,
    special,
    structural,
    transcendental,
)

__all__ = [
    "arithmetic",
    "contraction",
    "control",
    "conversion",
    "convolution",
    "cumulative",
    "indexing",
    "linalg",
    "logic",
    "narrow",
    "pooling",
    "reduction",
    "sorting",
    "special",
    "structural",
    "transcendental",
]
