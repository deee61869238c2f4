"""Calls of the rest of `jax.lax`, of `jax.scipy`, and of more random draws."""

from tests.shape_rules.draws import Call, Draws, case, dtype_object

LAX = "jax.lax."


@case(*(LAX + name for name in "exp2 acos clz bitwise_not is_finite real".split()))
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int32", "complex64"]))])


@case(*(LAX + name for name in "lgamma digamma erfc erf_inv bessel_i0e bessel_i1e cosh reciprocal".split()))
def floats(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "int32"]))])


@case(*(LAX + name for name in "acosh asin asinh atan atanh sinh population_count".split()))
def more(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int32"]))])


@case(*(LAX + name for name in "shift_left shift_right_arithmetic shift_right_logical".split()))
def shifts(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int32", "int32", "float32"]))
    return Call("", [x, r.tensor(x.shape, x.dtype or "")])


@case(*(LAX + name for name in "nextafter igamma igammac zeta complex".split()))
def pairs(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["float32", "float32", "int32"]))
    return Call("", [x, r.tensor(x.shape, x.dtype or "")])


@case(LAX + "integer_pow")
def integer_pow(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "int32"])), r.randint(0, 3)])


@case(LAX + "clamp")
def clamp(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [r.tensor(r.choice([(), x.shape])), x, r.tensor(r.choice([(), x.shape]))])


@case(LAX + "rev")
def rev(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, (r.randrange(len(x.shape)),)])


@case(LAX + "sort")
def sort(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x if r.chance(50) else [x, r.tensor(x.shape)]], {"dimension": r.axis(len(x.shape))})


@case(LAX + "sort_key_val")
def sort_key_val(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(x.shape, "int32")])


@case(LAX + "split")
def split(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.randrange(len(x.shape))
    first = r.randint(0, x.shape[axis])
    return Call("", [x, (first, x.shape[axis] - first)], {"axis": axis})


@case(LAX + "argmax")
def argmax(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.randrange(len(x.shape)), dtype_object("int32", "jax")])


@case(LAX + "reduce_prod")
def reduce_prod(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, tuple(r.sample(range(len(x.shape)), r.randint(1, len(x.shape))))])


@case(LAX + "reduce_and")
def reduce_and(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=r.choice(["int32", "bool"]))
    return Call("", [x, tuple(r.sample(range(len(x.shape)), r.randint(1, len(x.shape))))])


@case(LAX + "index_in_dim", LAX + "dynamic_index_in_dim")
def index_in_dim(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, r.randrange(x.shape[axis])], {"axis": axis, "keepdims": r.chance(50)})


@case(LAX + "dynamic_update_slice_in_dim")
def dynamic_update(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.randrange(len(x.shape))
    part = r.tensor((*x.shape[:axis], r.randint(1, x.shape[axis]), *x.shape[axis + 1 :]))
    return Call("", [x, part, 0, axis])


@case(LAX + "dynamic_update_index_in_dim")
def dynamic_update_index(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.randrange(len(x.shape))
    part = r.tensor((*x.shape[:axis], *((1,) if r.chance(50) else ()), *x.shape[axis + 1 :]))
    return Call("", [x, part, 0, axis])


@case(LAX + "broadcasted_iota")
def broadcasted_iota(r: Draws) -> Call:
    shape = r.shape(low=1)
    return Call("", [dtype_object("int32", "jax"), shape, r.randrange(len(shape))])


@case(LAX + "full_like")
def full_like(r: Draws) -> Call:
    return Call("", [r.tensor(), 2.0], {"shape": r.shape()} if r.chance(50) else {})


@case(LAX + "collapse")
def collapse(r: Draws) -> Call:
    x = r.tensor(low=2)
    start = r.randrange(len(x.shape))
    return Call("", [x, start, r.randint(start + 1, len(x.shape))])


@case(LAX + "batch_matmul")
def batch_matmul(r: Draws) -> Call:
    lead, n, k, m = r.shape(high=2), r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
    return Call("", [r.tensor((*lead, n, k)), r.tensor((*lead, k, m))])


@case(LAX + "select_n")
def select_n(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [r.tensor(x.shape if r.chance(70) else (), "bool"), x, r.tensor(x.shape)])


@case(LAX + "broadcast_shapes")
def broadcast_shapes(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [shape, r.fitting(shape) if r.chance(70) else r.shape()])


SPECIAL = "jax.scipy.special."


@case(SPECIAL + "ndtr", "jax.nn.identity", "jax.nn.squareplus", "jax.nn.log1mexp", "jax.nn.tanh", "jax.nn.sparse_plus",
      "jax.nn.sparse_sigmoid")  # fmt: skip
def special(r: Draws) -> Call:
    return Call("", [r.tensor()])


@case(SPECIAL + "betainc", dtypes=False)
def special_three(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape)), r.tensor(())])


