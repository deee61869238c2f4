"""Statements that decide what runs: branches, loops of every sort, exits, failures, calls for their effect."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import (
    arrays,
    calling,
    carrying,
    growing,
    iterating,
    kinds,
    matching,
    mixtures,
    scalars,
    searching,
    segments,
    spots,
    tables,
    transforming,
    writing,
)
from tests.fuzz.scope import (
    ARRAYS,
    BODY,
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    MATRIX,
    PAIR,
    PART,
    POINT,
    SMOOTH,
    TABLE,
    VECTOR,
    Gen,
    Ty,
)

Statement = Callable[[Gen], list[str]]
SIMPLE: list[tuple[int, Statement]] = [
    (6, writing.assign),
    (4, writing.augment),
    (6, writing.store),
    (2, writing.make_object),
    (3, writing.change_object),
    (1, writing.take_apart),
    (1, writing.another_name),
    (2, mixtures.mixture),
]


def indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def block(g: Gen, most: int = 3) -> list[str]:
    """One to `most` statements; nothing but one simple one when the program is long enough."""
    lines: list[str] = []
    for _ in range(1 + g.below(most)):
        lines += statement(g)
        if g.room[0] <= 0:
            break
    return lines


def statement(g: Gen) -> list[str]:
    """One statement of any sort."""
    g.room[0] -= 1
    table = [*SIMPLE, (3, spots.place)]
    if g.room[0] > 0:
        table += [(3, branch), (6, loop), (1, match), (2, matching.match), (1, defined_on_both)] if g.depth < 3 else []
        table += [(2, leave)] if g.depth else []
        table += [(1, grow), (1, optional), (1, growing.grow_freely), (1, growing.grow_in_two_loops)]
        table += [(2, growing.grow_points), (1, growing.grow_while_read), (1, growing.grow_heap), (1, tables.grow_rows)]
        table += [(3, calling.called), (4, carrying.carried), (3, kinds.kind), (3, searching.search)]
        if any(h.result == SMOOTH for h in g.helpers):
            table += [(3, transforming.transformed), (1, transforming.descent)]
        table += [(1, segments.segment), (1, segments.taken), (1, segments.remembered)]
        table += [(2, writing.closure), (1, writing.counter), (1, iterating.iterate)] if not g.depth else []
        table += [(1, fail)] if not g.smooth else []
    return g.weighted(table)(g)


def branch(g: Gen) -> list[str]:
    lines = [f"if {test(g)}:", *indent(block(g.inner()))]
    if g.percent(25):
        lines += [f"elif {scalars.boolean(g, 1)}:", *indent(block(g.inner(), 2))]
    if g.percent(50):
        lines += ["else:", *indent(block(g.inner()))]
    return lines


def test(g: Gen) -> str:
    """A condition, sometimes one that binds a name."""
    if g.percent(8) and not g.smooth:
        name = g.fresh("a")
        text = f"({name} := {scalars.floating(g, 1)}) > {scalars.literal(g)}"
        g.bind(FLOAT, name)
        return text
    return scalars.boolean(g, 2)


def defined_on_both(g: Gen) -> list[str]:
    """A name that both arms of a branch bind, perhaps to numbers of different kinds, one perhaps left before."""
    ty = g.pick([FLOAT, VECTOR, INT, BOOL])
    name = g.fresh("b")
    values = [apart(g, ty), apart(g, ty)]
    first = leave(g) if g.depth and g.percent(40) else []
    lines = [f"if {scalars.boolean(g, 1)}:", *indent(first), f"    {name} = {values[0]}"]
    if g.percent(30):
        lines += [f"    if {scalars.boolean(g, 0)}:", f"        {name} = {values[1]}"]
    lines += ["else:", f"    {name} = {values[1]}"]
    g.bind(ty, name)
    return lines


def apart(g: Gen, ty: Ty) -> str:
    """A value for a path; of arrays most often a new one, since others can't be written to behind the join."""
    text = scalars.expr(g, ty, 1)
    return f"({text} * 1.0)" if ty == VECTOR and g.percent(60) else text


def optional(g: Gen) -> list[str]:
    """A name that is None on some paths, perhaps changed in a loop, and used where it is known not to be."""
    ty = g.pick([FLOAT, VECTOR])
    name, used = g.fresh("o"), g.fresh("b")
    value, other = apart(g, ty), apart(g, ty)
    lines = [f"{name} = None", f"if {scalars.boolean(g, 1)}:", f"    {name} = {value}"]
    if ty == FLOAT and g.percent(50):
        bound = scalars.floating(g, 1)
        lines += [f"for {g.fresh('k')} in range({g.pick(['3', 'n'] if 'n' in g.known(INT) else ['3'])}):"]
        lines += [f"    if {name} is None or {name} > {bound}:", f"        {name} = {scalars.floating(g, 1)}"]
    lines += g.pick(
        [
            [f"{used} = {other} if {name} is None else {name}"],
            [f"if {name} is not None:", f"    {used} = {name}", "else:", f"    {used} = {other}"],
        ]
    )
    g.bind(ty, used)
    return lines


