"""Calls of `jax.nn` and `jax.lax`."""

from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case


@case("jax.nn.softmax", "jax.nn.log_softmax")
def softmax(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))])


@case("jax.nn.relu", "jax.nn.gelu", "jax.nn.silu", "jax.nn.sigmoid", "jax.nn.softplus")
def activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int32"]))])


@case("jax.nn.one_hot")
def one_hot(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(high=3), "int32"), r.randint(1, 5)])


@case("jax.nn.logsumexp")
def logsumexp(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axis": r.axis(len(x.shape)), "keepdims": r.chance(50)})


@case("jax.lax.add", "jax.lax.mul", "jax.lax.max", "jax.lax.lt")
def binary(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(x.shape)])


@case("jax.lax.dot_general")
def dot_general(r: Draws) -> Call:
    batch, k = r.randint(1, 4), r.randint(1, 4)
    a, b = (batch, r.randint(1, 4), k), (batch, k, r.randint(1, 4))
    return Call("", [r.tensor(a), r.tensor(b), (((2,), (1,)), ((0,), (0,)))])


@case("jax.lax.conv_general_dilated")
def conv(r: Draws) -> Call:
    channels, rank = r.randint(1, 3), r.randint(1, 2)
    x = r.tensor((r.randint(1, 3), channels, *(r.randint(3, 8) for _ in range(rank))))
    w = r.tensor((r.randint(1, 4), channels, *(r.randint(1, 4) for _ in range(rank))))
    return Call("", [x, w, tuple(r.randint(1, 2) for _ in range(rank)), r.choice(["SAME", "VALID"])])


@case("jax.lax.transpose")
def transpose(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, tuple(r.sample(range(len(x.shape)), len(x.shape)))])


@case("jax.lax.dynamic_slice")
def dynamic_slice(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, tuple(0 for _ in x.shape), tuple(r.randint(0, size) for size in x.shape)])


@case("jax.lax.top_k")
def top_k(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randint(0, x.shape[-1])])


@case("jax.random.normal", "jax.random.uniform")
def normal(r: Draws) -> Call:
    return Call("", [r.tensor((2,), "uint32"), r.shape()])
