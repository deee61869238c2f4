"""Decorators that enter programs into the corpus, and the list of topic files that make it up.

Accepted programs (`program`) must give, compiled, what CPython gives: the type of the result, values, and what the
arguments hold afterwards; where `grad` is true the result is a float scalar and its gradient must match central
differences. `rejected` programs must be refused with a diagnostic and never give a number. `raises` programs fail while
running under CPython too; compiled they must raise the same exception and leave the arguments as CPython leaves them.
`transformed` programs are handed the package itself and are compared with a closed form written beside them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
Arguments = tuple[Any, ...]

TOPICS = (
    "scalars",
    "dtypes",
    "control_flow",
    "aliasing",
    "arrays_in_place",
    "containers",
    "iterators",
    "growing_lists",
    "run_time_slices",
    "classes",
    "functions",
    "optional_values",
    "recursion",
    "entry",
    "creation",
    "elementwise",
    "indexing",
    "reductions",
    "linalg",
    "linalg_by_hand",
    "shaping",
    "sorting",
    "simulation",
    "odes",
    "statistics",
    "finance",
    "signal_processing",
    "optimisation",
    "learning",
    "dynamic_programming",
    "transformations",
    "rejected",
    "rejected_meaning",
    "rejected_shapes",
    "failing",
)


@dataclass(frozen=True)
class Program:
    """An accepted program and every tuple of arguments it is called with, in order, through one compiled function."""

    name: str
    topic: str
    function: Function
    calls: tuple[Arguments, ...]
    grad: bool
    argnums: int
    rtol: float
    writes: bool
    warns: bool


@dataclass(frozen=True)
class Rejected:
    """A program to be refused. `cpython` is the exception it raises uncompiled, or None where it runs.

    With `or_right` the program lies outside what the language promises: a refusal is fine, and so is CPython's result.
    """

    name: str
    topic: str
    function: Function
    args: Arguments
    raises: tuple[str, ...]
    code: str | None
    cpython: type[BaseException] | None
    via: str
    or_right: bool


@dataclass(frozen=True)
class Raises:
    """A program that fails at run time, under CPython and compiled alike."""

    name: str
    topic: str
    function: Function
    args: Arguments
    error: type[BaseException]
    match: str | None


@dataclass(frozen=True)
class Transformed:
    """`function(tangra, *args)` is to equal `expected(*args)`."""

    name: str
    topic: str
    function: Function
    args: Arguments
    expected: Function
    rtol: float


@dataclass
class Corpus:
    """Everything registered so far, in the order of the files."""

    programs: list[Program] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    raises: list[Raises] = field(default_factory=list)
    transformed: list[Transformed] = field(default_factory=list)


CORPUS = Corpus()


def _topic(function: Function) -> str:
    return function.__module__.rpartition(".")[2]


def program(
    *args: Any,
    grad: bool = True,
    argnums: int = 0,
    rtol: float = 1e-9,
    writes: bool = False,
    warns: bool = False,
    more: Sequence[Arguments] = (),
) -> Callable[[F], F]:
    """Enter an accepted program.

    `more` are further argument tuples (other sizes, kinds or branches) for the same compiled function. `writes` says
    that the program changes its arguments, `warns` that NumPy warns while running it (the compiler need not).
    """

    def register(function: F) -> F:
        calls = (args, *more)
        entry = Program(function.__name__, _topic(function), function, calls, grad, argnums, rtol, writes, warns)
        CORPUS.programs.append(entry)
        return function

    return register


def rejected(
    *args: Any,
    raises: tuple[str, ...] = ("TangraError",),
    code: str | None = None,
    cpython: type[BaseException] | None = None,
    via: str = "jit",
    or_right: bool = False,
) -> Callable[[F], F]:
    """Enter a program to be refused, by one of the exceptions named in `raises`; `via` is the transformation called."""

    def register(function: F) -> F:
        entry = Rejected(function.__name__, _topic(function), function, args, raises, code, cpython, via, or_right)
        CORPUS.rejected.append(entry)
        return function

    return register


def raises(*args: Any, error: type[BaseException], match: str | None = None) -> Callable[[F], F]:
    """Enter a program that raises `error` at run time; `match`, if given, must occur in the message."""

    def register(function: F) -> F:
        CORPUS.raises.append(Raises(function.__name__, _topic(function), function, args, error, match))
        return function

    return register


def transformed(*args: Any, expected: Function, rtol: float = 1e-8) -> Callable[[F], F]:
    """Enter a program over the public transformations; it takes the package as its first argument."""

    def register(function: F) -> F:
        entry = Transformed(function.__name__, _topic(function), function, args, expected, rtol)
        CORPUS.transformed.append(entry)
        return function

    return register


def load() -> Corpus:
    """Import every topic file and return the corpus."""
    for topic in TOPICS:
        importlib.import_module(f"tests.programs.{topic}")
    return CORPUS
