"""Annotations in jaxtyping's notation: checked against the values they are given, for all sizes at once.

A call is traced for the sizes it has; where the traced function's parameters are annotated, it is traced once more with
symbolic sizes made from the annotations (`symbolic_arguments`): two sizes that are equal only by chance are an error.
"""

from __future__ import annotations

import ast
import sys
import types
from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number
from tangra.api.values import AbstractValue, ArrayValue, ListValue, TupleValue
from tangra.errors import ShapeMismatchError, TangraError, TypeMismatchError
from tangra.frontend import conversion, diagnostics
from tangra.frontend.policy import python_error_class
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    LiveSpec,
    MethodSpec,
    PartialSpec,
    SameSpec,
    TupleSpec,
)
from tangra.ir import ArrayType
from tangra.shapes import Size, symbol
from tangra.shapes.errors import ShapeError
from tangra.shapes.jaxtyping_strings import DimStringError
from tangra.shapes.matching import NO_BINDINGS, Bindings, declare, match

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator
    from tangra.frontend.source import Definition

_HINTS: dict[int, tuple[ast.expr, Any]] = {}


def python_class(name: str) -> type[TangraError]:
    """The diagnostic class that is also the Python exception `name`."""
    return python_error_class(name)


def hint_of(node: ast.expr | None, namespace: dict[str, Any]) -> Any:
    """The jaxtyping class that an annotation names; None for any other annotation."""
    if node is None or not any(isinstance(n, (ast.Subscript, ast.Name)) for n in ast.walk(node)):
        return None
    known = _HINTS.get(id(node))
    if known is None or known[0] is not node:
        _HINTS[id(node)] = known = node, _evaluate(node, namespace)
    return known[1]


def _is_shape(value: Any) -> bool:
    """Whether an annotation is a class of jaxtyping's, which the program has imported then; importing it takes long."""
    library = sys.modules.get("jaxtyping")
    return library is not None and isinstance(value, type) and issubclass(value, library.AbstractArray)


def _evaluate(node: ast.expr, namespace: dict[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    try:
        value = eval(compile(ast.Expression(node), "<annotation>", "eval"), namespace)
    except Exception:  # an annotation that can't be evaluated here says nothing
        return None
    return value if _is_shape(value) else None


def check_parameters(ev: Evaluator, definition: Definition, values: dict[str, AbstractValue]) -> None:
    """Check the parameters of a call; the frame remembers what the names of dims stand for."""
    args = definition.node.args
    for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs):
        hint = hint_of(arg.annotation, definition.globals)
        if hint is not None and arg.arg in values:
            with ev.at(arg):
                check(ev, hint, values[arg.arg], f"the parameter {arg.arg}")


def check_return(ev: Evaluator, definition: Definition, value: AbstractValue) -> None:
    """Check the result of a call."""
    hint = hint_of(getattr(definition.node, "returns", None), definition.globals)
    if hint is not None:
        with ev.at(definition.node.returns):  # type: ignore[union-attr, arg-type]
            check(ev, hint, value, f"the result of {definition.name}")


def check_local(ev: Evaluator, node: ast.AnnAssign, value: AbstractValue) -> None:
    """Check an annotated assignment."""
    assert ev.frame is not None
    hint = hint_of(node.annotation, ev.frame.definition.globals)
    if hint is not None:
        assert isinstance(node.target, ast.Name)
        check(ev, hint, value, node.target.id)


def check(ev: Evaluator, hint: Any, value: AbstractValue, what: str) -> None:
    """Check one value; ShapeMismatchError or TypeMismatchError naming both sides."""
    if not isinstance(value, ArrayValue):
        if (is_number(value) and hint.dim_str.strip()) or isinstance(value, (TupleValue, ListValue)):
            ev.error(
                TypeMismatchError,
                f"{what} is annotated {hint.__name__}, but it is {conversion.describe(ev, value)}",
                code=diagnostics.ANNOTATION,
            )
        return
    dtypes = getattr(hint, "dtypes", None)
    name = value.type.dtype.numpy
    if isinstance(dtypes, (list, tuple)) and name not in dtypes:
        ev.error(
            TypeMismatchError,
            f"{what} is annotated {hint.__name__}, but its dtype is {name}",
            code=diagnostics.ANNOTATION,
        )
    frame = ev.frame
    assert frame is not None
    try:
        frame.bindings = match(hint.dim_str, value.type.shape, frame.bindings, ev.facts, ev.require_equal)
    except ShapeError as e:
        ev.error(ShapeMismatchError, f"{what} is annotated {hint.__name__}: {e}", code=diagnostics.ANNOTATION)
    except DimStringError as e:
        ev.error(ShapeMismatchError, f"the annotation of {what}: {e}", code=diagnostics.ANNOTATION)


def holds_arrays(spec: ArgSpec) -> bool:
    """Whether an argument has arrays in it, or what may reach some."""
    if isinstance(spec, (TupleSpec, ListSpec, DictSpec, InstanceSpec)):
        return any(holds_arrays(item) for item in spec.items)
    return isinstance(spec, (ArraySpec, SameSpec, LiveSpec, MethodSpec, PartialSpec))


def symbolic_arguments(
    function: Any, roots: dict[int | str, ArgSpec], definition: Definition | None
) -> dict[int | str, ArgSpec] | None:
    """The arguments with symbolic dims where annotations name them; None if no annotation does."""
    if definition is None or not isinstance(function, types.FunctionType):
        return None
    args = definition.node.args
    positional = [*args.posonlyargs, *args.args]
    bindings: Bindings = NO_BINDINGS
    found = dict(roots)
    general = False
    taken: set[str] = set()

    def fresh(hint: str) -> Size:
        name, k = hint or "dim", 1
        while name in taken:
            k += 1
            name = f"{hint or 'dim'}_{k}"
        taken.add(name)
        return symbol(name)

    for key, spec in roots.items():
        arg = positional[key] if isinstance(key, int) and key < len(positional) else None
        if isinstance(key, str):
            arg = next((a for a in (*args.args, *args.kwonlyargs) if a.arg == key), None)
        hint = hint_of(arg.annotation, definition.globals) if arg is not None else None
        if hint is None or not isinstance(spec, ArraySpec):
            if holds_arrays(spec):
                return None  # sizes of these would stay as they are, which need not fit all sizes of the others
            continue
        try:
            shape, bindings = declare(hint.dim_str, spec.type.rank, bindings, fresh)
        except (ShapeError, DimStringError):
            return None
        general = general or any(not isinstance(d, int) for d in shape)
        found[key] = ArraySpec(ArrayType(spec.type.dtype, shape), None)
    return found if general else None
