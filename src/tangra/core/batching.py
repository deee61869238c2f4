"""`tg.vmap` inside compiled code: one lane is traced, then run for all by a loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tangra.api.values import AbstractValue, ArrayValue, Const, DictValue, InstanceValue, ListValue, TupleValue
from tangra.core import stages, subtrace
from tangra.core.application import Application
from tangra.core.copies import Copies
from tangra.core.subtrace import trace
from tangra.core.trees import Flattener, Leaf, Node, Tree, build, copy, current, numbers
from tangra.errors import ShapeMismatchError, TypeMismatchError, declare
from tangra.frontend import attributes, classes, containers
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.failures import end_path
from tangra.ir import ArrayType, Block, Value
from tangra.shapes import Size
from tangra.transforms import vmap as lanes
from tangra.transforms.checkpoint_segments import bind_sizes, sizes

BAD_AXES = declare("TG801", "in_axes or out_axes of vmap that don't fit the arguments or results")
NO_BATCH = declare("TG802", "vmap without a batched argument, or with sizes that differ")

AXES = "give each argument an int, None, or axes for its parts in its own structure"

Axes = dict[int, int | None]


def vmap(call: Application) -> AbstractValue:
    """`tg.vmap(f, in_axes, out_axes)(*args)`. Keyword arguments are mapped along axis 0."""
    ev, args, kwargs, options = call.ev, call.args, call.kwargs, call.options
    flat = Flattener(ev)
    trees = {key: flat.add(v, f"argument {key}") for key, v in [*enumerate(args), *kwargs.items()]}
    axes: Axes = {}
    in_axes = options.get("in_axes", 0)
    for k in range(len(args)):
        spec = in_axes[k] if isinstance(in_axes, tuple | list) and _per_argument(ev, in_axes, len(args)) else in_axes
        _spread(ev, trees[k], spec, axes)
    for name in kwargs:
        _spread(ev, trees[name], 0, axes)
    values = [current(ev, leaf) for leaf in flat.leaves]
    size = _common_size(ev, values, axes, flat.paths)
    mapped = [k for k in range(len(values)) if axes.get(k) is not None]
    copies = Copies(ev, flat)

    def arguments(block: Block) -> tuple[list[AbstractValue], dict[str, AbstractValue]]:
        lane = {k: block.add_arg(_lane_type(values[k].array, axes[k]), "") for k in mapped}
        fresh: list[AbstractValue] = []
        copies.made.clear()
        for k, leaf in enumerate(flat.leaves):
            if isinstance(leaf, ArrayValue):
                fresh.append(copies.of(leaf, lane.get(k, values[k]), flat.paths[k]))
            else:
                fresh.append(leaf)
        shared = {key for key, tree in trees.items() if lane.keys().isdisjoint(numbers(tree))}
        built = {key: (copy if key in shared else build)(ev, tree, fresh) for key, tree in trees.items()}
        return [built[k] for k in range(len(args))], {name: built[name] for name in kwargs}

    sub = trace(ev, call.function, arguments, copies, "vmap")
    stages.note("before vmap", sub.func)
    func = lanes(sub.func, [axes[k] for k in mapped] + [None] * len(sub.captured), size)
    lengths = sizes(ev.b, bind_sizes(func.body))
    stages.note("after vmap", func)
    results = subtrace.call(ev, func, [*(values[k] for k in mapped), *sub.captured, *lengths])
    if sub.ends:
        end_path(ev)
    found = results[: len(sub.leaves)]
    tree = _with_flags(ev, sub.tree, size, found)
    out_axes: Axes = {}
    _spread(ev, tree, options.get("out_axes", 0), out_axes)
    stacked = [_moved(ev, v, out_axes.get(k), k) for k, v in enumerate(found)]
    leaves: list[AbstractValue] = []
    for k, v in enumerate(stacked):
        first = sub.first[k] if k < len(sub.first) else k
        same = first < k and out_axes.get(first) == out_axes.get(k)
        leaves.append(leaves[first] if same else ev.result(v))
    return build(ev, tree, leaves, {}) if len(set(out_axes.values())) <= 1 else build(ev, tree, leaves)


def _with_flags(ev: Evaluator, tree: Tree, size: Size, found: list[Value]) -> Tree:
    """The structure of the results of all lanes, of which bools are leaves, too, known or not; adds the values of known
    ones to those `found`."""
    if isinstance(tree, Node):
        children = tuple(_with_flags(ev, child, size, found) for child in tree.children)
        return replace(tree, children=children)
    if isinstance(tree, Const) and isinstance(tree.value, bool):
        found.append(ev.b.full(ev.b.bool(tree.value), (size,)))
        return Leaf(len(found) - 1)
    return tree


def _per_argument(ev: Evaluator, in_axes: Sequence[Any], count: int) -> bool:
    if len(in_axes) != count:
        ev.error(
            TypeMismatchError,
            f"vmap: in_axes has {len(in_axes)} entries for {count} positional arguments",
            code=BAD_AXES,
            fix="give one entry for each positional argument, or one for all",
        )
    return True


def _spread(ev: Evaluator, tree: Tree, spec: Any, axes: Axes) -> None:
    """Give every leaf below `tree` its axis; a container in `spec` is matched part by part."""
    if isinstance(tree, Leaf):
        if not (spec is None or isinstance(spec, int)):
            ev.error(TypeMismatchError, f"vmap: an axis is an int or None, not {spec!r}", code=BAD_AXES, fix=AXES)
        axes[tree.number] = spec
        return
    if not isinstance(tree, Node):
        return
    parts = _parts(tree, spec)
    if parts is None or len(parts) != len(tree.children):
        ev.error(TypeMismatchError, "vmap: axes and value have different structures", code=BAD_AXES, fix=AXES)
    for child, part in zip(tree.children, parts, strict=True):
        _spread(ev, child, part, axes)


def _parts(tree: Node, spec: Any) -> list[Any] | None:
    """What the axes of a container say of its parts; None where they are of another structure."""
    if spec is None or isinstance(spec, int):
        return [spec] * len(tree.children)
    if isinstance(spec, dict):
        return [spec[name] for name in tree.names] if set(spec) == set(tree.names) else None
    if isinstance(spec, tuple | list):
        return list(spec) if tree.form in ("tuple", "list") else None
    if tree.form == "instance" and type(spec) is tree.cls:
        return [getattr(spec, name, None) for name in tree.names]
    return None


def _common_size(ev: Evaluator, values: Sequence[Value], axes: Axes, paths: Sequence[str]) -> Size:
    size: Size | None = None
    for k, v in enumerate(values):
        axis = axes.get(k)
        if axis is None:
            continue
        rank = v.array.rank
        if not -rank <= axis < rank:
            ev.error(
                ShapeMismatchError,
                f"vmap: {paths[k]} has {rank} axes, so axis {axis} can't be mapped",
                code=BAD_AXES,
                fix="use None in in_axes for what all lanes share",
            )
        axes[k] = axis % rank
        here = v.shape[axis % rank]
        size = here if size is None else ev.require_equal(size, here, "sizes of the mapped axes")
    if size is None:
        ev.error(
            TypeMismatchError,
            "vmap: no argument is mapped",
            code=NO_BATCH,
            fix="give at least one argument an axis in in_axes",
        )
    return size


def _lane_type(type: ArrayType, axis: int | None) -> ArrayType:
    assert axis is not None
    return ArrayType(type.dtype, (*type.shape[:axis], *type.shape[axis + 1 :]))


def _moved(ev: Evaluator, v: Value, axis: int | None, number: int) -> Value:
    """Bring the lanes from the front to the axis asked for."""
    rank = v.array.rank
    if axis is None or not -rank <= axis < rank:
        ev.error(ShapeMismatchError, f"vmap: out_axes {axis} for a result with {rank} axes", code=BAD_AXES)
    axis %= rank
    if axis == 0:
        return v
    order = list(range(1, rank))
    order.insert(axis, 0)
    return ev.b("transpose", v, perm=tuple(order))


def static_tree(ev: Evaluator, v: AbstractValue, what: str) -> Any:
    """An axes specification (ints, None, containers of them) as a Python value."""
    if isinstance(v, TupleValue):
        return tuple(static_tree(ev, item, what) for item in v.items)
    if isinstance(v, ListValue):
        return [static_tree(ev, item, what) for item in ev.iterate(v) or ()]
    if isinstance(v, (DictValue, InstanceValue)):
        if isinstance(v, DictValue):
            pairs = containers.pairs_of(ev, v)
        else:
            pairs = [(name, attributes.get(ev, v, name)) for name in classes.attribute_names(ev, v)]
        return {name: static_tree(ev, item, what) for name, item in pairs}
    return v.value if isinstance(v, Const) else ev.static(v, what)
