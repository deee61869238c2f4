"""Layers of `torch.nn`, constructed and called."""

from tests.shape_rules.cases.torch_functional import classes, image, per_axis, zeros
from tests.shape_rules.draws import Call, Draws, case

N = "torch.nn."


def layer(args: list[object], kwargs: dict[str, object], *inputs: object) -> Call:
    return Call("", args, kwargs, "layer", list(inputs))


@case(N + "Linear")
def linear(r: Draws) -> Call:
    width = r.randint(1, 5)
    return layer([width, r.randint(1, 5)], {"bias": r.chance(60)}, r.tensor((*r.shape(high=3), width)))


@case(N + "Bilinear")
def bilinear(r: Draws) -> Call:
    a, b, lead = r.randint(1, 4), r.randint(1, 4), r.shape(high=2)
    return layer([a, b, r.randint(1, 4)], {}, r.tensor((*lead, a)), r.tensor((*lead, b)))


@case(N + "Embedding")
def embedding(r: Draws) -> Call:
    return layer([r.randint(2, 9), r.randint(1, 5)], {}, zeros(r, r.shape(high=3)))


@case(N + "Embedding.from_pretrained")
def embedding_of(r: Draws) -> Call:
    table = r.tensor((r.randint(2, 9), r.randint(1, 5)), r.choice(["float32", "float64"]))
    return layer([table], {}, zeros(r, r.shape(high=3)))


def convolutions(rank: int) -> None:
    @case(f"{N}Conv{rank}d")
    def conv(r: Draws) -> Call:
        groups = r.choice([1, 1, 2])
        channels = groups * r.randint(1, 3)
        kwargs = {"stride": per_axis(r, rank, 1, 2), "padding": r.choice([0, 1, 1, "valid"]), "groups": groups}
        if r.chance(20):
            kwargs["padding_mode"] = r.choice(["reflect", "circular", "replicate"])
        args = [channels, groups * r.randint(1, 3), per_axis(r, rank, 1, 3)]
        return layer(args, kwargs, r.tensor(image(r, rank, channels)))

    @case(f"{N}ConvTranspose{rank}d")
    def transposed(r: Draws) -> Call:
        channels = r.randint(1, 3)
        kwargs = {"stride": r.randint(1, 3), "padding": r.randint(0, 1), "output_padding": r.choice([0, 0, 1])}
        return layer([channels, r.randint(1, 3), r.randint(1, 3)], kwargs, r.tensor(image(r, rank, channels, most=5)))

    @case(f"{N}MaxPool{rank}d", f"{N}AvgPool{rank}d")
    def pool(r: Draws) -> Call:
        kwargs = {"stride": r.choice([None, 1, 2]), "padding": r.choice([0, 0, 1]), "ceil_mode": r.chance(30)}
        return layer([per_axis(r, rank, 2, 3)], kwargs, r.tensor(image(r, rank)))

    @case(f"{N}AdaptiveAvgPool{rank}d")
    def adaptive(r: Draws) -> Call:
        return layer([r.choice([1, 2, 5, (None, 3, 1)[:rank] if rank > 1 else 3])], {}, r.tensor(image(r, rank)))

    @case(f"{N}BatchNorm{rank}d")
    def batch_norm(r: Draws) -> Call:
        channels = r.randint(1, 4)
        shape = (r.randint(1, 3), channels, *(r.randint(1, 3) for _ in range(rank)))
        shape = shape[:2] if rank == 1 and r.chance(50) else shape
        return layer([channels], {"affine": r.chance(60)}, r.tensor(shape))

    @case(f"{N}InstanceNorm{rank}d")
    def instance_norm(r: Draws) -> Call:
        channels = r.randint(1, 4)
        return layer([channels], {"affine": r.chance(60)}, r.tensor(image(r, rank, channels)))

    def around(r: Draws) -> object:
        return r.randint(0, 3) if r.chance(60) else tuple(r.randint(0, 3) for _ in range(2 * rank))

    @case(f"{N}ReflectionPad{rank}d", f"{N}ReplicationPad{rank}d")
    def pad(r: Draws) -> Call:
        return Call("", [around(r)], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"{N}ConstantPad{rank}d")
    def constant_pad(r: Draws) -> Call:
        return Call("", [around(r), 0.5], {}, "layer", [r.tensor(image(r, rank))])


for _rank in (1, 2, 3):
    convolutions(_rank)


@case(N + "LayerNorm", N + "RMSNorm")
def layer_norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    last = x.shape[r.randint(0, len(x.shape) - 1) :]
    return layer([last[0] if len(last) == 1 and r.chance(60) else last], {}, x)


@case(N + "GroupNorm")
def group_norm(r: Draws) -> Call:
    groups = r.randint(1, 3)
    channels = groups * r.randint(1, 3)
    return layer([groups, channels], {}, r.tensor((r.randint(1, 3), channels, *r.shape(high=2))))


