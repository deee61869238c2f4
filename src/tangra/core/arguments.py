"""The arguments of a transformed function, taken apart, and which of them a derivative is taken by."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    FunctionValue,
    InstanceValue,
    PartialValue,
    Scalar,
    TransformValue,
    TupleValue,
)
from tangra.core.copies import Copies
from tangra.core.trees import Flattener, Tree, build, copy, current, like, numbers
from tangra.errors import NotDifferentiableError, declare
from tangra.frontend import partials
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.parameters import signature
from tangra.ir import Block, Value

NOT_A_FLOAT = declare("TG803", "an argument to differentiate by that holds no floats")

Key = int | str


@dataclass
class Arguments:
    """The arguments of a call, taken apart: the differentiated ones in `chosen`, by position or name; with `one` they
    were not given as a sequence, and derivatives are not a tuple. `names` are those of the positional parameters.
    `entered`: the containers that the function gets, by the object outside that each is a copy of; None where an object
    in two places counts as two."""

    ev: Evaluator
    args: list[AbstractValue]
    kwargs: dict[str, AbstractValue]
    chosen: list[Key]
    one: bool
    names: list[str] = field(default_factory=list)
    trees: dict[Key, Tree] = field(default_factory=dict)
    leaves: list[AbstractValue] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    active: list[int] = field(default_factory=list)
    copies: Copies = field(init=False)
    entered: dict[int, AbstractValue] | None = None

    def __post_init__(self) -> None:
        flat = Flattener(self.ev)
        named: list[tuple[Key, AbstractValue]] = [*enumerate(self.args), *self.kwargs.items()]
        for key, v in named:
            start = len(flat.leaves)
            self.trees[key] = flat.add(v, self.called(key))
            if key in self.chosen:
                self.active += [k for k in range(start, len(flat.leaves)) if is_float(self.ev, flat.leaves[k])]
        self.leaves, self.paths, self.first = flat.leaves, flat.paths, flat.first
        self.copies = Copies(self.ev, flat)

    def called(self, key: Key) -> str:
        """What an argument is called in errors: its name, or its position counted from 0 as `argnums` does."""
        if isinstance(key, str):
            return key
        return self.names[key] if key < len(self.names) else f"argument {key}"

    def together(self, parts: Sequence[AbstractValue]) -> AbstractValue:
        """The derivatives with respect to the chosen arguments as they are returned."""
        return parts[0] if self.one else TupleValue(tuple(parts))

    def values(self) -> list[Value]:
        """The IR values of the active leaves."""
        return [current(self.ev, self.leaves[k]) for k in self.active]

    def enter(self, block: Block) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
        """Fresh arguments whose active leaves are parameters of `block`."""
        ev, fresh = self.ev, list[AbstractValue]()
        self.copies.made.clear()
        slots = {k: n for n, k in enumerate(self.active)}
        params = [block.add_arg(v.type, "") for v in self.values_in(block)]
        for k, leaf in enumerate(self.leaves):
            if k in slots:
                fresh.append(self._entered(k, params[slots[k]]))
            elif isinstance(leaf, ArrayValue):
                same = self.first[k]
                fresh.append(fresh[same] if same < k and same not in slots else self._entered(k, ev.read(leaf.ref)))
            else:
                fresh.append(leaf)
        if self.entered is not None:
            self.entered.clear()
            built = {key: build(ev, tree, fresh, self.entered) for key, tree in self.trees.items()}
        else:
            built = {key: copy(ev, tree, fresh) for key, tree in self.trees.items()}
        return [built[k] for k in range(len(self.args))], {k: built[k] for k in self.kwargs}

    def _entered(self, k: int, value: Value) -> AbstractValue:
        """Leaf `k` in the function, holding `value`."""
        leaf = self.leaves[k]
        if isinstance(leaf, ArrayValue):
            return self.copies.of(leaf, value, self.paths[k])
        return like(self.ev, leaf, value)

    def values_in(self, block: Block) -> list[Value]:
        """The active leaves' values, for their types only."""
        with self.ev.b.at(Block()):
            return self.values()