def match(g: Gen) -> list[str]:
    lines = [f"match {scalars.integer(g, 1)} % 4:"]
    for case in g.pick([["0", "1", "_"], ["0 | 2", "_"], ["1", "3"]]):
        lines += indent([f"case {case}:", *indent(block(g.inner(), 2))])
    return lines


# ---- loops ---------------------------------------------------------------------------


def loop(g: Gen) -> list[str]:
    """A loop, with `else` at times."""
    inner = g.inner(in_loop=True)
    head, start = g.weighted(
        [
            (6, counted),
            (2, while_),
            (2, rows),
            (2, elements),
            (2, triangular),
            (1, zipped),
            (1, enumerated),
            (1, places),
            (1, over_object),
        ]
    )(g, inner)
    lines = [*head, *indent([*start, *block(inner)])]
    if g.percent(10):
        lines += ["else:", *indent(block(g.inner(), 1))]
    return lines


Head = tuple[list[str], list[str]]


def _counter(g: Gen, inner: Gen, dims: tuple[str, ...] = ()) -> str:
    name = inner.bind(INT, g.fresh("i"))
    inner.frozen.add(name)
    for dim in dims:
        inner.indices.setdefault(dim, []).append(name)
    return name


def counted(g: Gen, inner: Gen) -> Head:
    n, k = g.size("N"), g.size("K")
    forms: list[tuple[str, tuple[str, ...]]] = [
        (f"range({n})", ("N",)),
        (f"range({k})", ("K",)),
        ("range(2)", ()),
        ("range(n)", ()),
        (f"range({n} - 1, -1, -1)", ("N",)),
        (f"range(1, {n})", ("N",)),
        (f"range(0, {n}, 2)", ("N",)),
        ("range(3)", ()),
        (f"range({n}, 0, -2)", ()),
        (f"reversed(range({n}))", ("N",)),
        ("range(1)", ()),
        ("range(0)", ()),
        ("(0, 1)", ()),
    ]
    if "n" not in g.known(INT):
        forms = [f for f in forms if f[0] != "range(n)"]
    text, dims = g.pick(forms)
    return [f"for {_counter(g, inner, dims)} in {text}:"], []


def places(g: Gen, inner: Gen) -> Head:
    """All places of a matrix, perhaps numbered."""
    i, j = (_counter(g, inner, (dim,)) for dim in ("K", "N"))
    text = f"np.ndindex({g.size('K')}, {g.size('N')})"
    if g.percent(30):
        return [f"for {_counter(g, inner)}, ({i}, {j}) in enumerate({text}):"], []
    return [f"for {i}, {j} in {text}:"], []


def triangular(g: Gen, inner: Gen) -> Head:
    """A range that depends on the loops around it."""
    known = g.indices.get("N", [])
    if known:
        i, n = g.pick(known), g.size("N")
        text = g.pick(
            [f"range({i} + 1)", f"range({i}, {n})", f"range({i})", f"range({i} + 1, {n})", f"range({i}, -1, -1)"]
        )
        return [f"for {_counter(g, inner, ('N',))} in {text}:"], []
    return [f"for {_counter(g, inner)} in range({scalars.integer(g, 1)} % 4):"], []


def while_(g: Gen, inner: Gen) -> Head:
    name = _counter(g, inner)
    also = f" and {scalars.boolean(g, 1)}" if g.percent(30) else ""
    step = g.pick(
        [[f"{name} += 1"], [f"{name} += 1"], [f"{name} += 1", f"if {scalars.boolean(inner, 0)}:", "    continue"]]
    )
    return [
        f"{name} = 0",
        f"while {name} < {g.pick(['3', '2', '4', 'n'] if 'n' in g.known(INT) else ['3', '2'])}{also}:",
    ], step


def rows(g: Gen, inner: Gen) -> Head:
    name = inner.bind(VECTOR, g.fresh("x"))
    return [f"for {name} in {g.pick(g.known(MATRIX))}:"], []


def elements(g: Gen, inner: Gen) -> Head:
    name = inner.bind(FLOAT, g.fresh("a"))
    lists = g.known(FLOATS)
    over = g.pick(g.known(VECTOR)) if not lists or g.percent(60) else g.pick(lists)
    return [f"for {name} in {over}{g.pick(['', '', '[::-1]', '[1:]'])}:"], []


def zipped(g: Gen, inner: Gen) -> Head:
    a, b = g.fresh("a"), g.fresh("a")
    inner.bind(FLOAT, a)
    inner.bind(FLOAT, b)
    v, u = g.pick(g.known(VECTOR)), arrays.name(g, VECTOR)
    return [f"for {a}, {b} in zip({v}, {u}{g.pick(['', '[1:]', '[::-1]'])}):"], []


