"""Native code: IR functions become LLVM text by pull-based emission, LLVM compiles it, and a callable runs it.

`compile_func` is the way in. `emitter` walks a function and keeps for each array value how it is represented
(`values`: a window of a buffer, or a deferred expression of its indices); `plan` knows what is live; the files
`emit_*` hold one family of operations each; `engine` runs LLVM; `function` is what Python calls; `wrapper` and
`dispatch` are the short way there, `raw` the one for C.
"""

from tangra.native.dispatch import MISS, Entry, Table, install, table
from tangra.native.function import NativeFailure, NativeFunction, compile_func
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
