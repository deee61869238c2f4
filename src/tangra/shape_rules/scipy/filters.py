"""`scipy.signal`: filters along an axis, their coefficients, and convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, require_rank, size_argument
from tangra.shape_rules.context import AllOf, AnyOf, AtLeast
from tangra.shape_rules.dtypes import result_dtype
from tangra.shape_rules.failures import ARGUMENT, RANK, WINDOW, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.scipy.shared import along, doubled, require_vector
from tangra.shape_rules.values import UNKNOWN, Tensor, Value, is_size, shape_text
from tangra.shapes import Size, dmax, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

SIGNAL = "scipy.signal."
BANDS = ("bandpass", "bandstop", "band", "bp", "bs", "bands", "pass", "stop")
"""Kinds of filter with two edges, which have twice as many coefficients."""


@rule(SIGNAL + "butter")
def butter(
    ctx: RuleContext, N: Value, Wn: Value, btype: Value = "low", analog: Value = False, output: Value = "ba",
    fs: Value = None,
) -> Value:  # fmt: skip
    """The coefficients of a filter of order N."""
    if isinstance(N, float):
        ctx.fail(Failure(ARGUMENT, f"butter(): a filter of order {N}", "ValueError"))
    if is_size(N):
        ctx.require(AtLeast(0, N), Failure(ARGUMENT, f"butter(): a filter of order {N}", "ValueError"))
    if not is_size(N) or not isinstance(btype, str) or not isinstance(output, str):
        return UNKNOWN
    order = 2 * N if btype.lower() in BANDS else N
    if output == "ba":
        one = Tensor("numpy", (order + 1,), "float64")
        return one, one
    return Tensor("numpy", ((order + 1) // 2, 6), "float64") if output == "sos" else UNKNOWN


def _of_signal(ctx: RuleContext, x: Tensor, axis: Value, name: str) -> int | None:
    """The place of the axis along which a signal runs."""
    if x.rank == 0:
        ctx.fail(Failure(RANK, f"{name}() of a number", "ValueError"))
    return axis_place(ctx, x, axis, error="IndexError")


@rule(SIGNAL + "lfilter")
def lfilter(ctx: RuleContext, b: Tensor, a: Tensor, x: Tensor, axis: Value = -1, zi: Value = None) -> Value:
    """A filter along an axis, forwards."""
    require_rank(ctx, b, (0, 1), "the numerator of lfilter()", "ValueError")
    require_rank(ctx, a, (0, 1), "the denominator of lfilter()", "ValueError")
    _of_signal(ctx, x, axis, "lfilter")
    made = Tensor("numpy", x.shape, doubled(b, a, x))
    return made if zi is None else (made, Tensor("numpy"))


@rule(SIGNAL + "filtfilt")
def filtfilt(
    ctx: RuleContext, b: Tensor, a: Tensor, x: Tensor, axis: Value = -1, padtype: Value = "odd", padlen: Value = None,
    method: Value = "pad", irlen: Value = None,
) -> Tensor:  # fmt: skip
    """A filter along an axis, forwards and back, for which the signal is made longer on both sides."""
    require_rank(ctx, b, (0, 1), "the numerator of filtfilt()", "ValueError")
    require_rank(ctx, a, (0, 1), "the denominator of filtfilt()", "ValueError")
    if isinstance(padlen, float):
        ctx.fail(Failure(ARGUMENT, f"filtfilt() with {padlen} values more", "TypeError"))
    place = _of_signal(ctx, x, axis, "filtfilt")
    above, below = (1 if taps.rank == 0 else taps.size(0) for taps in (b, a))
    padding = padlen if is_size(padlen) else None
    if above is not None and below is not None and method == "pad":
        text = "filtfilt() with a numerator and a denominator of one coefficient"
        ctx.require(AtLeast(2, dmax(above, below)), Failure(ARGUMENT, text, "ValueError"))
    if padlen is None and above is not None and below is not None:
        padding = 3 * dmax(above, below)
    _long_enough(ctx, x, place, padding if padtype in ("odd", "even", "constant") and method == "pad" else None)
    return Tensor("numpy", x.shape, doubled(b, a, x))


@rule(SIGNAL + "sosfilt", SIGNAL + "sosfiltfilt")
def sosfilt(ctx: RuleContext, sos: Tensor, x: Tensor, axis: Value = -1) -> Tensor:
    """A filter of second-order sections along an axis."""
    require_rank(ctx, sos, (1, 2), "the sections of sosfilt()", "ValueError")
    width = sos.size(-1)
    if width is not None:
        text = f"sosfilt(): sections are rows of 6 numbers, not of shape {sos}"
        ctx.require_equal(width, 6, Failure(ARGUMENT, text, "ValueError"))
    _of_signal(ctx, x, axis, "sosfilt")
    return Tensor("numpy", x.shape, doubled(sos, x))


def _long_enough(ctx: RuleContext, x: Tensor, place: int | None, padding: Size | None) -> None:
    size = None if place is None else x.size(place)
    if size is not None and padding is not None:
        text = f"filtfilt(): {size} values along axis {place} of {x} are too few: more than {padding} are needed"
        ctx.require(AtLeast(padding + 1, size), Failure(WINDOW, text, "ValueError"))


@rule(SIGNAL + "savgol_filter")
def savgol_filter(
    ctx: RuleContext, x: Tensor, window_length: Value, polyorder: Value, deriv: Value = 0, delta: Value = 1.0,
    axis: Value = -1, mode: Value = "interp", cval: Value = 0.0,
) -> Tensor:  # fmt: skip
    """A polynomial fitted to a window around each value."""
    place = _of_signal(ctx, x, axis, "savgol_filter")
    if isinstance(window_length, float) and mode != "interp":
        return Tensor("numpy", None, doubled(x))
    window, size = size_argument(ctx, window_length, "window_length"), None if place is None else x.size(place)
    if isinstance(polyorder, float):
        ctx.fail(Failure(ARGUMENT, f"savgol_filter() of order {polyorder}", "TypeError"))
    if is_size(polyorder):
        if mode == "interp":
            text = f"savgol_filter() of order {polyorder}"
            ctx.require(AtLeast(0, polyorder), Failure(ARGUMENT, text, "ValueError"))
        text = f"savgol_filter(): order {polyorder} needs a window of more than {window} values"
        ctx.require(AtLeast(polyorder + 1, window), Failure(ARGUMENT, text, "ValueError"))
    if size is not None and mode == "interp":
        text = f"savgol_filter(): a window of {window} for {size} values along axis {place} of {x}"
        ctx.require(AtLeast(window, size), Failure(WINDOW, text, "ValueError"))
    return Tensor("numpy", x.shape, doubled(x))


@rule(SIGNAL + "detrend")
def detrend(ctx: RuleContext, data: Tensor, axis: Value = -1, type: Value = "linear", bp: Value = 0) -> Tensor:
    """The signal without its trend."""
    _of_signal(ctx, data, axis, "detrend")
    return Tensor("numpy", data.shape, doubled(data))


@rule(SIGNAL + "resample")
def resample(ctx: RuleContext, x: Tensor, num: Value, t: Value = None, axis: Value = 0, window: Value = None) -> Value:
    """Another number of values for the same time."""
    place = 0 if x.rank == 1 else _of_signal(ctx, x, axis, "resample")
    count = size_argument(ctx, num, "num")
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"resample() to {count} values", "ValueError"))
    shape = None if place is None or x.shape is None else along(x.shape, place, count)
    made = Tensor("numpy", shape, doubled(x))
    return made if t is None else (made, Tensor("numpy"))


def _convolving(name: str, rank: int | None) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, in1: Tensor, in2: Tensor, mode: Value = "full") -> Tensor:
        for one in (in1, in2):
            if rank is not None:
                require_rank(ctx, one, (rank,), f"an operand of {name}()", "ValueError")
        left, right = in1.dims, in2.dims
        dtype = result_dtype([in1, in2], "numpy") if in1.dtype == in2.dtype == "float64" else None
        if left is None or right is None:
            return Tensor("numpy", None, dtype)
        if len(left) != len(right):
            text = f"{name}() of shapes {shape_text(left)} and {shape_text(right)}: as many axes are needed"
            ctx.fail(Failure(RANK, text, "ValueError"))
        if isinstance(mode, str) and mode not in ("full", "same", "valid"):
            ctx.fail(Failure(ARGUMENT, f"{name}() has no mode {mode!r}", "ValueError"))
        if mode == "full":
            return Tensor("numpy", tuple(a + b - 1 for a, b in zip(left, right, strict=True)), dtype)
        if mode == "valid":
            _require_inside(ctx, left, right, name)
            inside = tuple(dmax(a, b) - dmin(a, b) + 1 for a, b in zip(left, right, strict=True))
            return Tensor("numpy", inside, dtype)
        return Tensor("numpy", left if mode == "same" else None, dtype)

    return apply


def _require_inside(ctx: RuleContext, left: tuple[Size, ...], right: tuple[Size, ...], name: str) -> None:
    """What needs no padding: one operand has to hold the other."""
    pairs = list(zip(left, right, strict=True))
    if name == "fftconvolve":  # axes of which one has size 1 are not transformed
        pairs = [pair for pair in pairs if 1 not in pair]
    text = f"{name}() of shapes {shape_text(left)} and {shape_text(right)}: neither fits into the other"
    holds = [AllOf(tuple(AtLeast(pair[1 - side], pair[side]) for pair in pairs)) for side in (0, 1)]
    ctx.require(AnyOf(tuple(holds)), Failure(WINDOW, text, "ValueError"))


for _name in ("convolve", "correlate", "fftconvolve"):
    rule(SIGNAL + _name)(_convolving(_name, None))


@rule(SIGNAL + "convolve2d", SIGNAL + "correlate2d")
def convolve2d(
    ctx: RuleContext, in1: Tensor, in2: Tensor, mode: Value = "full", boundary: Value = "fill", fillvalue: Value = 0
) -> Tensor:
    """A convolution of two images."""
    return _convolving("convolve2d", 2)(ctx, in1, in2, mode)


@rule(SIGNAL + "find_peaks")
def find_peaks(ctx: RuleContext, x: Tensor, **options: Value) -> Value:
    """The places of peaks, and what is known of them."""
    require_vector(ctx, x, "the signal of find_peaks()")
    return Tensor("numpy", (ctx.fresh("peaks"),), "int64"), UNKNOWN
