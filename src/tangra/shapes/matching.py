"""Matching shapes with jaxtyping's notation, and making symbolic shapes from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tangra.shapes.broadcasting import broadcast_shapes, broadcast_to_shape
from tangra.shapes.deciding import Judge
from tangra.shapes.dims import Size
from tangra.shapes.errors import AnnotationError, BroadcastError, Shape, Undecided, shape_text
from tangra.shapes.facts import EMPTY, Facts
from tangra.shapes.jaxtyping_strings import (
    AnonymousDim,
    DimSpec,
    EllipsisDim,
    ExpressionDim,
    FixedDim,
    NamedDim,
    VariadicDim,
    parse_dims,
    render_dims,
)
from tangra.shapes.prover import known_eq
from tangra.shapes.queries import substitute, symbols_of


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the names of annotations stand for in one scope.

    `sizes` maps a name, and `{value}` with its braces, to a size; `groups` maps the name of a `*name` to the shape it
    stands for and whether that may still grow by broadcasting. `?name` is kept as `?leaf?name`.
    """

    sizes: Mapping[str, Size] = field(default_factory=dict)
    groups: Mapping[str, tuple[bool, Shape]] = field(default_factory=dict)

    def with_size(self, name: str, size: Size) -> Bindings:
        """These bindings and one more size."""
        return replace(self, sizes={**self.sizes, name: size})

    def with_group(self, name: str, broadcastable: bool, shape: Shape) -> Bindings:
        """These bindings and one more group of axes."""
        return replace(self, groups={**self.groups, name: (broadcastable, shape)})


NO_BINDINGS = Bindings()


def match(
    spec: str | Sequence[DimSpec],
    shape: Shape,
    bindings: Bindings = NO_BINDINGS,
    facts: Facts = EMPTY,
    undecided: Undecided | None = None,
    leaf: str = "",
) -> Bindings:
    """Check `shape` against `spec` and return `bindings` with the names that `spec` binds.

    Raises AnnotationError naming the axis for a size proved to be wrong, for a wrong number of axes and for an
    expression with unbound names; a size that may or may not fit is left to `undecided`. `leaf` tells apart the
    arrays of a tree, for `?name`.
    """
    specs = parse_dims(spec) if isinstance(spec, str) else tuple(spec)
    matcher = _Matcher(specs, shape, bindings, Judge(facts, undecided, (shape,)), leaf)
    before, group, after = _split(specs)
    matcher.check_rank(len(before) + len(after), group is not None)
    for axis, single in enumerate(before):
        matcher.axis(axis, single)
    for axis, single in enumerate(after, len(shape) - len(after)):
        matcher.axis(axis, single)
    if isinstance(group, VariadicDim):
        matcher.group(len(before), group, shape[len(before) : len(shape) - len(after)])
    return matcher.bindings


Single = NamedDim | FixedDim | ExpressionDim | AnonymousDim


def _split(specs: Sequence[DimSpec]) -> tuple[list[Single], VariadicDim | EllipsisDim | None, list[Single]]:
    """The single axes before the one that stands for several, that one if there is one, and those after it."""
    before: list[Single] = []
    after: list[Single] = []
    group: VariadicDim | EllipsisDim | None = None
    for spec in specs:
        if isinstance(spec, VariadicDim | EllipsisDim):
            group = spec
        else:
            (before if group is None else after).append(spec)
    return before, group, after


def _scoped(spec: NamedDim | VariadicDim, leaf: str) -> str:
    return f"?{leaf}?{spec.name}" if spec.treepath else spec.name


