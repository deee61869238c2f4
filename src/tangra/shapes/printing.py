"""The text of a symbolic size, in Python syntax: `2*N + M//2`."""

from __future__ import annotations

from collections.abc import Iterable

from tangra.shapes.atoms import Atom, Quotient


def render(pairs: Iterable[tuple[tuple[Atom, ...], int]]) -> str:
    """The sum of `pairs` of (factors, coefficient). A positive term is put first where there is one: `1 - N`."""
    ordered = list(pairs)
    first = next((place for place, (_, coefficient) in enumerate(ordered) if coefficient > 0), 0)
    ordered.insert(0, ordered.pop(first))
    text = _term(ordered[0][0], abs(ordered[0][1]), leading=ordered[0][1] < 0)
    if ordered[0][1] < 0:
        text = "-" + text
    for factors, coefficient in ordered[1:]:
        text += (" - " if coefficient < 0 else " + ") + _term(factors, abs(coefficient), leading=False)
    return text


def _term(factors: tuple[Atom, ...], coefficient: int, leading: bool) -> str:
    """One product. A lone quotient needs no parentheses in a sum, except behind a leading minus sign."""
    if len(factors) == 1 and coefficient == 1 and not leading:
        return factors[0].text
    words = [] if coefficient == 1 and factors else [str(coefficient)]
    position = 0
    while position < len(factors):
        atom = factors[position]
        power = factors.count(atom)
        text = f"({atom.text})" if isinstance(atom, Quotient) else atom.text
        words.append(text if power == 1 else f"{text}**{power}")
        position += power
    return "*".join(words)
