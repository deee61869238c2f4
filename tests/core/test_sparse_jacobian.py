"""Sparse Jacobians against dense ones; their patterns, colours, and what is found anew when."""

import numpy as np
import pytest

import tangra as tg
from tangra.core.sparse import colouring

RNG = np.random.default_rng(11)


def same(found, expected):
    """But for the last bit: the two are compiled differently."""
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


def squares(x):
    return np.sin(x) * x


def stencil(u, k, steps):
    for _ in range(steps):
        v = u.copy()
        for i in range(1, len(u) - 1):
            v[i] = u[i] + k * (u[i - 1] - 2.0 * u[i] + u[i + 1]) * u[i]
        u = v
    return u


def vectorised(u):
    return u[1:-1] * (u[2:] - u[:-2])


def plane(u):
    out = u.copy()
    out[1:-1, 1:-1] += u[:-2, 1:-1] * u[2:, 1:-1] - u[1:-1, :-2] + u[1:-1, 2:] ** 2
    return out


def thomas(d, b):
    n = len(d)
    c, x = np.empty(n), np.empty(n)
    c[0], x[0] = 0.5 / d[0], b[0] / d[0]
    for i in range(1, n):
        m = d[i] - 0.5 * c[i - 1]
        c[i] = 0.5 / m
        x[i] = (b[i] - 0.5 * x[i - 1]) / m
    return x


def branching(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0.0:
            out[i] = x[i] * x[(i + 1) % len(x)]
        else:
            out[i] = x[i - 1]
    return out


def scattered(x, places):
    out = np.zeros(6)
    for k in range(len(places)):
        out[places[k]] += x[k] ** 2
    return out


def gathered(x, places):
    return x[places] * np.where(x[places] > 0.0, x[: len(places)], 1.0)


def blocks(x):
    m = x.reshape(4, 3)
    return np.concatenate([np.sum(m * m, axis=1), np.max(m, axis=0), np.tanh(m @ np.ones(3)), m.T.ravel()[2:5]])


def nothing(x):
    return np.floor(x) + 0.0 * np.ones(len(x))


def while_loop(x):
    y = x * 1.0
    k = 0
    while y[0] < 4.0:
        y[k % len(y)] += y[(k + 1) % len(y)] ** 2
        k += 1
    return y


CASES = [
    (squares, (RNG.normal(size=9),), 1),
    (stencil, (RNG.normal(size=30), 0.1, 1), 3),
    (stencil, (RNG.normal(size=30), 0.1, 2), 5),
    (vectorised, (RNG.normal(size=17),), 3),
    (plane, (RNG.normal(size=(6, 7)),), None),
    (thomas, (4.0 + RNG.uniform(size=12), RNG.normal(size=12)), 12),
    (branching, (RNG.normal(size=10),), None),
    (scattered, (RNG.normal(size=8), np.array([0, 3, 3, 5, 1, 0, 2, 2])), 2),
    (gathered, (RNG.normal(size=8), np.array([7, 2, 2, 0])), None),
    (blocks, (RNG.normal(size=12),), None),
    (while_loop, (np.abs(RNG.normal(size=5)),), None),
]


@pytest.mark.parametrize("f, args, colours", CASES, ids=[c[0].__name__ for c in CASES])
def test_against_the_dense_jacobian(f, args, colours):
    sparse = tg.sparse_jacobian(f)
    dense = tg.jacfwd(f)(*args)
    for _ in range(2):
        found = sparse(*args)
        assert found.dtype == dense.dtype
        np.testing.assert_allclose(found.toarray(), dense.reshape(found.shape), rtol=1e-14, atol=1e-16)
    pattern = sparse.pattern(*args)
    assert pattern.count <= args[0].size and (colours is None or pattern.count == colours)
    places = np.zeros(pattern.shape, bool)
    places[pattern.rows, pattern.columns] = True
    assert not dense.reshape(found.shape)[~places].any()


def test_hessians_as_jacobians_of_gradients():
    """The sets go through what a gradient keeps on its tape."""

    def chain(x, rounds):
        total = 0.0
        for _ in range(rounds):
            for i in range(x.shape[0] - 1):
                if x[i] > 0.0:
                    total += np.sin(x[i + 1] - x[i] * x[i]) ** 2
                else:
                    total += x[i] ** 3
        return total

    x = RNG.normal(size=40)
    x[::3] = np.abs(x[::3])
    found = tg.sparse_jacobian(tg.grad(chain))(x, 2)
    dense = tg.jacrev(tg.jacfwd(chain))(x, 2)
    assert np.count_nonzero(dense) <= found.nnz <= 3 * 40 - 2
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-12, atol=1e-13)
    assert tg.sparse_jacobian(tg.grad(chain)).pattern(x, 2).count <= 3


def test_by_another_argument_and_in_float32():
    d, b = 4.0 + RNG.uniform(size=7), RNG.normal(size=7)
    found = tg.sparse_jacobian(thomas, argnums=1)(d, b)
    np.testing.assert_allclose(found.toarray(), tg.jacfwd(thomas, argnums=1)(d, b), rtol=1e-13)
    single = tg.sparse_jacobian(squares)(np.arange(5, dtype=np.float32))
    assert single.dtype == np.float32 and single.nnz == 5


def test_more_columns_than_one_run_takes():
    x = RNG.normal(size=1100)
    found = tg.sparse_jacobian(stencil)(x, 0.1, 1)
    assert found.shape == (1100, 1100) and found.nnz == 3 * 1098 + 2
    same(found.toarray(), tg.jacfwd(stencil)(x, 0.1, 1))


