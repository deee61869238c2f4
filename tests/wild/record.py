"""Run the programs under the real libraries and keep what they return, and which torch functions they called.

`/path/to/python -m tests.wild.record [library …]` writes `answers/<library>.json` (make record-wild). Nothing of Tangra
is imported. Models are made on torch's `meta` device, which computes shapes only, where that is enough.
"""

from __future__ import annotations

import collections
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from tests.wild.programs import LIBRARIES, Program, programs

ANSWERS = Path(__file__).parent / "answers"


def structure(value: Any, depth: int = 0) -> Any:
    """What a result is made of: arrays as text, containers as themselves, objects by class and by what of theirs holds
    arrays. Numbers and the like stand for themselves."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        kind = str(value.dtype).removeprefix("torch.")
        return f"{kind}[{', '.join(str(int(size)) for size in value.shape)}]"
    if isinstance(value, dict):
        return {str(key): structure(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [structure(item, depth + 1) for item in value]
        return items if isinstance(value, list) else {"()": items}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    held = {} if depth > 8 else {
        name: found
        for name, item in sorted(vars(value).items() if hasattr(value, "__dict__") else ())
        if not name.startswith("_") and holds_array(found := structure(item, depth + 1))
    }  # fmt: skip
    return {"class": type(value).__name__, **held}


def holds_array(found: Any) -> bool:
    """Whether an array is somewhere in a structure."""
    if isinstance(found, dict):
        return any(map(holds_array, found.values()))
    if isinstance(found, list):
        return any(map(holds_array, found))
    return isinstance(found, str) and found.endswith("]") and "[" in found


def run_torch(program: Program, calls: collections.Counter[str]) -> Any:
    """The structure of `out`; the calls of torch's functions are counted."""
    from torch.overrides import TorchFunctionMode, resolve_name

    class Count(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            calls[resolve_name(function) or getattr(function, "__name__", "?")] += 1
            return function(*args, **(kwargs or {}))

    return structure(on_a_device(program, Count)["out"])


def on_a_device(
    program: Program,
    mode: Callable[[], AbstractContextManager[Any]] = nullcontext,
    devices: Sequence[str] = ("meta", "cpu"),
) -> dict[str, Any]:
    """The names of a program of torch that ran: on the first device, or the last if it needs numbers."""
    import torch

    code = compile(program.text, program.name, "exec")
    for device in devices[-1:] if program.depends_on_data else devices:
        scope: dict[str, Any] = {"__name__": "__main__"}
        torch.manual_seed(0)
        try:
            with torch.no_grad(), torch.device(device), mode():
                exec(code, scope)
        except (NotImplementedError, RuntimeError) as error:  # reads numbers, which the meta device has none of
            if device == "cpu" or "meta" not in str(error):
                raise
            continue
        return scope
    raise RuntimeError("runs on no device")


def run_jax(program: Program, calls: collections.Counter[str]) -> Any:
    """The structure of `out`."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(program.text, program.name, "exec"), scope)
    return structure(scope["out"])


def main(wanted: list[str]) -> int:
    """Record all libraries, or those named."""
    failed = 0
    for library in LIBRARIES:
        listed = [program for program in programs() if program.library == library]
        if not listed or (wanted and library not in wanted):
            continue
        calls: collections.Counter[str] = collections.Counter()
        results: dict[str, Any] = {}
        for program in listed:
            start = time.time()
            try:
                results[program.name] = (run_jax if library == "jax" else run_torch)(program, calls)
            except Exception as error:
                failed += 1
                print(f"{program.name}: {type(error).__name__}: {str(error)[:300]}")
                continue
            print(f"{program.name}: {time.time() - start:.1f} s", flush=True)
        ANSWERS.mkdir(exist_ok=True)
        text = json.dumps({"results": results, "calls": dict(sorted(calls.items()))}, indent=1)
        (ANSWERS / f"{library}.json").write_text(text + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
