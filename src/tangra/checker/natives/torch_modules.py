"""torch's bookkeeping of modules: children, modes, parameters, buffers. The containers are in the prelude."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from tangra.checker.attributes import find_attribute, set_attribute
from tangra.checker.conditions import truth
from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import AttributesCell, DictCell, Instance, ListCell, Native, Value, Wrapped
from tangra.checker.hooks import HOOKS, register
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

MODULE = "torch.nn.Module"
TRANSPARENT = [
    "to",
    "cuda",
    "cpu",
    "half",
    "float",
    "double",
    "bfloat16",
    "type",
    "apply",
    "requires_grad_",
    "share_memory",
    "compile",
    "to_empty",
    "xpu",
    "ipu",
]
SILENT = [
    "zero_grad",
    "register_full_backward_hook",
    "extra_repr",
    "_load_from_state_dict",
    "_save_to_state_dict",
    "__init_subclass__",
    "set_extra_state",
]
STATE_HOOKS = [
    "_register_load_state_dict_pre_hook",
    "register_load_state_dict_pre_hook",
    "register_load_state_dict_post_hook",
    "_register_state_dict_hook",
    "register_state_dict_hook",
    "register_state_dict_pre_hook",
    "register_state_dict_post_hook",
    "add_state_dict_hook",
]


def is_module(value: Value) -> bool:
    """Whether the value is a torch module."""
    return isinstance(value, Instance) and value.cls.derives_from(MODULE)


def children(owner: Instance) -> list[tuple[str, Instance]]:
    """The modules set as attributes, in order."""
    return [(name, value) for name, value in owner.fields.items() if is_module(value) and name[0] != "$"]


def descendants(owner: Instance, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Instance]]:
    """The module itself and all below it, with dotted names."""
    yield prefix, owner
    if depth < 40:
        for name, child in children(owner):
            yield from descendants(child, f"{prefix}.{name}" if prefix else name, depth + 1)


def complete(owner: Value) -> bool:
    """Whether all children are known: an attribute nobody knows may be one."""
    return (
        isinstance(owner, Instance)
        and "$unknown" not in owner.fields
        and not any(isinstance(value, Unknown) and value.kind is None for value in owner.fields.values())
    )


def _listed(found: list[Value], owner: Value) -> Value:
    return ListCell(found if complete(owner) else None, "iterator")


def _children(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    return _listed([child for _, child in children(owner)], owner)


def _named_children(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    return _listed(list(children(owner)), owner)


def _modules(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    return _listed([child for _, child in descendants(owner)], owner)


def _named_modules(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    return _listed(list(descendants(owner)), owner)


def _modules_dict(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    return DictCell(dict(children(owner)) if complete(owner) else None)


def _add_module(ev: Evaluator, call: Call) -> Value:
    owner, name, module = call.get(0, "self"), call.get(1, "name", UNKNOWN), call.get(2, "module", UNKNOWN)
    if isinstance(owner, Instance):
        if isinstance(name, str):
            ev.write(owner, name, module)
        else:
            ev.write(owner, "$unknown", True)
    return None


def _register(ev: Evaluator, call: Call) -> Value:
    owner, name = call.get(0, "self"), call.get(1, "name", UNKNOWN)
    value = call.args[2] if len(call.args) > 2 else call.kwargs.get("tensor", call.kwargs.get("param", UNKNOWN))
    if isinstance(owner, Instance):
        if isinstance(name, str):
            ev.write(owner, name, value)
        else:
            ev.write(owner, "$unknown", True)
    return None


def _states() -> ModuleType:
    from tangra.checker.natives import state_dicts

    return state_dicts


def _register_buffer(ev: Evaluator, call: Call) -> Value:
    _states().register_buffer(ev, call)
    return _register(ev, call)


def _hook_state(ev: Evaluator, call: Call) -> Value:
    """A hook may change the names of the module's state."""
    _states().rename(ev, call.args[0])
    return UNKNOWN


def set_mode(ev: Evaluator, owner: Value, training: Value) -> None:
    """`.train()` and `.eval()` for a module and all below it."""
    if isinstance(owner, Instance):
        for _, module in descendants(owner):
            ev.write(module, "training", training)


def _train(ev: Evaluator, call: Call) -> Value:
    mode = truth(ev, call.get(1, "mode", True))
    set_mode(ev, call.args[0], Unknown("bool") if mode is None else mode)
    return call.args[0]


def _eval(ev: Evaluator, call: Call) -> Value:
    set_mode(ev, call.args[0], False)
    return call.args[0]


def _apply(ev: Evaluator, call: Call) -> Value:
    owner = call.args[0]
    if isinstance(owner, Instance) and len(call.args) > 1:
        seen: dict[Value, Instance] = {}
        for _, module in descendants(owner):
            seen.setdefault(module.cls, module)
        for module in list(seen.values())[:20]:
            with ev.silence():
                call_value(ev, call.args[1], [module], {}, call.node)
    return owner


