"""Builtins that look at objects and classes: isinstance, getattr, type, super and the decorators of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.attributes import find_attribute, plain_set, set_attribute
from tangra.checker.deferred import module_member
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import (
    AttributesCell,
    BoundMethod,
    Cell,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    ModuleCell,
    Native,
    Partial,
    Raised,
    Scope,
    Super,
    Value,
    Wrapped,
)
from tangra.checker.library import BoundRule
from tangra.checker.natives.table import BUILTINS, LIBRARY, native
from tangra.shape_rules import registry
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator


@native("builtins.isinstance")
def is_instance(ev: Evaluator, call: Call) -> Value:
    known = instance_of(call.args[0], call.args[1]) if len(call.args) == 2 else None
    ev.recognised += known is not False
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
    "FunctionType": (FunctionCell,),
    "partial": (Partial,),
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


NONE_TYPE = LibraryName("types.NoneType")


def instance_of(value: Value, kind: Value) -> bool | None:
    """`isinstance(value, kind)`; None where nobody knows."""
    if isinstance(value, Unknown):
        return None if value.kind is None else instance_of_kind(value.kind, kind)
    if value is None and isinstance(kind, Unknown):
        return False  # hardly any class but NoneType has it
    if isinstance(kind, tuple) or (isinstance(kind, ListCell) and kind.kind == "union"):
        members = kind if isinstance(kind, tuple) else kind.items or ()
        answers = [instance_of(value, each) for each in members]
        return True if True in answers else None if None in answers else False
    if kind is None or kind == NONE_TYPE:
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
    if isinstance(value, Instance) and name in ("tuple", "dict", "list"):
        return "_fields" in value.cls.fields if name == "tuple" else value.cls.derives_from(f"builtins.{name}")
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
        if value.cls.derives_from(f"$abstract.{word}"):
            return True
        return value.cls.derives_from(dotted) or (None if not value.cls.complete else False)
    plain = isinstance(value, Tensor | ListCell | DictCell | FunctionCell | ClassCell | str | float) or value is None
    return False if plain else None


@native("builtins.issubclass")
def is_subclass(ev: Evaluator, call: Call) -> Value:
    known = subclass_of(call.args[0], call.args[1])
    return Unknown("bool") if known is None else known


def subclass_of(value: Value, kind: Value) -> bool | None:
    """`issubclass(value, kind)`; None where nobody knows."""
    if isinstance(kind, tuple) or (isinstance(kind, ListCell) and kind.kind == "union"):
        answers = [subclass_of(value, each) for each in (kind if isinstance(kind, tuple) else kind.items or ())]
        return True if True in answers else None if None in answers else False
    if not isinstance(value, ClassCell):
        return None
    if isinstance(kind, ClassCell):
        is_known = (
            kind in value.mro
            or kind.dotted == "builtins.object"
            or (kind.dotted is not None and value.derives_from(kind.dotted))
        )
    elif isinstance(kind, LibraryName):
        is_known = kind.dotted == "builtins.object" or value.derives_from(kind.dotted)
    elif isinstance(kind, Native):
        is_known = value.derives_from(kind.name)
    else:
        return None
    if is_known or not value.complete:
        return is_known or None
    if isinstance(kind, LibraryName):  # whose further bases, and those it finds by their methods, nobody knows
        alone = all(each.dotted is None and each.rule is None for each in value.mro)
        return False if alone and not kind.dotted.startswith(("typing.", "collections.", "numbers.")) else None
    return False


NAMES_OF_CLASSES = frozenset({"__name__", "__qualname__", "__module__", "__dict__", "__mro__"})


@native("builtins.hasattr")
def has_attribute(ev: Evaluator, call: Call) -> Value:
    owner, name = call.args[0], call.args[1]
    if isinstance(owner, LibraryName) and isinstance(name, str):
        return library_has(owner, name)
    if not isinstance(name, str) or isinstance(owner, Unknown):
        return Unknown("bool")
    if isinstance(owner, Instance):
        if name in owner.fields or owner.cls.find(name) is not None:
            return True
        incomplete = not owner.cls.complete or "$unknown" in owner.fields or any(cls.rule for cls in owner.cls.mro)
        return Unknown("bool") if incomplete or owner.cls.find("__getattr__") else False
    if isinstance(owner, Tensor):
        cls = CLASSES[owner.library]
        return True if registry.find_method(cls, name) or registry.find_attribute(cls, name) else Unknown("bool")
    if isinstance(owner, ModuleCell):
        found = module_member(ev, owner, name)
        return Unknown("bool") if isinstance(found, Unknown) else found is not None
    if isinstance(owner, ClassCell):
        return True if name in NAMES_OF_CLASSES or owner.find(name) is not None else Unknown("bool")
    if isinstance(owner, Scope):
        return True if name in owner.fields else Unknown("bool")
    found = find_attribute(ev, owner, name)
    return False if found is None else Unknown("bool") if isinstance(found[0], Unknown) else True


def library_has(owner: LibraryName, name: str) -> Value:
    """Whether a library has a name: those that are known are there, others may be."""
    dotted = f"{owner.dotted}.{name}"
    return True if dotted in LIBRARY or registry.find(dotted) is not None else Unknown("bool")


NAMES = ClassCell("names", ())
"""The class of what `dir` of a library's module gives."""
NAMES.fields["__contains__"] = Native(
    "method __contains__",
    lambda ev, call: (
        library_has(call.args[0].fields["$of"], call.args[1]) if isinstance(call.args[1], str) else UNKNOWN
    ),
)


@native("builtins.dir")
def dir_(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0] if call.args else UNKNOWN
    if isinstance(owner, LibraryName):
        made = Instance(NAMES)
        made.fields["$of"] = owner
        return made
    if isinstance(owner, ModuleCell) and "$unknown" not in owner.fields:
        return ListCell([name for name in owner.fields if name[0] != "$"])
    return UNKNOWN


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


@native("builtins.object.__setattr__")
def set_plain_attr(ev: Evaluator, call: Call) -> Value:
    owner, name, value = call.args[:3]
    if isinstance(owner, Instance) and isinstance(name, str):
        plain_set(ev, owner, name, value, call.node)
    elif isinstance(owner, Instance):
        ev.write(owner, "$unknown", True)
    return None


@native("builtins.setattr")
def set_attr(ev: Evaluator, call: Call) -> Value:
    owner, name, value = call.args[:3]
    if isinstance(name, str):
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


@native("builtins.type")
def type_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Tensor):
        return LibraryName(CLASSES[value.library])
    if value is None:
        return NONE_TYPE
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


@native("builtins.vars")
def vars_(ev: Evaluator, call: Call) -> Value:
    value = call.args[0] if call.args else UNKNOWN
    return AttributesCell(value) if isinstance(value, Instance | ClassCell | ModuleCell) else DictCell(None)


@native("builtins.super")
def super_(ev: Evaluator, call: Call) -> Value:
    if len(call.args) == 2 and isinstance(call.args[0], ClassCell) and isinstance(call.args[1], Instance | ClassCell):
        return Super(call.args[0], call.args[1])
    return UNKNOWN


@native("builtins.globals")
def globals_(ev: Evaluator, call: Call) -> Value:
    return AttributesCell(ev.frame.scope.module)


@native("builtins.property", "functools.cached_property")
def property_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("property", call.args[0] if call.args else call.kwargs.get("fget"), call.get(1, "fset"))


@native("builtins.staticmethod")
def staticmethod_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("staticmethod", call.args[0])


@native("builtins.classmethod")
def classmethod_(ev: Evaluator, call: Call) -> Value:
    return Wrapped("classmethod", call.args[0])
