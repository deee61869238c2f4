"""Families of torch whose members take the same arguments: in-place methods, activations, dropouts, conversions, pads,
losses as layers, and synonyms of what other files draw."""

from tangra.shape_rules import find_method
from tangra.shape_rules.torch.elementwise import TO_FLOAT
from tests.shape_rules.cases.torch_elementwise import operands
from tests.shape_rules.cases.torch_functional import image
from tests.shape_rules.draws import CASES, Call, Draws, case

N = "torch.nn."
F = "torch.nn.functional."

UNARY = [*TO_FLOAT, *"floor ceil trunc fix negative sign frac square bitwise_not nan_to_num round sgn".split()]
BINARY = (
    "multiply remainder fmod eq ne lt le gt ge less less_equal greater greater_equal not_equal logical_and logical_or "
    "logical_xor atan2 arctan2 copysign xlogy bitwise_and bitwise_or bitwise_xor true_divide floor_divide pow"
).split()


def has(name: str) -> bool:
    """Whether there is a rule for the method, and no draws yet."""
    return find_method("torch.Tensor", name) is not None and f"torch.Tensor.{name}" not in CASES


@case(*(f"torch.Tensor.{name}_" for name in UNARY if has(f"{name}_")))
def unary_inplace(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


@case(*(f"torch.Tensor.{name}_" for name in BINARY))
def binary_inplace(r: Draws) -> Call:
    return Call("", operands(r), kind="method")


@case(
    "torch.fix", "torch.negative", "torch.conj_physical", "torch.resolve_conj", "torch.resolve_neg", "torch.conj",
    *(f"torch.special.{name}" for name in "expit erf erfc erfinv expm1 exp2 log1p digamma i0 sinc gammaln psi".split()),
)  # fmt: skip
def synonyms(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


COMPARISONS = "multiply less less_equal greater greater_equal not_equal arctan2 logaddexp2".split()


@case(*(f"torch.{name}" for name in COMPARISONS))
def binary_synonyms(r: Draws) -> Call:
    return Call("", operands(r))


ACTIVATIONS = (
    "relu relu6 elu selu celu gelu silu mish hardswish hardsigmoid logsigmoid softsign tanhshrink leaky_relu hardtanh "
    "softplus hardshrink sigmoid rrelu"
).split()


@case(*(F + name for name in ACTIVATIONS))
def activation(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float32", "float64", "int64", "bool"]))])


LAYERS = "ReLU6 SELU CELU Hardswish Hardsigmoid Softsign Tanhshrink Hardshrink Softshrink RReLU".split()


@case(*(N + name for name in LAYERS))
def activation_layer(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor(dtype=r.choice(["float32", "float32", "float64", "int64", "bool"]))])


@case(N + "Softmax", N + "LogSoftmax", N + "Softmin")
def softmax_layer(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [r.axis(len(x.shape))], {}, "layer", [x])


@case(N + "Softmax2d")
def softmax_image(r: Draws) -> Call:
    return Call("", [], {}, "layer", [r.tensor(low=3, high=4)])


@case(F + "glu")
def glu(r: Draws) -> Call:
    x = r.tensor(low=1, most=4)
    return Call("", [x, r.axis(len(x.shape))])


@case(F + "threshold")
def threshold(r: Draws) -> Call:
    return Call("", [r.tensor(), 0.5, 2])


@case(F + "pairwise_distance")
def pairwise(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(r.fitting(x.shape))], {"keepdim": r.chance(40)})


@case(F + "pdist")
def pdist(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, high=2)])


@case(F + "pixel_shuffle")
def pixel_shuffle(r: Draws) -> Call:
    factor = r.randint(1, 3)
    shape = (*r.shape(high=1), factor**2 * r.randint(1, 3), r.randint(1, 4), r.randint(1, 4))
    return Call("", [r.tensor(shape), factor])


@case(F + "pixel_unshuffle")
def pixel_unshuffle(r: Draws) -> Call:
    factor = r.randint(1, 3)
    return Call("", [r.tensor((*r.shape(high=1), 2, factor * r.randint(1, 3), factor * r.randint(1, 3))), factor])


@case(F + "bilinear")
def bilinear(r: Draws) -> Call:
    a, b, lead, outputs = r.randint(1, 4), r.randint(1, 4), r.shape(high=2), r.randint(1, 4)
    bias = [r.tensor((outputs,))] if r.chance(40) else []
    return Call("", [r.tensor((*lead, a)), r.tensor((*lead, b)), r.tensor((outputs, a, b)), *bias])


