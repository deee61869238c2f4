"""jaxtyping's notation for shapes, `"*batch channels 3"`: read, write, and match with symbolic shapes.

Each axis is written between spaces: `n` a name; `3` a size; `_` any size; `...` any number of axes; `*n` any number of
axes under one name; `#n` size 1 allowed; `?n` a name local to a place in a tree of arrays; `rows=3` a size with a
comment; `n-1` an expression of names bound before; `{self.n}` a value known at run time. Prefixes combine: `*#n`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tangra.shapes.dims import Size
from tangra.shapes.parsing import SizeSyntaxError, parse_size


@dataclass(frozen=True, slots=True)
class NamedDim:
    """`n`: binds the name at its first use and must equal it afterwards. `#n` also takes 1; `?n` is local to a leaf of
    a tree; `label` is a comment, `rows=n`."""

    name: str
    broadcastable: bool = False
    treepath: bool = False
    label: str | None = None

    def __str__(self) -> str:
        return f"{'#' * self.broadcastable}{'?' * self.treepath}{_comment(self.label)}{self.name}"


@dataclass(frozen=True, slots=True)
class FixedDim:
    """`3`, or with a comment `rows=3`; `#3` also takes 1."""

    size: int
    broadcastable: bool = False
    label: str | None = None

    def __str__(self) -> str:
        return f"{'#' * self.broadcastable}{_comment(self.label)}{self.size}"


@dataclass(frozen=True, slots=True)
class ExpressionDim:
    """`n-1`: an expression of names bound before and of run-time values, the symbols in braces; `#n-1` also takes 1."""

    size: Size
    broadcastable: bool = False
    label: str | None = None

    def __str__(self) -> str:
        return f"{'#' * self.broadcastable}{_comment(self.label)}{_unspaced(self.size)}"


@dataclass(frozen=True, slots=True)
class AnonymousDim:
    """`_`, or with a comment `_n`: one axis of any size."""

    label: str = ""

    def __str__(self) -> str:
        return f"_{self.label}"


@dataclass(frozen=True, slots=True)
class VariadicDim:
    """`*n`: any number of axes under one name. `*#n` need only broadcast with the others of that name."""

    name: str
    broadcastable: bool = False
    treepath: bool = False

    def __str__(self) -> str:
        return f"*{'#' * self.broadcastable}{'?' * self.treepath}{self.name}"


@dataclass(frozen=True, slots=True)
class EllipsisDim:
    """`...`, or with a comment `*_n`: any number of axes of any size."""

    label: str | None = None

    def __str__(self) -> str:
        return "..." if self.label is None else f"*_{self.label}"


DimSpec = NamedDim | FixedDim | ExpressionDim | AnonymousDim | VariadicDim | EllipsisDim


class DimStringError(ValueError):
    """A shape string that does not parse. `text` is all of it, `axis` the number of the axis at fault."""

    def __init__(self, message: str, text: str, axis: int) -> None:
        super().__init__(message, text, axis)
        self.message = message
        self.text = text
        self.axis = axis

    def __str__(self) -> str:
        return f"{self.message}, in the shape {self.text!r}"


_PREFIXES = {"#": "# (size 1 allowed)", "*": "* (several axes)", "_": "_ (any size)", "?": "? (local to a leaf)"}
_INT = re.compile(r"[+-]?\d+(?:_\d+)*")


def parse_dims(text: str) -> tuple[DimSpec, ...]:
    """The axes that `text` describes. Raises DimStringError for what jaxtyping refuses, with the reason."""
    specs: list[DimSpec] = []
    for axis, word in enumerate(text.split()):
        try:
            specs.append(_parse_word(word))
        except _Refused as error:
            raise DimStringError(str(error), text, axis) from None
        if sum(isinstance(spec, VariadicDim | EllipsisDim) for spec in specs) > 1:
            raise DimStringError("only one of the axes can stand for several", text, axis)
    return tuple(specs)


def render_dims(specs: tuple[DimSpec, ...]) -> str:
    """The text of `specs`, which `parse_dims` reads back to the same."""
    return " ".join(map(str, specs))


class _Refused(Exception):
    """Why one word is no axis."""


def _parse_word(word: str) -> DimSpec:
    if "," in word and "(" not in word:
        raise _Refused(f"{word!r}: axes are separated by spaces, not commas")
    if "..." in word:
        if word != "...":
            raise _Refused(f"{word!r}: '...' stands alone")
        return EllipsisDim()
    found, label, rest = _take_prefixes(word)
    if _INT.fullmatch(rest):
        _only(word, found, "#", "a fixed size")
        return _fixed(word, int(rest), "#" in found, label)
    if rest.isidentifier() or not rest:
        return _named(word, found, label, rest)
    _only(word, found, "#", "an expression")
    return _expression(word, rest, "#" in found, label)


def _take_prefixes(word: str) -> tuple[str, str | None, str]:
    """(prefixes, comment before `=`, the rest). The comment may stand between prefixes."""
    found, label = "", None
    while word:
        if word[0] in _PREFIXES:
            if word[0] in found:
                raise _Refused(f"{word[0]!r} is given twice")
            found, word = found + word[0], word[1:]
        elif word.count("=") == 1 and label is None:
            label, word = word.split("=")
        else:
            break
    return found, label, word


def _only(word: str, found: str, allowed: str, what: str) -> None:
    for prefix in found:
        if prefix not in allowed:
            raise _Refused(f"{word!r}: {what} can't have {_PREFIXES[prefix]}")


def _fixed(word: str, size: int, broadcastable: bool, label: str | None) -> DimSpec:
    if size < 0:
        raise _Refused(f"{word!r}: a size can't be negative")
    return FixedDim(size, broadcastable, label)


def _named(word: str, found: str, label: str | None, name: str) -> DimSpec:
    if "_" in found:
        _only(word, found, "_*?", "an axis of any size")
        if "*" in found:
            return EllipsisDim(name)
        return AnonymousDim(name)
    if not name:
        raise _Refused(f"{word!r} lacks a name")
    if "*" in found:
        return VariadicDim(name, "#" in found, "?" in found)
    return NamedDim(name, "#" in found, "?" in found, label)


def _expression(word: str, text: str, broadcastable: bool, label: str | None) -> DimSpec:
    try:
        size = parse_size(text)
    except (SizeSyntaxError, ZeroDivisionError) as error:
        raise _Refused(f"{word!r} is no size: {error}") from None
    if isinstance(size, int):
        return _fixed(word, size, broadcastable, label)
    return ExpressionDim(size, broadcastable, label)


def _comment(label: str | None) -> str:
    return "" if label is None else f"{label}="


def _unspaced(size: Size) -> str:
    text = str(size).replace(" ", "")
    return text if not text.isidentifier() and text[0] not in _PREFIXES else f"({text})"
