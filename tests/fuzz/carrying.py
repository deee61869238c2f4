"""Loops that carry more than numbers and arrays: named tuples, tuples, dicts made anew, objects in objects, arrays that
change places, views in lists, closures with a state."""

from __future__ import annotations

from tests.fuzz import arrays, control, scalars
from tests.fuzz.scope import BODY, FLOAT, INT, MATRIX, PAIR, TABLE, VECTOR, Gen

CLASSES = """

@dataclass
class Body:
    inner: Point
    w: np.ndarray
    seen: list = field(default_factory=list)

    def push(self, by):
        self.inner.step(by)
        self.seen.append(self.inner.a)
        return self

    @property
    def total(self):
        return self.inner.a + np.sum(self.w) + len(self.seen)


@dataclass(frozen=True)
class Fixed:
    a: float
    v: np.ndarray

    def moved(self, by):
        return replace(self, a=self.a + by, v=self.v[::-1])

    def __add__(self, other):
        return Fixed(self.a + other.a, self.v + other.v)

    def __lt__(self, other):
        return self.a < other.a
"""


def trips(g: Gen, inner: Gen) -> str:
    """The head of a loop."""
    head, _ = g.pick([control.counted, control.counted, control.elements])(g, inner)
    return head[0]


def carry(g: Gen, inner: Gen, steps: list[list[str]]) -> list[str]:
    """A loop that takes one or two of these steps in every trip, perhaps on a condition, and may end early."""
    head = trips(g, inner)
    body: list[str] = []
    for _ in range(1 + g.below(2)):
        step = g.pick(steps)
        conditional = g.percent(15)
        body += [f"if {scalars.boolean(inner, 1)}:", *control.indent(step)] if conditional else step
    if g.percent(20):
        body = [
            *body,
            *g.pick([[f"if {scalars.boolean(inner, 1)}:", f"    {g.pick(['break', 'continue'])}"]]),
            *g.pick(steps),
        ]
    if g.percent(25):
        body += control.block(inner, 1)
    return [head, *control.indent(body)]


def own(g: Gen) -> str:
    """A vector that is nearly always a new one: what shares memory on some paths only can't be written to."""
    return arrays.array_expr(g, VECTOR, 1) if g.percent(20) else f"({arrays.array_expr(g, VECTOR, 1)} * 1.0)"


def named_tuple(g: Gen) -> list[str]:
    """A named tuple made anew in every trip."""
    c, inner = g.fresh("c"), g.inner(in_loop=True)
    inner.bind(PAIR, c)
    start = f"{c} = Pair({scalars.floating(g, 1)}, {own(g)})"
    a, v = scalars.floating(inner, 1), arrays.array_expr(inner, VECTOR, 1)
    steps = [
        [f"{c} = Pair(np.tanh({c}.a + {a}), 0.5 * {c}.v)"],
        [f"{c} = {c}._replace(a=np.sin({a}))"],
        [f"{c} = Pair({c}.v[0], {c}.v[::-1])"],
        [f"{c} = Pair(*({c}.a * 0.5, np.tanh({v})))"],
        [f"{c}.v[{scalars.index(inner, 'N')}] += np.tanh({c}.a)"],
        [f"{c} = {c}._replace(v=np.tanh({c}.v + {v}), a={c}[0] * 0.5)"],
        [f"one, two = {c}", "two[:1] = np.sin(one)", f"{c} = Pair(one, two)"],
    ]
    lines = [start, *carry(g, inner, steps)]
    g.bind(PAIR, c)
    return lines


