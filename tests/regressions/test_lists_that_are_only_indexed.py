"""Lists and rows that a loop indexes at run time get arrays before the loop, which changes nothing of what they are.

Found by a simplex method over a list of lists: the rows counted as written through another name when they got theirs.
"""

from __future__ import annotations

from typing import Any

import pytest

import tangra as tg


def rows_replaced(rows: Any, k: Any) -> Any:
    table = [list(r) for r in rows]
    total = 0.0
    for _ in range(5):
        for i in range(30):
            total += table[i % 3][k]
        table[k] = [v / 2 for v in table[k]]
    return total, table


def pivots(rows: Any, k: Any) -> Any:
    table = [list(r) for r in rows]
    trips = 0
    while trips < 12:
        trips += 1
        row = -1
        for i in range(3):
            if table[i][k] > 0.5:
                row = i
        if row < 0:
            break
        table[row] = [v / 2 for v in table[row]]
        for i in range(3):
            if i != row:
                table[i] = [x - 0.1 * y for x, y in zip(table[i], table[row], strict=True)]
    return trips, table


def rows_with_other_names(rows: Any, k: Any) -> Any:
    first, table, total = rows[0], list(rows), 0.0
    for n in range(9):
        for i in range(3):
            total += table[i][k]
        first[k] += 1.0
        table[k] = [total, 2.0, float(n)]
    return total, first, table


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("f", [rows_replaced, pivots])
def test_as_python(f: Any, k: int) -> None:
    rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    wanted = f([list(r) for r in rows], k)
    found = tg.jit(f)(rows, k)
    assert found[0] == pytest.approx(wanted[0], rel=1e-13)
    for row, other in zip(found[1], wanted[1], strict=True):
        assert row == pytest.approx(other, rel=1e-12)


def test_other_names_are_watched() -> None:
    with pytest.raises(tg.AliasError):
        tg.jit(rows_with_other_names)([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], 1)
