"""Texts of errors at run time that the interpreter, native code and the frontend give alike."""

from __future__ import annotations


def index_message(axis: int | None) -> str:
    """NumPy's text for an index and a size; `axis` is None for places in `.flat`, which has no axes."""
    where = "" if axis is None else f"axis {axis} with "
    return f"index {{}} is out of bounds for {where}size {{}}"
