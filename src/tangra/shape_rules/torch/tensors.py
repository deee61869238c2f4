"""Attributes of torch tensors, their conversions, and methods that ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import axis_place, spread_sizes
from tangra.shape_rules.coercion import kind_text
from tangra.shape_rules.context import AtLeast, Equal
from tangra.shape_rules.dtypes import TORCH_NAMES, complex_of, discrete, dtype_name, kind, real_of
from tangra.shape_rules.failures import ARGUMENT, AXIS, CALL, COUNT, DTYPE, MISMATCH, RANK, Failure
from tangra.shape_rules.folding import converted
from tangra.shape_rules.registry import attribute, inert, method, rule
from tangra.shape_rules.reshaping import copied_layout, strides_of
from tangra.shape_rules.torch.common import CLASS, both, fresh, same_dtype
from tangra.shape_rules.torch.shaping import permuted, transpose
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown, Value, shape_text
from tangra.shapes import prod

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@attribute(CLASS, "shape")
def shape(ctx: RuleContext, self: Tensor) -> Value:
    """The sizes as a tuple."""
    return UNKNOWN if self.dims is None else self.dims


@attribute(CLASS, "dtype")
def dtype(ctx: RuleContext, self: Tensor) -> Value:
    """The dtype object."""
    return UNKNOWN if self.dtype is None else DType("torch", self.dtype)


@attribute(CLASS, "ndim")
def ndim(ctx: RuleContext, self: Tensor) -> Value:
    """The number of dimensions."""
    return Unknown("int") if self.rank is None else self.rank


@attribute(CLASS, "data")
def data(ctx: RuleContext, self: Tensor) -> Tensor:
    """The same tensor outside the graph."""
    return self.with_(parameter=False)


@attribute(CLASS, "grad")
def grad(ctx: RuleContext, self: Tensor) -> Tensor:
    """The gradient, once there is one: of the same shape."""
    return fresh(self.shape, self.dtype)


@attribute(CLASS, "real", "imag")
def real(ctx: RuleContext, self: Tensor) -> Tensor:
    """The parts of complex numbers."""
    return Tensor("torch", self.shape, real_of(self.dtype))


@attribute(CLASS, "T")
def T(ctx: RuleContext, self: Tensor) -> Tensor:
    """All dimensions reversed."""
    return fresh(None, self.dtype) if self.rank is None else permuted(self, range(self.rank)[::-1])


@attribute(CLASS, "mT", "mH", "H")
def mT(ctx: RuleContext, self: Tensor) -> Tensor:
    """The last two dimensions exchanged."""
    if self.rank == 1:
        ctx.fail(Failure(RANK, f".mT of a tensor of shape {shape_text(self.shape)}: it takes matrices", "RuntimeError"))
    return self if self.rank == 0 else transpose(ctx, self, -2, -1)


@method(CLASS, "size")
def size(ctx: RuleContext, self: Tensor, dim: Value = None) -> Value:
    """The sizes, or one of them."""
    if dim is None:
        return UNKNOWN if self.dims is None else self.dims
    if self.rank == 0:
        ctx.fail(Failure(AXIS, "size(dim) of a 0-d tensor", "IndexError"))
    place = axis_place(ctx, self, dim, name="dim")
    found = None if place is None else self.size(place)
    return ctx.fresh("size") if found is None else found


@method(CLASS, "dim", "ndimension")
def dim(ctx: RuleContext, self: Tensor) -> Value:
    """The number of dimensions."""
    return Unknown("int") if self.rank is None else self.rank


@method(CLASS, "numel", "nelement")
def numel(ctx: RuleContext, self: Tensor) -> Value:
    """The number of elements."""
    return ctx.fresh("numel") if self.dims is None else prod(self.dims)


@rule("torch.numel")
def torch_numel(ctx: RuleContext, input: Tensor) -> Value:
    """The number of elements."""
    return numel(ctx, input)


@method(CLASS, "__len__")
def length(ctx: RuleContext, self: Tensor) -> Value:
    """The size of the first dimension."""
    if self.rank == 0:
        ctx.fail(Failure(RANK, "len() of a 0-d tensor", "TypeError"))
    found = self.size(0)
    return ctx.fresh("len") if found is None else found


@method(CLASS, "stride")
def stride(ctx: RuleContext, self: Tensor, dim: Value = None) -> Value:
    """The strides, where they are known."""
    found = strides_of(self)
    if found is None or (dim is not None and not isinstance(dim, int)):
        return UNKNOWN
    return found if dim is None else found[dim]


@method(CLASS, "is_contiguous")
def is_contiguous(ctx: RuleContext, self: Tensor, memory_format: Value = None) -> Value:
    """Whether it lies in order."""
    return True if self.layout == "contiguous" and memory_format is None else Unknown("bool")


@method(CLASS, "contiguous")
def contiguous(ctx: RuleContext, self: Tensor, memory_format: Value = None) -> Tensor:
    """The same in order in memory."""
    return self.with_(layout="contiguous" if memory_format is None else None, parameter=False)


def _one_element(ctx: RuleContext, self: Tensor, name: str, error: str = "RuntimeError") -> None:
    if self.dims is not None:
        text = f"{name} of a tensor of shape {shape_text(self.shape)}: it takes a tensor with one element"
        ctx.require(Equal(prod(self.dims), 1), Failure(COUNT, text, error))


def _number(ctx: RuleContext, self: Tensor) -> Value:
    if self.elements is not None and len(self.elements) == 1:
        return self.elements[0]
    category = kind(self.dtype)
    if category == 1:
        return ctx.fresh("item", low=-(2**63))
    return UNKNOWN if category is None else Unknown(("bool", "int", "float", "complex")[category])


@method(CLASS, "item")
def item(ctx: RuleContext, self: Tensor) -> Value:
    """The one element as a Python number."""
    _one_element(ctx, self, "item()")
    return _number(ctx, self)


@method(CLASS, "__float__")
def to_float(ctx: RuleContext, self: Tensor) -> Unknown:
    """float(x)."""
    _one_element(ctx, self, "float()")
    return Unknown("float")


@method(CLASS, "__int__", "__index__")
def to_int(ctx: RuleContext, self: Tensor) -> Value:
    """int(x)."""
    _one_element(ctx, self, "int()")
    found = _number(ctx, self)
    return int(found) if isinstance(found, int | float) else ctx.fresh("item", low=-(2**63))


@method(CLASS, "__bool__")
def truth(ctx: RuleContext, self: Tensor) -> Value:
    """bool(x), as in `if x:`; of several elements it is an error."""
    _one_element(ctx, self, "the truth value")
    found = _number(ctx, self)
    return bool(found) if isinstance(found, int | float) else Unknown("bool")


@method(CLASS, "tolist")
def tolist(ctx: RuleContext, self: Tensor) -> Value:
    """Nested lists of Python numbers."""
    if self.dims is None:
        return UNKNOWN
    if not self.dims:
        return _number(ctx, self)
    first = self.dims[0]
    if not isinstance(first, int) or first > 64:
        return UNKNOWN
    if len(self.dims) == 1:
        return (
            list(self.elements)
            if self.elements is not None
            else [_number(ctx, self.with_(shape=())) for _ in range(first)]
        )
    return [tolist(ctx, Tensor("torch", self.dims[1:], self.dtype)) for _ in range(first)]


@method(CLASS, "numpy", "__array__")
def numpy(ctx: RuleContext, self: Tensor, *, force: Value = False) -> Tensor:
    """The tensor as a NumPy array."""
    if self.dtype == "bfloat16":
        ctx.fail(Failure(DTYPE, "NumPy has no bfloat16; convert with .float()", "TypeError"))
    return Tensor("numpy", self.shape, self.dtype, elements=self.elements)


@method(CLASS, "cpu")
def to_cpu(ctx: RuleContext, self: Tensor, memory_format: Value = None) -> Tensor:
    """The same shape and dtype, of a tensor that lies elsewhere a copy."""
    return copied(self, memory_format)


@method(CLASS, "clone")
def clone(ctx: RuleContext, self: Tensor, *, memory_format: Value = None) -> Tensor:
    """A copy."""
    return copied(self, memory_format)


@method(CLASS, "cuda", "pin_memory")
def elsewhere(ctx: RuleContext, self: Tensor, *args: Value, memory_format: Value = None, **kwargs: Value) -> Tensor:
    """The same shape and dtype elsewhere."""
    return copied(self, memory_format)


@method(CLASS, "detach", "detach_")
def detached(ctx: RuleContext, self: Tensor) -> Tensor:
    """The same elements, without a gradient."""
    return self.with_(parameter=False)


@method(CLASS, "share_memory_", "alias")
def unchanged(ctx: RuleContext, self: Tensor) -> Tensor:
    """The same tensor."""
    return self.with_(parameter=False)


def copied(tensor: Tensor, memory_format: Value = None) -> Tensor:
    """A copy, in memory as the format says."""
    return tensor.with_(layout=copied_layout(tensor) if memory_format is None else None, parameter=False)


@rule("torch.detach")
def detach(ctx: RuleContext, input: Tensor) -> Tensor:
    """The same tensor outside the graph."""
    return input.with_(parameter=False)


def _converted(self: Tensor, name: str | None) -> Tensor:
    elements = self.elements if name == self.dtype else converted(self, name)
    made = self if name is not None and name == self.dtype else copied(self)
    return made.with_(dtype=name, parameter=False, elements=elements)


def _cast(short: str, name: str) -> None:
    def convert(ctx: RuleContext, self: Tensor, memory_format: Value = None) -> Tensor:
        return _converted(self, name)

    method(CLASS, short)(convert)


for _short, _long in (
    *TORCH_NAMES.items(),
    ("bool", "bool"),
    ("bfloat16", "bfloat16"),
    ("byte", "uint8"),
    ("char", "int8"),
):
    _cast(_short, _long)


@method(CLASS, "to")
def to(
    ctx: RuleContext, self: Tensor, *args: Value, dtype: Value = None, device: Value = None,
    non_blocking: Value = False, copy: Value = False, memory_format: Value = None, other: Value = None,
) -> Tensor:  # fmt: skip
    """Another dtype, device or both."""
    for value in (*args, dtype, other):
        if isinstance(value, DType | Tensor):
            made = _converted(self, value.name if isinstance(value, DType) else value.dtype)
            return made if memory_format is None else made.with_(layout=None)
        if isinstance(value, list | tuple | dict | float):
            ctx.fail(Failure(DTYPE, f"to() takes a dtype, a device or a tensor, not {value}", "TypeError"))
    # an unknown argument is nearly always a device; if it were a dtype, ours would be wrong
    unknown = any(isinstance(value, Unknown) and value.kind is None for value in (*args, dtype))
    return copied(self, memory_format).with_(dtype=None if unknown else self.dtype)


@method(CLASS, "type")
def type_(ctx: RuleContext, self: Tensor, dtype: Value = None, non_blocking: Value = False) -> Value:
    """Another dtype; without one the name of the type."""
    if dtype is None:
        return Unknown("str")
    names = {"torch.FloatTensor": "float32", "torch.LongTensor": "int64", "torch.DoubleTensor": "float64"}
    return _converted(
        self, names.get(dtype) if isinstance(dtype, str) and dtype in names else dtype_name(dtype, "torch")
    )


@method(CLASS, "type_as")
def type_as(ctx: RuleContext, self: Tensor, other: Tensor) -> Tensor:
    """The dtype of another tensor."""
    return _converted(self, other.dtype)


@method(CLASS, "is_floating_point", "is_complex")
def is_floating_point(ctx: RuleContext, self: Tensor) -> Value:
    """Whether the dtype is a floating one."""
    return Unknown("bool") if kind(self.dtype) is None or kind(self.dtype) == 3 else not discrete(self.dtype)


@rule("torch.is_floating_point")
def torch_is_floating_point(ctx: RuleContext, input: Tensor) -> Value:
    """Whether the dtype is a floating one."""
    return is_floating_point(ctx, input)


@method(CLASS, "backward")
def backward(
    ctx: RuleContext, self: Tensor, gradient: Tensor | None = None, retain_graph: Value = None,
    create_graph: Value = False, inputs: Value = None,
) -> None:  # fmt: skip
    """Derivatives of one number, or with a gradient of the tensor's shape."""
    if gradient is None:
        if self.dims is not None:
            text = (
                f"backward() of a tensor of shape {shape_text(self.shape)}: only of a number without a gradient given"
            )
            ctx.require(Equal(prod(self.dims), 1), Failure(COUNT, text, "RuntimeError"))
    elif self.dims is not None and gradient.dims is not None:
        text = f"backward(): a gradient of shape {shape_text(gradient.dims)} for shape {shape_text(self.dims)}"
        failure = Failure(MISMATCH, text, "RuntimeError")
        if len(self.dims) != len(gradient.dims):
            ctx.fail(failure)
        for left, right in zip(self.dims, gradient.dims, strict=True):
            ctx.require_equal(left, right, failure)


