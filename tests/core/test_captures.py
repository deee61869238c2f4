"""What functions read from around them is read again at each call; what they write there reaches Python."""

import numpy as np

import tangra as tg

gain = 2.0
weights = np.ones(3)
table = [1.0, 2.0]
settings = {"a": 1.0}
total = 0


def helper(x):
    return x + 1


@tg.jit
def reads(x):
    return x * gain + weights.sum() + table[0] + settings["a"]


def test_globals_are_read_again(monkeypatch):
    here = globals()
    monkeypatch.setitem(here, "weights", np.ones(3))
    monkeypatch.setitem(here, "table", [1.0, 2.0])
    monkeypatch.setitem(here, "settings", {"a": 1.0})
    assert reads(1.0) == 7.0
    monkeypatch.setitem(here, "gain", 3.0)
    weights[0] = 5.0
    table[0] = 10.0
    settings["a"] = 100.0
    assert reads(1.0) == 3.0 + 7.0 + 10.0 + 100.0
    monkeypatch.setitem(here, "weights", np.full(3, 2.0))
    assert reads(1.0) == 3.0 + 6.0 + 10.0 + 100.0
    compiled = len(reads.recompilations)
    table.append(0.0)
    assert reads(1.0) == 119.0
    assert reads.recompilations[compiled:] == ["table changed"]
    monkeypatch.setitem(here, "gain", 3)
    assert type(reads(1)) is np.float64
    assert reads.recompilations[-1] == "argument 0 is int instead of float"


def test_the_sign_of_zero_and_nan_of_captured_constants(monkeypatch):
    namespace = np.sign  # something captured and constant beside the number
    f = tg.jit(lambda x: np.copysign(x, gain) if namespace is np.sign else x)
    monkeypatch.setitem(globals(), "gain", 0.0)
    assert f(1.0) == 1.0
    monkeypatch.setitem(globals(), "gain", -0.0)
    assert f(1.0) == -1.0


def test_functions_are_guarded(monkeypatch):
    f = tg.jit(lambda x: helper(x))
    assert f(1.0) == 2.0
    monkeypatch.setitem(globals(), "helper", lambda x: x + 20)
    assert f(1.0) == 21.0
    assert f.recompilations == ["first call", "helper changed"]


@tg.jit
def writes(x, numbers, names):
    global total
    total += 1
    weights[0] += x
    numbers.append(x)
    numbers[0] = x
    names["new"] = numbers
    return total


def test_writes_reach_python(monkeypatch):
    monkeypatch.setitem(globals(), "total", 0)
    monkeypatch.setitem(globals(), "weights", np.zeros(2))
    array = weights
    for k in (1, 2):
        numbers, names = [0.0], {"old": 1.0}
        assert writes(2.0, numbers, names) == k
        assert numbers == [2.0, 2.0]
        assert names == {"old": 1.0, "new": numbers}
        assert names["new"] is numbers
    assert total == 2
    np.testing.assert_array_equal(array, [4.0, 0.0])


def counter():
    n = 0

    def step(x):
        nonlocal n
        n += 1
        return n * x

    return step, lambda: n


def test_closure_variables():
    step, look = counter()
    compiled = tg.jit(step)
    assert [compiled(2.0), step(2.0), compiled(2.0)] == [2.0, 4.0, 6.0]
    assert look() == 3


class Node:
    def __init__(self, value):
        self.value = value


node = Node(1.0)


@tg.jit
def change(other):
    other.value = 5.0
    return node.value


def test_a_captured_object_that_is_also_an_argument():
    assert change(Node(0.0)) == 1.0
    assert change(node) == 5.0
    node.value = 2.0
    assert change(Node(0.0)) == 2.0
    assert node.value == 2.0


shared = np.zeros(2)


@tg.jit
def add_to(x):
    x[0] += 1.0
    return shared[0] * 1


def test_a_captured_array_that_is_also_an_argument():
    assert add_to(shared) == 1.0
    assert add_to(np.zeros(2)) == 1.0
    assert add_to(shared) == 2.0
    assert shared[0] == 2.0


def test_an_attribute_of_another_kind():
    f = tg.jit(lambda n: n.value * 2)
    assert f(Node(1.5)) == 3.0
    assert f(Node(np.ones(2))).tolist() == [2.0, 2.0]
    assert type(f(Node(2))) is int
    assert f.recompilations[1:] == [
        "argument 0.value is float64[2] instead of float",
        "argument 0.value is int instead of float64[2]",
    ]
