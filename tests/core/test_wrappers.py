"""Calls that wrappers in machine code serve: the same results, references, exceptions and memory as the careful way."""

import copy
import gc
import inspect
import math
import pickle
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg
from tangra.core.jitted import JitFunction

Pair = namedtuple("Pair", "a b")
SCALE = 3.0
TABLE = np.arange(4.0)


@dataclass
class Spring:
    k: float
    ends: np.ndarray


class Served(JitFunction):
    """A jitted function that says so when a call is not served by a wrapper."""

    careful = 0

    def _call_carefully(self, /, *args, **kwargs):
        self.careful += 1
        return super()._call_carefully(*args, **kwargs)


def muladd(a, b, c):
    return a * b + c


def kinds(n, x, y, flag):
    return n + 1, x * 2, y * 2, x > 0, np.float64(x) > 0 if flag else flag


def sums(x, y):
    return Pair((x * y).sum(), [x + y, {"x": x, "y": y - 1}])


def captured(x):
    return math.sin(x) * SCALE + TABLE[1]


def spring(s, p):
    return s.k * (s.ends[1] - s.ends[0]) + p["w"] * p["x"].sum()


def zero_rank(x):
    x[...] = x + 1
    return np.array(2.0) * x, np.array(x)


def counted(n, k):
    while n < 100:
        n *= k
    return np.ones((n, k)) * k


def halves(x):
    n = x.shape[0] // 2
    return x[:n] + x[n : 2 * n], np.concatenate([x, x])


def scaled(x, k):
    x *= k
    return x


def workspace(x):
    total = 0.0
    y = np.zeros(x.shape[0] * 400)
    for i in range(x.shape[0] * 400):
        y[i] = x[i % x.shape[0]] * i
    for i in range(y.shape[0]):
        total += y[i]
    return total


def increase(x, y):
    x += y


def several(x):
    y = 1 if x > 0 else 2.5
    return y


def fails(x, n):
    if n > 2:
        raise ValueError(f"n is {n}")
    return x + n


def arrays(n=5):
    return np.arange(1.0, n + 1), np.arange(1.0, n + 1) * 2


CASES = {
    "floats": (muladd, lambda: (1.5, 2.0, 3.0)),
    "ints": (muladd, lambda: (-(2**62), 1, 5)),
    "int and float": (muladd, lambda: (2, 1.5, 3)),
    "float32": (muladd, lambda: (np.float32(1.5), np.float32(2), np.float32(3))),
    "int8": (muladd, lambda: (np.int8(5), np.int8(2), np.int8(3))),
    "uint64": (muladd, lambda: (np.uint64(2**63), np.uint64(1), np.uint64(3))),
    "kinds": (kinds, lambda: (4, 1.5, np.float32(2.5), True)),
    "arrays": (muladd, lambda: (np.ones(3), np.ones((2, 3)), 1.0)),
    "float32 arrays": (muladd, lambda: (np.ones(3, np.float32), np.float32(2), np.arange(3, dtype=np.float32))),
    "structures": (sums, arrays),
    "captured": (captured, lambda: (0.5,)),
    "instances": (spring, lambda: (Spring(2.0, np.array([1.0, 4.0])), {"w": 2.0, "x": np.ones(3)})),
    "0-d arrays": (zero_rank, lambda: (np.array(3.0),)),
    "sizes known after the call": (counted, lambda: (3, 2)),
    "written": (scaled, lambda: (np.ones(4), 3.0)),
    "workspace": (workspace, lambda: (np.ones(5),)),
    "kinds known after the call": (several, lambda: (1.0,)),
}


def flat(v):
    if isinstance(v, (tuple, list)):
        return [type(v), *[flat(x) for x in v]]
    if isinstance(v, dict):
        return [dict, *[(k, flat(x)) for k, x in v.items()]]
    return [type(v), getattr(v, "dtype", None), np.shape(v), np.asarray(v).tobytes()]


@pytest.mark.parametrize("name", CASES)
def test_a_wrapper_serves_what_cpython_gives(name):
    function, arguments = CASES[name]
    f = Served(function)
    for _ in range(3):
        given, again = arguments(), arguments()
        assert flat(f(*given)) == flat(function(*again))
        if not any(isinstance(v, (Spring, dict)) for v in given):
            assert flat(given) == flat(again)
    assert f.careful == 1


@pytest.mark.parametrize("name", CASES)
def test_references_are_counted_right(name):
    function, arguments = CASES[name]
    f = Served(function)
    given = arguments()
    f(*given)
    held = [*given, SCALE, TABLE, type(given[0]), np.ndarray, np.float64, np.dtype(np.float64), True, False]
    before = [sys.getrefcount(v) for v in held]
    blocks = sys.getallocatedblocks()
    for _ in range(3000):
        f(*given)
    after = [sys.getrefcount(v) for v in held]
    assert all(abs(a - b) < 100 for a, b in zip(before, after))
    assert sys.getallocatedblocks() - blocks < 500
    assert f.careful == 1


