"""Statements over lists that loops make longer and shorter, where nothing says how long they get."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import FLOAT, FLOATS, INT, VECTOR, Gen


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


def grow_points(g: Gen) -> list[str]:
    """A list of points that a loop makes, and loops that set what its items hold."""
    name, k, p, q, j = (g.fresh(c) for c in "lkpqj")
    inner = g.inner(in_loop=True)
    inner.bind(INT, k)
    inner.frozen.add(k)
    vector = f"0.5 * {arrays.name(g, VECTOR)}" if g.percent(70) else f"np.sin({arrays.name(g, VECTOR)})"
    count = g.pick(["3", "n + 1" if "n" in g.known(INT) else "4", "5"])
    lines = [f"{name} = []", f"{k} = 0", f"while {k} < {count}:", f"    {k} += 1"]
    made = f"{name}.append(Point({scalars.floating(inner, 1)}, {vector}, {k} % 3))"
    lines += [f"    if {scalars.boolean(inner, 1)}:", f"        {made}"] if g.percent(25) else [f"    {made}"]
    held = g.inner(in_loop=True)
    held.bind(FLOAT, f"{p}.a")
    held.bind(VECTOR, f"{p}.v")
    held.frozen |= {f"{p}.a", f"{p}.v"}
    value = scalars.floating(held, 1)
    sets = [
        [f"{p}.a += 0.1 * {value}"],
        [f"{p}.a = np.tanh({value})"],
        [f"{p}.a = 0.25", f"{p}.k += 1"],
        [f"{p}.v = 0.5 * {p}.v + {p}.a"],
        [f"{p}.v[0] = np.sin({p}.a)", f"{p}.step(0.5)"],
        [f"{q} = {name}[({j} + 1) % len({name})]", f"{q}.a = 0.5 * {q}.a + 0.25 * {p}.a", f"{p}.k = {q}.k"],
        [f"for {q} in {name}:", f"    if {q} is not {p}:", f"        {p}.a += 0.1 * np.sin({q}.a)"],
    ]
    body = [line for _ in range(1 + g.below(2)) for line in g.pick(sets)]
    if g.percent(30):
        body = [f"if {scalars.boolean(held, 1)}:", *(f"    {line}" for line in body)]
    lines += g.pick([[], [], [f"if len({name}) > 2:", f"    {name}.pop({g.pick(['', '0'])})"], [f"{name}.reverse()"]])
    lines += [f"for {j}, {p} in enumerate({name}):", *(f"    {line}" for line in body)]
    lines += [f"{name} = [0.5] + [{p}.a + np.sum({p}.v) + {p}.k for {p} in {name}]"]
    g.bind(FLOATS, name)
    return lines


def grow_heap(g: Gen) -> list[str]:
    """A heap of numbers or pairs that a loop pushes to and pops from, or a list kept in order; seldom, as each takes as
    long to compile as five other programs."""
    if not g.percent(8):
        return grow_freely(g)
    name, k, v = (g.fresh(x) for x in "hkv")
    inner = g.inner(in_loop=True)
    inner.bind(INT, k)
    inner.frozen.add(k)
    pairs = g.percent(40)
    number = f"float({scalars.floating(inner, 1)})"
    item = f"({number}, {k})" if pairs else number
    value = f"{v}[0] + {v}[1]" if pairs else v
    count = g.pick(["3", "n + 2" if "n" in g.known(INT) else "4", "6"])
    over = f"for {k} in range({count}):"
    if g.percent(30):
        side = g.pick(["insort", "insort_left"])
        lines = [f"{name} = []", over, f"    bisect.{side}({name}, {item})"]
    elif g.percent(50):
        lines = [f"{name} = []", over, f"    heapq.heappush({name}, {item})"]
        lines += g.pick([[], [f"    if len({name}) > 3:", f"        heapq.heappop({name})"]])
    else:
        lines = [f"{name} = [{item} for {k} in range({count})]", f"heapq.heapify({name})"]
    total = g.fresh("a")
    lines += [f"{total} = 0.0", f"while {name}:", f"    {v} = heapq.heappop({name})"]
    lines += [f"    {total} = 0.5 * {total} + {value}"]
    again = f"({v}[0] + 1.0, 0)" if pairs else f"{v} + 1.0"
    more = [f"    {total} += 0.25", f"    if {total} < 0.0 and len({name}) < 5:"]
    lines += g.pick([[], [*more, f"        heapq.heappush({name}, {again})"]])
    g.bind(FLOAT, total)
    return lines


def grow_while_read(g: Gen) -> list[str]:
    """A loop over a list that its body makes longer or shorter."""
    name, v, k, c = (g.fresh(x) for x in "lvkc")
    first = scalars.floating(g, 1)
    lines = [f"{name} = [{first}]"]
    if g.percent(50):
        lines += [f"for {k} in range({g.pick(['2', '3', 'n + 1' if 'n' in g.known(INT) else '4'])}):"]
        lines += [f"    {name}.append(0.5 * {k} + {first})"]
    inner = g.inner(in_loop=True)
    inner.bind(FLOAT, v)
    inner.frozen.add(v)
    item = scalars.floating(inner, 1)
    lines += [f"{c} = 0.0"]
    over = g.pick([f"{v} in {name}", f"{v} in {name}", f"{k}, {v} in enumerate({name})", f"{v} in iter({name})"])
    more = g.pick(
        [
            f"if len({name}) < 7:",
            f"if len({name}) < 7 and {c} < 3:",
            f"if {scalars.boolean(inner, 1)} and len({name}) < 9:",
        ]
    )
    change = g.pick([f"{name}.append(0.5 * {item})", f"{name}.insert(0, {item})", f"{name}.append({v} + 1)"])
    body = g.pick(
        [
            [f"{c} += {v}", more, f"    {change}"],
            [more, f"    {change}", f"{c} += 0.5 * {v}"],
            [f"{c} += {v}", f"if len({name}) > 2:", f"    {name}.pop({g.pick(['', '0'])})"],
            [f"if {c} > 2:", "    break", more, f"    {change}", f"{c} += {v} ** 2"],
        ]
    )
    lines += [f"for {over}:", *(f"    {line}" for line in body), f"{name}.append({c})"]
    g.bind(FLOATS, name)
    return lines
