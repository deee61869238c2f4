"""A case on one library: what is called again and again, and NumPy arrays of what it gave."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

import numpy as np

from benchmarks.arrays.cases import ArrayCase
from benchmarks.engines import Unsupported

Call = Callable[[], Any]
Arguments = tuple[Any, ...]


def rebound(function: Any, **modules: Any) -> Any:
    """The function with other modules under the names `np` and `special`."""
    return FunctionType(function.__code__, {**function.__globals__, **modules}, function.__name__)


def with_numpy(case: ArrayCase, args: Arguments, gradient: bool) -> Call:
    """The program as it is; NumPy has no gradients."""
    if gradient:
        raise Unsupported
    return lambda: case.program(*args)


def with_tangra(case: ArrayCase, args: Arguments, gradient: bool) -> Call:
    """`tg.jit` of the program, `tg.grad` of its result's squares."""
    import tangra as tg

    program = case.program

    def loss(*args: Any) -> Any:
        result = program(*args)
        return np.sum(result * result)

    compiled = tg.grad(loss) if gradient else tg.jit(program)
    return lambda: compiled(*args)


def with_jax(case: ArrayCase, args: Arguments, gradient: bool) -> Call:
    """`jax.jit`, waiting for the result."""
    jax: Any = import_module("jax")
    program = rebound(case.program, np=jax.numpy, special=import_module("jax.scipy.special"))

    def loss(*args: Any) -> Any:
        result = program(*args)
        return jax.numpy.sum(result * result)

    compiled = jax.jit(jax.grad(loss) if gradient else program)
    given = [jax.numpy.asarray(a) for a in args]
    return lambda: compiled(*given).block_until_ready()


def with_torch(case: ArrayCase, args: Arguments, gradient: bool) -> Call:
    """Eager PyTorch."""
    torch: Any = import_module("torch")
    torch.set_num_threads(1)
    given = [torch.as_tensor(a) for a in args]

    def value() -> Any:
        with torch.no_grad():
            return case.torch(torch, *given).numpy()

    def slope() -> Any:
        point = given[0].detach().requires_grad_()
        result = case.torch(torch, point, *given[1:])
        return torch.autograd.grad((result * result).sum(), point)[0].numpy()

    return slope if gradient else value


def with_copy(case: ArrayCase, args: Arguments, gradient: bool) -> Call:
    """What the memory gives: as many bytes read and written as an elementwise case moves, by copies."""
    if gradient or not case.copies:
        raise Unsupported
    pairs = [(np.array(args[0]), np.empty_like(args[0])) for _ in range(case.copies // 2)]

    def run() -> Any:
        for source, target in pairs:
            np.copyto(target, source)
        return target

    return run


ENGINES = {"numpy": with_numpy, "tangra": with_tangra, "jax": with_jax, "torch": with_torch, "copy": with_copy}
