"""Python's builtin containers, iteration, conversions and exceptions."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from tangra.checker.attributes import call_method
from tangra.checker.conditions import truth
from tangra.checker.dispatch import call as call_value
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import (
    ClassCell,
    DictCell,
    Instance,
    LibraryName,
    ListCell,
    Raised,
    Value,
)
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all
from tangra.checker.natives.table import BUILTINS, LIBRARY, Run, native
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


MAX_RANGE = 100_000


@native("builtins.len")
def length(ev: Evaluator, call: Call) -> Value:
    value = call.get(0, "obj", UNKNOWN)
    if isinstance(value, Tensor):
        size = value.size(0) if value.shape else None
        return Unknown("int") if size is None else size
    if isinstance(value, ListCell):
        return ev.ctx.fresh("n") if value.items is None else len(value.items)
    if isinstance(value, DictCell):
        return ev.ctx.fresh("n") if value.entries is None else len(value.entries)
    if isinstance(value, tuple | str | bytes | range):
        return len(value)
    if isinstance(value, Instance):
        names = value.cls.fields.get("_fields")
        if isinstance(names, tuple):
            return len(names)
        return call_method(ev, value, "__len__", node=call.node) if value.cls.find("__len__") else ev.ctx.fresh("n")
    return ev.ctx.fresh("n")


@native("builtins.range")
def make_range(ev: Evaluator, call: Call) -> Value:
    args = call.args
    if all(isinstance(arg, int) for arg in args) and 1 <= len(args) <= 3:
        try:
            made = range(*args)
        except ValueError:
            raise PythonRaise(Raised("ValueError")) from None
        return made if len(made) <= MAX_RANGE else ListCell(None, "list", ev.ctx.fresh("i"))
    return ListCell(None, "list", ev.ctx.fresh("i") if len(args) == 1 else ev.ctx.opaque_int("i"))


@native("builtins.enumerate")
def enumerate_(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    start = call.get(1, "start", 0)
    if items is None or not isinstance(start, int):
        return ListCell(None, "iterator", (ev.ctx.fresh("i"), one_element(ev, call.args[0], call.node)))
    return ListCell([(start + place, item) for place, item in enumerate(items)], "iterator")


@native("builtins.zip", "itertools.zip_longest", takes_open=True)
def zip_(ev: Evaluator, call: Call) -> Value:
    if call.open:
        return _columns(ev, call)
    rows = [elements(ev, arg, call.node) for arg in call.args]
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        return ListCell(list(zip(*known, strict=False)), "iterator")
    parts = [
        one_element(ev, arg, call.node) if row is None else join_all(row, ev.joined_size)
        for arg, row in zip(call.args, rows, strict=True)
    ]
    return ListCell(None, "iterator", tuple(parts))


def _columns(ev: Evaluator, call: Call) -> Value:
    """`zip(*rows)` of rows that nobody counted: as many columns as one row has parts."""
    node = call.node
    if isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Starred) and not call.args:
        rows = ev.peek(node.args[0].value, ev.frame)
        if isinstance(rows, ListCell) and rows.items is None and type(rows.element) is tuple:
            return ListCell([ListCell(None, "list", part) for part in rows.element], "iterator")
    return ListCell(None, "iterator")


def collected(kind: str) -> Run:
    """`list`, `tuple`, `set` and iterators of a value's elements."""

    def run(ev: Evaluator, call: Call) -> Value:
        if not call.args:
            return () if kind == "tuple" else ListCell((), kind)
        items = elements(ev, call.args[0], call.node)
        if items is None:
            one = one_element(ev, call.args[0], call.node)
            return UNKNOWN if kind == "tuple" else ListCell(None, kind, one)
        if kind == "set":
            try:
                items = list(dict.fromkeys(items))
            except TypeError:
                return ListCell(None, kind)
        return tuple(items) if kind == "tuple" else ListCell(items, kind)

    return run


for _name, _kind in {
    "builtins.list": "list",
    "builtins.tuple": "tuple",
    "builtins.set": "set",
    "builtins.frozenset": "set",
    "builtins.iter": "iterator",
    "collections.deque": "deque",
}.items():
    native(_name)(collected(_kind))


@native("builtins.dict", "collections.OrderedDict", "typing.OrderedDict", takes_open=True)
def make_dict(ev: Evaluator, call: Call) -> Value:
    entries: dict[Value, Value] | None = {}
    if call.args:
        entries = pairs_of(ev, call.args[0])
    if entries is None or call.open:
        return DictCell(None)
    return DictCell({**entries, **call.kwargs})


def pairs_of(ev: Evaluator, value: Value) -> dict[Value, Value] | None:
    """What `dict(value)` holds."""
    from tangra.checker.expressions import is_key

    if isinstance(value, DictCell):
        return None if value.entries is None else dict(value.entries)
    if isinstance(value, Instance) and value.cls.find("keys") is not None:
        keys = elements(ev, call_method(ev, value, "keys"))
        if keys is None or not all(map(is_key, keys)):
            return None
        return {key: call_method(ev, value, "__getitem__", key) for key in keys}
    items = elements(ev, value)
    if items is None or not all(isinstance(item, tuple) and len(item) == 2 and is_key(item[0]) for item in items):
        return None
    return dict(items)


