"""Two states become one after a branch: what is equal stays, what differs becomes as much of an unknown as it has to.

Arrays of equal rank keep their rank, with an opaque size where the two differ; different ints become an opaque int.
"""

from __future__ import annotations

from collections.abc import Callable

from tangra.checker.heap import MISSING, Delta, DictCell, Journal, ListCell, Value
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, Variadic
from tangra.shapes import Dim

Fresh = Callable[[str], Dim]
"""Makes an opaque size."""


def same(left: Value, right: Value) -> bool:
    """Whether two values can't be told apart: cells by identity, constants by type and value."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return False


def join(left: Value, right: Value, fresh: Fresh) -> Value:
    """A value that stands for `left` and for `right`."""
    if same(left, right):
        return left
    if left is MISSING or right is MISSING:  # bound on one way only: possibly unbound names are not our errors
        return right if left is MISSING else left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _join_tensors(left, right, fresh)
    if _is_int(left) and _is_int(right):
        return fresh("n")
    if isinstance(left, tuple) and isinstance(right, tuple) and type(left) is type(right) and len(left) == len(right):
        joined = tuple(join(a, b, fresh) for a, b in zip(left, right, strict=True))
        return joined if type(left) is tuple else UNKNOWN
    if isinstance(left, ListCell) and isinstance(right, ListCell) and left.kind == right.kind:
        return _join_lists(left, right, fresh)
    if isinstance(left, DictCell) and isinstance(right, DictCell):
        return _join_dicts(left, right, fresh)
    kind = _kind(left)
    return Unknown(kind) if kind is not None and kind == _kind(right) else UNKNOWN


def _is_int(value: Value) -> bool:
    return isinstance(value, int | Dim) and not isinstance(value, bool)


def _kind(value: Value) -> str | None:
    """The Python type of a constant, as `Unknown` names it."""
    if isinstance(value, Unknown):
        return value.kind
    if isinstance(value, bool | int | float | complex | str):
        return type(value).__name__
    return "int" if isinstance(value, Dim) else None


def _join_tensors(left: Tensor, right: Tensor, fresh: Fresh) -> Value:
    if left.library != right.library:
        return UNKNOWN
    dtype = left.dtype if left.dtype == right.dtype else None
    shape = None
    if left.shape is not None and right.shape is not None and len(left.shape) == len(right.shape):
        pairs = list(zip(left.shape, right.shape, strict=True))
        if all(isinstance(a, Variadic) == isinstance(b, Variadic) for a, b in pairs):
            shape = tuple(a if a == b else Variadic() if isinstance(a, Variadic) else fresh("d") for a, b in pairs)
    return Tensor(
        left.library,
        shape,
        dtype,
        weak=left.weak and right.weak,
        parameter=left.parameter and right.parameter,
        ones=left.ones & right.ones,
    )


def _join_lists(left: ListCell, right: ListCell, fresh: Fresh) -> ListCell:
    a, b = left.items, right.items
    if a is not None and b is not None and len(a) == len(b):
        return ListCell([join(x, y, fresh) for x, y in zip(a, b, strict=True)], left.kind)
    return ListCell(None, left.kind, join_all([*_elements(left), *_elements(right)], fresh))


def _elements(cell: ListCell) -> tuple[Value, ...]:
    return (cell.element,) if cell.items is None else cell.items


def _join_dicts(left: DictCell, right: DictCell, fresh: Fresh) -> DictCell:
    a, b = left.entries, right.entries
    if a is not None and b is not None and list(a) == list(b):
        return DictCell({key: join(value, b[key], fresh) for key, value in a.items()}, left.kind, left.factory)
    return DictCell(None, left.kind, left.factory)


def join_all(values: list[Value], fresh: Fresh) -> Value:
    """A value that stands for all of `values`; unknown for none."""
    if not values:
        return UNKNOWN
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Unknown) and result.kind is None:
            return UNKNOWN
        result = join(result, value, fresh)
    return result


def merge(journal: Journal, deltas: list[Delta], fresh: Fresh) -> None:
    """Continue from the state before all of `deltas` in a state that stands for each of them."""
    if len(deltas) == 1:
        journal.apply(deltas[0])
        return
    keys = list(dict.fromkeys(key for delta in deltas for key in delta))
    for cell, name in keys:
        now = cell.fields.get(name, MISSING)
        values = [delta.get((cell, name), now) for delta in deltas]
        merged = values[0]
        for value in values[1:]:
            merged = _join_field(cell, name, merged, value, fresh)
        if merged is MISSING:
            journal.delete(cell, name)
        elif not same(merged, now):
            journal.write(cell, name, merged)


def _join_field(cell: object, name: str, left: Value, right: Value, fresh: Fresh) -> Value:
    """As `join`, for what cells hold inside: the items of a list and the entries of a dict."""
    if isinstance(cell, ListCell) and name == "items":
        if left is None or right is None or len(left) != len(right):
            return left if same(left, right) else None
        return tuple(join(a, b, fresh) for a, b in zip(left, right, strict=True))
    if isinstance(cell, DictCell) and name == "entries":
        if left is None or right is None or list(left) != list(right):
            return left if left is right else None
        return {key: join(value, right[key], fresh) for key, value in left.items()}
    return join(left, right, fresh)
