"""functools, itertools, collections, copy, dataclasses, operator: the parts that models are built with."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from tangra.checker.conditions import truth
from tangra.checker.dispatch import call as call_value
from tangra.checker.heap import (
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    OneOf,
    Partial,
    Value,
)
from tangra.checker.iteration import elements, one_element
from tangra.checker.joining import join_all
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

MAX_PRODUCT = 4_000


@native("functools.partial", "jax.tree_util.Partial")
def partial(ev: Evaluator, call: Call) -> Value:
    """Of a partial it is one of the function behind it, as Python makes it."""
    if not call.args or call.open:
        return UNKNOWN
    function, args, kwargs = call.args[0], tuple(call.args[1:]), dict(call.kwargs)
    if isinstance(function, Partial):
        return Partial(function.function, (*function.args, *args), {**function.kwargs, **kwargs})
    return Partial(function, args, kwargs)


@native("functools.reduce")
def reduce(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[1], call.node)
    if items is None:
        return UNKNOWN
    items = [*call.args[2:3], *items]
    if not items:
        return UNKNOWN
    total = items[0]
    for item in items[1:]:
        total = call_value(ev, call.args[0], [total, item], {}, call.node)
    return total


def _identity(ev: Evaluator, call: Call) -> Value:
    return call.args[0] if call.args else Native("decorator", _identity)


for _name in [
    "functools.lru_cache",
    "functools.cache",
    "functools.total_ordering",
    "abc.abstractmethod",
    "typing.final",
    "typing.overload",
    "typing_extensions.override",
    "typing.override",
    "contextlib.contextmanager",
    "typing.runtime_checkable",
    "torch.jit.script",
    "torch.jit.export",
    "torch.jit.ignore",
    "torch.jit.unused",
    "torch.jit.script_method",
    "torch.jit.interface",
    "torch.no_grad",
    "torch.inference_mode",
    "torch.enable_grad",
    "torch.compiler.disable",
    "torch._dynamo.disable",
    "typing.NewType",
    "builtins.id",
    "torch.jit.script_if_tracing",
    "torch.fx.wrap",
    "torch.jit.freeze",
    "torch.jit.optimize_for_inference",
    "tqdm.tqdm",
    "tqdm.auto.tqdm",
    "tqdm.notebook.tqdm",
    "jaxtyping.jaxtyped",
    "numba.njit",
    "numba.jit",
    "beartype.beartype",
    "typeguard.typechecked",
    "huggingface_hub.dataclasses.strict",
]:
    if _name != "builtins.id":
        native(_name)(_identity)


@native(
    "torch.compile",
    "torch.nn.parallel.DataParallel",
    "torch.nn.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.nn.utils.weight_norm",
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm",
    "torch.nn.utils.parametrizations.orthogonal",
)
def _wrapper(ev: Evaluator, call: Call) -> Value:
    """The module or function itself, under other names of its state."""
    from tangra.checker.natives.state_dicts import rename

    if call.args:
        rename(ev, call.args[0])
    return _identity(ev, call)


@native("functools.wraps")
def wraps(ev: Evaluator, call: Call) -> Value:
    wrapped = call.args[0] if call.args else UNKNOWN

    def decorate(ev: Evaluator, inner: Call) -> Value:
        wrapper = inner.args[0]
        if isinstance(wrapper, FunctionCell):
            ev.write(wrapper, "__wrapped__", wrapped)
            if isinstance(wrapped, FunctionCell):
                ev.write(wrapper, "__name__", wrapped.fields.get("__name__", wrapped.name))
        return wrapper

    return Native("decorator", decorate)


@native("torch.jit._overload_method", "jaxtyping.jaxtyped")
def decorator(ev: Evaluator, call: Call) -> Value:
    return Native("decorator", _identity)


@native("functools.update_wrapper")
def update_wrapper(ev: Evaluator, call: Call) -> Value:
    return call.args[0]


@native("types.FunctionType")
def function_type(ev: Evaluator, call: Call) -> Value:
    """A second function with the code of one."""
    old = getattr(call.get(0, "code"), "source", None)
    if not isinstance(old, FunctionCell):
        return UNKNOWN
    name = call.get(2, "name", old.name)
    made = FunctionCell(name if isinstance(name, str) else old.name, old.node, old.scope, old.defaults, old.kw_defaults)
    made.owner = old.owner
    return made


@native("typing.cast")
def cast(ev: Evaluator, call: Call) -> Value:
    return call.args[1]


@native("copy.deepcopy")
def deepcopy(ev: Evaluator, call: Call) -> Value:
    return copied(ev, call.args[0], {})


def copied(ev: Evaluator, value: Value, done: dict[int, Value]) -> Value:
    """A copy of everything reachable, with what is shared still shared."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, ListCell):
        made: Value = ListCell((), value.kind, value.element)
        done[id(value)] = made
        items = value.items
        made.fields["items"] = None if items is None else tuple(copied(ev, item, done) for item in items)
        return made
    if isinstance(value, DictCell):
        made = DictCell({}, value.kind, value.factory)
        done[id(value)] = made
        entries = value.entries
        made.fields["entries"] = None if entries is None else {k: copied(ev, v, done) for k, v in entries.items()}
        return made
    if isinstance(value, Instance):
        made = Instance(value.cls)
        made.origin = value.origin
        done[id(value)] = made
        made.fields = {name: copied(ev, item, done) for name, item in value.fields.items()}
        return made
    if type(value) is tuple:
        return tuple(copied(ev, item, done) for item in value)
    if type(value) is OneOf:
        return OneOf(tuple(copied(ev, option, done) for option in value.options))
    return value


