"""Small arrays in loops that can run in vectors become numbers.

A lane of a vector holds a number, not an array of three: `d = pos[j] - pos[i]` in a loop over j keeps that from running
in vectors, where three numbers don't. So in innermost loops whose trips meet in totals only (`independence`), arrays of
up to four elements are taken apart: what they are made from is read element by element, and what becomes of the loop's
totals is put together behind it. An array that an operation needs as a whole stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tangra.ir import ArrayType, Block, Builder, Func, Op, Value
from tangra.shapes import prod
from tangra.transforms.activity import carried_args, is_float
from tangra.transforms.folding import scalar_constant
from tangra.transforms.independence import only_totals
from tangra.transforms.small_fields import split_small_fields

LARGEST = 4
"""Elements of an array that is taken apart."""
MOST_READ = 16
"""Elements of one that is read for a product."""
LONGEST = 200
"""Operations of a loop's body that is still looked at."""
REDUCTIONS = {"reduce_sum": "add", "reduce_prod": "mul", "reduce_max": "maximum", "reduce_min": "minimum"}
EXTREMA = ("reduce_max", "reduce_min")
REARRANGED = ("broadcast", "reshape", "transpose", "concat")
WRITES = ("update", "accumulate")
Elements = np.ndarray[Any, Any]
"""An array of values, one for each element."""


def split_small_arrays(func: Func) -> bool:
    """Take them apart in all such loops of `func`, in place. Returns whether there were any. Loops with an extremum of
    more than two elements are left as they are: its derivative is shared out among ties as one of two by two is not."""
    return _split(func, 2)


def split_small_extrema(func: Func) -> bool:
    """The same where nothing is differentiated any more: also loops with such extrema, and what these keep on tapes."""
    fields = split_small_fields(func, lambda op: _innermost(op) and only_totals(op), _small)
    return _split(func, LARGEST) or fields


def _split(func: Func, most_compared: int) -> bool:
    changed = False
    for block in [func.body, *(region for op in func.body.walk() for region in op.regions)]:
        for op in list(block.ops):
            if op.name == "loop" and _innermost(op) and only_totals(op):
                changed |= _Apart(op, most_compared).rewrite(block)
    return changed


def _innermost(op: Op) -> bool:
    if not op.attrs["counted"] or op.attrs["exits"] or op.attrs.get("totals"):
        return False
    inner = list(op.regions[0].walk())
    if len(inner) > LONGEST or any(each.name == "loop" for each in inner):
        return False
    return any(_small(v) for v in (*carried_args(op), *(v for each in inner for v in each.results)))


def _size(v: Value) -> int | None:
    """The elements of an array of known size; None of others, and of scalars."""
    size = prod(v.shape) if isinstance(v.type, ArrayType) and v.type.shape else None
    return size if isinstance(size, int) else None


def _small(v: Value) -> bool:
    size = _size(v)
    return size is not None and 1 <= size <= LARGEST


