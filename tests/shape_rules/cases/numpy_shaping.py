"""Calls of NumPy's and `jax.numpy`'s creation, views, joins, splits and products."""

from tests.shape_rules.cases.numpy_elementwise import named
from tests.shape_rules.cases.torch_indexing import index, zeros
from tests.shape_rules.cases.torch_products import matrices
from tests.shape_rules.cases.torch_shaping import goal, joinable
from tests.shape_rules.draws import Call, Draws, case


@case(*named("zeros", "ones", "empty"))
def sizes(r: Draws) -> Call:
    return Call("", [r.shape() if r.chance(80) else r.randint(0, 4)])


@case(*named("zeros_like", "ones_like"))
def like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case(*named("full"))
def full(r: Draws) -> Call:
    return Call("", [r.shape(), r.choice([1, 2.5, True])])


@case(*named("eye"))
def eye(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), *([r.randint(0, 5)] if r.chance(50) else [])])


@case(*named("arange"))
def arange(r: Draws) -> Call:
    numbers: list[object] = [r.randint(-4, 4), r.randint(4, 12), r.choice([1, 2, 3, 0.5])]
    return Call("", numbers[: r.randint(1, 3)])


@case(*named("linspace"))
def linspace(r: Draws) -> Call:
    return Call("", [r.choice([0, 0.5]), r.choice([1, 2.0]), r.randint(0, 9)])


@case(*named("array", "asarray"))
def array(r: Draws) -> Call:
    shape = r.shape(high=3, most=3)
    kind = r.choice([1, 2.5, True])

    def nested(dims: tuple[int, ...]) -> object:
        return [nested(dims[1:]) for _ in range(dims[0])] if dims else kind

    data = nested(shape)
    if isinstance(data, list) and r.chance(40):
        data[r.randrange(len(data))] = nested(r.shape(high=2, most=3))
    return Call("", [data])


@case(*named("reshape"))
def reshape(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, tuple(goal(r, x.shape))])


@case("numpy.ndarray.reshape")
def reshape_method(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, *goal(r, x.shape)], kind="method")


@case(*named("transpose"))
def transpose(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, tuple(r.sample(range(len(x.shape)), len(x.shape)))])


@case(*named("swapaxes"))
def swapaxes(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape)), r.axis(len(x.shape))])


@case(*named("moveaxis"))
def moveaxis(r: Draws) -> Call:
    x = r.tensor(low=1)
    rank = len(x.shape)
    count = r.randint(1, rank)
    return Call("", [x, tuple(r.sample(range(rank), count)), tuple(r.sample(range(rank), count))])


@case(*named("expand_dims"))
def expand_dims(r: Draws) -> Call:
    x = r.tensor()
    if r.chance(30):
        return Call("", [x, tuple(r.sample(range(len(x.shape) + 2), 2))])
    return Call("", [x, r.axis(len(x.shape) + 1)])


@case(*named("squeeze"))
def squeeze(r: Draws) -> Call:
    x = r.tensor(most=2)
    ones = [place for place, size in enumerate(x.shape) if size == 1]
    return Call("", [x, *([r.choice(ones)] if ones and r.chance(70) else [])])


@case(*named("broadcast_to"))
def broadcast_to(r: Draws) -> Call:
    x = r.tensor(most=2)
    return Call("", [x, (*r.shape(high=1), *(size if size > 1 else r.choice([1, 4]) for size in x.shape))])


@case(*named("tile"))
def tile(r: Draws) -> Call:
    return Call("", [r.tensor(high=3, most=3), tuple(r.randint(0, 3) for _ in range(r.randint(0, 3)))])


@case(*named("repeat"))
def repeat(r: Draws) -> Call:
    x = r.tensor(low=1, most=3)
    return Call("", [x, r.randint(0, 3)], {"axis": r.axis(len(x.shape))} if r.chance(70) else {})


@case(*named("flip"))
def flip(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))])


@case(*named("tril"))
def tril(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(*named("diag"))
def diag(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=2), r.randint(-2, 2)])


