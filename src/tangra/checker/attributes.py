"""`owner.name` for every kind of owner, and assignment to it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.alternatives import distribute
from tangra.checker.deferred import module_member
from tangra.checker.dispatch import call
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import (
    AttributesCell,
    BoundMethod,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    ModuleCell,
    Native,
    OneOf,
    Partial,
    Raised,
    Super,
    Value,
    Wrapped,
)
from tangra.checker.library import BoundRule, array_operation, layer_rule, record_rule, resolve
from tangra.checker.structure import local_names
from tangra.shape_rules import registry
from tangra.shape_rules.operators import CLASSES
from tangra.shape_rules.values import UNKNOWN, DType, Record, Tensor, Unknown, record
from tangra.shapes import Dim

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def get_attribute(ev: Evaluator, owner: Value, name: str, node: ast.AST | None) -> Value:
    """`owner.name`; unknown where nobody knows, AttributeError where it certainly is not there."""
    if type(owner) is OneOf:
        return distribute(ev, (owner,), lambda one: get_attribute(ev, one, name, node))
    found = find_attribute(ev, owner, name, node)
    if found is None:
        raise PythonRaise(Raised("AttributeError", (name,)))
    return found[0]


def call_method(ev: Evaluator, owner: Value, name: str, *args: Value, node: ast.AST | None = None) -> Value:
    """`owner.name(*args)`."""
    return call(ev, get_attribute(ev, owner, name, node), list(args), {}, node)


def find_attribute(ev: Evaluator, owner: Value, name: str, node: ast.AST | None = None) -> tuple[Value] | None:
    """The attribute, in a tuple; None where it certainly does not exist."""
    if isinstance(owner, Unknown):
        ev.wild += 1
        return (UNKNOWN,)
    if isinstance(owner, LibraryName):
        return (resolve(ev, f"{owner.dotted}.{name}"),)
    if isinstance(owner, ModuleCell):
        return _module_attribute(ev, owner, name)
    if isinstance(owner, Instance):
        return _instance_attribute(ev, owner, name, node)
    if isinstance(owner, Super):
        return _super_attribute(ev, owner, name, node)
    if isinstance(owner, ClassCell):
        return _class_attribute(ev, owner, name)
    if isinstance(owner, Tensor):
        return (_tensor_attribute(ev, owner, name, node),)
    return _other_attribute(ev, owner, name)


def _module_attribute(ev: Evaluator, owner: ModuleCell, name: str) -> tuple[Value] | None:
    if name == "__dict__":
        return (AttributesCell(owner),)
    found = module_member(ev, owner, name)
    return None if found is None else (found,)


def _instance_attribute(ev: Evaluator, owner: Instance, name: str, node: ast.AST | None) -> tuple[Value] | None:
    custom = owner.cls.find("__getattribute__")
    if custom is not None and isinstance(custom[1], FunctionCell):
        try:
            return (call(ev, custom[1], [owner, name], {}, node),)
        except PythonRaise as error:
            if error.value.kind == "AttributeError":
                return None
            raise
    return plain_attribute(ev, owner, name, node)


def plain_attribute(ev: Evaluator, owner: Instance, name: str, node: ast.AST | None) -> tuple[Value] | None:
    """The attribute of an object, as `object.__getattribute__` finds it."""
    found = owner.cls.find(name)
    if found is not None and isinstance(found[1], Wrapped) and found[1].kind == "property":
        return (_bind(ev, found[1], owner, owner.cls, node),)
    if name in owner.fields:
        return (owner.fields[name],)
    if name == "__class__":
        return (owner.cls,)
    if name == "__dict__":
        return (AttributesCell(owner),)
    rule = layer_rule(owner.cls, name)
    if rule is not None:
        return (_layer_method(ev, owner, rule),)
    if found is not None:
        return (_bind(ev, found[1], owner, owner.cls, node),)
    getter = owner.cls.find("__getattr__")
    if getter is not None:
        return (call(ev, getter[1], [owner, name], {}, node),)
    special = name.startswith("__") and name.endswith("__")
    if special or not owner.cls.complete or "$unknown" in owner.fields or any(cls.rule for cls in owner.cls.mro):
        return (UNKNOWN,)
    return None


def _layer_method(ev: Evaluator, owner: Instance, rule: tuple[registry.Rule, type]) -> Value:
    from tangra.checker.library import call_layer

    return Native(rule[0].name, lambda ev, call: call_layer(ev, owner, rule, call.args, call.kwargs, call.node))


def _bind(ev: Evaluator, value: Value, receiver: Value, cls: ClassCell, node: ast.AST | None) -> Value:
    """A class attribute as seen through an instance."""
    if isinstance(value, FunctionCell) or (isinstance(value, Native) and value.name.startswith("method ")):
        return BoundMethod(value, receiver)
    if isinstance(value, Wrapped):
        if value.kind == "property":
            return call(ev, value.function, [receiver], {}, node)
        return BoundMethod(value.function, cls) if value.kind == "classmethod" else value.function
    return _described(ev, value, receiver, cls, node)


def _described(ev: Evaluator, value: Value, receiver: Value, cls: ClassCell, node: ast.AST | None) -> Value:
    """A class attribute that is a descriptor of the program's own gives what its `__get__` returns."""
    getter = value.cls.find("__get__") if isinstance(value, Instance) else None
    return value if getter is None else call(ev, getter[1], [value, receiver, cls], {}, node)


