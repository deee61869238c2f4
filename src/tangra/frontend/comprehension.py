"""Comprehensions and generator expressions: loops whose targets are names of their own."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, Const, ListValue, Scalar
from tangra.frontend import assignment, branches, conditions, container_methods, containers, iteration, iterators
from tangra.frontend.dispatch import expression
from tangra.frontend.heap import BROKEN, CellRef, CellState, MaybeUnbound
from tangra.frontend.iteration import Generator
from tangra.frontend.scope import Comprehension, analyse

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

T = TypeVar("T")


def generator(ev: Evaluator, node: Comprehension) -> Generator:
    """The generator of a comprehension; its first iterable is evaluated now."""
    assert ev.frame is not None
    first = iteration.iterated(ev, ev.eval(node.generators[0].iter))
    info = analyse(node)
    around = ((name, ev.state.env.get(name)) for name in (info.used | info.inner_free) - info.bound)
    return Generator(node, ev.frame, first, {name: cell for name, cell in around if isinstance(cell, CellRef)})


@expression(ast.GeneratorExp)
def generator_expression(ev: Evaluator, node: ast.GeneratorExp) -> AbstractValue:
    g = generator(ev, node)
    cells = () if g.is_plain else (ev.allocate(CellState(None)), ev.allocate(CellState(None)))
    return iterators.one_shot(ev, "generator", g, *cells)


@expression(ast.ListComp)
def list_comprehension(ev: Evaluator, node: ast.ListComp) -> AbstractValue:
    return collect(ev, generator(ev, node))


def collect(ev: Evaluator, g: Generator) -> ListValue:
    """A list of everything a generator yields."""
    out = containers.new_list(ev, [])
    drive(ev, g, lambda item: _append(ev, out, item), unroll=True)
    return out


def _append(ev: Evaluator, out: ListValue, item: AbstractValue) -> None:
    container_methods.append(ev, out, item)


def unrolled(ev: Evaluator, g: Generator) -> list[AbstractValue]:
    """Everything a generator of static length yields."""
    return containers.as_items(ev, collect(ev, g), "a generator")


@expression(ast.DictComp)
def dict_comprehension(ev: Evaluator, node: ast.DictComp) -> AbstractValue:
    """A dict; its keys are constants."""
    out = containers.new_dict(ev, [], [])

    def add(pair: AbstractValue) -> None:
        key, value = containers.as_items(ev, pair, "a dict comprehension")
        containers.setitem(ev, out, key, value)

    drive(ev, generator(ev, node), add, unroll=True)
    return out


class _Scope:
    """Evaluates parts of a comprehension where its targets are bound, and the rest where it is consumed."""

    def __init__(self, ev: Evaluator, g: Generator) -> None:
        self.ev = ev
        self.g = g
        self.bindings: dict[str, Any] = {}
        info = analyse(g.node)
        self.targets = info.bound
        self.nested = sys.version_info < (3, 12) or isinstance(g.node, ast.GeneratorExp)
        self.walrus = {n.target.id for n in ast.walk(g.node) if isinstance(n, ast.NamedExpr)}
        for name in sorted(info.captured):
            self.bindings[name] = CellRef(ev.allocate(CellState(None)))

    def inside(self, action: Callable[[], T]) -> T:
        """Run an action with the comprehension's names."""
        ev = self.ev
        outer, frame = ev.state.env, ev.frame
        own = outer if frame is self.g.frame else self.g.frame.suspended
        ev.state.env = {**own, **self.g.cells, **self.bindings}
        ev.frame = self.g.frame
        ev.frame.nested += self.nested
        try:
            return action()
        finally:
            self.g.frame.nested -= self.nested
            for name in self.targets & ev.state.env.keys():
                self.bindings[name] = ev.state.env[name]
            for name in self.walrus & ev.state.env.keys():
                outer[name] = ev.state.env[name]
            ev.state.env = outer
            ev.frame = frame


