"""What is left of `jax.lax`, `jax.nn` and `jax.random`."""

from tests.shape_rules.draws import Call, Draws, case, dtype_object

LAX = "jax.lax."


@case(*(LAX + name for name in "atan2 div pow sub rem min bitwise_and bitwise_or bitwise_xor eq ne le gt ge".split()))
def binary(r: Draws) -> Call:
    dtype = r.choice(["float32", "int32"])
    x = r.tensor(dtype=dtype)
    return Call("", [x, r.tensor(x.shape, dtype)])


@case(LAX + "exp")
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int32"]))])


@case(LAX + "broadcast")
def broadcast(r: Draws) -> Call:
    return Call("", [r.tensor(), r.shape(high=2)])


@case(LAX + "broadcast_in_dim")
def broadcast_in_dim(r: Draws) -> Call:
    x = r.tensor(high=3)
    goal, places = [], []
    for size in x.shape:
        goal += r.shape(high=1)
        places.append(len(goal))
        goal.append(r.choice([size, size, size + 1]) if size == 1 else size)
    return Call("", [x, tuple(goal), tuple(places)])


@case(LAX + "concatenate")
def concatenate(r: Draws) -> Call:
    shape = r.shape(low=1)
    axis = r.randrange(len(shape))
    count = r.randint(1, 3)
    parts = [r.tensor((*shape[:axis], r.randint(1, 4), *shape[axis + 1 :])) for _ in range(count)]
    return Call("", [parts, axis])


@case(LAX + "convert_element_type")
def convert(r: Draws) -> Call:
    return Call("", [r.tensor(), dtype_object(r.choice(["float32", "int32"]), "jax")])


@case(LAX + "cumsum")
def cumsum(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randrange(len(x.shape))])


@case(LAX + "dot")
def dot(r: Draws) -> Call:
    k = r.randint(1, 4)
    left, right = r.choice([(k,), (r.randint(1, 4), k)]), r.choice([(k,), (k, r.randint(1, 4))])
    return Call("", [r.tensor(left), r.tensor(right)])


@case(LAX + "dynamic_update_slice")
def dynamic_update_slice(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(tuple(r.randint(1, size) for size in x.shape)), tuple(0 for _ in x.shape)])


@case(LAX + "dynamic_slice_in_dim")
def dynamic_slice_in_dim(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, 0, r.randint(0, x.shape[axis])], {"axis": axis})


@case(LAX + "expand_dims")
def expand_dims(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, (r.axis(len(x.shape) + 1),)])


@case(LAX + "squeeze")
def squeeze(r: Draws) -> Call:
    x = r.tensor(low=1, most=2)
    ones = [place for place, size in enumerate(x.shape) if size == 1]
    return Call("", [x, tuple(ones[:1])])


@case(LAX + "full")
def full(r: Draws) -> Call:
    return Call("", [r.shape(), 1, dtype_object(r.choice(["float32", "int32"]), "jax")])


@case(LAX + "iota")
def iota(r: Draws) -> Call:
    return Call("", [dtype_object(r.choice(["float32", "int32"]), "jax"), r.randint(0, 6)])


@case(LAX + "pad")
def pad(r: Draws) -> Call:
    x = r.tensor()
    triples = tuple((r.randint(0, 2), r.randint(0, 2), r.randint(0, 1)) for _ in x.shape)
    return Call("", [x, r.tensor(()), triples])


@case(LAX + "reduce_max")
def reduce_max(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, tuple(r.sample(range(len(x.shape)), r.randint(1, len(x.shape))))])


@case(LAX + "select")
def select(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [r.tensor(x.shape if r.chance(80) else (), "bool"), x, r.tensor(x.shape)])


@case(LAX + "slice")
def slice_(r: Draws) -> Call:
    x = r.tensor(low=1)
    starts = tuple(r.randrange(size) for size in x.shape)
    limits = tuple(r.randint(start, size) for start, size in zip(starts, x.shape, strict=True))
    return Call("", [x, starts, limits])


@case(LAX + "conv")
def conv(r: Draws) -> Call:
    channels = r.randint(1, 3)
    x = r.tensor((r.randint(1, 3), channels, r.randint(3, 8)))
    return Call("", [x, r.tensor((r.randint(1, 4), channels, r.randint(1, 4))), (r.randint(1, 2),), "SAME"])


@case(*(f"jax.nn.{name}" for name in "leaky_relu log_sigmoid mish relu6 selu soft_sign swish".split()))
def activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32"]))])


@case("jax.nn.glu", "flax.linen.glu")
def glu(r: Draws) -> Call:
    x = r.tensor(low=1, most=3)
    axis = r.axis(len(x.shape))
    place = axis % len(x.shape)
    return Call("", [r.tensor((*x.shape[:place], 2 * x.shape[place], *x.shape[place + 1 :])), axis])


@case("jax.nn.standardize")
def standardize(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))])


FLAX = "elu gelu hard_tanh leaky_relu relu relu6 selu sigmoid silu softplus swish tanh".split()


@case(*(f"flax.linen.{name}" for name in FLAX))
def flax_activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32"]))])


@case("flax.linen.softmax", "flax.linen.log_softmax")
def softmax(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))])


def key(r: Draws) -> object:
    return r.tensor((2,), "uint32")


@case(*(f"jax.random.{name}" for name in "gumbel laplace cauchy logistic rademacher".split()))
def shaped(r: Draws) -> Call:
    return Call("", [key(r)], {"shape": r.shape()})


@case("jax.random.truncated_normal")
def truncated(r: Draws) -> Call:
    return Call("", [key(r), r.tensor(()), r.tensor(())], {"shape": r.shape()})


@case("jax.random.split", spoil=False)
def split(r: Draws) -> Call:
    one = key(r) if r.chance(60) else r.tensor(r.choice([(), (1,), (3,), (2, 2)]), "uint32")
    return Call("", [one, *([r.choice([r.randint(0, 4), r.shape(low=1, high=2)])] if r.chance(80) else [])])


@case("jax.random.fold_in")
def fold_in(r: Draws) -> Call:
    return Call("", [key(r), r.randint(0, 5)])


@case("jax.random.randint")
def randint(r: Draws) -> Call:
    return Call("", [key(r), r.shape(), 0, r.randint(1, 5)])


@case("jax.random.bernoulli")
def bernoulli(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [key(r), r.choice([0.5, r.tensor(r.fitting(shape))])], {"shape": shape} if r.chance(60) else {})


@case("jax.random.permutation")
def permutation(r: Draws) -> Call:
    return Call("", [key(r), r.choice([r.randint(0, 5), r.tensor(low=1)])])


@case("jax.random.categorical")
def categorical(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [key(r), x], {"axis": r.axis(len(x.shape))} if r.chance(60) else {})
