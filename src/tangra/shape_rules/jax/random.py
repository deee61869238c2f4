"""`jax.random`: keys, and arrays of random numbers by shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, reduced, size_argument
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import ARGUMENT, DTYPE, Failure
from tangra.shape_rules.numpy.common import dtype_argument, made
from tangra.shape_rules.numpy.creation import shape_argument
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, shape_text, words
from tangra.shapes import dmax

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

KEY = "key<fry>"


@rule("jax.random.key")
def key(ctx: RuleContext, seed: Value, *, impl: Value = None) -> Tensor:
    """A key: a 0-d array of its own dtype."""
    _check_seed(ctx, seed)
    return Tensor("jax", (), KEY)


@rule("jax.random.PRNGKey")
def raw_key(ctx: RuleContext, seed: Value, *, impl: Value = None) -> Tensor:
    """An old-style key: two numbers."""
    _check_seed(ctx, seed)
    return Tensor("jax", (2,), "uint32")


def _check_seed(ctx: RuleContext, seed: Value) -> None:
    """Fail for what is no single number."""
    found = to_tensor(seed, "jax", "key", "seed")
    if found.rank:
        text = f"a random key is made of one number, not of an array of shape {shape_text(found.shape)}"
        ctx.fail(Failure(ARGUMENT, text, "TypeError"))


@rule("jax.random.split")
def split(ctx: RuleContext, key: Tensor, num: Value = 2) -> Tensor:
    """Several keys of one."""
    check_key(ctx, key)
    counts = shape_argument(ctx, num)
    if counts is None or key.shape is None:
        return Tensor("jax", None, key.dtype)
    return Tensor("jax", (*counts, *key.shape), key.dtype)


@rule("jax.random.fold_in")
def fold_in(ctx: RuleContext, key: Tensor, data: Value) -> Tensor:
    """A key of a key and a number."""
    check_key(ctx, key)
    if to_tensor(data, "jax").rank:
        ctx.fail(Failure(ARGUMENT, "fold_in() takes one number", "TypeError"))
    if isinstance(data, int) and data < 0:
        ctx.fail(Failure(ARGUMENT, f"fold_in() takes a number that is not negative, not {data}", "OverflowError"))
    return key


def check_key(ctx: RuleContext, key: Tensor) -> None:
    """Fail for what is no single key: a batch of keys is for vmap."""
    text = f"one random key is needed, not an array of shape {shape_text(key.shape)} and dtype {key.dtype}"
    failure = Failure(ARGUMENT, text, "ValueError")
    if key.dtype not in (None, "uint32", KEY):
        ctx.fail(failure)
    rank = {"uint32": 1, KEY: 0}.get(key.dtype or "")
    if rank is not None and key.rank is not None and key.rank != rank:
        ctx.fail(failure)
    size = key.size(0) if rank == 1 else None
    if size is not None:
        ctx.require_equal(size, 2, failure)


def _shaped(dtype: str) -> Callable[..., Tensor]:
    def draw(
        ctx: RuleContext,
        key: Tensor,
        shape: Value = (),
        dtype: Value = None,
        minval: Value = None,
        maxval: Value = None,
        *,
        lower: Value = None,
        upper: Value = None,
    ) -> Tensor:
        check_key(ctx, key)
        sizes = shape_argument(ctx, shape)
        for bound in (minval, maxval, lower, upper):
            if bound is not None and sizes is not None:
                own = to_tensor(bound, "jax")
                if own.shape is not None:
                    broadcast_to(ctx, own.shape, sizes, "a bound of random numbers: ", "ValueError")
        return made("jax", sizes, dtype_argument(dtype, "jax", natural))

    natural = dtype
    return draw


for _name in words("normal uniform gumbel exponential laplace cauchy logistic"):
    rule(f"jax.random.{_name}")(_shaped("float32"))
rule("jax.random.rademacher")(_shaped("int32"))


@rule("jax.random.truncated_normal")
def truncated_normal(
    ctx: RuleContext, key: Tensor, lower: Value, upper: Value, shape: Value = None, dtype: Value = None
) -> Tensor:
    """Normal draws within bounds."""
    check_key(ctx, key)
    bounds = [to_tensor(bound, "jax").shape for bound in (lower, upper)]
    both = None if None in bounds else broadcast_shapes(ctx, bounds, "truncated_normal: ", "ValueError")
    sizes = both if shape is None else shape_argument(ctx, shape)
    if both is not None and sizes is not None:
        broadcast_to(ctx, both, sizes, "truncated_normal: ", "ValueError")
    return made("jax", sizes, dtype_argument(dtype, "jax", "float32"))


@rule("jax.random.randint")
def randint(ctx: RuleContext, key: Tensor, shape: Value, minval: Value, maxval: Value, dtype: Value = None) -> Tensor:
    """Random ints."""
    check_key(ctx, key)
    return made("jax", shape_argument(ctx, shape), dtype_argument(dtype, "jax", "int32"))


@rule("jax.random.bernoulli")
def bernoulli(ctx: RuleContext, key: Tensor, p: Value = 0.5, shape: Value = None) -> Tensor:
    """Random bools."""
    check_key(ctx, key)
    chances = to_tensor(p, "jax")
    if discrete(chances.dtype):
        ctx.fail(Failure(DTYPE, f"bernoulli() of probabilities of dtype {chances.dtype}", "TypeError"))
    sizes = chances.shape if shape is None else shape_argument(ctx, shape)
    if sizes is not None and chances.shape is not None:
        broadcast_to(ctx, chances.shape, sizes, "bernoulli: ", "ValueError")
    return made("jax", sizes, "bool")


@rule("jax.random.categorical")
def categorical(ctx: RuleContext, key: Tensor, logits: Tensor, axis: Value = -1, shape: Value = None) -> Tensor:
    """Indices drawn with the logits along an axis."""
    check_key(ctx, key)
    if discrete(logits.dtype):
        ctx.fail(Failure(DTYPE, f"categorical() of logits of dtype {logits.dtype}", "TypeError"))
    sizes = reduced(ctx, logits, axis, False, error="ValueError", name="axis")
    return made("jax", sizes if shape is None else shape_argument(ctx, shape), "int32")


@rule("jax.random.permutation")
def permutation(ctx: RuleContext, key: Tensor, x: Value, axis: Value = 0, independent: Value = False) -> Tensor:
    """A permutation of a range, or of an array's slices."""
    check_key(ctx, key)
    pool = to_tensor(x, "jax")
    if pool.rank == 0:
        return made("jax", (dmax(0, size_argument(ctx, x, "x")),), "int32")
    return made("jax", pool.shape, pool.dtype)


