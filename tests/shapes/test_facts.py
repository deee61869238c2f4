"""Facts and the prover: never wrong at the values the facts were drawn from, and strong enough for what is needed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tangra.shapes import (
    Facts,
    Size,
    bounds,
    dmax,
    dmin,
    evaluate,
    known_eq,
    known_le,
    known_lt,
    parse_size,
    simplify,
    symbol,
    symbols_of,
)
from tests.shapes.strategies import Tree, World, trees, try_both, worlds

K, M, N, d, h, i, kh = (symbol(name) for name in ("K", "M", "N", "d", "h", "i", "kh"))


@settings(max_examples=600, deadline=None)
@given(worlds(), trees(leaves=5), trees(leaves=5))
def test_answers_hold(world: World, a_tree: Tree, b_tree: Tree) -> None:
    pair = try_both(a_tree, world.env), try_both(b_tree, world.env)
    assume(pair[0] is not None and pair[1] is not None)
    assert pair[0] is not None
    assert pair[1] is not None
    (a, a_value), (b, b_value) = pair
    assert known_eq(a, b, world.facts) in (None, a_value == b_value)
    assert known_le(a, b, world.facts) in (None, a_value <= b_value)
    assert known_lt(a, b, world.facts) in (None, a_value < b_value)
    low, high = bounds(a, world.facts)
    assert low is None or low <= a_value
    assert high is None or a_value <= high


@settings(max_examples=400, deadline=None)
@given(worlds(), trees(leaves=5), st.integers(-2, 2))
def test_answers_hold_near_equality(world: World, tree: Tree, offset: int) -> None:
    both = try_both(tree, world.env)
    assume(both is not None)
    assert both is not None
    size, value = both
    target = value + offset
    assert known_eq(size, target, world.facts) in (None, offset == 0)
    assert known_le(size, target, world.facts) in (None, offset >= 0)
    assert known_lt(target, size, world.facts) in (None, offset < 0)


@settings(max_examples=400, deadline=None)
@given(worlds(), trees(leaves=6))
def test_simplify_keeps_the_value(world: World, tree: Tree) -> None:
    both = try_both(tree, world.env)
    assume(both is not None)
    assert both is not None
    size = simplify(both[0], world.facts)
    assert symbols_of(size) <= symbols_of(both[0])
    assert evaluate(size, world.env) == both[1]


DIMS = Facts.dims("N", "M", "K", "kh", "d").with_bounds("h", lo=1)
WINDOW = DIMS.with_bounds("i", lo=0, hi=N - kh)
HEADS = DIMS.with_divisible(d, h)
EQUAL = DIMS.with_equal(N, M + 1)
EVEN = DIMS.with_divisible(N, 4)


@pytest.mark.parametrize(
    ("facts", "text", "expected"),
    [
        (DIMS, "N*M >= 0", True),
        (DIMS, "N + 1 >= 1", True),
        (DIMS, "N + 1 == 0", False),
        (DIMS, "N <= N*h", True),
        (DIMS, "N//2 <= N", True),
        (DIMS, "(N + 1)//2 <= N", True),
        (DIMS, "N//2 <= (N + 1)//2", True),
        (DIMS, "N//h <= N", True),
        (DIMS, "N % h < h", True),
        (DIMS, "N*h % h == 0", True),
        (DIMS, "N == M", None),
        (DIMS, "N == N + 1", False),
        (DIMS, "2*N + 1 == 2*M", False),
        (DIMS, "3*N == 3*M + 2", False),
        (DIMS, "2*(N//2) + N % 2 == N", True),
        (DIMS, "N - N//2 == (N + 1)//2", True),
        (DIMS, "max(N, M) >= N", True),
        (DIMS, "min(N, M) <= M", True),
        (DIMS, "max(N, M) == max(M, N)", True),
        (DIMS, "max(N, M) + min(N, M) == N + M", True),
        (DIMS, "max(0, N) == N", True),
        (DIMS, "max(3, N) == 3 + max(0, N - 3)", True),
        (DIMS, "min(N, M) <= max(K, N)", True),
        (DIMS, "N*K <= N*K + M", True),
        (DIMS, "N <= 5", None),
        (Facts(), "N >= 0", None),
        (Facts(), "N*N >= 0", True),
        (Facts(), "N % 3 <= 2", True),
        (WINDOW, "i + kh <= N", True),
        (WINDOW, "i <= N", True),
        (WINDOW, "kh <= N", True),
        (WINDOW, "i*M + kh*M <= N*M", True),
        (WINDOW, "i + kh <= N - 1", None),
        (WINDOW, "min(i + kh, N) == i + kh", True),
        (HEADS, "h*(d//h) == d", True),
        (HEADS, "d % h == 0", True),
        (HEADS, "N*d == N*h*(d//h)", True),
        (HEADS, "(N*d)//h == N*(d//h)", True),
        (HEADS, "d//h <= d", True),
        (DIMS, "h*(d//h) == d", None),
        (DIMS, "h*(d//h) <= d", True),
        (EQUAL, "N == M + 1", True),
        (EQUAL, "N*N == M*M + 2*M + 1", True),
        (EQUAL, "N > M", True),
        (EQUAL, "N == M", False),
        (EQUAL, "N >= 1", True),
        (EVEN, "(N//2)*2 == N", True),
        (EVEN, "N % 8 == 0", None),
        (EVEN, "N == 6", False),
        (EVEN, "(N + 1) % 4 == 1", True),
        (Facts().with_divisible(6 * N + 2, 4), "N % 2 == 1", True),
        (DIMS.with_divisible(N * M, 4), "4*((N*M)//4) == N*M", True),
        (DIMS.with_divisible(N * M, 4), "(N*M) % 4 == 0", True),
        (DIMS.with_equal(N * M, K * h), "3*N*M == 3*K*h", True),
        (DIMS.with_divisible(N, 2).with_divisible(N, 3), "N % 6 == 0", True),
        (DIMS.with_le(N, M).with_le(M, K), "N <= K", True),
        (DIMS.with_lt(N, M).with_lt(M, 3), "N <= 1", True),
        (DIMS.with_equal(N, 3), "N*M == 3*M", True),
        (DIMS.with_equal(N, M).with_equal(M, K), "N == K", True),
        (DIMS.with_equal(N, M).with_equal(N, 4), "M == 4", True),
        (Facts.dims(N - 3), "N >= 3", True),
        (Facts().with_shape((N, 3, M - 1)), "N + M >= 1", True),
    ],
)
def test_what_can_be_proved(facts: Facts, text: str, expected: bool | None) -> None:
    left, sign, right = text.rpartition(next(sign for sign in ("==", "<=", ">=", "<", ">") if f" {sign} " in text))
    a, b = parse_size(left), parse_size(right)
    ask = {
        "==": known_eq,
        "<=": known_le,
        "<": known_lt,
        ">=": lambda x, y, f: known_le(y, x, f),
        ">": lambda x, y, f: known_lt(y, x, f),
    }[sign]
    assert ask(a, b, facts) is expected


@pytest.mark.parametrize(
    ("size", "facts", "expected"),
    [
        (N, DIMS, (0, None)),
        (N - 1, DIMS.with_bounds("N", hi=8), (-1, 7)),
        (N * M, DIMS.with_bounds("N", hi=2).with_bounds("M", lo=3, hi=5), (0, 10)),
        (N // 3, DIMS.with_bounds("N", hi=10), (0, 3)),
        (N % 3, Facts(), (0, 2)),
        (N % h, DIMS.with_bounds("h", hi=4), (0, 3)),
        (-(N**2), Facts(), (None, 0)),
        (dmin(N, 5), DIMS, (0, 5)),
        (dmax(N, 5), DIMS, (5, None)),
        (i + kh, WINDOW.with_bounds("N", hi=9), (0, 9)),
        (d // h, HEADS, (0, None)),
        (N, DIMS.with_bounds("M", hi=4).with_le(N, M), (0, 4)),
        (2 * N, DIMS.with_le(2 * N, 7), (0, 6)),
        (7, DIMS, (7, 7)),
        (N // M, Facts().with_bounds("N", lo=-6, hi=6).with_bounds("M", lo=-2, hi=2), (-6, 6)),
    ],
)
def test_bounds(size: Size, facts: Facts, expected: tuple[int | None, int | None]) -> None:
    assert bounds(size, facts) == expected


def test_facts_are_not_changed_by_with() -> None:
    before = Facts.dims("N")
    after = before.with_bounds("N", lo=3).with_equal(M, N).with_divisible(N, 2)
    assert bounds(N, before) == (0, None)
    assert bounds(N, after) == (4, None)
    assert known_eq(M, N, before) is None
    assert known_eq(M, N, after) is True


def test_contradictory_facts_still_answer() -> None:
    facts = DIMS.with_bounds("N", hi=-1).with_equal(N, 3).with_equal(M, M + 1).with_divisible(N, 0).with_equal(N, 4)
    assert known_eq(N, M, facts) in (True, False, None)
    assert bounds(N, facts) is not None


def test_simplify_drops_what_never_decides() -> None:
    assert simplify(dmin(i + kh, N) - dmin(i, N), WINDOW) == kh
    assert simplify(dmax(0, N) + 1, DIMS) == N + 1
    assert simplify(dmax(N, M), DIMS) == dmax(N, M)
    assert simplify(dmax(0, dmin(N, 5)) // 2, DIMS) == dmin(N, 5) // 2


def test_repr_shows_what_is_known() -> None:
    assert repr(DIMS.with_equal(K, 3)).startswith("Facts(K = 3, 0 <= N, 0 <= M")
    assert repr(Facts().with_le(N + M, 7)) == "Facts(0 <= 7 - M - N)"
