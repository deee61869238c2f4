"""Functions whose loops are all long take the widest vectors; those with short ones don't."""

import re

import numpy as np
import pytest

from tangra.ir import I64, ArrayType, Builder, Value
from tangra.native import engine
from tests.native.common import at, build, check, f64, for_


def width(compiled):
    """The preferred width in the function's attributes."""
    (group,) = re.findall(r"define .*@[^@(]*\(ptr noalias %ctx.*noinline (#\d) {", compiled.llvm)
    return int(re.search(rf'attributes {group} = .*"prefer-vector-width"="(\d+)"', compiled.llvm)[1])


def summed(size):
    return build([f64(size)], lambda b, x: b("reduce_sum", b("exp", x), axes=(0,)))


def looped(stop):
    def body(b: Builder, x: Value, n: Value) -> list[Value]:
        return for_(b, 0, n if stop is None else stop, [b.float(0.0)], lambda i, s: [b("add", s, at(b, x, i))])

    return build([f64(100), ArrayType(I64)], body)


@pytest.mark.parametrize("size, wide", [(64, True), (1000, True), (63, False), (20, False), (4, False)])
def test_nests_over_arrays(size, wide):
    compiled = check(summed(size), np.linspace(0.0, 1.0, size))
    assert width(compiled) == (engine.widest_vectors() if wide else 256)


@pytest.mark.parametrize("stop, wide", [(None, True), (90, True), (12, False)])
def test_loops(stop, wide):
    compiled = check(looped(stop), np.linspace(0.0, 1.0, 100), np.int64(77))
    assert width(compiled) == (engine.widest_vectors() if wide else 256)


def test_one_short_loop_decides():
    def body(b: Builder, x: Value, y: Value) -> Value:
        return b("add", b("reduce_sum", b("exp", x), axes=(0,)), b("reduce_sum", b("exp", y), axes=(0,)))

    compiled = check(build([f64(1000), f64(20)], body), np.linspace(0.0, 1.0, 1000), np.linspace(0.0, 1.0, 20))
    assert width(compiled) == 256
