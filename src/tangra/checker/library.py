"""Libraries: what a dotted name stands for, how their functions are called by rule, and layers as objects.

Names that neither the checker's own natives and prelude nor a shape rule knows stay `LibraryName`s, whose calls give
unknowns.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tangra.checker.alternatives import distribute
from tangra.checker.evaluator import BudgetSpent, PythonRaise
from tangra.checker.heap import (
    HOLDERS,
    BoundMethod,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    OneOf,
    Partial,
    Raised,
    Value,
)
from tangra.checker.joining import same, widened
from tangra.checker.own_rules import tell_broken
from tangra.checker.ranks import learn_rank
from tangra.shape_rules import registry
from tangra.shape_rules.failures import RuleError
from tangra.shape_rules.registry import Constant, HigherOrder, ModuleRule, Rule
from tangra.shape_rules.values import UNKNOWN, Alike, DType, Record, Tensor, Unknown
from tangra.shapes import Dim, ShapeError, SizeTooComplex

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

CALLABLES = (FunctionCell, BoundMethod, Native, Partial, ClassCell)
ARRAY_LIBRARIES = frozenset({"torch", "numpy", "jax", "einops", "flax", "equinox", "optax", "torchvision", "scipy"})
ROOTS = {
    "torch": "torch.nn.Module",
    "flax.linen": "flax.linen.Module",
    "einops.layers.torch": "torch.nn.Module",
    "einops.layers.flax": "flax.linen.Module",
}
"""What the layers of a library or package derive from, where that is a class of ours."""
MAX_DEPTH = 6
PYTHON_TYPES = {"builtins.bool": bool, "builtins.int": int, "builtins.float": float, "builtins.complex": complex}
"""The types that stand for dtypes."""
RECORDS = {"array": "jax.at", "generator": "numpy.random.Generator", "indexed": "numpy.indexed"}
"""The class whose methods a record has, by its first name: `x.at[index]`, `np.random.default_rng()`, `np.r_`."""


@dataclass(frozen=True, eq=False)
class BoundRule:
    """A method of an array or layer, with its receiver."""

    rule: Rule
    receiver: Value


@dataclass(frozen=True, eq=False)
class Transformed:
    """A function that a library's function of functions made: `jax.vmap(f, in_axes=0)`."""

    kind: str
    function: Value
    options: dict[str, Value]


HOLDERS.types += (BoundRule, Transformed)


FAILED = Unknown()
"""What a failed call gives: unknown, and so is all that is computed of it, whatever other operands say."""


class LayerView:
    """An instance as shape rules see a layer: attributes are read and set in the checker's heap."""

    __slots__ = ("_cls", "_ev", "_instance")

    def __init__(self, ev: Evaluator, instance: Instance, cls: type) -> None:
        object.__setattr__(self, "_ev", ev)
        object.__setattr__(self, "_instance", instance)
        object.__setattr__(self, "_cls", cls)

    def __getattr__(self, name: str) -> Any:
        fields = self._instance.fields
        if name in fields:
            held = fields[name]
            return to_rule(widened(held, None, self._ev.joined_size) if type(held) is OneOf else held)
        found = getattr(self._cls, name, UNKNOWN)
        return found.__get__(self) if hasattr(found, "__get__") and callable(found) else found

    def __setattr__(self, name: str, value: Any) -> None:
        self._ev.write(self._instance, name, from_rule(value))


NUMBERS = ("int", "float", "bool", "complex")
"""The kinds of value that are numbers."""

AS_THEY_ARE = frozenset({int, float, str, bool, type(None), Tensor, Dim, DType, Unknown})
"""The kinds of value that rules take without change."""


