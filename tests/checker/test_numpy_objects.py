"""Objects of NumPy that are no arrays: generators of random numbers, and what only is indexed."""

from pathlib import Path

import pytest

from tests.checker.programs import lines, shapes

HEAD = "import numpy as np\nrng = np.random.default_rng(0)\ntable = np.zeros((6, 3))\n"
RESULTS = {
    "rng.normal(size=(4, 5))": "(4, 5)",
    "rng.normal(np.zeros((4, 1)), np.ones(5))": "(4, 5)",
    "rng.integers(0, 6, size=4)": "(4,)",
    "table[rng.integers(0, 6, size=4)]": "(4, 3)",
    "rng.choice(6, 4, replace=False)": "(4,)",
    "rng.choice(table, 4)": "(4, 3)",
    "rng.choice(table, (2, 2), axis=1)": "(6, 2, 2)",
    "rng.permutation(table, axis=1)": "(6, 3)",
    "rng.multivariate_normal(np.zeros(2), np.eye(2), 7)": "(7, 2)",
    "rng.dirichlet([1.0, 2.0, 3.0], 5)": "(5, 3)",
    "rng.poisson(2.0, (3, 4))": "(3, 4)",
    "np.random.RandomState(3).randn(2, 4)": "(2, 4)",
    "np.c_[np.ones(5), np.zeros((5, 2))]": "(5, 3)",
    "np.r_[0, 1:4, np.zeros(2), -1:1:5j]": "(11,)",
    "np.mgrid[0:4, 0:6:2]": "(2, 4, 3)",
    "np.mgrid[-1:1:20j, -1:1:30j][0]": "(20, 30)",
    "np.ogrid[0:4, 0:3][1]": "(1, 3)",
    "table[np.ix_([0, 2], [1])]": "(2, 1)",
    "table[np.s_[1:, ::2]]": "(5, 2)",
    "np.linalg.eig(np.ones((3, 3)))[1]": "(3, 3)",
}
FAILURES = {
    "rng.normal(size=(4, 5)) @ rng.normal(size=(4, 5))": "TG511",
    "rng.normal(np.zeros(3), 1.0, (2, 4))": "TG510",
    "rng.multivariate_normal(np.zeros(2), np.eye(3))": "TG529",
    "np.random.RandomState(3).randn(2, 4) + table": "TG510",
    "np.c_[np.ones(5), np.zeros(4)]": "TG515",
    "np.mgrid[0:4, 0:6] + np.zeros((4, 5))": "TG510",
    "np.linalg.eigvals(table)": "TG514",
}


@pytest.mark.parametrize("expression", RESULTS)
def test_shapes_of_results(expression: str, tmp_path: Path) -> None:
    assert shapes(tmp_path, f"{HEAD}x = {expression}\n").get("x") == RESULTS[expression]


@pytest.mark.parametrize("expression", FAILURES)
def test_what_fails(expression: str, tmp_path: Path) -> None:
    assert lines(tmp_path, f"{HEAD}x = {expression}\n") == [(4, FAILURES[expression])]


def test_lists_that_loops_fill_are_arrays_of_as_many_rows(tmp_path: Path) -> None:
    text = """
        import numpy as np

        def rows(count):
            found = []
            for _ in range(count):
                found.append(np.zeros(3))
            return found

        def any_rows(count: int):
            return np.stack(rows(count)), np.vstack(rows(count)), np.concatenate(rows(count)), np.array(rows(count))

        exact = np.stack(rows(60))
        stacked, below, joined, array = any_rows(int(input()))
        """
    found = shapes(tmp_path, text)
    assert found["exact"] == "(60, 3)"
    assert (found["stacked"], found["below"], found["joined"], found["array"]) == ("(?, 3)", "(?, 3)", "(?,)", "(?, 3)")


def test_members_of_enumerations_are_told_apart(tmp_path: Path) -> None:
    text = """
        from enum import Enum, auto

        import numpy as np

        class Pool(Enum):
            MEAN = auto()
            LAST = auto()

        def pool(states, how):
            match how:
                case Pool.MEAN:
                    return states.mean(axis=1)
                case Pool.LAST:
                    return states[:, -1:]

        def other(states, how):
            return states.mean(axis=1) if how == Pool.MEAN else states[:, -1:]

        first = pool(np.zeros((5, 7, 3)), Pool.LAST)
        second = other(np.zeros((5, 7, 3)), Pool.MEAN)
        """
    found = shapes(tmp_path, text)
    assert (found["first"], found["second"]) == ("(5, 1, 3)", "(5, 3)")
