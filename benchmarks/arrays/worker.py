"""All array cases on one engine in a process of its own: JSON lines in, JSON lines out.

    python -m benchmarks.arrays.worker ENGINE

{"do": "prepare", "case": name, "gradient": bool} gives {"shape", "norm", "some", "digits"}: what tells right results
from wrong, and {"held"}: bytes that the process came to hold during a call beyond what it held before it was prepared
{"do": "time", "calls": n} gives {"seconds": CPU time per call of what was prepared last}
What can't be run gives {"error": text}.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays.cases import CASES, ArrayCase
from benchmarks.arrays.engines import ENGINES, Call

SOME = 500
"""Elements that are compared one by one."""


def summary(result: Any) -> dict[str, Any]:
    """Shape, norm, some elements and decimal digits of a result."""
    digits = 9 if np.asarray(result).dtype == np.float64 else 4
    x = np.asarray(result, float)
    flat = x.ravel()
    return {
        "shape": list(x.shape),
        "norm": float(np.linalg.norm(flat)),
        "some": flat[:: -(-flat.size // SOME)].tolist(),
        "digits": digits,
    }


def held(field: str) -> int:
    """Bytes of this process: "VmRSS" resident now, "VmHWM" at most since the mark was reset."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def settle() -> int:
    """Give back what is free, set the high-water mark to what is left, and say how much that is."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return held("VmRSS")


def prepare(case: ArrayCase, engine: str, gradient: bool) -> tuple[Call, dict[str, Any]]:
    """What to call, warm, and what it gives."""
    args = case.inputs(np.random.default_rng(7))
    before = settle()
    call = ENGINES[engine](case, args, gradient)
    answer = summary(call())
    settle()
    call()
    return call, answer | {"held": max(0, held("VmHWM") - before)}


def timed(call: Call, calls: int) -> float:
    """CPU seconds of a call, the garbage collector off."""
    gc.disable()
    start = time.process_time()
    for _ in range(calls):
        call()
    seconds = (time.process_time() - start) / calls
    gc.enable()
    return seconds


def main() -> None:
    """Serve one parent."""
    answers, sys.stdout = sys.stdout, sys.stderr
    call: Call | None = None
    with contextlib.suppress(Exception):
        # What the library loads or starts at its first use is no part of a case.
        ENGINES[sys.argv[1]](CASES["exp"], (np.ones(8),), False)()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["do"] == "prepare":
                call = None
                call, answer = prepare(CASES[asked["case"]], sys.argv[1], asked["gradient"])
            else:
                assert call is not None
                answer = {"seconds": timed(call, asked["calls"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
