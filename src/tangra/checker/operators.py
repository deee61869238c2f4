"""Operators: arithmetic of constants and sizes, of arrays by the shape rules, and user-defined ones."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.checker.alternatives import agreed, distribute
from tangra.checker.attributes import call_method
from tangra.checker.heap import (
    BoundMethod,
    ClassCell,
    DictCell,
    FunctionCell,
    Instance,
    LibraryName,
    ListCell,
    Native,
    OneOf,
    Raised,
    Value,
)
from tangra.checker.joining import same
from tangra.checker.library import array_operation, to_rule
from tangra.shape_rules import operators as array_operators
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown
from tangra.shapes import Dim, SizeTooComplex, known_eq, known_le, known_lt

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

MAX_BITS = 256
MAX_LENGTH = 20_000

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
METHODS = array_operators.BINARY

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
SIZE_OPERATIONS = frozenset({"+", "-", "*", "//", "%", "**"})
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def binary(ev: Evaluator, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
    """`left op right`."""
    if type(left) is OneOf or type(right) is OneOf:
        return distribute(ev, (left, right), lambda one, other: binary(ev, op, one, other, node))
    symbol = SYMBOLS[type(op)]
    own = isinstance(left, Instance) and left.cls.find(f"__{METHODS[symbol]}__") is not None
    if not own and (isinstance(left, Tensor) or isinstance(right, Tensor)):
        return _of_arrays(ev, symbol, left, right, node)
    dunder = _user_operator(ev, METHODS[symbol], left, right, node)
    if dunder is not None:
        return dunder[0]
    if isinstance(left, tuple) and isinstance(right, tuple) and symbol == "+":
        return tuple(left) + tuple(right) if len(left) + len(right) <= MAX_LENGTH else UNKNOWN
    if isinstance(left, ListCell) and isinstance(right, ListCell):
        return _lists(symbol, left, right)
    if symbol == "*":
        repeated = _repeat(left, right) if isinstance(left, tuple | ListCell) else _repeat(right, left)
        if repeated is not None:
            return repeated
    if symbol == "|" and isinstance(left, DictCell) and isinstance(right, DictCell):
        a, b = left.entries, right.entries
        return DictCell(None if a is None or b is None else {**a, **b})
    if (symbol == "|" and isinstance(left, ClassCell | LibraryName | DType)) or isinstance(
        right, ClassCell | LibraryName
    ):
        return ListCell((left, right), "union")
    return _numbers(ev, symbol, left, right)


def _of_arrays(ev: Evaluator, symbol: str, left: Value, right: Value, node: ast.AST) -> Value:
    return array_operation(
        ev,
        node,
        lambda one, other: array_operators.binary(ev.ctx, symbol, one, other),
        (to_rule(left), to_rule(right)),
    )


def _user_operator(ev: Evaluator, word: str, left: Value, right: Value, node: ast.AST) -> tuple[Value] | None:
    for owner, other, name in ((left, right, f"__{word}__"), (right, left, f"__r{word}__")):
        if isinstance(owner, Instance):
            if owner.cls.find(name) is not None:
                return (call_method(ev, owner, name, other, node=node),)
            if not owner.cls.complete:
                return (UNKNOWN,)
    return None


def _lists(symbol: str, left: ListCell, right: ListCell) -> Value:
    a, b = left.items, right.items
    if symbol == "+":
        known = a is not None and b is not None and len(a) + len(b) <= MAX_LENGTH
        return ListCell(a + b if known and a is not None and b is not None else None, left.kind)
    if left.kind in ("set", "view") and a is not None and b is not None:
        picked = {"|": (*a, *b), "&": tuple(x for x in a if x in b), "-": tuple(x for x in a if x not in b)}.get(symbol)
        return ListCell(None if picked is None else tuple(dict.fromkeys(picked)), "set")
    return ListCell(None, left.kind)


def _repeat(sequence: Value, count: Value) -> Value | None:
    items = sequence if isinstance(sequence, tuple) else sequence.items if isinstance(sequence, ListCell) else None
    if isinstance(sequence, ListCell) and (items is None or isinstance(count, Dim | Unknown)):
        element = items[0] if items and all(same(items[0], item) for item in items) else UNKNOWN
        return ListCell(None, "list", element)
    if items is None or not isinstance(count, int):
        return None
    if len(items) * max(count, 0) > MAX_LENGTH:
        return UNKNOWN
    return ListCell(items * count) if isinstance(sequence, ListCell) else tuple(items) * count


def _numbers(ev: Evaluator, symbol: str, left: Value, right: Value) -> Value:
    """Arithmetic of Python numbers, strings and sizes."""
    if isinstance(left, Dim) or isinstance(right, Dim):
        if symbol in SIZE_OPERATIONS and _is_int(left) and _is_int(right):
            return _sizes(ev, symbol, left, right)
        numbers = all(isinstance(value, int | float | Dim) for value in (left, right))
        return Unknown("float") if numbers and (symbol == "/" or symbol in SIZE_OPERATIONS - {"**"}) else UNKNOWN
    if isinstance(left, str) and symbol == "%":
        return _format(left, right)
    if not _is_plain(left) or not _is_plain(right):
        return _unknown_result(symbol, left, right)
    if _is_huge(symbol, left, right):
        return UNKNOWN
    try:
        return FUNCTIONS[symbol](left, right) if symbol in FUNCTIONS else UNKNOWN
    except (TypeError, ValueError, ArithmeticError, MemoryError):
        return UNKNOWN


def _unknown_result(symbol: str, left: Value, right: Value) -> Value:
    """Arithmetic with numbers of which only the type is known."""
    kinds = {value.kind if isinstance(value, Unknown) else type(value).__name__ for value in (left, right)}
    if kinds == {"int"} and symbol in SIZE_OPERATIONS:
        return Unknown("int")
    if kinds <= {"int", "float"} and symbol in {*SIZE_OPERATIONS, "/"} and symbol != "**":
        return Unknown("float")
    return Unknown("str") if kinds == {"str"} and symbol == "+" else UNKNOWN


def _sizes(ev: Evaluator, symbol: str, left: int | Dim, right: int | Dim) -> Value:
    ev.weigh()
    try:
        if symbol == "**" and (not isinstance(right, int) or not 0 <= right <= 8):
            return ev.ctx.opaque_int()
        if symbol in ("//", "%") and isinstance(right, int) and right == 0:
            return UNKNOWN
        return FUNCTIONS[symbol](ev.ctx.facts.normal(left), ev.ctx.facts.normal(right))
    except (SizeTooComplex, ZeroDivisionError):
        return ev.ctx.opaque_int()


def _format(text: str, values: Value) -> Value:
    parts = values if isinstance(values, tuple) else (values,)
    if len(text) > MAX_LENGTH or not all(isinstance(part, str | int | float) for part in parts):
        return Unknown("str")
    if any(width.isdigit() and int(width) > 100 for width in text.replace("%", " ").replace("d", " ").split()):
        return Unknown("str")
    try:
        return text % parts
    except (TypeError, ValueError):
        return Unknown("str")


def _is_int(value: Value) -> bool:
    return isinstance(value, int | Dim)


def _is_plain(value: Value) -> bool:
    return isinstance(value, int | float | complex | str | bytes)


def _is_huge(symbol: str, left: Value, right: Value) -> bool:
    if symbol in ("**", "<<", "*"):
        for value in (left, right):
            if isinstance(value, int) and value.bit_length() > MAX_BITS:
                return True
        if symbol == "**" and isinstance(left, int) and isinstance(right, int):
            return left.bit_length() * right > 4096
        if symbol == "<<" and isinstance(right, int):
            return right > 4096
        for value, other in ((left, right), (right, left)):
            if isinstance(value, str | bytes) and isinstance(other, int):
                return len(value) * other > MAX_LENGTH
    return isinstance(left, str | bytes) and isinstance(right, str | bytes) and len(left) + len(right) > MAX_LENGTH


def unary(ev: Evaluator, op: ast.unaryop, operand: Value, node: ast.AST) -> Value:
    """`-x`, `+x`, `~x`."""
    if type(operand) is OneOf:
        return distribute(ev, (operand,), lambda one: unary(ev, op, one, node))
    symbol = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}[type(op)]
    if isinstance(operand, Tensor):
        return array_operation(ev, node, lambda array: array_operators.unary(ev.ctx, symbol, array), (operand,))
    if isinstance(operand, Dim):
        return -operand if symbol == "-" else operand if symbol == "+" else -operand - 1
    if isinstance(operand, int | float | complex):
        if symbol == "~":
            return ~operand if isinstance(operand, int) else UNKNOWN
        return -operand if symbol == "-" else +operand
    if isinstance(operand, Unknown) and operand.kind in ("int", "float"):
        return operand
    if isinstance(operand, Instance):
        name = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[symbol]
        return call_method(ev, operand, name, node=node) if operand.cls.find(name) else UNKNOWN
    return UNKNOWN


def compare(ev: Evaluator, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value:
    """One comparison; `Unknown("bool")` where nobody knows."""
    if type(left) is OneOf or type(right) is OneOf:
        return distribute(ev, (left, right), lambda one, other: compare(ev, op, one, other, node))
    if isinstance(op, ast.Is | ast.IsNot):
        known = _identical(left, right)
        return Unknown("bool") if known is None else known is isinstance(op, ast.Is)
    if isinstance(op, ast.In | ast.NotIn):
        known = contains(ev, right, left)
        return Unknown("bool") if known is None else known is isinstance(op, ast.In)
    symbol = COMPARISONS[type(op)]
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        if left is None or right is None:
            return symbol == "!="
        return _of_arrays(ev, symbol, left, right, node)
    dunder = _user_comparison(ev, symbol, left, right, node)
    if dunder is not None:
        return dunder[0]
    known = ordered(ev, symbol, left, right)
    return Unknown("bool") if known is None else known


def _user_comparison(ev: Evaluator, symbol: str, left: Value, right: Value, node: ast.AST) -> tuple[Value] | None:
    for owner, other, sign in ((left, right, symbol), (right, left, MIRRORED[symbol])):
        if isinstance(owner, Instance):
            name = f"__{METHODS[sign]}__"
            if owner.cls.find(name) is not None:
                return (call_method(ev, owner, name, other, node=node),)
    return None


def ordered(ev: Evaluator, symbol: str, left: Value, right: Value) -> bool | None:
    """Whether the comparison holds; None if nobody knows."""
    if type(left) is OneOf:
        return agreed(left, lambda one: ordered(ev, symbol, one, right))
    if type(right) is OneOf:
        return agreed(right, lambda one: ordered(ev, symbol, left, one))
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Dim) or isinstance(right, Dim):
        if not (_is_int(left) and _is_int(right)):
            return None if isinstance(left, float) or isinstance(right, float) else symbol == "!="
        return _ordered_sizes(ev, symbol, left, right)
    if symbol in ("==", "!="):
        known = equal(ev, left, right)
        return known if known is None or symbol == "==" else not known
    if _is_plain(left) and _is_plain(right):
        try:
            return bool(ORDER[symbol](left, right))
        except TypeError:
            return None
    if isinstance(left, tuple) and isinstance(right, tuple) and all(map(_is_plain, (*left, *right))):
        try:
            return bool(ORDER[symbol](left, right))
        except TypeError:
            return None
    return None


def _ordered_sizes(ev: Evaluator, symbol: str, left: int | Dim, right: int | Dim) -> bool | None:
    facts = ev.ctx.facts
    if symbol in ("==", "!="):
        known = known_eq(left, right, facts)
        return known if known is None or symbol == "==" else not known
    if symbol in (">", ">="):
        left, right, symbol = right, left, {">": "<", ">=": "<="}[symbol]
    return known_lt(left, right, facts) if symbol == "<" else known_le(left, right, facts)


PLAIN = frozenset({int, str, bool, float, type(None)})
"""The kinds of value that are equal as Python's are."""


