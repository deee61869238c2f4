"""What JAX's and torch's transformations do to the shapes of a function's arguments and results.

`PARAMETERS` names the options of each kind after the function; `CALLS` says what calling the result gives.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.codes import TRANSFORM
from tangra.checker.dispatch import call
from tangra.checker.flax_modules import VARIABLES
from tangra.checker.heap import DictCell, Instance, ListCell, Value
from tangra.checker.library import Transformed, array_operation
from tangra.shape_rules.broadcasting import broadcast_shapes
from tangra.shape_rules.context import Equal
from tangra.shape_rules.failures import Failure, RuleError
from tangra.shape_rules.values import UNKNOWN, Record, Tensor, Unknown, Variadic, shape_text
from tangra.shapes import Dim, Size

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

PARAMETERS: dict[str, tuple[str, ...]] = {
    "vmap": ("in_axes", "out_axes", "axis_name"),
    "vectorize": ("otypes", "doc", "excluded", "cache", "signature"),
    "grad": ("argnums", "has_aux"),
    "value_and_grad": ("argnums", "has_aux"),
    "jacobian": ("argnums", "has_aux"),
    "hessian": ("argnums", "has_aux"),
}

SYNONYMS = {"in_dims": "in_axes", "out_dims": "out_axes"}
"""torch's words for JAX's options."""


def of_same_shapes(value: Value) -> Value:
    """The structure again, with other elements: what is known of parameters as a whole stays."""
    if isinstance(value, Instance) and value.cls.dotted == VARIABLES:
        return value
    return map_tensors(value, lambda tensor: tensor.like(tensor.shape))


def map_tensors(value: Value, change: Callable[[Tensor], Value]) -> Value:
    """`value` with every array in it replaced."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Record):
        return Record(value.names, [map_tensors(item, change) for item in value])
    if isinstance(value, tuple):
        return tuple(map_tensors(item, change) for item in value)
    if isinstance(value, ListCell):
        if value.items is None:
            return ListCell(None, value.kind, map_tensors(value.element, change))
        return ListCell([map_tensors(item, change) for item in value.items], value.kind)
    if isinstance(value, DictCell) and value.entries is not None:
        return DictCell({key: map_tensors(item, change) for key, item in value.entries.items()}, value.kind)
    if isinstance(value, Instance):
        made = Instance(value.cls)
        settings = () if value.cls.rule is None else (int, float, Dim)
        made.fields = {  # the numbers of a library's layer are settings, others may be leaves
            name: item if isinstance(item, settings) else map_tensors(item, change)
            for name, item in value.fields.items()
        }
        return made
    return UNKNOWN if isinstance(value, int | float | Dim) and not isinstance(value, bool) else value


def tensors_in(value: Value) -> list[Tensor]:
    """All arrays in a structure, in order."""
    found: list[Tensor] = []

    def keep(tensor: Tensor) -> Value:
        found.append(tensor)
        return tensor

    map_tensors(value, keep)
    return found


