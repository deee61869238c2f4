"""Calls that make torch tensors."""

from tests.shape_rules.draws import Call, Draws, case, dtype_object


def dtype(r: Draws) -> dict[str, object]:
    return {"dtype": dtype_object(r.choice(["float32", "float64", "int64", "float64"]))} if r.chance(40) else {}


@case("torch.zeros", "torch.ones", "torch.empty")
def sizes(r: Draws) -> Call:
    shape = r.shape(low=1)
    return Call("", [shape] if r.chance(50) else list(shape), dtype(r))


@case("torch.rand", "torch.randn")
def random_sizes(r: Draws) -> Call:
    shape = r.shape(low=1)
    return Call("", [shape] if r.chance(50) else list(shape))


@case("torch.zeros_like", "torch.ones_like", "torch.empty_like")
def like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], dtype(r))


@case("torch.randn_like", "torch.rand_like")
def random_like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case("torch.full")
def full(r: Draws) -> Call:
    return Call("", [r.shape(), r.choice([1, 2.5, True])], dtype(r))


@case("torch.randint")
def randint(r: Draws) -> Call:
    return Call("", [r.randint(-2, 2), r.randint(3, 9), r.shape()])


@case("torch.randperm")
def randperm(r: Draws) -> Call:
    return Call("", [r.randint(0, 9)])


@case("torch.eye")
def eye(r: Draws) -> Call:
    return Call("", [r.randint(0, 6), *([r.randint(0, 6)] if r.chance(50) else [])], dtype(r))


@case("torch.arange")
def arange(r: Draws) -> Call:
    numbers: list[object] = [r.randint(-4, 4), r.randint(4, 12), r.choice([1, 2, 3, 0.5])]
    return Call("", numbers[: r.randint(1, 3)] if r.chance(50) else numbers, dtype(r) if r.chance(30) else {})


@case("torch.linspace", "torch.logspace")
def linspace(r: Draws) -> Call:
    return Call("", [r.choice([0, 0.5]), r.choice([1, 2.0]), r.randint(0, 9)])


@case("torch.tensor", "torch.as_tensor")
def tensor(r: Draws) -> Call:
    shape = r.shape(high=3, most=3)
    kind = r.choice([1, 2.5, True])

    def nested(dims: tuple[int, ...]) -> object:
        return [nested(dims[1:]) for _ in range(dims[0])] if dims else kind

    data = nested(shape)
    if isinstance(data, list) and r.chance(40):
        data[r.randrange(len(data))] = nested(r.shape(high=2, most=3))
    return Call("", [data], dtype(r))


@case("torch.Tensor.new_zeros", "torch.Tensor.new_ones", "torch.Tensor.new_empty")
def new(r: Draws) -> Call:
    shape = r.shape(low=1)
    return Call("", [r.tensor(dtype=r.any_dtype()), *([shape] if r.chance(50) else shape)], kind="method")


@case("torch.Tensor.new_full")
def new_full(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype()), r.shape(), 1], kind="method")


@case("torch.multinomial")
def multinomial(r: Draws) -> Call:
    x = r.tensor(low=1, high=2)
    return Call("", [x, r.randint(1, x.shape[-1])], {"replacement": True} if r.chance(30) else {})


@case("torch.from_numpy")
def from_numpy(r: Draws) -> Call:
    r.library = r.choice(["numpy", "numpy", "torch"])
    return Call("", [r.tensor(dtype=r.any_dtype())])
