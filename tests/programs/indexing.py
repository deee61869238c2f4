"""Every kind of index of static result shape: integers, slices, None, Ellipsis, masks, integer arrays, mixes."""

import numpy as np

from .registry import program

rng = np.random.default_rng(11)


@program(rng.normal(size=(3, 4, 5)))
def integers_and_slices(x):
    a = x[1, 2, 3] * x[-1, -2, -3] + x[0][1][2]
    b = x[1:, ::2, -1].sum() + x[::-1, 0, 1:4].prod() + x[:, -3:-1].sum()
    c = x[..., 2].max() + x[1, ...].min() + x[..., 1, :].sum()
    return a + b * c + x[:2][-1, 1:3, ::-2].sum()


@program(rng.normal(size=6))
def slices_out_of_range(x):
    return (
        x[2:100].sum() * x[-100:3].sum() + x[4:2].sum() + x[100:].size + x[:0].sum() + x[3::-1][0] + x[-1:-4:-2].prod()
    )


@program(40, grad=False, more=[(13,), (101,)])
def sieve_of_primes(n):
    prime = np.ones(n + 1, bool)
    prime[:2] = False
    p = 2
    while p * p <= n:
        if prime[p]:
            prime[p * p :: p] = False
        p += 1
    return prime, prime.sum()


@program(rng.normal(size=23))
def strides_known_at_run_time(x):
    total = 0.0
    for k in range(-len(x), len(x)):
        if k != 0:
            total += np.sum(x[::k] ** 2) * k + x[2:-3:k].sum() - x[17:4:k].prod()
    return total


@program(rng.normal(size=(7, 9)))
def views_with_strides_known_at_run_time(x):
    x = x.copy()
    k = 1
    while k < 5:
        view = x[1::k, ::-k]
        view *= 1.25
        x[:, k::k][0] += k * view[-1, -1]
        x[::k, 2], x[::-k, 3] = x[::-k, 3].copy(), x[::k, 2].copy()
        k += 1
    return (x**2).sum() + x[None, ::k, ..., [0, 1]].mean()


@program(np.arange(20.0), 3, grad=False, writes=True)
def written_through_strides_known_at_run_time(x, n):
    step = 1
    for _ in range(n):
        step *= 2
        part = x[step - 1 :: step]
        part += 100.0
        x[::step][0] = -1.0
    return x.sum() + x[3]


@program(rng.normal(size=4))
def new_axes(x):
    a = x[:, None] - x[None, :]
    b = x[np.newaxis, :, np.newaxis]
    return (a**2).sum() + (b * a).sum() + x[..., None].shape[1] * x[0]


@program(rng.normal(size=(4, 5)))
def integer_arrays(x):
    rows, cols = np.array([0, 2, 3]), np.array([1, -1, 1])
    a = x[rows]
    b = x[rows, cols]
    c = x[:, cols]
    d = x[rows[:, None], cols]
    e = x[[0, -1]][:, [1, 2]]
    return a.sum() * b.prod() + c[1].sum() + (d**2).sum() + e.mean() + x[1, [0, 0, 4]].sum()


@program(rng.normal(size=(4, 5)))
def gathered_twice_accumulates(x):
    index = np.array([[0, 0], [1, 0]])
    return (x[index] ** 2).sum() + x[index, index].sum() * x[0, 0]


@program(rng.normal(size=(3, 4, 5)))
def mixed_basic_and_advanced(x):
    i = np.array([0, 2])
    a = x[i, :, i]
    b = x[1, i]
    c = x[:, 1, i]
    d = x[i, 1:3]
    e = x[..., i, 0]
    f = x[:, i, None, 2]
    return a.sum() + (b**2).sum() + c[2, 1] + d[1].sum() * e.sum() + f.shape[1] * f.sum()


@program(rng.normal(size=(3, 4)))
def constant_masks(x):
    rows, columns = np.array([True, False, True]), [False, True, True, True]
    return x[rows].sum() * x[:, columns].prod(axis=1)[1] + x[rows, 1:3].max() + np.count_nonzero(x > 0) * x[1, 1]


@program(rng.normal(size=5), np.array([True, False, True, True, False]))
def mask_argument(x, mask):
    kept = np.where(mask, x, 0.0)
    x = x.copy()
    x[mask] *= 2
    return kept.sum() ** 2 + (x * mask).max() + x.sum(where=mask) + x @ np.arange(5.0)


