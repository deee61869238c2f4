"""torch's convolutions and poolings: how many windows fit, and what their operands must agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import require_rank, size_argument, times
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import discrete, float_result
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, WIDTH, WINDOW, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import fresh, refuse, require_floating, same_dtype
from tangra.shape_rules.values import Shape, Tensor, Unknown, Value, Variadic, shape_text
from tangra.shapes import Size, ceil_div

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def window_count(
    ctx: RuleContext, size: Size, kernel: Size, stride: Size, padding: Size, dilation: Size, ceil: Value, axis: int
) -> Size:
    """Places of a window along an axis: (size + 2*padding - dilation*(kernel - 1) - 1)//stride + 1, or rounded up."""
    extent = dilation * (kernel - 1) + 1
    room = size + 2 * padding - extent

    def message() -> str:
        return f"a window of {extent} is larger than axis {axis} of its input: {size}, padded {size + 2 * padding}"

    failure = Failure(WINDOW, message, "RuntimeError")
    if ceil is not True:
        ctx.require(AtLeast(0, room), failure)
        return room // stride + 1 if ceil is False else ctx.fresh("window")
    if isinstance(room, int) and isinstance(stride, int):
        count = ceil_div(room, stride) + 1
        if isinstance(size, int) and isinstance(padding, int) and isinstance(count, int):
            count -= (count - 1) * stride >= size + padding
        ctx.require(AtLeast(1, count), failure)
        return count
    inside = ctx.truth(AtLeast(stride + padding, extent))  # then the last window always starts inside
    return ceil_div(room, stride) + 1 if inside and isinstance(stride, int) else ctx.fresh("window")


def _positive(ctx: RuleContext, values: Sequence[Size], name: str, low: int = 1) -> None:
    for value in values:
        ctx.require(AtLeast(low, value), Failure(ARGUMENT, f"{name} {value} is below {low}", "RuntimeError"))


def _channels(ctx: RuleContext, input: Tensor, weight: Tensor, groups: Size, rank: int, name: str) -> None:
    have, per_group = input.size(-rank - 1), weight.size(1)
    if have is None or per_group is None:
        return
    wanted = per_group * groups

    def message() -> str:
        return (
            f"{name}: the input of shape {shape_text(input.shape)} has {have} channels, the weight of shape "
            f"{shape_text(weight.shape)} takes {wanted}"
        )

    ctx.require_equal(have, wanted, Failure(WIDTH, message, "RuntimeError"))


def _bias(ctx: RuleContext, bias: Tensor | None, outputs: Size | None, name: str) -> None:
    if bias is None:
        return
    require_rank(ctx, bias, (1,), f"the bias of {name}")
    size = bias.size(0)
    if size is not None and outputs is not None:
        message = f"{name}: the bias has {size} numbers for {outputs} output channels"
        ctx.require_equal(size, outputs, Failure(WIDTH, message, "RuntimeError"))


def spatial(ctx: RuleContext, input: Tensor, rank: int, name: str) -> tuple[Shape, tuple[Size, ...]] | None:
    """(batch axis or nothing, sizes of the windows' axes) of an input with channels; fails for a wrong rank."""
    require_rank(ctx, input, (rank + 1, rank + 2), f"the input of {name}")
    shape = input.shape
    if shape is None or len(shape) <= rank:
        return None
    sizes = tuple(item for item in shape[-rank:] if not isinstance(item, Variadic))
    return (shape[: -rank - 1], sizes) if len(sizes) == rank else None


def _known(value: Value) -> Tensor:
    """A layer's parameter, of which a program may have made anything."""
    return value if isinstance(value, Tensor) else Tensor("torch")


