"""What NumPy, `jax.numpy` and torch tell of dtypes: their limits, promotion and kinds; and settings of NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_sequence
from tangra.shape_rules.broadcasting import broadcast_shapes as broadcast
from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.dtypes import BITS, dtype_name, kind, narrow, promote, result_dtype
from tangra.shape_rules.failures import ARGUMENT, DTYPE, Failure
from tangra.shape_rules.numpy.common import functions
from tangra.shape_rules.registry import constant, inert, rule
from tangra.shape_rules.values import UNKNOWN, DType, Tensor, Unknown, Value, record, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

for _short, _long in (
    ("half", "float16"),
    ("byte", "int8"),
    ("ubyte", "uint8"),
    ("short", "int16"),
    ("ushort", "uint16"),
    ("intc", "int32"),
    ("uintc", "uint32"),
    ("uint", "uint64"),
    ("uintp", "uint64"),
    ("long", "int64"),
    ("ulong", "uint64"),
    ("longlong", "int64"),
    ("ulonglong", "uint64"),
    ("csingle", "complex64"),
    ("cdouble", "complex128"),
):
    constant(f"numpy.{_short}", DType("numpy", _long))
for _short, _long in (
    ("uint", "uint32"),
    ("csingle", "complex64"),
    ("cdouble", "complex64"),
    ("complex_", "complex64"),
):
    constant(f"jax.numpy.{_short}", DType("jax", _long))
for _name in words("float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz"):
    constant(f"jax.numpy.{_name}", DType("jax", _name))


def _named(value: Value, library: str) -> str | None:
    """The dtype that a dtype or an array stands for."""
    return value.dtype if isinstance(value, Tensor) else dtype_name(value, library)


@rule("numpy.finfo", "jax.numpy.finfo", "torch.finfo")
def finfo(ctx: RuleContext, dtype: Value = None, *, library: str) -> Value:
    """The limits of floats of a dtype."""
    name = _named(dtype, library)
    if kind(name) in (0, 1):
        ctx.fail(
            Failure(DTYPE, f"finfo() is of floats, not of {name}", "TypeError" if library == "torch" else "ValueError")
        )
    number = Unknown("float")
    numbers = dict.fromkeys(words("eps max min tiny resolution smallest_normal smallest_subnormal epsneg"), number)
    return record(**numbers, bits=BITS.get(name or "", UNKNOWN), dtype=_dtype(name, library))


@rule("numpy.iinfo", "jax.numpy.iinfo", "torch.iinfo")
def iinfo(ctx: RuleContext, type: Value = None, *, library: str) -> Value:
    """The limits of ints of a dtype."""
    name = _named(type, library)
    if kind(name) in (0, 2, 3):
        ctx.fail(
            Failure(DTYPE, f"iinfo() is of ints, not of {name}", "TypeError" if library == "torch" else "ValueError")
        )
    if name not in BITS:
        return record(max=Unknown("int"), min=Unknown("int"), bits=Unknown("int"), dtype=UNKNOWN)
    bits, signed = BITS[name], not name.startswith("u")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return record(max=high, min=low, bits=bits, dtype=_dtype(name, library))


def _dtype(name: str | None, library: str) -> Value:
    return UNKNOWN if name is None else DType(library, name)


@functions("result_type")
def result_type(ctx: RuleContext, *args: Value, library: str) -> Value:
    """The dtype that arrays, dtypes and numbers have together."""
    operands = [Tensor(library, (1,), one.name) if isinstance(one, DType) else one for one in args]
    if any(isinstance(one, str | type | Unknown | None) for one in operands):
        return UNKNOWN
    found = result_dtype([to_tensor(one, library) for one in operands], library)
    return _dtype(found, library)


@functions("promote_types")
def promote_types(ctx: RuleContext, a: Value, b: Value, *, library: str) -> Value:
    """The dtype that two dtypes have together."""
    first, second = (narrow(dtype_name(one, library), library) for one in (a, b))
    found = None if first is None or second is None else promote(first, second, library)
    return _dtype(found, library)


@functions("dtype")
def dtype(ctx: RuleContext, dtype: Value, align: Value = False, copy: Value = False, *, library: str) -> Value:
    """The dtype of this name."""
    return _dtype(dtype_name(dtype, library), library)


def _yes_or_no(ctx: RuleContext, *args: Value, **options: Value) -> Value:
    """Something that is asked of dtypes."""
    return Unknown("bool")


for _name in words("issubdtype isdtype can_cast isscalar iscomplexobj isrealobj iterable"):
    functions(_name)(_yes_or_no)
rule("numpy.shares_memory", "numpy.may_share_memory", "numpy.isfortran", "numpy.array_equiv", "torch.can_cast")(
    _yes_or_no
)


@functions("broadcast_shapes")
def broadcast_shapes(ctx: RuleContext, *shapes: Value) -> Value:
    """The shape that shapes broadcast to."""
    found = [size_sequence(ctx, shape, "shape") for shape in shapes]
    for size in (size for shape in found for size in shape or ()):
        ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"broadcast_shapes() with a size of {size}", "ValueError"))
    result = broadcast(ctx, found, "broadcast_shapes: ", "ValueError")
    return UNKNOWN if result is None else result


def _text(ctx: RuleContext, *args: Value, **options: Value) -> Value:
    """What is shown."""
    return Unknown("str")


rule(*(f"numpy.{name}" for name in words("array2string array_repr array_str base_repr binary_repr typename")))(_text)
rule("jax.numpy.array_repr", "jax.numpy.array_str", "torch.typename")(_text)


def _context(ctx: RuleContext, *args: Value, **options: Value) -> Value:
    """Settings for a while: shapes stay."""
    return UNKNOWN


rule(*(f"numpy.{name}" for name in words("errstate printoptions seterr geterr get_printoptions")))(_context)
rule("jax.numpy.printoptions", "jax.numpy.get_printoptions", "jax.numpy.set_printoptions")(_context)
inert("numpy.savetxt", "numpy.savez_compressed", "jax.numpy.save", "jax.numpy.savez")
