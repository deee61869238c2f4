"""Calls: functions of the user are evaluated where they are called, or outlined (`outlining`); everything else by its
entry in `tangra.api`."""

from __future__ import annotations

import ast
import functools
import inspect
import math
import types
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tangra.api import registry
from tangra.api.builtins import class_of
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    BoundMethod,
    Const,
    FunctionValue,
    PartialValue,
    TransformValue,
)
from tangra.errors import UnsupportedError
from tangra.frontend import (
    binding,
    branches,
    classes,
    containers,
    conversion,
    dataclass_methods,
    diagnostics,
    outlining,
    partials,
    source,
    stack_arrays,
)
from tangra.frontend.dispatch import expression
from tangra.frontend.heap import RESULT, RETURNED, CellRef, CellState, MaybeNone, Result
from tangra.frontend.objects import LIBRARIES
from tangra.frontend.parameters import signature
from tangra.frontend.paths import Path
from tangra.frontend.source import Definition
from tangra.ir import Span
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator, Frame

MAX_DEPTH = 200
"""Calls that may nest; recursion that does not end at compile time runs into it."""

Handler = Callable[..., AbstractValue]
BUILTINS: dict[int, tuple[Any, Handler]] = {}
"""Callables whose meaning the frontend itself has: handler(ev, *args, **kwargs)."""

CALL_HANDLERS: list[tuple[type, Callable[..., AbstractValue]]] = []
"""Types of callable objects of the package (jitted and transformed functions): handler(ev, obj, args, kwargs)."""

TRANSFORMS: dict[str, Callable[..., AbstractValue]] = {}
"""Meaning of calling a `TransformValue`, by its name: handler(ev, value, args, kwargs)."""

SPECIAL_CALLS: dict[int, str] = {
    id(abs): "__abs__",
    id(float): "__float__",
    id(int): "__int__",
    id(round): "__round__",
    id(divmod): "__divmod__",
    id(reversed): "__reversed__",
    id(math.floor): "__floor__",
    id(math.ceil): "__ceil__",
    id(math.trunc): "__trunc__",
}
"""Builtins, by identity, that are a method of their first argument where the user's class has it."""


def builtin(*objects: Any) -> Callable[[Handler], Handler]:
    """Declare the meaning of a callable: `f(ev, *args, **kwargs)`."""

    def add(function: Handler) -> Handler:
        for obj in objects:
            BUILTINS[id(obj)] = obj, function
        return function

    return add


RESULT_TEXT = "the value that the function returns"


@expression(ast.Call)
def call_expression(ev: Evaluator, node: ast.Call) -> AbstractValue:
    """A call in an expression."""
    return conversion.slot(ev, call_slot(ev, node), RESULT_TEXT)


