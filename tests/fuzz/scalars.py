"""Expressions that are numbers: Python floats, ints and bools (or their NumPy sort), and NumPy scalars of other
dtypes."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz import arrays, library
from tests.fuzz.scope import (
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
)

Form = Callable[[Gen, int], str | None]
"""Draws an expression, or None where the scope has nothing for it."""

NP_INTS = ("int8", "uint8", "int16", "int32", "uint32", "int64")
SMOOTH_UNARY = ("np.sin", "np.cos", "np.tanh", "math.sin", "math.tanh", "np.arctan", "math.atan", "np.exp(-1.0 + 0.1 *")


def expr(g: Gen, ty: Ty, fuel: int = 2) -> str:
    """An expression of a type."""
    if ty == FLOAT:
        return floating(g, fuel)
    if ty == INT:
        return integer(g, fuel)
    if ty == BOOL:
        return boolean(g, fuel)
    if ty.form == "array":
        return arrays.array_expr(g, ty, fuel)
    if ty.form == "np":
        return numpy_scalar(g, ty.dtype, fuel)
    names = g.known(ty)
    assert names, f"nothing in scope is of {ty}"
    return g.pick(names)


def draw(g: Gen, table: list[tuple[int, Form]], fuel: int) -> str | None:
    """Try a form of the table."""
    return g.weighted(table)(g, fuel)


# ---- floats ---------------------------------------------------------------------------


def floating(g: Gen, fuel: int) -> str:
    """A float: pyfloat or np.float64, whichever the forms give."""
    if fuel > 0 and g.percent(3):
        return library.call(g, FLOAT, fuel) or g.pick(g.known(FLOAT))
    table = LEAVES if fuel <= 0 else (SMOOTH_FLOATS if g.smooth else FLOATS_TABLE)
    return draw(g, table, fuel) or g.pick(g.known(FLOAT))


def _name(g: Gen, fuel: int) -> str:
    return g.pick(g.known(FLOAT))


def literal(g: Gen, fuel: int = 0) -> str:
    return g.pick(["1.0", "0.5", "-0.25", "2.0", "0.1", "-1.5", "0.0", "3.0"])


def element(g: Gen, fuel: int) -> str:
    """An element of a float64 array."""
    ty = g.weighted([(5, VECTOR), (4, MATRIX), (1, COLUMN)])
    names = g.known(ty)
    if not names:
        return g.pick(g.known(FLOAT))
    base = g.pick(names)
    return f"{base}[{', '.join(index(g, d, fuel) for d in ty.dims)}]"


def index(g: Gen, dim: str, fuel: int = 1) -> str:
    """An index for an axis: in range, but for a few."""
    known = g.indices.get(dim, [])
    form = g.below(12)
    if known and form < 6:
        name = g.pick(known)
        return g.pick([name, name, name, f"{name} - 1", f"-{name} - 1", f"{name} // 2"])
    if form < 8:
        return g.pick(["0", "-1", "0"])
    if form == 11 and not g.smooth and g.percent(15):
        return integer(g, min(fuel - 1, 1))
    return f"{integer(g, min(fuel - 1, 1))} % {g.size(dim)}"


def _binary(g: Gen, fuel: int) -> str:
    return f"({floating(g, fuel - 1)} {g.pick(['+', '-', '*'])} {floating(g, fuel - 1)})"


def _unary(g: Gen, fuel: int) -> str:
    name = g.pick(SMOOTH_UNARY)
    inside = floating(g, fuel - 1)
    return f"{name} {inside})" if name.endswith("*") else f"{name}({inside})"


def _quotient(g: Gen, fuel: int) -> str:
    below = g.pick(["(2.0 + np.sin({}))", "(1.0 + {0} ** 2)", "(1.5 + math.tanh({}))"])
    if not g.smooth and g.percent(10):
        below = "{}"
    return f"({floating(g, fuel - 1)} / {below.format(_name(g, 0))})"


def _root(g: Gen, fuel: int) -> str:
    a = _name(g, 0)
    return g.pick(
        [
            f"np.sqrt(1.0 + {a} * {a})",
            f"np.log(1.5 + np.cos({a}))",
            f"np.log1p({a} ** 2)",
            f"math.hypot(1.0, {a})",
            f"math.exp(-{a} ** 2)",
            f"np.arctan2({a}, 2.0)",
            f"math.sqrt(2.0 + math.sin({a}))",
        ]
    )


def _reduction(g: Gen, fuel: int) -> str:
    inside = arrays.array_expr(g, g.pick([VECTOR, MATRIX]), fuel - 1)
    smooth = ["np.sum({})", "np.mean({})", "({}).sum()", "({}).mean()", "np.prod(np.cos({}))", "np.var({})"]
    kinked = ["np.max({})", "np.min({})", "({}).max()", "np.abs({}).max()", "np.ptp({})", "np.linalg.norm({})"]
    return g.pick(smooth if g.smooth else smooth + kinked).format(inside)


def _part(g: Gen, fuel: int) -> str:
    """A reduction of part of an array."""
    if not g.known(VECTOR):
        return _name(g, 0)
    base, part = g.pick(g.known(VECTOR)), slice_text(g)
    return g.pick(["np.sum({0}[{1}])", "{0}[{1}].sum()", "({0}[{1}] @ {0}[{1}])", "sum({0}[{1}])"]).format(base, part)


def slice_text(g: Gen) -> str:
    """A slice of axis N, in range or beyond, forwards or backwards."""
    fixed = ["1:", ":-1", "::2", "::-1", "-2:", ":", "1::2", "::-2", ":1", "0:10", "-1:0:-1", "2:1"]
    known = g.indices.get("N", [])
    if known and g.percent(40):
        i = g.pick(known)
        return g.pick([f"{i}:", f":{i}", f"{i}::-1", f"{i} + 1:", f"{i}:{i} + 2", f"{i}:{i} + 1"])
    if known and g.percent(25):
        i = g.pick(known)
        return g.pick([f"::{i} + 1", f"{i}::{i} + 1", f"::-{i} - 1", f":1:-{i} - 1", f"1::2 * {i} + 1"])
    if not g.smooth and g.percent(10):
        return f"{integer(g, 1)}:"
    return g.pick(fixed)


def _choice(g: Gen, fuel: int) -> str:
    return f"({floating(g, fuel - 1)} if {boolean(g, fuel - 1)} else {floating(g, fuel - 1)})"


def _kinked(g: Gen, fuel: int) -> str:
    a, b = floating(g, fuel - 1), floating(g, fuel - 1)
    return g.pick(
        [
            f"min({a}, {b})",
            f"max({a}, {b})",
            f"abs({a})",
            f"np.abs({a})",
            f"np.maximum({a}, {b})",
            f"math.fabs({a})",
            f"np.clip({a}, -1.0, 1.0)",
            f"max({a}, 0.0, {b})",
            f"np.sign({a})",
            f"math.floor({a})",
            f"np.floor({a})",
            f"round({a})",
            f"math.copysign(1.0, {a})",
            f"({a} % 1.5)",
            f"({a} // 0.5)",
        ]
    )


def _power(g: Gen, fuel: int) -> str:
    return f"{g.pick(['np.tanh', 'math.sin', 'np.cos'])}({floating(g, fuel - 1)}) ** {g.pick(['2', '3', '2.0'])}"


def _dot(g: Gen, fuel: int) -> str:
    a, b = arrays.array_expr(g, VECTOR, fuel - 1), arrays.array_expr(g, VECTOR, fuel - 1)
    return g.pick(["({} @ {})", "np.dot({}, {})", "({}).dot({})", "np.inner({}, {})"]).format(a, b)


def _generator(g: Gen, fuel: int) -> str:
    """`sum` and friends over a generator expression."""
    inner = g.inner()
    i = g.fresh("q")
    inner.bind(INT, i)
    inner.frozen.add(i)
    over = g.pick([f"range({g.size('N')})", "range(2)", f"range({g.size('K')})"])
    inner.indices.setdefault(
        "N" if "range(2)" not in over and over == f"range({g.sizes['N'][0]})" else "none", []
    ).append(i)
    body = floating(inner, fuel - 1)
    names = ["sum"] if g.smooth else ["sum", "sum", "max", "min"]
    inside = g.pick([f"{body} for {i} in {over}", f"[{body} for {i} in {over}]"])
    return f"{g.pick(names)}({inside})"


def _from_list(g: Gen, fuel: int) -> str | None:
    names = g.known(FLOATS)
    if not names:
        return None
    name = g.pick(names)
    return g.pick(
        [f"{name}[0]", f"{name}[-1]", f"sum({name})", f"float(len({name}))", f"{name}[{integer(g, 1)} % len({name})]"]
    )


def _from_object(g: Gen, fuel: int) -> str | None:
    ty = g.pick([POINT, PAIR, TABLE])
    names = g.known(ty)
    if not names:
        return None
    name = g.pick(names)
    if ty == TABLE:
        return g.pick([f"{name}['a']", f"{name}['v'][{index(g, 'N')}]", f"np.sum({name}['v'])"])
    if ty == POINT:
        return g.pick([f"{name}.a", f"{name}.v[{index(g, 'N')}]", f"{name}.energy()", f"{name}.scaled({_name(g, 0)})"])
    return g.pick([f"{name}.a", f"{name}[0]", f"{name}.v[{index(g, 'N')}]", f"{name}[1].sum()"])


def _called(g: Gen, fuel: int) -> str | None:
    functions = g.known(FUNCTION)
    if functions and g.percent(50):
        return f"{g.pick(functions)}({floating(g, fuel - 1)})"
    helpers = [h for h in g.helpers if h.result == FLOAT]
    if not helpers:
        return None
    helper = g.pick(helpers)
    if helper.call is not None:
        return helper.call(g, fuel)
    return f"{helper.name}({', '.join(expr(g, p, fuel - 1) for p in helper.params)})"


def _converted(g: Gen, fuel: int) -> str:
    if g.smooth:
        return g.pick(
            [
                f"float({integer(g, fuel - 1)})",
                f"({integer(g, fuel - 1)} * {_name(g, 0)})",
                f"np.float64({floating(g, fuel - 1)})",
                f"float({floating(g, fuel - 1)})",
            ]
        )
    a = floating(g, fuel - 1)
    small = numpy_scalar(g, "float32", fuel - 1)
    return g.pick(
        [
            f"float({integer(g, fuel - 1)})",
            f"({integer(g, fuel - 1)} + {a})",
            f"float({a})",
            f"np.float64({a})",
            f"float(np.float32({a}))",
            f"float({small})",
            f"(1.0 * ({boolean(g, fuel - 1)}) + {a})",
            f"float({arrays.array_expr(g, IVECTOR, fuel - 1)}.sum() % 7)",
            f"np.interp({a}, np.arange(3.0), np.array([0.0, 1.0, -1.0]))",
            f"float(np.count_nonzero({arrays.array_expr(g, MASK, fuel - 1)}))",
        ]
    )


LEAVES: list[tuple[int, Form]] = [(3, _name), (1, literal), (3, element)]
SMOOTH_FLOATS: list[tuple[int, Form]] = [
    *LEAVES,
    (4, _binary),
    (3, _unary),
    (2, _quotient),
    (2, _root),
    (3, _reduction),
    (2, _part),
    (2, _choice),
    (2, _power),
    (2, _dot),
    (1, _generator),
    (3, _from_list),
    (4, _from_object),
    (4, _called),
    (2, _converted),
]
FLOATS_TABLE: list[tuple[int, Form]] = [*SMOOTH_FLOATS, (3, _kinked), (2, _converted)]


# ---- ints ---------------------------------------------------------------------------


def integer(g: Gen, fuel: int) -> str:
    """An int that stays small."""
    return draw(g, INT_LEAVES if fuel <= 0 else (SMOOTH_INTS if g.smooth else INTS), fuel) or g.pick(g.known(INT))


def _int_name(g: Gen, fuel: int) -> str:
    return g.pick(g.known(INT))


def _int_literal(g: Gen, fuel: int) -> str:
    return g.pick(["1", "0", "2", "3", "4", "-1"])


def _int_binary(g: Gen, fuel: int) -> str:
    return f"({integer(g, fuel - 1)} {g.pick(['+', '-'])} {integer(g, fuel - 1)})"


def _int_division(g: Gen, fuel: int) -> str:
    by = g.pick(["2", "3", "-2", "-3"])
    if not g.smooth and g.percent(8):
        by = _int_name(g, 0)
    return f"({integer(g, fuel - 1)} {g.pick(['//', '%'])} {by})"


def _length(g: Gen, fuel: int) -> str:
    lists = g.known(FLOATS)
    if lists and g.percent(30):
        return f"len({g.pick(lists)})"
    v, m = g.pick(g.known(VECTOR)), g.pick(g.known(MATRIX))
    return g.pick([f"{v}.shape[0]", f"len({v})", f"{m}.shape[0]", f"{m}.size", f"{m}.ndim", f"len({m})"])


def _int_of_float(g: Gen, fuel: int) -> str:
    a = floating(g, fuel - 1)
    return g.pick(
        [
            f"int(5.0 * np.sin({a}))",
            f"int(3.0 * math.tanh({a}))",
            f"math.floor(2.0 * math.sin({a}))",
            f"int(np.argmax({arrays.array_expr(g, VECTOR, fuel - 1)}))",
            f"int(round(4.0 * np.cos({a})))",
        ]
    )


def _int_bits(g: Gen, fuel: int) -> str:
    a, b = integer(g, fuel - 1), integer(g, fuel - 1)
    return g.pick(
        [
            f"({a} & 3)",
            f"(({a} | {b}) % 8)",
            f"(({a} ^ {b}) % 8)",
            f"(({a} % 8) << 1)",
            f"({a} >> 1)",
            f"abs({a})",
            f"min({a}, {b})",
            f"max({a}, {b})",
            f"(({a} * {b}) % 5)",
            f"({a} if {boolean(g, 0)} else {b})",
            f"int({boolean(g, fuel - 1)})",
            f"(-{a})",
            f"(~{a} % 4)",
            f"(({a} % 3) ** 2)",
            f"divmod({a}, 3)[1]",
        ]
    )


def _int_numpy(g: Gen, fuel: int) -> str:
    names = g.known(IVECTOR)
    if not names:
        dtype = g.pick(NP_INTS)
        return f"int({numpy_scalar(g, dtype, fuel - 1)} % np.{dtype}(50))"  # loops run so often
    name = g.pick(names)
    return g.pick([f"int({name}[{index(g, 'N')}] % 5)", f"({name}[{index(g, 'N')}] % 4)", f"int({name}.sum() % 7)"])


def _int_object(g: Gen, fuel: int) -> str | None:
    names = [f"{p}.k" for p in g.known(POINT)] + [f"{d}['k']" for d in g.known(TABLE)]
    return g.pick(names) if names else None


INT_LEAVES: list[tuple[int, Form]] = [(3, _int_name), (2, _int_literal)]
SMOOTH_INTS: list[tuple[int, Form]] = [
    *INT_LEAVES,
    (2, _int_binary),
    (2, _int_division),
    (1, _length),
    (2, _int_bits),
    (2, _int_object),
]
INTS: list[tuple[int, Form]] = [*SMOOTH_INTS, (2, _int_of_float), (2, _int_numpy)]


# ---- bools ---------------------------------------------------------------------------


def boolean(g: Gen, fuel: int) -> str:
    """A bool: Python's or NumPy's. In smooth programs it doesn't depend on floats."""
    table: list[tuple[int, Form]] = [(3, _compare_ints), (2, _bool_name)]
    if fuel > 0:
        table += [(2, _and_or), (1, _not), (2, _chain)]
        table += [] if g.smooth else [(4, _compare_floats), (1, _compare_kinds), (1, _array_test), (1, _truth)]
    return draw(g, table, fuel) or _compare_ints(g, fuel)


