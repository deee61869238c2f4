"""Forward hooks of torch's modules: functions that see, and may change, what a module is called with and returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.checker.dispatch import call
from tangra.checker.heap import ClassCell, DictCell, Instance, Native, Value
from tangra.shape_rules.values import UNKNOWN, Unknown

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

HOOKS = {"register_forward_pre_hook": "$pre_hooks", "register_forward_hook": "$hooks"}
HANDLE = ClassCell("RemovableHandle", ())


def register(kind: str) -> Native:
    """The method of `torch.nn.Module` that adds a hook."""
    field = HOOKS[kind]

    def run(ev: Evaluator, call: Call) -> Value:
        owner, hook = call.args[0], call.get(1, "hook")
        handle = Instance(HANDLE)
        if isinstance(owner, Instance):
            entry = (handle, hook, call.kwargs.get("with_kwargs", False))
            before, after = owner.fields.get(field, ()), (entry,)
            first = call.kwargs.get("prepend") is True
            known = (*after, *before) if first and isinstance(before, tuple) else before
            ev.write(owner, field, (*before, *after) if isinstance(before, tuple) and not first else known)
            handle.fields = {"$owner": owner, "$field": field}
        return handle

    return Native(f"method {kind}", run)


def _remove(ev: Evaluator, call: Call) -> Value:
    handle = call.args[0]
    owner, field = handle.fields["$owner"], handle.fields["$field"]
    entries = owner.fields.get(field, ())
    if isinstance(entries, tuple):
        ev.write(owner, field, tuple(entry for entry in entries if entry[0] is not handle))
    return None


HANDLE.fields = {"remove": Native("method remove", _remove)}


def before_call(ev: Evaluator, instance: Instance, given: Call) -> None:
    """Run the hooks that come before `forward`; what one returns takes the place of the arguments."""
    entries = instance.fields.get("$pre_hooks", ())
    for _, hook, with_kwargs in entries if isinstance(entries, tuple) else ():
        extra = [DictCell(dict(given.kwargs))] if with_kwargs is True else []
        found = call(ev, hook, [instance, tuple(given.args), *extra], {}, given.node)
        if with_kwargs is True and isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], DictCell):
            given.kwargs = dict(found[1].entries or {})
            found = found[0]
        if found is not None and not isinstance(found, Unknown):
            given.args = list(found) if isinstance(found, tuple) else [found]


def after_call(ev: Evaluator, instance: Instance, given: Call, result: Value) -> Value:
    """Run the hooks that come behind `forward`; what one returns takes the place of the result."""
    entries = instance.fields.get("$hooks", ())
    if not isinstance(entries, tuple):
        return UNKNOWN
    for _, hook, with_kwargs in entries:
        extra = [DictCell(dict(given.kwargs))] if with_kwargs is True else []
        found = call(ev, hook, [instance, tuple(given.args), *extra, result], {}, given.node)
        result = result if found is None else found
    return result