def call_slot(ev: Evaluator, node: ast.Call) -> Result:
    """A call whose result may be None on some paths."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(ev)
    function = ev.eval(node.func)
    args: list[AbstractValue] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args += containers.as_items(ev, ev.eval(arg.value), "an argument after *")
        else:
            args.append(ev.eval(arg))
    kwargs: dict[str, AbstractValue] = {}
    for keyword in node.keywords:
        if keyword.arg is not None:
            kwargs[keyword.arg] = ev.eval(keyword.value)
            continue
        for key, value in containers.pairs_of(ev, ev.eval(keyword.value)):
            if not isinstance(key, str):
                ev.python_error("TypeError", "keywords must be strings")
            if key in kwargs:
                ev.python_error("TypeError", f"a call got multiple values for keyword argument '{key}'")
            kwargs[key] = conversion.slot(ev, value, f"the argument {key}")
    return call(ev, function, args, kwargs)


def _super(ev: Evaluator) -> AbstractValue:
    frame = ev.frame
    assert frame is not None
    owner = frame.definition.owner
    if owner is None or frame.self_value is None:
        ev.python_error("RuntimeError", "super(): no arguments")
    return classes.SuperValue(frame.self_value, owner)  # type: ignore[return-value]


def call(ev: Evaluator, function: AbstractValue, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> Result:
    """Call any abstract value."""
    ev.counters.calls += 1
    if isinstance(function, FunctionValue):
        return call_user(
            ev, function.definition, function.scope, args, kwargs, function.defaults, dict(function.kw_defaults)
        )
    if isinstance(function, BoundMethod):
        if isinstance(function.function, (Const, FunctionValue)):
            return call(ev, function.function, [function.self, *args], kwargs)
        return invoke(ev, function.function, [function.self, *args], kwargs)
    if isinstance(function, PartialValue):
        held = dict(function.kwargs)
        return call(ev, function.function, partials.arguments(ev, function, args), {**held, **kwargs})
    if isinstance(function, TransformValue):
        return TRANSFORMS[function.transform](ev, function, args, kwargs)
    method = classes.special_method(ev, function, "__call__")
    if method is not None:
        return call(ev, method, args, kwargs)
    if isinstance(function, Const):
        return _call_object(ev, function, args, kwargs)
    ev.python_error("TypeError", f"{conversion.describe(ev, function)} object is not callable")


def _call_object(ev: Evaluator, function: Const, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> Result:
    obj = function.value
    special = SPECIAL_CALLS.get(id(obj))
    method = classes.special_method(ev, args[0], special) if special is not None and args else None
    if method is not None:
        return call(ev, method, args[1:], kwargs)
    known = BUILTINS.get(id(obj))
    if known is not None and known[0] is obj:
        return invoke(ev, known[1], args, kwargs, obj)
    entry = registry.find(obj)
    if entry is not None:
        listed = stack_arrays.numpy_of_lists(ev, obj, args, kwargs)
        if listed is not None:
            result: AbstractValue = listed
            return result
        return invoke(ev, entry, args, kwargs, obj)
    for cls, handler in CALL_HANDLERS:
        if isinstance(obj, cls):
            return handler(ev, obj, args, kwargs)
    if isinstance(obj, types.FunctionType) and (obj in _COMPARISONS or not _is_library(obj)):
        written = dataclass_methods.written(ev, obj, args)
        if written is not None:
            return dataclass_methods.call(ev, written, obj.__name__, args, kwargs)
        return _call_live(ev, obj, args, kwargs)
    if isinstance(obj, types.FunctionType) and args and hasattr(obj, "dispatch") and hasattr(obj, "registry"):
        return call(ev, _dispatched(ev, obj, args[0]), args, kwargs)
    if isinstance(obj, types.MethodType):
        return call(ev, ev.live.lift(obj, Path(obj)), args, kwargs)
    if isinstance(obj, types.MethodDescriptorType) and args and class_of(args[0]) is obj.__objclass__:
        from tangra.frontend import attributes

        return call(ev, attributes.get(ev, args[0], obj.__name__), args[1:], kwargs)
    if isinstance(obj, type) and obj.__module__.partition(".")[0] not in LIBRARIES:
        return classes.construct(ev, obj, args, kwargs)
    if not callable(obj):
        ev.python_error("TypeError", f"'{type(obj).__name__}' object is not callable")
    return ev.policy.unknown_call(ev, function, _public_name(obj))


_COMPARISONS: frozenset[Any] = frozenset(f for found in functools._convert.values() for _, f in found)  # type: ignore[attr-defined]
"""What `functools.total_ordering` adds to a class: written in Python, by the comparisons that it has."""


def _dispatched(ev: Evaluator, obj: Any, first: AbstractValue) -> AbstractValue:
    """The function that one of `functools.singledispatch` calls, by the class of its first argument."""
    found = obj.dispatch(ev.static(ev.call(Const(type), [first], {}), "the class of the first argument"))
    ev.live.reads.this_process()
    registry = Path(obj, (("attr", "registry"),), f"{obj.__name__}.registry")
    ev.live.guard(registry, "keys", tuple(obj.registry))
    for cls, function in obj.registry.items():
        if function is found:
            ev.live.guard(registry.item(cls), "is", found)
    return Const(found)


def _public_name(obj: Any) -> str:
    """What users call a library's function or class: its module and name without private modules between them."""
    module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", repr(obj))
    if module in (None, "builtins"):
        return str(name)
    return ".".join([*(part for part in str(module).split(".") if not part.startswith("_")), name])


def _is_library(function: types.FunctionType) -> bool:
    module = function.__globals__.get("__name__", "")
    return isinstance(module, str) and module.partition(".")[0] in LIBRARIES


