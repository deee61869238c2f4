"""Operands for the operations that are not plainly elementwise, by op: `TABLE` for values, `SMOOTH` for derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tangra.ir import BOOL, DTYPES, F32, F64, I32, I64, DType
from tests.ops import convolution_samples
from tests.ops.samples import Sample, draw, layouts, specials

Rng = np.random.Generator
Maker = Callable[[Rng], Iterator[Sample]]
NUMBERS = [d for d in DTYPES.values() if d.kind != "b"]
FEW = [F64, F32, I64, BOOL, DTYPES["u8"], DTYPES["i16"]]


def of(rng: Rng, dtype: DType, *shape: int) -> Any:
    return draw(rng, dtype, shape)


def starts(*numbers: int) -> list[Any]:
    return [np.int64(n) for n in numbers]


def indices(*lists: Any) -> list[Any]:
    return [np.array(i, np.int64)[()] for i in lists]


def per_dtype(dtypes: list[DType], make: Callable[[Rng, DType], Iterator[Sample]]) -> Maker:
    def made(rng: Rng) -> Iterator[Sample]:
        for dtype in dtypes:
            yield from make(rng, dtype)

    return made


def constant(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x in (*specials(dtype), of(rng, dtype, 2, 3), of(rng, dtype, 0)):
        yield [], {"value": x, "dtype": dtype}


def made(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape in ((), (0,), (3,), (2, 4)):
        yield [], {"dtype": dtype, "shape": shape}


def iota(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, axis in (((4,), 0), ((0,), 0), ((2, 3), 0), ((2, 3), 1), ((1, 0, 2), 2)):
        yield [], {"dtype": dtype, "shape": shape, "axis": axis}


def cast(rng: Rng) -> Iterator[Sample]:
    for source in DTYPES.values():
        for target in DTYPES.values():
            for x in layouts(lambda s: draw(rng, source, s)):
                if not (source.is_float and target.kind == "u"):
                    yield [x], {"dtype": target}
            if not (source.is_float and target.is_integer):
                yield [specials(source)], {"dtype": target}
            elif target.kind == "u":
                yield [draw(rng, source, (5,), 0.0, 9.0)], {"dtype": target}


def select(rng: Rng, dtype: DType) -> Iterator[Sample]:
    columns = [layouts(lambda s, d=d: draw(rng, d, s)) for d in (BOOL, dtype, dtype)]
    for operands in zip(*columns, strict=True):
        yield list(operands), {}


def one(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for x in layouts(lambda s: draw(rng, dtype, s)):
        yield [x], {}


def ldexp(rng: Rng) -> Iterator[Sample]:
    for dtype in (F32, F64):
        for power in (I32, I64):
            columns = [layouts(lambda s, d=d: draw(rng, d, s)) for d in (dtype, power)]
            for x, e in zip(*columns, strict=True):
                yield [x, e], {}
            values = specials(dtype)
            for e in (0, 1, -1, 200, -200, 2000, -2000):
                yield [values, np.full(values.shape, e, power.numpy)], {}


def overflows(rng: Rng) -> Iterator[Sample]:
    grid = np.array([(x, y) for x in specials(I64) for y in specials(I64)])
    yield [grid[:, 0], grid[:, 1]], {}
    yield [np.int64(2**62), np.int64(2)], {}
    large = rng.integers(-(2**62), 2**62, (2, 50)) >> rng.integers(0, 60, (2, 50))
    yield [large[0], large[1]], {}
    yield [np.zeros(0, np.int64), np.zeros(0, np.int64)], {}


def polygamma(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for n in (0, 1, 2, 3, 5):
        for x in layouts(lambda s: draw(rng, dtype, s, 0.5, 4.0)):
            yield [x], {"n": n}


def broadcast(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for source, shape, dims in (
        ((), (), ()),
        ((), (3,), ()),
        ((), (0, 2), ()),
        ((3,), (3,), (0,)),
        ((3,), (2, 3), (1,)),
        ((3,), (3, 2), (0,)),
        ((1,), (4,), (0,)),
        ((1, 3), (2, 3), (0, 1)),
        ((2, 1), (2, 0), (0, 1)),
        ((2, 3), (2, 4, 3), (0, 2)),
        ((1, 1), (5, 2, 3), (0, 2)),
    ):
        yield [of(rng, dtype, *source)], {"shape": shape, "dims": dims}


def reshape(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for source, shape in (
        ((6,), (2, 3)),
        ((2, 3), (6,)),
        ((2, 3), (3, 2)),
        ((1,), ()),
        ((), (1, 1)),
        ((0, 3), (5, 0)),
        ((4,), (4,)),
    ):
        yield [of(rng, dtype, *source)], {"shape": shape}
    yield [of(rng, dtype, 3, 4).T], {"shape": (2, 6)}
    yield [of(rng, dtype, 8)[::-2]], {"shape": (2, 2)}


def transpose(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, perm in (
        ((3,), (0,)),
        ((2, 3), (1, 0)),
        ((2, 3, 4), (2, 0, 1)),
        ((2, 0), (1, 0)),
        ((), ()),
        ((2, 3, 1), (0, 2, 1)),
    ):
        yield [of(rng, dtype, *shape)], {"perm": perm}
    yield [of(rng, dtype, 4, 6)[::-1, ::2]], {"perm": (1, 0)}


def concat(rng: Rng, dtype: DType) -> Iterator[Sample]:
    yield [of(rng, dtype, 3)], {"axis": 0}
    yield [of(rng, dtype, 3), of(rng, dtype, 0), of(rng, dtype, 2)], {"axis": 0}
    yield [of(rng, dtype, 2, 3), of(rng, dtype, 2, 1)], {"axis": 1}
    yield [of(rng, dtype, 3, 2).T, of(rng, dtype, 6)[::-2][None, :]], {"axis": 0}


def pad(rng: Rng, dtype: DType) -> Iterator[Sample]:
    value = of(rng, dtype)[()] if dtype.kind == "b" else np.dtype(dtype.numpy).type(2)
    for shape, low, high in (
        ((), (), ()),
        ((3,), (1,), (2,)),
        ((0,), (1,), (1,)),
        ((2, 3), (0, 1), (2, 0)),
        ((2,), (0,), (0,)),
    ):
        yield [of(rng, dtype, *shape)[()], np.asarray(value)[()]], {"low": low, "high": high}


PARTS: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int | None, ...], tuple[int, ...]]] = [
    ((), (), (), ()),
    ((5,), (2,), (None,), (1,)),
    ((5,), (4,), (None,), (1,)),
    ((5,), (1,), (3,), (1,)),
    ((5,), (4,), (5,), (-1,)),
    ((5,), (4,), (3,), (-2,)),
    ((5,), (0,), (3,), (2,)),
    ((5,), (5,), (0,), (1,)),
    ((5,), (2,), (0,), (-1,)),
    ((0,), (0,), (0,), (1,)),
    ((3, 4), (1, 2), (None, None), (1, 1)),
    ((3, 4), (2, 0), (None, 4), (1, 1)),
    ((3, 4), (0, 3), (3, None), (1, 1)),
    ((3, 4), (2, 1), (2, 2), (-2, 2)),
    ((2, 3, 2), (0, 1, 1), (2, None, 1), (1, 1, -1)),
]
"""Shape, starts, sizes and steps of parts of arrays."""


def shape_of_part(sizes: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(s for s in sizes if s is not None)


def index(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, at, sizes, steps in PARTS:
        yield [of(rng, dtype, *shape)[()], *starts(*at)], {"sizes": sizes, "steps": steps}
    yield [of(rng, dtype, 4, 6).T[::-1], *starts(5, 1)], {"sizes": (3, 2), "steps": (-2, 2)}


def update(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, at, sizes, steps in PARTS:
        v = of(rng, dtype, *shape_of_part(sizes))[()]
        yield [of(rng, dtype, *shape)[()], v, *starts(*at)], {"sizes": sizes, "steps": steps}


GATHERS: list[tuple[tuple[int, ...], tuple[Any, ...]]] = [
    ((5,), (2,)),
    ((5,), ([3, 0, 3],)),
    ((5,), ([],)),
    ((5,), ([[4, 1], [1, 1]],)),
    ((3, 4), ([2, 0, 2, 1],)),
    ((3, 4), ([2, 0, 2], [3, 1, 3])),
    ((3, 4), (1, 2)),
    ((3, 0), ([1, 2],)),
    ((2, 3, 2), ([1, 0, 1], [2, 2, 2])),
]
"""Shape and index arrays, with duplicates."""


def gather(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, at in GATHERS:
        yield [of(rng, dtype, *shape), *indices(*at)], {}


def scatter(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, at in GATHERS:
        batch = (*np.shape(at[0]), *shape[len(at) :])
        yield [of(rng, dtype, *shape), of(rng, dtype, *batch)[()], *indices(*at)], {}


def reduce_any(rng: Rng, dtype: DType) -> Iterator[Sample]:
    yield from reduce_some(rng, dtype)
    for shape, axes in (((0,), (0,)), ((2, 0), (1,)), ((0, 2), (0,)), ((0, 0), (0, 1))):
        yield [of(rng, dtype, *shape)], {"axes": axes}


def reduce_some(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, axes in (
        ((), ()),
        ((7,), (0,)),
        ((1,), (0,)),
        ((3, 4), (0,)),
        ((3, 4), (1,)),
        ((3, 4), (0, 1)),
        ((3, 4), ()),
        ((2, 3, 4), (0, 2)),
        ((0, 3), (1,)),
    ):
        yield [of(rng, dtype, *shape)[()]], {"axes": axes}
    yield [of(rng, dtype, 4, 6)[::-1, ::2].T], {"axes": (0,)}
    yield [np.broadcast_to(of(rng, dtype, 3), (2, 3))], {"axes": (0,)}
    if dtype.is_float:
        yield [np.array([1.0, np.nan, 2.0, -np.inf], dtype.numpy)], {"axes": (0,)}


def positions(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape, axis in (((7,), 0), ((1,), 0), ((3, 4), 0), ((3, 4), 1), ((0, 3), 1), ((2, 3, 2), 1)):
        yield [of(rng, dtype, *shape)], {"axis": axis}
    yield [of(rng, dtype, 4, 6)[::-1, ::-2]], {"axis": 0}
    if dtype.is_float:
        yield [np.array([2.0, np.nan, 3.0, np.nan, -0.0, 0.0, -np.nan], dtype.numpy)], {"axis": 0}
        yield [np.array([-0.0, 0.0, -0.0], dtype.numpy)], {"axis": 0}


def sorts(rng: Rng, dtype: DType) -> Iterator[Sample]:
    yield from positions(rng, dtype)
    yield [of(rng, dtype, 0)], {"axis": 0}


def cumulative(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for reverse in (False, True):
        for operands, attrs in sorts(rng, dtype):
            yield operands, {**attrs, "reverse": reverse}


def searchsorted(rng: Rng, dtype: DType) -> Iterator[Sample]:
    a = np.sort(of(rng, dtype, 8))
    for side in ("left", "right"):
        for v in (a[3], of(rng, dtype, 5), of(rng, dtype, 2, 2), of(rng, dtype, 0), a[::-1]):
            yield [a, v], {"side": side}
        yield [a[:0], of(rng, dtype, 3)], {"side": side}
    if dtype.is_float:
        yield (
            [np.array([0.0, 1.0, np.nan], dtype.numpy), np.array([np.nan, 1.0, 2.0, np.inf], dtype.numpy)],
            {"side": "left"},
        )


def dot_general(rng: Rng, dtype: DType) -> Iterator[Sample]:
    cases: list[tuple[Any, ...]] = [
        ((3,), (3,), ((0,), (0,)), ((), ())),
        ((2, 3), (3,), ((1,), (0,)), ((), ())),
        ((2, 3), (3, 4), ((1,), (0,)), ((), ())),
        ((3, 2), (4, 3), ((0,), (1,)), ((), ())),
        ((2,), (3,), ((), ()), ((), ())),
        ((), (3,), ((), ()), ((), ())),
        ((5, 2, 3), (5, 3, 4), ((2,), (1,)), ((0,), (0,))),
        ((2, 5, 3), (3, 4, 5), ((2,), (0,)), ((1,), (2,))),
        ((2, 3, 4), (4, 3, 5), ((1, 2), (1, 0)), ((), ())),
        ((2, 3, 4), (4, 5, 3), ((2, 1), (0, 2)), ((), ())),
        ((0, 3), (3, 2), ((1,), (0,)), ((), ())),
        ((2, 0), (0, 3), ((1,), (0,)), ((), ())),
        ((4,), (4,), ((), ()), ((0,), (0,))),
        ((2, 4), (4, 5), ((1,), (0,)), ((), ())),
        ((9, 10), (9, 12), ((0,), (0,)), ((), ())),
        ((2, 9, 10), (2, 11, 10), ((2,), (2,)), ((0,), (0,))),
    ]
    for left, right, contract, batch in cases:
        yield [of(rng, dtype, *left), of(rng, dtype, *right)], {"contract": contract, "batch": batch}
    yield [of(rng, dtype, 3, 4).T[::-1], of(rng, dtype, 3, 6)[:, ::-2]], {"contract": ((1,), (0,)), "batch": ((), ())}


MATRICES: list[tuple[int, ...]] = [(1, 1), (2, 2), (4, 4), (2, 3, 3)]
EMPTY: list[tuple[int, ...]] = [(0, 0), (0, 2, 2)]
RECTANGLES: list[tuple[int, ...]] = [(4, 2), (2, 4), (3, 3), (2, 5, 3), (2, 2, 4), (1, 1)]


def regular(rng: Rng, dtype: DType, *shape: int) -> Any:
    """Well-conditioned square matrices, not symmetric."""
    return (rng.uniform(-1, 1, shape) + 2 * np.eye(shape[-1])).astype(dtype.numpy)


def definite(rng: Rng, dtype: DType, *shape: int) -> Any:
    """Symmetric positive definite matrices with distinct eigenvalues."""
    x = rng.uniform(-1, 1, shape)
    return (x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])).astype(dtype.numpy)


def square(make: Callable[..., Any], shapes: list[tuple[int, ...]]) -> Maker:
    return per_dtype([F64, F32], lambda rng, dtype: (([make(rng, dtype, *s)], {}) for s in shapes))


def with_singular(maker: Maker) -> Maker:
    """The samples of `maker`, and matrices that have no inverse or Cholesky factor."""

    def made(rng: Rng) -> Iterator[Sample]:
        yield from maker(rng)
        for dtype in (F64, F32):
            yield [np.zeros((2, 2), dtype.numpy)], {}
            yield [np.array([[[1.0, 2.0], [2.0, 4.0]], [[3.0, 1.0], [1.0, 2.0]]], dtype.numpy)], {}

    return made


def systems(rng: Rng, dtype: DType, shapes: list[tuple[int, ...]]) -> Iterator[Sample]:
    for shape in shapes:
        for columns in (1, 3, 0):
            yield [regular(rng, dtype, *shape), of(rng, dtype, *shape[:-1], columns)], {}


def solve(rng: Rng, dtype: DType) -> Iterator[Sample]:
    yield from systems(rng, dtype, MATRICES + EMPTY)
    yield [np.ones((2, 2), dtype.numpy), of(rng, dtype, 2, 1)], {}


def triangular(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for lower in (False, True):
        for trans in (False, True):
            for unit in (False, True):
                for operands, _ in systems(rng, dtype, [(1, 1), (3, 3), (2, 3, 3), (0, 0)]):
                    yield operands, {"lower": lower, "trans": trans, "unit": unit}


def rectangles(rng: Rng, dtype: DType) -> Iterator[Sample]:
    for shape in RECTANGLES:
        yield [of(rng, dtype, *shape)], {}


def distinct(make: Callable[[Rng, DType], Iterator[Sample]]) -> Maker:
    """Samples of `make` whose first operand has distinct finite values: sorts and extrema are smooth there."""

    def made(rng: Rng) -> Iterator[Sample]:
        for operands, attrs in make(rng, F64):
            x = np.array(operands[0])
            if np.isfinite(x).all() and len(np.unique(x)) == x.size:
                yield operands, attrs

    return made


def smooth_select(rng: Rng) -> Iterator[Sample]:
    yield [of(rng, BOOL, 5), of(rng, F64, 5), of(rng, F64, 5)], {}


def smooth_cast(rng: Rng) -> Iterator[Sample]:
    for x in layouts(lambda s: draw(rng, F64, s)):
        yield [x], {"dtype": F64}


def smooth_ldexp(rng: Rng) -> Iterator[Sample]:
    yield [of(rng, F64, 5), of(rng, I64, 5)], {}


TABLE: dict[str, Maker] = {
    "constant": per_dtype(list(DTYPES.values()), constant),
    "empty": per_dtype(list(DTYPES.values()), made),
    "iota": per_dtype(NUMBERS, iota),
    "cast": cast,
    "select": per_dtype(list(DTYPES.values()), select),
    "stop_gradient": per_dtype(list(DTYPES.values()), one),
    "ldexp": ldexp,
    "add_overflows": overflows,
    "sub_overflows": overflows,
    "mul_overflows": overflows,
    "polygamma": per_dtype([F64, F32], polygamma),
    "broadcast": per_dtype(FEW, broadcast),
    "reshape": per_dtype(FEW, reshape),
    "transpose": per_dtype(FEW, transpose),
    "concat": per_dtype(FEW, concat),
    "pad": per_dtype(FEW, pad),
    "index": per_dtype(FEW, index),
    "update": per_dtype(FEW, update),
    "accumulate": per_dtype([d for d in FEW if d.kind != "b"], update),
    "gather": per_dtype(FEW, gather),
    "scatter": per_dtype(FEW, scatter),
    "scatter_add": per_dtype([d for d in FEW if d.kind != "b"], scatter),
    "reduce_sum": per_dtype(NUMBERS, reduce_any),
    "reduce_prod": per_dtype(NUMBERS, reduce_any),
    "reduce_max": per_dtype(list(DTYPES.values()), reduce_some),
    "reduce_min": per_dtype(list(DTYPES.values()), reduce_some),
    "reduce_and": per_dtype([d for d in DTYPES.values() if not d.is_float], reduce_any),
    "reduce_or": per_dtype([d for d in DTYPES.values() if not d.is_float], reduce_any),
    "argmax": per_dtype(list(DTYPES.values()), positions),
    "argmin": per_dtype(list(DTYPES.values()), positions),
    "cumsum": per_dtype(NUMBERS, cumulative),
    "cumprod": per_dtype(NUMBERS, cumulative),
    "cummax": per_dtype(list(DTYPES.values()), cumulative),
    "cummin": per_dtype(list(DTYPES.values()), cumulative),
    "sort": per_dtype(list(DTYPES.values()), sorts),
    "argsort": per_dtype(list(DTYPES.values()), sorts),
    "searchsorted": per_dtype(list(DTYPES.values()), searchsorted),
    "dot_general": per_dtype(NUMBERS, dot_general),
    "conv": per_dtype([F64, F32], convolution_samples.conv),
    "conv_input": per_dtype([F64, F32], convolution_samples.conv_input),
    "conv_kernel": per_dtype([F64, F32], convolution_samples.conv_kernel),
    "pool_max": per_dtype([F64, F32], convolution_samples.pool_max),
    "pool_argmax": per_dtype([F64, F32], convolution_samples.pool_max),
    "pool_sum": per_dtype([F64, F32], convolution_samples.pool),
    "pool_spread": per_dtype([F64, F32], convolution_samples.pool_spread),
    "cholesky": with_singular(square(definite, MATRICES + EMPTY)),
    "inverse": with_singular(square(regular, MATRICES + EMPTY)),
    "det": with_singular(square(regular, MATRICES + EMPTY)),
    "slogdet": with_singular(square(regular, MATRICES + EMPTY)),
    "lu": square(regular, MATRICES + EMPTY),
    "eigh": square(definite, MATRICES + EMPTY),
    "solve": per_dtype([F64, F32], solve),
    "triangular_solve": per_dtype([F64, F32], triangular),
    "qr": per_dtype([F64, F32], rectangles),
    "svd": per_dtype([F64, F32], rectangles),
}

SMOOTH: dict[str, Maker] = {
    "select": smooth_select,
    "ldexp": smooth_ldexp,
    "cast": smooth_cast,
    "cholesky": square(definite, MATRICES),
    "inverse": square(regular, MATRICES),
    "det": square(regular, MATRICES),
    "slogdet": square(regular, MATRICES),
    "solve": per_dtype([F64], lambda rng, dtype: systems(rng, dtype, MATRICES)),
    "pool_max": per_dtype([F64], convolution_samples.smooth_pool),
    **{
        name: distinct(maker)
        for name, maker in (
            ("reduce_sum", reduce_any),
            ("reduce_prod", reduce_any),
            ("reduce_max", reduce_some),
            ("reduce_min", reduce_some),
            ("cumsum", cumulative),
            ("cumprod", cumulative),
            ("cummax", cumulative),
            ("cummin", cumulative),
            ("sort", sorts),
        )
    },
}