class _Apart:
    """A loop, and which of its arrays are taken apart. `elements`: what stands for those so far. `most_compared`: the
    elements of an extremum."""

    def __init__(self, loop: Op, most_compared: int) -> None:
        self.loop, self.body = loop, loop.regions[0]
        self.most_compared = most_compared
        self.elements: dict[int, Elements] = {}
        values = [*carried_args(loop), *(v for op in self.body.walk() for v in op.results)]
        self.small = {id(v): v for v in values if _small(v)}
        self.replaced: dict[int, Value] = {}
        self.gone: list[Op] = []  # kept until the end, so that no new value gets the id of a gone one
        while kept := [v for v in self._whole() if id(v) in self.small]:
            for v in kept:
                self.small.pop(id(v), None)
        self.b = Builder()

    # ---- which ones --------------------------------------------------------------------------------------------------
    def _whole(self) -> Iterator[Value]:
        """Arrays that are needed as they are."""
        for op in self.body.walk():
            if not op.defn.terminator and not self._splits(op):
                yield from (*op.operands, *op.results)
            if op.name == "if":
                for region in op.regions:
                    yield from self._stay(region.terminator.operands, op.results)
        yield from self._stay(self.body.terminator.operands, carried_args(self.loop))

    def _stay(self, given: Sequence[Value], places: Sequence[Value]) -> Iterator[Value]:
        return (v for v, place in zip(given, places, strict=True) if id(place) not in self.small)

    def _splits(self, op: Op) -> bool:
        """Whether an operation that has to do with small arrays can be done element by element."""
        made, used = (any(id(v) in self.small for v in values) for values in (op.results, op.operands))
        if not (made or used) or op.name in ("undef", "empty", "constant", "if"):
            return True
        if op.name in WRITES:
            base, value, *starts = op.operands
            if id(base) in self.small or id(op.result) in self.small:
                return id(base) in self.small and id(op.result) in self.small and _known(starts)
            return id(value) in self.small
        if op.name == "index":
            fits = not op.result.shape or id(op.result) in self.small
            return fits and (id(op.operands[0]) not in self.small or _known(op.operands[1:]))
        if op.defn.effect or len(op.results) != 1 or not (made or not op.result.shape):
            return False
        if op.name in REDUCTIONS:
            (x,) = op.operands
            compared = prod(x.shape[k] for k in op.attrs["axes"]) if op.name in EXTREMA and is_float(x) else 1
            fits = isinstance(compared, int) and compared <= self.most_compared
            return fits and id(x) in self.small and op.result.dtype == x.dtype
        if op.name == "dot_general":
            sizes = [_size(v) if v.shape else 1 for v in op.operands]
            return is_float(op.result) and all(n is not None and 1 <= n <= MOST_READ for n in sizes)
        return op.defn.elementwise or (op.name in REARRANGED and all(_size(v) != 0 for v in op.operands))

    def _works_on_arrays(self) -> bool:
        """Whether arrays would still be made in the loop, so that it can't run in vectors."""
        rest = (
            v
            for op in self.body.walk()
            if op.name not in (*WRITES, "if")
            for v in op.results
            if isinstance(v.type, ArrayType) and v.shape
        )
        return any(id(v) not in self.small for v in rest)

    # ---- rewriting ---------------------------------------------------------------------------------------------------
    def rewrite(self, block: Block) -> bool:
        """Take them apart, and put the loop's results together behind it in `block`."""
        if not self.small or self._works_on_arrays():
            return False
        header = len(self.loop.operands) - len(self.loop.results)
        args, starts = self.body.args[:1], self.loop.operands[:header]
        ends: list[Value] = []
        joined: list[tuple[Value, list[Value]]] = []
        self.b.block, self.b.span = Block(), self.loop.span
        for arg, init, result in zip(
            carried_args(self.loop), self.loop.operands[header:], self.loop.results, strict=True
        ):
            if id(arg) not in self.small:
                args, starts, ends = [*args, arg], [*starts, init], [*ends, result]
                continue
            parts = self._parts(arg, self.body)
            self.elements[id(arg)] = parts
            args += list(parts.flat)
            starts += list(self._of(init).flat)
            ends += list(self._parts(result, self.loop).flat)
            joined.append((result, ends[-parts.size :]))
        before, self.b.block = self.b.block, Block()
        for result, pieces in joined:
            self._join(result, pieces)
        at = next(k for k, each in enumerate(block.ops) if each is self.loop)
        block.ops[at : at + 1] = [*before.ops, self.loop, *self.b.block.ops]
        self._block(self.body, carried_args(self.loop))
        self.body.args, self.loop.operands, self.loop.results = args, starts, ends
        return True

    def _parts(self, v: Value, owner: Op | Block) -> Elements:
        """New numbers in the place of a result or an argument."""
        made = np.empty(v.shape, dtype=object)
        for place in np.ndindex(*v.shape):
            made[place] = Value(ArrayType(v.dtype, ()), owner, v.name)
        return made

    def _join(self, result: Value, parts: Sequence[Value]) -> None:
        """Write the array of `parts` that is known as `result`."""
        row = self.b.emit("concat", [self.b("reshape", part, shape=(1,)) for part in parts], {"axis": 0})
        whole = row if len(result.shape) == 1 else self.b.emit("reshape", row.results, {"shape": result.shape})
        self._become(whole, result)

    @staticmethod
    def _become(op: Op, result: Value) -> None:
        op.results, result.owner = [result], op

    def _block(self, block: Block, places: Sequence[Value]) -> None:
        """Rewrite a block that yields to `places`."""
        old, block.ops = block.ops, []
        with self.b.at(block):
            for op in old[:-1]:
                with self.b.spanned(op.span):
                    self._op(op)
            end, yielded = old[-1], list[Value]()
            for v, place in zip(map(self._current, end.operands), places, strict=True):
                yielded += list(self._of(v).flat) if id(place) in self.small else [v]
            end.operands = yielded
            block.ops.append(end)

    def _current(self, v: Value) -> Value:
        return self.replaced.get(id(v), v)

    def _op(self, op: Op) -> None:
        op.operands = [self._current(v) for v in op.operands]
        self.gone.append(op)
        if op.name == "if":
            for region in op.regions:
                self._block(region, op.results)
        if not any(id(v) in self.small for v in (*op.operands, *op.results)):
            self.b.block.ops.append(op)
        elif op.name == "if":
            self.b.block.ops.append(op)
            for v in op.results:
                if id(v) in self.small:
                    self.elements[id(v)] = self._parts(v, op)
            op.results = [e for v in op.results for e in (self.elements[id(v)].flat if id(v) in self.small else [v])]
        elif op.name in WRITES and id(op.operands[0]) not in self.small:
            self._write(op)
        else:
            found = self._made(op)
            if id(op.result) in self.small:
                self.elements[id(op.result)] = found
            else:
                self.replaced[id(op.result)] = found.item()

    def _of(self, v: Value) -> Elements:
        """The elements of an array, read where it is not taken apart; a scalar is the only one of its own."""
        if id(v) in self.elements:
            return self.elements[id(v)]
        found = np.empty(v.shape, dtype=object)
        made = v.defining_op
        if not v.shape or (made is not None and made.name == "broadcast" and not made.operands[0].shape):
            found[...] = v if made is None or v.shape == () else made.operands[0]
            return found
        for place in np.ndindex(*v.shape):
            if made is not None and made.name == "constant":
                found[place] = self.b.const(made.attrs["value"][place], v.dtype)
            else:
                one = {"sizes": (None,) * len(place), "steps": (1,) * len(place)}
                found[place] = self.b("index", v, *map(self.b.int, place), **one)
        return found

    def _made(self, op: Op) -> Elements:
        """What becomes of the elements in an operation."""
        if op.name in ("undef", "empty", "constant"):
            return self._new(op)
        if op.name == "index":
            return self._read(op)
        if op.name in WRITES:
            return self._written(op)
        given = [self._of(v) for v in op.operands]
        if op.name == "dot_general":
            return self._product(op, *given)
        if op.name in REDUCTIONS:
            return self._reduced(op, given[0])
        if op.name in REARRANGED:
            return _rearranged(op, given)
        return self._each(op.result.shape, lambda at: self.b(op.name, *(e[at] for e in given), **op.attrs))

    def _each(self, shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Value]) -> Elements:
        found = np.empty(shape, dtype=object)
        for at in np.ndindex(*shape):
            found[at] = make(at)
        return found

    def _new(self, op: Op) -> Elements:
        if op.name != "constant":
            type = ArrayType(op.result.dtype, ())
            return self._each(op.result.shape, lambda _: self.b("undef", type=type))
        data = op.attrs["value"]
        return self._each(op.result.shape, lambda at: self.b.const(data[at], op.result.dtype))

    def _places(self, op: Op, starts: Sequence[Value], shape: tuple[int, ...]) -> Iterator[tuple[Any, list[Value]]]:
        """Of every element of a window its place there, and in the array."""
        axes = [k for k, size in enumerate(op.attrs["sizes"]) if size is not None]
        for at in np.ndindex(*shape):
            moved = dict(zip(axes, at, strict=True))
            yield (
                at,
                [
                    self.b("add", start, self.b.int(moved[k] * step)) if moved.get(k) else start
                    for k, (start, step) in enumerate(zip(starts, op.attrs["steps"], strict=True))
                ],
            )

    def _read(self, op: Op) -> Elements:
        base, *starts = op.operands
        if id(base) in self.small:
            return np.asarray(self.elements[id(base)][_window(op, starts)], dtype=object)
        one = {"sizes": (None,) * len(starts), "steps": (1,) * len(starts)}
        found = np.empty(op.result.shape, dtype=object)
        for at, places in self._places(op, starts, op.result.shape):
            found[at] = self.b("index", base, *places, **one)
        return found

    def _written(self, op: Op) -> Elements:
        base, value, *starts = op.operands
        found = self.elements[id(base)].copy()
        window, given = _window(op, starts), self._of(value)
        if op.name == "accumulate":
            was = np.broadcast_to(np.asarray(found[window], dtype=object), given.shape)
            given = self._each(given.shape, lambda at: self.b("add", was[at], given[at]))
        found[window] = given if given.shape else given.item()
        return found

    def _write(self, op: Op) -> None:
        """Write a small array into a larger one, element by element."""
        base, value, *starts = op.operands
        given = self._of(value)
        attrs = {**op.attrs, "sizes": (None,) * len(starts), "steps": (1,) * len(starts)}
        for at, places in self._places(op, starts, value.shape):
            last = self.b.emit(op.name, [base, given[at], *places], attrs)
            base = last.result
        self._become(last, op.result)

    def _reduced(self, op: Op, given: Elements) -> Elements:
        axes = op.attrs["axes"]
        kept = [k for k in range(given.ndim) if k not in axes]
        rows = given.transpose([*kept, *axes]).reshape([*(given.shape[k] for k in kept), -1])
        return self._each(rows.shape[:-1], lambda at: self._total(REDUCTIONS[op.name], list(rows[at])))

    def _total(self, name: str, terms: Sequence[Value]) -> Value:
        total = terms[0]
        for term in terms[1:]:
            total = self.b(name, total, term)
        return total

    def _product(self, op: Op, x: Elements, y: Elements) -> Elements:
        """Rows of the first operand times columns of the second, batch by batch."""
        (cx, cy), (bx, by) = op.attrs["contract"], op.attrs["batch"]
        fx, fy = ([k for k in range(e.ndim) if k not in (*c, *b)] for e, c, b in ((x, cx, bx), (y, cy, by)))
        rows, columns = x.transpose([*bx, *fx, *cx]), y.transpose([*by, *fy, *cy])
        nb, nx = len(bx), len(fx)
        rows = rows.reshape([*rows.shape[: nb + nx], -1])
        columns = columns.reshape([*columns.shape[: nb + len(fy)], -1])

        def one(at: tuple[int, ...]) -> Value:
            row, column = rows[at[: nb + nx]], columns[(*at[:nb], *at[nb + nx :])]
            return self._total("add", [self.b("mul", a, b) for a, b in zip(row, column, strict=True)])

        return self._each(op.result.shape, one)


def _known(starts: Sequence[Value]) -> bool:
    return all(scalar_constant(v) is not None for v in starts)


def _window(op: Op, starts: Sequence[Value]) -> tuple[int | slice, ...]:
    """The part of an array that an access with known starts names."""
    window: list[int | slice] = []
    for start, size, step in zip(map(scalar_constant, starts), op.attrs["sizes"], op.attrs["steps"], strict=True):
        assert start is not None
        first = int(start)
        end = None if size is None else first + size * step
        window.append(first if size is None else slice(first, end if end is None or end >= 0 else None, step))
    return tuple(window)


def _rearranged(op: Op, given: list[Elements]) -> Elements:
    shape = op.result.shape
    if op.name == "concat":
        return np.concatenate(given, axis=op.attrs["axis"])
    if op.name == "reshape":
        return given[0].reshape(shape)
    if op.name == "transpose":
        return given[0].transpose(op.attrs["perm"])
    dims = list(op.attrs["dims"])
    ordered = given[0].transpose(sorted(range(len(dims)), key=lambda k: dims[k]))
    aligned = ordered.reshape([given[0].shape[dims.index(k)] if k in dims else 1 for k in range(len(shape))])
    return np.broadcast_to(aligned, shape)
