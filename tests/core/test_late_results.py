"""Arrays whose size is known only in the call: they are made where NumPy takes them over."""

import gc
import pickle
from pathlib import Path

import numpy as np
import pytest

import tangra as tg


def path(start, steps):
    at = start
    out = np.empty((steps, 2))
    for i in range(steps):
        at = 0.5 * at + np.array([0.1, 0.2])
        out[i] = at
    return out


def several(n):
    return np.ones(n) * 2, np.arange(n) + 1.5, np.sort(np.arange(n)[::-1] * 1.0), np.ones((n, 2), np.float32), n


def same_twice(n):
    x = np.sort(np.ones(n))
    return x, x + 0.0, x * 1


def either(n, flag):
    x = np.sort(np.arange(n) * -1.0)
    if flag > 0:
        x[0] = 9.0
    else:
        x = x + 1.0
    return x


START = np.array([1.0, -1.0])


@pytest.mark.parametrize("n", [0, 1, 5, 300, 4000])
def test_values_and_what_they_are(n):
    for f, args in (
        (path, (START, n)),
        (several, (n,)),
        (same_twice, (n,)),
        (either, (n + 1, 1)),
        (either, (n + 1, 0)),
    ):
        wanted = f(*args)
        g = tg.jit(f)
        for _ in range(3):
            found = g(*args)
            for a, b in zip(parts(wanted), parts(found), strict=True):
                np.testing.assert_allclose(b, a, rtol=1e-14)
                assert type(b) is type(a)
                if isinstance(a, np.ndarray):
                    assert b.dtype == a.dtype
                    assert b.base is None
                    assert b.flags.num & ~0x2 == np.empty_like(a).flags.num & ~0x2


def parts(result):
    return result if isinstance(result, tuple) else (result,)


def test_it_is_written_where_it_is_returned():
    f = tg.jit(path)
    f(START, 3)
    text = f.ir(stage="llvm")
    assert text.count("call noalias ptr @malloc") == 1
    assert "@tg.allocate" not in text
    assert tg.jit(path).explain(START, 3000, memory=True).memory.arena == 0


def test_they_are_arrays_like_any_other():
    f = tg.jit(path)
    f(START, 3)
    result = f(START, 3000)
    wanted = path(START, 3000)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(result)), result)
    view = result[1:]
    result = None
    gc.collect()
    np.testing.assert_allclose(view, wanted[1:], rtol=1e-14)
    grown = f(START, 2000)
    grown.resize((4000, 2))
    np.testing.assert_allclose(grown[:2000], wanted[:2000], rtol=1e-14)
    assert (grown[2000:] == 0).all()
    del grown, view
    kept = [f(START, n) for n in range(200, 300)]
    for n, array in zip(range(200, 300), kept, strict=True):
        np.testing.assert_allclose(array, wanted[:n], rtol=1e-14)


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_memory_is_freed_by_the_arrays_and_by_calls_that_fail():
    f = tg.jit(path)
    failing = tg.jit(lambda n, k: np.sort(np.arange(n) * 1.0) + np.arange(n)[k])

    def fail():
        with pytest.raises(IndexError):
            failing(100_000, 200_000)

    for call in (lambda: f(START, 50_000), fail):
        call()
        call()
        before = resident()
        for _ in range(100):
            call()
        assert resident() - before < 8_000_000


def test_where_there_is_no_memory_it_is_a_memory_error():
    f, g = tg.jit(lambda n: np.ones(n)), tg.jit(lambda n: np.ones((n, n)))
    assert f(2).sum() == 2
    for n in (10**15, 10**17):
        for _ in range(2):
            with pytest.raises(MemoryError, match=f"Unable to allocate {8 * n} bytes for an array"):
                f(n)
    for n in (10**9, 2**32, 2**47):
        with pytest.raises(MemoryError, match="Unable to allocate"):
            g(n)
    assert f(3).sum() == 3
