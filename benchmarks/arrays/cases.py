"""The array programs. `torch` versions take PyTorch's module first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.arrays.functions import FUNCTIONS

Function = Callable[..., Any]


@dataclass(frozen=True)
class ArrayCase:
    """A function of arrays, differentiated by its first argument through the sum of its result times itself.

    `inputs` makes the arguments from a random generator; `copies`: of an elementwise function, how many arrays of the
    size of the first argument it reads and writes.
    """

    title: str
    program: Function
    torch: Function
    inputs: Callable[[Any], tuple[Any, ...]]
    gradient: bool = True
    copies: int = 0


CASES: dict[str, ArrayCase] = {}


def _add(name: str, title: str, program: Function, torch: Function, inputs: Any, **options: Any) -> None:
    CASES[name] = ArrayCase(title, program, torch, inputs, **options)


def _vector(low: float, high: float) -> Any:
    return lambda rng: (rng.uniform(low, high, 1 << 20),)


def _elementwise() -> None:
    """Each function of `functions` in both formats."""
    for name, (program, torch, intervals) in FUNCTIONS.items():
        for suffix, dtype in (("", np.float64), ("_f32", np.float32)):

            def inputs(rng: Any, intervals: Any = intervals, dtype: Any = dtype) -> tuple[Any, ...]:
                return tuple(rng.uniform(*interval, 1 << 20).astype(dtype) for interval in intervals)

            title = f"{name}, 2^20" + (" of float32" if suffix else "")
            _add(name + suffix, title, program, torch, inputs, copies=1 + len(intervals))


def polynomial(x: Any) -> Any:
    """Eight operations on one array."""
    return ((0.3 * x + 1.2) * x - 0.7) * x * x + 2.0 * x - 1.0


def gelu(x: Any) -> Any:
    """The form with tanh."""
    return 0.5 * x * (1.0 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def fused(x: Any, y: Any, z: Any) -> Any:
    """Three arrays read."""
    return x * y + z - 0.5 * x


def softmax(x: Any) -> Any:
    """Along rows."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    """Along rows."""
    mean = np.mean(x, axis=1, keepdims=True)
    centred = x - mean
    spread = np.mean(centred * centred, axis=1, keepdims=True)
    return centred / np.sqrt(spread + 1e-5) * scale + shift


def _torch_norm(t: Any, x: Any, scale: Any, shift: Any) -> Any:
    return t.nn.functional.layer_norm(x, x.shape[1:], scale, shift)


def logsumexp(x: Any) -> Any:
    """Along rows."""
    top = np.max(x, axis=1)
    return np.log(np.sum(np.exp(x - top[:, None]), axis=1)) + top


def variance(x: Any) -> Any:
    """Of columns."""
    return np.var(x, axis=0)


def attention(q: Any, k: Any, v: Any) -> Any:
    """One head."""
    scores = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    return (e / np.sum(e, axis=1, keepdims=True)) @ v


def _torch_attention(t: Any, q: Any, k: Any, v: Any) -> Any:
    return t.softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) @ v


def chain(a: Any, b: Any, c: Any) -> Any:
    """Three matrices."""
    return np.einsum("ij,jk,kl->il", a, b, c)


def batched(a: Any, b: Any) -> Any:
    """Many small products."""
    return np.einsum("bij,bjk->bik", a, b)


def weighted(a: Any, w: Any, b: Any) -> Any:
    """A bilinear form for each row."""
    return np.einsum("ni,ij,nj->n", a, w, b)


def heat(u: Any) -> Any:
    """One step of the five-point stencil."""
    inner = u[1:-1, 1:-1]
    return inner + 0.1 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * inner)


def smooth(x: Any) -> Any:
    """Five weights along a line."""
    return 0.1 * x[:-4] + 0.2 * x[1:-3] + 0.4 * x[2:-2] + 0.2 * x[3:-1] + 0.1 * x[4:]


def likelihood(a: Any, y: Any) -> Any:
    """A Gaussian's log-density."""
    k = a @ a.T / a.shape[0] + np.eye(a.shape[0])
    factor = np.linalg.cholesky(k)
    white = np.linalg.solve(k, y)
    return -0.5 * np.sum(y * white) - np.sum(np.log(np.diag(factor))) - 0.9189385332 * y.shape[0]


def _torch_likelihood(t: Any, a: Any, y: Any) -> Any:
    k = a @ a.T / a.shape[0] + t.eye(a.shape[0], dtype=a.dtype)
    factor = t.linalg.cholesky(k)
    white = t.linalg.solve(k, y)
    return -0.5 * (y * white).sum() - factor.diagonal().log().sum() - 0.9189385332 * y.shape[0]


def _torch_heat(t: Any, u: Any) -> Any:
    return heat(u)


def _normal(*shapes: tuple[int, ...]) -> Any:
    return lambda rng: tuple(rng.normal(size=shape) for shape in shapes)


def _reductions() -> None:
    for n, rows in ((512, 512), (4096, 64)):
        shape = (rows, n)
        _add(f"softmax{n}", f"softmax, {rows} rows of {n}", softmax, lambda t, x: t.softmax(x, dim=1), _normal(shape))
        _add(f"layer_norm{n}", f"layer norm, {rows} rows of {n}", layer_norm, _torch_norm, _normal(shape, (n,), (n,)))
        _add(f"logsumexp{n}", f"logsumexp, {rows} rows of {n}", logsumexp,
             lambda t, x: t.logsumexp(x, dim=1), _normal(shape))  # fmt: skip
        _add(f"variance{n}", f"variance of {n} columns", variance,
             lambda t, x: t.var(x, dim=0, unbiased=False), _normal(shape))  # fmt: skip
        heads = _normal((n, 64), (n, 64), (n, 64))
        _add(f"attention{n}", f"attention over {n}, 64 wide", attention, _torch_attention, heads)


def _others() -> None:
    vector = 1 << 20
    _add("polynomial", "a polynomial, 2^20", polynomial, lambda t, x: polynomial(x), _vector(-1.0, 1.0), copies=2)
    _add("gelu", "gelu, 2^20", gelu, lambda t, x: t.nn.functional.gelu(x, approximate="tanh"), _vector(-3.0, 3.0),
         copies=2)  # fmt: skip
    _add("fused", "x y + z - x / 2, 2^20", fused, lambda t, x, y, z: fused(x, y, z),
         _normal((vector,), (vector,), (vector,)), copies=4)  # fmt: skip
    _add("chain", "einsum ij,jk,kl->il, 256", chain, lambda t, a, b, c: t.linalg.multi_dot([a, b, c]),
         _normal((256, 256), (256, 256), (256, 256)))  # fmt: skip
    _add("batched", "einsum bij,bjk->bik, 1024 of 8", batched, lambda t, a, b: t.einsum("bij,bjk->bik", a, b),
         _normal((1024, 8, 8), (1024, 8, 8)))  # fmt: skip
    _add("weighted", "einsum ni,ij,nj->n, 4096 of 32", weighted,
         lambda t, a, w, b: t.einsum("ni,ij,nj->n", a, w, b), _normal((4096, 32), (32, 32), (4096, 32)))  # fmt: skip
    _add("heat", "five-point stencil, 1024 x 1024", heat, _torch_heat, _normal((1024, 1024)))
    _add("smooth", "five weights along 2^20", smooth, lambda t, x: smooth(x), _normal((vector,)))
    for n in (64, 256):
        _add(f"likelihood{n}", f"Gaussian log-likelihood, {n}", likelihood, _torch_likelihood, _normal((n, n), (n,)))


_elementwise()
_reductions()
_others()
