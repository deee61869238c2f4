"""Layers of `torch.nn` that attend, stacks of them, and the functions that they call."""

from typing import Any

from tests.shape_rules.draws import Built, Call, Draws, case, dtype_object

N = "torch.nn."
F = "torch.nn.functional."


def widths(r: Draws) -> tuple[int, int]:
    """A width and a number of heads that divides it, mostly."""
    heads = r.randint(1, 3)
    return heads * r.randint(1, 2) + r.chance(4), heads


def sequences(r: Draws, width: int, batch_first: bool, count: int) -> tuple[list[Any], list[int], int | None]:
    """`count` sequences of one batch, their lengths, and the batch."""
    batch = None if r.chance(20) else r.randint(1, 3)
    lengths = [r.randint(1, 4) for _ in range(count)]
    made = []
    for length in lengths:
        lead = (length,) if batch is None else (batch, length) if batch_first else (length, batch)
        made.append(r.tensor((*lead, width)))
    return made, lengths, batch


def masks(r: Draws, words: list[tuple[str, int, int]], padding: list[tuple[str, int]], batch: int | None) -> Any:
    """Some of the masks: `words` of (length, source), `padding` of sources."""
    made: dict[str, Any] = {}
    for word, length, source in words:
        if r.chance(30):
            made[word] = r.tensor((length, source), r.choice(["float32", "bool"]))
    for word, source in padding:
        if r.chance(25):
            made[word] = r.tensor((source,) if batch is None else (batch, source), "float32" if made else "bool")
    return made


def options(r: Draws) -> dict[str, Any]:
    """Of the layers' constructors; layers that train compute what the fast way does not check."""
    return {"dim_feedforward": r.randint(1, 6), "dropout": 0.0, "batch_first": r.chance(50)}


@case(N + "TransformerEncoderLayer")
def encoder_layer(r: Draws) -> Call:
    (width, heads), kwargs = widths(r), options(r)
    inputs, (length,), batch = sequences(r, width, kwargs["batch_first"], 1)
    call = Call("", [width, heads], kwargs, "layer", inputs)
    call.options = masks(r, [("src_mask", length, length)], [("src_key_padding_mask", length)], batch)
    return call


DECODER_MASKS = ("tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask")


def decoder_masks(r: Draws, target: int, source: int, batch: int | None) -> dict[str, Any]:
    """Masks of a decoder."""
    found: dict[str, Any] = masks(
        r,
        [(DECODER_MASKS[0], target, target), (DECODER_MASKS[1], target, source)],
        [(DECODER_MASKS[2], target), (DECODER_MASKS[3], source)],
        batch,
    )
    return found


@case(N + "TransformerDecoderLayer")
def decoder_layer(r: Draws) -> Call:
    (width, heads), kwargs = widths(r), options(r)
    inputs, (target, source), batch = sequences(r, width, kwargs["batch_first"], 2)
    call = Call("", [width, heads], kwargs, "layer", inputs)
    call.options = decoder_masks(r, target, source, batch)
    return call


@case(N + "TransformerEncoder")
def encoder(r: Draws) -> Call:
    (width, heads), kwargs = widths(r), options(r)
    inputs, (length,), batch = sequences(r, width, kwargs["batch_first"], 1)
    layer = Built(N + "TransformerEncoderLayer", (width, heads), kwargs)
    norm = {"norm": Built(N + "LayerNorm", (width + r.chance(10),), {})} if r.chance(40) else {}
    call = Call("", [layer, r.randint(0, 3)], {**norm, "enable_nested_tensor": False}, "layer", inputs)
    call.options = masks(r, [("mask", length, length)], [("src_key_padding_mask", length)], batch)
    return call


@case(N + "TransformerDecoder")
def decoder(r: Draws) -> Call:
    (width, heads), kwargs = widths(r), options(r)
    inputs, (target, source), batch = sequences(r, width, kwargs["batch_first"], 2)
    layer = Built(N + "TransformerDecoderLayer", (width, heads), kwargs)
    call = Call("", [layer, r.randint(0, 3)], {}, "layer", inputs)
    call.options = decoder_masks(r, target, source, batch)
    return call


@case(N + "Transformer")
def transformer(r: Draws) -> Call:
    (width, heads), kwargs = widths(r), options(r)
    inputs, (source, target), batch = sequences(r, width, kwargs["batch_first"], 2)
    kwargs |= {"num_encoder_layers": r.randint(0, 1), "num_decoder_layers": r.randint(0, 1)}
    call = Call("", [width, heads], kwargs, "layer", inputs)
    call.options = decoder_masks(r, target, source, batch)
    if r.chance(20):
        call.options["src_mask"] = r.tensor((source, source))
    return call


@case(F + "multi_head_attention_forward")
def attention_function(r: Draws) -> Call:
    heads = r.randint(1, 3)
    width = heads * r.randint(1, 2)
    inputs, (length, source), batch = sequences(r, width, False, 2)
    weights = [r.tensor((3 * width, width)), r.tensor((3 * width,)), None, None, False, 0.0]
    kwargs = masks(r, [("attn_mask", length, source)], [("key_padding_mask", source)], batch)
    if r.chance(40):
        kwargs["need_weights"] = r.chance(50)
    if r.chance(20):
        kwargs["average_attn_weights"] = False
    args = [inputs[0], inputs[1], inputs[1], width, heads, *weights, r.tensor((width, width)), r.tensor((width,))]
    return Call("", args, kwargs)


@case(N + "Transformer.generate_square_subsequent_mask")
def square_mask(r: Draws) -> Call:
    return Call("", [r.randint(0, 9)], {"dtype": dtype_object("float64")} if r.chance(30) else {})
