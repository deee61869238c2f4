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
