"""Tuples, lists, dicts, ranges and strings: operators and subscripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.api.elementwise import is_number, kinds_of
from tangra.api.kinds import PYBOOL
from tangra.api.numbers import by_python
from tangra.api.values import (
    AbstractValue,
    ArrayValue,
    Const,
    DictValue,
    DictView,
    ListValue,
    RangeValue,
    Scalar,
    SliceValue,
    TupleValue,
)
from tangra.errors import TypeMismatchError
from tangra.frontend import conversion, diagnostics, fixed, wordings
from tangra.frontend.heap import DictState, ListState, StackState

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


NONE = Const(None)


def list_state(ev: Evaluator, v: ListValue) -> ListState:
    """The items of a list of static length."""
    state = ev.look(v.ref)
    if isinstance(state, StackState):
        ev.unsupported("this operation on a list that grew in a loop", "make it an array first: np.array(items)")
    assert isinstance(state, ListState), state
    return state


def dict_state(ev: Evaluator, v: DictValue) -> DictState:
    """The content of a dict."""
    state = ev.look(v.ref)
    assert isinstance(state, DictState), state
    return state


def new_list(ev: Evaluator, items: list[AbstractValue] | tuple[AbstractValue, ...]) -> ListValue:
    """A fresh list."""
    return ListValue(ev.allocate(ListState(tuple(items))))


def new_dict(ev: Evaluator, keys: list[Any], values: list[Any]) -> DictValue:
    """A fresh dict; later duplicates of a key replace earlier ones."""
    state = DictState((), ())
    for key, value in zip(keys, values, strict=True):
        state = with_key(state, key, value)
    return DictValue(ev.allocate(state))


def with_key(state: DictState, key: Any, value: Any) -> DictState:
    """A dict with one key set."""
    for k, known in enumerate(state.keys):
        if known is key or known == key:
            return DictState(state.keys, (*state.values[:k], value, *state.values[k + 1 :]))
    return DictState((*state.keys, key), (*state.values, value))


def as_items(ev: Evaluator, v: AbstractValue, what: str) -> list[AbstractValue]:
    """The items of any iterable of static length."""
    found = conversion.taken_out(ev, v)
    if found is None:
        ev.error(
            TypeMismatchError,
            f"{what} takes an iterable of known length, not {conversion.describe(ev, v)}",
            code=diagnostics.NOT_ITERABLE,
        )
    return list(found)


def own_items(ev: Evaluator, v: AbstractValue, what: str) -> list[AbstractValue]:
    """The same by their places: operators and subscripts of tuples don't ask `__iter__`."""
    if isinstance(v, TupleValue):
        return [conversion.slot(ev, item, "an item of the tuple") for item in v.items]
    return as_items(ev, v, what)


def viewed(ev: Evaluator, v: DictView) -> list[AbstractValue]:
    """What a view of a dict shows now."""
    state = dict_state(ev, v.of)
    if v.form == "keys":
        return [ev.live.constant(key) for key in state.keys]
    values = [conversion.slot(ev, x, "a value of the dict") for x in state.values]
    if v.form == "values":
        return values
    return [TupleValue((ev.live.constant(key), x)) for key, x in zip(state.keys, values, strict=True)]


