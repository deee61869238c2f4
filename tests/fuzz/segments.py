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
        [f"{total} = {start} + np.sum(np.array([{item} for {item} in {row}], np.float64) ** 2)"],
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


def taken(g: Gen) -> list[str]:
    """Items taken from an iterator one by one, some on a condition, and what is left of it."""
    it, total, item = (g.fresh(c) for c in "jaw")
    v, factor = arrays.name(g, VECTOR), scalars.floating(g, 1)
    source = g.pick(
        [v, v, f"[{v}[0], {factor}, 0.5]", f"({factor}, *{v}[:2])", f"map(np.tanh, {v})", f"range(len({v}))"]
    )
    lines = [f"{it} = iter({source})", f"{total} = next({it}{g.pick(['', ', 0.5', ', 0.5'])}) * {factor}"]
    count = g.pick(["2", scalars.integer(g, 1)])
    middle = [
        [f"for {item} in range({count}):", f"    {total} = 0.5 * {total} + next({it}, {item})"],
        [f"if {scalars.boolean(g, 1)}:", f"    {total} += next({it}, 0.25)"],
        [f"{total} += next({it}, {total}) * next({it}, 2.0)"],
        [],
    ]
    lines += g.pick(middle)
    rest = [
        [f"for {item} in {it}:", f"    {total} = np.tanh({total} + {item})"],
        [f"{total} += sum({item} * {factor} for {item} in {it})"],
        [f"for {item}, {item}b in zip({it}, {it}):", f"    {total} = np.sin({total}) + {item} * {item}b"],
        [f"for {item}, {item}b in zip({it}, {v}):", f"    {total} = np.sin({total}) + {item} * {item}b"],
        [f"{total} += len(list({it}))"],
    ]
    lines += g.pick(rest)
    g.bind(FLOAT, total)
    return lines


def remembered(g: Gen) -> list[str]:
    """A name that a loop binds for its later trips, and reads only in those."""
    known, kept, total, item = (g.fresh(c) for c in "kbaw")
    v, start = arrays.name(g, VECTOR), scalars.floating(g, 1)
    used = g.pick([f"{kept} * {item}", f"np.sin({kept})", f"0.5 * {kept} - {item}"])
    bound = [f"    {kept} = {g.pick([item, f'{item} * {start}', start])}", f"    {known} = True"]
    if g.percent(50):
        bound = [f"    if {scalars.boolean(g, 1)}:", *[f"    {line}" for line in bound]]
    lines = [f"{known}, {total} = False, {start}", f"for {item} in {v}:"]
    lines += [f"    if {known}:", f"        {total} = np.tanh({total} + {used})", *bound]
    g.bind(FLOAT, total)
    return lines
