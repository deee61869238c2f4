"""`trace`: a live function and descriptions of its arguments to IR, with all that is needed to call it."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tangra.api.values import (
    AbstractValue,
    BoundMethod,
    Const,
    DictValue,
    InstanceValue,
    ListValue,
    PartialValue,
    TupleValue,
)
from tangra.errors import EntryError, ShapeMismatchError, TangraError, TypeMismatchError
from tangra.frontend import calls, diagnostics, modules, shape_annotations, shared_memory, stacks
from tangra.frontend.diagnostics import StaticNeeded
from tangra.frontend.evaluator import Evaluator
from tangra.frontend.heap import (
    ArrayState,
    DictState,
    InstanceState,
    ListState,
    PathEnds,
    Result,
    StackState,
    ViewState,
)
from tangra.frontend.nodes import ConstNode, Node
from tangra.frontend.outlining import state_indices
from tangra.frontend.overlaps import Overlap
from tangra.frontend.paths import ArgRoot, Path
from tangra.frontend.policy import Inner, Policy
from tangra.frontend.results import ResultBuilder
from tangra.frontend.source import load
from tangra.frontend.specs import (
    ArgSpec,
    ArraySpec,
    ConstSpec,
    DictSpec,
    InstanceSpec,
    ListSpec,
    LiveSpec,
    MethodSpec,
    NumberSpec,
    PartialSpec,
    SameSpec,
    TupleSpec,
    parts,
    spec_of,
)
from tangra.frontend.symbols import remove_unused_bindings
from tangra.frontend.traced import Leaf, Mutation, Traced, Written
from tangra.ir import Block, Func, scalar
from tangra.shapes import symbols_of

MAX_RETRACES = 100
SLIPS = (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError)
"""What the compiler's own code raises where it is wrong; it must not look like an exception of the program."""


def trace(
    fn: Callable[..., Any],
    args: Sequence[ArgSpec | Any],
    kwargs: Mapping[str, ArgSpec | Any] | None = None,
    *,
    static: Sequence[int | str] = (),
    name: str | None = None,
    min_dim: int = 0,
    policy: Policy | None = None,
    blocks: Sequence[Overlap] = (),
) -> Traced:
    """Evaluate `fn` on abstract arguments (`ArgSpec`s; anything else is an actual argument to describe).

    `static` names arguments, by position or keyword, that are constants. Symbolic dims are at least `min_dim`. `blocks`
    are arrays of the call that overlap in memory. Raises a `TangraError` for what can't be compiled, and `StaticNeeded`
    where a number without a known value, or a symbolic dim, has to be a constant.
    """
    modules.load_all()
    roots: dict[int | str, ArgSpec] = {}
    seen: set[int] = set()
    keyed: list[tuple[int | str, Any]] = [*enumerate(args), *(kwargs or {}).items()]
    for key, value in keyed:
        roots[key] = _spec(value, key, key in static, seen)
    try:
        with _deep_recursion():
            traced = _retrace(fn, roots, name, min_dim, policy, blocks=blocks)
            _check_all_sizes(fn, roots, name, policy)
        return traced
    except Inner as error:
        raise error.for_python() from None


def _retrace(
    fn: Callable[..., Any],
    roots: dict[int | str, ArgSpec],
    name: str | None,
    min_dim: int,
    policy: Policy | None,
    all_sizes: bool = False,
    blocks: Sequence[Overlap] = (),
) -> Traced:
    """Trace, with one more argument constant each time that one turns out to have to be."""
    fixed: dict[Any, str] = {}
    for _ in range(MAX_RETRACES):
        tracer = _Tracer(fn, roots, fixed, name, min_dim, policy)
        tracer.ev.all_sizes = all_sizes
        tracer.enter(blocks)
        try:
            return tracer.run()
        except StaticNeeded as needed:
            if not tracer.fix(needed):
                raise
        except SLIPS as slip:
            if isinstance(slip, TangraError):
                raise
            tracer.ev.internal(f"{type(slip).__name__}: {slip}")
    raise EntryError("too many arguments have to be constants", code=diagnostics.NOT_STATIC)


def _check_all_sizes(
    fn: Callable[..., Any], roots: dict[int | str, ArgSpec], name: str | None, policy: Policy | None
) -> None:
    """Where annotations name dims, the shapes must fit for all sizes, not only for those of this call."""
    definition = load(fn) if isinstance(fn, types.FunctionType) else None
    general = shape_annotations.symbolic_arguments(fn, roots, definition)
    if general is None:
        return
    try:
        _retrace(fn, general, name, 2, policy, all_sizes=True)
    except ShapeMismatchError:
        raise
    except (TangraError, StaticNeeded):
        return  # the program is compiled for one size at a time: its own trace has checked that


