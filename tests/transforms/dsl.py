"""A small language for building IR in tests: values with operators, loops and branches from Python functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tangra.ops  # noqa: F401
from tangra.ir import BOOL, F64, I64, ArrayType, Block, Builder, Func, Value, scalar
from tangra.ir.verifier import verify
from tangra.shapes import symbol

REAL = scalar(F64)
INT = scalar(I64)
TRUTH = scalar(BOOL)


def vec(*shape: Any) -> ArrayType:
    """An f64 array type; strings are symbols."""
    return ArrayType(F64, tuple(symbol(n) if isinstance(n, str) else n for n in shape))


def ivec(*shape: Any) -> ArrayType:
    return ArrayType(I64, tuple(symbol(n) if isinstance(n, str) else n for n in shape))


class E:
    """A value in a program under construction."""

    def __init__(self, p: Program, v: Value) -> None:
        self.p, self.v = p, v

    def _binary(self, name: str, other: Any, swap: bool = False) -> E:
        x, y = self.p.match(self, other)
        if swap:
            x, y = y, x
        return self.p.op(name, x, y)

    def __add__(self, o: Any) -> E:
        return self._binary("add", o)

    def __radd__(self, o: Any) -> E:
        return self._binary("add", o, True)

    def __sub__(self, o: Any) -> E:
        return self._binary("sub", o)

    def __rsub__(self, o: Any) -> E:
        return self._binary("sub", o, True)

    def __mul__(self, o: Any) -> E:
        return self._binary("mul", o)

    def __rmul__(self, o: Any) -> E:
        return self._binary("mul", o, True)

    def __truediv__(self, o: Any) -> E:
        return self._binary("div", o)

    def __rtruediv__(self, o: Any) -> E:
        return self._binary("div", o, True)

    def __lt__(self, o: Any) -> E:
        return self._binary("lt", o)

    def __le__(self, o: Any) -> E:
        return self._binary("le", o)

    def __gt__(self, o: Any) -> E:
        return self._binary("gt", o)

    def __ge__(self, o: Any) -> E:
        return self._binary("ge", o)

    def eq(self, o: Any) -> E:
        return self._binary("eq", o)

    def __and__(self, o: Any) -> E:
        return self._binary("and", o)

    def __or__(self, o: Any) -> E:
        return self._binary("or", o)

    def __neg__(self) -> E:
        return self.p.op("neg", self)

    def __invert__(self) -> E:
        return self.p.op("not", self)

    def _starts(self, at: Any) -> tuple[list[E], tuple[Any, ...], tuple[int, ...]]:
        at = at if isinstance(at, tuple) else (at,)
        starts, sizes = [], []
        for i in at:
            if isinstance(i, slice):  # x[start:size], a start and a size
                starts.append(self.p.integer(i.start or 0))
                sizes.append(i.stop)
            else:
                starts.append(self.p.integer(i))
                sizes.append(None)
        for n in self.v.shape[len(at) :]:
            starts.append(self.p.integer(0))
            sizes.append(n)
        return starts, tuple(sizes), (1,) * len(starts)

    def __getitem__(self, at: Any) -> E:
        starts, sizes, steps = self._starts(at)
        return self.p.op("index", self, *starts, sizes=sizes, steps=steps)

    def set(self, at: Any, v: Any) -> E:
        starts, sizes, steps = self._starts(at)
        return self.p.op("update", self, self.p.real(v), *starts, sizes=sizes, steps=steps)

    def add_at(self, at: Any, v: Any) -> E:
        starts, sizes, steps = self._starts(at)
        return self.p.op("accumulate", self, self.p.real(v), *starts, sizes=sizes, steps=steps)


class Program:
    """A function under construction."""

    def __init__(self, types: Sequence[Any]) -> None:
        self.block = Block(list(types))
        self.b = Builder(self.block)
        self.params = [E(self, a) for a in self.block.args]

    def op(self, name: str, *xs: E, **attrs: Any) -> E:
        return E(self, self.b(name, *(x.v for x in xs), **attrs))

    def integer(self, x: Any) -> E:
        return x if isinstance(x, E) else E(self, self.b.dim(x))

    def real(self, x: Any) -> E:
        return x if isinstance(x, E) else E(self, self.b.float(float(x)))

    def truth(self, x: Any) -> E:
        return x if isinstance(x, E) else E(self, self.b.bool(x))

    def match(self, x: E, other: Any) -> tuple[E, E]:
        y = other if isinstance(other, E) else E(self, self.b.filled(other, x.v.array))
        if x.v.shape == y.v.shape:
            return x, y
        if not y.v.shape:
            return x, E(self, self.b.full(y.v, x.v.shape))
        return E(self, self.b.full(x.v, y.v.shape)), y

    def zeros(self, *shape: Any) -> E:
        return E(self, self.b.zeros(vec(*shape)))

    def empty(self, *shape: Any) -> E:
        return self.op("empty", dtype=F64, shape=vec(*shape).shape)

    def f(self, name: str, *xs: E) -> E:
        return self.op(name, *xs)

    def real_of(self, x: E) -> E:
        return self.op("cast", x, dtype=F64)

    def sum(self, x: E) -> E:
        return self.op("reduce_sum", x, axes=tuple(range(len(x.v.shape))))

    def dot(self, x: E, y: E) -> E:
        return self.sum(x * y)

    def bind(self, n: E, name: str) -> Any:
        self.b.emit("bind_dim", [n.v], {"symbol": name})
        return symbol(name)

    def _region(self, block: Block, run: Callable[[], list[E]]) -> Block:
        with self.b.at(block):
            self.b.yield_(*(x.v for x in run()))
        return block

    def if_(self, cond: E, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
        arms = [self._region(Block(), lambda f=f: self._list(f())) for f in (then, other)]
        return self._unpack(self.b.emit("if", [cond.v], {}, arms).results)

    def for_(
        self, start: Any, stop: Any, init: Sequence[Any], body: Callable[..., Any], step: int = 1, exits: bool = False
    ) -> Any:
        """A counted loop; with `exits` the body returns whether to go on before the state."""
        init = [self.real(x) for x in init]
        block = Block([INT, *(x.v.type for x in init)])
        self._region(block, lambda: self._list(body(*(E(self, a) for a in block.args))))
        bounds = [self.integer(start).v, self.integer(stop).v, self.b.int(step)]
        attrs = {"counted": True, "exits": exits, "parallel": False}
        return self._unpack(self.b.emit("loop", [*bounds, *(x.v for x in init)], attrs, [block]).results)

    def do_while(self, init: Sequence[Any], body: Callable[..., Any]) -> Any:
        init = [self.real(x) for x in init]
        block = Block([x.v.type for x in init])
        self._region(block, lambda: self._list(body(*(E(self, a) for a in block.args))))
        attrs = {"counted": False, "exits": True, "parallel": False}
        return self._unpack(self.b.emit("loop", [x.v for x in init], attrs, [block]).results)

    def while_(self, init: Sequence[Any], cond: Callable[..., E], body: Callable[..., Any]) -> Any:
        """`while cond: body`, as the frontend writes it."""

        def trip(*state: E) -> list[E]:
            def stop() -> list[E]:
                return [self.truth(False), *state]

            def go() -> list[E]:
                return [self.truth(True), *self._list(body(*state))]

            return self._list(self.if_(cond(*state), go, stop))

        return self.do_while(init, trip)

    def _list(self, xs: Any) -> list[E]:
        return [
            self.real(x) if not isinstance(x, bool) else self.truth(x)
            for x in (xs if isinstance(xs, (list, tuple)) else [xs])
        ]

    def _unpack(self, results: Sequence[Value]) -> Any:
        out = [E(self, r) for r in results]
        return out[0] if len(out) == 1 else out


def build(types: Sequence[Any], function: Callable[..., Any], name: str = "f") -> Func:
    """The verified function that `function(p, *params)` describes; it returns one or several values."""
    p = Program(types)
    p.b.return_(*(x.v for x in p._list(function(p, *p.params))))
    func = Func(name, p.block)
    verify(func)
    return func
