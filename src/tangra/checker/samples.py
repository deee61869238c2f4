"""Likely calls of what nobody calls: models as their factories and defaults build them, fed with inputs of their kind.

A function without known calls is checked for all its arguments (`entries`), so little is known in it of a model whose
widths the arguments decide. Where shapes stayed unknown, the functions and classes that lead there are called the way
that their signatures make likely: with their defaults, with objects that their annotations name, with arrays of the
rank that works. This is for the shapes alone, as examples: nothing that fails in such a call is reported, and nothing
else is left of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tangra.checker.attributes import call_method
from tangra.checker.classes import prepare_layer
from tangra.checker.entries import evaluated, evaluated_in, found_ranks
from tangra.checker.heap import (
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    ListCell,
    ModuleCell,
    OneOf,
    Partial,
    Value,
    Wrapped,
)
from tangra.checker.likely import Likely
from tangra.checker.reports import Reports
from tangra.checker.statistics import Statistics

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_STEPS = 2_000_000
"""Nodes that all likely calls of a run may evaluate together."""
MAX_VISITS = 3
"""Likely calls that may enter a function in which shapes stay unknown."""
MAX_TRIES = 8
"""Likely calls that are made because they may enter it."""
IMAGE = 224
IMAGE_SIZES = ("image_size", "img_size")
"""The attributes in which models keep the size of their images."""
FALLBACK = (4, 3, 2)
"""Ranks that are tried for arrays of which nothing says the rank."""


def sample(ev: Evaluator) -> None:
    """Make likely calls of whatever leads to functions in which shapes are not known."""
    wanting, reach = Wanting(ev), Reach(ev)
    families: set[frozenset[ast.AST]] = set()
    with _apart(ev):
        cells: list[FunctionCell | ClassCell] = [*_functions(ev), *_classes(ev)]
        for cell in cells:
            if not wanting.left or ev.sampled > MAX_STEPS:
                return
            reached = reach.of(cell)
            family = frozenset(reached - {cell.node})
            if wanting.any_of(reached) and not (family and family in families):
                families.add(family)
                start, known = len(ev.entered_since), len(ev.statistics.known)
                _call(ev, cell)
                _keep_examples(ev)
                wanting.tried(reached, ev.entered_since[start:], gained=len(ev.statistics.known) > known)


class Wanting:
    """The functions of the checked files in which arrays have no known shape, and how often each was visited."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self.left: dict[ast.AST, int] = {}
        self.tries: dict[ast.AST, int] = {}
        self.arrays: dict[ast.AST, list[tuple[int, int]]] = {}
        statistics = ev.statistics
        unknown = statistics.arrays - statistics.known
        for path in ev.checked:
            file = ev.project.files.get(path)
            if file is not None and file.tree is not None:
                self._add(file.tree, id(file), unknown)

    def _add(self, tree: ast.AST, file: int, unknown: set[tuple[object, int]]) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                keys = [(file, id(part)) for part in ast.walk(node)]
                self.arrays[node] = keys
                is_call = node.name in ("forward", "__call__")
                if any(key in unknown for key in keys) or (
                    is_call and not any(key in self.ev.statistics.known for key in keys)
                ):
                    self.left[node] = 0

    def any_of(self, nodes: set[ast.AST]) -> bool:
        """Whether shapes are wanted in one of these functions."""
        return any(node in nodes for node in self.left)

    def _is_known(self, node: ast.AST) -> bool:
        keys = [key for key in self.arrays[node] if key in self.ev.statistics.arrays]
        return bool(keys) and all(key in self.ev.statistics.known for key in keys)

    def tried(self, nodes: set[ast.AST], entered: list[ast.AST], gained: bool) -> None:
        """A likely call that might have entered `nodes` entered some functions, and some shapes were known in it."""
        inside = set(entered)
        for node in (nodes | inside) & self.left.keys():
            self.tries[node] = self.tries.get(node, 0) + 1
            self.left[node] += (1 if gained else MAX_VISITS) if node in inside else 0
            if self._is_known(node) or self.left[node] >= MAX_VISITS or self.tries[node] >= MAX_TRIES:
                del self.left[node]


