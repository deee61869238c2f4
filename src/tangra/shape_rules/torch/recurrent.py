"""Recurrent and attention layers of `torch.nn`: how their inputs, states and results lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.context import Multiple
from tangra.shape_rules.failures import ARGUMENT, CALL, DIVIDE, MISMATCH, RANK, STATE, WIDTH, Failure
from tangra.shape_rules.registry import module
from tangra.shape_rules.torch.common import fresh, same_dtype
from tangra.shape_rules.torch.layers import Layer, parameter, positive
from tangra.shape_rules.values import (
    UNKNOWN,
    Record,
    Shape,
    Tensor,
    Unknown,
    Value,
    Variadic,
    is_size,
    shape_text,
    size_text,
)
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


class RNNBase(Layer):
    """What RNN, LSTM and GRU share."""

    rule_names = ("torch.nn.RNNBase", "torch.nn.modules.rnn.RNNBase")
    label, gates = "RNN", 1

    def __init__(
        self, ctx: RuleContext, input_size: Value, hidden_size: Value, num_layers: Value = 1, *rest: Value,
        nonlinearity: Value = "tanh", bias: Value = True, batch_first: Value = False, dropout: Value = 0.0,
        bidirectional: Value = False, proj_size: Value = 0, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        names = ["bias", "batch_first", "dropout", "bidirectional", "proj_size"]
        given = dict(zip(["nonlinearity", *names] if self.label == "RNN" else names, rest, strict=False))
        self.input_size = size_argument(ctx, input_size, "input_size")
        self.hidden_size = size_argument(ctx, hidden_size, "hidden_size")
        self.num_layers = size_argument(ctx, num_layers, "num_layers")
        self.batch_first = given.get("batch_first", batch_first)
        self.bidirectional = given.get("bidirectional", bidirectional)
        self.proj_size = size_argument(ctx, given.get("proj_size", proj_size), "proj_size")
        positive(ctx, self.hidden_size, "hidden_size")
        positive(ctx, self.num_layers, "num_layers")
        positive(ctx, self.input_size, "input_size", 0, "RuntimeError")
        positive(ctx, self.proj_size, "proj_size", 0)
        chance = given.get("dropout", dropout)
        if isinstance(chance, int | float) and not 0 <= chance <= 1:
            ctx.fail(Failure(ARGUMENT, f"a dropout probability of {chance}", "ValueError"))
        if isinstance(self.proj_size, int) and isinstance(self.hidden_size, int) and self.proj_size:
            if self.label != "LSTM":
                ctx.fail(Failure(ARGUMENT, f"{self.label} has no projections; LSTM has", "TypeError"))
            if self.proj_size >= self.hidden_size:
                text = f"proj_size {self.proj_size} must be smaller than hidden_size {self.hidden_size}"
                ctx.fail(Failure(ARGUMENT, text, "ValueError"))
        set_weights(ctx, self, self.gates, given.get("bias", bias), dtype)

    def forward(self, ctx: RuleContext, input: Value, hx: Value = None) -> Value:
        if isinstance(input, Record):
            return run_packed(ctx, self, input, hx)
        return run_layer(ctx, self, input if isinstance(input, Tensor) else Tensor("torch"), hx)

    def flatten_parameters(self, ctx: RuleContext) -> None:
        return None


def set_weights(ctx: RuleContext, layer: Any, gates: int, bias: Value, dtype: Value) -> None:
    """The first layer's weights as attributes; the other layers' where their number is known."""
    count = layer.num_layers if isinstance(layer.num_layers, int) else 1
    directions = 2 if layer.bidirectional is True else 1
    output = layer.hidden_size if layer.proj_size == 0 else layer.proj_size
    rows = gates * layer.hidden_size
    for number in range(min(count, 16)):
        width = layer.input_size if number == 0 else output * directions
        for suffix in ("", "_reverse")[:directions]:
            setattr(layer, f"weight_ih_l{number}{suffix}", parameter(ctx, (rows, width), dtype))
            setattr(layer, f"weight_hh_l{number}{suffix}", parameter(ctx, (rows, output), dtype))
            if bias is not False:
                setattr(layer, f"bias_ih_l{number}{suffix}", parameter(ctx, (rows,), dtype))
                setattr(layer, f"bias_hh_l{number}{suffix}", parameter(ctx, (rows,), dtype))


def run_packed(ctx: RuleContext, layer: Any, input: Record, hx: Value) -> Value:
    """(output, state) for packed sequences, whose rows are those of all sequences."""
    data, batch = input[0], input.source
    if not isinstance(data, Tensor) or not is_size(batch):
        return UNKNOWN
    rows, state = run_layer(ctx, layer, data, hx, (batch,))
    made = Record(input.names, (rows, *input[1:]))
    made.source = batch
    return made, state


def run_layer(ctx: RuleContext, layer: Any, input: Tensor, hx: Value, batch: Shape | None = None) -> Value:
    """(output, state) of a recurrent layer: (L, N, D*H) or (N, L, D*H) with batch_first, and (D*layers, N, H).
    `batch`: the number of sequences, where the input is the rows of all of them."""
    label = layer.label
    if input.rank not in (None, 2, 3):
        text = f"{label} takes a 2-D or 3-D input, not shape {shape_text(input.shape)}"
        ctx.fail(Failure(RANK, text, "ValueError"))
    width = input.size(-1)
    if width is not None:
        text = f"{label}: the input of shape {shape_text(input.shape)} has {width} features, the layer takes "
        ctx.require_equal(width, layer.input_size, Failure(WIDTH, f"{text}{layer.input_size}", "RuntimeError"))
    same_dtype(ctx, input, layer.weight_ih_l0, label)
    directions: Size | None = (
        {True: 2, False: 1}.get(layer.bidirectional) if isinstance(layer.bidirectional, bool) else None
    )
    output = layer.hidden_size if layer.proj_size == 0 else layer.proj_size
    if batch is None and input.dims is not None and isinstance(layer.batch_first, bool):
        batch = () if len(input.dims) == 2 else (input.dims[0 if layer.batch_first else 1],)
    depth = None if directions is None else layer.num_layers * directions
    state = None if batch is None or depth is None else (depth, *batch, output)
    cell = None if batch is None or depth is None else (depth, *batch, layer.hidden_size)
    check_states(ctx, label, hx, state, cell, input)
    made = None if input.dims is None or directions is None else (*input.dims[:-1], output * directions)
    hidden = fresh(state, input.dtype)
    result: Value = (hidden, fresh(cell, input.dtype)) if label == "LSTM" else hidden
    return fresh(made, input.dtype).with_(layout=None), result


def check_states(
    ctx: RuleContext, label: str, hx: Value, state: Shape | None, cell: Shape | None, input: Tensor
) -> None:
    """Require that initial states have the layer's layout: (layers*directions, batch, hidden) whatever batch_first."""
    if hx is None or isinstance(hx, Unknown):
        return
    if label == "LSTM":
        if not isinstance(hx, list | tuple) or len(hx) != 2:
            ctx.fail(Failure(STATE, "LSTM takes its state as a pair (h_0, c_0)", "RuntimeError"))
        pairs = [(hx[0], state, "h_0"), (hx[1], cell, "c_0")]
    else:
        pairs = [(hx, state, "h_0")]
    for tensor, wanted, word in pairs:
        if not isinstance(tensor, Tensor):
            if tensor is None or isinstance(tensor, tuple | list | int | float | dict | str):
                ctx.fail(Failure(CALL, f"{label}: {word} must be a tensor", "TypeError"))
            continue
        if tensor.dims is None or wanted is None:
            continue
        text = f"{label}: {word} has shape {shape_text(tensor.dims)}; for this input it is {shape_text(wanted)}"
        failure = Failure(STATE, text, "RuntimeError", fix=_state_fix(tensor.dims, wanted, input.dims))
        if len(tensor.dims) != len(wanted):
            ctx.fail(failure)
        for left, right in zip(tensor.dims, wanted, strict=True):
            ctx.require_equal(left, right, failure)  # type: ignore[arg-type]
        same_dtype(ctx, input, tensor, label)


