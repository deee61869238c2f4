"""In-place methods of torch's tensors, and methods and operators that other files leave out."""

from tests.shape_rules.cases.torch_elementwise import operands
from tests.shape_rules.cases.torch_indexing import picks, zeros
from tests.shape_rules.draws import Call, Draws, case

T = "torch.Tensor."


def method(*args: object, **kwargs: object) -> Call:
    return Call("", list(args), kwargs, "method")


@case(*(f"{T}__{name}__" for name in "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor".split()))
def operators(r: Draws) -> Call:
    return method(*operands(r))


@case(*(f"{T}__{name}__" for name in ("neg", "pos", "len")))
def unary(r: Draws) -> Call:
    return method(r.tensor(dtype=r.any_dtype()))


@case(*(f"{T}__{name}__" for name in ("bool", "int", "float")), mask=True)
def numbers(r: Draws) -> Call:
    return method(r.tensor(most=2, high=2, dtype=r.any_dtype()))


@case(f"{T}addcmul_", f"{T}addcdiv_")
def addc(r: Draws) -> Call:
    x = r.tensor()
    return method(x, r.tensor(r.fitting(x.shape)), r.tensor(r.fitting(x.shape)))


@case(f"{T}lerp_")
def lerp(r: Draws) -> Call:
    x = r.tensor()
    return method(x, r.tensor(x.shape), r.choice([0.5, r.tensor(r.fitting(x.shape))]))


@case(f"{T}addmm_")
def addmm(r: Draws) -> Call:
    n, k, m = (r.randint(1, 4) for _ in range(3))
    return method(r.tensor((n, m)), r.tensor((n, k)), r.tensor((k, m)))


@case(f"{T}addmv_")
def addmv(r: Draws) -> Call:
    n, k = r.randint(1, 4), r.randint(1, 4)
    return method(r.tensor((n,)), r.tensor((n, k)), r.tensor((k,)))


@case(f"{T}baddbmm_")
def baddbmm(r: Draws) -> Call:
    b, n, k, m = (r.randint(1, 3) for _ in range(4))
    return method(r.tensor((b, n, m)), r.tensor((b, n, k)), r.tensor((b, k, m)))


@case(f"{T}clamp_")
def clamp(r: Draws) -> Call:
    x = r.tensor()
    return method(x, r.choice([0, 0.5]), 2)


@case(f"{T}clamp_min_", f"{T}clamp_max_")
def clamp_one(r: Draws) -> Call:
    x = r.tensor()
    return method(x, r.choice([0, 0.5, r.tensor(r.fitting(x.shape))]))


@case("torch.clamp_min", "torch.clamp_max")
def clamp_function(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "int64"]))
    return Call("", [x, r.choice([0, 0.5, r.tensor(r.fitting(x.shape))])])


@case(f"{T}fill_")
def fill(r: Draws) -> Call:
    return method(r.tensor(dtype=r.any_dtype()), r.choice([0, 1.5, True, r.tensor(())]))


def along(r: Draws) -> tuple[object, int, object, tuple[int, ...]]:
    """A tensor, an axis, indices along it, and the shape of what belongs there."""
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    count = r.randint(1, 3)
    shape = list(x.shape)
    shape[axis] = count
    return x, axis, zeros(r, (count,)), tuple(shape)


@case("torch.index_add", "torch.index_copy")
def index_add(r: Draws) -> Call:
    x, axis, index, shape = along(r)
    return Call("", [x, axis, index, r.tensor(shape)])


@case(f"{T}index_add_", f"{T}index_copy_")
def index_add_inplace(r: Draws) -> Call:
    x, axis, index, shape = along(r)
    return method(x, axis, index, r.tensor(shape))


@case("torch.index_fill")
def index_fill(r: Draws) -> Call:
    x, axis, index, _ = along(r)
    return Call("", [x, axis, index, r.choice([0, 1.5, r.tensor(())])])


@case(f"{T}index_fill_")
def index_fill_inplace(r: Draws) -> Call:
    x, axis, index, _ = along(r)
    return method(x, axis, index, r.choice([0, 1.5, r.tensor(())]))


@case(f"{T}scatter_", f"{T}scatter_add_")
def scatter(r: Draws) -> Call:
    x = r.tensor(low=1)
    shape = tuple(r.choice([size, max(1, size - 1)]) for size in x.shape)
    return method(x, r.axis(len(x.shape)), zeros(r, shape), r.tensor(shape))


@case("torch.scatter_reduce")
def scatter_reduce(r: Draws) -> Call:
    x = r.tensor(low=1)
    shape = tuple(r.choice([size, max(1, size - 1)]) for size in x.shape)
    return Call("", [x, r.axis(len(x.shape)), zeros(r, shape), r.tensor(shape), r.choice(["sum", "amax", "mean"])])


@case(f"{T}scatter_reduce_")
def scatter_reduce_inplace(r: Draws) -> Call:
    call = scatter_reduce_call(r)
    return method(*call)


def scatter_reduce_call(r: Draws) -> list[object]:
    x = r.tensor(low=1)
    shape = tuple(r.choice([size, max(1, size - 1)]) for size in x.shape)
    return [x, r.axis(len(x.shape)), zeros(r, shape), r.tensor(shape), r.choice(["sum", "amax"])]


@case("torch.take")
def take(r: Draws) -> Call:
    x, _, found = picks(r)
    return Call("", [x, found])


@case(f"{T}stride", f"{T}is_contiguous", f"{T}numpy")
def plain(r: Draws) -> Call:
    return method(r.tensor(dtype=r.any_dtype()))
