"""Which formulas look numbers up in tables, by what the CPU takes from registers at once, and the functions of single
numbers that do too.

With AVX-512 sixteen of 32 floats, or eight of 16 doubles, are taken from two registers in one instruction; with AVX2
eight of 8 floats from one. Elsewhere tables are slower than more terms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tangra.native.vecmath import powers
from tangra.native.vecmath.builder import DOUBLE, FORMATS, SINGLE, Float, Writer
from tangra.native.vecmath.cbrt_table import cbrt_by_table
from tangra.native.vecmath.eight_pieces import IN_EIGHT, in_eight_pieces
from tangra.native.vecmath.instructions import FLOATS_AT_ONCE, LOOKUPS
from tangra.native.vecmath.piecewise import PIECEWISE, piecewise

AVX512, AVX2, NONE = LOOKUPS[SINGLE.name].numbers, FLOATS_AT_ONCE, 0
FORMULAS: dict[int, dict[tuple[str, str], Callable[..., Float]]] = {
    AVX512: {
        **{(op, SINGLE.name): partial(piecewise, op) for op in PIECEWISE},
        ("cbrt", SINGLE.name): cbrt_by_table,
        ("pow", SINGLE.name): powers.pow,
        ("pow", DOUBLE.name): powers.pow,
    },
    AVX2: {(op, SINGLE.name): partial(in_eight_pieces, op) for op in IN_EIGHT},
    NONE: {},
}
"""By the size of tables of floats, then by operation and format: what takes the place of the operation's formula."""
ARITY = {"pow": 2}


def table_size(features: str) -> int:
    """How many floats the tables have from which a CPU with these features, as LLVM lists them, takes several at once;
    0: it doesn't."""
    known = features.split(",")
    return AVX512 if "+avx512f" in known else AVX2 if "+avx2" in known else NONE


def definition(op: str, name: str, tables: int) -> str:
    """The function of single numbers, `@tg_<op>_<format>`, with tables of that size."""
    w, type = Writer(FORMATS[name], tables=tables), FORMATS[name].type
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: ARITY.get(op, 1)]]
    result = FORMULAS[tables][op, name](*arguments)
    given = ", ".join(f"{type} {a.name}" for a in arguments)
    head = f"define internal {type} @tg_{op}_{name}({given}) memory(none) nounwind willreturn {{"
    return "\n".join([*w.declares, head, *w.lines, f"  ret {type} {result.name}", "}"]) + "\n"