class Reach:
    """Which functions a function or class of the checked files leads to, by the names that stand in it."""

    def __init__(self, ev: Evaluator) -> None:
        self.ev = ev
        self._direct: dict[Value, tuple[set[ast.AST], list[Value]]] = {}

    def of(self, cell: Value) -> set[ast.AST]:
        """The function definitions that calling `cell` may enter."""
        found: set[ast.AST] = set()
        queue, seen = [cell], {cell}
        while queue:
            nodes, further = self._known(queue.pop())
            found |= nodes
            for each in further:
                if each not in seen:
                    seen.add(each)
                    queue.append(each)
        return found

    def _known(self, cell: Value) -> tuple[set[ast.AST], list[Value]]:
        if cell not in self._direct:
            self._direct[cell] = self._of_class(cell) if isinstance(cell, ClassCell) else self._of_function(cell)
        return self._direct[cell]

    def _of_function(self, function: FunctionCell) -> tuple[set[ast.AST], list[Value]]:
        if function.module.path not in self.ev.checked:
            return set(), []
        nodes: set[ast.AST] = {function.node}
        further: list[Value] = []
        body = function.node.body
        for statement in body if isinstance(body, list) else [body]:
            for part in ast.walk(statement):
                if isinstance(part, ast.Name):
                    further += _callables(_lookup(function, part.id))
                elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                    module = _lookup(function, part.value.id)
                    if isinstance(module, ModuleCell):
                        further += _callables(module.fields.get(part.attr))
        return nodes, further

    def _of_class(self, cls: ClassCell) -> tuple[set[ast.AST], list[Value]]:
        further: list[Value] = []
        for each in cls.mro:
            if each.scope is not None and each.scope.module.path in self.ev.checked:
                for value in each.fields.values():
                    further += _callables(value.function if isinstance(value, Wrapped) else value)
        return set(), further


def _lookup(function: FunctionCell, name: str) -> Value:
    return function.module.fields.get(name)


def _callables(value: Value, depth: int = 0) -> list[Value]:
    if isinstance(value, FunctionCell | ClassCell):
        return [value]
    if isinstance(value, Partial):
        return _callables(value.function, depth + 1) if depth < 3 else []
    held: tuple[Value, ...] = ()
    if isinstance(value, DictCell):
        held = tuple((value.entries or {}).values())
    elif isinstance(value, ListCell):
        held = value.items or ()
    elif type(value) is tuple:
        held = value
    return [found for item in held for found in _callables(item, depth + 1)] if depth < 2 and len(held) < 64 else []


def _functions(ev: Evaluator) -> Iterator[FunctionCell]:
    """Functions of the checked modules' top level; those that need no argument first."""
    own = [
        function
        for function in list(ev.functions)
        if isinstance(function.scope, ModuleCell) and function.module.path in ev.checked
    ]
    yield from sorted(own, key=lambda function: _needed(function) > 0)


def _needed(function: FunctionCell) -> int:
    """How many arguments have no default."""
    spec = function.node.args
    count = len(spec.posonlyargs) + len(spec.args) - len(function.defaults)
    return count + sum(default is None for default in spec.kw_defaults)


def _classes(ev: Evaluator) -> Iterator[ClassCell]:
    for cls in reversed(list(ev.classes)):
        if cls.scope is not None and cls.scope.module.path in ev.checked:
            yield cls


@contextmanager
def _apart(ev: Evaluator) -> Iterator[None]:
    """Evaluate so that only the shapes that were seen are left."""
    reports, runs, statistics, observer = ev.reports, dict(ev.runs), ev.statistics, ev.observer
    ev.statistics = Statistics(statistics.arrays, statistics.known)
    mark, lengths = ev.journal.open(), [(row, len(row)) for row in (ev.built, ev.functions, ev.classes, ev.missed)]
    entered, declared = set(ev.entered), set(ev.declared_entries)
    ev.reports, ev.observer = Reports(), None
    shapes, ev.shapes = ev.shapes, {}
    try:
        yield
    finally:
        ev.shapes = shapes
        ev.journal.undo(mark)
        ev.journal.close()
        for row, length in lengths:
            del row[length:]
        ev.reports, ev.runs, ev.statistics, ev.observer = reports, runs, statistics, observer
        ev.entered, ev.declared_entries = entered, declared


