"""heapq and bisect, which CPython has in C: the same steps in Python, compiled like a function of the user's.

Where items that are equal end up hangs on every comparison, so these are in CPython's order.
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.api.values import AbstractValue, Const
from tangra.frontend.calls import builtin

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator


def _rise(heap: Any, top: Any, place: Any) -> None:
    item = heap[place]
    while place > top:
        above = (place - 1) >> 1
        other = heap[above]
        if not item < other:
            break
        heap[place] = other
        place = above
    heap[place] = item


def _sink(heap: Any, place: Any) -> None:
    end = len(heap)
    top = place
    item = heap[place]
    below = 2 * place + 1
    while below < end:
        right = below + 1
        if right < end and not heap[below] < heap[right]:
            below = right
        heap[place] = heap[below]
        place = below
        below = 2 * place + 1
    heap[place] = item
    _rise(heap, top, place)


def _heappush(heap: Any, item: Any, /) -> None:
    heap.append(item)
    _rise(heap, 0, len(heap) - 1)


def _heappop(heap: Any, /) -> Any:
    if len(heap) == 0:
        raise IndexError("index out of range")
    last = heap.pop()
    if len(heap) == 0:
        return last
    item = heap[0]
    heap[0] = last
    _sink(heap, 0)
    return item


def _heapreplace(heap: Any, item: Any, /) -> Any:
    if len(heap) == 0:
        raise IndexError("index out of range")
    found = heap[0]
    heap[0] = item
    _sink(heap, 0)
    return found


def _heappushpop(heap: Any, item: Any, /) -> Any:
    if len(heap) == 0 or not heap[0] < item:
        return item
    found = heap[0]
    heap[0] = item
    _sink(heap, 0)
    return found


def _heapify(heap: Any, /) -> None:
    for place in range(len(heap) // 2 - 1, -1, -1):
        _sink(heap, place)


def _nsmallest(n: Any, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key)[: max(n, 0)]


def _nlargest(n: Any, iterable: Any, key: Any = None) -> Any:
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def _place(a: Any, x: Any, lo: Any, hi: Any, key: Any, right: Any) -> Any:
    if lo < 0:
        raise ValueError("lo must be non-negative")
    if hi is None:
        hi = len(a)
    while lo < hi:
        middle = (lo + hi) // 2
        item = a[middle] if key is None else key(a[middle])
        if x < item if right else not item < x:
            hi = middle
        else:
            lo = middle + 1
    return lo


def _bisect_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    return _place(a, x, lo, hi, key, True)


def _bisect_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> Any:
    return _place(a, x, lo, hi, key, False)


def _insort_right(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    a.insert(_bisect_right(a, x if key is None else key(x), lo, hi, key=key), x)


def _insort_left(a: Any, x: Any, lo: Any = 0, hi: Any = None, *, key: Any = None) -> None:
    a.insert(_bisect_left(a, x if key is None else key(x), lo, hi, key=key), x)


_WRITTEN: dict[Any, Callable[..., Any]] = {
    heapq.heappush: _heappush,
    heapq.heappop: _heappop,
    heapq.heapreplace: _heapreplace,
    heapq.heappushpop: _heappushpop,
    heapq.heapify: _heapify,
    heapq.nsmallest: _nsmallest,
    heapq.nlargest: _nlargest,
    bisect.bisect_right: _bisect_right,
    bisect.bisect_left: _bisect_left,
    bisect.insort_right: _insort_right,
    bisect.insort_left: _insort_left,
}


def _known(function: Any, written: Callable[..., Any]) -> None:
    @builtin(function)
    def handler(ev: Evaluator, *args: AbstractValue, **kwargs: AbstractValue) -> Any:
        return ev.call(Const(written), list(args), kwargs)


for _function, _written in _WRITTEN.items():
    _known(_function, _written)
