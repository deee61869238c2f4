"""Forward mode: a function that computes results and their tangents together.

Works op by op through all regions. A tangent that is structurally zero is None and costs nothing; where control flow
needs a value on every path (loop state, arms of an `if`, tapes) zeros are made. Which state carries a tangent is known
beforehand from the activity analysis.
"""

from __future__ import annotations

from collections.abc import Sequence

from tangra.ir import Block, Builder, Func, Op, Value
from tangra.ir.types import ArrayType
from tangra.transforms.activity import Activity, analyse, carried_args, carried_operands, carried_yields, is_float
from tangra.transforms.dce import ops_behind_results
from tangra.transforms.errors import TransformError
from tangra.transforms.rules import (
    check_captured,
    copy_op,
    emit_call,
    float_positions,
    float_results,
    inherited,
    refuse,
    strip_state,
    times,
)

Memo = dict[tuple[int, tuple[bool, ...]], Func]


def jvp(func: Func, active: Sequence[bool], memo: Memo | None = None) -> Func:
    """The forward derivative of `func`.

    Parameters: those of `func`, then a tangent for every parameter flagged in `active` (which must be floating point).
    Results: those of `func`, then a tangent for every floating-point result. `attrs["structural_zero"]` says of each
    of these tangents whether it is zero whatever the arguments are; `attrs["cuts"]` holds the operations that stopped
    a derivative. Raises `TransformError` for operations without a derivative.
    """
    memo = {} if memo is None else memo
    key = (id(func), tuple(active))
    if key not in memo:
        memo[key] = _Forward(func, active, memo).run()
    return memo[key]


