"""Calls of `torch.nn.functional`: convolutions, poolings, normalisations, losses and the rest."""

from tests.shape_rules.draws import Call, Draws, case

F = "torch.nn.functional."


def image(r: Draws, rank: int, channels: int | None = None, least: int = 3, most: int = 9) -> tuple[int, ...]:
    lead = (r.randint(1, 3),) if r.chance(80) else ()
    return (*lead, r.randint(1, 4) if channels is None else channels, *(r.randint(least, most) for _ in range(rank)))


def per_axis(r: Draws, rank: int, low: int, high: int) -> object:
    return r.randint(low, high) if r.chance(60) else tuple(r.randint(low, high) for _ in range(rank))


def convolution(rank: int) -> None:
    @case(f"{F}conv{rank}d")
    def conv(r: Draws) -> Call:
        groups = r.choice([1, 1, 2])
        channels, outputs = groups * r.randint(1, 3), groups * r.randint(1, 3)
        weight = r.tensor((outputs, channels // groups, *(r.randint(1, 3) for _ in range(rank))))
        kwargs = {"stride": per_axis(r, rank, 1, 3), "dilation": per_axis(r, rank, 1, 2), "groups": groups}
        kwargs["padding"] = per_axis(r, rank, 0, 2) if r.chance(80) else "valid"
        if r.chance(10):
            kwargs.update(padding="same", stride=1)
        bias = [r.tensor((outputs,))] if r.chance(60) else []
        return Call("", [r.tensor(image(r, rank, channels)), weight, *bias], kwargs)

    @case(f"{F}conv_transpose{rank}d")
    def conv_transpose(r: Draws) -> Call:
        groups = r.choice([1, 1, 2])
        channels, outputs = groups * r.randint(1, 3), r.randint(1, 3)
        weight = r.tensor((channels, outputs, *(r.randint(1, 3) for _ in range(rank))))
        kwargs = {"stride": per_axis(r, rank, 1, 3), "padding": r.randint(0, 1), "groups": groups}
        kwargs["output_padding"] = r.choice([0, 0, 1])
        bias = [r.tensor((outputs * groups,))] if r.chance(60) else []
        return Call("", [r.tensor(image(r, rank, channels, most=5)), weight, *bias], kwargs)

    @case(f"{F}max_pool{rank}d", f"{F}avg_pool{rank}d")
    def pool(r: Draws) -> Call:
        kwargs: dict[str, object] = {"kernel_size": per_axis(r, rank, 2, 4), "ceil_mode": r.chance(40)}
        if r.chance(60):
            kwargs["stride"] = per_axis(r, rank, 1, 3)
        if r.chance(50):
            kwargs["padding"] = r.choice([0, 1, 1, 2])
        return Call("", [r.tensor(image(r, rank))], kwargs)

    @case(f"{F}adaptive_avg_pool{rank}d", f"{F}adaptive_max_pool{rank}d")
    def adaptive(r: Draws) -> Call:
        size = tuple(r.choice([None, 1, 2, 5]) for _ in range(rank)) if r.chance(60) and rank > 1 else r.randint(1, 6)
        return Call("", [r.tensor(image(r, rank)), size])


for _rank in (1, 2, 3):
    convolution(_rank)


@case(f"{F}unfold")
def unfold(r: Draws) -> Call:
    kwargs = {"padding": r.randint(0, 1), "stride": r.randint(1, 2), "dilation": r.randint(1, 2)}
    return Call("", [r.tensor(image(r, 2)), per_axis(r, 2, 1, 3)], kwargs)


@case(f"{F}fold")
def fold(r: Draws) -> Call:
    high, wide, kernel = r.randint(3, 6), r.randint(3, 6), r.randint(1, 3)
    places = (high - kernel + 1) * (wide - kernel + 1)
    return Call("", [r.tensor((r.randint(1, 3), r.randint(1, 3) * kernel**2, places)), (high, wide), kernel])


@case(f"{F}batch_norm", dtypes=False)
def batch_norm(r: Draws) -> Call:
    x = r.tensor(low=2)
    vectors = [r.tensor((x.shape[1],)) for _ in range(r.choice([2, 4]))]
    return Call("", [x, *vectors], {"training": r.chance(50)})


@case(f"{F}instance_norm", dtypes=False)
def instance_norm(r: Draws) -> Call:
    x = r.tensor(low=3)
    return Call("", [x], {"weight": r.tensor((x.shape[1],)), "bias": r.tensor((x.shape[1],))} if r.chance(60) else {})


@case(f"{F}layer_norm")
def layer_norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    last = x.shape[r.randint(0, len(x.shape) - 1) :]
    return Call("", [x, last, *([r.tensor(last), r.tensor(last)] if r.chance(60) else [])])


@case(f"{F}rms_norm")
def rms_norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    last = x.shape[r.randint(0, len(x.shape) - 1) :]
    return Call("", [x, last, *([r.tensor(last)] if r.chance(60) else [])])


@case(f"{F}group_norm")
def group_norm(r: Draws) -> Call:
    groups = r.randint(1, 3)
    channels = groups * r.randint(1, 3)
    x = r.tensor((r.randint(1, 3), channels, *r.shape(high=2)))
    return Call("", [x, groups, *([r.tensor((channels,)), r.tensor((channels,))] if r.chance(50) else [])])


@case(f"{F}normalize")
def normalize(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"dim": r.axis(len(x.shape))})


@case(f"{F}mse_loss", f"{F}l1_loss", f"{F}smooth_l1_loss", f"{F}huber_loss", dtypes=False)
def regression(r: Draws) -> Call:
    x = r.tensor()
    target = x.shape if r.chance(70) else r.fitting(x.shape)
    return Call("", [x, r.tensor(target)], {"reduction": r.choice(["mean", "sum", "none", "none"])})


@case(f"{F}binary_cross_entropy", f"{F}binary_cross_entropy_with_logits", dtypes=False)
def binary(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(x.shape)], {"reduction": r.choice(["mean", "none"])})


def classes(r: Draws) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    count = r.randint(1, 5)
    if r.chance(15):
        return (count,), (), count
    lead, rest = r.randint(1, 4), r.shape(high=2)
    return (lead, count, *rest), (lead, *rest), count


def zeros(r: Draws, shape: tuple[int, ...], dtype: str = "int64"):
    total = 1
    for size in shape:
        total *= size
    return r.tensor(shape, dtype).with_(elements=(0,) * total)


@case(f"{F}cross_entropy", f"{F}nll_loss")
def class_loss(r: Draws) -> Call:
    shape, target, count = classes(r)
    kwargs: dict[str, object] = {"reduction": r.choice(["mean", "sum", "none", "none"])}
    if r.chance(30):
        kwargs["weight"] = r.tensor((count,))
    return Call("", [r.tensor(shape), zeros(r, target)], kwargs)


@case("torch.nn.CrossEntropyLoss")
def probabilities(r: Draws) -> Call:
    shape, target, _ = classes(r)
    goal = r.tensor(shape) if r.chance(50) else zeros(r, target)
    return Call("", [], {"reduction": r.choice(["mean", "none"])}, "layer", [r.tensor(shape), goal])


@case(f"{F}kl_div", f"{F}hinge_embedding_loss", f"{F}soft_margin_loss", dtypes=False)
def broadcasting_losses(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))], {"reduction": r.choice(["sum", "none"])})


@case(f"{F}triplet_margin_loss", dtypes=False)
def triplet(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    return Call("", [x, r.tensor(x.shape), r.tensor(x.shape)], {"reduction": "none"})
