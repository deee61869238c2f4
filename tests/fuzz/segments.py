"""Statements over slices whose ends are numbers that only the run knows, perhaps out of arrays."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import FLOAT, IVECTOR, VECTOR, Gen


def segment(g: Gen) -> list[str]:
    """A slice of a vector that is held in a name, looped over, and reduced."""
    row, total, item, at = (g.fresh(c) for c in "rawq")
    step = g.pick(["", "", "", ":2", ":-1"])
    lines = [f"{row} = {arrays.name(g, VECTOR)}[{_end(g)}:{_end(g)}{step}]"]
    start = scalars.floating(g, 1)
    summed = f"0.5 * {total} + np.tanh({item}) * {start}"
    ways = [
        [f"{total} = {start}", f"for {item} in {row}:", f"    {total} = {summed}"],
        [f"{total} = {start}", f"for {at}, {item} in enumerate({row}):", f"    {total} = {summed} + {at}"],
        [f"{total} = {start}", f"for {item} in reversed({row}):", f"    {total} = {summed}"],
        [f"{total} = {start}", f"for {at} in range(len({row})):", f"    {total} += {row}[{at}] * {row}[-1]"],
        [f"{total} = {start} + sum({item} * {item} for {item} in {row})"],
        [f"{total} = np.sum({row} * {row}) * {start}"],
        [f"{total} = {start} + {row} @ np.tanh({row}) + len({row})"],
        [f"{total} = {start}", f"if len({row}) > 1:", f"    {total} += {row}[0] * np.mean({row})"],
        [f"{total} = {start} + np.sum(np.array([{item} for {item} in {row}]) ** 2)"],
    ]
    if not g.smooth:
        ways += [
            [f"{total} = {start} + max(({item} for {item} in {row} if {item} > 0), default=1.0)"],
            [f"{total} = {start} if any({item} > 0.5 for {item} in {row}) else 0.5"],
        ]
    lines += g.pick(ways)
    g.bind(FLOAT, total)
    return lines


def _end(g: Gen) -> str:
    """An end of a slice: nothing, any int, or an element of an array."""
    known = g.known(IVECTOR)
    if known and g.percent(40):
        name = g.pick(known)
        return f"{name}[-1] if len({name}) else 0" if g.pick([False, True]) else f"np.sum({name})"
    return g.pick(["", scalars.integer(g, 1), scalars.integer(g, 2)])
