"""Python's builtin functions and types."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from tangra.checker.attributes import find_attribute, set_attribute
from tangra.checker.conditions import truth
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import (
    BoundMethod,
    Cell,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    Partial,
    Raised,
    Scope,
    Super,
    Value,
    Wrapped,
)
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all
from tangra.checker.library import BoundRule, array_operation
from tangra.checker.natives.table import BUILTINS, LIBRARY, Run, native
from tangra.shape_rules import registry
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown
from tangra.shapes import Dim, dmax, dmin, known_le

if TYPE_CHECKING:
    from tangra.checker.calls import Call
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
        from tangra.checker.calls import call_method

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
        return ListCell(None, "iterator")
    rows = [elements(ev, arg, call.node) for arg in call.args]
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        return ListCell(list(zip(*known, strict=False)), "iterator")
    parts = [
        one_element(ev, arg, call.node) if row is None else join_all(row, ev.joined_size)
        for arg, row in zip(call.args, rows, strict=True)
    ]
    return ListCell(None, "iterator", tuple(parts))


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
        if isinstance(value, Dim) and kind == "int":
            return value
        if isinstance(value, Tensor):
            single = value.elements[0] if value.elements is not None and len(value.elements) == 1 else None
            value = single if single is not None else UNKNOWN
        if isinstance(value, bool | int | float | str) and len(call.args) <= 1:
            try:
                return getattr(builtins, kind)(value)
            except (ValueError, OverflowError):
                raise PythonRaise(Raised("ValueError")) from None
        return ev.ctx.opaque_int() if kind == "int" else Unknown(kind)

    return run


for _kind in ("int", "float", "str", "bool"):
    native(f"builtins.{_kind}")(_convert(_kind))


@native("builtins.isinstance")
def is_instance(ev: Evaluator, call: Call) -> Value:
    known = instance_of(call.args[0], call.args[1]) if len(call.args) == 2 else None
    return Unknown("bool") if known is None else known


PYTHON_TYPES = {
    "int": (int, Dim),
    "float": (float,),
    "str": (str,),
    "bool": (bool,),
    "tuple": (tuple,),
    "dict": (DictCell,),
    "slice": (slice,),
    "complex": (complex,),
}
LIST_KINDS = {"list": "list", "set": "set", "deque": "deque", "frozenset": "set"}
ABSTRACT = {
    "Sequence": (tuple, str, ListCell),
    "Iterable": (tuple, str, ListCell, DictCell),
    "Mapping": (DictCell,),
    "MutableMapping": (DictCell,),
    "Callable": (FunctionCell, Native, BoundMethod, ClassCell, Partial),
    "Number": (int, float, complex, Dim),
    "Integral": (int, Dim),
    "Real": (int, float, Dim),
    "FunctionType": (FunctionCell,),
}


def instance_of(value: Value, kind: Value) -> bool | None:
    """`isinstance(value, kind)`; None where nobody knows."""
    if isinstance(value, Unknown):
        return None if value.kind is None else instance_of_kind(value.kind, kind)
    if isinstance(kind, tuple) or (isinstance(kind, ListCell) and kind.kind == "union"):
        members = kind if isinstance(kind, tuple) else kind.items or ()
        answers = [instance_of(value, each) for each in members]
        return True if True in answers else None if None in answers else False
    if kind is None:
        return value is None
    if isinstance(kind, ClassCell):
        if isinstance(value, Instance):
            if kind in value.cls.mro or (kind.dotted is not None and value.cls.derives_from(kind.dotted)):
                return True
            return (
                None
                if not value.cls.complete or (kind.rule is None and kind.node is None and not kind.dotted)
                else False
            )
        return value.kind == kind.name or None if isinstance(value, Raised) else False
    if isinstance(kind, Native):
        return _python_type(value, kind.name.rpartition(".")[2])
    if isinstance(kind, LibraryName):
        return _library_type(value, kind.dotted)
    return None


def instance_of_kind(known: str, kind: Value) -> bool | None:
    """`isinstance` for a value of which only the Python type is known."""
    if isinstance(kind, Native):
        name = kind.name.rpartition(".")[2]
        return name == known or (known == "bool" and name == "int")
    if isinstance(kind, tuple):
        return any(instance_of_kind(known, each) for each in kind)
    return False if isinstance(kind, ClassCell) else None


def _python_type(value: Value, name: str) -> bool | None:
    if name in LIST_KINDS:
        return isinstance(value, ListCell) and value.kind == LIST_KINDS[name]
    if name == "object":
        return True
    if name == "tuple" and isinstance(value, Instance):
        return "_fields" in value.cls.fields
    if name == "type":
        return isinstance(value, ClassCell)
    types = PYTHON_TYPES.get(name)
    if types is None:
        return None
    if isinstance(value, DictCell):
        return name == "dict"
    return isinstance(value, types)


def _library_type(value: Value, dotted: str) -> bool | None:
    for library, cls in CLASSES.items():
        if dotted in (cls, "jax.numpy.ndarray" if library == "jax" else cls):
            return isinstance(value, Tensor) and value.library == library
    if dotted in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return isinstance(value, Tensor) and value.parameter
    if dotted == "torch.Size":
        return isinstance(value, tuple)
    word = dotted.rpartition(".")[2]
    if dotted.startswith(("typing.", "collections.abc.", "numbers.", "types.")) and word in ABSTRACT:
        return isinstance(value, ABSTRACT[word])
    if isinstance(value, Instance):
        return value.cls.derives_from(dotted) or (None if not value.cls.complete else False)
    plain = isinstance(value, Tensor | ListCell | DictCell | FunctionCell | ClassCell | str | float) or value is None
    return False if plain else None


@native("builtins.issubclass")
def is_subclass(ev: Evaluator, call: Call) -> Value:
    value, kind = call.args[0], call.args[1]
    if isinstance(value, ClassCell) and isinstance(kind, ClassCell):
        return kind in value.mro or (Unknown("bool") if not value.complete else False)
    return Unknown("bool")


@native("builtins.hasattr")
def has_attribute(ev: Evaluator, call: Call) -> Value:
    owner, name = call.args[0], call.args[1]
    if not isinstance(name, str) or isinstance(owner, Unknown | LibraryName):
        return Unknown("bool")
    if isinstance(owner, Instance):
        if name in owner.fields or owner.cls.find(name) is not None:
            return True
        incomplete = not owner.cls.complete or "$unknown" in owner.fields or any(cls.rule for cls in owner.cls.mro)
        return Unknown("bool") if incomplete or owner.cls.find("__getattr__") else False
    if isinstance(owner, Tensor):
        cls = CLASSES[owner.library]
        return True if registry.find_method(cls, name) or registry.find_attribute(cls, name) else Unknown("bool")
    if isinstance(owner, Scope | ClassCell):
        return True if name in owner.fields else Unknown("bool")
    found = find_attribute(ev, owner, name)
    return False if found is None else Unknown("bool") if isinstance(found[0], Unknown) else True


@native("builtins.getattr")
def get_attr(ev: Evaluator, call: Call) -> Value:
    owner, name = call.args[0], call.args[1]
    if not isinstance(name, str):
        return UNKNOWN
    found = find_attribute(ev, owner, name, call.node)
    if found is None:
        if len(call.args) > 2:
            return call.args[2]
        raise PythonRaise(Raised("AttributeError"))
    return found[0]


@native("builtins.setattr", "builtins.object.__setattr__")
def set_attr(ev: Evaluator, call: Call) -> Value:
    owner, name, value = call.args[:3]
    if isinstance(name, str):
        if isinstance(owner, Instance):
            ev.write(owner, name, value)
        else:
            set_attribute(ev, owner, name, value, call.node)
    elif isinstance(owner, Instance):
        ev.write(owner, "$unknown", True)
    return None


@native("builtins.delattr")
def del_attr(ev: Evaluator, call: Call) -> Value:
    owner, name = call.args[:2]
    if isinstance(owner, Cell) and isinstance(name, str):
        ev.journal.delete(owner, name)
    return None


@native("builtins.sum")
def sum_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    items = elements(ev, call.args[0], call.node)
    if items is None:
        one = one_element(ev, call.args[0], call.node)
        return one if isinstance(one, Tensor) else UNKNOWN
    total: Value = call.get(1, "start", 0)
    for item in items:
        total = (
            item
            if total == 0 and isinstance(item, Tensor)
            else binary(ev, ast.Add(), total, item, call.node or ast.Pass())
        )
    return total


def extremum(largest: bool) -> Run:
    """`max` and `min` of numbers and sizes."""

    def run(ev: Evaluator, call: Call) -> Value:
        items = list(call.args) if len(call.args) > 1 else elements(ev, call.args[0], call.node) if call.args else None
        if items is None or call.open or "key" in call.kwargs:
            return UNKNOWN
        if not items:
            return call.kwargs.get("default", UNKNOWN)
        if all(isinstance(item, int | float) for item in items):
            return max(items) if largest else min(items)
        if all(isinstance(item, int | Dim) for item in items):
            return _symbolic_extremum(ev, items, largest)
        return UNKNOWN

    return run


def _symbolic_extremum(ev: Evaluator, items: list[int | Dim], largest: bool) -> Value:
    best = items[0]
    for item in items[1:]:
        below = known_le(best, item, ev.ctx.facts)
        if below is None:
            best = dmax(best, item) if largest else dmin(best, item)
        elif below is largest:
            best = item
    return best


native("builtins.max")(extremum(True))
native("builtins.min")(extremum(False))


@native("builtins.abs")
def abs_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, int | float | complex):
        return abs(value)
    if isinstance(value, Dim):
        return value if known_le(0, value, ev.ctx.facts) else dmax(value, -value)
    return value if isinstance(value, Tensor | Unknown) else UNKNOWN


@native("builtins.round")
def round_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, int | float) and all(isinstance(arg, int) for arg in call.args[1:]):
        try:
            return round(value, *call.args[1:])
        except (ValueError, OverflowError):
            return UNKNOWN
    if isinstance(value, Tensor):
        method = registry.find_method(CLASSES[value.library], "round")
        return array_operation(ev, call.node, lambda: method(ev.ctx, value), value) if method else UNKNOWN
    return ev.ctx.opaque_int() if len(call.args) == 1 else Unknown("float")


@native("builtins.divmod")
def divmod_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    node = call.node or ast.Pass()
    left, right = call.args[0], call.args[1]
    return binary(ev, ast.FloorDiv(), left, right, node), binary(ev, ast.Mod(), left, right, node)


@native("builtins.pow")
def pow_(ev: Evaluator, call: Call) -> Value:
    import ast

    from tangra.checker.operators import binary

    return (
        binary(ev, ast.Pow(), call.args[0], call.args[1], call.node or ast.Pass()) if len(call.args) == 2 else UNKNOWN
    )


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
    from tangra.checker.calls import call as call_value

    rows = [elements(ev, arg, call.node) for arg in call.args[1:]]
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        made = [call_value(ev, call.args[0], list(items), {}, call.node) for items in zip(*known, strict=False)]
        return ListCell(made, "iterator")
    parts = [one_element(ev, arg, call.node) for arg in call.args[1:]]
    return ListCell(None, "iterator", call_value(ev, call.args[0], parts, {}, call.node))


@native("builtins.filter")
def filter_(ev: Evaluator, call: Call) -> Value:
    from tangra.checker.calls import call as call_value

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
        from tangra.checker.calls import call_method

        return call_method(ev, source, "__next__", node=call.node)
    return UNKNOWN


@native("builtins.type")
def type_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Tensor):
        return LibraryName(CLASSES[value.library])
    names = {bool: "bool", int: "int", Dim: "int", float: "float", str: "str", tuple: "tuple", DictCell: "dict"}
    if len(call.args) == 1 and type(value) in names:
        return BUILTINS[names[type(value)]]
    if isinstance(value, ListCell) and value.kind in ("list", "set"):
        return BUILTINS[value.kind]
    return UNKNOWN


@native("builtins.callable")
def callable_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, FunctionCell | Native | BoundMethod | ClassCell | Partial | BoundRule):
        return True
    plain = isinstance(value, int | float | str | tuple | ListCell | DictCell | Tensor | DType) or value is None
    return False if plain else Unknown("bool")


@native("builtins.slice")
def slice_(ev: Evaluator, call: Call) -> Value:
    args = list(call.args)
    return slice(*args) if 1 <= len(args) <= 3 else UNKNOWN


@native("builtins.vars")
def vars_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0] if call.args else UNKNOWN
    if not isinstance(value, Instance) or "$unknown" in value.fields:
        return DictCell(None)
    return DictCell({name: item for name, item in value.fields.items() if name[0] != "$"})


@native("builtins.super")
def super_(ev: Evaluator, call: Call) -> Value:
    if len(call.args) == 2 and isinstance(call.args[0], ClassCell) and isinstance(call.args[1], Instance | ClassCell):
        return Super(call.args[0], call.args[1])
    return UNKNOWN


@native("builtins.globals")
def globals_(ev: Evaluator, call: Call) -> Value:
    return DictCell(dict(ev.frame.scope.module.fields))


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
for _name in ("open", "id", "hash", "ord", "dir", "locals", "eval", "exec", "bytes", "bytearray", "memoryview",
              "complex", "compile", "__import__", "object"):  # fmt: skip
    native(f"builtins.{_name}")(_unknown)
BUILTINS["object"] = LIBRARY["builtins.object"] = LibraryName("builtins.object")
BUILTINS["NotImplemented"] = UNKNOWN
BUILTINS["Ellipsis"] = ...
BUILTINS["__debug__"] = True


@native("builtins.property", "functools.cached_property")
def property_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("property", call.args[0] if call.args else call.kwargs.get("fget"), call.get(1, "fset"))


@native("builtins.staticmethod")
def staticmethod_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("staticmethod", call.args[0])


@native("builtins.classmethod")
def classmethod_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("classmethod", call.args[0])


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
