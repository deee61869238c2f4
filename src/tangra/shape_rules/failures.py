"""What a rule says when a call can't work: a code, one line, and the error that the run would end in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tangra.errors import declare

BROADCAST = declare("TG510", "shapes that don't broadcast")
MATMUL = declare("TG511", "inner sizes of a matrix product that differ")
RESHAPE = declare("TG512", "a reshape to another number of elements")
AXIS = declare("TG513", "an axis out of range, or given twice")
RANK = declare("TG514", "an array with the wrong number of dimensions")
JOIN = declare("TG515", "arrays to concatenate or stack that differ off the joined axis")
WIDTH = declare("TG516", "a layer or operation fed with another width than it takes")
WINDOW = declare("TG517", "a window larger than its input")
DIVIDE = declare("TG518", "a size that does not divide")
DTYPE = declare("TG519", "an operand of a dtype the operation does not take")
INDEX = declare("TG520", "an index or slice that does not fit the array")
PATTERN = declare("TG521", "a pattern of einsum or einops that does not fit its operands")
CALL = declare("TG522", "a call with arguments the function does not take")
STRIDE = declare("TG523", "a view of an array whose memory is not in order")
TARGET = declare("TG524", "a loss whose target does not fit its input")
STATE = declare("TG525", "a recurrent state of the wrong shape")
ARGUMENT = declare("TG526", "an argument with a value the operation does not take")
COUNT = declare("TG527", "an operation for one element on an array of several")
SMALL = declare("TG528", "too few values to normalise")
MISMATCH = declare("TG529", "operands whose shapes have to agree and don't")
SILENT = declare("TG530", "a broadcast in which both sides grow, consumed by a loss or reduction")
SQUEEZE = declare("TG531", "a squeeze that may drop an axis of unknown size")
EMPTY = declare("TG532", "a reduction of nothing")
LABEL = declare("TG533", "a label of einsum that is 1 in one operand and more in another")
REPEATED = declare("TG535", "a loss that repeats one operand to the size of the other")
STATE_DICT = declare("TG534", "a state dict that does not fit the module it is loaded into")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call fails. `message` may be a function, called only if the failure is shown.

    `error` is the exception that the run ends in; `fix` says what to change, if that is known.
    """

    code: str
    message: str | Callable[[], str]
    error: str = "RuntimeError"
    notes: tuple[str, ...] = ()
    fix: str | None = None

    @property
    def text(self) -> str:
        """The message."""
        return self.message if isinstance(self.message, str) else self.message()


class RuleError(Exception):
    """A call that certainly fails; `.failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    @property
    def code(self) -> str:
        """The diagnostic's code."""
        return self.failure.code

    def __str__(self) -> str:
        return f"{self.failure.text} [{self.failure.code}, {self.failure.error}]"
