"""Elementwise operations on operands in registers: one small writer per operation, with NumPy's meaning per dtype.

Simple operations are written in place; the others are calls of LLVM intrinsics, of libm, or of the functions of
`mathlib` and `vecmath`, which are part of the module and inlined where they are small or run in vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.ir import BOOL, I64, DType
from tangra.native import mathlib, reciprocals, vecmath
from tangra.native.llvm_types import literal, number, register_type, suffix
from tangra.native.text import Operand

if TYPE_CHECKING:
    from tangra.native.frames import Frames

MAX_COPIES = 24
"""So many math functions of single values in loops are inlined into one module; further ones are called."""
Writer = Callable[["Frames", DType, "list[Operand]"], Operand]
WRITERS: dict[str, Writer] = {}
"""By operation name: writes the operation on elements of the first operand's dtype."""

INTRINSICS = {
    "exp": "exp", "exp2": "exp2", "log": "log", "log2": "log2", "log10": "log10", "sqrt": "sqrt", "sin": "sin",
    "cos": "cos", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "rint", "copysign": "copysign",
    "pow": "pow",
}  # fmt: skip
LIBM = {
    "expm1": "expm1", "log1p": "log1p", "cbrt": "cbrt", "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh",
    "erf": "erf", "erfc": "erfc", "atan2": "atan2", "hypot": "hypot", "nextafter": "nextafter",
}  # fmt: skip


def writer(*names: str) -> Callable[[Writer], Writer]:
    def register(function: Writer) -> Writer:
        for name in names:
            WRITERS[name] = function
        return function

    return register


def write(em: Frames, name: str, dtype: DType, args: list[Operand]) -> Operand:
    """Write operation `name` on `args`, the first of which has `dtype`."""
    if dtype.kind == "f" and name in _vector_math(em, dtype):
        return call(em, _math_function(em, name, dtype), dtype, args)
    special = WRITERS.get(name)
    if special is not None:
        return special(em, dtype, args)
    if dtype.kind == "f":
        if name in INTRINSICS:
            return intrinsic(em, INTRINSICS[name], dtype, args)
        if name in LIBM:
            return em.module.libm(em.code, LIBM[name], dtype, args)
    return helper(em, name, dtype, args)


def knows(name: str) -> bool:
    """Whether `write` can write operation `name`."""
    return name in WRITERS or name in INTRINSICS or name in LIBM or name in mathlib.NAMES


def intrinsic(em: Frames, name: str, dtype: DType, args: list[Operand], flags: str = "") -> str:
    """Call `llvm.<name>` of `dtype`, all operands and the result of one type."""
    type = register_type(dtype)
    full = f"@llvm.{name}.{suffix(dtype)}"
    em.module.declare(f"declare {type} {full}({', '.join([type] * len(args))})")
    return em.code.ins(f"call {flags}{type} {full}({', '.join(f'{type} {a}' for a in args)})")


def helper(em: Frames, name: str, dtype: DType, args: list[Operand]) -> str:
    """Call the function of `mathlib` for `name` and `dtype`."""
    return call(em, em.module.need(name, dtype), dtype, args)


def call(em: Frames, function: str, dtype: DType, args: list[Operand]) -> str:
    """Call a function of the module, all operands and the result of one type."""
    type = register_type(dtype)
    return em.code.ins(f"call {type} {function}({', '.join(f'{type} {a}' for a in args)})")


def _vector_math(em: Frames, dtype: DType) -> frozenset[str]:
    """The operations for which `vecmath` is the better choice at this place. It needs fma in hardware."""
    if not em.module.fma:
        return frozenset()
    return vecmath.functions(dtype) if em.code.depth else vecmath.scalar_functions(dtype)


def _math_function(em: Frames, name: str, dtype: DType) -> str:
    """The function of `vecmath`, to be inlined where that pays: it takes a millisecond to compile each copy. Loops over
    arrays call its vector variants."""
    if em.code.wide:
        return em.module.shared_math(name, dtype)
    if not em.code.depth:
        if em.runs_once or em.module.copies >= MAX_COPIES:
            return em.module.shared_math(name, dtype)
        em.module.copies += 1
    return em.module.vector_math(name, dtype)


def _plain(int_op: str, float_op: str, bool_op: str = "") -> Writer:
    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        a, b = args
        if dtype.kind == "f":
            return em.code.ins(f"{float_op} {em.fast}{register_type(dtype)} {a}, {b}")
        if dtype.kind == "b" and bool_op:
            return em.code.ins(f"{bool_op} i1 {a}, {b}")
        if isinstance(a, int) and isinstance(b, int) and int_op in ("add", "sub"):
            total = a + b if int_op == "add" else a - b
            if -(2**63) <= total < 2**63:
                return total
        return em.code.ins(f"{int_op} {register_type(dtype)} {a}, {b}")

    return emit


WRITERS["add"] = _plain("add", "fadd", "or")
WRITERS["sub"] = _plain("sub", "fsub", "xor")
WRITERS["mul"] = _plain("mul", "fmul", "and")


