"""What is left of torch: dropouts, losses, pools, creation, transforms, sequences."""

from tests.shape_rules.cases.torch_elementwise import operands
from tests.shape_rules.cases.torch_functional import image, zeros
from tests.shape_rules.cases.torch_shaping import joinable
from tests.shape_rules.draws import Call, Draws, case

F = "torch.nn.functional."
N = "torch.nn."


def layer(args: list[object], kwargs: dict[str, object], *inputs: object) -> Call:
    return Call("", args, kwargs, "layer", list(inputs))


@case("torch.celu", "torch.selu", f"{F}dropout", f"{F}alpha_dropout", f"{F}feature_alpha_dropout", f"{F}gumbel_softmax")
def same_shape(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, dtype=r.choice(["float32", "float32", "float64", "int64"]))])


@case("torch.dropout")
def dropout(r: Draws) -> Call:
    return Call("", [r.tensor(), 0.5, r.chance(50)])


@case(N + "AlphaDropout", N + "FeatureAlphaDropout")
def dropout_layer(r: Draws) -> Call:
    return layer([0.5], {}, r.tensor(low=1, dtype=r.choice(["float32", "float64", "int64"])))


def per_rank(rank: int) -> None:
    @case(f"{F}dropout{rank}d")
    def drop(r: Draws) -> Call:
        return Call("", [r.tensor(image(r, rank)), 0.5])

    @case(f"{N}Dropout{rank}d")
    def drop_layer(r: Draws) -> Call:
        return layer([0.5], {}, r.tensor(image(r, rank)))


for _rank in (1, 2, 3):
    per_rank(_rank)


@case(F + "prelu")
def prelu(r: Draws) -> Call:
    x = r.tensor()
    channels = x.shape[1] if len(x.shape) > 1 else 1
    return Call("", [x, r.tensor((r.choice([1, channels]),))])


@case(F + "local_response_norm")
def response(r: Draws) -> Call:
    return Call("", [r.tensor(low=3), r.randint(1, 3)])


@case(N + "LocalResponseNorm")
def response_layer(r: Draws) -> Call:
    return layer([r.randint(1, 3)], {}, r.tensor(low=3))


@case(F + "channel_shuffle")
def shuffle(r: Draws) -> Call:
    groups = r.randint(1, 3)
    return Call("", [r.tensor((2, groups * r.randint(1, 3), *r.shape(low=1, high=2))), groups])


@case(N + "ChannelShuffle")
def shuffle_layer(r: Draws) -> Call:
    groups = r.randint(1, 3)
    return layer([groups], {}, r.tensor((2, groups * r.randint(1, 3), *r.shape(low=1, high=2))))


@case(N + "Threshold")
def threshold(r: Draws) -> Call:
    return layer([0.5, 2], {}, r.tensor())


@case(N + "UpsamplingNearest2d")
def upsampling(r: Draws) -> Call:
    kwargs: dict[str, object] = {"scale_factor": 2} if r.chance(50) else {"size": r.randint(1, 6)}
    return layer([], kwargs, r.tensor((2, 2, r.randint(1, 4), r.randint(1, 4))))


@case(N + "Unfold")
def unfold(r: Draws) -> Call:
    return layer([r.randint(1, 3)], {"padding": r.randint(0, 1), "stride": r.randint(1, 2)}, r.tensor(image(r, 2)))


@case(N + "Fold")
def fold(r: Draws) -> Call:
    high, wide, kernel = r.randint(3, 6), r.randint(3, 6), r.randint(1, 3)
    places = (high - kernel + 1) * (wide - kernel + 1)
    return layer([(high, wide), kernel], {}, r.tensor((r.randint(1, 3), r.randint(1, 3) * kernel**2, places)))


@case(N + "Unflatten")
def unflatten(r: Draws) -> Call:
    x = r.tensor((2, 12, 3))
    return layer([1, r.choice([(3, 4), (2, 6), (2, 2, 3), (-1, 4)])], {}, x)


@case(N + "KLDivLoss", dtypes=False)
def kl_div(r: Draws) -> Call:
    x = r.tensor(low=1)
    return layer([], {"reduction": r.choice(["sum", "none", "batchmean"])}, x, r.tensor(r.fitting(x.shape)))


@case(N + "PoissonNLLLoss", dtypes=False)
def poisson(r: Draws) -> Call:
    x = r.tensor()
    return layer([], {"reduction": r.choice(["sum", "none"])}, x, r.tensor(x.shape))


@case(F + "poisson_nll_loss", dtypes=False)
def poisson_function(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))], {"reduction": r.choice(["sum", "none"])})


@case(F + "gaussian_nll_loss", dtypes=False)
def gaussian(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(x.shape), r.tensor(r.choice([x.shape, (*x.shape[:-1], 1), x.shape[:-1]]))],
                {"reduction": r.choice(["mean", "none"])})  # fmt: skip


