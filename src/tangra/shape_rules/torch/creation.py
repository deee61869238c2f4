"""torch's tensors made from sizes, numbers and other tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument, size_sequence, spread_sizes, whole
from tangra.shape_rules.coercion import MAX_ELEMENTS, from_alike, from_nested, scalar
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import discrete, number_kind, wide_default
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, Failure
from tangra.shape_rules.ranges import arange_length, with_drawn
from tangra.shape_rules.registry import constant, inert, method, rule
from tangra.shape_rules.torch.common import (
    CLASS,
    both,
    default_dtype,
    dtype_argument,
    fresh,
    require_floating,
    tensor_of,
)
from tangra.shape_rules.values import Alike, DType, Shape, Tensor, Unknown, Value, is_size, words
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

DTYPES = words(
    """
    float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex32 complex64
    complex128 float8_e4m3fn float8_e5m2
    """
)
for _name in DTYPES:
    constant(f"torch.{_name}", DType("torch", _name))
for _short, _long in (
    ("float", "float32"),
    ("double", "float64"),
    ("half", "float16"),
    ("long", "int64"),
    ("int", "int32"),
    ("short", "int16"),
    ("cfloat", "complex64"),
    ("cdouble", "complex128"),
):
    constant(f"torch.{_short}", DType("torch", _long))
for _name, _number in (("pi", 3.141592653589793), ("e", 2.718281828459045)):
    constant(f"torch.{_name}", _number)
constant("torch.inf", float("inf"))
constant("torch.nan", float("nan"))
constant("torch.newaxis", None)


def checked_sizes(ctx: RuleContext, sizes: tuple[Size, ...] | None) -> Shape | None:
    """Sizes to make a tensor of; fails for a negative one."""
    for size in sizes or ():
        ctx.require(
            AtLeast(0, size), Failure(ARGUMENT, f"a tensor can't have the negative size {size}", "RuntimeError")
        )
    return sizes


def _filled(name: str) -> Callable[..., Tensor]:
    def make(ctx: RuleContext, *size: Value, dtype: Value = None) -> Tensor:
        shape = checked_sizes(ctx, spread_sizes(ctx, size))
        return fresh(shape, dtype_argument(ctx, dtype, default_dtype(ctx)))

    return make


for _name in ("zeros", "ones", "empty", "rand", "randn"):
    rule(f"torch.{_name}")(_filled(_name))


def _filled_like(name: str) -> Callable[..., Tensor]:
    def make(ctx: RuleContext, input: Tensor, *, dtype: Value = None) -> Tensor:
        if name.startswith("rand") and dtype is None and discrete(input.dtype):
            message = f"{name}() draws floats; the tensor's dtype is {input.dtype}"
            ctx.fail(Failure(ARGUMENT, message, "RuntimeError"))
        return fresh(input.shape, dtype_argument(ctx, dtype, input.dtype), input)

    return make


for _name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"):
    rule(f"torch.{_name}")(_filled_like(_name))


@rule("torch.full_like")
def full_like(ctx: RuleContext, input: Tensor, fill_value: Value, *, dtype: Value = None) -> Tensor:
    """A tensor of the same shape filled with a number."""
    return fresh(input.shape, dtype_argument(ctx, dtype, input.dtype), input)


@rule("torch.full")
def full(ctx: RuleContext, size: Value, fill_value: Value, *, dtype: Value = None) -> Tensor:
    """A tensor filled with a number, of that number's dtype."""
    if is_size(size):
        ctx.fail(Failure(CALL, "full() takes a tuple of sizes, not an int", "TypeError"))
    shape = checked_sizes(ctx, size_sequence(ctx, size, "size"))
    category = number_kind(fill_value)
    natural = None if category is None else ("bool", "int64", default_dtype(ctx), "complex64")[category]
    return fresh(shape, dtype_argument(ctx, dtype, natural))