def plain_tuple(g: Gen) -> list[str]:
    """A tuple, perhaps nested, that every trip takes apart and makes again."""
    t, a, v, inner = g.fresh("q"), g.fresh("a"), g.fresh("v"), g.inner(in_loop=True)
    b, u = scalars.floating(inner, 1), arrays.name(g, VECTOR)
    if g.percent(50):
        start = f"{t} = ({scalars.floating(g, 1)} * 1.0, ({own(g)}, 0))"
        steps = [
            [f"{t} = (np.tanh({t}[0] + {b}), ({t}[1][0] * 0.5, {t}[1][1] + 1))"],
            [f"_, (two, k) = {t}", f"{t} = (two[0] * 0.5, (two[::-1], k + 2))"],
            [f"{t}[1][0][:1] = np.sin({b})"],
            [f"{t} = ({t}[0], ({u} * 0.5, {t}[1][1]))"],
            [f"one, (*two, k) = {t}", f"{t} = (np.sin(one) + k % 3, (*two, k + 1))"],
        ]
        end = [f"{a}, ({v}, _) = {t}"]
    else:
        start = f"{a}, {v} = {scalars.floating(g, 1)}, {own(g)}"
        steps = [
            [f"{a}, {v} = np.tanh({a} + {v}[0]), 0.5 * {v}"],
            [f"{a}, {v}[0] = {v}[-1], np.sin({a})"],
            [f"{v}, {a} = {v}[::-1], np.sin({a} + {b})"],
            [f"{v}[0], {a} = np.sin({a}), 0.5 * {v}[0]"],
        ]
        end = []
    lines = [start, *carry(g, inner, steps), *end]
    g.bind(FLOAT, a)
    g.bind(VECTOR, v)
    return lines


def table(g: Gen) -> list[str]:
    """A dict made anew, or changed, in every trip."""
    d, inner = g.fresh("d"), g.inner(in_loop=True)
    inner.bind(TABLE, d)
    start = f"{d} = {{'a': {scalars.floating(g, 1)}, 'v': {own(g)}, 'k': 1}}"
    a, v = scalars.floating(inner, 1), arrays.array_expr(inner, VECTOR, 1)
    steps = [
        [f"{d} = {{**{d}, 'a': np.tanh({a})}}"],
        [f"{d} = dict({d}, v=0.5 * {d}['v'])"],
        [f"{d} = {d} | {{'v': np.tanh({v}), 'k': {d}['k'] + 1}}"],
        [f"{d} |= {{'a': np.sin({a})}}"],
        [f"{d} = {{key: value for key, value in {d}.items()}}"],
        [f"{d} = {{'a': {d}['v'][0], 'v': {d}['v'][::-1], 'k': {d}['k']}}"],
        [f"{d}['v'][{scalars.index(inner, 'N')}] *= 0.5"],
        [f"{d}['a'], {d}['k'] = {d}['a'] * 0.5, {d}['k'] + 1"],
        [f"{d}['v'] = {d}.pop('v') * 0.5", f"{d}['k'] = {d}.pop('k') + 1"],
        [f"{d} = {d}.copy()", f"{d}['a'] = np.cos({d}.get('a', 0.5))"],
        [f"{d}.setdefault('a', 2.0)", f"{d}['v'] += {d}.get('b', 0.5)"],
        ["for key in ('a', 'v'):", f"    {d}[key] = np.tanh({d}[key])"],
    ]
    lines = [start, *carry(g, inner, steps)]
    g.bind(TABLE, d)
    return lines


