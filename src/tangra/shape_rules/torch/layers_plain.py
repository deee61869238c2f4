"""Activation, dropout, pixel, distance and loss layers of `torch.nn`, each a function with kept options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tangra.shape_rules.axes import size_argument
from tangra.shape_rules.dtypes import discrete
from tangra.shape_rules.failures import ARGUMENT, CALL, DTYPE, RANK, Failure, RuleError
from tangra.shape_rules.registry import Rule, module
from tangra.shape_rules.torch import activations, convolutions, functional, losses
from tangra.shape_rules.torch.elementwise import unary
from tangra.shape_rules.torch.layers import Layer, parameter
from tangra.shape_rules.torch.reductions import softmax
from tangra.shape_rules.values import Tensor, Value, shape_text, words

if TYPE_CHECKING:
    from tangra.shape_rules.context import RuleContext

NO_OPTIONS: dict[str, Value] = {}
INPLACE: dict[str, Value] = {"inplace": False}
ALPHA: dict[str, Value] = {"alpha": 1.0, "inplace": False}
CHANCE: dict[str, Value] = {"p": 0.5, "inplace": False}
NEEDED = object()
"""The default of a parameter that must be given."""

OPTIONS: dict[str, dict[str, Value]] = {
    **dict.fromkeys(words("ReLU ReLU6 SiLU Mish Hardswish Hardsigmoid SELU"), INPLACE),
    **dict.fromkeys(words("ELU CELU"), ALPHA),
    **dict.fromkeys(words("LogSigmoid Softsign Tanhshrink Sigmoid Tanh"), NO_OPTIONS),
    **dict.fromkeys(words("Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout"), CHANCE),
    "Hardshrink": {"lambd": 0.5},
    "Softshrink": {"lambd": 0.5},
    "GELU": {"approximate": "none"},
    "LeakyReLU": {"negative_slope": 0.01, "inplace": False},
    "Softplus": {"beta": 1.0, "threshold": 20.0},
    "Hardtanh": {"min_val": -1.0, "max_val": 1.0, "inplace": False},
    "Threshold": {"threshold": NEEDED, "value": NEEDED, "inplace": False},
    "RReLU": {"lower": 0.125, "upper": 1 / 3, "inplace": False},
}
"""Layers whose result has the input's shape, with their constructors' parameters and defaults."""


def keep_options(
    layer: Any, options: dict[str, Value], args: tuple[Value, ...], kwargs: dict[str, Value], label: str
) -> None:
    """Bind a constructor's arguments and keep them as attributes; fails for a wrong call (TypeError)."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter(name, kind, default=inspect.Parameter.empty if default is NEEDED else default)
        for name, default in options.items()
    ]
    try:
        bound = inspect.Signature(parameters).bind(*args, **kwargs)
    except TypeError as error:
        raise RuleError(Failure(CALL, f"{label}(): {error}", "TypeError")) from None
    bound.apply_defaults()
    for name, value in bound.arguments.items():
        setattr(layer, name, value)


class Elementwise(Layer):
    """What layers that keep the shape share."""

    label = ""

    def __init__(self, ctx: RuleContext, *args: Value, **kwargs: Value) -> None:
        keep_options(self, OPTIONS[self.label], args, kwargs, self.label)
        chance = getattr(self, "p", 0.5)
        if isinstance(chance, int | float) and not 0 <= chance <= 1:
            ctx.fail(Failure(ARGUMENT, f"a dropout probability of {chance}", "ValueError"))

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        name = self.label.lower()
        if name in ("sigmoid", "tanh"):
            return activations.sigmoid(ctx, input)
        if "dropout" in name:
            if discrete(input.dtype) and getattr(self, "training", True) is True:
                ctx.fail(Failure(DTYPE, f"{self.label} in training takes floats, not {input.dtype}", "RuntimeError"))
            if self.label == "Dropout1d" and input.rank not in (None, 2, 3):
                ctx.fail(Failure(RANK, f"Dropout1d of shape {shape_text(input.shape)}", "RuntimeError"))
            if self.label == "FeatureAlphaDropout" and input.rank in (0, 1) and getattr(self, "training", True) is True:
                ctx.fail(Failure(RANK, f"FeatureAlphaDropout of shape {shape_text(input.shape)}", "RuntimeError"))
            return unary(ctx, name, input, None if discrete(input.dtype) else input.dtype)
        known = {"leakyrelu": "leaky_relu"}
        return activations.activated(ctx, known.get(name, name), input)


