"""Counts of work: element operations, copies that in-place execution could not avoid, and bytes on tapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tangra.ir import Func, Op
from tangra.ir.interpreter import _Run

WRITES = {"update", "accumulate", "scatter", "scatter_add"}
FREE = {"constant", "dim", "undef", "empty", "reshape", "transpose", "iota"}


@dataclass
class Work:
    elements: int = 0
    copied: int = 0
    pushed: int = 0
    tape_bytes: int = 0
    by_name: dict[str, int] = field(default_factory=dict)


class Counter(_Run):
    """Runs like the interpreter and counts. A write consumes the array it writes to; reading the old version later
    means that a copy had to be made."""

    def __init__(self) -> None:
        super().__init__({}, None)
        self.work = Work()
        self.consumed: dict[int, Any] = {}
        self.live_bytes = 0

    def op(self, op: Op, env: dict[int, Any], symbols: dict[str, int]) -> Sequence[Any]:
        if not op.regions and op.name not in ("tape_push", "tape_pop"):
            for v in op.operands:
                self.read(env[id(v)])
        if op.name == "tape_push":
            size = sum(np.asarray(env[id(v)]).nbytes for v in op.operands[1:])
            self.work.pushed += sum(np.size(env[id(v)]) for v in op.operands[1:])
            self.live_bytes += size
            self.work.tape_bytes = max(self.work.tape_bytes, self.live_bytes)
        results = super().op(op, env, symbols)
        if op.name == "tape_pop":
            self.live_bytes -= sum(np.asarray(r).nbytes for r in results)
        elif op.name in WRITES:
            target = env[id(op.operands[0])]
            self.consumed[id(target)] = target
            self.work.elements += int(np.size(env[id(op.operands[1])]))
        elif not op.regions and op.name not in FREE and results:
            self.work.elements += int(np.size(results[0]))
            self.work.by_name[op.name] = self.work.by_name.get(op.name, 0) + int(np.size(results[0]))
        return results

    def read(self, value: Any) -> None:
        if id(value) in self.consumed and isinstance(value, np.ndarray):
            self.work.copied += value.size
            del self.consumed[id(value)]


def work(func: Func, args: Sequence[Any]) -> Work:
    """The work of one run of `func`."""
    counter = Counter()
    counter.call(func, [np.asarray(a)[()] for a in args])
    return counter.work
