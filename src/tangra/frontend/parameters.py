"""What a function takes, whatever its annotations are."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    from annotationlib import Format

    AS_TEXT: dict[str, Any] = {"annotation_format": Format.STRING}
else:
    AS_TEXT: dict[str, Any] = {}


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """`inspect.signature`, where asking for annotations could fail without them: Python 3.14 evaluates them only then,
    and they may name what is not there. A ValueError or TypeError where there is none."""
    plain = inspect.unwrap(function, stop=lambda f: hasattr(f, "__signature__"))
    if AS_TEXT and isinstance(plain, types.FunctionType) and not hasattr(plain, "__signature__"):
        code, defaults = plain.__code__, plain.__defaults__
        bare = types.FunctionType(code, plain.__globals__, plain.__name__, defaults, plain.__closure__)
        bare.__kwdefaults__ = plain.__kwdefaults__
        return inspect.signature(bare)
    try:
        return inspect.signature(function, **AS_TEXT)
    except (NameError, AttributeError, ArithmeticError, LookupError) as error:
        raise ValueError(f"an annotation fails: {error}") from None
