"""`re` on constants: what a pattern finds in a text decides how models are named and built.

Patterns whose search can take exponential time (a repetition inside a repetition) are not tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from tangra.checker.heap import ClassCell, Instance, ListCell, Native, Value
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

MAX_TEXT, MAX_PATTERN = 4_000, 4_000
PATTERN = ClassCell("Pattern", ())
MATCH = ClassCell("Match", ())
SEARCHES = ("match", "fullmatch", "search", "findall", "split", "sub", "finditer")
FLAGS = ("IGNORECASE", "I", "MULTILINE", "M", "DOTALL", "S", "VERBOSE", "X", "ASCII", "A")
for _name in FLAGS:
    LIBRARY[f"re.{_name}"] = int(getattr(re, _name))


def _is_tame(parsed: Any, inside: bool = False) -> bool:
    """Whether no repetition without a bound is inside another."""
    for operation, argument in parsed:
        name = str(operation)
        repeats = name in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] is _parser.MAXREPEAT
        if inside and (repeats or name == "BRANCH"):
            return False
        for part in _parts(argument):
            if not _is_tame(part, inside or repeats):
                return False
    return True


def _parts(argument: Any) -> list[Any]:
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [part for each in argument for part in _parts(each)]
    return []


def compiled(text: Value, flags: Value) -> re.Pattern[str] | None:
    """The pattern; None for one that is unknown, wrong, or not tame."""
    if not isinstance(text, str) or not isinstance(flags, int) or len(text) > MAX_PATTERN:
        return None
    try:
        return re.compile(text, flags) if _is_tame(_parser.parse(text, flags)) else None
    except (re.error, OverflowError, RecursionError):
        return None


def _found(found: re.Match[str] | None) -> Value:
    if found is None:
        return None
    made = Instance(MATCH)
    groups = found.groups()
    made.fields = {"$groups": (found.group(0), *groups), "$names": found.groupdict(), "$span": found.span()}
    return made


def search(kind: str, pattern: re.Pattern[str] | None, call: Call) -> Value:
    """One search; `call` holds what comes behind the pattern."""
    args = [*call.args, *(call.kwargs[name] for name in ("repl", "string", "maxsplit", "count") if name in call.kwargs)]
    if pattern is None or not all(isinstance(arg, str | int) and len(str(arg)) <= MAX_TEXT for arg in args):
        return UNKNOWN
    try:
        found = getattr(pattern, kind)(*args)
    except (TypeError, re.error, IndexError):
        return UNKNOWN
    if kind == "finditer":
        return ListCell([_found(each) for each in found], "iterator")
    return ListCell(found) if isinstance(found, list) else found if isinstance(found, str) else _found(found)


def _function(kind: str) -> Callable[..., Value]:
    def run(ev: Evaluator, call: Call) -> Value:
        pattern, flags = call.get(0, "pattern", UNKNOWN), call.kwargs.pop("flags", 0)
        if isinstance(pattern, Instance):
            call.args[:1] = []
            return search(kind, pattern.fields.get("$pattern"), call)
        plain = {"sub": 4, "split": 3}.get(kind, 2)
        if len(call.args) > plain:
            flags = call.args.pop()
        call.args = call.args[1:]
        return search(kind, compiled(pattern, flags), call)

    return run


def _method(kind: str) -> Native:
    def run(ev: Evaluator, call: Call) -> Value:
        pattern = call.args[0].fields.get("$pattern") if isinstance(call.args[0], Instance) else None
        call.args = call.args[1:]
        return search(kind, pattern, call)

    return Native(f"method {kind}", run)


for _kind in SEARCHES:
    native(f"re.{_kind}")(_function(_kind))
    PATTERN.fields[_kind] = _method(_kind)


@native("re.compile")
def compile_pattern(ev: Evaluator, call: Call) -> Value:
    made = Instance(PATTERN)
    made.fields["$pattern"] = compiled(call.get(0, "pattern", UNKNOWN), call.get(1, "flags", 0))
    made.fields["pattern"] = call.get(0, "pattern", UNKNOWN)
    return made


@native("re.escape")
def escape(ev: Evaluator, call: Call) -> Value:
    text = call.get(0, "pattern", UNKNOWN)
    return re.escape(text) if isinstance(text, str) else UNKNOWN


def _group(ev: Evaluator, call: Call) -> Value:
    match, keys = call.args[0], call.args[1:] or [0]
    groups, names = match.fields["$groups"], match.fields["$names"]
    found = []
    for key in keys:
        known = isinstance(key, int) and 0 <= key < len(groups)
        found.append(groups[key] if known else names.get(key, UNKNOWN) if isinstance(key, str) else UNKNOWN)
    return found[0] if len(found) == 1 else tuple(found)


def _edge(call: Call, which: int) -> Value:
    return call.args[0].fields["$span"][which] if len(call.args) < 2 else UNKNOWN


MATCH.fields = {
    "group": Native("method group", _group),
    "__getitem__": Native("method __getitem__", _group),
    "groups": Native("method groups", lambda ev, call: call.args[0].fields["$groups"][1:]),
    "start": Native(
        "method start", lambda ev, call: call.args[0].fields["$span"][0] if len(call.args) < 2 else UNKNOWN
    ),
    "end": Native("method end", lambda ev, call: _edge(call, 1)),
}
