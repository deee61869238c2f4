"""Math functions that compiled modules call and don't hold: each is compiled once, when a module first needs it."""

from __future__ import annotations

from functools import cache

from tangra.native import engine


def address(name: str) -> int:
    """Where `tg_<operation>_<call|slow>_<f32|f64>` is."""
    _, op, _, dtype = name.split("_")
    return _loaded(op, dtype).addresses[name]


@cache
def _loaded(op: str, name: str) -> engine.Loaded:
    return engine.load_own("shared", f"{op} {name}", lambda: _source(op, name))


def _source(op: str, name: str) -> engine.Source:
    from tangra.ir.types import DTYPES
    from tangra.native import vecmath

    dtype = DTYPES[name]
    return engine.Source(vecmath.shared_text(op, dtype), vecmath.externals(op, dtype), vecmath.shared_names(op, dtype))
