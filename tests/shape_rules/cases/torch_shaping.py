"""Calls of torch's views, rearrangements, joins and splits."""

from math import prod

from tests.shape_rules.draws import Call, Draws, case


def factored(r: Draws, total: int) -> list[int]:
    sizes: list[int] = []
    while total > 1 and len(sizes) < 4 and r.chance(70):
        size = r.choice([d for d in range(1, total + 1) if total % d == 0])
        sizes.append(size)
        total //= size
    return [*sizes, total]


def goal(r: Draws, shape: tuple[int, ...]) -> list[int]:
    sizes = factored(r, prod(shape))
    if r.chance(40):
        sizes[r.randrange(len(sizes))] = -1
    return sizes


@case("torch.reshape")
def reshape(r: Draws) -> Call:
    x = r.tensor(dtype=r.any_dtype())
    return Call("", [x, tuple(goal(r, x.shape))])


@case("torch.Tensor.reshape", "torch.Tensor.view")
def view(r: Draws) -> Call:
    x = r.tensor(dtype=r.any_dtype())
    sizes = goal(r, x.shape)
    return Call("", [x, tuple(sizes)] if r.chance(50) else [x, *sizes], kind="method")


@case("torch.flatten")
def flatten(r: Draws) -> Call:
    x = r.tensor()
    rank = len(x.shape)
    axes = sorted(r.randrange(rank) for _ in range(2)) if rank else [0, -1]
    return Call("", [x, *axes[: r.randint(0, 2)]])


@case("torch.unflatten")
def unflatten(r: Draws) -> Call:
    x = r.tensor(low=1, most=12)
    axis = r.axis(len(x.shape))
    sizes = factored(r, x.shape[axis])
    if r.chance(40):
        sizes[r.randrange(len(sizes))] = -1
    return Call("", [x, axis, tuple(sizes)])


@case("torch.squeeze")
def squeeze(r: Draws) -> Call:
    x = r.tensor(most=2)
    return Call("", [x, *([r.axis(len(x.shape))] if r.chance(70) else [])])


@case("torch.unsqueeze")
def unsqueeze(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.axis(len(x.shape) + 1)])


@case("torch.permute")
def permute(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, tuple(r.sample(range(len(x.shape)), len(x.shape)))])


@case("torch.Tensor.permute")
def permute_method(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, *r.sample(range(len(x.shape)), len(x.shape))], kind="method")


@case("torch.transpose", "torch.swapaxes")
def transpose(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, r.axis(len(x.shape)), r.axis(len(x.shape))])


@case("torch.t")
def t(r: Draws) -> Call:
    return Call("", [r.tensor(high=3)])


@case("torch.movedim")
def movedim(r: Draws) -> Call:
    x = r.tensor(low=1)
    rank = len(x.shape)
    count = r.randint(1, rank)
    if r.chance(50):
        return Call("", [x, r.axis(rank), r.axis(rank)])
    return Call("", [x, tuple(r.sample(range(rank), count)), tuple(r.sample(range(rank), count))])


@case("torch.Tensor.expand")
def expand(r: Draws) -> Call:
    x = r.tensor(most=2)
    sizes = [r.choice([-1, size]) if size > 1 else r.choice([-1, 1, 4]) for size in x.shape]
    return Call("", [x, *r.shape(low=0 if sizes else 1, high=1), *sizes], kind="method")


@case("torch.broadcast_to")
def broadcast_to(r: Draws) -> Call:
    x = r.tensor(most=2)
    sizes = [size if size > 1 else r.choice([1, 4]) for size in x.shape]
    return Call("", [x, (*r.shape(high=1), *sizes)])


@case("torch.broadcast_tensors")
def broadcast_tensors(r: Draws) -> Call:
    x = r.tensor()
    return Call("", [x, *(r.tensor(r.fitting(x.shape)) for _ in range(r.randint(1, 2)))])


@case("torch.Tensor.repeat")
def repeat(r: Draws) -> Call:
    x = r.tensor(high=3, most=3)
    return Call(
        "", [x, *(r.randint(0, 3) for _ in range(len(x.shape) + r.randint(0 if x.shape else 1, 1)))], kind="method"
    )


@case("torch.tile")
def tile(r: Draws) -> Call:
    return Call("", [r.tensor(high=3, most=3), tuple(r.randint(0, 3) for _ in range(r.randint(0, 4)))])