def _compare_ints(g: Gen, fuel: int) -> str:
    return f"{integer(g, fuel - 1)} {g.pick(['<', '==', '!=', '>='])} {integer(g, fuel - 1)}"


def _compare_floats(g: Gen, fuel: int) -> str:
    return f"{floating(g, fuel - 1)} {g.pick(['<', '>', '<=', '>='])} {floating(g, fuel - 1)}"


def _compare_kinds(g: Gen, fuel: int) -> str:
    """An integer of NumPy's, or an array of them, with a float or an int, either way round."""
    kind = g.pick(["np.int64", "np.int32", "np.uint64", "np.int8", "np.float32"])
    left = g.pick([f"{kind}({integer(g, 0)} % 5)", f"np.arange(4, dtype={kind})"])
    right = g.pick([floating(g, fuel - 1), integer(g, fuel - 1), "0.5", "-0.5", "1.5", "2"])
    op = g.pick(["<", ">=", "==", "!="])
    return f"bool(np.{g.pick(['any', 'all'])}({g.pick([f'{left} {op} {right}', f'{right} {op} {left}'])}))"


def _bool_name(g: Gen, fuel: int) -> str | None:
    return g.pick(g.known(BOOL)) if g.known(BOOL) else None


def _and_or(g: Gen, fuel: int) -> str:
    return f"({boolean(g, fuel - 1)} {g.pick(['and', 'or'])} {boolean(g, fuel - 1)})"


