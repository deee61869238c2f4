"""Names, views, containers and callees that share one array: writes through one are seen through all."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .registry import program, rejected

rng = np.random.default_rng(2)


@program(np.array([1.0, 2.0, 3.0]))
def chain_of_names(x):
    a = x * 1
    b = a
    c = b
    b[1] = x[0] * 7
    c += 1
    return a[1] * a[0] + b.sum() * c[2]


@program(np.array([1.0, 2.0, 3.0]))
def rebind_is_not_write(x):
    a = x.copy()
    b = a
    b = b + 1
    a[0] = 10 * x[2]
    return a.sum() * b[0]


@program(rng.normal(size=(3, 4)))
def row_view_written(x):
    m = x.copy()
    row = m[1]
    row += x[0]
    row[2] = x[0, 0] * 3
    return (m * m).sum()


@program(rng.normal(size=(3, 4)))
def column_view_scaled(x):
    m = x.copy()
    col = m[:, 2]
    col *= 2
    m[1] = x[0]
    return col.sum() + col[1] * m[0, 2]


@program(np.linspace(0.1, 1, 8))
def strided_views(x):
    a = x.copy()
    even, back = a[::2], a[::-1]
    even += 1
    back[0] = x[0] * 5
    back[1:4:2] = x[1:3]
    return (even * back[:4]).sum() + a @ np.arange(8.0)


@program(np.linspace(0.1, 1, 8))
def view_of_view(x):
    a = np.zeros(8)
    b = a[2:7]
    c = b[1::2]
    c[:] = x[:2]
    b[0] = x[5] ** 2
    return a[3] * a[5] + a[2]


@program(rng.normal(size=(2, 3)))
def transpose_and_reshape_are_views(x):
    m = np.zeros((3, 2))
    m.T[0, 2] = x[0, 1]
    flat = m.reshape(-1)
    flat[1] = x[1, 1] * 2
    m.ravel()[0] = x[0, 0]
    return m[2, 0] * 3 + m[0, 1] + m[0, 0] ** 2


@program(np.array([2.0, 3.0]))
def fancy_index_is_a_copy(x):
    a = np.array([x[0], x[1], x[0] * x[1]])
    b = a[np.array([0, 2])]
    b[0] = 100.0
    c = a[[True, False, True]]
    c *= 0
    return a.sum() + b[1]


@program(np.array([1.0, 2.0, 3.0, 4.0]))
def overlapping_assignment(x):
    a = x.copy()
    a[1:] = a[:-1]
    b = x.copy()
    b[:-1] += b[1:]
    c = x.copy()
    c[::-1] = c
    return a @ np.arange(4.0) + b @ np.arange(4.0) ** 2 + c[0] * 3


@program(np.array([1.0, 2.0, 3.0]))
def swap_buffers_in_loop(x):
    old, new = x.copy(), np.empty(3)
    for _ in range(5):
        for i in range(3):
            new[i] = 0.5 * old[i] + 0.25 * (old[i - 1] + old[(i + 1) % 3])
        old, new = new, old
    return old @ np.array([1.0, 2.0, 4.0]) + new[0]


@program(np.array([1.0, 2.0, 3.0]))
def swap_elements_and_rows(x):
    a = np.stack([x, x**2, np.sin(x)])
    a[0, 0], a[2, 1] = a[2, 1], a[0, 0]
    a[[0, 2]] = a[[2, 0]]
    v = x.copy()
    v[0], v[1] = v[1], v[0]
    return a[0] @ v + a[2, 2]


@program(np.array([1.0, 2.0]))
def swap_of_row_views_loses_one(x):
    m = np.array([[x[0], x[1]], [3.0, 4.0]])
    m[0], m[1] = m[1], m[0]
    return m[0, 0] * 10 + m[1, 0] + m[1, 1] * x[0]


def _scale(v, factor):
    v *= factor
    return v


def _fill(out, values):
    for i in range(len(values)):
        out[i] = values[i] ** 2


@program(np.array([1.0, 2.0, 3.0]))
def callee_writes_parameter(x):
    a = np.empty(3)
    _fill(a, x)
    b = _scale(a, 2.0)
    b[0] += x[1]
    return a.sum()


@program(np.array([1.0, 2.0, 3.0]))
def callee_writes_row_of_argument(x):
    m = np.zeros((2, 3))
    _fill(m[1], x)
    _scale(m[:, 0], x[2])
    return m.sum() + m[1, 0]


@program(np.array([1.0, 2.0, 3.0]))
def same_array_passed_twice(x):
    def axpy(y, v, a):
        y[0] = a
        y += a * v
        return y[0] + v[0]

    z = x.copy()
    return axpy(z, z, x[1]) + z.sum()


@program(np.array([0.5, 1.5]))
def list_slots_share(x):
    a = x.copy()
    cells = [a, a, x.copy()]
    cells[0][1] = 4 * x[0]
    cells[2] += cells[1]
    cells[1] = np.ones(2)
    cells[1][0] = x[1]
    return sum(float(c.sum()) for c in cells) + a[1]


@program(np.array([0.5, 1.5]))
def dict_values_share(x):
    a = x.copy()
    store = {"now": a, "before": a.copy()}
    store["now"][0] = x[1] ** 2
    store["before"] -= store["now"]
    store["now"] = store["now"] * 2
    return a.sum() + store["now"].sum() + store["before"] @ x


@dataclass
class Cell:
    data: np.ndarray
    level: float


@program(np.array([0.5, 1.5, 2.5]))
def dataclass_field_shares(x):
    a = x.copy()
    one, two = Cell(a, 1.0), Cell(a, 2.0)
    one.data[0] = x[2] * 3
    two.data *= 2
    other = one
    other.level += x[1]
    return a.sum() + one.level * two.level


class Pair(NamedTuple):
    left: np.ndarray
    right: np.ndarray


@program(np.array([0.5, 1.5, 2.5]))
def namedtuple_of_views(x):
    a = x.copy()
    pair = Pair(a[:2], a[1:])
    pair.left[1] = x[0] * 9
    pair.right[0] += 1
    return pair.left.sum() * pair.right.prod()


@program(np.array([0.5, 1.5, 2.5]))
def closure_writes_captured_array(x):
    a = np.zeros(3)

    def put(i, v):
        a[i] += v

    for i in range(3):
        put(i, x[i])
        put(0, x[2])
    return a[0] * a[1] + a[2]


@program(np.array([0.5, 1.5, 2.5]), 1, more=[(np.array([0.5, 1.5, 2.5]), -1)])
def name_bound_in_branch(x, flag):
    a, b = x.copy(), x * 2
    target = a if flag > 0 else b
    total = target.sum()
    b = b + 0
    return total * a[0] + b[1]


@program(np.array([0.5, 1.5, 2.5]), 4)
def row_views_in_loop(x, n):
    m = np.zeros((n, 3))
    m[0] = x
    for t in range(1, n):
        row, before = m[t], m[t - 1]
        row[:] = before * 0.9
        row[0] += before[2]
        before[1] = 0.0
    return (m * m).sum() + m[0, 1] + m[2, 0]


@program(np.arange(6.0), writes=True, grad=False)
def writes_argument(x):
    x[1:4] *= 2
    y = x[::-1]
    y[0] = -1
    return x.sum()


_shared = np.arange(8.0)


@rejected(_shared[:5], _shared[3:], raises=("AliasError",), or_right=True)
def overlapping_arguments(a, b):
    a[4] = 100.0
    b[0] += 1.0
    a += 1
    return a.sum(), b.sum(), b[1]


_same = np.array([1.0, 2.0])


@program(_same, _same, writes=True, grad=False, more=[(np.array([1.0, 2.0]), np.array([1.0, 2.0]))])
def one_array_as_two_arguments(a, b):
    a[0] = b[1] * 5
    b[1] = a[0] + 1
    return a[1] - b[0]


@program({"w": np.ones(3), "b": np.zeros(3)}, 0.5, writes=True, grad=False)
def writes_dict_argument(params, step):
    params["w"] -= step * params["w"]
    params["b"] = params["b"] + 1
    params["count"] = 3
    return params["w"].sum()


@program([np.ones(2), np.zeros(2)], writes=True, grad=False)
def writes_list_argument(arrays):
    arrays[0][1] = 7.0
    arrays[1], arrays[0] = arrays[0], arrays[1]
    arrays[0] += 2
    return arrays[0] + arrays[1]


@program(Cell(np.ones(3), 2.0), writes=True, grad=False)
def writes_dataclass_argument(cell):
    cell.data[0] = cell.level
    cell.level = cell.level * 3
    cell.data = cell.data + 1
    cell.data[1] = 9
    return cell.data.sum()


@program(np.array([1.0, 2.0, 3.0]))
def copy_breaks_sharing(x):
    a = x.copy()
    b = np.array(a)
    c = np.asarray(a)
    d = a + 0
    a[0] = x[1] * 4
    return b[0] + 2 * c[0] + 3 * d[0]


@program(np.array([1.0, 2.0, 3.0, 4.0]))
def split_pieces_are_views(x):
    a = x.copy()
    left, right = np.split(a, 2)
    left += right
    grid = a.reshape(2, 2)
    grid[:, 1] *= x[0]
    return a @ np.arange(1.0, 5.0) + left[1]


@program(np.array([1.0, 2.0, 3.0, 4.0]))
def inplace_operator_on_number_rebinds(x):
    s = x[0]
    t = s
    s += 10 * x[1]
    pair = (x[2], x[3])
    first = pair[0]
    first *= 2
    return s * t + first - pair[0] * pair[1]


@program(rng.normal(size=(3, 3)))
def einsum_of_one_operand_is_a_view(x):
    a = x.copy()
    np.einsum("ii->i", a)[:] *= 2
    np.einsum("ij->ji", a)[0, 1] = x[2, 2]
    np.einsum("ii...->i...", a[None, :, :].reshape(3, 3))[1] += 1
    return a[0, 0] * a[1, 0] + (a**2).sum()


@program(rng.normal(size=(3, 3)), grad=False, writes=True)
def einsum_view_is_returned(x):
    diagonal = np.einsum("ii->i", x)
    x[1, 1] = 9.0
    return diagonal, np.einsum("ab->ba", x), np.einsum("ij->j", x)


@program(rng.normal(size=(3, 4)))
def flat_is_read_as_copies_and_written_through(x):
    a = x.copy()
    a.flat[3] = x[1, 1] * x[0, 0]
    a.T.flat[1] *= 3
    a.flat[::4] = x[2, 2]
    part = a.flat[1:5]
    part[0] = 100.0
    total = 0.0
    for k, v in enumerate(a.flat):
        total += v * k
    return total + part.sum() * a.flat[-1] + len(a.flat)


@program(rng.normal(size=(4, 6)))
def sliding_windows(x):
    a = x * 2
    pairs = np.lib.stride_tricks.sliding_window_view(a, (2, 3))
    a[0, 0] = x[1, 1]
    rows = np.lib.stride_tricks.sliding_window_view(a, 3, axis=1)
    twice = np.lib.stride_tricks.sliding_window_view(a[0], (2, 2), axis=(0, 0))
    return (pairs.sum(axis=(2, 3)) ** 2).sum() + rows.max(axis=-1).sum() + (twice**3).mean()


@program(rng.normal(size=5), grad=False, writes=True)
def sliding_windows_are_returned(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, 3)
    x[2] = 7.0
    return windows


@program(np.asfortranarray(rng.normal(size=(3, 4))), grad=False, writes=True)
def required_of_an_array_that_fits_is_itself(x):
    np.require(x)[0] = 1.0
    np.require(x.T, requirements="C")[1] = 2.0
    np.nan_to_num(x, copy=False)[2, 2] = 3.0
    return x.sum()
