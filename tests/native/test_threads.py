"""Programs in threads: what CPython and NumPy compute, and the same bits for any number of threads."""

import math
import mmap
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tangra as tg
from tangra.native import memory, wrapper
from tests.native.common import native

THREADS = (1, 2, 3, 8)
RNG = np.random.default_rng(5)


def chain(x, y):
    return np.exp(-x * x) * np.sin(y) + x


def strided(m):
    return m.T[::2] * 2.0 + 1.0


def constant_in_branches(x):
    y = np.where(x > 0.0, np.sqrt(np.abs(x)), x * x)
    return y, x + 1.0


def stencil(x):
    y = np.empty_like(x)
    y[0] = x[0]
    y[-1] = x[-1]
    for i in range(1, x.shape[0] - 1):
        y[i] = 0.25 * x[i - 1] + 0.5 * x[i] + 0.25 * x[i + 1]
    return y


def summed(x):
    total = 0.0
    other = 1.0
    for i in range(x.shape[0]):
        total += x[i] * x[i] * np.sin(x[i])
        other += x[i]
    return total, other


def simulate(rate, y):
    trips = 0
    while abs(y) < 100.0 and trips < 300:
        y = y + 0.05 * np.sin(rate * y) + 0.02 * rate
        trips += 1
    return y * trips


def lane_of_arrays(row, w):
    state = np.zeros(3)
    for i in range(row.shape[0]):
        state = np.tanh(w @ state + row[i])
    return np.sum(state * state)


def reductions(m):
    return np.sum(m * m), np.max(m), np.prod(1.0 + 1e-3 * m), np.sum(m, axis=0), np.sum(m, axis=1), np.max(m, axis=1)


def sum_of_strided(m):
    return np.sum(np.exp(m.T)[::2]), np.any(m > 2.0)


def lines(m):
    return np.cumsum(m, axis=0), np.cumsum(m, axis=1)[:, ::-1], np.argmax(m, axis=1), np.argmin(m, axis=0)


def products(a, b, v):
    return a @ b, a @ v, np.einsum("bij,bkj->bik", a, a), np.outer(v, v)


def factorised(a, b):
    spd = a @ a.transpose(0, 2, 1) + 3.0 * np.eye(a.shape[1])
    return np.linalg.cholesky(spd), np.linalg.solve(spd, b), np.linalg.inv(spd)


def by_vectors(w, u, v):
    column = v.reshape(-1, 1)
    return v @ w, w.T @ v, w @ u, u @ w.T, w.T @ column, column.T @ w, (w.T * 2.0) @ v, np.einsum("ij,i->j", w, v)


def decomposed(a):
    spd = a @ a.transpose(0, 2, 1)
    return np.linalg.det(a), np.linalg.slogdet(a), np.linalg.eigh(spd)[0], np.linalg.qr(a), np.linalg.svd(a)[1]


def variance(x):
    return np.mean((x - np.mean(x)) ** 2)


def histogram(x, k):
    counts = np.zeros(5)
    for i in range(x.shape[0]):
        counts[k[i]] += x[i] * x[i]
    return np.sum(counts * counts), np.exp(x)


def gathered(x, k):
    return np.sum(x[k] ** 3), x[k] * 2.0


def simulations(rates, ys):
    return tg.vmap(simulate)(rates, ys)


def arrays_in_lanes(rows, w):
    return tg.vmap(lane_of_arrays, in_axes=(0, None))(rows, w)


def nested_lanes(m, w):
    return tg.vmap(lambda row: tg.vmap(lambda x: np.sum(np.exp(-x * w)))(row))(m)


def gradients_in_lanes(rates, ys):
    return tg.vmap(tg.grad(simulate, argnums=(0, 1)))(rates, ys)


def gradients_of_arrays(rows, w):
    return tg.vmap(tg.grad(lane_of_arrays, argnums=(0, 1)), in_axes=(0, None))(rows, w)


def outer_sums(x, m):
    """Outer loops whose trips have rows of their own, and totals through loops within."""
    n = x.shape[0]
    pulls = np.zeros((n, 2))
    total = 0.0
    rows = np.empty_like(m)
    for i in range(n):
        for j in range(n):
            d = x[j] - x[i]
            w = m[i, 0] / (d * d + 0.1) ** 1.5
            pulls[i, 0] += w * d
            pulls[i, 1] += w
            total += w
        row = m[i] * 2.0
        row[0] += 1.0
        rows[i] = np.exp(row - np.max(row))
        rows[i] /= np.sum(rows[i])
    return pulls, total, rows


def grid(u):
    for _ in range(3):
        v = np.empty_like(u)
        for i in range(u.shape[0]):
            for j in range(u.shape[1]):
                if i == 0 or j == 0 or i == u.shape[0] - 1 or j == u.shape[1] - 1:
                    v[i, j] = u[i, j]
                else:
                    v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
        u = v
    return u


