"""Tracing little programs under the file name `example.py`, so that whole texts of errors can be compared."""

from __future__ import annotations

import linecache
import textwrap
from typing import Any

import pytest

from tangra.errors import TangraError
from tangra.frontend.entry import trace


def function(source: str, name: str = "f") -> Any:
    """The function `name` of a program."""
    text = textwrap.dedent(source).lstrip("\n")
    linecache.cache["example.py"] = (len(text), None, text.splitlines(True), "example.py")
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(text, "example.py", "exec"), namespace)
    return namespace[name]


def error_of(source: str, *args: Any) -> TangraError:
    """The error that tracing `f(*args)` raises."""
    f = function(source)
    with pytest.raises(TangraError) as caught:
        trace(f, args)
    return caught.value


def text_of(source: str, *args: Any) -> str:
    """Its whole text."""
    return str(error_of(source, *args))