@rule("torch.randint")
def randint(ctx: RuleContext, low: Value, high: Value = ..., size: Value = ..., *, dtype: Value = None) -> Tensor:
    """Random ints: `randint(high, size)` or `randint(low, high, size)`."""
    if size is ...:
        low, high, size = 0, low, high
    if size is ... or is_size(size):
        ctx.fail(Failure(CALL, "randint() needs bounds and a tuple of sizes", "TypeError"))
    lowest, highest = whole(ctx, low, "low"), whole(ctx, high, "high")
    if isinstance(lowest, int) and isinstance(highest, int) and lowest >= highest:
        ctx.fail(Failure(ARGUMENT, f"randint() from {lowest} to {highest}: there is no such int", "RuntimeError"))
    sizes = checked_sizes(ctx, size_sequence(ctx, size, "size"))
    return with_drawn(ctx, fresh(sizes, dtype_argument(ctx, dtype, "int64")), lowest, highest)


@rule("torch.randint_like")
def randint_like(ctx: RuleContext, input: Tensor, low: Value, high: Value = None, *, dtype: Value = None) -> Tensor:
    """Random ints in the shape of a tensor."""
    lowest, highest = (0, low) if high is None else (low, high)
    if isinstance(lowest, float) or isinstance(highest, float):
        ctx.fail(Failure(CALL, "randint_like() takes ints", "TypeError"))
    if isinstance(lowest, int) and isinstance(highest, int) and lowest >= highest:
        text = f"randint_like() from {lowest} to {highest}: there is no such int"
        ctx.fail(Failure(ARGUMENT, text, "RuntimeError"))
    if input.dtype == "bool" and dtype is None and isinstance(highest, int) and highest > 2:
        ctx.fail(Failure(ARGUMENT, f"randint_like() of bools below {highest}", "RuntimeError"))
    return fresh(input.shape, dtype_argument(ctx, dtype, input.dtype), input)


@rule("torch.randperm")
def randperm(ctx: RuleContext, n: Value, *, dtype: Value = None) -> Tensor:
    """A random permutation of 0 to n - 1."""
    return fresh(checked_sizes(ctx, (size_argument(ctx, n, "n"),)), dtype_argument(ctx, dtype, "int64"))


@rule("torch.normal")
def normal(ctx: RuleContext, mean: Value, std: Value = 1.0, size: Value = None) -> Tensor:
    """Normal draws in the shape of the tensors given, or of `size`."""
    from tangra.shape_rules.torch.elementwise import binary

    if size is not None:
        return fresh(checked_sizes(ctx, size_sequence(ctx, size, "size")), default_dtype(ctx))
    decides = mean if isinstance(mean, Tensor) else std
    if isinstance(decides, Tensor):
        require_floating(ctx, decides, "normal()", "NotImplementedError")
    return binary(ctx, "normal", mean, std)


@rule("torch.bernoulli")
def bernoulli(ctx: RuleContext, input: Tensor, p: Value = None) -> Tensor:
    """Zeros and ones drawn with the tensor's probabilities."""
    if discrete(input.dtype) and p is None:
        ctx.fail(Failure(ARGUMENT, f"bernoulli() of probabilities of dtype {input.dtype}", "RuntimeError"))
    return fresh(input.shape, input.dtype, input)


@both("multinomial")
def multinomial(ctx: RuleContext, input: Tensor, num_samples: Value, replacement: Value = False) -> Tensor:
    """Indices drawn from rows of weights."""
    from tangra.shape_rules.axes import require_rank

    require_rank(ctx, input, (1, 2), "the weights of multinomial()")
    count = size_argument(ctx, num_samples, "num_samples")
    ctx.require(AtLeast(1, count), Failure(ARGUMENT, f"multinomial() draws {count} samples", "RuntimeError"))
    last = input.size(-1)
    if replacement is False and last is not None:
        message = f"multinomial() draws {count} of {last} without replacement"
        ctx.require(AtLeast(count, last), Failure(ARGUMENT, message, "RuntimeError"))
    if discrete(input.dtype):
        ctx.fail(Failure(ARGUMENT, f"multinomial() of weights of dtype {input.dtype}", "RuntimeError"))
    return fresh(None if input.dims is None else (*input.dims[:-1], count), "int64")


@rule("torch.eye")
def eye(ctx: RuleContext, n: Value, m: Value = None, *, dtype: Value = None) -> Tensor:
    """Ones on the diagonal."""
    rows = size_argument(ctx, n, "n")
    columns = rows if m is None else size_argument(ctx, m, "m")
    return fresh(checked_sizes(ctx, (rows, columns)), dtype_argument(ctx, dtype, default_dtype(ctx)))


