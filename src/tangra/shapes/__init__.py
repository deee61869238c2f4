"""Symbolic dimensions: the algebra of array sizes, what is known about them, and NumPy's shape rules over them.

A dimension is a `Size`: a plain int where it is known, else a `Dim`, an integer expression over named symbols kept in
normal form (`dims`). `Facts` hold what is known about the symbols and decide equalities and inequalities (`facts`);
`rules` computes result shapes of NumPy operations, or raises a `ShapeError` that says which axis and why; and
`jaxtyping_strings` reads and writes jaxtyping's shape notation. Nothing here imports NumPy or the rest of Tangra.
"""

from typing import TYPE_CHECKING

from tangra.lazy import names_from

if TYPE_CHECKING:
    from tangra.shapes.atoms import Atom, FloorDiv, Max, Min, Mod, SizeTooComplex, Symbol
    from tangra.shapes.broadcasting import Broadcast, broadcast, broadcast_shapes, broadcast_to_shape, matmul_shape
    from tangra.shapes.dims import Dim, Size, as_size, ceil_div, prod, symbol
    from tangra.shapes.einsum import EinsumDims, einsum_dims
    from tangra.shapes.errors import (
        AnnotationError,
        AxisError,
        BroadcastError,
        ConcatError,
        ConvError,
        EinsumError,
        MatmulError,
        ReshapeError,
        Shape,
        ShapeError,
        SliceError,
        SqueezeError,
        Undecided,
        UndecidedError,
        shape_text,
    )
    from tangra.shapes.extrema import dmax, dmin
    from tangra.shapes.facts import EMPTY, Facts, bounds
    from tangra.shapes.jaxtyping_strings import (
        AnonymousDim,
        DimSpec,
        DimStringError,
        EllipsisDim,
        ExpressionDim,
        FixedDim,
        NamedDim,
        VariadicDim,
        parse_dims,
        render_dims,
    )
    from tangra.shapes.matching import NO_BINDINGS, Bindings, declare, match
    from tangra.shapes.parsing import SizeSyntaxError, parse_size
    from tangra.shapes.prover import known_eq, known_le, known_lt, simplify
    from tangra.shapes.queries import UnboundSymbolError, evaluate, fold, substitute, symbols_of, terms
    from tangra.shapes.rules import (
        concat_shape,
        conv_size,
        expand_dims_shape,
        normalize_axes,
        normalize_axis,
        reduce_shape,
        reshape_shape,
        squeeze_shape,
        stack_shape,
        transpose_shape,
    )
    from tangra.shapes.slicing import slice_length

__all__ = [
    "EMPTY",
    "NO_BINDINGS",
    "AnnotationError",
    "AnonymousDim",
    "Atom",
    "AxisError",
    "Bindings",
    "Broadcast",
    "BroadcastError",
    "ConcatError",
    "ConvError",
    "Dim",
    "DimSpec",
    "DimStringError",
    "EinsumDims",
    "EinsumError",
    "EllipsisDim",
    "ExpressionDim",
    "Facts",
    "FixedDim",
    "FloorDiv",
    "MatmulError",
    "Max",
    "Min",
    "Mod",
    "NamedDim",
    "ReshapeError",
    "Shape",
    "ShapeError",
    "Size",
    "SizeSyntaxError",
    "SizeTooComplex",
    "SliceError",
    "SqueezeError",
    "Symbol",
    "UnboundSymbolError",
    "Undecided",
    "UndecidedError",
    "VariadicDim",
    "as_size",
    "bounds",
    "broadcast",
    "broadcast_shapes",
    "broadcast_to_shape",
    "ceil_div",
    "concat_shape",
    "conv_size",
    "declare",
    "dmax",
    "dmin",
    "einsum_dims",
    "evaluate",
    "expand_dims_shape",
    "fold",
    "known_eq",
    "known_le",
    "known_lt",
    "match",
    "matmul_shape",
    "normalize_axes",
    "normalize_axis",
    "parse_dims",
    "parse_size",
    "prod",
    "reduce_shape",
    "render_dims",
    "reshape_shape",
    "shape_text",
    "simplify",
    "slice_length",
    "squeeze_shape",
    "stack_shape",
    "substitute",
    "symbol",
    "symbols_of",
    "terms",
    "transpose_shape",
]
__getattr__ = names_from(
    __name__,
    {
        "atoms": "Atom FloorDiv Max Min Mod SizeTooComplex Symbol",
        "broadcasting": "Broadcast broadcast broadcast_shapes broadcast_to_shape matmul_shape",
        "dims": "Dim Size as_size ceil_div prod symbol",
        "einsum": "EinsumDims einsum_dims",
        "errors": "AnnotationError AxisError BroadcastError ConcatError ConvError EinsumError MatmulError "
        "ReshapeError Shape ShapeError SliceError SqueezeError Undecided UndecidedError shape_text",
        "extrema": "dmax dmin",
        "facts": "EMPTY Facts bounds",
        "jaxtyping_strings": "AnonymousDim DimSpec DimStringError EllipsisDim ExpressionDim "
        "FixedDim NamedDim VariadicDim parse_dims render_dims",
        "matching": "NO_BINDINGS Bindings declare match",
        "parsing": "SizeSyntaxError parse_size",
        "prover": "known_eq known_le known_lt simplify",
        "queries": "UnboundSymbolError evaluate fold substitute symbols_of terms",
        "rules": "concat_shape conv_size expand_dims_shape normalize_axes normalize_axis "
        "reduce_shape reshape_shape squeeze_shape stack_shape transpose_shape",
        "slicing": "slice_length",
    },
)
