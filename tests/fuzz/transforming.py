"""Transforms inside of programs: functions of the module that are differentiated, batched, checkpointed by what is
compiled. CPython calls the same transforms from outside, where each compiles its function alone."""

from __future__ import annotations

from tests.fuzz import arrays, control, scalars
from tests.fuzz.scope import (
    COLUMN,
    FLOAT,
    INT,
    MATRIX,
    SMOOTH,
    VECTOR,
    Gen,
    Helper,
)

IMPORT = "import tangra as tg\n"
COUNT = {"N": ["u.shape[0]", "len(u)"], "K": ["2"]}


def function(g: Gen, name: str) -> list[str]:
    """A smooth function of a float, a vector and an int, which may write to its vector."""
    inner = Gen(
        g.choices,
        True,
        {FLOAT: ["p"], INT: ["q"], VECTOR: ["u"], MATRIX: ["h"]},
        COUNT,
        frozen={"h"},
        outside=False,
        room=[3],
        counter=g.counter,
    )
    body = control.block(inner, 2)
    parts = [f"0.1 * np.sum({v})" for v in inner.known(VECTOR)[-1:]]
    stopped = ["tg.stop_gradient(p * p)", "tg.stop_gradient(u).sum() * p"]  # differences know nothing of them
    held = g.pick(["np.sin(p)", *(f"np.sin(p) + {text}" for text in stopped if g.outside)])
    last = " + ".join([scalars.floating(inner, 2), *parts, held])
    g.helpers.append(Helper(name, (), SMOOTH, lambda g, fuel: name))
    g.helpers.append(Helper(name, (FLOAT, VECTOR, INT), FLOAT))
    lines = [f"def {name}(p, u, q):", "    h = np.ones((2, len(u)))", *control.indent(body)]
    return [*lines, f"    return np.tanh({last})"]


def transformed(g: Gen) -> list[str]:
    """A statement that calls a transform of one of those functions."""
    names = [h.name for h in g.helpers if h.result == SMOOTH]
    if not names:
        return control.statement(g)
    f, a, v, w, m = g.pick(names), g.fresh("a"), g.fresh("v"), g.fresh("w"), g.fresh("m")
    args = f"{scalars.floating(g, 1)}, {arrays.name(g, VECTOR)}, {scalars.integer(g, 1)}"
    p, u, q = scalars.floating(g, 0), arrays.array_expr(g, VECTOR, 1), scalars.integer(g, 1)
    many = f"({p}, {arrays.name(g, MATRIX)}, {q})"
    lanes = f"({arrays.name(g, COLUMN)}, {u}, {q})"
    ways = [
        ([f"{a} = tg.grad({f})({args})"], {a: FLOAT}),
        ([f"{v} = tg.grad({f}, argnums=1)({args})"], {v: VECTOR}),
        ([f"{a}, {v} = tg.grad({f}, argnums=(0, 1))({args})"], {a: FLOAT, v: VECTOR}),
        ([f"{a}, ({v},) = tg.value_and_grad({f}, argnums=(1,))({args})"], {a: FLOAT, v: VECTOR}),
        ([f"{a}, slope = tg.jvp({f}, ({args}), (1.0, {u}, None))", f"{a} = {a} + 0.5 * slope"], {a: FLOAT}),
        ([f"{a} = tg.jvp(tg.grad({f}), ({args}), (0.5, {u}, None))[1]"], {a: FLOAT}),
        ([f"{a}, back = tg.vjp({f}, {args})", f"{v} = back(0.5)[1]"], {a: FLOAT, v: VECTOR}),
        ([f"{w} = tg.vmap({f}, in_axes=(None, 0, None)){many}"], {w: COLUMN}),
        ([f"{m} = tg.vmap(tg.grad({f}, argnums=1), in_axes=(None, 0, None)){many}"], {m: MATRIX}),
        ([f"{w} = tg.vmap({f}, in_axes=(0, None, None)){lanes}"], {w: COLUMN}),
        ([f"{w} = tg.vmap(tg.grad({f}), in_axes=(0, None, None)){lanes}"], {w: COLUMN}),
        ([f"{a} = tg.grad(tg.grad({f}))({args})"], {a: FLOAT}),
        ([f"{v} = tg.grad(tg.checkpoint({f}), argnums=1)({args})"], {v: VECTOR}),
        ([f"{a} = tg.checkpoint({f})({args}) + tg.jit({f})({args})"], {a: FLOAT}),
        ([f"{v} = tg.hvp({f}, ({args}), (0.5, {u}, None))[1]"], {v: VECTOR}),
        ([f"{v} = tg.jacfwd({f}, argnums=1)({args})"], {v: VECTOR}),
        ([f"{v} = tg.hessian({f}, argnums=1)({args})[0]"], {v: VECTOR}),
    ]
    lines, bound = g.pick(ways)
    for name, ty in bound.items():
        g.bind(ty, name)
    return lines


def descent(g: Gen) -> list[str]:
    """Steps of gradient descent, in a loop."""
    names = [h.name for h in g.helpers if h.result == SMOOTH]
    if not names:
        return control.statement(g)
    f, v, a, i = g.pick(names), g.fresh("v"), g.fresh("a"), g.fresh("i")
    lines = [f"{v}, {a} = {arrays.name(g, VECTOR)} * 0.5, {scalars.floating(g, 1)} * 1.0"]
    lines += [f"for {i} in range({g.pick(['2', '3', 'n'] if 'n' in g.known(INT) else ['2'])}):"]
    steps = [
        [f"{v} = {v} - 0.1 * tg.grad({f}, argnums=1)({a}, {v}, {i})"],
        [f"{v} -= 0.1 * tg.grad({f}, argnums=1)({a}, {v}, {i})", f"{a} = 0.5 * {f}({a}, {v}, {i})"],
        [f"one, two = tg.grad({f}, argnums=(0, 1))({a}, {v}, 1)", f"{a} -= 0.1 * one", f"{v} -= 0.1 * two[::-1]"],
        [f"{a} = np.tanh(tg.value_and_grad({f})({a}, {v}, {i})[1])"],
    ]
    g.bind(VECTOR, v)
    g.bind(FLOAT, a)
    return [*lines, *control.indent(g.pick(steps))]
