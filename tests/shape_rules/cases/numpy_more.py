"""Calls of NumPy and `jax.numpy`: numbers, products in the last axes, transforms, choices, cuts, polynomials."""

import itertools

from tests.shape_rules.cases.numpy_elementwise import named, number, operands, reduction
from tests.shape_rules.draws import Call, Draws, case, dtype_object


@case(
    *named("reciprocal", "spacing", "i0", "bitwise_count", "frexp", "modf"), "numpy.sort_complex", "numpy.real_if_close"
)
def unary(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, dtype=r.choice([number(r), "int32", "bool"]))])


@case(*named("float_power"))
def binary(r: Draws) -> Call:
    return Call("", operands(r))


@case(*named("gcd", "lcm", "ldexp"))
def ints(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int32", "int64", "uint8", "int32", "float32"]))
    return Call("", [x, r.tensor(r.fitting(x.shape) if r.chance(80) else r.shape(), r.choice(["int32", "int64"]))])


@case(*named("vecdot"))
def vecdot(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(x.shape if r.chance(60) else r.fitting(x.shape))])


@case(*named("matvec", "vecmat"))
def matvec(r: Draws) -> Call:
    n, m = r.randint(1, 4), r.randint(1, 4)
    matrix, lead = r.tensor((*r.shape(high=2), n, m)), r.shape(high=1)
    return Call("", [matrix, r.tensor((*lead, m))] if r.chance(50) else [r.tensor((*lead, n)), matrix])


@case(*named("linalg.multi_dot"))
def multi_dot(r: Draws) -> Call:
    sizes = [r.randint(1, 4) for _ in range(r.randint(3, 5))]
    parts = [r.tensor(pair, r.choice(["float32", "float64"])) for pair in itertools.pairwise(sizes)]
    if r.chance(20):
        parts[0] = r.tensor(sizes[1:2])
    return Call("", [parts])


@case(*named("linalg.cross"))
def cross(r: Draws) -> Call:
    x = r.tensor((*r.shape(high=2), 3))
    return Call("", [x, r.tensor(x.shape)])


@case(*named("linalg.outer"))
def outer(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1), r.tensor(low=1, high=1)])


@case(*named("linalg.diagonal", "linalg.trace"))
def diagonal(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)], {"offset": r.randint(-1, 1)} if r.chance(50) else {})


@case(*named("linalg.cond"))
def cond(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity")])


@case(*named("linalg.svdvals", "linalg.matrix_norm"))
def svdvals(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(*named("linalg.vector_norm"))
def vector_norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axis": r.axis(len(x.shape)), "keepdims": r.chance(50)} if r.chance(70) else {})


@case(*named("fft.rfft2", "fft.irfft2", "fft.rfftn", "fft.irfftn"))
def transforms(r: Draws) -> Call:
    x = r.tensor(low=2, high=3, least=2)
    kwargs: dict[str, object] = {}
    if r.chance(40):
        kwargs["s"] = (r.randint(1, 6), r.randint(2, 6))
    if r.chance(40) or "s" in kwargs:
        kwargs["axes"] = r.choice([(0, 1), (-1, -2), (1, 0)])
    return Call("", [x], kwargs)


@case(*named("fft.hfft", "fft.ihfft"))
def hermitian(r: Draws) -> Call:
    x = r.tensor(low=1, least=2)
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(50) else {"n": r.randint(1, 6)})


@case(*named("insert"))
def insert(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    if r.chance(30):
        return Call("", [x, r.randint(0, 1), 2.0])
    axis = r.axis(len(x.shape))
    place = axis % len(x.shape)
    rest = (*x.shape[:place], *x.shape[place + 1 :])
    where = r.choice([r.randint(0, x.shape[place]), [0, 1]])
    values = 2.0 if r.chance(40) or not isinstance(where, int) else r.tensor(rest)
    return Call("", [x, where, values], {"axis": axis})


@case(*named("resize"))
def resize(r: Draws) -> Call:
    return Call("", [r.tensor(), r.shape()])


@case(*named("select"), spoil=False)
def select(r: Draws) -> Call:
    x = r.tensor(low=1)
    masks = [r.tensor(r.fitting(x.shape) if r.chance(80) else r.shape(), "bool") for _ in range(r.randint(1, 3))]
    count = len(masks) if r.chance(70) else 2
    choices = [r.tensor(r.fitting(x.shape) if r.chance(80) else r.shape(low=2), number(r)) for _ in range(count)]
    return Call("", [masks, choices])


@case(*named("choose"), eager=True)
def choose(r: Draws) -> Call:
    x = r.tensor()
    zeros = r.tensor(r.fitting(x.shape), "int64")
    return Call("", [zeros.with_(elements=(0,) * _count(zeros.shape)), [x, r.tensor(r.fitting(x.shape))]])


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


@case("numpy.compress", mask=True, spoil=False, total=True)
def compress(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.randrange(len(x.shape))
    return Call("", [r.tensor((r.randint(1, x.shape[axis]),), "bool"), x], {"axis": axis} if r.chance(70) else {})


@case(*named("ediff1d", "diagflat"))
def flattened(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r))])


@case("numpy.trim_zeros", mask=True)
def trim(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1)])


@case(*named("rollaxis"))
def rollaxis(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape)), r.randint(0, len(x.shape))])


@case(*named("unstack"))
def unstack(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(70) else {})


