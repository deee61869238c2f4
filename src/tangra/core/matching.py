"""Tangents and cotangents beside their primals: the same structure, shapes and dtypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from tangra.api.elementwise import is_number
from tangra.api.values import AbstractValue, ArrayValue, Const
from tangra.core.arguments import is_float
from tangra.core.spelling import spelled_shape
from tangra.core.trees import Flattener, Leaf, Node, Tree, current
from tangra.errors import TypeMismatchError, declare
from tangra.frontend.evaluator import Evaluator
from tangra.ir import Value

TANGENT_MISMATCH = declare("TG807", "tangents or cotangents that don't fit their primals")


def matching(
    ev: Evaluator,
    given: AbstractValue,
    tree: Tree,
    leaves: Sequence[AbstractValue],
    values: Mapping[int, Value],
    what: str,
) -> dict[int, Value]:
    """The leaves of tangents or cotangents `given`, by the number of the primal leaf in `leaves` that they belong to.

    `tree` is the structure of the primal, `values` the primal leaves' values, whose shapes and dtypes the result has.
    None stands for zeros, and what is given for leaves that are no floats is not looked at.
    """
    flat = Flattener(ev)
    found: dict[int, Value] = {}
    _align(ev, flat.add(given, what), tree, flat, leaves, values, what, found)
    return found


def _align(
    ev: Evaluator,
    given: Tree,
    tree: Tree,
    flat: Flattener,
    leaves: Sequence[AbstractValue],
    values: Mapping[int, Value],
    what: str,
    found: dict[int, Value],
) -> None:
    if isinstance(tree, Const):
        return
    if isinstance(tree, Node):
        if isinstance(given, Const) and given.value is None:
            for child in tree.children:
                _align(ev, given, child, flat, leaves, values, what, found)
        elif isinstance(given, Node) and (given.form, given.names) == (tree.form, tree.names):
            if len(given.children) != len(tree.children):
                _mismatch(ev, what, f"a {given.form} of {len(given.children)}", f"one of {len(tree.children)}")
            for part, child in zip(given.children, tree.children, strict=True):
                _align(ev, part, child, flat, leaves, values, what, found)
        else:
            _mismatch(ev, what, _form(given), _form(tree))
        return
    value = values[tree.number]
    if not is_float(ev, leaves[tree.number]) or (isinstance(given, Const) and given.value is None):
        found[tree.number] = ev.b.zeros(value.array)
        return
    t = flat.leaves[given.number] if isinstance(given, Leaf) else None
    if t is None or not (is_number(t) or isinstance(t, ArrayValue)):
        _mismatch(ev, what, _form(given), "one number or array")
    v = current(ev, t)
    if len(v.shape) != len(value.shape) or any(
        a != b for a, b in zip(v.shape, value.shape, strict=True) if isinstance(a, int) and isinstance(b, int)
    ):
        shapes = [spelled_shape(each.shape) for each in (v, value)]
        ev.error(
            TypeMismatchError,
            f"a {what} of shape {shapes[0]} for a value of shape {shapes[1]}",
            code=TANGENT_MISMATCH,
            fix=f"give the {what} the shape of its primal",
        )
    if v.shape != value.shape:
        for a, b in zip(v.shape, value.shape, strict=True):
            ev.require_equal(a, b, f"sizes of a {what} and of its primal")
        v = ev.b("reshape", v, shape=value.shape)
    found[tree.number] = v if v.dtype == value.dtype else ev.b("cast", v, dtype=value.dtype)


def _form(tree: Tree) -> str:
    if isinstance(tree, Node):
        return f"a {tree.form} of {len(tree.children)}"
    return "one number or array" if isinstance(tree, Leaf) else f"the constant {tree.value!r}"


def _mismatch(ev: Evaluator, what: str, given: str, wanted: str) -> NoReturn:
    ev.error(
        TypeMismatchError,
        f"the {what} does not have the structure of its primal: it is {given}, the primal {wanted}",
        code=TANGENT_MISMATCH,
        fix="give it the same containers; None stands for zeros",
    )
