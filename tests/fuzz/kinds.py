"""Statements over integers of every width, float32 and bools: overflow, division, shifts, conversions, comparisons."""

from __future__ import annotations

from tests.fuzz import arrays, scalars
from tests.fuzz.scope import FLOAT, INT, IVECTOR, MASK, VECTOR, Gen, V, array, np_scalar

WIDTHS = ("int8", "uint8", "int16", "int32", "uint32", "int64", "uint64")
BIG = ("2 ** 31", "2 ** 40", "-(2 ** 33)", "10 ** 9", "255", "1 << 20")


def python_int(g: Gen) -> list[str]:
    """Python's ints, which have no width: large ones, shifts, divisions with signs, powers."""
    k, big = g.fresh("k"), g.pick(BIG)
    a, b = scalars.integer(g, 1), scalars.integer(g, 1)
    text = g.pick(
        [
            f"({a} * {big} + {b}) // 3",
            f"({a} * {big}) % 1000003",
            f"({a} + {big}) ^ ({b} << 5)",
            f"-({a} << 3) // 7",
            f"({big} - {a}) % -7",
            f"({a} % 5) ** 3 - {b} ** 2",
            f"pow({a} % 6, 5) % 13",
            f"(({big} + {a}) & 255) | ({b} % 4 << 8)",
            f"({big} + {b}) >> ({a} % 9)",
            f"int({a} % 8).bit_length() + ({big}).bit_length()",
            f"divmod({big} - {a}, -11)[{g.pick(['0', '1'])}]",
            f"sum(({a} * i + {b}) % 9 for i in range(4))",
            f"int(str(3)) + abs(-{a})",
            f"min(max({a}, -2), {b}, {big})",
            f"math.gcd({a}, 12) + math.comb(5, 2) * {b}",
            f"int({a} / 2) + round({b} / 3)",
            f"-{a} // -2 - (~{b})",
            f"(1 << {a} % 40) - ({b} > 0)",
            f"{a} * 2 ** 61 // 2 ** 58" if g.percent(20) else f"math.isqrt(abs({a}) + {b} ** 2)",
        ]
    )
    g.bind(INT, k)
    return [f"{k} = ({text}) % 7"]


def numpy_int(g: Gen) -> list[str]:
    """NumPy's ints, which wrap around."""
    dtype, k = g.pick(WIDTHS), g.fresh("k")
    kind, z = f"np.{dtype}", g.fresh("z")
    a, b = (f"{kind}({scalars.integer(g, 1)} % 100)" for _ in range(2))
    op = g.pick(["+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>", "**"])
    right = g.pick([b, "3", "7", f"{kind}(5)"])
    if op in ("<<", ">>", "**"):
        right = g.pick(["2", f"{kind}(3)", f"{kind}(9)"])
    lines = [f"{z} = {a}", f"{z} = {z} {op} {right}"]
    if g.percent(50):
        lines += [
            g.pick(
                [
                    f"{z} *= {g.pick(['3', f'{kind}(11)'])}",
                    f"{z} = -{z}",
                    f"{z} = abs({z})",
                    f"{z} = ~{z}",
                    f"{z} = divmod({z}, {kind}(7))[0]",
                    f"{z} = {z} ** 2",
                    f"{z} = np.maximum({z}, {kind}(3)) - {z}",
                    f"{z} = np.left_shift({z}, {kind}(1))",
                    f"{z} = functools.reduce(lambda c, d: c * d + {kind}(1), [{z}, {z}, {z}])",
                    f"{z} = {z} if {scalars.boolean(g, 1)} else {kind}(2)",
                    f"{z} = sum([{z}, {z}, {z}], start={kind}(0))",
                    f"{z} = np.array([{z}, {z}]).sum(dtype={kind})",
                    f"{z} = np.array([{z}, {b}])[{scalars.integer(g, 0)} % 2]",
                ]
            )
        ]
    g.bind(np_scalar(dtype), z)
    g.bind(INT, k)
    text = g.pick(["int({0}) % 7", "int({0} > 3) + int({0} // 3 == 1)", "int({0} % 5)", "int(float({0}) / 7) % 5"])
    return [*lines, f"{k} = {text.format(z)}"]


