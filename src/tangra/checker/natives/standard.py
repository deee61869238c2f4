"""math, argparse, warnings, logging, os, sys and the like, as far as sizes and branches depend on them."""

from __future__ import annotations

import math
import string
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangra.checker.conditions import truth
from tangra.checker.dispatch import call as call_value
from tangra.checker.evaluator import PythonRaise
from tangra.checker.heap import ClassCell, Instance, Native, OneOf, Raised, Value
from tangra.checker.iteration import elements
from tangra.checker.natives.table import LIBRARY, native
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown
from tangra.shapes import Dim, prod

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

FLOATS = [
    "sqrt",
    "exp",
    "log",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "tanh",
    "pow",
    "atan2",
    "hypot",
    "floor",
    "ceil",
    "trunc",
    "fabs",
    "radians",
    "degrees",
    "gcd",
    "lcm",
    "isqrt",
    "comb",
    "factorial",
    "isnan",
    "isinf",
    "isfinite",
    "copysign",
    "log1p",
    "expm1",
    "atan",
    "erf",
    "gamma",
    "lgamma",
]
INTS = frozenset({"floor", "ceil", "trunc", "gcd", "lcm", "isqrt", "comb", "factorial"})
MAX_ARGUMENT = 10_000


def _math(name: str) -> Callable[..., Value]:
    function = getattr(math, name)

    def run(ev: Evaluator, call: Call) -> Value:
        if all(isinstance(arg, int | float) and abs(arg) <= 1e300 for arg in call.args) and not call.kwargs:
            if name in ("factorial", "comb", "pow") and any(abs(arg) > MAX_ARGUMENT for arg in call.args):
                return UNKNOWN
            try:
                return function(*call.args)
            except (ValueError, OverflowError, ZeroDivisionError, TypeError):
                raise PythonRaise(Raised("ValueError")) from None
        if name in ("floor", "ceil", "trunc") and isinstance(call.args[0], Dim):
            return call.args[0]
        return ev.ctx.opaque_int() if name in INTS else Unknown("float")

    return run


for _name in FLOATS:
    native(f"math.{_name}")(_math(_name))
for _name in ("pi", "e", "inf", "nan", "tau"):
    LIBRARY[f"math.{_name}"] = getattr(math, _name)


@native("math.prod")
def math_prod(ev: Evaluator, call: Call) -> Value:
    items = elements(ev, call.args[0], call.node)
    if items is None or not all(isinstance(item, int | float | Dim) for item in items):
        return UNKNOWN
    if any(isinstance(item, float) for item in items):
        return UNKNOWN if any(isinstance(item, Dim) for item in items) else math.prod(items)
    return prod(items)


def _nothing(ev: Evaluator, call: Call) -> Value:
    return None


for _name in [
    "warnings.warn",
    "warnings.filterwarnings",
    "warnings.simplefilter",
    "logging.info",
    "logging.warning",
    "logging.debug",
    "logging.error",
    "logging.basicConfig",
    "time.sleep",
    "gc.collect",
    "sys.stdout.write",
    "os.makedirs",
    "torch._C._log_api_usage_once",
    "torch.manual_seed",
    "numpy.random.seed",
    "torch.set_num_threads",
    "torch.cuda.empty_cache",
    "torch.cuda.synchronize",
    "torch.backends.cudnn.benchmark",
    "torch.use_deterministic_algorithms",
    "torch.set_float32_matmul_precision",
    "torch.cuda.manual_seed_all",
    "torch.cuda.manual_seed",
    "torch.set_printoptions",
    "torch.autograd.set_detect_anomaly",
    "torch._check",
    "torch._check_is_size",
]:
    native(_name)(_nothing)


@native("torch._assert")
def torch_assert(ev: Evaluator, call: Call) -> Value:
    """`assert` as a function, for traced programs."""
    if truth(ev, call.get(0, "condition", UNKNOWN)) is False:
        raise PythonRaise(Raised("AssertionError"))
    return None


def _false(ev: Evaluator, call: Call) -> Value:
    return False


for _name in [
    "torch.jit.is_scripting",
    "torch.jit.is_tracing",
    "torch.onnx.is_in_onnx_export",
    "torch._C._get_tracing_state",
    "torch.compiler.is_compiling",
    "torch._dynamo.is_compiling",
    "torch.compiler.is_dynamo_compiling",
    "torch.overrides.has_torch_function",
    "torch.overrides.has_torch_function_unary",
]:
    native(_name)(_false)