@native("copy.copy")
def shallow_copy(ev: Evaluator, call: Call) -> Value:
    """A new object that holds what the old one holds."""
    value = call.args[0]
    if isinstance(value, ListCell):
        return ListCell(value.items, value.kind, value.element)
    if isinstance(value, DictCell):
        made: Value = DictCell(value.entries, value.kind, value.factory)
        made.fields["element"] = value.fields["element"]
        return made
    if isinstance(value, Instance):
        made = Instance(value.cls)
        made.origin = value.origin
        made.fields = dict(value.fields)
        return made
    return value


@native("itertools.chain")
def chain(ev: Evaluator, call: Call) -> Value:
    return _chained(ev, list(call.args), call)


@native("itertools.chain.from_iterable")
def chain_rows(ev: Evaluator, call: Call) -> Value:
    rows = elements(ev, call.args[0], call.node)
    return ListCell(None, "iterator") if rows is None else _chained(ev, rows, call)


def _chained(ev: Evaluator, rows: list[Value], call: Call) -> Value:
    found: list[Value] = []
    known = not call.open
    for row in rows:
        items = elements(ev, row, call.node)
        known = known and items is not None
        found += [one_element(ev, row, call.node)] if items is None else items
    return ListCell(found, "iterator") if known else ListCell(None, "iterator", join_all(found, ev.joined_size))


@native("itertools.cycle")
def cycle(ev: Evaluator, call: Call) -> Value:
    """The elements over and over."""
    items = elements(ev, call.args[0], call.node)
    one = join_all(items, ev.joined_size) if items else one_element(ev, call.args[0], call.node)
    return ListCell(None, "iterator", one)


@native("itertools.count")
def count(ev: Evaluator, call: Call) -> Value:
    """Ints without end."""
    start = call.get(0, "start", 0)
    return ListCell(None, "iterator", ev.ctx.fresh("i") if start in (0, 1) else ev.ctx.opaque_int())


@native("itertools.product")
def product(ev: Evaluator, call: Call) -> Value:
    rows = [elements(ev, arg, call.node) for arg in call.args]
    known = [row for row in rows if row is not None]
    repeat = call.kwargs.get("repeat", 1)
    size = 1
    for row in known:
        size *= max(len(row), 1)
    if len(known) < len(rows) or not isinstance(repeat, int) or size**repeat > MAX_PRODUCT:
        return ListCell(None, "iterator")
    return ListCell(list(itertools.product(*known, repeat=repeat)), "iterator")


