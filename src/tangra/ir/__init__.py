"""The intermediate representation: typed SSA values, operations with structured regions, value semantics.

A `Func` has one `Block`; an operation (`Op`) points to its definition (`OpDef`, declared in `tangra.ops`), its
operands, attributes and nested blocks. Arrays are values: an in-place write of the source program is an op that
returns a new array, and the native backend makes it in place again. Rank-0 arrays are the scalars. This folder
holds the data structure, the builder, the printer and parser, the verifier, the NumPy reference interpreter, and what
symbolic sizes IR mentions (`mentions.py`).
"""

from typing import TYPE_CHECKING

from tangra.lazy import names_from

if TYPE_CHECKING:
    from tangra.ir.builder import Builder
    from tangra.ir.graph import Block, Func, Op, Span, Value
    from tangra.ir.opdef import OpDef, lookup, register
    from tangra.ir.types import (
        BOOL,
        DTYPES,
        F32,
        F64,
        I8,
        I16,
        I32,
        I64,
        U8,
        U16,
        U32,
        U64,
        ArrayType,
        DType,
        TapeType,
        Type,
        scalar,
    )

__all__ = [
    "BOOL",
    "DTYPES",
    "F32",
    "F64",
    "I8",
    "I16",
    "I32",
    "I64",
    "U8",
    "U16",
    "U32",
    "U64",
    "ArrayType",
    "Block",
    "Builder",
    "DType",
    "Func",
    "Op",
    "OpDef",
    "Span",
    "TapeType",
    "Type",
    "Value",
    "lookup",
    "register",
    "scalar",
]
__getattr__ = names_from(
    __name__,
    {
        "builder": "Builder",
        "graph": "Block Func Op Span Value",
        "opdef": "OpDef lookup register",
        "types": "BOOL DTYPES F32 F64 I8 I16 I32 I64 U8 U16 U32 U64 ArrayType DType TapeType Type scalar",
    },
)
