"""Arguments for a program: by the names of its parameters, with other sizes, values and kinds from call to call."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Call:
    """What one call is made with: sizes, a seed of the values, and by argument a form other than the plain one."""

    n: int = 3
    k: int = 2
    seed: int = 0
    forms: dict[str, str] = field(default_factory=dict)
    overlap: int = 0


@dataclass(frozen=True)
class Scenario:
    """The calls of a program, through one compiled function; `dynamic` compiles it for all sizes at once."""

    calls: tuple[Call, ...]
    dynamic: bool = False


OVERLAPPING = 0.06
"""The share of second calls whose arguments share memory."""
FORMS: dict[str, tuple[str, ...]] = {
    "x": ("strided", "reversed", "float32", "readonly"),
    "y": ("fortran", "strided", "float32", "reversed"),
    "s": ("np.float64", "int", "np.float32"),
    "n": ("np.int64", "np.int32", "bool"),
    "e": ("strided", "int32"),
    "v": ("strided", "reversed", "readonly"),
    "m": ("fortran", "reversed", "readonly"),
    "j": ("strided", "int64", "int16"),
    "t": ("reversed", "int8"),
}


def scenario(number: int, runtime_sizes: bool, read_only: bool = True) -> Scenario:
    """Scenario `number`: two calls that differ in values, then in kinds, sizes, or both. Without `read_only` no
    array is read-only."""
    r = random.Random(number)
    forms = {name: r.choice(options) for name, options in FORMS.items() if r.random() < 0.2}
    forms = {name: form for name, form in forms.items() if read_only or form != "readonly"}
    overlap = r.randrange(1, 99) if r.random() < OVERLAPPING else 0
    if not runtime_sizes:
        return Scenario((Call(seed=r.randrange(99)), Call(seed=r.randrange(99), forms=forms, overlap=overlap)))
    if r.random() < 0.5:
        first, second = (Call(r.randrange(17, 21), r.randrange(17, 20), r.randrange(99)) for _ in range(2))
        return Scenario((first, second), dynamic=r.random() < 0.7)
    sizes = r.choice([(4, 3), (1, 1), (5, 2), (0, 2), (2, 0), (2, 1), (3, 17), (18, 2)])
    return Scenario((Call(seed=r.randrange(99)), Call(*sizes, r.randrange(99), forms, overlap)))


def make(names: Sequence[str], call: Call, module: Any) -> tuple[Any, ...]:
    """The arguments of one call; `module` has the classes."""
    found = {name: reformed(value(name, call, module), call.forms.get(name, "plain")) for name in names}
    if call.overlap and call.k:
        overlapping(found, call)
    return tuple(found[name] for name in names)


def overlapping(found: dict[str, Any], call: Call) -> None:
    """Arguments that share memory: arrays side by side, and those in containers."""
    row = found["y"][call.k - 1]
    ways: list[Callable[[], Any]] = [lambda: found.update(x=row)]
    if "v" in found:
        ways += [
            lambda: found.update(v=found["x"]),
            lambda: found.update(v=found["x"][::-1]),
            lambda: found.update(v=row),
        ]
    if "m" in found:
        ways += [lambda: found.update(m=found["y"]), lambda: found.update(m=found["y"][::-1])]
    if "p" in found:
        ways += [lambda: setattr(found["p"], "v", found["x"]), lambda: setattr(found["p"], "v", row)]
    if "d" in found:
        ways += [lambda: found["d"].update(v=found["x"]), lambda: found["d"].update(v=row[::-1])]
    if "o" in found:
        ways += [lambda: setattr(found["o"], "w", found["o"].inner.v), lambda: setattr(found["o"], "w", found["x"])]
    if "o" in found and "p" in found:
        ways += [lambda: setattr(found["o"], "inner", found["p"])] * 2
    if "r" in found:
        ways += [lambda: found["r"].__setitem__(0, found["r"][1]), lambda: found["r"].__setitem__(1, found["x"])]
    if "c" in found:
        ways += [lambda: found.update(c=found["c"]._replace(v=found["x"]))]
    ways[call.overlap % len(ways)]()


def value(name: str, call: Call, module: Any) -> Any:
    """The plain form of an argument. Values don't depend on which other arguments there are."""
    rng = np.random.default_rng([call.seed, ord(name)])
    n, k = call.n, call.k
    makers: dict[str, Callable[[], Any]] = {
        "x": lambda: rng.normal(size=n),
        "y": lambda: rng.normal(size=(k, n)),
        "s": lambda: float(rng.normal()),
        "n": lambda: int(rng.integers(0, 5)),
        "e": lambda: rng.integers(-4, 9, size=n),
        "z": lambda: rng.normal(size=n).astype(np.float32),
        "b": lambda: rng.random(n) < 0.5,
        "p": lambda: module.Point(float(rng.normal()), rng.normal(size=n), int(rng.integers(0, 4))),
        "d": lambda: {"a": float(rng.normal()), "v": rng.normal(size=n), "k": int(rng.integers(0, 4))},
        "v": lambda: rng.normal(size=n),
        "m": lambda: rng.normal(size=(k, n)),
        "c": lambda: module.Pair(float(rng.normal()), rng.normal(size=n)),
        "o": lambda: module.Body(module.Point(float(rng.normal()), rng.normal(size=n), 1), rng.normal(size=n)),
        "r": lambda: [rng.normal(size=n), rng.normal(size=n)],
        "j": lambda: rng.integers(-4, 9, size=n).astype(np.int32),
        "t": lambda: rng.integers(0, 250, size=n).astype(np.uint8),
        "l": lambda: [float(v) for v in rng.normal(size=3)],
    }
    return makers[name]()


def reformed(value: Any, form: str) -> Any:
    """`value` in another form: a NumPy scalar, another dtype, another layout."""
    if form == "plain":
        return value
    if form.startswith("np."):
        return getattr(np, form[3:])(value)
    if form in ("int", "bool"):
        return int(3 * value) if form == "int" else bool(value)
    a: Array = value
    if form == "readonly":
        a.flags.writeable = False
        return a
    if form == "fortran":
        return np.asfortranarray(a)
    if form == "reversed":
        return a[..., ::-1].copy()[..., ::-1]
    if form == "strided":
        wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        wide[..., ::2] = a
        return wide[..., ::2]
    return a.astype(form)


def perturbed(value: Any, rng: np.random.Generator, size: float) -> Any:
    """A copy of arguments whose floats are off by a relative `size`; layouts and sharing as in `value` are kept by the
    caller, which passes fresh arguments and lets them be changed in place."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            writeable = value.flags.writeable
            value.flags.writeable = True
            value *= np.asarray(1 + size * rng.uniform(-1, 1, value.shape), value.dtype)
            value.flags.writeable = writeable
        return value
    if isinstance(value, (float, np.floating)):
        return type(value)(float(value) * (1 + size * rng.uniform(-1, 1)))
    if isinstance(value, tuple):
        return tuple(perturbed(item, rng, size) for item in value)
    if isinstance(value, list):
        value[:] = [perturbed(item, rng, size) for item in value]
    elif isinstance(value, dict):
        for key in value:
            value[key] = perturbed(value[key], rng, size)
    elif hasattr(value, "__dict__"):
        for key, item in vars(value).items():
            setattr(value, key, perturbed(item, rng, size))
    return value
