"""The last of NumPy's functions and methods that take draws."""

from tests.shape_rules.cases.numpy_elementwise import number, operands
from tests.shape_rules.draws import Call, Draws, case

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
