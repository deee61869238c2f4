"""What `tangra explain` says about each code: a failing line, why it fails, what to do."""

EXPLANATIONS = {
    "TG501": """
The file could not be read as Python: wrong encoding, a syntax error, brackets nested too deep, or a notebook that is
not the JSON Jupyter writes. Nothing else is reported for it.
""",
    "TG502": """
    def head(x: Float[Tensor, "batch 512"]) -> Float[Tensor, "batch 10"]: ...
    head(torch.zeros(8, 256))

An array meets an annotation (of a parameter, a result or a local name) that it does not fit. A name stands for one
size within a call: two arguments annotated "batch" have to agree.
""",
    "TG503": """
    b, c, h, w = x.shape        # x has three dimensions

A shape is taken apart into another number of names than it has entries: the array has another rank than expected.
""",
    "TG504": """
    # tangra: x = (B, 3, 224, 224)

A comment states the shape of what an assignment on its line binds, or of a parameter of the function in whose head it
stands: a list of sizes, that is numbers, names and arithmetic of them, `_` for any size and `...` for any number of
dimensions, with a dtype before it if you like. Or it says `ignore`, with codes that there are.
""",
    "TG505": """
    jax.vmap(f, in_axes=(0, 1))(a, b)

The axes over which a transformed function is mapped have different sizes, or do not exist; or a gradient is taken of a
function that does not return a single number.
""",
    "TG506": """
    jax.lax.scan(step, carry, xs)     # step returns a carry of another shape

What a loop carries has to keep its structure, shapes and dtypes from one step to the next; the branches of a
conditional have to return the same.
""",
    "TG507": """
    class Block(nn.Module):
        def __init__(self, dim, heads):
            if dim % heads:
                raise ValueError("dim must be divisible by heads")
    Block(100, 8)

An `assert`, or an `if` that raises, in a layer or a function of arrays compares sizes, and for the sizes of this call
it certainly fails. What a program catches, and what depends on values that nobody knows, is not reported.
""",
    "TG508": """
    [tool.tangra]
    rules = ["shapes.py"]

A rule that the project declares for one of its functions raised an error of its own, at the line told. What the call
returns is unknown then; a call that does not fit is told by `ctx.require_equal` or `ctx.fail`.
""",
    "TG510": """
    torch.zeros(3, 4) + torch.zeros(3, 5)

Elementwise operations stretch axes of size 1; all other sizes have to agree, counted from the last axis.
""",
    "TG511": """
    torch.zeros(2, 1568) @ torch.zeros(1050, 10)

In a matrix product the last axis of the left operand and the last but one of the right have the same size. For
`nn.Linear(n, m)` the input's last axis has to be n: after a flatten it is the product of the flattened sizes.
""",
    "TG512": """
    x.view(2, 400)            # x has 9600 elements

A reshape keeps the number of elements. -1 stands for what is left; it has to come out whole.
""",
    "TG513": """
    x.sum(3)                  # x has three dimensions: axes 0 to 2

Axes run from -rank to rank - 1, and may be named once each.
""",
    "TG514": """
    nn.Conv2d(3, 8, 3)(torch.zeros(224, 224))

The operation takes arrays of another number of dimensions: a batch or channel axis is missing or one too many.
`unsqueeze(0)` or `x[None]` adds one.
""",
    "TG515": """
    torch.cat([a, b], dim=1)  # a is (2, 64, 17), b is (2, 64, 18)

Joined arrays agree in every axis but the joined one; stacked arrays agree in all.
""",
    "TG516": """
    nn.Conv2d(3, 8, 3)(torch.zeros(2, 224, 224, 3))

A layer was built for another number of channels or features than its input has. Often axes are in another order
(channels last), or the size in front of the layer changed.
""",
    "TG517": """
    nn.Conv2d(64, 1, 4)(torch.zeros(1, 64, 2, 2))

A window (kernel, pool, patch) is larger than its input with padding: the image is too small for so many strides, or one
stage too many halves it.
""",
    "TG518": """
    nn.MultiheadAttention(1024, num_heads=12)

A size has to be a multiple of another: channels of groups, features of heads, an axis of the parts it is split into.
""",
    "TG519": """
    nn.Embedding(100, 16)(torch.rand(4, 7))

The operation takes arrays of another dtype: indices and class labels are integers, masks are bools. `.long()`,
`.float()` or `.bool()` convert.
""",
    "TG520": """
    x[keep]                   # x has 10 rows, keep has 9 entries

An index has more axes than the array, is out of range, or is a mask of another length.
""",
    "TG521": """
    torch.einsum("bf,nfd->bnd", x, w)     # f is 256 in x and 128 in w

A letter of an einsum or a name of an einops pattern stands for one size, and there is one for every axis.
""",
    "TG522": """
    torch.cat(a, b)

The function is called with arguments that it does not take: too many, too few, an unknown keyword, or a value of
another type.
""",
    "TG523": """
    x.permute(0, 2, 3, 1).view(n, -1)

`view` needs elements that lie in memory in the order of the new shape; after a transpose or permute they don't.
`reshape` copies where it has to, `contiguous()` before `view` does so always.
""",
    "TG524": """
    F.cross_entropy(logits, labels)       # logits (32, 5), labels (32, 1)

The target of a loss has a shape of its own: class indices lack the class axis of the input, probabilities have it, and
most other losses take equal shapes.
""",
    "TG525": """
    nn.LSTM(10, 20, 2, batch_first=True)(x, (h, c))     # h is (batch, 2, 20)

The state of a recurrent layer is (layers * directions, batch, hidden), also with `batch_first`.
""",
    "TG526": """
    nn.Conv2d(3, 8, 3, stride=0)

An argument has a value that the operation refuses whatever the arrays are.
""",
    "TG527": """
    loss = losses.item()      # losses is (8,)

The operation takes an array with one element: reduce it first.
""",
    "TG528": """
    nn.BatchNorm1d(10).train()(torch.zeros(1, 10))

In training a batch normalisation needs more than one value for each channel: the last batch of a loader may be of one
row (`drop_last=True` leaves it out).
""",
    "TG529": """
    np.linalg.solve(np.eye(3), np.zeros(4))

Operands whose shapes have to agree in some axis don't.
""",
    "TG530": """
    F.mse_loss(pred, target)              # pred (16, 1), target (16,)

Both operands of a broadcast grow, here to (16, 16), and a loss or a mean hides it: nothing fails, and the number is
wrong. Usually an axis of size 1 was left over: `squeeze(1)`, or `None` in the other operand if it is meant.
""",
    "TG531": """
    x = x.squeeze()

Every axis of size 1 is dropped, with a batch of one also the batch. `squeeze(1)` says which axis is meant.
""",
    "TG532": """
    torch.zeros(0).max()

A maximum or minimum of no elements does not exist.
""",
    "TG533": """
    np.einsum("ij,jk->ik", np.ones((3, 1)), np.ones((5, 4)))

NumPy and torch let a size of 1 stand for any other: the sum runs over 5 here, with one column for all. An axis that the
program made itself (`None`, `keepdims`, `unsqueeze`) is not told of.
""",
    "TG534": """
    nn.Linear(20, 5).load_state_dict(nn.Linear(20, 10).state_dict())

Parameters are copied by name, and each must have its module's shape, also with `strict=False`. With `strict=True` the
names must be the same too. `{k: v for k, v in state.items() if k in own and v.shape == own[k].shape}` leaves out what
does not fit.
""",
    "TG535": """
    F.l1_loss(pred, target)               # pred (64, 1, 8, 3), target (64, 80, 8, 3)

One operand of a loss is repeated along an axis where it has size 1. torch warns of this when the program runs, as
often the sizes should have been equal. Where it is meant, `unsqueeze`, `None` or `expand` in the program say so.
""",
}


def begins_code(start: str) -> bool:
    """Whether a code begins so."""
    return any(code.startswith(start) for code in EXPLANATIONS)
