"""What the accuracy script and the tests of `tangra.native.vecmath` share: compiled loops and their speed."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from tangra.ir import DTYPES, DType
from tangra.native import engine, variants, vecmath
from tangra.native.vecmath.operations import OPERATIONS

MARK, MARKS = ", !llvm.loop !1", '!1 = distinct !{!1, !2}\n!2 = !{!"llvm.loop.interleave.count", i32 1}\n'
"""What compiled programs mark such loops with; see `native.nests.counted`."""
Array = np.ndarray[Any, Any]


def loop_text(op: str, dtype: DType) -> str:
    """A module with `void @loop(out, x, [y,] n)` that applies our function elementwise, inlined as into loops of single
    values."""
    return loop_over(op, dtype, vecmath.symbol(op, dtype), vecmath.definition(op, dtype))


def variant_text(op: str, dtype: DType) -> str:
    """The same as loops over arrays have it: calls that become those of vector variants."""
    declared = vecmath.vector_declarations(op, dtype)
    prelude = "\n".join([variants.keep(declared), *declared.values(), vecmath.declaration(op, dtype)])
    text = loop_over(op, dtype, "@" + vecmath.shared_names(op, dtype)[0], prelude)
    return text.replace("label %loop, label %done\ndone", f"label %loop, label %done{MARK}\ndone") + MARKS


def loop_over(op: str, dtype: DType, function: str, prelude: str) -> str:
    """The loop over calls of any function of the operation's arity."""
    type = {"f64": "double", "f32": "float"}[dtype.name]
    names = "xy"[: OPERATIONS[op].arity]
    parameters = ", ".join(f"ptr noalias %{n}" for n in names)
    loads = "\n".join(
        f"  %p{n} = getelementptr {type}, ptr %{n}, i64 %i\n  %v{n} = load {type}, ptr %p{n}" for n in names
    )
    arguments = ", ".join(f"{type} %v{n}" for n in names)
    return f"""{prelude}
define void @loop(ptr noalias %out, {parameters}, i64 %n) {{
entry:
  %any = icmp sgt i64 %n, 0
  br i1 %any, label %loop, label %done
loop:
  %i = phi i64 [ 0, %entry ], [ %j, %loop ]
{loads}
  %r = call {type} {function}({arguments})
  %po = getelementptr {type}, ptr %out, i64 %i
  store {type} %r, ptr %po
  %j = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %j, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""


@cache
def machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(features=features, opt=2, reloc="pic", codemodel="default")


def optimised(text: str) -> Any:
    """The LLVM module after the passes of -O2, vector variants inlined."""
    context = llvm.create_context()
    module = llvm.parse_assembly(text, context)
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_interleaving = tuning.loop_unrolling = True
    builder = llvm.create_pass_builder(machine(), tuning)
    builder.getModulePassManager().run(module, builder)
    if variants.declared(text):
        variants.inline(module, context, builder, engine.host_features())
    return module


def assembly(op: str, dtype: DType) -> str:
    return str(machine().emit_assembly(optimised(loop_text(op, dtype))))


def linked(text: str, outside: set[str], arity: int) -> tuple[Any, Any]:
    """`@loop` of the module as a function of addresses and a count, and what must be kept for it.

    Linked as compiled programs are: the linker that LLVM takes by default aborts a process whose memory is scattered.
    """
    loaded = engine.load([bytes(machine().emit_object(optimised(text)))], outside, ["loop"])
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (1 + arity), ctypes.c_int64)(loaded.addresses["loop"])
    return function, loaded


WAYS = ("variant", "inlined", "libm")
"""What the loop calls: vector variants, as over arrays; the function itself, inlined; the C library's."""


@cache
def _loop(op: str, name: str, way: str = "variant") -> tuple[Any, Any]:
    """The compiled loop, and what must be kept for it."""
    dtype, arity = DTYPES[name], OPERATIONS[op].arity
    if way == "variant":
        names = {*vecmath.shared_names(op, dtype), *vecmath.careful_names(op, dtype)}
        return linked(variant_text(op, dtype), names, arity)
    if way == "inlined":
        return linked(loop_text(op, dtype), set(vecmath.externals(op, dtype)), arity)
    c_name = op + ("f" if dtype.bits == 32 else "")
    type = {"f64": "double", "f32": "float"}[name]
    declare = f"declare {type} @{c_name}({', '.join([type] * arity)}) memory(none) nounwind willreturn"
    return linked(loop_over(op, dtype, f"@{c_name}", declare), {c_name}, arity)


def compiled(op: str, dtype: DType, way: str = "variant") -> Callable[..., Array]:
    """The function on contiguous arrays of the dtype; `out` may be given."""
    function, keep = _loop(op, dtype.name, way)

    def call(*args: Array, out: Array | None = None) -> Array:
        assert all(a.dtype == dtype.numpy and a.flags.c_contiguous for a in args)
        out = np.empty_like(args[0]) if out is None else out
        function(out.ctypes.data, *(a.ctypes.data for a in args), out.size)
        return out

    call.keep = keep  # type: ignore[attr-defined]
    return call


def libm_seconds_per_element(op: str, dtype: DType, *args: Array) -> float:
    """The same loop with calls of the C library; NaN where that has no such function."""
    return float("nan") if op in ("sigmoid", "digamma") else seconds_per_element(op, dtype, *args, way="libm")


def seconds_per_element(op: str, dtype: DType, *args: Array, rounds: int = 40, way: str = "variant") -> float:
    """The least time of several runs over the arrays, which should fit the first cache."""
    function, _ = _loop(op, dtype.name, way)
    out = np.empty_like(args[0])
    addresses, best, repeats = [a.ctypes.data for a in (out, *args)], np.inf, 20
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            function(*addresses, out.size)
        best = min(best, time.perf_counter() - start)
    return float(best) / repeats / out.size
