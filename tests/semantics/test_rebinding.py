"""What a function reads from around it is changed between calls, in every way there is: each call is CPython's."""

from __future__ import annotations

import enum
import math
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.fuzz import ways

HERE = globals()


def bind(name: str, value: Any) -> Callable[[], Any]:
    return lambda: HERE.__setitem__(name, value)


def unbind(name: str) -> Callable[[], Any]:
    return lambda: HERE.__delitem__(name)


class Base:
    k = 2.0

    def double(self) -> Any:
        return self.k * 2


class Derived(Base):
    pass


class Slotted:
    __slots__ = ("q",)

    def __init__(self) -> None:
        self.q = 1.0


class Measured:
    def __init__(self) -> None:
        self._v = 1.0

    @property
    def v(self) -> Any:
        return self._v * 2


class Mode(enum.Enum):
    ONE = 1
    TWO = 2


class Pair(NamedTuple):
    a: float
    b: int


@dataclass(frozen=True)
class Frozen:
    a: float = 1.0


INSTANCE, OTHER, METHODS, FOUND = Base(), Base(), Base(), Base()
ALIASES = [INSTANCE, INSTANCE]
NUMBER: Any = 3
ITEMS: Any = [1, 2.0]
TABLE: Any = {"a": 1.0}
MODE = Mode.ONE
PAIR: Any = Pair(1.0, 2)
WHOLE: Any = np.arange(4.0)
PART: Any = WHOLE[:2]
ARRAY: Any = np.arange(4.0)
SLOTTED, MEASURED, FROZEN = Slotted(), Measured(), Frozen()
MODULE = types.ModuleType("a_module_of_the_user")
MODULE.v = 1.0  # type: ignore[attr-defined]
LIBRARY: Any = np
NESTED: Any = (1.0, [2.0])


def closure() -> tuple[Callable[[], Any], Callable[[Any], None]]:
    c = 1.0

    def put(v: Any) -> None:
        nonlocal c
        c = v

    return lambda: c, put


get, put = closure()


def helper(x: Any) -> Any:
    return x + 1


def helper_2(x: Any, y: Any = 2.0) -> Any:
    return x + y


def with_keyword(*, x: Any = 1.0) -> Any:
    return x


KEYWORDS: Any = with_keyword.__kwdefaults__
FUNCTIONS: Any = [helper, helper_2]


def attribute() -> Any:
    return OTHER.k


def method() -> Any:
    return METHODS.double()


def builtin() -> Any:
    return abs(-2.0)


def number() -> Any:
    return NUMBER


def items() -> Any:
    return ITEMS[0] + ITEMS[1], len(ITEMS)


def table() -> Any:
    return TABLE["a"], "b" in TABLE, len(TABLE), TABLE.get("b", 0)


def called() -> Any:
    return helper(1.0)


def keyword() -> Any:
    return with_keyword()


def captured() -> Any:
    return get()


def of_module() -> Any:
    return MODULE.v  # type: ignore[attr-defined]


def mode() -> Any:
    return 1.0 if MODE is Mode.ONE else 2.0


def pair() -> Any:
    return PAIR[0] + PAIR[1], isinstance(PAIR, Pair)


def overlapping() -> Any:
    PART[0] = 9.0
    return WHOLE.sum(), PART.sum()


def array() -> Any:
    return ARRAY.dtype.itemsize, ARRAY.sum(), ARRAY.shape, ARRAY.ndim


def aliases() -> Any:
    ALIASES[0].k = 3.0
    return ALIASES[1].k


def slot() -> Any:
    return SLOTTED.q


def measured() -> Any:
    return MEASURED.v


def looked_for() -> Any:
    return hasattr(FOUND, "zz"), getattr(FOUND, "zz", 3), isinstance(FOUND, Derived)


def functions() -> Any:
    return [f(3.0) for f in FUNCTIONS]


def nested() -> Any:
    return NESTED[1][0]


def frozen() -> Any:
    return FROZEN.a


def library() -> Any:
    return LIBRARY.sin(1.0)


SINGLE = np.ones(4, np.float32)
CASES: list[tuple[Callable[[], Any], list[Callable[[], Any]]]] = [
    (attribute, [lambda: setattr(OTHER, "k", 5.0), lambda: delattr(OTHER, "k"), lambda: setattr(Base, "k", 7)]),
    (method, [lambda: setattr(Base, "double", lambda self: 1), lambda: setattr(METHODS, "double", lambda: 3)]),
    (builtin, [bind("abs", lambda x: 99), unbind("abs")]),
    (number, [bind("NUMBER", v) for v in (4, 2.5, True, np.int8(3), [1, 2], (1, 2.0), "s", None, 2**70, {"a": 1}, 1)]),
    (items, [lambda: ITEMS.__setitem__(0, 5.5), lambda: ITEMS.append(3), lambda: ITEMS.__setitem__(1, np.ones(2))]),
    (table, [lambda: TABLE.__setitem__("b", 5), lambda: TABLE.__setitem__("a", 5), lambda: TABLE.pop("b")]),
    (called, [bind("helper", helper_2), lambda: setattr(helper_2, "__defaults__", (4,))]),
    (keyword, [lambda: KEYWORDS.__setitem__("x", 9), lambda: setattr(with_keyword, "__kwdefaults__", {"x": "a"})]),
    (captured, [lambda: put(2.0), lambda: put(3), lambda: put(np.ones(2))]),
    (of_module, [lambda: setattr(MODULE, "v", 3.0), lambda: setattr(MODULE, "v", 3), lambda: delattr(MODULE, "v")]),
    (mode, [bind("MODE", Mode.TWO)]),
    (pair, [bind("PAIR", Pair(1, 2)), bind("PAIR", (1, 2))]),
    (overlapping, [bind("PART", np.zeros(2)), bind("PART", WHOLE[2:]), bind("PART", WHOLE)]),
    (array, [bind("ARRAY", v) for v in (np.arange(4), np.arange(3.0), np.ones((2, 2)), np.float64(2), SINGLE)]),
    (aliases, [lambda: ALIASES.__setitem__(1, Base()), lambda: ALIASES.reverse()]),
    (slot, [lambda: setattr(SLOTTED, "q", 4), lambda: delattr(SLOTTED, "q")]),
    (measured, [lambda: setattr(MEASURED, "_v", 3), lambda: setattr(Measured, "v", property(lambda self: 77))]),
    (looked_for, [lambda: setattr(FOUND, "zz", 4.0), bind("FOUND", Derived()), lambda: setattr(Derived, "zz", 1)]),
    (functions, [lambda: FUNCTIONS.reverse(), lambda: FUNCTIONS.append(helper_2)]),
    (nested, [lambda: NESTED[1].__setitem__(0, 3), lambda: NESTED[1].clear()]),
    (frozen, [bind("FROZEN", Frozen(2)), lambda: object.__setattr__(FROZEN, "a", 5)]),
    (library, [bind("LIBRARY", math)]),
]  # fmt: skip


@pytest.mark.parametrize(("function", "changes"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_every_call_reads_what_is_there(function: Callable[[], Any], changes: list[Callable[[], Any]]) -> None:
    compiled = ways.tangra().jit(function)
    for change in [lambda: None, *changes]:
        change()
        wanted, found = (ways.outcome(f, ()) for f in (function, compiled))
        if wanted.error is not None:
            assert isinstance(found.error, type(wanted.error)), found.error
        else:
            assert found.error is None
            assert repr(found.result) == repr(wanted.result)