@method(CLASS, "set_", inplace=True)
def set_(ctx: RuleContext, self: Tensor, source: Value = ..., *args: Value, **kwargs: Value) -> Tensor:
    """Another tensor's memory and shape, none without one."""
    if source is ...:
        return fresh((0,), self.dtype)
    for word in kwargs:
        if word not in ("storage_offset", "size", "stride"):
            ctx.fail(Failure(CALL, f"set_() has no argument {word}", "TypeError"))
    if source is None or isinstance(source, int | float | str | dict | list | tuple):
        ctx.fail(Failure(CALL, f"set_() takes a tensor or a storage, not a {kind_text(source)}", "TypeError"))
    if args or kwargs or not isinstance(source, Tensor):
        return Tensor("torch", None, self.dtype)
    same_dtype(ctx, self, source, "set_()")
    return Tensor("torch", source.shape, self.dtype)


@method(CLASS, "resize_as_", inplace=True)
def resize_as_(ctx: RuleContext, self: Tensor, the_template: Tensor, *, memory_format: Value = None) -> Tensor:
    """The shape of another tensor, with new memory if needed."""
    return Tensor("torch", the_template.shape, self.dtype)


@method(CLASS, "requires_grad_")
def requires_grad_(ctx: RuleContext, self: Tensor, requires_grad: Value = True) -> Tensor:
    """Marked for differentiation, which only floats are."""
    if requires_grad is True and discrete(self.dtype):
        text = f"a tensor of dtype {self.dtype} can't require gradients"
        ctx.fail(Failure(DTYPE, text, "RuntimeError"))
    return self