@program(rng.normal(size=(5, 3)), 3, more=[(rng.normal(size=(5, 3)), -2), (rng.normal(size=(5, 3)), 0)])
def run_time_index(x, k):
    return x[k, 1] * x[k].sum() + x[k % 5, k % 3] + x[np.int64(k)][0] + x.T[1][k]


@program(rng.normal(size=7), 2, 3, more=[(rng.normal(size=7), 0, 3), (rng.normal(size=7), 4, 3)])
def window_at_run_time_offset(x, start, width):
    window = x[start : start + width]
    return window.sum() ** 2 + window[0] * x[start + width - 1]


@program(rng.normal(size=7), 4, more=[(rng.normal(size=7), 0), (rng.normal(size=7), 7), (rng.normal(size=7), -3)])
def prefix_and_suffix(x, k):
    return x[:k].sum() * 2 + (x[k:] ** 2).sum()


@program(rng.normal(size=8))
def prefixes_in_loop(x):
    total = 0.0
    for i in range(1, len(x)):
        total += x[:i] @ x[-i:] / i + x[i - 1 : i + 1].sum()
    return total


@program(rng.normal(size=5), np.array([4, 0, 2, 2, 1]))
def index_array_argument(x, order):
    y = x[order]
    return y @ np.arange(5.0) + y[order][order].prod() + x[order[1]] + x[order[1:3]].sum()


@program(rng.normal(size=(4, 4)))
def diagonals_by_index(x):
    k = np.arange(4)
    upper = x[np.triu_indices(4, 1)]
    return x[k, k].prod() + x[k, ::-1][k, k].sum() + upper.sum() ** 2 + x[np.diag_indices(4)].sum()


@program(rng.normal(size=(3, 4)))
def take_and_friends(x):
    a = np.take(x, [0, 3], axis=1).sum() + x.take([1, 5]).prod() + np.take(x, 2, axis=0).max()
    order = np.argsort(x, axis=0)
    b = np.take_along_axis(x, order, 0)[1].sum() + np.choose([0, 2, 1], [x[:, 0], x[:, 1], x[:, 2]]).sum()
    return a + b + x.flat[6] + x.item(2, 1) + x.item(3)


@program(rng.normal(size=(3, 4)))
def unravelled_maximum(x):
    i, j = np.unravel_index(np.argmax(x), x.shape)
    k = x.argmin()
    return x[i, j] * (i + 1) + x.ravel()[k] * j + x.reshape(-1)[np.ravel_multi_index((1, 2), (3, 4))]


@program(np.array(2.5))
def index_of_zero_dimensional(x):
    return x[()] ** 2 + x[...] * x[None][0]


@program(rng.normal(size=6), np.array([1.0, 3.0, 4.0]))
def indices_from_floats(x, where):
    k = where.astype(int)
    return x[k].sum() * where[0] + x[int(where[1])] + x[round(float(where[2]))]


@program(rng.normal(size=5))
def bool_scalar_index_arithmetic(x):
    return x[int(x[0] > 0)] + x[(x > 0).sum() % 5] ** 2 + (x[1], x[2])[bool(x[3] > 0)] + x[True + True]


@program(np.arange(12).reshape(3, 4), grad=False)
def index_result_kinds(x):
    return (
        x[1, 2],
        x[1],
        x[1:2, 2],
        x[[1], 2],
        x[..., 0],
        x[()],
        x[1, 2:3][0],
        x.T[3, 2],
        x[:, [True, False, True, False]],
    )


@program(rng.normal(size=(3, 4))[:, ::-2], grad=True)
def negative_stride_argument(x):
    return x[0, 0] * 3 + x[:, 1].sum() ** 2 + x.reshape(-1)[4]


@program(np.asfortranarray(rng.normal(size=(3, 4))))
def fortran_ordered_argument(x):
    return x.ravel()[5] * x[1, 2] + x.reshape(4, 3)[2, 1] + (x.T @ x)[0, 3] + x.ravel(order="F")[5]


@program(rng.normal(size=(3, 4)))
def open_mesh_of_booleans(x):
    picked = x[np.ix_([True, False, True], [0, -1])] * x[np.ix_([2, 0], np.array([False, True, True, False]))]
    return picked.sum() + picked[1, 0]
