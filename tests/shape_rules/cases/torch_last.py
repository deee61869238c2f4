"""The last of torch's functions, methods and layers that take draws."""

from tests.shape_rules.cases.torch_functional import image, zeros
from tests.shape_rules.draws import Call, Draws, case

F = "torch.nn.functional."
T = "torch.Tensor."


@case(T + "clone", T + "detach")
def copies(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


@case(T + "uniform_")
def uniform(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int64"]))], kind="method")


@case("torch.nn.init.uniform_")
def init_uniform(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int64"]))])


@case("torch.masked_scatter")
def masked_scatter(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, zeros(r, r.fitting(x.shape), "bool"), r.tensor(x.shape)])


@case(T + "masked_scatter_")
def masked_scatter_inplace(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, zeros(r, r.fitting(x.shape), "bool"), r.tensor(x.shape)], kind="method")


@case("torch.combinations", mask=True)
def combinations(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1), r.randint(1, 3)])


@case("torch.tril_indices", mask=True)
def tril_indices(r: Draws) -> Call:
    return Call("", [r.randint(0, 5), r.randint(0, 5), r.randint(-2, 2)])


@case("torch.inverse")
def inverse(r: Draws) -> Call:
    size = r.randint(2, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity")])


@case("torch.linalg.matrix_power")
def matrix_power(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity"), r.randint(0, 3)])


@case("torch.linalg.solve_triangular")
def solve_triangular(r: Draws) -> Call:
    n, k, lead = r.randint(1, 4), r.randint(1, 3), r.shape(high=2)
    left = r.chance(60)
    b = (*lead, n, k) if left else (*lead, k, n)
    a = r.tensor((*r.fitting(lead), n, n)).with_(layout="identity")
    return Call("", [a, r.tensor(b)], {"upper": r.chance(50), "left": left})


def lp(rank: int) -> None:
    @case(f"{F}lp_pool{rank}d")
    def pool(r: Draws) -> Call:
        return Call("", [r.tensor(image(r, rank)), 2, r.randint(1, 3)], {"stride": r.randint(1, 2)})


for _rank in (1, 2, 3):
    lp(_rank)


@case("torch.nn.UpsamplingBilinear2d")
def upsampling(r: Draws) -> Call:
    kwargs: dict[str, object] = {"scale_factor": 2} if r.chance(50) else {"size": r.randint(1, 6)}
    return Call("", [], kwargs, "layer", [r.tensor((2, 2, r.randint(1, 4), r.randint(1, 4)))])


@case("torch.nn.EmbeddingBag")
def embedding_bag(r: Draws) -> Call:
    table = [r.randint(1, 5), r.randint(1, 4)]
    if r.chance(60):
        return Call("", table, {}, "layer", [zeros(r, (r.randint(1, 4), r.randint(1, 4)))])
    return Call("", table, {}, "layer", [zeros(r, (r.randint(1, 5),)), zeros(r, (r.randint(1, 3),))])


@case("torch.nn.Buffer", "torch.nn.Parameter")
def parameter(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int64"]))])


@case("torch.normal")
def normal(r: Draws) -> Call:
    mean = r.tensor()
    return Call(
        "", r.choice([[mean, r.tensor(r.fitting(mean.shape))], [mean, 1.0], [0.0, r.tensor()], [0.0, 1.0, r.shape()]])
    )


@case(T + "new_tensor")
def new_tensor(r: Draws) -> Call:
    data: object = [[1] * r.randint(1, 3)] * r.randint(1, 3)
    return Call("", [r.tensor(), data if r.chance(70) else [[1, 2], [3]][: r.randint(1, 2)]], kind="method")


@case(T + "resize_")
def resize(r: Draws) -> Call:
    return Call("", [r.tensor(), *r.shape()], kind="method")


@case(T + "index_put_")
def index_put(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    count = r.randint(1, 3)
    return Call("", [x, (zeros(r, (count,)),), r.tensor((count, *x.shape[1:]))], kind="method")
