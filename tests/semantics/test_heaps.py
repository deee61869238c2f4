"""heapq and bisect on lists that grow: the same items in the same places as in CPython."""

from __future__ import annotations

import bisect
import heapq
from heapq import heappop, heappush
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tests.regressions.test_instances_in_grown_lists import shown

X = np.sin(np.arange(1.0, 401))


def pushed_and_popped(x: Any, n: int) -> Any:
    heap = []
    for i in range(n):
        heapq.heappush(heap, (round(float(x[i]), 1), i))
    held = list(heap)
    out = []
    while heap:
        out.append(heapq.heappop(heap)[1])
    return held, out


def the_largest(x: Any, n: int) -> Any:
    heap = []
    for i in range(n):
        heappush(heap, x[i])
        if len(heap) > 4:
            heappop(heap)
    return heap, heapq.nlargest(2, heap), heapq.nsmallest(3, [v for v in x[:n]])


def made_a_heap(x: Any, n: int) -> Any:
    heap = [float(int(3 * x[i])) for i in range(n)]
    heapq.heapify(heap)
    first = list(heap)
    return first, heapq.heapreplace(heap, 0.5), heapq.heappushpop(heap, -9.0), heapq.heappushpop(heap, 9.0), heap


def shortest_paths(x: Any, n: int) -> Any:
    m = 7
    distance = [float("inf")] * m
    distance[0] = 0.0
    queue = [(0.0, 0)]
    while queue:
        d, u = heappop(queue)
        if d > distance[u]:
            continue
        for v in range(m):
            further = d + abs(x[u * m + v + n]) + 0.1
            if further < distance[v]:
                distance[v] = further
                heappush(queue, (further, v))
    return distance


def events(x: Any, n: int) -> Any:
    queue, time, done = [(0.0, 0)], 0.0, 0
    while queue and done < n:
        time, kind = heappop(queue)
        done += 1
        if kind == 0:
            heappush(queue, (time + 0.7, 0))
            heappush(queue, (time + abs(x[done % 17]), 1))
    return time, len(queue)


def places(x: Any, n: int) -> Any:
    a = np.sort(x[:n])
    pairs = sorted([(x[i], i) for i in range(n)])
    at = [bisect.bisect(a, 0.3), bisect.bisect_left(a, a[1]), bisect.bisect_right(a, a[1]), bisect.bisect(a, 0.1, 1, n)]
    return at, bisect.bisect_left(pairs, (0.2, 3)), bisect.bisect(pairs, 0.2, key=lambda pair: pair[0])


def kept_in_order(x: Any, n: int) -> Any:
    left, right = [], []
    for i in range(n):
        bisect.insort_left(left, (round(float(x[i]), 1), i))
        bisect.insort(right, round(float(x[i]), 1))
    return left, right


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize(
    "f", [pushed_and_popped, the_largest, made_a_heap, shortest_paths, events, places, kept_in_order]
)
def test_values(f: Any, dynamic: bool) -> None:
    compiled = tg.jit(f, dynamic=dynamic)
    for n in (5, 40):
        assert shown(compiled(X.copy(), n)) == shown(f(X.copy(), n))


@pytest.mark.parametrize("take", [heapq.heappop, lambda heap: heapq.heapreplace(heap, 1.0)])
def test_nothing_to_take(take: Any) -> None:
    def f(x: Any, n: int) -> Any:
        heap = [x[i] for i in range(n)]
        return take(heap)

    assert tg.jit(f)(X, 3) == f(X, 3)
    for call in (f, tg.jit(f)):
        with pytest.raises(IndexError, match="index out of range"):
            call(X, 0)


def test_derivatives() -> None:
    def loss(x: Any) -> Any:
        return sum(shortest_paths(x, 0)) + events(x, 20)[0]

    x, direction = X[:60].copy(), np.cos(np.arange(60.0))
    near = (loss(x + 1e-6 * direction) - loss(x - 1e-6 * direction)) / 2e-6
    assert tg.jvp(loss, (x,), (direction,))[1] == pytest.approx(near, rel=1e-7)
    assert np.sum(tg.grad(loss)(x) * direction) == pytest.approx(near, rel=1e-7)
