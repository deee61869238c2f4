"""Comprehensions and generator expressions: unrolled where the number of elements is known, else one element."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.conditions import assuming, truth
from tangra.checker.dispatch import evaluate
from tangra.checker.evaluator import Frame
from tangra.checker.heap import DictCell, ListCell, Scope, Value
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_ELEMENTS = 4_000


def comprehension(ev: Evaluator, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
    """The value of a comprehension."""
    from tangra.checker.expressions import is_key

    found: list[Value] = []
    outer = ev.frame
    scope = Scope(outer.scope)
    frame = Frame(outer.function, scope, outer.file, outer.call, outer.mark, owner=outer.owner)
    frame.lines = outer.lines

    def element() -> None:
        if isinstance(node, ast.DictComp):
            found.append((evaluate(ev, node.key), evaluate(ev, node.value)))
        else:
            found.append(evaluate(ev, node.elt))

    first = evaluate(ev, node.generators[0].iter)
    ev.frames.append(frame)
    try:
        known = _generate(ev, node.generators, 0, first, element)
    finally:
        ev.frames.pop()
    if isinstance(node, ast.DictComp):
        known = known and all(is_key(key) for key, _ in found)
        return DictCell(dict(found) if known else None)
    kind = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "iterator"}[type(node)]
    if kind == "set" and known:
        known = all(map(is_key, found))
        found = list(dict.fromkeys(found)) if known else found
    return ListCell(found if known else None, kind, UNKNOWN if known else join_all(found, ev.joined_size))


def _generate(
    ev: Evaluator, generators: list[ast.comprehension], depth: int, iterable: Value, element: Callable[[], None]
) -> bool:
    """Run the loops from `depth` on; whether the number of elements is known."""
    from tangra.checker.assignment import assign

    generator = generators[depth]
    items = elements(ev, iterable, generator.iter)
    known = items is not None and len(items) <= MAX_ELEMENTS
    for item in items if items is not None and known else [one_element(ev, iterable, generator.iter)]:
        assign(ev, generator.target, item)
        answers = [truth(ev, evaluate(ev, test)) for test in generator.ifs]
        if False in answers:
            continue
        known = known and None not in answers
        for test in generator.ifs:
            assuming(ev, test, True, narrows=True)
        ev.guards += None in answers
        try:
            if depth + 1 < len(generators):
                following = evaluate(ev, generators[depth + 1].iter)
                known = _generate(ev, generators, depth + 1, following, element) and known
            else:
                element()
        finally:
            ev.guards -= None in answers
    return known
