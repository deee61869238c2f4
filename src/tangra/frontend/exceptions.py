"""How the exceptions of failures are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tangra.frontend.paths import Sign


@dataclass(frozen=True)
class ExceptionSpec:
    """How to make the exception of a failure: its class and arguments, `MESSAGE` being the formatted message; or the
    exception itself, if the program has it already."""

    cls: type[BaseException]
    args: tuple[Any, ...]
    known: BaseException | None = None

    def make(self, text: str) -> BaseException:
        """The exception whose message is `text`."""
        return self.cls(*exception_arguments(self, text)) if self.known is None else self.known


MESSAGE = Sign(__name__, "MESSAGE")
"""Stands for the formatted message among the arguments of an exception."""
NUMBER = Sign(__name__, "NUMBER")
"""Stands for the one number among them, until its kind is known."""


@dataclass(frozen=True)
class NumberArgument:
    """Stands for the number that the message is the text of."""

    type: type

    def read(self, text: str) -> Any:
        """The number."""
        return self.type(text == "True" if self.type in (bool, np.bool_) else text)


def exception_arguments(spec: ExceptionSpec, text: str) -> list[Any]:
    """The arguments of an exception whose message is `text`."""
    return [text if a is MESSAGE else a.read(text) if isinstance(a, NumberArgument) else a for a in spec.args]
