"""The indivisible factors of a symbolic size: names, floor quotients, remainders, maxima and minima.

Atoms are interned, so two equal atoms are one object: equality and hashing are by identity and cost nothing.
The table is never emptied; it holds one small object per distinct name or quotient that a process ever wrote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tangra.shapes.dims import Size

NAME = re.compile(r"(?:[^\W\d]|[$?@])[\w$]*(?:\.[^\W\d]\w*|\[-?\d+\])*|\{[^{}\s]+\}")
"""What a symbol may be called: an identifier (a leading `$`, `?` or `@` marks generated ones), with attributes and
constant indices after it (`x.shape[0]`), or any word in braces (`{self.n}`, as jaxtyping writes run-time values)."""

MAX_TEXT = 20_000
"""Characters of one atom's text. Repeated squaring and division doubles it each time; past this it is refused."""

MAX_DEPTH = 48
"""Quotients and extrema nested in each other."""


class SizeTooComplex(ValueError):
    """A symbolic size grew beyond what is worth reasoning about; name it with a fresh symbol instead."""


NO_NORMAL_FORM = (SizeTooComplex, ZeroDivisionError)
"""What rewriting a size can run into; who only wants to know something about it then knows nothing."""


class Atom:
    """Base of the five kinds of factor. `key` orders atoms the same way in every process: symbols before the rest."""

    __slots__ = ("depth", "key", "text")
    text: str
    key: tuple[int, str]
    depth: int

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text})"

    def __str__(self) -> str:
        return self.text

    def _named(self, text: str, parts: tuple[Size, ...] = ()) -> None:
        self.depth = 1 + max((part.depth for part in parts if not isinstance(part, int)), default=0)
        if len(text) > MAX_TEXT or self.depth > MAX_DEPTH:
            raise SizeTooComplex(f"symbolic size of {len(text)} characters, starting {text[:60]}...")
        self.text = text
        self.key = (0 if isinstance(self, Symbol) else 1, text)


class Symbol(Atom):
    """A named unknown integer."""

    __slots__ = ("name",)
    name: str

    def __reduce__(self) -> tuple[object, ...]:
        return intern_symbol, (self.name,)


class Quotient(Atom):
    """Base of `FloorDiv` and `Mod`: `num` and `den` in normal form."""

    __slots__ = ("den", "num")
    num: Size
    den: Size

    def __reduce__(self) -> tuple[object, ...]:
        return intern_quotient, (type(self), self.num, self.den)


class FloorDiv(Quotient):
    """`num // den`, rounded towards minus infinity as in Python."""

    __slots__ = ()


class Mod(Quotient):
    """`num % den`, with the sign of `den` as in Python."""

    __slots__ = ()


class Extremum(Atom):
    """Base of `Max` and `Min`: `args` are two or more sizes in normal form, sorted by their text."""

    __slots__ = ("args",)
    args: tuple[Size, ...]

    def __reduce__(self) -> tuple[object, ...]:
        return intern_extremum, (type(self), self.args)


class Max(Extremum):
    """The largest of `args`."""

    __slots__ = ()


class Min(Extremum):
    """The smallest of `args`."""

    __slots__ = ()


_SYMBOLS: dict[str, Symbol] = {}
_QUOTIENTS: dict[tuple[type[Quotient], Size, Size], Quotient] = {}
_EXTREMA: dict[tuple[type[Extremum], tuple[Size, ...]], Extremum] = {}


def intern_symbol(name: str) -> Symbol:
    """The one atom called `name`; the name is not checked here, so that provers can make names no source can spell."""
    atom = _SYMBOLS.get(name)
    if atom is None:
        atom = Symbol()
        atom.name = name
        atom._named(name)
        atom = _SYMBOLS.setdefault(name, atom)  # atomic: of two threads, one wins and both return its atom
    return atom


def intern_quotient(kind: type[Quotient], num: Size, den: Size) -> Quotient:
    """The one `FloorDiv` or `Mod` of `num` by `den`, both already reduced against each other."""
    key = (kind, num, den)
    atom = _QUOTIENTS.get(key)
    if atom is None:
        atom = kind()
        atom.num, atom.den = num, den
        sign = "//" if kind is FloorDiv else " % "
        atom._named(f"{operand_text(num)}{sign}{operand_text(den)}", (num, den))
        atom = _QUOTIENTS.setdefault(key, atom)
    return atom


def intern_extremum(kind: type[Extremum], args: tuple[Size, ...]) -> Extremum:
    """The one `Max` or `Min` of `args`, which are distinct and sorted."""
    key = (kind, args)
    atom = _EXTREMA.get(key)
    if atom is None:
        atom = kind()
        atom.args = args
        atom._named(f"{'max' if kind is Max else 'min'}({', '.join(str(a) for a in args)})", args)
        atom = _EXTREMA.setdefault(key, atom)
    return atom


def operand_text(size: Size) -> str:
    """`size` as an operand of `//` or `%`: bare where it is one word, else in parentheses."""
    text = str(size)
    if isinstance(size, int):
        return text if size >= 0 else f"({text})"
    return text if size.is_word else f"({text})"