def in_place(m):
    """Dependent trips: each row reads the one before."""
    out = m.copy()
    for i in range(1, m.shape[0]):
        for j in range(m.shape[1]):
            out[i, j] += 0.5 * out[i - 1, j]
    return out, np.exp(m)


def plain_vmap(function: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
    """`vmap` as a loop of Python's."""

    def mapped(*args: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        size = next(len(a) for a, axis in zip(args, axes, strict=True) if axis == 0)
        lanes = [
            function(*(a if axis is None else a[k] for a, axis in zip(args, axes, strict=True))) for k in range(size)
        ]
        return tuple(map(np.stack, zip(*lanes, strict=True))) if isinstance(lanes[0], tuple) else np.stack(lanes)

    return mapped


def plain_grad(function: Callable[..., Any], argnums: tuple[int, ...]) -> Callable[..., Any]:
    """Central differences."""

    def slopes(*args: Any) -> Any:
        found = []
        for k in argnums:
            x = np.array(args[k], float)
            slope = np.zeros_like(x)
            for at in np.ndindex(*x.shape):
                ends = []
                for step in (1e-6, -1e-6):
                    moved = x.copy()
                    moved[at] += step
                    ends.append(function(*args[:k], moved[()], *args[k + 1 :]))
                slope[at] = (ends[0] - ends[1]) / 2e-6
            found.append(slope)
        return tuple(found)

    return slopes


@dataclass(frozen=True)
class Program:
    """A function, arguments, and whether it has a gradient that is looked at as well."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    smooth: bool = True
    rtol: float = 1e-10

    @property
    def id(self) -> str:
        return self.function.__name__


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


W = normal(3, 3) * 0.4
PROGRAMS = [
    Program(chain, (normal(1003), normal(1003))),
    Program(strided, (normal(70, 90),)),
    Program(constant_in_branches, (normal(7, 50),)),
    Program(stencil, (normal(777),)),
    Program(summed, (normal(1500),)),
    Program(reductions, (normal(70, 90),)),
    Program(sum_of_strided, (normal(90, 70),)),
    Program(lines, (normal(70, 90),), smooth=False),
    Program(products, (normal(9, 12, 12), normal(9, 12, 12), normal(12))),
    Program(factorised, (normal(6, 5, 5), normal(6, 5, 2)), rtol=1e-8),
    Program(factorised, (normal(150, 5, 5), normal(150, 5, 2)), smooth=False, rtol=1e-8),
    Program(by_vectors, (normal(13, 2500), normal(2500), normal(13)), rtol=1e-9),
    Program(decomposed, (normal(150, 5, 5),), smooth=False, rtol=1e-8),
    Program(variance, (normal(3001),)),
    Program(histogram, (normal(900), RNG.integers(0, 5, 900))),
    Program(gathered, (normal(300), RNG.integers(0, 300, 900))),
    Program(simulations, (RNG.uniform(0.5, 1.5, 37), normal(37)), rtol=1e-8),
    Program(arrays_in_lanes, (normal(21, 5, 3), W)),
    Program(nested_lanes, (normal(5, 9), normal(31))),
    Program(gradients_in_lanes, (RNG.uniform(0.5, 1.5, 23), normal(23)), smooth=False, rtol=2e-4),
    Program(gradients_of_arrays, (normal(11, 4, 3), W), smooth=False, rtol=1e-5),
    Program(outer_sums, (normal(31), normal(31, 6))),
    Program(grid, (normal(13, 17),)),
    Program(in_place, (normal(30, 9),)),
]


def flat(value: Any) -> Any:
    """All numbers of a result in a row."""
    parts = value if isinstance(value, tuple) else (value,)
    return np.concatenate([np.ravel(p) for part in parts for p in (part if isinstance(part, tuple) else (part,))])


@pytest.fixture
def everything_in_threads(monkeypatch):
    """Loops of any size run in threads."""
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "0")
    before = tg.get_threads()
    yield
    tg.set_threads(before)


def runs(function: Callable[..., Any], args: tuple[Any, ...]) -> list[Any]:
    """The results with each number of threads."""
    found = []
    for count in THREADS:
        tg.set_threads(count)
        found.append(flat(function(*args)))
    return found


def assert_same_bits(found: list[Any]) -> None:
    for other in found[1:]:
        assert other.tobytes() == found[0].tobytes(), (np.flatnonzero(other != found[0]), other - found[0])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.id)
@pytest.mark.parametrize("dynamic", [False, True], ids=["known", "symbols"])
def test_values(program, dynamic, everything_in_threads, monkeypatch):
    compiled = tg.jit(program.function, dynamic=dynamic)
    found = runs(compiled, program.args)
    assert "tg.region" in compiled.ir(stage="llvm")
    assert_same_bits(found)
    monkeypatch.setattr(tg, "vmap", plain_vmap)
    monkeypatch.setattr(tg, "grad", plain_grad)
    np.testing.assert_allclose(found[0], flat(program.function(*program.args)), rtol=program.rtol, atol=program.rtol)


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.smooth], ids=lambda p: p.id)
def test_gradients(program, everything_in_threads):
    weights = [np.cos(np.arange(p.size)).reshape(p.shape) for p in parts(program.function(*program.args))]

    def loss(*args):
        found = program.function(*args)
        total = 0.0
        for part, weight in zip(found if isinstance(found, tuple) else (found,), weights, strict=True):
            total += np.sum(part * weight)
        return total

    floats = tuple(k for k, a in enumerate(program.args) if a.dtype.kind == "f")
    gradient = tg.grad(loss, argnums=floats)
    found = runs(gradient, program.args)
    assert_same_bits(found)
    direction = {k: RNG.normal(size=program.args[k].shape) for k in floats}
    ends = []
    for h in (1e-6, -1e-6):
        ends.append(loss(*(a + h * direction[k] if k in floats else a for k, a in enumerate(program.args))))
    slope = np.dot(found[0], flat(tuple(direction.values())))
    assert math.isclose((ends[0] - ends[1]) / 2e-6, slope, rel_tol=2e-5, abs_tol=1e-5)


def parts(value: Any) -> list[Any]:
    return [np.asarray(v) for v in (value if isinstance(value, tuple) else (value,))]


def network(v, w, rows):
    def lane(row):
        h = np.tanh(v @ row)
        for _ in range(3):
            h = np.tanh(w @ h) + row[0]
        return np.sum(h * h)

    return np.mean(tg.vmap(lane)(rows))


def searching(rate, ys):
    return np.sum(tg.vmap(simulate, in_axes=(None, 0))(rate, ys) ** 2)


@pytest.mark.parametrize("dynamic", [False, True], ids=["known", "symbols"])
def test_a_gradient_through_lanes_keeps_and_takes_back_in_threads(dynamic, everything_in_threads, monkeypatch):
    """What all lanes share gets a total; what is kept for a lane is taken back by the same chunk."""
    for function, args in (
        (network, (normal(4, 3), 0.4 * normal(4, 4), normal(45, 3))),
        (searching, (1.1, normal(70))),
    ):
        positions = tuple(range(len(args)))
        gradient = tg.jit(lambda *a, f=function, p=positions: tg.grad(f, argnums=p)(*a), dynamic=dynamic)
        found = runs(gradient, args)
        assert_same_bits(found)
        text = gradient.ir()
        assert text.count("keeps = True") == text.count("keeps = False") == 1
        with monkeypatch.context() as alone:
            alone.setenv("TANGRA_PARALLEL_WORK", str(1 << 60))
            plain = tg.jit(lambda *a, f=function, p=positions: tg.grad(f, argnums=p)(*a), dynamic=dynamic)
            np.testing.assert_allclose(found[0], flat(plain(*args)), rtol=1e-9, atol=1e-11)
        for size in (0, 1, 2, 64, 65) if dynamic else ():
            some = (*args[:-1], args[-1][:size])
            if size or function is searching:
                assert_same_bits(runs(gradient, some))
                np.testing.assert_allclose(flat(gradient(*some)), flat(plain(*some)), rtol=1e-9, atol=1e-11)


def test_slices_of_a_tape_are_shares_of_its_limit(everything_in_threads):
    def long(x):
        for i in range(1000):
            x = np.sin(x) + i
        return x

    def loss(xs):
        return np.sum(tg.vmap(long)(xs))

    xs = normal(30)
    enough = tg.jit(lambda xs: tg.grad(loss)(xs), tape_limit=30 * 10_000)
    short = tg.jit(lambda xs: tg.grad(loss)(xs), tape_limit=30 * 7_000)
    for count in THREADS:
        tg.set_threads(count)
        assert np.isfinite(enough(xs)).all()
        with pytest.raises(MemoryError, match="memory limit of a tape"):
            short(xs)


def test_slices_of_a_tape_keep_their_first_pages_after_slow_calls(everything_in_threads, monkeypatch):
    """Slices lie far apart: what is kept is shared out among them, or each slow call would touch all its pages anew."""

    def long(x):
        for i in range(300):
            x = np.sin(x) + i
        return x

    def loss(xs):
        return np.sum(tg.vmap(long)(xs))

    monkeypatch.setattr(wrapper, "SLOW_CALL_SECONDS", 0.0)
    gradient, xs = tg.jit(lambda xs: tg.grad(loss)(xs)), normal(2000)
    pages = 300 * 2000 * 8 // mmap.PAGESIZE

    def touched():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        gradient(xs)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    touched()
    assert touched() < pages / 4
    monkeypatch.setattr(memory, "KEPT_BYTES", 1 << 16)
    touched()
    assert touched() > pages / 2


def test_large_loops_run_in_threads_and_small_ones_do_not():
    f = tg.jit(chain)
    f(*(np.ones(100_000),) * 2)
    assert "tg.region" in f.ir(stage="llvm")
    small = tg.jit(chain)
    small(*(np.ones(1000),) * 2)
    assert "tg.region" not in small.ir(stage="llvm")


def test_sizes_known_at_run_time_are_compared_there(everything_in_threads, monkeypatch):
    monkeypatch.setenv("TANGRA_PARALLEL_WORK", "5000")
    f = tg.jit(chain, dynamic=True)
    for size in (0, 1, 63, 64, 65, 700, 4096, 100_001):
        args = normal(size), normal(size)
        found = runs(f, args)
        assert_same_bits(found)
        np.testing.assert_allclose(found[0], chain(*args), rtol=1e-12, atol=1e-15)


def failing(x):
    if x < 0.0:
        raise ValueError("a negative lane")
    total = 0.0
    for i in range(50):
        total += np.sin(x + i)
    return total + float(math.sqrt(x))


def indexed(row, k):
    return row[k] * 2.0


@pytest.mark.parametrize("count", THREADS)
def test_the_lowest_failing_lane_raises(count, everything_in_threads):
    tg.set_threads(count)
    f = tg.jit(lambda rows, ks: tg.vmap(indexed)(rows, ks))
    rows, ks = normal(200, 6), RNG.integers(0, 6, 200)
    np.testing.assert_array_equal(f(rows, ks), rows[np.arange(200), ks] * 2.0)
    for bad in ((150, 9), (60, 7), (61, 8), (199, 6)):
        ks[bad[0]] = bad[1]
        lowest = min(k for k in range(200) if ks[k] >= 6)
        for _ in range(20):
            with pytest.raises(IndexError, match=f"index {ks[lowest]} is out of bounds"):
                f(rows, ks)
    g = tg.jit(lambda x: tg.vmap(failing)(x))
    x = np.abs(normal(300))
    assert np.isfinite(g(x)).all()
    x[77] = -1.0
    with pytest.raises(ValueError, match="a negative lane"):
        g(x)
    x[77] = 1.0
    assert np.isfinite(g(x)).all()


def test_lanes_behind_a_failing_one_are_given_up(everything_in_threads):
    def lane(x):
        if x < 0.0:
            raise ValueError("a negative lane")
        while x > 1.0:
            x = x + 1e-30
        return x

    f = tg.jit(lambda xs: tg.vmap(lane)(xs))
    for count in (2, 3):
        tg.set_threads(count)
        for first in (0, 1, 3):
            xs = np.linspace(0.0, 0.9, 12)
            xs[first], xs[first + 1], xs[first + 2], xs[-1] = -1.0, 5.0, 5.0, 5.0
            with pytest.raises(ValueError, match="a negative lane"):
                f(xs)
    assert f(np.ones(12)).sum() == 12.0


def test_arguments_hold_what_they_held_before_a_failure_in_a_later_statement(everything_in_threads):
    def scaled(x, k):
        for i in range(x.shape[0]):
            x[i] = x[i] * 2.0
        x[k] = 5.0
        return x

    tg.set_threads(3)
    f = tg.jit(scaled)
    for k in (3, 400):
        mine, theirs = np.arange(300.0), np.arange(300.0)
        outcomes = []
        for call, given in ((f, mine), (scaled, theirs)):
            try:
                outcomes.append(call(given, k).sum())
            except IndexError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
        np.testing.assert_array_equal(mine, theirs)


def test_tapes_of_lanes_have_limits(everything_in_threads):
    def long(x):
        total = x
        for i in range(100_000):
            total = np.sin(total) + x
        return total

    tg.set_threads(3)
    f = tg.jit(lambda xs: tg.vmap(tg.grad(long))(xs), tape_limit=100_000)
    for _ in range(5):
        with pytest.raises(MemoryError, match="memory limit of a tape"):
            f(np.ones(9))


def test_random_programs(everything_in_threads):
    from tests.native.common import check
    from tests.native.random_ir import Program as Drawn
    from tests.native.random_ir import arguments

    tg.set_threads(3)
    for seed in range(1000, 1012):
        func = Drawn(seed, 4 + seed % 14).make()
        compiled = native(func, optimise=1, codegen=1)
        check(func, *arguments(func, seed), rtol=1e-9, compiled=compiled)