def length(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    """`len(v)`."""
    if isinstance(v, ListValue):
        state = ev.look(v.ref)
        return state.count if isinstance(state, StackState) else Const(len(list_state(ev, v).items))
    if isinstance(v, (DictValue, DictView)):
        return Const(len(dict_state(ev, v if isinstance(v, DictValue) else v.of).keys))
    if isinstance(v, TupleValue):
        return Const(len(v.items))
    if isinstance(v, ArrayValue):
        if not v.type.shape:
            ev.python_error("TypeError", "len() of unsized object")
        return ev.size_value(v.type.shape[0])
    if isinstance(v, RangeValue):
        from tangra.frontend import iteration

        return iteration.range_length(ev, v)
    if isinstance(v, Const) and hasattr(type(v.value), "__len__"):
        contents = fixed.contents(ev, v, "the length of")
        return Const(by_python(ev, lambda: len(contents)))
    ev.python_error("TypeError", f"object of type {conversion.describe(ev, v)} has no len()")


# ---- operators --------------------------------------------------------------------------------------------


def binary(ev: Evaluator, op: str, left: AbstractValue, right: AbstractValue) -> AbstractValue | None:
    """An operator of which an operand is a container; None if it is not for containers."""
    if isinstance(left, DictView) and isinstance(right, DictView):
        return _two_views(ev, op, left, right)
    if op == "*" and is_number(left) and isinstance(right, (TupleValue, ListValue)):
        return _repeat(ev, right, left)
    if op == "*" and isinstance(left, (TupleValue, ListValue)) and is_number(right):
        return _repeat(ev, left, right)
    if isinstance(left, Const) and isinstance(left.value, tuple):
        left = TupleValue(tuple(ev.live.constant(x) for x in left.value))
    if isinstance(right, Const) and isinstance(right.value, tuple):
        right = TupleValue(tuple(ev.live.constant(x) for x in right.value))
    for form in (TupleValue, ListValue, DictValue):
        if isinstance(left, form) and isinstance(right, form):
            return _two(ev, op, left, right)
    if isinstance(left, Const) and isinstance(left.value, str) and op == "%":
        if wordings.needs_run(ev, right):
            ev.unsupported("text of a number that is only known at run time", "put the numbers into an f-string")
        pattern, values = left.value, ev.static(right, wordings.IN_TEXT)
        return Const(by_python(ev, lambda: pattern % values))
    return None


def numpy_number(v: AbstractValue) -> bool:
    """Whether a value is surely one of NumPy's numbers."""
    return is_number(v) and not any(kind.python for kind in kinds_of(v))


def numpy_takes(ev: Evaluator, left: AbstractValue, right: AbstractValue) -> bool:
    """Whether an operator of a number and a sequence is NumPy's, which makes an array of the sequence: the number has
    to be NumPy's. Python's numbers take no sequences."""
    for number, other in ((left, right), (right, left)):
        sequence = isinstance(other, (TupleValue, ListValue, RangeValue)) or (
            isinstance(other, Const) and isinstance(other.value, (tuple, range))
        )
        if not sequence or not is_number(number):
            continue
        python = {kind.python for kind in kinds_of(number)}
        if len(python) > 1:
            ev.error(
                TypeMismatchError,
                "whether this number is Python's or NumPy's depends on the path, and so does what the operator does",
                code=diagnostics.CONFLICT,
                fix="make an array of the list: np.array(items)",
            )
        return python == {False}
    return False


def _two_views(ev: Evaluator, op: str, left: DictView, right: DictView) -> AbstractValue:
    """Views of keys and of items are equal as sets; views of values never are."""
    if op not in ("==", "!="):
        ev.unsupported("a set made of views of dicts", "use a list comprehension")
    if left.form != right.form or left.form == "values":
        return Const(op == "!=")
    if left.form == "keys":
        same = set(dict_state(ev, left.of).keys) == set(dict_state(ev, right.of).keys)
        return Const(same is (op == "=="))
    return ev.binary(op, left.of, right.of)


def _two(ev: Evaluator, op: str, left: Any, right: Any) -> AbstractValue | None:
    if isinstance(left, DictValue):
        return _two_dicts(ev, op, left, right)
    if op == "+" and any(isinstance(x, ListValue) and isinstance(ev.look(x.ref), StackState) for x in (left, right)):
        from tangra.frontend import container_methods

        both: ListValue = container_methods.copy_list(ev, left)
        container_methods.extend(ev, both, right)
        return both
    if op == "+":
        items = [*own_items(ev, left, "+"), *own_items(ev, right, "+")]
        return TupleValue(tuple(items)) if isinstance(left, TupleValue) else new_list(ev, items)
    if op in ("==", "!="):
        equal = _equal(ev, own_items(ev, left, op), own_items(ev, right, op))
        return equal if op == "==" else _negated(ev, equal)
    if op in ("<", "<=", ">", ">="):
        return _ordered(ev, op, own_items(ev, left, op), own_items(ev, right, op))
    return None


def _negated(ev: Evaluator, v: AbstractValue) -> AbstractValue:
    return Const(not v.value) if isinstance(v, Const) else Scalar(ev.b("not", ev.number(v).value), (PYBOOL,))


def _equal(ev: Evaluator, left: list[AbstractValue], right: list[AbstractValue]) -> AbstractValue:
    if len(left) != len(right):
        return Const(False)
    from tangra.frontend import operators

    found = None
    for a, b in zip(left, right, strict=True):
        same = operators.same_items(ev, a, b)
        if isinstance(same, Const):
            if not same.value:
                return same
            continue
        value = ev.number(same).value
        found = value if found is None else ev.b("and", found, value)
    return Const(True) if found is None else Scalar(found, (PYBOOL,))


def _ordered(ev: Evaluator, op: str, left: list[AbstractValue], right: list[AbstractValue]) -> AbstractValue:
    """Lexicographic order, from the end of the shorter one forwards."""
    from tangra.frontend import branches, operators

    if not left or not right:
        return ev.binary(op, Const(len(left)), Const(len(right)))
    same = operators.same_items(ev, left[0], right[0])
    return branches.choose(
        ev,
        same,
        lambda: _ordered(ev, op, left[1:], right[1:]),
        lambda: ev.binary(op, left[0], right[0]),
    )


def _two_dicts(ev: Evaluator, op: str, left: DictValue, right: DictValue) -> AbstractValue | None:
    a, b = dict_state(ev, left), dict_state(ev, right)
    if op == "|":
        return new_dict(ev, [*a.keys, *b.keys], [*a.values, *b.values])
    if op in ("==", "!="):
        if set(a.keys) != set(b.keys):
            return Const(op == "!=")
        pairs = [(conversion.slot(ev, v, "a value"), b.get(k)) for k, v in zip(a.keys, a.values, strict=True)]
        equal = _equal(
            ev, [x for x, _ in pairs], [conversion.slot(ev, y, "a value") for _, y in pairs if y is not None]
        )
        return equal if op == "==" else _negated(ev, equal)
    return None


def _repeat(ev: Evaluator, container: TupleValue | ListValue, count: AbstractValue) -> AbstractValue:
    if any(not k.dtype.is_integer and k.dtype.kind != "b" for k in kinds_of(count)):
        ev.python_error("TypeError", f"can't multiply sequence by non-int of type {conversion.describe(ev, count)!r}")
    items = own_items(ev, container, "*")
    n = int(ev.static(count, "the number of repetitions of a list"))
    return TupleValue(tuple(items) * n) if isinstance(container, TupleValue) else new_list(ev, items * n)


def in_range(ev: Evaluator, item: AbstractValue, r: RangeValue) -> AbstractValue:
    """`item in range(...)`."""
    try:
        return Const(conversion.plain(ev, item) in conversion.plain(ev, r))
    except conversion.NotPlain:
        pass
    if not is_number(item) and not isinstance(item, ArrayValue):
        return Const(False)
    step = ev.static(r.step, "the step of the range")
    lo, hi = (r.start, r.stop) if step > 0 else (ev.binary("+", r.stop, Const(1)), ev.binary("+", r.start, Const(1)))
    checks = [ev.binary("<=", lo, item), ev.binary("<", item, hi)]
    whole = is_number(item) and all(k.dtype.is_integer or k.dtype.kind == "b" for k in kinds_of(item))
    if abs(step) != 1 or not whole:
        checks.append(ev.binary("==", ev.binary("%", ev.binary("-", item, r.start), Const(abs(step))), Const(0)))
    return _all(ev, checks)


def _all(ev: Evaluator, checks: list[AbstractValue]) -> AbstractValue:
    return _equal(ev, checks, [Const(True)] * len(checks))


# ---- subscripts -------------------------------------------------------------------------------------------


def getitem(ev: Evaluator, target: AbstractValue, index: AbstractValue) -> AbstractValue:
    """`target[index]` of a container or constant."""
    if isinstance(target, ListValue) and isinstance(state := ev.look(target.ref), StackState):
        from tangra.frontend import stacks

        return stacks.getitem(ev, target, state, index)
    if isinstance(target, DictValue):
        return _dict_item(ev, target, index)
    if isinstance(target, RangeValue):
        from tangra.frontend import ranges

        return ranges.item(ev, target, index)
    if isinstance(target, Const):
        return _constant_item(ev, target, index)
    if not isinstance(target, (TupleValue, ListValue)):
        ev.python_error("TypeError", f"{conversion.describe(ev, target)} object is not subscriptable")
    items = own_items(ev, target, "an index")
    what = "list" if isinstance(target, ListValue) else "tuple"
    if isinstance(index, SliceValue) or (isinstance(index, Const) and isinstance(index.value, slice)):
        part = items[conversion.static_slice(ev, index, f"a slice of a {what}")]
        return TupleValue(tuple(part)) if isinstance(target, TupleValue) else new_list(ev, part)
    if isinstance(index, Scalar) and not isinstance(index.size, int) and items:
        picked = _run_time_item(ev, target, items, index)
        if picked is not None:
            return picked
    k = item_index(ev, index, len(items), what)
    return items[k]


def _run_time_item(
    ev: Evaluator, target: TupleValue | ListValue, items: list[AbstractValue], index: Scalar
) -> AbstractValue | None:
    """An item of a container at a run-time index: the items, if they are of one form, are stacked in arrays."""
    from tangra.frontend import stack_items, stacks

    if any(k.dtype.is_float for k in index.kinds) or _unrolls(ev, index):
        return None
    if isinstance(target, ListValue):
        state = stacks.from_list(ev, target)
        return None if state is None else stacks.getitem(ev, target, state, index)
    form = stack_items.form_of(ev, items)
    if form is None or stack_items.holds_instances(form):
        return None
    state = stacks.new_stack(ev, form, len(items), items)
    at = stacks.position(ev, Const(len(items)), index, "tuple index out of range")
    return stacks.item_of(ev, state, at, items)


def _unrolls(ev: Evaluator, index: Scalar) -> bool:
    """Whether an index is only a matter of a small loop around, which can be unrolled."""
    sources = conversion.sources_of(ev, index)
    return bool(sources) and all(s in ev.symbols.short_loops for s in sources or ())


def item_index(ev: Evaluator, index: AbstractValue, count: int, what: str) -> int:
    if count == 0 and isinstance(index, Scalar) and not any(k.dtype.is_float for k in index.kinds):
        ev.python_error("IndexError", f"{what} index out of range")
    k = ev.static(index, f"an index into a {what}")
    if not hasattr(type(k), "__index__"):
        ev.python_error("TypeError", f"{what} indices must be integers or slices, not {type(k).__name__}")
    if not -count <= k.__index__() < count:
        ev.python_error("IndexError", f"{what} index out of range")
    return int(k.__index__()) % count


def _dict_item(ev: Evaluator, target: DictValue, index: AbstractValue) -> AbstractValue:
    key = conversion.static_key(ev, index)
    found = dict_state(ev, target).get(key)
    if found is None:
        ev.python_error("KeyError", repr(key))
    return conversion.slot(ev, found, f"the value of {key!r}")


def _constant_item(ev: Evaluator, target: Const, index: AbstractValue) -> AbstractValue:
    key = ev.static(index, "an index into a constant")
    try:
        return ev.live.constant(fixed.contents(ev, target, "an item of")[key])
    except (LookupError, TypeError) as e:
        ev.python_error(type(e).__name__, str(e))


def setitem(ev: Evaluator, target: AbstractValue, index: AbstractValue, value: AbstractValue) -> None:
    """`target[index] = value` of a list or dict."""
    if isinstance(target, DictValue):
        ev.put(target.ref, with_key(dict_state(ev, target), conversion.static_key(ev, index), value))
        return
    if not isinstance(target, ListValue):
        ev.python_error("TypeError", f"{conversion.describe(ev, target)} object does not support item assignment")
    state = ev.look(target.ref)
    if isinstance(state, StackState):
        from tangra.frontend import stack_places

        stack_places.setitem(ev, target, state, index, value)
        return
    items = list(list_state(ev, target).items)
    if isinstance(index, Scalar) and not isinstance(index.size, int) and items and not _unrolls(ev, index):
        from tangra.frontend import stack_places, stacks

        stacked = stacks.from_list(ev, target)
        if stacked is not None:
            stack_places.setitem(ev, target, stacked, index, value)
            return
    if isinstance(index, SliceValue):
        items[conversion.static_slice(ev, index, "a slice of a list")] = as_items(ev, value, "assignment to a slice")
    else:
        items[item_index(ev, index, len(items), "list assignment")] = value
    ev.put(target.ref, ListState(tuple(items)))


def delitem(ev: Evaluator, target: AbstractValue, index: AbstractValue) -> None:
    """`del target[index]`."""
    if isinstance(target, DictValue):
        key = conversion.static_key(ev, index)
        _dict_item(ev, target, index)
        without_key(ev, target, key)
        return
    if not isinstance(target, ListValue):
        if isinstance(target, ArrayValue):
            ev.python_error("ValueError", "cannot delete array elements")
        ev.python_error("TypeError", f"{conversion.describe(ev, target)} object doesn't support item deletion")
    from tangra.frontend import stack_order

    state = stack_order.with_places(ev, target, index)
    if state is not None:
        stack_order.delete(ev, target, state, index)
        return
    items = list(list_state(ev, target).items)
    if isinstance(index, SliceValue):
        del items[conversion.static_slice(ev, index, "a slice of a list")]
    else:
        del items[item_index(ev, index, len(items), "list assignment")]
    ev.put(target.ref, ListState(tuple(items)))


def without_key(ev: Evaluator, target: DictValue, key: Any) -> None:
    state = dict_state(ev, target)
    kept = [(k, v) for k, v in zip(state.keys, state.values, strict=True) if not (k is key or k == key)]
    ev.put(target.ref, DictState(tuple(k for k, _ in kept), tuple(v for _, v in kept)))


def pairs_of(ev: Evaluator, v: AbstractValue) -> list[tuple[Any, Any]]:
    """Keys and values of a dict or of an iterable of pairs."""
    if isinstance(v, DictValue):
        state = dict_state(ev, v)
        return list(zip(state.keys, state.values, strict=True))
    found = []
    for pair in as_items(ev, v, "dict()"):
        key, value = as_items(ev, pair, "a pair of dict()")
        found.append((conversion.static_key(ev, key), value))
    return found
