"""Results as texts that are equal where ours and the library's results are, and short digests of them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tangra.shape_rules import DType, Tensor, Unknown
from tangra.shapes import Dim

REJECTED = "-"
SKIPPED = "="
DIGEST = 3
"""Characters of an accepted call's digest."""


class NotKnown(Exception):
    """Part of our answer is unknown."""


def ours(value: Any, mask: bool) -> str:
    """The text of an abstract value; raises NotKnown where it has none."""
    if isinstance(value, Tensor):
        if value.shape is None or value.dtype is None:
            raise NotKnown
        return _tensor(value.dtype, value.shape, mask)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(ours(part, mask) for part in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {ours(part, mask)}' for key, part in value.items())}}}"
    if isinstance(value, (Unknown, Dim)):
        if mask and isinstance(value, Dim):
            return "int"
        if isinstance(value, Unknown) and value.kind in ("bool", "float", "complex", "int"):
            return value.kind
        raise NotKnown
    return plain(value, mask)


def _tensor(dtype: str, shape: Any, mask: bool) -> str:
    if not mask and not all(isinstance(size, int) for size in shape):
        raise NotKnown
    sizes = ", ".join("?" if mask else str(size) for size in shape)
    return f"{dtype}({sizes})"


def plain(value: Any, mask: bool) -> str:
    """The text of a Python value."""
    if isinstance(value, (bool, float, complex)):
        return type(value).__name__
    if isinstance(value, int):
        return "int" if mask else f"int {value}"
    if isinstance(value, DType):
        return value.name
    if value is None or isinstance(value, str):
        return repr(value)
    return type(value).__name__


def digest(text: str) -> str:
    """Three characters that differ for different texts but once in 262,144 times."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest())[:DIGEST].decode()
