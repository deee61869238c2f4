"""The last of `jax.lax`, `jax.nn`, `jax.random` and JAX's own functions that take draws."""

from math import prod

from tests.shape_rules.draws import Call, Draws, case, dtype_object

UNARY = "celu elu hard_sigmoid hard_silu hard_swish hard_tanh"


@case(*(f"jax.nn.{name}" for name in UNARY.split()))
def activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32"]))])


LAX = "jax.lax."
UNARY_LAX = """
    abs cbrt ceil cos erf expm1 floor log log1p logistic neg round rsqrt sign sin sqrt square tan tanh
    """


@case(*(LAX + name for name in UNARY_LAX.split()))
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32", "bool"]))])


@case(LAX + "reshape", eager=True)
def reshape(r: Draws) -> Call:
    x = r.tensor(high=3, most=3)
    return Call("", [x, tuple(r.sample(x.shape, len(x.shape))) if r.chance(60) else (prod(x.shape),)])


@case(LAX + "slice_in_dim")
def slice_in_dim(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    start = r.randint(0, x.shape[axis])
    stop = r.choice([None, r.randint(start, x.shape[axis])])
    return Call("", [x, r.choice([start, start, None]), stop, r.randint(1, 2)], {"axis": axis})


@case("jax.nn.dot_product_attention")
def attention(r: Draws) -> Call:
    batch, heads, groups, width = r.randint(1, 3), r.randint(1, 2), r.randint(1, 2), r.randint(1, 3)
    length, source = r.randint(1, 4), r.randint(1, 4)
    lead = (batch,) if r.chance(70) else ()
    key = r.tensor((*lead, source, groups, width))
    query = r.tensor((*lead, length, groups * heads, width))
    kwargs: dict[str, object] = {}
    if r.chance(30):
        kwargs["mask"] = r.tensor((1, 1, length, source), "bool")
    return Call("", [query, key, key], kwargs)


@case("jax.Array.astype")
def astype(r: Draws) -> Call:
    return Call("", [r.tensor(), dtype_object(r.choice(["float32", "int32", "bool"]), "jax")], kind="method")


@case("jax.Array.item", mask=True, eager=True)
def item(r: Draws) -> Call:
    return Call("", [r.tensor(r.choice([(), (1,), (1, 1)]), r.choice(["float32", "int32", "bool"]))], kind="method")


@case("jax.Array.tolist", mask=True, eager=True)
def tolist(r: Draws) -> Call:
    return Call("", [r.tensor(high=2, most=3, dtype=r.choice(["float32", "int32", "bool"]))], kind="method")


@case("jax.debug.print")
def debug_print(r: Draws) -> Call:
    return Call("", ["{}", r.tensor()])


@case("jax.device_get", "jax.block_until_ready", "jax.device_put", eager=True)
def device_get(r: Draws) -> Call:
    return Call("", [r.tensor(high=2, most=3)])


@case("jax.random.PRNGKey", "jax.random.key")
def seed(r: Draws) -> Call:
    return Call("", [r.choice([r.randint(0, 9), r.tensor((), "int32")])])


def random_key(r: Draws) -> object:
    return r.tensor((2,), "uint32")


@case("jax.random.exponential", eager=True)
def exponential(r: Draws) -> Call:
    return Call("", [random_key(r)], {"shape": r.shape(high=2, most=3)})


@case("jax.random.choice")
def choice(r: Draws) -> Call:
    pool = r.choice([r.randint(1, 5), r.tensor(low=2)])
    kwargs: dict[str, object] = {"axis": r.axis(len(pool.shape))} if not isinstance(pool, int) and r.chance(50) else {}
    return Call("", [random_key(r), pool, r.shape(high=2)], kwargs)


@case("jax.random.dirichlet")
def dirichlet(r: Draws) -> Call:
    alpha = r.tensor(low=1, high=3)
    lead = (*r.shape(high=1), *alpha.shape[:-1])
    return Call("", [random_key(r), alpha, *([lead] if r.chance(60) else [])])


@case("jax.random.multivariate_normal")
def multivariate_normal(r: Draws) -> Call:
    size, lead = r.randint(1, 4), r.shape(high=2)
    shape = [(*r.shape(high=1), *lead)] if r.chance(60) else []
    cov = r.tensor((*(lead if r.chance(50) else ()), size, size))
    return Call("", [random_key(r), r.tensor((*lead, size)), cov, *shape])


@case(LAX + "stop_gradient")
def stop_gradient(r: Draws) -> Call:
    return Call("", [r.tensor()])
