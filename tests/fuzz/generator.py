"""Draws random typed programs as Python source.

A program is a module with helper functions and `def f(x, y, s, n)`: x is a float64 vector, y a float64 matrix, s a Python
float and n a Python int. Statements keep values bounded (sin, tanh, small factors), so that CPython's result is finite
nearly always and every way can be compared. The names in scope carry a type, and an expression of a type is drawn
from what is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

FLOAT, INT, BOOL, VECTOR, MATRIX, NPINT, NPF32, IVECTOR = (
    "float", "int", "bool", "vector", "matrix", "npint", "npf32", "ivector")

Draw = st.DrawFn


@dataclass
class Scope:
    """Names by type, and where we are."""

    names: dict[str, list[str]]
    depth: int = 0
    in_loop: bool = False
    smooth: bool = False
    counter: list[int] = field(default_factory=lambda: [0])
    helpers: list[tuple[str, list[str], str]] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)

    def inner(self, **changes: bool) -> Scope:
        """A scope for a nested block: names defined there don't leak out."""
        copy = Scope({k: list(v) for k, v in self.names.items()}, self.depth + 1, self.in_loop, self.smooth,
                     self.counter, self.helpers, list(self.lists), set(self.frozen))
        for key, value in changes.items():
            setattr(copy, key, value)
        return copy

    def fresh(self, prefix: str) -> str:
        self.counter[0] += 1
        return f"{prefix}{self.counter[0]}"


def pick(draw: Draw, options: list[str]) -> str:
    return draw(st.sampled_from(options))


def literal(draw: Draw) -> str:
    return repr(draw(st.sampled_from([0.5, -0.25, 1.0, 2.0, 0.1, -1.5, 0.0, 3.0])))


# ---- expressions ---------------------------------------------------------------------------------------------------


def float_expr(draw: Draw, scope: Scope, fuel: int) -> str:
    """A float scalar: pyfloat or np.float64."""
    leaves = ["name", "literal", "element"]
    forms = leaves if fuel <= 0 else [*leaves, "binary", "binary", "unary", "reduce", "call", "choice", "minmax", "power",
                                      "dot", "list", "cast", "division"]
    form = pick(draw, forms)
    if form == "literal":
        return literal(draw)
    if form == "element":
        return element(draw, scope, fuel)
    if form == "binary":
        a, b = float_expr(draw, scope, fuel - 1), float_expr(draw, scope, fuel - 1)
        return f"({a} {pick(draw, ['+', '-', '*'])} {b})"
    if form == "division":
        return f"({float_expr(draw, scope, fuel - 1)} / (2.0 + np.abs({float_expr(draw, scope, fuel - 1)})))"
    if form == "unary":
        name = pick(draw, ["np.sin", "np.cos", "np.tanh", "math.sin", "math.tanh", "np.arctan"])
        return f"{name}({float_expr(draw, scope, fuel - 1)})"
    if form == "reduce":
        array = array_expr(draw, scope, pick(draw, [VECTOR, MATRIX]), fuel - 1)
        name = pick(draw, ["np.sum", "np.mean", "np.max", "np.min", "np.sum"] if not scope.smooth else ["np.sum", "np.mean"])
        return f"{name}({array})"
    if form == "call" and scope.helpers:
        name, params, result = draw(st.sampled_from(scope.helpers))
        if result == FLOAT:
            return f"{name}({', '.join(expr(draw, scope, p, fuel - 1) for p in params)})"
    if form == "choice":
        a, b = float_expr(draw, scope, fuel - 1), float_expr(draw, scope, fuel - 1)
        return f"({a} if {bool_expr(draw, scope, fuel - 1)} else {b})"
    if form == "minmax" and not scope.smooth:
        a, b = float_expr(draw, scope, fuel - 1), float_expr(draw, scope, fuel - 1)
        return f"{pick(draw, ['min', 'max'])}({a}, {b})"
    if form == "power":
        return f"np.tanh({float_expr(draw, scope, fuel - 1)}) ** {pick(draw, ['2', '3'])}"
    if form == "dot":
        return f"({array_expr(draw, scope, VECTOR, fuel - 1)} @ {array_expr(draw, scope, VECTOR, fuel - 1)})"
    if form == "list" and scope.lists:
        return f"{pick(draw, scope.lists)}[{pick(draw, ['0', '-1'])}]"
    if form == "cast":
        return f"float({int_expr(draw, scope, fuel - 1)})"
    return pick(draw, scope.names[FLOAT])


