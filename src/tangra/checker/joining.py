"""Two states become one after a branch: what is equal stays, what differs is one of the two (`heap.OneOf`).

There are up to eight alternatives. Beyond, and where loops have to come to an end, they are `widened`: arrays of equal
rank keep it, with opaque sizes where they differ; different ints become an opaque int; else unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tangra.checker.heap import MISSING, Delta, DictCell, Instance, Journal, ListCell, OneOf, Value
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, Variadic
from tangra.shapes import Dim

Fresh = Callable[[str], Dim]
"""Makes an opaque size."""
Pair = Callable[[Value, Value, Fresh], Value]
"""`join` or `widened`."""
MAX_ALTERNATIVES = 8
"""Values that one may be one of; more become what they have in common."""
MAX_VARIANTS = 4
"""Sets of keys that a dict may have; of more, none is known."""


def same(left: Value, right: Value) -> bool:
    """Whether two values can't be told apart: cells by identity, constants by type and value."""
    if left is right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, OneOf):
        return same(left.options, right.options)
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return False


def join(left: Value, right: Value, fresh: Fresh) -> Value:
    """A value that stands for `left` and for `right`: one of the two, unless one value says as much."""
    if same(left, right):
        return left
    if left is MISSING or right is MISSING:  # bound on one way only: possibly unbound names are not our errors
        return right if left is MISSING else left
    if type(left) is not OneOf and type(right) is not OneOf:
        merged = _merged(left, right, fresh)
        return OneOf((left, right)) if merged is None else merged[0]
    found: list[Value] = []
    for value in (*_options(left), *_options(right)):
        if _is_unknown(value):
            return UNKNOWN
        _add(found, value, fresh)
    if len(found) == 1:
        return found[0]
    if len(found) <= MAX_ALTERNATIVES:
        return OneOf(tuple(found))
    return widened(OneOf(tuple(found)), None, fresh)


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if type(value) is OneOf else (value,)


def _add(found: list[Value], value: Value, fresh: Fresh) -> None:
    """Take one more alternative in, by itself or with one that it can be told together with."""
    for place, known in enumerate(found):
        merged = (known,) if same(known, value) else _merged(known, value, fresh)
        if merged is not None:
            found[place] = merged[0]
            return
    found.append(value)


def _is_named_tuple(value: Instance) -> bool:
    return isinstance(value.cls.fields.get("_fields"), tuple)


def _merged(left: Value, right: Value, fresh: Fresh) -> tuple[Value] | None:
    """One value for both, in a tuple, where being one of the two would say little more; else None."""
    if _is_unknown(left) or _is_unknown(right):
        return (UNKNOWN,)
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return (_join_tensors(left, right, fresh),) if _is_near(left, right) else None
    if _is_int(left) and _is_int(right):
        return (fresh("n"),) if _is_opaque(left) or _is_opaque(right) else None
    if isinstance(left, tuple) and isinstance(right, tuple) and type(left) is type(right) and len(left) == len(right):
        return (tuple(join(a, b, fresh) for a, b in zip(left, right, strict=True)),) if type(left) is tuple else None
    if isinstance(left, Instance) and isinstance(right, Instance) and left.cls is right.cls and _is_named_tuple(left):
        made = Instance(left.cls)
        made.fields = {name: join(left.fields[name], right.fields.get(name, MISSING), fresh) for name in left.fields}
        return (made,)
    if isinstance(left, ListCell) and isinstance(right, ListCell) and left.kind == right.kind:
        known = left.items is not None and right.items is not None
        return (
            None
            if known and len(left.items or ()) != len(right.items or ())
            else (_join_lists(left, right, fresh, join),)
        )
    if isinstance(left, DictCell) and isinstance(right, DictCell):
        known = left.entries is not None and right.entries is not None
        return (
            None
            if known and list(left.entries or ()) != list(right.entries or ())
            else (_join_dicts(left, right, fresh, join),)
        )
    kind = _kind(left)
    if kind is not None and kind == _kind(right):
        plain = kind in ("bool", "float", "complex") or isinstance(left, Unknown) or isinstance(right, Unknown)
        return (Unknown(kind),) if plain else None
    return None


def _is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown) and value.kind is None


def _is_near(left: Tensor, right: Tensor) -> bool:
    """Whether sizes that nobody knows are all that tells two arrays' shapes apart."""
    if left.library != right.library or left.shape is None or right.shape is None:
        return left.library == right.library
    if len(left.shape) != len(right.shape):
        return False
    pairs = zip(left.shape, right.shape, strict=True)
    return all(a == b or (_is_opaque(a) or _is_opaque(b)) for a, b in pairs)


def _is_opaque(size: object) -> bool:
    return type(size) is not int and "?" in str(size)


def widened(left: Value, right: Value, fresh: Fresh) -> Value:
    """One value without alternatives that stands for `left` and for `right` (for all alternatives of `left`, if there
    is no `right`): equal ranks stay, differing sizes and ints become opaque. Loops end by this."""
    values = [*_options(left), *(() if right is None and type(left) is OneOf else _options(right))]
    result = values[0]
    for value in values[1:]:
        result = _widened_pair(result, value, fresh)
    return result


