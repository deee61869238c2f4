"""Annotations of arrays: jaxtyping's notation, and what callers and returns have to fit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.checker.alternatives import distribute
from tangra.checker.codes import ANNOTATION
from tangra.checker.dispatch import evaluate
from tangra.checker.evaluator import Frame, PythonRaise
from tangra.checker.heap import ClassCell, FunctionCell, LibraryName, ListCell, ModuleCell, Native, OneOf, Scope, Value
from tangra.checker.structure import parameters
from tangra.shape_rules.failures import Failure, RuleError
from tangra.shape_rules.values import UNKNOWN, Item, Tensor, Unknown, Variadic
from tangra.shapes import (
    NO_BINDINGS,
    AnnotationError,
    AnonymousDim,
    Bindings,
    DimSpec,
    DimStringError,
    EllipsisDim,
    ExpressionDim,
    FixedDim,
    NamedDim,
    ShapeError,
    Size,
    SizeTooComplex,
    VariadicDim,
    match,
    parse_dims,
    symbol,
    symbols_of,
)

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

ARRAYS = {
    "torch.Tensor": "torch",
    "torch.FloatTensor": "torch",
    "torch.LongTensor": "torch",
    "torch.nn.Parameter": "torch",
    "numpy.ndarray": "numpy",
    "numpy.typing.NDArray": "numpy",
    "jax.Array": "jax",
    "jax.numpy.ndarray": "jax",
    "jaxtyping.Array": "jax",
    "chex.Array": "jax",
}
"""The classes of arrays that annotations name, and their libraries."""

EXACT = {
    f"{word}{bits}": f"{word.lower()}{bits}"
    for word, widths in {
        "Float": (16, 32, 64),
        "Int": (8, 16, 32, 64),
        "UInt": (8, 16, 32, 64),
        "Complex": (64, 128),
    }.items()
    for bits in widths
} | {"Bool": "bool", "BFloat16": "bfloat16"}
"""jaxtyping's words that name one dtype."""

WORDS = frozenset(
    {*EXACT, *["Shaped", "Num", "Inexact", "Float", "Complex", "Integer", "UInt", "Int", "Real", "Key", "Scalar"]}
)


@dataclass(frozen=True)
class ArrayAnnotation:
    """`Float[Tensor, "B C"]`."""

    library: str | None
    dtype: str | None
    specs: tuple[DimSpec, ...]
    text: str


@dataclass(frozen=True, eq=False)
class Generic:
    """`List[int]`, `Optional[...]` and their like. `made_by`: the builtin that makes objects of `list[int]`."""

    name: str
    args: tuple[Value, ...]
    made_by: Value = None


def subscripted(ev: Evaluator, owner: Value, index: Value, node: ast.AST) -> Value:
    """`owner[index]` where the owner is a class or a library's name: a type."""
    if isinstance(owner, ClassCell):
        members = owner.fields.get("$members")
        if isinstance(members, tuple):
            return next((member for member in members if member.fields["name"] == index), UNKNOWN)
        return owner
    parts = index if isinstance(index, tuple) else (index,)
    if isinstance(owner, Native):
        return Generic(owner.name.rpartition(".")[2], tuple(parts), owner)
    assert isinstance(owner, LibraryName)
    package, _, word = owner.dotted.rpartition(".")
    if package == "jaxtyping" and word in WORDS and len(parts) == 2:
        return _array_annotation(word, parts[0], parts[1])
    if word == "Annotated" and parts:
        return next((part for part in parts if isinstance(part, ArrayAnnotation)), parts[0])
    if word in ("Optional", "Union"):
        return ListCell((*parts, *([None] if word == "Optional" else [])), "union")
    if word in ("Generic", "Protocol"):
        return ListCell(parts, "generic")
    return Generic(word, tuple(parts))


def _array_annotation(word: str, base: Value, text: Value) -> Value:
    if isinstance(base, ArrayAnnotation) and isinstance(text, str):  # Float[Image, "b"]: axes are put in front
        try:
            return ArrayAnnotation(
                base.library, EXACT.get(word, base.dtype), parse_dims(f"{text} {base.text}"), base.text
            )
        except DimStringError:
            return UNKNOWN
    if not isinstance(text, str):
        return UNKNOWN
    library = ARRAYS.get(base.dotted) if isinstance(base, LibraryName) else None
    try:
        return ArrayAnnotation(library, EXACT.get(word), parse_dims(text), text)
    except DimStringError:
        return UNKNOWN


