"""Writers of elementwise operations: at once for scalars, deferred for arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tangra.ir import F64, I32, I64, ArrayType, Op, Value
from tangra.native import kept_divisors, narrow, scalars
from tangra.native.emitter import OP_WRITERS, Emitter, OpWriter, op_writer
from tangra.native.llvm_types import register_type
from tangra.native.text import Operand
from tangra.native.values import Elementwise, Scalar
from tangra.native.vecmath.circular_near import PAIR

LATENCIES = {"sqrt": 20, "div": 13, "constant": 0, "index": 5, "select": 1, "abs": 1, "neg": 1}
"""Cycles of operations; those of others follow from their cost."""
SLOW, VECTOR_COST = 10, 4
"""Operations of this cost and above count as so many simple ones where they run in vectors."""
FAR = 12
"""Cycles between two operands that decide how their sum is made, where that may take one operation more."""
ElementFunction = Callable[[Emitter, list[Operand]], Operand]


def keep_elementwise(em: Emitter, op: Op, function: ElementFunction) -> None:
    """Define the result of `op` as `function` of the elements of its operands."""
    result = op.result
    if not result.shape:
        em.define(result, Scalar(result.dtype, function(em, [em.operand(v) for v in op.operands])))
        return
    operands, cost = [em.array(v) for v in op.operands], vector_cost(op)
    em.keep(op, Elementwise(result.dtype, result.shape, function, operands, cost))


def vector_cost(op: Op) -> int:
    """Simple operations that take as long as this one in vectors."""
    return 1 if op.defn.cost < SLOW else VECTOR_COST


def _named(name: str) -> OpWriter:
    def emit(em: Emitter, op: Op) -> None:
        dtype = op.operands[0].dtype
        keep_elementwise(em, op, lambda em, xs: scalars.write(em, name, dtype, xs))

    return emit


NAMES = (
    "neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt cbrt tan asin acos atan sinh cosh tanh asinh acosh"
    " atanh floor ceil trunc rint isnan isinf isfinite signbit not invert erf erfc lgamma gamma digamma sigmoid"
    " mul mul_rounded floordiv mod fmod pow atan2 hypot maximum minimum fmax fmin copysign nextafter logaddexp"
    " logaddexp2 heaviside gcd lcm and or xor shl shr eq ne lt le gt ge stop_gradient"
    " add_overflows sub_overflows mul_overflows"
)
for _name in NAMES.split():
    OP_WRITERS[_name] = _named(_name)


@op_writer("div")
def _quotient(em: Emitter, op: Op) -> None:
    """By a number that stays along a row in two multiplications."""
    if kept_divisors.stays(op):
        keep_elementwise(em, op, lambda em, xs: kept_divisors.divide(em, op.result.dtype, xs))
    else:
        keep_elementwise(em, op, lambda em, xs: scalars.write(em, "div", op.result.dtype, xs))


@op_writer("sin", "cos")
def _sine_or_cosine(em: Emitter, op: Op) -> None:
    """Both at once for a number that the following trip of a loop waits for; see `vecmath.circular_near`."""
    (x,) = op.operands
    angles = em.frame.angles
    if id(x) not in angles:
        joint = id(op) in em.recurring and x.type == ArrayType(F64) and em.module.fma
        if not joint or em.module.copies >= scalars.MAX_COPIES:
            keep_elementwise(em, op, lambda em, xs: scalars.write(em, op.name, x.dtype, xs))
            return
        em.module.copies += 1
        call = f"call {PAIR} {em.module.sine_and_cosine()}(double {em.operand(x)})"
        angles[id(x)] = em.code.ins(call)
    part = em.code.ins(f"extractvalue {PAIR} {angles[id(x)]}, {('sin', 'cos').index(op.name)}")
    em.define(op.result, Scalar(F64, part))


@op_writer("add", "sub")
def _sum(em: Emitter, op: Op) -> None:
    dtype = op.result.dtype
    if id(op) in em.sums:
        x, y = (em.operand(v) for v in op.operands)
        em.define(op.result, Scalar(dtype, em.code.ins(f"fadd {em.fast_sum}{register_type(dtype)} {x}, {y}")))
        return
    order = _late_and_early(em, op)
    if order is None and _is_difference_of_products(em, op):
        keep_elementwise(em, op, lambda em, xs: em.code.ins(f"fsub {register_type(dtype)} {xs[0]}, {xs[1]}"))
        return
    early = _factors(em, order[1]) if order is not None else None
    if order is None or early is None:
        keep_elementwise(em, op, lambda em, xs: scalars.write(em, op.name, dtype, xs))
        return
    late = _factors(em, order[0])
    if late is None:
        x, y = (em.operand(v) for v in op.operands)
        em.define(op.result, Scalar(dtype, em.code.ins(f"f{op.name} {register_type(dtype)} {x}, {y}")))
        return
    a, b, c = (em.operand(v) for v in (*late, order[1]))
    if op.name == "sub" and order[0] is op.operands[0]:
        c = scalars.write(em, "neg", dtype, [c])
    elif op.name == "sub":
        a = scalars.write(em, "neg", dtype, [a])
    em.define(op.result, Scalar(dtype, scalars.intrinsic(em, "fmuladd", dtype, [a, b, c], em.fast)))


def _is_difference_of_products(em: Emitter, op: Op) -> bool:
    """Whether `op` is a b - c d, which is exactly 0 where the products are equal: both are rounded, as in NumPy. Fused
    with one of them, it would be the other's rounding error. A power of two times a number needs no rounding."""
    if op.name != "sub" or op.result.dtype.kind != "f" or em.module.options.fastmath:
        return False
    return all(_is_product(v) for v in op.operands)