def drive(ev: Evaluator, g: Generator, body: Callable[[AbstractValue], None], unroll: bool = False) -> AbstractValue:
    """Run `body` for everything a generator yields; the result says whether it executed `break`."""
    scope = _Scope(ev, g)
    node = g.node
    if scope.walrus and ev.frame is not g.frame:
        ev.unsupported(
            "a generator expression that binds a name of its function with :=, in a loop of another function",
            "make a list of its items first: list(...)",
        )
    broken: list[AbstractValue] = [Const(False)]

    def clause(k: int) -> None:
        if k == len(node.generators):
            body(scope.inside(lambda: element(ev, node)))
            return
        part = node.generators[k]
        if part.is_async:
            ev.unsupported("async comprehensions", "use for")
        iterable = g.first if k == 0 else scope.inside(lambda: ev.eval(part.iter))

        def trip(item: AbstractValue) -> None:
            scope.inside(lambda: assignment.assign(ev, part.target, item))
            filtered(k, 0)

        found = iteration.for_each(
            ev,
            iterable,
            trip,
            key=part,
            name=part.target.id if isinstance(part.target, ast.Name) else "i",
            assigned=frozenset(n for n in ev.state.env if n.startswith("$acc")) | scope.walrus,
            own_flags=k == 0,
            unroll=unroll,
        )
        if k == 0:
            broken[0] = found

    def filtered(k: int, at: int) -> None:
        tests = node.generators[k].ifs
        if at == len(tests):
            clause(k + 1)
            return
        cond = scope.inside(lambda: conditions.evaluate(ev, tests[at]))
        if isinstance(cond, Const):
            if cond.value:
                filtered(k, at + 1)
            return
        assert isinstance(cond, Scalar)
        branches.branch(ev, cond.value, lambda: filtered(k, at + 1), lambda: None, None)

    clause(0)
    return broken[0]


def maker(ev: Evaluator, g: Generator) -> Callable[[AbstractValue], AbstractValue]:
    """What makes an item of a generator of one clause out of an item of what it runs over."""
    scope, part = _Scope(ev, g), g.node.generators[0]
    if scope.walrus:
        ev.unsupported(
            "a generator expression that binds a name of its function with :=, from which something else takes items",
            "make a list of its items first: list(...)",
        )

    def make(item: AbstractValue) -> AbstractValue:
        scope.inside(lambda: assignment.assign(ev, part.target, item))
        return scope.inside(lambda: element(ev, g.node))

    return make


def element(ev: Evaluator, node: Comprehension) -> AbstractValue:
    """What a comprehension gives for the names that are bound: a pair, if it makes a dict."""
    if isinstance(node, ast.DictComp):
        return ev.eval(ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node))
    return ev.eval(node.elt)


def accumulator(ev: Evaluator) -> str:
    """A name for what a loop over items makes of them."""
    return f"$acc{sum(n.startswith('$acc') for n in ev.state.env)}"


def fold(
    ev: Evaluator,
    iterable: AbstractValue,
    start: AbstractValue | None,
    step: Callable[[AbstractValue | None, AbstractValue], AbstractValue],
    first: Callable[[AbstractValue], AbstractValue] = lambda item: item,
) -> Any:
    """Combine all items, one after the other; without `start` it is `first` of the first item, and the result may be
    unbound."""
    name = accumulator(ev)
    if start is not None:
        ev.state.env[name] = start

    def body(item: AbstractValue) -> None:
        ev.state.env[name] = _step(ev, ev.state.env.get(name), item, step, first)

    iteration.for_each(ev, iterable, body, key=ev.loop_key(("fold", ev.place, name)), assigned=frozenset({name}))
    return ev.state.env.pop(name, None)


def _step(
    ev: Evaluator,
    known: Any,
    item: AbstractValue,
    step: Callable[[AbstractValue | None, AbstractValue], AbstractValue],
    first: Callable[[AbstractValue], AbstractValue],
) -> AbstractValue:
    if isinstance(known, MaybeUnbound):
        old = known.value
        cond = Scalar(known.bound, (PYBOOL,))
        return branches.choose(ev, cond, lambda: step(old, item), lambda: first(item))  # type: ignore[arg-type]
    return first(item) if known is None else step(known, item)


def quantify(ev: Evaluator, iterable: AbstractValue, wanted: bool) -> AbstractValue:
    """`any` (wanted is True) or `all` (False): stops at the first item whose truth is `wanted`."""
    name = accumulator(ev)
    ev.state.env[name] = Const(not wanted)

    def found() -> None:
        ev.state.env[name] = Const(wanted)
        ev.state.env[BROKEN] = Const(True)

    def body(item: AbstractValue) -> None:
        cond = ev.truth(item)
        if isinstance(cond, Const):
            if bool(cond.value) is wanted:
                found()
            return
        assert isinstance(cond, Scalar)
        if wanted:
            branches.branch(ev, cond.value, found, lambda: None, None)
        else:
            branches.branch(ev, cond.value, lambda: None, found, None)

    iteration.for_each(ev, iterable, body, key=ev.loop_key(("quantify", ev.place, name)), assigned=frozenset({name}))
    result = ev.state.env.pop(name)
    assert isinstance(result, (Const, Scalar))
    return result