@native("itertools.pairwise")
def pairwise(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    return ListCell(None if items is None else list(itertools.pairwise(items)), "iterator")


@native("itertools.repeat")
def repeat(ev: Evaluator, call: Call) -> Value:
    times = call.get(1, "times", UNKNOWN)
    if isinstance(times, int) and times <= MAX_PRODUCT:
        return ListCell([call.args[0]] * times, "iterator")
    return ListCell(None, "iterator", call.args[0])


@native("itertools.accumulate")
def accumulate(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None or len(call.args) > 1 or not all(isinstance(item, int | float) for item in items):
        return ListCell(None, "iterator")
    return ListCell(list(itertools.accumulate(items)), "iterator")


@native("itertools.islice")
def islice(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None or not all(isinstance(arg, int) or arg is None for arg in call.args[1:]):
        return ListCell(None, "iterator", one_element(ev, call.args[0], call.node))
    return ListCell(list(itertools.islice(items, *call.args[1:])), "iterator")


@native("collections.defaultdict")
def defaultdict(ev: Evaluator, call: Call) -> Value:
    from tangra.checker.natives.builtin import pairs_of

    entries = pairs_of(ev, call.args[1]) if len(call.args) > 1 else {}
    return DictCell(entries, "dict", call.args[0] if call.args else None)


@native("collections.namedtuple", "typing.NamedTuple")
def namedtuple(ev: Evaluator, call: Call) -> Value:
    name, fields = call.get(0, "typename", UNKNOWN), call.get(1, "field_names", UNKNOWN)
    if isinstance(fields, str):
        words: list[Value] | None = fields.replace(",", " ").split()
    else:
        words = elements(ev, fields)
        words = None if words is None else [item[0] if isinstance(item, tuple) else item for item in words]
    if words is None or not all(isinstance(word, str) for word in words):
        return UNKNOWN
    cls = ClassCell(name if isinstance(name, str) else "tuple", ())
    cls.fields["_fields"] = tuple(words)
    defaults = elements(ev, call.kwargs.get("defaults", ())) or []
    for word, default in zip(words[len(words) - len(defaults) :], defaults, strict=False):
        cls.fields[word] = default
    return cls


# A class statement may derive from it, so it has to stay a name too.
LIBRARY["typing.NamedTuple"] = LibraryName("typing.NamedTuple")


@native("dataclasses.dataclass", "flax.struct.dataclass", "chex.dataclass", "attr.s", "attrs.define", "attr.dataclass")
def dataclass(ev: Evaluator, call: Call) -> Value:
    if call.args and isinstance(call.args[0], ClassCell):
        ev.write(call.args[0], "$dataclass", True)
        return call.args[0]
    return Native("dataclasses.dataclass", dataclass)


@native("dataclasses.field", "flax.struct.field", "equinox.field", "attr.ib", "attrs.field")
def dataclass_field(ev: Evaluator, call: Call) -> Value:
    from tangra.checker.classes import FIELD

    return DictCell({**call.kwargs}, FIELD)


@native("huggingface_hub.dataclasses.as_validated_field")
def as_validated_field(ev: Evaluator, call: Call) -> Value:
    """A function that makes fields whose values the decorated one checks."""
    return Native("field", dataclass_field)


@native("huggingface_hub.dataclasses.validated_field")
def validated_field(ev: Evaluator, call: Call) -> Value:
    return dataclass_field(ev, call)


LIBRARY["dataclasses.MISSING"] = "dataclasses.MISSING"
FIELD_CLASS = ClassCell("Field", ())


@native("dataclasses.fields")
def dataclass_fields(ev: Evaluator, call: Call) -> Value:
    """The fields of a dataclass with their defaults."""
    from tangra.checker.classes import FIELD, field_names

    cls = call.args[0].cls if isinstance(call.args[0], Instance) else call.args[0]
    if not isinstance(cls, ClassCell):
        return UNKNOWN
    missing = LIBRARY["dataclasses.MISSING"]
    made = []
    for name in field_names(cls):
        found = cls.find(name)
        default = missing if found is None else found[1]
        stated = (
            default.entries or {} if isinstance(default, DictCell) and default.kind == FIELD else {"default": default}
        )
        field = Instance(FIELD_CLASS)
        field.fields = {"name": name, "type": UNKNOWN, "init": True, "metadata": DictCell({})}
        field.fields |= {"default": missing, "default_factory": missing, **stated}
        made.append(field)
    return tuple(made)


@native("dataclasses.asdict")
def asdict(ev: Evaluator, call: Call) -> Value:
    value = call.args[0]
    return DictCell(dict(value.fields) if isinstance(value, Instance) and "$unknown" not in value.fields else None)


@native("dataclasses.replace", takes_open=True)
def dataclass_replace(ev: Evaluator, call: Call) -> Value:
    from tangra.checker.classes import replaced

    value = call.args[0] if call.args else UNKNOWN
    return replaced(ev, value, call) if isinstance(value, Instance) else UNKNOWN


@native("types.SimpleNamespace", "argparse.Namespace", takes_open=True)
def namespace(ev: Evaluator, call: Call) -> Value:
    made = Instance(NAMESPACE)
    made.fields = dict(call.kwargs)
    if call.open:
        made.fields["$unknown"] = True
    return made


NAMESPACE = ClassCell("Namespace", ())
NAMESPACE.complete = False
OPERATIONS: dict[str, ast.operator] = {
    "operator.add": ast.Add(),
    "operator.sub": ast.Sub(),
    "operator.mul": ast.Mult(),
    "operator.truediv": ast.Div(),
    "operator.floordiv": ast.FloorDiv(),
    "operator.matmul": ast.MatMult(),
    "operator.mod": ast.Mod(),
}


def _operation(op: ast.operator) -> object:
    def run(ev: Evaluator, call: Call) -> Value:
        from tangra.checker.operators import binary

        return binary(ev, op, call.args[0], call.args[1], call.node or ast.Pass())

    return run


for _name, _op in OPERATIONS.items():
    native(_name)(_operation(_op))  # type: ignore[arg-type]


@native("operator.itemgetter")
def itemgetter(ev: Evaluator, call: Call) -> Value:
    from tangra.checker.subscripts import get_item

    keys = list(call.args)

    def run(ev: Evaluator, inner: Call) -> Value:
        found = [get_item(ev, inner.args[0], key, inner.node or ast.Pass()) for key in keys]
        return found[0] if len(found) == 1 else tuple(found)

    return Native("itemgetter", run)


@native("operator.not_")
def not_(ev: Evaluator, call: Call) -> Value:
    known = truth(ev, call.args[0])
    return UNKNOWN if known is None else not known
