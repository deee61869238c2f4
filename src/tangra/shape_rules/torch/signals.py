"""Signals in torch: windows, and Fourier transforms of frames of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.context import AnyOf, AtLeast, Equal
from tangra.shape_rules.dtypes import complex_of, kind, real_of
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, MISMATCH, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import both, default_dtype, dtype_argument, fresh, require_floating
from tangra.shape_rules.values import Tensor, Value, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule(*(f"torch.{name}_window" for name in ("hann", "hamming", "blackman", "bartlett", "kaiser")))
def window(
    ctx: RuleContext, window_length: Value, periodic: Value = True, alpha: Value = None, beta: Value = None, *,
    dtype: Value = None,
) -> Tensor:  # fmt: skip
    """A window of so many numbers."""
    size = size_argument(ctx, window_length, "window_length")
    ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"a window of {size} numbers", "RuntimeError"))
    chosen = dtype_argument(ctx, dtype, default_dtype(ctx))
    if kind(chosen) in (0, 1):
        ctx.fail(Failure(DTYPE, f"a window of {chosen}, not of floats", "RuntimeError"))
    return fresh((size,), chosen)


def _check_window(ctx: RuleContext, window: Value, wide: Size, name: str) -> None:
    if isinstance(window, int | float | list | tuple | dict | str):
        ctx.fail(Failure(CALL, f"{name}: the window is a {kind_text(window)}, not a tensor", "TypeError"))
    if not isinstance(window, Tensor):
        return
    if window.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"{name}: the window has shape {shape_text(window.shape)}", "RuntimeError"))
    size = window.size(0)
    if size is not None:
        text = f"{name}: a window of {size} numbers for win_length {wide}"
        ctx.require_equal(size, wide, Failure(MISMATCH, text, "RuntimeError"))


@both("stft")
def stft(
    ctx: RuleContext, input: Tensor, n_fft: Value, hop_length: Value = None, win_length: Value = None,
    window: Value = None, center: Value = True, pad_mode: Value = "reflect", normalized: Value = False,
    onesided: Value = None, return_complex: Value = None, align_to_window: Value = None,
) -> Tensor:  # fmt: skip
    """(frequencies, frames) of each signal; with `return_complex=False` two numbers for each complex one."""
    if input.rank is not None and input.rank not in (1, 2):
        text = f"stft() takes (signal) or (batch, signal), not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "RuntimeError"))
    if kind(input.dtype) in (0, 1):
        require_floating(ctx, input, "stft()")
    size = size_argument(ctx, n_fft, "n_fft")
    hop = size // 4 if hop_length is None else size_argument(ctx, hop_length, "hop_length")
    wide = size if win_length is None else size_argument(ctx, win_length, "win_length")
    ctx.require(AtLeast(1, hop), Failure(ARGUMENT, f"stft() with hop_length {hop}", "RuntimeError"))
    for low, high in ((1, wide), (wide, size)):
        text = f"stft() with win_length {wide} and n_fft {size}"
        ctx.require(AtLeast(low, high), Failure(ARGUMENT, text, "RuntimeError"))
    _check_window(ctx, window, wide, "stft()")
    length = input.size(-1)
    half = kind(input.dtype) != 3 if onesided is None else onesided
    dtype = input.dtype if kind(input.dtype) == 3 else complex_of(input.dtype) if input.dtype else None
    if isinstance(window, Tensor) and window.dtype != input.dtype:
        dtype = None
    if length is None or input.shape is None or not isinstance(center, bool) or not isinstance(half, bool):
        return Tensor("torch", None, None)
    if center:
        if pad_mode == "reflect":
            text = f"stft() of {length} numbers: fewer than {size // 2 + 1}, half of n_fft {size}, can't be reflected"
            ctx.require(AtLeast(size // 2 + 1, length), Failure(ARGUMENT, text, "RuntimeError"))
        length = length + 2 * (size // 2)
    text = f"stft() with n_fft {size} of a signal of {length} numbers"
    ctx.require(AtLeast(size, length), Failure(ARGUMENT, text, "RuntimeError"))
    shape = (*input.shape[:-1], size // 2 + 1 if half else size, (length - size) // hop + 1)
    if return_complex is True:
        return fresh(shape, dtype).with_(layout=None)
    if return_complex is None and kind(input.dtype) == 2 and not isinstance(window, Tensor):
        ctx.fail(Failure(ARGUMENT, "stft() needs return_complex=True (or False) for a real signal", "RuntimeError"))
    if return_complex is False:
        return fresh((*shape, 2), real_of(dtype)).with_(layout=None)
    return Tensor("torch", None, None)


@both("istft")
def istft(
    ctx: RuleContext, input: Tensor, n_fft: Value, hop_length: Value = None, win_length: Value = None,
    window: Value = None, center: Value = True, normalized: Value = False, onesided: Value = None,
    length: Value = None, return_complex: Value = False,
) -> Tensor:  # fmt: skip
    """The signals whose transforms of frames these are."""
    if kind(input.dtype) in (0, 1, 2):
        ctx.fail(Failure(DTYPE, f"istft() takes complex numbers, not {input.dtype}", "RuntimeError"))
    if input.rank is not None and input.rank not in (2, 3):
        text = f"istft() takes (frequencies, frames), with a batch or without, not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "RuntimeError"))
    size = size_argument(ctx, n_fft, "n_fft")
    hop = size // 4 if hop_length is None else size_argument(ctx, hop_length, "hop_length")
    wide = size if win_length is None else size_argument(ctx, win_length, "win_length")
    for low, high in ((1, hop), (hop, wide), (wide, size)):
        text = f"istft() with hop_length {hop}, win_length {wide} and n_fft {size}"
        ctx.require(AtLeast(low, high), Failure(ARGUMENT, text, "RuntimeError"))
    _check_window(ctx, window, wide, "istft()")
    rows, frames = input.size(-2), input.size(-1)
    if rows is None or frames is None or input.shape is None or not isinstance(center, bool):
        return Tensor("torch", None, None)
    if onesided in (None, True) and return_complex is False:
        text = f"istft() with n_fft {size} takes {size // 2 + 1} frequencies, not {rows}"
        ways = (Equal(rows, size // 2 + 1), *((Equal(rows, size),) if onesided is None else ()))
        ctx.require(AnyOf(ways), Failure(MISMATCH, text, "RuntimeError"))
    total = size + hop * (frames - 1) - (2 * (size // 2) if center else 0)
    if length is not None:
        total = size_argument(ctx, length, "length")
    dtype = input.dtype if return_complex is True else real_of(input.dtype)
    return fresh((*input.shape[:-2], total), dtype if isinstance(return_complex, bool) else None).with_(layout=None)
