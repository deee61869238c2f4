"""Calls of torch's elementwise functions and operators."""

from tangra.shape_rules.torch.elementwise import PREDICATES, TO_FLOAT
from tests.shape_rules.draws import Call, Draws, case

UNARY = [
    *TO_FLOAT,
    *PREDICATES,
    *"floor ceil trunc neg relu sign frac positive abs square angle bitwise_not nan_to_num round sgn".split(),
]
UNARY += ["exp_", "relu_", "abs_", "neg_"]
BINARY = (
    "add sub mul div floor_divide remainder fmod pow maximum minimum fmax fmin eq ne lt le gt ge logical_and "
    "logical_or logical_xor atan2 copysign xlogy bitwise_and bitwise_or bitwise_xor logaddexp hypot true_divide "
    "add_ mul_ div_ sub_ copy_"
).split()


@case(*(f"torch.{name}" for name in UNARY if not name.endswith("_")))
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case(*(f"torch.Tensor.{name}" for name in UNARY if name.endswith("_")))
def unary_inplace(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


def operands(r: Draws) -> list[object]:
    first = r.tensor(dtype=r.any_dtype())
    second = r.tensor(r.fitting(first.shape), r.any_dtype())
    return [first, second] if r.chance(80) else [first, r.choice([2, 2.5])]


@case(*(f"torch.{name}" for name in BINARY if name[-1] != "_"))
def binary(r: Draws) -> Call:
    found = operands(r)
    if r.chance(30):
        found[0], found[1] = (found[1], found[0]) if not isinstance(found[1], (int, float)) else found
    return Call("", found)


@case(*(f"torch.Tensor.{name}" for name in BINARY if name[-1] == "_"))
def binary_inplace(r: Draws) -> Call:
    return Call("", operands(r), kind="method")


@case(*(f"torch.op.{symbol}" for symbol in ("+", "-", "*", "/", "//", "%", "**", "&", "<", ">=", "==")))
def operators(r: Draws) -> Call:
    found = operands(r)
    if r.chance(30):
        found[1] = r.tensor(low=1)
    return Call("", found if r.chance(50) else found[::-1], kind="operator")


@case("torch.clamp")
def clamp(r: Draws) -> Call:
    x = r.tensor(dtype=r.any_dtype())
    bounds = [r.choice([None, 0, 0.5, r.tensor(r.fitting(x.shape))]) for _ in range(2)]
    return Call("", [x, *bounds])


@case("torch.where")
def where(r: Draws) -> Call:
    x, y = operands(r)
    return Call("", [r.tensor(r.fitting(x.shape), r.choice(["bool", "bool", "float32"])), x, y])


@case("torch.lerp")
def lerp(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape)), r.choice([0.5, r.tensor(r.fitting(x.shape))])])


@case("torch.addcmul", "torch.addcdiv")
def addcmul(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "int64"]))
    return Call("", [x, r.tensor(r.fitting(x.shape)), r.tensor(r.fitting(x.shape))])


@case("torch.complex", "torch.isclose")
def pairs(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])
