"""Calls of torch's matrix products."""

import itertools

from tests.shape_rules.draws import Call, Draws, case


def matrices(r: Draws, batch: int = 2) -> tuple[tuple[int, ...], tuple[int, ...]]:
    n, k, m = (r.randint(1, 5) for _ in range(3))
    lead = r.shape(high=batch)
    return (*lead, n, k), (*r.fitting(lead), k, m)


@case("torch.matmul")
def matmul(r: Draws) -> Call:
    a, b = matrices(r)
    if r.chance(25):
        a = a[-1:]
    if r.chance(25):
        b = b[-2:-1]
    if r.chance(30):
        b = (*b[:-1], b[-1] + 1) if len(b) > 1 else (b[0] + 1,)
    return Call("", [r.tensor(a), r.tensor(b)], kind="function")


@case("torch.mm")
def mm(r: Draws) -> Call:
    a, b = matrices(r, 0)
    return Call("", [r.tensor(a), r.tensor(b)])


@case("torch.bmm")
def bmm(r: Draws) -> Call:
    a, b = matrices(r, 0)
    batch = r.randint(1, 4)
    return Call("", [r.tensor((batch, *a)), r.tensor((batch, *b))])


@case("torch.mv")
def mv(r: Draws) -> Call:
    a, b = matrices(r, 0)
    return Call("", [r.tensor(a), r.tensor(b[:1])])


@case("torch.dot")
def dot(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor((n,)), r.tensor((n,))])


@case("torch.inner")
def inner(r: Draws) -> Call:
    n = r.randint(1, 5)
    return Call("", [r.tensor((*r.shape(high=2), n)), r.tensor((*r.shape(high=2), n))])


@case("torch.outer")
def outer(r: Draws) -> Call:
    return Call("", [r.tensor(low=1, high=1, dtype=r.any_dtype()), r.tensor(low=1, high=1)])


@case("torch.addmm")
def addmm(r: Draws) -> Call:
    a, b = matrices(r, 0)
    return Call("", [r.tensor(r.choice([(b[1],), (a[0], b[1]), (1, b[1]), ()])), r.tensor(a), r.tensor(b)])


@case("torch.baddbmm")
def baddbmm(r: Draws) -> Call:
    a, b = matrices(r, 0)
    batch = r.randint(1, 4)
    return Call("", [r.tensor(r.choice([(batch, a[0], b[1]), (b[1],)])), r.tensor((batch, *a)), r.tensor((batch, *b))])


@case("torch.tensordot")
def tensordot(r: Draws) -> Call:
    x = r.tensor()
    count = r.randint(0, len(x.shape))
    if r.chance(50):
        return Call("", [x, r.tensor((*x.shape[len(x.shape) - count :], *r.shape(high=2))), count])
    axes = r.sample(range(len(x.shape)), count)
    return Call("", [x, r.tensor((*(x.shape[a] for a in axes), *r.shape(high=2))), (axes, list(range(count)))])


@case("torch.einsum")
def einsum(r: Draws) -> Call:
    sizes = {letter: r.randint(1, 4) for letter in "abcdij"}
    words = ["".join(r.sample("abcdij", r.randint(1, 3))) for _ in range(r.randint(1, 3))]
    used = sorted(set("".join(words)))
    batch = r.shape(high=2) if r.chance(30) else ()
    output = "" if r.chance(20) else "->" + ("..." if batch else "") + "".join(r.sample(used, r.randint(0, len(used))))
    if r.chance(5):
        output += "z"
    equation = ",".join(("..." if batch else "") + word for word in words) + output
    return Call("", [equation, *(r.tensor((*batch, *(sizes[letter] for letter in word))) for word in words)])


@case("torch.kron")
def kron(r: Draws) -> Call:
    return Call("", [r.tensor(high=3), r.tensor(high=3)])


@case("torch.cross", "torch.linalg.cross")
def cross(r: Draws) -> Call:
    x = r.shape(high=2)
    shape = (*x, 3) if r.chance(70) else (*x, 2)
    return Call("", [r.tensor(shape), r.tensor(shape)], {"dim": -1})


@case("torch.cdist")
def cdist(r: Draws) -> Call:
    k, lead = r.randint(1, 4), r.shape(high=1)
    return Call("", [r.tensor((*lead, r.randint(1, 4), k)), r.tensor((*lead, r.randint(1, 4), k))])


@case("torch.linalg.multi_dot")
def multi_dot(r: Draws) -> Call:
    sizes = [r.randint(1, 4) for _ in range(r.randint(3, 5))]
    return Call("", [[r.tensor(pair) for pair in itertools.pairwise(sizes)]])
