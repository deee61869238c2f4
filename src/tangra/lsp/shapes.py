"""Shapes as texts: of one call, and of several calls at once."""

from __future__ import annotations

from collections.abc import Sequence

from tangra.checker.observations import Case

MAX_SIZES = 3
"""Different sizes of one axis that are listed."""
Sizes = tuple[str, ...] | None


def shape_text(sizes: Sizes) -> str:
    """A shape as Python writes a tuple."""
    if sizes is None:
        return "(?)"
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def together(shapes: Sequence[Sizes]) -> str | None:
    """Several shapes as one, `(2|8, 3)`; None where nothing is known or the ranks are too different."""
    known = list(dict.fromkeys(shape for shape in shapes if shape is not None))
    if not known or len(known) != len(set(shapes)):
        return None
    ranks = {len(shape) for shape in known}
    if len(ranks) > 1:
        return " | ".join(map(shape_text, known)) if len(known) <= MAX_SIZES else None
    merged = []
    for sizes in zip(*known, strict=True):
        different = list(dict.fromkeys(sizes))
        merged.append("|".join(different) if len(different) <= MAX_SIZES else "…")
    return shape_text(tuple(merged))


def of_cases(cases: Sequence[Case]) -> str | None:
    """The shape of an expression over its calls: where it was checked from its annotations too, the shape that these
    give says it best."""
    declared = [case for case in cases if not case.calls]
    stated = together([shape for case in declared for shape in case.shapes])
    return stated or together([shape for case in cases for shape in case.shapes])


def type_text(case: Case) -> str:
    """A shape with library and dtype: `(2, 3) torch.float32`."""
    text = " or ".join(map(shape_text, case.shapes))
    return f"{text}  {case.library}.{case.dtype}" if case.dtype else f"{text}  {case.library}"