def enumerated(g: Gen, inner: Gen) -> Head:
    if g.percent(50):
        i = _counter(g, inner, ("K",))
        return [f"for {i}, {inner.bind(VECTOR, g.fresh('x'))} in enumerate({g.pick(g.known(MATRIX))}):"], []
    i = _counter(g, inner, ("N",))
    return [f"for {i}, {inner.bind(FLOAT, g.fresh('a'))} in enumerate({g.pick(g.known(VECTOR))}):"], []


def over_object(g: Gen, inner: Gen) -> Head:
    """Over a list of arrays, a tuple, a dict."""
    lists, tables = g.known(ARRAYS), g.known(TABLE)
    if tables and g.percent(40):
        return [f"for {g.fresh('q')} in {g.pick(tables)}:"], []
    name = inner.bind(VECTOR, g.fresh("x"))
    if lists:
        return [f"for {name} in {g.pick(lists)}:"], []
    return [f"for {name} in ({arrays.name(g, VECTOR)}, {arrays.name(g, VECTOR)}):"], []


def leave(g: Gen) -> list[str]:
    """`break`, `continue` or `return`, nearly always under a condition."""
    forms = ["break", "continue"] if g.in_loop else []
    how = g.pick([*forms, *forms, returned(g)])
    return [f"if {scalars.boolean(g, 1)}:", f"    {how}"]


def returned(g: Gen) -> str:
    """A `return` of what the function gives."""
    return f"return {', '.join(given(g, ty) for ty in g.result)}"


def given(g: Gen, ty: Ty) -> str:
    """A result: containers by a name, or new ones around arrays that others hold too."""
    known = [n for n in g.known(ty) if ty.form not in ("py", "array")]
    if known and g.percent(60):
        return g.pick(known)
    if ty == PART:
        return part(g)
    if ty in (POINT, PAIR, TABLE, FLOATS, ARRAYS):
        return writing.new_object(g, ty)
    if ty == BODY:
        return f"Body({given(g, POINT)}, {scalars.expr(g, VECTOR, 1)})"
    text = scalars.expr(g, ty, 1)
    return text if g.outside or ty != FLOAT else f"np.tanh({text})"


VIEWS: tuple[str, ...] = (
    "{v}",
    "{m}",
    "{v}[1:]",
    "{m}.T",
    "{m}[:, 0]",
    "{v}[::-1]",
    "{m}[::-1, 1:]",
    "{v}[None]",
    "{m}[0]",
)
VIEWS += (
    "{m}[0]",
    "{v}.reshape(-1)",
    "{m}.reshape(-1)",
    "{m}.T[0]",
    "np.diagonal({m})",
    "{m}[..., -1]",
    "{v}[:, None].T",
)
COPIES = ("{v}.copy()", "{m} + 0.5", "{m}.T.copy()", "np.sin({m}.T)", "np.broadcast_to({v}, (2, len({v})))")


def part(g: Gen) -> str:
    """An array, or a view of one, of any shape, which is the same wherever a program returns one."""
    return g.pick(g.part).format(v=g.pick(g.known(VECTOR)), m=g.pick(g.known(MATRIX)))


# ---- failures, lists, calls ---------------------------------------------------------------------------


def fail(g: Gen) -> list[str]:
    """A failure that seldom happens."""
    k, a = scalars.integer(g, 1), scalars.floating(g, 1)
    return g.pick(
        [
            [f"assert {a} < 4.5, 'too large'"],
            [f"if {k} > 7:", "    raise ValueError('bad number')"],
            [f"assert {scalars.boolean(g, 1)}"] if g.percent(20) else [f"assert {k} < 9"],
            [f"if {k} == 3 and {scalars.boolean(g, 0)}:", f'    raise RuntimeError(f"number {{{k}}}")'],
            [f"{g.pick(g.known(VECTOR))}[{scalars.integer(g, 1)}] = np.sin({a})"],
            [f"{g.fresh('k')} = 7 // {k}"] if g.percent(30) else [f"if {k} > 12:", "    raise KeyError(3)"],
        ]
    )


def grow(g: Gen) -> list[str]:
    """A list that grows by `append`."""
    name = g.fresh("l")
    inner = g.inner(in_loop=True)
    head, start = g.pick([counted, elements])(g, inner)
    body = scalars.floating(inner, 1)
    lines = [f"{name} = [{scalars.floating(g, 1)}]", *head, f"    {name}.append({body})"]
    if g.percent(20):
        lines.append(f"{name}.pop()" if g.percent(50) else f"{name} = [2.0 * e for e in {name}]")
    g.bind(FLOATS, name)
    return lines


__all__ = ["PAIR", "POINT", "block", "indent", "returned"]
