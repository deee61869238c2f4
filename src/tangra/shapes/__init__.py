"""Symbolic dimensions: the algebra of array sizes, what is known about them, and NumPy's shape rules over them.

A dimension is a `Size`: a plain int where it is known, else a `Dim`, an integer expression over named symbols kept in
normal form (`dims`). `Facts` hold what is known about the symbols and decide equalities and inequalities (`facts`);
`rules` computes result shapes of NumPy operations, or raises a `ShapeError` that says which axis and why; and
`jaxtyping_strings` reads and writes jaxtyping's shape notation. Nothing here imports NumPy or the rest of Tangra.
"""

from tangra.shapes.atoms import Atom, FloorDiv, Max, Min, Mod, Size, SizeTooComplex, Symbol
from tangra.shapes.dims import Dim, as_size, ceil_div, prod, symbol
from tangra.shapes.extrema import dmax, dmin
from tangra.shapes.parsing import SizeSyntaxError, parse_size
from tangra.shapes.queries import UnboundSymbolError, evaluate, fold, substitute, symbols_of, terms

__all__ = [
    "Atom",
    "Dim",
    "FloorDiv",
    "Max",
    "Min",
    "Mod",
    "Size",
    "SizeSyntaxError",
    "SizeTooComplex",
    "Symbol",
    "UnboundSymbolError",
    "as_size",
    "ceil_div",
    "dmax",
    "dmin",
    "evaluate",
    "fold",
    "parse_size",
    "prod",
    "substitute",
    "symbol",
    "symbols_of",
    "terms",
]