def _self(ev: Evaluator, call: Call) -> Value:
    return call.args[0]


def _none(ev: Evaluator, call: Call) -> Value:
    return None


def _unknown(ev: Evaluator, call: Call) -> Value:
    return UNKNOWN


def _buffers(ev: Evaluator, call: Call) -> Value:
    return ListCell(None, "iterator", Tensor("torch"))


def _named_buffers(ev: Evaluator, call: Call) -> Value:
    return ListCell(None, "iterator", (Unknown("str"), Tensor("torch")))


def _submodule(ev: Evaluator, call: Call) -> Value:
    owner, path = call.args[0], call.get(1, "target", UNKNOWN)
    for word in path.split(".") if isinstance(path, str) else ():
        found = find_attribute(ev, owner, word)
        owner = UNKNOWN if found is None else found[0]
    return owner if isinstance(path, str) else UNKNOWN


def _call(ev: Evaluator, call: Call) -> Value:
    """`module(...)` is `module.forward(...)`; hooks change nothing that we follow."""
    found = find_attribute(ev, call.args[0], "forward", call.node)
    return UNKNOWN if found is None else call_value(ev, found[0], call.args[1:], call.kwargs, call.node, call.open)


METHODS = (
    {
        "__init__": _none,
        "__call__": _call,
        "children": _children,
        "named_children": _named_children,
        "modules": _modules,
        "named_modules": _named_modules,
        "add_module": _add_module,
        "register_module": _add_module,
        "register_buffer": _register_buffer,
        "register_parameter": _register,
        "train": _train,
        "eval": _eval,
        "apply": _apply,
        "parameters": lambda ev, call: _states().parameters(ev, call),
        "named_parameters": lambda ev, call: _states().named_parameters(ev, call),
        "buffers": _buffers,
        "named_buffers": _named_buffers,
        "state_dict": lambda ev, call: _states().state_dict(ev, call),
        "load_state_dict": lambda ev, call: _states().load_state_dict(ev, call),
        "get_submodule": _submodule,
        "_get_name": lambda ev, call: call.args[0].cls.name if isinstance(call.args[0], Instance) else Unknown("str"),
        "$modules": _modules_dict,
    }
    | dict.fromkeys(TRANSPARENT, _self)
    | dict.fromkeys(SILENT, _none)
    | dict.fromkeys(STATE_HOOKS, _hook_state)
)


def module_fields() -> dict[str, Value]:
    """The attributes of the class `torch.nn.Module`."""
    methods = {name: Native(f"method {name}", run, name in ("__init__", "__call__")) for name, run in METHODS.items()}
    methods |= {name: register(name) for name in HOOKS}
    return methods | {name: Wrapped("property", Native(name, _view(holds))) for name, holds in VIEWS.items()}


def _view(holds: Callable[[Value], bool]) -> Callable[..., Value]:
    return lambda ev, call: AttributesCell(call.args[0], holds) if isinstance(call.args[0], Instance) else UNKNOWN


VIEWS: dict[str, Callable[[Value], bool]] = {
    "_modules": is_module,
    "_parameters": lambda value: isinstance(value, Tensor) and value.parameter,
    "_buffers": lambda value: isinstance(value, Tensor) and not value.parameter,
}
"""What torch keeps in dicts, and here are attributes."""


@native("$children")
def primitive_children(ev: Evaluator, call: Call) -> Value:
    """For the prelude: the children of a container as a list of pairs."""
    owner = call.args[0]
    return ListCell(list(children(owner)) if complete(owner) else None)


@native("$keep")
def primitive_keep(ev: Evaluator, call: Call) -> Value:
    """For the prelude: make these pairs the only children of a container."""
    owner, pairs = call.args[0], call.args[1]
    if not isinstance(owner, Instance):
        return None
    for name, _ in children(owner):
        ev.journal.delete(owner, name)
    if isinstance(pairs, ListCell) and pairs.items is not None:
        for name, module in pairs.items:
            set_attribute(ev, owner, str(name), module, call.node)
    else:
        ev.write(owner, "$unknown", True)
    return None


@native("$number")
def primitive_number(ev: Evaluator, call: Call) -> Value:
    """For the prelude: add modules to a new container under their numbers."""
    from tangra.checker.iteration import elements

    owner, modules = call.args[0], elements(ev, call.args[1], call.node)
    if isinstance(owner, Instance):
        if modules is None:
            ev.write(owner, "$unknown", True)
        for place, module in enumerate(modules or ()):
            ev.write(owner, str(place), module)
    return None


PRIMITIVES = {"_children": LIBRARY["$children"], "_keep": LIBRARY["$keep"], "_number": LIBRARY["$number"]}
