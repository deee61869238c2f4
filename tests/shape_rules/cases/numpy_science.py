"""Windows, convolutions, polynomials, statistics and grids of numbers."""

from tests.shape_rules.cases.numpy_elementwise import number
from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case


def both(*names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names for prefix in ("numpy", "jax.numpy"))


@case(*(f"numpy.{name}" for name in ("hanning", "hamming", "blackman", "bartlett")))
def window(r: Draws) -> Call:
    return Call("", [r.randint(0, 9)])


@case("numpy.kaiser")
def kaiser(r: Draws) -> Call:
    return Call("", [r.randint(0, 9), 14.0])


@case(*both("convolve", "correlate"))
def convolve(r: Draws) -> Call:
    mode = {"mode": r.choice(["full", "same", "valid"])} if r.chance(70) else {}
    return Call("", [r.tensor((r.randint(1, 6),)), r.tensor((r.randint(1, 6),))], mode)


@case(*both("cov", "corrcoef"))
def cov(r: Draws) -> Call:
    n, rows = r.randint(2, 5), r.chance(60)
    x = r.tensor((r.randint(1, 3), n) if rows else (n, r.randint(1, 3)))
    if r.chance(25):
        return Call("", [r.tensor((n,)), r.tensor((n,))])
    return Call("", [x], {} if rows else {"rowvar": False})


@case(*both("gradient"))
def gradient(r: Draws) -> Call:
    x = r.tensor(low=1, high=3, least=2)
    if r.chance(40):
        return Call("", [x], {"axis": r.axis(len(x.shape))})
    return Call("", [x, *[0.5 for _ in range(r.choice([0, 1, len(x.shape)]))]])


@case(*both("trapezoid"))
def trapezoid(r: Draws) -> Call:
    x = r.tensor(low=1, high=3, least=2)
    axis = r.axis(len(x.shape))
    if r.chance(50):
        return Call("", [x, r.tensor((x.shape[axis],))], {"axis": axis} if axis not in (-1, len(x.shape) - 1) else {})
    return Call("", [x], {"axis": axis})


@case(*both("polyfit"), dtypes=False)
def polyfit(r: Draws) -> Call:
    n = r.randint(3, 6)
    return Call("", [r.tensor((n,), "float64"), r.tensor((n, *r.shape(high=1)), "float64"), r.randint(0, 2)])


@case(*both("polyval"))
def polyval(r: Draws) -> Call:
    return Call("", [r.tensor((r.randint(1, 4),)), r.tensor()])


@case("numpy.vander")
def vander(r: Draws) -> Call:
    return Call("", [r.tensor((r.randint(1, 4),)), r.randint(0, 4)][: r.choice([1, 2])])


@case(*both("tril_indices", "triu_indices"))
def triangle(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), r.randint(-2, 2), r.randint(0, 5)][: r.choice([1, 1, 1, 2, 3])])


@case("numpy.diag_indices")
def diag_indices(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), r.randint(1, 3)][: r.randint(1, 2)])


@case(*both("rot90"))
def rot90(r: Draws) -> Call:
    return Call("", [r.tensor(low=2), r.randint(-2, 4)][: r.randint(1, 2)])


@case(*both("partition", "argpartition"), dtypes=False)
def partition(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, r.randrange(x.shape[axis])], {"axis": axis})


@case("numpy.lexsort", dtypes=False)
def lexsort(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [[r.tensor((n,)) for _ in range(r.randint(1, 3))]])


@case(*both("digitize"), dtypes=False)
def digitize(r: Draws) -> Call:
    return Call("", [r.tensor(), r.tensor((r.randint(1, 4),))])


@case(*both("isin"))
def isin(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r)), r.tensor(dtype=number(r))])


@case(*(f"numpy.{name}" for name in ("union1d", "setxor1d", "intersect1d", "setdiff1d")), mask=True, dtypes=False)
def sets(r: Draws) -> Call:
    return Call("", [r.tensor(), r.tensor()])


@case("numpy.histogram2d", dtypes=False)
def histogram2d(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor((n,)), r.tensor((n,)), r.choice([r.randint(1, 4), [r.randint(1, 4), r.randint(1, 4)]])])


@case(*both("divmod"))
def divmod_(r: Draws) -> Call:
    x = r.tensor(dtype=number(r))
    return Call("", [x, r.tensor(r.fitting(x.shape), x.dtype or "float32")])


@case("numpy.delete")
def delete(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, r.randrange(x.shape[axis])], {"axis": axis})


@case("numpy.fft.rfftfreq")
def rfftfreq(r: Draws) -> Call:
    return Call("", [r.randint(0, 9)])


@case(*both("ix_"))
def ix_(r: Draws) -> Call:
    return Call("", [zeros(r, (r.randint(1, 4),), "int64") for _ in range(r.randint(1, 3))])


@case("numpy.unravel_index")
def unravel_index(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(low=1), "int64"), r.shape(low=1, least=2)])
