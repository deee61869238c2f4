"""Native code: IR functions become LLVM text by pull-based emission, LLVM compiles it, and a callable runs it.

`compile_func` is the way in. `emitter` walks a function and keeps for each array value how it is represented
(`values`: a window of a buffer, or a deferred expression of its indices); `plan` knows what is live; the files
`emit_*` hold one family of operations each; `engine` runs LLVM; `function` is what Python calls; `wrapper` and
`dispatch` are the short way there, `raw` the one for C. To link and call what was compiled by another process takes
`function` and what it imports, none of the rest.
"""

from typing import TYPE_CHECKING

from tangra.lazy import names_from

if TYPE_CHECKING:
    from tangra.native.compiling import compile_func
    from tangra.native.dispatch import MISS, Entry, Table, install, table
    from tangra.native.failures import NativeFailure
    from tangra.native.function import NativeFunction
    from tangra.native.options import NativeOptions
    from tangra.native.raw import Raw, compile_raw
    from tangra.native.wrapper import Wrapper
    from tangra.native.wrapper_arguments import NoShortWay

__all__ = [
    "MISS",
    "Entry",
    "NativeFailure",
    "NativeFunction",
    "NativeOptions",
    "NoShortWay",
    "Raw",
    "Table",
    "Wrapper",
    "compile_func",
    "compile_raw",
    "install",
    "table",
]
__getattr__ = names_from(
    __name__,
    {
        "compiling": "compile_func",
        "dispatch": "MISS Entry Table install table",
        "failures": "NativeFailure",
        "function": "NativeFunction",
        "options": "NativeOptions",
        "raw": "Raw compile_raw",
        "wrapper": "Wrapper",
        "wrapper_arguments": "NoShortWay",
    },
)
