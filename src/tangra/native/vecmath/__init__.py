"""Elementary functions as LLVM text: table-free, branch-free, inlined, and vectorised with the loop that calls them.

`definition` gives the function `@tg_<op>_<f32|f64>` of scalars with all it needs; `pieces` the same by symbol, for a
module that keeps each once. `linked_pieces` leaves out what is rare and long, which is in `shared_text`: a module for
all others, with the function itself for those that call it rather than copy it. Every function is right on the whole
range: infinities, NaN, denormals, signed zeros, overflow and underflow where the exact value has them. `ulp` is the
bound of its error, measured by `benchmarks/vecmath_accuracy.py`. The functions use fma for error terms: a target should
have it in hardware.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tangra.ir import DType
from tangra.native.vecmath import slow_paths, tabulated, vectors
from tangra.native.vecmath.builder import FORMATS, Float, Writer
from tangra.native.vecmath.operations import OPERATIONS
from tangra.native.vecmath.tabulated import table_size
from tangra.native.vecmath.vectors import careful_name, careful_text, vector_name, vector_text

__all__ = [
    "careful_name",
    "careful_names",
    "careful_text",
    "collect",
    "declaration",
    "definition",
    "externals",
    "functions",
    "linked_pieces",
    "pieces",
    "scalar_functions",
    "shared_names",
    "shared_text",
    "symbol",
    "table_size",
    "ulp",
    "vector_declarations",
    "vector_name",
    "vector_text",
]


@cache
def functions(dtype: DType) -> frozenset[str]:
    """The names of the operations there are for the dtype (none but f32 and f64 have any)."""
    return frozenset(name for name, op in OPERATIONS.items() if dtype.name in op.ulp)


@cache
def scalar_functions(dtype: DType) -> frozenset[str]:
    """Those that are also the better choice for single values outside of vectorised loops."""
    return frozenset(name for name, op in OPERATIONS.items() if dtype.name in op.scalar)


def symbol(op: str, dtype: DType) -> str:
    """The LLVM name of the function for `op`."""
    return f"@tg_{op}_{dtype.name}"


def ulp(op: str, dtype: DType) -> float:
    """The bound of the function's error in units in the last place (of the least denormal, where the result is one)."""
    return OPERATIONS[op].ulp[dtype.name]


def pieces(op: str, dtype: DType) -> dict[str, str]:
    """All top-level entities that `op` needs, itself last: LLVM text by symbol, or by itself for a declaration."""
    return dict(_pieces(op, dtype.name))


def linked_pieces(op: str, dtype: DType) -> dict[str, str]:
    """What `op` needs in a module that is linked with `shared_text`."""
    return dict(_pieces(op, dtype.name, True))


def shared_names(op: str, dtype: DType) -> tuple[str, ...]:
    """What `shared_text` exports: the function, then its slow way if it has one that is not inlined."""
    form = FORMATS[dtype.name]
    return (f"tg_{op}_call_{form.name}", *([slow_paths.slow_name(op, form)[1:]] if op in slow_paths.GUARDS else ()))


def declaration(op: str, dtype: DType) -> str:
    """The exported function in a module that calls it, with the names of its vector variants."""
    form, name = FORMATS[dtype.name], shared_names(op, dtype)[0]
    given = ", ".join([form.type] * OPERATIONS[op].arity)
    return f"declare {form.type} @{name}({given}) {slow_paths.PURE} {vectors.mappings(op, form, name)}"


def vector_declarations(op: str, dtype: DType) -> dict[str, str]:
    """Those variants by name, as declared in a module that calls them."""
    return vectors.declarations(op, FORMATS[dtype.name])


def careful_names(op: str, dtype: DType) -> tuple[str, ...]:
    """The functions of vectors that `op`'s variants call for rare arguments; see `careful_text`."""
    return vectors.careful_names(op, FORMATS[dtype.name])


def shared_text(op: str, dtype: DType, tables: int = 0) -> str:
    """A module for all others to call: `op`, as its vector variants compute it where the CPU has such tables, and its
    slow way."""
    form, (name, *slow) = FORMATS[dtype.name], shared_names(op, dtype)
    looks_up = (op, dtype.name) in tabulated.FORMULAS[tables]
    text = tabulated.definition(op, dtype.name, tables) if looks_up else definition(op, dtype)
    for each in slow:
        text = text.replace(f"define internal {form.type} @{each}(", f"define {form.type} @{each}(")
    given = ", ".join(f"{form.type} %{letter}" for letter in "xy"[: OPERATIONS[op].arity])
    return text + (
        f"define {form.type} @{name}({given}) {slow_paths.PURE} {{\n"
        f"  %r = call {form.type} {symbol(op, dtype)}({given})\n  ret {form.type} %r\n}}\n"
    )


def externals(op: str, dtype: DType) -> frozenset[str]:
    """The C functions that must be bound when the code is loaded (called for rare arguments only); mostly none."""
    return slow_paths.externals(op, FORMATS[dtype.name])


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
def _pieces(op: str, name: str, linked: bool = False) -> dict[str, str]:
    form, operation = FORMATS[name], OPERATIONS[op]
    w = Writer(form)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: operation.arity]]
    result = operation.formula(*arguments)
    lines, found = [*w.lines, f"  ret {form.type} {result.name}"], {}
    if op in slow_paths.GUARDS:
        declared = slow_paths.declaration(op, form)
        found = {declared: declared} if linked else slow_paths.slow_pieces(op, form, _pieces)
        lines = slow_paths.guarded(op, form, w, result)
    parameters = ", ".join(f"{form.type} {a.name}" for a in arguments)
    head = f"define internal {form.type} @tg_{op}_{name}({parameters}) alwaysinline {slow_paths.PURE} {{"
    declares = {line: line for line in w.declares}
    return {**declares, **found, f"@tg_{op}_{name}": "\n".join([head, "entry:", *lines, "}"])}
