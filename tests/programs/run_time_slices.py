"""Slices whose ends are elements of arrays: rows of sparse matrices, segments, neighbours, tails of sorted data."""

import numpy as np

from .registry import program

rng = np.random.default_rng(41)
INDPTR = np.array([0, 2, 3, 3, 7])
INDICES = np.array([1, 3, 0, 0, 1, 2, 3])
DATA = rng.normal(size=7)
X = rng.normal(size=4)
ENDS = np.array([[0, 2], [-3, 99], [5, 2], [-100, -2], [2, -1], [7, 7], [8, 12], [-1, 9]])


@program(X, INDPTR, INDICES, DATA)
def rows_of_a_sparse_matrix(x, indptr, indices, data):
    y = np.zeros(len(indptr) - 1)
    for k in range(len(indptr) - 1):
        lo, hi = indptr[k], indptr[k + 1]
        for j, w in zip(indices[lo:hi], data[lo:hi]):
            y[k] += w * x[j] ** 2
    return np.sum(y**2)


@program(X, INDPTR, INDICES)
def pairs_of_neighbours(x, indptr, indices):
    total = 0.0
    for k in range(len(indptr) - 1):
        row = indices[indptr[k] : indptr[k + 1]]
        for a in range(len(row)):
            for b in row[a + 1 :]:
                total += x[row[a]] * x[b] ** 2
    return total


@program(DATA, ENDS)
def ends_beyond_and_from_behind(d, ends):
    total = 0.0
    for k in range(len(ends)):
        for v in d[ends[k, 0] : ends[k, 1]]:
            total += v**3 * (k + 1)
        total += 10 * len(d[ends[k, 0] : ends[k, 1]])
    return total


@program(DATA, ENDS)
def steps_and_reversals(d, ends):
    total = 0.0
    for k in range(len(ends)):
        for v in d[ends[k, 0] : ends[k, 1] : 2]:
            total += v**3 * (k + 1)
        for v in d[ends[k, 0] : ends[k, 1] : -1]:
            total += v * v * (k + 1)
        for q, v in enumerate(reversed(d[ends[k, 0] : ends[k, 1]]), start=k):
            total = total * 0.9 + q * v
    return total


def _energy(row):
    return sum(r * r for r in row) + len(row)


@program(DATA, INDPTR)
def segments_passed_to_a_helper(d, indptr):
    return sum(_energy(d[indptr[k] : indptr[k + 1]]) * k for k in range(4))


@program(DATA, INDPTR)
def softmax_within_segments(d, indptr):
    out = np.empty_like(d)
    for k in range(len(indptr) - 1):
        z = d[indptr[k] : indptr[k + 1]]
        if z.size == 0:
            continue
        e = np.exp(z - z.max())
        out[indptr[k] : indptr[k + 1]] = e / e.sum()
    return np.sum(out * np.arange(len(d)))


@program(DATA, ENDS)
def reductions_of_segments(d, ends):
    total = 0.0
    for k in range(len(ends)):
        part = d[ends[k, 0] : ends[k, 1]]
        if len(part) > 0:
            total += part.mean() * part.max() + np.min(part) + part.std()
        total += np.dot(part, part) * part.sum() + np.cumsum(part**2).sum()
    return total


@program(np.arange(8.0).reshape(4, 2) ** 1.5, INDPTR, INDICES)
def rows_gathered_by_segments(points, indptr, indices):
    total = 0.0
    for k in range(len(indptr) - 1):
        near = points[indices[indptr[k] : indptr[k + 1]]]
        if len(near):
            total += np.sum((near - near.mean(axis=0)) ** 2)
    return total


@program(DATA, INDPTR, grad=False, writes=True)
def segments_changed_in_place(d, indptr):
    for k in range(len(indptr) - 1):
        row = d[indptr[k] : indptr[k + 1]]
        row *= 2.0
        row[:1] += 1
    return np.sum(d**2)


@program(X, INDPTR, INDICES)
def search_that_stops_early(x, indptr, indices):
    total = 0.0
    for k in range(len(indptr) - 1):
        for j in indices[indptr[k] : indptr[k + 1]]:
            if x[j] < -0.5:
                break
            total += x[j] ** 3
        else:
            total += x[k]
    return total


@program(X, INDPTR, INDICES)
def extremes_that_may_be_of_nothing(x, indptr, indices):
    total, k = 0.0, 0
    while k < len(indptr) - 1:
        row = indices[indptr[k] : indptr[k + 1]]
        total += max((x[j] ** 2 for j in row), default=0.25)
        if any(x[j] > 0.4 for j in row) and all(x[j] < 3 for j in row):
            total += x[k] ** 2
        k += 1
    return total


@program(DATA, INDPTR)
def a_list_of_segments(d, indptr):
    total = 0.0
    for row in [d[indptr[k] : indptr[k + 1]] for k in range(4)]:
        for v in row:
            total += v * v
    return total


@program(DATA, INDPTR, grad=False)
def a_segment_is_the_result(d, indptr):
    return d[indptr[1] : indptr[3]], d[indptr[3] :] * 2


@program(X)
def both_sides_of_the_largest(x):
    k = int(np.argmax(x))
    return np.sum(x[:k] ** 2) + np.sum(x[k:] ** 3)


@program(DATA, INDPTR)
def arrays_as_long_as_a_segment(d, indptr):
    total = 0.0
    for k in range(len(indptr) - 1):
        lo, hi = indptr[k], indptr[k + 1]
        z = np.zeros(len(d[lo:hi]))
        for q in range(len(z)):
            z[q] = d[lo + q] ** 2
        total += z.sum() + np.prod(np.ones_like(d[lo:hi]) + d[lo:hi]) + np.sort(z)[-1:].sum()
    return total


@program(DATA)
def array_of_what_passes_a_test(d):
    kept = np.array([v for v in d if v > 0])
    return np.sum((kept - kept.mean()) ** 2) * len(kept)