def alternatives(value: Value) -> tuple[Value, ...]:
    """The members of a union, or the annotation itself."""
    if isinstance(value, ListCell) and value.kind == "union":
        return tuple(inner for item in value.items or () for inner in alternatives(item))
    return (value,)


def annotation_value(ev: Evaluator, node: ast.expr | None, scope: Scope) -> Value:
    """What an annotation means where it stands; unknown for what is no type of ours."""
    if node is None:
        return UNKNOWN
    key = (node, None if isinstance(scope, ModuleCell) else scope)
    if key not in ev.annotations:
        ev.annotations[key] = _evaluated(ev, node, scope)
    return ev.annotations[key]


def _evaluated(ev: Evaluator, node: ast.expr, scope: Scope) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return UNKNOWN
    ev.frames.append(Frame(None, scope, None, None))
    try:
        with ev.silence():
            return evaluate(ev, node)
    except PythonRaise:
        return UNKNOWN
    finally:
        ev.frames.pop()


def array_annotations(ev: Evaluator, function: FunctionCell) -> dict[str, ArrayAnnotation]:
    """The parameters annotated with one array type."""
    scope = function.scope
    if not (isinstance(scope, ModuleCell) or scope.is_class):
        return _array_parameters(ev, function)
    known: dict[str, ArrayAnnotation] | None = ev.array_parameters.get((function.node, scope))
    if known is None:
        known = ev.array_parameters[function.node, scope] = _array_parameters(ev, function)
    return known


def _array_parameters(ev: Evaluator, function: FunctionCell) -> dict[str, ArrayAnnotation]:
    found = {}
    for parameter in parameters(function.node):
        if isinstance(parameter.annotation, ast.Subscript | ast.Name | ast.Attribute | ast.Constant | ast.BinOp):
            options = alternatives(annotation_value(ev, parameter.annotation, function.scope))
            arrays = [option for option in options if isinstance(option, ArrayAnnotation)]
            if len(arrays) == 1:
                found[parameter.arg] = arrays[0]
    return found


def annotated_parameters(ev: Evaluator, function: FunctionCell, scope: Scope, node: ast.AST | None) -> Bindings:
    """Check the arguments of a call against the annotations; the sizes their names stand for in this call."""
    bindings = NO_BINDINGS
    if not isinstance(function.node, ast.Lambda):
        for name, annotation in array_annotations(ev, function).items():
            value = scope.fields.get(name, UNKNOWN)
            label = f"argument `{name}` of {function.name}()"
            scope.fields[name], bindings = fitted(ev, annotation, value, bindings, label, node)
    return bindings


def fitted(
    ev: Evaluator, annotation: ArrayAnnotation, value: Value, bindings: Bindings, label: str, node: ast.AST | None
) -> tuple[Value, Bindings]:
    """`value` checked against `annotation`, and the bindings after it; an unknown gets the shape it has to have."""
    if isinstance(value, OneOf):
        return _any_fitted(ev, annotation, value, bindings, label, node)
    if isinstance(value, Unknown) or (isinstance(value, Tensor) and value.shape is None):
        return refined(ev, annotation, value, bindings), bindings
    if not isinstance(value, Tensor) or value.dims is None:
        return value, bindings
    with_braces = _with_values(ev, annotation, bindings)

    def undecided(left: Size, right: Size, what: str) -> Size:
        return ev.ctx.require_equal(
            left, right, Failure(ANNOTATION, f"{label}: {what}: {left} is not {right}", "TypeError")
        )

    try:
        return value, match(annotation.specs, value.dims, with_braces, ev.ctx.facts, undecided)
    except AnnotationError as error:
        if error.kind == "unbound":
            return value, bindings
        if node is not None:
            ev.failed(Failure(ANNOTATION, f"{label}: {error.message}", "TypeError"), node, value)
    except RuleError as error:
        if node is not None:
            ev.failed(error.failure, node, value)
    except (ShapeError, SizeTooComplex):
        pass
    return value, bindings


def _any_fitted(
    ev: Evaluator, annotation: ArrayAnnotation, value: OneOf, bindings: Bindings, label: str, node: ast.AST | None
) -> tuple[Value, Bindings]:
    """The alternatives that fit. Which of them it is decides what names stand for, unless there is but one."""
    found: list[Bindings] = []

    def fit(one: Value) -> Value:
        one, after = fitted(ev, annotation, one, bindings, label, node)
        found.append(after)
        return one

    kept = distribute(ev, (value,), fit)
    return kept, found[0] if len(found) == 1 else bindings


