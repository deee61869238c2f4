"""Calls of `torch.linalg`, `torch.fft`, attention, embeddings, padding, and tensor attributes and conversions."""

from tests.shape_rules.cases.torch_functional import zeros
from tests.shape_rules.draws import Call, Draws, case, dtype_object

L = "torch.linalg."
F = "torch.nn.functional."


@case(*(L + name for name in ("inv", "det", "eigh", "eigvalsh", "slogdet", "matrix_exp")))
def square(r: Draws) -> Call:
    size = r.randint(1, 4)
    return Call("", [r.tensor((*r.shape(high=2), size, size)).with_(layout="identity")])


@case(*(L + name for name in ("svdvals", "qr", "pinv", "matrix_rank", "matrix_norm")))
def rectangular(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(L + "svd")
def svd(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)], {"full_matrices": r.chance(50)})


@case(L + "solve")
def solve(r: Draws) -> Call:
    size, lead = r.randint(1, 4), r.shape(high=1)
    right = (*lead, size, r.randint(1, 3)) if r.chance(60) else (size,)
    return Call("", [r.tensor((*lead, size, size)).with_(layout="identity"), r.tensor(right)])


@case(L + "vector_norm")
def vector_norm(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x], {"dim": r.axis(len(x.shape)), "keepdim": r.chance(50)})


@case(*(f"torch.fft.{name}" for name in ("fft", "ifft", "rfft", "irfft")))
def fft(r: Draws) -> Call:
    x = r.tensor(low=1, least=2)
    return Call("", [x], {"dim": r.axis(len(x.shape)), **({"n": r.randint(1, 6)} if r.chance(40) else {})})


@case(*(f"torch.fft.{name}" for name in ("fft2", "ifft2", "rfft2")))
def fft2(r: Draws) -> Call:
    return Call("", [r.tensor(low=2)])


@case(F + "linear")
def linear(r: Draws) -> Call:
    width, outputs = r.randint(1, 5), r.randint(1, 5)
    bias = [r.tensor((outputs,))] if r.chance(50) else []
    return Call("", [r.tensor((*r.shape(high=3), width)), r.tensor((outputs, width)), *bias])


@case(F + "embedding")
def embedding(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(high=3)), r.tensor(low=2, high=2)])


@case(F + "one_hot")
def one_hot(r: Draws) -> Call:
    return Call("", [zeros(r, r.shape(high=3)), r.randint(1, 5)])


@case(F + "scaled_dot_product_attention")
def attention(r: Draws) -> Call:
    lead = r.shape(low=1, high=2)
    length, source, width = (r.randint(1, 4) for _ in range(3))
    kwargs = {"attn_mask": r.tensor((length, source))} if r.chance(40) else {"is_causal": r.chance(30)}
    shapes = (*lead, length, width), (*lead, source, width), (*lead, source, r.randint(1, 4))
    return Call("", [r.tensor(shape) for shape in shapes], kwargs)


@case(F + "cosine_similarity")
def cosine(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.tensor(r.fitting(x.shape))], {"dim": r.axis(len(x.shape))})


@case(F + "pad")
def pad(r: Draws) -> Call:
    x = r.tensor(low=1, most=6)
    if r.chance(30):
        rank = r.randint(1, 3)
        x = r.tensor((2, 2, *(r.randint(2, 6) for _ in range(rank))))
        return Call(
            "",
            [x, [r.randint(0, 3) for _ in range(2 * rank)]],
            {"mode": r.choice(["reflect", "replicate", "circular"])},
        )
    return Call("", [x, [r.randint(-1, 3) for _ in range(2 * r.randint(1, len(x.shape)))]])


@case(F + "interpolate")
def interpolate(r: Draws) -> Call:
    x = r.tensor((2, 2, *(r.randint(2, 6) for _ in range(r.randint(1, 3)))))
    return Call("", [x], {"scale_factor": r.choice([2, 0.5, 1.5])} if r.chance(60) else {"size": r.randint(1, 9)})


@case(F + "grid_sample")
def grid_sample(r: Draws) -> Call:
    batch = r.randint(1, 3)
    x = r.tensor((batch, r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)))
    return Call("", [x, r.tensor((batch, r.randint(1, 4), r.randint(1, 4), 2))], {"align_corners": False})


@case("torch.Tensor.T", "torch.Tensor.shape", "torch.Tensor.ndim", "torch.Tensor.dtype", total=True)
def attributes(r: Draws) -> Call:
    return Call("", [r.tensor(dtype=r.any_dtype())], kind="attribute")


@case("torch.Tensor.size")
def size(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))] if r.chance(70) else [x], kind="method")


@case("torch.Tensor.to", "torch.Tensor.type")
def to(r: Draws) -> Call:
    return Call(
        "", [r.tensor(dtype=r.any_dtype()), dtype_object(r.choice(["float32", "int64", "bool"]))], kind="method"
    )


@case("torch.Tensor.item", mask=True)
def item(r: Draws) -> Call:
    return Call("", [r.tensor(most=2, dtype=r.any_dtype())], kind="method")
