"""Programs whose shapes, types, aliases or derivatives can't be decided, and Python's own type errors."""

from dataclasses import FrozenInstanceError, dataclass, field
from typing import NamedTuple

import numpy as np

from .registry import rejected

TYPES = ("TypeMismatchError",)
DATA = ("DataDependentShapeError",)


@rejected(np.array([1.0, -1.0]), raises=DATA)
def selected_by_mask_returned(x):
    return x[x > 0]


@rejected(np.array([1.0, 0.0]), raises=DATA)
def positions_of_nonzero(x):
    return np.nonzero(x)[0]


@rejected(np.array([1.0, 0.0]), raises=DATA)
def where_with_one_argument(x):
    return np.where(x > 0.5)[0]


@rejected(np.array([1.0, 1.0]), raises=DATA)
def distinct_values(x):
    return np.unique(x)


@rejected(np.array([3.0, 1.0]), raises=DATA)
def size_from_an_element(x):
    return np.zeros(int(x[0]))


@rejected(np.array([3, 1]), raises=DATA)
def range_array_to_an_element(n):
    return np.arange(n[0])


@rejected(np.array([1, 2]), np.ones(2), raises=DATA)
def repeats_from_elements(counts, x):
    return np.repeat(x, counts)


@rejected(np.array([2, 3]), raises=DATA)
def counts_without_minlength(labels):
    return np.bincount(labels)


@rejected(np.array([4, 2]), np.arange(8.0), raises=DATA)
def reshape_by_elements(shape, x):
    return x.reshape(shape[0], shape[1])


@rejected(np.array([1.0, 2.0]), raises=TYPES)
def branches_of_different_structure(x):
    if x[0] > 0:
        pair = (x[0], x[1])
    else:
        pair = x[0]
    return pair


@rejected(np.array([1.0, 2.0]), raises=TYPES)
def returns_of_different_structure(x):
    if x[0] > x[1]:
        return x
    return x[0], x[1]


@rejected(np.array([1.0, 2.0]), raises=TYPES, cpython=TypeError)
def used_although_it_may_be_none(x):
    y = x[0] if x[0] > 5 else None
    return y + 1


@rejected(np.array([1.0, 2.0]), raises=TYPES)
def number_or_text(x):
    label = "big" if x[0] > 5 else 0.0
    return label


@rejected(np.array([1.0, 2.0, 3.0]), raises=("TypeMismatchError", "ShapeMismatchError"))
def branches_of_different_shape(x):
    y = x if x[0] > 5 else x[:2]
    return y * 2


@rejected(np.array([1.0, 2.0]), raises=("TypeMismatchError", "ShapeMismatchError"))
def branches_of_different_rank(x):
    y = x if x[0] > 5 else np.outer(x, x)
    return y.sum()


@rejected(np.array([1.0, 2.0]), 3, raises=("TypeMismatchError", "ShapeMismatchError", "DataDependentShapeError"))
def doubles_in_every_trip(x, n):
    for _ in range(int(x[0]) + n):
        x = np.concatenate([x, x])
    return x


@rejected(np.array([1.0, 2.0]), 3, raises=TYPES)
def nests_deeper_in_every_trip(x, n):
    state = x[0]
    for _ in range(n):
        state = (state, x[1])
    return state


@rejected(np.array([1.0, 2.0]), 3, raises=("TypeMismatchError", "ShapeMismatchError"))
def rank_grows_in_every_trip(x, n):
    for _ in range(n):
        x = x[None]
    return x


@rejected(np.array([1.0, -2.0]), 1, raises=("AliasError",))
def write_through_undecided_name(x, flag):
    a, b = x.copy(), x * 2
    target = a if flag > 0 else b
    target[0] = 5.0
    return a.sum() * b[0]


@rejected(np.array([1.0, -2.0]), 3, raises=("AliasError",))
def write_through_name_rebound_in_loop(x, n):
    a, b = x.copy(), np.zeros(2)
    current = a
    for k in range(n):
        if x[k % 2] > 0:
            current = b
        current[0] += 1.0
    return a[0] + 2 * b[0]


@rejected(np.array([1.0, -2.0]), 1, raises=("AliasError",))
def write_to_field_of_undecided_object(x, k):
    cells = {"a": x.copy(), "b": x * 3}
    if x[k] > 0:
        cells["a"] = cells["b"]
    cells["b"][1] = 7.0
    return cells["a"].sum()


@rejected(np.array([1.2, 2.7]), raises=("NotDifferentiableError",), via="grad")
def gradient_through_floor(x):
    return np.floor(x).sum()