def _with_values(ev: Evaluator, annotation: ArrayAnnotation, bindings: Bindings) -> Bindings:
    """The bindings and what stands in braces: `{self.n}` as far as it is known."""
    for spec in annotation.specs:
        if isinstance(spec, ExpressionDim):
            for name in symbols_of(spec.size) - bindings.sizes.keys():
                if name.startswith("{"):
                    bindings = bindings.with_size(name, ev.ctx.fresh("v"))
    return bindings


def refined(ev: Evaluator, annotation: ArrayAnnotation, value: Value, bindings: Bindings) -> Value:
    """An array of unknown shape with the shape its annotation gives it."""
    library = value.library if isinstance(value, Tensor) else annotation.library
    if library is None:
        return value
    shape: list[Item] = []
    for spec in annotation.specs:
        if isinstance(spec, FixedDim) and not spec.broadcastable:
            shape.append(spec.size)
        elif isinstance(spec, NamedDim) and spec.name in bindings.sizes and not spec.broadcastable:
            shape.append(bindings.sizes[spec.name])
        elif isinstance(spec, VariadicDim | EllipsisDim):
            shape.append(Variadic())
        else:
            shape.append(ev.ctx.fresh(getattr(spec, "name", "") or "d"))
    return Tensor(library, tuple(shape), annotation.dtype)


def declared(ev: Evaluator, annotation: ArrayAnnotation) -> Value:
    """An input of the annotated shape: rigid sizes for names, flexible ones for what may be anything."""
    if annotation.library is None:
        return UNKNOWN
    return Tensor(annotation.library, tuple(_declared_items(ev, annotation.specs)), annotation.dtype)


def _declared_items(ev: Evaluator, specs: tuple[DimSpec, ...]) -> Iterator[Item]:
    for spec in specs:
        if isinstance(spec, VariadicDim):
            yield Variadic(f"*{spec.name}")
        elif isinstance(spec, EllipsisDim):
            yield Variadic()
        elif isinstance(spec, AnonymousDim) or spec.broadcastable:
            yield ev.ctx.flexible(getattr(spec, "name", "") or "d")
        elif isinstance(spec, FixedDim):
            yield spec.size
        elif isinstance(spec, NamedDim):
            yield symbol(spec.name)
        else:
            braces = any(name.startswith("{") for name in symbols_of(spec.size))
            yield ev.ctx.flexible("d") if braces else spec.size


def check_return(ev: Evaluator, value: Value, node: ast.Return) -> Value:
    """Check a returned value against the function's annotation."""
    frame = ev.frame
    function = frame.function
    if function is None or isinstance(function.node, ast.Lambda) or function.node.returns is None:
        return value
    wanted = annotation_value(ev, function.node.returns, function.scope)
    options = alternatives(wanted)
    bindings = frame.bindings or NO_BINDINGS
    if len(options) == 1 and isinstance(options[0], ArrayAnnotation):
        return fitted(ev, options[0], value, bindings, "the returned array", node)[0]
    if isinstance(wanted, Generic) and wanted.name.lower() == "tuple" and type(value) is tuple:
        return _check_items(ev, wanted.args, value, bindings, node)
    return value


def _check_items(
    ev: Evaluator, wanted: tuple[Value, ...], values: tuple[Value, ...], bindings: Bindings, node: ast.AST
) -> Value:
    """Check the items of a returned tuple, each against its own annotation."""
    if len(wanted) != len(values):
        return values
    items = []
    for number, (each, item) in enumerate(zip(wanted, values, strict=True)):
        if isinstance(each, ArrayAnnotation):
            item, bindings = fitted(ev, each, item, bindings, f"returned array {number}", node)
        items.append(item)
    return tuple(items)


def check_local(ev: Evaluator, node: ast.AnnAssign, value: Value) -> Value:
    """Check `x: Float[Tensor, "B C"] = value`."""
    if not isinstance(node.annotation, ast.Subscript | ast.Name | ast.Attribute):
        return value
    wanted = annotation_value(ev, node.annotation, ev.frame.scope)
    if not isinstance(wanted, ArrayAnnotation):
        return value
    frame = ev.frame
    value, frame.bindings = fitted(
        ev, wanted, value, frame.bindings or NO_BINDINGS, f"`{ast.unparse(node.target)}`", node
    )
    return value
