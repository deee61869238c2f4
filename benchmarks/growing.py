"""Functions of growing length, and the time that engines take to compile them: the worker's side.

    python -m benchmarks.growing ENGINE FORM SIZE …

A function has SIZE operations on scalars: in a row ("straight line"), or as the body of a loop ("loop body"). For each
size, shortest first, one line of JSON with the CPU seconds from nothing to the first result, for the value and for
value and gradient. What an engine has no way to do is missing.
"""

from __future__ import annotations

import json
import linecache
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

FORMS = ("straight line", "loop body")
TRIPS = 3
PATIENCE = 60
"""Seconds of CPU time that an engine is given for all lengths of one form; then its process is ended."""
POINT = (0.5, 0.25, 0.125, 0.75)
HEAD = {"straight line": "    t0 = x[0]", "loop body": f"    s = x[0]\n    for k in range({TRIPS}):\n        t0 = s"}
JAX_HEAD = {"straight line": HEAD["straight line"], "loop body": "    def body(k, s):\n        t0 = s"}
JAX_END = {"straight line": "    return {last}", "loop body": "        return {last}"}
JAX_CALL = {"straight line": "", "loop body": f"\n    return fori_loop(0, {TRIPS}, body, x[0])"}


def source(form: str, operations: int, jax: bool = False) -> str:
    """The program's text, as a user's file would hold it."""
    indent = "    " if form == "straight line" else "        "
    count = max(1, operations // 2)
    lines = [f"{indent}t{k} = t{k - 1} * x[{k % 4}] + {0.1 + k % 7 * 0.1:.1f}" for k in range(1, count)]
    last = f"t{count - 1}"
    if jax:
        end = JAX_END[form].format(last=last) + JAX_CALL[form]
    else:
        end = f"    return {last}" if form == "straight line" else f"        s = {last}\n    return s"
    return "\n".join(["def f(x):", (JAX_HEAD if jax else HEAD)[form], *lines, end]) + "\n"


def program(form: str, operations: int, space: dict[str, Any] | None = None, jax: bool = False) -> Callable[..., Any]:
    """The function."""
    text = source(form, operations, jax)
    name = f"<{form} of {operations}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space = {} if space is None else space
    exec(compile(text, name, "exec"), space)
    found: Callable[..., Any] = space["f"]
    return found


def _tangra(form: str, size: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    import tangra as tg

    f, x = program(form, size), np.array(POINT)
    yield "value", lambda: tg.jit(f)(x)
    yield "value_and_grad", lambda: tg.value_and_grad(f)(x)


def _jax(form: str, size: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    jax: Any = import_module("jax")
    f = program(form, size, {"fori_loop": jax.lax.fori_loop}, jax=True)
    x = jax.numpy.array(POINT)
    yield "value", lambda: jax.jit(f)(x).block_until_ready()
    yield "value_and_grad", lambda: jax.block_until_ready(jax.jit(jax.value_and_grad(f))(x))


def _numba(form: str, size: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    numba: Any = import_module("numba")
    f, x = program(form, size), np.array(POINT)
    yield "value", lambda: numba.njit(f)(x)


ENGINES = {"tangra": _tangra, "jax": _jax, "numba": _numba}


def measure(engine: str, form: str, size: int) -> dict[str, Any]:
    """CPU seconds to the first result, and the value it has."""
    found: dict[str, Any] = {"size": size}
    for what, run in ENGINES[engine](form, size):
        start = time.process_time()
        result = run()
        found[what] = time.process_time() - start
        found[f"result of {what}"] = float(result[0] if isinstance(result, tuple) else result)
    return found


def main() -> None:
    """Serve one parent."""
    engine, form, *sizes = sys.argv[1:]
    os.environ["TANGRA_CACHE"] = "0"
    sys.setrecursionlimit(100_000)
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 1))
    answers, sys.stdout = sys.stdout, sys.stderr
    measure(engine, form, 10)
    for size in sizes:
        print(json.dumps(measure(engine, form, int(size))), file=answers, flush=True)


if __name__ == "__main__":
    main()
