"""Python ints: 64 bits with checked overflow, floor division, and the symbolic value and bounds that sizes need."""

from __future__ import annotations

from tangra.api.context import Context
from tangra.api.elementwise import EXACT_INT, beyond_floats, cast, operand
from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT
from tangra.api.values import AbstractValue, Const, Scalar
from tangra.ir import F64, I64, Value
from tangra.shapes import Size, known_eq, known_le, known_lt

MIN, MAX = -(2**63), 2**63 - 1
OVERFLOW = "the integer result does not fit in 64 bits, which compiled code uses for Python ints"
Bound = int | None


def _message(text: str) -> str:
    namespace: dict[str, object] = {}
    try:
        exec(text, namespace)
    except (ZeroDivisionError, ValueError) as e:
        return str(e)
    raise AssertionError("it did not raise")


TRUE_DIVISION, FLOOR_DIVISION, MODULO = _message("1 / 0"), _message("1 // 0"), _message("1 % 0")
ZERO_POWER, NEGATIVE_SHIFT = _message("0 ** -1"), _message("1 << -1")


def as_int(ctx: Context, v: AbstractValue) -> Scalar:
    """A Python int or bool (constant or run-time) as a pyint with what is known of its value."""
    if isinstance(v, Const):
        n = int(v.value)
        return Scalar(operand(ctx, Const(n), I64), (PYINT,), None, n, n, n)
    assert isinstance(v, Scalar)
    if v.kinds == (PYBOOL,):
        return Scalar(cast(ctx, v.value, I64), (PYINT,), None, None, 0, 1)
    return v


def make(value: Value, size: Size | None, lo: Bound, hi: Bound) -> AbstractValue:
    """A pyint; a constant if its symbolic value is one."""
    if isinstance(size, int):
        return Const(size)
    lo = None if lo is None or lo <= MIN else lo
    hi = None if hi is None or hi >= MAX else hi
    return Scalar(value, (PYINT,), None, size, lo, hi)


def _sum(a: Bound, b: Bound) -> Bound:
    return None if a is None or b is None else a + b


def _negated(a: Bound) -> Bound:
    return None if a is None else -a


def _product_bounds(x: Scalar, y: Scalar) -> tuple[Bound, Bound]:
    if None in (x.lo, x.hi, y.lo, y.hi):
        if x.lo is not None and y.lo is not None and x.lo >= 0 and y.lo >= 0:
            return x.lo * y.lo, None
        return None, None
    corners = [a * b for a in (x.lo, x.hi) for b in (y.lo, y.hi)]  # type: ignore[operator]
    return min(corners), max(corners)


def _fits(lo: Bound, hi: Bound) -> bool:
    return lo is not None and hi is not None and lo >= MIN and hi <= MAX


def binary(ctx: Context, op: str, x: Scalar, y: Scalar) -> AbstractValue:
    """`x op y` of two Python ints."""
    if op in ("+", "-", "*"):
        return _checked(ctx, op, x, y)
    if op == "/":
        return _true_division(ctx, x, y)
    if op in ("//", "%"):
        return _floor(ctx, op, x, y)
    if op == "**":
        return _power(ctx, x, y)
    return _bits(ctx, op, x, y)


def _checked(ctx: Context, op: str, x: Scalar, y: Scalar) -> AbstractValue:
    if op == "+":
        lo, hi = _sum(x.lo, y.lo), _sum(x.hi, y.hi)
    elif op == "-":
        lo, hi = _sum(x.lo, _negated(y.hi)), _sum(x.hi, _negated(y.lo))
    else:
        lo, hi = _product_bounds(x, y)
    name = {"+": "add", "-": "sub", "*": "mul"}[op]
    if not _fits(lo, hi):
        ctx.fail_if(ctx.b(f"{name}_overflows", x.value, y.value), "OverflowError", OVERFLOW)
    size: Size | None = None
    if x.size is not None and y.size is not None:
        size = x.size + y.size if op == "+" else x.size - y.size if op == "-" else x.size * y.size
    return make(ctx.b(name, x.value, y.value), size, lo, hi)