@rule("torch.arange")
def arange(ctx: RuleContext, start: Value, end: Value = None, step: Value = 1, *, dtype: Value = None) -> Tensor:
    """Numbers from start to end, without end."""
    if end is None:
        start, end = 0, start
    kinds = [number_kind(value) for value in (start, end, step)]
    natural = None if None in kinds else default_dtype(ctx) if 2 in kinds else "int64"
    length, elements = arange_length(ctx, start, end, step, "RuntimeError")
    if dtype_argument(ctx, dtype, natural) == "bool":
        ctx.fail(Failure(ARGUMENT, "arange() of bools", "RuntimeError"))
    chosen = dtype_argument(ctx, dtype, natural)
    if discrete(chosen) and 2 in kinds:
        return fresh((ctx.fresh("arange"),), chosen)  # torch rounds start and step first
    return fresh((length,), chosen).with_(elements=elements)


def _spaced(name: str) -> Callable[..., Tensor]:
    def make(
        ctx: RuleContext, start: Value, end: Value, steps: Value, base: Value = 10.0, *, dtype: Value = None
    ) -> Tensor:
        count = size_argument(ctx, steps, "steps")
        ctx.require(AtLeast(0, count), Failure(ARGUMENT, f"{name}() with {count} steps", "RuntimeError"))
        made = fresh((count,), dtype_argument(ctx, dtype, default_dtype(ctx)))
        numbers = isinstance(start, int | float) and isinstance(end, int | float) and name == "linspace"
        if not numbers or not isinstance(count, int) or count > MAX_ELEMENTS or dtype is not None:
            return made
        width = (end - start) / (count - 1) if count > 1 else 0.0
        return made.with_(elements=tuple(start + width * place for place in range(count)))

    return make


for _name in ("linspace", "logspace"):
    rule(f"torch.{_name}")(_spaced(_name))


@rule("torch.tensor", "torch.as_tensor", "torch.asarray")
def tensor(ctx: RuleContext, data: Value, dtype: Value = None) -> Tensor:
    """A tensor of numbers, nested lists or another array."""
    if isinstance(data, Tensor):
        return fresh(data.shape, dtype_argument(ctx, dtype, data.dtype)).with_(elements=data.elements)
    if isinstance(data, Unknown) and data.kind is None and not isinstance(data, Alike):
        return fresh(None, dtype_argument(ctx, dtype, None))
    made = _of_numbers(ctx, data)
    wide = dict(zip(wide_default("numpy"), wide_default("torch"), strict=True))
    natural = default_dtype(ctx) if made.dtype == "float64" else wide.get(made.dtype or "", made.dtype)
    if _holds_arrays(data):
        first = data.element if isinstance(data, Alike) else data[0]
        natural = None if isinstance(first, Tensor) and first.library != "torch" else natural
    return fresh(made.shape, dtype_argument(ctx, dtype, natural)).with_(elements=made.elements)


def _of_numbers(ctx: RuleContext, data: Value) -> Tensor:
    if isinstance(data, Alike):
        return from_alike(ctx, data, "torch")
    return from_nested(data, "torch") if isinstance(data, list | tuple) else scalar(data, "torch").with_(weak=False)


def _holds_arrays(data: Value) -> bool:
    if isinstance(data, Alike):
        return isinstance(data.element, Tensor) or _holds_arrays(data.element)
    return isinstance(data, list | tuple) and any(isinstance(part, Tensor) or _holds_arrays(part) for part in data)


@rule("torch.Tensor", "torch.FloatTensor")
def legacy_tensor(ctx: RuleContext, *data: Value) -> Tensor:
    """The old constructor: sizes, or a sequence of numbers."""
    return _legacy(ctx, data, default_dtype(ctx))


@rule("torch.LongTensor")
def long_tensor(ctx: RuleContext, *data: Value) -> Tensor:
    """The old constructor for ints."""
    return _legacy(ctx, data, "int64")


@rule("torch.BoolTensor")
def bool_tensor(ctx: RuleContext, *data: Value) -> Tensor:
    """The old constructor for bools."""
    return _legacy(ctx, data, "bool")


