"""Statements over places: slices and indices as values, new axes, writes through attributes, items, views."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import ARRAYS, BODY, COLUMN, FLOAT, MATRIX, POINT, TABLE, VECTOR, Gen

OPS = ("=", "+=", "-=", "*=", "+=")


def slices(g: Gen) -> list[str]:
    """Slices, indices and tuples of them in names."""
    where, a = g.fresh("q"), g.fresh("a")
    v, m, b = arrays.name(g, VECTOR), g.pick(g.known(MATRIX)), scalars.floating(g, 1)
    k = scalars.integer(g, 1)
    op, n = g.pick(OPS), g.size("N")
    vector = [
        "slice(1, None)",
        "slice(None, -1)",
        "slice(None, None, -1)",
        f"slice({k} % 3, None)",
        "np.s_[::2]",
        f"slice(*({k} % 2, 3))",
        "...",
        f"slice(None) if {scalars.boolean(g, 0)} else slice(None)" if g.percent(10) else "slice(None)",
    ]
    matrix = [
        "(0, slice(1, None))",
        "(..., -1)",
        f"({k} % 2, {g.pick(['-1', 'slice(None, None, 2)'])})",
        "np.s_[:, ::2]",
        "np.s_[-1, 1:]",
        "(slice(None), slice(None, None, -1))",
        "np.ix_([0], [0, -1])",
        f"(slice(None), np.arange({n}) // 2)",
    ]
    g.bind(FLOAT, a)
    if g.percent(50):
        lines = [f"{where} = {g.pick(vector)}", f"{v}[{where}] {op} 0.5 * np.sin({b})"]
        return [*lines, f"{a} = np.sum({v}[{where}])"]
    lines = [f"{where} = {g.pick(matrix)}", f"{m}[{where}] {op} 0.5 * np.tanh({b})"]
    return [*lines, f"{a} = np.sum({m}[{where}]) * 0.5"]


def axes(g: Gen) -> list[str]:
    """New axes, moved ones, shapes that broadcast; writes through them."""
    u, a = g.fresh("u"), g.fresh("a")
    v, m, w, b = arrays.name(g, VECTOR), g.pick(g.known(MATRIX)), arrays.name(g, COLUMN), scalars.floating(g, 1)
    op = g.pick(OPS)
    lines = g.pick(
        [
            [f"{u} = {v}[:, None]", f"{u}[:1, 0] {op} np.sin({b})"],
            [f"{u} = {m}[:, None, :]", f"{u}[0, 0, ::-1] {op} 0.5 * {v}"],
            [f"{u} = np.expand_dims({v}, 0)", f"{u}[..., 0] {op} np.cos({b})"],
            [f"{u} = {m}.T[::-1]", f"{u}[0] {op} np.tanh({w})"],
            [f"{u} = np.moveaxis({m}[None], 0, -1)", f"{u}[0, :, 0] {op} np.sin({v})"],
            [f"{u} = {m}[::-1][:, ::-1]", f"{u}[0, 1:] {op} {v}[:-1] * 0.5"],
            [f"{u} = {v}[None, None] * {w}[:, None, None]", f"{u}[0] {op} {b} * 0.1"],
            [f"{u} = np.atleast_2d({v})", f"{u} {op if op != '=' else '+='} np.sin({b})"],
            [f"{u} = {v}[::-1][1:][::-1]", f"{u}[:1] {op} np.sin({b})"],
            [f"{u} = {m}.reshape(-1)[1:]", f"{u}[:2] {op} np.cos({b})"],
            [f"{u} = {m}.ravel()", f"{u}[::-2] {op} 0.25"],
            [f"{u} = {m}.swapaxes(0, 1)[:, ::-1]", f"{u}[-1, 0] {op} np.sin({b})"],
            [f"{u} = np.diagonal({m}) * {b}", f"{u}[:1] {op} 0.5"],
            [f"{u} = {m}.view()", f"{u}.T[0] {op} {w} * 0.5"],
            [f"{u} = np.squeeze({v}[None], axis=0)", f"{u}[...] {op} 0.5 * np.sin({v})"],
            [f"{u} = np.hstack([{m}.T, {v}[:, None]])", f"{u}[:, 0] {op} {v}"],
        ]
    )
    g.bind(FLOAT, a)
    return [*lines, f"{a} = np.tanh({u}.sum() * 0.5)"]


def targets(g: Gen) -> list[str]:
    """Assignments to several places at once, and augmented ones, whose targets are attributes and items of items."""
    b, i, k = scalars.floating(g, 1), scalars.index(g, "N"), scalars.integer(g, 1)
    found: list[list[str]] = []
    for p in g.known(POINT)[-1:]:
        found += [
            [f"{p}.v[{i}] += 0.5 * np.sin({b})"],
            [f"{p}.v[1:] *= {p}.a * 0.1"],
            [f"{p}.a, {p}.v[0] = {p}.v[-1], np.tanh({p}.a)"],
            [f"{p}.k += {k} % 2"],
            [f"setattr({p}, 'a', np.sin({b}))"],
            [f"{p}.v[:], {p}.a = 0.5 * {p}.v[::-1], np.cos({b})"],
        ]
    for d in g.known(TABLE)[-1:]:
        found += [
            [f"{d}['v'][{i}] -= 0.5 * np.cos({b})"],
            [f"{d}['v'][::-1][:1] += 0.25"],
            [f"{d}['a'] *= 0.5", f"{d}['v'] += {d}['a'] * 0.1"],
            [f"{d}['a'], {d}['v'][0] = {d}['v'][0], np.sin({d}['a'])"],
            [f"{d}['k'] = {d}['k'] // 2 + {k} % 2"],
        ]
    for r in g.known(ARRAYS)[-1:]:
        found += [
            [f"{r}[{g.pick(['0', '-1'])}][{i}] += 0.5 * np.sin({b})"],
            [f"{r}[0][1:] -= 0.5 * {r}[1][:-1]"],
            [f"{r}[-1][...] = {r}[0][::-1]"],
            [f"{r}[0], {r}[1][0] = {r}[1], np.cos({b})"],
        ]
    for o in g.known(BODY)[-1:]:
        found += [[f"{o}.inner.v[{i}] -= np.tanh({b})"], [f"{o}.w[{i}] = {o}.inner.a * 0.5"], [f"{o}.seen += [0.5]"]]
    m, v = g.pick(g.known(MATRIX)), g.pick(g.known(VECTOR))
    found += [
        [f"{m}[{scalars.index(g, 'K')}][{i}] *= np.cos({b})"],
        [f"{m}[0][::-1][{i}] = {v}[{i}] = np.sin({b})"],
        [f"{v}[{i}] = {m}[-1, {i}] = 0.5 * {v}[0]"],
        [f"{v}[:1], {v}[-1:] = {v}[-1:] * 0.5, {v}[:1] + 1.0"],
        [f"{m}[0, {i}], {v}[{i}] = {v}[{i}], {m}[0, {i}]"],
        [f"({v}[0], *_), {v}[-1] = {v}[::-1][:2], np.sin({b})" if g.static else f"{v}[0] -= {v}[-1]"],
    ]
    return g.pick(found)


def named_inside(g: Gen) -> list[str]:
    """Names bound within expressions, which they and what follows read."""
    a, c = g.fresh("a"), g.fresh("a")
    b, v = scalars.floating(g, 1), arrays.name(g, VECTOR)
    k = scalars.integer(g, 1)
    ways = [
        [f"{c} = ({a} := np.sin({b})) * {a} + 0.5"],
        [f"{c} = np.sum(({a}v := {v} * 0.5)[1:] * {a}v[:-1])", f"{a} = {a}v[0] * {c}"],
        [f"{a} = 0.0", f"{c} = [{a} := np.tanh({a} + q) for q in {v}][-1] + {a}"],
        [f"{c} = 0.5 if ({a} := 0.5 * {k}) == 1.0 else {a} * {b}"],
        [f"{c} = ({a} := {b}) if {k} > 1 else ({a} := 0.25)"],
        [f"{a}k = 0", f"while ({a}k := {a}k + 1) < 3:", f"    {v}[:1] += 0.1 * {a}k", f"{a} = {c} = {a}k * {b}"],
        [f"{a} = {b}", f"{c} = {a} * ({a} := np.cos({a})) + {a}"],
    ]
    if not g.smooth:
        ways += [
            [f"{a} = {c} = 0.5", f"if ({a} := {b}) > 0 and ({c} := {a} * 2) < 3.0:", f"    {c} += {a}"],
            [f"{c} = 1.0 if -1.0 < ({a} := {b}) <= 0.5 != {a} else 0.0"],
        ]
    g.bind(FLOAT, a)
    g.bind(FLOAT, c)
    return g.pick(ways)


ALL = (slices, axes, axes, targets, targets, named_inside)


def place(g: Gen) -> list[str]:
    """One of these."""
    return g.pick(ALL)(g)