def invoke(
    ev: Evaluator, entry: Handler, args: list[AbstractValue], kwargs: dict[str, AbstractValue], obj: Any = None
) -> Result:
    """Call an entry of the API or a handler of the frontend; wrong arguments are the user's TypeError."""
    try:
        _signature(entry).bind(ev, *args, **kwargs)
    except TypeError as e:
        name = getattr(obj, "__name__", getattr(entry, "__name__", "the function").rstrip("_"))
        if _is_python_fault(obj, args, kwargs):
            ev.python_error("TypeError", f"{name}(): {e}")
        ev.error(UnsupportedError, f"{name}(): {e} in compiled code", code=diagnostics.UNSUPPORTED_CALL)
    outer = ev.entry_call
    ev.entry_calls += 1
    ev.entry_call = ev.entry_calls
    try:
        return entry(ev, *args, **kwargs)
    finally:
        ev.entry_call = outer


def _is_python_fault(obj: Any, args: list[AbstractValue], kwargs: dict[str, AbstractValue]) -> bool:
    """Whether the real function would refuse these arguments too."""
    try:
        signature(obj).bind(*args, **kwargs)
    except TypeError:
        return True
    except ValueError:
        return False
    return False


@lru_cache(maxsize=4096)
def _signature(entry: Handler) -> inspect.Signature:
    return inspect.signature(entry)


# ---- functions of the user --------------------------------------------------------------------------------


def _call_live(
    ev: Evaluator, function: types.FunctionType, args: list[AbstractValue], kwargs: dict[str, AbstractValue]
) -> Result:
    """A live Python function: its source, with its closure's cells as they are."""
    definition = source.load(function)
    ev.live.reads.function(function)
    scope = tuple(
        (name, ev.live.cell(cell, name))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        if name != "__class__"
    )
    text = function.__qualname__
    ev.live.guard(Path(function, (("attr", "__code__"),), f"the code of {text}"), "is", function.__code__)
    if function.__defaults__:
        ev.live.guard(Path(function, (("attr", "__defaults__"),), f"{text} defaults"), "is", function.__defaults__)
    for name, value in (function.__kwdefaults__ or {}).items():
        if isinstance(value, (int, float)):
            path = Path(function, (("attr", "__kwdefaults__"), ("item", name)), f"{text} {name}")
            ev.live.guard(path, "equal", value)
    defaults = tuple(
        classes.default_value(ev, value, Path(function, (("attr", "__defaults__"), ("item", k)), f"{text} default"))
        for k, value in enumerate(function.__defaults__ or ())
    )
    kw_defaults = {
        name: classes.default_value(ev, value, Path(function, (("attr", "__kwdefaults__"), ("item", name)), name))
        for name, value in (function.__kwdefaults__ or {}).items()
    }
    return call_user(ev, definition, scope, args, kwargs, defaults, kw_defaults)


def _recurses(frame: Frame | None, definition: Definition) -> bool:
    """Whether `definition` is being evaluated more than twice already."""
    count = 0
    while frame is not None:
        count += frame.definition is definition
        frame = frame.caller
    return count > 2


def _goes_on(ev: Evaluator, frame: Frame | None, definition: Definition, sizes: tuple[Size, ...]) -> bool:
    """Whether a function has called itself often with sizes that are not constants, and others each time: where that
    ends may never show."""
    while frame is not None and frame.definition is not definition:
        frame = frame.caller
    if frame is None or frame.sizes == sizes or all(isinstance(size, int) for size in sizes):
        return False
    key = "calls with other sizes", id(definition)
    count: int = ev.memo.get(key, 0) + 1
    ev.memo[key] = count
    return count > ev.policy.resizing_calls