def _widened_pair(left: Value, right: Value, fresh: Fresh) -> Value:
    if same(left, right):
        return left
    if left is MISSING or right is MISSING:
        return right if left is MISSING else left
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        return _join_tensors(left, right, fresh)
    if _is_int(left) and _is_int(right):
        return fresh("n")
    if isinstance(left, tuple) and isinstance(right, tuple) and type(left) is type(right) and len(left) == len(right):
        joined = tuple(widened(a, b, fresh) for a, b in zip(left, right, strict=True))
        return joined if type(left) is tuple else UNKNOWN
    if isinstance(left, ListCell) and isinstance(right, ListCell) and left.kind == right.kind:
        return _join_lists(left, right, fresh, widened)
    if isinstance(left, DictCell) and isinstance(right, DictCell):
        return _join_dicts(left, right, fresh, widened)
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


def _join_lists(left: ListCell, right: ListCell, fresh: Fresh, pair: Pair) -> ListCell:
    a, b = left.items, right.items
    if a is not None and b is not None and len(a) == len(b):
        return ListCell([pair(x, y, fresh) for x, y in zip(a, b, strict=True)], left.kind)
    return ListCell(None, left.kind, join_all([*_elements(left), *_elements(right)], fresh, pair))


def _elements(cell: ListCell) -> tuple[Value, ...]:
    return (cell.element,) if cell.items is None else cell.items


def _join_dicts(left: DictCell, right: DictCell, fresh: Fresh, pair: Pair) -> DictCell:
    a, b = left.entries, right.entries
    if a is not None and b is not None and list(a) == list(b):
        return DictCell({key: pair(value, b[key], fresh) for key, value in a.items()}, left.kind, left.factory)
    return DictCell(None, left.kind, left.factory)


def join_all(values: list[Value], fresh: Fresh, pair: Pair = join) -> Value:
    """A value that stands for all of `values`; unknown for none."""
    if not values:
        return UNKNOWN
    result = values[0]
    for value in values[1:]:
        if isinstance(result, Unknown) and result.kind is None:
            return UNKNOWN
        result = pair(result, value, fresh)
    return result


def merge(journal: Journal, deltas: list[Delta], fresh: Fresh) -> None:
    """Continue from the state before all of `deltas` in a state that stands for each of them."""
    if len(deltas) == 1:
        journal.apply(deltas[0])
        return
    keys = list(dict.fromkeys(key for delta in deltas for key in delta))
    lists = {cell for cell, name in keys if name == "items" and isinstance(cell, ListCell)}
    settled = {cell for cell in lists if _keep_elements(journal, cell, deltas, fresh)}
    for cell, name in keys:
        if name == "element" and cell in settled:
            continue
        now = cell.fields.get(name, MISSING)
        values = [delta.get((cell, name), now) for delta in deltas]
        merged = values[0]
        for value in values[1:]:
            merged = _join_field(cell, name, merged, value, fresh)
        if merged is MISSING:
            journal.delete(cell, name)
        elif not same(merged, now):
            journal.write(cell, name, merged)


def _keep_elements(journal: Journal, cell: ListCell, deltas: list[Delta], fresh: Fresh) -> bool:
    """Where a list's length is not known after a join, what all its elements have in common still is. Whether it was
    known before, so that the elements are settled by this."""
    values = [delta.get((cell, "items"), cell.items) for delta in deltas]
    if len({None if items is None else len(items) for items in values}) == 1:
        return False
    found: list[Value] = []
    for delta, items in zip(deltas, values, strict=True):
        found += [delta.get((cell, "element"), cell.element)] if items is None else items
    journal.write(cell, "element", join_all(found, fresh))
    return True


def _variants(entries: Value) -> tuple[dict[Value, Value], ...]:
    return entries if type(entries) is tuple else (entries,)


def told_apart(entries: Sequence[dict[Value, Value]], fresh: Fresh) -> Value:
    """What a dict holds that holds one of these: those with the same keys are joined; too many are anything."""
    found: dict[tuple[Value, ...], dict[Value, Value]] = {}
    for each in entries:
        keys = tuple(each)
        known = found.get(keys)
        found[keys] = each if known is None else {key: join(value, each[key], fresh) for key, value in known.items()}
    if len(found) > MAX_VARIANTS:
        return None
    return tuple(found.values()) if len(found) > 1 else next(iter(found.values()))


def _join_field(cell: object, name: str, left: Value, right: Value, fresh: Fresh) -> Value:
    """As `join`, for what cells hold inside: the items of a list and the entries of a dict."""
    if isinstance(cell, ListCell) and name == "items":
        if left is None or right is None or len(left) != len(right):
            return left if same(left, right) else None
        return tuple(join(a, b, fresh) for a, b in zip(left, right, strict=True))
    if isinstance(cell, DictCell) and name == "entries":
        if left is None or right is None or left is right:
            return left if left is right else None
        return told_apart([*_variants(left), *_variants(right)], fresh)
    return join(left, right, fresh)
