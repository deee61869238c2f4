"""What is live where: last uses per block, users of values, and how blocks nest."""

from __future__ import annotations

from dataclasses import dataclass, field

from tangra.ir import ArrayType, Block, Func, Op, Value


@dataclass
class BlockInfo:
    """`last_use`: per value id the last operation of the block that reads it, itself or in a nested block.
    `free`: the values among them that are defined outside of the block. `parent`: the operation that holds the block
    and the block that operation is in. `binds_dims`: whether it, or a block in it, gives a run-time size a name."""

    block: Block
    last_use: dict[int, int] = field(default_factory=dict)
    free: dict[int, Value] = field(default_factory=dict)
    parent: tuple[Op, Block] | None = None
    binds_dims: bool = False


End = tuple[Op, int]
"""An operation, and the operand of it that a loop nest computes (0 where the operation itself is the nest)."""


class Liveness:
    """Facts about one function, computed in one walk."""

    def __init__(self, func: Func) -> None:
        self.infos: dict[int, BlockInfo] = {}
        self.users: dict[int, list[tuple[Op, Block]]] = {}
        self._ends: dict[int, End] = {}
        self._met: set[int] = set()
        self._visit(func.body, None)

    def _visit(self, block: Block, parent: tuple[Op, Block] | None) -> BlockInfo:
        info = BlockInfo(block, parent=parent)
        self.infos[id(block)] = info
        defined = {id(v) for v in block.args}
        for position, op in enumerate(block.ops):
            info.binds_dims |= op.name == "bind_dim"
            for v in op.operands:
                self._use(info, v, position, defined)
                self.users.setdefault(id(v), []).append((op, block))
            for region in op.regions:
                inner = self._visit(region, (op, block))
                info.binds_dims |= inner.binds_dims
                for v in inner.free.values():
                    self._use(info, v, position, defined)
            defined.update(id(v) for v in op.results)
        return info

    def _use(self, info: BlockInfo, value: Value, position: int, defined: set[int]) -> None:
        info.last_use[id(value)] = position
        if id(value) not in defined:
            info.free[id(value)] = value

    def info(self, block: Block) -> BlockInfo:
        return self.infos[id(block)]

    def free_values(self, block: Block) -> list[Value]:
        """Values that `block` or a nested block reads and that are defined outside of `block`."""
        return list(self.info(block).free.values())

    def meets(self, value: Value, block: Block) -> bool:
        """Whether one loop nest computes all that is made of the array `value` (of `block`): elementwise operations and
        what they end in."""
        if id(block) not in self._met:
            self._met.add(id(block))
            for op in reversed(block.ops):
                for v in op.results:
                    end = self._end(v, block)
                    if end is not None:
                        self._ends[id(v)] = end
        return id(value) in self._ends

    def finished(self, value: Value, block: Block) -> bool:
        """Whether elementwise operations of `block` alone read the array `value`, and they make one array of its shape,
        which is not summed up at once."""
        users = self.users.get(id(value), [])
        if not self.meets(value, block) or self._ends[id(value)][0].name.startswith("reduce_"):
            return False
        return all(op.defn.elementwise and op.result.shape == value.shape for op, _ in users)

    def _end(self, value: Value, block: Block) -> End | None:
        ends: set[End] = set()
        for op, at in self.users.get(id(value), []):
            if at is not block or op.regions:
                return None
            if op.defn.elementwise and isinstance(op.result.type, ArrayType) and op.result.shape:
                ends.add(self._ends.get(id(op.result), (op, 0)))
            elif op.name.startswith("reduce_"):
                ends.add((op, 0))
            else:
                ends.update((op, k) for k, v in enumerate(op.operands) if v is value)
        return ends.pop() if len(ends) == 1 else None

    def read_beside(self, value: Value, block: Block) -> bool:
        """Whether all that read `value` are operations of `block` itself, without regions."""
        return all(at is block and not op.regions for op, at in self.users.get(id(value), []))

    def read_once(self, value: Value, block: Block) -> bool:
        """Whether one operation alone reads `value` (of `block`), once per run of its definition at most."""
        users = self.users.get(id(value), [])
        if not users or any(op is not users[0][0] for op, _ in users):
            return False
        at = users[0][1]
        while at is not block:
            parent = self.info(at).parent
            if parent is None or parent[0].name == "loop":
                return False
            at = parent[1]
        return True
