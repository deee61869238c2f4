"""The LLVM module under construction: declarations, helper functions, constants, error records, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.ir import F64, DType
from tangra.native import engine, mathlib, symbols, variants, vecmath
from tangra.native.failures import ErrorRecord
from tangra.native.llvm_types import register_type
from tangra.native.marks import GLOBALS, Marks
from tangra.native.options import NativeOptions
from tangra.native.text import Code, Operand
from tangra.native.vecmath import circular_near

if TYPE_CHECKING:
    from tangra.native.signature import Signature
    from tangra.native.text import Code

PURE = "memory(none) nounwind willreturn"
INTERNAL_NEEDS = {
    "floordiv": ("floor", "copysign"), "mod": ("copysign",), "logaddexp": ("fabs", "exp"),
    "logaddexp2": ("fabs", "exp2"), "sigmoid": ("exp",),
}  # fmt: skip
INLINE_BYTES = 1 << 14
PROFILE = '!0 = !{!"branch_weights", i32 1, i32 1000000}'
FIRST_LOOP = 3
"""The number of the metadata of the first loop that is marked; what loops are marked with precedes it."""
ONE_AT_A_TIME, WHOLE = '!1 = !{!"llvm.loop.interleave.count", i32 1}', '!2 = !{!"llvm.loop.unroll.disable"}'
"""Marks of loops: not to work on several vectors at a time; not to be written out, which would be before LLVM looks for
vectors."""
VENDOR, INTERRUPTIBLE = 1, 2
"""Flags of jobs: vendor kernels are called in it; the caller looks for signals while it waits."""
LIBM_NEEDS = {"logaddexp": "log1p", "logaddexp2": "log1p", "lgamma": "lgamma", "gamma": "tgamma"}


class Module:
    """Collects everything the text of one compiled function needs. `symbols`: names to be bound to addresses;
    `copies`: math functions of single values that will be inlined; `math_calls`: how often others are called;
    `beside`: what the text depends on that is installed beside this package, in words; "" is nothing."""

    def __init__(self, options: NativeOptions) -> None:
        self.options = options
        self.records: list[ErrorRecord] = []
        self.symbols: set[str] = set()
        self.tapes = 0
        self.regions = 0
        self.copies = 0
        self.math_calls = 0
        self.beside = ""
        self.marks = Marks() if options.marked else None
        self.signatures: dict[int, Signature] = {}
        self.states: dict[str, set[int]] = {}
        self._declared: dict[str, None] = {}
        self._variants: dict[str, None] = {}
        self._marks: list[str] = []
        self._defined: dict[str, str] = {}
        self._globals: list[str] = []
        self.functions: list[str] = []
        self.fma = "+fma" in engine.host_features().split(",")

    def declare(self, text: str) -> None:
        """A `declare` line, kept once."""
        self._declared[text] = None

    def external(self, name: str, signature: str, attributes: str = "nounwind") -> str:
        """Declare an outside C function, given as `double (double)`; its address is bound when the code is loaded."""
        result, args = signature.split(" ", 1)
        self.declare(f"declare {result} @{name}{args} {attributes}")
        self.symbols.add(name)
        return "@" + name

    def external_data(self, name: str) -> str:
        """Declare an outside array of i64 that nobody changes; its LLVM name."""
        line = f"@{name} = external constant [0 x i64], align 8"
        if line not in self._globals:
            self._globals.append(line)
        self.symbols.add(name)
        return "@" + name

    def libm(self, code: Code, name: str, dtype: DType, args: list[Operand]) -> str:
        """Call the C library's `name` for the dtype."""
        type, c_name = register_type(dtype), name + ("f" if dtype.bits == 32 else "")
        self.external(c_name, f"{type} ({', '.join([type] * len(args))})", PURE)
        return code.ins(f"call {type} @{c_name}({', '.join(f'{type} {a}' for a in args)})")

    def vector_math(self, name: str, dtype: DType) -> str:
        """Make the function of `vecmath` for operation `name` part of the module; its LLVM name."""
        for key, text in vecmath.linked_pieces(name, dtype).items():
            if key.startswith("declare"):
                self.declare(text)
            else:
                self.define(key, text)
        self.symbols |= set(vecmath.shared_names(name, dtype)[1:])
        return vecmath.symbol(name, dtype)

    def sine_and_cosine(self) -> str:
        """Make `vecmath`'s joint function of both, for f64, part of the module; its LLVM name."""
        for name in ("sin", "cos"):
            self.vector_math(name, F64)
        declares, text = circular_near.pair()
        for line in declares:
            self.declare(line)
        self.define(circular_near.SYMBOL, text)
        return circular_near.SYMBOL

    def shared_math(self, name: str, dtype: DType) -> str:
        """The same function for calls, which all modules share, as its vector variants do; its LLVM name."""
        self.declare(vecmath.declaration(name, dtype))
        self.math_calls += 1
        found, *slow = vecmath.shared_names(name, dtype)
        for variant, text in vecmath.vector_declarations(name, dtype).items():
            self.declare(text)
            self._variants[variant] = None
        self.symbols |= {found, *slow, *vecmath.careful_names(name, dtype)}
        return "@" + found

    def loop_mark(self, mark: str = ONE_AT_A_TIME) -> str:
        """What marks the jump back of a loop."""
        self._marks.append(mark)
        return f", !llvm.loop !{FIRST_LOOP + len(self._marks) - 1}"

    def need(self, name: str, dtype: DType) -> str:
        """Make the helper function `name` of `dtype` part of the module; its LLVM name."""
        function = f"@tg.{name}.{dtype.name}"
        if function in self._defined:
            return function
        type = register_type(dtype)
        if name == "digamma" or name.startswith("polygamma"):
            return self._need_polygamma(int(name[9:] or 0) if name != "digamma" else 0, dtype)
        body, arity = mathlib.body_of(name, dtype)
        params = ", ".join(f"{type} %{p}" for p in "ab"[:arity])
        inline = "alwaysinline" if "loop:" not in body else "noinline"
        self._defined[function] = f"define internal {type} {function}({params}) nounwind {inline} {{{body}\n}}"
        self._declare_needs(name, dtype, type)
        return function

    def _declare_needs(self, name: str, dtype: DType, type: str) -> None:
        for intrinsic in INTERNAL_NEEDS.get(name, ()) if dtype.kind == "f" else ():
            arity = 2 if intrinsic == "copysign" else 1
            self.declare(f"declare {type} @llvm.{intrinsic}.f{dtype.bits}({', '.join([type] * arity)})")
        if name in LIBM_NEEDS:
            self.external(LIBM_NEEDS[name] + ("f" if dtype.bits == 32 else ""), f"{type} ({type})", PURE)
        if name in ("gcd", "lcm") and dtype.kind == "i":
            self.declare(f"declare {type} @llvm.abs.{type}({type}, i1)")
        if name == "lcm":
            self.need("gcd", dtype)

    def _need_polygamma(self, n: int, dtype: DType) -> str:
        double = f"@tg.polygamma{n}.f64"
        if double not in self._defined:
            for name, arity in (("floor", 1), ("rint", 1), ("log", 1), ("copysign", 2)):
                self.declare(f"declare double @llvm.{name}.f64({', '.join(['double'] * arity)})")
            self.declare("declare double @llvm.powi.f64.i32(double, i32)")
            self.external("tan", "double (double)", PURE)
            head = f"define internal double {double}(double %a) nounwind noinline"
            self._defined[double] = f"{head} {{\n{mathlib.polygamma_body(n)}\n}}"
        if dtype.bits == 64:
            return double
        single = f"@tg.polygamma{n}.f32"
        self._defined[single] = (
            f"define internal float {single}(float %a) nounwind alwaysinline {{\n  %w = fpext float %a to double\n"
            f"  %r = call double {double}(double %w)\n  %s = fptrunc double %r to float\n  ret float %s\n}}"
        )
        return single

    def define(self, name: str, text: str) -> str:
        """Add a helper function written elsewhere, once."""
        self._defined.setdefault(name, text)
        return name

    def has(self, name: str) -> bool:
        return name in self._defined

    @property
    def uses_arena(self) -> bool:
        """Whether the functions need a workspace with an arena: for temporaries, or to be helped by threads."""
        return self.regions > 0 or self.has("@tg.allocate")

    def constant(self, data: np.ndarray[Any, Any], dtype: DType) -> str:
        """A read-only row-major array as a global constant; its LLVM name. A large one is used where it lies, and must
        live as long as the code."""
        if data.nbytes > INLINE_BYTES:
            symbol = symbols.publish(data)
            self.symbols.add(symbol)
            self._globals.append(f"@{symbol} = external constant [{data.nbytes} x i8], align {dtype.itemsize}")
            return "@" + symbol
        name = f"@const{len(self._globals)}"
        raw = data.tobytes()
        text = "".join(f"\\{byte:02X}" for byte in raw)
        self._globals.append(f'{name} = private unnamed_addr constant [{len(raw)} x i8] c"{text}", align 64')
        return name

    def record(self, record: ErrorRecord) -> int:
        """The number of an error record; 0 is Ctrl-C."""
        self.records.append(record)
        return len(self.records)

    def _region_flags(self) -> int:
        """What the pool has to know about our regions."""
        vendor = any(name.startswith(("blas.", "lapack.")) for name in self.symbols)
        return (VENDOR if vendor else 0) | (INTERRUPTIBLE if self.options.interruptible else 0)

    def attributes(self, code: Code) -> str:
        """The attributes of a function: its loops take the widest vectors if they are long, all of them."""
        return "#1" if code.long and not code.short else "#0"

    def text(self) -> str:
        """The whole module."""
        widths = (self.options.vector_bits, max(self.options.vector_bits, engine.widest_vectors()))
        head = [GLOBALS] if self.marks is not None else []
        tail = [f'attributes #{k} = {{ nounwind "prefer-vector-width"="{width}" }}' for k, width in enumerate(widths)]
        tail.append(PROFILE)
        tail += [mark for mark in (ONE_AT_A_TIME, WHOLE) if mark in self._marks]
        for k, mark in enumerate(self._marks, FIRST_LOOP):
            tail.append(f"!{k} = distinct !{{!{k}, {mark.split(' = ')[0]}}}")
        if self.regions:
            head.append(f"@tg.flags = internal constant i32 {self._region_flags()}")
        if self._variants:  # Nothing refers to them until LLVM has vectorised the loops.
            head.append(variants.keep(self._variants))
        helpers = [*self._globals, *self._declared, *self._defined.values()]
        return "\n".join([*head, *helpers, *self.functions, *tail]) + "\n"