def nested(g: Gen) -> list[str]:
    """An object in an object, changed in a loop, or made anew with `replace`."""
    o, p, inner = g.fresh("o"), g.fresh("p"), g.inner(in_loop=True)
    known = g.known(BODY)
    lines = []
    if known and g.percent(60):
        o = g.pick(known)
    else:
        v, w = arrays.array_expr(g, VECTOR, 1), arrays.array_expr(g, VECTOR, g.below(2))
        lines = [f"{o} = Body(Point({scalars.floating(g, 1)}, {v}), {w})"]
    inner.bind(BODY, o)
    a = scalars.floating(inner, 1)
    steps = [
        [f"{o}.inner.a += 0.1 * np.sin({a})"],
        [f"{o}.inner.v[{scalars.index(inner, 'N')}] *= 0.5"],
        [f"{o}.w[1:] -= 0.25 * {o}.inner.v[:-1]"],
        [f"{o}.inner = Point(np.tanh({o}.inner.a), {o}.w, {o}.inner.k)"],
        [f"{o}.inner = replace({o}.inner, a=np.sin({a}))"],
        [f"{o}.inner.k = ({o}.inner.k + 1) % 4", f"{o}.w *= 0.5"],
        [f"{p} = {o}.inner", f"{p}.a = np.cos({a})", f"{p}.v = {p}.v[::-1]"],
        [f"{o}.push(0.5 * np.tanh({a}))"],
        [f"{o}.inner.v, {o}.w = {o}.w, {o}.inner.v"],
        [f"{o}.inner.step({o}.push(0.5).total * 0.01)"],
    ]
    if o not in g.frozen and o not in known:
        steps.append([f"{o} = replace({o}, inner=replace({o}.inner, a=np.tanh({a})))"])
    lines += carry(g, inner, steps) if g.percent(70) else g.pick(steps[:6] + steps[7:])
    g.bind(BODY, o)
    return lines


def fixed(g: Gen) -> list[str]:
    """A frozen object, which every trip makes anew, with operators."""
    o, b, inner = g.fresh("o"), g.fresh("a"), g.inner(in_loop=True)
    start = f"{o} = Fixed({scalars.floating(g, 1)}, {own(g)})"
    a = scalars.floating(inner, 1)
    steps = [
        [f"{o} = {o}.moved(np.tanh({a}))"],
        [f"{o} = replace({o}, v=0.5 * {o}.v)"],
        [f"{o} = {o} + Fixed(0.25, {o}.v[::-1])", f"{o} = replace({o}, a=np.tanh({o}.a), v=np.sin({o}.v))"],
    ]
    if g.smooth or g.percent(50):
        steps.append([f"{o}.v[0] = np.sin({o}.a)"])
    else:
        steps.append([f"{o} = max({o}, Fixed({a}, 0.5 * {o}.v))"])
    g.bind(FLOAT, b)
    return [start, *carry(g, inner, steps), f"{b} = np.tanh({o}.a) + np.sum({o}.v)"]


def changing_places(g: Gen) -> list[str]:
    """Two buffers that change places in every trip, one of them perhaps an argument."""
    v, u, inner = g.fresh("v"), g.fresh("v"), g.inner(in_loop=True)
    x = arrays.name(g, VECTOR)
    first = g.pick([f"{x}.copy()", f"{arrays.array_expr(g, VECTOR, 1)} * 0.5", x if g.percent(5) else f"0.5 * {x}"])
    second = g.pick([f"np.zeros_like({v})", f"{v}.copy()", f"np.cos({x})", f"np.empty(len({v}))"])
    a = scalars.floating(inner, 1)
    fill = g.pick([f"{u}[:] = np.tanh({v} + {a})", f"{u}[...] = 0.5 * {v}[::-1]", f"np.sin({v}, out={u})"])
    if second.startswith("np.empty"):
        fill = f"{u}[:] = np.cos({v})"
    change = g.pick([f"{v}, {u} = {u}, {v}", f"w = {v}", f"{u}, {v} = {v}, {u}"])
    change = f"{change}; {v} = {u}; {u} = w" if change.startswith("w") else change
    body = [fill, *([f"{u}[0] += {v}[-1] * 0.5"] if g.percent(40) else []), *change.split("; ")]
    if g.percent(20):
        body = [body[0], f"if {scalars.boolean(inner, 1)}:", *control.indent(body[1:])]
    head = trips(g, inner)
    g.bind(VECTOR, v)
    return [f"{v} = {first}", f"{u} = {second}", f"{head}", *control.indent(body)]