def to_rule(value: Value, depth: int = 0) -> Value:
    """A value as rules take it: lists and dicts as Python's own, objects they can't know as unknown."""
    if type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, ListCell):
        if depth > MAX_DEPTH or value.kind == "union":
            return UNKNOWN
        if value.items is None:
            return _alike(value.element, depth)
        return [to_rule(item, depth + 1) for item in value.items]
    if isinstance(value, DictCell):
        if value.entries is None or depth > MAX_DEPTH:
            return UNKNOWN
        return {key: to_rule(item, depth + 1) for key, item in value.entries.items()}
    if isinstance(value, Record):
        return value
    if isinstance(value, OneOf):
        return OneOf(tuple(to_rule(option, depth) for option in value.options))
    if isinstance(value, tuple):
        return tuple(to_rule(item, depth + 1) for item in value)
    if isinstance(value, slice):
        return slice(*(to_rule(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, Instance):
        return _instance_to_rule(value)
    if isinstance(value, LibraryName):
        return value if isinstance(registry.find(value.dotted), Rule | HigherOrder) else UNKNOWN
    if isinstance(value, Native) and value.name in PYTHON_TYPES:
        return PYTHON_TYPES[value.name]
    if isinstance(value, CALLABLES) or value is None or value is Ellipsis:
        return value
    plain = isinstance(value, int | float | complex | str | bytes | Dim | Tensor | DType | Unknown)
    return value if plain or isinstance(value, BoundRule | Transformed) else UNKNOWN


def _alike(element: Value, depth: int) -> Value:
    """A list of which one element is known, if that says anything of an array made of it."""
    one = to_rule(element, depth + 1)
    if isinstance(one, Unknown) and not isinstance(one, Alike):
        return Alike(None, one) if one.kind in NUMBERS else UNKNOWN
    return Alike(None, one) if isinstance(one, Tensor | int | float | complex | Dim | list | tuple | Alike) else UNKNOWN


def _instance_to_rule(value: Instance) -> Value:
    names = value.cls.fields.get("_fields")
    if isinstance(names, tuple) and all(name in value.fields for name in names):
        return tuple(to_rule(value.fields[name]) for name in names)
    return value if value.cls.find("__call__") or value.cls.find("forward") else UNKNOWN


def from_rule(value: Value) -> Value:
    """What a rule returned, as the evaluator keeps it."""
    if type(value) in AS_THEY_ARE:
        return value
    if isinstance(value, list):
        return ListCell([from_rule(item) for item in value])
    if isinstance(value, dict):
        return DictCell({key: from_rule(item) for key, item in value.items()})
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(from_rule(item) for item in value)
    if isinstance(value, Alike):
        return ListCell(None, "list", from_rule(value.element))
    return value


def array_operation(
    ev: Evaluator, node: ast.AST | None, operation: Callable[..., Value], operands: Sequence[Value]
) -> Value:
    """The result of a rule, `operation(*operands)`, for every alternative of the operands; a certain failure is
    reported (or raised, where the program catches it) and unknown."""
    if any(operand is FAILED for operand in operands):
        return FAILED
    if ev.asked:
        learn_rank(ev, operation, operands)
    return distribute(ev, operands, lambda *given: _by_rule(ev, node, operation, given))


def _by_rule(ev: Evaluator, node: ast.AST | None, operation: Callable[..., Value], operands: Sequence[Value]) -> Value:
    ev.weigh()
    outer, ev.ctx.node = ev.ctx.node, node
    try:
        found = operation(*operands)
        return from_rule(_with_sizes(ev, found) if type(found) is Tensor and found.shape else found)
    except RuleError as error:
        if node is not None:
            ev.failed(error.failure, node, operands)
        return FAILED
    except (SizeTooComplex, ShapeError):
        return UNKNOWN
    except (PythonRaise, BudgetSpent, RecursionError):
        raise
    except Exception as error:  # a rule that breaks is a rule that knows nothing; the statistics tell
        ev.broken_rule(error)
        tell_broken(ev, error, node)
        return UNKNOWN
    finally:
        ev.ctx.node = outer


def _with_sizes(ev: Evaluator, made: Tensor) -> Tensor:
    """An array whose sizes are sizes: one that a rule took from a setting nobody knows is none."""
    shape: tuple[Any, ...] = made.shape or ()
    if Unknown not in map(type, shape):
        return made
    return made.with_(shape=tuple(ev.ctx.fresh("n") if type(size) is Unknown else size for size in shape))


def call_rule(
    ev: Evaluator, rule: Rule, args: Sequence[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """Call a shape rule with the evaluator's values."""
    ev.unknowns += 1  # numbers nobody sees may make the call fail
    given = [to_rule(arg) for arg in args]
    named = {name: to_rule(arg) for name, arg in kwargs.items()}
    if any(arg is FAILED for arg in given):
        return FAILED
    return array_operation(ev, node, lambda args, kwargs: rule(ev.ctx, *args, **kwargs), (given, named))


def resolve(ev: Evaluator, dotted: str) -> Value:
    """What a library's name stands for."""
    known = ev.resolved.get(dotted)
    if known is None:
        known = _resolve(ev, dotted)
        if type(known) not in (ListCell, DictCell):  # each of which may be written to
            ev.resolved[dotted] = known
    return known


def _resolve(ev: Evaluator, dotted: str) -> Value:
    from tangra.checker.natives.table import LIBRARY
    from tangra.checker.prelude_classes import prelude_class

    native = LIBRARY.get(dotted)
    if native is not None:
        return native
    if dotted == "sys.version_info":
        return version_info(ev)
    cls = prelude_class(ev, dotted)
    if cls is not None:
        return cls
    if dotted in ev.prelude_functions:
        return ev.prelude_functions[dotted]
    entry = registry.find(dotted)
    if isinstance(entry, Constant):
        return from_rule(entry.value)
    if isinstance(entry, ModuleRule):
        return library_class(ev, entry)
    return LibraryName(dotted)


def version_info(ev: Evaluator) -> tuple[int, ...]:
    """Of the Python that the program is checked for; of a version that was only named, the last release."""
    wanted = ev.project.config.python_version
    return sys.version_info[:3] if wanted is None or wanted == sys.version_info[:2] else (*wanted, LAST_RELEASE)


LAST_RELEASE = 99


def library_class(ev: Evaluator, entry: ModuleRule) -> ClassCell:
    """The class of a library's layers, deriving from those its rule class derives from."""
    known = ev.library_classes.get(entry.name)
    if known is not None:
        return known
    from tangra.checker.prelude_classes import prelude_class

    bases: list[Value] = []
    for base in entry.cls.__mro__[1:]:
        names = base.__dict__.get("rule_names")
        if names:
            found = registry.find(names[0])
            if isinstance(found, ModuleRule):
                bases = [library_class(ev, found)]
                break
    if not bases:
        root = prelude_class(ev, ROOTS.get(entry.name.rpartition(".")[0], ROOTS.get(entry.name.split(".")[0], "")))
        bases = [root] if root is not None else []
    first = entry.cls.__dict__.get("rule_names", (entry.name,))[0]
    if first != entry.name and first in ev.library_classes:
        ev.library_classes[entry.name] = ev.library_classes[first]
        return ev.library_classes[first]
    cls = ClassCell(entry.name.rpartition(".")[2], bases)
    cls.dotted, cls.rule = first, entry.cls
    ev.library_classes[first] = ev.library_classes[entry.name] = cls
    return cls


def layer_rule(cls: ClassCell, name: str, after: ClassCell | None = None) -> tuple[Rule, type] | None:
    """The rule for a method of a layer, with its rule class, and only if no class of the program comes before it."""
    order = cls.mro
    if after is not None:
        order = order[order.index(after) + 1 :] if after in order else ()
    for each in order:
        if each.rule is not None:
            found = ModuleRule(each.dotted or each.name, each.rule).method(name)
            if found is not None:
                return found, each.rule
        elif name in each.fields:
            return None
    return None


def construct_layer(
    ev: Evaluator,
    instance: Instance,
    cls: ClassCell,
    args: Sequence[Value],
    kwargs: dict[str, Value],
    node: ast.AST | None,
) -> None:
    """Run a layer's constructor rule on an instance."""
    assert cls.rule is not None
    entry = ModuleRule(cls.dotted or cls.name, cls.rule)
    view = LayerView(ev, instance, cls.rule)
    given = [to_rule(arg) for arg in args]
    named = {name: to_rule(arg) for name, arg in kwargs.items()}

    def construct(args: list[Value], kwargs: dict[str, Value]) -> Value:
        entry.construct(ev.ctx, *args, target=view, **kwargs)
        return None

    array_operation(ev, node, construct, (given, named))


def call_layer(
    ev: Evaluator,
    instance: Instance,
    found: tuple[Rule, type],
    args: Sequence[Value],
    kwargs: dict[str, Value],
    node: ast.AST | None,
) -> Value:
    """Call a layer's method by rule."""
    rule, cls = found
    view = LayerView(ev, instance, cls)
    given = [to_rule(arg) for arg in args]
    named = {name: to_rule(arg) for name, arg in kwargs.items()}
    run = ev.parameters if hasattr(cls, "parameter_width") else None
    if any(arg is FAILED for arg in given):
        return FAILED

    def apply(args: list[Value], kwargs: dict[str, Value]) -> Value:
        value = rule(ev.ctx, view, *args, **kwargs)
        if run is not None and args:
            run.meet(ev, instance, view.parameter_width, args[0], node)
        return value

    return array_operation(ev, node, apply, (given, named))


def call_library(
    ev: Evaluator, name: LibraryName, args: Sequence[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """Call a library's function: by its rule, as a function of functions, or with an unknown result."""
    entry = registry.find(name.dotted)
    if isinstance(entry, Rule):
        value = call_rule(ev, entry, args, kwargs, node)
        if node is not None and name.dotted.split(".")[0] in ARRAY_LIBRARIES:
            ev.library_answer(node, name.dotted, value)
        if entry.inplace and isinstance(node, ast.Call) and node.args:
            rebind(ev, node.args[0], value)
        return value
    if isinstance(entry, HigherOrder):
        from tangra.checker.higher_order import transform

        return transform(ev, entry, list(args), kwargs, node)
    ev.wild += 1
    if name.dotted.split(".")[0] in ARRAY_LIBRARIES:
        ev.missing(name.dotted)
    else:
        from tangra.checker.sharing import havoc

        havoc(ev, [*args, *kwargs.values()])
    return UNKNOWN


def record_rule(owner: Value, name: str) -> Rule | None:
    """The method of a record that stands for an object of a library."""
    cls = RECORDS.get(owner.names[0]) if isinstance(owner, Record) and owner.names else None
    return None if cls is None else registry.find_method(cls, name)


def rebind(ev: Evaluator, target: ast.expr, value: Value) -> None:
    """What an in-place operation leaves in the name or attribute it was called on; nobody knows if it failed."""
    from tangra.checker.assignment import assign

    if isinstance(target, ast.Attribute) and same(ev.peek(target, ev.frame), value):
        return  # as all of `nn.init` leaves shapes
    if isinstance(target, ast.Name | ast.Attribute) and (isinstance(value, Tensor) or value is FAILED):
        assign(ev, target, value)


def raise_python(kind: str) -> None:
    """The program raises an exception of this class."""
    raise PythonRaise(Raised(kind))
