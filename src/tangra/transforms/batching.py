"""`vmap`: a function over a batch, by a parallel loop whose trips are the lanes.

Every lane runs the original body on its part of the inputs, control flow included, and writes its part of the outputs.
What doesn't depend on a batched input is computed once, before the loop. Straight-line code with products of arrays is
batched directly (`batch_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tangra.ir import I64, ArrayType, Block, Builder, Func, Op, Value, scalar
from tangra.ir.graph import clone_func
from tangra.ir.mentions import symbols_of_op, symbols_of_type
from tangra.shapes import Size
from tangra.transforms.batch_rules import direct_batch
from tangra.transforms.errors import TransformError
from tangra.transforms.rules import copy_op, of_lanes, strip_state


def vmap(func: Func, in_axes: Sequence[int | None], size: Size) -> Func:
    """`func` over `size` lanes.

    Parameter k has an axis of `size` more, at `in_axes[k]`, unless that is None: then all lanes share it. Every result
    has an axis of `size` in front. Raises `TransformError` where the shape of something would differ between lanes.
    """
    return _Batch(clone_func(func), in_axes, size).run()


class _Batch:
    def __init__(self, func: Func, in_axes: Sequence[int | None], size: Size) -> None:
        self.func = func
        self.in_axes = list(in_axes)
        self.size = size
        self.b = Builder()
        self.mapping: dict[int, Value] = {}

    def run(self) -> Func:
        func, b = self.func, self.b
        params = self.params()
        made = Func(f"vmap_{func.name}", b.block, of_lanes(func))
        if direct_batch(func, params, self.in_axes, self.size, b):
            return made
        lanes_ops = self.shared(func.body.ops[:-1])
        outs = [b.emit("empty", [], {"dtype": v.dtype, "shape": (self.size, *v.shape)}).result for v in func.returned]
        body = Block([scalar(I64), *(o.type for o in outs)])
        lane, *state = body.args
        with b.at(body):
            self.slices(params, lane)
            for op in lanes_ops:
                strip_state(copy_op(b, op, self.mapping))
            b.yield_(*(self.stored(out, v, lane) for out, v in zip(state, func.returned, strict=True)))
        bounds = [b.int(0), b.dim(self.size), b.int(1)]
        attrs = {"counted": True, "exits": False, "parallel": True}
        results = b.emit("loop", [*bounds, *outs], attrs, [body]).results if outs or lanes_ops else []
        b.return_(*results)
        return made

    def params(self) -> list[Value]:
        """The new function's parameters."""
        made = []
        for p, axis in zip(self.func.params, self.in_axes, strict=True):
            type = p.array
            if axis is not None:
                type = ArrayType(type.dtype, (*type.shape[:axis], self.size, *type.shape[axis:]))
            made.append(self.b.block.add_arg(type, p.name))
            if axis is None:
                self.mapping[id(p)] = made[-1]
        return made

    def shared(self, ops: Sequence[Op]) -> list[Op]:
        """Emit what all lanes have in common; the operations that are left for the lanes.

        Failing checks stay in the lanes, since no lanes means no failure, but for those in front of a size.
        """
        lanes = {id(p) for p, axis in zip(self.func.params, self.in_axes, strict=True) if axis is not None}
        last = max((k for k, op in enumerate(ops) if op.name == "bind_dim"), default=-1)
        outside = symbols_of_type([v.type for v in self.func.returned])
        sizes: set[str] = set()  # symbols that differ between lanes
        left = []
        for k, op in enumerate(ops):
            if self.common(op, lanes, k < last) and not (sizes and sizes & symbols_of_op(op)):
                copy_op(self.b, op, self.mapping)
                continue
            if op.name == "bind_dim":
                if op.attrs["symbol"] in outside:
                    raise TransformError(
                        "the size of a result depends on the lane of vmap",
                        op.span,
                        "return what has one size in all lanes: a reduction, or an array of the largest size",
                    )
                sizes.add(op.attrs["symbol"])
            left.append(op)
            lanes.update(id(r) for r in op.results)
        return left

    def common(self, op: Op, lanes: set[int], sized: bool) -> bool:
        """Whether `op` is the same for all lanes and may run before them."""
        if op.name == "tape_new":
            return True
        inner = [o for r in op.regions for o in r.walk()]
        inner += [o for f in _called([op, *inner], {}) for o in f.body.walk()]
        names = [*op.operands, *(v for o in inner for v in o.operands)]
        if any(id(v) in lanes for v in names):
            return False
        effects = [o for o in (op, *inner) if o.defn.effect and o.name != "bind_dim"]
        if any(o.name in ("tape_push", "tape_pop") for o in effects):
            return False
        return not effects or sized

    def slices(self, params: Sequence[Value], lane: Value) -> None:
        """Give the body its lane of every batched input."""
        for p, whole, axis in zip(self.func.params, params, self.in_axes, strict=True):
            if axis is not None:
                starts = [lane if k == axis else self.b.int(0) for k in range(len(whole.shape))]
                sizes = tuple(None if k == axis else n for k, n in enumerate(whole.shape))
                steps = (1,) * len(sizes)
                self.mapping[id(p)] = self.b("index", whole, *starts, sizes=sizes, steps=steps)

    def stored(self, out: Value, v: Value, lane: Value) -> Value:
        """`out` with this lane's result."""
        value = self.mapping.get(id(v), v)
        starts = [lane, *(self.b.int(0) for _ in v.shape)]
        sizes = (None, *v.shape)
        return self.b("update", out, value, *starts, sizes=sizes, steps=(1,) * len(sizes))


def _called(ops: Iterable[Op], found: dict[int, Func]) -> list[Func]:
    """The functions that `ops` run, directly or through others, each once."""
    for op in ops:
        callee = op.attrs.get("callee") or op.attrs.get("primal")
        if isinstance(callee, Func) and id(callee) not in found:
            found[id(callee)] = callee
            _called(callee.body.walk(), found)
    return list(found.values())
