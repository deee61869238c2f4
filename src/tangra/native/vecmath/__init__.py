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
from tangra.native.vecmath import slow_paths
from tangra.native.vecmath.builder import FORMATS, Float, Writer
from tangra.native.vecmath.operations import OPERATIONS

__all__ = ["collect", "definition", "externals", "functions", "pieces", "scalar_functions", "symbol", "ulp"]


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
def _pieces(op: str, name: str) -> dict[str, str]:
    form, operation = FORMATS[name], OPERATIONS[op]
    w = Writer(form)
    arguments = [Float(w, f"%{letter}") for letter in "xy"[: operation.arity]]
    result = operation.formula(*arguments)
    lines, found = [*w.lines, f"  ret {form.type} {result.name}"], {}
    if op in slow_paths.GUARDS:
        found = slow_paths.slow_pieces(op, form, _pieces)
        lines = slow_paths.guarded(op, form, w, result)
    parameters = ", ".join(f"{form.type} {a.name}" for a in arguments)
    head = f"define internal {form.type} @tg_{op}_{name}({parameters}) alwaysinline {slow_paths.PURE} {{"
    declares = {line: line for line in w.declares}
    return {**declares, **found, f"@tg_{op}_{name}": "\n".join([head, "entry:", *lines, "}"])}
