"""What einops' functions do to shapes: sizes of named axes are solved from the array, the rest from the arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangra.shape_rules.context import AtLeast, Equal, Multiple
from tangra.shape_rules.dtypes import discrete, result_dtype
from tangra.shape_rules.einops.patterns import PatternError, Side, is_axis_name, parse
from tangra.shape_rules.failures import CALL, DTYPE, PATTERN, Failure
from tangra.shape_rules.registry import module, rule
from tangra.shape_rules.values import UNKNOWN, Item, Shape, Tensor, Value, is_size, shape_text
from tangra.shapes import Size, SizeTooComplex, prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

ERROR = "EinopsError"
REDUCTIONS = ("min", "max", "sum", "mean", "prod", "any", "all")


def transform(ctx: RuleContext, tensor: Tensor, pattern: str, verb: str, lengths: dict[str, Value]) -> Shape | None:
    """The shape of a rearrangement, reduction or repetition, None if it isn't known."""
    counted: dict[str, Size] = {}
    try:
        left, right = parse(pattern)
        if verb == "reduce":
            left, counted = _with_counts(left)
        _check_sides(left, right, verb, pattern, lengths)
    except PatternError as error:
        ctx.fail(Failure(PATTERN, str(error), ERROR))
    for name, size in lengths.items():
        if isinstance(size, float | str | list | tuple):
            ctx.fail(Failure(CALL, f"{pattern!r}: the size of {name} is no int", "TypeError"))
    negative = [name for name, size in lengths.items() if isinstance(size, int) and size < 0]
    if verb == "repeat" and any(lengths[name] == -1 and (name,) in right.groups for name in negative):
        return None  # the library's own expand reads -1 as "as it is"
    sizes = {name: size for name, size in lengths.items() if is_size(size)} | counted
    known = solve(ctx, tensor, left, dict(sizes), pattern, set(lengths) | set(counted))
    if known is None:
        return None
    named, middle = known
    return _build(ctx, right, {**sizes, **named}, middle)


def _with_counts(left: Side) -> tuple[Side, dict[str, Size]]:
    """The left side of a reduction, in which numbers are axes of their own that are reduced, with names for these and
    their sizes."""
    counted: dict[str, Size] = {}
    groups = []
    for group in left.groups:
        names = []
        for name in group:
            if name.isdigit():
                size, name = int(name), name + " " * (len(counted) + 1)
                counted[name] = size
            names.append(name)
        groups.append(tuple(names))
    return Side(tuple(groups), left.merged), counted


def _check_sides(left: Side, right: Side, verb: str, pattern: str, lengths: dict[str, Value]) -> None:
    ours, theirs = set(left.names), set(right.names)
    if left.ellipsis and any("..." in group and left.merged[place] for place, group in enumerate(left.groups)):
        raise PatternError(f"{pattern!r}: the ellipsis of the left side can't be in parentheses")
    if right.ellipsis and not left.ellipsis:
        raise PatternError(f"{pattern!r}: there is an ellipsis on the right side only")
    numbers = {name for name in ours if name.isdigit()}
    if numbers:
        raise PatternError(f"{pattern!r}: the left side can't have numbers other than 1")
    if verb == "rearrange":
        if any(name.isdigit() for name in theirs):
            raise PatternError(f"{pattern!r}: rearrange can't make new axes with numbers")
        if ours ^ theirs:
            raise PatternError(f"{pattern!r}: {', '.join(sorted(ours ^ theirs))} on one side only")
    elif verb == "reduce":
        if theirs - ours:
            raise PatternError(f"{pattern!r}: {', '.join(sorted(theirs - ours))} on the right side only")
    else:
        if ours - theirs:
            raise PatternError(f"{pattern!r}: {', '.join(sorted(ours - theirs))} on the left side only")
        missing = {name for name in theirs - ours if not name.isdigit()} - set(lengths)
        if missing:
            raise PatternError(f"{pattern!r}: no size given for {', '.join(sorted(missing))}")
    for name in lengths:
        if name not in ours | theirs:
            raise PatternError(f"{pattern!r}: a size is given for {name}, which is not in the pattern")
        if not name.isidentifier() or name.startswith("_") or name.endswith("_"):
            raise PatternError(f"{pattern!r}: {name!r} is no name of an axis")


