"""Math functions that compiled modules call and don't hold: each is compiled once, when a module first needs it."""

from __future__ import annotations

from functools import cache

from tangra.ir import DTYPES
from tangra.native import engine, vecmath
from tangra.native.options import NativeOptions


def address(name: str) -> int:
    """Where `tg_<operation>_<call|slow>_<f32|f64>` is."""
    _, op, _, dtype = name.split("_")
    return _loaded(op, dtype).addresses[name]


@cache
def _loaded(op: str, name: str) -> engine.Loaded:
    dtype = DTYPES[name]
    code = engine.compile_object(vecmath.shared_text(op, dtype), NativeOptions())
    return engine.load([code], set(vecmath.externals(op, dtype)), vecmath.shared_names(op, dtype))
