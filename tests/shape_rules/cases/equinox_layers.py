"""Layers of equinox, built for a width and called with one example; half of the inputs are of another."""

from tests.shape_rules.cases.flax_nnx import width
from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case

N = "equinox.nn."


@case(N + "Linear", spoil=False)
def linear(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [size, r.randint(1, 4)], {}, "layer", [r.tensor((width(r, size), *r.shape(high=1)))])


@case(N + "MLP", spoil=False)
def mlp(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [size, r.randint(1, 4)], {"width_size": 4, "depth": 2}, "layer", [r.tensor((width(r, size),))])


def convolution(r: Draws, name: str) -> Call:
    rank, channels = int(name[-2]), r.randint(1, 3)
    x = r.tensor((width(r, channels), *(r.randint(4, 6) for _ in range(rank + r.chance(10)))))
    kwargs = {"stride": r.randint(1, 2), "padding": r.randint(0, 1)}
    return Call("", [channels, r.randint(1, 3), r.randint(1, 3)], kwargs, "layer", [x])


def pool(r: Draws, name: str) -> Call:
    rank = int(name[-2])
    x = r.tensor((r.randint(1, 3), *(r.randint(4, 6) for _ in range(rank + (r.chance(50) and r.choice([-1, 1]))))))
    return Call("", [r.randint(1, 3)], {} if "Adaptive" in name else {"stride": r.randint(1, 2)}, "layer", [x])


for _rank in (1, 2, 3):
    for _kind in ("Conv", "ConvTranspose"):
        _name = f"{N}{_kind}{_rank}d"
        case(_name, spoil=False)(lambda r, name=_name: convolution(r, name))
    for _kind in ("MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool"):
        _name = f"{N}{_kind}{_rank}d"
        case(_name, spoil=False)(lambda r, name=_name: pool(r, name))


@case(N + "LayerNorm", spoil=False)
def layer_norm(r: Draws) -> Call:
    shape = r.shape(low=1, high=2)
    return Call("", [shape], {}, "layer", [r.tensor((width(r, shape[0]), *shape[1:]))])


@case(N + "GroupNorm", spoil=False)
def group_norm(r: Draws) -> Call:
    groups = r.randint(1, 3)
    size = groups * r.randint(1, 2)
    return Call("", [groups, size], {}, "layer", [r.tensor((width(r, size), *r.shape(low=1, high=2)))])


@case(N + "Embedding", spoil=False)
def embedding(r: Draws) -> Call:
    return Call("", [r.randint(2, 6), r.randint(1, 4)], {}, "layer", [zeros(r, r.shape(high=1), "int32")])


@case(N + "GRUCell", spoil=False)
def cell(r: Draws) -> Call:
    size, hidden = r.randint(1, 4), r.randint(2, 4)
    inputs = [r.tensor((width(r, size, 25),)), r.tensor((width(r, hidden, 25),))]
    return Call("", [size, hidden], {}, "layer", inputs)


@case(N + "LSTMCell", spoil=False)
def pair_cell(r: Draws) -> Call:
    size, hidden = r.randint(1, 4), r.randint(2, 4)
    state = (r.tensor((width(r, hidden, 25),)), r.tensor((hidden,)))
    return Call("", [size, hidden], {}, "layer", [r.tensor((width(r, size, 25),)), state])


@case(N + "MultiheadAttention", spoil=False)
def attention(r: Draws) -> Call:
    size, keys = r.randint(1, 3) * 2, r.randint(1, 4)
    query = r.tensor((r.randint(1, 4), width(r, size, 25)))
    key, value = r.tensor((width(r, keys, 25), size)), r.tensor((keys, size))
    return Call("", [2, size], {}, "layer", [query, key, value])


@case(N + "PReLU", N + "Identity", total=True, spoil=False)
def same(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor()])
