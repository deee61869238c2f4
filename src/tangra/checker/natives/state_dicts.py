"""torch's state dicts: the parameters and buffers of a module by name, and whether those of another fit.

Only what is certainly complete is a dict of known names. Wrappers that rename (`DataParallel`, `weight_norm`,
`torch.compile`), hooks, modules whose state no rule knows and files that were loaded leave the names unknown, and then
only shapes under names that both sides have are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tangra.checker.heap import DictCell, Instance, ListCell, OneOf, Value
from tangra.checker.library import array_operation
from tangra.checker.natives.torch_modules import complete, descendants, is_module
from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import STATE_DICT, Failure
from tangra.shape_rules.values import UNKNOWN, Record, Tensor, Unknown, shape_text

if TYPE_CHECKING:
    from tangra.checker.calls import Call
    from tangra.checker.evaluator import Evaluator

MOST = 1000
"""Entries of a state dict that are followed."""
MOST_TRAINED = 32
"""Parameters that a loop goes through one by one."""
SHOWN = 3
"""Entries that a message names."""
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
NORMS = ("torch.nn.modules.batchnorm._BatchNorm", "torch.nn.modules.instancenorm._InstanceNorm")
RENAMED = "$renamed"
"""Set on modules whose state has other names than their attributes."""
OWN = ("state_dict", "load_state_dict", "_load_from_state_dict", "_save_to_state_dict", "get_extra_state")
"""Methods with which a class of the program has a state of its own."""
OPEN = (
    "torch.nn.Transformer",
    "torch.nn.TransformerEncoder",
    "torch.nn.TransformerDecoder",
    "torch.nn.ParameterList",
    "torch.nn.ParameterDict",
)
"""Layers whose state their rules do not follow."""


@dataclass
class State:
    """Entries by name; `exact`: there are no others."""

    entries: dict[str, Value] = field(default_factory=dict)
    exact: bool = True


def state_of(owner: Instance) -> State:
    """The parameters and persistent buffers of a module and all below it."""
    state = State()
    for prefix, module in descendants(owner):
        state.exact = state.exact and _followed(module) and len(state.entries) <= MOST
        found = own_entries(module)
        state.exact = state.exact and found is not None
        for name, tensor in (found or {}).items():
            state.entries[f"{prefix}.{name}" if prefix else name] = tensor
    return state


def _followed(module: Instance) -> bool:
    """Whether the module's state is that of its attributes."""
    if not complete(module) or not module.cls.complete or RENAMED in module.fields:
        return False
    for cls in module.cls.mro:
        dotted = cls.dotted or ""
        if dotted in OPEN or dotted.endswith("Loss"):  # whose weights are buffers
            return False
        if dotted != "torch.nn.Module" and any(name in cls.fields for name in OWN):
            return False
    return bool(module.fields.get("proj_size", 0) == 0)


def own_entries(module: Instance) -> dict[str, Value] | None:
    """The module's own parameters, then its buffers; None if an attribute may be one or not."""
    buffers = module.fields.get("$buffers", ())
    if not isinstance(buffers, tuple):
        return None
    if _is_norm(module):
        buffers = (*buffers, *BUFFERS)
    parameters: dict[str, Value] = {}
    held: dict[str, Value] = {}
    for name, value in module.fields.items():
        if name[0] == "$" or is_module(value):
            continue
        if isinstance(value, OneOf) and any(isinstance(one, Tensor | Instance | Unknown) for one in value.options):
            return None
        if isinstance(value, Tensor) and value.parameter:
            parameters[name] = value
        elif isinstance(value, Tensor) and name in buffers:
            held[name] = value
    return parameters | held


def _is_norm(module: Instance) -> bool:
    rules = [base for cls in module.cls.mro if cls.rule is not None for base in cls.rule.__mro__]
    return any(name in NORMS for base in rules for name in base.__dict__.get("rule_names", ()))


def trained(call: Call) -> dict[str, Value] | None:
    """The parameters of a module by name, in torch's order; None if they aren't known, or too many to go through."""
    owner = call.args[0]
    if not isinstance(owner, Instance) or len(call.args) > 1 or call.kwargs:
        return None
    state, found = state_of(owner), {}
    met: set[int] = set()
    for name, tensor in state.entries.items():
        if tensor.parameter and id(tensor) not in met:  # torch names what is shared once
            met.add(id(tensor))
            found[name] = tensor
    return found if state.exact and len(found) <= MOST_TRAINED else None