def _is_product(x: Value) -> bool:
    """Whether x is a product, or has the elements of one in other places."""
    made = x.defining_op
    if made is not None and made.name in ("broadcast", "reshape", "transpose", "index"):
        return _is_product(made.operands[0])
    return made is not None and made.name == "mul" and not any(map(_is_power_of_two, made.operands))


def _is_power_of_two(x: Value) -> bool:
    """Whether x is such a constant in all its elements, or its negative."""
    made = x.defining_op
    if made is not None and made.name == "broadcast":
        return _is_power_of_two(made.operands[0])
    if made is None or made.name != "constant" or not isinstance(made.attrs["value"], np.generic):
        return False
    return abs(math.frexp(float(made.attrs["value"]))[0]) == 0.5


def _late_and_early(em: Emitter, op: Op) -> tuple[Value, Value] | None:
    """The operands of a sum that the next trip waits for, if one is known later: by far, unless both are products.

    What is late decides how they are put together. A late product is fused with the sum; left alone, LLVM may fuse the
    other, and the loop waits for a product and a fused sum. Where only the early operand is a product, a sum of its own
    is over sooner than one that multiplies first.
    """
    if op.result.shape or op.result.dtype.kind != "f" or id(op) not in em.recurring:
        return None
    first, second = op.operands
    ahead = _ready(em, first) - _ready(em, second)
    least = FAR if _factors(em, first) is None or _factors(em, second) is None else 1
    return None if abs(ahead) < least else (first, second) if ahead > 0 else (second, first)


def _factors(em: Emitter, x: Value) -> Sequence[Value] | None:
    """The operands of x, a product of the current block that may be fused with a sum."""
    made = x.defining_op
    return made.operands if made is not None and made.name == "mul" and id(x) in em.frame.defined else None


def _ready(em: Emitter, x: Value) -> int:
    """A guess of the cycles from the start of the current block to x."""
    return _latency(em, x.defining_op) if x.defining_op is not None and id(x) in em.frame.defined else 0


def _latency(em: Emitter, op: Op) -> int:
    """A guess of the cycles from the start of the current block to the result of `op`."""
    if id(op) not in em.latencies:
        em.latencies[id(op)] = 0
        start = max((_ready(em, v) for v in op.operands), default=0)
        em.latencies[id(op)] = start + LATENCIES.get(op.name, 4 * op.defn.cost)
    return em.latencies[id(op)]


@op_writer("trigamma")
def _trigamma(em: Emitter, op: Op) -> None:
    dtype = op.operands[0].dtype
    keep_elementwise(em, op, lambda em, xs: scalars.helper(em, "polygamma1", dtype, xs))


@op_writer("polygamma")
def _polygamma(em: Emitter, op: Op) -> None:
    dtype, name = op.operands[0].dtype, f"polygamma{op.attrs['n']}"
    keep_elementwise(em, op, lambda em, xs: scalars.helper(em, name, dtype, xs))


@op_writer("ldexp")
def _ldexp(em: Emitter, op: Op) -> None:
    x, e = (v.dtype for v in op.operands)
    keep_elementwise(em, op, lambda em, xs: scalars.write_ldexp(em, x, e, xs))


@op_writer("cast")
def _cast(em: Emitter, op: Op) -> None:
    source, target = op.operands[0].dtype, op.attrs["dtype"]
    sums = em.array(op.operands[0]) if op.result.shape and target in (I32, I64) else None
    if isinstance(sums, narrow.Sums):
        narrow.keep_sums(em, op, sums.sums)
        return
    keep_elementwise(em, op, lambda em, xs: scalars.write_cast(em, xs[0], source, target))


@op_writer("bfloat16")
def _bfloat16(em: Emitter, op: Op) -> None:
    keep_elementwise(em, op, narrow.write_bfloat16)


@op_writer("bfloat16_back")
def _bfloat16_back(em: Emitter, op: Op) -> None:
    keep_elementwise(em, op, lambda em, xs: xs[0])


@op_writer("select")
def _select(em: Emitter, op: Op) -> None:
    type = register_type(op.result.dtype)

    def choose(em: Emitter, xs: list[Operand]) -> Operand:
        if xs[0] in ("true", "false") or xs[1] == xs[2]:
            return xs[1] if xs[0] == "true" else xs[2]
        return em.code.ins(f"select i1 {xs[0]}, {type} {xs[1]}, {type} {xs[2]}")

    keep_elementwise(em, op, choose)
