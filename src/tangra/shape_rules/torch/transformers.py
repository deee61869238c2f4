"""`torch.nn`'s transformer layers and stacks of them: attention with masks between linear maps of one width."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.broadcasting import broadcast_to
from tangra.shape_rules.context import AtLeast, Multiple
from tangra.shape_rules.dtypes import kind
from tangra.shape_rules.failures import ARGUMENT, DIVIDE, DTYPE, MISMATCH, RANK, WIDTH, Failure
from tangra.shape_rules.registry import module, rule
from tangra.shape_rules.torch.common import dtype_argument, fresh, same_dtype
from tangra.shape_rules.torch.layers import Layer
from tangra.shape_rules.torch.recurrent import MultiheadAttention
from tangra.shape_rules.values import UNKNOWN, Shape, Tensor, Value, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext


class _Block(Layer):
    """What the layers share: self-attention, two linear maps, norms."""

    d_model: Any
    batch_first: Any
    self_attn: Any
    linear1: Any
    linear2: Any

    def build(
        self, ctx: RuleContext, d_model: Value, nhead: Value, dim_feedforward: Value, activation: Value,
        batch_first: Value, bias: Value, dtype: Value, norms: int,
    ) -> None:  # fmt: skip
        """Make the parts."""
        self.d_model = size_argument(ctx, d_model, "d_model")
        self.batch_first = batch_first
        self.self_attn = attention(ctx, d_model, nhead, batch_first, bias, dtype)
        self.linear1 = ctx.construct("torch.nn.Linear", d_model, dim_feedforward, bias, dtype=dtype)
        self.linear2 = ctx.construct("torch.nn.Linear", dim_feedforward, d_model, bias, dtype=dtype)
        for number in range(1, norms + 1):
            norm = ctx.construct("torch.nn.LayerNorm", d_model, bias=bias, dtype=dtype)
            setattr(self, f"norm{number}", norm)
        if isinstance(activation, str) and activation not in ("relu", "gelu"):
            text = f"a transformer's activation is relu or gelu, not {activation}"
            ctx.fail(Failure(ARGUMENT, text, "RuntimeError"))

    def attend(
        self, ctx: RuleContext, layer: Value, query: Tensor, memory: Tensor, mask: Value, padding: Value
    ) -> Tensor:
        """`query` after a part that attends to `memory`, the residual added."""
        ctx.call(layer, query, memory, memory, key_padding_mask=padding, need_weights=False, attn_mask=mask)
        return fresh(query.shape, query.dtype).with_(layout=None)

    def feed(self, ctx: RuleContext, x: Tensor) -> Tensor:
        """After the linear maps."""
        ctx.call(self.linear2, ctx.call(self.linear1, x))
        return x


def attention(ctx: RuleContext, d_model: Value, nhead: Value, batch_first: Value, bias: Value, dtype: Value) -> Value:
    """A part that attends."""
    return ctx.construct("torch.nn.MultiheadAttention", d_model, nhead, bias=bias, batch_first=batch_first, dtype=dtype)


def require_mask(ctx: RuleContext, mask: Tensor | None, word: str) -> None:
    """Fail for a mask that is neither of bools nor of floats."""
    if mask is not None and kind(mask.dtype) not in (None, 0, 2):
        ctx.fail(Failure(DTYPE, f"{word} is of {mask.dtype}; masks are of bools or floats", "AssertionError"))


@module("torch.nn.TransformerEncoderLayer")
class TransformerEncoderLayer(_Block):
    """Self-attention and linear maps: the shape stays."""

    def __init__(
        self, ctx: RuleContext, d_model: Value, nhead: Value, dim_feedforward: Value = 2048, dropout: Value = 0.1,
        activation: Value = None, layer_norm_eps: Value = 1e-5, batch_first: Value = False, norm_first: Value = False,
        bias: Value = True, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.build(ctx, d_model, nhead, dim_feedforward, activation, batch_first, bias, dtype, 2)

    def forward(
        self, ctx: RuleContext, src: Tensor, src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, is_causal: Value = False,
    ) -> Tensor:  # fmt: skip
        require_mask(ctx, src_key_padding_mask, "src_key_padding_mask")
        require_mask(ctx, src_mask, "src_mask")
        return self.feed(ctx, self.attend(ctx, self.self_attn, src, src, src_mask, src_key_padding_mask))


@module("torch.nn.TransformerDecoderLayer")
class TransformerDecoderLayer(_Block):
    """Self-attention, attention to a memory, and linear maps: the target's shape stays."""

    multihead_attn: Any

    def __init__(
        self, ctx: RuleContext, d_model: Value, nhead: Value, dim_feedforward: Value = 2048, dropout: Value = 0.1,
        activation: Value = None, layer_norm_eps: Value = 1e-5, batch_first: Value = False, norm_first: Value = False,
        bias: Value = True, device: Value = None, dtype: Value = None,
    ) -> None:  # fmt: skip
        self.build(ctx, d_model, nhead, dim_feedforward, activation, batch_first, bias, dtype, 3)
        self.multihead_attn = attention(ctx, d_model, nhead, batch_first, bias, dtype)

    def forward(
        self, ctx: RuleContext, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: Value = False, memory_is_causal: Value = False,
    ) -> Tensor:  # fmt: skip
        x = self.attend(ctx, self.self_attn, tgt, tgt, tgt_mask, tgt_key_padding_mask)
        return self.feed(ctx, self.attend(ctx, self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask))


