"""Functions that nobody calls, checked from their annotations, and layers that were built and never fed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tangra.checker.annotations import (
    ARRAYS,
    ArrayAnnotation,
    Generic,
    alternatives,
    annotation_value,
    array_annotations,
    declared,
)
from tangra.checker.calls import run_function
from tangra.checker.evaluator import ENTRY_STEPS, BudgetSpent, Frame, PythonRaise
from tangra.checker.heap import (
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    ModuleCell,
    Native,
    Scope,
    Value,
)
from tangra.checker.ranks import Asked, RankFound, array_of, may_be_asked
from tangra.checker.reports import Reports
from tangra.checker.stated import given_value, stated_inputs
from tangra.checker.structure import decorator_names, parameters
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator
    from tangra.checker.likely import Likely

MAX_ASKED = 4
"""Arguments of one function whose ranks are found out."""
ASKING_STEPS = 2_000
"""Nodes that may be evaluated to find one out."""
FILE_STEPS, FILE_SHARE, LEAST_STEPS = 1_200_000, 3, 4_000
"""How many nodes the functions of one file, or its methods, may take together; each may take a share of what is left,
and so much at least."""
KINDS = {"builtins.float": "float", "builtins.str": "str", "builtins.bool": "bool"}


def check_entries(ev: Evaluator, progress: Callable[[int, int, str], None]) -> None:
    """Check everything in the files asked for that evaluating them did not reach: layers that were built, functions,
    which may build more of them, and last what is known of a class whose objects nobody made."""
    _feed_all(ev)
    classes, functions = list(ev.classes), list(ev.functions)
    total = len(classes) + len(functions)
    for number, function in enumerate(functions):
        if function.owner is None and _is_checked(ev, function):
            progress(number, total, function.name)
            _attempt(ev, function, [])
    _feed_all(ev)
    for number, cls in enumerate(classes, len(functions)):
        if _is_wanted(ev, cls.node, cls):
            progress(number, total, cls.name)
            _check_class(ev, cls)


def _feed_all(ev: Evaluator) -> None:
    for instance in reversed(list(ev.built)):
        _feed(ev, instance)


def _is_wanted(ev: Evaluator, node: ast.AST | None, cell: Value) -> bool:
    module = cell.module if isinstance(cell, FunctionCell) else cell.scope.module if cell.scope else None
    return node is not None and module is not None and module.path in ev.checked and _leads(ev, module, node)


def _leads(ev: Evaluator, module: ModuleCell, node: ast.AST) -> bool:
    """Whether a definition can lead to what is reported: of a file that is evaluated for its calls of another one, only
    the functions and classes that mention what leads there."""
    names = ev.leading.get(module.path) if module.path else None
    if names is None or module.file is None or module.file.tree is None:
        return True
    line: int = getattr(node, "lineno", 0)
    for statement in module.file.tree.body:
        if statement.lineno <= line <= (statement.end_lineno or line):
            definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            return not definition or statement.name in names  # type: ignore[attr-defined]
    return True


def _is_checked(ev: Evaluator, function: FunctionCell) -> bool:
    """Whether the function is checked by itself: nobody called it, or what its annotations, comments or the settings
    say of its arguments promises more than one call."""
    if function.module.path not in ev.checked or "overload" in decorator_names(function.node):
        return False
    if not _leads(ev, function.module, function.node):
        return False
    if function.node not in ev.entered:
        return True
    if function.node in ev.declared_entries:
        return False
    return bool(array_annotations(ev, function) or stated_inputs(ev, function))


def _feed(ev: Evaluator, instance: Instance) -> None:
    """Call the `forward` of a layer that was built with known sizes and never called."""
    found = instance.cls.find("forward") or instance.cls.find("__call__")
    if found is None or not isinstance(found[1], FunctionCell) or not instance.cls.derives_from("torch.nn.Module"):
        return
    if _is_checked(ev, found[1]):
        for name in _assigned_later(instance.cls, frozenset()):
            if instance.fields.get(name, UNKNOWN) is None:
                ev.write(instance, name, UNKNOWN)
        _attempt(ev, found[1], [instance])


def _assigned_later(cls: ClassCell, built: frozenset[ast.AST]) -> set[str]:
    """The attributes that methods assign, but the constructor and what it called: what a method that is checked by
    itself finds there is anybody's guess."""
    found: set[str] = set()
    for each in cls.mro:
        for value in each.fields.values():
            function = getattr(value, "function", value)
            if not isinstance(function, FunctionCell) or function.name == "__init__" or function.node in built:
                continue
            spec = getattr(function.node, "args", None)
            receiver = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)[:1]] if spec else []
            found |= {
                part.attr
                for part in ast.walk(function.node)
                if isinstance(part, ast.Attribute)
                and isinstance(part.ctx, ast.Store)
                and isinstance(part.value, ast.Name)
                and part.value.id in receiver
            }
    return found