def _spec(value: Any, key: int | str, static: bool, seen: set[int]) -> ArgSpec:
    where = f"argument {key + 1}" if isinstance(key, int) else f"argument {key}"
    if static:
        return ConstSpec(value.value if isinstance(value, (NumberSpec, ConstSpec, LiveSpec)) else value)
    return value if isinstance(value, ArgSpec) else spec_of(value, where, seen)


def _bound_again(before: InstanceState, after: InstanceState) -> list[str]:
    """The attributes that were deleted and set again, as far as it shows: they come behind others than before."""
    places = {name: k for k, (name, _) in enumerate(before.attrs)}
    found: list[str] = []
    last = -1
    for name, value in after.attrs:
        if modules.is_deleted(value):
            continue
        place = places.get(name, len(places))
        if (found and name in places) or place < last:
            found.append(name)
        last = max(last, place)
    return found


class _deep_recursion:
    """Room for deeply nested programs: evaluation recurses with the program's nesting."""

    def __enter__(self) -> None:
        self.limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self.limit, 30_000))

    def __exit__(self, *exc: object) -> None:
        sys.setrecursionlimit(self.limit)


class _Tracer:
    """One attempt."""

    def __init__(
        self,
        fn: Callable[..., Any],
        roots: dict[int | str, ArgSpec],
        fixed: dict[Any, str],
        name: str | None,
        min_dim: int,
        policy: Policy | None,
    ) -> None:
        self.fn = fn
        self.roots = roots
        self.fixed = fixed
        self.min_dim = min_dim
        label = name or str(getattr(fn, "__name__", type(fn).__name__))
        self.func = Func("".join(c if c.isalnum() or c == "_" else "_" for c in label), Block(), {"source": label})
        self.ev = Evaluator(self.func, policy)
        self.ev.live.static_paths = {key for key, how in fixed.items() if how == "value"}
        self.ev.live.signs = {key: how for key, how in fixed.items() if how != "value"}
        self.leaves: list[Leaf] = []
        self.static: list[tuple[Path, Any]] = []
        self.identities: dict[int, AbstractValue] = {}
        self.overlapping: frozenset[int] = frozenset()

    def enter(self, blocks: Sequence[Overlap]) -> None:
        """Make known the arrays of the call that overlap in memory."""
        for block in blocks:
            shared_memory.enter(self.ev, block)
        self.overlapping = frozenset(id(m.array) for block in blocks for m in block.members)

    def run(self) -> Traced:
        """Evaluate the call and put the results together."""
        ev = self.ev
        values = {key: self.bind(spec, self._root(key)) for key, spec in self.roots.items()}
        args = [v for k, v in values.items() if isinstance(k, int)]
        kwargs = {k: v for k, v in values.items() if isinstance(k, str)}
        function = self._function()
        try:
            result: Result | None = calls.call(ev, function, args, kwargs)
        except PathEnds:
            result = None
        builder, node, mutations = self._results(result, frozenset())
        shared = builder.sharing()
        if shared:
            builder, node, mutations = self._results(result, shared)
        written = self._written(builder)
        ev.b.return_(*builder.values)
        self.func.body.ops[:0] = ev.symbols.prologue
        remove_unused_bindings(self.func)
        self.func.attrs["written"] = tuple(w.param for w in written)
        return Traced(
            self.leaves,
            ev.live.captures,
            list(ev.live.guards.values()),
            node,
            written,
            mutations,
            bool(mutations) or ev.changes_objects,
            ev.exceptions,
            self.static,
            ev.live.tells_apart,
            sorted(ev.live.array_params[ref] for ref in ev.live.copied),
            self.func,
            ev.counters,
            ev.live.reads,
            [obj for obj, _ in ev.live.known.values()],
        )

    def _results(self, result: Result | None, shared: frozenset[int]) -> tuple[ResultBuilder, Node, list[Mutation]]:
        """The nodes of the result and of what the call changed; no result: the end isn't reached."""
        builder = ResultBuilder(self.ev, shared)
        if result is None:
            return builder, ConstNode(None), []
        node = builder.node(result)
        return builder, node, self._mutations(builder)

    def _root(self, key: int | str) -> Path:
        names: tuple[str, ...] = ()
        code = getattr(self.fn, "__code__", None)
        if isinstance(code, types.CodeType):
            names = code.co_varnames[: code.co_argcount]
        text = key if isinstance(key, str) else names[key] if key < len(names) else f"arg{key}"
        return Path(ArgRoot(key), (), text)

    def _function(self) -> AbstractValue:
        fn = self.fn
        if isinstance(fn, types.FunctionType):
            return Const(fn)
        return self.ev.live.lift(fn, Path(fn, (), getattr(fn, "__name__", type(fn).__name__)))

    # ---- arguments -----------------------------------------------------------------------------------------
    def bind(self, spec: ArgSpec, path: Path) -> AbstractValue:
        """The abstract value of an argument; its leaves become parameters."""
        live = self.ev.live
        if isinstance(spec, ConstSpec):
            return live.constant(spec.value)
        if isinstance(spec, LiveSpec):
            return live.lift(spec.value, path)
        if isinstance(spec, NumberSpec):
            return self._number(spec, path)
        if isinstance(spec, ArraySpec):
            return self._array(spec, path)
        if isinstance(spec, TupleSpec):
            return TupleValue(tuple(self.bind(s, path.item(k)) for k, s in enumerate(spec.items)), spec.cls)
        if isinstance(spec, SameSpec):
            return self.identities[spec.identity]
        if isinstance(spec, MethodSpec):
            return BoundMethod(self.bind(spec.holder, path.attr("__self__")), Const(spec.function))
        if isinstance(spec, PartialSpec):
            return self._partial(spec, path)
        return self._container(spec, path)

    def _partial(self, spec: PartialSpec, path: Path) -> PartialValue:
        function, args, keywords = (self.bind(part, where) for part, where in parts(spec, path))
        assert isinstance(args, TupleValue)
        assert isinstance(keywords, DictValue)
        state = self.ev.initial[keywords.ref]
        assert isinstance(state, DictState)
        named: Any = zip(state.keys, state.values, strict=True)
        return PartialValue(function, args.items, tuple(named))

    def _number(self, spec: NumberSpec, path: Path) -> AbstractValue:
        if self.fixed.get(path.key) == "value":
            self.static.append((path, spec.value))
            return Const(spec.value)
        param = self.ev.live.parameter(scalar(spec.kind.dtype), path, spec.kind, capture=False)
        self.leaves.append(Leaf(path, len(self.func.params) - 1, spec.kind, param.array))
        return self.ev.live.number_parameter(param, spec.kind, path)

    def _array(self, spec: ArraySpec, path: Path) -> AbstractValue:
        if spec.identity is not None and spec.identity in self.identities:
            return self.identities[spec.identity]
        ev = self.ev
        if id(spec.source) in self.overlapping:
            return ev.live.known[id(spec.source)][1]
        for name in sorted(set[str]().union(*(symbols_of(d) for d in spec.type.shape))):
            ev.symbols.always.add(name)
            ev.state.facts = ev.state.facts.with_bounds(name, self.min_dim, 2**48)
        param = ev.live.parameter(spec.type, path, None, capture=False)
        self.leaves.append(Leaf(path, len(self.func.params) - 1, None, spec.type))
        value = ev.live.enter_array(spec.source, param, path, spec.layout)
        if spec.read_only:
            ev.live.read_only.add(value.ref)
        if spec.identity is not None:
            self.identities[spec.identity] = value
        return value

    def _container(self, spec: ListSpec | DictSpec | InstanceSpec, path: Path) -> AbstractValue:
        live = self.ev.live
        ref = live._object(ListState(()), path, None)
        value: AbstractValue
        if isinstance(spec, ListSpec):
            value = ListValue(ref)
        elif isinstance(spec, DictSpec):
            value = DictValue(ref)
        else:
            value = InstanceValue(ref, spec.cls)
        if spec.identity is not None:
            self.identities[spec.identity] = value
        if spec.source is not None:
            live.known[id(spec.source)] = spec.source, value
        if isinstance(spec, ListSpec):
            self.ev.initial[ref] = ListState(tuple(self.bind(s, path.item(k)) for k, s in enumerate(spec.items)))
        elif isinstance(spec, DictSpec):
            items = tuple(self.bind(s, path.item(k)) for k, s in zip(spec.keys, spec.items, strict=True))
            self.ev.initial[ref] = DictState(spec.keys, items)
        else:
            attrs = tuple((n, self.bind(s, path.attr(n))) for n, s in zip(spec.names, spec.items, strict=True))
            self.ev.initial[ref] = InstanceState(attrs)
        return value

    # ---- what changes --------------------------------------------------------------------------------------
    def _written(self, builder: ResultBuilder) -> list[Written]:
        """The arrays from before the call that change, at the end or where a failure on the way writes them back. Where
        the end isn't reached, what they hold there has no meaning."""
        params, ev = self.func.params, self.ev
        failing = {k for op in self.func.body.walk() for k in state_indices(op)}
        changed = []
        for ref, param in ev.live.array_params.items():
            state = None if ev.state.dead else ev.look(ref)
            at_end = isinstance(state, ArrayState) and state.value is not params[param]
            if at_end or param in failing:
                changed.append((ref, param, ev.read(ref) if at_end else params[param]))
        return [Written(ev.live.paths[ref], param, builder.add(value)) for ref, param, value in changed]

    def _mutations(self, builder: ResultBuilder) -> list[Mutation]:
        ev = self.ev
        found: list[Mutation] = []
        for ref in ev.state.poisoned:
            if ref in ev.live.paths:
                ev.stale(ref, str(ev.live.paths[ref]))
        for ref, state in list(ev.state.heap.items()):
            path = ev.live.paths.get(ref)
            held = stacks.original(ev, state) if isinstance(state, StackState) else None
            if path is None or isinstance(state, (ArrayState, ViewState)) or ev.initial[ref] in (state, held):
                continue
            found += self._mutation(builder, ref, path)
        return found

    def _mutation(self, builder: ResultBuilder, ref: int, path: Path) -> list[Mutation]:
        ev = self.ev
        state, before = ev.look(ref), ev.initial[ref]
        if isinstance(state, (ListState, StackState)):
            return [Mutation(path, "list", None, builder.contents(ListValue(ref)))]
        if isinstance(state, DictState):
            return [Mutation(path, "dict", None, builder.contents(DictValue(ref)))]
        if isinstance(state, InstanceState):
            assert isinstance(before, InstanceState)
            form = "global" if isinstance(ev.live.objects.get(ref), dict) else "attr"
            again = _bound_again(before, state)
            return [Mutation(path, form, name, None) for name in again] + [
                Mutation(path, form, name, None if modules.is_deleted(v) else builder.node(modules.bound(ev, v, name)))
                for name, v in state.attrs
                if name in again or before.get(name) != v
            ]
        value = getattr(state, "value", None)
        return [Mutation(path, "cell", None, None if value is None else builder.node(modules.bound(ev, value, "cell")))]

    # ---- starting again ------------------------------------------------------------------------------------
    def fix(self, needed: StaticNeeded) -> bool:
        """Make what is needed a constant in the next attempt; False if its value is not known here."""
        before = dict(self.fixed)
        params = {id(p): k for k, p in enumerate(self.func.params)}
        for source in needed.sources:
            if isinstance(source, str):
                return False
            param = params.get(id(source))
            if param is None:
                raise TypeMismatchError(
                    f"{needed.what} must be known at compile time, but it changes in a loop",
                    code=diagnostics.NOT_STATIC,
                    span=needed.span,
                    fix="loop over a tuple or a small constant range, which is unrolled",
                )
            path, value = self._known(param)
            if path is None:
                return False
            self.fixed[path.key] = ("positive" if value > 0 else "not positive") if needed.sign_only else "value"
        return self.fixed != before

    def _known(self, param: int) -> tuple[Path | None, Any]:
        """Where a parameter comes from, and its value in this call; no path if the value is not known."""
        for capture in self.ev.live.captures:
            if capture.param == param:
                return capture.path, capture.path.read({})
        leaf = next(leaf for leaf in self.leaves if leaf.param == param)
        spec: Any = self.roots[leaf.path.root.key]
        for kind, key in leaf.path.steps:
            if isinstance(spec, (TupleSpec, ListSpec)):
                spec = spec.items[key]
            elif isinstance(spec, (MethodSpec, PartialSpec)):
                spec = next(part for part, where in parts(spec, leaf.path) if where.steps[-1] == (kind, key))
            elif isinstance(spec, DictSpec):
                spec = spec.items[spec.keys.index(key)]
            else:
                assert kind == "attr", kind
                spec = spec.items[spec.names.index(key)]
        known = isinstance(spec, NumberSpec) and spec.value is not None
        return (leaf.path, spec.value) if known else (None, None)
