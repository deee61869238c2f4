"""Products of small matrices: every width of vectors and height of tiles, both orders of both operands, batches."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from tangra.ir import F32, F64, Block, Builder, DType, Func
from tangra.native import NativeOptions, compile_func
from tests.ops.samples import draw, generator, type_of

OPTIONS = NativeOptions(memory_limit=1 << 28, optimise=1, codegen=1)
SIZES = [
    (1, 4, 1),
    (2, 5, 3),
    (7, 7, 9),
    (13, 33, 5),
    (6, 32, 50),
    (5, 70, 7),
    (17, 12, 40),
    (64, 64, 64),
    (65, 64, 64),
    (150, 90, 100),
]


def operands(dtype: DType, sizes: tuple[int, int, int], turned: tuple[bool, bool], batch: int) -> list[Any]:
    m, n, k = sizes
    rng = generator(f"{sizes} {turned} {batch}")
    lead = (batch,) if batch else ()
    shapes = [(k, m) if turned[0] else (m, k), (n, k) if turned[1] else (k, n)]
    return [draw(rng, dtype, (*lead, *s)) for s in shapes]


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("turned", list(itertools.product((False, True), repeat=2)))
def test_products(dtype: DType, turned: tuple[bool, bool]) -> None:
    given, wanted = [], []
    for batch, sizes in itertools.product((0, 3), SIZES):
        if batch and sizes[1] > 40:
            continue
        a, b = operands(dtype, sizes, turned, batch)
        given.append((a, b, batch))
        wide = [x.astype(np.float64) for x in (a, b)]
        left, right = (np.swapaxes(x, -1, -2) if turn else x for x, turn in zip(wide, turned))
        wanted.append(left @ right)
    block = Block([type_of(x) for a, b, _ in given for x in (a, b)])
    build, results = Builder(block), []
    for (_, _, batch), x, y in zip(given, block.args[::2], block.args[1::2]):
        lead = 1 if batch else 0
        contract = ((lead,) if turned[0] else (lead + 1,)), ((lead + 1,) if turned[1] else (lead,))
        axes = tuple(range(lead))
        results.append(build("dot_general", x, y, contract=contract, batch=(axes, axes)))
    build.return_(*results)
    found = compile_func(Func("products", block), options=OPTIONS)([x for a, b, _ in given for x in (a, b)])
    for f, w in zip(found, wanted):
        assert f.dtype == dtype.numpy
        np.testing.assert_allclose(f, w, rtol=0, atol=(1e-5 if dtype == F32 else 1e-13) * max(1.0, np.abs(w).max()))


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("turned", [False, True])
def test_rows_by_matrices_whose_rows_registers_hold(dtype: DType, turned: bool) -> None:
    """v A, and A v of a matrix whose columns lie in memory one after the other; A as it is and as a part of another."""
    for (columns, terms), part in itertools.product(
        itertools.product((8, 16, 48, 128, 256), (1, 7, 130)), (False, True)
    ):
        rng = generator(f"{columns} {terms} {part}")
        v, a = draw(rng, dtype, (terms,)), draw(rng, dtype, (terms + 2, columns + 3) if part else (terms, columns))
        block = Block([type_of(v), type_of(a)])
        b = Builder(block)
        x, y = block.args
        if part:
            y = b("index", y, b.int(1), b.int(2), sizes=(terms, columns), steps=(1, 1))
            a = a[1:-1, 2:-1]
        if turned:
            y = b("transpose", y, perm=(1, 0))
        sides = (y, x, ((1,), (0,))) if turned else (x, y, ((0,), (0,)))
        b.return_(b("dot_general", *sides[:2], contract=sides[2], batch=((), ())))
        given = [v, a if not part else np.pad(a, ((1, 1), (2, 1)))]
        found = compile_func(Func("row", block), options=OPTIONS)(given)[0]
        wanted = v.astype(np.float64) @ a.astype(np.float64)
        np.testing.assert_allclose(
            found, wanted, rtol=0, atol=(1e-5 if dtype == F32 else 1e-13) * np.abs(wanted).max() * 8
        )
