"""Shape rules against NumPy: the same shape, or an error exactly where NumPy raises one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tangra.shapes import (
    AxisError,
    BroadcastError,
    ConcatError,
    ConvError,
    EinsumError,
    Facts,
    MatmulError,
    ReshapeError,
    Shape,
    ShapeError,
    Size,
    SqueezeError,
    UndecidedError,
    broadcast,
    broadcast_shapes,
    broadcast_to_shape,
    concat_shape,
    conv_size,
    einsum_dims,
    evaluate,
    expand_dims_shape,
    matmul_shape,
    normalize_axes,
    normalize_axis,
    parse_size,
    reduce_shape,
    reshape_shape,
    shape_text,
    squeeze_shape,
    stack_shape,
    symbol,
    transpose_shape,
)

B, K, M, N, d, h = (symbol(name) for name in ("B", "K", "M", "N", "d", "h"))
DIMS = Facts.dims("B", "K", "M", "N", "d").with_bounds("h", lo=1)
SIZES: tuple[Size, ...] = (0, 1, 1, 2, 3, 4, 6, N, N, M, K, N + 1, 2 * N, M * 2, N * M, N // 2)
AXES = st.one_of(st.none(), st.integers(-4, 4), st.lists(st.integers(-3, 3), max_size=3).map(tuple))
ENV = st.fixed_dictionaries({name: st.integers(0, 4) for name in "KMN"})


def shapes(most: int = 3) -> st.SearchStrategy[Shape]:
    return st.lists(st.sampled_from(SIZES), max_size=most).map(tuple)


class CheckFailed(Exception):
    """A run-time check that a rule asked for does not hold."""


@dataclass
class Run:
    """Symbol values; `check` is the `undecided` callback of a compiler, run at once."""

    env: dict[str, int]

    def check(self, a: Size, b: Size, what: str) -> Size:
        if evaluate(a, self.env) != evaluate(b, self.env):
            raise CheckFailed(what)
        return a

    def shape(self, shape: Sequence[Size]) -> tuple[int, ...]:
        return tuple(evaluate(size, self.env) for size in shape)

    def zeros(self, shape: Sequence[Size]) -> np.ndarray:
        return np.zeros(self.shape(shape))


def agree(
    run: Run, rule: Callable[[], Shape], numpy: Callable[[], tuple[int, ...]], checks_may_refuse: bool = False
) -> None:
    """The rule gives NumPy's shape, or NumPy raises too. `checks_may_refuse` allows a check to be stricter."""
    try:
        expected: tuple[int, ...] | None = numpy()
    except (ValueError, IndexError):  # NumPy's AxisError is both
        expected = None
    try:
        found = run.shape(rule())
    except CheckFailed:
        found = expected if checks_may_refuse else None
    except ShapeError:
        found = None
    assert found == expected


@settings(max_examples=400, deadline=None)
@given(st.lists(shapes(), max_size=3), ENV)
def test_broadcast(operands: list[Shape], env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: broadcast_shapes(*operands, facts=DIMS, undecided=run.check),
        lambda: np.broadcast_shapes(*map(run.shape, operands)),
        checks_may_refuse=True,
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), max_size=3))
def test_broadcast_of_ints_is_numpys(operands: list[Shape]) -> None:
    agree(Run({}), lambda: broadcast_shapes(*operands), lambda: np.broadcast_shapes(*operands))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), min_size=1, max_size=3))
def test_expanded_axes_are_those_with_stride_zero(operands: list[tuple[int, ...]]) -> None:
    try:
        result = broadcast(*operands)
    except BroadcastError:
        return
    for shape, expanded in zip(operands, result.expanded, strict=True):
        view = np.broadcast_to(np.empty(shape), tuple(result.shape))
        missing = len(result.shape) - len(shape)
        for axis in range(len(result.shape)):
            repeated = result.shape[axis] != 1 and (axis < missing or shape[axis - missing] == 1)
            assert (axis in expanded) is repeated
            if repeated and view.size:
                assert view.strides[axis] == 0


@settings(max_examples=300, deadline=None)
@given(shapes(), shapes(), ENV)
def test_broadcast_to(shape: Shape, target: Shape, env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: broadcast_to_shape(shape, target, DIMS, run.check),
        lambda: np.broadcast_to(run.zeros(shape), run.shape(target)).shape,
        checks_may_refuse=True,
    )