def nonzero(ctx: Context, y: Scalar) -> bool:
    """Is `y` known not to be 0?"""
    if (y.lo is not None and y.lo > 0) or (y.hi is not None and y.hi < 0):
        return True
    return y.size is not None and known_eq(y.size, 0, ctx.facts) is False


def _check_zero(ctx: Context, y: Scalar, message: str) -> None:
    if not nonzero(ctx, y):
        ctx.fail_if(ctx.b("eq", y.value, ctx.b.int(0)), "ZeroDivisionError", message)


def _true_division(ctx: Context, x: Scalar, y: Scalar) -> AbstractValue:
    _check_zero(ctx, y, TRUE_DIVISION)
    b = ctx.b
    for v in (x, y):
        if not (v.lo is not None and v.hi is not None and v.lo >= -EXACT_INT and v.hi <= EXACT_INT):
            ctx.fail_if(
                beyond_floats(ctx, v.value),
                "OverflowError",
                "true division of the integer {}, beyond 2**53, would be rounded twice "
                "in compiled code; convert it with float(...) first",
                [v.value],
            )
    return Scalar(b("div", cast(ctx, x.value, F64), cast(ctx, y.value, F64)), (PYFLOAT,))


def _floor(ctx: Context, op: str, x: Scalar, y: Scalar) -> AbstractValue:
    b = ctx.b
    _check_zero(ctx, y, FLOOR_DIVISION if op == "//" else MODULO)
    if op == "//" and not ((x.lo is not None and x.lo > MIN) or (y.lo is not None and y.lo >= 0)):
        lowest = b("and", b("eq", x.value, b.int(MIN)), b("eq", y.value, b.int(-1)))
        ctx.fail_if(lowest, "OverflowError", OVERFLOW)
    size: Size | None = None
    if x.size is not None and y.size is not None and nonzero(ctx, y):
        size = x.size // y.size if op == "//" else x.size % y.size
    value = b("floordiv" if op == "//" else "mod", x.value, y.value)
    return make(value, size, *_floor_bounds(op, x, y))


