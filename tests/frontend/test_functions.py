"""Calls: binding, closures, defaults, decorators, recursion, partials, lambdas."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tangra.errors import EntryError, TangraError
from tangra.frontend.entry import trace
from tests.frontend.running import check, run

SCALE = 2.0
COUNT = 3
TABLE = np.array([1.0, 2.0, 3.0])
STATE = {"n": 1, "items": [1.0]}
counter = 0


def test_argument_binding_of_all_forms():
    def g(a, b=2, /, c=3, *rest, d, e=5, **more):
        return a, b, c, rest, d, e, more

    def f(x):
        args = (x, 7)
        return (
            g(x, d=1),
            g(1, 2, 3, 4, x, d=5, e=6, z=x),
            g(*args, **{"d": 8, "c": x}),
            g(x, 2, c=9, d=0, b2=1),
        )

    check(f, (1.5,))


@pytest.mark.parametrize(
    "call", ["g()", "g(1, 2, 3)", "g(1, b=2, c=3)", "g(1, a=2)"], ids=["missing", "many", "unknown", "twice"]
)
def test_wrong_arguments_are_type_errors(call):
    namespace: dict = {}
    body = f"def g(a, b=0):\n    return a\n\ndef f(x):\n    return {call}\n"
    import linecache

    name = f"<test {call}>"
    linecache.cache[name] = (len(body), None, body.splitlines(True), name)
    exec(compile(body, name, "exec"), namespace)
    with pytest.raises(TypeError, match="TypeError"):
        trace(namespace["f"], (1.0,))


def test_closures_share_cells():
    def f(x):
        total = 0.0

        def add(v):
            nonlocal total
            total += v
            return total

        add(x)
        add(2)
        total *= 10
        return add(1), total

    check(f, (1.5,))


def test_closure_cells_changed_in_run_time_loop_and_branch():
    def f(x):
        best, count = -1.0, 0

        def offer(v):
            nonlocal best, count
            if v > best:
                best = v
                count += 1

        for v in x:
            offer(v)
        return best, count

    check(f, (np.array([1.0, 3.0, 2.0, 5.0]),), (np.array([]),))


def test_late_binding_of_loop_variables():
    def f(x):
        fs = []
        for k in range(3):
            fs.append(lambda: k * x)
        gs = [lambda k=k: k * x for k in range(3)]
        hs = [lambda: k + x for k in range(3)]
        return [g() for g in fs], [g() for g in gs], [h() for h in hs]

    check(f, (2.0,))


def test_defaults_are_evaluated_once():
    def f(x):
        y = x

        def g(a=y):
            return a

        y = 100.0
        return g(), g(2)

    check(f, (1.0,))


def test_mutable_default_of_inner_function():
    def f(x):
        def g(v, items=[]):
            items.append(v)
            return len(items)

        return g(x), g(x), g(x, [])

    check(f, (1.0,))


def test_globals_are_captured_and_read_again():
    def f(x):
        return x * SCALE + TABLE[COUNT - 1]

    traced = check(f, (1.0,))
    assert {str(c.path) for c in traced.captures} == {"SCALE", "TABLE", "COUNT"}
    global SCALE
    try:
        SCALE = 5.0
        assert run(traced, (1.0,)) == 8.0
    finally:
        SCALE = 2.0


def test_global_int_used_as_axis_is_a_guarded_constant():
    def f(x):
        return x.sum(axis=COUNT - 2)

    traced = trace(f, (np.ones((2, 3)),))
    assert any(g.check == "equal" and g.expected == 3 for g in traced.guards)


def test_global_written():
    def f(x):
        global counter
        counter += 1
        STATE["n"] = counter
        STATE["items"].append(x)
        return counter

    global counter
    counter = 4
    STATE["n"], STATE["items"] = 1, [1.0]
    traced = trace(f, (2.5,))
    assert run(traced, (2.5,)) == 5
    assert (counter, STATE) == (5, {"n": 5, "items": [1.0, 2.5]})
    counter = 0


def test_recursion_on_constants():
    def power(x, n):
        if n == 0:
            return 1.0
        half = power(x, n // 2)
        return half * half * (x if n % 2 else 1.0)

    def f(x):
        return power(x, 13)

    check(f, (1.1,))


def test_endless_recursion_is_refused():
    def g(x, n):
        if x < n:
            return 0.0
        return g(x - 1, n) + 1

    def f(x):
        return g(x, 0)

    with pytest.raises(TangraError, match="deep"):
        trace(f, (3.0,))


def test_partial_methods_and_builtin_functions_as_values():
    def g(a, b, c=0.0):
        return a - b * c

    def f(x):
        p = functools.partial(g, x, c=2.0)
        q = functools.partial(p, 3.0)
        ops = {"s": np.sin, "a": abs, "m": max}
        return p(1.0), q(), q(c=5.0), ops["s"](x), ops["a"](-x), ops["m"](x, 0.5), functools.reduce(g, [x, 1, 2])

    check(f, (1.5,))


def decorated(k):
    def wrap(g):
        @functools.wraps(g)
        def inner(*args, **kwargs):
            return k * g(*args, **kwargs)

        return inner

    return wrap


@decorated(3)
def triple(x):
    return x + 1


def test_decorators():
    def f(x):
        @decorated(2)
        def g(v, *, w=1):
            return v - w

        return triple(x), g(x), g(x, w=5)

    check(f, (2.0,))
    check(triple, (2.0,))


def test_two_lambdas_on_one_line():
    f, g = lambda x: x + 1, lambda x: x * 2
    pair = (lambda x: x - 1, lambda y: lambda x: y / x)
    check(f, (3.0,))
    check(g, (3.0,))
    check(pair[0], (3.0,))
    check(lambda x: pair[1](x)(2.0), (3.0,))


def test_functions_as_arguments():
    def bisect(f, lo, hi, n):
        for _ in range(n):
            mid = (lo + hi) / 2
            if f(mid) > 0:
                hi = mid
            else:
                lo = mid
        return lo

    def f(c):
        return bisect(lambda v: v * v - c, 0.0, c, 30)

    check(f, (2.0,))


def test_argument_is_a_function():
    def apply(g, x):
        return g(x) + g(2.0)

    check(apply, (np.cos, 1.0), (lambda v: v * v, 1.0), (functools.partial(pow, exp=2), 3.0))


def test_kwargs_only_entry():
    def f(x, *, scale=2.0, **rest):
        return x * scale + sum(rest.values())

    check(f, (1.5,), scale=3.0, a=1.0, b=2.0)
    check(f, (1.5,))


def test_function_without_source():
    namespace: dict = {}
    exec("def f(x):\n    return x\n", namespace)
    with pytest.raises(EntryError, match="source"):
        trace(namespace["f"], (1.0,))


def test_generator_functions_are_refused():
    def g():
        yield 1

    def f(x):
        return sum(g())

    with pytest.raises(TangraError, match="generator functions"):
        trace(f, (1.0,))


def test_returning_a_function_is_refused():
    def f(x):
        return lambda: x

    with pytest.raises(TangraError, match="returning"):
        trace(f, (1.0,))


def test_comprehension_scopes():
    def f(x):
        k = 10
        a = [k * v for k, v in enumerate(x)]
        b = {str(k): [k + j for j in range(2)] for k in range(2)}
        c = sum(v for v in x if v > 0.5)
        d = [(i, j) for i in range(2) for j in range(3) if i != j]
        e = [last := v for v in (1, 2, x[0])]
        return a, b, c, d, e, k, last

    check(f, (np.array([0.25, 1.0, 2.0]),))


def test_generators_in_builtins():
    def f(x, n):
        return (
            sum(x[i] * i for i in range(n)),
            min(abs(v) for v in x),
            max((v * v for v in x), default=0.0),
            any(v > 1.5 for v in x),
            all(v > 1.5 for v in x),
            tuple(v + 1 for v in (1, 2)),
            list(map(lambda a, b: a * b, x, [1, 2, 3])),
            sorted([3, 1, 2], key=lambda v: -v),
        )

    check(f, (np.array([0.25, 1.0, -2.0]), 3), (np.array([2.0, 2.0, 2.0]), 0))


def test_any_stops_at_the_first_hit():
    def f(x, n):
        return any(x[i] > 0 for i in range(n)), all(x[i] < 0 for i in range(n))

    check(f, (np.array([1.0, 2.0]), 10), (np.array([-1.0, -2.0]), 2))


def test_iterators_are_used_up():
    def f(x):
        g = (v * 2 for v in x)
        return sum(g) + sum(g)

    def h(x):
        pairs = zip(x, x)
        total = 0.0
        for a, b in pairs:
            total += a * b
        return total + len(list(pairs))

    def m(x):
        g = map(abs, x)
        total = 0.0
        for _ in range(2):
            total += sum(g)
        return total

    for function in (f, h, m):
        with pytest.raises(TangraError, match="second loop"):
            trace(function, (np.ones(3),))


def test_generator_sees_names_as_they_are_when_it_runs():
    def total(items):
        return sum(items)

    def f(x):
        k = 1
        g = (k * v for v in x)
        k = 10
        return total(g), k

    check(f, (np.ones(3),))


def test_enumerate_sees_items_changed_during_the_loop():
    def f(x):
        items = [x[0], 2.0, 3.0]
        out = []
        for k, v in enumerate(items):
            out.append(v)
            if k < 2:
                items[k + 1] = v + 1
        return out, items

    check(f, (np.ones(3),))


def test_a_list_that_grows_under_its_loop():
    def f(x):
        items = [x[0], 2.0]
        for k, v in enumerate(items):
            if k < 3:
                items.append(v)
        return items

    check(f, (np.ones(3),))


def test_walrus_on_the_right_of_and():
    def f(x):
        k = 0
        if x[0] > 0 and (k := 5) and x[1] > 0:
            k += 1
        return k

    check(f, (np.array([1.0, 1.0]),), (np.array([1.0, -1.0]),), (np.array([-1.0, 1.0]),))


def test_lists_from_constant_strings_can_change():
    def f(x):
        words = "a b c".split()
        words.append("d")
        return len(words) * x, words[1:]

    check(f, (2.0,))
