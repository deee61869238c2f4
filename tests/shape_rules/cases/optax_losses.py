"""Losses of optax, half of them with targets of another shape."""

from tests.shape_rules.cases.flax_nnx import width
from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case

N = "optax."


def other(r: Draws, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape, or one that is near it."""
    if r.chance(40):
        return shape
    if r.chance(30):
        return r.choice([shape[1:], (1, *shape), shape[:-1]])
    return tuple(width(r, size, 40) for size in shape)


@case(N + "softmax_cross_entropy", N + "sigmoid_binary_cross_entropy", N + "cosine_similarity", spoil=False)
def broadcasting(r: Draws) -> Call:
    x = r.tensor(high=3)
    return Call("", [x, r.tensor(other(r, x.shape or ()))])


@case(N + "l2_loss", spoil=False)
def same(r: Draws) -> Call:
    x = r.tensor(high=3)
    return Call("", [x, r.tensor(other(r, x.shape or ()))])


@case(N + "softmax_cross_entropy_with_integer_labels", spoil=False)
def labels(r: Draws) -> Call:
    x = r.tensor(low=1)
    shape = other(r, (x.shape or ())[:-1])
    return Call("", [x, r.tensor(shape) if r.chance(10) else zeros(r, shape, "int32")])
