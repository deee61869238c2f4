"""Random IR programs: scalars and arrays in nested loops, branches, exits, whiles, with mutation and indexing."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from tangra.ir import Func
from tests.transforms.dsl import INT, REAL, E, Program, build, vec

SIZE = 3


class Maker:
    """Makes one program. The environment is a list of real scalars, one of arrays of length `SIZE`, one of ints."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.budget = 28
        self.sizes = 0

    def func(self) -> Func:
        def program(p: Program, x: E, y: E, v: E, w: E, n: E) -> Any:
            self.p = p
            reals, arrays = self.block([x, y], [v, w], [n], 0)
            return [*reals[:2], p.sum(arrays[0] * 1.0), arrays[1]]

        return build([REAL, REAL, vec(SIZE), vec(SIZE), INT], program)

    # Expressions

    def at(self, ints: list[E]) -> E:
        """An index in range."""
        p, r = self.p, self.r
        if r.random() < 0.3:
            return p.integer(r.randrange(SIZE))
        i = r.choice(ints)
        if r.random() < 0.4:
            i = i + r.randrange(3)
        return p.op("mod", i, p.integer(SIZE))

    def real(self, reals: list[E], arrays: list[E], ints: list[E], level: int = 0) -> E:
        p, r = self.p, self.r
        kind = r.random()
        if level > 2 or kind < 0.25:
            return r.choice(reals)
        if kind < 0.45:
            return r.choice(arrays)[self.at(ints)]
        if kind < 0.5:
            return p.real(round(r.uniform(-1, 1), 2))
        if kind < 0.55:
            return p.real_of(r.choice(ints)) * 0.1
        if kind < 0.62:
            return p.sum(r.choice(arrays)) * 0.3
        if kind < 0.7:
            return p.f(r.choice(["sin", "tanh", "cos"]), self.real(reals, arrays, ints, level + 1))
        if kind < 0.76:
            part = self.part(ints)
            return p.sum(p.f("tanh", r.choice(arrays)[part] * r.choice(arrays)[part]))
        a, b = (self.real(reals, arrays, ints, level + 1) for _ in range(2))
        name = r.choice(["add", "sub", "mul", "mul", "div", "maximum"])
        if name == "div":
            return a / (1.5 + b * b)
        return p.op(name, a, b)

    def part(self, ints: list[E]) -> slice:
        """A part whose length is known at run time only."""
        p = self.p
        self.sizes += 1
        length = p.op("mod", self.r.choice(ints), p.integer(SIZE + 1))
        return slice(0, p.bind(length, f"part{self.sizes}"))

    def array(self, reals: list[E], arrays: list[E], ints: list[E]) -> E:
        p, r = self.p, self.r
        a = r.choice(arrays)
        kind = r.randrange(9)
        if kind < 3:
            return a.set(self.at(ints), self.tame(self.real(reals, arrays, ints)))
        if kind < 5:
            return a.add_at(self.at(ints), self.tame(self.real(reals, arrays, ints)))
        if kind == 5:
            return p.f("sin", a * r.choice(arrays))
        if kind == 8:
            part = self.part(ints)
            return a.set(part, p.f("sin", r.choice(arrays)[part] * r.choice(arrays)[part]))
        if kind == 6:
            return a.set(slice(0, 2), r.choice(arrays)[slice(1, 2)])
        return p.op("scatter_add" if r.random() < 0.5 else "scatter", a, r.choice(arrays), self.indices(ints))

    def indices(self, ints: list[E]) -> E:
        p = self.p
        ramp = p.op("iota", dtype=INT.dtype, shape=(SIZE,), axis=0)
        return p.op("mod", ramp + self.at(ints), E(p, p.b.filled(self.r.choice([2, SIZE]), ramp.v.array)))

    def tame(self, x: E) -> E:
        return self.p.f("tanh", x)

    def truth(self, reals: list[E], arrays: list[E], ints: list[E]) -> E:
        if self.r.random() < 0.3:
            return self.p.op("mod", self.r.choice(ints), self.p.integer(2)).eq(self.r.randrange(2))
        return self.real(reals, arrays, ints) > self.real(reals, arrays, ints)

    # Statements

    def block(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> tuple[list[E], list[E]]:
        """Some statements; the new state, as many values as before. All of it is state of an enclosing loop."""
        reals, arrays = list(reals), list(arrays)
        for _ in range(self.r.randint(1, 3)):
            self.budget -= 1
            self.statement(reals, arrays, list(ints), depth)
        if self.r.random() < 0.2:
            arrays[0], arrays[1] = arrays[1], arrays[0]
        return reals, arrays

    def statement(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> None:
        kind = self.r.random()
        if depth > 2 or self.budget < 0 or kind < 0.3:
            k = self.r.randrange(2)
            if self.r.random() < 0.5:
                reals[k] = self.tame(self.real(reals, arrays, ints)) * 1.3
            else:
                arrays[k] = self.array(reals, arrays, ints)
        elif kind < 0.5:
            self.store(reals, arrays, self.branch(reals, arrays, ints, depth))
        elif kind < 0.75:
            self.store(reals, arrays, self.counted(reals, arrays, ints, depth))
        elif kind < 0.9:
            self.store(reals, arrays, self.exiting(reals, arrays, ints, depth))
        else:
            self.store(reals, arrays, self.whiling(reals, arrays, ints, depth))

    def store(self, reals: list[E], arrays: list[E], results: list[E]) -> None:
        reals[:] = results[:2]
        arrays[:] = results[2:4]

    def flat(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> list[E]:
        a, b = self.block(reals, arrays, ints, depth + 1)
        return [*a, *b]

    def branch(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> list[E]:
        arms = [
            lambda: self.flat(reals, arrays, ints, depth),
            lambda: [*reals, *arrays] if self.r.random() < 0.4 else self.flat(reals, arrays, ints, depth),
        ]
        self.r.shuffle(arms)
        return self.p.if_(self.truth(reals, arrays, ints), *arms)

    def counted(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> list[E]:
        start, stop, step = self.r.choice([(0, 3, 1), (0, ints[-1], 1), (2, -1, -1), (1, 4, 2), (4, 0, -2), (0, 0, 1)])

        def body(i: E, *state: E) -> list[E]:
            return self.flat([*state[:2]], [*state[2:]], [*ints, i + 5 if step < 0 else i], depth)

        return self.p.for_(start, stop, [*reals, *arrays], body, step=step)

    def exiting(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> list[E]:
        def body(i: E, *state: E) -> list[E]:
            a, b = [*state[:2]], [*state[2:]]
            inner = [*ints, i]
            if self.r.random() < 0.5:
                new = self.flat(a, b, inner, depth)
                return [self.truth(new[:2], new[2:], inner), *new]
            return self.p.if_(
                self.truth(a, b, inner),
                lambda: [self.p.truth(False), *self.flat(a, b, inner, depth)],
                lambda: [self.p.truth(True), *self.flat(a, b, inner, depth)],
            )

        return self.p.for_(0, 4, [*reals, *arrays], body, exits=True)

    def whiling(self, reals: list[E], arrays: list[E], ints: list[E], depth: int) -> list[E]:
        def cond(k: E, *state: E) -> E:
            return (k < 3) & (state[0] < 0.9)

        def body(k: E, *state: E) -> list[E]:
            return [k + 1, *self.flat([*state[:2]], [*state[2:]], [*ints, k], depth)]

        return self.p.while_([self.p.integer(0), *reals, *arrays], cond, body)[1:]


def random_case(seed: int) -> tuple[Func, list[Any]]:
    """A program and arguments for it."""
    g = np.random.default_rng(seed)
    args = [g.normal(), g.normal(), g.normal(size=SIZE), g.normal(size=SIZE), np.int64(g.integers(0, 4))]
    return Maker(seed).func(), args
