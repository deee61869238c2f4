"""Functions of `jax.numpy` whose draws differ from NumPy's: what data decides is computed, and matrices are square."""

from tests.shape_rules.cases.numpy_elementwise import number, operands, reduction
from tests.shape_rules.cases.torch_indexing import zeros
from tests.shape_rules.draws import Call, Draws, case

J = "jax.numpy."


@case(*(f"{J}{name}" for name in ("allclose", "array_equal", "pow")))
def binary(r: Draws) -> Call:
    return Call("", operands(r))


@case(J + "angle")
def angle(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))])


@case(*(f"{J}{name}" for name in ("shape", "size", "ndim")))
def facts(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))])


@case(*(f"{J}{name}" for name in ("nanstd", "nanvar")))
def spreads(r: Draws) -> Call:
    return reduction(r)


@case(*(f"{J}{name}" for name in ("argwhere", "flatnonzero", "nonzero", "unique")), mask=True, eager=True)
def of_data(r: Draws) -> Call:
    return Call("", [r.tensor(high=2, most=3)])


@case(J + "bincount", mask=True, eager=True)
def bincount(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(low=1, high=1, most=3), "int32")])


@case(J + "histogram", eager=True)
def histogram(r: Draws) -> Call:
    return Call("", [r.tensor(high=2, most=3), r.randint(1, 4)])


@case(J + "diff")
def diff(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    return Call("", [x, r.randint(0, 2)], {"axis": r.axis(len(x.shape))})


@case(J + "fft.fftfreq")
def fftfreq(r: Draws) -> Call:
    return Call("", [r.randint(1, 6)])


@case(J + "fft.fftshift")
def fftshift(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axes": r.axis(len(x.shape))} if r.chance(70) else {})


@case(J + "fft.irfft")
def irfft(r: Draws) -> Call:
    x = r.tensor(low=1, least=2)
    length = [r.randint(1, 6)] if r.chance(50) else []
    return Call("", [x, *length], {"axis": r.axis(len(x.shape))} if r.chance(60) else {})


@case(*(f"{J}{name}" for name in ("fliplr", "flipud")))
def flips(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case(*(f"{J}{name}" for name in ("split", "hsplit", "vsplit")))
def splits(r: Draws) -> Call:
    x = r.tensor(low=1, most=6)
    return Call("", [x, r.randint(1, 3) if r.chance(70) else tuple(sorted(r.sample(range(7), 2)))])


@case(J + "interp")
def interp(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor(), r.tensor((n,)), r.tensor((n,))])


@case(J + "tri")
def tri(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), *([r.randint(0, 5), r.randint(-2, 2)][: r.randint(0, 2)])])


@case(J + "take_along_axis")
def take_along_axis(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    axis = r.axis(len(x.shape))
    shape = [r.choice([size, size, 1]) for size in x.shape]
    shape[axis] = r.randint(1, 4)
    return Call("", [x, zeros(r, tuple(shape), "int32"), axis])


@case(*(f"{J}linalg.{name}" for name in ("cholesky", "eigh", "eigvalsh", "matrix_rank")))
def matrices(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size))])


@case(J + "linalg.matrix_power")
def matrix_power(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)), r.randint(-2, 3)])


@case(J + "linalg.solve")
def solve(r: Draws) -> Call:
    size, lead = r.randint(1, 4), r.shape(high=2)
    right = r.choice([(size,), (*r.fitting(lead), size, r.randint(1, 3))])
    return Call("", [r.tensor((*lead, size, size)), r.tensor(right)])


@case(J + "linalg.lstsq", mask=True)
def lstsq(r: Draws) -> Call:
    rows = r.randint(1, 4)
    return Call("", [r.tensor((rows, r.randint(1, 4))), r.tensor(r.choice([(rows,), (rows, r.randint(1, 3))]))])


@case(J + "linalg.norm")
def norm(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    kwargs: dict[str, object] = {"axis": r.axis(len(x.shape)), "keepdims": r.chance(50)} if r.chance(70) else {}
    return Call("", [x], kwargs)
