"""The algebra: every operation against Python ints, and the normal form."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tangra.shapes import (
    Dim,
    FloorDiv,
    Max,
    Size,
    SizeSyntaxError,
    SizeTooComplex,
    Symbol,
    UnboundSymbolError,
    as_size,
    ceil_div,
    dmax,
    dmin,
    evaluate,
    fold,
    parse_size,
    prod,
    substitute,
    symbol,
    symbols_of,
    terms,
)
from tests.shapes.strategies import NAMES, Tree, build, trees, try_both, values

H, K, M, N = map(symbol, "HKMN")
POLYNOMIAL = ("+", "-", "*")


@settings(max_examples=600, deadline=None)
@given(trees(), values())
def test_operations_mean_what_python_means(tree: Tree, env: dict[str, int]) -> None:
    both = try_both(tree, env)
    assume(both is not None)
    assert both is not None
    size, expected = both
    assert evaluate(size, env) == expected
    assert type(size) in (int, Dim)
    assert isinstance(size, int) or symbols_of(size)


@settings(max_examples=400, deadline=None)
@given(trees(leaves=12), values())
def test_deep_trees(tree: Tree, env: dict[str, int]) -> None:
    both = try_both(tree, env)
    assume(both is not None)
    assert both is not None
    assert evaluate(both[0], env) == both[1]


@settings(max_examples=400, deadline=None)
@given(trees())
def test_text_pickle_and_copy_give_the_same_size_back(tree: Tree) -> None:
    try:
        size = build(tree)
    except ZeroDivisionError:
        return
    for other in (parse_size(str(size)), pickle.loads(pickle.dumps(size)), copy.deepcopy(size)):
        assert other == size
        assert hash(other) == hash(size)
        assert str(other) == str(size)


@settings(max_examples=300, deadline=None)
@given(trees(), values())
def test_text_is_python(tree: Tree, env: dict[str, int]) -> None:
    both = try_both(tree, env)
    assume(both is not None)
    assert both is not None
    assert eval(str(both[0]), {}, env) == both[1]


@settings(max_examples=300, deadline=None)
@given(trees(leaves=6), st.sampled_from(NAMES), trees(leaves=4), values())
def test_substitution(tree: Tree, name: str, inner: Tree, env: dict[str, int]) -> None:
    replaced = try_both(inner, env)
    assume(replaced is not None)
    assert replaced is not None
    outer_env = {**env, name: replaced[1]}
    both = try_both(tree, outer_env)
    assume(both is not None)
    assert both is not None
    assert evaluate(substitute(both[0], {name: replaced[0]}), env) == both[1]


@settings(max_examples=300, deadline=None)
@given(trees(), values())
def test_fold_rebuilds(tree: Tree, env: dict[str, int]) -> None:
    both = try_both(tree, env)
    assume(both is not None)
    assert both is not None
    value = fold(
        both[0],
        const=int,
        symbol=env.__getitem__,
        add=operator.add,
        mul=operator.mul,
        floordiv=operator.floordiv,
        mod=operator.mod,
        max=max,
        min=min,
    )
    assert value == both[1]


@settings(max_examples=200, deadline=None)
@given(trees(POLYNOMIAL, 5), trees(POLYNOMIAL, 5), trees(POLYNOMIAL, 4))
def test_polynomials_are_canonical(a_tree: Tree, b_tree: Tree, c_tree: Tree) -> None:
    a, b, c = build(a_tree), build(b_tree), build(c_tree)
    assert (a + b) * c == c * b + a * c
    assert a - b == -(b - a)
    assert (a + b) - b == a
    assert a * b == b * a
    assert hash(a * b) == hash(b * a)


@settings(max_examples=300, deadline=None)
@given(trees(POLYNOMIAL, 4), trees(POLYNOMIAL, 3), trees(POLYNOMIAL, 3))
def test_multiples_of_the_divisor_split_off(a_tree: Tree, b_tree: Tree, k_tree: Tree) -> None:
    a, b, k = build(a_tree), build(b_tree), build(k_tree)
    assume(not (isinstance(b, int) and b == 0))
    assert (a + k * b) // b == a // b + k
    assert (a + k * b) % b == a % b
    assert (k * b) // b == k


@settings(max_examples=200, deadline=None)
@given(st.lists(trees(leaves=3), min_size=1, max_size=4), values())
def test_extrema_do_not_depend_on_order_or_nesting(parts: list[Tree], env: dict[str, int]) -> None:
    both = [try_both(part, env) for part in parts]
    sizes = [pair[0] for pair in both if pair is not None]
    assume(sizes)
    for make, pick in ((dmax, max), (dmin, min)):
        size = make(*sizes)
        assert make(*sizes[::-1]) == size
        assert make(sizes[0], make(*sizes)) == size
        assert evaluate(size, env) == pick(pair[1] for pair in both if pair is not None)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((N * 4) // 4, "N"),
        ((2 * N + 1) // 2, "N"),
        ((H // 2) * 2, "2*(H//2)"),
        (2 * N + M // 2, "2*N + M//2"),
        ((3 * N) // 2, "N + N//2"),
        ((N - 1) // 2 + 1, "(N + 1)//2"),
        ((N + 2 - 3) // 2 + 1, "(N + 1)//2"),
        (1 - N, "1 - N"),
        (-N - 1, "-N - 1"),
        (-(M // 2), "-(M//2)"),
        (N - M // 2, "N - M//2"),
        (N - N % 3, "N - N % 3"),
        ((N * (K + 1)) // (K + 1), "N"),
        ((3 * N * M) // (2 * M), "N + N//2"),
        ((N * M) % M, "0"),
        ((N * M) % (K * M), "M*(N % K)"),
        ((6 * N + 4) % 4, "2*(N % 2)"),
        (N // 2 // 3, "N//6"),
        ((N // 2 + 1) // 3, "(N + 2)//6"),
        (N % 6 % 3, "N % 3"),
        ((N % 3) // 4, "0"),
        (N // -2, "N//2 - N"),
        (N**2 * M, "M*N**2"),
        (N // M, "N//M"),
        (N // (M * K), "N//(K*M)"),
        (7 // N, "7//N"),
        (-7 % N, "(-7) % N"),
        ((N // M) ** 2, "(N//M)**2"),
        (dmax(0, N - 3), "max(0, N - 3)"),
        (dmax(N, N + 1), "N + 1"),
        (dmin(N, N + 1, 5), "min(5, N)"),
        (dmax(N, dmin(N, M)), "N"),
        (dmax(N + 1, N + M), "N + max(1, M)"),
        (dmax(0, N % 4), "N % 4"),
        (dmax(9, N % 4), "9"),
        (dmax(N + 1, dmax(M, K) + 1), "max(K, M, N) + 1"),
        (ceil_div(N, 2), "(N + 1)//2"),
        (ceil_div(N, M), "-((-N)//M)"),
        (prod([]), "1"),
        (prod([2, N, 3, M]), "6*M*N"),
        (symbol("x.shape[0]") * symbol("{self.n}"), "x.shape[0]*{self.n}"),
        (N + np.int64(2), "N + 2"),
        (np.int64(2) * N, "2*N"),
        (N // np.int32(2), "N//2"),
        (N + True, "N + 1"),
    ],
)
def test_normal_forms(size: Size, text: str) -> None:
    assert str(size) == text
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("size", "number"),
    [
        (N - N, 0),
        (N * 0, 0),
        (N + 1 - N, 1),
        (N // N, 1),
        (N % 1, 0),
        (0 // N, 0),
        ((2 * N) % 2, 0),
        (dmax(3, 5), 5),
        (dmin(N, N), None),
        (N**0, 1),
        ((N + M) * (N - M) - N**2 + M**2, 0),
    ],
)
def test_constants_are_plain_ints(size: Size, number: int | None) -> None:
    if number is None:
        assert size == N
    else:
        assert type(size) is int
        assert size == number


def test_terms_expose_the_structure() -> None:
    size = 2 * N * N + 3 * dmax(N, M) - (N + 1) // 2 + 7
    found = terms(size)
    assert [coefficient for coefficient, _ in found] == [2, -1, 3, 7]
    square, quotient, largest, constant = (factors for _, factors in found)
    assert all(isinstance(atom, Symbol) and atom.name == "N" for atom in square)
    assert len(square) == 2
    assert isinstance(quotient[0], FloorDiv)
    assert (quotient[0].num, quotient[0].den) == (N + 1, 2)
    assert isinstance(largest[0], Max)
    assert largest[0].args == (M, N)
    assert constant == ()
    assert terms(5) == ((5, ()),)
    assert terms(0) == ()


def test_fold_builds_a_shared_atom_once() -> None:
    built: list[str] = []

    def name(text: str) -> str:
        built.append(text)
        return text

    def join(sign: str) -> object:
        return lambda a, b: f"({a}{sign}{b})"

    size = N // M + (N // M) * K + dmax(N, M, 2)
    text = fold(
        size,
        const=str,
        symbol=name,
        add=join("+"),
        mul=join("*"),
        floordiv=join("//"),
        mod=join("%"),
        max=lambda a, b: f"max({a},{b})",
        min=lambda a, b: f"min({a},{b})",
    )
    assert text == "(((K*(N//M))+(N//M))+max(max(2,M),N))"
    assert sorted(built) == ["K", "M", "N"]


def test_symbols_of_looks_inside() -> None:
    assert symbols_of((N + 1) // dmax(M, K) + 3) == {"N", "M", "K"}
    assert symbols_of(3) == frozenset()


def test_unbound_symbol() -> None:
    with pytest.raises(UnboundSymbolError) as caught:
        evaluate(N + 2 * M, {"N": 1})
    assert str(caught.value) == "no value for the symbol M of the size 2*M + N"
    assert isinstance(caught.value, KeyError)
    assert pickle.loads(pickle.dumps(caught.value)).name == "M"


def test_division_by_zero() -> None:
    for divide in (lambda: N // 0, lambda: N % 0, lambda: (N * M) // (N - N)):
        with pytest.raises(ZeroDivisionError):
            divide()
    with pytest.raises(ZeroDivisionError):
        evaluate(N // M, {"N": 1, "M": 0})


def test_truth_and_order_are_refused() -> None:
    with pytest.raises(TypeError, match="whether the symbolic size N is zero is not known"):
        bool(N)
    with pytest.raises(TypeError):
        N < 3
    with pytest.raises(TypeError):
        N + 1.5
    with pytest.raises(TypeError):
        "a" * N
    with pytest.raises(ValueError, match="not an integer"):
        N**-1
    with pytest.raises(TypeError):
        as_size(1.0)
    assert N != 3
    assert N != "N"
    assert as_size(True) is not True


def test_names() -> None:
    for name in ("N", "x.shape[0]", "{self.n}", "$t0", "été", "a_1", "x[-1]"):
        assert parse_size(str(symbol(name))) == symbol(name)
    for name in ("", "1x", "a b", "a+b", "x.", "{}", "{a b}", "a-1"):
        with pytest.raises(ValueError, match="can't name a symbolic size"):
            symbol(name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a size at column 1 of ''"),
        ("N +", "expected a size at column 4 of 'N +'"),
        ("N M", "unexpected 'M' at column 3 of 'N M'"),
        ("(N", "expected ')' at column 3 of '(N'"),
        ("N ! 2", "unexpected '!' at column 3 of 'N ! 2'"),
        ("f(N)", "f is no function of sizes; only max and min are at column 2 of 'f(N)'"),
        ("N**M", "expected an exponent from 0 to 32 at column 4 of 'N**M'"),
        ("N**99", "expected an exponent from 0 to 32 at column 4 of 'N**99'"),
        ("2**3**2", "unexpected '**' after a power at column 5 of '2**3**2'"),
        ("max()", "expected a size at column 5 of 'max()'"),
        ("1.5", "unexpected '.' at column 2 of '1.5'"),
        ("(" * 200 + "N" + ")" * 200, "more than 100 nested parentheses"),
    ],
)
def test_syntax_errors(text: str, message: str) -> None:
    with pytest.raises(SizeSyntaxError) as caught:
        parse_size(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text", ["-N//2", "-N**2", "--N", "2*-N", "N//2*2", "N%3*2", "2-N-1", "-(N+1)%3", "N//2//3", "+N"]
)
def test_precedence_is_pythons(text: str) -> None:
    for number in range(-7, 8):
        assert evaluate(parse_size(text), {"N": number}) == eval(text, {}, {"N": number})


def _runaway() -> Size:
    size: Size = N
    for _ in range(100):
        size = (size * size + M) // 3
    return size


def test_runaway_sizes_are_refused() -> None:
    with pytest.raises(SizeTooComplex):
        _runaway()
    wide = sum((symbol(f"s{i}") for i in range(300)), 0)
    with pytest.raises(SizeTooComplex):
        wide * wide
    with pytest.raises(SizeTooComplex):
        dmax(*(symbol(f"s{i}") for i in range(100)))


def test_a_sum_of_many_maxima_stays_a_sum() -> None:
    total: Size = 0
    for number in range(20):
        total = total + dmax(symbol(f"a{number}"), symbol(f"b{number}"))
    size = dmax(total, 0)
    env = {name: position for position, name in enumerate(sorted(symbols_of(size)))}
    assert evaluate(size, env) == sum(max(env[f"a{number}"], env[f"b{number}"]) for number in range(20))
