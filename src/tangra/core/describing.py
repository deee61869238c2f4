"""The arguments of a call as the compiler sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tangra.api.kinds import PYBOOL
from tangra.core.dynamic import LEAST, SMALL_DIM, Axes, is_named
from tangra.core.placing import argument_names
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    MethodSpec,
    NumberSpec,
    PartialSpec,
    TupleSpec,
    spec_of,
    static_spec,
)
from tangra.ir.types import ArrayType
from tangra.shapes import Size

Symbolic = Callable[[int], Size | None]
"""For the position of a dim among the large dims of a call: the symbol it becomes, or None to stay as it is."""


def describe_arguments(
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    static: frozenset[int | str],
    dynamic: Mapping[int | str, Axes],
    symbolic: Symbolic | None,
    function: Any,
) -> tuple[list[ArgSpec], dict[str, ArgSpec]]:
    """The ArgSpecs of a call of `function` (which names them in errors): bools and `static` arguments are constants,
    large dims, and the axes that `dynamic` names, may become symbols."""
    refine = _Refine(symbolic)
    seen: set[int] = set()

    def described(key: int | str, v: Any, where: str) -> ArgSpec:
        refine.axes = dynamic.get(key, ())
        return static_spec(v, seen) if key in static else refine.spec(spec_of(v, where, seen))

    names = argument_names(function, len(args))
    positional = [described(k, v, names[k]) for k, v in enumerate(args)]
    return positional, {name: described(name, v, f"argument {name}") for name, v in kwargs.items()}


class _Refine:
    """Rewrites the specs of a call in the order in which `keys` walks it."""

    def __init__(self, symbolic: Symbolic | None) -> None:
        self.axes: Axes = ()
        self.symbolic = symbolic
        self.position = 0
        self.seen: set[int] = set()

    def spec(self, s: ArgSpec) -> ArgSpec:
        if isinstance(s, NumberSpec):
            return ConstSpec(s.value) if s.kind == PYBOOL else s
        if isinstance(s, ArraySpec):
            return self._array(s)
        if isinstance(s, TupleSpec):
            return TupleSpec(tuple(self.spec(x) for x in s.items), s.cls)
        if isinstance(s, ListSpec):
            return ListSpec(tuple(self.spec(x) for x in s.items), s.identity, s.source)
        if isinstance(s, DictSpec):
            return DictSpec(s.keys, tuple(self.spec(x) for x in s.items), s.identity, s.source)
        if isinstance(s, InstanceSpec):
            return InstanceSpec(s.cls, s.names, tuple(self.spec(x) for x in s.items), s.identity, s.source)
        if isinstance(s, MethodSpec):
            return MethodSpec(s.function, self.spec(s.holder))
        if isinstance(s, PartialSpec):
            return PartialSpec(self.spec(s.function), self.spec(s.args), self.spec(s.keywords))
        return s

    def _array(self, s: ArraySpec) -> ArgSpec:
        if s.identity is not None and s.identity in self.seen:
            return s
        if s.identity is not None:
            self.seen.add(s.identity)
        shape: list[Size] = []
        for axis, n in enumerate(s.type.shape):
            size: Size | None = None
            asked = is_named(self.axes, axis, s.type.rank)
            if isinstance(n, int) and (n > SMALL_DIM or (asked and n >= LEAST)):
                size = self.symbolic(self.position) if self.symbolic is not None else None
                self.position += 1
            shape.append(n if size is None else size)
        return ArraySpec(ArrayType(s.type.dtype, tuple(shape)), s.identity, s.source, s.read_only, s.layout)