@rule("jax.random.choice")
def choice(
    ctx: RuleContext, key: Tensor, a: Value, shape: Value = (), replace: Value = True, p: Value = None, axis: Value = 0
) -> Tensor:
    """Elements or slices drawn from an array."""
    check_key(ctx, key)
    pool, sizes = to_tensor(a, "jax", "choice", "a"), shape_argument(ctx, shape)
    if pool.rank == 0:
        count = size_argument(ctx, int(a) if isinstance(a, float) else a, "a")
        if sizes is None or 0 not in sizes:
            ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"choice() from {count} numbers", "ValueError"))
        return made("jax", sizes, "int32")
    place = axis_place(ctx, pool, axis, error="ValueError")
    if sizes is None or place is None or pool.shape is None:
        return made("jax", None, pool.dtype)
    if any(isinstance(size, int) and size == 0 for size in sizes):
        return made("jax", sizes, pool.dtype)
    return made("jax", (*pool.shape[:place], *sizes, *pool.shape[place + 1 :]), pool.dtype)


@rule("jax.random.dirichlet")
def dirichlet(ctx: RuleContext, key: Tensor, alpha: Tensor, shape: Value = None, dtype: Value = None) -> Tensor:
    """Points of a simplex."""
    check_key(ctx, key)
    if alpha.rank == 0:
        ctx.fail(Failure(ARGUMENT, "dirichlet() takes a vector, not a 0-d array", "ValueError"))
    lead = None if alpha.shape is None else alpha.shape[:-1]
    if shape is not None:
        goal = shape_argument(ctx, shape)
        if lead is not None and goal is not None:
            broadcast_to(ctx, lead, goal, "dirichlet: ", "ValueError")
        lead = goal
    last = alpha.size(-1)
    return made("jax", None if lead is None or last is None else (*lead, last), "float32")


