"""`value.name`: attributes of every kind of value."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from tangra.api import registry
from tangra.api.elementwise import is_number, kinds_of
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    DictValue,
    FunctionValue,
    InstanceValue,
    IterValue,
    ListValue,
    PartialValue,
    RangeValue,
    SliceValue,
    TupleValue,
)
from tangra.errors import UnsupportedError
from tangra.frontend import classes, container_methods, containers, conversion, descriptors, diagnostics, named_tuples
from tangra.frontend.dispatch import expression
from tangra.frontend.heap import Deleted, InstanceState
from tangra.frontend.objects import LIBRARIES
from tangra.frontend.paths import Path

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


@expression(ast.Attribute)
def attribute_expression(ev: Evaluator, node: ast.Attribute) -> AbstractValue:
    """`value.attr`."""
    return get(ev, ev.eval(node.value), node.attr)


def get(ev: Evaluator, v: Any, name: str) -> AbstractValue:
    """`v.name`, or a diagnostic."""
    found = find(ev, v, name)
    if found is None:
        if _exists_in_python(v, name):
            ev.error(
                UnsupportedError,
                f"the attribute .{name} of {conversion.describe(ev, v)} is not supported",
                code=diagnostics.UNSUPPORTED_ATTRIBUTE,
            )
        ev.python_error("AttributeError", f"{_owner(ev, v)} has no attribute '{name}'")
    return found


def _owner(ev: Evaluator, v: Any) -> str:
    if isinstance(v, InstanceValue):
        return f"'{v.cls.__name__}' object"
    if is_number(v) or isinstance(v, ArrayValue):
        owner = _types(v)[0]
        module = "" if owner.__module__ == "builtins" else f"{owner.__module__}."
        return f"'{module}{owner.__name__}' object"
    if isinstance(v, Const) and isinstance(v.value, types.ModuleType):
        return f"module '{v.value.__name__}'"
    return conversion.describe(ev, v)


def _exists_in_python(v: Any, name: str) -> bool:
    if isinstance(v, Const):
        return hasattr(v.value, name)
    if isinstance(v, InstanceValue) and isinstance(getattr(v.cls, name, None), types.MemberDescriptorType):
        return False  # a slot that nothing was put into
    sample = v.cls if isinstance(v, InstanceValue) or getattr(v, "cls", None) is not None else _TYPES.get(type(v), v)
    return hasattr(sample, name)


_TYPES: dict[type, type] = {
    ArrayValue: np.ndarray,
    ListValue: list,
    DictValue: dict,
    TupleValue: tuple,
    RangeValue: range,
    SliceValue: slice,
    FunctionValue: types.FunctionType,
    BoundMethod: types.MethodType,
    PartialValue: functools.partial,
    IterValue: enumerate,
}


def find(ev: Evaluator, v: Any, name: str) -> AbstractValue | None:
    """`v.name`; None if the compiler knows no such attribute."""
    if isinstance(v, ArrayValue):
        return _registered(ev, "array", v, name)
    if isinstance(v, InstanceValue):
        return classes.getattr_(ev, v, name)
    if is_number(v) and not (isinstance(v, Const) and isinstance(v.value, enum.Enum)):
        return _registered(ev, "scalar", v, name)
    if isinstance(v, TupleValue):
        field = named_tuples.attribute(ev, v, name)
        if field is not None:
            return field
    if isinstance(v, classes.SuperValue):
        return _super(ev, v, name)
    if isinstance(v, (SliceValue, RangeValue)) and name in ("start", "stop", "step"):
        return getattr(v, name)  # type: ignore[no-any-return]
    if isinstance(v, FunctionValue) and name in ("__name__", "__qualname__"):
        return Const(v.definition.name)
    if isinstance(v, PartialValue) and name in ("func", "args", "keywords"):
        return _partial(ev, v, name)
    method = container_methods.method(ev, v, name)
    if method is not None:
        return method
    return _constant(ev, v, name) if isinstance(v, Const) else None


def _partial(ev: Evaluator, v: PartialValue, name: str) -> AbstractValue:
    """What a `functools.partial` was made of."""
    if name == "keywords":
        return containers.new_dict(ev, [k for k, _ in v.kwargs], [value for _, value in v.kwargs])
    return v.function if name == "func" else TupleValue(v.args)


def _types(v: AbstractValue) -> list[type]:
    """The Python or NumPy types that an array or number may have at run time."""
    return [np.ndarray] if isinstance(v, ArrayValue) else [kind.type for kind in kinds_of(v)]


def _registered(ev: Evaluator, form: str, v: AbstractValue, name: str) -> AbstractValue | None:
    if not any(hasattr(type_, name) for type_ in _types(v)):
        return None
    entry = registry.ATTRIBUTES.get((form, name))
    if entry is not None:
        return entry(ev, v)
    method = registry.METHODS.get((form, name))
    return BoundMethod(v, method) if method is not None else None


def _super(ev: Evaluator, v: classes.SuperValue, name: str) -> AbstractValue | None:
    cls = v.self.cls if isinstance(v.self, (InstanceValue, TupleValue)) else None
    if isinstance(v.self, Const) and isinstance(v.self.value, type):
        cls = v.self.value
    assert cls is not None
    found = classes.member(ev, cls, name, after=v.owner)
    if found is None:
        return None
    if found[1] is object and name == "__init__":
        return BoundMethod(v.self, lambda ev, self: Const(None))
    if found[1] is object and name == "__setattr__" and isinstance(v.self, InstanceValue):
        return BoundMethod(v.self, _plain_setattr)
    return classes.bind(ev, v.self, cls, found, name)


def _plain_setattr(ev: Evaluator, self: InstanceValue, name: AbstractValue, value: AbstractValue, /) -> AbstractValue:
    classes.set_plainly(ev, self, conversion.attribute_name(ev, name), value)
    return Const(None)


def _ignoring_self(entry: Any) -> Any:
    """An entry as a method: the object that it is an attribute of says nothing more."""

    def method(ev: Evaluator, self: AbstractValue, *args: AbstractValue, **kwargs: AbstractValue) -> Any:
        return entry(ev, *args, **kwargs)

    first, *rest = inspect.signature(entry).parameters.values()
    own = [p.replace(name=name, kind=first.POSITIONAL_ONLY) for p, name in ((first, "ev"), (first, "self"))]
    method.__signature__ = inspect.Signature([*own, *rest])  # type: ignore[attr-defined]
    return method


def _constant(ev: Evaluator, v: Const, name: str) -> AbstractValue | None:
    """An attribute of a live object: a module, a class, a ufunc, a dtype."""
    obj = v.value
    entry = registry.sub_entry(obj, name) if not isinstance(obj, (type, types.ModuleType)) else None
    if entry is not None:
        return BoundMethod(v, _ignoring_self(entry))
    if isinstance(obj, types.ModuleType) and obj.__name__.partition(".")[0] not in LIBRARIES:
        state = ev.look(ev.live.namespace(vars(obj)))
        assert isinstance(state, InstanceState)
        changed = state.get(name)
        if changed is not None:
            return None if isinstance(changed, Deleted) else conversion.slot(ev, changed, name)
    if isinstance(obj, type):
        return _class_attribute(ev, obj, name)
    ev.live.reads.attribute(obj, name)
    try:
        value = getattr(obj, name)
    except AttributeError:
        return None
    text = f"{getattr(obj, '__name__', type(obj).__name__)}.{name}"
    return ev.live.lift(value, Path(obj, (("attr", name),), text))


def _class_attribute(ev: Evaluator, cls: type, name: str) -> AbstractValue | None:
    ev.live.reads.attribute(cls, name)
    found = classes.member(ev, cls, name)
    declared = container_methods.CLASS_METHODS.get((cls, name))
    if declared is not None:
        return BoundMethod(Const(cls), declared)
    of_user = cls.__module__.partition(".")[0] not in LIBRARIES
    written = named_tuples.written(found[0]) if found is not None and isinstance(found[0], classmethod) else None
    if written is not None:
        return BoundMethod(Const(cls), written)
    if found is not None and isinstance(found[0], classmethod) and of_user:
        return BoundMethod(Const(cls), Const(found[0].__func__))
    if found is not None and descriptors.is_of_user(found[0]):
        return descriptors.read(ev, Const(None), cls, found, name)
    try:
        value = getattr(cls, name)
    except AttributeError:
        return None
    if isinstance(value, (types.FunctionType, type)):
        return Const(value)
    return ev.live.lift(value, Path(cls, (("attr", name),), f"{cls.__name__}.{name}"))


def set_(ev: Evaluator, target: AbstractValue, name: str, value: AbstractValue) -> None:
    """`target.name = value`."""
    if isinstance(target, InstanceValue):
        classes.setattr_(ev, target, name, value)
        return
    if isinstance(target, Const) and isinstance(target.value, types.ModuleType):
        ref = ev.live.namespace(vars(target.value))
        state = ev.look(ref)
        assert isinstance(state, InstanceState)
        ev.put(ref, state.with_attr(name, value))
        return
    if isinstance(target, Const) and isinstance(target.value, (type, types.FunctionType)):
        name = f"{getattr(target.value, '__name__', '')}.{name}"
        ev.unsupported(
            f"assignment to {name}, an attribute of a {'class' if isinstance(target.value, type) else 'function'}",
            "keep it in an attribute of an instance, in a global, or in a list",
        )
    if isinstance(target, TupleValue) or is_number(target):
        ev.python_error("AttributeError", f"can't set attribute '{name}' of {conversion.describe(ev, target)}")
    ev.unsupported(f"assignment to .{name} of {conversion.describe(ev, target)}")


def delete(ev: Evaluator, target: AbstractValue, name: str) -> None:
    """`del target.name`."""
    if not isinstance(target, InstanceValue):
        ev.unsupported(f"del of an attribute of {conversion.describe(ev, target)}")
    classes.delattr_(ev, target, name)
