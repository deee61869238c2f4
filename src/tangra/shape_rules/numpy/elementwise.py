"""Elementwise functions and operators of NumPy and `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.shape_rules.broadcasting import broadcast_shapes, grown
from tangra.shape_rules.coercion import kind_text, to_tensor
from tangra.shape_rules.dtypes import discrete, float_result, kind, real_of, result_dtype
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, RANK, Failure
from tangra.shape_rules.folding import fold
from tangra.shape_rules.numpy.common import both, functions, made, methods
from tangra.shape_rules.registry import constant
from tangra.shape_rules.values import Tensor, Unknown, Value, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

TO_FLOAT = words(
    """
    exp exp2 expm1 log log2 log10 log1p sqrt cbrt sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh
    arctanh deg2rad rad2deg degrees radians sinc
    """
)
SAME = words("negative positive floor ceil trunc sign square conj conjugate nan_to_num")
PREDICATES = words("isnan isinf isfinite signbit logical_not")
NO_BOOL = words("negative positive sign")
REAL_ONLY = words(
    """
    cbrt deg2rad rad2deg degrees radians floor ceil trunc signbit arctan2 hypot fmod floor_divide mod remainder copysign
    logaddexp logaddexp2 heaviside nextafter
    """
)


ALIASES = {
    **{f"arc{name}": (f"a{name}",) for name in ("cos", "cosh", "sin", "sinh", "tan", "tanh", "tan2")},
    "left_shift": ("bitwise_left_shift",),
    "right_shift": ("bitwise_right_shift",),
    "power": ("pow",),
    "trunc": ("fix",),
}
"""Other names of functions, which they share a rule with."""


def unary(ctx: RuleContext, name: str, x: Tensor, dtype: str | None) -> Tensor:
    """The result of an elementwise function of one array."""
    if name in REAL_ONLY and kind(x.dtype) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "TypeError"))
    return fold(name, [x], made(x.library, x.shape, dtype).with_(weak=x.weak, ones=x.ones, grown=x.grown))


def _to_float(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor) -> Tensor:
        dtype = "float64" if name == "sinc" and discrete(x.dtype) else float_result(x.dtype, x.library)
        return unary(ctx, name, x, dtype)

    return apply


def _same(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor) -> Tensor:
        if x.dtype == "bool" and name in NO_BOOL and (x.library == "numpy" or name != "positive"):
            ctx.fail(Failure(DTYPE, f"{name}() does not take bools", "TypeError"))
        dtype = x.dtype
        if dtype == "bool" and name in ("square", "conj", "conjugate") and x.library == "numpy":
            dtype = "int8"
        elif dtype == "bool" and name == "square":
            dtype = "int32"
        return unary(ctx, name, x, dtype)

    return apply


def _predicate(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x: Tensor) -> Tensor:
        return unary(ctx, name, x, "bool").with_(weak=False)

    return apply


for _name in TO_FLOAT:
    functions(_name, *ALIASES.get(_name, ()))(_to_float(_name))
for _name in SAME:
    functions(_name, *ALIASES.get(_name, ()))(_same(_name))
for _name in PREDICATES:
    functions(_name)(_predicate(_name))
for _name in ("isreal", "iscomplex", "isneginf", "isposinf"):
    functions(_name)(_predicate(_name))
methods("conj", "conjugate")(lambda ctx, self: unary(ctx, "conj", self, self.dtype))


@functions("nan_to_num")
def nan_to_num(
    ctx: RuleContext, x: Tensor, copy: Value = True, nan: Value = 0.0, posinf: Value = None, neginf: Value = None
) -> Tensor:
    """NaN and infinities replaced."""
    return unary(ctx, "nan_to_num", x, x.dtype)


@functions("abs", "absolute", "fabs")
def absolute(ctx: RuleContext, x: Tensor) -> Tensor:
    """Absolute values."""
    return unary(ctx, "abs", x, real_of(x.dtype))


@functions("rint")
def rint(ctx: RuleContext, x: Tensor) -> Tensor:
    """Rounded to whole floats."""
    return unary(ctx, "rint", x, float_result(x.dtype, x.library))


@both("round")
def round_(ctx: RuleContext, a: Tensor, decimals: Value = 0) -> Tensor:
    """Rounded, the dtype as it was."""
    if a.dtype == "bool" and a.library == "jax":
        ctx.fail(Failure(DTYPE, "round() does not take bools", "ValueError"))
    made = unary(ctx, "round", a, "float16" if a.dtype == "bool" and a.library == "numpy" else a.dtype)
    return made if isinstance(decimals, int) and decimals == 0 else made.with_(elements=None)


functions("around")(round_)


@functions("real", "imag")
def real(ctx: RuleContext, val: Tensor) -> Tensor:
    """The parts of complex numbers."""
    return unary(ctx, "real", val, real_of(val.dtype))


@functions("angle")
def angle(ctx: RuleContext, z: Tensor, deg: Value = False) -> Tensor:
    """The argument of complex numbers."""
    dtype = "float64" if z.dtype == "bool" else real_of(float_result(z.dtype, z.library))
    return unary(ctx, "angle", z, dtype)


@functions("invert", "bitwise_not", "bitwise_invert")
def invert(ctx: RuleContext, x: Tensor) -> Tensor:
    """`~x`."""
    if (kind(x.dtype) or 0) > 1:
        ctx.fail(Failure(DTYPE, f"~ takes ints and bools, not {x.dtype}", "TypeError"))
    return unary(ctx, "invert", x, x.dtype)


# -------------------------------------------------------------------------------------------------------- two operands


def binary(ctx: RuleContext, name: str, left: Value, right: Value, library: str) -> Tensor:
    """The result of an elementwise function of two operands with the promoted dtype."""
    operands = [_operand(ctx, name, left, library), _operand(ctx, name, right, library)]
    error = "TypeError" if library == "jax" else "ValueError"
    shape = broadcast_shapes(ctx, [one.shape for one in operands], f"{name}: ", error)
    dtype = result_dtype(operands, library)
    if name in REAL_ONLY and kind(dtype) == 3:
        ctx.fail(Failure(DTYPE, f"{name}() does not take complex numbers", "TypeError"))
    result = fold(name, operands, made(library, shape, dtype))
    return result.with_(
        weak=all(one.weak for one in operands),
        grown=grown(ctx, *operands) or operands[0].grown or operands[1].grown,
        ones=operands[0].ones & operands[1].ones,
    )


def _operand(ctx: RuleContext, name: str, value: Value, library: str) -> Tensor:
    if value is None or isinstance(value, dict):
        message = f"{name}: an operand is {kind_text(value)}, not an array or a number"
        ctx.fail(Failure(CALL, message, "TypeError"))
    return to_tensor(value, library, name, "operand")


def _check_power(ctx: RuleContext, exponent: Value, result: Tensor, library: str) -> None:
    if isinstance(exponent, int) and exponent < 0 and discrete(result.dtype):
        error = "TypeError" if library == "jax" else "ValueError"
        ctx.fail(Failure(ARGUMENT, "ints have no negative powers; convert to floats first", error))


def _promoting(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
        result = binary(ctx, name, x1, x2, library)
        if name == "power":
            _check_power(ctx, x2, result, library)
        if result.dtype == "bool":
            if name == "subtract" and library == "numpy":
                ctx.fail(Failure(DTYPE, "- does not take bools; use ^ or logical_xor", "TypeError"))
            if name in ("floor_divide", "mod", "remainder", "fmod", "power") and library == "numpy":
                return result.with_(dtype="int8")
            if name in ("floor_divide", "mod", "remainder", "fmod", "power"):
                return result.with_(dtype="int32")
        return result

    return apply


def _to_bool(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
        return binary(ctx, name, x1, x2, library).with_(dtype="bool", weak=False)

    return apply


def _floating(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
        result = binary(ctx, name, x1, x2, library)
        wide = "float64" if name == "true_divide" and discrete(result.dtype) else float_result(result.dtype, library)
        dtype = wide if library == "numpy" else float_result(result.dtype, library)
        operands = [_operand(ctx, name, x1, library), _operand(ctx, name, x2, library)]
        return fold(name, operands, result.with_(dtype=dtype, elements=None))

    return apply


def _bitwise(name: str) -> Callable[..., Tensor]:
    def apply(ctx: RuleContext, x1: Value, x2: Value, *, library: str) -> Tensor:
        result = binary(ctx, name, x1, x2, library)
        if (kind(result.dtype) or 0) > 1:
            ctx.fail(Failure(DTYPE, f"{name}() takes ints and bools, not {result.dtype}", "TypeError"))
        if result.dtype == "bool" and name.endswith("_shift"):
            return result.with_(dtype="int8" if library == "numpy" else "int32")
        return result

    return apply


ARITHMETIC = words("add subtract multiply floor_divide mod remainder fmod power maximum minimum fmax fmin")
COMPARISONS = words("equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor")
DIVISIONS = words("true_divide divide arctan2 hypot logaddexp logaddexp2 copysign heaviside nextafter")
BITWISE = words("bitwise_and bitwise_or bitwise_xor left_shift right_shift")
for _names, _maker in ((ARITHMETIC, _promoting), (COMPARISONS, _to_bool), (DIVISIONS, _floating), (BITWISE, _bitwise)):
    for _name in _names:
        functions(_name, *ALIASES.get(_name, ()))(_maker("true_divide" if _name == "divide" else _name))

_OPERATORS: dict[str, Callable[..., Tensor]] = {
    "add": _promoting("add"),
    "sub": _promoting("subtract"),
    "mul": _promoting("multiply"),
    "truediv": _floating("true_divide"),
    "floordiv": _promoting("floor_divide"),
    "mod": _promoting("mod"),
    "pow": _promoting("power"),
    "and": _bitwise("bitwise_and"),
    "or": _bitwise("bitwise_or"),
    "xor": _bitwise("bitwise_xor"),
    "lshift": _bitwise("left_shift"),
    "rshift": _bitwise("right_shift"),
    "lt": _to_bool("<"),
    "le": _to_bool("<="),
    "gt": _to_bool(">"),
    "ge": _to_bool(">="),
}


def _declare_operator(name: str, function: Callable[..., Tensor]) -> None:
    def check(ctx: RuleContext, other: Value, library: str) -> None:
        if library == "jax" and isinstance(other, list | tuple):
            ctx.fail(Failure(CALL, f"an operand is a {kind_text(other)}; jnp.asarray makes an array", "TypeError"))

    def forward(ctx: RuleContext, self: Tensor, other: Value, *, library: str) -> Tensor:
        check(ctx, other, library)
        if name == "pow":
            _check_power(ctx, other, self, library)
        return function(ctx, self, other, library=library)

    def backward(ctx: RuleContext, self: Tensor, other: Value, *, library: str) -> Tensor:
        check(ctx, other, library)
        return function(ctx, other, self, library=library)

    methods(f"__{name}__")(forward)
    methods(f"__r{name}__")(backward)


for _name, _function in _OPERATORS.items():
    _declare_operator(_name, _function)


@methods("__eq__", "__ne__")
def equality(ctx: RuleContext, self: Tensor, other: Value, *, library: str) -> Value:
    """`==` and `!=`: False or True for what is no array or number."""
    if other is None or isinstance(other, str | dict):
        return Unknown()
    return binary(ctx, "==", self, other, library).with_(dtype="bool", weak=False)


methods("__neg__")(_same("negative"))
methods("__pos__")(_same("positive"))
methods("__invert__")(invert)
methods("__abs__")(absolute)


@both("clip")
def clip(
    ctx: RuleContext, a: Tensor, a_min: Value = None, a_max: Value = None, *, min: Value = None, max: Value = None
) -> Tensor:
    """Values limited from below and above."""
    bounds = [bound for bound in (a_min, a_max, min, max) if bound is not None]
    result = a
    for bound in bounds:
        result = binary(ctx, "clip", result, bound, a.library)
    operands = [a, *(_operand(ctx, "clip", bound, a.library) for bound in bounds)]
    return result.with_(dtype=result_dtype(operands, a.library))


@functions("where")
def where(ctx: RuleContext, condition: Tensor, x: Value = ..., y: Value = ..., *, library: str) -> Value:
    """Elements of one or the other array; with the condition alone the indices where it is true."""
    if x is ... and y is ...:
        if condition.rank is None:
            return Unknown()
        return (made(library, (ctx.fresh("where"),), "int64"),) * max(1, condition.rank)
    if x is ... or y is ...:
        ctx.fail(Failure(CALL, "where() takes a condition, or a condition and two arrays", "ValueError"))
    chosen = binary(ctx, "where", x, y, library)
    shape = broadcast_shapes(ctx, [condition.shape, chosen.shape], "where: ", "ValueError")
    return chosen.with_(shape=shape)


@functions("isclose")
def isclose(
    ctx: RuleContext, a: Value, b: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False, *,
    library: str,
) -> Tensor:  # fmt: skip
    """Element by element whether two arrays are close."""
    return binary(ctx, "isclose", a, b, library).with_(dtype="bool")


@functions("allclose")
def allclose(
    ctx: RuleContext, a: Value, b: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False, *,
    library: str,
) -> Value:  # fmt: skip
    """Whether two arrays are close everywhere."""
    shapes = [to_tensor(one, library, "allclose").shape for one in (a, b)]
    broadcast_shapes(ctx, shapes, "allclose: ", "ValueError")
    return made("jax", (), "bool") if library == "jax" else Unknown("bool")


@functions("array_equal")
def array_equal(ctx: RuleContext, a1: Value, a2: Value, equal_nan: Value = False, *, library: str) -> Value:
    """Whether two arrays have one shape and the same elements."""
    if library == "jax":
        for one in (a1, a2):
            to_tensor(one, library, "array_equal")
    return made("jax", (), "bool") if library == "jax" else Unknown("bool")


@functions("interp")
def interp(
    ctx: RuleContext, x: Tensor, xp: Tensor, fp: Tensor, left: Value = None, right: Value = None, period: Value = None
) -> Tensor:
    """Values between given points."""
    for points in (xp, fp):
        if points.rank not in (None, 1):
            text = f"interp() between points of shape {shape_text(points.shape)}, not of a vector"
            ctx.fail(Failure(RANK, text, "ValueError"))
    a, b = xp.size(0), fp.size(0)
    if a is not None and b is not None:
        ctx.require_equal(a, b, Failure(ARGUMENT, f"interp() of {a} points with {b} values", "ValueError"))
    return made(x.library, x.shape, "float64")


for _prefix in ("numpy", "jax.numpy"):
    for _name, _number in (("pi", 3.141592653589793), ("e", 2.718281828459045)):
        constant(f"{_prefix}.{_name}", _number)
    constant(f"{_prefix}.inf", float("inf"))
    constant(f"{_prefix}.nan", float("nan"))
    constant(f"{_prefix}.newaxis", None)
