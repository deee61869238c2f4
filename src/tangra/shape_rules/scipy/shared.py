"""What SciPy's modules have in common: dtypes, and functions that do as NumPy's of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import RANK, Failure
from tangra.shape_rules.registry import Rule, entries, rule
from tangra.shape_rules.values import Shape, Tensor, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

SAME = {
    "linalg": words("inv det pinv eigvalsh"),
    "fft": words("fft ifft rfft irfft fft2 ifft2 fftshift ifftshift fftfreq rfftfreq"),
}
"""The functions of modules that are like those of NumPy's modules of the same names."""

for _module, _names in SAME.items():
    for _name in _names:
        _entry = entries("numpy").get(f"numpy.{_module}.{_name}")
        if isinstance(_entry, Rule):
            rule(f"scipy.{_module}.{_name}")(_entry.function)


def doubled(*arrays: Tensor) -> str | None:
    """The dtype of a result that is made of doubles and ints; of narrower floats it is not known."""
    wide = all(array.dtype == "float64" or (array.dtype is not None and discrete(array.dtype)) for array in arrays)
    return "float64" if wide else None


def along(shape: Shape, place: int, *sizes: object) -> Shape:
    """The shape with one axis replaced."""
    return (*shape[:place], *sizes, *shape[place + 1 :])  # type: ignore[arg-type]


def require_vector(ctx: RuleContext, array: Tensor, what: str) -> None:
    """Fail for what certainly has not one axis."""
    if array.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"{what} is one-dimensional, not of shape {shape_text(array.shape)}", "ValueError"))