LIBRARY["typing.TYPE_CHECKING"] = False
LIBRARY["sys.maxsize"] = sys.maxsize
LIBRARY["sys.platform"] = Unknown("str")
LIBRARY["torch.__version__"] = Unknown("str")
LIBRARY["torch.version.cuda"] = Unknown("str")
for _name in ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits", "octdigits", "punctuation",
              "printable", "whitespace"):  # fmt: skip
    LIBRARY[f"string.{_name}"] = getattr(string, _name)


LOGGER = ClassCell("Logger", ())
"""Objects that only take note: whatever is called on them does nothing."""
LOGGER.fields["__getattr__"] = Native(
    "method __getattr__", lambda ev, call: Native("note", lambda ev, call: None, takes_open=True)
)


@native("logging.getLogger", takes_open=True)
def get_logger(ev: Evaluator, call: Call) -> Value:
    return Instance(LOGGER)


PARSER = ClassCell("ArgumentParser", ())
PARSER.dotted = "argparse.ArgumentParser"
ARGUMENTS = ClassCell("Namespace", ())
ARGUMENTS.complete = False


@native("argparse.ArgumentParser")
def argument_parser(ev: Evaluator, call: Call) -> Value:
    made = Instance(PARSER)
    made.fields["$values"] = ()
    made.fields["$parent"] = None
    return made


def _root(parser: Instance) -> Instance:
    while isinstance(parser.fields.get("$parent"), Instance):
        parser = parser.fields["$parent"]
    return parser


def _add_argument(ev: Evaluator, call: Call) -> Value:
    """One option of the command line."""
    parser = call.args[0]
    names = [name for name in call.args[1:] if isinstance(name, str)]
    if not isinstance(parser, Instance) or not names:
        return UNKNOWN
    long = next((name for name in names if name.startswith("--")), names[0])
    name = call.kwargs.get("dest", long.lstrip("-").replace("-", "_"))
    root = _root(parser)
    if isinstance(name, str):
        ev.write(root, "$values", (*root.fields["$values"], (name, _argument_value(ev, call, name))))
    return UNKNOWN


def _argument_value(ev: Evaluator, call: Call, name: str) -> Value:
    """The default, as running the script without options has it; switches may be on or off."""
    default, kind = call.kwargs.get("default"), call.kwargs.get("type")
    if isinstance(default, bool) or call.kwargs.get("action") in ("store_true", "store_false"):
        return Unknown("bool")
    if default is None:
        whole = isinstance(kind, Native) and kind.name == "builtins.int" and "nargs" not in call.kwargs
        needed = call.kwargs.get("required") is True or not str(call.args[1]).startswith("-")
        number = ev.ctx.flexible(name, None) if whole and needed else UNKNOWN
        return OneOf((None, ev.ctx.flexible(name, None))) if whole and not needed else number
    if isinstance(default, str) and isinstance(kind, Native) and kind.name != "builtins.str":
        return UNKNOWN
    return default


def _add_group(ev: Evaluator, call: Call) -> Value:
    group = Instance(PARSER)
    group.fields["$values"] = ()
    group.fields["$parent"] = call.args[0] if call.args else None
    return group


def _parse(ev: Evaluator, call: Call) -> Value:
    parser = call.args[0]
    made = Instance(ARGUMENTS)
    made.fields = dict(parser.fields["$values"]) if isinstance(parser, Instance) else {}
    return made


PARSER.fields = {
    "add_argument": Native("method add_argument", _add_argument),
    "add_argument_group": Native("method add_argument_group", _add_group),
    "add_mutually_exclusive_group": Native("method add_mutually_exclusive_group", _add_group),
    "parse_args": Native("method parse_args", _parse),
    "parse_known_args": Native("method parse_known_args", lambda ev, call: (_parse(ev, call), UNKNOWN)),
    "set_defaults": Native("method set_defaults", _nothing),
    "print_help": Native("method print_help", _nothing),
}


@native("torch.utils.checkpoint.checkpoint", takes_open=True)
def checkpoint(ev: Evaluator, call: Call) -> Value:
    kwargs = {
        name: value
        for name, value in call.kwargs.items()
        if name not in ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug")
    }
    return call_value(ev, call.args[0], call.args[1:], kwargs, call.node, call.open) if call.args else UNKNOWN


@native("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(ev: Evaluator, call: Call) -> Value:
    value = call.get(0, "data", UNKNOWN)
    return value.with_(parameter=True) if isinstance(value, Tensor) else UNKNOWN