def _super_attribute(ev: Evaluator, owner: Super, name: str, node: ast.AST | None) -> tuple[Value] | None:
    receiver = owner.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, ClassCell):
        return (UNKNOWN,)
    if isinstance(receiver, Instance):
        order = cls.mro[cls.mro.index(owner.after) + 1 :] if owner.after in cls.mro else ()
        for each in order:
            if each.rule is not None and name == "__init__":
                return (_layer_constructor(receiver, each),)
            rule = layer_rule(cls, name, owner.after) if each.rule is not None else None
            if rule is not None:
                return (_layer_method(ev, receiver, rule),)
            if name in each.fields:
                break
    found = cls.find(name, after=owner.after)
    if found is not None:
        return (_bind(ev, found[1], receiver, cls, node),)
    if name == "__init__" and isinstance(receiver, Instance) and cls.find("$dataclass", after=owner.after):
        from tangra.checker.classes import fill_fields

        return (Native(name, lambda ev, call: fill_fields(ev, receiver, call), takes_open=True),)
    if name in ("__getattribute__", "__setattr__", "__delattr__") and isinstance(receiver, Instance):
        return (_object_method(name, receiver),)
    if name in OBJECT_METHODS:
        return (Native(name, lambda ev, call: None, takes_open=True),)
    return (UNKNOWN,)


OBJECT_METHODS = frozenset({"__init__", "__init_subclass__", "__post_init__", "__enter__", "__exit__"})


def _object_method(name: str, receiver: Instance) -> Native:
    """How `object` reads and sets attributes, behind a class's own way."""

    def run(ev: Evaluator, call: Value) -> Value:
        key = call.args[0] if call.args else UNKNOWN
        if not isinstance(key, str):
            if name != "__getattribute__":
                ev.write(receiver, "$unknown", True)
            return UNKNOWN
        if name == "__setattr__":
            plain_set(ev, receiver, key, call.get(1, "value", UNKNOWN), call.node)
        elif name == "__delattr__":
            ev.journal.delete(receiver, key)
        else:
            found = plain_attribute(ev, receiver, key, call.node)
            if found is None:
                raise PythonRaise(Raised("AttributeError", (key,)))
            return found[0]

    return Native(name, run)


def _layer_constructor(receiver: Instance, cls: ClassCell) -> Native:
    from tangra.checker.library import construct_layer

    def run(ev: Evaluator, call: Value) -> Value:
        if call.open:
            ev.write(receiver, "$unknown", True)
        else:
            construct_layer(ev, receiver, cls, call.args, call.kwargs, call.node)
        return None

    return Native(f"{cls.name}.__init__", run, takes_open=True)


def _class_attribute(ev: Evaluator, owner: ClassCell, name: str) -> tuple[Value] | None:
    from tangra.checker.library import call_layer

    if name in ("__name__", "__qualname__"):
        return (owner.name,)
    if name == "__dict__":
        return (AttributesCell(owner),)
    if name == "__module__" and owner.scope is not None:
        return (owner.scope.module.fields.get("__name__", owner.scope.module.name),)
    found = owner.find(name)
    if found is not None:
        value = found[1]
        if isinstance(value, Wrapped):
            return (BoundMethod(value.function, owner) if value.kind == "classmethod" else value.function,)
        return (_described(ev, value, None, owner, None),)
    for layer in owner.mro:  # functions that belong to the class itself
        dotted = f"{layer.dotted}.{name}"
        if layer.rule is not None and isinstance(registry.find(dotted), registry.Rule):
            return (LibraryName(dotted),)
    rule = layer_rule(owner, name)
    if rule is not None:

        def run(ev: Evaluator, call: Value) -> Value:
            receiver = call.args[0] if call.args else UNKNOWN
            if not isinstance(receiver, Instance):
                return UNKNOWN
            return call_layer(ev, receiver, rule, call.args[1:], call.kwargs, call.node)

        return (Native(name, run),)
    if name == "__init__" and owner.find("$dataclass"):
        return (_field_filler(),)
    if name == "__init__" and any(cls.rule for cls in owner.mro):
        base = next(cls for cls in owner.mro if cls.rule)

        def construct(ev: Evaluator, call: Value) -> Value:
            if call.args and isinstance(call.args[0], Instance):
                call.args, receiver = call.args[1:], call.args[0]
                _layer_constructor(receiver, base).run(ev, call)

        return (Native(name, construct, takes_open=True),)
    return (UNKNOWN,)


