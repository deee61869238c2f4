"""`match` statements over tuples, lists, objects, dicts and numbers: captures, guards, classes, alternatives."""

from __future__ import annotations

from tests.fuzz import arrays, control, scalars
from tests.fuzz.scope import FLOAT, FLOATS, INT, PAIR, POINT, TABLE, VECTOR, Gen, Ty

Case = tuple[str, dict[str, Ty]]
"""A pattern, and the names that it binds."""


def match(g: Gen) -> list[str]:
    """A `match` whose cases bind a float, and perhaps do something besides."""
    subject, cases = g.pick([over_tuple, over_tuple, over_object, over_list, over_table, over_number])(g)
    name = g.fresh("a")
    lines = [f"match {subject}:"]
    for pattern, bound in [*g.pick([cases, cases[:1], cases[::-1]]), ("_", {})]:
        inner = g.inner()
        for capture, ty in bound.items():
            inner.bind(ty, capture)
        guard = f" if {scalars.boolean(inner, 1)}" if g.percent(40) and pattern != "_" else ""
        more = control.block(inner, 1) if g.percent(30) else []
        lines += control.indent(
            [f"case {pattern}{guard}:", *control.indent([*more, f"{name} = {_value(inner, bound)}"])]
        )
    g.bind(FLOAT, name)
    return lines


def _value(g: Gen, bound: dict[str, Ty]) -> str:
    """A float of what a case bound."""
    floats = [n for n, ty in bound.items() if ty == FLOAT]
    vectors = [n for n, ty in bound.items() if ty == VECTOR]
    if floats and g.percent(60):
        return f"np.tanh({g.pick(floats)}) * {scalars.floating(g, 1)}"
    return f"np.sum({g.pick(vectors)})" if vectors and g.percent(50) else scalars.floating(g, 1)


def over_tuple(g: Gen) -> tuple[str, list[Case]]:
    """An int, a float and a vector side by side."""
    k, a, v, rest = (g.fresh(c) for c in "kavr")
    subject = f"({scalars.integer(g, 1)} % 4, {scalars.floating(g, 1)}, {arrays.name(g, VECTOR)})"
    cases: list[Case] = [
        (f"(0, {a}, _)", {a: FLOAT}),
        (f"(1 | 3, {a}, {v})", {a: FLOAT, v: VECTOR}),
        (f"({k}, *{rest})", {k: INT}),
        (f"({k}, {a}, {v})", {k: INT, a: FLOAT, v: VECTOR}),
        (f"[{k}, {a}, *_]", {k: INT, a: FLOAT}),
        (f"(2 as {k}, {a}, _)", {k: INT, a: FLOAT}),
        (f"({k}, float({a}), {v})", {k: INT, a: FLOAT, v: VECTOR}),
        (f"(int({k}), {a})", {k: INT, a: FLOAT}),
    ]
    return subject, _some(g, cases)


def over_object(g: Gen) -> tuple[str, list[Case]]:
    k, a, v, p = (g.fresh(c) for c in "kavp")
    points, pairs = g.known(POINT), g.known(PAIR)
    if pairs and g.percent(40):
        cases: list[Case] = [
            (f"Pair({a}, {v})", {a: FLOAT, v: VECTOR}),
            (f"Pair(a={a})", {a: FLOAT}),
            (f"({a}, {v})", {a: FLOAT, v: VECTOR}),
            (f"Point({a}, _)", {a: FLOAT}),
        ]
        return g.pick(pairs), _some(g, cases)
    text = g.pick(points) if points else f"Point({scalars.floating(g, 1)}, {arrays.name(g, VECTOR)})"
    cases = [
        (f"Point({a}, {v})", {a: FLOAT, v: VECTOR}),
        (f"Point({a}, {v}, 2)", {a: FLOAT, v: VECTOR}),
        (f"Point(a={a}, k={k})", {a: FLOAT, k: INT}),
        (f"Point(k=0 | 1) as {p}", {p: POINT}),
        (f"Pair({a}, {v})", {a: FLOAT, v: VECTOR}),
        (f"Point(k=int({k}), v={v})", {k: INT, v: VECTOR}),
    ]
    return text, _some(g, cases)


def over_list(g: Gen) -> tuple[str, list[Case]]:
    a, b, rest = (g.fresh(c) for c in "abl")
    known = g.known(FLOATS)
    subject = g.pick(known) if known and g.percent(30) else f"[{scalars.floating(g, 1)}, {scalars.floating(g, 1)}]"
    cases: list[Case] = [
        (f"[{a}]", {a: FLOAT}),
        (f"[{a}, {b}]", {a: FLOAT, b: FLOAT}),
        (f"[{a}, *{rest}]", {a: FLOAT}),
        (f"[{a}, {b}, *_]", {a: FLOAT, b: FLOAT}),
        (f"[*_, {a}]", {a: FLOAT}),
        ("[]", {}),
    ]
    return subject, _some(g, cases)


def over_table(g: Gen) -> tuple[str, list[Case]]:
    a, k, v, rest = (g.fresh(c) for c in "akvd")
    known = g.known(TABLE)
    subject = g.pick(known) if known else f"{{'a': {scalars.floating(g, 1)}, 'v': {arrays.name(g, VECTOR)}, 'k': 2}}"
    cases: list[Case] = [
        (f"{{'a': {a}, 'k': 2}}", {a: FLOAT}),
        (f"{{'a': {a}, 'v': {v}}}", {a: FLOAT, v: VECTOR}),
        (f"{{'k': {k}, **{rest}}}", {k: INT}),
        (f"{{'none': {a}}}", {a: FLOAT}),
        (f"{{'k': 0 | 1, 'a': {a}}}", {a: FLOAT}),
    ]
    return subject, _some(g, cases)


def over_number(g: Gen) -> tuple[str, list[Case]]:
    a, k = g.fresh("a"), g.fresh("k")
    if g.percent(50):
        cases: list[Case] = [
            ("0 | -1", {}),
            (f"1 | 2 as {k}", {k: INT}),
            (f"int({k})", {k: INT}),
            ("3", {}),
        ]
        return f"{scalars.integer(g, 1)} % 4", _some(g, cases)
    cases = [(f"float({a})", {a: FLOAT}), ("int()", {}), ("0.5", {}), (f"np.float64() as {a}", {a: FLOAT})]
    return f"({scalars.floating(g, 1)})", _some(g, cases if not g.smooth else cases[:2])


def _some(g: Gen, cases: list[Case]) -> list[Case]:
    """One to three of the cases."""
    return [g.pick(cases) for _ in range(1 + g.below(3))]
