"""Symbolic results, unknowns, warnings and messages of the rules, and rules that users write."""

import subprocess
import sys

import numpy as np
import pytest

from tangra.shape_rules import (
    BaseContext,
    Failure,
    RuleContext,
    RuleError,
    Tensor,
    Unknown,
    Variadic,
    find,
    operators,
    rule,
    shape_text,
)
from tangra.shape_rules.failures import WIDTH
from tangra.shape_rules.registry import entries, methods
from tangra.shape_rules.testing import apply, apply_in, call_method, read_attribute, tensor
from tangra.shapes import Facts, Size, symbol

B, C, H, N, T = (symbol(name) for name in "BCHNT")


def t(*shape: Size, dtype: str = "float32") -> Tensor:
    return Tensor("torch", shape, dtype, "contiguous")


def dims(*names: Size, lo: int = 1) -> BaseContext:
    facts = Facts()
    for name in names:
        facts = facts.with_bounds(name, lo=lo)
    return BaseContext(facts)


class Noting(BaseContext):
    """A context that keeps warnings and what it can't decide."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[Failure] = []
        self.open: list[tuple[object, Failure]] = []

    def warn(self, failure: Failure) -> None:
        self.warnings.append(failure)

    def undecided(self, condition: object, failure: Failure) -> None:
        self.open.append((condition, failure))


def test_a_convolution_of_symbols() -> None:
    layer = apply("torch.nn.Conv2d", 3, 64, 7, stride=2, padding=3)
    made = call_method(layer, "forward", t(B, 3, H, H), ctx=dims(B, H, lo=8))
    assert shape_text(made.shape) == "(B, 64, (H + 1)//2, (H + 1)//2)"


def test_heads_of_attention_come_back_together() -> None:
    ctx = BaseContext(Facts.dims(B, T, C).with_divisible(C, 8))
    split = call_method(t(B, T, C), "view", B, T, 8, C // 8, ctx=ctx)
    swapped = call_method(split, "transpose", 1, 2, ctx=ctx)
    back = call_method(call_method(swapped, "transpose", 1, 2, ctx=ctx), "reshape", B, T, -1, ctx=ctx)
    assert shape_text(swapped.shape) == "(B, 8, T, C//8)"
    assert ctx.facts.normal(back.shape[2] - C) == 0


def test_a_flexible_size_is_left_to_the_context() -> None:
    ctx = Noting()
    made = apply_in(ctx, "torch.add", t(N, 4), t(5, 4))
    assert shape_text(made.shape) == "(5, 4)"
    assert len(ctx.open) == 1


def test_a_view_after_a_transpose_says_what_to_do() -> None:
    swapped = call_method(tensor((2, 3, 4)), "transpose", 1, 2)
    with pytest.raises(RuleError) as caught:
        call_method(swapped, "view", 2, 12)
    assert caught.value.code == "TG523"
    assert caught.value.failure.fix == "use reshape(), or contiguous() before view()"
    assert call_method(swapped, "reshape", 2, 12).shape == (2, 12)
    assert call_method(swapped, "view", 2, 4, 3, 1).shape == (2, 4, 3, 1)
    assert call_method(call_method(swapped, "contiguous"), "view", 2, 12).shape == (2, 12)


def test_both_sides_growing_into_a_loss_is_a_warning() -> None:
    ctx = Noting()
    apply_in(ctx, "torch.nn.functional.mse_loss", t(8, 1), t(8))
    assert [failure.code for failure in ctx.warnings] == ["TG530"]
    difference = operators.binary(ctx, "-", t(8, 1), t(8))
    apply_in(ctx, "torch.mean", difference)
    assert [failure.code for failure in ctx.warnings] == ["TG530", "TG530"]


def test_growing_on_purpose_is_silent() -> None:
    ctx = Noting()
    column = operators.getitem(ctx, t(8), (slice(None), None))
    apply_in(ctx, "torch.mean", operators.binary(ctx, "-", column, t(8)))
    kept = apply_in(ctx, "torch.sum", t(8, 5), dim=1, keepdim=True)
    apply_in(ctx, "torch.mean", operators.binary(ctx, "-", kept, t(5)))
    assert not ctx.warnings


def test_leading_dims_of_unknown_number() -> None:
    x = Tensor("torch", (Variadic("*batch"), 16), "float32")
    layer = apply("torch.nn.Linear", 16, 4)
    assert shape_text(call_method(layer, "forward", x).shape) == "(*batch, 4)"
    assert shape_text(apply("torch.sum", x, dim=-1).shape) == "(*batch,)"
    assert shape_text(apply("torch.unsqueeze", x, -1).shape) == "(*batch, 16, 1)"
    assert shape_text(apply("einops.rearrange", x, "... (h d) -> ... h d", h=4).shape) == "(*batch, 4, 4)"
    with pytest.raises(RuleError, match="16 features, the layer takes 8"):
        call_method(apply("torch.nn.Linear", 8, 4), "forward", x)


def test_messages_name_both_shapes_and_the_error() -> None:
    with pytest.raises(RuleError) as caught:
        apply("torch.cat", [tensor((2, 3)), tensor((2, 4))], 0)
    assert caught.value.failure.error == "RuntimeError"
    assert caught.value.failure.text == (
        "cat() of shapes (2, 3) and (2, 4): axis 1 is 3 in the first and 4 in number 2"
    )
    lstm = apply("torch.nn.LSTM", 4, 8, 1, batch_first=True)
    with pytest.raises(RuleError, match=r"h_0 has shape \(3, 1, 8\); for this input it is \(1, 3, 8\)") as state:
        call_method(lstm, "forward", tensor((3, 5, 4)), (tensor((3, 1, 8)), tensor((3, 1, 8))))
    assert state.value.code == "TG525"


def test_small_constant_arrays_are_followed() -> None:
    made = apply("torch.linspace", 0, 1.0, 5)
    assert call_method(made, "tolist") == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert operators.getitem(BaseContext(), apply("torch.arange", 3, 9, 2), 1).elements == (5,)


def test_attributes() -> None:
    assert read_attribute(t(B, 3), "shape") == (B, 3)
    assert read_attribute(t(B, 3), "T").shape == (3, B)
    assert read_attribute(Tensor("numpy", (2, 3), "float64"), "size") == 6


@rule("mylib.pair_features")
def pair_features(ctx: RuleContext, left: Tensor, right: Tensor) -> Tensor:
    """Rows of both, side by side."""
    left_size, right_size = left.size(-1), right.size(-1)
    if left_size is None or right_size is None or left.shape is None:
        return left.like(None)
    ctx.require_equal(left_size, right_size, Failure(WIDTH, f"widths {left_size} and {right_size}", "ValueError"))
    return left.like((*left.shape[:-1], left_size + right_size))


def test_a_rule_of_the_user() -> None:
    assert find("mylib.pair_features") is not None
    left = Tensor("mylib", (B, C), "float32")
    assert apply("mylib.pair_features", left, left).shape == (B, 2 * C)


def test_names_are_found_where_libraries_keep_them() -> None:
    assert find("torch.nn.modules.conv.Conv2d") is find("torch.nn.Conv2d")
    assert find("torch.no_such_function") is None
    assert len(entries("torch")) > 600
    assert len(methods("torch.Tensor")) > 400


def test_a_wrong_call_is_refused_as_python_does() -> None:
    with pytest.raises(RuleError, match="unexpected keyword argument 'axes'"):
        apply("torch.sum", tensor((2,)), axes=0)
    with pytest.raises(RuleError, match="tensor, not a NumPy array"):
        apply("torch.sum", Tensor("numpy", (2,), "float64"))


def test_unknown_values_have_no_truth() -> None:
    with pytest.raises(TypeError):
        bool(Unknown("bool"))


def test_no_rule_loads_a_library() -> None:
    code = (
        "import sys; from tangra.shape_rules.registry import entries\n"
        "[entries(name) for name in ('torch', 'numpy', 'jax', 'einops', 'flax')]\n"
        "print([name for name in ('numpy', 'torch', 'jax', 'einops', 'flax', 'llvmlite') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("padding", "stride", "size"), [("VALID", 1, 6), ("VALID", 2, 9), ("VALID", 4, 16), ("SAME", 2, 8)]
)
def test_windows_of_a_transposed_convolution_of_flax_overlap(padding: str, stride: int, size: int) -> None:
    layer = apply("flax.linen.ConvTranspose", 5, (3,), strides=(stride,), padding=padding)
    assert call_method(layer, "forward", Tensor("jax", (2, 4, 3), "float32")).shape == (2, size, 5)


NAN_SKIPPING = ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")


@pytest.mark.parametrize("name", NAN_SKIPPING)
@pytest.mark.parametrize("dtype", ["float64", "int64"])
@pytest.mark.parametrize("axis", [None, 0, -1, 1, -2, (), (0,)])
def test_the_axes_of_a_0d_array_are_those_that_numpy_takes(
    name: str, dtype: str, axis: int | tuple[int, ...] | None
) -> None:
    try:
        expected = np.shape(getattr(np, name)(np.ones((), dtype), axis=axis))
    except np.exceptions.AxisError:
        expected = None
    try:
        made = apply(f"numpy.{name}", tensor((), dtype, "numpy"), axis=axis).shape
    except RuleError:
        made = None
    assert made == expected


def test_packed_sequences_keep_their_number_through_a_recurrent_layer() -> None:
    packed = apply("torch.nn.utils.rnn.pack_padded_sequence", tensor((5, 3, 4)), [5, 2, 1])
    out, (hidden, _) = call_method(apply("torch.nn.LSTM", 4, 8, bidirectional=True), "forward", packed)
    assert out[0].shape == (8, 16)
    assert hidden.shape == (2, 3, 8)
    padded, lengths = apply("torch.nn.utils.rnn.pad_packed_sequence", out, batch_first=True)
    assert (padded.shape, lengths.shape) == ((3, 5, 16), (3,))
    with pytest.raises(RuleError, match="4 features, the layer takes 5"):
        call_method(apply("torch.nn.GRU", 5, 8), "forward", packed)


def test_a_vector_has_no_inputs_and_outputs_to_draw_weights_for() -> None:
    with pytest.raises(RuleError, match="at least 2"):
        apply("torch.nn.init.xavier_uniform_", tensor((4,)))


def test_a_number_written_to_a_part_asks_for_no_sizes():
    x = t(N, C)
    call_method(x, "__setitem__", (slice(symbol("a"), symbol("b")), 0), 1.0)
    with pytest.raises(RuleError):
        call_method(t(3, 4), "__setitem__", (slice(0, 2), 7), 1.0)
    with pytest.raises(RuleError):
        call_method(t(3, 4), "__setitem__", (slice(0, 2), slice(None)), t(3, 4))


def test_operands_of_which_only_the_type_is_known():
    assert isinstance(apply("torch.where", Unknown("bool")), Unknown)
    found = apply("torch.nn.functional.conv2d", t(2, 3, 8, 8), Unknown(), None)
    assert isinstance(found, Tensor)
    assert found.rank == 4


def test_vectors_beside_a_tensor_of_unknown_rank_are_joined_end_to_end() -> None:
    """`torch.hstack` joins along the first axis if any of its tensors is known to be a vector."""
    assert apply("torch.hstack", [Tensor("torch"), tensor((3,))]).rank == 1
    assert apply("torch.hstack", [Tensor("torch"), tensor((2, 3))]).dims[0] == 2