@method(CLASS, "resize_", inplace=True)
def resize_(ctx: RuleContext, self: Tensor, *sizes: Value) -> Tensor:
    """Another shape, with new memory if needed."""
    if not sizes:
        ctx.fail(Failure(CALL, "resize_() needs sizes", "TypeError"))
    found = spread_sizes(ctx, sizes)
    for size in found or ():
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"resize_() to {shape_text(found)}", "RuntimeError"))
    return fresh(found, self.dtype)


@method(CLASS, "register_hook", "register_post_accumulate_grad_hook")
def register_hook(ctx: RuleContext, self: Tensor, hook: Value) -> Unknown:
    """Something to run with the gradient."""
    return UNKNOWN


@both("view_as_real")
def view_as_real(ctx: RuleContext, input: Tensor) -> Tensor:
    """Complex numbers as pairs, in a new last axis."""
    if kind(input.dtype) not in (None, 3):
        ctx.fail(Failure(DTYPE, f"view_as_real() of {input.dtype}", "RuntimeError"))
    return Tensor("torch", None if input.shape is None else (*input.shape, 2), real_of(input.dtype))


@both("view_as_complex")
def view_as_complex(ctx: RuleContext, input: Tensor) -> Tensor:
    """Pairs in the last axis as complex numbers."""
    last = input.size(-1)
    if input.rank == 0 or kind(input.dtype) in (0, 1, 3):
        ctx.fail(Failure(DTYPE, "view_as_complex() takes pairs of floats in the last axis", "RuntimeError"))
    if last is not None:
        text = f"view_as_complex(): the last axis has {last} numbers, not 2"
        ctx.require_equal(last, 2, Failure(MISMATCH, text, "RuntimeError"))
    made = None if input.dtype is None else complex_of(input.dtype)
    return Tensor("torch", None if input.shape is None or last is None else input.shape[:-1], made)


inert("torch.is_grad_enabled", "torch.is_inference_mode_enabled", result=lambda ctx, *a, **k: Unknown("bool"))
inert("torch.save", "torch.set_grad_enabled", "torch._assert")
