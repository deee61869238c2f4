"""Elementwise functions of NumPy and `jax.numpy` whose dtypes follow rules of their own: ints, parts of floats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.dtypes import discrete, float_result, kind
from tangra.shape_rules.failures import DTYPE, RANK, Failure
from tangra.shape_rules.numpy.common import functions, made
from tangra.shape_rules.numpy.elementwise import binary, unary
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _require(ctx: RuleContext, x: Tensor, name: str, kinds: tuple[int, ...]) -> None:
    """Fail for a dtype of another kind (see `dtypes.kind`)."""
    found = kind(x.dtype)
    if found is not None and found not in kinds:
        ctx.fail(Failure(DTYPE, f"{name}() does not take {x.dtype}", "TypeError"))


@functions("reciprocal")
def reciprocal(ctx: RuleContext, x: Tensor) -> Tensor:
    """1/x, which NumPy leaves an int."""
    dtype = float_result(x.dtype, "jax") if x.library == "jax" else "int8" if x.dtype == "bool" else x.dtype
    return unary(ctx, "reciprocal", x, dtype)


@functions("i0")
def i0(ctx: RuleContext, x: Tensor) -> Tensor:
    """The Bessel function of order 0."""
    _require(ctx, x, "i0", (0, 1, 2))
    return unary(ctx, "i0", x, "float64" if discrete(x.dtype) else x.dtype)


@functions("spacing")
def spacing(ctx: RuleContext, x: Tensor) -> Tensor:
    """The distance to the next float."""
    _require(ctx, x, "spacing", (0, 1, 2))
    return unary(ctx, "spacing", x, float_result(x.dtype, x.library))


@functions("bitwise_count")
def bitwise_count(ctx: RuleContext, x: Tensor) -> Tensor:
    """How many bits of the absolute value are set."""
    _require(ctx, x, "bitwise_count", (0, 1))
    return unary(ctx, "bitwise_count", x, "uint8")


@functions("float_power")
def float_power(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
    """Powers, of double precision at least."""
    result = binary(ctx, "float_power", x1, x2, library)
    found = kind(result.dtype)
    wide = None if found is None else "complex128" if found == 3 else "float64"
    return made(library, result.shape, wide).with_(grown=result.grown, ones=result.ones)


def _of_ints(name: str) -> None:
    def apply(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
        result = binary(ctx, name, x1, x2, library)
        _require(ctx, result, name, (0, 1))
        return result

    functions(name)(apply)


_of_ints("gcd")
_of_ints("lcm")


@functions("ldexp")
def ldexp(ctx: RuleContext, x1: Tensor, x2: Tensor, *, library: str) -> Tensor:
    """x1 * 2**x2."""
    _require(ctx, x2, "ldexp", (0, 1))
    _require(ctx, x1, "ldexp", (0, 1, 2))
    result = binary(ctx, "ldexp", x1, x2, library)
    return result.with_(dtype=float_result(x1.dtype, library), elements=None)


@functions("frexp")
def frexp(ctx: RuleContext, x: Tensor) -> Value:
    """Mantissas and exponents."""
    _require(ctx, x, "frexp", (0, 1, 2))
    return unary(ctx, "frexp", x, float_result(x.dtype, x.library)), made(x.library, x.shape, "int32")


@functions("modf")
def modf(ctx: RuleContext, x: Tensor) -> Value:
    """What lies behind the point, and in front of it."""
    _require(ctx, x, "modf", (0, 1, 2))
    part = unary(ctx, "modf", x, float_result(x.dtype, x.library))
    return part, part


@rule("numpy.sort_complex")
def sort_complex(ctx: RuleContext, a: Tensor) -> Tensor:
    """Sorted along the last axis, as complex numbers."""
    if a.rank == 0:
        ctx.fail(Failure(RANK, "sort_complex() of a 0-d array", "AxisError"))
    small = a.dtype in ("int8", "int16", "uint8", "uint16") or a.library == "jax"
    dtype = a.dtype if kind(a.dtype) == 3 else "complex64" if small else "complex128"
    return made(a.library, a.shape, None if a.dtype is None else dtype)


@rule("numpy.real_if_close")
def real_if_close(ctx: RuleContext, a: Tensor, tol: Value = 100) -> Tensor:
    """The real part of what has no imaginary one: elements decide."""
    return made("numpy", a.shape, None if kind(a.dtype) in (None, 3) else a.dtype)
