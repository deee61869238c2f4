"""The layers of `equinox.nn`, which take one example: channels first, no batch axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import float_result, kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, DIVIDE, DTYPE, MISMATCH, RANK, WIDTH, Failure
from tangra.shape_rules.jax.convolutions import windows
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import module
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, is_size, shape_text, words
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

N = "equinox.nn."
COMMON = words("use_bias dtype key groups padding_mode eps use_weight channelwise_affine momentum inference mode")


class EquinoxLayer:
    """Base of equinox's layers."""

    rule_names: tuple[str, ...] = ("equinox.Module",)
    title: str


def _options(ctx: RuleContext, layer: Any, kwargs: dict[str, Value]) -> None:
    for word in kwargs:
        if word not in COMMON:
            ctx.fail(Failure(CALL, f"{layer.title} takes no argument {word}", "TypeError"))


def _vector(ctx: RuleContext, x: Tensor, wanted: Value, name: str, error: str = "TypeError") -> None:
    """Require a vector as wide as the layer was built for."""
    if x.rank not in (None, 1):
        text = f"{name} takes one vector, not an array of shape {shape_text(x.shape)}; `jax.vmap` maps it over a batch"
        ctx.fail(Failure(RANK, text, error))
    size = x.size(0)
    if size is not None and is_size(wanted):
        text = f"{name}: the input of shape {shape_text(x.shape)} has {size} features, the layer takes {wanted}"
        ctx.require_equal(size, wanted, Failure(WIDTH, text, error))


def _dtype(x: Tensor) -> str | None:
    return result_dtype([made("jax", (1,), x.dtype), made("jax", (1,), "float32")], "jax")


@module(N + "Linear")
class Linear(EquinoxLayer):
    """A vector of `in_features` to one of `out_features`; "scalar" stands for no axis."""

    def __init__(self, ctx: RuleContext, in_features: Value, out_features: Value, **kwargs: Value) -> None:
        _options(ctx, self, kwargs)
        self.in_features, self.out_features = (
            one if one == "scalar" else size_argument(ctx, one, "features") for one in (in_features, out_features)
        )
        if is_size(self.in_features) and is_size(self.out_features):
            self.weight = made("jax", (self.out_features, self.in_features), "float32")

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        if self.in_features == "scalar":
            if x.rank not in (None, 0):
                ctx.fail(Failure(RANK, f"Linear takes a number, not shape {shape_text(x.shape)}", "ValueError"))
        elif x.dims is not None and len(x.dims) > 1:
            return self._matrix(ctx, x)
        else:
            _vector(ctx, x, self.in_features, "Linear")
        return made("jax", () if self.out_features == "scalar" else (self.out_features,), _dtype(x))

    def _matrix(self, ctx: RuleContext, x: Tensor) -> Tensor:
        """`weight @ x + bias` takes a matrix whose columns are examples if there are as many of them as outputs."""
        dims = x.dims or ()
        text = f"Linear takes one vector of {self.in_features}, not an array of shape {shape_text(dims)}"
        failure = Failure(RANK, f"{text}; `jax.vmap` maps it over a batch", "TypeError")
        if not is_size(self.in_features) or not is_size(self.out_features):
            return made("jax", None, _dtype(x))
        ctx.require_equal(dims[-2], self.in_features, failure)
        columns = ctx.broadcast(dims[-1], self.out_features, failure)
        return made("jax", (*dims[:-2], self.out_features, columns), _dtype(x))


@module(N + "MLP")
class MLP(EquinoxLayer):
    """Linear layers one after the other."""

    def __init__(
        self, ctx: RuleContext, in_size: Value, out_size: Value, width_size: Value, depth: Value, *rest: Value,
        activation: Value = None, final_activation: Value = None, use_final_bias: Value = True, scan: Value = False,
        **kwargs: Value,
    ) -> None:  # fmt: skip
        _options(ctx, self, kwargs)
        self.in_size, self.out_size = in_size, out_size

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        if self.in_size == "scalar":
            if x.rank not in (None, 0):
                ctx.fail(Failure(RANK, f"MLP takes a number, not shape {shape_text(x.shape)}", "ValueError"))
        else:
            _vector(ctx, x, self.in_size, "MLP")
        if self.out_size == "scalar":
            return made("jax", (), _dtype(x))
        return made("jax", (self.out_size,) if is_size(self.out_size) else None, _dtype(x))