def _check_class(ev: Evaluator, cls: ClassCell) -> None:
    """Check the methods of a class that were not reached, on an instance made from what its constructor says."""
    methods = []
    for value in cls.fields.values():
        function = getattr(value, "function", value)
        if isinstance(function, FunctionCell) and function.owner is cls and _is_checked(ev, function):
            methods.append(function)
    if not methods:
        return
    before = dict(ev.runs)
    instance = _instance(ev, cls)
    built = frozenset(node for node, times in ev.runs.items() if times > before.get(node, 0))
    if isinstance(instance, Instance):
        for name in _assigned_later(cls, built) & set(instance.fields):
            ev.write(instance, name, UNKNOWN)
    for function in sorted(methods, key=lambda function: function.name not in ("__init__", "forward", "__call__")):
        if function.name == "__init__" or not _is_checked(ev, function):
            continue
        words = decorator_names(function.node)
        receiver = [] if "staticmethod" in words else [cls if "classmethod" in words else instance]
        _attempt(ev, function, receiver)


def _instance(ev: Evaluator, cls: ClassCell) -> Value:
    """An object of the class, its constructor's arguments made from annotations and defaults."""
    found = cls.find("__init__")
    instance = Instance(cls)
    from tangra.checker.classes import prepare_layer

    prepare_layer(ev, instance)
    if found is not None and isinstance(found[1], FunctionCell):
        if not _attempt(ev, found[1], [instance]):
            instance.fields["$unknown"] = True
    elif "$dataclass" in cls.fields or not cls.complete or any(each.rule for each in cls.mro):
        instance.fields["$unknown"] = True
    return instance


def _attempt(ev: Evaluator, function: FunctionCell, receiver: list[Value]) -> bool:
    """Evaluate the function with arguments made from its signature; whether it came to its end."""
    ev.declared_entries.add(function.node)
    with _allowed(ev, (function.module.path, bool(receiver))):
        return _with_ranks(ev, function, receiver)


