"""Loops of many trips: what rounding does in each adds up, and is decided again in every one."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import MATRIX, VECTOR, Gen


def iterate(g: Gen) -> list[str]:
    """A vector that a contraction maps to itself, fifty times or so: value iteration, relaxation, power iteration."""
    table, v, k, i = (g.fresh(c) for c in "mvki")
    shift, rate = scalars.floating(g, 1), g.pick(["0.9", "0.5", "0.3"])
    lines = [f"{table} = np.tanh({arrays.name(g, MATRIX)}) + {g.pick(['0.0', '0.5'])} * np.sin({shift})"]
    lines += [f"{v} = np.zeros({table}.shape[1])", f"for {k} in range({g.pick(['20', '40', '60'])}):"]
    best, axis = g.pick(["max", "max", "min", "mean", "sum"]), g.pick(["0", "0", "-2"])
    steps = [
        [f"{v} = np.{best}({table} + {rate} * {v}, axis={axis}) / {table}.shape[0]"],
        [f"{v} = np.{best}({table} * {rate} * {v} + {table}, axis={axis}) / {table}.shape[0]"],
        [f"{v} = np.{best}({table} + {rate} * np.roll({v}, 1), axis={axis}) / {table}.shape[0]"],
        [f"{v} = 0.5 * {v} + {rate} * np.tanh({table}.T @ ({table} @ {v})) + 0.1"],
        [f"{v} = {v} / (0.5 + np.{best}(np.abs({v}))) * {rate} + {table}[0]"],
        [
            f"for {i} in range({table}.shape[1]):",
            f"    {v}[{i}] = {rate} * {v}[{i} - 1] + {table}[{k} % {table}.shape[0], {i}]",
        ],
        [
            f"for {i} in range({table}.shape[1]):",
            f"    {v}[{i}] = max({rate} * {v}[{i}], {rate} * {v}[{i} - 1] + {table}[0, {i}])",
        ],
    ]
    lines += [f"    {line}" for line in g.pick(steps)]
    g.bind(VECTOR, v)
    return lines