def _each(value: Value, rank: int) -> tuple[Size, ...] | None:
    """One number for each axis."""
    if is_size(value):
        return (value,) * rank
    known = isinstance(value, list | tuple) and len(value) == rank and all(map(is_size, value))
    return tuple(value) if known else None


def _pairs(value: Value, rank: int) -> Value:
    """Padding as pairs; words as they are."""
    if is_size(value):
        return ((value, value),) * rank
    if isinstance(value, list | tuple) and len(value) == rank:
        return tuple((one, one) if is_size(one) else one for one in value)
    return value if isinstance(value, str) else UNKNOWN


class _Spatial(EquinoxLayer):
    rank: int

    def sizes(self, ctx: RuleContext, x: Tensor) -> tuple[Size, ...] | None:
        """The sizes after the channels."""
        if x.dims is None:
            return None
        if len(x.dims) != self.rank + 1:
            text = f"{self.title} takes channels and {self.rank} axes, not an array of shape {shape_text(x.dims)}"
            ctx.fail(Failure(RANK, f"{text}; `jax.vmap` maps it over a batch", "ValueError"))
        return x.dims[1:]


class _Convolution(_Spatial):
    def __init__(
        self, ctx: RuleContext, in_channels: Value, out_channels: Value, kernel_size: Value, stride: Value = 1,
        padding: Value = 0, dilation: Value = 1, groups: Value = 1, **kwargs: Value,
    ) -> None:  # fmt: skip
        _options(ctx, self, kwargs)
        self.in_channels = size_argument(ctx, in_channels, "in_channels")
        self.out_channels = size_argument(ctx, out_channels, "out_channels")
        self.kernel_size, self.stride, self.dilation = (
            _each(one, self.rank) for one in (kernel_size, stride, dilation)
        )
        self.padding, self.groups = _pairs(padding, self.rank), groups
        if is_size(groups):
            text = f"{self.title} of {self.in_channels} channels to {self.out_channels} in {groups} groups"
            for size in (self.in_channels, self.out_channels):
                ctx.require(Multiple(size, groups), Failure(DIVIDE, text, "ValueError"))

    def channels(self, ctx: RuleContext, x: Tensor) -> tuple[Size, ...] | None:
        """The sizes after the channels, of which there have to be as many as the layer was built for."""
        sizes = self.sizes(ctx, x)
        if sizes is not None and x.dims is not None:
            text = f"{self.title}: the input of shape {shape_text(x.dims)} has {x.dims[0]} channels"
            failure = Failure(WIDTH, f"{text}, the layer takes {self.in_channels}", "TypeError")
            ctx.require_equal(x.dims[0], self.in_channels, failure)
        return sizes

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        sizes = self.channels(ctx, x)
        if sizes is None or self.kernel_size is None or self.stride is None or self.dilation is None:
            return made("jax", None, _dtype(x))
        counts = windows(ctx, sizes, self.kernel_size, self.stride, self.padding, self.dilation, self.title)
        return made("jax", None if counts is None else (self.out_channels, *counts), _dtype(x))


class _Transposed(_Convolution):
    def __init__(
        self, ctx: RuleContext, in_channels: Value, out_channels: Value, kernel_size: Value, stride: Value = 1,
        output_padding: Value = 0, padding: Value = 0, dilation: Value = 1, groups: Value = 1, **kwargs: Value,
    ) -> None:  # fmt: skip
        _Convolution.__init__(
            self, ctx, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, **kwargs
        )
        self.output_padding = _each(output_padding, self.rank)

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        sizes = self.channels(ctx, x)
        plain = (self.kernel_size, self.stride, self.dilation, self.output_padding)
        if sizes is None or any(one is None for one in plain) or not isinstance(self.padding, tuple):
            return made("jax", None, _dtype(x))
        counts = []
        for place, size in enumerate(sizes):
            kernel, stride, dilation, extra = (one[place] for one in plain if one is not None)
            low, high = self.padding[place]
            counts.append((size - 1) * stride + dilation * (kernel - 1) + 1 - low - high + extra)
        return made("jax", (self.out_channels, *counts), _dtype(x))


