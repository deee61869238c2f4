"""Calls made in the real libraries: run by `record`, never by the tests."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tangra.shape_rules import DType, Tensor
from tests.shape_rules.draws import Built, Call, library_of
from tests.shape_rules.texts import plain

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "@": lambda a, b: a @ b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
}


def perform_all(calls: Sequence[Call], tell: Callable[[Any], str], eager: bool) -> list[str | Exception]:
    """What `tell` says of each real result, or what the library raises. JAX is asked without computing anything, all
    calls in one trace, as a trace takes longer than a call, unless it has to be `eager`."""
    if calls and library_of(calls[0].name) == "jax" and not eager:
        return _traced(calls, tell)
    return [_told(call, tell) for call in calls]


def _told(call: Call, tell: Callable[[Any], str]) -> str | Exception:
    try:
        return tell(execute(call))
    except Exception as error:
        return error


def _traced(calls: Sequence[Call], tell: Callable[[Any], str]) -> list[str | Exception]:
    import jax

    jax.config.update("jax_traceback_filtering", "off")  # filtering takes longer than the call
    arrays: list[Tensor] = []

    def hidden(value: Any) -> Any:
        if isinstance(value, Tensor):
            arrays.append(value)
            return Placeholder(len(arrays) - 1)
        if isinstance(value, (list, tuple)):
            return type(value)(hidden(part) for part in value)
        return {key: hidden(part) for key, part in value.items()} if isinstance(value, dict) else value

    def shown(value: Any, found: Any) -> Any:
        if isinstance(value, Placeholder):
            return found[value.number]
        if isinstance(value, (list, tuple)):
            return type(value)(shown(part, found) for part in value)
        return {key: shown(part, found) for key, part in value.items()} if isinstance(value, dict) else value

    parts = [[hidden(part) for part in (call.args, call.kwargs, call.inputs, call.options)] for call in calls]
    told: list[str | Exception] = []

    def traced(found: Any) -> None:
        for call, own in zip(calls, parts, strict=True):
            args, kwargs, inputs, options = (shown(part, found) for part in own)
            told.append(_told(replace(call, args=args, kwargs=kwargs, inputs=inputs, options=options), tell))

    jax.eval_shape(traced, [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays])
    return told


@dataclass(frozen=True)
class Placeholder:
    """Where an array goes."""

    number: int


def execute(call: Call) -> Any:
    """The result of a call, eager or traced."""
    args, kwargs = [real(arg) for arg in call.args], {word: real(value) for word, value in call.kwargs.items()}
    if call.kind == "method":
        found = getattr(args[0], call.name.rpartition(".")[2])(*args[1:], **kwargs)
        if found is NotImplemented:  # what the operator makes a TypeError of
            raise TypeError(call.name)
        return found
    if call.kind == "mutation":
        getattr(args[0], call.name.rpartition(".")[2])(*args[1:], **kwargs)
        return args[0]
    if call.kind == "attribute":
        return getattr(args[0], call.name.rpartition(".")[2])
    if call.kind == "operator":
        return OPERATORS[call.name.rpartition(".")[2]](*args, **kwargs)
    if call.kind == "getitem":
        return args[0][args[1]]
    if call.kind == "setitem":
        args[0][args[1]] = args[2]
        return None
    function = lookup(call.name)
    if call.kind != "layer":
        return function(*args, **kwargs)
    layer = function(*args, **kwargs, **drawing(call.name))
    inputs = [real(value) for value in call.inputs]
    options = {word: real(value) for word, value in call.options.items()}
    if library_of(call.name) == "jax":
        import jax

        if not call.name.startswith("flax.linen."):
            return layer(*inputs, **options)
        return layer.init_with_output(jax.random.key(0), *inputs, **options)[0]
    return layer(*inputs, **options)


def drawing(name: str) -> dict[str, Any]:
    """What layers draw their parameters from, where they take it."""
    if name.startswith("flax.nnx."):
        from flax import nnx

        return {"rngs": nnx.Rngs(0)}
    if name.startswith("equinox.nn.") and "key" in inspect.signature(lookup(name).__init__).parameters:
        import jax

        return {"key": jax.random.key(0)}
    return {}


def lookup(name: str) -> Any:
    """The object with this dotted name."""
    words = name.split(".")
    if words[:2] == ["torch", "ops"]:
        importlib.import_module(words[2])  # which brings its operations in
    for count in range(len(words) - 1, 0, -1):
        try:
            found: Any = importlib.import_module(".".join(words[:count]))
        except ImportError:
            continue
        for word in words[count:]:
            found = getattr(found, word)
        return found
    raise LookupError(name)


def real(value: Any) -> Any:
    """An abstract argument as a real one."""
    if isinstance(value, Tensor):
        return _array(value)
    if isinstance(value, Built):
        return lookup(value.name)(*map(real, value.args), **{word: real(part) for word, part in value.kwargs.items()})
    if isinstance(value, DType):
        return getattr(lookup_module(value.library), value.name)
    if isinstance(value, (list, tuple)):
        return type(value)(real(part) for part in value)
    if isinstance(value, dict):
        return {key: real(part) for key, part in value.items()}
    if isinstance(value, slice):
        return slice(real(value.start), real(value.stop), real(value.step))
    return value


def lookup_module(library: str) -> Any:
    """The module that holds a library's dtypes."""
    return importlib.import_module({"jax": "jax.numpy"}.get(library, library))


def _array(value: Tensor) -> Any:
    if value.library == "torch":
        import torch

        dtype = getattr(torch, value.dtype or "")
        if value.elements is not None:
            return torch.tensor(value.elements, dtype=dtype).reshape(value.shape)
        if value.layout == "identity":  # matrices that can be inverted
            return torch.eye(value.shape[-2], value.shape[-1], dtype=dtype).expand(value.shape).contiguous()
        if isinstance(value.layout, tuple):
            return torch.empty_strided(value.shape, value.layout, dtype=dtype).fill_(1)
        return torch.ones(value.shape, dtype=dtype)
    import numpy as np

    base = np.ones(value.shape, value.dtype)
    if value.layout == "identity":
        base = np.broadcast_to(np.eye(value.shape[-2], value.shape[-1], dtype=value.dtype), value.shape)
    if value.elements is not None:
        base = np.array(value.elements, value.dtype).reshape(value.shape)
    if value.library == "numpy":
        return base
    import jax.numpy as jnp

    return jnp.asarray(base)


def theirs(value: Any, mask: bool) -> str:
    """The text of a real result, as `texts.ours` has it for an abstract one."""
    module = type(value).__module__.partition(".")[0]
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        sizes = ", ".join("?" if mask else str(int(size)) for size in value.shape)
        return f"{str(value.dtype).removeprefix('torch.')}({sizes})"
    if module == "torch" and type(value).__name__ == "dtype":
        return str(value).removeprefix("torch.")
    if type(value).__name__ == "dtypes" or type(value).__name__.endswith("DType"):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(theirs(part, mask) for part in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {theirs(part, mask)}' for key, part in value.items())}}}"
    return plain(value, mask)
