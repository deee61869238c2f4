"""The operators of Python that the other files leave out, and methods of arrays of NumPy and JAX."""

from tests.shape_rules.cases.numpy_elementwise import number, operands
from tests.shape_rules.cases.torch_elementwise import operands as torch_operands
from tests.shape_rules.cases.torch_indexing import index
from tests.shape_rules.cases.torch_products import matrices
from tests.shape_rules.draws import Call, Draws, case


@case(*(f"torch.op.{symbol}" for symbol in ("|", "^", "<=", ">")))
def torch_operators(r: Draws) -> Call:
    found = torch_operands(r)
    if r.chance(30):
        found[1] = r.tensor(low=1)
    return Call("", found if r.chance(50) else found[::-1], kind="operator")


@case(
    *(f"numpy.op.{symbol}" for symbol in ("**", "<=", ">", ">=")),
    *(f"jax.op.{symbol}" for symbol in ("-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==")),
)
def arithmetic(r: Draws) -> Call:
    found = operands(r)
    if r.chance(40):
        found[1] = r.tensor(low=1)
    return Call("", found if r.chance(50) else found[::-1], kind="operator")


@case(*(f"{library}.op.{symbol}" for library in ("numpy", "jax") for symbol in ("&", "|", "^", "<<", ">>")))
def bits(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int32", "int64", "uint8", "bool", "float32"]))
    other = r.tensor(r.fitting(x.shape) if r.chance(80) else r.shape(), r.choice(["int32", "int64", "uint8"]))
    return Call("", [x, other] if r.chance(50) else [other, x], kind="operator")


@case("jax.op.@")
def product(r: Draws) -> Call:
    a, b = matrices(r)
    b = (*b[:-2], b[-2] + 1, b[-1]) if r.chance(50) else b
    return Call("", [r.tensor(a), r.tensor(b)], kind="operator")


@case(*(f"{cls}.__{name}__" for cls in ("numpy.ndarray", "jax.Array") for name in ("neg", "pos")))
def signs(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice([number(r), "bool"]))], kind="method")


@case(*(f"{cls}.__len__" for cls in ("numpy.ndarray", "jax.Array")))
def length(r: Draws) -> Call:
    return Call("", [r.tensor(high=2)], kind="method")


@case("jax.getitem", spoil=False)
def getitem(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, index(r, x.shape if r.chance(60) else (*x.shape, 3), False)], kind="getitem")


@case("numpy.setitem", spoil=False)
def setitem(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    parts = [0, slice(None), slice(0, 2), (..., 0), (slice(None), None)]
    shapes = [x.shape[1:], x.shape, (min(2, x.shape[0]), *x.shape[1:]), x.shape[:-1], (x.shape[0], 1, *x.shape[1:])]
    place = r.randrange(len(parts))
    shape = shapes[place]
    value = r.choice([2, r.tensor(shape), r.tensor(r.shape(high=3)), r.tensor((1, *shape)), r.tensor(shape[1:])])
    return Call("", [x, parts[place], value], kind="setitem")


@case("jax.Array.conj", "jax.Array.copy", "jax.Array.flatten", "numpy.ndarray.conj")
def methods(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))], kind="method")


@case("jax.Array.reshape")
def reshape(r: Draws) -> Call:
    x = r.tensor()
    sizes = list(x.shape)
    r.shuffle(sizes)
    return Call("", [x, *sizes] if r.chance(50) else [x, (-1, *sizes[1:]) if sizes else (1,)], kind="method")


@case("jax.Array.transpose")
def transpose(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, *r.sample(range(len(x.shape)), len(x.shape))], kind="method")


@case("jax.Array.dot")
def dot(r: Draws) -> Call:
    k = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), k)), r.tensor((k, r.randint(1, 3)))], kind="method")
