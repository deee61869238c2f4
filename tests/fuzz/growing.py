"""Statements over lists that loops make longer and shorter, where nothing says how long they get."""

from __future__ import annotations

from tests.fuzz import scalars
from tests.fuzz.scope import FLOATS, INT, Gen


def grow_freely(g: Gen) -> list[str]:
    """A list that a `while` loop appends to, and perhaps reads, or takes items out of."""
    name, k = g.fresh("l"), g.fresh("k")
    inner = g.inner(in_loop=True)
    inner.bind(INT, k)
    inner.frozen.add(k)
    item = scalars.floating(inner, 1)
    last = f"0.5 * {name}[-1] + np.tanh({item})"
    step = g.pick([f"{k} += 1", f"{k} += 2", f"{k} += 1 + {k} % 2"])
    bodies = [
        [f"{name}.append({item})"],
        [f"{name}.append({last})"],
        [f"if {scalars.boolean(inner, 1)}:", f"    {name}.append({item})"],
        [f"{name}.append({item})", f"{name}.append({last})", f"if len({name}) > 3:", f"    {name}.pop()"],
        [f"{name}.append({last})", f"if len({name}) > 3:", f"    {name}.pop(0)"],
        [f"{name}.insert({g.pick(['0', '1', '-1'])}, {item})"],
        [f"for {g.fresh('i')} in range({k} % 3):", f"    {name}.append({item})"],
    ]
    first = scalars.floating(g, 1)
    if not g.smooth and g.percent(15):  # Python's numbers and NumPy's in one list could not be sorted
        first, bodies = f"float({first})", [[f"{name}.append(float({item}))", f"{name}.sort()"]]
    limit = g.pick(["5", "7", "n + 2" if "n" in g.known(INT) else "6"])
    lines = [f"{name} = [{first}]", f"{k} = 0", f"while {k} < {limit}:"]
    lines += [f"    {line}" for line in [step, *g.pick(bodies)]]
    lines += g.pick([[], [], [f"{name}.reverse()"], [f"{name} = {name}[::-1]"], [f"{name} = {name} + {name}[:1]"]])
    g.bind(FLOATS, name)
    return lines


def grow_in_two_loops(g: Gen) -> list[str]:
    """A list that nested loops, or two in a row, append to."""
    name, i, j, k = (g.fresh(c) for c in "lijk")
    a, b = scalars.floating(g, 1), scalars.floating(g, 1)
    lines = [f"{name} = [{a}]", f"for {i} in range({g.pick(['2', '3'])}):", f"    {j} = {i}"]
    lines += [f"    while {j} < 3:", f"        {j} += 1", f"        {name}.append({b} * {j})"]
    if g.percent(50):
        lines += [f"for {k} in range({g.pick(['2', 'len(x)'] if 'x' in str(g.names) else ['2'])}):"]
        lines += [f"    {name}.append(0.5 * {k} + {a})"]
    g.bind(FLOATS, name)
    return lines
