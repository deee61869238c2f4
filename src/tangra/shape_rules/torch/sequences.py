"""`torch.nn.utils.rnn`: sequences of several lengths, padded or packed.

A `PackedSequence` is a record whose `source` is the number of sequences in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.context import AtLeast
from tangra.shape_rules.failures import ARGUMENT, CALL, MISMATCH, RANK, Failure
from tangra.shape_rules.registry import rule
from tangra.shape_rules.torch.common import fresh
from tangra.shape_rules.values import UNKNOWN, Alike, Record, Tensor, Value, is_size, record, shape_text
from tangra.shapes import Size, dmin

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


@rule("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(
    ctx: RuleContext, sequences: Value, batch_first: Value = False, padding_value: Value = 0.0,
    padding_side: Value = "right",
) -> Tensor:  # fmt: skip
    """Sequences of several lengths as one tensor: (T, N, ...) or (N, T, ...)."""
    if isinstance(sequences, list | tuple) and any(one is None or isinstance(one, dict | int) for one in sequences):
        ctx.fail(Failure(CALL, "pad_sequence() takes tensors", "TypeError"))
    if isinstance(sequences, Alike) and isinstance(sequences.element, Tensor) and isinstance(batch_first, bool):
        return _padded_alike(ctx, sequences.element, batch_first)
    known = isinstance(sequences, list | tuple) and sequences and isinstance(sequences[0], Tensor)
    if not known or not isinstance(batch_first, bool) or sequences[0].dims is None:
        return Tensor("torch")
    if any(isinstance(one, Tensor) and one.rank == 0 for one in sequences):
        ctx.fail(Failure(RANK, "pad_sequence() takes sequences, not 0-d tensors", "RuntimeError"))
    count, rest = len(sequences), sequences[0].dims[1:]
    lengths = [one.size(0) if isinstance(one, Tensor) and one.shape else None for one in sequences]
    known_lengths = [size for size in lengths if isinstance(size, int)]
    length: Size = max(known_lengths) if len(known_lengths) == count else ctx.fresh("length")
    for one in sequences:
        if isinstance(one, Tensor) and one.dims is not None and (one.dims[1:] != rest or not one.dims):
            texts = f"pad_sequence() of shapes {shape_text(sequences[0].shape)} and {shape_text(one.shape)}"
            broadcast_to(ctx, one.dims, (*one.dims[:1], *rest), f"{texts}: ", "RuntimeError", MISMATCH)
    return fresh((count, length, *rest) if batch_first else (length, count, *rest), sequences[0].dtype)


def _padded_alike(ctx: RuleContext, one: Tensor, batch_first: bool) -> Tensor:
    """Any number of sequences like `one`."""
    if one.rank == 0:
        ctx.fail(Failure(RANK, "pad_sequence() takes sequences, not 0-d tensors", "RuntimeError"))
    if one.dims is None:
        return fresh(None, one.dtype)
    length = one.dims[0] if isinstance(one.dims[0], int) else ctx.fresh("length")
    lead = (ctx.fresh("batch"), length) if batch_first else (length, ctx.fresh("batch"))
    return fresh((*lead, *one.dims[1:]), one.dtype)


@rule("torch.nn.utils.rnn.pack_padded_sequence")
def pack_padded_sequence(
    ctx: RuleContext, input: Tensor, lengths: Value, batch_first: Value = False, enforce_sorted: Value = True
) -> Record:
    """Rows of sequences without the padding: (T, N, ...) or (N, T, ...) and N lengths."""
    if input.rank is not None and input.rank < 2:
        text = f"pack_padded_sequence() takes (T, N, ...), not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "RuntimeError"))
    numbers = lengths.elements if isinstance(lengths, Tensor) else lengths
    known = list(numbers) if isinstance(numbers, list | tuple) and all(type(one) is int for one in numbers) else None
    steps = input.size(1 if batch_first is True else 0) if isinstance(batch_first, bool) else None
    total: Size = ctx.fresh("rows")
    if known is not None and steps is not None:  # longer sequences than there are end with the padded ones
        total = sum((dmin(one, steps) for one in known), 0)
    batch = input.size(0 if batch_first is True else 1) if isinstance(batch_first, bool) else None
    if enforce_sorted is not True:
        batch = len(known) if known is not None else lengths.size(0) if isinstance(lengths, Tensor) else None
    if input.dims is not None and isinstance(batch_first, bool):
        _check_lengths(ctx, input.dims, lengths, known, batch_first, enforce_sorted)
    order: Value = UNKNOWN
    if isinstance(enforce_sorted, bool):
        order = None if enforce_sorted else fresh((ctx.fresh("batch") if batch is None else batch,), "int64")
    made = record(
        data=fresh(None if input.dims is None else (total, *input.dims[2:]), input.dtype),
        batch_sizes=fresh((ctx.fresh("length") if known is None else max(known, default=0),), "int64"),
        sorted_indices=order,
        unsorted_indices=order,
    )
    made.source = batch
    return made


def _check_lengths(
    ctx: RuleContext, dims: tuple[Size, ...], lengths: Value, known: list[int] | None, batch_first: bool,
    enforce_sorted: Value,
) -> None:  # fmt: skip
    """Require one length for each sequence, at least 1."""
    batch = dims[0] if batch_first else dims[1]
    text = f"pack_padded_sequence() of shape {shape_text(dims)} with lengths {lengths}"
    if isinstance(lengths, Tensor):
        text = f"pack_padded_sequence() of shape {shape_text(dims)} with lengths of shape {shape_text(lengths.shape)}"
    count = (
        len(lengths) if isinstance(lengths, list | tuple) else lengths.size(0) if isinstance(lengths, Tensor) else None
    )
    failure = Failure(ARGUMENT, text, "RuntimeError")
    if count is not None and enforce_sorted is True:
        ctx.require_equal(count, batch, failure)
    elif count is not None:  # sequences without a length are left out where they are sorted
        ctx.require(AtLeast(count, batch), failure)
    for one in known or ():
        ctx.require(AtLeast(1, one), failure)
    if enforce_sorted is True and known is not None and known != sorted(known, reverse=True):
        ctx.fail(Failure(ARGUMENT, f"{text}: not in descending order, and enforce_sorted is True", "RuntimeError"))


@rule("torch.nn.utils.rnn.pad_packed_sequence")
def pad_packed_sequence(
    ctx: RuleContext, sequence: Value, batch_first: Value = False, padding_value: Value = 0.0,
    total_length: Value = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Rows of sequences as one padded tensor, and the lengths of the sequences."""
    if isinstance(sequence, Tensor):
        text = f"pad_packed_sequence() takes a PackedSequence, not a tensor of shape {shape_text(sequence.shape)}"
        ctx.fail(Failure(ARGUMENT, text, "AttributeError"))
    data, sizes = (sequence[0], sequence[1]) if isinstance(sequence, Record) else (None, None)
    batch: Size = sequence.source if isinstance(sequence, Record) and is_size(sequence.source) else ctx.fresh("batch")
    lengths = fresh((batch,), "int64")
    if not isinstance(data, Tensor) or not isinstance(sizes, Tensor) or not isinstance(batch_first, bool):
        return Tensor("torch"), lengths
    length = sizes.size(0)
    if total_length is not None and length is not None:
        text = f"pad_packed_sequence() to a length of {total_length}, of sequences of {length}"
        total = size_argument(ctx, total_length, "total_length")
        ctx.require(AtLeast(length, total), Failure(ARGUMENT, text, "ValueError"))
        length = total
    if data.dims is None or length is None:
        return Tensor("torch", None, data.dtype), lengths
    lead = (batch, length) if batch_first else (length, batch)
    return fresh((*lead, *data.dims[1:]), data.dtype).with_(layout=None), lengths