def test_a_pattern_without_a_rule_is_full():
    def solved(x):
        return np.linalg.solve(np.diag(x) + 1.0, np.ones(len(x)))

    x = 1.0 + RNG.uniform(size=5)
    sparse = tg.sparse_jacobian(solved)
    np.testing.assert_allclose(sparse(x).toarray(), tg.jacfwd(solved)(x), rtol=1e-12)
    assert sparse.pattern(x).count == 5


def test_branches_and_indices_are_followed_at_every_call():
    sparse, x = tg.sparse_jacobian(branching), RNG.normal(size=10)
    for _ in range(4):
        same(sparse(x).toarray(), tg.jacfwd(branching)(x))
        x = -x[::-1].copy()
    sparse, x = tg.sparse_jacobian(scattered), RNG.normal(size=8)
    for seed in range(4):
        places = np.random.default_rng(seed).integers(0, 6, 8)
        same(sparse(x, places).toarray(), tg.jacfwd(scattered)(x, places))


def test_a_pattern_that_whole_numbers_decide_is_found_once():
    sparse, x = tg.sparse_jacobian(stencil), RNG.normal(size=20)
    for steps in (1, 2, 1, 0, 2):
        same(sparse(x, 0.1, steps).toarray(), tg.jacfwd(stencil)(x, 0.1, steps))
        x = RNG.normal(size=20)
    assert len(sparse._patterns) == 3
    assert not tg.sparse_jacobian(branching)._patterns


REACH = 1


def reaching(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] * x[(i + REACH) % len(x)]
    return out


def test_constants_outside_that_change(monkeypatch):
    sparse, x = tg.sparse_jacobian(reaching), RNG.normal(size=9)
    for reach in (1, 3, 1, 4, 3):
        monkeypatch.setattr(f"{__name__}.REACH", reach)
        same(sparse(x).toarray(), tg.jacfwd(reaching)(x))


def random_program(rng):
    """A loop of updates at random places of two arrays, by random operations."""
    lines = ["def f(x, k):", "    a, b = x.copy(), np.zeros(len(x))", "    for i in range(2, len(x) - 2):"]
    for _ in range(rng.integers(1, 5)):
        read = [f"{rng.choice(['a', 'b', 'x'])}[i + {rng.integers(-2, 3)}]" for _ in range(2)]
        value = rng.choice(
            ["{} * {}", "{} + np.sin({})", "{} - 0.5 * {}", "max({}, {})", "np.tanh({}) / (2.0 + {} ** 2)"]
        )
        target = f"{rng.choice(['a', 'b'])}[i + {rng.integers(-1, 2)}]"
        guard = rng.choice(["", "if i % 3 == 0: ", f"if {read[0]} > 0.1: ", "if k > 1: "])
        lines.append(f"        {guard}{target} {rng.choice(['=', '+='])} {value.format(*read)}")
    results = ["a", "b", "a * b", "np.cumsum(a)", "a[::2]", "a.reshape(2, -1).sum(axis=0) + b[:6]"]
    lines.append(f"    return {rng.choice(results)}")
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed, tmp_path):
    rng = np.random.default_rng(seed)
    source, space = random_program(rng), {"np": np}
    path = tmp_path / f"program_{seed}.py"
    path.write_text("import numpy as np\n\n\n" + source + "\n")
    exec(compile(path.read_text(), str(path), "exec"), space)
    f = space["f"]
    sparse = tg.sparse_jacobian(f)
    for k in (1, 2):
        x = rng.normal(size=12)
        expected = tg.jacfwd(f)(x, k)
        np.testing.assert_allclose(sparse(x, k).toarray(), expected, rtol=1e-13, atol=1e-15, err_msg=source)


def test_columns_of_one_colour_share_no_row():
    rng = np.random.default_rng(3)
    places = rng.uniform(size=(30, 25)) < 0.1
    rows, columns = np.nonzero(places)
    colours = colouring(25, np.searchsorted(rows, np.arange(31)), rows, columns)
    for colour in range(colours.max() + 1):
        assert (places[:, colours == colour].sum(axis=1) <= 1).all()
    assert colours.min() == 0


@pytest.mark.parametrize(
    "f, args, text",
    [
        (squares, (1.5,), "argument 0 is of type float"),
        (squares, (np.arange(3),), "argument 0"),
        (lambda x: (x, x), (np.ones(3),), "returns something else"),
        (lambda x: np.sum(x), (np.ones(3),), "returns something else"),
        (squares, (), "not there"),
    ],
)
def test_refusals(f, args, text):
    with pytest.raises(tg.NotDifferentiableError, match=text):
        tg.sparse_jacobian(f)(*args)


def test_a_function_is_wanted():
    with pytest.raises(tg.TangraError, match="takes a function, not float"):
        tg.sparse_jacobian(3.0)


@pytest.mark.parametrize(
    ("f", "x", "shape"),
    [
        (lambda x: np.cumsum(x) * x, np.zeros(0), (0, 0)),
        (lambda x: x[:0] * 2.0, np.ones((3, 2)), (0, 6)),
        (lambda x: np.ones(4) * np.sum(x), np.zeros(0), (4, 0)),
    ],
)
def test_without_elements(f, x, shape):
    found = tg.sparse_jacobian(f)(x)
    assert found.shape == shape
    assert found.nnz == 0
