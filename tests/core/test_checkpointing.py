"""`tg.checkpoint` of loops, native: the gradients are those without it, for every sort of loop and in every place."""

from dataclasses import dataclass

import numpy as np
import pytest

import tangra as tg

OPTIONS = [
    {"policy": "sqrt"},
    {"policy": "binomial", "snapshots": 3},
    {"policy": "sqrt", "memory": "4KB"},
    {"memory": 4000},
]
P = np.array([0.7, -0.3, 0.4])


@dataclass
class Body:
    position: np.ndarray
    speed: float
    hits: int


def scalars(p):
    x, total = p[0], 0.0
    for i in range(37):
        x = np.sin(x * p[1] + 0.1 * i) + p[2]
        total += x * x
    return total


def downwards(p):
    x = p.copy()
    for i in range(50, 3, -4):
        x = np.tanh(x * 0.9 + 0.01 * i)
    return x.sum()


def early_exit(p):
    x = p[0]
    for i in range(100):
        x = x + 0.1 * np.cos(x * p[1])
        if x > 2.0:
            break
    return x * p[2] + i


def until_it_settles(p):
    x = 1.0
    while abs(x * x * x + x - p[0] * p[0] - 2) > 1e-12:
        x = x - (x * x * x + x - p[0] * p[0] - 2) / (3 * x * x + 1)
    return x * p[1]


def returns_from_within(p):
    x = p[0]
    while True:
        x = x * 1.1 + 0.01 * p[1]
        if x > 5:
            return x * p[2]


def in_place(p):
    x = np.zeros(4)
    x[:3] = p
    for i in range(23):
        x[i % 4] += 0.1 * np.sin(x[(i + 1) % 4])
        x *= 0.99
    return (x * x).sum()


def fills_an_array(p):
    out = np.empty((19, 3))
    y = p.copy()
    for i in range(19):
        y += 0.05 * np.sin(y * p)
        out[i] = y
    return (out**2).sum()


def reads_what_it_filled(p):
    out = np.zeros(29)
    out[0], out[1] = p[0], p[1]
    for i in range(2, 29):
        out[i] = np.sin(out[i - 1]) + 0.5 * out[i - 2] * p[2]
    return out.sum()


def triangular(p):
    x = p.copy()
    for i in range(9):
        for j in range(i):
            x[j % 3] = np.sin(x[i % 3] + x[j % 3])
    return x.sum()


def roots_within(p):
    x, total = 1.0, 0.0
    for i in range(11):
        target = p[0] + 0.1 * p[1] * i
        while abs(x * x * x + x - target) > 1e-12:
            x = x - (x * x * x + x - target) / (3 * x * x + 1)
        total += x
    return total


def objects(p):
    body = Body(p.copy(), 1.0, 0)
    for _ in range(15):
        body.position = body.position + 0.1 * body.speed * np.cos(body.position)
        if body.position[0] > 1.0:
            body.speed = body.speed * 0.8
            body.hits += 1
    return body.position.sum() + body.hits


def grown(p):
    xs = [p[0]]
    for i in range(13):
        xs.append(np.sin(xs[-1]) + p[1] * i)
    return sum(xs)


def two_loops(p):
    x = p.copy()
    for _ in range(14):
        x = np.sin(x) + 0.1 * p
    y = x[0]
    for k in range(20):
        y = y * 0.9 + x[k % 3]
    return y


def no_trips(p):
    x = p.copy()
    for _ in range(len(p) - 3):
        x = x * 2
    while x[0] > 100:
        x = x * 0.5
    return (x * x).sum()


LOOPS = [
    scalars,
    downwards,
    early_exit,
    until_it_settles,
    returns_from_within,
    in_place,
    fills_an_array,
    reads_what_it_filled,
    triangular,
    roots_within,
    objects,
    grown,
    two_loops,
    no_trips,
]


