"""Arguments that a call is likely to have, going by a signature: see `samples`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tangra.checker.annotations import ARRAYS, Generic, alternatives, annotation_value
from tangra.checker.dispatch import call
from tangra.checker.evaluator import BudgetSpent, PythonRaise
from tangra.checker.heap import ClassCell, FunctionCell, Instance, LibraryName, ListCell, Value
from tangra.checker.ranks import array_of
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown

if TYPE_CHECKING:
    from tangra.checker.evaluator import Evaluator

INPUTS = {
    "input_ids": (2, "int64"),
    "decoder_input_ids": (2, "int64"),
    "attention_mask": (2, None),
    "pixel_values": (4, None),
    "input_features": (3, None),
    "input_values": (2, None),
    "hidden_states": (3, None),
    "inputs_embeds": (3, None),
}
"""Names that stand for arrays of one rank wherever they are used, with the dtype of indices."""
FED = ("input_ids", "decoder_input_ids", "pixel_values", "input_features", "input_values")
"""Those that a model is fed, even where they have None for a default."""
MAX_DEPTH = 3
"""Objects that are made for the arguments of objects."""


class Likely:
    """How the arguments of one likely call are chosen. `fallback`: the rank of arrays whose rank nothing says;
    `guessed` tells whether there were any. `image`: the height and width of images."""

    def __init__(self, ev: Evaluator, fallback: int | None = None, image: int = 224) -> None:
        self.ev = ev
        self.fallback = fallback
        self.image = image
        self.guessed = False

    def array(self, library: str, rank: int, dtype: str | None) -> Tensor:
        """An array of this rank. Images have one size: what networks make of any size would take long to say."""
        made = array_of(self.ev, library, rank, dtype)
        if rank < 4 or made.shape is None:
            return made
        return made.with_(shape=(*made.shape[:-2], self.image, self.image))

    def argument(
        self, function: FunctionCell, receiver: list[Value], parameter: ast.arg, default: Value, has_default: bool
    ) -> Value:
        """What a parameter is likely to get: its default, or what its annotation names."""
        name = parameter.arg
        if has_default and not (default is None and name in FED):
            return default
        annotation = annotation_value(self.ev, parameter.annotation, function.scope)
        if isinstance(annotation, Unknown) and receiver and isinstance(receiver[0], Instance):
            annotation = self._of_attribute(receiver[0].cls, name)
        value = self._of(annotation, name)
        if name in INPUTS and (isinstance(value, Unknown) or (isinstance(value, Tensor) and value.shape is None)):
            rank, dtype = INPUTS[name]
            return self.array("torch", rank, dtype)
        return value

    def filled(self, value: Value) -> Value:
        """An array of the rank that is tried, in place of one of which nothing is known."""
        if self.fallback is None or not isinstance(value, Tensor) or value.shape is not None:
            return value
        self.guessed = True
        return self.array(value.library, self.fallback, value.dtype)

    def _of_attribute(self, cls: ClassCell, name: str) -> Value:
        """What the body of a class says an attribute of this name is: a constructor's argument is the same."""
        for each in cls.mro:
            if each.node is None or each.scope is None:
                continue
            for part in each.node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) and part.target.id == name:
                    return annotation_value(self.ev, part.annotation, each.scope)
        return UNKNOWN

    def _of(self, annotation: Value, name: str, depth: int = 0) -> Value:
        from tangra.checker.entries import argument

        options = [option for option in alternatives(annotation) if option is not None]
        if not options:
            return UNKNOWN
        wanted = options[0]
        if isinstance(wanted, ClassCell) and wanted.node is not None:
            return self.made(wanted)
        if isinstance(wanted, Generic) and wanted.name.lower() in ("list", "sequence") and len(wanted.args) == 1:
            item = self._of(wanted.args[0], name, depth + 1) if depth < MAX_DEPTH else UNKNOWN
            if isinstance(item, Tensor) and item.shape is None and name == "images":
                image = Tensor(item.library, (3, self.image, self.image), item.dtype or "float32")
                item = image
            return ListCell([item])
        if isinstance(wanted, LibraryName) and wanted.dotted in ARRAYS:
            return Tensor(ARRAYS[wanted.dotted])
        return argument(self.ev, wanted, name, UNKNOWN, False)

    def made(self, cls: ClassCell) -> Value:
        """An object of a class that can be made of nothing."""
        try:
            return call(self.ev, cls, [], {}, None)
        except (PythonRaise, BudgetSpent, RecursionError):
            return UNKNOWN
