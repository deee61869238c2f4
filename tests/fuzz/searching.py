"""Loops with several exits, and what generator expressions and comprehensions of more than one loop give."""

from __future__ import annotations

from tests.fuzz import arrays, control, scalars
from tests.fuzz.scope import FLOAT, FLOATS, INT, MATRIX, VECTOR, Gen


def endless(g: Gen) -> list[str]:
    """`while True` with more than one way out of it, and to its next trip."""
    k, inner = g.fresh("k"), g.inner(in_loop=True)
    inner.bind(INT, k)
    inner.frozen.add(k)
    first = [f"if {k} >= {g.pick(['3', '2', '4'])}:", *control.indent(control.block(inner, 1)), "    break"]
    exits = [first, *[_exit(inner) for _ in range(1 + g.below(2))], control.block(inner, 2)]
    if g.percent(40):
        exits = exits[1:] + exits[:1]
    body = [f"{k} += 1", *(line for part in exits for line in part)]
    if any("continue" in line for line in body):
        body = [body[0], f"if {k} > 5:", "    break", *body[1:]]
    return [f"{k} = {g.pick(['0', '1'])}", f"while {g.pick(['True', '1', f'{k} < 6'])}:", *control.indent(body)]


def _exit(g: Gen) -> list[str]:
    """A way out, after it may have done something."""
    before = control.block(g.inner(), 1) if g.percent(40) else []
    how = g.pick(["break", "continue", "break", control.returned(g)])
    return [f"if {scalars.boolean(g, 1)}:", *control.indent([*before, how])]


def sought(g: Gen) -> list[str]:
    """A search with `else`, perhaps in two loops, one of which ends both."""
    i, a, inner = g.fresh("i"), g.fresh("a"), g.inner(in_loop=True)
    inner.bind(FLOAT, a)
    inner.bind(INT, i)
    test = scalars.boolean(inner, 2)
    value = scalars.floating(inner, 1)
    v, m, b = arrays.name(g, VECTOR), arrays.name(g, MATRIX), g.fresh("b")
    start = [f"{b} = {scalars.floating(g, 1)}"]
    g.bind(FLOAT, b)
    late = scalars.boolean(inner, 1) if g.smooth else f"{b} > 0.9"
    ways = [
        [f"for {i}, {a} in enumerate({v}):", f"    if {test}:", f"        {b} = {value}", "        break", "else:"]
        + [f"    {b} *= 0.5"],
        [f"for row in {m}:", f"    for {i}, {a} in enumerate(row):", f"        if {test}:", "            break"]
        + [f"        {b} = np.tanh({b} + {a})", "    else:", f"        {b} -= 0.25", "        continue", "    break"],
        [f"{i}, {a} = 0, {b}", f"while {i} < 4:", f"    if {test}:", f"        {b} = {value}", "        break"]
        + [f"    {i} += 1", f"    {a} = np.sin({a})", "else:", f"    {b} = {a} + {i}"],
        [f"{i}, {a} = len({v}), 0.5", f"while {i}:", f"    {i} -= 1", f"    {a} = {v}[{i}]", f"    if {test}:"]
        + [
            "        continue",
            f"    {b} = np.tanh({b} + {value})",
            f"    if {b} > 0.9:" if not g.smooth else "    if n > 3:",
        ]
        + ["        break"],
    ]
    return [*start, *g.pick(ways)]


