"""Statements over lists of rows, and of tables of rows: rows with names, in two places, replaced, swapped, sorted."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import scalars
from tests.fuzz.scope import FLOAT, FLOATS, INT, Gen

WIDE = 2
"""How many rows a table has, and how many numbers a row."""


def grow_rows(g: Gen) -> list[str]:
    """A list of rows, or of tables of two rows, made by a loop, and what is done with its rows."""
    deep, arrays = g.percent(60), g.percent(25)
    name, k = g.fresh("t"), g.fresh("k")
    inner = g.inner(in_loop=True)
    inner.bind(INT, k)
    inner.frozen.add(k)
    row = _row(inner, arrays)
    made = f"[{row}, {_row(inner, arrays)}]" if deep else row
    count = g.pick(["3", "4", "n + 2" if "n" in g.known(INT) else "4"])
    lines = [f"{name} = []", f"for {k} in range({count}):", f"    {name}.append({made})"]
    if g.percent(25):
        lines = [f"{name} = [{made} for {k} in range({count})]"]
    rows = _Rows(g, name, deep, arrays)
    for _ in range(1 + g.below(3)):
        lines += rows.statement()
    held = f"[v for plane in {name} for row in plane for v in row]" if deep else f"[v for row in {name} for v in row]"
    lines += [f"{name} = {held} + [{', '.join(['0.5', *(f'{r}[{j}]' for r in rows.named for j in (0, 1))])}]"]
    g.bind(FLOATS, name)
    return lines


def _row(g: Gen, arrays: bool) -> str:
    numbers = ", ".join(f"float({scalars.floating(g, 1)})" for _ in range(WIDE))
    return f"np.array([{numbers}])" if arrays else f"[{numbers}]"


class _Rows:
    """What can be done with the rows of a list: `named` are names of rows."""

    def __init__(self, g: Gen, name: str, deep: bool, arrays: bool) -> None:
        self.g, self.name, self.deep, self.arrays = g, name, deep, arrays
        self.named: list[str] = []
        self.loops = 0

    def statement(self) -> list[str]:
        """One of them, perhaps in a branch or a loop."""
        g = self.g
        sorts: list[Callable[[], list[str]]] = [self._write, self._write, self._replace, self._replace, self._name]
        sorts += [self._swap, self._swap, self._each, self._order, self._other]
        known = list(self.named)
        lines = g.pick(sorts)()
        if g.percent(25) and self.named == known:
            return [f"if {scalars.boolean(g, 1)}:", *(f"    {line}" for line in lines)]
        if g.percent(20) and self.named == known:
            return [f"for {g.fresh('i')} in range(2):", *(f"    {line}" for line in lines)]
        return lines

    def _place(self) -> str:
        """An index of the list, known or not."""
        spot = scalars.integer(self.g, 1)
        return self.g.pick(["0", "1", "-1", f"({spot}) % 3", f"({spot}) % len({self.name})"])

    def _column(self) -> str:
        return self.g.pick(["0", "1", "-1", f"({scalars.integer(self.g, 1)}) % {WIDE}"])

    def _at(self) -> str:
        """A row by its place."""
        here = f"{self.name}[{self._place()}]"
        return f"{here}[{self._column()}]" if self.deep else here

    def _some(self) -> str:
        """A row, perhaps by its name."""
        return self.g.pick([*self.named, self._at(), self._at()])

    def _number(self) -> str:
        return f"0.5 * {self._some()}[{self._column()}] + float({scalars.floating(self.g, 1)})"

    def _write(self) -> list[str]:
        place = f"{self._some()}[{self._column()}]"
        return self.g.pick([[f"{place} = {self._number()}"], [f"{place} += {self._number()}"]])

    def _fresh(self) -> str:
        g = self.g
        made = f"[{self._number()}, {self._number()}]"
        if self.arrays:
            return g.pick([f"np.array({made})", f"{self._at()}.copy()", f"{self._at()} * 0.5"])
        return g.pick([made, f"list({self._at()})", f"{self._at()}[:]", f"[v * 0.5 for v in {self._at()}]"])

    def _replace(self) -> list[str]:
        value = self._some() if self.g.percent(10) else self._fresh()
        return [f"{self._at()} = {value}"]

    def _name(self) -> list[str]:
        r = self.g.fresh("r")
        lines = [f"{r} = {self._at()}"]
        self.named.append(r)
        return lines

    def _swap(self) -> list[str]:
        g = self.g
        places = ["0", "1", "-1", f"len({self.name}) // 2", *g.known(INT)]
        spots = [place if place[0] in "-01" else f"({place}) % len({self.name})" for place in places]
        if self.deep and g.percent(50):
            here = f"{self.name}[{g.pick(spots)}]"
            a, b = f"{here}[0]", f"{here}[{g.pick(['0', '1', '-1', *(f'{i} % 2' for i in g.known(INT))])}]"
        else:
            a, b = (f"{self.name}[{g.pick(spots)}]" for _ in range(2))
        if g.percent(25):
            held = g.fresh("r")
            return [f"{held} = {a}", f"{a} = {b}", f"{b} = {held}"]
        return [f"{a}, {b} = {b}, {a}"]

    def _each(self) -> list[str]:
        g, r = self.g, self.g.fresh("r")
        over = [f"for {r} in {self.name}:"]
        if self.deep:
            p = g.fresh("p")
            over = g.pick([[f"for {p} in {self.name}:", f"    for {r} in {p}:"], [f"for {p}, {r} in {self.name}:"]])
        inner = g.inner(in_loop=True)
        for j in range(WIDE):
            inner.bind(FLOAT, f"{r}[{j}]")
            inner.frozen.add(f"{r}[{j}]")
        value = scalars.floating(inner, 1)
        body = g.pick(
            [f"{r}[0] = 0.5 * {r}[1] + {value}", f"{r}[1] += float({value})", f"{r}[0], {r}[1] = {r}[1], {r}[0]"]
        )
        return [*over, "    " * len(over) + body]

    def _order(self) -> list[str]:
        g, r = self.g, self.g.fresh("r")
        key = f"{r}[0][1]" if self.deep else f"{r}[1]"
        ways = [f"{self.name}.reverse()", f"{self.name}.pop()", f"{self.name} = {self.name}[::-1]"]
        ways += [f"{self.name}.append({self.name}[0])", f"{self.name} = list({self.name})"]
        if not g.smooth:
            ways.append(f"{self.name}.sort(key=lambda {r}: {key})")
        return [g.pick(ways)]

    def _other(self) -> list[str]:
        g, u, r = self.g, self.g.fresh("u"), self.g.fresh("r")
        same = [
            f"{u} = {self.name}[:]",
            f"{u} = [{r} for {r} in {self.name}]",
            f"{u} = ({self.name}[0], {self.name}[1])",
        ]
        row = f"{u}[{g.pick(['0', '1'])}]" + (f"[{self._column()}]" if self.deep else "")
        self.named.append(row)
        return [g.pick(same)]
