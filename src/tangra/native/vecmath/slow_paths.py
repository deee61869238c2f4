"""The branches that almost no lane takes: for which arguments, and the functions they call.

LLVM's loop vectoriser refuses a loop with calls of functions that it knows no vector variant of. So each function here
names one: for 4096 lanes, which no target has. The loop is then vectorised, and the calls, which stand under a branch,
remain scalar under a branch for each lane: a test per lane is all they cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tangra.native.vecmath import circular_huge, gamma_functions
from tangra.native.vecmath.builder import DOUBLE, Bit, Float, Format, Writer
from tangra.native.vecmath.circular import FAST_LIMIT, OF_ANGLE

PURE = "memory(none) nounwind willreturn"
LIBM = {"lgamma": ("lgamma", "lgammaf")}
"""Slow functions of the C library, for f64 and f32."""


def _is_huge(x: Float) -> Bit:
    return x.abs() > FAST_LIMIT[x.writer.form.name]


GUARDS: dict[str, Callable[[Float], Bit]] = {
    **dict.fromkeys(OF_ANGLE, _is_huge),
    "lgamma": lambda x: x < 0.0,
    "digamma": lambda x: x <= 0.0,
}
"""By operation: which arguments go the slow way."""


def slow_name(op: str, form: Format) -> str:
    return f"@tg_{op}_slow_{form.name}"


def externals(op: str, form: Format) -> frozenset[str]:
    """The C functions that the slow way calls."""
    return frozenset({LIBM[op][form is not DOUBLE]}) if op in LIBM else frozenset()


def slow_pieces(op: str, form: Format, pieces_of: Callable[[str, str], dict[str, str]]) -> dict[str, str]:
    """The slow function, after all it needs; `pieces_of` gives another operation's."""
    if op in LIBM:
        callee = f"@{LIBM[op][form is not DOUBLE]}"
        declare = f"declare {form.type} {callee}({form.type}) {PURE}"
        # At minus infinity SciPy's gammaln is minus infinity, the C library's lgamma is not.
        lines = [
            f"  %value = call {form.type} {callee}({form.type} %x)",
            f"  %low = fcmp oeq {form.type} %x, {form.literal(-math.inf)}",
            f"  %r = select i1 %low, {form.type} %x, {form.type} %value",
        ]
        return {declare: declare, slow_name(op, form): _function(op, form, lines)}
    if form is not DOUBLE:
        lines = [
            "  %wide = fpext float %x to double",
            f"  %value = call double @tg_{op}_{DOUBLE.name}(double %wide)",
            "  %r = fptrunc double %value to float",
        ]
        return {**pieces_of(op, DOUBLE.name), slow_name(op, form): _function(op, form, lines)}
    w = Writer(DOUBLE)
    if op not in OF_ANGLE:
        result = gamma_functions.digamma_reflected(Float(w, "%x"))
        lines = [*w.lines, f"  %r = fadd double {result.name}, 0x8000000000000000"]
        return {**{line: line for line in w.declares}, slow_name(op, form): _function(op, form, lines)}
    result = OF_ANGLE[op](circular_huge.reduce_huge(Float(w, "%x")))
    fabs = "declare double @llvm.fabs.f64(double)"
    lines = [
        "  %size = call double @llvm.fabs.f64(double %x)",
        "  %regular = fcmp olt double %size, 0x7FF0000000000000",
        "  br i1 %regular, label %reduce, label %none",
        "none:",
        "  ret double 0x7FF8000000000000",
        "reduce:",
        *w.lines,
        f"  %r = fadd double {result.name}, 0x8000000000000000",
    ]
    found = {**{line: line for line in (*w.declares, fabs)}, circular_huge.TABLE: circular_huge.table()}
    return {**found, slow_name(op, form): _function(op, form, lines)}


def _function(op: str, form: Format, lines: list[str]) -> str:
    """A function of %x with these lines, which leave the result in %r. Compiled without optimisation: it is rare."""
    name, attributes = slow_name(op, form), _attributes(op, form)
    head = f"define internal {form.type} {name}({form.type} %x) noinline optnone {attributes} {{"
    return "\n".join([head, *lines, f"  ret {form.type} %r", "}"])


def _attributes(op: str, form: Format) -> str:
    name = slow_name(op, form)[1:]
    return f'cold {PURE} "vector-function-abi-variant"="_ZGV_LLVM_M4096v_{name}({name})"'


def declaration(op: str, form: Format) -> str:
    """The slow function in a module that does not hold it."""
    return f"declare {form.type} {slow_name(op, form)}({form.type}) {_attributes(op, form)}"


def guarded(op: str, form: Format, w: Writer, result: Float) -> list[str]:
    """The instructions of a function with a slow way, after those of the fast one."""
    slow = GUARDS[op](Float(w, "%x"))
    return [
        *w.lines,
        f"  br i1 {slow.name}, label %slow, label %done",
        "slow:",
        f"  %other = call {form.type} {slow_name(op, form)}({form.type} %x)",
        "  br label %done",
        "done:",
        f"  %result = phi {form.type} [ {result.name}, %entry ], [ %other, %slow ]",
        f"  ret {form.type} %result",
    ]
