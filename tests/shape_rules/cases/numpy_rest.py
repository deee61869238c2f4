"""What is left of NumPy's and `jax.numpy`'s functions and methods."""

from tests.shape_rules.cases.numpy_elementwise import named, number, operands, reduction
from tests.shape_rules.cases.torch_indexing import zeros
from tests.shape_rules.draws import Call, Draws, case


@case(*named("amax", "amin", "nanmax", "nanmin", "nanprod"))
def reductions(r: Draws) -> Call:
    return reduction(r)


@case(*named("nanargmax", "nanargmin"))
def places(r: Draws) -> Call:
    return reduction(r, several=False)


@case(*named("iscomplex", "isreal", "isposinf", "isneginf", "real", "invert", "shape", "size", "ndim"))
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int32", "bool"]))])


@case(*named("atleast_1d", "empty_like", "matrix_transpose", "fft.ifft"))
def of_one(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case(*named("fft.fft2", "fft.fftn"))
def of_matrices(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(*named("full_like"))
def full_like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r)), r.choice([1, 2.5])])


@case(*named("isclose", "atan2", "pow"))
def binary(r: Draws) -> Call:
    return Call("", operands(r))


@case(*named("average"))
def average(r: Draws) -> Call:
    call = reduction(r, several=False)
    call.kwargs.pop("keepdims", None)
    return call


@case(*named("identity"))
def square(r: Draws) -> Call:
    return Call("", [r.randint(0, 5)])


@case(*named("indices"))
def indices(r: Draws) -> Call:
    return Call("", [r.shape(low=1, high=3)])


@case(*named("roll"))
def roll(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randint(-3, 3)], {"axis": r.axis(len(x.shape))} if r.chance(70) else {})


@case(*named("append"))
def append(r: Draws) -> Call:
    x = r.tensor(low=1)
    if r.chance(50):
        return Call("", [x, r.tensor()])
    axis = r.axis(len(x.shape))
    shape = list(x.shape)
    shape[axis] = r.randint(1, 4)
    return Call("", [x, r.tensor(tuple(shape)), axis])


@case(*named("meshgrid"))
def meshgrid(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1) for _ in range(r.randint(1, 3))], {"indexing": r.choice(["xy", "ij"])})


@case(*named("broadcast_arrays"))
def broadcast_arrays(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])


@case(*named("kron"))
def kron(r: Draws) -> Call:
    return Call("", [r.tensor(high=3), r.tensor(high=3)])


@case(*named("vdot"))
def vdot(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(tuple(r.sample(x.shape, len(x.shape))))])


@case(*named("cross"))
def cross(r: Draws) -> Call:
    lead = r.shape(high=2)
    return Call("", [r.tensor((*lead, 3)), r.tensor((*r.fitting(lead), 3))])


@case(*named("nonzero", "argwhere", "flatnonzero", "unique"), mask=True)
def of_data(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case(*named("bincount"), mask=True)
def bincount(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(low=1, high=1))])


@case(*named("linalg.inv", "linalg.cholesky", "linalg.eigvalsh"))
def inverse(r: Draws) -> Call:
    size = r.randint(1, 1)
    return Call("", [r.tensor((*r.shape(high=2), size, size))])


@case(*(f"numpy.ndarray.{name}" for name in ("copy", "flatten")))
def methods(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))], kind="method")


@case("numpy.ndarray.transpose")
def transpose(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, *r.sample(range(len(x.shape)), len(x.shape))], kind="method")


@case("numpy.ndarray.dot")
def dot(r: Draws) -> Call:
    k = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), k)), r.tensor((k, r.randint(1, 3)))], kind="method")


RANDOM = "normal uniform exponential gumbel laplace random".split()


@case(*(f"numpy.random.{name}" for name in RANDOM))
def random(r: Draws) -> Call:
    return Call("", [], {"size": r.shape()})


@case("numpy.random.rand")
def rand(r: Draws) -> Call:
    return Call("", list(r.shape()))
