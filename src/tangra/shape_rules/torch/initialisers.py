"""Tensors filled in place: by `torch.nn.init`, some only of certain ranks, and by methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.context import Multiple
from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import CALL, DIVIDE, DTYPE, MISMATCH, RANK, Failure
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.torch.common import CLASS, require_floating
from tangra.shape_rules.torch.indexing import fill_value
from tangra.shape_rules.values import Tensor, Value, is_size, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def _initialiser(*names: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    return rule(*(f"torch.nn.init.{name}" for name in names), inplace=True)


def _require_rank(ctx: RuleContext, tensor: Tensor, least: int, most: int | None, name: str) -> None:
    """Fail for a tensor of another rank."""
    rank = tensor.rank
    if rank is not None and (rank < least or (most is not None and rank > most)):
        wanted = f"{least} dimensions" if most == least else f"{least} to {most}" if most else f"at least {least}"
        ctx.fail(Failure(RANK, f"{name}() fills tensors of {wanted}, not {shape_text(tensor.shape)}", "ValueError"))


@_initialiser("uniform_", "normal_", "trunc_normal_")
def drawn(
    ctx: RuleContext, tensor: Tensor, a: Value = 0.0, b: Value = 1.0, *bounds: Value, generator: Value = None,
    mean: Value = 0.0, std: Value = 1.0,
) -> Tensor:  # fmt: skip
    """Random numbers."""
    require_floating(ctx, tensor, "random numbers", "NotImplementedError")
    return tensor.with_(elements=None)


@_initialiser("constant_")
def constant_(ctx: RuleContext, tensor: Tensor, val: Value) -> Tensor:
    """One number."""
    return tensor.with_(elements=None)


@_initialiser("ones_", "zeros_")
def ones_(ctx: RuleContext, tensor: Tensor) -> Tensor:
    """Ones or zeros."""
    return tensor.with_(elements=None)


@_initialiser("eye_")
def eye_(ctx: RuleContext, tensor: Tensor) -> Tensor:
    """The identity."""
    _require_rank(ctx, tensor, 2, 2, "eye_")
    return tensor.with_(elements=None)


@_initialiser("dirac_")
def dirac_(ctx: RuleContext, tensor: Tensor, groups: Value = 1) -> Tensor:
    """Convolutions that keep their input."""
    _require_rank(ctx, tensor, 3, 5, "dirac_")
    first = tensor.size(0)
    size_argument(ctx, groups, "groups")
    if groups == 0:
        ctx.fail(Failure(DIVIDE, "dirac_() in 0 groups", "ZeroDivisionError"))
    if first is not None and is_size(groups):
        text = f"dirac_(): {first} channels in {groups} groups"
        ctx.require(Multiple(first, groups), Failure(DIVIDE, text, "ValueError"))
    return tensor.with_(elements=None)


def _fans(ctx: RuleContext, tensor: Tensor, name: str) -> None:
    """Fail for what has no inputs and outputs to count."""
    _require_rank(ctx, tensor, 2, None, name)
    require_floating(ctx, tensor, f"{name}()", "NotImplementedError")


@_initialiser("xavier_uniform_", "xavier_normal_")
def xavier(ctx: RuleContext, tensor: Tensor, gain: Value = 1.0, generator: Value = None) -> Tensor:
    """Random numbers, scaled by inputs and outputs."""
    _fans(ctx, tensor, "xavier")
    return tensor.with_(elements=None)


@_initialiser("kaiming_uniform_", "kaiming_normal_")
def kaiming(
    ctx: RuleContext, tensor: Tensor, a: Value = 0, mode: Value = "fan_in", nonlinearity: Value = "leaky_relu",
    generator: Value = None,
) -> Tensor:  # fmt: skip
    """Random numbers, scaled by inputs or outputs."""
    if tensor.dims is not None and any(size == 0 for size in tensor.dims):
        return tensor
    _fans(ctx, tensor, "kaiming")
    return tensor.with_(elements=None)


@_initialiser("orthogonal_")
def orthogonal_(ctx: RuleContext, tensor: Tensor, gain: Value = 1, generator: Value = None) -> Tensor:
    """A matrix with orthogonal rows or columns."""
    _fans(ctx, tensor, "orthogonal_")
    return tensor.with_(elements=None)


@_initialiser("sparse_")
def sparse_(ctx: RuleContext, tensor: Tensor, sparsity: Value, std: Value = 0.01, generator: Value = None) -> Tensor:
    """A matrix with zeros in every column."""
    _require_rank(ctx, tensor, 2, 2, "sparse_")
    require_floating(ctx, tensor, "sparse_()", "NotImplementedError")
    return tensor.with_(elements=None)


# ------------------------------------------------------------------------------------------------------------- methods

FILLED = {
    "normal_": ("mean", "std"),
    "random_": ("to", "from"),
    "bernoulli_": ("p",),
    "exponential_": ("lambd",),
    "log_normal_": ("mean", "std"),
    "cauchy_": ("median", "sigma"),
}
"""Methods that draw new elements, with the names of their arguments."""


@method(CLASS, "zero_", inplace=True)
def zeroed(ctx: RuleContext, self: Tensor) -> Tensor:
    """Zeros in the same shape."""
    return self.with_(elements=None)


@method(CLASS, "fill_", inplace=True)
def fill_(ctx: RuleContext, self: Tensor, value: Value) -> Tensor:
    """One number everywhere."""
    fill_value(ctx, value, "fill_()")
    return self.with_(elements=None)


@method(CLASS, "uniform_", inplace=True)
def uniform_(
    ctx: RuleContext, self: Tensor, from_: Value = 0.0, to: Value = 1.0, *, generator: Value = None, **bounds: Value
) -> Tensor:
    """Uniform draws; the lower bound is named `from`, which Python keeps for itself."""
    for word in bounds:
        if word != "from":
            ctx.fail(Failure(CALL, f"uniform_() has no argument {word}", "TypeError"))
    require_floating(ctx, self, "uniform_()", "NotImplementedError")
    return self.with_(elements=None)


def _filled(name: str) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, self: Tensor, first: Value = None, second: Value = None, *, generator: Value = None,
        **named: Value,
    ) -> Tensor:  # fmt: skip
        for word in named:
            if word not in FILLED[name]:
                ctx.fail(Failure(CALL, f"{name}() has no argument {word}", "TypeError"))
        if name not in ("random_", "bernoulli_") and discrete(self.dtype):
            ctx.fail(Failure(DTYPE, f"{name}() takes floats, not {self.dtype}", "NotImplementedError"))
        return self.with_(elements=None)

    return apply


for _name in FILLED:
    method(CLASS, _name, inplace=True)(_filled(_name))


@method(CLASS, "fill_diagonal_", inplace=True)
def fill_diagonal_(ctx: RuleContext, self: Tensor, fill_value: Value, wrap: Value = False) -> Tensor:
    """A number on the diagonal; of more than two axes all must be equal."""
    if self.rank in (0, 1):
        ctx.fail(Failure(RANK, f"fill_diagonal_() of shape {shape_text(self.shape)}", "RuntimeError"))
    if self.dims is not None and len(self.dims) > 2:
        text = f"fill_diagonal_() of shape {shape_text(self.dims)}: all axes have to be equal"
        for size in self.dims[1:]:
            ctx.require_equal(self.dims[0], size, Failure(MISMATCH, text, "RuntimeError"))
    return self.with_(elements=None)
