"""Recurrent cells and attention of flax.linen, and layers of flax.nnx over several axes; half of them don't fit."""

from tests.shape_rules.cases.flax_nnx import width
from tests.shape_rules.draws import Call, Draws, case


@case("flax.linen.GRUCell", "flax.linen.SimpleCell", spoil=False)
def cell(r: Draws) -> Call:
    size, lead = r.randint(2, 4), r.shape(high=2, least=2)
    other = lead if r.chance(70) else tuple(size + 1 for size in lead)
    state = r.tensor((*other, width(r, size, 40)))
    return Call("", [size], {}, "layer", [state, r.tensor((*lead, r.randint(1, 4)))])


@case("flax.linen.SelfAttention", spoil=False)
def self_attention(r: Draws) -> Call:
    heads = r.randint(1, 3)
    return Call("", [heads], {}, "layer", [r.tensor((*r.shape(high=1), r.randint(1, 4), width(r, heads * 2)))])


@case("flax.linen.dot_product_attention", dtypes=False)
def attention(r: Draws) -> Call:
    lead, heads, wide = r.shape(high=1), r.randint(1, 2), r.randint(1, 3)
    length, source = r.randint(1, 4), r.randint(1, 4)
    key = r.tensor((*lead, source, heads, wide))
    return Call("", [r.tensor((*lead, length, heads, wide)), key, r.tensor((*lead, source, heads, r.randint(1, 3)))])


@case("flax.nnx.LinearGeneral", spoil=False)
def linear_general(r: Draws) -> Call:
    sizes = r.shape(low=2, high=2)
    given = sizes if r.chance(50) else (sizes[0], sizes[1] + 1)
    x = r.tensor((*r.shape(high=2), *given))
    return Call("", [sizes, r.shape(low=1, high=2)], {"axis": (-2, -1)}, "layer", [x])


@case("flax.nnx.Einsum", spoil=False)
def einsum(r: Draws) -> Call:
    kernel = r.shape(low=2, high=2, least=2)
    return Call("", ["bi,io->bo", kernel, None], {}, "layer", [r.tensor((r.randint(1, 3), width(r, kernel[0])))])


@case("flax.nnx.InstanceNorm", spoil=False)
def instance_norm(r: Draws) -> Call:
    size = r.randint(2, 5)
    return Call("", [size], {}, "layer", [r.tensor((*r.shape(low=2, high=3), width(r, size)))])