@dataclass(slots=True)
class _Matcher:
    specs: tuple[DimSpec, ...]
    shape: Shape
    bindings: Bindings
    judge: Judge
    leaf: str

    def check_rank(self, singles: int, variadic: bool) -> None:
        rank = len(self.shape)
        if rank < singles or (rank > singles and not variadic):
            raise AnnotationError(
                f"an array of shape {shape_text(self.shape)} has {rank} dimensions; its annotation "
                f'"{render_dims(self.specs)}" asks for {"at least " * variadic}{singles}',
                left=rank,
                right=singles,
                shapes=(self.shape,),
            )

    def axis(self, axis: int, spec: Single) -> None:
        size = self.shape[axis]
        if isinstance(spec, AnonymousDim) or (spec.broadcastable and known_eq(size, 1, self.judge.facts)):
            return
        wanted = self.wanted(axis, spec)
        if wanted is not None:
            self.require(axis, spec, size, wanted)
        elif isinstance(spec, NamedDim):
            self.bindings = self.bindings.with_size(_scoped(spec, self.leaf), size)

    def wanted(self, axis: int, spec: NamedDim | FixedDim | ExpressionDim) -> Size | None:
        """The size the axis must have; None for a name that is not bound yet."""
        if isinstance(spec, FixedDim):
            return spec.size
        if isinstance(spec, NamedDim):
            return self.bindings.sizes.get(_scoped(spec, self.leaf))
        missing = sorted(symbols_of(spec.size) - self.bindings.sizes.keys())
        if missing:
            raise AnnotationError(
                f"axis {axis} is annotated {spec}, but nothing before it says what {' and '.join(missing)} is",
                kind="unbound",
                axis=axis,
                left=self.shape[axis],
                right=spec.size,
                shapes=(self.shape,),
            )
        return substitute(spec.size, self.bindings.sizes)

    def require(self, axis: int, spec: NamedDim | FixedDim | ExpressionDim, size: Size, wanted: Size) -> None:
        def wrong() -> AnnotationError:
            meaning = "" if isinstance(spec, FixedDim) else f", which is {wanted}"
            return AnnotationError(
                f"axis {axis} of shape {shape_text(self.shape)} is {size}; it is annotated {spec}{meaning}",
                axis=axis,
                left=size,
                right=wanted,
                shapes=(self.shape,),
            )

        facts = self.judge.facts
        what = f"annotation {spec}, axis {axis}"
        if spec.broadcastable and known_eq(size, wanted, facts) is False and known_eq(size, 1, facts) is None:
            self.judge.ask(size, 1, what, axis)
        else:
            self.judge.equal(size, wanted, what, wrong, axis)

    def group(self, axis: int, spec: VariadicDim, part: Shape) -> None:
        name = _scoped(spec, self.leaf)
        if name not in self.bindings.groups:
            self.bindings = self.bindings.with_group(name, spec.broadcastable, part)
            return
        growing, bound = self.bindings.groups[name]
        facts, undecided = self.judge.facts, self.judge.undecided
        try:
            if growing and spec.broadcastable:
                part = broadcast_shapes(bound, part, facts=facts, undecided=undecided)
            elif growing:
                broadcast_to_shape(bound, part, facts, undecided)
            elif spec.broadcastable:
                broadcast_to_shape(part, bound, facts, undecided)
            else:
                self.same_group(axis, spec, part, bound)
        except BroadcastError as error:
            raise self.group_error(axis, spec, part, bound) from error
        if growing:
            self.bindings = self.bindings.with_group(name, spec.broadcastable, part)

    def same_group(self, axis: int, spec: VariadicDim, part: Shape, bound: Shape) -> None:
        if len(part) != len(bound):
            raise self.group_error(axis, spec, part, bound)
        for place, (size, wanted) in enumerate(zip(part, bound, strict=True), axis):

            def wrong(place: int = place) -> AnnotationError:
                return self.group_error(place, spec, part, bound)

            self.judge.equal(size, wanted, f"annotation {spec}, axis {place}", wrong, place)

    def group_error(self, axis: int, spec: VariadicDim, part: Shape, bound: Shape) -> AnnotationError:
        return AnnotationError(
            f"the axes of shape {shape_text(self.shape)} annotated {spec} are {shape_text(part)}; "
            f"{spec.name} is {shape_text(bound)}",
            axis=axis,
            shapes=(self.shape, part, bound),
        )


def declare(
    spec: str | Sequence[DimSpec],
    rank: int,
    bindings: Bindings,
    fresh: Callable[[str], Size],
    leaf: str = "",
) -> tuple[Shape, Bindings]:
    """A symbolic shape of `rank` axes that `spec` allows, as general as it can be, and the bindings with its names.

    Axes of unknown size become `fresh(hint)`, with the axis' name as the hint ("" without one): one size per name, and
    one per axis of an anonymous, broadcastable or grouped one. Raises AnnotationError where `spec` has no such shape.
    """
    specs = parse_dims(spec) if isinstance(spec, str) else tuple(spec)
    before, group, after = _split(specs)
    matcher = _Matcher(specs, (0,) * rank, bindings, Judge(), leaf)
    matcher.check_rank(len(before) + len(after), group is not None)
    sizes: list[Size] = []
    for single in before:
        sizes.append(_declare_axis(matcher, len(sizes), single, fresh))
    if group is not None:
        sizes += _declare_group(matcher, group, rank - len(before) - len(after), fresh)
    for single in after:
        sizes.append(_declare_axis(matcher, len(sizes), single, fresh))
    return tuple(sizes), matcher.bindings


def _declare_axis(matcher: _Matcher, axis: int, spec: Single, fresh: Callable[[str], Size]) -> Size:
    if isinstance(spec, AnonymousDim):
        return fresh(spec.label)
    if spec.broadcastable and spec != FixedDim(1, True):
        return fresh(spec.name if isinstance(spec, NamedDim) else "")
    size = matcher.wanted(axis, spec)
    if size is None and isinstance(spec, NamedDim):
        size = fresh(spec.name)
        matcher.bindings = matcher.bindings.with_size(_scoped(spec, matcher.leaf), size)
    return size if size is not None else fresh("")


def _declare_group(
    matcher: _Matcher, spec: VariadicDim | EllipsisDim, count: int, fresh: Callable[[str], Size]
) -> list[Size]:
    if isinstance(spec, EllipsisDim):
        return [fresh(spec.label or "") for _ in range(count)]
    name = _scoped(spec, matcher.leaf)
    growing, bound = matcher.bindings.groups.get(name, (True, ()))
    if name in matcher.bindings.groups and not growing and not spec.broadcastable:
        if len(bound) != count:
            raise matcher.group_error(0, spec, (0,) * count, bound)
        return list(bound)
    part = tuple(fresh(spec.name) for _ in range(count))
    if name not in matcher.bindings.groups:
        matcher.bindings = matcher.bindings.with_group(name, spec.broadcastable, part)
    return list(part)
