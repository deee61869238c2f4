"""flax.linen's modules: `setup`, and `init` and `apply`, in which parameters have the widths that they were made for.

What `init` returns is known only as a whole: once it is taken apart or given to a function nobody knows, its arrays may
be others, and `apply` compares nothing. A layer is found again by the calls that lead to it; one that ran several
times there is not compared either, as its runs may belong to different parameters.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tangra.checker.dispatch import call
from tangra.checker.heap import BoundMethod, ClassCell, FunctionCell, Instance, Native, Value
from tangra.shape_rules.failures import WIDTH, Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator

MODULE = "flax.linen.Module"
OPTIONS = ("method", "mutable", "capture_intermediates")
Way = tuple[ast.AST | None, ...]
"""The calls that lead from `init` or `apply` to a layer."""


@dataclass(frozen=True)
class Made:
    """What `init` made for a module: the width of each layer's input, by the way to it."""

    owner: Instance
    widths: dict[Way, Size]


@dataclass
class Run:
    """A running `init` (`made` is None) or `apply`."""

    depth: int
    made: Made | None = None
    widths: dict[Way, Size] = field(default_factory=dict)
    count: Counter[Way] = field(default_factory=Counter)

    def meet(self, ev: Evaluator, layer: Any, name: str, inputs: Value, node: ast.AST | None) -> None:
        """A layer runs: keep the width of its input, or compare it."""
        width = layer.parameter_width(inputs) if isinstance(inputs, Tensor) else None
        way = self._way(ev, node)
        self.count[way] += 1
        if self.made is None:
            if width is not None:
                self.widths[way] = width
        elif width is not None and self.count[way] == 1 and way in self.made.widths:
            made = self.made.widths[way]
            text = f"{name}: the input of shape {shape_text(inputs.shape)} has {width} features"
            text += f", its parameters were made for {made}"
            ev.ctx.require_equal(width, made, Failure(WIDTH, text, "ScopeParamShapeError"))

    def _way(self, ev: Evaluator, node: ast.AST | None) -> Way:
        inner = ev.frames[self.depth :]
        if not inner:
            return ()
        first = inner[0].function
        return (None if first is None else first.node, *(frame.call for frame in inner[1:]), node)

    def kept(self) -> dict[Way, Size]:
        """The widths of layers that ran once."""
        return {way: width for way, width in self.widths.items() if self.count[way] == 1}


def set_up(ev: Evaluator, owner: Instance) -> None:
    """Run a module's `setup`, as flax does before anything else is called."""
    found = owner.cls.find("setup")
    if found is not None and isinstance(found[1], FunctionCell) and "$set_up" not in owner.fields:
        ev.write(owner, "$set_up", True)
        call(ev, found[1], [owner], {}, None)


def _run(ev: Evaluator, run: Run, given: Call) -> Value:
    """Call the module, or the method that is named, without what is meant for `init` and `apply`."""
    from tangra.checker.attributes import get_attribute

    owner, method = given.args[0], given.kwargs.get("method")
    kwargs = {name: value for name, value in given.kwargs.items() if name not in (*OPTIONS, "rngs", "variables")}
    args = given.args[
        1 if given.kwargs.keys() & {"variables"} or (run.made is None and "rngs" in given.kwargs) else 2 :
    ]
    function: Value = owner
    if isinstance(method, str):
        function = get_attribute(ev, owner, method, given.node)
    elif method is not None:
        function = BoundMethod(method.function if isinstance(method, BoundMethod) else method, owner)
    if isinstance(method, Unknown):
        function = UNKNOWN
    outer, ev.parameters = ev.parameters, run
    try:
        set_up(ev, owner)
        return call(ev, function, args, kwargs, given.node)
    finally:
        ev.parameters = outer


def _init(ev: Evaluator, given: Call) -> tuple[Value, Value]:
    owner = given.args[0]
    if not isinstance(owner, Instance):
        return UNKNOWN, UNKNOWN
    run = Run(len(ev.frames))
    value = _run(ev, run, given)
    variables = Instance(_variables(ev))
    variables.fields["$made"] = len(ev.made_parameters)
    ev.made_parameters.append(Made(owner, run.kept()))
    return value, variables


def _apply(ev: Evaluator, given: Call) -> Value:
    owner = given.args[0]
    if not isinstance(owner, Instance):
        return UNKNOWN
    variables = given.get(1, "variables", UNKNOWN)
    made = _made(ev, variables)
    fits = made is not None and made.owner is owner
    value = _run(ev, Run(len(ev.frames), made if fits else Made(owner, {})), given)
    mutable, captured = given.kwargs.get("mutable", False), given.kwargs.get("capture_intermediates", False)
    if captured is not False or isinstance(mutable, Unknown):
        return UNKNOWN
    return value if mutable is False else (value, UNKNOWN)


def _made(ev: Evaluator, variables: Value) -> Made | None:
    """What these variables were made for."""
    if not isinstance(variables, Instance) or "$unknown" in variables.fields:
        return None
    number = variables.fields.get("$made")
    return ev.made_parameters[number] if type(number) is int else None


def _variables(ev: Evaluator) -> ClassCell:
    """The class of what `init` returns."""
    known = ev.library_classes.get("$flax.variables")
    if known is None:
        known = ev.library_classes["$flax.variables"] = ClassCell("dict", ())
        known.complete = False
        known.dotted = "$flax.variables"
        names = ("__getitem__", "__setitem__", "__delitem__", "__contains__", "__iter__", "__getattr__")
        known.fields = {name: Native(f"method {name}", _taken_apart, True) for name in names}
    return known


def _taken_apart(ev: Evaluator, given: Call) -> Value:
    ev.write(given.args[0], "$unknown", True)
    return UNKNOWN


def _param(ev: Evaluator, given: Call) -> Value:
    """What the initialiser makes of a key and the arguments after it."""
    initialiser = given.get(2, "init_fn", UNKNOWN)
    return call(ev, initialiser, [UNKNOWN, *given.args[3:]], _for_initialiser(given), given.node)


def _variable(ev: Evaluator, given: Call) -> Value:
    """A variable, whose value the initialiser makes of the arguments after it."""
    initialiser, made = given.get(3, "init_fn", UNKNOWN), Instance(VARIABLE)
    known = not isinstance(initialiser, Unknown) and initialiser is not None
    arguments = list(given.args[4:])
    made.fields["value"] = call(ev, initialiser, arguments, _for_initialiser(given), given.node) if known else UNKNOWN
    return made


def _for_initialiser(given: Call) -> dict[str, Value]:
    return {word: value for word, value in given.kwargs.items() if word not in ("init_fn", "unbox")}


VARIABLE = ClassCell("Variable", ())


def module_class() -> ClassCell:
    """The class `flax.linen.Module`."""
    cls = ClassCell("Module", ())
    cls.dotted, cls.complete = MODULE, False
    cls.fields = {
        "init": Native("method init", lambda ev, given: _init(ev, given)[1]),
        "init_with_output": Native("method init_with_output", _init),
        "apply": Native("method apply", _apply),
        "param": Native("method param", _param),
        "variable": Native("method variable", _variable),
        "is_initializing": Native("method is_initializing", lambda ev, given: Unknown("bool")),
        "has_variable": Native("method has_variable", lambda ev, given: Unknown("bool")),
    }
    return cls