def convolve(
    ctx: RuleContext, input: Tensor, weight: Tensor, bias: Tensor | None, rank: int, name: str,
    stride: Value, padding: Value, dilation: Value, groups: Value,
) -> Tensor:  # fmt: skip
    """The result of a convolution over `rank` axes."""
    weight, bias = _known(weight), None if bias is None else _known(bias)
    require_rank(ctx, weight, (rank + 2,), f"the weight of {name}")
    found = spatial(ctx, input, rank, name)
    same_dtype(ctx, input, weight, name)
    steps, spread = times(ctx, stride, rank, "stride"), times(ctx, dilation, rank, "dilation")
    _positive(ctx, steps, "stride")
    _positive(ctx, spread, "dilation")
    group = size_argument(ctx, groups, "groups")
    _positive(ctx, (group,), "groups")
    _channels(ctx, input, weight, group, rank, name)
    outputs = weight.size(0)
    if outputs is not None:
        failure = Failure(DIVIDE, f"{name}: {outputs} output channels in {group} groups", "RuntimeError")
        ctx.require(Multiple(outputs, group), failure)
        ctx.require(AtLeast(group, outputs), failure)
    _bias(ctx, bias, outputs, name)
    if bias is not None:
        same_dtype(ctx, input, bias, name)
    kernel = None if weight.dims is None else weight.dims[2:]
    around = _paddings(ctx, padding, rank, steps, name)
    if found is None:
        return fresh(None, input.dtype or weight.dtype)
    batch, sizes = found
    if kernel is None:
        kernel = tuple(ctx.fresh("kernel", 1) for _ in range(rank))
    _positive(ctx, kernel, "a kernel of", 1)
    if around == "same":
        places = sizes
    elif around is None:
        places = tuple(ctx.fresh("window") for _ in sizes)
    else:
        rows = zip(sizes, kernel, steps, around, spread, strict=True)
        places = tuple(window_count(ctx, *row, False, axis - rank) for axis, row in enumerate(rows))
    first = ctx.fresh("channels") if outputs is None else outputs
    return fresh((*batch, first, *places), input.dtype or weight.dtype, input, weight)


def _paddings(ctx: RuleContext, padding: Value, rank: int, stride: Sequence[Size], name: str) -> Value:
    """One padding for each axis, "same", or None."""
    if padding == "valid":
        return (0,) * rank
    if padding == "same":
        for step in stride:
            if isinstance(step, int) and step != 1:
                ctx.fail(
                    Failure(ARGUMENT, f"{name}: padding='same' goes with stride 1 only, not {step}", "RuntimeError")
                )
        return "same"
    if isinstance(padding, str):
        ctx.fail(Failure(ARGUMENT, f"{name}: padding is an int, 'same' or 'valid', not {padding!r}", "RuntimeError"))
    if isinstance(padding, Unknown):
        return None
    found = times(ctx, padding, rank, "padding")
    _positive(ctx, found, "padding", 0)
    return found


def _convolution(rank: int) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Value = 1,
        padding: Value = 0, dilation: Value = 1, groups: Value = 1,
    ) -> Tensor:  # fmt: skip
        return convolve(ctx, input, weight, bias, rank, f"conv{rank}d()", stride, padding, dilation, groups)

    return apply