for _name in OPTIONS:
    module(f"torch.nn.{_name}")(type(_name, (Elementwise,), {"label": _name, "__doc__": Elementwise.__doc__}))


class Softmax(Layer):
    """What softmax layers share."""

    def __init__(self, ctx: RuleContext, dim: Value = None) -> None:
        self.dim = dim

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return softmax(ctx, input, self.dim)


for _name in ("Softmax", "LogSoftmax", "Softmin"):
    module(f"torch.nn.{_name}")(type(_name, (Softmax,), {"__doc__": Softmax.__doc__}))


@module("torch.nn.Softmax2d")
class Softmax2d(Layer):
    """Softmax over the channels of images."""

    def __init__(self, ctx: RuleContext) -> None:
        self.training = True

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        if input.rank not in (None, 3, 4):
            ctx.fail(Failure(RANK, "Softmax2d takes images of 3 or 4 dimensions", "ValueError"))
        return softmax(ctx, input, -3)


@module("torch.nn.PReLU")
class PReLU(Layer):
    """Leaky with trained slopes."""

    def __init__(
        self, ctx: RuleContext, num_parameters: Value = 1, init: Value = 0.25, device: Value = None,
        dtype: Value = None,
    ) -> None:  # fmt: skip
        self.num_parameters = num_parameters
        self.weight = parameter(ctx, (size_argument(ctx, num_parameters, "num_parameters"),), dtype)

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return activations.prelu(ctx, input, self.weight)


@module("torch.nn.GLU")
class GLU(Layer):
    """One half times the sigmoid of the other."""

    def __init__(self, ctx: RuleContext, dim: Value = -1) -> None:
        self.dim = dim

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return activations.glu(ctx, input, self.dim)


@module("torch.nn.PixelShuffle")
class PixelShuffle(Layer):
    """Channels to pixels."""

    def __init__(self, ctx: RuleContext, upscale_factor: Value) -> None:
        self.upscale_factor = upscale_factor

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.pixel_shuffle(ctx, input, self.upscale_factor)


@module("torch.nn.PixelUnshuffle")
class PixelUnshuffle(Layer):
    """Pixels to channels."""

    def __init__(self, ctx: RuleContext, downscale_factor: Value) -> None:
        self.downscale_factor = downscale_factor

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.pixel_unshuffle(ctx, input, self.downscale_factor)


@module("torch.nn.ChannelShuffle")
class ChannelShuffle(Layer):
    """Channels of groups interleaved."""

    def __init__(self, ctx: RuleContext, groups: Value) -> None:
        self.groups = groups

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return functional.channel_shuffle(ctx, input, self.groups)


@module("torch.nn.Unfold")
class Unfold(Layer):
    """Windows of images as columns."""

    def __init__(
        self, ctx: RuleContext, kernel_size: Value, dilation: Value = 1, padding: Value = 0, stride: Value = 1
    ) -> None:
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return convolutions.unfold(ctx, input, self.kernel_size, self.dilation, self.padding, self.stride)


@module("torch.nn.Fold")
class Fold(Layer):
    """Columns of windows added up to images."""

    def __init__(
        self, ctx: RuleContext, output_size: Value, kernel_size: Value, dilation: Value = 1, padding: Value = 0,
        stride: Value = 1,
    ) -> None:  # fmt: skip
        self.output_size, self.kernel_size, self.dilation = output_size, kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, ctx: RuleContext, input: Tensor) -> Tensor:
        return convolutions.fold(
            ctx, input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )


