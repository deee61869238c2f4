"""Which names of a function are its own, which its inner functions capture, and which come from outside."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
AT_ONCE = frozenset({"all", "any", "array", "asarray", "dict", "fromiter", "fsum", "join"})
AT_ONCE |= {"list", "max", "min", "prod", "set", "sorted", "sum", "tuple"}
"""Functions by whose names generators that are their only argument are taken to be read at once."""


@dataclass
class ScopeInfo:
    """Names of one function. `captured` are locals that inner functions use: they live in cells on the heap; those of a
    comprehension also if generators in it read them `later`."""

    params: tuple[str, ...] = ()
    bound: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    inner_free: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    yields: ast.AST | None = None

    @property
    def captured(self) -> set[str]:
        return self.bound & (self.inner_free | self.later)

    @property
    def free(self) -> set[str]:
        """Names that are resolved outside: in enclosing functions, globals or builtins."""
        return ((self.used | self.inner_free) - self.bound - self.global_names) | self.nonlocal_names


def parameters(args: ast.arguments) -> tuple[str, ...]:
    """All parameter names in order of appearance."""
    found = [a.arg for a in (*args.posonlyargs, *args.args)]
    if args.vararg:
        found.append(args.vararg.arg)
    found += [a.arg for a in args.kwonlyargs]
    if args.kwarg:
        found.append(args.kwarg.arg)
    return tuple(found)


_ANALYSED: dict[int, tuple[ast.AST, ScopeInfo]] = {}


def analyse(node: ast.AST) -> ScopeInfo:
    """The scope of a function node or comprehension; remembered per node."""
    known = _ANALYSED.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    info = ScopeInfo()
    visitor = _Visitor(info)
    if isinstance(node, FUNCTIONS):
        info.params = parameters(node.args)
        info.bound.update(info.params)
        body = node.body if isinstance(node.body, list) else [node.body]
        for part in body:
            visitor.visit(part)
    elif isinstance(node, COMPREHENSIONS):
        visitor.inside_comprehension(node)
    info.bound -= info.global_names | info.nonlocal_names
    _ANALYSED[id(node)] = node, info
    return info


class _Visitor(ast.NodeVisitor):
    def __init__(self, info: ScopeInfo) -> None:
        self.info = info
        self.in_comprehension = False

    def visit_Name(self, node: ast.Name) -> None:
        (self.info.used if isinstance(node.ctx, ast.Load) else self.info.bound).add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.info.global_names.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.info.nonlocal_names.update(node.names)

    def visit_Import(self, node: ast.Import) -> None:
        self.info.bound.update((a.asname or a.name).partition(".")[0] for a in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.info.bound.update(a.asname or a.name for a in node.names)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.info.bound.add(node.name)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.info.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.info.bound.add(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.info.bound.add(node.rest)
        self.generic_visit(node)

    def visit_Yield(self, node: ast.Yield) -> None:
        self.info.yields = node

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        self.info.yields = node

    def _inner(self, node: ast.AST) -> None:
        self.info.inner_free |= analyse(node).free

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.info.bound.add(node.name)
        for part in (*node.decorator_list, *node.args.defaults, *[d for d in node.args.kw_defaults if d]):
            self.visit(part)
        self._inner(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in (*node.args.defaults, *[d for d in node.args.kw_defaults if d]):
            self.visit(part)
        self._inner(node)

    def _comprehension(self, node: Comprehension, at_once: bool = True) -> None:
        """A comprehension is evaluated in its function's frame: only its targets are a scope of their own."""
        inner = analyse(node)
        self.info.used |= inner.used - inner.bound
        self.info.inner_free |= inner.inner_free - inner.bound
        if self.in_comprehension:
            self.info.later |= (inner.later if at_once else inner.later | inner.used) - inner.bound
        self.info.bound |= {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node, at_once=False)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in AT_ONCE or len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
            self.generic_visit(node)
            return
        self._comprehension(node.args[0])
        for part in (node.func, *node.keywords):
            self.visit(part)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.info.bound.add(node.target.id)

    def inside_comprehension(self, node: Comprehension) -> None:
        """Targets are bound here; a walrus target belongs to the function around."""
        self.in_comprehension = True
        for generator in node.generators:
            self.visit(generator.target)
        targets = set(self.info.bound)
        for generator in node.generators:
            self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for part in parts:
            self.visit(part)
        self.info.bound = targets


_ASSIGNED: dict[int, tuple[ast.AST, frozenset[str]]] = {}


def assigned_in(loop: ast.For | ast.While) -> frozenset[str]:
    """Names that the body of a loop, and its target, may bind in their own function; remembered per node."""
    known = _ASSIGNED.get(id(loop))
    if known is not None and known[0] is loop:
        return known[1]
    info = ScopeInfo()
    visitor = _Visitor(info)
    for node in [*loop.body, *([loop.target] if isinstance(loop, ast.For) else [])]:
        visitor.visit(node)
    found = frozenset(info.bound)
    _ASSIGNED[id(loop)] = loop, found
    return found
