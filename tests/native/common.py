"""Building IR functions by hand, and running them both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tangra.ops  # noqa: F401  (fills the table of operations)
from tangra.ir import ArrayType, Block, Builder, Func, Type, Value
from tangra.ir.interpreter import interpret
from tangra.native import NativeFunction, NativeOptions, compile_func

OPTIONS = NativeOptions(memory_limit=1 << 30, tape_limit=1 << 28)


def build(types: Sequence[Type], body: Callable[..., Any], name: str = "f", **attrs: Any) -> Func:
    """A function of parameters of `types` that returns what `body(builder, *params)` does."""
    block = Block(list(types))
    b = Builder(block)
    results = body(b, *block.args)
    b.return_(*(results if isinstance(results, (tuple, list)) else [results]))
    return Func(name, block, attrs)


def region(b: Builder, types: Sequence[Type], body: Callable[..., Sequence[Value]]) -> Block:
    """A block of a region whose `yield` is what `body(*args)` returns."""
    block = Block(list(types))
    with b.at(block):
        b.yield_(*body(*block.args))
    return block


def if_(
    b: Builder, cond: Value, then: Callable[[], Sequence[Value]], other: Callable[[], Sequence[Value]]
) -> list[Value]:
    return b.emit("if", [cond], {}, [region(b, [], then), region(b, [], other)]).results


def for_(
    b: Builder,
    start: Value | int,
    stop: Value | int,
    init: Sequence[Value],
    body: Callable[..., Sequence[Value]],
    step: int = 1,
    exits: bool = False,
) -> list[Value]:
    """A counted loop; `body(i, *carried)` returns the next carried values (after `stay` with `exits`)."""
    bounds = [b.int(x) if isinstance(x, int) else x for x in (start, stop, step)]
    block = region(b, [bounds[0].type, *(v.type for v in init)], body)
    return b.emit("loop", [*bounds, *init], {"counted": True, "exits": exits, "parallel": False}, [block]).results


def while_(b: Builder, init: Sequence[Value], body: Callable[..., Sequence[Value]]) -> list[Value]:
    """do … while: `body(*carried)` returns stay and the next carried values."""
    block = region(b, [v.type for v in init], body)
    return b.emit("loop", list(init), {"counted": False, "exits": True, "parallel": False}, [block]).results


def at(b: Builder, x: Value, *index: Value | int) -> Value:
    """An element."""
    starts = [b.int(i) if isinstance(i, int) else i for i in index]
    return b("index", x, *starts, sizes=(None,) * len(starts), steps=(1,) * len(starts))


def put(b: Builder, x: Value, v: Value, *index: Value | int, op: str = "update") -> Value:
    """An element replaced, or added to."""
    starts = [b.int(i) if isinstance(i, int) else i for i in index]
    return b(op, x, v, *starts, sizes=(None,) * len(starts), steps=(1,) * len(starts))


def slice_(b: Builder, x: Value, start: Value | int, size: Any, step: int = 1) -> Value:
    """A slice of the first axis."""
    rest = len(x.shape) - 1
    starts = [b.int(start) if isinstance(start, int) else start, *[b.int(0)] * rest]
    return b("index", x, *starts, sizes=(size, *x.shape[1:]), steps=(step, *[1] * rest))


def put_slice(b: Builder, x: Value, v: Value, start: Value | int, step: int = 1, op: str = "update") -> Value:
    """A slice of the first axis replaced, or added to."""
    rest = len(x.shape) - 1
    starts = [b.int(start) if isinstance(start, int) else start, *[b.int(0)] * rest]
    return b(op, x, v, *starts, sizes=v.shape, steps=(step, *[1] * rest))


def full(b: Builder, value: float, shape: tuple[Any, ...]) -> Value:
    return b.full(b.float(value), shape)


def native(func: Func, **options: Any) -> NativeFunction:
    """The function compiled, with small limits of memory."""
    fields = {"memory_limit": OPTIONS.memory_limit, "tape_limit": OPTIONS.tape_limit, **options}
    return compile_func(func, options=NativeOptions(**fields))


def outcome(run: Callable[[], Any]) -> Any:
    """The results, or the exception's class and text, and what it says the parameters hold."""
    try:
        return run()
    except Exception as error:
        return type(error), str(error), getattr(error, "tangra_state", None)


def same(found: Any, wanted: Any, rtol: float) -> None:
    """Assert that two results are equal in type, dtype, shape and value."""
    assert type(found) is type(wanted)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-300)


def check(func: Func, *args: Any, rtol: float = 1e-13, compiled: NativeFunction | None = None) -> NativeFunction:
    """Run `func` natively and by the interpreter: same results, or the same exception; arguments not in `written`
    unchanged, those in it as the interpreter's results."""
    compiled = compiled or native(func)
    with np.errstate(all="ignore"):
        wanted = outcome(lambda: interpret(func, args))
    copies = [np.array(a) for a in args]
    given = [np.array(a) if isinstance(a, np.ndarray) else a for a in args]
    found = outcome(lambda: compiled(given))
    if isinstance(wanted, tuple):
        assert isinstance(found, tuple), f"{wanted[:2]} expected"
        assert found[:2] == wanted[:2]
        for k, value in wanted[2].items():
            np.testing.assert_allclose(given[k], value, rtol=rtol, atol=1e-300)
        return compiled
    assert isinstance(found, list), found
    written = dict(func.attrs.get("written", ()))
    for k, (f, w) in enumerate(zip(found, wanted, strict=True)):
        same(f, w, rtol)
    for k, (now, before) in enumerate(zip(given, copies, strict=True)):
        if k in written:
            np.testing.assert_allclose(now, wanted[written[k]], rtol=rtol)
            assert found[written[k]] is now
        else:
            np.testing.assert_array_equal(now, before)
    assert found is not None
    fresh = [f for k, f in enumerate(found) if isinstance(f, np.ndarray) and k not in written.values()]
    for f in fresh:
        assert not any(isinstance(g, np.ndarray) and np.shares_memory(f, g) for g in given)
    return compiled


def f64(*shape: Any) -> ArrayType:
    from tangra.ir import F64

    return ArrayType(F64, tuple(shape))