@settings(max_examples=400, deadline=None)
@given(shapes(), shapes(), ENV)
def test_matmul(a: Shape, b: Shape, env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: matmul_shape(a, b, DIMS, run.check),
        lambda: np.matmul(run.zeros(a), run.zeros(b)).shape,
        checks_may_refuse=True,
    )


TARGETS = st.one_of(st.lists(st.sampled_from((*SIZES, -1, -1)), max_size=3).map(tuple), st.sampled_from((*SIZES, -1)))


@settings(max_examples=500, deadline=None)
@given(shapes(), TARGETS, ENV)
def test_reshape(shape: Shape, target: Size | Shape, env: dict[str, int]) -> None:
    run = Run(env)
    goal = target if isinstance(target, tuple) else (target,)
    agree(
        run,
        lambda: reshape_shape(shape, target, DIMS, run.check),
        lambda: run.zeros(shape).reshape(run.shape(goal)).shape,
    )


@settings(max_examples=300, deadline=None)
@given(st.integers(-3, 4), st.integers(-3, 4), st.integers(0, 4))
def test_reshape_to_a_run_time_size_that_may_be_negative(first: int, second: int, total: int) -> None:
    run = Run({"p": first, "q": second, "N": total})
    goal = (symbol("p"), symbol("q"))
    agree(
        run,
        lambda: reshape_shape((N,), goal, DIMS, run.check),
        lambda: run.zeros((N,)).reshape(first, second).shape,
        checks_may_refuse=min(first, second) < 0,
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(shapes(), max_size=3), st.one_of(st.none(), st.integers(-3, 3)), ENV)
def test_concatenate(parts: list[Shape], axis: int | None, env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: concat_shape(parts, axis, DIMS, run.check),
        lambda: np.concatenate([run.zeros(part) for part in parts], axis=axis).shape,
    )


@settings(max_examples=300, deadline=None)
@given(shapes(2), shapes(2), st.integers(-4, 3), ENV)
def test_stack(a: Shape, b: Shape, axis: int, env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: stack_shape([a, b], axis, DIMS, run.check),
        lambda: np.stack([run.zeros(a), run.zeros(b)], axis=axis).shape,
    )


@settings(max_examples=300, deadline=None)
@given(shapes(), AXES, st.booleans(), ENV)
def test_reduce(shape: Shape, axes: int | tuple[int, ...] | None, keepdims: bool, env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: reduce_shape(shape, axes, keepdims),
        lambda: np.sum(run.zeros(shape), axis=axes, keepdims=keepdims).shape,
    )


@settings(max_examples=300, deadline=None)
@given(shapes(), AXES, ENV)
def test_transpose_squeeze_and_expand(shape: Shape, axes: int | tuple[int, ...] | None, env: dict[str, int]) -> None:
    run = Run(env)
    if not isinstance(axes, int):
        agree(run, lambda: transpose_shape(shape, axes), lambda: np.transpose(run.zeros(shape), axes).shape)
    if axes is not None:
        agree(
            run, lambda: squeeze_shape(shape, axes, DIMS, run.check), lambda: np.squeeze(run.zeros(shape), axes).shape
        )
        agree(run, lambda: expand_dims_shape(shape, axes), lambda: np.expand_dims(run.zeros(shape), axes).shape)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=4).map(tuple))
def test_squeeze_of_everything(shape: tuple[int, ...]) -> None:
    assert squeeze_shape(shape) == np.squeeze(np.empty(shape)).shape


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3), AXES)
def test_axes(rank: int, axes: int | tuple[int, ...] | None) -> None:
    wanted = tuple(range(rank)) if axes is None else (axes,) if isinstance(axes, int) else axes
    if all(-rank <= axis < rank for axis in wanted) and len({axis % max(rank, 1) for axis in wanted}) == len(wanted):
        assert normalize_axes(axes, rank) == tuple(axis % rank for axis in wanted)
    else:
        with pytest.raises(AxisError):
            normalize_axes(axes, rank)


EINSUM = (
    "ij,jk->ik",
    "ij,jk",
    "ii->i",
    "ii",
    "i,i",
    "i,j->ij",
    "...ij,...jk->...ik",
    "...i,i->...",
    "...i,...i",
    "i...->...",
    "ij->ji",
    "ba",
    "b a",
    "i...,i...->...i",
    "ijk,ikl->ijl",
    "ii,i->i",
    "",
    "...,...",
    ",i",
    "...",
    "i->",
    "ij,ij,ij->j",
)


