"""Dtype promotion of torch, NumPy (NEP 50) and JAX, by NumPy's names of dtypes; None where a dtype is unknown.

Sources: torch's documentation of `torch.result_type`, NEP 50, and JAX's type promotion lattice (JEP 9407).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from tangra.shape_rules.values import DType, Tensor, Unknown, Value
from tangra.shapes import Dim

BITS = {
    "bool": 1,
    **{f"{kind}{bits}": bits for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{"float16": 16, "bfloat16": 16, "float32": 32, "float64": 64},
    **{"complex32": 32, "complex64": 64, "complex128": 128},
}
"""The dtypes promotion knows about."""

KINDS = ("bool", "int", "float", "complex")
"""Categories, each promoted to the next."""

TORCH_NAMES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "chalf": "complex32",
}
"""Other names of torch's dtypes."""

FLOAT8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")


def kind(dtype: str | None) -> int | None:
    """0 for bool, 1 for ints, 2 for floats, 3 for complex; None for other dtypes."""
    if dtype is None:
        return None
    if dtype == "bool":
        return 0
    if dtype in BITS:
        return 1 if "int" in dtype else 2 if "float" in dtype else 3
    return 2 if dtype in FLOAT8 else None


def discrete(dtype: str | None) -> bool:
    """Whether the dtype certainly is an int or bool one."""
    return kind(dtype) in (0, 1)


def is_floating(dtype: str | None) -> bool | None:
    """Whether the dtype is a real floating one; None if unknown."""
    found = kind(dtype)
    return None if found is None else found == 2


def is_integral(dtype: str | None, boolean: bool = False) -> bool | None:
    """Whether the dtype is an integer one (or, if asked, bool)."""
    found = kind(dtype)
    return None if found is None else found == 1 or (boolean and found == 0)


def dtype_name(value: Value, library: str) -> str | None:
    """The dtype that a `dtype=` argument names, or None: dtype objects, names, and Python's number types."""
    if isinstance(value, DType):
        return value.name
    if isinstance(value, str):
        name = value.removeprefix("torch.")
        return name if name in BITS else {"float": "float64", "int": "int64", "?": "bool", **_CODES}.get(name)
    if isinstance(value, type):
        name = {"int": "int64", "float": "float64", "complex": "complex128"}.get(value.__name__, value.__name__)
        if library == "torch" and name == "float64":
            return "float64"
        return name if name in BITS else None
    return None


_CODES = {
    **{f"f{size}": f"float{8 * size}" for size in (2, 4, 8)},
    **{f"i{size}": f"int{8 * size}" for size in (1, 2, 4, 8)},
    **{f"u{size}": f"uint{8 * size}" for size in (1, 2, 4, 8)},
    **{"c8": "complex64", "c16": "complex128", "d": "float64", "f": "float32", "complex": "complex128"},
}


def number_kind(value: Value) -> int | None:
    """The category of a Python number; None for anything else."""
    if isinstance(value, Unknown):
        return {"bool": 0, "int": 1, "float": 2, "complex": 3}.get(value.kind or "")
    if isinstance(value, Dim):
        return 1
    return {bool: 0, int: 1, float: 2, complex: 3}.get(type(value))


# ---------------------------------------------------------------------------------------------------------- two dtypes


@lru_cache(maxsize=4096)
def promote(left: str, right: str, library: str) -> str | None:
    """The dtype of `left` and `right` together, both strong; None where the library has none, or we don't know."""
    if left == right:
        return left
    kinds = kind(left), kind(right)
    if None in kinds or left in FLOAT8 or right in FLOAT8:
        return None
    if kinds[0] is not None and kinds[1] is not None and kinds[0] > kinds[1]:
        left, right = right, left
    low, high = kind(left) or 0, kind(right) or 0
    if low == 0:
        return right
    if low == high == 1:
        return _two_ints(left, right, library)
    if low == 1:
        return _numpy_int_with_float(left, right) if library == "numpy" else right
    return _two_floats(left, right, library)


def _two_ints(left: str, right: str, library: str) -> str | None:
    if left.startswith("u") == right.startswith("u"):
        wide = left if BITS[left] >= BITS[right] else right
        return None if library == "torch" and left.startswith("u") else wide
    signed, unsigned = (right, left) if left.startswith("u") else (left, right)
    if BITS[signed] > BITS[unsigned]:
        return signed
    if library == "torch" and unsigned != "uint8":
        return None
    if BITS[unsigned] == 64:
        return "float64" if library == "numpy" else "float32"
    return f"int{2 * BITS[unsigned]}"


def _numpy_int_with_float(left: str, right: str) -> str:
    needed = {8: 16, 16: 32}.get(BITS[left], 64)
    if "complex" in right:
        return "complex128" if needed == 64 else right
    return f"float{max(needed, BITS[right])}" if right != "bfloat16" else "bfloat16"


