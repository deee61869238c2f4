"""Products of arrays in chosen arithmetic: PyTorch's `linear`, and NumPy's `matmul`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tangra.primitives.convolution import checked_arrays, with_errors
from tangra.primitives.planning import BadArgument
from tangra.primitives.precision import Arithmetic, factor, for_bytes, for_floats, of_bytes, result
from tangra.shapes import MatmulError, Shape, Size, matmul_shape, shape_text
from tangra.shapes.deciding import Judge

Array = np.ndarray[Any, Any]


def plan_linear(judge: Judge, x: Shape, w: Shape, bias: Shape | None) -> None:
    """Require the arrays of `linear` to fit."""
    if len(w) != 2:
        raise BadArgument(f"linear: weight of shape {shape_text(w)} needs two axes, (outputs, inputs)")
    if not x:
        raise BadArgument("linear: the input needs at least one axis")

    def wrong() -> MatmulError:
        text = f"linear of input of shape {shape_text(x)} and weight of shape {shape_text(w)}"
        message = f"{text}: the input has {x[-1]} features, the weight takes {w[1]}"
        return MatmulError(message, left=x[-1], right=w[1], shapes=(x, w))

    judge.equal(x[-1], w[1], "linear: features of the input and of the weight", wrong)
    if bias is None:
        return
    if len(bias) != 1:
        raise BadArgument(f"linear: bias of shape {shape_text(bias)} needs one axis")

    def other() -> MatmulError:
        text = f"linear: bias of shape {shape_text(bias)} for the {w[0]} features of the result"
        return MatmulError(text, left=bias[0], right=w[0], shapes=(w, bias))

    judge.equal(bias[0], w[0], "linear: sizes of the bias and of the result's features", other)


def _arithmetic(name: str, given: list[Any], precision: Any, terms: Size) -> tuple[list[Array], Arithmetic]:
    """The arrays as they are multiplied, the bias as it is added; and how."""
    arrays = [np.asarray(a) for a in given if a is not None]
    types = [str(a.dtype) for a in arrays]
    if of_bytes(types):
        how = for_bytes(name, types, precision, terms)
        bias = [a.astype(np.int32) for a in arrays[2:]]
    else:
        arrays = checked_arrays(name, *given)
        how = for_floats(name, str(arrays[0].dtype), precision)
        bias = arrays[2:]
    return [*(factor(a, how) for a in arrays[:2]), *bias], how


def linear(input: Any, weight: Any, bias: Any = None, *, precision: str | None = None) -> Array:
    """input @ weight.T + bias, as `torch.nn.functional.linear`.

    input: (..., inputs). weight: (outputs, inputs). bias: (outputs,). Returns (..., outputs). Arrays are float32 or
    float64, promoted to what they have in common, or integers of 8 bits; precision: see `matmul`.

    Raises ValueError (in compiled code: ShapeMismatchError, before the run where sizes are known) for shapes that
    don't fit, and for arguments that make no sense.
    """
    shapes = [np.shape(input), np.shape(weight), None if bias is None else np.shape(bias)]
    with_errors(plan_linear, Judge(), *shapes)
    (x, w, *rest), how = _arithmetic("linear", [input, weight, bias], precision, np.shape(weight)[1])
    y = result(np.matmul(x, w.T), how)
    return np.asarray(y + rest[0] if rest else y)


def matmul(a: Any, b: Any, *, precision: str | None = None) -> Array:
    """a @ b, as `numpy.matmul`, in chosen arithmetic.

    a, b: float32 or float64, promoted to what they have in common; or integers of 8 bits: a int8 or uint8, b int8, of
    which the result is int32, exact (it wraps where int32 does).

    precision: None, or "bfloat16" for arrays of float32: factors are rounded to bfloat16 (the nearest, half to even),
    products of two of them are exact, and added up in float32. With K terms a sum of float32 is within
    K 2^-24 / (1 - K 2^-24) times the sum of |a'| |b'| of the exact one of the rounded a' and b'; CPUs may take numbers
    below 2^-126 for 0, which adds 2^-126 times the sum of |a'| + |b'| + 2. Derivatives are products of the same kind:
    cotangents and tangents are rounded as the factors are.
    """
    shapes = np.shape(a), np.shape(b)
    with_errors(matmul_shape, *shapes)
    (x, y), how = _arithmetic("matmul", [a, b], precision, shapes[0][-1])
    return np.asarray(result(np.matmul(x, y), how))
