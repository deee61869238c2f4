"""Choosing, inserting and replacing elements; blocks, diagonals and cuts: the rest of rearranging arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, size_argument, size_sequence
from tangra.shape_rules.broadcasting import broadcast_shapes, broadcast_to
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import kind, result_dtype
from tangra.shape_rules.failures import ARGUMENT, DTYPE, INDEX, RANK, Failure
from tangra.shape_rules.joining import concatenated
from tangra.shape_rules.numpy.common import both, functions, made, sequence
from tangra.shape_rules.numpy.joining import _split
from tangra.shape_rules.numpy.shaping import ERROR, kept, moveaxis
from tangra.shape_rules.registry import method, rule
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, Value, is_size, shape_text
from tangra.shapes import Size, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


def flat_size(ctx: RuleContext, a: Tensor) -> Size:
    """The number of elements."""
    return ctx.fresh("n") if a.dims is None else prod(a.dims)


@functions("insert")
def insert(ctx: RuleContext, arr: Tensor, obj: Value, values: Value, axis: Value = None, *, library: str) -> Tensor:
    """With one slice more, or several."""
    shape: tuple[Size, ...] | None = (flat_size(ctx, arr),) if axis is None else arr.dims
    place = 0 if axis is None else axis_place(ctx, arr, axis, error=ERROR)
    if isinstance(obj, float):
        ctx.fail(Failure(ARGUMENT, f"insert() at {obj}, which is no int", "IndexError"))
    if isinstance(obj, list | tuple) and library == "jax":
        ctx.fail(Failure(ARGUMENT, "insert() at a list of places: jnp.asarray makes an array of it", "TypeError"))
    if place is None or shape is None or not shape:
        return kept(arr, None)
    given, size = to_tensor(values, library, "insert"), shape[place]
    added = _inserted(ctx, obj, given, size, len(shape))
    rest = (*shape[:place], added, *shape[place + 1 :])
    single = isinstance(obj, int)
    if given.shape is not None and len(shape) == 1:
        broadcast_to(ctx, given.shape, (added,), "insert(): ", "ValueError")
    elif given.shape is not None and single and len(given.shape) <= len(shape) - 1:
        broadcast_to(ctx, given.shape, (*shape[:place], *shape[place + 1 :]), "insert(): ", "ValueError")
    elif given.shape is not None and not single:
        broadcast_to(ctx, given.shape, rest, "insert(): ", "ValueError")
    return kept(arr, (*shape[:place], size + added, *shape[place + 1 :]))


def _inserted(ctx: RuleContext, obj: Value, given: Tensor, size: Size, rank: int) -> Size:
    """How many slices come in."""
    if isinstance(obj, int) and not isinstance(obj, bool):
        text = f"insert() at {obj} of an axis of size {size}"
        if given.library == "numpy":
            ctx.require(AtLeast(obj if obj >= 0 else -obj, size), Failure(INDEX, text, "IndexError"))
        if given.rank is not None and given.rank < rank:
            return 1
        return ctx.fresh("inserted")
    if isinstance(obj, list | tuple):
        for place in obj:
            if isinstance(place, float):
                ctx.fail(Failure(INDEX, f"insert() at {place}, which is no int", "IndexError"))
            if isinstance(place, int) and place < 0:
                return ctx.fresh("inserted")  # taken or not by chance
            if isinstance(place, int) and len(obj) > 1:
                text = f"insert() at {place} of an axis of size {size}"
                ctx.require(AtLeast(place, size), Failure(INDEX, text, "IndexError"))
        return len(obj)
    first = obj.size(0) if isinstance(obj, Tensor) and obj.rank == 1 and obj.dtype != "bool" else None
    return ctx.fresh("inserted") if first is None else first


@functions("resize")
def resize(ctx: RuleContext, a: Tensor, new_shape: Value) -> Tensor:
    """Another shape, the elements repeated as often as it takes."""
    goal = size_sequence(ctx, new_shape, "new_shape")
    for size in goal or ():
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"resize() to a size of {size}", "ValueError"))
    return kept(a, goal)


@method("numpy.ndarray", "resize", inplace=True)
def resize_method(ctx: RuleContext, self: Tensor, *new_shape: Value, refcheck: Value = True) -> Tensor:
    """Another shape, filled up with zeros."""
    one = new_shape[0] if len(new_shape) == 1 else new_shape
    return resize(ctx, self, one)


@functions("select")
def select(ctx: RuleContext, condlist: Value, choicelist: Value, default: Value = 0, *, library: str) -> Tensor:
    """For each element the first choice whose condition holds."""
    lists = [value if isinstance(value, list | tuple) else None for value in (condlist, choicelist)]
    conditions, choices = lists
    if conditions is None or choices is None:
        return Tensor(library)
    if len(conditions) != len(choices) or not conditions:
        text = f"select() by {len(conditions)} conditions of {len(choices)} choices"
        ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    masks = [to_tensor(one, library, "select") for one in conditions]
    for mask in masks:
        if mask.dtype not in (None, "bool") and library == "numpy":
            ctx.fail(Failure(DTYPE, f"select() by a condition of dtype {mask.dtype}, not of bools", "TypeError"))
    taken = [to_tensor(one, library, "select") for one in (*choices, default)]
    shape = broadcast_shapes(ctx, [one.shape for one in (*masks, *taken)], "select: ", "ValueError")
    return made(library, shape, result_dtype(taken, library))


@functions("choose")
def choose(ctx: RuleContext, a: Tensor, choices: Value, mode: Value = "raise", *, library: str) -> Tensor:
    """Elements of the arrays whose numbers are given."""
    if kind(a.dtype) not in ((None, 1) if library == "jax" else (None, 0, 1)):
        ctx.fail(Failure(DTYPE, f"choose() by an array of dtype {a.dtype}", "TypeError"))
    found = sequence(ctx, choices, library, "choose()")
    if found is None:
        return Tensor(library)
    shape = broadcast_shapes(ctx, [a.shape, *(one.shape for one in found)], "choose: ", "ValueError")
    return made(library, shape, result_dtype(found, library))


@rule("numpy.compress")
def compress(ctx: RuleContext, condition: Tensor, a: Tensor, axis: Value = None) -> Tensor:
    """Slices where a condition holds."""
    if condition.rank not in (None, 1):
        text = f"compress() by an array of shape {shape_text(condition.shape)}: a vector is needed"
        ctx.fail(Failure(RANK, text, "ValueError"))
    if axis is None:
        return kept(a, (ctx.fresh("n"),))
    place = axis_place(ctx, a, axis, error=ERROR)
    if place is None or a.dims is None or not a.dims:
        return kept(a, None)
    # a longer condition is refused only where it holds behind the end, which elements decide
    return kept(a, (*a.dims[:place], ctx.fresh("n"), *a.dims[place + 1 :]))


@rule("numpy.extract")
def extract(ctx: RuleContext, condition: Tensor, arr: Tensor) -> Tensor:
    """Elements where a condition holds, as a vector."""
    return kept(arr, (ctx.fresh("n"),))


@functions("ediff1d")
def ediff1d(ctx: RuleContext, ary: Tensor, to_end: Value = None, to_begin: Value = None) -> Tensor:
    """Differences of neighbours of the flattened array."""
    if ary.dtype == "bool":
        ctx.fail(Failure(DTYPE, "ediff1d() of bools, which have no difference", "TypeError"))
    if ary.dims is None or to_end is not None or to_begin is not None:
        return kept(ary, (ctx.fresh("n"),))
    count = prod(ary.dims)
    return kept(ary, (max(count - 1, 0) if isinstance(count, int) else count - 1,))


@rule("numpy.trim_zeros")
def trim_zeros(ctx: RuleContext, filt: Tensor, trim: Value = "fb", axis: Value = None) -> Tensor:
    """Without zeros at the ends: elements decide."""
    return kept(filt, None if filt.rank is None else tuple(ctx.fresh("n") for _ in range(filt.rank)))


@functions("diagflat")
def diagflat(ctx: RuleContext, v: Tensor, k: Value = 0) -> Tensor:
    """The elements as the diagonal of a matrix."""
    shift = size_argument(ctx, k, "k")
    if not isinstance(shift, int):
        return kept(v, (ctx.fresh("n"), ctx.fresh("n")))
    size = flat_size(ctx, v) + abs(shift)
    return kept(v, (size, size))


@rule("numpy.rollaxis", "jax.numpy.rollaxis")
def rollaxis(ctx: RuleContext, a: Tensor, axis: Value, start: Value = 0) -> Tensor:
    """An axis moved in front of another."""
    place = axis_place(ctx, a, axis, error=ERROR)
    target = axis_place(ctx, a, start, error=ERROR, added=1)
    if isinstance(start, int) and start < 0 and a.rank is not None:
        target = start + a.rank
        if target < 0:
            ctx.fail(Failure(RANK, f"rollaxis() to {start} of shape {shape_text(a.shape)}", ERROR))
    if place is None or target is None:
        return kept(a, None if a.rank is None else tuple(ctx.fresh("n") for _ in range(a.rank)))
    return moveaxis(ctx, a, place, target - 1 if place < target else target)


@functions("unstack")
def unstack(ctx: RuleContext, x: Tensor, *, axis: Value = 0) -> Value:
    """The slices along an axis, as a tuple."""
    if x.rank == 0:
        ctx.fail(Failure(RANK, "unstack() of a 0-d array", "ValueError"))
    place = axis_place(ctx, x, axis, error=ERROR)
    size = None if place is None else x.size(place)
    if not isinstance(size, int) or size > 256 or x.shape is None or place is None:
        return UNKNOWN
    return (kept(x, (*x.shape[:place], *x.shape[place + 1 :])),) * size


def _depth(ctx: RuleContext, ary: Tensor, indices_or_sections: Value) -> Value:
    if ary.rank is not None and ary.rank < 3:
        ctx.fail(Failure(RANK, f"dsplit() of an array of shape {shape_text(ary.shape)}", "ValueError"))
    return _split("dsplit", True, 2)(ctx, ary, indices_or_sections)


functions("dsplit")(_depth)


@functions("block")
def block(ctx: RuleContext, arrays: Value, *, library: str) -> Tensor:
    """Nested lists of blocks: the innermost joined along the last axis, the next along the one before it."""
    depth = _depth_of(arrays)
    if depth is None:
        return Tensor(library)
    if depth < 0:
        ctx.fail(Failure(ARGUMENT, "block() of lists that are nested to different depths", "ValueError"))
    leaves = _leaves(arrays, library)
    if any(one.rank is None for one in leaves):
        return made(library, None, result_dtype(leaves, library))
    rank = max(depth, *(one.rank or 0 for one in leaves)) if leaves else depth
    joined = _joined(ctx, arrays, depth, rank, library)
    return made(library, joined.shape, result_dtype(leaves, library))


def _depth_of(value: Value) -> int | None:
    """How deep lists are nested; -1 if not all are equally deep, None if nobody knows."""
    if isinstance(value, Unknown):
        return None
    if not isinstance(value, list):
        return 0
    inner = {_depth_of(part) for part in value}
    if None in inner:
        return None
    return -1 if len(inner) != 1 or -1 in inner else 1 + next(each for each in inner if each is not None)


def _leaves(value: Value, library: str) -> list[Tensor]:
    if not isinstance(value, list):
        return [to_tensor(value, library, "block").with_(weak=False)]
    return [leaf for part in value for leaf in _leaves(part, library)]


def _joined(ctx: RuleContext, value: Value, depth: int, rank: int, library: str) -> Tensor:
    if not isinstance(value, list):
        leaf = to_tensor(value, library, "block").with_(weak=False)
        dims = leaf.dims or ()
        return leaf.with_(shape=(*(1,) * (rank - len(dims)), *dims), elements=None)
    parts = [_joined(ctx, part, depth - 1, rank, library) for part in value]
    shape = concatenated(ctx, parts, -depth, "ValueError", "block()")
    return made(library, shape, None)


@rule("numpy.piecewise")
def piecewise(ctx: RuleContext, x: Tensor, condlist: Value, funclist: Value, *args: Value, **kw: Value) -> Tensor:
    """Functions applied where conditions hold."""
    return kept(x, x.shape)


@functions("packbits")
def packbits(ctx: RuleContext, a: Tensor, axis: Value = None, bitorder: Value = "big") -> Tensor:
    """Eight bits in a byte."""
    if kind(a.dtype) not in (None, 0, 1):
        ctx.fail(Failure(DTYPE, f"packbits() of {a.dtype}", "TypeError"))
    if axis is None:
        return made(a.library, ((flat_size(ctx, a) + 7) // 8,), "uint8")
    place = None if a.rank == 0 else axis_place(ctx, a, axis, error=ERROR)
    if place is None or a.dims is None or not a.dims:
        return made(a.library, None, "uint8")
    return made(a.library, (*a.dims[:place], (a.dims[place] + 7) // 8, *a.dims[place + 1 :]), "uint8")


@functions("unpackbits")
def unpackbits(ctx: RuleContext, a: Tensor, axis: Value = None, count: Value = None, bitorder: Value = "big") -> Tensor:
    """The bits of bytes."""
    if a.dtype not in (None, "uint8"):
        ctx.fail(Failure(DTYPE, f"unpackbits() of {a.dtype}, not of uint8", "TypeError"))
    place = None if axis is None or a.rank == 0 else axis_place(ctx, a, axis, error=ERROR)
    if a.dims is None or count is not None or (place is None and axis is not None) or not a.dims:
        return made(a.library, None, "uint8")
    if place is None:
        return made(a.library, (8 * prod(a.dims),), "uint8")
    return made(a.library, (*a.dims[:place], 8 * a.dims[place], *a.dims[place + 1 :]), "uint8")


# ---------------------------------------------------------------------------------------------------------- written to


def _into_part(ctx: RuleContext, *args: Value, **options: Value) -> None:
    """Elements written to; as many values are taken as there are places."""


rule("numpy.place", "numpy.put", "numpy.putmask")(_into_part)
method("numpy.ndarray", "put")(lambda ctx, self, indices, values, mode="raise": None)


@functions("fill_diagonal")
def fill_diagonal(ctx: RuleContext, a: Tensor, val: Value, wrap: Value = False, *, inplace: Value = True) -> Value:
    """A diagonal written to."""
    if a.library == "jax" and inplace is True:
        ctx.fail(Failure(ARGUMENT, "fill_diagonal() of a JAX array needs inplace=False", "NotImplementedError"))
    if a.rank is not None and a.rank < 2:
        ctx.fail(Failure(RANK, f"fill_diagonal() of an array of shape {shape_text(a.shape)}", "ValueError"))
    if a.dims is not None and len(a.dims) > 2:
        for other in a.dims[1:]:
            text = f"fill_diagonal() of shape {shape_text(a.dims)}: all sizes have to be equal"
            ctx.require_equal(a.dims[0], other, Failure(RANK, text, "ValueError"))
    return None if a.library == "numpy" else kept(a, a.shape)


@rule("numpy.put_along_axis")
def put_along_axis(
    ctx: RuleContext, arr: Tensor, indices: Tensor, values: Value, axis: Value, *, inplace: Value = True
) -> Value:
    """Elements written to along an axis."""
    if kind(indices.dtype) not in (None, 1):
        ctx.fail(Failure(INDEX, f"put_along_axis() at indices of dtype {indices.dtype}", "IndexError"))
    if axis is not None and arr.dims is not None and indices.dims is not None:
        axis_place(ctx, arr, axis, error=ERROR)
        if len(arr.dims) != len(indices.dims):
            text = f"put_along_axis() of {shape_text(arr.dims)} at {shape_text(indices.dims)}"
            ctx.fail(Failure(INDEX, f"{text}: as many dimensions are needed", "ValueError"))
        place = axis_place(ctx, arr, axis, error=ERROR)
        if place is not None:
            pairs = [((*one[:place], 1, *one[place + 1 :])) for one in (arr.dims, indices.dims)]
            broadcast_shapes(ctx, pairs, "put_along_axis: ", "IndexError")
    return None


@rule("numpy.copyto")
def copyto(ctx: RuleContext, dst: Tensor, src: Tensor, casting: Value = "same_kind", where: Value = True) -> None:
    """An array written to another, to which it has to broadcast."""
    if dst.shape is not None and src.shape is not None:
        shape = src.shape
        while len(shape) > len(dst.shape) and shape[0] == 1:
            shape = shape[1:]
        broadcast_to(ctx, shape, dst.shape, "copyto(): ", "ValueError")
    have, want = kind(dst.dtype), kind(src.dtype)
    if have is None or want is None or casting != "same_kind":
        return
    if want > have or (have == want == 1 and "uint" in str(dst.dtype) and "uint" not in str(src.dtype)):
        ctx.fail(Failure(DTYPE, f"copyto() of {src.dtype} into {dst.dtype}", "TypeError"))


@both("searchsorted")
def searchsorted(ctx: RuleContext, a: Tensor, v: Tensor, side: Value = "left", sorter: Value = None) -> Tensor:
    """Where values would go into a sorted vector."""
    if a.rank not in (None, 1):
        ctx.fail(Failure(RANK, f"searchsorted() in an array of shape {shape_text(a.shape)}", "ValueError"))
    return made(a.library, v.shape, "int64")


method("numpy.ndarray", "compress")(
    lambda ctx, self, condition, axis=None: compress(ctx, to_tensor(condition, self.library), self, axis)
)
method("numpy.ndarray", "choose")(
    lambda ctx, self, choices, mode="raise": choose(ctx, self, choices, mode, library=self.library)
)


@rule("numpy.tril_indices_from", "numpy.triu_indices_from")
def triangle_of(ctx: RuleContext, arr: Tensor, k: Value = 0, *, library: str) -> Value:
    """The indices of a triangle of a matrix; how many there are, only its sizes say."""
    if arr.rank not in (None, 2):
        ctx.fail(Failure(RANK, f"the triangle of an array of shape {shape_text(arr.shape)}", "ValueError"))
    return (made(library, (ctx.fresh("n"),), "int64"),) * 2


@functions("diag_indices_from")
def diag_indices_from(ctx: RuleContext, arr: Tensor) -> Value:
    """The indices of a diagonal, an array for each axis."""
    if arr.rank is not None and arr.rank < 2:
        ctx.fail(Failure(RANK, f"the diagonal of an array of shape {shape_text(arr.shape)}", "ValueError"))
    if arr.dims is None:
        return UNKNOWN
    for other in arr.dims[1:]:
        text = f"diag_indices_from() of shape {shape_text(arr.dims)}: all sizes have to be equal"
        ctx.require_equal(arr.dims[0], other, Failure(RANK, text, "ValueError"))
    return (made(arr.library, (arr.dims[0],), "int64"),) * len(arr.dims)


@rule("numpy.ravel_multi_index")
def ravel_multi_index(ctx: RuleContext, multi_index: Value, dims: Value, mode: Value = "raise", order: Value = "C", *,
                      library: str) -> Value:  # fmt: skip
    """Places in the flattened array."""
    if isinstance(dims, list | tuple) and 0 in dims:
        ctx.fail(Failure(INDEX, f"ravel_multi_index() in dimensions {tuple(dims)}, of which one is 0", "ValueError"))
    if isinstance(multi_index, list | tuple) and isinstance(dims, list | tuple) and len(multi_index) != len(dims):
        text = f"ravel_multi_index() of {len(multi_index)} indices in {len(dims)} dimensions"
        ctx.fail(Failure(INDEX, text, "ValueError"))
    if isinstance(multi_index, Tensor):
        return made(library, None if multi_index.shape is None else multi_index.shape[1:], "int64")
    if not isinstance(multi_index, list | tuple) or not all(
        isinstance(one, Tensor) or is_size(one) for one in multi_index
    ):
        return UNKNOWN
    found = [to_tensor(one, library) for one in multi_index]
    shape = broadcast_shapes(ctx, [one.shape for one in found], "ravel_multi_index: ", "ValueError")
    plain = not any(isinstance(one, Tensor) for one in multi_index)
    return ctx.fresh("i") if plain else made(library, shape, "int64")


# ------------------------------------------------------------------------------------------------------------- strides

TRICKS = "numpy.lib.stride_tricks."


@rule(TRICKS + "sliding_window_view")
def sliding_window_view(
    ctx: RuleContext, x: Tensor, window_shape: Value, axis: Value = None, *, subok: Value = False,
    writeable: Value = False,
) -> Tensor:  # fmt: skip
    """Where windows start, then the windows: one size for each axis, or for the axes given."""
    window = size_sequence(ctx, window_shape, "window_shape")
    if window is None or x.dims is None:
        return kept(x, None)
    axes = tuple(range(len(x.dims))) if axis is None else tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    if len(axes) != len(window):
        text = f"sliding_window_view() of shape {shape_text(x.dims)}: {len(window)} sizes for {len(axes)} axes"
        ctx.fail(Failure(ARGUMENT, text, "ValueError"))
    sizes = list(x.dims)
    for one, wide in zip(axes, window, strict=True):
        place = axis_place(ctx, x, one, error=ERROR)
        if place is None:
            return kept(x, None)
        text = f"sliding_window_view(): a window of {wide} along axis {place} of shape {shape_text(x.dims)}"
        for low, high in ((0, wide), (wide, sizes[place] + 1 if wide == 0 else sizes[place])):
            ctx.require(AtLeast(low, high), Failure(ARGUMENT, text, "ValueError"))
        sizes[place] = sizes[place] - wide + 1
    return kept(x, (*sizes, *window))


@rule(TRICKS + "as_strided")
def as_strided(
    ctx: RuleContext, x: Tensor, shape: Value = None, strides: Value = None, subok: Value = False,
    writeable: Value = True,
) -> Tensor:  # fmt: skip
    """A view of this shape."""
    return kept(x, x.shape if shape is None else size_sequence(ctx, shape, "shape"))