def numpy_ints(g: Gen) -> list[str]:
    """Arrays of ints: in-place operations, reductions, mixtures of widths, conversions."""
    dtype, z, a = g.pick(WIDTHS), g.fresh("z"), g.fresh("a")
    kind, other = f"np.{dtype}", g.pick([w for w in WIDTHS if "64" not in w])
    n, start = g.size("N"), arrays.array_expr(g, IVECTOR, 1)
    lines = [f"{z} = ({start} % 50).astype({kind})"]
    k = scalars.integer(g, 1)
    change = [
        f"{z} += {kind}(100)",
        f"{z} *= {g.pick(['3', '7'])}",
        f"{z}[{scalars.index(g, 'N')}] = {k} % 20",
        f"{z} //= {g.pick(['3', '2'])}",
        f"{z} %= {g.pick(['5', '3'])}",
        f"{z} = {z} << {g.pick(['1', '2', f'{kind}(4)'])}",
        f"{z} >>= 1",
        f"{z}[1:] += {z}[:-1]",
        f"{z} = {z} ** 2",
        f"{z} = np.cumsum({z}, dtype={kind})",
        f"{z} = np.clip({z}, 2, 40)",
        f"{z} = ~{z}",
        f"{z} ^= {z}[::-1]",
        f"{z} = np.where({arrays.mask(g, MASK, 1)}, {z}, {kind}(9))",
        f"{z}[:] = {z}[::-1] * 2",
        f"{z} -= {z}.max()",
        f"np.add.at({z}, {arrays.int_index(g)}, {kind}(3))",
        f"{z} = np.power({z}, {kind}(3))",
        f"{z} = np.abs(-{z})",
        f"{z} = ({z} + np.arange({n}, dtype=np.{other})).astype({kind})",
        f"{z}[{scalars.index(g, 'N')}] += {k} % 9",
        f"{z} = np.bitwise_or({z}, {kind}(1)) * ({z} > 3)",
        f"{z} |= {z} > 20" if dtype == "int64" else f"{z} = np.sort({z})[::-1]",
        f"{z} = np.floor_divide(-{z}, {kind}(4))",
        f"{z} = np.remainder({z}, {kind}(7))",
    ]
    lines += [g.pick(change) for _ in range(1 + g.below(3))]
    value = g.pick(
        [
            f"{z}.sum()",
            f"{z}.mean()",
            f"np.prod({z}) % 11",
            f"{z}.max() - {z}.min()" if not g.static else f"({z} @ {z}) % 13",
            f"np.sum({z} / 7)",
            f"np.sum({z} * np.float32(0.5))",
            f"np.bitwise_xor.reduce({z}) % 9",
            f"np.dot({z}, np.arange({n}))",
            f"np.count_nonzero({z} == 4)",
            f"np.sum({z}, dtype=np.float64) / 10",
            f"int({z}[0]) / 10",
            f"np.sum({arrays.name(g, VECTOR)} * {z})",
            f"sum({z}) % 5",
            f"np.sum({z}[{z} // 8 % len({z})])",
            f"np.argmax({z}) + np.sum({z} > {z}[-1])",
        ]
    )
    if dtype not in ("uint64",):
        g.bind(array(V, dtype), z)
    g.bind(FLOAT, a)
    return [*lines, f"{a} = math.tanh({value})"]


def single(g: Gen) -> list[str]:
    """float32: numbers of it carried by loops, beside Python's numbers, which are weak, and NumPy's, which are not."""
    z, a, v = g.fresh("z"), g.fresh("a"), arrays.name(g, VECTOR)
    b = scalars.floating(g, 1)
    ways = [
        [f"{z} = np.float32({b})", f"for i in range({g.pick(['2', '3'])}):", f"    {z} = np.sin({z}) * 0.5 + i"],
        [f"{z} = {v}.astype(np.float32)", f"{z} *= 0.5", f"{z}[:1] = {b}", f"{z} = {z}.sum()"],
        [f"{z} = np.zeros(2, np.float32)", f"{z}[1] += {b}", f"{z} = {z}[1] * {z}[0] + 1"],
        [f"{z} = np.float32(0.0)", f"for q in {v}:", f"    {z} += np.float32(q) / 3"],
        [f"{z} = np.float32(1) / 3 + np.float32({b})", f"{z} = {z} if {z} > 0 else -{z}"],
        [f"{z} = np.full(3, {b}, dtype=np.float32).cumsum()[-1]", f"{z} = max({z}, np.float32(0.5)) ** 2"],
        [f"{z} = np.mean({v}, dtype=np.float32)", f"{z} = np.float32({z} // 1) + np.sqrt(abs({z}))"],
        [f"{z} = np.ones(2, dtype=np.float32) @ np.array([0.5, {b}], np.float32)", f"{z} = {z} % 1.5"],
    ]
    lines = g.pick(ways)
    g.bind(FLOAT, a)
    return [*lines, f"{a} = float(np.tanh({z}))"]


def masks(g: Gen) -> list[str]:
    """Bools and arrays of them as numbers."""
    t, k, n = g.fresh("t"), g.fresh("k"), g.size("N")
    m = arrays.mask(g, MASK, 1)
    c = scalars.boolean(g, 1)
    ways = [
        [f"{t} = {m}", f"{t}[:1] = {c}", f"{t} ^= {t}[::-1]", f"{k} = int({t}.sum())"],
        [f"{t} = np.zeros({n}, bool)", f"{t}[{scalars.index(g, 'N')}] = True", f"{k} = int(np.argmax({t}))"],
        [f"{t} = {m}", f"{k} = int(np.cumsum({t})[-1]) if len({t}) else 0"],
        [f"{t} = {m} | ({m})", f"{k} = sum({t}) + {t}.any() + (not {t}.all())"],
        [f"{t} = np.logical_xor.reduce({m})", f"{k} = int({t}) + ({t} is True)"],
        [f"{t} = [{c}, {c}, True]", f"{k} = sum({t}) + {t}[0] * 2 - {t}.count(True)"],
        [f"{t} = {c}", f"{k} = {t} + {t} + (~np.bool_({t}) == True)"],
        [f"{t} = {m}", f"{t} &= ~{t}", f"{k} = int({t}.sum()) + {t}.dtype.itemsize"],
    ]
    g.bind(INT, k)
    return g.pick(ways)


ALL = (python_int, numpy_int, numpy_ints, single, masks)


def kind(g: Gen) -> list[str]:
    """One of these; smooth programs have no float32."""
    return g.pick((python_int, numpy_int, numpy_ints) if g.smooth else ALL)(g)
