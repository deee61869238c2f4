"""Random numbers of NumPy: the functions of `numpy.random`, and the methods of its generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, size_argument
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.failures import ARGUMENT, MISMATCH, RANK, Failure
from tangra.shape_rules.numpy.common import dtype_argument
from tangra.shape_rules.numpy.creation import shape_argument
from tangra.shape_rules.ranges import with_drawn
from tangra.shape_rules.registry import inert, method, rule
from tangra.shape_rules.values import UNKNOWN, Record, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Dim, Size, dmax

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

GENERATOR = "numpy.random.Generator"


def _drawn(ctx: RuleContext, size: Value, dtype: str, *parameters: Value) -> Value:
    tensors = [to_tensor(one, "numpy") for one in parameters if one is not None]
    shape = broadcast_shapes(ctx, [one.shape for one in tensors], "parameters: ", "ValueError")
    if size is None:
        if shape == ():
            return ctx.fresh("random", low=-(2**63)) if dtype == "int64" else Unknown("float")
        return Tensor("numpy", shape, dtype)
    goal = shape_argument(ctx, size)
    if shape is not None and goal is not None and shape:
        broadcast_to(ctx, shape, goal, "parameters: ", "ValueError")
    return Tensor("numpy", goal, dtype)


def _two_parameters(first: float, second: float) -> Callable[..., Value]:
    def draw(ctx: RuleContext, loc: Value = first, scale: Value = second, size: Value = None) -> Value:
        return _drawn(ctx, size, "float64", loc, scale)

    return draw


def _one_parameter(ctx: RuleContext, scale: Value = 1.0, size: Value = None) -> Value:
    return _drawn(ctx, size, "float64", scale)


def _sized(ctx: RuleContext, size: Value = None, dtype: Value = None) -> Value:
    return _drawn(ctx, size, dtype_argument(dtype, "numpy", "float64") or "float64")


def _integers(
    ctx: RuleContext, low: Value, high: Value = None, size: Value = None, dtype: Value = None, endpoint: Value = False
) -> Value:
    kind = dtype_argument(dtype, "numpy", "int64") or "int64"
    first, last = (0, low) if high is None else (low, high)
    found = _drawn(ctx, size, kind, low, high)
    if kind != "int64" or not is_size(first) or not is_size(last):
        return found
    last = last if endpoint is False else last + 1
    if isinstance(found, Dim):
        return ctx.drawn(first, last)
    return with_drawn(ctx, found, first, last) if isinstance(found, Tensor) else found


def _randint(ctx: RuleContext, low: Value, high: Value = None, size: Value = None, dtype: Value = int) -> Value:
    first, last = (0, low) if high is None else (low, high)
    for one in (first, last):
        if isinstance(one, Tensor) or not isinstance(one, int | float):
            return _integers(ctx, low, high, size, None if dtype is int else dtype)
    if int(first) >= int(last):
        ctx.fail(Failure(ARGUMENT, f"randint() from {first} up to {last}", "ValueError"))
    return _integers(ctx, low, high, size, None if dtype is int else dtype)


def _spread(ctx: RuleContext, *d: Value) -> Value:
    return Unknown("float") if not d else Tensor("numpy", shape_argument(ctx, tuple(d)), "float64")


def _declare(name: str, function: Callable[..., Value]) -> None:
    """The function of `numpy.random`, and the method of a generator."""

    def drawn(ctx: RuleContext, self: Value, *args: Value, **kwargs: Value) -> Value:
        return function(ctx, *args, **kwargs)

    rule(f"numpy.random.{name}")(function)
    method(GENERATOR, name)(drawn)


def _counts(ctx: RuleContext, lam: Value = 1.0, size: Value = None) -> Value:
    return _drawn(ctx, size, "int64", lam)


def _successes(ctx: RuleContext, n: Value, p: Value, size: Value = None) -> Value:
    return _drawn(ctx, size, "int64", n, p)


for _name in ("normal", "uniform", "laplace", "gumbel", "logistic", "lognormal"):
    _declare(_name, _two_parameters(0.0, 1.0))
for _name in ("beta", "gamma", "f", "vonmises", "wald"):
    _declare(_name, _two_parameters(1.0, 1.0))
for _name in ("exponential", "standard_gamma", "rayleigh", "chisquare", "standard_t", "pareto", "power", "weibull"):
    _declare(_name, _one_parameter)
for _name in ("random", "random_sample", "standard_normal", "standard_exponential", "standard_cauchy"):
    _declare(_name, _sized)
for _name in ("poisson", "geometric", "zipf"):
    _declare(_name, _counts)
for _name in ("binomial", "negative_binomial"):
    _declare(_name, _successes)
method(GENERATOR, "integers")(lambda ctx, self, *args, **kwargs: _integers(ctx, *args, **kwargs))
_declare("randint", _randint)
for _name in ("rand", "randn"):
    _declare(_name, _spread)


def _vectors(ctx: RuleContext, size: Value, length: Size, dtype: str) -> Tensor:
    """One vector for each entry of `size`."""
    shape = () if size is None else shape_argument(ctx, size)
    return Tensor("numpy", None if shape is None else (*shape, length), dtype)


def _multivariate_normal(
    ctx: RuleContext,
    mean: Value,
    cov: Value,
    size: Value = None,
    check_valid: Value = "warn",
    tol: Value = 1e-8,
    method: Value = "svd",
) -> Value:
    center, spread = to_tensor(mean, "numpy"), to_tensor(cov, "numpy")
    if center.rank not in (None, 1) or spread.rank not in (None, 2):
        text = f"multivariate_normal() takes a vector and a matrix, not {center} and {spread}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    length = center.size(0)
    for axis in range(2):
        if length is not None and spread.dims is not None:
            text = f"multivariate_normal(): a mean of {length} numbers, a covariance of shape {shape_text(spread.dims)}"
            ctx.require_equal(spread.dims[axis], length, Failure(MISMATCH, text, "ValueError"))
    return Tensor("numpy") if length is None else _vectors(ctx, size, length, "float64")


def _dirichlet(ctx: RuleContext, alpha: Value, size: Value = None) -> Value:
    given = to_tensor(alpha, "numpy")
    if given.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"dirichlet() takes a vector, not {given}", "ValueError"))
    length = given.size(0)
    return Tensor("numpy") if length is None else _vectors(ctx, size, length, "float64")


_declare("multivariate_normal", _multivariate_normal)
_declare("dirichlet", _dirichlet)


def _choice(ctx: RuleContext, a: Value, size: Value = None, replace: Value = True, p: Value = None) -> Value:
    pool = _pool(ctx, a, size)
    if pool.rank not in (None, 0, 1):
        text = f"choice() from an array of shape {shape_text(pool.shape)}: a vector or an int is needed"
        ctx.fail(Failure(RANK, text, "ValueError"))
    if size is None:
        return ctx.drawn(0, a) if is_size(a) else UNKNOWN
    return Tensor("numpy", shape_argument(ctx, size), "int64" if pool.rank == 0 else pool.dtype)


def _pool(ctx: RuleContext, a: Value, size: Value) -> Tensor:
    """What is chosen from."""
    pool = to_tensor(a, "numpy") if not isinstance(a, Unknown) else Tensor("numpy")
    if pool.rank == 0 and isinstance(a, Tensor):
        ctx.fail(Failure(RANK, "choice() from an array of shape (): a vector or an int is needed", "ValueError"))
    if isinstance(a, float) or (isinstance(a, int) and a < 1 and size is not None):
        ctx.fail(Failure(ARGUMENT, f"choice() from {a} numbers", "ValueError"))
    return pool


@method(GENERATOR, "choice")
def choice_along(
    ctx: RuleContext,
    self: Value,
    a: Value,
    size: Value = None,
    replace: Value = True,
    p: Value = None,
    axis: Value = 0,
    shuffle: Value = True,
) -> Value:
    """Slices along an axis, which a generator's method takes from arrays of any rank."""
    pool = _pool(ctx, a, size)
    if pool.dims is None or len(pool.dims) < 2:
        return _choice(ctx, a, size, replace, p)
    place, count = axis_place(ctx, pool, axis, error="AxisError"), () if size is None else shape_argument(ctx, size)
    if place is None or count is None:
        return Tensor("numpy", None, pool.dtype)
    return Tensor("numpy", (*pool.dims[:place], *count, *pool.dims[place + 1 :]), pool.dtype)


def _permutation(ctx: RuleContext, x: Value) -> Value:
    pool = to_tensor(x, "numpy") if not isinstance(x, Unknown) else Tensor("numpy")
    if pool.rank == 0:
        return Tensor("numpy", (dmax(0, size_argument(ctx, x, "x")),), "int64")
    return Tensor("numpy", pool.shape, pool.dtype)


rule("numpy.random.choice")(_choice)
rule("numpy.random.permutation")(_permutation)
method(GENERATOR, "permutation", "permuted")(lambda ctx, self, x, axis=0, out=None: _permutation(ctx, x))
method(GENERATOR, "shuffle", "seed")(lambda ctx, self, *args, **kwargs: None)
inert("numpy.random.seed", "numpy.random.shuffle")


@rule("numpy.random.default_rng", "numpy.random.RandomState")
def default_rng(ctx: RuleContext, seed: Value = None) -> Value:
    """A generator: its methods are declared under `numpy.random.Generator`."""
    return Record(("generator",), (GENERATOR,))
