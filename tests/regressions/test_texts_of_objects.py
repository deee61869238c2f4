"""Texts of objects whose parts are known while compiling: by their own methods, or as a dataclass writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import tangra as tg
from tests.fuzz import ways


@dataclass(frozen=True)
class Config:
    a: int = 1
    b: tuple[Any, ...] = (1, "x")
    c: str = field(default="z", repr=False)


@dataclass
class Outer:
    inner: Config
    n: int = 2


class Shown:
    def __init__(self, n: Any) -> None:
        self.n = n

    def __str__(self) -> str:
        return f"S<{self.n}>"


class Formatted:
    def __init__(self, n: int) -> None:
        self.n = n

    def __repr__(self) -> str:
        return "R" * self.n

    def __format__(self, spec: str) -> str:
        return f"[{spec}]{self.n}"


def of_a_static_argument(c: Any, x: float) -> Any:
    return f"{c}", str(c), repr(c), f"{c!r:>40}", f"{c!s}", f"{c.a}-{c.b}", {f"{c}": x}


def of_new_objects(c: Any, x: float) -> Any:
    plain = f"{Outer(c)}", str(Shown(3)), repr(Outer(c)), f"{Shown(1)!s:*^10}", str(Formatted(1))
    return plain, f"{Formatted(2)!r}", f"{Formatted(2):abc}", f"{Formatted(2)}", format(Formatted(3), "q")


def in_a_message(c: Any, x: float) -> Any:
    raise ValueError(f"{c} {x} {c!r} {Shown(2)}")


def with_a_format_that_there_is_not(c: Any, x: float) -> Any:
    return f"{Shown(1):>5}"


FUNCTIONS = [of_a_static_argument, of_new_objects, in_a_message, with_a_format_that_there_is_not]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_texts(function: Callable[..., Any]) -> None:
    for c in (Config(), Config(5, (2.0,), "w")):
        wanted, found = ways.outcome(function, (c, 2.0)), ways.outcome(tg.jit(function, static=0), (c, 2.0))
        assert found.result == wanted.result
        assert str(wanted.error) in str(found.error)


def test_texts_that_depend_on_the_run_are_refused() -> None:
    for make in (lambda x: f"{Shown(x)}", lambda x: str(Outer(x)), lambda x: f"{object.__new__(Shown)!r}"):
        with pytest.raises(tg.TangraError):
            tg.jit(make)(1.0)
