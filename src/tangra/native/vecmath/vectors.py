"""The same functions of whole vectors, for loops over arrays.

LLVM's vectoriser replaces the call of a function by one of a vector variant that the declaration names. The variants
that it chose are inlined after that (`native.variants`). So a loop is vectorised while its math is but calls, whatever
branches that has: a variant asks once for all lanes whether one of them needs the rare way. Every lane gets what the
function of a single number gives, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tangra.native.vecmath import powers
from tangra.native.vecmath.builder import FORMATS, Bit, Float, Format, Writer
from tangra.native.vecmath.operations import OPERATIONS
from tangra.native.vecmath.slow_paths import GUARDS, PURE, declaration, slow_name
from tangra.native.vecmath.tabulated import AVX512, FORMULAS

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


ORDINARY: dict[str, Callable[..., tuple[Bit, Float]]] = {"pow": powers.ordinary}
"""Operations with many special cases: where there are none, and the result there. Vectors with others take the whole
formula, in a function that all modules share, unless that is inlined."""


def careful_name(op: str, name: str, lanes: int) -> str:
    return f"tg_{op}_careful{lanes}_{name}"


def careful_names(op: str, form: Format) -> tuple[str, ...]:
    """The functions of vectors that the variants of `op` call."""
    return tuple(careful_name(op, form.name, n) for n in lanes_of(form)) if op in ORDINARY else ()


def careful_text(op: str, name: str, lanes: int, tables: int) -> str:
    """A module with the whole formula for so many numbers, exported; `tables`: see `Writer`."""
    w, given, lines = _formula(op, name, lanes, tables)
    head = f"define {w.type} @{careful_name(op, name, lanes)}({given}) {PURE} {{"
    return "\n".join([*w.declares, head, "entry:", *lines, "}"]) + "\n"


def _writer(name: str, lanes: int, tables: int) -> Writer:
    """For so many numbers of the format."""
    form = FORMATS[name]
    return Writer(form, lanes=lanes, avx512=tables == AVX512 and lanes * form.bits == 512, tables=tables)


def _formula(op: str, name: str, lanes: int, tables: int) -> tuple[Writer, str, list[str]]:
    """What wrote it, the parameters and the lines of the function."""
    w = _writer(name, lanes, tables)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: OPERATIONS[op].arity]]
    formula = FORMULAS[tables].get((op, name), OPERATIONS[op].formula)
    result = formula(*arguments)
    given = ", ".join(f"{w.type} {a.name}" for a in arguments)
    return w, given, [*w.lines, f"  ret {w.type} {result.name}"]


@cache
def vector_text(op: str, name: str, lanes: int, tables: int = 0, alone: bool = True) -> str:
    """A module with the variant of `op` for so many numbers of the format, to be inlined; `tables`: see `Writer`;
    `alone`: no other variant is called beside it, whose values would have to be saved from a call for rare arguments.
    """
    if op in ORDINARY and alone:
        w, given, lines = _mostly_ordinary(op, name, lanes, tables)
    elif op in GUARDS:
        w, given, lines = _guarded(op, name, lanes, tables)
    else:
        w, given, lines = _formula(op, name, lanes, tables)
    head = f"define linkonce_odr {w.type} @{vector_name(op, name, lanes)}({given}) alwaysinline {PURE} {{"
    return "\n".join([*w.declares, head, "entry:", *lines, "}", RARELY]) + "\n"


def _any(w: Writer, bits: Bit) -> list[str]:
    """Whether one of the bits is set, as %any."""
    name = f"@llvm.vector.reduce.or.v{w.lanes}i1"
    w.declares[f"declare i1 {name}({w.bit})"] = None
    return [f"  %any = call i1 {name}({w.bit} {bits.name})"]


def _mostly_ordinary(op: str, name: str, lanes: int, tables: int) -> tuple[Writer, str, list[str]]:
    """As `_formula`: the ordinary case, and a call where a lane is not."""
    w = _writer(name, lanes, tables)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: OPERATIONS[op].arity]]
    known, result = ORDINARY[op](*arguments)
    given, rare = ", ".join(f"{w.type} {a.name}" for a in arguments), ~known
    callee = f"@{careful_name(op, name, lanes)}"
    w.declares[f"declare {w.type} {callee}({', '.join([w.type] * len(arguments))}) cold {PURE}"] = None
    return (
        w,
        given,
        [
            *w.lines,
            *_any(w, rare),
            "  br i1 %any, label %rare, label %done, !prof !0",
            "rare:",
            f"  %all = call {w.type} {callee}({given})",
            "  br label %done",
            "done:",
            f"  %result = phi {w.type} [ {result.name}, %entry ], [ %all, %rare ]",
            f"  ret {w.type} %result",
        ],
    )


def _guarded(op: str, name: str, lanes: int, tables: int) -> tuple[Writer, str, list[str]]:
    """As `_formula`, with a test whether any lane goes the slow way, and a loop over the lanes for those that do."""
    w, given, (*lines, _) = _formula(op, name, lanes, tables)
    form, type, result = w.form, w.type, lines[-1].split(" = ")[0].strip()
    before = len(w.lines)
    slow = GUARDS[op](Float(w, "%x"))
    w.declares[declaration(op, form)] = None
    return (
        w,
        given,
        [
            *lines,
            *w.lines[before:],
            *_any(w, slow),
            "  br i1 %any, label %look, label %done, !prof !0",
            "look:",
            "  %lane = phi i64 [ 0, %entry ], [ %following, %next ]",
            f"  %so.far = phi {type} [ {result}, %entry ], [ %now, %next ]",
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
            f"  %result = phi {type} [ {result}, %entry ], [ %now, %next ]",
            f"  ret {type} %result",
        ],
    )
