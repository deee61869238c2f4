"""Fourier transforms of NumPy and `jax.numpy` over several axes, of real numbers and of their spectra."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, axis_places, size_argument, size_sequence
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import complex_of, discrete, kind, real_of
from tangra.shape_rules.failures import ARGUMENT, DTYPE, RANK, Failure
from tangra.shape_rules.numpy.common import made
from tangra.shape_rules.registry import rule
from tangra.shape_rules.values import Tensor, Value, shape_text
from tangra.shapes import Size, dmax

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def spectrum(a: Tensor, real_output: bool) -> str | None:
    """The dtype of a transform."""
    dtype = ("float64" if a.library == "numpy" else "float32") if discrete(a.dtype) else a.dtype
    if dtype is None or real_output:
        return real_of(dtype)
    return dtype if kind(dtype) == 3 else complex_of(dtype)


def several(ctx: RuleContext, a: Tensor, s: Value, axes: Value, name: str, half: int) -> tuple[Size, ...] | None:
    """The shape of a transform over several axes. `half`: 1 if the last of them loses its redundant half, -1 if it
    gets it back, else 0."""
    sizes = None if s is None else size_sequence(ctx, s, "s")
    if a.dims is None or (s is not None and sizes is None):
        return None
    rank = len(a.dims)
    if axes is None:
        axes = tuple(range(rank) if sizes is None else range(-len(sizes), 0))
    if isinstance(axes, list | tuple) and sizes is not None and len(sizes) != len(axes):
        text = f"{name}() of shape {shape_text(a.dims)}: {len(sizes)} sizes for {len(axes)} axes"
        ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    if not isinstance(axes, list | tuple):
        return None
    places = [axis_place(ctx, a, axis, error="IndexError") for axis in axes]
    if a.library == "jax":
        axis_places(ctx, a, axes, error="ValueError")
    if half and not places and not (half < 0 and a.library == "jax"):
        ctx.fail(Failure(RANK, f"{name}() over no axis", "IndexError"))
    if name.endswith("2") and a.library == "jax" and len(places) != 2:
        ctx.fail(Failure(ARGUMENT, f"{name}() over {len(places)} axes, not 2", "ValueError"))
    if len(set(places)) < len(places):  # one axis is transformed twice
        return None
    shape = list(a.dims)
    for number, place in enumerate(places):
        if place is None:
            return None
        size = shape[place] if sizes is None else sizes[number]
        last = number == len(places) - 1
        if last and half < 0 and sizes is None:
            size = 2 * (size - 1)
        least = 0 if a.library == "jax" and sizes is None and half < 0 and last else 1
        ctx.require(AtLeast(least, size), Failure(ARGUMENT, f"{name}() of length {size}", "ValueError"))
        shape[place] = size // 2 + 1 if last and half > 0 else size
    return tuple(shape)


def _declare(name: str, two: bool, half: int) -> None:
    usual = (-2, -1) if two else None

    def apply(ctx: RuleContext, a: Tensor, s: Value = None, axes: Value = usual, norm: Value = None) -> Tensor:
        if half > 0 and kind(a.dtype) == 3:
            ctx.fail(Failure(DTYPE, f"{name}() takes real numbers", "TypeError"))
        shape = several(ctx, a, s, axes, name, half)
        return made(a.library, shape, spectrum(a, half < 0 and axes != () and axes != []))

    rule(f"numpy.fft.{name}", f"jax.numpy.fft.{name}")(apply)


for _name, _half in (("rfft", 1), ("irfft", -1)):
    _declare(f"{_name}2", True, _half)
    _declare(f"{_name}n", False, _half)


def _hermitian(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, a: Tensor, n: Value = None, axis: Value = -1, norm: Value = None) -> Tensor:
        if a.rank == 0:
            ctx.fail(Failure(RANK, f"{name}() of a 0-d array", "IndexError"))
        if name == "ihfft" and kind(a.dtype) == 3:
            ctx.fail(Failure(DTYPE, f"{name}() takes real numbers", "TypeError"))
        place = axis_place(ctx, a, axis, error="IndexError")
        if place is None or a.dims is None:
            return made(a.library, None, spectrum(a, name == "hfft"))
        size = a.dims[place] if n is None else size_argument(ctx, n, "n")
        if name == "hfft" and n is None:
            size = 2 * (size - 1)
        least = 0 if n is None and name == "hfft" and a.library == "jax" else 1
        ctx.require(AtLeast(least, size), Failure(ARGUMENT, f"{name}() of length {size}", "ValueError"))
        size = size // 2 + 1 if name == "ihfft" else size
        return made(a.library, (*a.dims[:place], size, *a.dims[place + 1 :]), spectrum(a, name == "hfft"))

    return apply


for _name in ("hfft", "ihfft"):
    rule(f"numpy.fft.{_name}", f"jax.numpy.fft.{_name}")(_hermitian(_name))


@rule("numpy.fft.rfftfreq")
def rfftfreq(ctx: RuleContext, n: Value, d: Value = 1.0) -> Tensor:
    """The frequencies of `rfft`."""
    count = size_argument(ctx, n, "n")
    if count == 0:
        ctx.fail(Failure(ARGUMENT, "rfftfreq() of 0", "ZeroDivisionError"))
    return made("numpy", (dmax(count // 2 + 1, 0),), "float64")


@rule("jax.numpy.fft.rfftfreq")
def jax_rfftfreq(ctx: RuleContext, n: Value, d: Value = 1.0) -> Tensor:
    """The frequencies of `rfft`."""
    if isinstance(n, float):
        return made("jax", (ctx.fresh("n"),), "float32")
    count = size_argument(ctx, n, "n")
    return made("jax", (dmax(count // 2 + 1, 0),), "float32")


@rule("numpy.fft.fftfreq", "jax.numpy.fft.fftfreq")
def fftfreq(ctx: RuleContext, n: Value, d: Value = 1.0, *, library: str) -> Tensor:
    """Frequencies; JAX rounds their number up, and takes a negative one for 0."""
    if library == "jax":
        return made(library, (dmax(size_argument(ctx, ceil(n) if isinstance(n, float) else n, "n"), 0),), "float32")
    count = size_argument(ctx, n, "n")
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"fftfreq() of {count}", "ValueError"))
    return made(library, (count,), "float64")