def element(draw: Draw, scope: Scope, fuel: int) -> str:
    if draw(st.booleans()):
        return f"{pick(draw, scope.names[VECTOR])}[{index(draw, scope, fuel)} % 3]"
    i, j = index(draw, scope, fuel), index(draw, scope, fuel)
    return f"{pick(draw, scope.names[MATRIX])}[{i} % 2, {j} % 3]"


def index(draw: Draw, scope: Scope, fuel: int) -> str:
    return int_expr(draw, scope, min(fuel - 1, 1))


def int_expr(draw: Draw, scope: Scope, fuel: int) -> str:
    """A Python int that stays small."""
    form = pick(draw, ["name", "literal"] if fuel <= 0 else ["name", "literal", "binary", "floor", "mod", "len", "int"])
    if form == "literal":
        return str(draw(st.integers(0, 4)))
    if form == "binary":
        a, b = int_expr(draw, scope, fuel - 1), int_expr(draw, scope, fuel - 1)
        return f"({a} {pick(draw, ['+', '-'])} {b})"
    if form in ("floor", "mod"):
        return f"({int_expr(draw, scope, fuel - 1)} {'//' if form == 'floor' else '%'} {draw(st.sampled_from([2, 3, -2]))})"
    if form == "len":
        return f"{pick(draw, scope.names[VECTOR])}.shape[0]"
    if form == "int" and not scope.smooth:
        return f"int(5.0 * np.sin({float_expr(draw, scope, fuel - 1)}))"
    return pick(draw, scope.names[INT])


def bool_expr(draw: Draw, scope: Scope, fuel: int) -> str:
    form = pick(draw, ["float", "int", "bool"] if fuel <= 0 else ["float", "int", "and", "not", "chain"])
    if form == "float" and not scope.smooth:
        return f"{float_expr(draw, scope, fuel - 1)} {pick(draw, ['<', '>', '<=', '>='])} {float_expr(draw, scope, fuel - 1)}"
    if form == "and":
        return (f"({bool_expr(draw, scope, fuel - 1)} {pick(draw, ['and', 'or'])} "
                f"{bool_expr(draw, scope, fuel - 1)})")
    if form == "not":
        return f"(not {bool_expr(draw, scope, fuel - 1)})"
    if form == "chain":
        return f"0 <= {int_expr(draw, scope, fuel - 1)} < {int_expr(draw, scope, fuel - 1)}"
    if form == "bool" and scope.names[BOOL]:
        return pick(draw, scope.names[BOOL])
    return f"{int_expr(draw, scope, fuel - 1)} {pick(draw, ['<', '==', '!='])} {int_expr(draw, scope, fuel - 1)}"


def array_expr(draw: Draw, scope: Scope, kind: str, fuel: int) -> str:
    """A float64 vector of 3 or matrix of (2, 3)."""
    forms = ["name"] if fuel <= 0 else ["name", "binary", "scalar", "unary", "copy", "where", "make", "row", "matmul", "clip"]
    form = pick(draw, forms)
    if form == "binary":
        left = array_expr(draw, scope, kind, fuel - 1)
        right = array_expr(draw, scope, pick(draw, [kind, VECTOR]), fuel - 1)
        return f"({left} {pick(draw, ['+', '-', '*'])} {right})"
    if form == "scalar":
        op = pick(draw, ["+", "-", "*"])
        return f"({array_expr(draw, scope, kind, fuel - 1)} {op} {float_expr(draw, scope, fuel - 1)})"
    if form == "unary":
        return f"{pick(draw, ['np.sin', 'np.tanh', 'np.cos', '-'])}({array_expr(draw, scope, kind, fuel - 1)})"
    if form == "copy":
        return f"{pick(draw, scope.names[kind])}.copy()"
    if form == "where" and not scope.smooth:
        cond = f"{array_expr(draw, scope, kind, fuel - 1)} > {literal(draw)}"
        return f"np.where({cond}, {array_expr(draw, scope, kind, fuel - 1)}, {float_expr(draw, scope, fuel - 1)})"
    if form == "clip" and not scope.smooth:
        return f"np.clip({array_expr(draw, scope, kind, fuel - 1)}, -1.0, 1.0)"
    if form == "make" and kind == VECTOR:
        return f"np.array([{', '.join(float_expr(draw, scope, fuel - 1) for _ in range(3))}])"
    if form == "row" and kind == VECTOR:
        return f"{pick(draw, scope.names[MATRIX])}[{index(draw, scope, fuel)} % 2]"
    if form == "matmul" and kind == VECTOR:
        return f"({pick(draw, scope.names[MATRIX])}.T @ np.ones(2))"
    if form == "make" and kind == MATRIX:
        return pick(draw, ["np.zeros((2, 3))", "np.ones((2, 3))", f"np.full((2, 3), {float_expr(draw, scope, fuel - 1)})"])
    return pick(draw, scope.names[kind])