def _rounded_product(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    """Without the permission to become one operation with a sum."""
    return em.code.ins(f"fmul {register_type(dtype)} {args[0]}, {args[1]}")


WRITERS["mul_rounded"] = _rounded_product
for _name in ("and", "or", "xor"):
    WRITERS[_name] = _plain(_name, _name, _name)


@writer("div")
def _div(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    """By a constant in two multiplications; in a backward loop LLVM may use its reciprocal, rounded."""
    flags = em.fast + ("arcp " if em.backward else "")
    exact = em.module.fma and "arcp" not in flags and "fast" not in flags
    divisor = number(args[1]) if exact else None
    parts = reciprocals.parts(divisor, dtype) if divisor is not None else None
    if parts is None:
        return em.code.ins(f"fdiv {flags}{register_type(dtype)} {args[0]}, {args[1]}")
    high, low = (literal(part, dtype) for part in parts)
    rest = em.code.ins(f"fmul {register_type(dtype)} {args[0]}, {low}")
    return intrinsic(em, "fma", dtype, [args[0], high, rest])


def _compare(float_op: str, signed: str, unsigned: str) -> Writer:
    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        a, b = args
        if dtype.kind == "f":
            return em.code.ins(f"fcmp {float_op} {register_type(dtype)} {a}, {b}")
        predicate = signed if dtype.kind == "i" else unsigned
        return em.code.ins(f"icmp {predicate} {register_type(dtype)} {a}, {b}")

    return emit


for _name, _preds in {
    "eq": ("oeq", "eq", "eq"), "ne": ("une", "ne", "ne"), "lt": ("olt", "slt", "ult"),
    "le": ("ole", "sle", "ule"), "gt": ("ogt", "sgt", "ugt"), "ge": ("oge", "sge", "uge"),
}.items():  # fmt: skip
    WRITERS[_name] = _compare(*_preds)


@writer("neg")
def _neg(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    if dtype.kind == "f":
        return em.code.ins(f"fneg {register_type(dtype)} {args[0]}")
    if isinstance(args[0], int) and args[0] > -(2**63):
        return -args[0]
    return em.code.ins(f"sub {register_type(dtype)} 0, {args[0]}")


@writer("abs")
def _abs(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    if dtype.kind == "f":
        return intrinsic(em, "fabs", dtype, args)
    if dtype.kind == "i":
        type = register_type(dtype)
        em.module.declare(f"declare {type} @llvm.abs.{type}({type}, i1)")
        return em.code.ins(f"call {type} @llvm.abs.{type}({type} {args[0]}, i1 false)")
    return args[0]


def _rounding(name: str) -> Writer:
    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        return intrinsic(em, name, dtype, args) if dtype.kind == "f" else args[0]

    return emit


for _name in ("floor", "ceil", "trunc", "rint"):
    WRITERS[_name] = _rounding(_name)


@writer("sign")
def _sign(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    code, type, (x,) = em.code, register_type(dtype), args
    if dtype.kind == "f":
        nil = literal(0, dtype)
        some = code.ins(f"fcmp one {type} {x}, {nil}")
        signed = intrinsic(em, "copysign", dtype, [literal(1, dtype), x])
        return code.ins(f"select i1 {some}, {type} {signed}, {type} {code.ins(f'fadd {type} {x}, {nil}')}")
    above = code.ins(f"icmp {'sgt' if dtype.kind == 'i' else 'ugt'} {type} {x}, 0")
    positive = code.ins(f"zext i1 {above} to {type}") if type != "i1" else above
    if dtype.kind != "i":
        return positive
    below = code.ins(f"icmp slt {type} {x}, 0")
    return code.ins(f"select i1 {below}, {type} -1, {type} {positive}")


@writer("isnan")
def _isnan(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    if dtype.kind != "f":
        return "false"
    return em.code.ins(f"fcmp uno {register_type(dtype)} {args[0]}, {args[0]}")


def _against_infinity(predicate: str, otherwise: str) -> Writer:
    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        if dtype.kind != "f":
            return otherwise
        size = intrinsic(em, "fabs", dtype, args)
        return em.code.ins(f"fcmp {predicate} {register_type(dtype)} {size}, {literal(float('inf'), dtype)}")

    return emit


WRITERS["isinf"] = _against_infinity("oeq", "false")
WRITERS["isfinite"] = _against_infinity("olt", "true")


@writer("signbit")
def _signbit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    if dtype.kind != "f":
        return em.code.ins(f"icmp slt {register_type(dtype)} {args[0]}, 0") if dtype.kind == "i" else "false"
    bits = em.code.ins(f"bitcast {register_type(dtype)} {args[0]} to i{dtype.bits}")
    return em.code.ins(f"icmp slt i{dtype.bits} {bits}, 0")


@writer("not", "invert")
def _invert(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    return em.code.ins(f"xor {register_type(dtype)} {args[0]}, {'true' if dtype.kind == 'b' else '-1'}")


def _extremum(greater: bool, keep_nan: bool) -> Writer:
    """NumPy's rule: the first where it is not beaten, or where it (or, ignoring NaN, the second) is NaN."""

    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        code, type, (a, b) = em.code, register_type(dtype), args
        if dtype.kind != "f":
            if type == "i1":
                return code.ins(f"{'or' if greater else 'and'} i1 {a}, {b}")
            return intrinsic(em, ("s" if dtype.kind == "i" else "u") + ("max" if greater else "min"), dtype, args)
        wins = code.ins(f"fcmp {'oge' if greater else 'ole'} {type} {a}, {b}")
        unknown = a if keep_nan else b
        nan = code.ins(f"fcmp uno {type} {unknown}, {unknown}")
        first = code.ins(f"or i1 {wins}, {nan}")
        return code.ins(f"select i1 {first}, {type} {a}, {type} {b}")

    return emit


WRITERS["maximum"], WRITERS["minimum"] = _extremum(True, True), _extremum(False, True)
WRITERS["fmax"], WRITERS["fmin"] = _extremum(True, False), _extremum(False, False)


@writer("pow")
def _pow(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    return intrinsic(em, "pow", dtype, args) if dtype.kind == "f" else helper(em, "pow", dtype, args)


@writer("fmod")
def _fmod(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    if dtype.kind == "f":
        return em.code.ins(f"frem {register_type(dtype)} {args[0]}, {args[1]}")
    return helper(em, "fmod", dtype, args)


def _overflows(name: str) -> Writer:
    def emit(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
        em.module.declare(f"declare {{ i64, i1 }} @llvm.s{name}.with.overflow.i64(i64, i64)")
        pair = em.code.ins(f"call {{ i64, i1 }} @llvm.s{name}.with.overflow.i64(i64 {args[0]}, i64 {args[1]})")
        return em.code.ins(f"extractvalue {{ i64, i1 }} {pair}, 1")

    return emit


for _name in ("add", "sub", "mul"):
    WRITERS[f"{_name}_overflows"] = _overflows(_name)


@writer("stop_gradient")
def _identity(em: Frames, dtype: DType, args: list[Operand]) -> Operand:
    return args[0]


def write_ldexp(em: Frames, dtype: DType, exponent: DType, args: list[Operand]) -> Operand:
    """x 2^e; an i64 exponent is clamped to the range where nothing changes any more."""
    type, code, e = register_type(dtype), em.code, args[1]
    if exponent.bits == 64:
        e = intrinsic(em, "smin", I64, [e, 100000])
        e = intrinsic(em, "smax", I64, [e, -100000])
        e = code.ins(f"trunc i64 {e} to i32")
    em.module.declare(f"declare {type} @llvm.ldexp.{suffix(dtype)}.i32({type}, i32)")
    return code.ins(f"call {type} @llvm.ldexp.{suffix(dtype)}.i32({type} {args[0]}, i32 {e})")


def write_cast(em: Frames, x: Operand, source: DType, target: DType) -> Operand:
    """NumPy's `astype` for one element."""
    if source is target or source == target:
        return x
    code, old, new = em.code, register_type(source), register_type(target)
    if target == BOOL:
        if source.kind == "f":
            return code.ins(f"fcmp une {old} {x}, {literal(0, source)}")
        return code.ins(f"icmp ne {old} {x}, 0")
    if source.kind == "f" and target.kind == "f":
        return code.ins(f"{'fpext' if target.bits > source.bits else 'fptrunc'} {old} {x} to {new}")
    if source.kind == "f":
        return _float_to_integer(em, x, source, target)
    if target.kind == "f":
        return code.ins(f"{'sitofp' if source.kind == 'i' else 'uitofp'} {old} {x} to {new}")
    if isinstance(x, int):
        return literal(_wrap(x, target), target)
    if source.bits == target.bits and source != BOOL:
        return x
    if source != BOOL and source.bits > target.bits:
        return code.ins(f"trunc {old} {x} to {new}")
    return code.ins(f"{'sext' if source.kind == 'i' else 'zext'} {old} {x} to {new}")


def _wrap(x: int, target: DType) -> int:
    x &= (1 << target.bits) - 1
    return x - (1 << target.bits) if target.kind == "i" and x >> (target.bits - 1) else x


def _float_to_integer(em: Frames, x: Operand, source: DType, target: DType) -> str:
    """As the C compilers that build NumPy do: through i32 or i64, then cut; out of range gives what the CPU gives. For
    u64 they take 2**63 off where x has that, so that -1.0 wraps."""
    code, old = em.code, register_type(source)
    if target.name == "u64":
        half = literal(2.0**63, source)
        small = code.ins(f"freeze i64 {code.ins(f'fptosi {old} {x} to i64')}")
        rest = code.ins(f"fptosi {old} {code.ins(f'fsub {old} {x}, {half}')} to i64")
        large = code.ins(f"xor i64 {code.ins(f'freeze i64 {rest}')}, {-(2**63)}")
        return code.ins(f"select i1 {code.ins(f'fcmp oge {old} {x}, {half}')}, i64 {large}, i64 {small}")
    wide = 64 if target.bits == 64 or target.name == "u32" else 32
    number = code.ins(f"freeze i{wide} {code.ins(f'fptosi {old} {x} to i{wide}')}")
    if wide == target.bits:
        return number
    return code.ins(f"trunc i{wide} {number} to i{target.bits}")
