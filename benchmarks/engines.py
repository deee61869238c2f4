"""The engines a case runs on. Each gives `value()` and `value_and_grad()` for arguments bound beforehand.

An engine's library is imported in its constructor, so that compile times don't hold it. What an engine can't express
raises `Unsupported`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.cprogram import CProgram

Pair = tuple[float, np.ndarray]
SINGLE_THREAD = {
    "TANGRA_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}
"""Environment of every worker: one thread, doubles."""


class Unsupported(Exception):
    """The engine has no way to run this."""


class Engine:
    """A case on one engine; subclasses set `value` and `value_and_grad`, called without arguments.

    compiles: the first call is slower than the next ones for a reason.
    """

    needs: str | None = None
    compiles = True

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        self.case, self.args = case, args

    def value(self) -> float:
        """The program's result."""
        raise Unsupported

    def value_and_grad(self) -> Pair:
        """The result and the gradient by the first argument."""
        raise Unsupported


class Tangra(Engine):
    """tg.jit and tg.value_and_grad of the program as it is."""

    needs = "tangra"

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        super().__init__(case, args)
        import tangra as tg

        self._jitted = tg.jit(case.program)
        self._both = tg.value_and_grad(case.program)

    def value(self) -> float:
        return self._jitted(*self.args)  # type: ignore[no-any-return]

    def value_and_grad(self) -> Pair:
        return self._both(*self.args)  # type: ignore[no-any-return]


class CPython(Engine):
    """The program as it is."""

    compiles = False

    def value(self) -> float:
        return float(self.case.program(*self.args))


class C(Engine):
    """gcc -O3 -march=native, and the hand-written adjoint compiled the same way."""

    compiles = False

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        super().__init__(case, args)
        self._program = CProgram(case, args)
        self.value = self._program.value  # type: ignore[method-assign]
        if case.has_adjoint:
            self.value_and_grad = self._program.value_and_grad  # type: ignore[method-assign]


class Numba(Engine):
    """numba.njit of the program and the functions it calls; values only."""

    needs = "numba"

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        super().__init__(case, args)
        numba: Any = import_module("numba")
        kept = "NUMBA_CACHE_DIR" in os.environ
        space = case.program.__globals__
        for helper in case.helpers:
            space[helper.__name__] = numba.njit(helper, cache=kept)
        self._compiled = numba.njit(case.program, cache=kept)

    def value(self) -> float:
        return float(self._compiled(*self.args))


class Jax(Engine):
    """jax.jit and jax.jit(jax.value_and_grad) of the case's variant (scan where the program has a loop)."""

    needs = "jax"

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        super().__init__(case, args)
        if case.jax is None:
            raise Unsupported
        jax: Any = import_module("jax")
        run = case.jax(*args[1:])
        self._point = jax.numpy.asarray(args[0])
        self._jitted = jax.jit(run)
        self._both = jax.jit(jax.value_and_grad(run))

    def value(self) -> float:
        return float(self._jitted(self._point))

    def value_and_grad(self) -> Pair:
        value, gradient = self._both(self._point)
        return float(value), np.asarray(gradient)


class Torch(Engine):
    """PyTorch eager: the case's variant, and backward through it."""

    needs = "torch"
    compiles = False

    def __init__(self, case: Case, args: tuple[Any, ...]) -> None:
        super().__init__(case, args)
        if case.torch is None:
            raise Unsupported
        torch: Any = import_module("torch")
        torch.set_num_threads(1)
        self._torch = torch
        self._run = case.torch(*args[1:])

    def value(self) -> float:
        with self._torch.no_grad():
            return float(self._run(self._torch.as_tensor(self.args[0])))

    def value_and_grad(self) -> Pair:
        point = self._torch.tensor(self.args[0], requires_grad=True)
        value = self._run(point)
        value.backward()
        return float(value.detach()), point.grad.numpy()


ENGINES: dict[str, Callable[[Case, tuple[Any, ...]], Engine]] = {
    "c": C,
    "tangra": Tangra,
    "numba": Numba,
    "jax": Jax,
    "torch": Torch,
    "numpy": CPython,
}
"""By the name that --engines takes, in the order of the table's columns."""


def interpreter(name: str) -> str | None:
    """Another Python for an engine whose library doesn't live in ours: TANGRA_BENCH_PYTHON_<ENGINE>."""
    return os.environ.get(f"TANGRA_BENCH_PYTHON_{name.upper()}")


def available(name: str) -> bool:
    """Whether the engine's library can be had."""
    needs = getattr(ENGINES[name], "needs", None)
    return needs is None or interpreter(name) is not None or importlib.util.find_spec(needs) is not None