def expr(draw: Draw, scope: Scope, kind: str, fuel: int) -> str:
    if kind == FLOAT:
        return float_expr(draw, scope, fuel)
    if kind == INT:
        return int_expr(draw, scope, fuel)
    return bool_expr(draw, scope, fuel) if kind == BOOL else array_expr(draw, scope, kind, fuel)


# ---- statements ----------------------------------------------------------------------------------------------------


def assign(draw: Draw, scope: Scope) -> list[str]:
    kind = pick(draw, [FLOAT, FLOAT, INT, BOOL, VECTOR, MATRIX])
    value = expr(draw, scope, kind, 2)
    if scope.names[kind] and draw(st.booleans()):
        name = pick(draw, scope.names[kind])
        if name not in scope.frozen:
            return [f"{name} = {value}"]
    name = scope.fresh({FLOAT: "a", INT: "k", BOOL: "t", VECTOR: "v", MATRIX: "m"}[kind])
    line = f"{name} = {value}"
    scope.names[kind].append(name)
    return [line]


def augment(draw: Draw, scope: Scope) -> list[str]:
    kind = pick(draw, [FLOAT, VECTOR, MATRIX, INT])
    names = [n for n in scope.names[kind] if n not in scope.frozen]
    if not names:
        return assign(draw, scope)
    name = pick(draw, names)
    if kind == INT:
        return [f"{name} = ({name} {pick(draw, ['+', '-'])} {int_expr(draw, scope, 1)}) % 7"]
    if kind == FLOAT:
        return [f"{name} {pick(draw, ['+=', '-='])} 0.3 * np.tanh({float_expr(draw, scope, 2)})"]
    right = float_expr(draw, scope, 1) if draw(st.booleans()) else array_expr(draw, scope, VECTOR, 1)
    return [f"{name} {pick(draw, ['+=', '-=', '*='])} 0.5 * np.sin({right})"]


def store(draw: Draw, scope: Scope) -> list[str]:
    form = pick(draw, ["element", "element", "row", "slice", "column", "mask", "alias", "swap", "add_at"])
    v, m = pick(draw, scope.names[VECTOR]), pick(draw, scope.names[MATRIX])
    i, j = index(draw, scope, 2), index(draw, scope, 2)
    value = float_expr(draw, scope, 2)
    if form == "row":
        return [f"{m}[{i} % 2] = {array_expr(draw, scope, VECTOR, 1)}"]
    if form == "slice":
        return [f"{v}[{pick(draw, ['1:', ':2', '::2', '::-1', '-2:'])}] *= np.cos({value})"]
    if form == "column":
        return [f"{m}[:, {j} % 3] += np.tanh({value})"]
    if form == "mask" and not scope.smooth:
        return [f"{v}[{v} > {literal(draw)}] = np.tanh({value})"]
    if form == "alias":
        w = scope.fresh("w")
        return [f"{w} = {pick(draw, [v, f'{m}[{i} % 2]', f'{m}.T[{j} % 3]', f'{v}[:]'])}", f"{w}[0] = np.sin({value})"]
    if form == "swap":
        return [f"{v}[{i} % 3], {v}[{j} % 3] = {v}[{j} % 3], {v}[{i} % 3]"]
    if form == "add_at":
        return [f"np.add.at({v}, np.array([0, {j} % 3, 0]), np.tanh({array_expr(draw, scope, VECTOR, 1)}))"]
    return [f"{v}[{i} % 3] {pick(draw, ['=', '+='])} np.sin({value})"]


def branch(draw: Draw, scope: Scope) -> list[str]:
    lines = [f"if {bool_expr(draw, scope, 2)}:", *indent(block(draw, scope.inner()))]
    if draw(st.booleans()):
        lines += ["else:", *indent(block(draw, scope.inner()))]
    return lines


