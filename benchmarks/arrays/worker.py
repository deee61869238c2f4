"""All array cases on one engine in a process of its own: JSON lines in, JSON lines out.

    python -m benchmarks.arrays.worker ENGINE

{"do": "prepare", "case": name, "gradient": bool} gives {"shape", "norm", "some"}: what tells right results from wrong
{"do": "time", "calls": n} gives {"seconds": CPU time per call of what was prepared last}
What can't be run gives {"error": text}.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import Any

import numpy as np

from benchmarks.arrays.cases import CASES
from benchmarks.arrays.engines import ENGINES, Call

SOME = 500
"""Elements that are compared one by one."""


def summary(result: Any) -> dict[str, Any]:
    """Shape, norm and some elements of a result."""
    x = np.asarray(result, float)
    flat = x.ravel()
    return {
        "shape": list(x.shape),
        "norm": float(np.linalg.norm(flat)),
        "some": flat[:: -(-flat.size // SOME)].tolist(),
    }


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
    make = ENGINES[sys.argv[1]]
    call: Call | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["do"] == "prepare":
                case = CASES[asked["case"]]
                call = None
                call = make(case, case.inputs(np.random.default_rng(7)), asked["gradient"])
                answer = summary(call())
            else:
                assert call is not None
                answer = {"seconds": timed(call, asked["calls"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
