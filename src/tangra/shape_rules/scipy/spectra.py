"""`scipy.signal`: estimates of spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, size_argument
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import kind
from tangra.shape_rules.failures import ARGUMENT, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.scipy.shared import along, doubled
from tangra.shape_rules.values import Tensor, Value
from tangra.shapes import Size, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

UNKNOWN_PAIR = Tensor("numpy"), Tensor("numpy")


def _place(ctx: RuleContext, x: Tensor, axis: Value) -> int | None:
    """The place of the axis along which the signal runs."""
    if x.rank == 0:
        ctx.fail(Failure(RANK, "the spectrum of a number", "IndexError"))
    return None if isinstance(axis, float) else axis_place(ctx, x, axis, error="IndexError")


def _whole(ctx: RuleContext, value: Value, name: str) -> Size:
    """An int argument; of a float the whole part is taken."""
    return size_argument(ctx, int(value) if isinstance(value, float) else value, name)


def _segment(ctx: RuleContext, size: Size, nperseg: Value, noverlap: Value, usual: int) -> tuple[Size, Size]:
    """The length of the parts that a signal is cut into, and by how much they overlap."""
    if nperseg is None:
        length = dmin(256, size)
    else:
        length = _whole(ctx, nperseg, "nperseg")
        ctx.require(AtLeast(1, length), Failure(ARGUMENT, f"parts of {length} values", "ValueError"))
        length = dmin(length, size)
    overlap = length // usual if noverlap is None else _whole(ctx, noverlap, "noverlap")
    text = f"parts of {length} values that overlap by {overlap}"
    ctx.require(AtLeast(overlap + 1, length), Failure(ARGUMENT, text, "ValueError"))
    return length, overlap


def _frequencies(ctx: RuleContext, length: Size, nfft: Value, whole: bool) -> Size:
    count = length if nfft is None else _whole(ctx, nfft, "nfft")
    text = f"a transform of {count} values for parts of {length}"
    ctx.require(AtLeast(length, count), Failure(ARGUMENT, text, "ValueError"))
    return count if whole else count // 2 + 1


@rule("scipy.signal.welch")
def welch(
    ctx: RuleContext, x: Tensor, fs: Value = 1.0, window: Value = "hann", nperseg: Value = None, noverlap: Value = None,
    nfft: Value = None, detrend: Value = "constant", return_onesided: Value = True, scaling: Value = "density",
    axis: Value = -1, average: Value = "mean",
) -> Value:  # fmt: skip
    """Frequencies, and the power at them, averaged over parts of the signal."""
    place = _place(ctx, x, axis)
    if place is None or x.dims is None or not isinstance(window, str) or return_onesided is not True:
        return UNKNOWN_PAIR
    length, _ = _segment(ctx, x.dims[place], nperseg, noverlap, 2)
    count = _frequencies(ctx, length, nfft, kind(x.dtype) == 3)
    return Tensor("numpy", (count,), "float64"), Tensor("numpy", along(x.dims, place, count), doubled(x))


@rule("scipy.signal.periodogram")
def periodogram(
    ctx: RuleContext, x: Tensor, fs: Value = 1.0, window: Value = "boxcar", nfft: Value = None,
    detrend: Value = "constant", return_onesided: Value = True, scaling: Value = "density", axis: Value = -1,
) -> Value:  # fmt: skip
    """Frequencies, and the power at them."""
    place = _place(ctx, x, axis)
    if (
        place is None
        or x.dims is None
        or not isinstance(window, str)
        or return_onesided is not True
        or nfft is not None
    ):
        return UNKNOWN_PAIR
    count = _frequencies(ctx, x.dims[place], None, kind(x.dtype) == 3)
    return Tensor("numpy", (count,), "float64"), Tensor("numpy", along(x.dims, place, count), doubled(x))


@rule("scipy.signal.spectrogram")
def spectrogram(
    ctx: RuleContext, x: Tensor, fs: Value = 1.0, window: Value = "tukey", nperseg: Value = None,
    noverlap: Value = None, nfft: Value = None, detrend: Value = "constant", return_onesided: Value = True,
    scaling: Value = "density", axis: Value = -1, mode: Value = "psd",
) -> Value:  # fmt: skip
    """Frequencies, times, and the power at them."""
    if isinstance(nperseg, float):
        ctx.fail(Failure(ARGUMENT, f"spectrogram() of parts of {nperseg} values", "ValueError"))
    place = _place(ctx, x, axis)
    if place is None or x.dims is None or not isinstance(window, str) or return_onesided is not True or mode != "psd":
        return (*UNKNOWN_PAIR, Tensor("numpy"))
    size = x.dims[place]
    length, overlap = _segment(ctx, size, nperseg, noverlap, 8)
    count, times = _frequencies(ctx, length, nfft, kind(x.dtype) == 3), (size - overlap) // (length - overlap)
    power = Tensor("numpy", (*along(x.dims, place, count), times), doubled(x))
    return Tensor("numpy", (count,), "float64"), Tensor("numpy", (times,), "float64"), power
