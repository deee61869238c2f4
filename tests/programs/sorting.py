"""Sorting, searching, counting, interpolation, differences and convolution."""

import numpy as np

from .registry import program

rng = np.random.default_rng(16)


@program(rng.normal(size=(3, 5)))
def sorts(x):
    a = np.sort(x, axis=0) * np.sort(x)[:, ::-1]
    b = x[1].copy()
    b.sort()
    return a[1].sum() + b @ np.arange(5.0) + np.sort(x, axis=None)[7] ** 2


@program(rng.normal(size=(3, 5)))
def argsorts(x):
    order = np.argsort(x[0])
    inverse = np.empty(5, dtype=int)
    inverse[order] = np.arange(5)
    y = (
        x[1][order] @ np.arange(5.0)
        + x[0][order[::-1]][1]
        + np.take_along_axis(x, x.argsort(axis=1), axis=1)[:, 2].prod()
    )
    return y + (x[2] * inverse).sum() + x[0, np.argsort(-x[0])[:2]].sum()


@program(np.array([3, 1, 2, 1, 3, 0]), grad=False)
def stable_orders(n):
    return (
        np.argsort(n, kind="stable"),
        np.sort(n),
        np.sort(n)[::-1],
        n.argmax(),
        n.argmin(),
        np.lexsort((np.arange(6), n)),
    )


@program(np.array([2.0, np.nan, -1.0, np.inf]), grad=False)
def nan_sorts_last(x):
    return np.sort(x), np.argsort(x), x.argmin(), np.nanargmin(x), np.sort([3, 1, 2]), np.sort(np.array([True, False]))


@program(np.array([0.1, 0.5, 0.9]), np.array([0.05, 0.5, 0.7, 2.0]), grad=False)
def searching(a, v):
    return (
        np.searchsorted(a, v),
        np.searchsorted(a, v, side="right"),
        a.searchsorted(0.5),
        np.digitize(v, a),
        np.searchsorted(a, v[:, None]),
    )


@program(np.array([0.2, 0.6, 0.9]), np.array([0.1, 0.3, 0.65, 0.8]))
def searched_weights(x, edges):
    k = np.searchsorted(edges, x)
    return (x * edges[k - 1]).sum() + x @ k


@program(rng.normal(size=6), np.array([0, 2, 1, 2, 2, 0]))
def counting(w, labels):
    counts = np.bincount(labels, minlength=4)
    sums = np.bincount(labels, weights=w, minlength=4)
    return sums @ sums + counts @ np.arange(4.0) * w[0] + (sums / np.maximum(counts, 1))[2]


@program(np.array([0.3, 1.7, 2.4]), np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 5.0]))
def interpolation(x, xp, fp):
    y = np.interp(x, xp, fp)
    return y @ y + np.interp(x[0] * 2, xp, fp**2) + np.interp(-1.0, xp, fp) + np.interp(9.0, xp, fp, right=0.5)


@program(np.array([1.0, 3.0, 2.0, 5.0]), argnums=0)
def interpolation_by_values(fp):
    xp = np.arange(4.0)
    return (np.interp(np.array([0.25, 1.5, 2.9]), xp, fp) ** 2).sum()


@program(rng.normal(size=7))
def differences(x):
    return (np.diff(x) ** 2).sum() + np.diff(x, n=2).max() + np.diff(x, prepend=0.0)[0] * np.diff(x, append=x[:1]).sum()


@program(rng.normal(size=6), rng.normal(size=3))
def convolutions(x, k):
    full, same, valid = np.convolve(x, k), np.convolve(x, k, mode="same"), np.convolve(x, k, "valid")
    return full @ np.arange(8.0) + same.max() + valid.prod() + np.correlate(x, k, "valid")[1] + np.convolve(k, x)[3]


@program(rng.normal(size=6), rng.normal(size=3), argnums=1)
def convolution_by_kernel(x, k):
    return np.tanh(np.convolve(x, k)).sum() + np.convolve(k, k)[2]


@program(rng.normal(size=8))
def insertion_sort(x):
    a = x.copy()
    for i in range(1, len(a)):
        key, j = a[i], i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return a @ np.arange(8.0) ** 2


@program(rng.normal(size=8))
def merge_sort(x):
    def merge(left, right):
        n = len(left) + len(right)
        out, i, j = np.empty(n), 0, 0
        for k in range(n):
            if j >= len(right) or (i < len(left) and left[i] <= right[j]):
                out[k] = left[i]
                i += 1
            else:
                out[k] = right[j]
                j += 1
        return out

    def sort(v):
        if len(v) <= 1:
            return v
        half = len(v) // 2
        return merge(sort(v[:half]), sort(v[half:]))

    return sort(x) @ np.arange(8.0)


@program(np.array([0.1, 0.4, 0.6, 0.9]), 0.5, grad=False, more=[(np.array([0.1, 0.4, 0.6, 0.9]), 0.05)])
def binary_search(a, v):
    low, high = 0, len(a)
    while low < high:
        mid = (low + high) // 2
        if a[mid] < v:
            low = mid + 1
        else:
            high = mid
    return low, low == np.searchsorted(a, v)


@program(rng.normal(size=7), 3)
def quickselect_smallest(x, k):
    a = x.copy()
    total = 0.0
    for i in range(k):
        best = i
        for j in range(i + 1, len(a)):
            if a[j] < a[best]:
                best = j
        a[i], a[best] = a[best], a[i]
        total += a[i] * (i + 1)
    return total + np.partition(x, 2)[2]


@program(rng.normal(size=(4, 6)))
def top_k_per_row(x):
    order = np.argsort(-x, axis=1)[:, :2]
    top = np.take_along_axis(x, order, axis=1)
    second = x[np.arange(4), order[:, 1]]
    return top.sum() * second.prod() + (x.max(axis=1) - second).sum()