class _Pool(_Spatial):
    def __init__(
        self, ctx: RuleContext, kernel_size: Value, stride: Value = 1, padding: Value = 0, use_ceil: Value = False,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride = _each(kernel_size, self.rank), _each(stride, self.rank)
        self.padding, self.use_ceil = _pairs(padding, self.rank), use_ceil

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        sizes = self.sizes(ctx, x)
        known = sizes is not None and self.kernel_size is not None and self.stride is not None
        if not known or self.use_ceil is not False:
            return made("jax", None, x.dtype)
        counts = windows(ctx, sizes, self.kernel_size, self.stride, self.padding, (1,) * self.rank, self.title)  # type: ignore[arg-type]
        return made("jax", None if counts is None or x.dims is None else (x.dims[0], *counts), x.dtype)


class _Adaptive(_Spatial):
    def __init__(self, ctx: RuleContext, target_shape: Value) -> None:
        self.target_shape = _each(target_shape, self.rank)

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        sizes = self.sizes(ctx, x)
        if sizes is None or self.target_shape is None or x.dims is None:
            return made("jax", None, x.dtype)
        return made("jax", (x.dims[0], *self.target_shape), float_result(x.dtype, "jax"))


for _rank in (1, 2, 3):
    for _kind, _base in (("Conv", _Convolution), ("ConvTranspose", _Transposed), ("MaxPool", _Pool), ("AvgPool", _Pool),
                         ("AdaptiveAvgPool", _Adaptive), ("AdaptiveMaxPool", _Adaptive)):  # fmt: skip
        module(f"{N}{_kind}{_rank}d")(type(f"{_kind}{_rank}d", (_base,), {"rank": _rank}))


@module(N + "LayerNorm", N + "RMSNorm")
class LayerNorm(EquinoxLayer):
    """Over all of an array of the shape that it was built for."""

    def __init__(self, ctx: RuleContext, shape: Value, **kwargs: Value) -> None:
        _options(ctx, self, kwargs)
        self.shape = (shape,) if is_size(shape) else shape

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        if isinstance(self.shape, list | tuple) and all(map(is_size, self.shape)) and x.dims is not None:
            text = f"{self.title}: the input has shape {shape_text(x.dims)}, the layer takes {shape_text(self.shape)}"
            failure = Failure(WIDTH, text, "ValueError")
            if len(x.dims) != len(self.shape):
                ctx.fail(failure)
            for left, right in zip(x.dims, self.shape, strict=True):
                ctx.require_equal(left, right, failure)
        return made("jax", x.shape, x.dtype)


@module(N + "GroupNorm")
class GroupNorm(EquinoxLayer):
    """Over groups of the first axis."""

    def __init__(self, ctx: RuleContext, groups: Value, channels: Value = None, **kwargs: Value) -> None:
        _options(ctx, self, kwargs)
        self.groups, self.channels = groups, channels
        if is_size(groups) and is_size(channels):
            text = f"GroupNorm: {channels} channels in {groups} groups"
            ctx.require(Multiple(channels, groups), Failure(DIVIDE, text, "ValueError"))

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        size = x.size(0)
        if size is not None and is_size(self.channels) and self.channels != 1:  # one scale fits all
            text = f"GroupNorm: the input of shape {shape_text(x.shape)} has {size} channels"
            failure = Failure(WIDTH, f"{text}, the layer takes {self.channels}", "ValueError")
            ctx.require_equal(size, self.channels, failure)
        return made("jax", x.shape, x.dtype)


@module(N + "BatchNorm")
class BatchNorm(EquinoxLayer):
    """Over a batch that `vmap` maps; (x, state) to (x, state)."""

    def __init__(self, ctx: RuleContext, input_size: Value, axis_name: Value, *rest: Value, **kwargs: Value) -> None:
        _options(ctx, self, kwargs)
        self.input_size = input_size

    def forward(self, ctx: RuleContext, x: Tensor, state: Value, **options: Value) -> Value:
        size = x.size(0)
        if size is not None and is_size(self.input_size):
            text = f"BatchNorm: the input of shape {shape_text(x.shape)} has {size} channels"
            failure = Failure(WIDTH, f"{text}, the layer takes {self.input_size}", "TypeError")
            ctx.require_equal(size, self.input_size, failure)
        return made("jax", x.shape, x.dtype), state


@module(N + "Embedding")
class Embedding(EquinoxLayer):
    """A row of a table."""

    def __init__(
        self, ctx: RuleContext, num_embeddings: Value = None, embedding_size: Value = None, weight: Value = None,
        **kwargs: Value,
    ) -> None:  # fmt: skip
        _options(ctx, self, kwargs)
        given = isinstance(weight, Tensor) and weight.rank == 2
        self.embedding_size = weight.size(1) if given else embedding_size

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        if x.rank not in (None, 0):
            text = f"Embedding takes one index, not an array of shape {shape_text(x.shape)}"
            ctx.fail(Failure(RANK, f"{text}; `jax.vmap` maps it over many", "ValueError"))
        if kind(x.dtype) not in (None, 1):
            ctx.fail(Failure(DTYPE, f"Embedding takes an int, not {x.dtype}", "ValueError"))
        return made("jax", (self.embedding_size,) if is_size(self.embedding_size) else None, "float32")


@module(N + "Dropout")
class Dropout(EquinoxLayer):
    """Elements set to 0 at random."""

    def __init__(self, ctx: RuleContext, p: Value = 0.5, inference: Value = False, **kwargs: Value) -> None:
        self.p = p

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None, inference: Value = None) -> Tensor:
        return x.with_(elements=None)