@rejected(np.array([1.2, 2.7]), raises=("NotDifferentiableError",), via="grad")
def gradient_through_int(x):
    return float(int(x[0]) + round(x[1]))


@rejected(np.array([1.2, 2.7]), raises=("NotDifferentiableError",), via="grad")
def gradient_through_argmax(x):
    return float(np.argmax(x))


@rejected(np.array([1.2, 2.7]), raises=("NotDifferentiableError",), via="grad")
def gradient_through_comparison(x):
    return float((x > 2).sum())


@rejected(np.array([1.2, 2.7]), raises=("NotDifferentiableError",), via="grad")
def gradient_through_sign(x):
    return (np.sign(x) * 2).sum()


@rejected(np.array([1, 2]), raises=("TangraError", "TypeError"), via="grad")
def gradient_by_integers(n):
    return float((n * 2).sum())


@rejected(np.array([1.2, 2.7]), raises=("TangraError", "TypeError"), via="grad")
def gradient_of_array(x):
    return x * 2


@rejected(np.array([1.2, 2.7]), raises=("TangraError", "TypeError"), via="grad")
def gradient_of_pair(x):
    return x[0], x[1]


@rejected(np.array([1.2, 2.7]), raises=("TangraError", "TypeError"), via="grad")
def gradient_of_integer(x):
    return len(x)


class Reading(NamedTuple):
    degrees: float


@rejected(np.ones(3), raises=("TangraError", "NameError"), cpython=NameError)
def undefined_name(x):
    return x.sum() + undefined_thing


@rejected(np.ones(3), raises=("TangraError", "AttributeError"), cpython=AttributeError)
def undefined_method(x):
    return x.total()


@rejected(np.ones(3), raises=("TangraError", "TypeError"), cpython=TypeError)
def helper_called_with_too_few(x):
    def f(a, b):
        return a + b

    return f(x)


@rejected(np.ones(3), raises=("TangraError", "TypeError"), cpython=TypeError)
def helper_called_with_unknown_keyword(x):
    def f(a, scale=1.0):
        return a * scale

    return f(x, scala=2.0)


@rejected(np.ones(3), raises=("TangraError", "TypeError"), cpython=TypeError)
def number_called(x):
    return x[0](2.0)


@rejected(np.ones(3), raises=("TangraError", "TypeError"), cpython=TypeError)
def tuple_item_assigned(x):
    pair = (x[0], x[1])
    pair[0] = 2.0
    return pair


@dataclass(frozen=True)
class Fixed:
    value: float
    log: list = field(default_factory=list)


@rejected(np.ones(3), raises=("TangraError", "AttributeError"), cpython=FrozenInstanceError)
def frozen_field_assigned(x):
    fixed = Fixed(x[0])
    fixed.value = x[1]
    return fixed.value


@rejected(np.ones(3), raises=("TangraError", "AttributeError"), cpython=AttributeError)
def namedtuple_field_assigned(x):
    t = Reading(x[0])
    t.degrees = x[1]
    return t.degrees


@rejected({"a": 1.0}, raises=("TangraError", "KeyError"), cpython=KeyError)
def missing_key(d):
    return d["b"]


@rejected(np.ones(3), raises=("TangraError", "ValueError"), cpython=ValueError)
def truth_of_an_array(x):
    if x > 0:
        return x.sum()
    return 0.0


@rejected(np.ones(3), raises=("TangraError", "ValueError"), cpython=ValueError)
def chained_comparison_of_arrays(x):
    return 0 < x < 2


@rejected(np.array([True, False]), raises=("TangraError", "TypeError"), cpython=TypeError)
def booleans_subtracted(m):
    return m - m


@rejected(np.arange(3), raises=("TangraError", "TypeError"), cpython=TypeError)
def integers_augmented_by_float(n):
    n += 1.5
    return n


@rejected(np.array([1, 2], dtype=np.uint8), raises=("TangraError", "OverflowError"), cpython=OverflowError)
def weak_integer_out_of_range(n):
    return n + 300


@rejected("text", 2.0, raises=("TangraError", "TypeError"), cpython=TypeError)
def text_plus_number(a, b):
    return a + b


@rejected(np.float64(2.0), raises=("TangraError", "TypeError"), cpython=TypeError)
def loop_over_scalar(x):
    total = 0.0
    for v in x:
        total += v
    return total


@rejected(np.ones(3), raises=("TangraError", "ValueError"), cpython=ValueError)
def unpacks_too_many(x):
    a, b = x
    return a + b
