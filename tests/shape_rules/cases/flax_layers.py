"""Layers of flax.linen, constructed, initialised and called."""

from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case

N = "flax.linen."


@case(N + "Dense")
def dense(r: Draws) -> Call:
    return Call("", [r.randint(1, 4)], {}, "layer", [r.tensor(low=1)])


@case(N + "Conv")
def conv(r: Draws) -> Call:
    rank = r.randint(1, 2)
    x = r.tensor((r.randint(1, 2), *(r.randint(3, 6) for _ in range(rank)), r.randint(1, 3)))
    kwargs = {"strides": r.randint(1, 2), "padding": r.choice(["SAME", "VALID"])}
    return Call("", [r.randint(1, 3), tuple(r.randint(1, 3) for _ in range(rank))], kwargs, "layer", [x])


@case(N + "Embed")
def embed(r: Draws) -> Call:
    return Call("", [r.randint(2, 6), r.randint(1, 4)], {}, "layer", [zeros(r, r.shape(high=3), "int32")])


@case(N + "LayerNorm")
def layer_norm(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor(low=1)])


@case(N + "GroupNorm")
def group_norm(r: Draws) -> Call:
    groups = r.randint(1, 3)
    return Call("", [groups], {}, "layer", [r.tensor((*r.shape(low=1, high=2), groups * r.randint(1, 3)))])


@case(N + "RMSNorm")
def rms_norm(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor(low=1)])


@case(N + "InstanceNorm")
def instance_norm(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor(low=2)])


@case(N + "BatchNorm")
def batch_norm(r: Draws) -> Call:
    running: dict[str, object] = {"use_running_average": r.chance(50)}
    if r.chance(50):
        return Call("", [], running, "layer", [r.tensor(low=1)])
    return Call("", [], {}, "layer", [r.tensor(low=1)], running)


@case(N + "Dropout")
def dropout(r: Draws) -> Call:
    sure: dict[str, object] = {"deterministic": True}
    if r.chance(50):
        return Call("", [0.5], sure, "layer", [r.tensor()])
    return Call("", [0.5], {}, "layer", [r.tensor()], sure)


@case(N + "ConvTranspose")
def conv_transpose(r: Draws) -> Call:
    rank = r.randint(1, 2)
    x = r.tensor((r.randint(1, 2), *(r.randint(2, 5) for _ in range(rank)), r.randint(1, 3)))
    kwargs: dict[str, object] = {"padding": r.choice(["SAME", "VALID"])}
    if r.chance(60):
        kwargs["strides"] = tuple(r.randint(1, 3) for _ in range(rank)) if r.chance(30) else r.randint(1, 3)
    return Call("", [r.randint(1, 3), tuple(r.randint(1, 4) for _ in range(rank))], kwargs, "layer", [x])


@case(N + "DenseGeneral")
def dense_general(r: Draws) -> Call:
    x = r.tensor(low=1)
    axes = tuple(axis - len(x.shape) for axis in r.sample(range(len(x.shape)), r.randint(1, len(x.shape))))
    features = r.shape(low=1, high=2) if r.chance(60) else r.randint(1, 4)
    return Call("", [features], {"axis": axes if r.chance(60) else r.axis(len(x.shape))}, "layer", [x])


@case(N + "MultiHeadDotProductAttention")
def attention(r: Draws) -> Call:
    heads, lead = r.randint(1, 3), r.shape(low=1, high=2)
    kwargs: dict[str, object] = {"qkv_features": heads * r.randint(1, 3)}
    if r.chance(40):
        kwargs["out_features"] = r.randint(1, 4)
    query = r.tensor((*lead, r.randint(1, 4), r.randint(1, 4)))
    inputs = [query]
    if r.chance(60):
        inputs.append(r.tensor((*lead, r.randint(1, 4), r.randint(1, 4))))
        if r.chance(50):
            inputs.append(r.tensor((*inputs[1].shape[:-1], r.randint(1, 4))))
    return Call("", [heads], kwargs, "layer", inputs)


@case(N + "make_causal_mask")
def make_causal_mask(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case(N + "max_pool", N + "avg_pool")
def max_pool(r: Draws) -> Call:
    rank = r.randint(1, 2)
    x = r.tensor((r.randint(1, 2), *(r.randint(3, 6) for _ in range(rank)), r.randint(1, 3)))
    kwargs: dict[str, object] = {"padding": r.choice(["SAME", "VALID"])}
    if r.chance(70):
        kwargs["strides"] = tuple(r.randint(1, 3) for _ in range(rank))
    return Call("", [x, tuple(r.randint(1, 3) for _ in range(rank))], kwargs)


@case(N + "one_hot")
def one_hot(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(high=3), "int32"), r.randint(1, 5)])