def solve(
    ctx: RuleContext, tensor: Tensor, left: Side, sizes: dict[str, Size], pattern: str, given: set[str]
) -> tuple[dict[str, Size], Shape] | None:
    """Sizes of the left side's names, and the axes the ellipsis stands for; None if the rank isn't known."""
    shape = tensor.shape
    if shape is None:
        return None
    before = next((n for n, group in enumerate(left.groups) if "..." in group), None)
    count = len(left.groups) - (before is not None)
    text = f"{pattern!r} of an array of shape {shape_text(shape)}"
    if tensor.rank is not None and (tensor.rank < count or (before is None and tensor.rank != count)):
        words = "at least " if before is not None else ""
        message = f"{text}: it takes {words}{count} dimensions"
        ctx.fail(Failure(PATTERN, message, ERROR))
    if tensor.rank is None and before is None:
        return None
    middle: Shape = ()
    if before is None:
        pairs = list(zip(left.groups, shape, strict=True))
    else:
        after = count - before
        if tensor.rank is None and len(shape) < count:
            return None
        middle = shape[before : len(shape) - after]
        pairs = [*zip(left.groups[:before], shape[:before], strict=True)]
        pairs += zip(left.groups[before + 1 :], shape[len(shape) - after :], strict=True)
    found: dict[str, Size] = {}
    for group, item in pairs:
        if is_size(item):
            _solve_group(ctx, group, item, sizes, found, text, given)  # type: ignore[arg-type]
        else:
            return None
    return found, middle


def _solve_group(
    ctx: RuleContext, group: Sequence[str], size: Size, sizes: dict[str, Size], found: dict[str, Size], text: str,
    given: set[str],
) -> None:  # fmt: skip
    open_names = [name for name in group if name not in given]
    for name in group:
        if name in given and name not in sizes:
            sizes[name] = ctx.fresh(name)
            open_names = open_names if len(group) > 1 else [name]
    if len(open_names) > 1:
        message = f"{text}: the sizes of {', '.join(open_names)} can't be told apart; give all but one"
        ctx.fail(Failure(PATTERN, message, ERROR))
    for name in group:
        if name in sizes:
            text_of = f"{text}: the size of {name} is {sizes[name]}"
            ctx.require(AtLeast(0, sizes[name]), Failure(PATTERN, text_of, "RuntimeError"))
    rest = prod(sizes[name] for name in group if name not in open_names)
    if not open_names:
        failure = Failure(PATTERN, f"{text}: ({' '.join(group)}) is {rest}, the array's axis {size}", ERROR)
        ctx.require(Equal(rest, size), failure)
    else:
        if ctx.truth(Equal(rest, 0)):
            ctx.fail(Failure(PATTERN, f"{text}: {size} in groups of 0", "ZeroDivisionError"))
        failure = Failure(PATTERN, f"{text}: an axis of {size} does not divide into groups of {rest}", ERROR)
        ctx.require(Multiple(size, rest), failure)
        try:
            found[open_names[0]] = size // rest
        except (SizeTooComplex, ZeroDivisionError):
            found[open_names[0]] = ctx.fresh(open_names[0])
    found.update({name: sizes[name] for name in group if name in sizes})


def _build(ctx: RuleContext, right: Side, sizes: dict[str, Size], middle: Shape) -> Shape | None:
    items: list[Item] = []
    for group, merged in zip(right.groups, right.merged, strict=True):
        if "..." in group and not merged:
            items += middle
            continue
        total: Size = 1
        for name in group:
            for size in (
                middle if name == "..." else (int(name) if name.isdigit() else sizes.get(name, ctx.fresh(name)),)
            ):
                if not is_size(size):
                    return None
                total = total * size  # type: ignore[operator]
        items.append(total)
    for item in items:
        if is_size(item):
            ctx.require(AtLeast(0, item), Failure(PATTERN, f"an axis of size {item}", "RuntimeError"))  # type: ignore[arg-type]
    return tuple(items)


def _operand(ctx: RuleContext, tensor: Value) -> Tensor | None:
    """The array; a list of arrays counts as their stack."""
    if isinstance(tensor, Tensor):
        return tensor
    if isinstance(tensor, list | tuple) and tensor and all(isinstance(one, Tensor) for one in tensor):
        first: Tensor = tensor[0]
        return first.like(None if first.shape is None else (len(tensor), *first.shape))
    if tensor is None or isinstance(tensor, int | float | str | dict):
        ctx.fail(Failure(CALL, "einops takes an array", "RuntimeError"))
    return None