@module("torch.nn.CosineSimilarity")
class CosineSimilarity(Layer):
    """Cosines along a dimension."""

    def __init__(self, ctx: RuleContext, dim: Value = 1, eps: Value = 1e-8) -> None:
        self.dim = dim

    def forward(self, ctx: RuleContext, x1: Tensor, x2: Tensor) -> Tensor:
        return functional.cosine_similarity(ctx, x1, x2, self.dim)


@module("torch.nn.PairwiseDistance")
class PairwiseDistance(Layer):
    """Norms of differences along the last axis."""

    def __init__(self, ctx: RuleContext, p: Value = 2.0, eps: Value = 1e-6, keepdim: Value = False) -> None:
        self.p, self.keepdim = p, keepdim

    def forward(self, ctx: RuleContext, x1: Tensor, x2: Tensor) -> Tensor:
        return functional.pairwise_distance(ctx, x1, x2, self.p, 1e-6, self.keepdim)


# -------------------------------------------------------------------------------------------------------------- losses

_OLD: dict[str, Value] = {"size_average": None, "reduce": None, "reduction": "mean"}
LOSSES: dict[str, tuple[Callable[..., Tensor], dict[str, Value]]] = {
    "MSELoss": (losses.mse_loss, _OLD),
    "L1Loss": (losses.l1_loss, _OLD),
    "SmoothL1Loss": (losses.smooth_l1_loss, {**_OLD, "beta": 1.0}),
    "HuberLoss": (losses.huber_loss, {"reduction": "mean", "delta": 1.0}),
    "BCELoss": (losses.binary_cross_entropy, {"weight": None, **_OLD}),
    "BCEWithLogitsLoss": (losses.bce_with_logits, {"weight": None, **_OLD, "pos_weight": None}),
    "NLLLoss": (losses.nll_loss, {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None,
                                  "reduction": "mean"}),
    "CrossEntropyLoss": (losses.cross_entropy, {"weight": None, "size_average": None, "ignore_index": -100,
                                                "reduce": None, "reduction": "mean", "label_smoothing": 0.0}),
    "KLDivLoss": (losses.kl_div, {**_OLD, "log_target": False}),
    "PoissonNLLLoss": (losses.poisson_nll_loss, {"log_input": True, "full": False, "size_average": None,
                                                 "eps": 1e-8, "reduce": None, "reduction": "mean"}),
    "SoftMarginLoss": (losses.soft_margin_loss, _OLD),
    "HingeEmbeddingLoss": (losses.hinge_embedding_loss, {"margin": 1.0, **_OLD}),
    "MarginRankingLoss": (losses.margin_ranking_loss, {"margin": 0.0, **_OLD}),
    "TripletMarginLoss": (losses.triplet_margin_loss, {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, **_OLD}),
    "CosineEmbeddingLoss": (losses.cosine_embedding_loss, {"margin": 0.0, **_OLD}),
    "GaussianNLLLoss": (losses.gaussian_nll_loss, {"full": False, "eps": 1e-6, "reduction": "mean"}),
    "CTCLoss": (losses.ctc_loss, {"blank": 0, "reduction": "mean", "zero_infinity": False}),
}  # fmt: skip
"""The function of each loss layer, and its constructor's parameters, which the function takes by the same names."""


class Loss(Layer):
    """What loss layers share: the constructor keeps the function's options."""

    rule_names = ("torch.nn.modules.loss._Loss",)
    label = ""

    def __init__(self, ctx: RuleContext, *args: Value, **kwargs: Value) -> None:
        keep_options(self, LOSSES[self.label][1], args, kwargs, self.label)

    def forward(self, ctx: RuleContext, *args: Value, **kwargs: Value) -> Tensor:
        function, options = LOSSES[self.label]
        kept = {name: getattr(self, name) for name in options}
        called = Rule(f"torch.nn.functional.{self.label}", function)
        return called(ctx, *args, **{**kept, **kwargs})  # type: ignore[no-any-return]


for _name in LOSSES:
    module(f"torch.nn.{_name}")(type(_name, (Loss,), {"label": _name, "__doc__": Loss.__doc__}))
