"""Calls of torch's windows and transforms of frames, views by strides, splits, parts put back, and statistics."""

from math import prod

from tests.shape_rules.cases.torch_functional import image
from tests.shape_rules.draws import Call, Draws, case


@case("torch.hann_window")
def window(r: Draws) -> Call:
    return Call("", [r.randint(0, 9), *([r.chance(50)] if r.chance(50) else [])])


@case("torch.stft")
def stft(r: Draws) -> Call:
    size = r.randint(2, 8)
    lead = r.shape(high=1)
    kwargs: dict[str, object] = {"return_complex": True if r.chance(70) else False, "window": r.tensor((size,))}
    if r.chance(50):
        kwargs["hop_length"] = r.randint(1, size)
    if r.chance(40):
        kwargs["center"] = False
    return Call("", [r.tensor((*lead, r.randint(size, 20))), size], kwargs)


@case("torch.istft", dtypes=False)
def istft(r: Draws) -> Call:
    size = r.randint(4, 8)
    hop = r.randint(1, size // 2)
    x = r.tensor((*r.shape(high=1), size // 2 + 1, r.randint(4, 8)), "complex64")
    return Call("", [x, size], {"hop_length": hop, "window": r.tensor((size,))})


@case("torch.as_strided")
def as_strided(r: Draws) -> Call:
    x = r.tensor(low=1)
    rows, columns = r.randint(1, 4), r.randint(1, 3)
    del columns
    return Call("", [x, (rows, min(prod(x.shape), 3)), (r.randint(0, 2), 1)])


@case("torch.split_with_sizes")
def split_with_sizes(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    first = r.randint(0, x.shape[axis])
    return Call("", [x, [first, x.shape[axis] - first], axis])


@case("torch.hsplit", "torch.vsplit", "torch.dsplit")
def split_across(r: Draws) -> Call:
    parts = r.randint(1, 3)
    return Call("", [r.tensor((2 * parts, 2 * parts, parts)), r.choice([parts, [1, 2], 1])])


@case("torch.index_put")
def index_put(r: Draws) -> Call:
    x = r.tensor(low=1, least=2)
    count = r.randint(1, 3)
    index = r.tensor((count,), "int64").with_(elements=(0,) * count)
    return Call("", [x, (index,), r.tensor(r.choice([(), (1,), (count, *x.shape[1:]), x.shape[1:]]))])


@case("torch.select_scatter")
def select_scatter(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    place = axis % len(x.shape)
    rest = (*x.shape[:place], *x.shape[place + 1 :])
    return Call("", [x, r.tensor(rest), axis, r.randrange(x.shape[place])])


@case("torch.slice_scatter")
def slice_scatter(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    place = axis % len(x.shape)
    start = r.randrange(x.shape[place])
    end = r.randint(start, x.shape[place])
    return Call("", [x, r.tensor((*x.shape[:place], end - start, *x.shape[place + 1 :])), axis, start, end])


@case("torch.diagonal_scatter")
def diagonal_scatter(r: Draws) -> Call:
    x = r.tensor(low=2, high=2)
    return Call("", [x, r.tensor((min(x.shape),))])


@case("torch.Tensor.sum_to_size")
def sum_to_size(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.fitting(x.shape) if r.chance(70) else x.shape], kind="method")


@case("torch.cov", "torch.corrcoef")
def covariance(r: Draws) -> Call:
    return Call("", [r.tensor(high=2, least=2, dtype=r.choice(["float32", "int64", "float64"]))])


@case("torch.trapezoid", "torch.cumulative_trapezoid")
def trapezoid(r: Draws) -> Call:
    y = r.tensor(low=1)
    axis = r.axis(len(y.shape))
    return Call("", [y, *([r.tensor((y.shape[axis],))] if r.chance(60) else [])], {"dim": axis})


@case("torch.vander")
def vander(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1), *([r.randint(0, 4)] if r.chance(50) else [])])


@case("torch.addr")
def addr(r: Draws) -> Call:
    n, m = r.randint(1, 4), r.randint(1, 4)
    return Call("", [r.tensor(r.choice([(n, m), (m,), ()])), r.tensor((n,)), r.tensor((m,))])


@case("torch.addbmm")
def addbmm(r: Draws) -> Call:
    b, n, k, m = (r.randint(1, 4) for _ in range(4))
    return Call("", [r.tensor(r.choice([(n, m), (m,)])), r.tensor((b, n, k)), r.tensor((b, k, m))])


@case("torch.linalg.vecdot")
def vecdot(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(x.shape if r.chance(60) else r.fitting(x.shape))])


@case("torch.unravel_index")
def unravel_index(r: Draws) -> Call:
    x = r.tensor(high=2, dtype="int64")
    return Call("", [x.with_(elements=(0,) * prod(x.shape)), r.shape(low=1)])


def unpool(r: Draws, rank: int) -> tuple[object, object]:
    x = r.tensor(image(r, rank))
    return x, r.tensor(x.shape, "int64").with_(elements=(0,) * prod(x.shape))


def per_rank(rank: int) -> None:
    @case(f"torch.nn.functional.max_unpool{rank}d", dtypes=False)
    def function(r: Draws) -> Call:
        return Call("", [*unpool(r, rank), r.randint(1, 3)])

    @case(f"torch.nn.MaxUnpool{rank}d", dtypes=False)
    def layer(r: Draws) -> Call:
        return Call("", [r.randint(1, 3)], {"stride": r.randint(1, 3)} if r.chance(50) else {}, "layer",
                    list(unpool(r, rank)))  # fmt: skip

    @case(f"torch.nn.LPPool{rank}d")
    def powers(r: Draws) -> Call:
        return Call("", [2, r.randint(1, 3)], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"torch.nn.LazyConv{rank}d")
    def lazy_convolution(r: Draws) -> Call:
        return Call("", [r.randint(1, 4), r.randint(1, 3)], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"torch.nn.LazyConvTranspose{rank}d")
    def lazy_transposed(r: Draws) -> Call:
        return Call("", [r.randint(1, 4), r.randint(1, 3)], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"torch.nn.LazyBatchNorm{rank}d", f"torch.nn.LazyInstanceNorm{rank}d")
    def lazy_norm(r: Draws) -> Call:
        shape = (2, r.randint(1, 4), *(r.randint(2, 4) for _ in range(rank)))
        return Call("", [], {}, "layer", [r.tensor(shape)])


for _rank in (1, 2, 3):
    per_rank(_rank)


@case("torch.nn.LazyLinear")
def lazy_linear(r: Draws) -> Call:
    return Call("", [r.randint(1, 4)], {}, "layer", [r.tensor(low=1)])


@case("torch.nn.FractionalMaxPool2d", dtypes=False)
def fractional(r: Draws) -> Call:
    return Call(
        "", [2], {"output_size": r.randint(1, 4)}, "layer", [r.tensor((2, 2, r.randint(3, 7), r.randint(3, 7)))]
    )


@case("torch.nn.FractionalMaxPool3d", dtypes=False)
def fractional_3d(r: Draws) -> Call:
    sizes = tuple(r.randint(3, 6) for _ in range(3))
    return Call("", [2], {"output_size": r.randint(1, 3)}, "layer", [r.tensor((2, 2, *sizes))])


@case("torch.sparse.mm")
def sparse_mm(r: Draws) -> Call:
    n, k, m = (r.randint(1, 4) for _ in range(3))
    return Call("", [r.tensor((n, k)), r.tensor((k, m))])


def cell(name: str, gates: int) -> None:
    @case(f"torch.{name}", dtypes=False)
    def step(r: Draws) -> Call:
        batch, wide, size = r.randint(1, 3), r.randint(1, 4), r.randint(1, 3)
        state = r.tensor((batch, size))
        return Call(
            "", [r.tensor((batch, wide)), state, r.tensor((gates * size, wide)), r.tensor((gates * size, size))]
        )


cell("gru_cell", 3)
cell("rnn_tanh_cell", 1)
cell("rnn_relu_cell", 1)
