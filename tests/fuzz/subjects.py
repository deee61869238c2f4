"""A program whose derivatives are tested, and how numbers of two ways are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tests.fuzz import inputs, ways
from tests.fuzz.compare import off
from tests.fuzz.ways import AGREE, Verdict

RTOL = 1e-9
STEPS = (1e-4, 1e-5)
FLOATS = (0, 1, 2)
Args = tuple[Any, ...]


@dataclass
class Subject:
    """A program under test: f, a maker of fresh arguments, a direction in the space of its float arguments, f as
    CPython is to run it where that is another function, and whether float32 takes part."""

    f: Callable[..., Any]
    fresh: Callable[[], Args]
    direction: Args
    other: Args
    as_python: Callable[..., Any] | None = None
    single: bool = False

    @property
    def rtol(self) -> float:
        """How far derivatives may be apart, relative to the size of what they are sums of."""
        return ways.SINGLE_RTOL if self.single else RTOL

    @property
    def plain(self) -> Callable[..., Any]:
        """What the derivatives are compared with."""
        return self.f if self.as_python is None else self.as_python

    @cached_property
    def gradient(self) -> Callable[..., Any]:
        """The gradient, which all checks share."""
        found: Callable[..., Any] = ways.tangra().grad(self.f, argnums=FLOATS)
        return found

    def moved(self, step: float) -> Args:
        """The arguments moved along the direction."""
        args = list(self.fresh())
        for k in FLOATS:
            args[k] = args[k] + step * self.direction[k]
        return tuple(args)

    def tangents(self, direction: Args) -> Args:
        """A direction as tangents of all arguments: those that are not floats have none."""
        return (*direction, *(zero(a) for a in self.fresh()[len(FLOATS) :]))


def zero(value: Any) -> Any:
    """What stands for the tangent of an argument that is not a float."""
    return None


def attempt(what: str, compute: Callable[[], Any]) -> tuple[Any, Verdict]:
    """A result, or the verdict on why there is none."""
    got = ways.outcome(compute, ())
    if got.error is None:
        return got.result, AGREE
    if ways.is_beyond(got.error):
        return None, Verdict("tie", "an int beyond 64 bits")
    refusal = ways.refused(got.error, None)
    if refusal is not None:
        return None, Verdict(refusal.sort, f"{what}: {refusal.message}")
    return None, Verdict("wrong", f"{what}: raises {type(got.error).__name__}: {ways.first_line(got.error)}")


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The inner product of two tuples of arrays."""
    return float(sum(np.sum(np.asarray(x) * np.asarray(y)) for x, y in zip(a, b, strict=True)))


def size(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The largest that the terms of an inner product are, for its rounding error."""
    return float(sum(np.sum(np.abs(np.asarray(x) * np.asarray(y))) for x, y in zip(a, b, strict=True)))


def close(what: str, found: float, wanted: float, allowed: float) -> Verdict:
    """Agreement of two numbers, both perhaps not finite."""
    if found == wanted or abs(found - wanted) <= allowed or (np.isnan(found) and np.isnan(wanted)):
        return AGREE
    return Verdict("wrong", f"{what}: {found!r} against {wanted!r}, allowed {allowed:.1e}")


def difference(f: Callable[[float], float]) -> tuple[float, float]:
    """The derivative of a function of one number at 0 by central differences with two steps, and its uncertainty."""
    found = [(f(h) - f(-h)) / (2 * h) for h in STEPS]
    better = (100 * found[1] - found[0]) / 99
    return better, 10 * abs(found[1] - found[0]) + 1e-7 * max(1.0, abs(better))


def ill_conditioned(subject: Subject, verdict: Verdict) -> Verdict:
    """A tie where the function itself is that sensitive: its differences with two steps don't agree either, or its
    values (chaotic loops end anywhere) and those of its derivative change with the last bits of its arguments."""
    numeric, uncertain = difference(lambda h: float(subject.plain(*subject.moved(h))))
    if uncertain >= 1e-2 * max(1.0, abs(numeric)) or off(*last_bits(subject.fresh, subject.f)) > 1e-6:
        return Verdict("tie", verdict.message)
    gradient = ways.tangra().grad(subject.f, argnums=FLOATS)
    slopes = last_bits(subject.fresh, lambda *args: dot(gradient(*args), subject.direction))
    return Verdict("tie", verdict.message) if off(*slopes) > 1e-6 else verdict


def last_bits(fresh: Callable[[], Any], function: Callable[..., Any]) -> tuple[float, float]:
    """The least and the greatest of a function's values for arguments that differ in their last bits."""
    found = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        got = ways.outcome(function, inputs.perturbed(fresh(), rng, ways.NOISE[seed % len(ways.NOISE)]))
        found.append(float("nan") if got.error is not None else float(got.result))
    return min(found), max(found)
