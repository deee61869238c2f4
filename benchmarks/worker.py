"""One case on one engine in a process of its own: answers JSON lines on stdin with JSON lines on stdout.

    python -m benchmarks.worker CASE ENGINE [--quick]

{"do": "prepare", "what": "value" | "value_and_grad"} calls it for the first time: {"first": seconds, "value", …}
{"do": "time", "what": …, "calls": n} gives {"seconds": CPU time per call}
{"do": "end"} gives {"base": bytes, "peak": bytes}, resident before the first and at most.
What can't be run gives {"error": text}.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import load
from benchmarks.engines import ENGINES, Engine


def resident() -> int:
    """Bytes resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def prepare(engine: Engine, what: str) -> dict[str, Any]:
    """The first call: what it gave and how long it took."""
    start = time.perf_counter()
    got: Any = getattr(engine, what)()
    first = time.perf_counter() - start
    value, gradient = got if what == "value_and_grad" else (got, None)
    listed = None if gradient is None else np.asarray(gradient, float).ravel().tolist()
    return {"first": first, "value": float(value), "gradient": listed}


def measure(engine: Engine, what: str, calls: int) -> dict[str, Any]:
    """Seconds of CPU time (of all threads) per call over `calls` of them, the garbage collector off."""
    run = getattr(engine, what)
    gc.disable()
    start = time.process_time()
    for _ in range(calls):
        run()
    seconds = (time.process_time() - start) / calls
    gc.enable()
    return {"seconds": seconds}


def main() -> None:
    """Serve one parent."""
    name, engine_name = sys.argv[1:3]
    answers, sys.stdout = sys.stdout, sys.stderr
    case = load(name)
    engine: Engine | None = None
    base = 0
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if engine is None:
                engine = ENGINES[engine_name](case, case.arguments("--quick" in sys.argv))
                base = resident()
            if asked["do"] == "prepare":
                answer = prepare(engine, asked["what"])
            elif asked["do"] == "time":
                answer = measure(engine, asked["what"], asked["calls"])
            else:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
                answer = {"base": base, "peak": max(peak, base)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
        if asked["do"] == "end":
            return


if __name__ == "__main__":
    main()