def is_member(value: Instance) -> bool:
    """Whether the object is a member of an enumeration, of which there is one for each value."""
    return value in value.cls.fields.get("$members", ())


def equal(ev: Evaluator, left: Value, right: Value) -> bool | None:
    """`left == right` for values without a `__eq__` of their own."""
    if type(left) is type(right) and type(left) in PLAIN:
        return bool(left == right)
    if type(left) is OneOf:
        return agreed(left, lambda one: equal(ev, one, right))
    if type(right) is OneOf:
        return agreed(right, lambda one: equal(ev, left, one))
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Dim) or isinstance(right, Dim):
        return _ordered_sizes(ev, "==", left, right) if _is_int(left) and _is_int(right) else False
    a, b = _as_tuple(left), _as_tuple(right)
    if a is not None and b is not None:
        if isinstance(left, tuple) != isinstance(right, tuple):
            return False
        if len(a) != len(b):
            return False
        answers = [equal(ev, x, y) for x, y in zip(a, b, strict=True)]
        return False if False in answers else None if None in answers else True
    if isinstance(left, LibraryName) or isinstance(right, LibraryName):
        return True if left == right else None
    if isinstance(left, DType) or isinstance(right, DType):
        return _same_dtype(left, right)
    if isinstance(left, ListCell | DictCell) or isinstance(right, ListCell | DictCell):
        return True if left is right else None
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return None
    if isinstance(left, Instance) and isinstance(right, Instance) and left.cls is right.cls and is_member(left):
        return left is right
    if isinstance(left, FunctionCell | ClassCell | Native | Instance | Raised | BoundMethod):
        return True if left is right else None if isinstance(left, BoundMethod | Instance) else False
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return None