def _state_fix(given: Shape, wanted: Shape, input: Shape | None) -> str | None:
    """What people got wrong about a state's axes."""
    if len(given) != 3 or len(wanted) != 3:
        return None
    if given == (wanted[1], wanted[0], wanted[2]):
        return "batch_first changes the input, not the state: its axes are layers, batch, features"
    if (given[0], given[2]) != (wanted[0], wanted[2]):
        return None
    if input is not None and len(input) == 3 and given[1] in input[:2]:
        axis = 0 if input[0] == wanted[1] else 1
        return f"take the batch from axis {axis} of the input, which is {size_text(wanted[1])}"
    return f"make the state for the batch that the input has, {size_text(wanted[1])}"


@module("torch.nn.RNN")
class RNN(RNNBase):
    """tanh or relu of input and state."""


@module("torch.nn.LSTM")
class LSTM(RNNBase):
    """With a cell beside the state."""

    label, gates = "LSTM", 4


@module("torch.nn.GRU")
class GRU(RNNBase):
    """With gates and no cell."""

    label, gates = "GRU", 3


class RNNCellBase(Layer):
    """One step of a recurrent layer."""

    rule_names = ("torch.nn.RNNCellBase",)
    label, gates = "RNNCell", 1

    def __init__(
        self, ctx: RuleContext, input_size: Value, hidden_size: Value, bias: Value = True,
        nonlinearity: Value = "tanh", device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.input_size = size_argument(ctx, input_size, "input_size")
        self.hidden_size = size_argument(ctx, hidden_size, "hidden_size")
        for size in (self.input_size, self.hidden_size):
            positive(ctx, size, "a width of the cell", 0, "RuntimeError")
        self.weight_ih = parameter(ctx, (self.gates * self.hidden_size, self.input_size), dtype)
        self.weight_hh = parameter(ctx, (self.gates * self.hidden_size, self.hidden_size), dtype)
        if bias is not False:
            self.bias_ih = parameter(ctx, (self.gates * self.hidden_size,), dtype)
            self.bias_hh = parameter(ctx, (self.gates * self.hidden_size,), dtype)

    def forward(self, ctx: RuleContext, input: Tensor, hx: Value = None) -> Value:
        label = self.label
        if input.rank not in (None, 1, 2):
            text = f"{label} takes a 1-D or 2-D input, not shape {shape_text(input.shape)}"
            ctx.fail(Failure(RANK, text, "ValueError"))
        width = input.size(-1)
        if width is not None:
            text = f"{label}: the input of shape {shape_text(input.shape)} has {width} features, the cell takes "
            ctx.require_equal(width, self.input_size, Failure(WIDTH, f"{text}{self.input_size}", "RuntimeError"))
        same_dtype(ctx, input, self.weight_ih, label)
        state = None if input.dims is None else (*input.dims[:-1], self.hidden_size)
        check_states(ctx, "LSTM" if label == "LSTMCell" else label, hx, state, state, input)
        made = fresh(state, input.dtype)
        return (made, made) if label == "LSTMCell" else made


@module("torch.nn.RNNCell")
class RNNCell(RNNCellBase):
    """One step of an RNN."""


@module("torch.nn.LSTMCell")
class LSTMCell(RNNCellBase):
    """One step of an LSTM."""

    label, gates = "LSTMCell", 4


@module("torch.nn.GRUCell")
class GRUCell(RNNCellBase):
    """One step of a GRU."""

    label, gates = "GRUCell", 3


# ----------------------------------------------------------------------------------------------------------- attention


@module("torch.nn.MultiheadAttention")
class MultiheadAttention(Layer):
    """Attention with projections: (L, N, E), (S, N, E) to (L, N, E) and weights (N, L, S)."""

    def __init__(
        self, ctx: RuleContext, embed_dim: Value, num_heads: Value, dropout: Value = 0.0, bias: Value = True,
        add_bias_kv: Value = False, add_zero_attn: Value = False, kdim: Value = None, vdim: Value = None,
        batch_first: Value = False, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.embed_dim = size_argument(ctx, embed_dim, "embed_dim")
        self.num_heads = size_argument(ctx, num_heads, "num_heads")
        self.batch_first = batch_first
        positive(ctx, self.embed_dim, "embed_dim")
        positive(ctx, self.num_heads, "num_heads")
        text = f"embed_dim {self.embed_dim} must be divisible by num_heads {self.num_heads}"
        ctx.require(Multiple(self.embed_dim, self.num_heads), Failure(DIVIDE, text, "AssertionError"))
        self.head_dim = self.embed_dim // self.num_heads
        self.kdim = self.embed_dim if kdim is None else size_argument(ctx, kdim, "kdim")
        self.vdim = self.embed_dim if vdim is None else size_argument(ctx, vdim, "vdim")
        self.in_proj_weight = parameter(ctx, (3 * self.embed_dim, self.embed_dim), dtype)
        self.in_proj_bias = parameter(ctx, (3 * self.embed_dim,), dtype) if bias is not False else None
        self.out_proj = ctx.construct("torch.nn.Linear", self.embed_dim, self.embed_dim)

    def forward(
        self, ctx: RuleContext, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: Value = True, attn_mask: Tensor | None = None, average_attn_weights: Value = True,
        is_causal: Value = False,
    ) -> tuple[Value, Value]:  # fmt: skip
        check_attention(ctx, self, query, key, value)
        if query.dims is None or key.dims is None or not isinstance(self.batch_first, bool):
            return fresh(query.shape, query.dtype).with_(layout=None), Unknown()
        axis = 1 if self.batch_first and len(query.dims) == 3 else 0
        length, source = query.dims[axis], key.dims[axis]
        batch: Shape = () if len(query.dims) == 2 else (query.dims[1 - axis],)
        check_masks(ctx, self, batch, (length, source), key_padding_mask, attn_mask, query.dtype)
        made = fresh((*query.dims[:-1], self.embed_dim), query.dtype).with_(layout=None)
        if need_weights is False:
            return made, None
        if not isinstance(need_weights, bool) or not isinstance(average_attn_weights, bool):
            return made, Unknown()
        heads: Shape = () if average_attn_weights else (self.num_heads,)
        return made, fresh((*batch, *heads, length, source), query.dtype)


def check_attention(ctx: RuleContext, layer: Any, query: Tensor, key: Tensor, value: Tensor) -> None:
    """Require the layout of query, key and value."""
    label = "MultiheadAttention"
    for tensor, word, width in (
        (query, "query", layer.embed_dim), (key, "key", layer.kdim), (value, "value", layer.vdim),
    ):  # fmt: skip
        if tensor.rank not in (None, 2, 3):
            text = f"{label}: the {word} has shape {shape_text(tensor.shape)}, not 2 or 3 dimensions"
            ctx.fail(Failure(RANK, text, "AssertionError"))
        have = tensor.size(-1)
        if have is not None:
            text = f"{label}: the {word} of shape {shape_text(tensor.shape)} has width {have}, not {width}"
            ctx.require_equal(have, width, Failure(WIDTH, text, "AssertionError"))
        same_dtype(ctx, tensor, layer.in_proj_weight, label)
    for tensor, word in ((key, "key"), (value, "value")):
        if query.rank is not None and tensor.rank is not None and query.rank != tensor.rank:
            text = f"{label}: the {word} must have as many dimensions as the query"
            ctx.fail(Failure(RANK, text, "AssertionError"))
    if key.dims is not None and value.dims is not None:
        for axis, (left, right) in enumerate(zip(key.dims[:-1], value.dims[:-1], strict=False)):
            text = f"{label}: key {shape_text(key.dims)} and value {shape_text(value.dims)} differ in axis {axis}"
            ctx.require_equal(left, right, Failure(MISMATCH, text, "AssertionError"))
    if query.rank == 3 and query.dims is not None and key.dims is not None and isinstance(layer.batch_first, bool):
        axis = 0 if layer.batch_first else 1
        text = f"{label}: query {shape_text(query.dims)} and key {shape_text(key.dims)} have different batches"
        ctx.require_equal(query.dims[axis], key.dims[axis], Failure(MISMATCH, text, "RuntimeError"))


def check_masks(
    ctx: RuleContext, layer: Any, batch: Shape, sizes: tuple[Size, Size], padding: Tensor | None, mask: Tensor | None,
    dtype: str | None,
) -> None:  # fmt: skip
    """Require the shapes of masks: (N, S) and (L, S) or (N*heads, L, S)."""
    length, source = sizes
    wanted: list[tuple[Tensor | None, list[Shape], str]] = [(padding, [(*batch, source)], "key_padding_mask")]
    count: Shape = tuple(size * layer.num_heads for size in batch if not isinstance(size, Variadic)) or (
        layer.num_heads,
    )
    wanted.append((mask, [(length, source), (*count, length, source)], "attn_mask"))
    for tensor, shapes, word in wanted:
        if tensor is None or tensor.dims is None:
            continue
        if tensor.dtype not in (None, "bool", dtype) and dtype is not None:
            ctx.fail(Failure(MISMATCH, f"MultiheadAttention: {word} is of {tensor.dtype}", "RuntimeError"))
        fitting = [shape for shape in shapes if len(shape) == len(tensor.dims)]
        texts = " or ".join(shape_text(shape) for shape in shapes)
        text = f"MultiheadAttention: {word} has shape {shape_text(tensor.dims)}, not {texts}"
        failure = Failure(MISMATCH, text, "RuntimeError")
        if not fitting:
            ctx.fail(failure)
        for left, right in zip(tensor.dims, fitting[0], strict=True):
            ctx.require_equal(left, right, failure)  # type: ignore[arg-type]
