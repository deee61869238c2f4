"""What happens at the boundary: kinds that change between calls, layouts of arguments, identity, flags, captures."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from .registry import program

rng = np.random.default_rng(17)


@program(
    2, grad=False, more=[(2.5,), (True,), (np.float32(1.5),), (np.int64(3),), (np.array(2.0),), (np.arange(3.0),), (4,)]
)
def kind_changes_between_calls(x):
    return x * 2 + 1, x


@program(
    np.arange(3.0),
    grad=False,
    more=[(np.arange(5.0),), (np.arange(6.0).reshape(2, 3),), (np.arange(3),), (np.zeros(0),)],
)
def shape_changes_between_calls(x):
    return x + x[..., :1], x.sum(), x.ndim


@program(np.arange(3.0), 1.0, grad=False)
def returns_its_arguments(x, s):
    return x, s, (x, [x])


@program(np.arange(6.0), writes=True, grad=False)
def returned_views_and_repeats(x):
    y = x[::2]
    y[0] = 5
    return y, y, x[1:3], x.reshape(2, 3)


_column = np.arange(12.0).reshape(3, 4)


@program(_column[:, 1], _column[::-1, ::2], writes=True, grad=False)
def non_contiguous_arguments_written(v, m):
    v += 10
    m[0] *= 2
    return v.sum(), m.sum(), m.copy()


@program(np.asfortranarray(np.arange(6.0).reshape(2, 3)), writes=True, grad=False)
def fortran_argument_written(m):
    m[0, 1] = 50.0
    return m * 2, m.ravel(), m.T @ m


_frozen = np.arange(4.0)
_frozen.flags.writeable = False


@program(_frozen)
def read_only_argument(x):
    y = x.copy()
    y[0] = x[3]
    return (x * y).sum()


@program(np.array([1.0, 2.0]).astype(np.float32), grad=True, rtol=1e-5)
def float32_value_of_float64_work(x):
    y = x.astype(np.float64)
    return float((y**2).sum() * 1e-3)


@program(np.ones((3, 2)), np.ones(2))
def annotated_with_names(x: Float[np.ndarray, "n k"], w: Float[np.ndarray, " k"]) -> float:
    scores: Float[np.ndarray, " n"] = x @ w
    return float(scores.mean() ** 2)


@program(np.arange(4.0), np.array([0, 3]), 2.0)
def annotated_with_kinds(x: Float[np.ndarray, "n"], k: Int[np.ndarray, "m"], s: float) -> Float[np.ndarray, ""]:
    return (x[k] * s).sum() ** 2 / x.shape[0]


_gain = 2.0
_weights = np.array([1.0, 2.0, 3.0])


@program(np.array([0.5, 1.0, 2.0]))
def reads_global_array(x):
    return _weights @ x * _gain


class Options(NamedTuple):
    rate: float = 0.1
    steps: int = 3
    kind: str = "plain"


@program(np.array([0.5, 1.0, 2.0]), Options(), more=[(np.array([0.5, 1.0]), Options(0.2, 5, "heavy"))])
def options_tuple(x, options):
    v = np.zeros_like(x)
    for _ in range(options.steps):
        v = (0.9 * v if options.kind == "heavy" else 0) - options.rate * x
        x = x + v
    return x @ x


@program(np.array([0.5, 1.0, 2.0]), more=[(np.array([0.5, 2.0]), 3), (np.array([0.5, 2.0]), 1.5, 2.0)])
def keyword_defaults_of_entry(x, k=2, scale=1.5, *, flip=False):
    return (x**k).sum() * (scale if not flip else -scale)


@program((np.array([1.0, 2.0]), {"a": 3.0, "b": (np.array([[1.0]]), 2)}), 4.0)
def gradient_of_nested_argument(state, s):
    x, rest = state
    return (x**2).sum() * rest["a"] + s * rest["b"][0][0, 0] ** 2 * rest["b"][1]


@program([np.array([1.0, 2.0]), 3, None, "name", True])
def gradient_of_mixed_leaves(items):
    return (items[0] * items[1]).sum() if items[2] is None and items[3] == "name" and items[4] else 0.0


@program(*[float(k) for k in range(40)], argnums=7)
def forty_arguments(*values):
    total = 0.0
    for k, v in enumerate(values):
        total += v * v * (k % 3)
    return total


@program(np.arange(1.0, 4.0), np.arange(3.0), argnums=1, more=[(np.arange(1.0, 6.0), np.arange(5.0))])
def unused_and_integer_parts(x, y):
    n = x.shape[0]
    first = x  # never read again
    return (y**2).sum() / n


@program(np.arange(3.0))
def constant_gradient(x):
    return 3.0 + 0.0 * x[1]


@program(1.5, grad=False)
def returns_nothing(x):
    y = x + 1


@program(np.ones((2, 2, 2, 2, 2, 2)), grad=True)
def six_axes(x):
    return (x.sum(axis=(1, 3)) ** 2).sum() + x[1, 0, 1, 0, 1, 0] * x.transpose(5, 4, 3, 2, 1, 0)[0, 1, 0, 1, 0, 1]
