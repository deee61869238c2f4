"""The same functions of whole vectors, for loops over arrays.

LLVM's vectoriser replaces the call of a function by one of a vector variant that the declaration names. The variants
that it chose are inlined after that (`native.variants`). So a loop is vectorised while its math is but calls, whatever
branches that has: a variant asks once for all lanes whether one of them needs the rare way. Every lane gets what the
function of a single number gives, to the last bit.
"""

from __future__ import annotations

from functools import cache

from tangra.native.vecmath.builder import FORMATS, Float, Format, Writer
from tangra.native.vecmath.operations import OPERATIONS
from tangra.native.vecmath.slow_paths import GUARDS, PURE, declaration, slow_name

RARELY = '!0 = !{!"branch_weights", i32 1, i32 1000000}'
WIDTHS = (256, 512)
"""Bits of the vectors that there are variants for."""


def lanes_of(form: Format) -> tuple[int, ...]:
    """How many numbers the variants take."""
    return tuple(width // form.bits for width in WIDTHS)


def vector_name(op: str, name: str, lanes: int) -> str:
    return f"tg_{op}_v{lanes}_{name}"


def mappings(op: str, form: Format, scalar: str) -> str:
    """The attribute of `scalar`, a function of single numbers, that names its variants."""
    letters = "v" * OPERATIONS[op].arity
    each = (f"_ZGV_LLVM_N{n}{letters}_{scalar}({vector_name(op, form.name, n)})" for n in lanes_of(form))
    return f'"vector-function-abi-variant"="{",".join(each)}"'


def declarations(op: str, form: Format) -> dict[str, str]:
    """The variants by name, as declared in a module that calls them."""
    found = {}
    for lanes in lanes_of(form):
        type, name = Writer(form, lanes=lanes).type, vector_name(op, form.name, lanes)
        given = ", ".join([type] * OPERATIONS[op].arity)
        found[name] = f"declare {type} @{name}({given}) {PURE}"
    return found


@cache
def vector_text(op: str, name: str, lanes: int, avx512: bool = False) -> str:
    """A module with the variant of `op` for so many numbers of the format, to be inlined; `avx512`: the CPU has it."""
    form, operation = FORMATS[name], OPERATIONS[op]
    w = Writer(form, lanes=lanes, avx512=avx512 and lanes * form.bits == 512)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: operation.arity]]
    result = operation.formula(*arguments)
    lines, declares = [*w.lines, f"  ret {w.type} {result.name}"], [*w.declares]
    if op in GUARDS:
        lines = _guarded(op, w, result)
        declares = [*w.declares, declaration(op, form), f"declare i1 @llvm.vector.reduce.or.v{lanes}i1({w.bit})"]
    parameters = ", ".join(f"{w.type} {a.name}" for a in arguments)
    head = f"define linkonce_odr {w.type} @{vector_name(op, name, lanes)}({parameters}) alwaysinline {PURE} {{"
    return "\n".join([*dict.fromkeys(declares), head, "entry:", *lines, "}", RARELY]) + "\n"


def _guarded(op: str, w: Writer, result: Float) -> list[str]:
    """The instructions with a test whether any lane goes the slow way, and a loop over the lanes for those that do."""
    slow, form, type, lanes = GUARDS[op](Float(w, "%x")), w.form, w.type, w.lanes
    return [
        *w.lines,
        f"  %any = call i1 @llvm.vector.reduce.or.v{lanes}i1({w.bit} {slow.name})",
        "  br i1 %any, label %look, label %done, !prof !0",
        "look:",
        "  %lane = phi i64 [ 0, %entry ], [ %following, %next ]",
        f"  %so.far = phi {type} [ {result.name}, %entry ], [ %now, %next ]",
        f"  %taken = extractelement {w.bit} {slow.name}, i64 %lane",
        "  br i1 %taken, label %slow, label %next",
        "slow:",
        f"  %one = extractelement {type} %x, i64 %lane",
        f"  %other = call {form.type} {slow_name(op, form)}({form.type} %one)",
        f"  %put = insertelement {type} %so.far, {form.type} %other, i64 %lane",
        "  br label %next",
        "next:",
        f"  %now = phi {type} [ %so.far, %look ], [ %put, %slow ]",
        "  %following = add i64 %lane, 1",
        f"  %more = icmp ult i64 %following, {lanes}",
        "  br i1 %more, label %look, label %done",
        "done:",
        f"  %result = phi {type} [ {result.name}, %entry ], [ %now, %next ]",
        f"  ret {type} %result",
    ]
