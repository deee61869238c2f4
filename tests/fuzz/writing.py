"""Statements that bind and write: names, elements, slices, views, objects, and what is reached through other names."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import (
    ARRAYS,
    BOOL,
    COLUMN,
    FLOAT,
    FLOATS,
    FUNCTION,
    FVECTOR,
    INT,
    IVECTOR,
    MASK,
    MATRIX,
    PAIR,
    POINT,
    TABLE,
    VECTOR,
    Gen,
    Ty,
    V,
    array,
    np_scalar,
)

Statement = Callable[[Gen], list[str]]
PREFIX = {FLOAT: "a", INT: "k", BOOL: "t", VECTOR: "v", MATRIX: "m", COLUMN: "w"}
PREFIX |= {POINT: "p", PAIR: "c", TABLE: "d", FLOATS: "l", ARRAYS: "r"}
SMALL_INTS = ("int8", "uint8", "int32")


def assign(g: Gen) -> list[str]:
    """A new name, or an old one bound again."""
    table = [(4, FLOAT), (2, INT), (1, BOOL), (3, VECTOR), (2, MATRIX), (1, COLUMN), (1, IVECTOR), (1, MASK)]
    if not g.smooth:
        table += [
            (1, FVECTOR),
            (1, array(V, g.pick(SMALL_INTS))),
            (1, np_scalar("float32")),
            (1, np_scalar(g.pick(scalars.NP_INTS))),
        ]
    ty = g.weighted(table)
    value = scalars.expr(g, ty, 2)
    old = [n for n in g.known(ty) if n not in g.frozen]
    if old and g.percent(45 if ty.form != "array" or not g.depth else 8):
        name = g.pick(old)
        return [f"{name} = {bounded(g, ty, value) if g.in_loop else value}"]
    name = g.fresh(PREFIX.get(ty, "z"))
    line = f"{name} = {value}"
    g.bind(ty, name)
    return [line]


def bounded(g: Gen, ty: Ty, value: str) -> str:
    """Keeps what a loop binds again from growing."""
    if ty == FLOAT:
        return g.pick(["np.tanh({})", "math.tanh({})", "math.sin({})"]).format(value)
    if ty == INT:
        return f"({value}) % 7"
    return f"np.tanh({value})" if ty.dtype == "float64" and ty.form == "array" else value


def augment(g: Gen) -> list[str]:
    """`name op= value`."""
    ty = g.weighted([(3, FLOAT), (3, VECTOR), (2, MATRIX), (1, INT), (1, IVECTOR), (1, FVECTOR)])
    names = [n for n in g.known(ty) if n not in g.frozen]
    if not names:
        return assign(g)
    name = g.pick(names)
    if ty == INT:
        return [f"{name} = ({name} {g.pick(['+', '-'])} {scalars.integer(g, 1)}) % 7"]
    if ty == FLOAT:
        return [f"{name} {g.pick(['+=', '-='])} 0.3 * {g.pick(['np.tanh', 'math.tanh'])}({scalars.floating(g, 2)})"]
    if ty == IVECTOR:
        value = g.pick([arrays.array_expr(g, ty, 1), scalars.integer(g, 1)])
        return [f"{name} {g.pick(['+=', '-=', '*=', '&=', '^='])} {value}"]
    right = scalars.floating(g, 1) if g.percent(40) else arrays.array_expr(g, VECTOR, 1)
    if ty == FVECTOR:
        return [f"{name} {g.pick(['+=', '*='])} {g.pick(['0.5', arrays.array_expr(g, FVECTOR, 1), right])}"]
    return [f"{name} {g.pick(['+=', '-=', '*='])} 0.5 * np.sin({right})"]


def store(g: Gen) -> list[str]:
    """Writes into part of an array."""
    return g.weighted(
        [
            (4, element),
            (2, row),
            (3, part),
            (2, column),
            (1, mask),
            (2, alias),
            (2, swap),
            (1, add_at),
            (1, fancy),
            (1, shift),
            (1, whole),
            (1, int_element),
        ]
    )(g)


def element(g: Gen) -> list[str]:
    ty = g.pick([VECTOR, VECTOR, MATRIX])
    base = g.pick(g.known(ty))
    where = ", ".join(scalars.index(g, d, 2) for d in ty.dims)
    value = g.pick(["np.sin({})", "0.5 * math.tanh({})", "np.cos({})"]).format(scalars.floating(g, 2))
    return [f"{base}[{where}] {g.pick(['=', '=', '+=', '*='])} {value}"]


def int_element(g: Gen) -> list[str]:
    names = g.known(IVECTOR)
    if not names:
        return element(g)
    return [f"{g.pick(names)}[{scalars.index(g, 'N')}] {g.pick(['=', '+=', '-='])} {scalars.integer(g, 2)}"]


def row(g: Gen) -> list[str]:
    m = g.pick(g.known(MATRIX))
    return [f"{m}[{scalars.index(g, 'K')}] {g.pick(['=', '='])} {arrays.array_expr(g, VECTOR, 1)}"]


def part(g: Gen) -> list[str]:
    v = g.pick(g.known(VECTOR))
    where, value = scalars.slice_text(g), scalars.floating(g, 1)
    return [
        g.pick(
            [
                f"{v}[{where}] *= np.cos({value})",
                f"{v}[{where}] = {value}",
                f"{v}[{where}] += 0.5 * np.sin({v}[{where}])",
                f"{v}[{where}] = np.tanh({v}[{where}])",
            ]
        )
    ]


def column(g: Gen) -> list[str]:
    m = g.pick(g.known(MATRIX))
    j = scalars.index(g, "N")
    if g.percent(40):
        return [f"{m}[:, {j}] = np.sin({arrays.array_expr(g, COLUMN, 1)})"]
    return [
        g.pick(
            [
                f"{m}[:, {j}] += np.tanh({scalars.floating(g, 1)})",
                f"{m}[::-1, {j}] *= 0.5",
                f"{m}[:, ::2] -= 0.25",
                f"{m}[1:, :-1] += 0.1",
                f"{m}[::-1, ::-1][0] = 0.5 * np.cos({arrays.name(g, VECTOR)})",
            ]
        )
    ]


def mask(g: Gen) -> list[str]:
    if g.smooth:
        return part(g)
    v = g.pick(g.known(VECTOR))
    m = g.pick(g.known(MATRIX))
    return [
        g.pick(
            [
                f"{v}[{arrays.mask(g, MASK, 1)}] = np.tanh({scalars.floating(g, 1)})",
                f"{v}[{v} > 0.5] *= 0.5",
                f"{m}[{m} > {scalars.literal(g)}] = 0.25",
                f"{v}[{v} < {scalars.literal(g)}] += 0.5",
            ]
        )
    ]


def alias(g: Gen) -> list[str]:
    """A second name of an array or of part of it, and a write through it."""
    v, m, name = g.pick(g.known(VECTOR)), g.pick(g.known(MATRIX)), g.fresh("u")
    source = g.pick(
        [
            v,
            f"{v}[:]",
            f"{m}[{scalars.index(g, 'K')}]",
            f"{m}.T[:, {scalars.index(g, 'K')}]",
            f"{v}[::-1]",
            f"{m}[{scalars.index(g, 'K')}, :]",
            f"{v}.reshape(-1)",
            f"np.asarray({v})",
            f"{v}[::-1][::-1]",
            arrays.from_object(g, VECTOR),
        ]
    )
    lines = [f"{name} = {source}"]
    if g.percent(70):
        lines.append(
            f"{name}[{g.pick(['0', '-1', ':', '::2'])}] {g.pick(['=', '+='])} np.sin({scalars.floating(g, 1)})"
        )
    g.bind(VECTOR, name)
    return lines


def swap(g: Gen) -> list[str]:
    form = g.below(4)
    if form == 0:
        ty = g.pick([VECTOR, FLOAT, MATRIX])
        names = [n for n in g.known(ty) if n not in g.frozen]
        if len(names) > 1:
            a, b = g.pick(names), g.pick(names)
            return [f"{a}, {b} = {b}, {a}"]
    v = g.pick(g.known(VECTOR))
    i, j = scalars.index(g, "N"), scalars.index(g, "N")
    if form == 1:
        m, i, j = g.pick(g.known(MATRIX)), scalars.index(g, "K"), scalars.index(g, "K")
        return [f"{m}[{i}], {m}[{j}] = {m}[{j}].copy(), {m}[{i}].copy()"]
    return [f"{v}[{i}], {v}[{j}] = {v}[{j}], {v}[{i}]"]


def add_at(g: Gen) -> list[str]:
    v = g.pick(g.known(VECTOR))
    return [f"np.add.at({v}, {arrays.int_index(g)}, np.tanh({arrays.array_expr(g, VECTOR, 1)}))"]


def fancy(g: Gen) -> list[str]:
    v, where = g.pick(g.known(VECTOR)), arrays.int_index(g)
    return [
        g.pick(
            [
                f"{v}[{where}] = np.cos({arrays.array_expr(g, VECTOR, 1)})",
                f"{v}[{where}] += 0.25",
                f"{v}[{where}] *= 0.5",
                f"{v}[{where}] = {scalars.floating(g, 1)}",
            ]
        )
    ]


def shift(g: Gen) -> list[str]:
    """A part of an array written from an overlapping part of it."""
    v, m = g.pick(g.known(VECTOR)), g.pick(g.known(MATRIX))
    return [
        g.pick(
            [
                f"{v}[1:] = {v}[:-1]",
                f"{v}[:-1] += 0.5 * {v}[1:]",
                f"{v}[:] = {v}[::-1]",
                f"{m}[1:] -= 0.5 * {m}[:-1]",
                f"{v}[:] = {arrays.array_expr(g, VECTOR, 1)}",
                f"{m}[:, 1:] = {m}[:, :-1]",
                f"{m}[...] = np.sin({m})",
            ]
        )
    ]


def whole(g: Gen) -> list[str]:
    v = g.pick(g.known(VECTOR))
    return [
        g.pick(
            [
                f"{v}.fill({scalars.floating(g, 0)})",
                f"np.multiply({v}, 0.5, out={v})",
                f"np.copyto({v}, {arrays.name(g, VECTOR)})",
                *([] if g.smooth else [f"{v}.sort()"]),
            ]
        )
    ]


# ---- objects ---------------------------------------------------------------------------


def make_object(g: Gen) -> list[str]:
    """A new object, holding arrays that others hold too."""
    ty = g.pick([POINT, PAIR, TABLE, FLOATS, ARRAYS])
    text = new_object(g, ty)
    return [f"{g.bind(ty, g.fresh(PREFIX[ty]))} = {text}"]


def new_object(g: Gen, ty: Ty) -> str:
    """An expression that makes an object."""
    a, v, k = scalars.floating(g, 1), arrays.array_expr(g, VECTOR, g.below(2)), scalars.integer(g, 1)
    return {
        POINT: g.pick([f"Point({a}, {v}, {k})", f"Point(v={v}, a={a})"]),
        PAIR: f"Pair({a}, {v})",
        TABLE: g.pick([f"{{'a': {a}, 'v': {v}, 'k': {k}}}", f"dict(a={a}, v={v}, k={k})"]),
        FLOATS: f"[{', '.join(scalars.floating(g, 1) for _ in range(1 + g.below(3)))}]",
        ARRAYS: f"[{v}, {arrays.name(g, VECTOR)}]",
    }[ty]


def change_object(g: Gen) -> list[str]:
    """A write into an object, or through it."""
    known = [ty for ty in (POINT, TABLE, FLOATS, ARRAYS, PAIR) if g.known(ty)]
    if not known:
        return make_object(g)
    ty = g.pick(known)
    name = g.pick(g.known(ty))
    a, i = scalars.floating(g, 1), scalars.index(g, "N")
    if ty == POINT:
        return g.pick(
            [
                [f"{name}.a = np.tanh({a})"],
                [f"{name}.a += 0.1 * math.sin({a})"],
                [f"{name}.v[{i}] = np.sin({a})"],
                [f"{name}.v *= 0.5"],
                [f"{name}.v = {arrays.array_expr(g, VECTOR, 1)}"],
                [f"{name}.k = {scalars.integer(g, 1)} % 5"],
                [f"{name}.step(0.5 * math.tanh({a}))"],
                [f"{name} = replace({name}, a={name}.a + 0.1)"] if name not in g.frozen and not g.depth else ["pass"],
            ]
        )
    if ty == TABLE:
        return g.pick(
            [
                [f"{name}['a'] = math.tanh({a})"],
                [f"{name}['v'][{i}] = np.cos({a})"],
                [f"{name}['v'] = {arrays.array_expr(g, VECTOR, 1)}"],
                [f"{name}['k'] += 1"],
                [f"{name}.update(a=np.sin({a}))"],
                [f"{name}['a'] += 0.1"],
            ]
        )
    if ty == FLOATS:
        return g.pick(
            [[f"{name}[0] = np.sin({a})"], [f"{name}[-1] += 0.5"], [f"{name}[0], {name}[-1] = {name}[-1], {name}[0]"]]
        )
    if ty == ARRAYS:
        return g.pick(
            [
                [f"{name}[0][{i}] = np.sin({a})"],
                [f"{name}[1] *= 0.5"],
                [f"{name}[0] = {arrays.array_expr(g, VECTOR, 1)}"],
                [f"{name}[0], {name}[1] = {name}[1], {name}[0]"],
                [f"{name}[-1] = {name}[0]"],
            ]
        )
    return [f"{name}.v[{i}] {g.pick(['=', '+='])} np.sin({a})"]


def take_apart(g: Gen) -> list[str]:
    """Names bound to the parts of an object or of a tuple."""
    a, v, k = g.fresh("a"), g.fresh("v"), g.fresh("k")
    pairs, points = g.known(PAIR), g.known(POINT)
    if pairs and g.percent(40):
        lines = [f"{a}, {v} = {g.pick(pairs)}"]
    elif points and g.percent(50):
        p = g.pick(points)
        lines = [f"{v}, {a} = {p}.v, {p}.a"]
    else:
        lines = [
            f"{a}, ({v}, *{k}) = {scalars.floating(g, 1)}, ({arrays.array_expr(g, VECTOR, 1)}, {scalars.integer(g, 1)})"
        ]
    g.bind(FLOAT, a)
    g.bind(VECTOR, v)
    return lines


def another_name(g: Gen) -> list[str]:
    """A second name of an object."""
    known = [ty for ty in (POINT, TABLE, FLOATS) if g.known(ty)]
    if not known:
        return alias(g)
    ty = g.pick(known)
    name = g.fresh("o")
    line = f"{name} = {g.pick(g.known(ty))}"
    g.bind(ty, name)
    return [line]


def closure(g: Gen) -> list[str]:
    """An inner function over names of the scope, which it may write to."""
    name, inner = g.fresh("h"), g.inner(in_loop=False)
    inner.names[FLOAT] = [*inner.known(FLOAT), "e"]
    free = [n for n in g.known(FLOAT) if n not in g.frozen and not n.startswith("q")]
    form = g.below(4)
    if form == 0:
        lines = [f"{name} = lambda e: np.tanh({scalars.floating(inner, 2)})"]
    elif form == 1 and free and g.depth == 0:
        changed = g.pick(free)
        lines = [
            f"def {name}(e):",
            f"    {g.pick(g.known(VECTOR))}[0] = np.sin({changed} + e)",
            f"    return np.sin({scalars.floating(inner, 1)})",
        ]
    else:
        default = scalars.floating(g, 1)
        lines = [f"def {name}(e, b=({default})):", f"    return math.tanh({scalars.floating(inner, 1)} + b)"]
    g.bind(FUNCTION, name)
    return lines


def counter(g: Gen) -> list[str]:
    """A closure that changes a variable of the enclosing function."""
    total, name = g.fresh("a"), g.fresh("h")
    lines = [
        f"{total} = {scalars.floating(g, 1)}",
        f"def {name}(e):",
        f"    nonlocal {total}",
        f"    {total} = np.sin({total} + e)",
        f"    return {total} * 0.5",
    ]
    g.bind(FLOAT, total)
    g.frozen.add(total)
    g.bind(FUNCTION, name)
    return lines