def _convert(kind: str) -> Run:
    def run(ev: Evaluator, call: Call) -> Value:
        value = call.args[0] if call.args else {"int": 0, "float": 0.0, "str": "", "bool": False}[kind]
        if kind == "bool":
            known = truth(ev, value)
            return Unknown("bool") if known is None else known
        if isinstance(value, Tensor) and value.elements is not None and len(value.elements) == 1:
            value = value.elements[0]
        if isinstance(value, Dim) and kind == "int":
            return value
        if isinstance(value, LibraryName) and kind == "str" and value.dotted == "torch.Tensor":
            return f"<class '{value.dotted}'>"
        if isinstance(value, ClassCell) and kind == "str":
            module = "" if value.scope is None else f"{value.scope.module.name}."
            return f"<class '{module}{value.name}'>"
        if isinstance(value, bool | int | float | str) and len(call.args) <= 1:
            try:
                return getattr(builtins, kind)(value)
            except (ValueError, OverflowError):
                raise PythonRaise(Raised("ValueError")) from None
        return ev.ctx.opaque_int() if kind == "int" else Unknown(kind)

    return run


for _kind in ("int", "float", "str", "bool"):
    native(f"builtins.{_kind}")(_convert(_kind))


def _sorted(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None:
        return ListCell(None, "list", one_element(ev, call.args[0], call.node))
    plain = all(isinstance(item, int | float) for item in items) or all(isinstance(item, str) for item in items)
    if plain and "key" not in call.kwargs and isinstance(call.kwargs.get("reverse", False), bool):
        return ListCell(sorted(items, reverse=call.kwargs.get("reverse", False)))
    joined = join_all(items, ev.joined_size)
    return ListCell([joined] * len(items))


def _reversed(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None:
        return ListCell(None, "iterator", one_element(ev, call.args[0], call.node))
    return ListCell(items[::-1], "iterator")


native("builtins.sorted")(_sorted)
native("builtins.reversed")(_reversed)


@native("builtins.map")
def map_(ev: Evaluator, call: Call) -> Value:
    rows = [elements(ev, arg, call.node) for arg in call.args[1:]]
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        made = [call_value(ev, call.args[0], list(items), {}, call.node) for items in zip(*known, strict=False)]
        return ListCell(made, "iterator")
    parts = [one_element(ev, arg, call.node) for arg in call.args[1:]]
    return ListCell(None, "iterator", call_value(ev, call.args[0], parts, {}, call.node))


@native("builtins.filter")
def filter_(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[1], call.node)
    if items is None:
        return ListCell(None, "iterator", one_element(ev, call.args[1], call.node))
    test = call.args[0]
    answers = [truth(ev, item if test is None else call_value(ev, test, [item], {}, call.node)) for item in items]
    if None in answers:
        return ListCell(None, "iterator", join_all(items, ev.joined_size))
    return ListCell([item for item, answer in zip(items, answers, strict=True) if answer], "iterator")


def _quantified(deciding: bool) -> Run:
    def run(ev: Evaluator, call: Call) -> Value:
        items = elements(ev, call.args[0], call.node)
        if items is None:
            return Unknown("bool")
        answers = [truth(ev, item) for item in items]
        return deciding if deciding in answers else Unknown("bool") if None in answers else not deciding

    return run


native("builtins.any")(_quantified(True))
native("builtins.all")(_quantified(False))


@native("builtins.next")
def next_(ev: Evaluator, call: Call) -> Value:
    source = call.args[0]
    if isinstance(source, ListCell):
        items = source.items
        if items is None:
            return source.element
        if items:
            ev.write(source, "items", items[1:])
            return items[0]
        if len(call.args) > 1:
            return call.args[1]
        raise PythonRaise(Raised("StopIteration"))
    if isinstance(source, Instance) and source.cls.find("__next__"):
        return call_method(ev, source, "__next__", node=call.node)
    return UNKNOWN


@native("builtins.slice")
def slice_(ev: Evaluator, call: Call) -> Value:
    args = list(call.args)
    return slice(*args) if 1 <= len(args) <= 3 else UNKNOWN


def _nothing(ev: Evaluator, call: Call) -> Value:
    return None


def _some_string(ev: Evaluator, call: Call) -> Value:
    return Unknown("str")


def _unknown(ev: Evaluator, call: Call) -> Value:
    return UNKNOWN


for _name in ("print", "breakpoint"):
    native(f"builtins.{_name}")(_nothing)
for _name in ("input", "repr", "format", "chr", "ascii", "hex", "bin", "oct"):
    native(f"builtins.{_name}")(_some_string)
for _name in ("open", "id", "hash", "ord", "locals", "eval", "exec", "bytes", "bytearray", "memoryview",
              "complex", "compile", "__import__", "object"):  # fmt: skip
    native(f"builtins.{_name}")(_unknown)
BUILTINS["object"] = LIBRARY["builtins.object"] = LibraryName("builtins.object")
BUILTINS["NotImplemented"] = UNKNOWN
BUILTINS["Ellipsis"] = ...
BUILTINS["__debug__"] = True


EXCEPTION = ClassCell("Exception", ())
EXCEPTION.dotted = "builtins.Exception"


def _exceptions() -> None:
    """Builtin exceptions as classes of one family."""
    made: dict[type, ClassCell] = {Exception: EXCEPTION}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException) and value not in made:
            cls = made[value] = ClassCell(name, (EXCEPTION,))
            cls.dotted = f"builtins.{name}"
    for value, cls in made.items():
        BUILTINS[value.__name__] = LIBRARY[f"builtins.{value.__name__}"] = cls


_exceptions()
