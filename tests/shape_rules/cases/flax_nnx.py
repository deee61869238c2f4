"""Layers of flax.nnx, built for a width and called; half of the inputs are of another."""

from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case

N = "flax.nnx."


def width(r: Draws, size: int, percent: int = 50) -> int:
    """The size, or another."""
    return size + r.randint(1, 2) if r.chance(percent) else size


@case(N + "Linear", spoil=False)
def linear(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [size, r.randint(1, 4)], {}, "layer", [r.tensor((*r.shape(high=3), width(r, size)))])


@case(N + "Conv", spoil=False)
def conv(r: Draws) -> Call:
    rank, channels = r.randint(1, 2), r.randint(1, 3)
    x = r.tensor((r.randint(1, 2), *(r.randint(3, 6) for _ in range(rank)), width(r, channels)))
    kwargs = {"strides": r.randint(1, 2), "padding": r.choice(["SAME", "VALID"])}
    return Call("", [channels, r.randint(1, 3), tuple(r.randint(1, 3) for _ in range(rank))], kwargs, "layer", [x])


@case(N + "ConvTranspose", spoil=False)
def conv_transpose(r: Draws) -> Call:
    rank, channels = r.randint(1, 2), r.randint(1, 3)
    x = r.tensor((r.randint(1, 2), *(r.randint(2, 4) for _ in range(rank)), width(r, channels)))
    kwargs = {"strides": tuple(r.randint(1, 2) for _ in range(rank)), "padding": r.choice(["SAME", "VALID"])}
    return Call("", [channels, r.randint(1, 3), tuple(r.randint(1, 3) for _ in range(rank))], kwargs, "layer", [x])


@case(N + "Embed", spoil=False)
def embed(r: Draws) -> Call:
    inputs = r.tensor(r.shape(high=3)) if r.chance(50) else zeros(r, r.shape(high=3), "int32")
    return Call("", [r.randint(2, 6), r.randint(1, 4)], {}, "layer", [inputs])


@case(N + "LayerNorm", N + "RMSNorm", N + "BatchNorm", spoil=False)
def norm(r: Draws) -> Call:
    size = r.randint(2, 5)
    return Call("", [size], {}, "layer", [r.tensor((*r.shape(low=1, high=3), width(r, size)))])


@case(N + "GroupNorm", spoil=False)
def group_norm(r: Draws) -> Call:
    groups = r.randint(1, 3)
    size = groups * r.randint(1, 3)
    x = r.tensor((*r.shape(low=1, high=2), width(r, size)))
    return Call("", [size], {"num_groups": groups}, "layer", [x])


@case(N + "Dropout", total=True, spoil=False)
def dropout(r: Draws) -> Call:
    return Call("", [0.5], {}, "layer", [r.tensor()])


@case(N + "GRUCell", N + "SimpleCell", spoil=False)
def cell(r: Draws) -> Call:
    size, hidden, lead = r.randint(1, 4), r.randint(2, 4), r.shape(high=2)
    state = r.tensor((*lead, width(r, hidden, 25)))
    return Call("", [size, hidden], {}, "layer", [state, r.tensor((*lead, width(r, size, 25)))])


@case("flax.linen.make_attention_mask", dtypes=False)
def mask(r: Draws) -> Call:
    lead = r.shape(high=2)
    return Call("", [r.tensor((*lead, r.randint(1, 4))), r.tensor((*lead, r.randint(1, 4)))])


@case("flax.linen.combine_masks", dtypes=False)
def masks(r: Draws) -> Call:
    shape = r.shape(low=1)
    return Call("", [r.tensor(tuple(1 if r.chance(25) else size for size in shape)) for _ in range(r.randint(1, 3))])


@case("jax.nn.initializers.zeros")
def initial(r: Draws) -> Call:
    return Call("", [None, r.shape()])
