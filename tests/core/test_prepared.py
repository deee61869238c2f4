"""Compiled functions as C functions: `prepared`, with ctypes and SciPy."""

import ctypes
import math
import threading

import numpy as np
import pytest
from scipy import LowLevelCallable, integrate

import tangra as tg

RATE = 0.5
WEIGHTS = np.array([1.0, 2.0, 3.0])


def damped(t: float) -> float:
    return math.exp(-RATE * t) * math.cos(t)


def test_an_integrand_for_scipy():
    p = tg.jit(damped).prepared(1.0)
    assert p.declaration == "double damped(double p0)"
    found, _ = integrate.quad(LowLevelCallable(p.ctypes), 0.0, 10.0)
    expected, _ = integrate.quad(damped, 0.0, 10.0)
    assert found == pytest.approx(expected, abs=1e-12)
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(p.address)(2.0) == pytest.approx(damped(2.0))


def test_numbers_of_all_kinds_and_a_status():
    def f(n, x, y, z):
        return n * 2, x + y, x > 1.0, z + z

    p = tg.jit(f).prepared(3, 1.5, np.float32(2.0), np.int8(1))
    assert p.declaration == (
        "int f(int64_t p0, double p1, float p2, int8_t p3, int64_t *r0, float *r1, bool *r2, int8_t *r3)"
    )
    n, x, b, z = ctypes.c_int64(), ctypes.c_float(), ctypes.c_bool(), ctypes.c_int8()
    places = [ctypes.addressof(v) for v in (n, x, b, z)]
    assert p.ctypes(4, 2.5, 0.5, -3, *places) == 0
    assert (n.value, x.value, b.value, z.value) == (8, 3.0, True, -6)
    assert p.ctypes(2**62, 2.5, 0.5, -3, *places) == 1


def test_arrays_in_and_out_and_captured():
    def f(x):
        x += 1.0
        return (x * WEIGHTS).sum(), x * 2.0

    p = tg.jit(f).prepared(np.zeros(3))
    x, total, out = np.arange(3.0), np.zeros(()), np.zeros(3)
    assert p.ctypes(x.ctypes.data, total.ctypes.data, out.ctypes.data) == 0
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    assert total == 14.0
    np.testing.assert_array_equal(out, [2.0, 4.0, 6.0])


def test_a_gradient():
    p = tg.grad(lambda x: np.sum(x**3)).prepared(np.ones(4))
    x, out = np.arange(4.0), np.zeros(4)
    assert p.ctypes(x.ctypes.data, out.ctypes.data) == 0
    np.testing.assert_allclose(out, 3 * x**2)


def test_a_failure_is_nan():
    def f(x):
        if x < 0.0:
            raise ValueError("negative")
        return math.sqrt(x)

    p = tg.jit(f).prepared(1.0)
    assert p.ctypes(4.0) == 2.0
    assert math.isnan(p.ctypes(-1.0))


def test_workspaces_and_threads():
    def f(x, stop):
        y = np.zeros(3000)
        for i in range(3000):
            if i == stop:
                raise ValueError("stopped")
            y[i] = x * i
        return np.sum(y)

    p = tg.jit(f).prepared(1.0, -1)
    found = []
    call = lambda: found.append((p.ctypes(2.0, -1), math.isnan(p.ctypes(2.0, 7))))
    threads = [threading.Thread(target=lambda: [call() for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {(2.0 * 3000 * 2999 / 2, True)}


def test_what_c_has_no_place_for():
    def changes(x, record):
        record.append(x)
        return x

    for function, arguments, problem in (
        (changes, (1.0, []), "changes objects"),
        (lambda x: x, (np.ones(2),), "its result"),
        (lambda x: x + 1, (np.array(1.0),), "without axes"),
        (lambda n: np.ones(n), (3,), "known only after the call"),
    ):
        with pytest.raises(tg.EntryError, match=problem) as e:
            tg.jit(function).prepared(*arguments)
        assert "[TG820]" in str(e.value)
