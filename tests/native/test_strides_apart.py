"""Elements several places apart from trip to trip: the address in two steps, the second of which can't wrap."""

import numpy as np
import pytest

from tangra.ir import I64, ArrayType, Builder, Value
from tangra.native import engine
from tests.native.common import OPTIONS, at, build, check, f64, for_, if_, put

COUNT = ArrayType(I64)
STEP = "getelementptr nusw double"


def compiled_with(index, write="update", conditional=False):
    """y[index] (op)= x[index] in a loop over i, with a number k that is known at run time only."""

    def body(b: Builder, x: Value, y: Value, n: Value, k: Value) -> list[Value]:
        def trip(i: Value, y: Value) -> list[Value]:
            place = index(b, i, k)
            if not conditional:
                return [put(b, y, at(b, x, place), place, op=write)]
            some = b("lt", at(b, x, place), b.float(0.5))
            return if_(b, some, lambda: [put(b, y, at(b, x, place), place, op=write)], lambda: [y])

        return for_(b, 0, n, [y], trip)

    return build([f64(100), f64(100), COUNT, COUNT], body)


def doubled(b, i, k):
    return b("sub", b("mul", b.int(2), i), k)


def downwards(b, i, k):
    return b("add", k, b("mul", b("add", i, b.int(1)), b.int(-3)))


def far(b, i, k):
    """Numbers that wrap around on the way."""
    big = b.int(2**62)
    return b("sub", b("add", b("mul", i, b.int(2)), b("mul", big, b.int(4))), k)


@pytest.mark.parametrize("index, k", [(doubled, 0), (doubled, -9), (downwards, 95), (far, -1)])
@pytest.mark.parametrize("write", ["update", "accumulate"])
def test_values(index, k, write):
    x, y = np.random.default_rng(1).uniform(size=(2, 100))
    for n in (0, 1, 31):
        compiled = check(compiled_with(index, write), x, y, np.int64(n), np.int64(k))
    assert STEP in compiled.llvm


def test_under_a_condition_in_the_loop():
    x, y = np.random.default_rng(1).uniform(size=(2, 100))
    check(compiled_with(doubled, conditional=True), x, y, np.int64(40), np.int64(-3))


@pytest.mark.parametrize("index", [lambda b, i, k: b("add", i, k), lambda b, i, k: b("mul", i, k)])
def test_neighbours_and_unknown_distances_are_addressed_in_one_step(index):
    x, y = np.random.default_rng(1).uniform(size=(2, 100))
    compiled = check(compiled_with(index), x, y, np.int64(20), np.int64(4))
    assert STEP not in compiled.llvm


def test_sums_at_places_apart_are_stored_together():
    """No element is loaded or stored alone where the CPU has masks for vectors."""
    compiled = compiled_with(lambda b, i, k: b("add", b("mul", i, b.int(2)), k), "accumulate")
    x, y = np.random.default_rng(1).uniform(size=(2, 100))
    llvm = check(compiled, x, y, np.int64(31), np.int64(5)).llvm
    machine = engine.assembly(llvm, OPTIONS)
    assert "scatter" not in machine
    assert "gather" not in machine