def _result(tensor: Tensor, shape: Shape | None, dtype: str | None) -> Tensor:
    return Tensor(tensor.library, shape, dtype)


@rule("einops.rearrange")
def rearrange(ctx: RuleContext, tensor: Value, pattern: Value, **axes_lengths: Value) -> Value:
    """Axes split, merged and permuted."""
    array = _operand(ctx, tensor)
    if array is None or not isinstance(pattern, str):
        return UNKNOWN if array is None else _result(array, None, array.dtype)
    return _result(array, transform(ctx, array, pattern, "rearrange", axes_lengths), array.dtype)


@rule("einops.repeat")
def repeat(ctx: RuleContext, tensor: Value, pattern: Value, **axes_lengths: Value) -> Value:
    """As rearrange, with new axes."""
    array = _operand(ctx, tensor)
    if array is None or not isinstance(pattern, str):
        return UNKNOWN if array is None else _result(array, None, array.dtype)
    return _result(array, transform(ctx, array, pattern, "repeat", axes_lengths), array.dtype)


@rule("einops.reduce")
def reduce(ctx: RuleContext, tensor: Value, pattern: Value, reduction: Value, **axes_lengths: Value) -> Value:
    """Axes missing on the right side are reduced."""
    array = _operand(ctx, tensor)
    if array is None or not isinstance(pattern, str):
        return UNKNOWN if array is None else _result(array, None, array.dtype)
    if isinstance(reduction, str) and reduction not in REDUCTIONS:
        ctx.fail(Failure(PATTERN, f"einops.reduce has no reduction {reduction!r}", ERROR))
    shape = transform(ctx, array, pattern, "reduce", axes_lengths)
    left, right = parse(pattern)
    if set(left.names) <= set(right.names):  # no axis is reduced
        return _result(array, shape, array.dtype)
    if reduction == "mean" and discrete(array.dtype) and array.library != "numpy":
        ctx.fail(Failure(DTYPE, f"the mean of {array.dtype}: convert to floats first", "NotImplementedError"))
    dtype = array.dtype if isinstance(reduction, str) and reduction in ("min", "max") else None
    if not discrete(array.dtype) and reduction in ("sum", "mean", "prod"):
        dtype = array.dtype
    return _result(array, shape, dtype)


@rule("einops.einsum")
def einsum(ctx: RuleContext, *tensors_and_pattern: Value) -> Value:
    """einsum with words for labels."""
    *operands, pattern = tensors_and_pattern or (None,)
    if any(one is None or isinstance(one, dict | int | float) for one in operands):
        ctx.fail(Failure(CALL, "einsum takes arrays", "TypeError"))
    if not isinstance(pattern, str) or not all(isinstance(one, Tensor) for one in operands) or not operands:
        return UNKNOWN
    if pattern.count("->") != 1:
        ctx.fail(Failure(PATTERN, f"{pattern!r} needs one arrow ->", "ValueError"))
    left, _, right = pattern.partition("->")
    if "(" in pattern or ")" in pattern:
        ctx.fail(Failure(PATTERN, f"{pattern!r}: einsum has no groups in parentheses", ERROR))
    words = left.split(",")
    if len(words) != len(operands):
        message = f"{pattern!r} is for {len(words)} arrays, not {len(operands)}"
        ctx.fail(Failure(PATTERN, message, "ValueError"))
    sizes: dict[str, Size] = {}
    known = True
    for word, tensor in zip(words, operands, strict=True):
        names = word.split()
        if "..." in names or tensor.dims is None:
            known = False
            continue
        text = f"{pattern!r}: {word.strip()!r} of an array of shape {shape_text(tensor.dims)}"
        if len(names) != len(tensor.dims):
            ctx.fail(Failure(PATTERN, f"{text}: {len(names)} names", "RuntimeError"))
        for name, size in zip(names, tensor.dims, strict=True):
            failure = Failure(PATTERN, f"{text}: {name} is {size}, elsewhere {sizes.get(name)}", "RuntimeError")
            sizes[name] = ctx.broadcast(sizes[name], size, failure) if name in sizes else size
    output = right.split()
    for name in output:
        if output.count(name) > 1:
            ctx.fail(Failure(PATTERN, f"{pattern!r}: {name} is twice on the right side", ERROR))
        if known and name not in sizes:
            ctx.fail(Failure(PATTERN, f"{pattern!r}: {name} is on the right side only", ERROR))
    shape = tuple(sizes[name] for name in output) if known else None
    dtypes = {one.dtype for one in operands}
    dtype = operands[0].dtype if len(dtypes) == 1 and "bool" not in dtypes else None
    return Tensor(operands[0].library, shape, dtype)


