"""Which formulas look numbers up in tables where the CPU has AVX-512, and the functions of single numbers that do too.

There sixteen of 32 floats, or eight of 16 doubles, are taken from two registers in one instruction; elsewhere tables
are slower than more terms.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tangra.native.vecmath import powers
from tangra.native.vecmath.builder import DOUBLE, FORMATS, SINGLE, Float, Writer
from tangra.native.vecmath.cbrt_table import cbrt_by_table
from tangra.native.vecmath.piecewise import PIECEWISE, piecewise

FORMULAS: dict[tuple[str, str], Callable[..., Float]] = {
    **{(op, SINGLE.name): partial(piecewise, op) for op in PIECEWISE},
    ("cbrt", SINGLE.name): cbrt_by_table,
    ("pow", SINGLE.name): powers.pow,
    ("pow", DOUBLE.name): powers.pow,
}
"""By operation and format: what takes the place of the operation's formula."""
ARITY = {"pow": 2}


def definition(op: str, name: str) -> str:
    """The function of single numbers, `@tg_<op>_<format>`, with its tables."""
    w, type = Writer(FORMATS[name], tables=True), FORMATS[name].type
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: ARITY.get(op, 1)]]
    result = FORMULAS[op, name](*arguments)
    given = ", ".join(f"{type} {a.name}" for a in arguments)
    head = f"define internal {type} @tg_{op}_{name}({given}) memory(none) nounwind willreturn {{"
    return "\n".join([*w.declares, head, *w.lines, f"  ret {type} {result.name}", "}"]) + "\n"
