"""Torch's old constructors, sequences, and what is left of its methods."""

from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Built, Call, Draws, case

T = "torch.Tensor."
RNN = "torch.nn.utils.rnn."


def old_data(r: Draws) -> list[object]:
    if r.chance(60):
        return list(r.shape())
    return [[r.randint(0, 3) for _ in range(r.randint(0, 4))]]


@case("torch.Tensor", "torch.LongTensor", "torch.BoolTensor")
def old_constructors(r: Draws) -> Call:
    return Call("", old_data(r))


@case(T + "new")
def new(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype()), *old_data(r)], kind="method")


@case(T + "__lshift__")
def shift(r: Draws) -> Call:
    x = r.tensor(dtype=r.choice(["int64", "int32", "uint8"]))
    other = r.choice([1, zeros(r, r.fitting(x.shape), r.choice(["int64", "int32"]))])
    return Call("", [x, other], kind="method")


@case(T + "__rmatmul__")
def reversed_product(r: Draws) -> Call:
    inner, lead = r.randint(1, 4), r.shape(high=2)
    left = r.choice([(inner,), (*lead, r.randint(1, 4), inner)])
    right = r.choice([(inner,), (*r.fitting(lead), inner, r.randint(1, 4))])
    return Call("", [r.tensor(right), r.tensor(left)], kind="method")


@case(*(T + name for name in ("normal_", "random_", "bernoulli_", "exponential_", "log_normal_", "cauchy_")))
def filled(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int64"]))], kind="method")


@case(T + "fill_diagonal_")
def fill_diagonal(r: Draws) -> Call:
    shape = r.shape(low=2, high=2) if r.chance(60) else (r.randint(1, 4),) * 3
    return Call("", [r.tensor(shape), 1], kind="method")


@case(T + "resize_as_")
def resize_as(r: Draws) -> Call:
    return Call("", [r.tensor(), r.tensor(dtype=r.any_dtype())], kind="method")


I = "torch.nn.init."


@case(*(I + name for name in ("normal_", "trunc_normal_", "ones_", "zeros_")))
def initialisers(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.choice(["float32", "float64", "int64"]))])


@case(I + "constant_")
def constant(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype()), 1])


@case(*(I + name for name in ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")))
def fans(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(I + "orthogonal_")
def orthogonal(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(I + "eye_")
def eye(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, high=2)])


@case(I + "sparse_")
def sparse(r: Draws) -> Call:
    return Call("", [r.tensor(low=2, high=2), 0.5])


@case(I + "dirac_")
def dirac(r: Draws) -> Call:
    groups = r.randint(1, 2)
    rest = r.shape(low=1, high=3, most=3)
    return Call("", [r.tensor((groups * r.randint(1, 3), r.randint(1, 3), *rest))], {"groups": groups})


@case(T + "chalf")
def chalf(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


@case(T + "requires_grad_")
def requires_grad(r: Draws) -> Call:
    flag = [r.chance(50)] if r.chance(60) else []
    return Call("", [r.tensor(dtype=r.any_dtype()), *flag], kind="method")


@case(T + "share_memory_")
def share_memory(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="method")


@case(T + "set_")
def set_(r: Draws) -> Call:
    return Call("", [r.tensor(), r.tensor()], kind="method")


@case(T + "tolist", mask=True)
def tolist(r: Draws) -> Call:
    return Call("", [r.tensor(high=3, most=3, dtype=r.choice(["float32", "int64", "bool"]))], kind="method")


@case("torch.is_tensor")
def is_tensor(r: Draws) -> Call:
    return Call("", [r.choice([r.tensor(), 1])])


@case("torch.linalg.lstsq", mask=True)
def lstsq(r: Draws) -> Call:
    rows, lead = r.randint(1, 4), r.shape(low=1, high=1) if r.chance(3) else ()
    a = r.tensor((*lead, rows, r.randint(1, rows)))
    return Call("", [a, r.tensor((*lead, rows, r.randint(1, 3)))])


@case("torch.nn.SyncBatchNorm")
def sync_batch_norm(r: Draws) -> Call:
    channels = r.randint(1, 4)
    shape = (r.randint(1, 3), channels, *r.shape(high=3))
    return Call("", [channels], {"affine": False} if r.chance(20) else {}, "layer", [r.tensor(shape)])


@case(RNN + "pad_sequence")
def pad_sequence(r: Draws) -> Call:
    rest = r.shape(high=2)
    parts = [r.tensor((r.randint(1, 4), *rest)) for _ in range(r.randint(1, 3))]
    return Call("", [parts, r.chance(50)])


@case(RNN + "pack_padded_sequence")
def pack_padded_sequence(r: Draws) -> Call:
    length, batch, rest = r.randint(1, 4), r.randint(1, 3), r.shape(high=2)
    lengths = sorted((r.randint(1, length) for _ in range(batch)), reverse=True)
    first = r.chance(50)
    shape = (batch, length, *rest) if first else (length, batch, *rest)
    return Call("", [r.tensor(shape), lengths, first], {"enforce_sorted": False} if r.chance(30) else {})


def packed(r: Draws) -> Built:
    """Sequences that were packed."""
    length, batch, rest = r.randint(1, 4), r.randint(1, 3), r.shape(high=2)
    lengths = tuple(sorted((r.randint(1, length) for _ in range(batch)), reverse=True))
    return Built(RNN + "pack_padded_sequence", (r.tensor((length, batch, *rest)), lengths), {})


@case(RNN + "pad_packed_sequence")
def pad_packed_sequence(r: Draws) -> Call:
    kwargs: dict[str, object] = {"total_length": r.randint(1, 6)} if r.chance(60) else {}
    return Call("", [r.choice([packed(r), packed(r), packed(r), r.tensor()]), r.chance(50)], kwargs)


def regions(r: Draws) -> list[object]:
    x = r.tensor((r.randint(1, 2), r.randint(1, 3), r.randint(2, 5), r.randint(2, 5)))
    rois = zeros(r, (r.randint(1, 4), 5), "float32")
    return [x, rois, 1.0, r.randint(1, 3), r.randint(1, 3)]


@case("torch.ops.torchvision.roi_align", dtypes=False)
def roi_align(r: Draws) -> Call:
    return Call("", [*regions(r), r.choice([-1, 2]), r.chance(50)])


@case("torch.ops.torchvision.roi_pool", dtypes=False)
def roi_pool(r: Draws) -> Call:
    return Call("", regions(r))
