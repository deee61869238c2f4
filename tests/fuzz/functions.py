"""Functions of the module that programs call: they write to their arguments, give views, tuples, None or functions,
call themselves, are wrapped by decorators, take arguments of every sort."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import arrays, control, scalars, transforming
from tests.fuzz.scope import (
    DECORATOR,
    FLOAT,
    FUNCTION,
    INT,
    MATRIX,
    NOTHING,
    OPTIONAL,
    TUPLE,
    VECTOR,
    Gen,
    Helper,
    Ty,
)

COUNT = {"N": ["u.shape[0]", "len(u)"], "K": ["2"]}


def scope(g: Gen, room: int, *result: Ty) -> Gen:
    """What the body of a function knows: `p` a float, `u` a vector, `q` an int, `h` a matrix that it makes. It may
    call the functions before it."""
    inner = Gen(
        g.choices,
        g.smooth,
        {FLOAT: ["p"], INT: ["q"], VECTOR: ["u"], MATRIX: ["h"]},
        COUNT,
        helpers=g.helpers[:] if g.percent(30) else [],
        result=result,
        outside=g.outside,
        room=[room],
        counter=g.counter,
    )
    inner.frozen.add("h")
    return inner


def written(head: list[str], body: list[str]) -> list[str]:
    """A function that makes the matrix `h`."""
    return [*head, *control.indent(["h = np.ones((2, len(u)))", *body])]


def plain(g: Gen, name: str) -> list[str]:
    """Takes a float, a vector (which it may write to) and an int, and returns a float. Perhaps wrapped."""
    inner = scope(g, 3, FLOAT)
    if g.static:
        inner.sizes = {**g.sizes}
    body = control.block(inner, 3)
    wrapper = [h.name for h in g.helpers if h.result == DECORATOR]
    head = [f"@{g.pick(wrapper)}"] if wrapper else []
    g.helpers.append(Helper(name, (FLOAT, VECTOR, INT), FLOAT))
    return written([*head, f"def {name}(p, u, q):"], [*body, f"return np.tanh({scalars.floating(inner, 2)})"])


def part(g: Gen, name: str) -> list[str]:
    """Returns a part of one of its arguments, or a new array, after it may have written to them."""
    inner = scope(g, 2, VECTOR)
    body = control.block(inner, 2)
    last = g.pick(
        [
            ["return u[::-1]"],
            ["return u"],
            ["return u[:]"],
            ["return m[q % len(m)]"],
            ["return m[::-1][0]"],
            ["u[:1] += np.tanh(p)", "return u.reshape(-1)"],
            ["w = m[0]", "w[-1:] *= 0.5", "return w[::-1]"],
            [
                f"if {scalars.boolean(inner, 1)}:",
                "    return u * 0.5",
                f"return {arrays.name(inner, VECTOR)} + 0.5",
            ],
            ["return m.T[:, -1]"],
        ]
    )

    def call(g: Gen, fuel: int) -> str:
        a, k = scalars.floating(g, fuel - 1), scalars.integer(g, 1)
        return f"{name}({a}, {arrays.name(g, VECTOR)}, {arrays.name(g, MATRIX)}, {k})"

    g.helpers.append(Helper(name, (), VECTOR, call))
    return written([f"def {name}(p, u, m, q):"], [*body, *last])


# ---- recursion ------------------------------------------------------------------------------------------------------


def recursion(g: Gen, name: str) -> list[str]:
    """A function that calls itself with a constant depth: on views of its vector, which it may write to."""
    sort = g.pick([FLOAT, VECTOR, TUPLE, NOTHING, FLOAT])
    results = {FLOAT: (FLOAT,), VECTOR: (VECTOR,), TUPLE: (FLOAT, VECTOR), NOTHING: ()}[sort]
    inner = scope(g, 2, *results)
    inner.frozen.add("q")
    body = control.block(inner, 2) if g.percent(60) else []
    shrinking = ["u[1:]", "u[:-1]"] if g.static and sort in (FLOAT, NOTHING) else []

    def again() -> str:
        vector = g.pick(["u", "u[::-1]", "u[:]", "0.5 * u", "u.copy()", "h[q % 2]", "h.T[:, 0]", *shrinking])
        return f"{name}({scalars.floating(inner, 1)}, {vector}, q - 1)"

    def call(g: Gen, fuel: int) -> str:
        vector = arrays.name(g, VECTOR) if g.percent(70) else arrays.array_expr(g, VECTOR, fuel - 1)
        return f"{name}({scalars.floating(g, fuel - 1)}, {vector}, {g.pick(['1', '0', '2', '3'])})"

    g.helpers.append(Helper(name, (), sort, call))
    leaf = control.returned(inner) if g.percent(50) else f"return {', '.join(_simple(g, ty) for ty in results)}"
    stop = [f"if {g.pick(['q == 0', 'q <= 0', 'not q', 'q < 1'])}:", f"    {leaf}"]
    return written([f"def {name}(p, u, q):"], [*stop, *body, *_ending(g, inner, sort, again)])


def _simple(g: Gen, ty: Ty) -> str:
    return g.pick(["p", "np.tanh(p)", "u[0]"] if ty == FLOAT else ["u", "u[::-1]", "np.sin(u)"])


def _ending(g: Gen, inner: Gen, sort: Ty, again: Callable[[], str]) -> list[str]:
    """How a recursive function goes on with what its calls give."""
    a = scalars.floating(inner, 1)
    if sort == FLOAT:
        return g.pick(
            [
                [f"return np.tanh(0.5 * {again()} + {a})"],
                [f"return 0.3 * np.sin({again()}) + 0.1 * {again()}"],
                [f"found = {again()}", "u[0] += 0.5 * np.tanh(found)", f"return found * 0.5 + 0.1 * {again()}"],
                [f"return np.tanh({a}) + sum(0.5 * {again()} for _ in range(2))"],
            ]
        )
    if sort == VECTOR:
        return g.pick(
            [
                [f"return {again()}[::-1]"],
                [f"v = {again()}", f"v[-1] += np.tanh({a})", "return v"],
                [f"return np.tanh(u + {again()})"],
                [f"v, w = {again()}, {again()}", "v[:1] = 0.5 * w[-1:]", "return w"],
                [f"{again()}[...] *= 0.5", "return u"],
            ]
        )
    if sort == TUPLE:
        return g.pick(
            [
                [f"a, v = {again()}", "v[0] = np.sin(a)", "return a * 0.5, v[::-1]"],
                [f"return {again()}"],
                [f"a, v = {again()}", f"b, w = {again()}", "w[-1] = 0.5 * v[0]", "return np.tanh(a + b), u"],
            ]
        )
    return g.pick(
        [
            [again()],
            [again(), f"u[-1] = np.tanh(u[0] + {a})", again()],
            ["for _ in range(2):", f"    {again()}", "u[::2] *= 0.5"],
            [f"assert {again()} is None"],
        ]
    )


def mutual(g: Gen, name: str) -> list[str]:
    """Two functions that call each other."""
    other = g.fresh("g")
    inner = scope(g, 2, FLOAT)
    inner.frozen.add("q")
    body = control.block(inner, 2)

    def call(g: Gen, fuel: int) -> str:
        vector, depth = arrays.name(g, VECTOR), g.pick(["2", "0", "3"])
        return f"{name}({scalars.floating(g, fuel - 1)}, {vector}, {depth})"

    g.helpers.append(Helper(name, (), FLOAT, call))
    first = written(
        [f"def {name}(p, u, q):"],
        ["if q == 0:", f"    return {_simple(g, FLOAT)}", *body, f"return 0.5 * {other}(u[::-1], q - 1, a=p)"],
    )
    u = g.pick(["u", "u[:]", "u * 0.5", "u[::-1]"])
    second = [f"def {other}(u, q, *, a):", "    u[q % len(u)] += 0.5 * np.sin(a)"]
    second += g.pick(
        [[f"    return a if q == 0 else {name}(a, {u}, q - 1)"], [f"    return {name}(np.tanh(a), {u}, q) + a"]]
    )
    return [*first, "", "", *second]


# ---- arguments, None, functions -------------------------------------------------------------------------------------


def flexible(g: Gen, name: str) -> list[str]:
    """A function with defaults, keyword and star arguments."""

    def call(g: Gen, fuel: int) -> str:
        a, b, c = (scalars.floating(g, fuel - 1) for _ in range(3))
        return g.pick(
            [
                f"{name}({a})",
                f"{name}({a}, c={b})",
                f"{name}({a}, {b}, {c})",
                f"{name}(*({a}, {b}))",
                f"{name}(a={a}, **{{'c': {b}}})",
                f"{name}({a}, *[{b}, 1.0], d={c}, k=2)",
                f"{name}({a}, *{arrays.name(g, VECTOR)}[:2], **dict(d={b}))",
            ]
        )

    g.helpers.append(Helper(name, (FLOAT,), FLOAT, call))
    return [
        f"def {name}(a, *rest, c=0.5, **more):",
        "    total = c * a",
        "    for value in rest:",
        "        total += math.sin(value)",
        "    for key, value in more.items():",
        "        total = np.tanh(total + (value if key == 'd' else 0.1 * value))",
        "    return total + 0.1 * len(rest)",
    ]


def optional(g: Gen, name: str) -> list[str]:
    """A function that returns None on some paths, and on others fails, or gives a number."""
    inner = scope(g, 1, FLOAT)
    body = control.block(inner, 1)

    def call(g: Gen, fuel: int) -> str:
        return f"{name}({scalars.floating(g, fuel - 1)}, {arrays.name(g, VECTOR)}, {scalars.integer(g, 1)})"

    g.helpers.append(Helper(name, (), OPTIONAL, call))
    give = f"return np.tanh({scalars.floating(inner, 1)})"
    test = scalars.boolean(inner, 1)
    ways = [
        [f"if {test}:", "    return None", *body, give],
        [*body, f"if {test}:", f"    {give}"],
        [f"for i in range({g.pick(['3', 'q', 'len(u)'])}):", f"    if {test}:", f"        {give}", "    u[:1] *= 0.5"],
        [*body, "if q > 5:", "    raise ValueError('too many')", f"if {test}:", f"    {give}", "return None"],
    ]
    return written([f"def {name}(p, u, q):"], g.pick(ways))


def factory(g: Gen, name: str) -> list[str]:
    """A function that returns a function, which remembers what it was made with and how often it was called."""
    inner = scope(g, 2, FLOAT)
    inner.names[FLOAT] = ["p", "e"]
    inner.frozen.add("p")
    value = scalars.floating(inner, 2)

    def call(g: Gen, fuel: int) -> str:
        return f"{name}({scalars.floating(g, fuel - 1)}, {arrays.name(g, VECTOR)}, {scalars.integer(g, 1)})"

    g.helpers.append(Helper(name, (), FUNCTION, call))
    body = g.pick(
        [
            [f"return lambda e: np.tanh({value})"],
            [
                "def inner(e):",
                "    nonlocal p, q",
                f"    p = np.tanh({value})",
                "    q = (q + 1) % 5",
                "    return p + q",
            ],
            ["def inner(e, *, again=False):", f"    u[0] = np.sin({value})", "    return e + u[-1]"],
            [
                "seen = []",
                "def inner(e):",
                f"    seen.append(np.tanh({value}))",
                "    return seen[-1] + len(seen)",
                "inner(p)",
            ],
            [f"inner = lambda e, p=p: math.tanh({value})"],
        ]
    )
    end = [] if body[0].startswith("return") else ["return inner"]
    if g.percent(20) and end:
        end = ["return lambda e: inner(inner(e))"]
    return written([f"def {name}(p, u, q):"], [*body, *end])


def decorator(g: Gen, name: str) -> list[str]:
    """What wraps the plain functions after it."""
    g.helpers.append(Helper(name, (), DECORATOR, lambda g, fuel: name))
    call = g.pick(
        [
            "return 0.5 * function(*args, **options)",
            "return function(*args, **options) + function(*args, **options)",
            "return function(args[0] * 0.5, *args[1:])",
            "return np.tanh(function(args[0], args[1][::-1], *args[2:]))",
        ]
    )
    return [
        f"def {name}(function):",
        "    @functools.wraps(function)" if g.percent(60) else "    # anew",
        "    def wrapped(*args, **options):",
        f"        {call}",
        "",
        "    return wrapped",
    ]


MAKERS: tuple[tuple[Callable[[Gen, str], list[str]], int], ...] = (
    (decorator, 6),
    (plain, 40),
    (part, 12),
    (recursion, 20),
    (mutual, 6),
    (flexible, 10),
    (optional, 10),
    (factory, 10),
    (plain, 8),
    (transforming.function, 8),
)


def functions(g: Gen) -> list[str]:
    """The functions of a module."""
    lines: list[str] = []
    for make, chance in MAKERS:
        if g.percent(chance):
            lines += ["", *make(g, g.fresh("g")), ""]
    return lines