def padded(rank: int) -> None:
    @case(f"{N}ZeroPad{rank}d", f"{N}CircularPad{rank}d")
    def pad(r: Draws) -> Call:
        around = r.randint(0, 3) if r.chance(60) else tuple(r.randint(0, 3) for _ in range(2 * rank))
        return Call("", [around], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"{N}AdaptiveMaxPool{rank}d")
    def adaptive(r: Draws) -> Call:
        return Call("", [r.choice([1, 2, 5])], {}, "layer", [r.tensor(image(r, rank))])

    @case(f"{F}max_pool{rank}d_with_indices")
    def pool(r: Draws) -> Call:
        kwargs = {"stride": r.choice([None, 1, 2]), "padding": r.choice([0, 0, 1]), "ceil_mode": r.chance(30)}
        return Call("", [r.tensor(image(r, rank)), r.randint(2, 3)], kwargs)


for _rank in (1, 2, 3):
    padded(_rank)

CONVERSIONS = "half float double short int long bool bfloat16 byte char cfloat cdouble contiguous".split()


@case(*(f"torch.Tensor.{name}" for name in (*CONVERSIONS, "zero_", "dim", "numel", "cpu", "is_floating_point")))
def conversions(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


@case("torch.ravel", "torch.detach", "torch.clone", "torch.atleast_1d")
def copies(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())])


@case("torch.fliplr", "torch.adjoint")
def flipped(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case("torch.flipud")
def flipud(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case("torch.msort")
def msort(r: Draws) -> Call:
    return Call("", [r.tensor()])


@case("torch.Tensor.tril_", "torch.Tensor.triu_")
def triangles(r: Draws) -> Call:
    return Call("", [r.tensor(low=2), r.randint(-2, 2)], kind="method")


@case("torch.Tensor.cumsum_", "torch.Tensor.cumprod_")
def running(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))], kind="method")


@case("torch.Tensor.view_as", "torch.Tensor.type_as")
def like(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.tensor(tuple(r.sample(x.shape, len(x.shape))))], kind="method")


@case("torch.Tensor.expand_as")
def expand_as(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [r.tensor(tuple(1 if r.chance(40) else size for size in x.shape)), x], kind="method")


@case("torch.det", "torch.logdet", "torch.matrix_exp", "torch.linalg.cholesky")
def square(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity")])


@case("torch.fft.fftn", "torch.fft.ifftn", "torch.fft.rfftn")
def fftn(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)])


@case("torch.addmv")
def addmv(r: Draws) -> Call:
    rows, columns = r.randint(1, 4), r.randint(1, 4)
    return Call("", [r.tensor((rows,)), r.tensor((rows, columns)), r.tensor((columns,))])


@case(*(N + name for name in ("SmoothL1Loss", "HuberLoss", "SoftMarginLoss", "HingeEmbeddingLoss")), dtypes=False)
def losses(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [], {"reduction": r.choice(["mean", "none"])}, "layer", [x, r.tensor(x.shape)])


@case(N + "PairwiseDistance")
def pairwise_layer(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [], {"keepdim": r.chance(40)}, "layer", [x, r.tensor(r.fitting(x.shape))])


@case(N + "Identity", total=True)
def identity(r: Draws) -> Call:
    return Call("", [r.randint(1, 3)], {}, "layer", [r.tensor(dtype=r.any_dtype())])


@case("torch.ops.torchvision.nms", mask=True)
def nms(r: Draws) -> Call:
    count = r.randint(1, 5)
    return Call("", [r.tensor((count, 4)), r.tensor((count,)), 0.5])


@case(*(f"torch.nn.modules.utils.{name}" for name in ("_single", "_pair", "_triple", "_quadruple")))
def repeated(r: Draws) -> Call:
    return Call("", [r.choice([r.randint(1, 4), (2, 3), (1, 2, 3)])])


@case(F + "ctc_loss")
def ctc_loss(r: Draws) -> Call:
    batch, steps, classes, longest = r.randint(1, 3), r.randint(4, 6), r.randint(2, 4), r.randint(1, 3)
    lengths = [r.randint(1, longest) for _ in range(batch)]
    targets = r.tensor((batch, longest) if r.chance(60) else (sum(lengths),), "int64")
    inputs: list[object] = [[steps] * batch, lengths]
    if r.chance(50):
        inputs = [r.tensor((batch,), "int64").with_(elements=tuple(each)) for each in ([steps] * batch, lengths)]
    return Call("", [r.tensor((steps, batch, classes)), targets, *inputs], {"reduction": r.choice(["mean", "none"])})
