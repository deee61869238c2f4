"""How many dimensions the arrays have that a function gets which nobody calls: found by what it does with them first.

Such a function is evaluated in silence up to the first operation on an argument that works only for one rank, or for
one and the same with a batch (a convolution, `B, C, H, W = x.shape`). From then on the argument has that rank, and
sizes of its own; the function begins again. Where two ranks fit, what is reported has to fail for both.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tangra.checker.heap import OneOf, Value
from tangra.shape_rules.failures import RuleError
from tangra.shape_rules.values import Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

RANKS = (5, 4, 3, 2, 1)
"""What is tried, the likeliest of two first: layers take batches."""
MAX_PROBES = 4
"""Operations on an argument that are tried before its rank stays unknown."""
LETTERS = {2: "NC", 3: "NLC", 4: "NCHW", 5: "NCDHW"}


class RankFound(BaseException):
    """An argument has one of these ranks; or (without a name) none that is asked about can be found."""

    def __init__(self, name: str | None = None, ranks: tuple[int, ...] = ()) -> None:
        super().__init__(name)
        self.name, self.ranks = name, ranks


@dataclass(eq=False)
class Asked:
    """An argument whose rank is asked for. `value` stands for it, by identity."""

    name: str
    value: Value
    library: str
    probes: int = 0


def array_of(ev: Evaluator, library: str, rank: int, dtype: str | None) -> Tensor:
    """An array of a rank, with sizes that whoever calls decides."""
    letters = LETTERS.get(rank, "NCDHWKLM"[:rank])
    return Tensor(library, tuple(ev.ctx.flexible(letter) for letter in letters), dtype)


def learn_rank(ev: Evaluator, operation: Callable[..., Value], operands: Sequence[Value]) -> None:
    """Ask an operation for the ranks of the arguments among its operands. Raises `RankFound`."""
    for value in _flat(operands):
        asked = ev.asked.get(id(value))
        if asked is None or asked.probes >= MAX_PROBES or any(type(each) is OneOf for each in _flat(operands)):
            continue
        asked.probes += 1
        fitting = tuple(rank for rank in RANKS if _fits(ev, operation, operands, asked, rank))
        if 0 < len(fitting) <= 2 and fitting[0] - fitting[-1] == len(fitting) - 1:
            raise RankFound(asked.name, fitting)
        give_up(ev)


def learn_count(ev: Evaluator, value: Value, targets: ast.expr) -> None:
    """`a, b, c = x.shape` says how many dimensions `x` has. Raises `RankFound`."""
    asked = ev.asked.get(id(value))
    parts = targets.elts if isinstance(targets, ast.Tuple | ast.List) else []
    if asked is not None and parts and not any(isinstance(part, ast.Starred) for part in parts):
        raise RankFound(asked.name, (len(parts),))


def give_up(ev: Evaluator) -> None:
    """Go on at once where nothing more is to be found out."""
    if all(asked.probes >= MAX_PROBES for asked in ev.asked.values()):
        raise RankFound


def _flat(operands: Sequence[Value]) -> Iterator[Value]:
    """The operands, and those in the lists and dicts of arguments among them."""
    for operand in operands:
        if type(operand) is list or type(operand) is tuple:
            yield from operand
        elif type(operand) is dict:
            yield from operand.values()
        else:
            yield operand


def _fits(ev: Evaluator, operation: Callable[..., Value], operands: Sequence[Value], asked: Asked, rank: int) -> bool:
    """Whether the operation takes the argument with this rank."""
    dtype = asked.value.dtype if isinstance(asked.value, Tensor) else None
    array = array_of(ev, asked.library, rank, dtype)

    def replaced(operand: Value) -> Value:
        if type(operand) is list or type(operand) is tuple:
            return type(operand)(array if item is asked.value else item for item in operand)
        if type(operand) is dict:
            return {name: array if item is asked.value else item for name, item in operand.items()}
        return array if operand is asked.value else operand

    mark, facts = ev.journal.open(), ev.ctx.facts
    try:
        operation(*map(replaced, operands))
    except RuleError:
        return False
    except Exception:  # whatever it is, it is told when the function is evaluated
        return True
    finally:
        ev.journal.undo(mark)
        ev.journal.close()
        ev.ctx.restore(facts)
    return True


def may_be_asked(value: Value, is_layer: bool) -> bool:
    """Whether an argument, made from its annotation, is an array of unknown rank; of layers, one without annotation may
    be one too."""
    if isinstance(value, Tensor):
        return value.shape is None
    return is_layer and isinstance(value, Unknown) and value.kind is None