@rule("einops.parse_shape")
def parse_shape(ctx: RuleContext, x: Value, pattern: Value) -> Value:
    """Sizes by name."""
    if not isinstance(x, Tensor) or not isinstance(pattern, str):
        return UNKNOWN
    names = pattern.split()
    if "..." in names or x.dims is None:
        return UNKNOWN
    if len(names) != len(x.dims):
        message = f"parse_shape: {pattern!r} names {len(names)} axes of shape {shape_text(x.dims)}"
        ctx.fail(Failure(PATTERN, message, "RuntimeError"))
    return {name: size for name, size in zip(names, x.dims, strict=True) if name != "_" and not name.isdigit()}


@rule("einops.pack")
def pack(ctx: RuleContext, tensors: Value, pattern: Value) -> Value:
    """Arrays flattened at * and joined there, with the shapes that stood there."""
    if not isinstance(tensors, list | tuple) or not isinstance(pattern, str) or not tensors:
        return UNKNOWN
    names, star = _packing(ctx, pattern, "pack")
    if any(one is None or isinstance(one, int | float | str | dict) for one in tensors):
        ctx.fail(Failure(CALL, "pack takes arrays", "RuntimeError"))
    if not all(isinstance(one, Tensor) and one.dims is not None for one in tensors):
        return UNKNOWN
    after = len(names) - star - 1
    total: Size = 0
    packed: list[Shape] = []
    first = tensors[0].dims
    for tensor in tensors:
        dims = tensor.dims
        if len(dims) < len(names) - 1:
            message = f"pack {pattern!r} of shape {shape_text(dims)}: there are too few axes"
            ctx.fail(Failure(PATTERN, message, ERROR))
        middle = dims[star : len(dims) - after]
        kept, wanted = (*dims[:star], *dims[len(dims) - after :]), (*first[:star], *first[len(first) - after :])
        for size, other in zip(kept, wanted, strict=True):
            text = f"pack {pattern!r} of shapes {shape_text(first)} and {shape_text(dims)}"
            ctx.require_equal(size, other, Failure(PATTERN, text, "RuntimeError"))
        packed.append(middle)
        total = total + prod(middle)
    shape = (*first[:star], total, *first[len(first) - after :])
    flat = [tensor.like((1,)) for tensor in tensors]  # numbers are made vectors before they are joined
    return Tensor(tensors[0].library, shape, result_dtype(flat, tensors[0].library)), packed


def _packing(ctx: RuleContext, pattern: str, verb: str) -> tuple[list[str], int]:
    """The names in the pattern of `pack` or `unpack`, and which of them is the star."""
    names = pattern.split()
    wrong = next((name for name in names if name != "*" and not is_axis_name(name)), None)
    if names.count("*") != 1 or len(set(names)) < len(names) or wrong is not None:
        text = f"{verb} {pattern!r}: the pattern has names, each once, and one *"
        ctx.fail(Failure(PATTERN, text, ERROR))
    return names, names.index("*")


@rule("einops.unpack")
def unpack(ctx: RuleContext, tensor: Value, packed_shapes: Value, pattern: Value) -> Value:
    """What pack joined, apart again."""
    if not isinstance(tensor, Tensor) or not isinstance(pattern, str) or not isinstance(packed_shapes, list | tuple):
        return UNKNOWN
    names, star = _packing(ctx, pattern, "unpack")
    if tensor.dims is None:
        return UNKNOWN
    text = f"unpack {pattern!r} of shape {shape_text(tensor.dims)}"
    if len(names) != len(tensor.dims):
        ctx.fail(Failure(PATTERN, f"{text}: it takes {len(names)} dimensions", ERROR))
    if any(isinstance(part, int) for part in packed_shapes):
        ctx.fail(Failure(PATTERN, f"{text}: the shapes of the parts are sequences", "TypeError"))
    parts = [tuple(part) for part in packed_shapes if isinstance(part, list | tuple) and all(map(is_size, part))]
    if len(parts) < len(packed_shapes):
        return [tensor.like(None) for _ in packed_shapes]
    solved = _parts(ctx, tensor.dims[star], parts, text)
    if solved is None:
        return [tensor.like(None) for _ in packed_shapes]
    parts = solved
    return [tensor.like((*tensor.dims[:star], *part, *tensor.dims[star + 1 :])) for part in parts]