def loop(draw: Draw, scope: Scope) -> list[str]:
    inner = scope.inner(in_loop=True)
    form = pick(draw, ["range", "range", "while", "rows", "elements", "reversed", "triangular"])
    name = scope.fresh("i")
    if form == "while":
        inner.frozen.add(name)
        inner.names[INT].append(name)
        head = [f"{name} = 0", f"while {name} < {draw(st.integers(1, 4))}:"]
        return [*head, *indent([f"{name} += 1", *block(draw, inner)])]
    if form == "rows":
        inner.names[VECTOR].append(name)
        head = f"for {name} in {pick(draw, scope.names[MATRIX])}:"
    elif form == "elements":
        inner.names[FLOAT].append(name)
        head = f"for {name} in {pick(draw, scope.names[VECTOR])}:"
    else:
        bound = {"range": draw(st.sampled_from(["N", "3", "1", "N + 1"])), "reversed": "N, -1, -1"}.get(form)
        if bound is None:
            bound = f"{pick(draw, scope.names[INT])} % 4"
        inner.names[INT].append(name)
        inner.frozen.add(name)
        head = f"for {name} in range({bound.replace('N', scope.names[INT][0])}):"
    return [head, *indent(block(draw, inner))]


def leave(draw: Draw, scope: Scope) -> list[str]:
    if scope.in_loop:
        return [f"if {bool_expr(draw, scope, 1)}:", f"    {pick(draw, ['break', 'continue'])}"]
    return [f"if {bool_expr(draw, scope, 1)}:", f"    return {float_expr(draw, scope, 1)}"] if scope.depth else \
        assign(draw, scope)


def grow(draw: Draw, scope: Scope) -> list[str]:
    name = scope.fresh("l")
    bound = draw(st.sampled_from(["3", "2"]))
    lines = [f"{name} = [{float_expr(draw, scope, 1)}]", f"for _{name} in range({bound}):",
             f"    {name}.append(np.sin({name}[-1] + {float_expr(draw, scope, 1)}))"]
    scope.lists.append(name)
    return lines


def block(draw: Draw, scope: Scope) -> list[str]:
    """One to three statements."""
    lines: list[str] = []
    forms = [assign, assign, augment, augment, store, store]
    if scope.depth < 3:
        forms += [branch, loop, loop]
    if scope.depth:
        forms.append(leave)
    else:
        forms.append(grow)
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(st.sampled_from(forms))(draw, scope)
    return lines


def indent(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def helper(draw: Draw, name: str, smooth: bool) -> tuple[list[str], tuple[str, list[str], str]]:
    """A helper that takes a float, a vector (it may write to) and an int and returns a float."""
    scope = Scope({FLOAT: ["p"], INT: ["q"], BOOL: [], VECTOR: ["u"], MATRIX: ["h"]}, smooth=smooth)
    scope.counter[0] = 100
    body = ["h = np.ones((2, 3))", *block(draw, scope), *block(draw, scope)]
    lines = [f"def {name}(p, u, q):", *indent([*body, f"return np.tanh({float_expr(draw, scope, 2)})"])]
    return lines, (name, [FLOAT, VECTOR, INT], FLOAT)


@st.composite
def programs(draw: Draw, smooth: bool = False) -> str:
    """Source of a module with `def f(x, y, s, n)`; `smooth` leaves out what has kinks in x, y or s."""
    lines = ["import math", "", "import numpy as np", ""]
    scope = Scope({FLOAT: ["s"], INT: ["n"], BOOL: [], VECTOR: ["x"], MATRIX: ["y"]}, smooth=smooth)
    if draw(st.booleans()):
        body, signature = helper(draw, "g", smooth)
        lines += ["", *body, ""]
        scope.helpers.append(signature)
    body = []
    for _ in range(draw(st.integers(2, 4))):
        body += block(draw, scope)
    result = float_expr(draw, scope, 2)
    if smooth:
        result = f"np.tanh({result} + 0.1 * np.sum({scope.names[VECTOR][-1]}) + 0.1 * np.sum({scope.names[MATRIX][-1]}))"
    elif draw(st.booleans()):
        result = f"{result}, {pick(draw, scope.names[VECTOR])}, {pick(draw, scope.names[INT])}"
    return "\n".join([*lines, "", "def f(x, y, s, n):", *indent([*body, f"return {result}"]), ""])