def _field_filler() -> Native:
    """The `__init__` that `dataclass` writes, as a function."""
    from tangra.checker.classes import fill_fields

    def run(ev: Evaluator, call: Value) -> Value:
        if call.args and isinstance(call.args[0], Instance):
            receiver, call.args = call.args[0], call.args[1:]
            fill_fields(ev, receiver, call)

    return Native("__init__", run, takes_open=True)


def _tensor_attribute(ev: Evaluator, owner: Tensor, name: str, node: ast.AST | None) -> Value:
    cls = CLASSES[owner.library]
    rule = registry.find_attribute(cls, name)
    if rule is not None:
        return array_operation(ev, node, lambda array: rule(ev.ctx, array), (owner,))
    method = registry.find_method(cls, name)
    if method is not None:
        return BoundRule(method, owner)
    ev.missing(f"{cls}.{name}")
    return UNKNOWN


def _other_attribute(ev: Evaluator, owner: Value, name: str) -> tuple[Value] | None:
    from tangra.checker.natives import container_method

    method_of_record = record_rule(owner, name)
    if method_of_record is not None:
        return (BoundRule(method_of_record, owner),)
    if isinstance(owner, Record):
        try:
            return (owner.field(name),)
        except KeyError:
            pass
    if isinstance(owner, FunctionCell):
        if name in owner.fields:
            return (owner.fields[name],)
        return (_function_attribute(owner, name),)
    if isinstance(owner, Partial):
        found = {"func": owner.function, "args": owner.args, "keywords": DictCell(dict(owner.kwargs))}
        return (found.get(name, UNKNOWN),)
    if isinstance(owner, Wrapped) and owner.kind == "property" and name in ("setter", "getter", "deleter"):
        return (Native(name, lambda ev, call: Wrapped("property", owner.function, call.args[0])),)
    if isinstance(owner, slice) and name in ("start", "stop", "step"):
        return (getattr(owner, name),)
    if isinstance(owner, int | Dim) and name in ("real", "numerator"):
        return (owner,)
    method = container_method(owner, name)
    if method is not None:
        return (method,)
    if owner is None and not name.startswith("__"):
        return None
    if isinstance(owner, BoundMethod):
        if name in ("__func__", "__self__"):
            return (owner.function if name == "__func__" else owner.receiver,)
        return _other_attribute(ev, owner.function, name)
    if isinstance(owner, DType):
        return (UNKNOWN,)
    if isinstance(owner, tuple | int | float | str | ListCell | DictCell) and not name.startswith("__"):
        return None if not isinstance(owner, Record) else (UNKNOWN,)
    return (UNKNOWN,)


def _function_attribute(owner: FunctionCell, name: str) -> Value:
    if name == "__module__":
        return owner.module.fields.get("__name__", owner.module.name)
    if name == "__code__":
        names = local_names(owner.node)
        code = record(co_varnames=names, co_name=owner.name, co_argcount=len(owner.node.args.args))
        code.source = owner
        return code
    return owner.name if name in ("__name__", "__qualname__") else UNKNOWN


def set_attribute(ev: Evaluator, owner: Value, name: str, value: Value, node: ast.AST | None) -> None:
    """`owner.name = value`."""
    if type(owner) is OneOf:
        distribute(ev, (owner,), lambda one: set_attribute(ev, one, name, value, node))
    elif isinstance(owner, Instance):
        custom = owner.cls.find("__setattr__")
        if custom is not None and isinstance(custom[1], FunctionCell):
            call(ev, custom[1], [owner, name, value], {}, node)
        else:
            plain_set(ev, owner, name, value, node)
    elif isinstance(owner, ClassCell | ModuleCell | FunctionCell):
        ev.write(owner, name, value)


def plain_set(ev: Evaluator, owner: Instance, name: str, value: Value, node: ast.AST | None) -> None:
    """Set an attribute as `object.__setattr__` does: by its property's setter, if it has one."""
    found = owner.cls.find(name)
    if found is not None and isinstance(found[1], Wrapped) and found[1].setter is not None:
        call(ev, found[1].setter, [owner, value], {}, node)
    else:
        ev.write(owner, name, value)