def call_user(
    ev: Evaluator,
    definition: Definition,
    scope: Any,
    args: list[AbstractValue],
    kwargs: dict[str, AbstractValue],
    defaults: tuple[AbstractValue, ...],
    kw_defaults: dict[str, AbstractValue],
) -> Result:
    """Call a function: its body is evaluated here with its parameters bound, or called as a function of its own."""
    from tangra.frontend.evaluator import Frame

    info = definition.scope
    if info.yields is not None:
        with ev.at(info.yields):
            ev.policy.unsupported(ev, info.yields)
    env = binding.bind_arguments(ev, definition.name, definition.node.args, args, kwargs, defaults, kw_defaults)
    caller = ev.frame
    depth = 0 if caller is None else caller.depth + 1
    sizes = tuple(size for v in env.values() if isinstance(v, ArrayValue) for size in v.type.shape)
    if (ev.all_sizes or _goes_on(ev, caller, definition, sizes)) and _recurses(caller, definition):
        ev.unsupported("recursion whose end depends on a size", code=diagnostics.RECURSION)
    if depth > MAX_DEPTH:
        ev.unsupported(
            f"calls nest more than {MAX_DEPTH} deep, the last one to {definition.name}: recursion must end by a "
            "condition that is known at compile time",
            "write it as a loop",
            diagnostics.RECURSION,
        )
    path = () if caller is None else (*caller.path, ev.place)
    first = args[0] if args else None

    def evaluate(names: dict[str, AbstractValue], own: AbstractValue | None, at: Span | None) -> Result:
        frame = Frame(definition, caller, at, depth, own, path=path, first_ref=ev.next_ref, sizes=sizes)
        return _evaluate(ev, frame, names, scope)

    if outlining.is_wanted(ev, definition, caller):
        found = outlining.call(ev, definition, env, scope, first, lambda names, own: evaluate(names, own, None))
        if found is not None:
            return found
    block, start, emitted = ev.b.block, len(ev.b.block.ops), ev.emitted
    result = evaluate(env, first, ev.span)
    outlining.note_size(ev, definition, block, start, ev.emitted - emitted)
    return result


def _evaluate(ev: Evaluator, frame: Frame, env: dict[str, AbstractValue], scope: Any) -> Result:
    """Evaluate the body of the function that `frame` is a call of, with its parameters bound by `env`."""
    from tangra.frontend import shape_annotations

    definition, caller = frame.definition, frame.caller
    outer_env, outer_place = ev.state.env, (ev.node_span, ev.b.span)
    if caller is not None:
        caller.suspended = outer_env
    ev.state.env = {RETURNED: Const(False)}
    ev.frame = frame
    entry_call, ev.entry_call = ev.entry_call, 0
    try:
        _enter(ev, definition, env, scope)
        ev.policy.entered(ev, env)
        shape_annotations.check_parameters(ev, definition, env)
        branches.exec_block(ev, definition.body)
        result = _result(ev)
        if not isinstance(result, MaybeNone):
            shape_annotations.check_return(ev, definition, result)
        return result
    finally:
        ev.entry_call = entry_call
        frame.suspended = ev.state.env
        ev.frame = caller
        ev.state.env = outer_env
        ev.node_span, ev.b.span = outer_place


def _enter(ev: Evaluator, definition: Definition, env: dict[str, AbstractValue], scope: Any) -> None:
    """Bind parameters and captured names in the new frame."""
    captured = definition.scope.captured
    for name, ref in scope:
        ev.state.env[name] = CellRef(ref)
    for name in captured:
        ev.state.env[name] = CellRef(ev.allocate(CellState(env.get(name))))
    for name, value in env.items():
        if name not in captured:
            ev.state.env[name] = value


def _result(ev: Evaluator) -> Result:
    """What the function returned; None where it ran off its end."""
    returned = ev.state.env.get(RETURNED)
    if not (isinstance(returned, Const) and returned.value):
        if isinstance(returned, Const):
            return Const(None)

        def off_the_end() -> None:
            ev.state.env[RESULT] = Const(None)

        branches.unless_exited(ev, off_the_end)
    found = ev.state.env[RESULT]
    assert not isinstance(found, CellRef)
    if isinstance(found, MaybeNone):
        return found
    return conversion.slot(ev, found, RESULT_TEXT)


def make_function(ev: Evaluator, node: source.FunctionNode, name: str) -> FunctionValue:
    """A function defined inside the one being evaluated: its defaults are evaluated now, its names captured."""
    frame = ev.frame
    assert frame is not None
    key = "definition", id(node)
    definition = ev.keys.get(key)
    if definition is None:
        definition = Definition(node, name, frame.definition.file, frame.definition.globals, frame.definition.owner)
        ev.keys[key] = definition
    assert isinstance(definition, Definition)
    defaults = tuple(ev.eval(d) for d in node.args.defaults)
    kw_defaults = tuple(
        (a.arg, ev.eval(d)) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None
    )
    scope = tuple(
        (n, entry.ref) for n in sorted(definition.scope.free) if isinstance(entry := ev.state.env.get(n), CellRef)
    )
    return FunctionValue(definition, scope, defaults, kw_defaults)