class _Stack(Layer):
    """Copies of one layer, one after the other."""

    layer: Any
    layers: Any
    norm: Any
    num_layers: Any

    def keep(self, ctx: RuleContext, layer: Value, num_layers: Value, norm: Value) -> None:
        """What the constructors keep."""
        self.num_layers = size_argument(ctx, num_layers, "num_layers")
        self.layer, self.norm = layer, norm
        depth = self.num_layers
        self.layers = [layer] * depth if isinstance(depth, int) else UNKNOWN

    def run(self, ctx: RuleContext, x: Tensor, *args: Value, **kwargs: Value) -> Value:
        """What the layers and the norm make of x."""
        depth = self.num_layers
        failure = Failure(ARGUMENT, "a transformer's stack of no layers can't be called", "IndexError")
        ctx.require(AtLeast(1, depth), failure)  # the first layer is asked how the batch lies
        if not isinstance(depth, int):
            return fresh(x.shape, x.dtype).with_(layout=None)
        found: Value = x
        for _ in range(min(depth, 2)):  # the layers are the same: what the second returns, others do
            found = ctx.call(self.layer, found, *args, **kwargs)
        return found if self.norm is None else ctx.call(self.norm, found)


@module("torch.nn.TransformerEncoder")
class TransformerEncoder(_Stack):
    """Encoder layers."""

    def __init__(
        self, ctx: RuleContext, encoder_layer: Value, num_layers: Value, norm: Value = None,
        enable_nested_tensor: Value = True, mask_check: Value = True,
    ) -> None:  # fmt: skip
        self.keep(ctx, encoder_layer, num_layers, norm)

    def forward(
        self, ctx: RuleContext, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: Value = None,
    ) -> Value:  # fmt: skip
        require_mask(ctx, src_key_padding_mask, "src_key_padding_mask")
        require_mask(ctx, mask, "mask")
        return self.run(ctx, src, src_mask=mask, src_key_padding_mask=src_key_padding_mask)


@module("torch.nn.TransformerDecoder")
class TransformerDecoder(_Stack):
    """Decoder layers, all with the same memory."""

    def __init__(self, ctx: RuleContext, decoder_layer: Value, num_layers: Value, norm: Value = None) -> None:
        self.keep(ctx, decoder_layer, num_layers, norm)

    def forward(
        self, ctx: RuleContext, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: Value = None, memory_is_causal: Value = False,
    ) -> Value:  # fmt: skip
        return self.run(
            ctx, tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )  # fmt: skip


