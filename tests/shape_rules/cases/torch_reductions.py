"""Calls of torch's reductions, scans and sorts."""

from tests.shape_rules.draws import Call, Draws, case

FLOATING = ("mean", "std", "var", "nanmean", "var_mean", "norm")


def reduction(r: Draws, dtype: str, several: bool = True) -> Call:
    x = r.tensor(dtype=dtype)
    rank = len(x.shape)
    kwargs: dict[str, object] = {}
    if r.chance(80):
        axes = r.sample(range(rank), r.randint(1, rank)) if rank else []
        kwargs["dim"] = tuple(axes) if several and axes and r.chance(40) else r.axis(rank)
        if r.chance(50):
            kwargs["keepdim"] = r.chance(60)
    return Call("", [x], kwargs)


@case("torch.sum", "torch.all", "torch.any", "torch.count_nonzero")
def sums(r: Draws) -> Call:
    call = reduction(r, r.any_dtype())
    return call


@case("torch.prod", "torch.argmax", "torch.argmin", "torch.median", "torch.max", "torch.min")
def single(r: Draws) -> Call:
    return reduction(r, r.any_dtype(), several=False)


@case(*(f"torch.{name}" for name in FLOATING))
def floating(r: Draws) -> Call:
    call = reduction(r, r.choice(["float32", "float64"]))
    if r.chance(3):
        call.kwargs["dtype"] = None
    return call


@case("torch.logsumexp", "torch.amax", "torch.amin", "torch.aminmax")
def needing_dim(r: Draws) -> Call:
    call = reduction(r, r.choice(["float32", "float64"]), several=False)
    call.kwargs.setdefault("dim", r.axis(len(call.args[0].shape)))
    return call


@case("torch.cumsum", "torch.cumprod", "torch.cummax", "torch.cummin", "torch.logcumsumexp")
def scans(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "float64", "float32", "int64"]))
    return Call("", [x, r.axis(len(x.shape))])


@case("torch.softmax", "torch.log_softmax", "torch.nn.functional.softmax", "torch.nn.functional.log_softmax")
def softmax(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x], {"dim": r.axis(len(x.shape))})


@case("torch.sort", "torch.argsort", "torch.mode")
def sort(r: Draws) -> Call:
    x = r.tensor(dtype=r.any_dtype())
    return Call("", [x], {"dim": r.axis(len(x.shape))} if r.chance(70) else {})


@case("torch.topk", "torch.kthvalue")
def topk(r: Draws) -> Call:
    x = r.tensor(low=0, high=3)
    axis = r.axis(len(x.shape))
    size = x.shape[axis] if x.shape else 1
    return Call("", [x, r.randint(1, size)], {"dim": axis})


@case("torch.diff")
def diff(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randint(0, 3)], {"dim": r.axis(len(x.shape))})


@case("torch.trace")
def trace(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, high=2)])


@case("torch.bincount", mask=True)
def bincount(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1, dtype="int64")])


@case("torch.unique", mask=True)
def unique(r: Draws) -> Call:
    x = r.tensor(low=1)
    kwargs = {"return_inverse": r.chance(50), "return_counts": r.chance(50)}
    return Call("", [x], {**kwargs, "dim": r.axis(len(x.shape))} if r.chance(50) else kwargs)


@case("torch.dist")
def dist(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])


@case("torch.histc")
def histc(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int64"])), r.randint(1, 9)])


@case("torch.quantile")
def quantile(r: Draws) -> Call:
    call = reduction(r, r.choice(["float32", "float64"]), several=False)
    return Call("", [call.args[0], r.choice([0.5, r.tensor((3,), call.args[0].dtype)])], call.kwargs)
