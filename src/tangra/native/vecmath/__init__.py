"""Elementary functions as LLVM text: table-free, branch-free, inlined, and vectorised with the loop that calls them.

`definition` gives the function `@tg_<op>_<f32|f64>` of scalars with all it needs; `pieces` the same by symbol, for a
module that keeps each once. Every function is right on the whole range: infinities, NaN, denormals, signed zeros,
overflow and underflow where the exact value has them. `ulp` is the bound of its error, measured by
`benchmarks/vecmath_accuracy.py`. The functions use fma for error terms: a target should have it in hardware.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tangra.ir import DType
from tangra.native.vecmath import circular_huge
from tangra.native.vecmath.builder import FORMATS, Float, Format, Writer
from tangra.native.vecmath.circular import FAST_LIMIT, OF_ANGLE
from tangra.native.vecmath.operations import OPERATIONS

__all__ = ["collect", "definition", "functions", "pieces", "symbol", "ulp"]

ATTRIBUTES = "alwaysinline memory(none) nounwind willreturn"


def functions(dtype: DType) -> frozenset[str]:
    """The names of the operations there are for the dtype (none but f32 and f64 have any)."""
    return frozenset(name for name, op in OPERATIONS.items() if dtype.name in op.ulp)


def symbol(op: str, dtype: DType) -> str:
    """The LLVM name of the function for `op`."""
    return f"@tg_{op}_{dtype.name}"


def ulp(op: str, dtype: DType) -> float:
    """The bound of the function's error in units in the last place (of the least denormal, where the result is one)."""
    return OPERATIONS[op].ulp[dtype.name]


def pieces(op: str, dtype: DType) -> dict[str, str]:
    """All top-level entities that `op` needs, itself last: LLVM text by symbol, or by itself for a declaration."""
    return dict(_pieces(op, dtype.name))


def definition(op: str, dtype: DType) -> str:
    """The function for `op` with all it needs, as LLVM text. Raises KeyError for an operation that there is not."""
    return "\n".join(_pieces(op, dtype.name).values()) + "\n"


def collect(names: Iterable[tuple[str, DType]]) -> str:
    """The functions for several operations, everything once."""
    found: dict[str, str] = {}
    for op, dtype in names:
        found |= _pieces(op, dtype.name)
    return "\n".join(found.values()) + "\n"


@cache
def _pieces(op: str, name: str) -> dict[str, str]:
    form, operation = FORMATS[name], OPERATIONS[op]
    w = Writer(form)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: operation.arity]]
    result = operation.formula(*arguments)
    found: dict[str, str] = {}
    if op in OF_ANGLE:
        found |= _slow(op, form)
        result_lines = _guarded(op, form, w, result)
    else:
        result_lines = [*w.lines, f"  ret {form.type} {result.name}"]
    declares = {line: line for line in w.declares}
    parameters = ", ".join(f"{form.type} {a.name}" for a in arguments)
    head = f"define internal {form.type} @tg_{op}_{name}({parameters}) {ATTRIBUTES} {{"
    return {**declares, **found, f"@tg_{op}_{name}": "\n".join([head, "entry:", *result_lines, "}"])}


def _guarded(op: str, form: Format, w: Writer, result: Float) -> list[str]:
    """The instructions of a function whose huge arguments go another way."""
    huge = Float(w, "%x").abs() > FAST_LIMIT[form.name]
    slow, type = circular_huge.slow_name(op, form.name), form.type
    return [
        *w.lines,
        f"  br i1 {huge.name}, label %huge, label %done",
        "huge:",
        f"  %other = call {type} {slow}({type} %x)",
        "  br label %done",
        "done:",
        f"  %result = phi {type} [ {result.name}, %entry ], [ %other, %huge ]",
        f"  ret {type} %result",
    ]


def _slow(op: str, form: Format) -> dict[str, str]:
    """What the branch for huge arguments needs: the table and function, and for float the double function."""
    name = circular_huge.slow_name(op, form.name)
    if form.name == "f64":
        text, declares = circular_huge.slow_f64(op)
        return {**{line: line for line in declares}, circular_huge.TABLE: circular_huge.table(), name: text}
    head = f"define internal float {name}(float %x) {circular_huge.slow_attributes(op, 'f32')} {{"
    body = f"""  %wide = fpext float %x to double
  %value = call double @tg_{op}_f64(double %wide)
  %near = fptrunc double %value to float
  ret float %near
}}"""
    return {**_pieces(op, "f64"), name: f"{head}\n{body}"}