@rule("jax.random.multivariate_normal")
def multivariate_normal(
    ctx: RuleContext,
    key: Tensor,
    mean: Tensor,
    cov: Tensor,
    shape: Value = None,
    dtype: Value = None,
    method: Value = None,
) -> Tensor:
    """Normal vectors."""
    check_key(ctx, key)
    text = f"multivariate_normal() of mean {shape_text(mean.shape)} and covariance {shape_text(cov.shape)}"
    if mean.rank == 0 or cov.rank in (0, 1):
        ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    last = mean.size(-1)
    for size in (cov.size(-1), cov.size(-2)):
        if size is not None and last is not None:
            ctx.require_equal(size, last, Failure(ARGUMENT, text, "ValueError"))
    lead = None
    if mean.shape is not None and cov.shape is not None:
        lead = broadcast_shapes(ctx, [mean.shape[:-1], cov.shape[:-2]], f"{text}: ", "ValueError")
    if shape is not None:
        goal = shape_argument(ctx, shape)
        if lead is not None and goal is not None:
            broadcast_to(ctx, lead, goal, "multivariate_normal: ", "ValueError")
        lead = goal
    return made("jax", None if lead is None or last is None else (*lead, last), "float32")


def _of(parameters: int, dtype: str) -> Callable[..., Tensor]:
    """Draws whose parameters broadcast to the shape."""

    def draw(ctx: RuleContext, key: Tensor, *given: Value, shape: Value = None, dtype: Value = None) -> Tensor:
        check_key(ctx, key)
        if len(given) < parameters:
            ctx.fail(Failure(ARGUMENT, f"{parameters} parameters are needed, not {len(given)}", "TypeError"))
        numbers, rest = given[:parameters], given[parameters:]
        goal = rest[0] if rest else shape
        kind = rest[1] if len(rest) > 1 else dtype
        own = [to_tensor(one, "jax").shape for one in numbers]
        both = broadcast_shapes(ctx, own, "parameters of random numbers: ", "ValueError")
        sizes = both if goal is None else shape_argument(ctx, goal)
        if goal is not None and sizes is not None and both is not None:
            broadcast_to(ctx, both, sizes, "parameters of random numbers: ", "ValueError")
        return made("jax", sizes, dtype_argument(kind, "jax", natural))

    natural = dtype
    return draw


for _names, _count, _dtype in (
    ("maxwell double_sided_maxwell", 0, "float32"),
    ("gamma loggamma chisquare t pareto rayleigh", 1, "float32"),
    ("poisson geometric", 1, "int32"),
    ("beta f wald weibull_min binomial", 2, "float32"),
    ("triangular", 3, "float32"),
):
    rule(*(f"jax.random.{name}" for name in _names.split()))(_of(_count, _dtype))


@rule("jax.random.lognormal")
def lognormal(ctx: RuleContext, key: Tensor, sigma: Value = 1.0, shape: Value = (), dtype: Value = None) -> Tensor:
    """Exponentials of normal draws."""
    return _of(1, "float32")(ctx, key, sigma, shape, dtype)


@rule("jax.random.bits")
def bits(
    ctx: RuleContext, key: Tensor, shape: Value = (), dtype: Value = None, *, out_sharding: Value = None
) -> Tensor:
    """Random bits as ints without sign."""
    check_key(ctx, key)
    return made("jax", shape_argument(ctx, shape), dtype_argument(dtype, "jax", "uint32"))


@rule("jax.random.ball")
def ball(ctx: RuleContext, key: Tensor, d: Value, p: Value = 2, shape: Value = (), dtype: Value = None) -> Tensor:
    """Points of a ball in d dimensions."""
    check_key(ctx, key)
    lead = shape_argument(ctx, shape)
    size = size_argument(ctx, d, "d")
    ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"ball() in {size} dimensions", "TypeError"))
    return made("jax", None if lead is None else (*lead, size), dtype_argument(dtype, "jax", "float32"))


@rule("jax.random.orthogonal")
def orthogonal(
    ctx: RuleContext, key: Tensor, n: Value, shape: Value = (), dtype: Value = None, m: Value = None
) -> Tensor:
    """Orthogonal matrices."""
    check_key(ctx, key)
    lead = shape_argument(ctx, shape)
    rows = size_argument(ctx, n, "n")
    columns = rows if m is None else size_argument(ctx, m, "m")
    for size in (rows, columns):
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"orthogonal() of size {size}", "TypeError"))
    return made("jax", None if lead is None else (*lead, rows, columns), dtype_argument(dtype, "jax", "float32"))
