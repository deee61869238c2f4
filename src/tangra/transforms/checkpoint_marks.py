"""Marking loops for checkpointing: the attribute `checkpoint` tells reverse mode how to go back through a loop, and
means nothing to anything else."""

from __future__ import annotations

from tangra.ir import Block, Func, Op
from tangra.ir.graph import clone_func
from tangra.transforms.checkpoint_plan import Plan

MARK = "checkpoint"


def mark_loops(func: Func, plan: Plan) -> Func:
    """`func` with its outermost loops marked, those in functions that it calls too. Lanes of a `vmap` are no loop of
    the program's; those inside are. What is marked already stays."""
    return _Marking(plan).func(func)


class _Marking:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.made: dict[int, Func] = {}
        self.alive: list[Func] = []

    def func(self, func: Func) -> Func:
        if id(func) not in self.made:
            self.alive.append(func)
            self.made[id(func)] = new = clone_func(func)
            self.block(new.body)
        return self.made[id(func)]

    def block(self, block: Block) -> None:
        for op in block.ops:
            callee = op.attrs.get("callee")
            if isinstance(callee, Func):
                op.attrs = {**op.attrs, "callee": self.func(callee)}
            if op.name == "loop" and not op.attrs["parallel"]:
                mark(op, self.plan)
                continue
            for region in op.regions:
                self.block(region)


def mark(loop: Op, plan: Plan) -> None:
    """Mark a loop that has no mark yet."""
    if MARK not in loop.attrs:
        loop.attrs = {**loop.attrs, MARK: plan}


def marked(op: Op) -> Plan | None:
    """How reverse mode is to go back through a loop; None for keeping what it needs.

    A loop that writes or reads a tape of something around it has to keep its pace with that, and is not checkpointed.
    """
    plan = op.attrs.get(MARK)
    if plan is None or any(o.name in ("tape_push", "tape_pop") for o in op.regions[0].walk()):
        return None
    policy, memory, snapshots = plan
    return str(policy), int(memory), int(snapshots)
