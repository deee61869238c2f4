"""flax.linen's modules: `setup`, and `init` and `apply`, in which parameters have the widths that they were made for.

What `init` returns is known as a whole, and its "params" are; once they are taken apart or given to a function nobody
knows, its arrays may be others, and `apply` compares nothing. A layer is found again as flax does it: by the modules it
is in, and in each by its name, by the place in `setup` that made it, or by its number among those that a call made.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tangra.checker.dispatch import call
from tangra.checker.heap import BoundMethod, Cell, ClassCell, DictCell, FunctionCell, Instance, Native, Value
from tangra.shape_rules.failures import WIDTH, Failure
from tangra.shape_rules.values import UNKNOWN, Tensor, Unknown, shape_text
from tangra.shapes import Size

if TYPE_CHECKING:
    from tangra.checker.dispatch import Call
    from tangra.checker.evaluator import Evaluator, Frame

MODULE = "flax.linen.Module"
OPTIONS = ("method", "mutable", "capture_intermediates")
PARAMETERS = "params"
"""The collection of variables that layers' widths are in."""
VARIABLES = "$flax.variables"
"""The class of what `init` returns."""
WHOLE = "$whole"
"""Of the parameters by themselves: the variables that they were taken from."""
MARK = "$mark"
"""Of a module that `setup` made, or that was there before: what tells it from others."""
Place = tuple[object, ...]
"""The calls that lead from `init` or `apply` to a layer, each with what tells the module called from others there."""


@dataclass(frozen=True)
class Made:
    """What `init` made for a module: the width of each layer's input."""

    owner: Instance
    widths: dict[Place, Size]


@dataclass
class Run:
    """A running `init` (`made` is None) or `apply`."""

    depth: int
    made: Made | None = None
    widths: dict[Place, Size] = field(default_factory=dict)
    several: set[Place] = field(default_factory=set)
    modules: dict[tuple[int, ast.AST | None], list[Instance]] = field(default_factory=dict)
    callers: list[Frame] = field(default_factory=list)
    set_up: list[tuple[int, int]] = field(default_factory=list)
    born: int = field(default_factory=lambda: Cell.born)

    def meet(
        self,
        ev: Evaluator,
        layer: Instance,
        width_of: Callable[[Tensor], Size | None],
        inputs: Value,
        node: ast.AST | None,
    ) -> None:
        """A layer runs: keep the width of its input, or compare it."""
        width = width_of(inputs) if isinstance(inputs, Tensor) else None
        place = self._place(ev, layer, node)
        if self.made is None:
            if width is None or self.widths.setdefault(place, width) != width:
                self.several.add(place)
        elif width is not None and place in self.made.widths:
            made = self.made.widths[place]
            text = f"{layer.cls.name}: the input of shape {shape_text(inputs.shape)} has {width} features"
            text += f", its parameters were made for {made}"
            ev.ctx.require_equal(width, made, Failure(WIDTH, text, "ScopeParamShapeError"))

    def _place(self, ev: Evaluator, layer: Instance, node: ast.AST | None) -> Place:
        place: Place = ()
        inner = ev.frames[self.depth :]
        if not inner:  # the module itself
            return place
        for caller, frame in zip((None, *inner), inner, strict=False):
            function = None if frame.function is None else frame.function.node
            place += (function if caller is None else frame.call,)
            owner = _self_of(frame)
            if caller is not None and owner is not None:
                place += (self._mark(ev, caller, frame.call, owner),)
        return (*place, node, self._mark(ev, inner[-1], node, layer))

    def _mark(self, ev: Evaluator, caller: Frame, node: ast.AST | None, module: Instance) -> object:
        """What tells a module from others that one call of a running function runs."""
        name = module.fields.get("name")
        if name is not None:
            return name if isinstance(name, str) else object()
        known = module.fields.get(MARK)
        if known is not None:
            return known
        start = next((first for first, last in self.set_up if first < module.serial <= last), None)
        if start is not None or module.serial <= self.born:
            mark = ("given", module.serial) if start is None else ("set up", module.serial - start)
            ev.write(module, MARK, mark)
            return mark
        self.callers.append(caller)  # kept, so that no other gets its id
        met = self.modules.setdefault((id(caller), node), [])
        number = next((number for number, one in enumerate(met) if one is module), len(met))
        if number == len(met):
            met.append(module)
        return number

    def copy(self) -> Run:
        """The same, for an evaluation that leaves nothing behind."""
        modules = {call: list(met) for call, met in self.modules.items()}
        return replace(self, widths=dict(self.widths), several=set(self.several), modules=modules)

    def kept(self) -> dict[Place, Size]:
        """The widths of layers that got inputs of one width."""
        return {place: width for place, width in self.widths.items() if place not in self.several}


def _self_of(frame: Frame) -> Instance | None:
    """The module whose method runs in a frame."""
    node = None if frame.function is None else frame.function.node
    first = node.args.args[0].arg if isinstance(node, ast.FunctionDef) and node.args.args else None
    found = None if first is None or frame.owner is None else frame.scope.fields.get(first)
    return found if isinstance(found, Instance) and found.cls.derives_from(MODULE) else None


def set_up(ev: Evaluator, owner: Instance) -> None:
    """Run a module's `setup`, as flax does before anything else is called."""
    found = owner.cls.find("setup")
    if found is not None and isinstance(found[1], FunctionCell) and "$set_up" not in owner.fields:
        ev.write(owner, "$set_up", True)
        born = Cell.born
        call(ev, found[1], [owner], {}, None)
        if ev.parameters is not None:
            ev.parameters.set_up.append((born, Cell.born))


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
    if isinstance(variables, DictCell) and variables.entries is not None:
        variables = variables.entries.get(PARAMETERS, UNKNOWN)
    if not isinstance(variables, Instance) or "$unknown" in variables.fields:
        return None
    number = variables.fields.get("$made")
    return ev.made_parameters[number] if type(number) is int else None


def _variables(ev: Evaluator) -> ClassCell:
    """The class of what `init` returns."""
    known = ev.library_classes.get(VARIABLES)
    if known is None:
        known = ev.library_classes[VARIABLES] = ClassCell("dict", ())
        known.complete = False
        known.dotted = VARIABLES
        names = ("__getitem__", "__setitem__", "__delitem__", "__contains__", "__iter__", "__getattr__")
        known.fields = {name: Native(f"method {name}", _taken_apart, True) for name in names}
        known.fields["__getitem__"] = Native("method __getitem__", _collection)
    return known


def _collection(ev: Evaluator, given: Call) -> Value:
    """`variables["params"]`: all of the parameters, which a program takes out and puts back under that name."""
    owner, name = given.args[0], given.get(1, "key", UNKNOWN)
    if name != PARAMETERS or not isinstance(owner, Instance) or WHOLE in owner.fields or "$unknown" in owner.fields:
        return _taken_apart(ev, given)
    part = Instance(owner.cls)
    part.fields |= {"$made": owner.fields.get("$made"), WHOLE: owner}
    return part


def _taken_apart(ev: Evaluator, given: Call) -> Value:
    owner = given.args[0]
    ev.write(owner, "$unknown", True)
    whole = owner.fields.get(WHOLE) if isinstance(owner, Instance) else None
    if isinstance(whole, Instance):
        ev.write(whole, "$unknown", True)
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
