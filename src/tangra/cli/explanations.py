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

The shape in such a comment is a list of sizes: numbers, names and arithmetic of them, `_` for any size and `...` for
any number of dimensions.
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
}
