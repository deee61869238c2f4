"""`torch.special`, and torch's other functions of number theory and of parts of floats: all elementwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import float_result, kind, real_of
from tangra.shape_rules.failures import ARGUMENT, DTYPE, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch import elementwise, reductions
from tangra.shape_rules.torch.common import both, default_dtype, fresh, refuse, require_floating
from tangra.shape_rules.torch.elementwise import binary, unary
from tangra.shape_rules.values import Tensor, Value, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

UNARY = words(
    """
    airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr erfcx i0e i1 i1e log_ndtr modified_bessel_i0 modified_bessel_i1
    modified_bessel_k0 modified_bessel_k1 ndtr ndtri scaled_modified_bessel_k0 scaled_modified_bessel_k1
    spherical_bessel_j0
    """
)
BINARY = words(
    """
    zeta xlog1py chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w
    hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p
    shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
    shifted_chebyshev_polynomial_w
    """
)


def _real(ctx: RuleContext, tensor: Tensor, name: str) -> None:
    if kind(tensor.dtype) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "RuntimeError"))


def _of_one(ctx: RuleContext, input: Tensor) -> Tensor:
    _real(ctx, input, "this function")
    return unary(ctx, "special", input, float_result(input.dtype, "torch", default_dtype(ctx)))


def _of_two(ctx: RuleContext, input: Value, other: Value) -> Tensor:
    result = binary(ctx, "special", input, other)
    return result.with_(dtype=float_result(result.dtype, "torch", default_dtype(ctx)), elements=None)


rule(*(f"torch.special.{name}" for name in UNARY))(_of_one)
rule(*(f"torch.special.{name}" for name in BINARY))(_of_two)
rule("torch.special.logit")(elementwise.logit)
rule("torch.special.round")(elementwise.round_)
rule("torch.special.logsumexp")(reductions.logsumexp)
rule("torch.special.softmax", "torch.special.log_softmax")(reductions.softmax_method)


@both("igamma", "igammac")
def igamma(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """The regularised incomplete gamma functions."""
    result = binary(ctx, "igamma", input, other)
    require_floating(ctx, result, "igamma()")
    _real(ctx, result, "igamma")
    return result


rule("torch.special.gammainc", "torch.special.gammaincc")(igamma)


@rule("torch.polygamma", "torch.special.polygamma")
def polygamma(ctx: RuleContext, n: Value, input: Tensor) -> Tensor:
    """Derivatives of the digamma function."""
    order = size_argument(ctx, n, "n")
    ctx.require(AtLeast(0, order), Failure(ARGUMENT, f"polygamma() of order {order}", "RuntimeError"))
    _real(ctx, input, "polygamma")
    return unary(ctx, "polygamma", input, float_result(input.dtype, "torch", default_dtype(ctx)))


@both("mvlgamma")
def mvlgamma(ctx: RuleContext, input: Tensor, p: Value) -> Tensor:
    """The logarithm of the multivariate gamma function."""
    order = size_argument(ctx, p, "p")
    ctx.require(AtLeast(1, order), Failure(ARGUMENT, f"mvlgamma() of {order} dimensions", "RuntimeError"))
    refuse(ctx, input, "mvlgamma()", ("bool",))
    return unary(ctx, "mvlgamma", input, float_result(input.dtype, "torch", default_dtype(ctx)))


rule("torch.special.multigammaln")(mvlgamma)


def _of_ints(name: str) -> None:
    def apply(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
        result = binary(ctx, name, input, other)
        if kind(result.dtype) not in (None, 1):
            ctx.fail(Failure(DTYPE, f"{name}() takes ints, not {result.dtype}", "RuntimeError"))
        return result

    both(name, inplace=True)(apply)


_of_ints("gcd")
_of_ints("lcm")


def _shift(name: str) -> None:
    def apply(ctx: RuleContext, input: Value, other: Value) -> Tensor:
        result = binary(ctx, name, input, other)
        if kind(result.dtype) not in (None, 1):
            ctx.fail(Failure(DTYPE, f"{name}() takes ints, not {result.dtype}", "RuntimeError"))
        return result

    both(name, inplace=True)(apply)


_shift("bitwise_left_shift")
_shift("bitwise_right_shift")


@both("heaviside")
def heaviside(ctx: RuleContext, input: Tensor, values: Tensor) -> Tensor:
    """0, 1, or `values` where the input is 0."""
    if input.dtype is not None and values.dtype is not None and input.dtype != values.dtype:
        ctx.fail(Failure(DTYPE, f"heaviside() of {input.dtype} and {values.dtype}", "RuntimeError"))
    _real(ctx, input, "heaviside")
    return binary(ctx, "heaviside", input, values)


@both("nextafter")
def nextafter(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """The next float in the direction of another."""
    result = binary(ctx, "nextafter", input, other)
    require_floating(ctx, result, "nextafter()")
    return result


@both("ldexp")
def ldexp(ctx: RuleContext, input: Tensor, other: Tensor) -> Tensor:
    """input * 2**other."""
    if kind(input.dtype) in (2, 3):
        refuse(ctx, other, "ldexp()", ("bool",))
    result = binary(ctx, "ldexp", input, other)
    return result.with_(dtype=float_result(result.dtype, "torch", default_dtype(ctx)), elements=None)


@both("frexp")
def frexp(ctx: RuleContext, input: Tensor) -> Value:
    """Mantissas and exponents."""
    if kind(input.dtype) not in (None, 2):
        ctx.fail(Failure(DTYPE, f"frexp() takes floats, not {input.dtype}", "RuntimeError"))
    return input.with_(elements=None, parameter=False), fresh(input.shape, "int32", input)


@both("float_power")
def float_power(ctx: RuleContext, input: Value, exponent: Value) -> Tensor:
    """Powers in double precision."""
    result = binary(ctx, "float_power", input, exponent)
    found = kind(result.dtype)
    return result.with_(dtype=None if found is None else "complex128" if found == 3 else "float64", elements=None)


@rule("torch.rsub")
def rsub(ctx: RuleContext, input: Value, other: Value, *, alpha: Value = 1) -> Tensor:
    """other - alpha*input."""
    return elementwise.sub(ctx, other, input, alpha=alpha)


@rule("torch.real")
def real(ctx: RuleContext, input: Tensor) -> Tensor:
    """The real part of complex numbers."""
    return Tensor("torch", input.shape, real_of(input.dtype))


@rule("torch.imag")
def imag(ctx: RuleContext, input: Tensor) -> Tensor:
    """The imaginary part of complex numbers."""
    if kind(input.dtype) not in (None, 3):
        ctx.fail(Failure(DTYPE, f"imag() takes complex numbers, not {input.dtype}", "RuntimeError"))
    return real(ctx, input)
