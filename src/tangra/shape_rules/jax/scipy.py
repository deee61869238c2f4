"""`jax.scipy`: special functions, densities, factorisations and convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AllOf, AnyOf, AtLeast
from tangra.shape_rules.dtypes import discrete, float_result, kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, MATMUL, RANK, Failure
from tangra.shape_rules.jax.nn import softmax
from tangra.shape_rules.numpy import linalg
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, shape_text, words
from tangra.shapes import Size, dmax, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

SPECIAL = "jax.scipy.special."
UNARY = words(
    """
    digamma entr erf erfc erfcx erfinv exp1 expi expit gamma gammaln gammasgn i0 i0e i1 i1e log_ndtr loggamma logit ndtr
    ndtri spence dawsn
    """
)
BINARY = words("xlog1py xlogy gammainc gammaincc betaln boxcox boxcox1p kl_div rel_entr zeta poch")


def _all(ctx: RuleContext, name: str, values: tuple[Value, ...]) -> Tensor:
    """The elementwise result of some arrays and numbers, as floats."""
    operands = [to_tensor(value, "jax", name) for value in values if value is not None]
    shape = broadcast_shapes(ctx, [one.shape for one in operands], f"{name}: ", "ValueError")
    return made("jax", shape, float_result(result_dtype(operands, "jax"), "jax"))


def _of_one(ctx: RuleContext, x: Tensor) -> Tensor:
    return made("jax", x.shape, None) if discrete(x.dtype) else _all(ctx, "special", (x,))  # some refuse ints


def _of_two(ctx: RuleContext, x: Tensor, y: Tensor) -> Tensor:
    return _all(ctx, "special", (x, y))


rule(*(SPECIAL + name for name in UNARY))(_of_one)
rule(*(SPECIAL + name for name in BINARY))(_of_two)
rule(SPECIAL + "softmax", SPECIAL + "log_softmax")(softmax)


@rule(SPECIAL + "betainc")
def betainc(ctx: RuleContext, a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """The regularised incomplete beta function."""
    return _all(ctx, "betainc", (a, b, x))


@rule(SPECIAL + "multigammaln")
def multigammaln(ctx: RuleContext, a: Tensor, d: Value) -> Tensor:
    """The logarithm of the multivariate gamma function."""
    return _all(ctx, "multigammaln", (a,))


@rule(SPECIAL + "polygamma")
def polygamma(ctx: RuleContext, n: Tensor, x: Tensor) -> Tensor:
    """Derivatives of the digamma function."""
    if kind(n.dtype) == 2:
        ctx.fail(Failure(ARGUMENT, "polygamma() of an order that is no int", "ValueError"))
    return _all(ctx, "polygamma", (n, x))


# ----------------------------------------------------------------------------------------------------------- densities

FAMILIES = words(
    """
    bernoulli beta betabinom binom cauchy chi2 expon gamma gennorm geom gumbel_l gumbel_r laplace logistic nbinom norm
    pareto poisson t truncnorm uniform vonmises wrapcauchy
    """
)
MEASURES = words("pdf logpdf pmf logpmf cdf logcdf sf logsf ppf isf")


PARAMETERS = words("loc scale df a b p n k mu kappa c beta lower_tail")


def _density(ctx: RuleContext, x: Tensor, *parameters: Value, **named: Value) -> Tensor:
    """A density or its like at places, for parameters that broadcast with them."""
    for word in named:
        if word not in PARAMETERS:
            ctx.fail(Failure(CALL, f"a density takes no argument {word}", "TypeError"))
    given = [one.shape for one in (to_tensor(value, "jax", "a density") for value in (*parameters, *named.values()))]
    shape = broadcast_shapes(ctx, [x.shape, *given], "a density: ", "ValueError")
    return made("jax", shape, "float32" if x.dtype == "float32" else None)


rule(*(f"jax.scipy.stats.{family}.{measure}" for family in FAMILIES for measure in MEASURES))(_density)


@rule("jax.scipy.stats.multivariate_normal.logpdf", "jax.scipy.stats.multivariate_normal.pdf")
def multivariate_normal(ctx: RuleContext, x: Tensor, mean: Tensor, cov: Tensor, allow_singular: Value = None) -> Tensor:
    """The density of normal vectors in the last axis."""
    if mean.dims is None or cov.dims is None or x.dims is None or not mean.dims:
        return made("jax", None, "float32")
    if cov.dims:
        text = f"multivariate_normal with mean {shape_text(mean.dims)} and covariance {shape_text(cov.dims)}"
        failure = Failure(MATMUL, text, "ValueError")
        if len(cov.dims) < 2:
            ctx.fail(failure)
        for size in cov.dims[-2:]:
            ctx.require_equal(size, mean.dims[-1], failure)
    whole = broadcast_shapes(ctx, [x.dims, mean.dims], "multivariate_normal: ", "TypeError")
    lead = None if whole is None else broadcast_shapes(ctx, [whole[:-1], cov.dims[:-2]], "multivariate_normal: ")
    return made("jax", lead, "float32")


# ------------------------------------------------------------------------------------------------------ factorisations

LINALG = "jax.scipy.linalg."


def _floating(a: Tensor) -> str | None:
    return "float32" if discrete(a.dtype) else a.dtype


@rule(LINALG + "inv", LINALG + "expm")
def inverse(
    ctx: RuleContext, a: Tensor, overwrite_a: Value = False, check_finite: Value = True, *,
    upper_triangular: Value = False, max_squarings: Value = 16,
) -> Tensor:  # fmt: skip
    """A function of square matrices."""
    found = linalg._matrices(ctx, a, "this function", True)
    return made("jax", None if found is None else a.shape, _floating(a))


@rule(LINALG + "det")
def det(ctx: RuleContext, a: Tensor, overwrite_a: Value = False, check_finite: Value = True) -> Tensor:
    """Determinants."""
    found = linalg._matrices(ctx, a, "det()", True)
    return made("jax", None if found is None else found[0], _floating(a))


@rule(LINALG + "cholesky")
def cholesky(
    ctx: RuleContext, a: Tensor, lower: Value = False, overwrite_a: Value = False, check_finite: Value = True
) -> Tensor:
    """The triangular factor."""
    found = linalg._matrices(ctx, a, "cholesky()", True)
    return made("jax", None if found is None else a.shape, _floating(a))


@rule(LINALG + "cho_factor")
def cho_factor(
    ctx: RuleContext, a: Tensor, lower: Value = False, overwrite_a: Value = False, check_finite: Value = True
) -> Value:
    """The triangular factor, for `cho_solve`."""
    return cholesky(ctx, a), lower


def _right_side(ctx: RuleContext, a: Tensor, b: Tensor, name: str) -> Tensor:
    found = linalg._matrices(ctx, a, name, True)
    dtype = result_dtype([made("jax", (1,), _floating(a)), made("jax", (1,), _floating(b))], "jax")
    if found is None or b.dims is None:
        return made("jax", None, dtype)
    if not b.dims:
        ctx.fail(Failure(RANK, f"{name} with a 0-d right side", "ValueError"))
    vector = len(b.dims) == 1
    text = f"{name} of {shape_text(a.shape)} with {shape_text(b.dims)}"
    ctx.require_equal(b.dims[-1 if vector else -2], found[1], Failure(MATMUL, text, "ValueError"))
    if len(b.dims) > 2 or found[0]:
        return made("jax", None, dtype)
    return made("jax", b.dims, dtype)


@rule(LINALG + "solve", LINALG + "solve_triangular")
def solve(
    ctx: RuleContext, a: Tensor, b: Tensor, lower: Value = False, overwrite_a: Value = False,
    overwrite_b: Value = False, debug: Value = False, check_finite: Value = True, assume_a: Value = "gen", *,
    trans: Value = 0, unit_diagonal: Value = False,
) -> Tensor:  # fmt: skip
    """x with a x = b."""
    return _right_side(ctx, a, b, "solve()")


@rule(LINALG + "cho_solve", LINALG + "lu_solve")
def cho_solve(
    ctx: RuleContext, c_and_lower: Value, b: Tensor, trans: Value = 0, overwrite_b: Value = False,
    check_finite: Value = True,
) -> Tensor:  # fmt: skip
    """x with a x = b, a given by its factors."""
    if isinstance(c_and_lower, list | tuple) and c_and_lower and isinstance(c_and_lower[0], Tensor):
        return _right_side(ctx, c_and_lower[0], b, "cho_solve()")
    return Tensor("jax")


@rule(LINALG + "lu_factor")
def lu_factor(ctx: RuleContext, a: Tensor, overwrite_a: Value = False, check_finite: Value = True) -> Value:
    """The factors in one matrix, and the exchanged rows."""
    found = linalg._matrices(ctx, a, "lu_factor()")
    if found is None:
        return UNKNOWN
    return made("jax", a.shape, _floating(a)), made("jax", (*found[0], dmin(found[1], found[2])), "int32")


@rule(LINALG + "eigh")
def eigh(
    ctx: RuleContext, a: Tensor, b: Value = None, lower: Value = True, eigvals_only: Value = False,
    overwrite_a: Value = False, overwrite_b: Value = False, turbo: Value = True, eigvals: Value = None,
    type: Value = 1, check_finite: Value = True,
) -> Value:  # fmt: skip
    """Eigenvalues and vectors of symmetric matrices."""
    found = linalg.eigh(ctx, a)
    return found[0] if eigvals_only is True else tuple(found)


@rule(LINALG + "svd")
def svd(
    ctx: RuleContext, a: Tensor, full_matrices: Value = True, compute_uv: Value = True, overwrite_a: Value = False,
    check_finite: Value = True, lapack_driver: Value = "gesdd",
) -> Value:  # fmt: skip
    """U, the singular values, and V transposed."""
    found = linalg.svd(ctx, a, full_matrices, compute_uv)
    return found if isinstance(found, Tensor) else tuple(found)


@rule(LINALG + "block_diag")
def block_diag(ctx: RuleContext, *arrs: Tensor) -> Tensor:
    """Matrices along the diagonal of one."""
    rows: Size = 0
    columns: Size = 0
    for one in arrs:
        if one.rank is not None and one.rank > 2:
            ctx.fail(Failure(RANK, f"block_diag() of shape {shape_text(one.shape)}", "ValueError"))
        dims = None if one.dims is None else ((1,) * (2 - len(one.dims)) + one.dims)
        if dims is None:
            return made("jax", None, None)
        rows, columns = rows + dims[0], columns + dims[1]
    return made("jax", (rows, columns), result_dtype([one.with_(weak=False) for one in arrs], "jax"))


# -------------------------------------------------------------------------------------------------------- convolutions


def _convolving(name: str, rank: int | None) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, in1: Tensor, in2: Tensor, mode: Value = "full", boundary: Value = "fill",
        fillvalue: Value = 0, precision: Value = None, *, method: Value = "auto",
    ) -> Tensor:  # fmt: skip
        dtype = float_result(result_dtype([in1, in2], "jax"), "jax")
        if in1.dims is None or in2.dims is None:
            return made("jax", None, dtype)
        text = f"{name}() of shapes {shape_text(in1.dims)} and {shape_text(in2.dims)}"
        if len(in1.dims) != len(in2.dims) or rank not in (None, len(in1.dims)):
            ctx.fail(Failure(RANK, text, "ValueError"))
        if not isinstance(mode, str):
            return made("jax", None, dtype)
        smaller = [AllOf(tuple(AtLeast(a, b) for a, b in zip(one, other, strict=True)))
                   for one, other in ((in1.dims, in2.dims), (in2.dims, in1.dims))]  # fmt: skip
        ctx.require(AnyOf(tuple(smaller)), Failure(ARGUMENT, f"{text}: one has to fit in the other", "ValueError"))
        shape: list[Size] = []
        for left, right in zip(in1.dims, in2.dims, strict=True):
            sizes = {"full": left + right - 1, "same": left, "valid": dmax(left, right) - dmin(left, right) + 1}
            if mode not in sizes:
                ctx.fail(Failure(ARGUMENT, f"{name}() has no mode {mode!r}", "ValueError"))
            ctx.require(AtLeast(1, dmin(left, right)), Failure(ARGUMENT, f"{text}: one is empty", "ValueError"))
            shape.append(sizes[mode])
        return made("jax", tuple(shape), dtype)

    return apply


for _name, _rank in (("convolve", None), ("convolve2d", 2), ("correlate", None), ("correlate2d", 2)):
    rule(f"jax.scipy.signal.{_name}")(_convolving(_name, _rank))