def generated(g: Gen) -> list[str]:
    """Generator expressions over several loops, conditions and functions."""
    b, i, j, a = (g.fresh(c) for c in "biqa")
    inner = g.inner()
    inner.bind(INT, i)
    inner.frozen.add(i)
    v, u = arrays.name(g, VECTOR), arrays.name(g, VECTOR)
    item = g.inner()
    item.bind(FLOAT, a)
    e, c, d = scalars.floating(inner, 1), scalars.floating(item, 1), scalars.boolean(inner, 1)
    n, m = g.size("N"), arrays.name(g, MATRIX)
    texts = [
        f"sum({e} * {j} for {i} in range({n}) for {j} in range({i}))",
        f"sum({e} for {i} in range(4) if {d})",
        f"sum(np.tanh({c}) for {a} in {v} for {i} in (1, 2))",
        f"sum({a} * {j} for {a}, {j} in zip({v}, {u}))",
        f"sum(0.5 * {a} + {i} for {i}, {a} in enumerate({v}))",
        f"sum(map(lambda {a}: np.sin({c}), {v}))",
        f"math.prod(np.cos({c}) for {a} in {v})",
        f"functools.reduce(lambda {j}, {a}: np.tanh({j} + {c}), {v}, 0.5)",
        f"sum(sum({a} * 0.5 for {a} in u) for u in {m})",
        f"sum(u @ u for u in {m})",
        f"sum([{c} for u in {m} for {a} in u[::-1]])",
        f"sum({j} for {j} in [np.sin({c}) for {a} in {v}])",
        f"next(({e} for {i} in range(3) if {d}), 0.25)",
        f"np.sum([{e} for {i} in range(3)])",
        f"np.array([[{e} * {j} for {j} in (1, 2)] for {i} in range(3)]).sum(axis=0)[{g.pick(['0', '1'])}]",
        f"dict(zip(('a', 'b'), ({scalars.floating(g, 1)}, 0.5)))['{g.pick(['a', 'b'])}']",
        f"{{'p': 0.5, **dict(p={scalars.floating(g, 1)})}}['p']",
        f"sum({{{i}: {e} for {i} in range(3)}}.values())",
        f"(lambda *{j}, by=0.5: by * {j}[0] + {j}[-1])(*{v}[:2], {scalars.floating(g, 1)})",
        f"sum(np.stack([u * {i} for {i}, u in enumerate({m})]).ravel())",
        f"sum(itertools.accumulate({v}, lambda {j}, {a}: np.tanh({j} + {c})))",
    ]
    if not g.smooth:
        texts += [
            f"max(({c} for {a} in {v} if {a} > -0.5), default=0.5)",
            f"float(any({a} > 0.5 for {a} in {v}) + all({c} < 2.0 for {a} in {u}))",
            f"min({v}, key=lambda {a}: ({c}) ** 2) if len({v}) else 0.5",
            f"float(sum(1 for {a} in {v} if {c} > 0.25))",
            f"next(({c} for {a} in {v} if {a} > 0.1), 0.25)",
            f"float(sum({a} > {j} for {a}, {j} in zip({v}, {u}[1:])))",
            f"sorted([np.float64({c}) for {a} in {v}[:3]])[-1] if len({v}) else 0.5",
        ]
    g.bind(FLOAT, b)
    return [f"{b} = {g.pick(texts)}"]


def collected(g: Gen) -> list[str]:
    """A list that a comprehension makes, taken apart, sorted, joined."""
    l, a, i = g.fresh("l"), g.fresh("a"), g.fresh("q")
    inner = g.inner()
    inner.bind(FLOAT, a)
    c, v = scalars.floating(inner, 1), arrays.name(g, VECTOR)
    over = g.pick([v, f"{v}[::-1]", f"list({v})", f"(*{v}[:2], 0.5)"])
    lines = [f"{l} = [np.float64({c}) for {a} in {over}] + [np.float64(0.25)]"]
    lines += g.pick(
        [
            [f"{l}[0], *{i} = {l}", f"{l} = [*{i}, {l}[0]]"] if g.static else [f"{l} += {l}[:1]"],
            [f"{l}.extend(np.sin({a}) for {a} in {v})"],
            [f"{l}[1:] = [0.5, *{l}[:1]]"] if g.static else [f"{l}[-1] *= 2.0"],
            [f"{l}.append({l}.pop(0))"],
            [f"{l} = [{a} * {i} for {i}, {a} in enumerate({l})]"],
            [f"{l} = list(map(np.tanh, {l}))"],
            [f"del {l}[0]", f"{l} = {l} or [1.5]"] if g.static else [f"{l} = {l}[::-1]"],
            [f"for {i} in range(len({l})):", f"    {l}[{i}] = np.tanh({l}[{i}] + {l}[{i} - 1])"],
            [f"{l} = {l} * 2", f"{l}[-1] = {l}[0]"],
            [] if g.smooth else [f"{l}.sort(reverse={g.pick(['True', 'False'])})"],
            [] if g.smooth else [f"{l} = sorted({l}, key=lambda {a}: -{a})"],
        ]
    )
    g.bind(FLOATS, l)
    return lines


ALL = (endless, sought, generated, generated, collected)


def search(g: Gen) -> list[str]:
    """One of these; a loop only where there may be one more."""
    return g.pick(ALL if g.depth < 2 else (generated, collected))(g)