def _floor_bounds(op: str, x: Scalar, y: Scalar) -> tuple[Bound, Bound]:
    if y.lo is None or y.lo <= 0:
        return (None, None)
    if op == "%":
        return 0, (None if y.hi is None else y.hi - 1)
    lo = None if x.lo is None else min(x.lo // y.lo, x.lo // y.hi if y.hi is not None else 0, x.lo // y.lo)
    hi = None if x.hi is None else max(x.hi // y.lo, x.hi // y.hi if y.hi is not None else 0)
    return lo, hi


def _power(ctx: Context, x: Scalar, y: Scalar) -> AbstractValue:
    b = ctx.b
    if isinstance(y.size, int) and 0 <= y.size <= 64:
        return _whole_power(ctx, x, y.size)
    if not (y.lo is not None and y.lo >= 0):
        negative = b("lt", y.value, b.int(0))
        ctx.fail_if(b("and", negative, b("eq", x.value, b.int(0))), "ZeroDivisionError", ZERO_POWER)
        value = b("pow", cast(ctx, x.value, F64), cast(ctx, y.value, F64))
        if y.hi is None or y.hi > EXACT_INT:
            odd = b("ne", b("and", y.value, b.int(1)), b.int(0))  # which a rounded exponent doesn't tell
            odd = b("and", odd, b("not", negative))  # Python itself rounds a negative one
            value = b("select", b("and", odd, b("eq", x.value, b.int(-1))), b.float(-1.0), value)
        large = b("or", b("gt", b("abs", value), b.float(float(EXACT_INT))), beyond_floats(ctx, x.value))
        big = b("and", b("gt", y.value, b.int(0)), large)
        ctx.fail_if(big, "OverflowError", OVERFLOW)
        return Scalar(value, (PYINT, PYFLOAT), cast(ctx, negative, I64))
    approximate = b("abs", b("pow", cast(ctx, x.value, F64), cast(ctx, y.value, F64)))
    ctx.fail_if(b("ge", approximate, b.float(2.0**63)), "OverflowError", OVERFLOW)
    return make(b("pow", x.value, y.value), None, 0 if x.lo is not None and x.lo >= 0 else None, None)


def _whole_power(ctx: Context, x: Scalar, exponent: int) -> AbstractValue:
    result: AbstractValue = Const(1)
    base: AbstractValue = x
    while exponent:
        if exponent & 1:
            result = _checked(ctx, "*", as_int(ctx, result), as_int(ctx, base))
        exponent >>= 1
        if exponent:
            base = _checked(ctx, "*", as_int(ctx, base), as_int(ctx, base))
    return result


def _bits(ctx: Context, op: str, x: Scalar, y: Scalar) -> AbstractValue:
    b = ctx.b
    if op in ("&", "|", "^"):
        value = b({"&": "and", "|": "or", "^": "xor"}[op], x.value, y.value)
        both = x.lo is not None and x.lo >= 0 and y.lo is not None and y.lo >= 0
        return make(value, None, 0 if both else None, None)
    if not (y.lo is not None and y.lo >= 0):
        ctx.fail_if(b("lt", y.value, b.int(0)), "ValueError", NEGATIVE_SHIFT)
    if op == ">>":
        clipped = b("minimum", y.value, b.int(63))
        return make(
            b("shr", x.value, clipped),
            None,
            x.lo if x.lo is not None and x.lo < 0 else 0 if x.lo is not None else None,
            x.hi if x.hi is not None and x.hi > 0 else None,
        )
    clipped = b("minimum", y.value, b.int(63))
    shifted = b("shl", x.value, clipped)
    lost = b("ne", b("shr", shifted, clipped), x.value)
    too_far = b("and", b("gt", y.value, b.int(63)), b("ne", x.value, b.int(0)))
    ctx.fail_if(b("or", lost, too_far), "OverflowError", OVERFLOW)
    return make(shifted, None, None, None)


def unary(ctx: Context, op: str, x: Scalar) -> AbstractValue:
    """`-x`, `+x`, `~x` of a Python int."""
    if op == "+":
        return make(x.value, x.size, x.lo, x.hi)
    if op == "-":
        return _checked(ctx, "-", as_int(ctx, Const(0)), x)
    lo = None if x.hi is None else -x.hi - 1
    hi = None if x.lo is None else -x.lo - 1
    return make(ctx.b("invert", x.value), None if x.size is None else -x.size - 1, lo, hi)


def compare(ctx: Context, op: str, x: Scalar, y: Scalar) -> AbstractValue:
    """A comparison of two Python ints: constant where sizes or bounds decide it."""
    known = _decided(ctx, op, x, y)
    if known is not None:
        return Const(known)
    name = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}[op]
    return Scalar(ctx.b(name, x.value, y.value), (PYBOOL,))


def _decided(ctx: Context, op: str, x: Scalar, y: Scalar) -> bool | None:
    if op in (">", ">="):
        return _decided(ctx, "<" if op == ">" else "<=", y, x)
    if op == "!=":
        equal = _decided(ctx, "==", x, y)
        return None if equal is None else not equal
    disjoint = (x.hi is not None and y.lo is not None and x.hi < y.lo) or (
        x.lo is not None and y.hi is not None and x.lo > y.hi
    )
    if op == "==" and disjoint:
        return False
    if op in ("<", "<=") and x.hi is not None and y.lo is not None and (x.hi < y.lo or (op == "<=" and x.hi == y.lo)):
        return True
    if op in ("<", "<=") and x.lo is not None and y.hi is not None and (x.lo > y.hi or (op == "<" and x.lo == y.hi)):
        return False
    if x.size is None or y.size is None:
        return None
    decide = {"==": known_eq, "<": known_lt, "<=": known_le}[op]
    return decide(x.size, y.size, ctx.facts)
