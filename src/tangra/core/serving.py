"""The short way from a call to compiled code: a Python function generated for one specialisation.

It tests what the specialisation rests on (types, shapes, structure and identity of the arguments, guards of what the
function captures), reads the leaves, calls `packing.short_call`'s function and builds the result, all as straight-line
code. What it can't decide quickly it leaves to the careful way by returning MISS, before anything has happened.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api.kinds import PYBOOL, PYFLOAT, PYINT, Kind
from tangra.core.results import Builder, apply, call_arguments
from tangra.frontend.live import Guard
from tangra.frontend.paths import ArgRoot, Path
from tangra.frontend.results import ArrayNode, ConstNode, ExistingNode, Node, NumberNode, TupleNode
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    LiveSpec,
    NumberSpec,
    SameSpec,
    TupleSpec,
)
from tangra.ir import ArrayType
from tangra.native import MISS

if TYPE_CHECKING:
    from tangra.core.specialisation import Specialisation

Serve = Callable[[tuple[Any, ...], dict[str, Any]], Any]

MAX_LINES = 3000
"""Specialisations that need more tests and reads are served the careful way only."""
INT_RANGE = "-0x8000000000000000 <= {} <= 0x7fffffffffffffff"


class NoShortWay(Exception):
    """A specialisation that has to be served the careful way."""


def short_way(made: Specialisation, min_dim: int) -> Serve | None:
    """The function `serve(args, kwargs)` of a specialisation, or None if it has none. Symbolic dims of its arguments
    are at least `min_dim`."""
    if made.native.short is None or made.partition_needed:
        return None
    try:
        return _Generator(made, min_dim).function()
    except NoShortWay:
        return None


class _Generator:
    """Writes the source of `serve`."""

    def __init__(self, made: Specialisation, min_dim: int) -> None:
        self.made = made
        self.min_dim = min_dim
        self.namespace: dict[str, Any] = {}
        self.lines: list[str] = []
        self.places: dict[Any, str] = {}
        self.distinct: list[str] = []
        self.identities: dict[int, str] = {}
        self.symbols: dict[str, str] = {}

    def bind(self, value: Any) -> str:
        """A name for a constant."""
        name = f"K{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def require(self, test: str) -> None:
        """Miss unless `test` holds."""
        self.lines.append(f"if not ({test}): return MISS")
        if len(self.lines) > MAX_LINES:
            raise NoShortWay

    def function(self) -> Serve:
        self._arguments()
        self._guards()
        values = [self.place(p.path) for p in self.made.params]
        for capture in self.made.traced.captures:
            if capture.kind is None:
                self.distinct.append(self.place(capture.path))
            elif capture.kind == PYINT:
                self.require(INT_RANGE.format(self.place(capture.path)))
        self._identity()
        body = ["try:", *(f"    {line}" for line in self.lines or ["pass"]), "except UNREADABLE: return MISS"]
        body += ["try:", f"    r = call({', '.join(values)})", "except BaseException as e:"]
        body += ["    raise exception(e) from None", "if r is MISS: return MISS", *self._finish(values)]
        source = "def serve(args, kwargs):\n" + "\n".join(f"    {line}" for line in body)
        self.namespace |= {
            "MISS": MISS,
            "UNREADABLE": (LookupError, AttributeError, TypeError, ValueError),
            "call": self.made.native.short,
            "exception": self.made.exception,
            "ndarray": np.ndarray,
        }
        exec(compile(source, "<call of compiled code>", "exec"), self.namespace)
        made: Serve = self.namespace["serve"]
        return made

    # ---- reading --------------------------------------------------------------------------------------------------
    def place(self, path: Path) -> str:
        """The local variable that holds what is at `path`."""
        key = path.key
        if key not in self.places:
            if not path.steps:
                if isinstance(path.root, ArgRoot):
                    raise NoShortWay
                self.places[key] = self.bind(path.root)
            else:
                holder = self.place(Path(path.root, path.steps[:-1]))
                self.places[key] = self._step(holder, *path.steps[-1])
        return self.places[key]

    def _step(self, holder: str, kind: str, key: Any) -> str:
        name = f"p{len(self.places)}"
        if kind == "item":
            spelled = repr(key) if type(key) in (int, str) else self.bind(key)
            self.lines.append(f"{name} = {holder}[{spelled}]")
        elif key.isidentifier():
            self.lines.append(f"{name} = {holder}.{key}")
        else:
            raise NoShortWay
        return name

    def _arguments(self) -> None:
        names = []
        for key in self.made.positional:
            name = f"a{key}"
            names.append(name)
            self.places[Path(ArgRoot(key)).key] = name
        if names:
            self.lines.append(f"{', '.join(names)}, = args")
        for n, word in enumerate(self.made.named):
            self.lines.append(f"k{n} = kwargs[{word!r}]")
            self.places[Path(ArgRoot(word)).key] = f"k{n}"
        for root, spec in self.made.roots():
            self._spec(spec, Path(ArgRoot(root)))

    # ---- tests ------------------------------------------------------------------------------------------------------
    def _spec(self, spec: ArgSpec, path: Path) -> None:
        name = self.place(path)
        if isinstance(spec, NumberSpec):
            self._number(spec.kind, name)
        elif isinstance(spec, ArraySpec):
            self._array(spec, name)
        elif isinstance(spec, ConstSpec):
            self._constant(spec.value, name)
        elif isinstance(spec, TupleSpec):
            self.require(f"type({name}) is {self.bind(spec.cls or tuple)} and len({name}) == {len(spec.items)}")
            self._items(spec.items, path)
        elif isinstance(spec, SameSpec):
            self.require(f"{name} is {self.identities[spec.identity]}")
        elif not isinstance(spec, LiveSpec):
            self._container(spec, path, name)

    def _items(self, items: tuple[ArgSpec, ...], path: Path) -> None:
        for k, item in enumerate(items):
            self._spec(item, path.item(k))

    def _container(self, spec: ListSpec | DictSpec | InstanceSpec, path: Path, name: str) -> None:
        self.distinct.append(name)
        if spec.identity is not None:
            self.identities[spec.identity] = name
        if isinstance(spec, ListSpec):
            self.require(f"type({name}) is list and len({name}) == {len(spec.items)}")
            self._items(spec.items, path)
        elif isinstance(spec, DictSpec):
            self.require(f"type({name}) is dict and tuple({name}) == {self.bind(spec.keys)}")
            for key, item in zip(spec.keys, spec.items, strict=True):
                self._spec(item, path.item(key))
        else:
            own = getattr(spec.source, "__dict__", None)
            if own is None or tuple(own) != spec.names:
                raise NoShortWay
            self.require(f"type({name}) is {self.bind(spec.cls)} and tuple({name}.__dict__) == {self.bind(spec.names)}")
            for attribute, item in zip(spec.names, spec.items, strict=True):
                self._spec(item, path.attr(attribute))

    def _number(self, kind: Kind, name: str) -> None:
        test = f"type({name}) is {'float' if kind == PYFLOAT else self.bind(kind.type)}"
        self.require(test if kind != PYINT else f"{test} and {INT_RANGE.format(name)}")

    def _array(self, spec: ArraySpec, name: str) -> None:
        if spec.identity is not None and spec.identity in self.identities:
            self.require(f"{name} is {self.identities[spec.identity]}")
            return
        if spec.identity is not None:
            self.identities[spec.identity] = name
        if spec.layout != "C":
            raise NoShortWay  # compiled code takes arrays in C order only
        self.distinct.append(name)
        dtype = self.bind(np.dtype(spec.type.dtype.numpy))
        self.require(f"type({name}) is ndarray and {name}.dtype is {dtype} and {self._shape(spec.type, name)}")
        if spec.read_only:
            self.require(f"not {name}.flags.writeable")
        elif not spec.type.shape:
            self.require(f"{name}.flags.writeable")

    def _shape(self, type: ArrayType, name: str) -> str:
        if all(isinstance(n, int) for n in type.shape):
            return f"{name}.shape == {tuple(type.shape)}"
        tests = [f"{name}.ndim == {type.rank}"]
        for axis, size in enumerate(type.shape):
            found = f"{name}.shape[{axis}]"
            if isinstance(size, int):
                tests.append(f"{found} == {size}")
            elif str(size) in self.symbols:
                tests.append(f"{found} == {self.symbols[str(size)]}")
            else:
                self.symbols[str(size)] = found
                tests.append(f"{found} >= {self.min_dim}")
        return " and ".join(tests)

    def _constant(self, value: Any, name: str) -> None:
        if value is None or isinstance(value, (bool, enum.Enum)):
            self.require(f"{name} is {self.bind(value)}")
        elif type(value) in (int, str, bytes):
            self.require(f"type({name}) is {self.bind(type(value))} and {name} == {self.bind(value)}")
        else:
            raise NoShortWay

    def _guards(self) -> None:
        for path, value in self.made.traced.static:
            self._guard(Guard(path, "equal", value))
        for guard in self.made.traced.guards:
            self._guard(guard)

    def _guard(self, guard: Guard) -> None:
        name, expected = self.place(guard.path), guard.expected
        if guard.check == "is":
            self.require(f"{name} is {self.bind(expected)}")
        elif guard.check == "equal":
            self._constant(expected, name)
        elif guard.check in ("type", "kind"):
            self.require(f"type({name}) is {self.bind(expected)}")
        elif guard.check == "length":
            self.require(f"len({name}) == {expected}")
        elif guard.check == "keys":
            self.require(f"tuple({name}) == {self.bind(expected)}")
        elif guard.check == "writeable":
            if not expected:
                self.require(f"not {name}.flags.writeable")
        elif guard.check == "layout":
            if expected != "C":
                raise NoShortWay
        elif guard.check != "array":
            raise NoShortWay
        else:
            dtype = self.bind(np.dtype(expected.dtype.numpy))
            self.require(f"type({name}) is ndarray and {name}.dtype is {dtype} and {name}.shape == {expected.shape}")

    def _identity(self) -> None:
        """Objects that were different when this was compiled are different."""
        names = list(dict.fromkeys(self.distinct))
        if len(names) > 3:
            self.require(f"len({{{', '.join(f'id({n})' for n in names)}}}) == {len(names)}")
        else:
            for k, name in enumerate(names):
                for other in names[:k]:
                    self.require(f"{name} is not {other}")

    # ---- results ----------------------------------------------------------------------------------------------------
    def _finish(self, values: list[str]) -> list[str]:
        made = self.made
        lines = [f"{values[w.param]}[...] = r[{w.result}]" for w in made.zero_rank]
        simple = None if made.traced.mutations else self._simple(made.traced.result)
        if simple is not None:
            return [*lines, f"return {simple}"]
        self.namespace |= {
            "Builder": Builder,
            "apply": apply,
            "call_arguments": call_arguments,
            "result": made.traced.result,
            "mutations": made.traced.mutations,
        }
        return [
            *lines,
            "builder = Builder(r, call_arguments(args, kwargs))",
            "value = builder.build(result)",
            "for mutation in mutations: apply(mutation, builder)",
            "return value",
        ]

    def _simple(self, node: Node) -> str | None:
        """The result as an expression of `r`; None where it takes more."""
        if isinstance(node, NumberNode):
            return self._result_number(node)
        if isinstance(node, ArrayNode):
            rank = self.made.func.returned[node.index].array.rank
            return f"r[{node.index}]" if rank else None
        if isinstance(node, ConstNode):
            return "None" if node.value is None else self.bind(node.value)
        if isinstance(node, TupleNode):
            items = [self._simple(item) for item in node.items]
            known = [item for item in items if item is not None]
            if len(known) < len(items):
                return None
            made = f"({''.join(f'{item}, ' for item in known)})"
            return made if node.cls is None else f"{self.bind(node.cls)}(*{made})"
        if isinstance(node, ExistingNode) and isinstance(node.path.root, ArgRoot):
            return self.places.get(node.path.key)
        return None

    def _result_number(self, node: NumberNode) -> str:
        if node.tag is None:
            kind = node.kinds[0]
            value = f"r[{node.index}]"
            if kind in (PYBOOL, PYINT, PYFLOAT):
                return value
            return f"{self.bind(kind.type)}({value})"
        return f"{self.bind(tuple(k.type for k in node.kinds))}[r[{node.tag}]](r[{node.index}])"