@contextmanager
def _allowed(ev: Evaluator, account: tuple[Path | None, bool]) -> Iterator[None]:
    """A budget that becomes smaller the more of its file's functions (or methods) took much: libraries have files with
    hundreds of functions that build nearly the same."""
    left = FILE_STEPS - ev.taken.get(account, 0)
    ev.limit = ev.grant = min(ENTRY_STEPS, max(LEAST_STEPS, left // FILE_SHARE))
    try:
        yield
    finally:
        ev.limit = ev.grant = ENTRY_STEPS
        ev.taken[account] = FILE_STEPS - left + ev.work


def _with_ranks(ev: Evaluator, function: FunctionCell, receiver: list[Value]) -> bool:
    ranks = found_ranks(ev, function, receiver)
    outer = ev.reports
    if all(len(fitting) == 1 for fitting in ranks.values()):
        return evaluated(ev, function, receiver, {name: fitting[0] for name, fitting in ranks.items()})[0]
    found = []
    for place in (0, -1):  # what is reported fails with and without a batch
        ev.reports = Reports()
        try:
            ended, _ = evaluated(ev, function, receiver, {name: fitting[place] for name, fitting in ranks.items()})
        finally:
            found.append(ev.reports.found)
            ev.reports = outer
        if not found[0]:
            return ended
    for key in found[0].keys() & found[1].keys():
        outer.add(found[0][key])
    return ended


def found_ranks(
    ev: Evaluator, function: FunctionCell, receiver: list[Value], likely: Likely | None = None
) -> dict[str, tuple[int, ...]]:
    """The ranks of the arguments whose annotations leave them open, as far as evaluating the function tells."""
    ranks: dict[str, tuple[int, ...]] = {}
    for _ in range(MAX_ASKED):
        runs = len(ev.entered_since)
        try:
            with ev.silence():
                first = {name: fitting[0] for name, fitting in ranks.items()}
                evaluated(ev, function, receiver, first, asks=True, likely=likely)
            return ranks
        except RankFound as found:
            if found.name is None:
                return ranks
            ranks[found.name] = found.ranks
        finally:
            for node in ev.entered_since[runs:]:
                ev.runs[node] -= 1
    return ranks


def evaluated(
    ev: Evaluator,
    function: FunctionCell,
    receiver: list[Value],
    ranks: dict[str, int],
    *,
    asks: bool = False,
    likely: Likely | None = None,
) -> tuple[bool, Value]:
    """Evaluate the function once, with arguments of these ranks: whether it came to its end, and what it returned.
    `asks`: only as long as there are arguments whose rank may be found out, and without leaving a trace. `likely`
    chooses the arguments of a likely call."""
    scope = Scope(function.scope)

    def run() -> Value:
        _bind(ev, function, scope, receiver, ranks, asks, likely)
        if asks and not ev.asked:
            raise RankFound
        return run_function(ev, function, scope, None)

    return evaluated_in(ev, function.module, run, function.name, asks)


def evaluated_in(
    ev: Evaluator, module: ModuleCell, run: Callable[[], Value], name: str = "", asks: bool = False
) -> tuple[bool, Value]:
    """Evaluate something by itself, in a module, with a budget of its own; see `evaluated`."""
    ev.frames = [Frame(None, module, module.file, None)]
    ev.frame.mark = ev.journal.open()
    facts = ev.ctx.facts
    ev.guards, ev.made_up = 0, True
    ev.begin_entry()
    mark, lengths = len(ev.journal.log), [(row, len(row)) for row in (ev.built, ev.functions, ev.classes)]
    quiet, limit = ev.quiet, ev.limit
    ev.limit = min(limit, ASKING_STEPS) if asks else limit
    where = f"{name} of {'' if module.path is None else module.path.name}"
    try:
        return True, run()
    except PythonRaise:
        return False, UNKNOWN
    except (BudgetSpent, RecursionError) as error:
        ev.statistics.late |= isinstance(error, RecursionError)
        if not asks:
            ev.note_spent(where)
        return False, UNKNOWN
    except Exception as error:
        ev.note_failure(error, where)
        return False, UNKNOWN
    finally:
        ev.asked, ev.limit = {}, limit
        if asks:
            ev.journal.undo(mark)
            for row, length in lengths:
                del row[length:]
        ev.journal.close()
        ev.frames, ev.tries, ev.guards, ev.quiet, ev.vague, ev.made_up = [], [], 0, quiet, 0, False
        ev.ctx.restore(facts)


def _bind(
    ev: Evaluator,
    function: FunctionCell,
    scope: Scope,
    receiver: list[Value],
    ranks: dict[str, int],
    asks: bool,
    likely: Likely | None,
) -> None:
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = dict(
        zip([p.arg for p in positional][len(positional) - len(function.defaults) :], function.defaults, strict=True)
    )
    defaults |= {
        p.arg: value
        for p, value, written in zip(spec.kwonlyargs, function.kw_defaults, spec.kw_defaults, strict=True)
        if written is not None
    }
    stated = stated_inputs(ev, function)
    library = _layer_library(function, receiver)
    for number, parameter in enumerate(parameters(function.node)):
        name = parameter.arg
        if number < len(receiver):
            scope.fields[name] = receiver[number]
        elif parameter is spec.vararg:
            scope.fields[name] = UNKNOWN if likely is None else ()
        elif parameter is spec.kwarg:
            scope.fields[name] = DictCell(None if likely is None else {})
        elif name in stated:
            scope.fields[name] = given_value(ev, stated[name])
        else:
            default, has_default = defaults.get(name, UNKNOWN), name in defaults
            if likely is not None:
                value = likely.argument(function, receiver, parameter, default, has_default)
            else:
                annotation = annotation_value(ev, parameter.annotation, function.scope)
                value = argument(ev, annotation, name, default, has_default)
            if may_be_asked(value, library is not None and parameter.annotation is None and name not in defaults):
                asked = _asked(ev, name, value, library or "torch", ranks, asks)
                if likely is not None and name in ranks:
                    asked = likely.array(asked.library, ranks[name], asked.dtype)
                value = asked if likely is None or asks else likely.filled(asked)
            scope.fields[name] = value


def _asked(ev: Evaluator, name: str, value: Value, library: str, ranks: dict[str, int], asks: bool) -> Value:
    """An argument of unknown rank: an array of the rank that was found, or one whose rank is asked for."""
    if isinstance(value, Tensor):
        library = value.library
    if name in ranks:
        return array_of(ev, library, ranks[name], value.dtype if isinstance(value, Tensor) else None)
    if asks:
        value = replace(value)  # it is known by its identity
        ev.asked[id(value)] = Asked(name, value, library)
    return value


def _layer_library(function: FunctionCell, receiver: list[Value]) -> str | None:
    """The library of the layer whose `forward` (or `__call__`) a function is."""
    owner = receiver[0] if receiver else None
    if not isinstance(owner, Instance):
        return None
    if owner.cls.derives_from("torch.nn.Module"):
        return "torch" if function.name == "forward" else None
    return "jax" if owner.cls.derives_from("flax.linen.Module") and function.name == "__call__" else None


def argument(ev: Evaluator, annotation: Value, name: str, default: Value, has_default: bool) -> Value:
    """What an argument can be, going by its annotation; a default is one possibility, never assumed."""
    options = alternatives(annotation)
    if None in options or len(options) > 1:
        return UNKNOWN
    wanted = options[0]
    if isinstance(wanted, ArrayAnnotation):
        return declared(ev, wanted)
    if isinstance(wanted, LibraryName) and wanted.dotted in ARRAYS:
        return Tensor(ARRAYS[wanted.dotted])
    if isinstance(wanted, Native):
        if wanted.name == "builtins.int":
            return _flexible_int(ev, name, default)
        return Unknown(KINDS[wanted.name]) if wanted.name in KINDS else UNKNOWN
    if isinstance(wanted, Generic):
        return _generic(ev, wanted, name)
    if isinstance(wanted, Unknown) and has_default:
        if isinstance(default, bool | float | str):
            return Unknown(type(default).__name__)
        if isinstance(default, int):
            return _flexible_int(ev, name, default)
    return UNKNOWN


def _flexible_int(ev: Evaluator, name: str, default: Value) -> Value:
    return ev.ctx.flexible(name, 1 if isinstance(default, int) and default > 0 else None)


def _generic(ev: Evaluator, wanted: Generic, name: str) -> Value:
    word = wanted.name.lower()
    if word in ("list", "sequence", "iterable") and len(wanted.args) == 1:
        return ListCell(None, "list", argument(ev, wanted.args[0], name, UNKNOWN, False))
    if word in ("dict", "mapping", "ordereddict") and len(wanted.args) == 2:
        made = DictCell(None)
        made.fields["element"] = argument(ev, wanted.args[1], name, UNKNOWN, False)
        return made
    if word == "tuple" and wanted.args and Ellipsis not in wanted.args:
        return tuple(argument(ev, each, name, UNKNOWN, False) for each in wanted.args)
    return UNKNOWN
