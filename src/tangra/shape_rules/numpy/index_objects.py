"""`r_`, `c_`, `mgrid`, `ogrid`, `s_` and `ix_`: what NumPy and `jax.numpy` make of indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.coercion import to_tensor
from tangra.shape_rules.failures import RANK, Failure
from tangra.shape_rules.numpy.common import functions, made
from tangra.shape_rules.numpy.creation import arange, linspace
from tangra.shape_rules.numpy.joining import concatenate
from tangra.shape_rules.registry import constant, method
from tangra.shape_rules.values import Record, Tensor, Unknown, Value, shape_text

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

INDEXED = "numpy.indexed"
"""The class of objects that are only indexed: records of what they are, and of the library."""

for _library, _prefix in (("numpy", "numpy"), ("jax", "jax.numpy")):
    for _name in ("r_", "c_", "mgrid", "ogrid", "s_", "index_exp"):
        constant(f"{_prefix}.{_name}", Record(("indexed", "library"), (_name, _library)))


@method(INDEXED, "__getitem__")
def indexed(ctx: RuleContext, self: Record, index: Value) -> Value:
    """What the object makes of the index."""
    name, library = self
    entries = index if type(index) is tuple else (index,)
    if name == "s_":
        return index
    if name == "index_exp":
        return entries
    if name in ("mgrid", "ogrid"):
        return _grid(ctx, entries, name == "mgrid", type(index) is tuple, library)
    return _joined(ctx, entries, name == "c_", library)


def _numbers(ctx: RuleContext, part: slice, library: str) -> Tensor:
    """What a slice of a grid stands for: a range, or with an imaginary step that many numbers."""
    start = 0 if part.start is None else part.start
    if isinstance(part.step, complex):
        found = linspace(ctx, start, part.stop, int(abs(part.step)), library=library)
        return found if isinstance(found, Tensor) else made(library, (ctx.fresh("n"),), None)
    if isinstance(part.step, Unknown):
        return made(library, (ctx.fresh("n"),), None)
    return arange(ctx, start, part.stop, part.step, library=library).with_(elements=None)


def _grid(ctx: RuleContext, entries: tuple[Value, ...], dense: bool, several: bool, library: str) -> Value:
    if not all(isinstance(entry, slice) for entry in entries):
        return Tensor(library) if dense else Unknown(None)
    axes = [_numbers(ctx, entry, library) for entry in entries]
    sizes = [axis.dims[0] if axis.dims else ctx.fresh("n") for axis in axes]
    dtype = next((axis.dtype for axis in axes if axis.dtype not in ("int32", "int64")), axes[0].dtype)
    if not several:
        return made(library, (sizes[0],), dtype)
    if dense:
        return made(library, (len(sizes), *sizes), dtype)
    rank = len(sizes)
    return tuple(
        made(library, (1,) * place + (size,) + (1,) * (rank - place - 1), dtype) for place, size in enumerate(sizes)
    )


def _joined(ctx: RuleContext, entries: tuple[Value, ...], columns: bool, library: str) -> Tensor:
    parts = []
    for entry in entries:
        if isinstance(entry, str | Unknown):
            return Tensor(library)
        part = _numbers(ctx, entry, library) if isinstance(entry, slice) else to_tensor(entry, library, "c_ or r_")
        if part.dims is None:
            return Tensor(library)
        if columns and len(part.dims) < 2:
            part = part.with_(shape=(*part.dims, *(1,) * (2 - len(part.dims))), elements=None)
        elif not part.dims:
            part = part.with_(shape=(1,), elements=None)
        parts.append(part.with_(weak=False))
    return concatenate(ctx, parts, -1 if columns else 0, library=library)


@functions("ix_")
def ix_(ctx: RuleContext, *args: Tensor, library: str) -> Value:
    """Indices of a block: one vector along each axis."""
    found = []
    for place, one in enumerate(args):
        if one.rank not in (None, 1):
            ctx.fail(Failure(RANK, f"ix_() takes vectors, not an array of shape {shape_text(one.shape)}", "ValueError"))
        size = one.size(0)
        if size is None or one.dtype == "bool":
            size = ctx.fresh("n")
        dtype = "int64" if one.dtype == "bool" else one.dtype
        found.append(made(library, (1,) * place + (size,) + (1,) * (len(args) - place - 1), dtype))
    return tuple(found)
