"""Running a traced program with the IR interpreter, and comparing everything it does with CPython."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tangra.core.results import Builder, change_of
from tangra.frontend.entry import trace
from tangra.frontend.exceptions import MESSAGE
from tangra.frontend.traced import Traced
from tangra.ir.interpreter import interpret
from tangra.ir.verifier import verify
from tests.programs.oracle import difference, fresh

RTOL = 1e-12


def run(traced: Traced, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
    """Call a traced function like the original, through the interpreter."""
    arguments: dict[int | str, Any] = {**dict(enumerate(args)), **(kwargs or {})}
    for guard in traced.guards:
        assert guard.holds(arguments), f"guard {guard.check} of {guard.path} does not hold for the call it was made for"
    values: list[Any] = [None] * len(traced.func.params)
    for leaf in [*traced.leaves, *traced.captures]:
        values[leaf.param] = np.asarray(leaf.path.read(arguments), dtype=traced.func.params[leaf.param].dtype.numpy)
    try:
        results = interpret(traced.func, values, {k: spec.cls for k, spec in traced.exceptions.items()})
    except BaseException as error:
        state = getattr(error, "tangra_state", {})
        for leaf in [*traced.leaves, *traced.captures]:
            if leaf.param in state and leaf.kind is None:
                leaf.path.read(arguments)[...] = state[leaf.param]
        raise
    for written in traced.written:
        written.path.read(arguments)[...] = results[written.result]
    builder = Builder(results, arguments)
    result = builder.build(traced.result)
    for change in [change_of(mutation, builder) for mutation in traced.mutations]:
        change.make()
    return result


def outcome(function: Callable[[], Any]) -> tuple[str, Any]:
    """What a call gives: ('returned', value) or ('raised', exception)."""
    try:
        return "returned", function()
    except Exception as error:
        return "raised", error


def check(function: Callable[..., Any], *calls: tuple[Any, ...], **kwargs: Any) -> Traced:
    """For every argument tuple: the same result, exception class and arguments afterwards as CPython."""
    traced = None
    for call in calls or ((),):
        mine, theirs = fresh(call), fresh(call)
        with np.errstate(all="ignore"):
            expected = outcome(lambda args=theirs: function(*args, **fresh(kwargs)))
        traced = trace(function, mine, kwargs)
        verify(traced.func)
        actual = outcome(lambda args=mine, t=traced: run(t, args, kwargs))
        if expected[0] == "raised":
            assert actual[0] == "raised", f"{function.__name__} returned {actual[1]!r}, CPython raises {expected[1]!r}"
            assert type(actual[1]).__name__ == type(expected[1]).__name__, (actual[1], expected[1])
        else:
            if actual[0] == "raised":
                raise actual[1]
            problem = difference(actual[1], expected[1], RTOL)
            assert problem is None, f"{function.__name__}{call}: {problem}"
        problem = difference(mine, theirs, RTOL, "arguments")
        assert problem is None, f"{function.__name__}{call}: {problem}"
    assert traced is not None
    return traced


def message_args(traced: Traced, kind: str) -> tuple[Any, ...]:
    """The arguments that the exception of a failure kind is made with, the message being '<message>'."""
    return tuple("<message>" if a is MESSAGE else a for a in traced.exceptions[kind].args)
