"""Calls of `torch.special`, of functions of ints and of parts of floats."""

from tests.shape_rules.cases.torch_elementwise import operands
from tests.shape_rules.draws import Call, Draws, case


@case("torch.special.ndtr", "torch.special.i1e", "torch.special.entr", "torch.special.erfcx")
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case("torch.special.zeta", "torch.special.xlog1py", "torch.ldexp", "torch.float_power")
def binary(r: Draws) -> Call:
    return Call("", operands(r))


@case("torch.igamma", "torch.nextafter", dtypes=False)
def floats(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "float64"]))
    return Call("", [x, r.tensor(r.fitting(x.shape), x.dtype or "")])


@case("torch.polygamma")
def polygamma(r: Draws) -> Call:
    return Call("", [r.randint(1, 3), r.tensor(dtype=r.choice(["float32", "int64"]))])


@case("torch.mvlgamma")
def mvlgamma(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64"])), 1])


@case("torch.gcd", "torch.lcm", "torch.bitwise_left_shift", "torch.bitwise_right_shift")
def ints(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int64", "int32", "uint8"]))
    return Call("", [x, r.tensor(r.fitting(x.shape), r.choice(["int64", "int32", "uint8"]))])


@case(*(f"torch.Tensor.{name}_" for name in ("gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift")))
def ints_inplace(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int64", "int32", "uint8"]))
    return Call("", [x, r.tensor(r.fitting(x.shape), "int64")], kind="method")


@case("torch.heaviside")
def heaviside(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "int64"]))
    return Call("", [x, r.tensor(r.fitting(x.shape), x.dtype or "")])


@case("torch.frexp", "torch.real", "torch.imag")
def of_floats(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "complex64"]))])


@case("torch.rsub")
def rsub(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape)) if r.chance(70) else 2])
