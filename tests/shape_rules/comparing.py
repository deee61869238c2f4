"""Our answer to a call, beside the recorded one of the library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tangra.shape_rules import BaseContext, RuleError, Tensor, operators
from tangra.shape_rules.testing import apply_in, call_method, read_attribute
from tests.shape_rules.draws import Built, Call, Case, draw
from tests.shape_rules.texts import DIGEST, REJECTED, SKIPPED, NotKnown, digest, ours

WANTED = 200
"""Accepted and rejected draws a rule is shown with, each."""


def answerable(call: Call) -> bool:
    """Whether the call is a question for a rule: spoiling may leave no array to call a method of."""
    if call.kind == "operator":
        return any(isinstance(arg, Tensor) for arg in call.args) and not call.kwargs
    if call.kind in ("getitem", "setitem"):
        return isinstance(call.args[0], Tensor) and not call.kwargs
    if call.kind == "attribute":
        return isinstance(call.args[0], Tensor) and not call.kwargs
    return call.kind not in ("method", "mutation") or isinstance(call.args[0], Tensor)


def ask(call: Call, ctx: BaseContext | None = None) -> Any:
    """Our result; raises RuleError where our rule says the call fails."""
    short = call.name.rpartition(".")[2]
    ctx = ctx or BaseContext()
    if call.kind in ("method", "mutation"):
        return call_method(call.args[0], short, *call.args[1:], ctx=ctx, **call.kwargs)
    if call.kind == "attribute":
        return read_attribute(call.args[0], short)
    if call.kind == "operator":
        return operators.binary(ctx, short, *call.args)
    if call.kind in ("getitem", "setitem"):
        return getattr(operators, call.kind)(ctx, *call.args)
    args = [built(ctx, value) for value in call.args]
    made = apply_in(ctx, call.name, *args, **{word: built(ctx, value) for word, value in call.kwargs.items()})
    return made if call.kind != "layer" else call_method(made, "forward", *call.inputs, ctx=ctx, **call.options)


def built(ctx: BaseContext, value: Any) -> Any:
    """An argument, the layers among them made."""
    return apply_in(ctx, value.name, *value.args, **value.kwargs) if isinstance(value, Built) else value


def plain_layout(value: Any) -> Any:
    """Draws of matrices that can be inverted are marked by a layout of their own."""
    if isinstance(value, Tensor) and value.layout == "identity":
        return value.with_(layout="contiguous")
    return value


@dataclass
class Tally:
    """How the draws of one rule came out."""

    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    wrong: list[tuple[int, str]] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        return self.accepted >= WANTED and self.rejected >= WANTED


def replay(one: Case, answers: str) -> Tally:
    """Compare our answers with the recorded ones."""
    tally, number, place = Tally(), -1, 0
    while place < len(answers):
        number += 1
        answer = answers[place] if answers[place] in (REJECTED, SKIPPED) else answers[place : place + DIGEST]
        place += len(answer)
        if answer == SKIPPED:
            continue
        judge(tally, one, number, answer)
    return tally


def judge(tally: Tally, one: Case, number: int, answer: str) -> None:
    """Count one draw."""
    call = draw(one, number)
    call.args = [plain_layout(arg) for arg in call.args]
    tally.rejected += answer == REJECTED
    tally.accepted += answer != REJECTED
    try:
        text = ours(ask(call), one.mask)
    except RuleError as error:
        if answer != REJECTED:
            tally.wrong.append((number, f"refused by us: {error}"))
    except NotKnown:
        tally.unknown += 1
    except Exception as error:
        tally.wrong.append((number, f"our rule raised {error!r}"))
    else:
        if answer == REJECTED:
            tally.wrong.append((number, f"refused by the library, {text} by us"))
        elif digest(text) != answer:
            tally.wrong.append((number, f"{text} by us, something else by the library"))