def differences(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@pytest.mark.parametrize("k", range(len(LOOPS)), ids=lambda k: LOOPS[k].__name__)
def test_gradients_are_those_without(k):
    f = LOOPS[k]
    wanted = tg.grad(f)(P)
    np.testing.assert_allclose(wanted, differences(f, P), rtol=1e-6, atol=1e-6)
    for options in (OPTIONS[k % 4], OPTIONS[(k + 1) % 4]):
        value, gradient = tg.value_and_grad(tg.checkpoint(f, **options))(P)
        assert value == pytest.approx(f(P), rel=1e-13)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("f", [early_exit, in_place], ids=lambda f: f.__name__)
def test_other_transformations_of_checkpointed_loops(f):
    checkpointed = tg.checkpoint(f, policy="binomial", snapshots=2)
    np.testing.assert_allclose(tg.hessian(checkpointed)(P), tg.hessian(f)(P), rtol=1e-9, atol=1e-10)
    batch = np.stack([P, 0.9 * P, 1.1 * P])
    np.testing.assert_allclose(tg.vmap(tg.grad(checkpointed))(batch), [tg.grad(f)(p) for p in batch], rtol=1e-11)
    twice = tg.grad(lambda p: (tg.grad(checkpointed)(p) ** 2).sum())(P)
    np.testing.assert_allclose(twice, 2 * tg.hessian(f)(P) @ tg.grad(f)(P), rtol=1e-8, atol=1e-9)
    assert tg.jvp(checkpointed, (P,), (P,))[1] == pytest.approx(tg.grad(f)(P) @ P, rel=1e-11)
    assert tg.jit(checkpointed)(P) == tg.jit(f)(P)


def test_within_compiled_code_and_as_a_decorator():
    @tg.checkpoint(policy="sqrt", memory="10 KiB")
    def roll(x, steps):
        for _ in range(steps):
            x = np.sin(x) + 0.1
        return x

    def plain(x, steps):
        for _ in range(steps):
            x = np.sin(x) + 0.1
        return x

    def loss(x, run, steps):
        return (run(x, steps) ** 2).sum()

    assert roll.__name__ == "roll"
    for steps in (0, 1, 40):
        wanted = tg.grad(loss)(P, plain, steps)
        np.testing.assert_allclose(tg.grad(loss)(P, roll, steps), wanted, rtol=1e-12)
        inside = tg.grad(lambda x, n=steps: (tg.checkpoint(plain, policy="binomial", snapshots=2)(x, n) ** 2).sum())
        np.testing.assert_allclose(inside(P), wanted, rtol=1e-12)


def test_sizes_that_are_symbols():
    def smooth(x, steps):
        for _ in range(steps):
            x = x * 0.9
            x[1:] += 0.1 * np.sin(x[:-1])
        return (x * x).sum()

    gradient = tg.jit(tg.grad(tg.checkpoint(smooth, memory="20KB")), dynamic=True)
    plain = tg.jit(tg.grad(smooth), dynamic=True)
    for n in (3, 11, 40):
        x = np.linspace(-1, 1, n)
        np.testing.assert_allclose(gradient(x, 25), plain(x, 25), rtol=1e-12)


def test_sizes_that_are_numbers_of_the_program():
    def f(p, n):
        x = np.ones(n)
        for _ in range(12):
            x = np.sin(x * p[1]) + p[2]
        return x.sum()

    gradient = tg.grad(tg.checkpoint(f, policy="binomial", snapshots=3))
    for n in (0, 7, 31):
        np.testing.assert_allclose(gradient(P, n), tg.grad(f)(P, n), rtol=1e-12)


def test_a_loop_whose_body_fails_raises_what_it_raises():
    def f(x, limit):
        total = 0.0
        for i in range(20):
            x = x * 1.2
            assert x < limit, "too large"
            total += x / (i + 1)
        return total

    gradient = tg.grad(tg.checkpoint(f, policy="sqrt"))
    assert gradient(0.1, 100.0) == pytest.approx(tg.grad(f)(0.1, 100.0), rel=1e-13)
    with pytest.raises(AssertionError, match="too large"):
        gradient(0.1, 1.0)
    assert gradient(0.1, 100.0) == pytest.approx(tg.grad(f)(0.1, 100.0), rel=1e-13)


def test_a_bound_that_is_too_small_is_an_error_at_the_loop():
    gradient = tg.grad(tg.checkpoint(scalars, memory=50))
    with pytest.raises(MemoryError, match=r"memory bound of 50 bytes is too small to differentiate this loop") as e:
        gradient(P)
    assert e.traceback[-1].lineno + 1 == scalars.__code__.co_firstlineno + 2


def test_gradients_by_several_arguments_and_of_what_stands_around_the_loop():
    def f(a, b, xs):
        y = np.exp(a)
        for x in xs:
            y = np.sin(y * b + x)
        return y * b + xs.sum()

    xs = np.linspace(0, 1, 33)
    wanted = tg.grad(f, argnums=(0, 1, 2))(0.3, 1.2, xs)
    found = tg.grad(tg.checkpoint(f, policy="sqrt"), argnums=(0, 1, 2))(0.3, 1.2, xs)
    for a, b in zip(wanted, found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)


def test_everything_and_recompute():
    for policy in ("everything", "recompute"):
        np.testing.assert_allclose(tg.grad(tg.checkpoint(in_place, policy=policy))(P), tg.grad(in_place)(P), rtol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"policy": "cube"}, "there is no policy 'cube'"),
        ({"policy": "recompute", "memory": 100}, "policy 'recompute' takes no memory="),
        ({"policy": "everything", "snapshots": 3}, "policy 'everything' takes no snapshots="),
        ({"policy": "sqrt", "snapshots": 3}, "policy 'sqrt' takes no snapshots="),
        ({"memory": "64 MBit"}, "memory='64 MBit' is no amount of memory"),
        ({"memory": -1}, "memory=-1 is no positive whole number"),
        ({"snapshots": 0}, "snapshots=0 is no positive whole number"),
        ({"snapshots": 1.5}, "snapshots=1.5 is no positive whole number"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(tg.EntryError, match=message) as e:
        tg.checkpoint(scalars, **options)
    assert e.value.code == "TG830"
    with pytest.raises(tg.EntryError, match=message):
        tg.grad(lambda p: tg.checkpoint(scalars, **options)(p))(P)


def test_amounts_of_memory():
    for text in ("64MB", "64 mb", "0.064 GB", 64_000_000, "62500KiB"):
        assert tg.core.checkpoint_options.plan_of(None, text, None) == ("binomial", 64_000_000, 0)