@case(N + "GaussianNLLLoss", dtypes=False)
def gaussian_layer(r: Draws) -> Call:
    x = r.tensor(low=1)
    return layer([], {"reduction": r.choice(["mean", "none"])}, x, r.tensor(x.shape), r.tensor(x.shape))


@case(F + "margin_ranking_loss", dtypes=False)
def ranking(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(x.shape), r.tensor(x.shape)], {"reduction": r.choice(["mean", "none"])})


@case(N + "MarginRankingLoss", dtypes=False)
def ranking_layer(r: Draws) -> Call:
    x = r.tensor()
    return layer([], {"reduction": r.choice(["mean", "none"])}, x, r.tensor(x.shape), r.tensor(x.shape))


@case(F + "cosine_embedding_loss", dtypes=False)
def cosine(r: Draws) -> Call:
    x = r.tensor(low=1, high=2)
    return Call("", [x, r.tensor(x.shape), r.tensor(x.shape[:-1])], {"reduction": r.choice(["mean", "none"])})


@case(N + "CosineEmbeddingLoss", dtypes=False)
def cosine_layer(r: Draws) -> Call:
    x = r.tensor(low=1, high=2)
    return layer([], {"reduction": r.choice(["mean", "none"])}, x, r.tensor(x.shape), r.tensor(x.shape[:-1]))


@case(N + "TripletMarginLoss", dtypes=False)
def triplet(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    return layer([], {"reduction": r.choice(["mean", "none"])}, x, r.tensor(x.shape), r.tensor(x.shape))


@case(N + "CTCLoss")
def ctc(r: Draws) -> Call:
    batch, steps, longest = r.randint(1, 3), r.randint(4, 6), r.randint(1, 3)
    lengths: list[object] = [[steps] * batch, [r.randint(1, longest) for _ in range(batch)]]
    return layer([], {}, r.tensor((steps, batch, r.randint(2, 4))), r.tensor((batch, longest), "int64"), *lengths)


@case(F + "affine_grid")
def affine_grid(r: Draws) -> Call:
    batch = r.randint(1, 3)
    if r.chance(60):
        return Call(
            "", [r.tensor((batch, 2, 3)), (batch, 2, r.randint(1, 4), r.randint(1, 4))], {"align_corners": False}
        )
    return Call("", [r.tensor((batch, 3, 4)), (batch, 2, 2, r.randint(1, 3), 3)], {"align_corners": False})


@case(F + "embedding_bag")
def embedding_bag(r: Draws) -> Call:
    table = r.tensor(low=2, high=2)
    if r.chance(60):
        return Call("", [zeros(r, r.shape(low=2, high=2)), table], {"mode": r.choice(["mean", "sum"])})
    return Call("", [zeros(r, (4,)), table, r.tensor((2,), "int64").with_(elements=(0, 1))])


@case("torch.allclose", "torch.equal")
def compared(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])


@case("torch.isin")
def isin(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int64"])), r.tensor()])


@case("torch.special.xlogy")
def xlogy(r: Draws) -> Call:
    return Call("", operands(r))


@case("torch.bernoulli", "torch.numel", "torch.is_floating_point", "torch.fft.fftshift")
def of_one(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case("torch.full_like")
def full_like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype()), r.choice([1, 2.5])])


@case("torch.randint_like")
def randint_like(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int64"])), r.randint(1, 5)])


@case("torch.fft.fftfreq", "torch.fft.rfftfreq")
def frequencies(r: Draws) -> Call:
    return Call("", [r.randint(1, 9)])


@case("torch.fft.hfft")
def hfft(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, least=2)])


@case("torch.fft.irfftn", "torch.fft.irfft2")
def irfft(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, least=2)])


@case("torch.linalg.eig")
def eig(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity")])


@case("torch.linalg.norm")
def norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"dim": r.axis(len(x.shape)), "keepdim": r.chance(50)} if r.chance(60) else {})


@case("torch.svd")
def svd(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case("torch.renorm")
def renorm(r: Draws) -> Call:
    x = r.tensor(low=2)
    return Call("", [x, 2, r.axis(len(x.shape)), 1.0])


@case("torch.polar")
def polar(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])


@case("torch.view_as_real")
def view_as_real(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["complex64", "complex64", "float32"]))])


@case("torch.view_as_complex")
def view_as_complex(r: Draws) -> Call:
    return Call("", [r.tensor((*r.shape(high=3), 2))])


@case("torch.row_stack")
def row_stack(r: Draws) -> Call:
    return Call("", [joinable(r, None, r.shape(high=3))])


@case("torch.cartesian_prod")
def cartesian(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1) for _ in range(r.randint(1, 3))])


@case("torch.broadcast_shapes")
def broadcast_shapes(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [shape, r.fitting(shape)])