def is_float(ev: Evaluator, leaf: AbstractValue) -> bool:
    """A leaf that derivatives are taken by: floats, not ints or bools."""
    if isinstance(leaf, Const):
        return isinstance(leaf.value, float) or getattr(getattr(leaf.value, "dtype", None), "kind", "") == "f"
    if isinstance(leaf, Scalar):
        return any(k.dtype.is_float for k in leaf.kinds)
    assert isinstance(leaf, ArrayValue)
    return leaf.type.dtype.is_float


def parameters(function: AbstractValue) -> list[str]:
    """The names of a function's parameters that take an argument by position, as far as they are known."""
    return _names(function)[0]


def _names(function: AbstractValue) -> tuple[list[str], list[str]]:
    """The names of a function's parameters, as far as they are known: positional ones, and keyword-only ones."""
    if isinstance(function, FunctionValue):
        spec = function.definition.node.args
        return [a.arg for a in (*spec.posonlyargs, *spec.args)], [a.arg for a in spec.kwonlyargs]
    if isinstance(function, TransformValue):
        return _names(function.function)
    if isinstance(function, PartialValue):
        return _left_by_partial(function)
    if isinstance(function, BoundMethod):
        return _without_self(function.function)
    if isinstance(function, InstanceValue):
        call = inspect.getattr_static(function.cls, "__call__", None)
        return _without_self(Const(call)) if isinstance(call, FunctionType) else ([], [])
    live = function.value if isinstance(function, Const) else None
    try:
        found = signature(live).parameters.values() if callable(live) else ()
    except (TypeError, ValueError):
        return [], []
    positional = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return positional, [p.name for p in found if p.kind == p.KEYWORD_ONLY]


def _without_self(method: Any) -> tuple[list[str], list[str]]:
    positional, by_name = _names(method)
    return positional[1:], by_name


def _left_by_partial(partial: PartialValue) -> tuple[list[str], list[str]]:
    """What a partial leaves to be given: from the first parameter on that it gives by name, only by name."""
    positional, by_name = _names(partial.function)
    held = [*map(partials.is_open, partial.args)]
    left = [*itertools.compress(positional, held), *positional[len(held) :]]
    given = {name for name, _ in partial.kwargs}
    end = next((k for k, name in enumerate(left) if name in given), len(left))
    return left[:end], [*left[end:], *by_name]


def in_order(
    function: AbstractValue, args: Sequence[AbstractValue], kwargs: dict[str, AbstractValue]
) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
    """The arguments of a call in the order of the function's parameters, those by position as far as that goes."""
    positional, by_name = _names(function)
    left, rest, given = positional[len(args) :], dict(kwargs), list(args)
    for name in left:
        if name not in rest:
            break
        given.append(rest.pop(name))
    order = [*left, *by_name]
    return given, {
        name: rest[name] for name in (*(n for n in order if n in rest), *(n for n in rest if n not in order))
    }


def check_floats(ev: Evaluator, a: Arguments, transform: str) -> None:
    """Every chosen argument must hold a float."""
    for key in a.chosen:
        flat = numbers(a.trees[key])
        if not any(k in a.active for k in flat):
            ev.error(
                NotDifferentiableError,
                f"{transform}: {a.paths[flat[0]] if flat else a.called(key)} holds no floating-point numbers to "
                "differentiate by",
                code=NOT_A_FLOAT,
                fix="pass floats: float(x), or x.astype(np.float64)",
            )


def has_floats(ev: Evaluator, v: AbstractValue) -> bool:
    """Whether an argument holds floats."""
    flat = Flattener(ev)
    flat.add(v, "argument")
    return any(is_float(ev, leaf) for leaf in flat.leaves)