@case(*named("atleast_2d", "atleast_3d", "ravel"))
def atleast(r: Draws) -> Call:
    return Call("", [r.tensor()])


@case(*named("pad"))
def pad(r: Draws) -> Call:
    x = r.tensor(low=1)
    pairs = [[r.randint(0, 2), r.randint(0, 2)] for _ in x.shape]
    return Call("", [x, r.choice([r.randint(0, 2), pairs])])


@case(*named("concatenate"))
def concatenate(r: Draws) -> Call:
    shape = r.shape(low=1)
    axis = r.axis(len(shape))
    return Call("", [joinable(r, axis, shape), axis])


@case(*named("stack"))
def stack(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [joinable(r, None, shape), r.axis(len(shape) + 1)])


@case(*named("hstack", "vstack", "dstack", "column_stack"))
def stacks(r: Draws) -> Call:
    return Call("", [joinable(r, None, r.shape(high=3))])


@case(*named("split"))
def split(r: Draws) -> Call:
    x = r.tensor(low=1, most=6)
    axis = r.axis(len(x.shape))
    size = x.shape[axis]
    parts = r.choice([d for d in range(1, size + 1) if size % d == 0])
    return Call("", [x, r.choice([parts, parts, [r.randint(0, size)]]), axis])


@case(*named("array_split"))
def array_split(r: Draws) -> Call:
    x = r.tensor(low=1, most=6)
    return Call("", [x, r.randint(1, 4), r.axis(len(x.shape))])


@case("numpy.getitem", spoil=False)
def getitem(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, index(r, x.shape if r.chance(60) else (*x.shape, 3), r.chance(30))], kind="getitem")


@case(*named("take"))
def take(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, zeros(r, r.shape(high=2))], {"axis": r.axis(len(x.shape))} if r.chance(80) else {})


@case(*named("searchsorted"))
def searchsorted(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1), r.tensor()])


@case(*named("matmul", "dot"))
def matmul(r: Draws) -> Call:
    a, b = matrices(r)
    return Call("", [r.tensor(a[-1:] if r.chance(25) else a), r.tensor(b[-2:-1] if r.chance(25) else b)])


@case("numpy.op.@")
def matmul_operator(r: Draws) -> Call:
    a, b = matrices(r)
    b = (*b[:-2], b[-2] + 1, b[-1]) if r.chance(50) else b
    return Call("", [r.tensor(a), r.tensor(b)], kind="operator")


@case(*named("inner"))
def inner(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor((*r.shape(high=2), n)), r.tensor((*r.shape(high=2), n))])


@case(*named("outer"))
def outer(r: Draws) -> Call:
    return Call("", [r.tensor(high=2), r.tensor(high=2)])


@case(*named("tensordot"))
def tensordot(r: Draws) -> Call:
    x = r.tensor()
    count = r.randint(0, len(x.shape))
    return Call("", [x, r.tensor((*x.shape[len(x.shape) - count :], *r.shape(high=2))), count])


@case(*named("einsum"))
def einsum(r: Draws) -> Call:
    names = {letter: r.randint(1, 4) for letter in "abcdij"}
    words = ["".join(r.sample("abcdij", r.randint(1, 3))) for _ in range(r.randint(1, 3))]
    used = sorted(set("".join(words)))
    output = "" if r.chance(20) else "->" + "".join(r.sample(used, r.randint(0, len(used))))
    return Call("", [",".join(words) + output, *(r.tensor(tuple(names[one] for one in word)) for word in words)])


@case(*named("linalg.eigh", "linalg.slogdet", "linalg.det"))
def square(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size))])


@case(*named("linalg.svd", "linalg.qr", "linalg.pinv"))
def rectangular(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(*named("linalg.norm"))
def norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axis": r.axis(len(x.shape)), "keepdims": r.chance(50)} if r.chance(70) else {})


@case(*named("fft.fft", "fft.rfft", "fft.irfft"))
def fft(r: Draws) -> Call:
    x = r.tensor(low=1, least=2)
    return Call("", [x], {"axis": r.axis(len(x.shape)), **({"n": r.randint(1, 6)} if r.chance(40) else {})})