def _two_floats(left: str, right: str, library: str) -> str | None:
    if kind(left) == kind(right):
        if BITS[left] == BITS[right]:
            return "float32"  # float16 with bfloat16
        return left if BITS[left] > BITS[right] else right
    part = BITS[right] // 2
    if library != "torch" and BITS[left] < 32:
        return right
    return f"complex{2 * max(part, BITS[left])}" if left != "bfloat16" else f"complex{2 * max(part, 32)}"


# ------------------------------------------------------------------------------------------------------------ operands


def result_dtype(operands: Sequence[Value], library: str, default: str = "float32") -> str | None:
    """The dtype of an elementwise operation on arrays and Python numbers, None if it isn't known.

    `default` is torch's default floating dtype.
    """
    rules = {"torch": _torch_result, "numpy": _weak_result, "jax": _weak_result}
    return rules[library](operands, library, default)


def _torch_result(operands: Sequence[Value], library: str, default: str) -> str | None:
    """torch's three levels: dimensioned tensors, 0-d tensors, Python numbers; a lower level only counts if its
    category is higher."""
    levels: list[list[str]] = [[], [], []]
    for operand in operands:
        if isinstance(operand, Tensor):
            if operand.dtype is None or operand.shape is None or (operand.rank is None and not operand.least_rank):
                same = {o.dtype for o in operands if isinstance(o, Tensor)}
                return operand.dtype if len(same) == 1 and len(operands) == 1 else None
            levels[0 if operand.least_rank else 1].append(operand.dtype)
        else:
            category = number_kind(operand)
            if category is None:
                return None
            levels[2].append(("bool", "int64", default, complex_of(default))[category])
    joined = [_promote_all(level, library) for level in levels]
    if any(level and found is None for level, found in zip(levels, joined, strict=True)):
        return None
    return _categories(joined[0], _categories(joined[1], joined[2], library), library)


def _promote_all(dtypes: Iterable[str], library: str) -> str | None:
    found: str | None = None
    for dtype in dtypes:
        found = dtype if found is None else promote(found, dtype, library)
        if found is None:
            return None
    return found


def _categories(higher: str | None, lower: str | None, library: str) -> str | None:
    if higher is None or lower is None:
        return higher or lower
    high, low = kind(higher), kind(lower)
    if high == 3 or (high == 2 and low != 3):
        return higher
    if high == 2:
        return complex_of(higher)
    if high == 0 or (low is not None and low > 1):
        return promote(higher, lower, library)
    return higher


def complex_of(dtype: str) -> str:
    """The complex dtype whose parts are of `dtype`."""
    return {"float16": "complex32", "float64": "complex128"}.get(dtype, "complex64")


def real_of(dtype: str | None) -> str | None:
    """The dtype of the absolute value."""
    return {"complex32": "float16", "complex64": "float32", "complex128": "float64"}.get(dtype or "", dtype)


def _weak_result(operands: Sequence[Value], library: str, default: str) -> str | None:
    """NumPy's and JAX's rule: Python numbers only raise the category, to its default dtype."""
    strong: list[str] = []
    weak = -1
    for operand in operands:
        if isinstance(operand, Tensor) and not operand.weak:
            if operand.dtype is None:
                return None
            strong.append(operand.dtype)
        else:
            category = kind(operand.dtype) if isinstance(operand, Tensor) else number_kind(operand)
            if category is None:
                return None
            weak = max(weak, category)
    widest = wide_default(library)
    if not strong:
        return widest[weak] if weak >= 0 else None
    found = _promote_all(strong, library)
    return None if found is None else narrow(_with_weak(found, weak, widest), library)


def _with_weak(dtype: str, weak: int, widest: Sequence[str]) -> str:
    have = kind(dtype)
    if have is None or weak <= have:
        return dtype
    if weak == 3 and have == 2:
        return complex_of(dtype)
    return widest[weak]


def wide_default(library: str) -> tuple[str, str, str, str]:
    """The dtypes that Python's bool, int, float and complex become."""
    if library == "jax":
        return "bool", "int32", "float32", "complex64"
    if library == "torch":
        return "bool", "int64", "float32", "complex64"
    return "bool", "int64", "float64", "complex128"


def narrow(dtype: str | None, library: str) -> str | None:
    """The dtype as JAX has it unless 64 bits are enabled."""
    if library != "jax" or dtype is None:
        return dtype
    return {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}.get(dtype, dtype)


def float_result(dtype: str | None, library: str, default: str = "float32") -> str | None:
    """What functions such as `sqrt` give: ints and bools become floats."""
    category = kind(dtype)
    if category is None or category >= 2:
        return dtype
    if library == "numpy":
        return {1: "float16", 8: "float16", 16: "float32"}.get(BITS[dtype or ""], "float64")
    return default


def sum_result(dtype: str | None, library: str) -> str | None:
    """What sums and products of elements have: ints become the library's wide int."""
    category = kind(dtype)
    if dtype is None or category is None or category >= 2:
        return dtype
    if library == "torch":
        return "int64"
    if library == "jax":
        return "uint32" if dtype.startswith("u") else "int32"
    return "uint64" if dtype.startswith("u") else "int64"