@module(N + "Identity")
class Identity(EquinoxLayer):
    """The input."""

    def __init__(self, ctx: RuleContext, *rest: Value, **kwargs: Value) -> None:
        pass

    def forward(self, ctx: RuleContext, x: Value, *, key: Value = None) -> Value:
        return x


@module(N + "PReLU")
class PReLU(EquinoxLayer):
    """Negative numbers scaled."""

    def __init__(self, ctx: RuleContext, init_alpha: Value = 0.25) -> None:
        pass

    def forward(self, ctx: RuleContext, x: Tensor, *, key: Value = None) -> Tensor:
        return made("jax", x.shape, float_result(x.dtype, "jax"))


class _Cell(EquinoxLayer):
    pair = False

    def __init__(self, ctx: RuleContext, input_size: Value, hidden_size: Value, **kwargs: Value) -> None:
        _options(ctx, self, kwargs)
        self.input_size = size_argument(ctx, input_size, "input_size")
        self.hidden_size = size_argument(ctx, hidden_size, "hidden_size")

    def forward(self, ctx: RuleContext, input: Tensor, hidden: Value, *, key: Value = None) -> Value:
        _vector(ctx, input, self.input_size, self.title)
        for state in hidden if isinstance(hidden, list | tuple) else (hidden,):
            if isinstance(state, Tensor):
                _vector(ctx, state, self.hidden_size, f"{self.title}'s state")
        new = made("jax", (self.hidden_size,), _dtype(input))
        return (new, new) if self.pair else new


@module(N + "GRUCell")
class GRUCell(_Cell):
    """A gated recurrent unit."""


@module(N + "LSTMCell")
class LSTMCell(_Cell):
    """A long short-term memory; its state is a pair."""

    pair = True


@module(N + "MultiheadAttention")
class MultiheadAttention(EquinoxLayer):
    """(length, query_size) to (length, output_size)."""

    def __init__(
        self, ctx: RuleContext, num_heads: Value, query_size: Value, key_size: Value = None, value_size: Value = None,
        output_size: Value = None, qk_size: Value = None, vo_size: Value = None, **kwargs: Value,
    ) -> None:  # fmt: skip
        self.query_size = size_argument(ctx, query_size, "query_size")
        self.key_size = self.query_size if key_size is None else key_size
        self.value_size = self.query_size if value_size is None else value_size
        self.output_size = self.query_size if output_size is None else output_size
        if is_size(num_heads):
            ctx.require(AtLeast(1, num_heads), Failure(ARGUMENT, f"{num_heads} heads", "ZeroDivisionError"))

    def forward(self, ctx: RuleContext, query: Tensor, key_: Tensor, value: Tensor, **options: Value) -> Tensor:
        wanted = (self.query_size, self.key_size, self.value_size)
        for given, width, name in zip((query, key_, value), wanted, ("query", "key", "value"), strict=True):
            if given.rank not in (None, 2):
                text = f"MultiheadAttention: a {name} of shape {shape_text(given.shape)}, not (length, features)"
                ctx.fail(Failure(RANK, text, "ValueError"))
            size = given.size(1)
            if size is not None and is_size(width):
                text = f"MultiheadAttention: a {name} of shape {shape_text(given.shape)}, the layer takes {width} wide"
                ctx.require_equal(size, width, Failure(WIDTH, text, "TypeError"))
        if key_.dims is not None and value.dims is not None:
            text = f"MultiheadAttention: {key_.dims[0]} keys and {value.dims[0]} values"
            ctx.require_equal(key_.dims[0], value.dims[0], Failure(MISMATCH, text, "ValueError"))
        known = query.dims is not None and is_size(self.output_size)
        return made("jax", (query.dims[0], self.output_size) if known and query.dims else None, _dtype(query))
