"""What JAX's and NumPy's functions that call a function at once do to shapes: loops, scans, branches, maps of rows.

`IMMEDIATE` says what each kind gives; what makes a function of a function is in `transforms`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.codes import CARRY, TRANSFORM
from tangra.checker.dispatch import call
from tangra.checker.heap import DictCell, ListCell, Native, Value
from tangra.checker.library import array_operation
from tangra.checker.transforms import map_tensors, tensors_in
from tangra.shape_rules import operators as array_operators
from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, shape_text
from tangra.shapes import Dim, Size

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator


def _row(ev: Evaluator, value: Value, sizes: list[Size], node: ast.AST | None) -> Value:
    """The structure with the leading axis of every array indexed away."""

    def first(tensor: Tensor) -> Value:
        if tensor.shape:
            size = tensor.size(0)
            if size is not None:
                sizes.append(size)
        return array_operation(
            ev, node, lambda array: array_operators.getitem(ev.ctx, array, ev.ctx.fresh("i")), (tensor,)
        )

    return map_tensors(value, first)


def differs(ev: Evaluator, before: Value, after: Value) -> str | None:
    """How a carried value certainly changed, in words; None if it may not have."""
    structure = _other_structure(before, after)
    if structure is not None:
        return f"the carry is {structure[0]} and comes back as {structure[1]}"
    old, new = tensors_in(before), tensors_in(after)
    if len(old) != len(new):
        return None
    for left, right in zip(old, new, strict=True):
        if left.dims is None or right.dims is None:
            continue
        if len(left.dims) != len(right.dims) or any(
            ev.ctx.truth(Equal(a, b)) is False for a, b in zip(left.dims, right.dims, strict=True)
        ):
            return f"the carry has shape {shape_text(left.dims)} and comes back with {shape_text(right.dims)}"
        if left.dtype and right.dtype and left.dtype != right.dtype and not left.weak and not right.weak:
            return f"the carry has dtype {left.dtype} and comes back with {right.dtype}"
    return None


def _other_structure(before: Value, after: Value) -> tuple[str, str] | None:
    """What two values are, in words, if they certainly differ in how tuples, dicts and arrays are put together."""
    kinds = _branch(before), _branch(after)
    if None in kinds:
        return None
    if kinds[0] != kinds[1]:
        return _structure_text(before), _structure_text(after)
    pairs = zip(_parts(before), _parts(after), strict=True)
    return next((found for found in (_other_structure(a, b) for a, b in pairs) if found is not None), None)


def _branch(value: Value) -> object:
    """What a value is as a node of a tree: equal for nodes of one kind; None if nobody knows."""
    if value is None:
        return "None"
    if type(value) is tuple:
        return "tuple", len(value)
    if type(value) is ListCell:
        return None if value.items is None or value.kind != "list" else ("list", len(value.items))
    if type(value) is DictCell:
        return None if value.entries is None else ("dict", *sorted(map(str, value.entries)))
    is_leaf = isinstance(value, Tensor | Dim | int | float | bool)
    return "array" if is_leaf or (isinstance(value, Unknown) and value.kind in ("int", "float", "bool")) else None


def _parts(value: Value) -> list[Value]:
    if type(value) is DictCell:
        return [part for _, part in sorted((value.entries or {}).items(), key=lambda pair: str(pair[0]))]
    if type(value) is ListCell:
        return list(value.items or ())
    return list(value) if type(value) is tuple else []


def _structure_text(value: Value) -> str:
    if type(value) is tuple or type(value) is ListCell:
        return f"a {'tuple' if type(value) is tuple else 'list'} of {len(_parts(value))} parts"
    if type(value) is DictCell:
        return f"a dict of {', '.join(map(repr, value.entries or ()))}"
    return "None" if value is None else f"an array of shape {value}" if isinstance(value, Tensor) else "a number"


def scan(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.scan(f, init, xs, length)`."""
    given = dict(zip(("f", "init", "xs", "length"), args, strict=False)) | kwargs
    function, carry, xs = given.get("f", UNKNOWN), given.get("init", UNKNOWN), given.get("xs")
    sizes: list[Size] = []
    result = call(ev, function, [carry, _row(ev, xs, sizes, node)], {}, node)
    count: Size | None = sizes[0] if sizes else given.get("length")
    for other in sizes[1:]:
        if ev.ctx.truth(Equal(sizes[0], other)) is False and node is not None:
            message = f"scan runs over arrays whose leading sizes {sizes[0]} and {other} differ"
            ev.failed(Failure(TRANSFORM, message, "ValueError"), node, xs)
    if not isinstance(result, tuple) or len(result) != 2:
        return UNKNOWN
    changed = differs(ev, carry, result[0])
    if changed is not None and node is not None:
        ev.failed(Failure(CARRY, f"scan: {changed}", "TypeError"), node, carry)
        return UNKNOWN
    length = count if isinstance(count, int | Dim) and not isinstance(count, bool) else ev.ctx.fresh("n")
    stacked = map_tensors(
        result[1], lambda tensor: tensor.like(None if tensor.shape is None else (length, *tensor.shape))
    )
    return result[0], stacked


