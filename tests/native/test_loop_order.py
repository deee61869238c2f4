"""Loop nests over transposed, reversed and broadcast arrays: any order of the axes gives the same."""

import itertools

import numpy as np
import pytest

from tangra.ir import F64, Builder, Value
from tangra.native.loop_order import best_order
from tangra.native.values import Buffer, Elementwise, Splat, Strided
from tangra.shapes import symbol
from tests.native.common import build, check, f64

SHAPE = (3, 20, 7)
PERMUTATIONS = list(itertools.permutations(range(3)))


def strided(shape: tuple[int, ...], *strides: int | str) -> Strided:
    return Strided(Buffer("%b", False), F64, shape, strides)


def test_the_smallest_strides_run_innermost():
    assert best_order(strided((30, 40), 40, 1)) == (0, 1)
    assert best_order(strided((30, 40), 1, 30)) == (1, 0)
    assert best_order(strided((30, 40), "%n", 1)) == (0, 1)
    assert best_order(strided((30, 40), 1, "%n")) == (1, 0)
    assert best_order(strided((30, 40), 0, -1)) == (1, 0)
    assert best_order(Splat(F64, (30, 40), "%x")) == (0, 1)


def test_all_arrays_of_an_expression_have_a_say():
    both = [strided((30, 40), 40, 1), strided((30, 40), 1, 30)]
    total = Elementwise(F64, (30, 40), lambda em, xs: xs[0], [*both, strided((30, 40), 1, 30)])
    assert best_order(total) == (1, 0)
    assert best_order(both[0], both[1]) == (0, 1)


@pytest.mark.parametrize("perm", PERMUTATIONS)
@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1), (0, 1, 2)])
def test_reductions_of_transposed_arrays(perm: tuple[int, ...], axes: tuple[int, ...]):
    def body(b: Builder, x: Value) -> list[Value]:
        turned = b("transpose", b("mul", x, x), perm=perm)
        scaled = b("add", b("transpose", x, perm=perm), b("exp", turned))
        return [b("reduce_sum", scaled, axes=axes), b("reduce_max", scaled, axes=axes)]

    check(build([f64(*SHAPE)], body), np.random.default_rng(1).normal(size=SHAPE), rtol=1e-12)


@pytest.mark.parametrize("perm", PERMUTATIONS)
def test_assignments_of_transposed_arrays(perm: tuple[int, ...]):
    def body(b: Builder, x: Value, y: Value) -> list[Value]:
        shape = tuple(SHAPE[p] for p in perm)
        starts = [b.int(n - 1) for n in shape]
        back = b("index", b("transpose", x, perm=perm), *starts, sizes=shape, steps=(-1, -1, -1))
        row = b("broadcast", y, shape=shape, dims=(list(perm).index(1),))
        return [
            b("add", back, row),
            b("update", b("mul", back, back), row, *[b.int(0)] * 3, sizes=shape, steps=(1,) * 3),
        ]

    rng = np.random.default_rng(2)
    check(build([f64(*SHAPE), f64(20)], body), rng.normal(size=SHAPE), rng.normal(size=20))


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("known", [True, False])
def test_a_row_times_a_matrix(rows: int, known: bool):
    """Four rows of the matrix are added up at a time, and then those that are left."""
    n = rows if known else symbol("n")

    def body(b: Builder, x: Value, a: Value, y: Value) -> list[Value]:
        product = b("dot_general", x, a, contract=((0,), (0,)), batch=((), ()))
        stack = b("dot_general", y, a, contract=((0,), (0,)), batch=((), ()))
        return [product, stack]

    rng = np.random.default_rng(rows)
    args = [rng.normal(size=rows), rng.normal(size=(rows, 70)), rng.normal(size=(rows, 2))]
    check(build([f64(n), f64(n, 70), f64(n, 2)], body), *args, rtol=1e-11)


def test_a_product_over_two_axes():
    def body(b: Builder, x: Value, a: Value) -> list[Value]:
        return [b("dot_general", x, a, contract=((0, 1), (1, 0)), batch=((), ()))]

    rng = np.random.default_rng(3)
    check(build([f64(3, 6), f64(6, 3, 40)], body), rng.normal(size=(3, 6)), rng.normal(size=(6, 3, 40)), rtol=1e-11)
