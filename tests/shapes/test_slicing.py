"""Slices of symbolic sizes against Python's own slice.indices."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tangra.shapes import Facts, Size, SliceError, UndecidedError, evaluate, slice_length, symbol

N, a, b, i, k = (symbol(name) for name in ("N", "a", "b", "i", "k"))
PLACES: tuple[Size | None, ...] = (
    None,
    0,
    1,
    -1,
    2,
    -2,
    5,
    -7,
    a,
    b,
    a + 1,
    -a,
    N,
    N - 1,
    N + 1,
    -N,
    a - b,
    N - a,
    N // 2,
)
STEPS: tuple[int | None, ...] = (None, 1, 2, 3, -1, -2, -3)
SIZES: tuple[Size, ...] = (N, 0, 1, 4, N + 1, 2 * N)


@pytest.mark.parametrize("low", [None, 0, 1])
@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.sampled_from(PLACES),
    st.sampled_from(STEPS),
    st.sampled_from(SIZES),
    st.integers(0, 7),
    st.integers(-9, 9),
    st.integers(-9, 9),
)
def test_slices_are_pythons(
    low: int | None, start: Size | None, stop: Size | None, step: int | None, dim: Size, n: int, first: int, second: int
) -> None:
    env = {"N": n, "a": first if low is None else abs(first) + low, "b": second if low is None else abs(second) + low}
    facts = Facts.dims("N")
    if low is not None:
        facts = facts.with_bounds("a", lo=low).with_bounds("b", lo=low)

    def value(size: Size | None) -> int | None:
        return None if size is None else evaluate(size, env)

    begin, length = slice_length(start, stop, step, dim, facts)
    chosen = range(*slice(value(start), value(stop), step).indices(evaluate(dim, env)))
    assert value(length) == len(chosen)
    assert value(begin) == chosen.start


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.none(), st.integers(-12, 12)),
    st.one_of(st.none(), st.integers(-12, 12)),
    st.one_of(st.none(), st.integers(-4, 4).filter(bool)),
    st.integers(0, 9),
)
def test_slices_of_ints(start: int | None, stop: int | None, step: int | None, dim: int) -> None:
    chosen = range(*slice(start, stop, step).indices(dim))
    assert slice_length(start, stop, step, dim) == (chosen.start, len(chosen))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 4), st.booleans(), st.integers(0, 9), st.one_of(st.none(), st.integers(-9, 9)))
def test_symbolic_steps_of_known_sign(size: int, forward: bool, n: int, start: int | None) -> None:
    facts = Facts.dims("N").with_bounds("k", lo=1)
    begin, length = slice_length(start, None, k if forward else -k, N, facts)
    chosen = range(*slice(start, None, size if forward else -size).indices(n))
    env = {"N": n, "k": size}
    assert (evaluate(begin, env), evaluate(length, env)) == (chosen.start, len(chosen))


WINDOW = Facts.dims("N", "k").with_bounds("i", lo=0, hi=N - k)


@pytest.mark.parametrize(
    ("part", "facts", "expected"),
    [
        ((i, i + k, None), WINDOW, ("i", "k")),
        ((None, k, None), WINDOW, ("0", "k")),
        ((1, None, None), Facts.dims("N").with_bounds("N", lo=1), ("1", "N - 1")),
        ((1, None, None), Facts.dims("N"), ("min(1, N)", "max(0, N - 1)")),
        ((None, -1, None), Facts.dims("N").with_bounds("N", lo=1), ("0", "N - 1")),
        ((1, -1, None), Facts.dims("N").with_bounds("N", lo=2), ("1", "N - 2")),
        ((None, None, 2), Facts.dims("N"), ("0", "(N + 1)//2")),
        ((1, None, 2), Facts.dims("N").with_bounds("N", lo=1), ("1", "N//2")),
        ((None, None, -1), Facts.dims("N"), ("N - 1", "N")),
        ((None, 5, None), Facts.dims("N"), ("0", "min(5, N)")),
        ((-k, None, None), WINDOW.with_bounds("k", lo=1), ("N - k", "k")),
        ((-k, None, None), Facts.dims("N").with_bounds("k", lo=1), ("max(0, N - k)", "min(N, k)")),
        ((i, None, None), Facts.dims("N").with_bounds("i", lo=0, hi=N - 1), ("i", "N - i")),
        ((i + 1, None, None), Facts.dims("N").with_bounds("i", lo=0, hi=N - 1), ("i + 1", "N - i - 1")),
        ((None, i, None), Facts.dims("N").with_bounds("i", lo=0, hi=N - 1), ("0", "i")),
        ((i, i + 1, None), Facts.dims("N").with_bounds("i", lo=0, hi=N - 1), ("i", "1")),
    ],
)
def test_what_loops_need_is_exact(
    part: tuple[Size | None, Size | None, int | None], facts: Facts, expected: tuple[str, str]
) -> None:
    begin, length = slice_length(*part, N, facts)
    assert (str(begin), str(length)) == expected


def test_steps_that_are_refused() -> None:
    with pytest.raises(SliceError, match="slice step is 0"):
        slice_length(None, None, 0, 5)
    with pytest.raises(SliceError, match="slice step k is 0"):
        slice_length(None, None, k, N, Facts().with_bounds("k", lo=0, hi=0))
    with pytest.raises(SliceError, match="slice step 0 is 0"):
        slice_length(a, None, 0, N)
    with pytest.raises(UndecidedError, match="slice step k may be positive or negative"):
        slice_length(None, None, k, N)
