"""A Python tool of the suite, run with its own Python, with honest times.

    PYTHON benchmarks/gradbench/peer_tool.py CHECKOUT TOOL

The suite's adapters measure the wall clock, and JAX's doesn't wait for its results. Here every run is timed in CPU time
of the process, on one core, until its result is there; nothing of the checkout is changed. Needs no package of ours.
"""

import json
import os
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any


def waiting(tool: str) -> Any:
    """A function that returns its argument when everything in it has been computed."""
    if tool != "jax":
        return lambda result: result
    import jax

    return jax.block_until_ready


def patch_wrap(wait: Any) -> None:
    """Make the suite's module `wrap` count CPU time and wait for results."""
    wrap: Any = import_module("gradbench.wrap")
    original = wrap.multiple_runs

    def multiple_runs(**options: Any) -> Any:
        decorate = original(**options)

        def waits(function: Any) -> Any:
            return decorate(lambda data: wait(function(data)))

        return waits

    class Clock:
        """What `wrap` uses of the module `time`."""

        perf_counter_ns = staticmethod(time.process_time_ns)

    wrap.multiple_runs = multiple_runs
    wrap.time = Clock


def answer(message: Any, package: str) -> Any:
    """The response to a message; what goes wrong is in it."""
    response: dict[str, Any] = {"id": message["id"]}
    try:
        if message["kind"] == "evaluate":
            module = import_module(f"{package}.{message['module']}")
            response |= getattr(module, message["function"]).wrapped(message["input"])
    except Exception:
        response |= {"success": False, "error": traceback.format_exc()}
    return response


def main() -> None:
    """Serve standard input until it ends."""
    checkout, tool = Path(sys.argv[1]), sys.argv[2]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    out, sys.stdout = sys.stdout, sys.stderr
    sys.path.insert(0, str(checkout / "python" / "gradbench"))
    if tool == "pytorch":
        import_module("torch").set_num_threads(1)
    patch_wrap(waiting(tool))
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), f"gradbench.tools.{tool}")), file=out, flush=True)


if __name__ == "__main__":
    main()
