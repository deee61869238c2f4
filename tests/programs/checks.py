"""Each kind of entry checked against the compiler: None when right, else `Finding(kind, message)`.

The kinds are those of the acceptance script: `wrong` (a number or an effect that CPython does not give), `refused` (an
accepted program that raises), `missed` (a program to be refused, or to fail, that does not, or does it otherwise).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import registry
from .oracle import central_differences, difference, fresh, gradient_difference

Entry = registry.Program | registry.Rejected | registry.Raises | registry.Transformed


@dataclass(frozen=True)
class Finding:
    """What is not right with one program."""

    kind: str
    message: str


def first_line(error: BaseException) -> str:
    """The class and the first line of an exception, as one line; a diagnostic without its path."""
    diagnostic = getattr(error, "diagnostic", None)
    if diagnostic is not None:
        line = f"line {diagnostic.span.line}: " if diagnostic.span else ""
        return f"{type(error).__name__} {diagnostic.code}: {line}{diagnostic.message}"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def shown(value: Any) -> str:
    """The start of a value's repr, on one line."""
    return " ".join(repr(value).split())[:80]


def check(entry: Entry, tangra: Any) -> Finding | None:
    """Compile and run one entry; `tangra` is the package."""
    if isinstance(entry, registry.Program):
        return check_value(entry, tangra) or (check_gradient(entry, tangra) if entry.grad else None)
    if isinstance(entry, registry.Rejected):
        return check_rejected(entry, tangra)
    if isinstance(entry, registry.Raises):
        return check_raises(entry, tangra)
    return check_transformed(entry, tangra)


def _by_cpython(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def check_value(program: registry.Program, tangra: Any) -> Finding | None:
    """Every call, twice through one compiled function: the result, and what the arguments hold afterwards."""
    expected = []
    for call in program.calls:
        args = fresh(call)
        expected.append((_by_cpython(program.function, args), args))
    try:
        compiled = tangra.jit(program.function)
        for number, call in enumerate([*program.calls, *program.calls]):
            args = fresh(call)
            result, wanted = compiled(*args), expected[number % len(expected)]
            problem = difference(result, wanted[0], program.rtol)
            problem = problem or difference(args, wanted[1], program.rtol, "arguments afterwards")
            if problem:
                return Finding("wrong", f"call {number}: {problem}")
    except Exception as error:
        return Finding("refused", first_line(error))
    return None


def check_gradient(program: registry.Program, tangra: Any) -> Finding | None:
    """The gradient of every call against central differences; the arguments stay as they were."""
    try:
        gradient = tangra.grad(program.function, argnums=program.argnums)
        for number, call in enumerate(program.calls):
            args = fresh(call)
            found = gradient(*args)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore" if program.warns else "error")
                expected = central_differences(program.function, call, program.argnums)
            problem = gradient_difference(found, expected)
            problem = problem or difference(args, fresh(call), 0.0, "arguments after grad")
            if problem:
                return Finding("wrong", f"call {number}: {problem}")
    except Exception as error:
        return Finding("refused", f"grad: {first_line(error)}")
    return None


def check_rejected(entry: registry.Rejected, tangra: Any) -> Finding | None:
    """One of the named exceptions is raised, with the code if one is named; a bug of the compiler's own won't do."""
    args = fresh(entry.args)
    try:
        result = getattr(tangra, entry.via)(entry.function)(*args)
    except Exception as error:
        names = {base.__name__ for base in type(error).__mro__}
        if not names & set(entry.raises) or "InternalError" in names:
            return Finding("missed", f"{first_line(error)}; expected one of {entry.raises}")
        code = getattr(error, "code", None)
        if entry.code is not None and code != entry.code:
            return Finding("missed", f"code {code}, expected {entry.code}")
        return None
    if entry.or_right:
        wanted = fresh(entry.args)
        expected = _by_cpython(entry.function, wanted)
        problem = difference(result, expected) or difference(args, wanted, where="arguments afterwards")
        return Finding("wrong", problem) if problem else None
    return Finding("missed", f"gave {shown(result)}")


def check_raises(entry: registry.Raises, tangra: Any) -> Finding | None:
    """Running raises the same class, with the message asked for, and leaves the arguments as CPython leaves them."""
    wanted = fresh(entry.args)
    try:
        _by_cpython(entry.function, wanted)
    except entry.error:
        pass
    compiled = tangra.jit(entry.function)
    for _ in range(2):
        args = fresh(entry.args)
        try:
            result = compiled(*args)
        except Exception as error:
            if type(error) is not entry.error:
                kind = "missed" if isinstance(error, entry.error) else "refused"
                return Finding(kind, f"{first_line(error)}; expected {entry.error.__name__}")
            if entry.match is not None and entry.match not in str(error):
                return Finding("missed", f"message {str(error)!r:.80} lacks {entry.match!r}")
        else:
            return Finding("missed", f"gave {shown(result)}; expected {entry.error.__name__}")
        problem = difference(args, wanted, where="arguments afterwards")
        if problem:
            return Finding("wrong", problem)
    return None


def check_transformed(entry: registry.Transformed, tangra: Any) -> Finding | None:
    """The program over the transformations equals its closed form, in structure, shapes and values."""
    wanted = entry.expected(*fresh(entry.args))
    try:
        found = entry.function(tangra, *fresh(entry.args))
    except Exception as error:
        return Finding("refused", first_line(error))
    problem = _loose_difference(found, wanted, entry.rtol)
    return Finding("wrong", problem) if problem else None


def _loose_difference(found: Any, wanted: Any, rtol: float) -> str | None:
    """As `difference`, but a scalar of any floating kind will do, since closed forms don't fix the kind."""
    if isinstance(wanted, (tuple, list)):
        if type(found) is not type(wanted) or len(found) != len(wanted):
            return f"result: {type(found).__name__} {found!r:.60}, expected {type(wanted).__name__} of {len(wanted)}"
        problems = [_loose_difference(f, w, rtol) for f, w in zip(found, wanted, strict=True)]
        return next((problem for problem in problems if problem), None)
    if isinstance(wanted, dict):
        if not isinstance(found, dict) or list(found) != list(wanted):
            return f"result: {found!r:.60}, expected keys {list(wanted)}"
        return _loose_difference(list(found.values()), list(wanted.values()), rtol)
    if wanted is None or isinstance(wanted, (str, bool, int)):
        return difference(found, wanted)
    if np.shape(found) != np.shape(wanted):
        return f"result: shape {np.shape(found)}, expected {np.shape(wanted)}"
    if not np.allclose(found, wanted, rtol=rtol, atol=1e-9):
        return f"result: {found!r:.80}, expected {wanted!r:.80}"
    return None