class _Forward:
    def __init__(self, func: Func, active: Sequence[bool], memo: Memo) -> None:
        self.func = func
        self.active = list(active)
        self.memo = memo
        self.activity: Activity = analyse(func, active)
        self.primal: dict[int, Value] = {}
        self.tangent: dict[int, Value] = {}
        self.b = Builder()

    def run(self) -> Func:
        body = self.b.block
        for p in self.func.params:
            self.primal[id(p)] = body.add_arg(p.type, p.name)
        for p, flag in zip(self.func.params, self.active, strict=True):
            if flag:
                self.tangent[id(p)] = body.add_arg(p.type, f"d{p.name}" if p.name else "")
        self.block(self.func.body)
        returned = [self.func.returned[k] for k in float_results(self.func)]
        zero = tuple(id(v) not in self.tangent for v in returned)
        self.b.return_(*(self.primal[id(v)] for v in self.func.returned), *(self.dense(v) for v in returned))
        behind = ops_behind_results(self.func)
        attrs = {
            **inherited(self.func),
            "structural_zero": zero,
            "cuts": tuple(op for op in self.activity.cuts.values() if id(op) in behind),
        }
        return Func(f"jvp_{self.func.name}", body, attrs)

    def dense(self, v: Value) -> Value:
        """The tangent of `v`, zeros where it is structurally zero."""
        tangent = self.tangent.get(id(v))
        return tangent if tangent is not None else self.b.zeros(self.primal[id(v)].array)

    def block(self, block: Block) -> None:
        """Everything in `block` but its terminator."""
        for op in block.ops[:-1]:
            with self.b.spanned(op.span):
                special = getattr(self, f"op_{op.name}", None)
                if special is not None:
                    special(op)
                else:
                    self.plain(op)

    def plain(self, op: Op) -> None:
        new = copy_op(self.b, op, self.primal)
        if not any(self.activity.is_varied(r) for r in op.results):
            return
        tangents = [self.tangent.get(id(v)) for v in op.operands]
        if all(t is None for t in tangents):
            return
        for r, t in zip(op.results, self.rule(new, tangents), strict=True):
            if t is not None and is_float(r):
                self.tangent[id(r)] = t

    def rule(self, op: Op, tangents: list[Value | None]) -> list[Value | None]:
        if not op.defn.differentiable:
            raise refuse(op, "jvp")
        if op.defn.jvp is not None:
            return op.defn.jvp(self.b, op, tangents)
        if op.defn.partials is None:
            raise refuse(op, "jvp")
        total: Value | None = None
        for t, p in zip(tangents, op.defn.partials(self.b, op), strict=True):
            if t is not None and p is not None:
                term = times(self.b, t, p, op.defn.strong_zero)
                total = term if total is None else self.b("add", total, term)
        return [total]

    def op_fail_if(self, op: Op) -> None:
        strip_state(copy_op(self.b, op, self.primal))

    def region(self, block: Block, results: Sequence[Value], flagged: Sequence[Value]) -> Block:
        """Transform into the current block; yield `results` and the tangents of `flagged`."""
        self.block(block)
        self.b.yield_(*(self.primal[id(v)] for v in results), *(self.dense(v) for v in flagged))
        return self.b.block

    def define(self, op: Op, new: Op, varied: Sequence[int]) -> None:
        """Name the results of `new`: those of `op`, then the tangents of the positions in `varied`."""
        count = len(op.results)
        for old, r in zip(op.results, new.results[:count], strict=True):
            r.name = old.name
            self.primal[id(old)] = r
        for k, r in zip(varied, new.results[count:], strict=True):
            self.tangent[id(op.results[k])] = r

    def op_if(self, op: Op) -> None:
        varied = [k for k, r in enumerate(op.results) if self.activity.is_varied(r)]
        arms = []
        for region in op.regions:
            yields = region.terminator.operands
            with self.b.at(Block()):
                arms.append(self.region(region, yields, [yields[k] for k in varied]))
        self.define(op, self.b.emit("if", [self.primal[id(op.operands[0])]], {}, arms), varied)

    def op_loop(self, op: Op) -> None:
        inits, args, yields = carried_operands(op), carried_args(op), carried_yields(op)
        varied = [k for k, a in enumerate(args) if self.activity.is_varied(a)]
        operands = [self.primal[id(v)] for v in op.operands] + [self.dense(inits[k]) for k in varied]
        with self.b.at(Block()) as body:
            for a in op.regions[0].args:
                self.primal[id(a)] = body.add_arg(a.type, a.name)
            for k in varied:
                self.tangent[id(args[k])] = body.add_arg(args[k].type)
            self.region(op.regions[0], op.regions[0].terminator.operands, [yields[k] for k in varied])
        self.define(op, self.b.emit("loop", operands, dict(op.attrs), [body]), varied)

    def op_call(self, op: Op) -> None:
        callee: Func = op.attrs["callee"]
        flags = [id(v) in self.tangent for v in op.operands]
        operands = [self.primal[id(v)] for v in op.operands]
        if not any(flags):
            new = self.b.emit("call", operands, dict(op.attrs))
            strip_state(new)
            self.define(op, new, [])
            return
        derived = jvp(callee, flags, self.memo)
        tangents = [self.tangent[id(v)] for v, flag in zip(op.operands, flags, strict=True) if flag]
        varied = float_positions(op.results)
        types = [r.type for r in op.results] + [op.results[k].type for k in varied]
        self.define(op, emit_call(self.b, derived, [*operands, *tangents], types), varied)

    def op_custom_derivative(self, op: Op) -> None:
        operands = [self.primal[id(v)] for v in op.operands]
        if not any(id(v) in self.tangent for v in op.operands):
            self.define(op, self.b.emit("custom_derivative", operands, dict(op.attrs)), [])
            return
        check_captured(op, [id(v) in self.tangent for v in op.operands])
        rule: Func | None = op.attrs.get("jvp")
        if rule is None:
            raise TransformError(
                "this function has a rule for reverse mode only (custom_vjp), and forward mode is asked for",
                op.span,
                "use reverse mode (tg.grad, tg.vjp, tg.jacrev), or give the function a custom_jvp rule",
            )
        tangents = [self.dense(op.operands[k]) for k in float_positions(op.operands)]
        varied = float_positions(op.results)
        types = [r.type for r in op.results] + [op.results[k].type for k in varied]
        self.define(op, emit_call(self.b, rule, [*operands, *tangents], types), varied)

    def op_tape_new(self, op: Op) -> None:
        handle = op.result
        record = list(op.attrs["record"])
        record += [record[k] for k in self.fields(handle, record)]
        new = self.b.emit("tape_new", [], {**op.attrs, "record": tuple(record)})
        self.primal[id(handle)] = new.result

    def fields(self, tape: Value, record: Sequence[ArrayType]) -> list[int]:
        return [k for k in range(len(record)) if (id(tape), k) in self.activity.varied_fields]

    def op_tape_push(self, op: Op) -> None:
        tape, *values = op.operands
        fields = self.fields(tape, [v.array for v in values])
        operands = [self.primal[id(v)] for v in op.operands] + [self.dense(values[k]) for k in fields]
        self.b.emit("tape_push", operands, dict(op.attrs))

    def op_tape_pop(self, op: Op) -> None:
        tape = op.operands[0]
        fields = self.fields(tape, [r.array for r in op.results])
        self.define(op, self.b.emit("tape_pop", [self.primal[id(tape)]], dict(op.attrs)), fields)