def test_references_of_results_are_counted_right():
    f = Served(sums)
    x, y = arrays()
    f(x, y)
    before = sys.getrefcount(x)
    result = f(x, y)
    assert sys.getrefcount(x) == before + 1  # in the dict
    fresh = result.b[0]
    del result
    gc.collect()
    other = np.zeros(5)
    assert sys.getrefcount(fresh) == sys.getrefcount(other)
    assert fresh.flags.owndata
    assert fresh.flags.writeable


def test_sizes_are_symbols_at_the_second_size():
    f = Served(halves)
    for n in (20, 31, 40, 55, 1000):
        x = np.arange(float(n))
        for found, expected in zip(f(x), halves(x)):
            np.testing.assert_array_equal(found, expected)
    assert f.careful == 2
    f(np.arange(3.0))
    assert f.careful == 3


def test_keyword_arguments_in_the_order_of_the_call():
    f = Served(muladd)
    for _ in range(3):
        assert f(2.0, c=1.0, b=3.0) == 7.0
        assert f(2.0, b=3.0, c=1.0) == 7.0
        assert f(c=1.0, a=2.0, b=3.0) == 7.0
        assert f(*(2.0,), **{"".join(["c"]): 1.0, "b": 3.0}) == 7.0
    assert f.careful <= 3 + 3
    for wrong in ({"d": 1.0}, {"self": 1.0}):
        with pytest.raises(Exception, match="argument"):
            f(2.0, 3.0, **wrong)


def power(x, options, function, name):
    exponent, scale, (flag, text) = options
    return function(x) ** exponent * scale if flag and text == name else x


def test_static_arguments_are_compared():
    f = Served(power, static=("options", "function", "name"))
    other = lambda x: x + 1.0
    for n, (options, function) in enumerate(
        [((2, 0.5, (True, "a")), np.sin), ((2, 0.5, (True, "b")), np.sin), ((2, -0.5, (True, "a")), np.sin),
         ((2.0, 0.5, (True, "a")), np.sin), ((2, 0.5, (False, "a")), np.sin), ((2, 0.5, (True, "a")), other)]
    ):  # fmt: skip
        for _ in range(2):
            assert f(3.0, options, function, "a") == pytest.approx(power(3.0, options, function, "a"))
        assert f.careful == n + 1


def test_what_does_not_fit_goes_the_careful_way():
    f = Served(scaled)
    x = np.ones(4)
    assert f(x, 2.0) is x
    backwards = np.arange(4.0)[::-1]
    assert f(backwards, 2.0) is backwards
    np.testing.assert_array_equal(backwards, [6.0, 4.0, 2.0, 0.0])
    fixed = np.ones(4)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        f(fixed, 2.0)
    raw = np.zeros(33, np.uint8)
    crooked = raw[1:].view(np.float64)
    crooked[...] = 2.0
    f(crooked, 2.0)
    np.testing.assert_array_equal(crooked, [4.0] * 4)
    np.testing.assert_array_equal(x, [2.0] * 4)
    assert f(x, 2) is x
    with pytest.raises(tg.EntryError):
        f(x, 2**70)


def test_arrays_that_overlap_go_the_careful_way():
    f = Served(increase)
    memory = np.arange(8.0)
    f(memory[:4], memory[4:])
    f(memory[:4], memory[4:])
    assert f.careful == 1
    f(memory[:4], memory[2:6])
    assert f.careful == 2
    rng = np.random.default_rng(0)
    for _ in range(40):
        i, j = rng.integers(0, 8, 2)
        memory, again = np.arange(16.0), np.arange(16.0)
        f(memory[i : i + 4], memory[j : j + 4])
        increase(again[i : i + 4], again[j : j + 4])
        np.testing.assert_array_equal(memory, again)
    assert len(f._entries) == 1


def replaced(point, x):
    point[...] = 7.0
    return x[0] + point


def test_arrays_without_axes_are_written_with_the_same_care():
    f = Served(replaced)
    for _ in range(2):
        assert f(np.array(1.0), np.ones(3)) == 8.0
    assert f.careful == 1
    memory = np.ones(3)
    assert f(memory[0:1].reshape(()), memory) == 14.0
    assert memory[0] == 7.0
    fixed = np.array(1.0)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        f(fixed, np.ones(3))
    assert fixed == 1.0


def test_exceptions_pass_and_leave_nothing_behind():
    f = Served(fails)
    f(1.0, 1)
    gc.collect()
    blocks = sys.getallocatedblocks()
    for k in range(2000):
        with pytest.raises(ValueError, match="n is 3"):
            f(1.0, 3)
        assert f(1.0, 2) == 3.0
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 1000
    assert f.careful == 1
    with pytest.raises(ValueError) as e:
        f(1.0, 7)
    assert e.traceback[-1].path.name == "test_wrappers.py"


def failing_workspace(x, stop):
    y = np.zeros(x.shape[0] * 300)
    for i in range(y.shape[0]):
        if i == stop:
            raise IndexError("stopped")
        y[i] = x[i % x.shape[0]] + y[i - 1]
    return y.sum()