def transpose_convolve(
    ctx: RuleContext, input: Tensor, weight: Tensor, bias: Tensor | None, rank: int,
    stride: Value, padding: Value, output_padding: Value, groups: Value, dilation: Value,
) -> Tensor:  # fmt: skip
    """The result of a transposed convolution: (n - 1)*stride - 2*padding + dilation*(kernel - 1) + extra + 1."""
    name = f"conv_transpose{rank}d()"
    weight, bias = _known(weight), None if bias is None else _known(bias)
    require_rank(ctx, weight, (rank + 2,), f"the weight of {name}")
    found = spatial(ctx, input, rank, name)
    same_dtype(ctx, input, weight, name)
    steps, spread = times(ctx, stride, rank, "stride"), times(ctx, dilation, rank, "dilation")
    around, extra = times(ctx, padding, rank, "padding"), times(ctx, output_padding, rank, "output_padding")
    group = size_argument(ctx, groups, "groups")
    _positive(ctx, (*steps, *spread, group), "stride, dilation or groups")
    _positive(ctx, (*around, *extra), "padding", 0)
    for step, wide, more in zip(steps, spread, extra, strict=True):
        if all(isinstance(value, int) for value in (step, wide, more)) and more >= max(step, wide):  # type: ignore[operator,type-var]
            message = f"{name}: output padding {more} must be smaller than stride {step} or dilation {wide}"
            ctx.fail(Failure(ARGUMENT, message, "RuntimeError"))
    have, wanted = input.size(-rank - 1), weight.size(0)
    if have is not None and wanted is not None:
        text = f"{name}: the input of shape {shape_text(input.shape)} has {have} channels, the weight takes {wanted}"
        ctx.require_equal(have, wanted, Failure(WIDTH, text, "RuntimeError"))
        ctx.require(
            Multiple(wanted, group), Failure(DIVIDE, f"{name}: {wanted} channels in {group} groups", "RuntimeError")
        )
    per_group = weight.size(1)
    outputs = None if per_group is None else per_group * group
    _bias(ctx, bias, outputs, name)
    if found is None or weight.dims is None or outputs is None:
        return fresh(None, input.dtype or weight.dtype)
    rows = zip(found[1], weight.dims[2:], steps, around, spread, extra, strict=True)
    places = tuple((n - 1) * s - 2 * p + d * (k - 1) + more + 1 for n, k, s, p, d, more in rows)
    _positive(ctx, places, f"{name}: an output of size", 0)
    dtype = input.dtype or weight.dtype
    if 0 in places or (bias is not None and bias.dtype != dtype):  # not on all devices
        dtype = None
    return fresh((*found[0], outputs, *places), dtype, input, weight)


def _transposed(rank: int) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Value = 1,
        padding: Value = 0, output_padding: Value = 0, groups: Value = 1, dilation: Value = 1,
    ) -> Tensor:  # fmt: skip
        return transpose_convolve(ctx, input, weight, bias, rank, stride, padding, output_padding, groups, dilation)

    return apply


def pooled(
    ctx: RuleContext, input: Tensor, rank: int, name: str, kernel_size: Value, stride: Value, padding: Value,
    dilation: Value, ceil_mode: Value,
) -> Tensor:  # fmt: skip
    """The result of pooling over windows."""
    found = spatial(ctx, input, rank, name)
    refuse(ctx, input, name, ("bool",))
    kernel, spread = times(ctx, kernel_size, rank, "kernel_size"), times(ctx, dilation, rank, "dilation")
    steps = kernel if stride is None or stride in ([], ()) else times(ctx, stride, rank, "stride")
    around = times(ctx, padding, rank, "padding")
    _positive(ctx, (*kernel, *steps, *spread), f"{name}: kernel, stride or dilation")
    _positive(ctx, around, f"{name}: padding", 0)
    for pad, wide in zip(around, kernel, strict=True):
        message = f"{name}: padding {pad} is more than half the window of {wide}"
        ctx.require(AtLeast(2 * pad, wide), Failure(ARGUMENT, message, "RuntimeError"))
    if found is None or input.shape is None:
        return fresh(None, input.dtype)
    ceil: Value = ceil_mode if isinstance(ceil_mode, bool) else None
    rows = zip(found[1], kernel, steps, around, spread, strict=True)
    places = tuple(window_count(ctx, *row, ceil, axis - rank) for axis, row in enumerate(rows))
    dtype = None if rank == 1 and discrete(input.dtype) else input.dtype  # not on all devices
    return fresh((*input.shape[:-rank], *places), dtype, input)


def _max_pool(rank: int, always: bool = False) -> Callable[..., Value]:
    def apply(
        ctx: RuleContext, input: Tensor, kernel_size: Value, stride: Value = None, padding: Value = 0,
        dilation: Value = 1, ceil_mode: Value = False, return_indices: Value = False,
    ) -> Value:  # fmt: skip
        name = f"max_pool{rank}d()"
        made = pooled(ctx, input, rank, name, kernel_size, stride, padding, dilation, ceil_mode)
        if always or return_indices is True:
            return made, made.with_(dtype="int64")
        return made if return_indices is False else Unknown()

    return apply


