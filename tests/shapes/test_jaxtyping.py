"""jaxtyping's notation against jaxtyping itself, and what it can't do: symbolic sizes."""

from __future__ import annotations

import jaxtyping
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tangra.shapes import (
    AnnotationError,
    AnonymousDim,
    Bindings,
    DimSpec,
    DimStringError,
    EllipsisDim,
    ExpressionDim,
    Facts,
    FixedDim,
    NamedDim,
    ShapeError,
    Size,
    UndecidedError,
    VariadicDim,
    declare,
    match,
    parse_dims,
    render_dims,
    shape_text,
    symbol,
)

M, N, a, b, n = (symbol(name) for name in ("M", "N", "a", "b", "n"))
DIMS = Facts.dims("N", "M")

WORDS = (
    "a",
    "b",
    "#a",
    "#b",
    "3",
    "1",
    "#2",
    "_",
    "_a",
    "...",
    "*c",
    "*c",
    "*#c",
    "*d",
    "rows=3",
    "rows=a",
    "*_x",
    "#*c",
    "a+1",
    "2*a",
    "a-b",
    "a*b",
    "#a+1",
    "min(a,b)",
    "a//2",
    "a%2",
    "a**2",
    "(a+1)//2",
    "2",
)
BROKEN = (
    "##a",
    "**a",
    "__a",
    "??a",
    "#_",
    "_4",
    "*4",
    "?4",
    "*a+1",
    "_a+b",
    "?a+b",
    "a,b",
    "...a",
    "a...",
    "*a *b",
    "... *a",
    "a#",
)


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("", ()),
        ("batch channels 3", (NamedDim("batch"), NamedDim("channels"), FixedDim(3))),
        ("...", (EllipsisDim(),)),
        ("*batch _ n", (VariadicDim("batch"), AnonymousDim(), NamedDim("n"))),
        ("#c ?foo *#d", (NamedDim("c", broadcastable=True), NamedDim("foo", treepath=True), VariadicDim("d", True))),
        ("rows=4 cols=n", (FixedDim(4, label="rows"), NamedDim("n", label="cols"))),
        ("n-1 2*n", (ExpressionDim(n - 1), ExpressionDim(2 * n))),
        ("{self.n} {k}+n", (ExpressionDim(symbol("{self.n}")), ExpressionDim(symbol("{k}") + n))),
        ("_rows *_batch", (AnonymousDim("rows"), EllipsisDim("batch"))),
        ("#n+1 #3", (ExpressionDim(n + 1, True), FixedDim(3, True))),
        ("?*d", (VariadicDim("d", treepath=True),)),
        ("max(n,2)", (ExpressionDim(parse_dims("max(n,2)")[0].size),)),  # type: ignore[union-attr]
        ("2+2", (FixedDim(4),)),
        ("(n)", (ExpressionDim(n),)),
    ],
)
def test_parse_and_render(text: str, specs: tuple[DimSpec, ...]) -> None:
    assert parse_dims(text) == specs
    assert parse_dims(render_dims(specs)) == specs


@pytest.mark.parametrize(
    "text", ["", "batch channels 3", "... n", "*#batch _ n", "#c ?foo rows=4 cols=n n-1", "#?x *?y"]
)
def test_render_gives_the_text_back(text: str) -> None:
    assert render_dims(parse_dims(text)) == text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS + BROKEN), max_size=3))
def test_refuses_what_jaxtyping_refuses(words: list[str]) -> None:
    text = " ".join(words)
    try:
        jaxtyping.Float[np.ndarray, text]
    except ValueError:
        with pytest.raises(DimStringError):
            parse_dims(text)
    else:
        specs = parse_dims(text)
        assert parse_dims(render_dims(specs)) == specs


ARRAY_SHAPE = st.lists(st.sampled_from((1, 1, 2, 3, 4)), max_size=4).map(tuple)