def _legacy(ctx: RuleContext, data: tuple[Value, ...], dtype: str) -> Tensor:
    if not data:
        return fresh((0,), dtype)
    if len(data) == 1 and isinstance(data[0], list | tuple | Alike):
        return fresh(_of_numbers(ctx, data[0]).shape, dtype)
    if len(data) == 1 and not is_size(data[0]):
        return fresh(data[0].shape if isinstance(data[0], Tensor) else None, dtype)
    return fresh(checked_sizes(ctx, spread_sizes(ctx, data)), dtype)


@rule("torch.from_numpy")
def from_numpy(ctx: RuleContext, ndarray: Value) -> Tensor:
    """A NumPy array as a tensor."""
    if isinstance(ndarray, Tensor):
        if ndarray.library != "numpy":
            ctx.fail(Failure(CALL, "from_numpy() takes a NumPy array", "TypeError"))
        return Tensor("torch", ndarray.shape, ndarray.dtype, elements=ndarray.elements)
    if isinstance(ndarray, list | tuple | int | float) or ndarray is None:
        ctx.fail(Failure(CALL, "from_numpy() takes a NumPy array", "TypeError"))
    return Tensor("torch")


@rule("torch.nn.Buffer", "torch.nn.parameter.Buffer")
def buffer(ctx: RuleContext, data: Value = None, *, persistent: Value = True) -> Value:
    """A tensor that belongs to a module and is not trained."""
    return Tensor("torch", (0,), "float32") if data is None else tensor_of(data, "Buffer")


@rule("torch.nn.Parameter")
def parameter(ctx: RuleContext, data: Value = None, requires_grad: Value = True) -> Tensor:
    """A tensor to be trained."""
    found = Tensor("torch", (0,), "float32") if data is None else tensor_of(data, "Parameter")
    if requires_grad is True:
        text = f"a parameter of dtype {found.dtype} can't require gradients"
        if discrete(found.dtype):
            ctx.fail(Failure(DTYPE, text, "RuntimeError"))
    return found.with_(parameter=True, elements=None)


def _new_filled(ctx: RuleContext, self: Tensor, *size: Value, dtype: Value = None) -> Tensor:
    shape = checked_sizes(ctx, spread_sizes(ctx, size))
    return fresh(shape, dtype_argument(ctx, dtype, self.dtype))


method(CLASS, "new_zeros", "new_ones", "new_empty")(_new_filled)


@method(CLASS, "new")
def new(ctx: RuleContext, self: Tensor, *size: Value) -> Tensor:
    """The old constructor in the tensor's own dtype."""
    return _legacy(ctx, size, self.dtype or "float32").with_(dtype=self.dtype)


@method(CLASS, "new_full")
def new_full(ctx: RuleContext, self: Tensor, size: Value, fill_value: Value, *, dtype: Value = None) -> Tensor:
    """Filled with a number, in the tensor's dtype."""
    return fresh(checked_sizes(ctx, size_sequence(ctx, size, "size")), dtype_argument(ctx, dtype, self.dtype))


@method(CLASS, "new_tensor")
def new_tensor(ctx: RuleContext, self: Tensor, data: Value, *, dtype: Value = None) -> Tensor:
    """A tensor of numbers in the tensor's dtype."""
    return tensor(ctx, data).with_(dtype=dtype_argument(ctx, dtype, self.dtype))


@rule("torch.set_default_dtype")
def set_default_dtype(ctx: RuleContext, d: Value) -> None:
    """The dtype of floats from here on."""
    ctx.change_setting("torch.default_dtype", d.name if isinstance(d, DType) else None)


@rule("torch.get_default_dtype")
def get_default_dtype(ctx: RuleContext) -> DType:
    """The dtype of floats."""
    return DType("torch", default_dtype(ctx))


inert("torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.set_printoptions")
inert("torch.set_num_threads", "torch.use_deterministic_algorithms", "torch.set_float32_matmul_precision")
inert("torch.cuda.empty_cache", "torch.cuda.synchronize", "torch.autograd.set_detect_anomaly")
inert("torch.cuda.is_available", result=lambda ctx, *args, **kwargs: Unknown("bool"))


@rule("torch.is_tensor")
def is_tensor(ctx: RuleContext, obj: Value) -> Value:
    """Whether it is a tensor."""
    return Unknown("bool") if isinstance(obj, Unknown) else isinstance(obj, Tensor) and obj.library == "torch"