def _parts(ctx: RuleContext, total: Size, parts: list[tuple[Size, ...]], text: str) -> list[tuple[Size, ...]] | None:
    """The shapes of the parts of an axis of size `total`; one part may leave a size open with -1. None where others
    take more than there is: einops cuts parts that overlap."""
    open_parts = [place for place, part in enumerate(parts) if -1 in part]
    if len(open_parts) > 1:
        ctx.fail(Failure(PATTERN, f"{text}: more than one part has a -1", ERROR))
    taken: Size = sum((prod(part) for part in parts if -1 not in part), 0)
    failure = Failure(PATTERN, f"{text}: parts of {taken} elements of an axis of {total}", ERROR)
    for size in (size for part in parts for size in part if size != -1):
        ctx.require(AtLeast(0, size), failure)
    if not open_parts:
        if parts:
            ctx.require(Equal(taken, total), failure)
        return parts
    place = open_parts[0]
    if ctx.truth(AtLeast(taken, total)) is not True:
        return None
    others: Size = prod(size for size in parts[place] if size != -1)
    if parts[place].count(-1) > 1 or ctx.truth(Equal(others, 0)):
        ctx.fail(failure)
    ctx.require(Multiple(total - taken, others), failure)
    try:
        left: Size = (total - taken) // others
    except (SizeTooComplex, ZeroDivisionError):
        left = ctx.fresh("part")
    solved = tuple(left if size == -1 else size for size in parts[place])
    return [*parts[:place], solved, *parts[place + 1 :]]


@module("einops.layers.torch.Rearrange")
class Rearrange:
    """A rearrangement as a layer."""

    def __init__(self, ctx: RuleContext, pattern: Value, **axes_lengths: Value) -> None:
        check_pattern(ctx, pattern, "rearrange", axes_lengths)
        self.pattern, self.axes_lengths = pattern, axes_lengths

    def forward(self, ctx: RuleContext, input: Value) -> Value:
        return rearrange(ctx, input, self.pattern, **self.axes_lengths)


@module("einops.layers.torch.Reduce")
class Reduce:
    """A reduction as a layer."""

    def __init__(self, ctx: RuleContext, pattern: Value, reduction: Value, **axes_lengths: Value) -> None:
        check_pattern(ctx, pattern, "reduce", axes_lengths)
        self.pattern, self.reduction, self.axes_lengths = pattern, reduction, axes_lengths

    def forward(self, ctx: RuleContext, input: Value) -> Value:
        return reduce(ctx, input, self.pattern, self.reduction, **self.axes_lengths)


def _lengths(sizes: Value) -> dict[str, Value]:
    return {str(name): size for name, size in sizes.items()} if isinstance(sizes, dict) else {}


@module("einops.layers.flax.Rearrange")
class FlaxRearrange(Rearrange):
    """The same for flax, which takes the sizes of axes as a dictionary."""

    def __init__(
        self, ctx: RuleContext, pattern: Value, sizes: Value = None, parent: Value = None, name: Value = None
    ) -> None:
        super().__init__(ctx, pattern, **_lengths(sizes))


@module("einops.layers.flax.Reduce")
class FlaxReduce(Reduce):
    """The same for flax."""

    def __init__(
        self, ctx: RuleContext, pattern: Value, reduction: Value, sizes: Value = None, parent: Value = None,
        name: Value = None,
    ) -> None:  # fmt: skip
        super().__init__(ctx, pattern, reduction, **_lengths(sizes))


def check_pattern(ctx: RuleContext, pattern: Value, verb: str, lengths: dict[str, Value]) -> None:
    """Fail for a pattern that fits no array."""
    if not isinstance(pattern, str):
        return
    try:
        left, right = parse(pattern)
        _check_sides(left, right, verb, pattern, lengths)
    except PatternError as error:
        ctx.fail(Failure(PATTERN, str(error), ERROR))