@case(SPECIAL + "multigammaln", dtypes=False)
def multigammaln(r: Draws) -> Call:
    return Call("", [r.tensor(), 2])


@case(SPECIAL + "polygamma")
def polygamma(r: Draws) -> Call:
    return Call("", [1, r.tensor()])


@case(SPECIAL + "xlogy", "jax.scipy.stats.norm.logpdf")
def special_pairs(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(r.fitting(x.shape))])


@case("jax.scipy.stats.multivariate_normal.logpdf")
def multivariate_normal(r: Draws) -> Call:
    size = r.randint(2, 4)
    return Call("", [r.tensor((*r.shape(high=2), size)), r.tensor((size,)), r.tensor((size, size))])


@case("jax.scipy.linalg.inv", "jax.scipy.linalg.det", "jax.scipy.linalg.lu_factor",
      "jax.scipy.linalg.cholesky", "jax.scipy.linalg.eigh", "jax.scipy.linalg.svd")  # fmt: skip
def square(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=1), size, size))])


@case("jax.scipy.linalg.solve", "jax.scipy.linalg.solve_triangular", dtypes=False)
def solve(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((size, size)), r.tensor(r.choice([(size,), (size, r.randint(1, 3))]))])


@case("jax.scipy.linalg.cho_solve", dtypes=False)
def cho_solve(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [(r.tensor((size, size)), True), r.tensor(r.choice([(size,), (size, r.randint(1, 3))]))])


@case("jax.scipy.linalg.block_diag")
def block_diag(r: Draws) -> Call:
    return Call("", [r.tensor(high=2) for _ in range(r.randint(1, 3))])


@case(
    "jax.scipy.signal.convolve",
    "jax.scipy.signal.correlate2d",
    "jax.scipy.signal.convolve2d",
    "jax.scipy.signal.correlate",
    dtypes=False,
)
def convolve(r: Draws) -> Call:
    rank = 2
    shapes = [r.shape(rank, rank, 3, 6), r.shape(rank, rank, 1, 3)]
    return Call("", [r.tensor(shapes[0]), r.tensor(shapes[1]), r.choice(["full", "same", "valid"])])


def key(r: Draws) -> object:
    return r.tensor((2,), "uint32")


@case("jax.random.gamma", "jax.random.poisson")
def one(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [key(r), r.tensor(r.fitting(shape))], {"shape": shape} if r.chance(70) else {})


@case("jax.random.beta")
def two(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [key(r), r.tensor(r.fitting(shape)), r.tensor(r.fitting(shape))],
                {"shape": shape} if r.chance(70) else {})  # fmt: skip


@case("jax.random.triangular")
def three(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [key(r), r.tensor(r.fitting(shape)), r.tensor(()), r.tensor(())], {"shape": shape})


@case("jax.random.maxwell", "jax.random.bits")
def none(r: Draws) -> Call:
    return Call("", [key(r), r.shape()])


@case("jax.random.lognormal")
def lognormal(r: Draws) -> Call:
    return Call("", [key(r)], {"shape": r.shape()})


@case("jax.random.orthogonal", "jax.random.ball")
def sized(r: Draws) -> Call:
    return Call("", [key(r), r.randint(1, 4)], {"shape": r.shape(high=2)})