def views(g: Gen) -> list[str]:
    """Views in a list or tuple, which a loop writes through."""
    r, a = g.fresh("r"), g.fresh("a")
    m, v = g.pick(g.known(MATRIX)), g.pick(g.known(VECTOR))
    b = scalars.floating(g, 1)
    start = g.pick(
        [
            [f"{r} = [{m}[0], {m}[-1][::-1]]"],
            [f"{r} = [{v}[1:], {v}[:-1], {v}[::2]]"],
            [f"{r} = ({m}.T[0], {m}[:, -1])"],
            [f"{r} = [*{m}]"] if g.static else [f"{r} = [{v}, {v}[::-1]]"],
            [f"{r} = [row[::-1] for row in {m}]"] if g.static else [f"{r} = [{m}.T, {m}]"],
            [f"{r} = np.split({v}, [1])"],
            [f"{r} = [u[:2] for u in ({v}, {m}[0])]"],
        ]
    )
    body = g.pick(
        [
            [f"for row in {r}:", f"    row[:1] = np.sin({b})"],
            [f"for i in range(len({r})):", f"    {r}[i][...] *= 0.5", f"    {r}[i][-1:] += {r}[0][:1]"],
            [f"for row, other in zip({r}, {r}[1:]):", "    row[:1] -= 0.5 * other[-1:]"],
            [f"{r}[{g.pick(['0', '-1'])}][...] = {b}"],
            [f"for i, row in enumerate({r}):", f"    row += {r}[i - 1].sum() * 0.1"],
            [f"{r}[0][:1], {r}[1][:1] = {r}[1][:1] * 0.5, {r}[0][:1] + 1.0"],
        ]
    )
    g.bind(FLOAT, a)
    return [*start, *body, f"{a} = sum(np.tanh(np.sum(u)) for u in {r})"]


def stateful(g: Gen) -> list[str]:
    """A closure that changes variables, lists and arrays around it, called in a loop."""
    h, a, k, l, inner = g.fresh("h"), g.fresh("a"), g.fresh("k"), g.fresh("l"), g.inner(in_loop=True)
    v, b = arrays.name(g, VECTOR), scalars.floating(g, 1)
    lines = [f"{a}, {k}, {l} = {b}, 0, [0.5]", f"def {h}(e, by=0.5):", f"    nonlocal {a}, {k}"]
    lines += g.pick(
        [
            [f"    {a} = np.tanh({a} + by * e)", f"    {k} += 1", f"    return {a} * {k}"],
            [f"    {l}[0] += by", f"    {a}, {k} = {l}[0] * 0.1, ({k} + 1) % 3", f"    return {l}[0] + e"],
            [
                f"    {k} += 1",
                f"    if {k} % 2:",
                "        return e",
                f"    {a} = np.sin({a})",
                f"    return {a} + {k}",
            ],
            [f"    {v}[{k} % len({v})] = np.tanh(e)", f"    {k} += 1", f"    {a} = {v}[0] * by", f"    return {a}"],
            [f"    {l}.append(np.tanh(e))", f"    {a} = {l}[-1]", f"    {k} = len({l})", f"    return {l}[0] + {k}"],
        ]
    )
    item = g.fresh("a")
    inner.bind(FLOAT, item)
    inner.bind(INT, k)
    call = g.pick([f"{h}({item})", f"{h}({item}, by={b})", f"{h}({h}({item}))", f"0.5 * {h}({item}) + {h}(0.5)"])
    total = g.fresh("a")
    lines += [f"{total} = 0.0"]
    lines += g.pick(
        [
            [f"for {item} in {arrays.name(g, VECTOR)}:", f"    {total} = np.tanh({total} + {call})"],
            [f"for {item} in ({b}, 0.25):", f"    if {scalars.boolean(inner, 1)}:", f"        {total} += {call}"],
            [f"{total} += sum({call} for {item} in {arrays.name(g, VECTOR)})"],
            [f"{total} = sum([{call} for {item} in ({b}, {total}, 1.0)])"],
        ]
    )
    g.bind(FLOAT, total)
    g.bind(FLOAT, a)
    g.frozen.add(a)
    return lines


ALL = (named_tuple, plain_tuple, table, nested, fixed, changing_places, views, stateful)


def carried(g: Gen) -> list[str]:
    """One of these."""
    return g.pick(ALL)(g)