def _avg_pool(rank: int) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, kernel_size: Value, stride: Value = None, padding: Value = 0,
        ceil_mode: Value = False, count_include_pad: Value = True, divisor_override: Value = None,
    ) -> Tensor:  # fmt: skip
        if rank == 3:
            inside_only(ctx, input, kernel_size)
        return pooled(ctx, input, rank, f"avg_pool{rank}d()", kernel_size, stride, padding, 1, ceil_mode)

    return apply


def _avg_pool_1d(
    ctx: RuleContext, input: Tensor, kernel_size: Value, stride: Value = None, padding: Value = 0,
    ceil_mode: Value = False, count_include_pad: Value = True,
) -> Tensor:  # fmt: skip
    """Means of windows along the last axis."""
    return pooled(ctx, input, 1, "avg_pool1d()", kernel_size, stride, padding, 1, ceil_mode)


def _lp_pool(rank: int) -> Callable[..., Tensor]:
    def apply(
        ctx: RuleContext, input: Tensor, norm_type: Value, kernel_size: Value, stride: Value = None,
        ceil_mode: Value = False,
    ) -> Tensor:  # fmt: skip
        powers = input.with_(dtype=float_result(input.dtype, "torch"))
        return pooled(ctx, powers, rank, f"lp_pool{rank}d()", kernel_size, stride, 0, 1, ceil_mode)

    return apply


def adaptive(ctx: RuleContext, input: Tensor, rank: int, output_size: Value, name: str) -> Tensor:
    """The result of pooling to a given size; None keeps an axis."""
    require_floating(ctx, input, name)
    if "avg" in name.lower() and rank > 1 and output_size in (1, (1,) * rank, [1] * rank):  # a mean over the last axes
        return fresh(None if input.dims is None else (*input.dims[:-rank], *(1,) * rank), input.dtype, input)
    found = spatial(ctx, input, rank, name)
    if isinstance(output_size, list | tuple) and len(output_size) != rank:
        ctx.fail(Failure(ARGUMENT, f"{name}: {len(output_size)} sizes for {rank} axes", "RuntimeError"))
    wanted = output_size if isinstance(output_size, list | tuple) else (output_size,) * rank
    if found is None or input.shape is None:
        return fresh(None, input.dtype)
    sizes = zip(wanted, found[1], strict=True)
    places = tuple(old if new is None else size_argument(ctx, new, "output_size") for new, old in sizes)
    _positive(ctx, places, f"{name}: an output size of", 0)
    return fresh((*input.shape[:-rank], *places), input.dtype, input)


def _adaptive(rank: int, kind: str) -> Callable[..., Value]:
    name = f"adaptive_{kind}_pool{rank}d()"

    def average(ctx: RuleContext, input: Tensor, output_size: Value) -> Tensor:
        return adaptive(ctx, input, rank, output_size, name)

    def largest(ctx: RuleContext, input: Tensor, output_size: Value, return_indices: Value = False) -> Value:
        made = adaptive(ctx, input, rank, output_size, name)
        return (made, made.with_(dtype="int64")) if return_indices is True else made

    return average if kind == "avg" else largest


def _declare(rank: int) -> None:
    functional = "torch.nn.functional"
    rule(f"{functional}.conv{rank}d", f"torch.conv{rank}d")(_convolution(rank))
    rule(f"{functional}.conv_transpose{rank}d", f"torch.conv_transpose{rank}d")(_transposed(rank))
    rule(f"{functional}.max_pool{rank}d", f"torch.max_pool{rank}d")(_max_pool(rank))
    rule(f"{functional}.max_pool{rank}d_with_indices")(_max_pool(rank, always=True))
    rule(f"{functional}.avg_pool{rank}d")(_avg_pool(rank) if rank > 1 else _avg_pool_1d)
    rule(f"{functional}.lp_pool{rank}d")(_lp_pool(rank))
    for kind in ("avg", "max"):
        rule(f"{functional}.adaptive_{kind}_pool{rank}d", f"torch.adaptive_{kind}_pool{rank}d")(_adaptive(rank, kind))