def _not(g: Gen, fuel: int) -> str:
    return f"(not {boolean(g, fuel - 1)})"


def _chain(g: Gen, fuel: int) -> str:
    a, b = integer(g, fuel - 1), integer(g, fuel - 1)
    return f"({g.pick([f'0 <= {a} < {b}', f'{a} < {b} <= 3', f'{a} != {b} != 1'])})"


def _array_test(g: Gen, fuel: int) -> str:
    mask = arrays.array_expr(g, MASK, fuel - 1)
    return g.pick(["np.any({})", "np.all({})", "({}).any()", "any({})", "all({})"]).format(f"({mask})")


def _truth(g: Gen, fuel: int) -> str:
    return g.pick(
        [
            f"bool({integer(g, fuel - 1)})",
            f"isinstance({_name(g, 0)}, float)",
            f"math.isnan({_name(g, 0)})",
            f"np.isfinite({_name(g, 0)})",
            f"({integer(g, 0)} in (1, 2))",
            f"isinstance({_int_name(g, 0)}, int)",
        ]
    )


# ---- NumPy scalars ---------------------------------------------------------------------------


def numpy_scalar(g: Gen, dtype: str, fuel: int) -> str:
    """A NumPy scalar of a dtype; ints wrap around."""
    names = g.known(Ty("np", dtype))
    if names and g.percent(60):
        return g.pick(names)
    if dtype == "float32":
        found = [f"np.float32({floating(g, fuel - 1)})"]
        found += [f"{v}[{index(g, 'N')}]" for v in g.known(FVECTOR)]
        if fuel > 0:
            found += [
                f"({numpy_scalar(g, dtype, fuel - 1)} {g.pick('+*-')} {g.pick(['0.5', '2', 'np.float32(1.5)'])})",
                f"np.sin({numpy_scalar(g, dtype, fuel - 1)})",
            ]
        return g.pick(found)
    plain = f"np.{dtype}({integer(g, fuel - 1)} % 100)"
    if fuel <= 0:
        return plain
    a = numpy_scalar(g, dtype, fuel - 1)
    return g.pick(
        [
            plain,
            f"({a} {g.pick(['+', '*', '-', '&', '|', '^'])} {numpy_scalar(g, dtype, fuel - 1)})",
            f"({a} * 7)",
            f"({a} {g.pick(['//', '%'])} np.{dtype}({g.pick(['3', '5', '0'])}))",
            f"np.maximum({a}, np.{dtype}(3))",
            f"(-{a})",
        ]
    )