@case(N + "Flatten")
def flatten(r: Draws) -> Call:
    return layer([], {"start_dim": r.randint(0, 1)} if r.chance(50) else {}, r.tensor(low=1))


@case(N + "Upsample")
def upsample(r: Draws) -> Call:
    kwargs = {"scale_factor": r.choice([2, 0.5, 1.5])} if r.chance(60) else {"size": r.randint(1, 9)}
    rank = r.randint(1, 3)
    kwargs["mode"] = r.choice(["nearest", {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]])
    return layer([], kwargs, r.tensor((r.randint(1, 3), r.randint(1, 3), *(r.randint(2, 6) for _ in range(rank)))))


@case(N + "PixelShuffle")
def pixel_shuffle(r: Draws) -> Call:
    factor = r.randint(1, 3)
    return layer(
        [factor], {}, r.tensor((*r.shape(high=1), factor**2 * r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)))
    )


@case(N + "PixelUnshuffle")
def pixel_unshuffle(r: Draws) -> Call:
    factor = r.randint(1, 3)
    return layer([factor], {}, r.tensor((*r.shape(high=1), 2, factor * r.randint(1, 3), factor * r.randint(1, 3))))


def recurrent(r: Draws, proj: bool) -> Call:
    size, hidden, layers = r.randint(1, 4), r.randint(2, 4), r.randint(1, 2)
    kwargs: dict[str, object] = {"batch_first": r.chance(50), "bidirectional": r.chance(50)}
    output = hidden
    if proj and r.chance(40):
        kwargs["proj_size"] = output = 1
    batch, length = r.randint(1, 3), r.randint(1, 4)
    batched = r.chance(75)
    lead = ((batch, length) if kwargs["batch_first"] else (length, batch)) if batched else (length,)
    inputs: list[object] = [r.tensor((*lead, size))]
    if r.chance(60):
        depth = layers * (2 if kwargs["bidirectional"] else 1)
        if r.chance(10):
            depth += 1
        middle = (batch,) if batched else ()
        state = r.tensor((depth, *middle, output))
        inputs.append((state, r.tensor((depth, *middle, hidden))) if proj else state)
    return layer([size, hidden, layers], kwargs, *inputs)


@case(N + "LSTM")
def lstm(r: Draws) -> Call:
    return recurrent(r, True)


@case(N + "GRU", N + "RNN")
def gru(r: Draws) -> Call:
    return recurrent(r, False)


@case(N + "LSTMCell", N + "GRUCell", N + "RNNCell")
def cell(r: Draws) -> Call:
    size = r.randint(1, 4)
    return layer([size, r.randint(1, 4)], {}, r.tensor((*r.shape(high=1), size)))


@case(N + "MultiheadAttention")
def attention(r: Draws) -> Call:
    heads = r.randint(1, 3)
    width, length, source, batch = heads * r.randint(1, 3), r.randint(1, 4), r.randint(1, 4), r.randint(1, 3)
    kwargs: dict[str, object] = {"batch_first": r.chance(50)}
    if r.chance(20):
        shapes = [(length, width), (source, width)]
    elif kwargs["batch_first"]:
        shapes = [(batch, length, width), (batch, source, width)]
    else:
        shapes = [(length, batch, width), (source, batch, width)]
    call = layer([width, heads], kwargs, r.tensor(shapes[0]), r.tensor(shapes[1]), r.tensor(shapes[1]))
    if r.chance(40):
        call.options["attn_mask"] = r.tensor((length, source))
    if r.chance(30):
        call.options["need_weights"] = False
    return call


ACTIVATIONS = "ReLU GELU SiLU ELU LeakyReLU Softplus Hardtanh Mish LogSigmoid Sigmoid Tanh Dropout".split()


@case(*(N + name for name in ACTIVATIONS))
def activation(r: Draws) -> Call:
    return layer([], {}, r.tensor(dtype=r.choice(["float32", "float32", "float64", "int64", "bool"])))


@case(N + "GLU")
def glu(r: Draws) -> Call:
    x = r.tensor(low=1, most=4)
    return layer([r.axis(len(x.shape))], {}, x)


@case(N + "PReLU")
def prelu(r: Draws) -> Call:
    x = r.tensor(low=2)
    return layer([r.choice([1, x.shape[1]])], {}, x)


@case(N + "BCELoss", N + "BCEWithLogitsLoss", N + "MSELoss", N + "L1Loss", dtypes=False)
def losses(r: Draws) -> Call:
    x = r.tensor()
    return layer([], {"reduction": r.choice(["mean", "none"])}, x, r.tensor(x.shape))


@case(N + "NLLLoss")
def nll(r: Draws) -> Call:
    shape, target, _ = classes(r)
    return layer([], {"reduction": r.choice(["mean", "none"])}, r.tensor(shape), zeros(r, target))


@case(N + "CosineSimilarity")
def cosine(r: Draws) -> Call:
    x = r.tensor(low=1)
    return layer([], {"dim": r.axis(len(x.shape))}, x, r.tensor(r.fitting(x.shape)))