@case("torch.repeat_interleave")
def repeat_interleave(r: Draws) -> Call:
    x = r.tensor(most=3)
    return Call("", [x, r.randint(0, 3)], {"dim": r.axis(len(x.shape))} if r.chance(70) else {})


@case("torch.flip")
def flip(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, tuple(r.sample(range(len(x.shape)), r.randint(1, len(x.shape))))])


@case("torch.roll")
def roll(r: Draws) -> Call:
    x = r.tensor(low=1)
    if r.chance(30):
        return Call("", [x, r.randint(-3, 3)])
    count = r.randint(1, 2)
    return Call(
        "", [x, tuple(r.randint(-3, 3) for _ in range(count)), tuple(r.axis(len(x.shape)) for _ in range(count))]
    )


@case("torch.tril", "torch.triu")
def tril(r: Draws) -> Call:
    return Call("", [r.tensor(low=1)], {"diagonal": r.randint(-2, 2)} if r.chance(50) else {})


@case("torch.diag", "torch.diagflat")
def diag(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=2)], {"diagonal": r.randint(-2, 2)} if r.chance(0) else {})


@case("torch.diagonal")
def diagonal(r: Draws) -> Call:
    x = r.tensor(low=2)
    first, second = r.sample(range(len(x.shape)), 2)
    return Call("", [x, r.randint(-3, 3), first, second])


@case("torch.diag_embed")
def diag_embed(r: Draws) -> Call:
    x = r.tensor(low=1, high=3)
    first, second = r.sample(range(len(x.shape) + 1), 2)
    return Call("", [x, r.randint(-3, 3), *([first, second] if r.chance(60) else [])])


@case("torch.Tensor.unfold")
def unfold(r: Draws) -> Call:
    x = r.tensor(high=3, most=7)
    axis = r.axis(len(x.shape))
    return Call("", [x, axis, r.randint(1, x.shape[axis] if x.shape else 1), r.randint(1, 3)], kind="method")


def joinable(r: Draws, axis: int | None, shape: tuple[int, ...]) -> list[object]:
    dtypes = ["float32"] * 4 + ["float64", "int64"]
    found = []
    for _ in range(r.randint(1, 3)):
        sizes = list(shape)
        if axis is not None:
            sizes[axis] = r.randint(1, 5)
        found.append(r.tensor(tuple(sizes), r.choice(dtypes)))
    return found


@case("torch.cat")
def cat(r: Draws) -> Call:
    shape = r.shape(low=1)
    axis = r.axis(len(shape))
    return Call("", [joinable(r, axis, shape), axis])


@case("torch.stack")
def stack(r: Draws) -> Call:
    shape = r.shape()
    return Call("", [joinable(r, None, shape), r.axis(len(shape) + 1)])


@case("torch.hstack", "torch.vstack", "torch.dstack", "torch.column_stack")
def stacks(r: Draws) -> Call:
    return Call("", [joinable(r, None, r.shape(high=3))])


@case("torch.split")
def split(r: Draws) -> Call:
    x = r.tensor(low=1, most=7)
    axis = r.axis(len(x.shape))
    size = x.shape[axis]
    if r.chance(50):
        return Call("", [x, r.randint(1, 5), axis])
    cut = r.randint(0, size)
    return Call("", [x, [cut, size - cut], axis])


@case("torch.chunk", "torch.tensor_split")
def chunk(r: Draws) -> Call:
    x = r.tensor(low=1, most=7)
    return Call("", [x, r.randint(1, 5), r.axis(len(x.shape))])


@case("torch.unbind")
def unbind(r: Draws) -> Call:
    x = r.tensor(low=1)
    return Call("", [x, r.axis(len(x.shape))])


@case("torch.meshgrid")
def meshgrid(r: Draws) -> Call:
    return Call("", [r.tensor(high=1) for _ in range(r.randint(1, 3))], {"indexing": r.choice(["ij", "xy"])})


@case("torch.atleast_2d", "torch.atleast_3d")
def atleast(r: Draws) -> Call:
    return Call("", [r.tensor()])


@case("torch.rot90")
def rot90(r: Draws) -> Call:
    x = r.tensor(low=2)
    return Call("", [x, r.randint(-2, 3), tuple(r.sample(range(len(x.shape)), 2))])


@case("torch.block_diag")
def block_diag(r: Draws) -> Call:
    return Call("", [r.tensor(high=2) for _ in range(r.randint(1, 3))])