@case(*named("dsplit"))
def dsplit(r: Draws) -> Call:
    parts = r.randint(1, 3)
    return Call("", [r.tensor((*r.shape(low=2, high=2), parts * r.randint(1, 2), *r.shape(high=1))), parts])


@case(*named("block"))
def block(r: Draws) -> Call:
    heights, widths = [r.randint(1, 3) for _ in range(2)], [r.randint(1, 3) for _ in range(2)]
    if r.chance(30):
        return Call("", [[r.tensor((heights[0], w)) for w in widths]])
    return Call("", [[[r.tensor((h, w)) for w in widths] for h in heights]])


@case(*named("packbits"))
def packbits(r: Draws) -> Call:
    x = r.tensor(low=1, most=9, dtype=r.choice(["bool", "uint8", "float32"]))
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(60) else {})


@case(*named("unpackbits"))
def unpackbits(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=r.choice(["uint8", "uint8", "int32"]))
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(60) else {})


@case(*named("fill_diagonal"))
def fill_diagonal(r: Draws) -> Call:
    x = r.tensor(low=2, high=2) if r.chance(70) else r.tensor((3, 3, 3))
    return Call("", [x, 1.0], {"inplace": False} if r.library == "jax" else {})


@case("numpy.put_along_axis", dtypes=False)
def put_along_axis(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    places = r.tensor(tuple(1 for _ in x.shape), "int64").with_(elements=(0,))
    return Call("", [x, places, 2.0, axis])


@case("numpy.copyto")
def copyto(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    return Call("", [x, r.tensor(r.fitting(x.shape), number(r))])


@case("numpy.tril_indices_from", mask=True)
def triangle(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, high=2)])


@case(*named("diag_indices_from"))
def diagonal_of(r: Draws) -> Call:
    return Call("", [r.tensor((r.randint(1, 4),) * r.randint(2, 3))])


@case("numpy.ravel_multi_index", mask=True, spoil=False)
def ravel(r: Draws) -> Call:
    dims = r.shape(low=1, high=3)
    x = r.tensor(high=2, dtype="int64")
    zeros = x.with_(elements=(0,) * _count(x.shape))
    return Call("", [tuple(zeros for _ in dims), dims if r.chance(50) else r.choice([dims[1:], (*dims, 2)])])


@case(*named("nancumsum"))
def running(r: Draws) -> Call:
    x = r.tensor(dtype=number(r))
    return Call("", [x], {"axis": r.axis(len(x.shape))} if r.chance(80) else {})


@case(*named("cumulative_sum", "cumulative_prod"))
def cumulative(r: Draws) -> Call:
    x = r.tensor(low=1, dtype=number(r))
    kwargs: dict[str, object] = {"axis": r.axis(len(x.shape))} if r.chance(80) else {}
    return Call("", [x], kwargs | ({"include_initial": True} if r.chance(30) else {}))


@case(*named("histogram_bin_edges"))
def edges(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=number(r)), r.randint(1, 5)])


@case(*named("broadcast_shapes"))
def broadcast_shapes(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [shape, r.fitting(shape) if r.chance(80) else r.shape()])


@case(*named("result_type"), spoil=False, total=True)
def result_type(r: Draws) -> Call:
    return Call(
        "", [r.tensor(dtype=number(r)), r.choice([r.tensor(dtype=number(r)), dtype_object("float32", r.library)])]
    )


@case(*named("promote_types"), spoil=False, total=True)
def promote_types(r: Draws) -> Call:
    return Call(
        "", [dtype_object(r.choice(["float32", "int32", "int16", "uint8", "bool"]), r.library) for _ in range(2)]
    )


@case(*(f"jax.numpy.{name}" for name in ("hanning", "diag_indices")))
def windows(r: Draws) -> Call:
    return Call("", [r.randint(1, 9)])


@case("jax.numpy.fft.rfftfreq")
def frequencies(r: Draws) -> Call:
    return Call("", [r.randint(1, 9)])


@case("jax.numpy.vander")
def vander(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1), *([r.randint(0, 4)] if r.chance(50) else [])])


@case("jax.numpy.lexsort")
def lexsort(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [(x, r.tensor(x.shape))])


@case("jax.numpy.delete")
def delete(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.axis(len(x.shape))
    return Call("", [x, r.randrange(x.shape[axis])], {"axis": axis})


@case("numpy.ndarray.compress", mask=True, spoil=False, total=True)
def compress_method(r: Draws) -> Call:
    x = r.tensor(low=1)
    axis = r.randrange(len(x.shape))
    return Call("", [x, r.tensor((r.randint(1, x.shape[axis]),), "bool")], {"axis": axis}, kind="method")


@case("numpy.ndarray.resize")
def resize_method(r: Draws) -> Call:
    return Call("", [r.tensor(), r.shape()], {"refcheck": False}, kind="mutation")


@case("jax.Array.trace")
def trace_method(r: Draws) -> Call:
    call = reduction(r)
    return Call("", [call.args[0].with_(shape=r.shape(low=2))], {}, kind="method")


@case("numpy.lib.stride_tricks.sliding_window_view")
def sliding(r: Draws) -> Call:
    x = r.tensor(low=1, high=3, least=2)
    if r.chance(50):
        return Call("", [x, tuple(r.randint(1, size) for size in x.shape)])
    axis = r.axis(len(x.shape))
    return Call("", [x, r.randint(1, x.shape[axis])], {"axis": axis})