def parameters(ev: Evaluator, call: Call) -> Value:
    """`module.parameters()`."""
    found = trained(call)
    some = Tensor("torch", None, None, parameter=True)
    return ListCell(None if found is None else list(found.values()), "iterator", some)


def named_parameters(ev: Evaluator, call: Call) -> Value:
    """`module.named_parameters()`."""
    found = trained(call)
    some = (Unknown("str"), Tensor("torch", None, None, parameter=True))
    return ListCell(None if found is None else list(found.items()), "iterator", some)


def state_dict(ev: Evaluator, call: Call) -> Value:
    """`module.state_dict()`."""
    owner = call.args[0]
    if not isinstance(owner, Instance) or len(call.args) > 1 or call.kwargs:
        return DictCell(None)
    state = state_of(owner)
    if not state.exact:
        return DictCell(None)
    return DictCell({name: tensor.with_(parameter=False) for name, tensor in state.entries.items()})


def load_state_dict(ev: Evaluator, call: Call) -> Value:
    """`module.load_state_dict(state, strict=True)`: sizes must be equal; if `strict`, so must the names."""
    owner, given, strict = call.args[0], call.get(1, "state_dict", UNKNOWN), call.get(2, "strict", True)
    entries = given.entries if isinstance(given, DictCell) else None
    unknown = Record(("missing_keys", "unexpected_keys"), (_names(None), _names(None)))
    if not isinstance(owner, Instance) or entries is None or not all(isinstance(name, str) for name in entries):
        return unknown
    state = state_of(owner)
    for name, tensor in state.entries.items():
        if name in entries and not _compare(ev, call, name, tensor, entries[name]):
            return unknown
    if not state.exact:
        return unknown
    missing = [name for name in state.entries if name not in entries and not name.endswith("num_batches_tracked")]
    unexpected = [name for name in entries if name not in state.entries]
    if strict is True and (missing or unexpected):
        _refuse(ev, call, missing, unexpected)
    return Record(unknown.names, (_names(missing), _names(unexpected)))


def _names(names: list[str] | None) -> ListCell:
    return ListCell(names, "list", Unknown("str"))


def _compare(ev: Evaluator, call: Call, name: str, own: Tensor, given: Value) -> bool:
    """Require that an entry has the parameter's shape; whether it may have."""
    if not isinstance(given, Tensor) or own.dims is None or given.dims is None:
        return True
    if not own.dims and len(given.dims) == 1:  # torch takes a vector's first element for a number
        return True
    text = f"load_state_dict(): `{name}` has shape {shape_text(given.dims)} in the state dict and "
    failure = Failure(STATE_DICT, f"{text}{shape_text(own.dims)} in the module", "RuntimeError")
    mine, theirs = own.dims, given.dims

    def compare(own: Tensor, given: Tensor) -> bool:
        if len(mine) != len(theirs):
            ev.ctx.fail(failure)
        for left, right in zip(mine, theirs, strict=True):
            ev.ctx.require(Equal(left, right), failure)
        return True

    return array_operation(ev, call.node, compare, (own, given)) is True


def _refuse(ev: Evaluator, call: Call, missing: list[str], unexpected: list[str]) -> None:
    """Fail for names that only one side has."""
    texts = []
    if missing:
        texts.append(f"the state dict has no {_listed(missing)}")
    if unexpected:
        texts.append(f"the module has no {_listed(unexpected)}")
    failure = Failure(STATE_DICT, f"load_state_dict(): {', and '.join(texts)}", "RuntimeError")
    array_operation(ev, call.node, lambda: ev.ctx.fail(failure), ())


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


def register_buffer(ev: Evaluator, call: Call) -> Value:
    """`module.register_buffer(name, tensor, persistent=True)`."""
    owner, name = call.get(0, "self", UNKNOWN), call.get(1, "name", UNKNOWN)
    if isinstance(owner, Instance):
        known = owner.fields.get("$buffers", ())
        persistent = call.get(3, "persistent", True)
        if not isinstance(name, str) or not isinstance(known, tuple) or not isinstance(persistent, bool):
            ev.write(owner, RENAMED, True)
        elif persistent:
            ev.write(owner, "$buffers", (*known, name))
    return None


def rename(ev: Evaluator, value: Value) -> None:
    """The module's state has other names from here on."""
    if isinstance(value, Instance):
        ev.write(value, RENAMED, True)
