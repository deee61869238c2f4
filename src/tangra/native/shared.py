"""Math functions that compiled modules call and don't hold: each is compiled once, when a module first needs it."""

from __future__ import annotations

from functools import cache

from tangra.native import engine


def address(name: str) -> int:
    """Where `tg_<operation>_<call|slow|careful8|…>_<f32|f64>` is."""
    _, op, kind, dtype = name.split("_")
    lanes = kind.removeprefix("careful")
    return _loaded(op, dtype, int(lanes) if lanes.isdigit() else 1).addresses[name]


@cache
def _loaded(op: str, name: str, lanes: int) -> engine.Loaded:
    return engine.load_own("shared", f"{op} {name} {lanes}", lambda: _source(op, name, lanes))


def _source(op: str, name: str, lanes: int) -> engine.Source:
    from tangra.ir.types import DTYPES
    from tangra.native import vecmath

    dtype = DTYPES[name]
    tables = vecmath.table_size(engine.host_features())
    if lanes > 1:
        text = vecmath.careful_text(op, name, lanes, tables)
        return engine.Source(text, (), (vecmath.careful_name(op, name, lanes),))
    return engine.Source(
        vecmath.shared_text(op, dtype, tables), vecmath.externals(op, dtype), vecmath.shared_names(op, dtype)
    )
