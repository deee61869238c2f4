"""The last of NumPy's functions and methods that take draws."""

from tests.shape_rules.cases.numpy_elementwise import number, operands, reduction
from tests.shape_rules.cases.torch_indexing import zeros
from tests.shape_rules.draws import Call, Draws, case, dtype_object

A = "numpy.ndarray."
R = "numpy.random."


@case(*(f"{R}{name}" for name in ("beta", "gamma")))
def two_parameters(r: Draws) -> Call:
    return Call("", [1.0, 2.0], {"size": r.shape()})


@case(R + "permutation")
def permutation(r: Draws) -> Call:
    return Call("", [r.choice([r.randint(0, 5), r.tensor(low=1)])])


@case(R + "choice")
def choice(r: Draws) -> Call:
    return Call("", [r.choice([r.randint(1, 5), r.tensor(low=1, high=1)]), r.shape()])


@case("numpy.allclose")
def allclose(r: Draws) -> Call:
    return Call("", operands(r))


@case("numpy.angle")
def angle(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))])


@case("numpy.fliplr")
def fliplr(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case("numpy.hsplit", "numpy.vsplit")
def splits(r: Draws) -> Call:
    x = r.tensor(low=1, most=6)
    return Call("", [x, r.randint(1, 3)])


@case("numpy.interp")
def interp(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor(), r.tensor((n,)), r.tensor((n,))])


@case("numpy.fft.fftshift")
def fftshift(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axes": r.axis(len(x.shape))} if r.chance(70) else {})


@case("numpy.fft.fftfreq")
def fftfreq(r: Draws) -> Call:
    return Call("", [r.randint(1, 6)])


@case("numpy.array_equal", mask=True)
def array_equal(r: Draws) -> Call:
    return Call("", operands(r))


@case("numpy.flipud")
def flipud(r: Draws) -> Call:
    return Call("", [r.tensor(high=2)])


@case("numpy.histogram")
def histogram(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r)), r.randint(1, 6)])


@case("numpy.nanstd", "numpy.nanvar")
def spreads(r: Draws) -> Call:
    return reduction(r)


@case("numpy.row_stack")
def row_stack(r: Draws) -> Call:
    width = r.randint(1, 4)
    return Call("", [[r.tensor(r.choice([(width,), (r.randint(1, 3), width)])) for _ in range(r.randint(1, 3))]])


@case("numpy.take_along_axis")
def take_along_axis(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    axis = r.axis(len(x.shape))
    shape = [r.choice([size, size, 1]) for size in x.shape]
    shape[axis] = r.randint(1, 4)
    return Call("", [x, zeros(r, tuple(shape)), axis])


@case("numpy.tri")
def tri(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), *([r.randint(0, 5), r.randint(-2, 2)][: r.randint(0, 2)])])


@case("numpy.linalg.matrix_rank", mask=True)
def matrix_rank(r: Draws) -> Call:
    return Call("", [r.tensor(high=3, dtype=number(r))])


@case("numpy.linalg.matrix_power")
def matrix_power(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity"), r.randint(-2, 3)])


@case("numpy.linalg.solve", dtypes=False)
def solve(r: Draws) -> Call:
    size, lead = r.randint(1, 4), r.shape(high=2)
    right = r.choice([(size,), (*r.fitting(lead), size, r.randint(1, 3))])
    return Call("", [r.tensor((*lead, size, size)).with_(layout="identity"), r.tensor(right)])


@case("numpy.linalg.lstsq", mask=True)
def lstsq(r: Draws) -> Call:
    rows = r.randint(1, 4)
    return Call("", [r.tensor((rows, r.randint(1, 4))), r.tensor(r.choice([(rows,), (rows, r.randint(1, 3))]))])


@case(A + "astype")
def astype(r: Draws) -> Call:
    dtype = r.choice(["float32", "float64", "int64", "bool"])
    return Call("", [r.tensor(dtype=number(r)), dtype_object(dtype, "numpy") if r.chance(50) else dtype], kind="method")


@case(A + "fill")
def fill(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r)), r.choice([1, 2.5, r.tensor(high=1)])], kind="mutation")


@case(A + "sort")
def sort(r: Draws) -> Call:
    x = r.tensor(dtype=number(r))
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(80) else {}, kind="mutation")


@case(A + "item", mask=True)
def item(r: Draws) -> Call:
    return Call("", [r.tensor(r.choice([(), (1,), (1, 1)]), r.choice(["float32", "int32", "bool"]))], kind="method")


@case(A + "tolist", mask=True)
def tolist(r: Draws) -> Call:
    return Call("", [r.tensor(high=3, most=3, dtype=r.choice(["float32", "int32", "bool"]))], kind="method")


@case(R + "randint", mask=True)
def integers(r: Draws) -> Call:
    low = r.randint(-3, 3)
    return Call("", [low, r.randint(low + 1, 9)], {"size": r.shape()} if r.chance(70) else {})