for _rank in (1, 2, 3):
    _declare(_rank)
rule("torch.avg_pool1d")(_avg_pool_1d)


@rule("torch.nn.functional.unfold")
def unfold(
    ctx: RuleContext, input: Tensor, kernel_size: Value, dilation: Value = 1, padding: Value = 0, stride: Value = 1
) -> Tensor:
    """Windows of images as columns: (N, C*kh*kw, places)."""
    _pairs_only(ctx, kernel_size, dilation, padding, stride)
    if input.dtype != "bool":
        require_floating(ctx, input, "unfold()", "NotImplementedError")
    found = spatial(ctx, input, 2, "unfold()")
    kernel, spread = times(ctx, kernel_size, 2, "kernel_size"), times(ctx, dilation, 2, "dilation")
    around, steps = times(ctx, padding, 2, "padding"), times(ctx, stride, 2, "stride")
    _positive(ctx, (*kernel, *spread, *steps), "unfold(): kernel, dilation or stride")
    _positive(ctx, around, "unfold(): padding", 0)
    channels = input.size(-3)
    if found is None or channels is None:
        return fresh(None, input.dtype)
    rows = zip(found[1], kernel, steps, around, spread, strict=True)
    high, wide = (window_count(ctx, *row, False, axis - 2) for axis, row in enumerate(rows))
    return fresh((*found[0], channels * kernel[0] * kernel[1], high * wide), input.dtype)


@rule("torch.nn.functional.fold")
def fold(
    ctx: RuleContext, input: Tensor, output_size: Value, kernel_size: Value, dilation: Value = 1,
    padding: Value = 0, stride: Value = 1,
) -> Tensor:  # fmt: skip
    """Columns of windows added up to images."""
    _pairs_only(ctx, output_size, kernel_size, dilation, padding, stride)
    require_rank(ctx, input, (2, 3), "the input of fold()")
    out, kernel = times(ctx, output_size, 2, "output_size"), times(ctx, kernel_size, 2, "kernel_size")
    spread, around = times(ctx, dilation, 2, "dilation"), times(ctx, padding, 2, "padding")
    steps = times(ctx, stride, 2, "stride")
    _positive(ctx, (*out, *kernel, *spread, *steps), "fold(): output, kernel, dilation or stride")
    _positive(ctx, around, "fold(): padding", 0)
    rows = zip(out, kernel, steps, around, spread, strict=True)
    high, wide = (window_count(ctx, *row, False, axis - 2) for axis, row in enumerate(rows))
    columns, places, window = input.size(-2), input.size(-1), kernel[0] * kernel[1]
    if columns is None or places is None or input.shape is None:
        return fresh(None, input.dtype)
    text = f"fold() of {shape_text(input.shape)}"
    ctx.require(
        Multiple(columns, window), Failure(DIVIDE, f"{text}: {columns} rows, windows of {window}", "RuntimeError")
    )
    ctx.require_equal(
        places, high * wide, Failure(WINDOW, f"{text}: {places} columns for {high * wide} windows", "RuntimeError")
    )
    dtype = None if discrete(input.dtype) else input.dtype
    return fresh((*input.shape[:-2], columns // window, *out), dtype)


def _pairs_only(ctx: RuleContext, *values: Value) -> None:
    """Fail for a sequence that isn't a pair."""
    for value in values:
        if isinstance(value, list | tuple) and len(value) != 2:
            ctx.fail(Failure(ARGUMENT, f"two numbers are needed, not {len(value)}", "RuntimeError"))


def inside_only(ctx: RuleContext, input: Tensor, kernel_size: Value) -> None:
    """The mean over volumes refuses windows larger than the input, padded or not."""
    if input.dims is not None and len(input.dims) > 3:
        for size, wide in zip(input.dims[-3:], times(ctx, kernel_size, 3, "kernel_size"), strict=True):
            text = f"avg_pool3d(): a window of {wide} is larger than its input of {size}"
            ctx.require(AtLeast(wide, size), Failure(WINDOW, text, "RuntimeError"))
