"""Random IR programs over a few shapes: elementwise work, views, updates, reductions, branches, loops, tapes.

A program is made from a seed. Values stay bounded (sin, tanh, and divisions by sums of squares), so that results can
be compared closely.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from tangra.ir import BOOL, F32, F64, I32, I64, ArrayType, Block, Builder, Func, Value, scalar
from tangra.shapes import symbol
from tests.native.common import build

SHAPES: list[tuple[Any, ...]] = [(3,), (2, 3), (3, 2), (20,), (symbol("N"),), (symbol("N"), 3), (5, 4), (2, 3, 4)]
UNARY = ["sin", "tanh", "neg", "abs", "floor", "atan"]
BINARY = ["add", "sub", "mul", "maximum", "minimum", "copysign"]


class Program:
    """The writer of one random program."""

    def __init__(self, seed: int, size: int, inner: bool = False) -> None:
        self.inner = inner
        self.random = random.Random(seed)
        self.size = size
        self.shapes = self.random.sample(SHAPES, 3)
        self.b = Builder()

    def make(self) -> Func:
        """A function of two arrays of each shape, a float, and a count."""
        types = [ArrayType(F64, s) for s in self.shapes for _ in range(2)] + [scalar(F64), scalar(I64)]
        written = []

        def body(b: Builder, *params: Value) -> Sequence[Value]:
            self.b = b
            env = list(params)
            self.statements(env, self.size, 0)
            results = self.random.sample(env, min(5, len(env)))
            for k, p in enumerate(params):
                if p.shape and self.random.random() < 0.25:
                    finals = [v for v in env if v.type == p.type]
                    written.append((k, len(results)))
                    results.append(self.random.choice(finals))
            return results

        func = build(types, body, f"random{self.size}")
        func.attrs["written"] = tuple(written)
        return func

    def pick(self, env: list[Value], type: ArrayType | None = None, array: bool | None = None) -> Value:
        """A value of `env`, of `type` if given; recent ones more often."""
        fitting = [
            v
            for v in env
            if (type is None or v.type == type)
            and (array is None or bool(v.shape) == array)
            and v.dtype == F64
            and (array is None or 0 not in v.shape)
        ]
        return fitting[-1 - min(int(self.random.expovariate(0.4)), len(fitting) - 1)]

    def statements(self, env: list[Value], count: int, depth: int) -> None:
        """Append `count` random statements; the values they define are added to `env`."""
        kinds = [
            self.unary,
            self.binary,
            self.binary,
            self.select,
            self.slice_write,
            self.slice_write,
            self.element_write,
            self.element_read,
            self.element_read,
            self.reduce,
            self.view,
            self.broadcast,
            self.gather,
            self.scatter,
            self.filled,
            self.mixed,
            self.running,
            self.joined,
            self.product,
            self.sorted,
        ]
        if not self.inner:
            kinds += [self.call, self.fail]
        if depth < 3:
            kinds += [self.branch, self.branch, self.loop, self.loop, self.tape_loop]
        for _ in range(count):
            chosen = self.random.choice(kinds)
            if chosen in (self.branch, self.loop, self.tape_loop):
                env += chosen(env, depth)
            else:
                env += chosen(env)

    def unary(self, env: list[Value]) -> list[Value]:
        return [self.b(self.random.choice(UNARY), self.pick(env))]

    def binary(self, env: list[Value]) -> list[Value]:
        x = self.pick(env)
        y = self.pick(env, x.array)
        name = self.random.choice(BINARY)
        result = self.b(name, x, y)
        return [self.b("sin", result)] if name == "mul" else [result]

    def select(self, env: list[Value]) -> list[Value]:
        x = self.pick(env)
        y = self.pick(env, x.array)
        return [self.b("select", self.b("lt", x, y), self.b("cos", x), y)]

    def filled(self, env: list[Value]) -> list[Value]:
        shape = self.pick(env, array=True).shape
        return [self.b.full(self.b.float(self.random.choice([0.0, 0.5])), shape)]

    def window(self, x: Value) -> tuple[list[Value], dict[str, Any], tuple[Any, ...]]:
        """A random part of `x`: starts, attributes, and its shape. Of axes of symbolic size at most 4."""
        starts, sizes, steps = [], [], []
        for n in x.shape:
            known = n if isinstance(n, int) else 4
            kind = self.random.random()
            if kind < 0.3:
                starts.append(self.b.int(self.random.randrange(known)))
                sizes.append(None)
                steps.append(1)
            elif kind < 0.5:
                starts.append(self.b.int(0))
                sizes.append(n)
                steps.append(1)
            elif kind < 0.65:
                starts.append(self.b("sub", self.b.dim(n), self.b.int(1)))
                sizes.append(n)
                steps.append(-1)
            else:
                start = self.random.randrange(known)
                starts.append(self.b.int(start))
                sizes.append(self.random.randint(0, known - start))
                steps.append(1)
        shape = tuple(s for s in sizes if s is not None)
        return starts, {"sizes": tuple(sizes), "steps": tuple(steps)}, shape

    def fitting(self, env: list[Value], shape: tuple[Any, ...]) -> Value:
        """A value of `shape`, made from others if there is none."""
        same = [v for v in env if v.shape == shape and v.dtype == F64]
        if same and self.random.random() < 0.8:
            return self.random.choice(same)
        return self.b.full(self.pick(env, scalar(F64)), shape)

    def slice_write(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        starts, attrs, shape = self.window(x)
        if self.random.random() < 0.3:  # from another part of the same array
            v = self.b("index", x, *self.other_starts(x, attrs), **attrs)
        else:
            v = self.fitting(env, shape)
        name = "accumulate" if self.random.random() < 0.3 else "update"
        y = self.b(name, x, v, *starts, **attrs)
        return [self.b("tanh", y) if name == "accumulate" and self.random.random() < 0.5 else y]

    def other_starts(self, x: Value, attrs: dict[str, Any]) -> list[Value]:
        starts = []
        for n, size, step in zip(x.shape, attrs["sizes"], attrs["steps"], strict=True):
            known = n if isinstance(n, int) else 4
            if size is None:
                starts.append(self.b.int(self.random.randrange(known)))
            elif step == -1:
                starts.append(self.b("sub", self.b.dim(n), self.b.int(1)))
            elif size == n:
                starts.append(self.b.int(0))
            else:
                starts.append(self.b.int(self.random.randint(0, known - size)))
        return starts

    def element(self, x: Value, env: list[Value]) -> tuple[list[Value], dict[str, Any]]:
        starts = []
        for n in x.shape:
            known = n if isinstance(n, int) else 4
            counts = [v for v in env if v.type == scalar(I64)]
            if counts and self.random.random() < 0.5:
                starts.append(self.b("mod", self.random.choice(counts), self.b.int(known)))
            else:
                starts.append(self.b.int(self.random.randrange(known)))
        return starts, {"sizes": (None,) * len(starts), "steps": (1,) * len(starts)}

    def element_write(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        starts, attrs = self.element(x, env)
        return [self.b("update", x, self.pick(env, scalar(F64)), *starts, **attrs)]

    def element_read(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        starts, attrs = self.element(x, env)
        return [self.b("index", x, *starts, **attrs)]

    def reduce(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        axes = tuple(sorted(self.random.sample(range(len(x.shape)), self.random.randint(1, len(x.shape)))))
        name = self.random.choice(["reduce_sum", "reduce_max", "reduce_min"])
        if any(x.shape[k] == 0 for k in axes):
            name = "reduce_sum"
        return [self.b("sin", self.b(name, x, axes=axes))]

    def view(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        kind = self.random.random()
        if kind < 0.4 and len(x.shape) > 1:
            return [self.b("transpose", x, perm=tuple(self.random.sample(range(len(x.shape)), len(x.shape))))]
        if kind < 0.6 and all(isinstance(n, int) for n in x.shape):
            return [self.b("reshape", x, shape=(int(np.prod(x.shape)),))]
        starts, attrs, _ = self.window(x)
        return [self.b("index", x, *starts, **attrs)]

    def broadcast(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        if len(x.shape) > 2:
            return []
        at = self.random.randint(0, len(x.shape))
        shape = (*x.shape[:at], 2, *x.shape[at:])
        return [self.b("broadcast", x, shape=shape, dims=tuple(k for k in range(len(shape)) if k != at))]

    def indices(self, n: Any, count: int) -> Value:
        known = n if isinstance(n, int) else 4
        if known == 0:
            return self.b.const_array(np.zeros(0, np.int64), I64)
        return self.b.const_array(np.array([self.random.randrange(known) for _ in range(count)]), I64)

    def gather(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        return [self.b("gather", x, self.indices(x.shape[0], 3))]

    def scatter(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        i = self.indices(x.shape[0], 3)
        v = self.fitting(env, (*i.shape, *x.shape[1:]))
        return [self.b("tanh", self.b(self.random.choice(["scatter", "scatter_add"]), x, v, i))]

    def mixed(self, env: list[Value]) -> list[Value]:
        """Through other dtypes and back."""
        x = self.pick(env)
        y = self.pick(env, x.array)
        kind = self.random.randrange(4)
        if kind == 0:
            small = [self.b("cast", v, dtype=F32) for v in (x, y)]
            return [self.b("cast", self.b("add", *small), dtype=F64)]
        if kind == 1:
            whole = [self.b("cast", self.b("floor", self.b("sin", v)), dtype=I32) for v in (x, y)]
            mixed = self.b(self.random.choice(["xor", "mul", "maximum", "and", "floordiv"]), *whole)
            return [self.b("sin", self.b("cast", mixed, dtype=F64))]
        if kind == 2:
            flags = [self.b("lt", x, y), self.b("not", self.b("gt", y, self.b("sin", x)))]
            return [self.b("cast", self.b(self.random.choice(["and", "or", "xor"]), *flags), dtype=F64)]
        if not x.shape:
            return []
        flags = self.b("gt", x, y)
        name = self.random.choice(["reduce_and", "reduce_or"])
        return [self.b("cast", self.b(name, flags, axes=tuple(range(len(x.shape)))), dtype=F64)]

    def running(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        attrs = {"axis": self.random.randrange(len(x.shape)), "reverse": self.random.random() < 0.5}
        return [self.b("tanh", self.b(self.random.choice(["cumsum", "cummax"]), x, **attrs))]

    def joined(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        if self.random.random() < 0.4:
            low = tuple(self.random.randint(0, 1) for _ in x.shape)
            return [self.b("pad", x, self.pick(env, scalar(F64)), low=low, high=low[::-1])]
        return [self.b("concat", x, self.pick(env, x.array), axis=self.random.randrange(len(x.shape)))]

    def product(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        y = self.pick(env, x.array)
        axis = self.random.randrange(len(x.shape))
        if len(x.shape) == 1 or self.random.random() < 0.5:
            batch: tuple[int, ...] = ()
        else:
            batch = (next(k for k in range(len(x.shape)) if k != axis),)
        result = self.b("dot_general", x, y, contract=((axis,), (axis,)), batch=(batch, batch))
        return [self.b("sin", result)] if len(result.shape) < 4 else []

    def sorted(self, env: list[Value]) -> list[Value]:
        x = self.pick(env, array=True)
        axis = self.random.randrange(len(x.shape))
        return [self.b("sort", x, axis=axis)]

    def exported(self, env: list[Value], inner: list[Value], types: Sequence[Any]) -> list[Value]:
        return [self.random.choice([v for v in inner if v.type == t]) for t in types]

    def branch(self, env: list[Value], depth: int) -> list[Value]:
        cond = self.b("gt", self.pick(env, scalar(F64)), self.b.float(0.1))
        types = [self.pick(env).type for _ in range(self.random.randint(1, 3))]
        arms = []
        for _ in range(2):
            block = Block()
            with self.b.at(block):
                inner = list(env)
                self.statements(inner, self.random.randint(0, 4), depth + 1)
                self.b.yield_(*self.exported(env, inner, types))
            arms.append(block)
        return self.b.emit("if", [cond], {}, arms).results

    def fail(self, env: list[Value]) -> list[Value]:
        """A failure that hardly ever happens, with any versions as what the parameters hold."""
        cond = self.b("gt", self.pick(env, scalar(F64)), self.b.float(1.2))
        params = env[: 2 * len(self.shapes)]
        chosen = [k for k in range(len(params)) if self.random.random() < 0.5]
        state = [self.random.choice([v for v in env if v.type == params[k].type]) for k in chosen]
        attrs = {"kind": "ValueError", "message": "no {}", "state": tuple(chosen), "n_state": len(chosen)}
        count = next(v for v in env if v.type == scalar(I64))
        self.b.emit("fail_if", [cond, *state, count], attrs)
        return []

    def call(self, env: list[Value]) -> list[Value]:
        """A call of a random function that writes some of its array parameters and may fail."""
        args = [self.pick(env, array=True) for _ in range(self.random.randint(1, 3))] + [env[-1]]
        args += [v for v in env if symbol("N") in v.shape][:1]  # so that the callee knows N
        args += [self.pick(env, scalar(F64)), next(v for v in env if v.type == scalar(I64))]
        program = Program(self.random.randrange(1 << 30), 4, inner=True)
        written: list[tuple[int, int]] = []

        def body(b: Builder, *params: Value) -> Sequence[Value]:
            program.b = b
            inner = list(params)
            program.statements(inner, 4, 2)
            finals = {k: self.random.choice([v for v in inner if v.type == p.type]) for k, p in enumerate(params)}
            arrays = [k for k, p in enumerate(params) if p.shape and self.random.random() < 0.5]
            cond = b("gt", program.pick(inner, scalar(F64)), b.float(1.3))
            attrs = {"kind": "KeyError", "message": "in callee", "state": tuple(arrays), "n_state": len(arrays)}
            b.emit("fail_if", [cond, *(finals[k] for k in arrays)], attrs)
            results = [self.random.choice(inner) for _ in range(2)]
            for k in arrays:
                written.append((k, len(results)))
                results.append(self.random.choice([v for v in inner if v.type == params[k].type]))
            return results

        callee = build([v.type for v in args], body, "callee")
        callee.attrs["written"] = tuple(written)
        state = []
        for theirs, _ in written:
            fitting = [k for k in range(2 * len(self.shapes)) if env[k].type == args[theirs].type]
            fitting = [k for k in fitting if k not in (ours for _, ours in state)]
            if fitting:
                state.append((theirs, self.random.choice(fitting)))
        attrs = {"callee": callee, "result_types": callee.result_types, "state": tuple(state)}
        return list(self.b.emit("call", args, attrs).results)

    def loop(self, env: list[Value], depth: int) -> list[Value]:
        carried = [self.pick(env) for _ in range(self.random.randint(1, 4))]
        exits = self.random.random() < 0.3
        block = Block([scalar(I64), *(v.type for v in carried)])
        with self.b.at(block):
            inner = list(env) + list(block.args)
            self.statements(inner, self.random.randint(1, 5), depth + 1)
            stay = [self.b("gt", self.pick(inner, scalar(F64)), self.b.float(-0.5))] if exits else []
            self.b.yield_(*stay, *self.exported(env, inner, [v.type for v in carried]))
        bounds = [self.b.int(0), self.bound(env), self.b.int(1)]
        attrs = {"counted": True, "exits": exits, "parallel": False}
        return self.b.emit("loop", [*bounds, *carried], attrs, [block]).results

    def bound(self, env: list[Value]) -> Value:
        counts = [v for v in env if v.type == scalar(I64)]
        if self.random.random() < 0.5:
            return self.b.int(self.random.randint(0, 3))
        return self.b("mod", self.random.choice(counts), self.b.int(4))

    def tape_loop(self, env: list[Value], depth: int) -> list[Value]:
        """A loop that pushes a scalar and arrays, and one that pops them."""
        kept = [self.pick(env), self.pick(env, scalar(F64)), self.pick(env, array=True)]
        record = tuple(v.array for v in kept) + (scalar(BOOL),)
        tape = self.b.emit("tape_new", [], {"record": record}).result
        trips = self.bound(env)
        bounds = [self.b.int(0), trips, self.b.int(1)]
        attrs = {"counted": True, "exits": False, "parallel": False}
        forward = Block([scalar(I64), *(v.type for v in kept)])
        with self.b.at(forward):
            inner = list(env) + list(forward.args)
            self.statements(inner, self.random.randint(1, 3), depth + 1)
            flag = self.b("gt", self.pick(inner, scalar(F64)), self.b.float(0.0))
            pushed = [self.random.choice([v for v in inner if v.type == k.type]) for k in kept]
            self.b.emit("tape_push", [tape, *pushed, flag])
            self.b.yield_(*self.exported(env, inner, [v.type for v in kept]))
        ends = self.b.emit("loop", [*bounds, *kept], attrs, [forward]).results
        backward = Block([scalar(I64), *(v.type for v in ends)])
        with self.b.at(backward):
            popped = self.b.emit("tape_pop", [tape]).results
            inner = list(env) + list(backward.args) + list(popped[:-1])
            inner.append(self.b("select", popped[-1], popped[1], self.pick(inner, scalar(F64))))
            self.statements(inner, self.random.randint(1, 3), depth + 1)
            self.b.yield_(*self.exported(env, inner, [v.type for v in ends]))
        return self.b.emit("loop", [*bounds, *ends], attrs, [backward]).results


def arguments(func: Func, seed: int) -> list[Any]:
    """Random arguments: symbolic sizes are 7."""
    rng = np.random.default_rng(seed)
    out: list[Any] = []
    for p in func.params:
        if p.type == scalar(I64):
            out.append(np.int64(rng.integers(0, 9)))
        else:
            value = rng.normal(size=tuple(n if isinstance(n, int) else 7 for n in p.shape))
            out.append(value if p.shape else np.float64(value))
    return out