@rule("torch.nn.functional.multi_head_attention_forward")
def multi_head_attention_forward(
    ctx: RuleContext, query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: Value, num_heads: Value,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Value, bias_v: Value, add_zero_attn: Value,
    dropout_p: Value, out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: Value = True,
    key_padding_mask: Tensor | None = None, need_weights: Value = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: Value = False, q_proj_weight: Value = None, k_proj_weight: Value = None,
    v_proj_weight: Value = None, static_k: Value = None, static_v: Value = None, average_attn_weights: Value = True,
    is_causal: Value = False,
) -> Value:  # fmt: skip
    """What `MultiheadAttention` calls: sequences first, (L, N, E), (S, N, E) to (L, N, E) and weights (N, L, S)."""
    name = "multi_head_attention_forward()"
    extra = (bias_k, bias_v, static_k, static_v)
    if any(each is not None for each in extra) or use_separate_proj_weight is not False:
        return UNKNOWN
    width = size_argument(ctx, embed_dim_to_check, "embed_dim_to_check")
    heads = size_argument(ctx, num_heads, "num_heads")
    given = query.size(-1)
    if given is not None:
        failure = Failure(WIDTH, f"{name}: the query has width {given}, not {width}", "AssertionError")
        ctx.require_equal(given, width, failure)
    ctx.require(AtLeast(1, heads), Failure(ARGUMENT, f"{name} with {heads} heads", "ZeroDivisionError"))
    failure = Failure(DIVIDE, f"{name}: a width of {width} does not divide by {heads} heads", "AssertionError")
    ctx.require(Multiple(width, heads), failure)
    if in_proj_weight is None:
        ctx.fail(Failure(ARGUMENT, f"{name} without in_proj_weight", "AssertionError"))
    outer = out_proj_weight.size(0)
    outer = width if outer is None else outer
    checked: tuple[tuple[Tensor | None, tuple[Size, ...], str, tuple[Shape, ...]], ...] = (
        (in_proj_weight, (3 * width, width), "in_proj_weight", ()),
        (in_proj_bias, (3 * width,), "in_proj_bias", ((3,),)),  # may be cut in three
        (out_proj_weight, (outer, width), "out_proj_weight", ()),
    )
    for tensor, wanted, word, others in checked:
        if tensor is not None:
            _require_weight(ctx, tensor, wanted, others, f"{name}: {word}", query.dtype)
    if out_proj_bias is not None and out_proj_bias.shape is not None and query.dims is not None:
        rows = prod(query.dims[:-1], start=1)
        same_dtype(ctx, query, out_proj_bias, f"{name}: out_proj_bias")
        broadcast_to(ctx, out_proj_bias.shape, (rows, outer), f"{name}: out_proj_bias ", "RuntimeError", MISMATCH)
    layer: Any = object.__new__(MultiheadAttention)
    layer.embed_dim = layer.kdim = layer.vdim = width
    layer.num_heads, layer.batch_first, layer.in_proj_weight = heads, False, fresh(None, query.dtype)
    found = MultiheadAttention.forward(
        layer, ctx, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights
    )
    made, weights = found
    if isinstance(made, Tensor) and made.shape is not None:
        made = made.like((*made.shape[:-1], outer))
    if not isinstance(add_zero_attn, bool) or not isinstance(weights, Tensor) or weights.shape is None:
        return made, None if weights is None else UNKNOWN
    source: Any = weights.shape[-1]
    return made, weights.like((*weights.shape[:-1], source + add_zero_attn))


def _require_weight(
    ctx: RuleContext, tensor: Tensor, wanted: tuple[Size, ...], others: tuple[Shape, ...], what: str, dtype: str | None
) -> None:
    """Require a weight's shape, and the dtype of what it multiplies."""
    if dtype is not None and tensor.dtype is not None and tensor.dtype != dtype:
        ctx.fail(Failure(DTYPE, f"{what} is of {tensor.dtype}, the query of {dtype}", "RuntimeError"))
    if tensor.dims is None or tensor.dims in others:
        return
    failure = Failure(MISMATCH, f"{what} has shape {shape_text(tensor.dims)}, not {shape_text(wanted)}", "RuntimeError")
    if len(tensor.dims) != len(wanted):
        ctx.fail(failure)
    for left, right in zip(tensor.dims, wanted, strict=True):
        ctx.require_equal(left, right, failure)