@settings(max_examples=800, deadline=None)
@given(st.lists(st.tuples(st.lists(st.sampled_from(WORDS), max_size=3), ARRAY_SHAPE), min_size=1, max_size=4))
def test_matches_as_jaxtyping_does(arguments: list[tuple[list[str], tuple[int, ...]]]) -> None:
    bindings = Bindings()
    with jaxtyping.jaxtyped("context"):
        for words, shape in arguments:
            text = " ".join(words)
            try:
                annotation = jaxtyping.Float[np.ndarray, text]
            except ValueError:
                continue
            try:
                expected = isinstance(np.zeros(shape), annotation)
            except (jaxtyping.AnnotationError, NameError):
                expected = False
            try:
                bindings = match(text, shape, bindings)
                found = True
            except AnnotationError:
                found = False
            assert found == expected, (text, shape)


@pytest.mark.parametrize(
    ("text", "shape", "given_bindings", "sizes"),
    [
        ("a b 3", (N, M, 3), {}, {"a": N, "b": M}),
        ("a a", (N, N), {}, {"a": N}),
        ("a a+1", (N, N + 1), {}, {"a": N}),
        ("a 2*a b", (N, 2 * N, 7), {}, {"a": N, "b": 7}),
        ("... a", (M, M, N), {}, {"a": N}),
        ("{self.n} a", (4, N), {"{self.n}": 4}, {"{self.n}": 4, "a": N}),
        ("a b", (N, 1), {"b": 1}, {"a": N, "b": 1}),
        ("#a", (1,), {"a": N}, {"a": N}),
    ],
)
def test_symbolic_shapes_match(
    text: str, shape: tuple[Size, ...], given_bindings: dict[str, Size], sizes: dict[str, Size]
) -> None:
    assert match(text, shape, Bindings(given_bindings), DIMS).sizes == sizes


def test_groups_bind_and_grow() -> None:
    bound = match("*batch n", (N, M, 3), facts=DIMS)
    assert bound.groups == {"batch": (False, (N, M))}
    assert match("*batch", (N, M), bound, DIMS) == bound
    grown = match("*#batch", (N, M), match("*#batch", (M,), facts=DIMS), DIMS)
    assert grown.groups == {"batch": (True, (N, M))}
    fixed = match("*batch", (N, M), grown, DIMS)
    assert fixed.groups == {"batch": (False, (N, M))}
    assert match("*#batch", (1, M), fixed, DIMS) == fixed


def test_names_in_a_tree_are_local_to_their_leaf() -> None:
    first = match("?n m", (2, N), leaf=".w", facts=DIMS)
    second = match("?n m", (3, N), first, DIMS, leaf=".b")
    assert second.sizes == {"?.w?n": 2, "m": N, "?.b?n": 3}
    with pytest.raises(AnnotationError, match="axis 0 of shape"):
        match("?n m", (3, N), second, DIMS, leaf=".w")


def test_an_undecided_size_is_left_to_the_caller() -> None:
    with pytest.raises(UndecidedError):
        match("3", (N,), facts=DIMS)
    asked: list[tuple[Size, Size, str]] = []

    def note(left: Size, right: Size, what: str) -> Size:
        asked.append((left, right, what))
        return right

    match("a a 3", (N, M, M), facts=DIMS, undecided=note)
    assert asked == [(M, N, "annotation a, axis 1"), (M, 3, "annotation 3, axis 2")]
    asked.clear()
    match("#4", (N,), facts=DIMS.with_bounds("N", hi=3), undecided=note)
    assert asked == [(N, 1, "annotation #4, axis 0")]


ERRORS = [
    ("a 3", (N, 4), {}, "axis 1 of shape (N, 4) is 4; it is annotated 3", 1),
    ("a a", (N, N + 1), {}, "axis 1 of shape (N, N + 1) is N + 1; it is annotated a, which is N", 1),
    ("a a-1", (N, N), {}, "axis 1 of shape (N, N) is N; it is annotated a-1, which is N - 1", 1),
    ("a", (N, M), {}, 'an array of shape (N, M) has 2 dimensions; its annotation "a" asks for 1', None),
    ("*s a b", (N,), {}, 'an array of shape (N,) has 1 dimensions; its annotation "*s a b" asks for at least 2', None),
    ("a+b", (N,), {}, "axis 0 is annotated a+b, but nothing before it says what a and b is", 0),
    ("a b+1", (N, N), {}, "axis 1 is annotated b+1, but nothing before it says what b is", 1),
]