def _keep_examples(ev: Evaluator) -> None:
    """Of each name, the shape in the first call in which it was known."""
    for path, lines in ev.shapes.items():
        for line, names in lines.items():
            held = ev.examples.setdefault(path, {}).setdefault(line, {})
            held.update({name: value for name, value in names.items() if value.dims is not None and name not in held})
    ev.shapes = {}


def _call(ev: Evaluator, cell: FunctionCell | ClassCell) -> None:
    """Call a function, or make an object of a class; feed the layer that comes of it."""
    mark = ev.journal.open()
    try:
        if isinstance(cell, FunctionCell):
            made = _best(ev, cell, [])
        else:
            made = _object(ev, cell)
            if not is_layer(made):
                _methods(ev, cell, made)
        for layer in made.options[:1] if type(made) is OneOf else (made,):
            if is_layer(layer):
                _feed(ev, layer)
    finally:
        ev.journal.undo(mark)
        ev.journal.close()


def _best(ev: Evaluator, function: FunctionCell, receiver: list[Value], image: int = IMAGE) -> Value:
    """Call a function with arrays of the ranks that it asks for, or else of those with which nothing fails."""
    fitting = found_ranks(ev, function, receiver, Likely(ev, image=image))
    ranks = {name: few[0] for name, few in fitting.items()}
    value: Value = None
    for fallback in FALLBACK:
        ev.reports = Reports()
        likely, saved = Likely(ev, fallback, image), ev.summaries.saved
        ended, value = evaluated(ev, function, receiver, ranks, likely=likely)
        ev.sampled += ev.steps - (ev.summaries.saved - saved)
        if (ended and not ev.reports.found) or not likely.guessed:
            break
    return value


def _object(ev: Evaluator, cls: ClassCell) -> Value:
    """An object whose constructor gets likely arguments."""
    if cls.find("__new__") or "$members" in cls.fields:
        return None
    instance = Instance(cls)
    prepare_layer(ev, instance)
    found = cls.find("__init__")
    if found is not None and isinstance(found[1], FunctionCell):
        _best(ev, found[1], [instance])
        return instance
    if cls.scope is None:
        return None
    return evaluated_in(ev, cls.scope.module, lambda: Likely(ev).made(cls))[1]


def _methods(ev: Evaluator, cls: ClassCell, instance: Value) -> None:
    """Call the methods of an object that is no layer."""
    for value in list(cls.fields.values()):
        if isinstance(value, FunctionCell) and value.name != "__init__" and isinstance(instance, Instance):
            _best(ev, value, [instance])


def is_layer(value: Value) -> bool:
    """Whether the value is a layer that can be fed."""
    return isinstance(value, Instance) and (
        value.cls.derives_from("torch.nn.Module") or value.cls.derives_from("flax.linen.Module")
    )


def _feed(ev: Evaluator, layer: Instance) -> None:
    """Call a layer, as it is used once it was trained, with what its `forward` takes."""
    found = layer.cls.find("forward") or layer.cls.find("__call__")
    if found is None or not isinstance(found[1], FunctionCell):
        return
    if layer.cls.derives_from("torch.nn.Module"):
        evaluated_in(ev, found[1].module, lambda: call_method(ev, layer, "eval"))
    _best(ev, found[1], [layer], _image_size(layer))


def _image_size(layer: Instance) -> int:
    """The height and width of images, as a model says itself or as most have them."""
    for name in IMAGE_SIZES:
        size = layer.fields.get(name)
        size = size[-1] if type(size) is tuple and size else size
        if type(size) is int and size > 0:
            return size
    return IMAGE
