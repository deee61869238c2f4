"""Run-time branches: both arms are evaluated from copies of the state into blocks of their own, then joined."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tangra.api.kinds import PYBOOL
from tangra.api.values import AbstractValue, Const, Scalar
from tangra.frontend import conversion, exchanges, narrowing, plans, symbols
from tangra.frontend.heap import BROKEN, CONTINUED, RESULT, RETURNED, PathEnds, Result, State
from tangra.frontend.joining import Join
from tangra.frontend.liveness import Live, liveness
from tangra.frontend.putting_off import UNSETTLED, put_off
from tangra.ir import Block, Op, Value

if TYPE_CHECKING:
    from tangra.frontend.evaluator import Evaluator

EXITS = (RETURNED, BROKEN, CONTINUED)
CHOSEN = "the value of the expression"


@dataclass
class Arm:
    """One side of a branch after its evaluation."""

    block: Block
    state: State

    @property
    def exited(self) -> bool | None:
        """Whether control has left the statement list: certainly, certainly not, or None for sometimes."""
        return exit_status(self.state)

    def needed(self, exits: frozenset[str] | None) -> frozenset[str] | None:
        """The local names that may be read after it, where it certainly leaves: after a `return` none, after `break`
        and `continue` `exits`; else None."""
        flag = self.state.env.get(RETURNED)
        if isinstance(flag, Const) and flag.value:
            return frozenset()
        return exits if self.exited else None


def exit_status(state: State) -> bool | None:
    """Whether `return`, `break` or `continue` was executed: True, False, or None where it depends on the run."""
    flags = [state.env.get(name, Const(False)) for name in EXITS]
    if any(isinstance(flag, Const) and flag.value for flag in flags):
        return True
    if state.leaving and state.leaving <= {flag.value for flag in flags if isinstance(flag, Scalar)}:
        return True
    return False if all(isinstance(flag, Const) for flag in flags) else None


def exit_flag(ev: Evaluator, exits: Sequence[str] = EXITS) -> Value:
    """The run-time condition that one of the exits was taken."""
    found: Value | None = None
    for name in exits:
        flag = ev.state.env.get(name)
        if isinstance(flag, Scalar):
            found = flag.value if found is None else ev.b("or", found, flag.value)
    assert found is not None, "no exit depends on the run"
    return found


def exec_block(ev: Evaluator, statements: Sequence[ast.stmt]) -> None:
    """Execute statements in order; what follows one that may exit runs only where it did not."""
    for k, node in enumerate(statements):
        rest = statements[k + 1 :]
        if isinstance(node, ast.If):
            with ev.at(node):
                exec_if(ev, node, rest)
            return
        if k and exchanges.in_steps(ev, statements[k - 1 : k + 2]):
            exec_block(ev, rest[1:])
            return
        ev.exec(node)
        if rest and continue_rest(ev, rest):
            return


def continue_rest(ev: Evaluator, rest: Sequence[ast.stmt]) -> bool:
    """If control may have left, run `rest` under the condition that it did not; True if `rest` is dealt with."""
    exited = exit_status(ev.state)
    if exited is None:
        unless_exited(ev, lambda: exec_block(ev, rest))
        return True
    return exited


def unless_exited(
    ev: Evaluator, action: Callable[[], object], exits: Sequence[str] = EXITS, live: Live | None = None
) -> None:
    """Run an action where no exit was taken; on the other side it is known which one was, if there is only one."""
    open_flags = [name for name in exits if isinstance(ev.state.env.get(name), Scalar)]

    def left() -> None:
        if len(open_flags) == 1:
            ev.state.env[open_flags[0]] = Const(True)

    def stayed() -> None:
        for name in open_flags:
            ev.state.env[name] = Const(False)
        if RETURNED in open_flags:
            ev.state.env.pop(RESULT, None)  # that of the other side
        action()

    branch(ev, exit_flag(ev, exits), left, stayed, live)


def exec_if(ev: Evaluator, node: ast.If, rest: Sequence[ast.stmt]) -> None:
    """An `if` with the statements that follow it in its block."""
    from tangra.frontend import conditions

    cond = conditions.evaluate(ev, node.test)
    if isinstance(cond, Const):
        exec_block(ev, [*(node.body if cond.value else node.orelse)])
        if rest and not continue_rest(ev, rest):
            exec_block(ev, rest)
        return
    assert isinstance(cond, Scalar)
    live = live_names(ev, node)
    base = ev.state
    arms = [
        run_arm(ev, cond.value, True, lambda: exec_block(ev, node.body)),
        run_arm(ev, cond.value, False, lambda: exec_block(ev, node.orelse)),
    ]
    running = [arm for arm in arms if not arm.state.dead and arm.exited is not True]
    leaving = [arm for arm in arms if not arm.state.dead and arm.exited is not False]
    if rest and leaving and len(running) == 1:
        resume(ev, running[0], rest)
        join_arms(ev, cond.value, base, arms, None if live is None else replace(live, after=live.end))
        return
    join_arms(ev, cond.value, base, arms, live)
    if rest and not continue_rest(ev, rest):
        exec_block(ev, rest)


def live_names(ev: Evaluator, node: ast.stmt) -> Live | None:
    """Names that may be read after a statement; None if unknown."""
    assert ev.frame is not None
    return liveness(ev.frame.definition.node).get(id(node))


def run_arm(ev: Evaluator, cond: Value, holds: bool, body: Callable[[], object]) -> Arm:
    """Evaluate one side of a branch into a new block."""
    arm = Arm(Block(), ev.state.copy())
    outer, ev.state = ev.state, arm.state
    symbols.assume(ev, cond, holds)
    frame = ev.frame
    try:
        with ev.b.at(arm.block):
            body()
    except PathEnds:
        ev.frame = frame
    except UNSETTLED as error:
        put_off(ev, error)
        ev.frame = frame
    finally:
        arm.state, ev.state = ev.state, outer
    return arm


def resume(ev: Evaluator, arm: Arm, rest: Sequence[ast.stmt]) -> None:
    """Go on with `rest` at the end of an arm."""
    outer, ev.state = ev.state, arm.state
    frame = ev.frame
    try:
        with ev.b.at(arm.block):
            if arm.exited is None:
                continue_rest(ev, rest)
            else:
                exec_block(ev, rest)
    except PathEnds:
        pass
    except UNSETTLED as error:
        put_off(ev, error)
        ev.frame = frame
    finally:
        arm.state, ev.state = ev.state, outer


def branch(
    ev: Evaluator, cond: Value, then: Callable[[], object], other: Callable[[], object], live: Live | None
) -> None:
    """Run one of two actions, as `cond` says at run time."""
    base = ev.state
    arms = [run_arm(ev, cond, True, then), run_arm(ev, cond, False, other)]
    join_arms(ev, cond, base, arms, live)


def choose(
    ev: Evaluator, cond: AbstractValue, then: Callable[[], AbstractValue], other: Callable[[], AbstractValue]
) -> AbstractValue:
    """The value of one of two expressions, as `cond` says."""
    return conversion.slot(ev, choose_slot(ev, cond, then, other), CHOSEN)


def choose_slot(ev: Evaluator, cond: AbstractValue, then: Callable[[], Result], other: Callable[[], Result]) -> Result:
    """The same of expressions that may be None on some paths."""
    if isinstance(cond, Const):
        return then() if cond.value else other()
    assert isinstance(cond, Scalar)
    name = f"$choice{len(ev.state.env)}"

    def into(value: Callable[[], Result]) -> Callable[[], None]:
        def run() -> None:
            found = value()
            ev.state.env[name] = found

        return run

    branch(ev, cond.value, into(then), into(other), None)
    return ev.state.env.pop(name)  # type: ignore[return-value]


def join_arms(ev: Evaluator, cond: Value, base: State, arms: list[Arm], live: Live | None) -> None:
    """Emit the `if` and make the state after it, which holds the names that are live."""
    dead = [arm.state.dead for arm in arms]
    if any(dead):
        _leave(ev, cond, arms, dead)
        return
    for arm in arms:
        narrowing.widen(base, arm.state)
    first, second = (arm.needed(None if live is None else live.exits) for arm in arms)
    names = None if live is None else live.after
    if first is not None and second is not None:
        names = first | second
    join = Join(ev, base, (arms[0].state, arms[1].state), names, None, (first, second))
    plan = join.make_plan()
    for side, arm in enumerate(arms):
        outer, ev.state = ev.state, arm.state
        with ev.b.at(arm.block):
            ev.b.yield_(*plans.plan_values(ev, plan, side, join.needed[side]))
        ev.state = outer
    results: list[Value] = []
    if arms[0].block.terminator.operands or any(has_effect(arm.block) for arm in arms):
        results = ev.b.emit("if", [cond], {}, [arm.block for arm in arms]).results
    ev.state = plans.plan_state(ev, plan, base, results)
    if all(arm.exited for arm in arms):  # perhaps by exits that differ: each flag is open then, but one is set
        flags = [ev.state.env.get(name) for name in EXITS]
        ev.state.leaving = frozenset(flag.value for flag in flags if isinstance(flag, Scalar))


def _leave(ev: Evaluator, cond: Value, arms: list[Arm], dead: list[bool]) -> None:
    """A branch of which at least one arm certainly raises: what follows is the other arm."""
    if all(dead):
        for arm in arms:
            with ev.b.at(arm.block):
                ev.b.yield_()
        ev.b.emit("if", [cond], {}, [arm.block for arm in arms])
        ev.state = arms[0].state
        raise PathEnds
    failing, other = (arms[0], arms[1]) if dead[0] else (arms[1], arms[0])
    if _only_fails(failing.block):
        *before, last = failing.block.ops
        ev.b.block.ops.extend(before)
        last.operands[0] = cond if dead[0] else ev.b("not", cond)
        ev.b.block.ops.append(last)
    else:
        blocks = [Block(), Block()]
        blocks[0 if dead[0] else 1] = failing.block
        for block in blocks:
            with ev.b.at(block):
                ev.b.yield_()
        ev.b.emit("if", [cond], {}, blocks)
    ev.b.block.ops.extend(other.block.ops)
    ev.state = other.state


def has_effect(block: Block) -> bool:
    """Whether anything in a block must not be removed."""
    return any(op.defn.effect or op.name == "call" for op in block.walk())


def is_speculable(op: Op) -> bool:
    """Whether an operation may run although the condition it stood under does not hold."""
    return op.defn.elementwise or op.name in ("constant", "dim", "undef")


def _only_fails(block: Block) -> bool:
    """Whether a block computes nothing but the payload of one certain failure at its end."""
    if not block.ops or block.ops[-1].name != "fail_if":
        return False
    op = block.ops[-1].operands[0].defining_op
    certain = op is not None and op.name == "constant" and bool(op.attrs["value"])
    return certain and all(is_speculable(o) for o in block.ops[:-1])


def both(
    ev: Evaluator, operator: str, cond: Scalar, left: AbstractValue, right: Callable[[], AbstractValue]
) -> AbstractValue:
    """`left and right()` or `left or right()`, with `cond` the run-time truth of `left`: one operation on bools where
    evaluating the right side early can do no harm, else a branch. `left and False` is known, whatever `left` is."""
    base = ev.state
    name = "$" + operator

    def evaluate() -> None:
        ev.state.env[name] = right()

    arm = run_arm(ev, cond.value, operator == "and", evaluate)
    narrowing.widen(base, arm.state)
    value = arm.state.env.get(name)
    simple = isinstance(value, Const) and isinstance(value.value, bool)
    simple = simple or (isinstance(value, Scalar) and value.kinds == (PYBOOL,))
    is_bool = isinstance(left, Scalar) and left.kinds == (PYBOOL,)
    settled = is_bool and simple and isinstance(value, Const) and value.value is (operator == "or")
    if simple and is_bool and _only_computed(arm, base, name) and all(is_speculable(op) for op in arm.block.ops):
        assert isinstance(value, (Const, Scalar))
        ev.b.block.ops.extend(arm.block.ops)
        if settled:
            return value
        return Scalar(ev.b(operator, cond.value, ev.number(value).value), (PYBOOL,))
    other = Arm(Block(), base.copy())
    other.state.env[name] = left
    arms = [arm, other] if operator == "and" else [other, arm]
    join_arms(ev, cond.value, base, arms, None)
    chosen = _chosen(ev, name)
    return value if settled and isinstance(value, Const) else chosen


def _only_computed(arm: Arm, base: State, name: str) -> bool:
    """Whether an arm did nothing but give a value: no name was bound, no object changed, and it ends."""
    bound = {k: v for k, v in arm.state.env.items() if k != name}
    same_names = bound.keys() == base.env.keys() and all(v is base.env[k] for k, v in bound.items())
    changed = any(
        base.heap.get(ref) is not state for ref, state in arm.state.heap.items() if ref in base.heap or ref < 0
    )
    return same_names and not changed and not arm.state.dead


def _chosen(ev: Evaluator, name: str) -> AbstractValue:
    return conversion.slot(ev, ev.state.env.pop(name), CHOSEN)  # type: ignore[arg-type]


def flag(value: Value) -> Scalar:
    """A run-time bool as the content of an exit flag."""
    return Scalar(value, (PYBOOL,))
