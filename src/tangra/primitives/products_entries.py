"""What products in chosen arithmetic mean in compiled code."""

from __future__ import annotations

from tangra.api.context import Context
from tangra.api.elementwise import broadcast_to
from tangra.api.numpy_common import NONE, is_none, renamed
from tangra.api.numpy_products import contract, product
from tangra.api.registry import function
from tangra.api.values import AbstractValue
from tangra.primitives import precision_entries, products
from tangra.primitives.convolution_entries import arithmetic, judge, planned


@function(products.linear)
def linear(
    ctx: Context,
    input: AbstractValue,
    weight: AbstractValue,
    bias: AbstractValue = NONE,
    *,
    precision: AbstractValue = NONE,
) -> AbstractValue:
    given = [v for v in (input, weight, bias) if not is_none(v)]
    shapes = [ctx.type_of(v).shape for v in given]
    planned(ctx, products.plan_linear, judge(ctx), *[*shapes, None][:3])
    (x, w, *rest), how = arithmetic(ctx, "linear", given, precision, shapes[1][1])
    x, w = (precision_entries.factor(ctx, v, how) for v in (x, w))
    y = precision_entries.result(ctx, contract(ctx, x, w, ((x.array.rank - 1,), (1,))), how)
    for vector in rest:
        row = renamed(ctx, vector, y.shape[-1:])
        y = ctx.b("add", y, broadcast_to(ctx, row, y.shape))
    return ctx.new_array(y)


@function(products.matmul)
def matmul(ctx: Context, a: AbstractValue, b: AbstractValue, *, precision: AbstractValue = NONE) -> AbstractValue:
    shape = ctx.type_of(a).shape
    (x, y), how = arithmetic(ctx, "matmul", [a, b], precision, shape[-1] if shape else 1)
    x, y = (precision_entries.factor(ctx, v, how) for v in (x, y))
    return ctx.new_array(precision_entries.result(ctx, product(ctx, x, y), how))