def test_a_workspace_is_ready_again_after_a_failure():
    f = Served(failing_workspace)
    x = np.ones(4)
    expected = failing_workspace(x, -1)
    for _ in range(50):
        with pytest.raises(IndexError, match="stopped"):
            f(x, 700)
        assert f(x, -1) == expected
    assert f.careful == 1


def test_captured_values_are_read_at_each_call():
    global SCALE, TABLE
    f = Served(captured)
    scale, table = SCALE, TABLE
    try:
        assert f(0.5) == captured(0.5)
        SCALE, TABLE = 4.0, TABLE + 1
        assert f(0.5) == captured(0.5)
        assert f.careful == 1
        SCALE = 5
        assert f(0.5) == captured(0.5)
        TABLE = np.arange(9.0)
        assert f(0.5) == captured(0.5)
        del SCALE
        with pytest.raises(Exception, match="SCALE"):
            f(0.5)
    finally:
        SCALE, TABLE = scale, table
    assert f(0.5) == captured(0.5)


class Inner:
    def __init__(self):
        self.y = 2.0


@dataclass
class Holder:
    item: object


def test_what_can_no_longer_be_read_is_an_error():
    f = Served(lambda h: h.item.y * 2)
    h = Holder(Inner())
    assert f(h) == 4.0
    assert f(h) == 4.0
    h.item = 5
    with pytest.raises(Exception, match="y"):
        f(h)
    del h.item
    with pytest.raises(Exception, match="item"):
        f(h)


def test_memory_stays_flat():
    f = Served(sums)
    x, y = np.ones(2000), np.ones(2000)
    for _ in range(2000):
        f(x, y)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100_000):
        f(x, y)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096
    assert f.careful == 1


def test_threads_have_workspaces_of_their_own():
    f = Served(workspace)
    wrong = []

    def work(k):
        x = np.full(5 + k, float(k))
        expected = workspace(x)
        for _ in range(60):
            if f(x) != expected:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def spin(n):
    y = np.zeros(n)
    for i in range(40_000_000):
        y[i % n] += 0.5
    return y.sum()


def test_a_signal_handler_may_call_the_function_that_runs():
    f = Served(spin)
    quick = Served(workspace)
    x = np.ones(5)
    known = quick(x)
    found = []
    previous = signal.signal(signal.SIGALRM, lambda *_: found.append(quick(x)))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        total = f(512)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert total == 20_000_000.0
    assert found and set(found) == {known}


def test_garbage_is_collected_with_its_wrappers():
    gc.collect()
    before = len([o for o in gc.get_objects() if isinstance(o, JitFunction)])
    for k in range(5):
        f = Served(lambda x: x + 1)
        f(1.0), f(1)
    del f
    gc.collect()
    assert len([o for o in gc.get_objects() if isinstance(o, JitFunction)]) == before


def test_it_is_a_callable_as_any():
    f = Served(muladd)
    assert f(1.0, 2.0, 3.0) == f(1.0, 2.0, 3.0) == 5.0
    assert str(inspect.signature(f)) == "(a, b, c)"
    assert f.__wrapped__ is muladd
    assert f.__name__ == "muladd"
    assert callable(f)
    assert pickle.loads(pickle.dumps(tg.jit(muladd)))(1.0, 2.0, 3.0) == 5.0
    assert copy.copy(tg.jit(muladd))(1.0, 2.0, 3.0) == 5.0
    with pytest.raises(TypeError):
        JitFunction.__call__(3, 1.0)
    assert JitFunction.__call__(f, 1.0, 2.0, 3.0) == 5.0
    assert list(map(f, [1.0, 2.0], [1.0, 2.0], [0.0, 0.0])) == [1.0, 4.0]

    class Model:
        k = 2.0
        scaled = tg.jit(lambda self, x: x * self.k)

    model = Model()
    assert model.scaled(3.0) == model.scaled(3.0) == Model.scaled(model, 3.0) == 6.0


def test_gradients_are_served_too():
    slope = tg.value_and_grad(lambda x, y: (x * y).sum(), argnums=(0, 1))
    x, y = arrays()
    first = slope(x, y)
    slope.compiled._call_carefully = None  # nobody asks for it
    value, (dx, dy) = slope(x, y)
    assert value == first[0] == (x * y).sum()
    np.testing.assert_array_equal(dx, y)
    np.testing.assert_array_equal(dy, x)


def run(program):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_interpreters_that_are_not_known_are_served_carefully(tmp_path):
    (tmp_path / "plain.py").write_text("def f(x, k=2.0):\n    return x * k\n")
    out = run(
        f"""
        import sys
        sys.path[:0] = {[p for p in sys.path if p]!r} + [{str(tmp_path)!r}]
        from tangra.native import pyapi
        pyapi.understood = lambda: False
        import numpy as np, tangra as tg
        from plain import f
        g = tg.jit(f)
        print(g(2.0), g(2.0, k=4.0), g(np.ones(2)).sum(), tg.grad(f)(3.0))
        print(len(g._entries), g.__call__.__func__.__name__)
        """
    )
    assert out == ["4.0", "8.0", "4.0", "2.0", "0", "__call__"]