@module("torch.nn.Transformer")
class Transformer(Layer):
    """An encoder of the source and a decoder of the target."""

    encoder: Any
    decoder: Any
    d_model: Any
    batch_first: Any

    def __init__(
        self, ctx: RuleContext, d_model: Value = 512, nhead: Value = 8, num_encoder_layers: Value = 6,
        num_decoder_layers: Value = 6, dim_feedforward: Value = 2048, dropout: Value = 0.1, activation: Value = None,
        custom_encoder: Value = None, custom_decoder: Value = None, layer_norm_eps: Value = 1e-5,
        batch_first: Value = False, norm_first: Value = False, bias: Value = True, device: Value = None,
        dtype: Value = None,
    ) -> None:  # fmt: skip
        self.d_model, self.batch_first = size_argument(ctx, d_model, "d_model"), batch_first
        parts: tuple[tuple[str, Value, Value], ...] = (
            ("Encoder", num_encoder_layers, custom_encoder),
            ("Decoder", num_decoder_layers, custom_decoder),
        )
        for word, depth, custom in parts:
            made = custom
            if custom is None:
                layer = ctx.construct(
                    f"torch.nn.Transformer{word}Layer", d_model, nhead, dim_feedforward, activation=activation,
                    batch_first=batch_first, bias=bias, dtype=dtype,
                )  # fmt: skip
                norm = ctx.construct("torch.nn.LayerNorm", d_model, bias=bias, dtype=dtype)
                made = ctx.construct(f"torch.nn.Transformer{word}", layer, depth, norm)
            setattr(self, word.lower(), made)

    def forward(
        self, ctx: RuleContext, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, src_is_causal: Value = None, tgt_is_causal: Value = None,
        memory_is_causal: Value = False,
    ) -> Value:  # fmt: skip
        self.compare(ctx, src, tgt)
        memory = ctx.call(self.encoder, src, mask=src_mask, src_key_padding_mask=src_key_padding_mask)
        return ctx.call(
            self.decoder, tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask, memory_key_padding_mask=memory_key_padding_mask,
        )  # fmt: skip

    def compare(self, ctx: RuleContext, src: Tensor, tgt: Tensor) -> None:
        """Require one batch, and the model's width."""
        if src.dims is None or tgt.dims is None:
            return
        texts = f"Transformer: the source {shape_text(src.dims)} and the target {shape_text(tgt.dims)}"
        if len(src.dims) == 3 and isinstance(self.batch_first, bool) and len(tgt.dims) > 1:
            axis = 0 if self.batch_first else 1
            failure = Failure(MISMATCH, f"{texts} have different batches", "RuntimeError")
            ctx.require_equal(src.dims[axis], tgt.dims[axis], failure)
        for tensor, word in ((src, "source"), (tgt, "target")):
            if tensor.dims:
                text = f"Transformer: the {word} {shape_text(tensor.dims)} does not end in the model's {self.d_model}"
                ctx.require_equal(tensor.dims[-1], self.d_model, Failure(WIDTH, text, "RuntimeError"))
        if len(src.dims) not in (2, 3) or len(tgt.dims) not in (2, 3):
            ctx.fail(Failure(RANK, f"{texts} have to have 2 or 3 dimensions", "RuntimeError"))

    def generate_square_subsequent_mask(
        self, ctx: RuleContext, sz: Value, device: Value = None, dtype: Value = None
    ) -> Tensor:
        """A square mask."""
        return square_mask(ctx, sz, device, dtype)


@rule("torch.nn.Transformer.generate_square_subsequent_mask")
def square_mask(ctx: RuleContext, sz: Value, device: Value = None, dtype: Value = None) -> Tensor:
    """A mask of each place's later ones; the class's own function."""
    size = size_argument(ctx, sz, "sz")
    ctx.require(AtLeast(0, size), Failure(ARGUMENT, f"a mask for {size} places", "RuntimeError"))
    return fresh((size, size), dtype_argument(ctx, dtype, "float32"))