NAMES = {
    "builtins.float": "float64",
    "builtins.int": "int64",
    "builtins.bool": "bool",
    "builtins.complex": "complex128",
}
"""What NumPy's dtypes of Python's types are called."""


def _same_dtype(left: Value, right: Value) -> bool | None:
    """NumPy's dtypes also equal Python's types and their names."""
    if isinstance(left, DType) and isinstance(right, DType):
        return left.name == right.name and left.library in (right.library, "numpy", "jax")
    dtype, other = (left, right) if isinstance(left, DType) else (right, left)
    if dtype.library == "torch":
        return False
    if isinstance(other, Native):
        return NAMES.get(other.name) == dtype.name if other.name in NAMES else None
    return other == dtype.name or None if isinstance(other, str) else False


def _as_tuple(value: Value) -> tuple[Value, ...] | None:
    if isinstance(value, ListCell) and value.kind == "list":
        return value.items
    return value if isinstance(value, tuple) else None


def _identical(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        known = right if isinstance(left, Unknown) else left
        kind = left.kind if isinstance(left, Unknown) else right.kind
        return False if kind is not None and known is None else None
    if left is right:
        return True
    if isinstance(left, LibraryName) or isinstance(right, LibraryName):
        if left is None or right is None:
            return False
        return True if left == right else None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, DType | str | int) and type(left) is type(right):
        return bool(left == right)
    return False if type(left) is not type(right) else None if isinstance(left, Tensor | Dim) else left is right


def contains(ev: Evaluator, container: Value, item: Value) -> bool | None:
    """`item in container`; None where nobody knows."""
    if type(container) is OneOf:
        return agreed(container, lambda one: contains(ev, one, item))
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    items: tuple[Value, ...] | None = None
    if isinstance(container, DictCell):
        items = None if container.entries is None else tuple(container.entries)
    elif isinstance(container, ListCell):
        items = container.items
    elif isinstance(container, tuple):
        items = container
    elif isinstance(container, Instance) and container.cls.find("__contains__"):
        from tangra.checker.conditions import truth

        return truth(ev, call_method(ev, container, "__contains__", item))
    if items is None:
        return None
    answers = [equal(ev, item, each) for each in items]
    return True if True in answers else None if None in answers else False