def fori_loop(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.fori_loop(lower, upper, body, init)`."""
    given = dict(zip(("lower", "upper", "body_fun", "init_val"), args, strict=False)) | kwargs
    carry = given.get("init_val", UNKNOWN)
    result = call(ev, given.get("body_fun", UNKNOWN), [Tensor("jax", (), "int32"), carry], {}, node)
    return _same_carry(ev, "fori_loop", carry, result, node)


def while_loop(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.while_loop(cond, body, init)`."""
    given = dict(zip(("cond_fun", "body_fun", "init_val"), args, strict=False)) | kwargs
    carry = given.get("init_val", UNKNOWN)
    call(ev, given.get("cond_fun", UNKNOWN), [carry], {}, node)
    result = call(ev, given.get("body_fun", UNKNOWN), [carry], {}, node)
    return _same_carry(ev, "while_loop", carry, result, node)


def _same_carry(ev: Evaluator, name: str, carry: Value, result: Value, node: ast.AST | None) -> Value:
    changed = differs(ev, carry, result)
    if changed is not None and node is not None:
        ev.failed(Failure(CARRY, f"{name}: {changed}", "TypeError"), node, carry)
        return UNKNOWN
    return result


def cond(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.cond(pred, true_fun, false_fun, *operands)`."""
    from tangra.checker.joining import join

    if len(args) < 3:
        return UNKNOWN
    with ev.guarded():
        yes = call(ev, args[1], args[3:], {}, node)
        no = call(ev, args[2], args[3:], {}, node)
    changed = differs(ev, yes, no)
    if changed is not None and node is not None:
        shapes = [shape_text(tensor.shape) for value in (yes, no) for tensor in tensors_in(value)[:1]]
        message = f"the branches of cond return different shapes: {' and '.join(shapes)}"
        ev.failed(Failure(CARRY, message, "TypeError"), node, (yes, no))
        return UNKNOWN
    return join(yes, no, ev.joined_size)


def map_rows(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.map(f, xs)`."""
    if len(args) < 2:
        return UNKNOWN
    sizes: list[Size] = []
    result = call(ev, args[0], [_row(ev, args[1], sizes, node)], {}, node)
    length: Size = sizes[0] if sizes else ev.ctx.fresh("n")
    return map_tensors(result, lambda tensor: tensor.like(None if tensor.shape is None else (length, *tensor.shape)))


def apply_along_axis(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`apply_along_axis(f, axis, array, *more)`: what the function gives of a vector stands where its axis was."""
    given = dict(zip(("func1d", "axis", "arr"), args, strict=False)) | {
        word: kwargs[word] for word in ("func1d", "axis", "arr") if word in kwargs
    }
    array, axis = given.get("arr", UNKNOWN), given.get("axis", UNKNOWN)
    rest = {word: value for word, value in kwargs.items() if word not in given}
    if not isinstance(array, Tensor) or not isinstance(axis, int):
        return UNKNOWN
    place = array.place(axis)
    size = None if place is None else array.size(place)
    if place is None or size is None or array.dims is None:
        return UNKNOWN
    row = array.like((size,))
    result = call(ev, given.get("func1d", UNKNOWN), [row, *args[3:]], rest, node)
    before, after = array.dims[:place], array.dims[place + 1 :]
    if isinstance(result, Tensor):
        return Tensor(array.library, None if result.dims is None else (*before, *result.dims, *after), result.dtype)
    return Tensor(array.library, (*before, *after), None) if isinstance(result, int | float) else UNKNOWN


def associative_scan(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.associative_scan(fn, elems)`: what the function makes of two parts is like them."""
    given = dict(zip(("fn", "elems", "reverse", "axis"), args, strict=False)) | kwargs
    elements = given.get("elems", UNKNOWN)
    result = call(ev, given.get("fn", UNKNOWN), [elements, elements], {}, node)
    return _same_carry(ev, "associative_scan", elements, result, node)


def eval_shape(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.eval_shape(f, *args)`: the shapes of the result."""
    return call(ev, args[0], args[1:], kwargs, node) if args else UNKNOWN


def pure_callback(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.pure_callback(f, result_shape_dtypes, *args)`: what is promised."""
    return args[1] if len(args) > 1 else kwargs.get("result_shape_dtypes", UNKNOWN)


def tree_map(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.tree.map(f, tree, *rest)`: leaf by leaf where the trees have one structure."""
    if len(args) < 2:
        return UNKNOWN
    rows = [tensors_in(tree) for tree in args[1:]]
    if len({len(row) for row in rows}) > 1:
        return UNKNOWN
    made = [call(ev, args[0], list(leaves), {}, node) for leaves in zip(*rows, strict=True)]
    results = iter(made)
    return map_tensors(args[1], lambda tensor: next(results, UNKNOWN))


def jvp(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jvp(f, primals, tangents)`: the result, and its tangent, which is like it."""
    given = dict(zip(("func", "primals", "tangents"), args, strict=False)) | kwargs
    primals = given.get("primals", UNKNOWN)
    primals = tuple(primals.items or ()) if isinstance(primals, ListCell) and primals.items else primals
    if not isinstance(primals, tuple) or len(given) > 3:
        return UNKNOWN
    result = call(ev, given.get("func", UNKNOWN), list(primals), {}, node)
    return result, map_tensors(result, lambda tensor: tensor.like(tensor.shape))


def vjp(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`vjp(f, *primals)`: the result, and a function of its cotangent that gives what is like the primals."""
    if kwargs or len(args) < 2:
        return UNKNOWN
    primals = tuple(args[1:])
    result = call(ev, args[0], list(primals), {}, node)
    back = tuple(map_tensors(primal, lambda tensor: tensor.like(tensor.shape)) for primal in primals)
    return result, Native("vjp", lambda ev, call: back)


def identity(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.jit(f, ...)` and its like: the function itself; without a function, a decorator."""
    return args[0] if args else Native("decorator", lambda ev, call: call.args[0] if call.args else UNKNOWN)


def switch(ev: Evaluator, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """`jax.lax.switch(index, branches, *operands)`: what the branches have in common."""
    from tangra.checker.iteration import elements
    from tangra.checker.joining import join_all

    branches = elements(ev, args[1]) if len(args) > 1 else None
    if branches is None:
        return UNKNOWN
    with ev.guarded():
        return join_all([call(ev, each, args[2:], {}, node) for each in branches], ev.joined_size)


IMMEDIATE: dict[str, Callable[..., Value]] = {
    "jvp": jvp,
    "vjp": vjp,
    "scan": scan,
    "fori_loop": fori_loop,
    "while_loop": while_loop,
    "cond": cond,
    "map": map_rows,
    "apply_along_axis": apply_along_axis,
    "associative_scan": associative_scan,
    "eval_shape": eval_shape,
    "pure_callback": pure_callback,
    "tree_map": tree_map,
    "identity": identity,
    "switch": switch,
}