def _einsum_of_numpy(subscripts: str, operands: list[np.ndarray]) -> tuple[int, ...]:
    """The shape that NumPy gives; but of a diagonal of sizes 0 and 1 it reads an element that is not there."""
    for word, x in zip(subscripts.split("->")[0].split(","), operands, strict=False):
        if word.isalpha() and len(set(word)) < len(word) == x.ndim and 0 in x.shape and len(set(x.shape)) > 1:
            raise ValueError("a diagonal of different sizes")
    shape: tuple[int, ...] = np.einsum(subscripts, *operands).shape
    return shape


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(EINSUM), st.lists(shapes(), min_size=1, max_size=3), ENV)
def test_einsum(subscripts: str, operands: list[Shape], env: dict[str, int]) -> None:
    run = Run(env)
    agree(
        run,
        lambda: einsum_dims(subscripts, operands, DIMS, run.check).shape,
        lambda: _einsum_of_numpy(subscripts, list(map(run.zeros, operands))),
        checks_may_refuse=True,
    )


@pytest.mark.parametrize(
    "subscripts", ["i->ii", "ij->k", "i1->i", "i.j", "ij->...->j", "...i...->i", "->i", "é->é", "i->j->k"]
)
def test_einsum_subscripts_that_numpy_refuses(subscripts: str) -> None:
    operands = [np.empty((2,) * sum(map(str.isalpha, word))) for word in subscripts.split("->")[0].split(",")]
    with pytest.raises((ValueError, UnicodeError)):
        np.einsum(subscripts, *operands)
    with pytest.raises(EinsumError):
        einsum_dims(subscripts, [operand.shape for operand in operands])


def test_einsum_tells_which_axis_is_which() -> None:
    found = einsum_dims("...ij,jk->...ik", [(B, N, K), (K, M)])
    assert found.operands == ((".1", "i", "j"), ("j", "k"))
    assert found.output == (".1", "i", "k")
    assert found.sizes == {".1": B, "i": N, "j": K, "k": M}
    assert found.shape == (B, N, M)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2), st.integers(1, 3)
)
def test_conv_size_counts_places(n: int, k: int, stride: int, before: int, after: int, dilation: int) -> None:
    padded = n + before + after
    places = [start for start in range(0, padded, stride) if start + dilation * (k - 1) < padded]
    symbolic = conv_size(N, k, stride, (before, after), dilation)
    if places:
        assert conv_size(n, k, stride, (before, after), dilation) == len(places)
        assert evaluate(symbolic, {"N": n}) == len(places)
    else:
        with pytest.raises(ConvError, match="larger than its padded input"):
            conv_size(n, k, stride, (before, after), dilation)


