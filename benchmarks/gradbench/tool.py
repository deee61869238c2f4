"""The tool of GradBench's protocol: answers an eval's messages, one JSON object a line, on standard input and output.

    python benchmarks/gradbench/tool.py [--multithreaded] [--cpu-time]

A `define` message imports the eval's module from `programs/`; an `evaluate` message prepares the arguments, calls the
function at least `min_runs` times and for at least `min_seconds`, and answers with the last result and the time of
every call in nanoseconds: of the clock, or with `--cpu-time` of the process. The first call's time includes
compilation. Any other message is only acknowledged.
"""

import argparse
import importlib
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

if TYPE_CHECKING:
    from benchmarks.gradbench.protocol import Functions, Json

TOOL_NAME = "tangra"
PROGRAMS = "benchmarks.gradbench.programs"
Clock = Callable[[], int]


def functions_of(module: str) -> "Functions":
    """The functions that an eval's module defines; raises ImportError for a module that there is no program for."""
    if not re.fullmatch(r"[a-z]+", module):
        raise ImportError(f"{module!r} is no module of GradBench")
    functions: Functions = importlib.import_module(f"{PROGRAMS}.{module}").FUNCTIONS
    return functions


def timing(name: str, nanoseconds: int) -> "Json":
    """One entry of a response's timings."""
    return {"name": name, "nanoseconds": nanoseconds}


def timed_runs(
    call: Callable[[], Any], min_runs: int, min_seconds: float, clock: Clock = time.perf_counter_ns
) -> tuple[Any, list["Json"]]:
    """The last result of a call repeated at least so often and so long, and the time of each run."""
    timings: list[Json] = []
    total = 0
    while len(timings) < max(1, min_runs) or total < min_seconds * 1e9:
        start = clock()
        result = call()
        elapsed = clock() - start
        timings.append(timing("evaluate", elapsed))
        total += elapsed
    return result, timings


def evaluate(message: "Json", clock: Clock = time.perf_counter_ns) -> "Json":
    """The answer to an evaluate message."""
    functions = functions_of(message["module"])
    name, data = message["function"], message["input"]
    if name not in functions:
        raise LookupError(f"module {message['module']!r} has no function {name!r}")
    function = functions[name]
    repeats = data if isinstance(data, dict) else {}
    start = clock()
    call = function.prepare(data)
    prepared = clock() - start
    result, timings = timed_runs(call, repeats.get("min_runs", 1), repeats.get("min_seconds", 0.0), clock)
    return {"success": True, "output": function.present(result), "timings": [timing("prepare", prepared), *timings]}


def answer(message: "Json", clock: Clock = time.perf_counter_ns) -> "Json":
    """The answer to any message, with the message's id; whatever goes wrong is reported in it."""
    response: Json = {"id": message["id"]}
    try:
        match message["kind"]:
            case "start":
                response["tool"] = TOOL_NAME
            case "define":
                functions_of(message["module"])
                response["success"] = True
            case "evaluate":
                response |= evaluate(message, clock)
    except Exception:
        response |= {"success": False, "error": traceback.format_exc()}
    return response


def serve(lines: Iterable[str], out: TextIO, clock: Clock = time.perf_counter_ns) -> None:
    """Answer every line of input, each with a line of output."""
    for line in lines:
        if line.strip():
            print(json.dumps(answer(json.loads(line), clock)), file=out, flush=True)


def use_one_core() -> None:
    """Keep this process, with the threads that libraries start in it, on one core: the suite's default for tools."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def main() -> None:
    """Serve standard input until it ends. What programs print goes to standard error, not among the answers."""
    parser = argparse.ArgumentParser(description="Tangra as a GradBench tool.")
    parser.add_argument("--multithreaded", action="store_true", help="use all cores")
    parser.add_argument("--cpu-time", action="store_true", help="measure the process's CPU time")
    options = parser.parse_args()
    if not options.multithreaded:
        use_one_core()
    out, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin, out, time.process_time_ns if options.cpu_time else time.perf_counter_ns)


if __name__ == "__main__":
    main()