def _call(ev: Evaluator, function: Value, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    return call(ev, function, args, kwargs, node)


def _axes_of(in_axes: Value, args: list[Value]) -> list[Value] | None:
    if isinstance(in_axes, ListCell):
        in_axes = in_axes.items
    if in_axes is None or isinstance(in_axes, Unknown):
        return None
    if isinstance(in_axes, tuple):
        return list(in_axes) if len(in_axes) == len(args) else None
    return [in_axes] * len(args)


def _vmap(ev: Evaluator, made: Transformed, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """Each mapped axis leaves the arguments and has one size; the results get it in front."""
    axes = _axes_of(made.options.get("in_axes", 0), args)
    if axes is None:
        return UNKNOWN
    sizes: list[tuple[Size, str]] = []
    try:
        given = [
            _without_axis(ev, arg, axis, f"argument {number}", sizes)
            for number, (arg, axis) in enumerate(zip(args, axes, strict=True))
        ]
        named = {name: _without_axis(ev, arg, 0, f"argument `{name}`", sizes) for name, arg in kwargs.items()}
        for size, name in sizes[1:]:
            first, first_name = sizes[0]
            message = f"vmap maps {first_name} over {first} entries and {name} over {size}"
            ev.ctx.require(Equal(first, size), Failure(TRANSFORM, message, "ValueError"))
    except RuleError as error:
        if node is not None:
            ev.failed(error.failure, node, (tuple(args),))
        return UNKNOWN
    result = _call(ev, made.function, given, named, node)
    count: Size = sizes[0][0] if sizes else ev.ctx.fresh("n")
    return _with_axes(result, made.options.get("out_axes", 0), count)


def _with_axes(result: Value, out: Value, count: Size) -> Value:
    """The results with the mapped axis where `out_axes` says, which may say it for each of them."""
    out = tuple(out.items) if isinstance(out, ListCell) and out.items is not None else out
    if isinstance(out, tuple) and isinstance(result, tuple) and len(out) == len(result):
        return tuple(_with_axes(part, axis, count) for part, axis in zip(result, out, strict=True))
    if out is None:
        return result

    def with_axis(tensor: Tensor) -> Value:
        if tensor.shape is None or not isinstance(out, int):
            return tensor.like(None)
        if out == 0:
            return tensor.like((count, *tensor.shape))
        if tensor.dims is None:
            return tensor.like(None)
        place = out if out >= 0 else len(tensor.shape) + 1 + out
        return tensor.like((*tensor.shape[:place], count, *tensor.shape[place:]))

    return map_tensors(result, with_axis)


def _without_axis(ev: Evaluator, value: Value, axis: Value, name: str, sizes: list[tuple[Size, str]]) -> Value:
    if axis is None:
        return value
    parts = axis.items if isinstance(axis, ListCell) else axis
    if isinstance(parts, list | tuple) and isinstance(value, tuple) and len(parts) == len(value):
        return tuple(_without_axis(ev, part, own, name, sizes) for part, own in zip(value, parts, strict=True))
    if isinstance(axis, DictCell) and isinstance(value, DictCell) and axis.entries and value.entries:
        entries = value.entries.items()
        return DictCell({key: _without_axis(ev, one, axis.entries.get(key), name, sizes) for key, one in entries})
    if not isinstance(axis, int):
        for each in tensors_in(value):
            del each
        return UNKNOWN if isinstance(value, Tensor) else map_tensors(value, lambda tensor: tensor.like(None))

    def drop(tensor: Tensor) -> Value:
        if tensor.shape is None:
            return tensor
        dims = tensor.dims
        if dims is not None and not -len(dims) <= axis < len(dims):
            message = f"vmap maps axis {axis} of {name}, whose shape is {shape_text(dims)}"
            raise RuleError(Failure(TRANSFORM, message, "ValueError"))
        place = tensor.place(axis)
        if place is None or isinstance(tensor.shape[place], Variadic):
            return tensor.like(None)
        size = tensor.shape[place]
        assert not isinstance(size, Variadic)
        sizes.append((size, name))
        return tensor.like((*tensor.shape[:place], *tensor.shape[place + 1 :]))

    return map_tensors(value, drop)


def _vectorize(
    ev: Evaluator, made: Transformed, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """A function of numbers for each element of arrays, which broadcast; how many results it has, one call shows."""
    if kwargs or made.options.keys() - {"otypes", "doc", "cache"}:
        return UNKNOWN
    arrays = [arg for arg in args if isinstance(arg, Tensor)]
    if not arrays or not all(isinstance(arg, Tensor | int | float) for arg in args):
        return UNKNOWN
    shape = array_operation(
        ev, node, lambda given: broadcast_shapes(ev.ctx, [one.shape for one in given], "vectorize: "), (arrays,)
    )
    with ev.guarded():
        result = _call(ev, made.function, [UNKNOWN for _ in args], {}, node)
    if not isinstance(shape, tuple):
        return UNKNOWN
    one = Tensor(arrays[0].library, shape, None)
    return (one,) * len(result) if isinstance(result, tuple) else one


def _grad(ev: Evaluator, made: Transformed, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None) -> Value:
    """The gradient has the shapes of what it is taken of; the function has to return a scalar."""
    result = _call(ev, made.function, args, kwargs, node)
    aux = made.options.get("has_aux", False)
    value = result[0] if aux is True and isinstance(result, tuple) and len(result) == 2 else result
    if isinstance(value, Tensor) and value.dims and node is not None and aux is not UNKNOWN:
        message = f"gradients are of functions that return one number; this one returns shape {shape_text(value.dims)}"
        ev.failed(Failure(TRANSFORM, message, "TypeError"), node, value)
        return UNKNOWN
    numbers = made.options.get("argnums", 0)
    numbers = numbers.items if isinstance(numbers, ListCell) else numbers
    picked: Value = UNKNOWN
    if made.options.get("argnames") is not None:
        numbers = UNKNOWN
    if isinstance(numbers, int) and numbers < len(args):
        picked = args[numbers]
    elif isinstance(numbers, tuple) and all(isinstance(n, int) and n < len(args) for n in numbers):
        picked = tuple(args[number] for number in numbers)
    picked = tuple(map(of_same_shapes, picked)) if type(picked) is tuple else of_same_shapes(picked)
    if made.kind == "value_and_grad":
        return result, picked
    if made.kind == "grad_and_value":
        return picked, result
    return (picked, result[1]) if aux is True and isinstance(result, tuple) and len(result) == 2 else picked


def _jacobian(
    ev: Evaluator, made: Transformed, args: list[Value], kwargs: dict[str, Value], node: ast.AST | None
) -> Value:
    """For every array of the result and every one differentiated by, an array with the axes of both."""
    result = _call(ev, made.function, args, kwargs, node)
    numbers = made.options.get("argnums", 0)
    numbers = tuple(numbers.items or ()) if isinstance(numbers, ListCell) else numbers
    wanted = numbers if isinstance(numbers, tuple) else (numbers,)
    if made.options.get("has_aux", False) is not False or not all(
        isinstance(number, int) and -len(args) <= number < len(args) for number in wanted
    ):
        return UNKNOWN
    times = 2 if made.kind == "hessian" else 1

    def over(tensor: Tensor, by: tuple[Tensor, ...]) -> Value:
        if len(by) == times:
            shapes = [each.shape for each in (tensor, *by)]
            return tensor.like(None if None in shapes else tuple(size for shape in shapes for size in shape or ()))
        rows = [map_tensors(args[number], lambda each: over(tensor, (*by, each))) for number in wanted]
        return tuple(rows) if isinstance(numbers, tuple) else rows[0]

    return map_tensors(result, lambda tensor: over(tensor, ()))


CALLS: dict[str, Callable[..., Value]] = {
    "vmap": _vmap,
    "vectorize": _vectorize,
    "grad": _grad,
    "grad_and_value": _grad,
    "value_and_grad": _grad,
    "jacobian": _jacobian,
    "hessian": _jacobian,
}