def test_conv_size_is_readable() -> None:
    assert str(conv_size(N, 3, 2, 1)) == "(N + 1)//2"
    assert str(conv_size(N, 2, 2)) == "N//2"
    assert str(conv_size(N, 3, 1, 1)) == "N"
    with pytest.raises(ConvError, match="stride 0 is below 1"):
        conv_size(N, 3, 0)
    asked: list[str] = []
    conv_size(N, K, undecided=lambda a, b, what: asked.append(f"{what}: {a} == {b}") or a)
    assert asked == ["window: max(1, K) == K", "window size: max(K, N) == N"]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (broadcast_shapes((N, 1), (M,), facts=DIMS), "(N, M)"),
        (broadcast_shapes((N, 3), (N, 1), (3,), facts=DIMS), "(N, 3)"),
        (broadcast_shapes((N,), (M + 1,), facts=DIMS.with_equal(N, M + 1)), "(N,)"),
        (broadcast_shapes((N,), (4,), facts=DIMS.with_equal(N, 4)), "(4,)"),
        (matmul_shape((B, N, K), (K, M), DIMS), "(B, N, M)"),
        (matmul_shape((K,), (B, K, M), DIMS), "(B, M)"),
        (matmul_shape((K,), (K,), DIMS), "()"),
        (reshape_shape((N, 4), (N, -1), DIMS), "(N, 4)"),
        (reshape_shape((N, 4), -1, DIMS), "(4*N,)"),
        (reshape_shape((N, 4), (2, -1), DIMS), "(2, 2*N)"),
        (reshape_shape((B, N, d), (B, N, h, -1), DIMS.with_divisible(d, h)), "(B, N, h, d//h)"),
        (reshape_shape((B, N, d), (B, N, h, d // h), DIMS.with_divisible(d, h)), "(B, N, h, d//h)"),
        (reshape_shape((B, N * 3), (B, 3, -1), DIMS), "(B, 3, N)"),
        (concat_shape([(N, 3), (M, 3), (2, 3)], 0, DIMS), "(M + N + 2, 3)"),
        (concat_shape([(N, 3), (M, 3)], 0, DIMS), "(M + N, 3)"),
        (concat_shape([(N, 3), (M,)], None, DIMS), "(M + 3*N,)"),
        (stack_shape([(N, 3), (N, 3)], -1, DIMS), "(N, 3, 2)"),
        (squeeze_shape((1, N, 1), None, DIMS.with_bounds("N", lo=2)), "(N,)"),
    ],
)
def test_symbolic_results(found: Shape, text: str) -> None:
    assert shape_text(found) == text


ERRORS: list[tuple[Callable[[], object], type[ShapeError], str, dict[str, object]]] = [
    (
        lambda: broadcast_shapes((N, 3), (4,), facts=DIMS),
        BroadcastError,
        "shapes (N, 3) and (4,) don't broadcast: axis 1 is 3 in one and 4 in the other",
        {"kind": "broadcast", "axis": 1, "left": 3, "right": 4, "shapes": ((N, 3), (4,))},
    ),
    (
        lambda: broadcast_shapes((N,), (M,), facts=DIMS),
        UndecidedError,
        "broadcast, axis 0: N and M have to be equal, and nothing says that they are",
        {"kind": "undecided", "axis": 0, "left": N, "right": M},
    ),
    (
        lambda: broadcast_shapes((N + 2,), (N + 3,), facts=DIMS),
        BroadcastError,
        "shapes (N + 2,) and (N + 3,) don't broadcast: axis 0 is N + 2 in one and N + 3 in the other",
        {"axis": 0},
    ),
    (
        lambda: broadcast_to_shape((2, 3), (3,)),
        BroadcastError,
        "shape (2, 3) has more dimensions than (3,), to which it should broadcast",
        {},
    ),
    (
        lambda: broadcast_to_shape((3,), (1,)),
        BroadcastError,
        "shape (3,) does not broadcast to (1,): axis 0 is 3, not 1 or 1",
        {"axis": 0, "left": 3, "right": 1},
    ),
    (
        lambda: matmul_shape((N, 3), (4, M), DIMS),
        MatmulError,
        "shapes (N, 3) and (4, M) don't fit @: the left one has 3 columns, the right one 4 rows",
        {"kind": "matmul", "axis": 1, "left": 3, "right": 4},
    ),
    (
        lambda: matmul_shape((3,), (4,)),
        MatmulError,
        "shapes (3,) and (4,) don't fit @: inner sizes 3 and 4 differ",
        {"axis": 0},
    ),
    (lambda: matmul_shape((), (4,)), MatmulError, "@ needs arrays of at least 1 dimension; the left one is 0-d", {}),
    (
        lambda: reshape_shape((2, 3), (4, -1)),
        ReshapeError,
        "an array of shape (2, 3) has 6 elements and can't be reshaped to (4, -1), a multiple of 4",
        {"kind": "reshape", "axis": 1, "left": 6, "right": 4},
    ),
    (
        lambda: reshape_shape((2, N), (2, N + 1)),
        ReshapeError,
        "an array of shape (2, N) has 2*N elements and can't be reshaped to (2, N + 1), which has 2*N + 2",
        {},
    ),
    (lambda: reshape_shape((6,), (-1, -1)), ReshapeError, "reshape to (-1, -1): only one size can be -1", {}),
    (
        lambda: reshape_shape((0,), (0, -1)),
        ReshapeError,
        "an array of shape (0,) has 0 elements and can't be reshaped to (0, -1), a multiple of 0",
        {},
    ),
    (
        lambda: reshape_shape((6,), (2, -N - 1), DIMS),
        ReshapeError,
        "reshape to (2, -N - 1): axis 1 has a negative size",
        {"axis": 1},
    ),
    (
        lambda: concat_shape([(2, 3), (2, 4)], 0),
        ConcatError,
        "can't concatenate arrays whose sizes differ: axis 1 is 3 in array 0 and 4 in array 1",
        {"kind": "concat", "axis": 1, "left": 3, "right": 4},
    ),
    (
        lambda: concat_shape([(2, 3), (2,)], 0),
        ConcatError,
        "can't concatenate arrays with 2 and 1 dimensions (array 0 and array 1)",
        {},
    ),
    (
        lambda: concat_shape([()], 0),
        ConcatError,
        "0-d arrays can't be concatenated; stack joins them along a new axis",
        {},
    ),
    (lambda: concat_shape([]), ConcatError, "nothing to concatenate", {}),
    (lambda: stack_shape([]), ConcatError, "nothing to stack", {}),
    (
        lambda: stack_shape([(2,), (3,)]),
        ConcatError,
        "can't stack arrays whose sizes differ: axis 0 is 2 in array 0 and 3 in array 1",
        {},
    ),
    (
        lambda: normalize_axis(2, 2),
        AxisError,
        "axis 2 is out of range for an array with 2 dimensions",
        {"kind": "axis", "axis": 2},
    ),
    (lambda: normalize_axis(-2, 1), AxisError, "axis -2 is out of range for an array with 1 dimension", {}),
    (lambda: normalize_axes((0, -2), 2), AxisError, "axis 0 is given twice", {}),
    (lambda: transpose_shape((2, 3), (0,)), AxisError, "1 axes to permute an array with 2 dimensions", {}),
    (
        lambda: squeeze_shape((2, 3), 0),
        SqueezeError,
        "axis 0 has size 2 and can't be squeezed; only axes of size 1 can",
        {"kind": "squeeze", "axis": 0, "left": 2},
    ),
    (
        lambda: squeeze_shape((N, 3), None, DIMS),
        UndecidedError,
        "squeeze of (N, 3) keeps or drops axis 0 depending on whether N is 1; name the axes to squeeze",
        {"axis": 0},
    ),
    (
        lambda: einsum_dims("ij,jk", [(2, 3), (4, 5)]),
        EinsumError,
        "einsum 'ij,jk' of (2, 3) and (4, 5): label 'j' is both 3 and 4",
        {"kind": "einsum", "left": 3, "right": 4},
    ),
    (
        lambda: einsum_dims("...i,...i", [(2, 3), (4, 3)]),
        EinsumError,
        "einsum '...i,...i' of (2, 3) and (4, 3): axis 1 from the end of the ellipsis is both 2 and 4",
        {},
    ),
    (
        lambda: einsum_dims("ij", [(2,)]),
        EinsumError,
        "einsum subscript 'ij' labels 2 axes of an array with 1 dimensions",
        {},
    ),
    (lambda: einsum_dims("i,j", [(2,)]), EinsumError, "einsum subscripts 'i,j' are for 2 operands, not 1", {}),
    (
        lambda: conv_size(3, 5),
        ConvError,
        "a window of 5 is larger than its padded input of 3",
        {"kind": "conv", "left": 3, "right": 5},
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "message", "fields"), ERRORS, ids=[case[2][:40] for case in ERRORS])
def test_errors(attempt: Callable[[], object], kind: type[ShapeError], message: str, fields: dict[str, object]) -> None:
    with pytest.raises(ShapeError) as caught:
        attempt()
    error = caught.value
    assert type(error) is kind
    assert str(error) == message
    for name, value in fields.items():
        assert getattr(error, name) == value
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), str(error), error.__dict__)


def test_undecided_callback_says_what_to_check() -> None:
    asked: list[tuple[str, str, str]] = []

    def note(a: Size, b: Size, what: str) -> Size:
        asked.append((str(a), str(b), what))
        return a

    assert broadcast_shapes((N, 3), (M, 3), facts=DIMS, undecided=note) == (N, 3)
    assert matmul_shape((N, K), (M, 2), DIMS, note) == (N, 2)
    assert reshape_shape((N,), (2, -1), DIMS, note) == (2, parse_size("N//2"))
    assert reshape_shape((N, M), (N, -1), DIMS, note) == (N, M)
    assert asked == [
        ("N", "M", "broadcast, axis 0"),
        ("K", "M", "@, inner size"),
        ("N % 2", "0", "reshape, elements left over"),
        ("max(1, N)", "N", "reshape, product of the sizes beside -1"),
    ]
