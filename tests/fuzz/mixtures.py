"""Statements over lists of several kinds of numbers, lists of lists and of arrays, arrays of rank 0 and 3, objects with
methods that change them, and state outside the function."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import FLOAT, INT, MATRIX, VECTOR, Gen

CLASSES = '''

class Meter:
    """Counts and sums what it is called with."""

    scale = 0.5

    def __init__(self, start):
        self.total = start
        self.seen = [0, 0]

    def __call__(self, a):
        self.total = np.tanh(self.total + self.scale * a)
        self.seen[1] += 1
        return self.total

    def __getitem__(self, k):
        return self.seen[k] + self.level

    @property
    def level(self):
        return 0.5 * self.total


class Damped(Meter):
    scale = 0.25

    def __call__(self, a):
        self.seen[0] = a
        return 0.5 * super().__call__(a)


STATE = [0.0, 1.0]
LEVELS = np.array([0.5, -0.5, 0.25])
'''


def times(g: Gen) -> str:
    """A number of trips."""
    return g.pick(["2", "n", "3"] if "n" in g.known(INT) else ["2", "3"])


def mixed_list(g: Gen) -> list[str]:
    """A list whose items get other kinds, at indices known at run time."""
    name, a, k = g.fresh("l"), scalars.floating(g, 1), scalars.integer(g, 1)
    start = g.pick(["[0, 0, 0]", f"[{k}, {a}]", f"[0 for _ in range({g.size('N')} + 1)]", "[1, 2] * 2"])
    at = f"{scalars.integer(g, 1)} % len({name})"
    lines = [
        f"{name} = {start}",
        *g.pick(
            [
                [f"{name}[{at}] = {a}"],
                [f"{name}[{at}] += {a}"],
                [f"if {scalars.boolean(g, 1)}:", f"    {name}[{at}] = {a}", "else:", f"    {name}.append({k})"],
                [f"for i in range({times(g)}):", f"    {name}[i % len({name})] += {a}"],
                [f"other = {name}", f"{name} {g.pick([f'+= [{a}]', '*= 2', f'+= ({k},)'])}", f"other[0] = {a}"],
            ]
        ),
    ]
    return [*lines, _float(g, f"{name}[{scalars.integer(g, 1)} % len({name})] * 0.5")]


def list_of_lists(g: Gen) -> list[str]:
    """Rows of numbers, read and written at run-time indices and by other names."""
    name, a = g.fresh("l"), scalars.floating(g, 1)
    rows = g.pick(["[[0.5, 0.25], [1.0, 2.0]]", f"[[{a}, 0.5] for _ in range(3)]", "[[1, 2], [3, 4], [5, 6]]"])
    i, j = scalars.integer(g, 1), g.pick(["0", "1", "-1", "n % 2" if "n" in g.known(INT) else "0"])
    lines = [
        f"{name} = {rows}",
        *g.pick(
            [
                [f"{name}[{i} % 2][{j}] += 1"],
                [f"row = {name}[{i} % 2]", "row[0] += 2", f"row[{j}] = row[1]"],
                [f"for row in {name}:", f"    row[{j}] += 1"],
                [f"{name}[0], {name}[1] = {name}[1], {name}[0]"],
            ]
        ),
    ]
    return [*lines, _float(g, f"{name}[{i} % 2][{j}] + {name}[1][0]")]


def list_of_arrays(g: Gen) -> list[str]:
    """Arrays in a list, which share memory with names."""
    name, v, a = g.fresh("r"), arrays.name(g, VECTOR), scalars.floating(g, 1)
    i = scalars.integer(g, 1)
    lines = [
        f"{name} = [{v} * 0.5, {arrays.array_expr(g, VECTOR, 1)} * 1.0]",
        *g.pick(
            [
                [f"{name}[{i} % 2][0:1] = {a}"],
                [f"for row in {name}:", "    row[:1] += 0.5"],
                [f"{name}.append({v})", f"{name}[-1][:1] = np.sin({a})"],
                ["for i in range(2):", f"    {name}.append({name}[i] + i)"],
                [f"{name} = {name}[::-1] + [{v}]", f"{name}[0][-1:] *= 0.5"],
            ]
        ),
    ]
    return [*lines, _float(g, f"np.sum({name}[{i} % 2]) + len({name})")]


def meter(g: Gen) -> list[str]:
    """An object with methods, called and read."""
    name, a = g.fresh("p"), scalars.floating(g, 1)
    lines = [
        f"{name} = {g.pick(['Meter', 'Damped'])}({a})",
        *g.pick(
            [
                [f"for i in range({times(g)}):", f"    {name}({scalars.floating(g, 1)})"],
                [f"if {scalars.boolean(g, 1)}:", f"    {name}({a})"],
                [f"{name}({name}({a}))", f"{name}.total += 0.5"],
            ]
        ),
    ]
    return [*lines, _float(g, f"{name}.level + {name}[{g.pick(['0', '1', '-1'])}]")]


def cube(g: Gen) -> list[str]:
    """An array of rank 3: parts of it read and written."""
    name, m, a = g.fresh("c"), arrays.name(g, MATRIX), scalars.floating(g, 1)
    k, n = scalars.index(g, "K"), scalars.index(g, "N")
    lines = [
        f"{name} = {g.pick([f'np.stack([{m}, {m} * 0.5])', f'np.zeros((2, *{m}.shape))', f'np.array([{m}, {m}])'])}",
        g.pick(
            [
                f"{name}[1, {k}, {n}] += np.sin({a})",
                f"{name}[:, {k}] = np.cos({arrays.name(g, VECTOR)})",
                f"{name}[0] = {name}[1, ::-1]",
                f"{name}[..., {n}] *= 0.5",
                f"{name}.transpose(2, 0, 1)[{n}] += 1.0",
                f"{name}[:, :, ::-1][1] = 0.5 * {m}",
            ]
        ),
    ]
    result = g.pick(["{0}.sum()", "{0}.sum(axis=(0, 2))[0]", "{0}[-1].mean()", "np.max({0}, axis=1).sum()"])
    return [*lines, _float(g, result.format(name))]


def zero_rank(g: Gen) -> list[str]:
    """An array of rank 0, which is changed in place."""
    name, a = g.fresh("z"), scalars.floating(g, 1)
    lines = [
        f"{name} = np.array({a} * 1.0)",
        g.pick([f"{name} += 0.5", f"{name}[()] = {a}", f"{name}[...] = 0.25", f"{name} = {name} * 2.0", "pass"]),
    ]
    return [*lines, _float(g, g.pick([f"{name} + 1.0", f"{name}[()]", f"float({name})", f"np.sin({name})"]))]


def outside(g: Gen) -> list[str]:
    """State outside the function: written, then read."""
    a = scalars.floating(g, 1)
    if g.percent(30):
        return ["STATE[0] = 0.5", f"STATE[1] = float({a})", _float(g, "STATE[0] + STATE[1]")]
    return ["LEVELS[:] = 0.5", f"LEVELS[{scalars.integer(g, 1)} % 3] += {a}", _float(g, "LEVELS.sum() * LEVELS[0]")]


def chosen(g: Gen) -> list[str]:
    """One of two arrays, or a view of one, chosen at run time and read."""
    name, v, m = g.fresh("u"), arrays.name(g, VECTOR), arrays.name(g, MATRIX)
    text = g.pick([f"{v} if {scalars.boolean(g, 1)} else {m}[0]", f"({v}, {m}[-1])[{scalars.integer(g, 1)} % 2]"])
    return [f"{name} = {text}", _float(g, f"np.sum({name}) * 0.5")]


def _float(g: Gen, text: str) -> str:
    """Binds a float that the rest of the program can read."""
    name = g.fresh("a")
    line = f"{name} = np.tanh({text})"
    g.bind(FLOAT, name)
    return line


ALL = (mixed_list, list_of_lists, list_of_arrays, meter, cube, zero_rank, outside, chosen)


def mixture(g: Gen) -> list[str]:
    """One of these statements; smooth programs keep to those without branches on floats."""
    if g.smooth:
        return g.pick((list_of_lists, list_of_arrays, meter, cube, zero_rank))(g)
    return g.pick(ALL if g.outside else [form for form in ALL if form is not outside])(g)