@pytest.mark.parametrize(("text", "shape", "sizes", "message", "axis"), ERRORS)
def test_errors(text: str, shape: tuple[Size, ...], sizes: dict[str, Size], message: str, axis: int | None) -> None:
    with pytest.raises(ShapeError) as caught:
        match(text, shape, Bindings(sizes), DIMS)
    assert str(caught.value) == message
    assert caught.value.axis == axis


def test_group_errors() -> None:
    bound = match("*s", (N, 3))
    for shape, axis in (((N, 4), 1), ((N,), 0)):
        with pytest.raises(AnnotationError) as caught:
            match("*s", shape, bound, DIMS)
        assert str(caught.value) == (
            f"the axes of shape {shape_text(shape)} annotated *s are {shape_text(shape)}; s is (N, 3)"
        )
        assert caught.value.axis == axis


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b,c", "'b,c': axes are separated by spaces, not commas, in the shape 'a b,c'"),
        ("a ...b", "'...b': '...' stands alone, in the shape 'a ...b'"),
        ("##a", "'#' is given twice, in the shape '##a'"),
        ("*3", "'*3': a fixed size can't have * (several axes), in the shape '*3'"),
        ("_a+b", "'_a+b': an expression can't have _ (any size), in the shape '_a+b'"),
        ("#_", "'#_': an axis of any size can't have # (size 1 allowed), in the shape '#_'"),
        ("*a *b", "only one of the axes can stand for several, in the shape '*a *b'"),
        ("a!", "'a!' is no size: unexpected '!' at column 2 of 'a!', in the shape 'a!'"),
        ("-3", "'-3': a size can't be negative, in the shape '-3'"),
        ("#", "'#' lacks a name, in the shape '#'"),
        ("a//0", "'a//0' is no size: a//0, in the shape 'a//0'"),
    ],
)
def test_syntax_errors(text: str, message: str) -> None:
    with pytest.raises(DimStringError) as caught:
        parse_dims(text)
    assert str(caught.value) == message


def _fresh() -> object:
    made: list[str] = []

    def fresh(hint: str) -> Size:
        made.append(hint)
        return symbol(f"{hint or 'dim'}_{len(made)}")

    return fresh


@pytest.mark.parametrize(
    ("text", "rank", "shape"),
    [
        ("a b a 3", 4, "(a_1, b_2, a_1, 3)"),
        ("a a+1", 2, "(a_1, a_1 + 1)"),
        ("_ _x #a a", 4, "(dim_1, x_2, a_3, a_4)"),
        ("*s a", 3, "(s_1, s_2, a_3)"),
        ("... a", 1, "(a_1,)"),
        ("a ... a", 4, "(a_1, dim_2, dim_3, a_1)"),
        ("#1", 1, "(1,)"),
    ],
)
def test_declared_shapes_match_what_they_were_declared_from(text: str, rank: int, shape: str) -> None:
    declared, bindings = declare(text, rank, Bindings(), _fresh())  # type: ignore[arg-type]
    assert shape_text(declared) == shape
    assert match(text, declared, bindings, undecided=lambda left, right, what: right) == bindings


def test_declaring_again_reuses_names_and_groups() -> None:
    first, bindings = declare("*s n", 3, Bindings(), _fresh())  # type: ignore[arg-type]
    again, _ = declare("*s n", 3, bindings, _fresh())  # type: ignore[arg-type]
    assert again == first
    with pytest.raises(AnnotationError, match="annotated"):
        declare("*s n", 2, bindings, _fresh())  # type: ignore[arg-type]
    with pytest.raises(AnnotationError, match="asks for 1"):
        declare("n", 2, Bindings(), _fresh())  # type: ignore[arg-type]
