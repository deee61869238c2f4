"""The subscripts of `np.einsum` matched with symbolic shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tangra.shapes.broadcasting import broadcast_shapes
from tangra.shapes.deciding import Judge
from tangra.shapes.dims import Size
from tangra.shapes.errors import EinsumError, Shape, Undecided, shape_text
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.prover import known_eq

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EinsumDims:
    """What einsum does to each axis.

    `operands[i]` labels the axes of operand i and `output` those of the result: a letter as written, or `.1`, `.2` for
    the axes an ellipsis stands for, numbered from the last. `sizes` gives each label's size; an operand's axis of size
    1 under a larger one is repeated. `shape` is the result's.
    """

    operands: tuple[Labels, ...]
    output: Labels
    sizes: Mapping[str, Size]
    shape: Shape


def einsum_dims(
    subscripts: str, shapes: Sequence[Shape], facts: Facts = EMPTY, undecided: Undecided | None = None
) -> EinsumDims:
    """Match `subscripts` (`"ij,jk->ik"`, implicit output and `...` as in NumPy) with the operands' shapes.

    Raises EinsumError for subscripts that don't parse or fit, and for sizes that differ under one label.
    """
    shapes = tuple(shapes)
    text = subscripts.replace(" ", "")
    inputs, arrow, output_text = text.partition("->")
    words = inputs.split(",")
    if len(words) != len(shapes):
        raise EinsumError(
            f"einsum subscripts {subscripts!r} are for {len(words)} operands, not {len(shapes)}",
            left=len(words),
            right=len(shapes),
            shapes=shapes,
        )
    operands = tuple(_labels(word, len(shape), subscripts, shapes) for word, shape in zip(words, shapes, strict=True))
    ellipsis = _longest_ellipsis(operands)
    if arrow:
        output = _output_labels(output_text, ellipsis, operands, subscripts, shapes)
    else:
        letters = inputs.replace("...", "").replace(",", "")
        output = ellipsis + tuple(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    sizes = _sizes(operands, Judge(facts, undecided, shapes), subscripts)
    return EinsumDims(operands, output, sizes, tuple(sizes[label] for label in output))


def _longest_ellipsis(operands: tuple[Labels, ...]) -> Labels:
    count = max((sum(label[0] == "." for label in labels) for labels in operands), default=0)
    return _ellipsis(count)


def _ellipsis(count: int) -> Labels:
    return tuple(f".{place}" for place in range(count, 0, -1))


def _split(word: str, subscripts: str, shapes: tuple[Shape, ...]) -> tuple[str, bool, str]:
    """(letters before the ellipsis, whether there is one, letters after)."""
    before, dots, after = word.partition("...")
    for letter in before + after:
        if not (letter.isascii() and letter.isalpha()):
            raise EinsumError(f"{letter!r} in einsum subscripts {subscripts!r} is no axis label", shapes=shapes)
    return before, bool(dots), after


def _labels(word: str, rank: int, subscripts: str, shapes: tuple[Shape, ...]) -> Labels:
    before, dots, after = _split(word, subscripts, shapes)
    hidden = rank - len(before) - len(after)
    if hidden < 0 or (hidden and not dots):
        raise EinsumError(
            f"einsum subscript {word!r} labels {len(before) + len(after)} axes of an array with {rank} dimensions",
            left=len(before) + len(after),
            right=rank,
            shapes=shapes,
        )
    return (*before, *_ellipsis(hidden), *after)


def _output_labels(
    word: str, ellipsis: Labels, operands: tuple[Labels, ...], subscripts: str, shapes: tuple[Shape, ...]
) -> Labels:
    before, dots, after = _split(word, subscripts, shapes)
    if ellipsis and not dots:
        raise EinsumError(f"the output of einsum {subscripts!r} lacks the ellipsis of its inputs", shapes=shapes)
    known = {label for labels in operands for label in labels}
    for letter in before + after:
        if letter not in known:
            raise EinsumError(f"output label {letter!r} of einsum {subscripts!r} is in no input", shapes=shapes)
        if (before + after).count(letter) > 1:
            raise EinsumError(f"output label {letter!r} of einsum {subscripts!r} is given twice", shapes=shapes)
    return (*before, *ellipsis, *after)


def _sizes(operands: tuple[Labels, ...], judge: Judge, subscripts: str) -> dict[str, Size]:
    sizes: dict[str, Size] = {}
    for labels, shape in zip(operands, judge.shapes, strict=True):
        own: dict[str, Size] = {}
        for label, size in zip(labels, shape, strict=True):
            own[label] = _same(label, own[label], size, judge, subscripts) if label in own else size
        for label, size in own.items():
            sizes[label] = _joined(label, sizes[label], size, judge, subscripts) if label in sizes else size
    return sizes


def _same(label: str, left: Size, right: Size, judge: Judge, subscripts: str) -> Size:
    """The size of a label that one operand has twice (a diagonal): NumPy repeats nothing there."""
    return judge.equal(
        left, right, f"einsum, label {label}", lambda: _differ(label, left, right, judge.shapes, subscripts)
    )


def _joined(label: str, left: Size, right: Size, judge: Judge, subscripts: str) -> Size:
    """The size of a label that two operands have; a size of 1 is repeated."""
    if (
        known_eq(left, right, judge.facts) is False
        and 1 not in (left, right)
        and (known_eq(left, 1, judge.facts) is False and known_eq(right, 1, judge.facts) is False)
    ):
        raise _differ(label, left, right, judge.shapes, subscripts)
    joined = broadcast_shapes((left,), (right,), facts=judge.facts, undecided=judge.undecided)
    return joined[0]


def _differ(label: str, left: Size, right: Size, shapes: Sequence[Shape], subscripts: str) -> EinsumError:
    operands = " and ".join(map(shape_text, shapes))
    what = f"label {label!r}" if label[0] != "." else f"axis {label[1:]} from the end of the ellipsis"
    return EinsumError(
        f"einsum {subscripts!r} of {operands}: {what} is both {left} and {right}", left=left, right=right, shapes=shapes
    )
