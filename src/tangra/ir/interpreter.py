"""The reference interpreter: runs IR on NumPy, one operation at a time, checking every type on the way.

Arrays are NumPy arrays that nobody writes to after they were made, rank-0 values are NumPy scalars, tapes are lists.
A failure of the program raises Python's exception; a failure of ours raises `InterpreterError`.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tangra.ir.graph import Block, Func, Op, Value, arguments_of, kept_by
from tangra.ir.messages import index_message
from tangra.ir.types import ArrayType, TapeType, Type
from tangra.shapes import Dim, Symbol, UnboundSymbolError, evaluate

Symbols = dict[str, int]
Exceptions = Mapping[str, type[BaseException]]
_Meaning = tuple[Callable[..., Any], bool]
"""What evaluates an operation, and whether a symbolic size is among its attributes."""
Watch = Callable[[Op, Sequence[Any]], None]


class InterpreterError(Exception):
    """The IR or an operation's definition is wrong: a value has another type than declared, a symbol has no value."""


def interpret(
    func: Func, args: Sequence[Any], exceptions: Exceptions | None = None, watch: Watch | None = None
) -> list[Any]:
    """The results of `func` for `args`: arrays, NumPy scalars, or Python numbers where a scalar is declared.

    `exceptions` gives the classes of failure kinds that are neither builtins nor LinAlgError. A raised exception of the
    program has the attribute `tangra_state`: what the failing op says each parameter holds, by parameter index.
    Results share no memory with arguments. `watch` is told of every operation that has run, and its results.
    """
    results = _Run({} if exceptions is None else exceptions, watch).call(
        func, [_argument(a, p) for a, p in zip(args, func.params, strict=True)]
    )
    return [np.array(r) if isinstance(r, np.ndarray) else r for r in results]


def _argument(value: Any, param: Value) -> Any:
    """`value` as the interpreter holds it: a copy, Python numbers in the declared dtype."""
    if isinstance(param.type, TapeType):
        return value
    if isinstance(value, (bool, int, float)):
        return np.dtype(param.dtype.numpy).type(value)
    return np.array(value)[()]


class _Run:
    """One run. Values are kept by identity of the IR value, in one dict per call; symbols in one dict per block."""

    def __init__(self, exceptions: Exceptions, watch: Watch | None) -> None:
        self.exceptions = exceptions
        self.watch = watch
        self.meanings: dict[int, _Meaning] = {}

    def call(self, func: Func, args: Sequence[Any]) -> list[Any]:
        symbols: Symbols = {}
        for value, param in zip(args, func.params, strict=True):
            bind_symbols(value, param.type, symbols)
        env = {id(p): v for p, v in zip(func.params, args, strict=True)}
        for op in itertools.takewhile(lambda op: op.name == "bind_dim", func.body.ops):
            self.bind_dim(op, env, symbols)  # parameters may be of the sizes that others give
        for p, v in zip(func.params, args, strict=True):
            check_type(v, p.type, symbols, p)
        with np.errstate(all="ignore"):
            return self.block(func.body, env, symbols)

    def block(self, block: Block, env: dict[int, Any], symbols: Symbols) -> list[Any]:
        """Run `block`; what its terminator names. Symbols bound inside end with it."""
        symbols = dict(symbols)
        for op in block.ops:
            if op.defn.terminator:
                return [_read(env, v) for v in op.operands]
            results = self.op(op, env, symbols)
            if len(results) != len(op.results):
                raise InterpreterError(f"{op!r} gave {len(results)} results, declared are {len(op.results)}")
            for result, value in zip(op.results, results, strict=True):
                if isinstance(value, np.ndarray) and not value.ndim:
                    value = value[()]
                check_type(value, result.type, symbols, op)
                env[id(result)] = value
            if self.watch is not None:
                self.watch(op, results)
        raise InterpreterError("a block has no terminator")

    def op(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        structural = _STRUCTURAL.get(op.name)
        if structural is not None:
            return structural(self, op, env, symbols)
        evaluate, symbolic = self.meanings.get(id(op)) or self.meaning(op)
        try:
            operands = [env[id(v)] for v in op.operands]
        except KeyError:
            operands = [_read(env, v) for v in op.operands]
        attrs = {k: resolve(a, symbols) for k, a in op.attrs.items()} if symbolic else op.attrs
        try:
            result = evaluate(*operands, **attrs)
        except InterpreterError:
            raise
        except Exception as error:
            raise InterpreterError(f"{op!r} failed: {type(error).__name__}: {error}") from error
        return result if len(op.results) != 1 else [result]

    def meaning(self, op: Op) -> _Meaning:
        """What evaluates an operation, looked up once a run."""
        evaluate = op.defn.evaluate
        if evaluate is None:
            raise InterpreterError(f"{op!r} has no reference meaning")
        loud = getattr(evaluate, "loud", evaluate)  # warnings are off for the whole call
        found = self.meanings[id(op)] = loud, any(_mentions_dim(a) for a in op.attrs.values())
        return found

    def if_(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        return self.block(op.regions[0 if _read(env, op.operands[0]) else 1], env, symbols)

    def loop(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        operands = [_read(env, v) for v in op.operands]
        body, exits = op.regions[0], op.attrs["exits"]
        if op.attrs["counted"]:
            (start, stop, step), carried = (int(v) for v in operands[:3]), operands[3:]
            trips: Iterator[tuple[Any, ...]] = ((np.int64(i),) for i in range(start, stop, step))
        else:
            carried, trips = operands, itertools.repeat(())
        for header in trips:
            for arg, value in zip(body.args, [*header, *carried], strict=True):
                env[id(arg)] = value
            carried = self.block(body, env, symbols)
            if exits and not carried.pop(0):
                break
        return carried

    def call_op(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        """A call. Of the state of a failure in it the parameters remain that `state` maps to ours, and what is kept."""
        callee: Func = op.attrs["primal" if op.name == "custom_derivative" else "callee"]
        try:
            return self.call(callee, [_read(env, v) for v in arguments_of(op)])
        except BaseException as error:
            state = getattr(error, "tangra_state", {})
            error.tangra_state = {  # type: ignore[attr-defined]
                ours: state[theirs] for theirs, ours in op.attrs.get("state", ()) if theirs in state
            } | {ours: _read(env, v) for ours, v in kept_by(op)}
            raise

    def fail_if(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        condition, *rest = (_read(env, v) for v in op.operands)
        if not condition:
            return []
        count = op.attrs.get("n_state", 0)
        message, payload = op.attrs.get("message"), [number_in_text(v) for v in rest[count:]]
        error = self.exception(op.attrs["kind"], () if message is None else (message.format(*payload),))
        error.tangra_state = dict(  # type: ignore[attr-defined]
            zip(op.attrs.get("state", ()), rest[:count], strict=True)
        )
        raise error

    def exception(self, kind: str, args: tuple[Any, ...]) -> BaseException:
        """A new exception of the class called `kind`."""
        found = self.exceptions.get(kind) or getattr(builtins, kind, None)
        if found is None and kind == "LinAlgError":
            found = np.linalg.LinAlgError
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            raise InterpreterError(f"no exception is called {kind!r}")
        return found(*args)

    def check_index(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        index, size = (_read(env, v) for v in op.operands)
        wrapped = np.where(index < 0, index + size, index)
        wrong = (wrapped < 0) | (wrapped >= size)
        if np.any(wrong):
            bad = np.asarray(index)[np.asarray(wrong)].flat[0]
            error = IndexError(index_message(op.attrs["axis"]).format(bad, size))
            error.tangra_state = {}  # type: ignore[attr-defined]
            raise error
        return [wrapped]

    def dim(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        return [np.int64(resolve(op.attrs["size"], symbols))]

    def bind_dim(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        size = int(_read(env, op.operands[0]))
        symbols[op.attrs["symbol"]] = size
        return []

    def tape_new(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        return [[]]

    def tape_push(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        tape, *record = (_read(env, v) for v in op.operands)
        tape.append(record)
        return []

    def tape_pop(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        tape = _read(env, op.operands[0])
        if not tape:
            raise InterpreterError("pop of an empty tape")
        record: list[Any] = tape.pop()
        return record

    def undef(self, op: Op, env: dict[int, Any], symbols: Symbols) -> Sequence[Any]:
        type = op.attrs["type"]
        return [np.zeros(resolve(type.shape, symbols), type.dtype.numpy)[()]]


_STRUCTURAL: dict[str, Callable[[_Run, Op, dict[int, Any], Symbols], Sequence[Any]]] = {
    "if": _Run.if_,
    "loop": _Run.loop,
    "call": _Run.call_op,
    "custom_derivative": _Run.call_op,
    "fail_if": _Run.fail_if,
    "check_index": _Run.check_index,
    "dim": _Run.dim,
    "bind_dim": _Run.bind_dim,
    "tape_new": _Run.tape_new,
    "tape_push": _Run.tape_push,
    "tape_pop": _Run.tape_pop,
    "undef": _Run.undef,
}


def number_in_text(v: Any) -> Any:
    """A number as a message is formatted from it. Single precision has texts of its own: `str` writes fewer digits."""
    return v if isinstance(v, np.float32) else v.item()


def _read(env: Mapping[int, Any], v: Value) -> Any:
    try:
        return env[id(v)]
    except KeyError:
        raise InterpreterError(f"{v!r} is read before it is defined") from None


def _mentions_dim(attr: Any) -> bool:
    if isinstance(attr, (tuple, list)):
        return any(_mentions_dim(a) for a in attr)
    return isinstance(attr, Dim)


def resolve(attr: Any, symbols: Mapping[str, int]) -> Any:
    """`attr` with every symbolic size in it, at any depth of tuples and lists, replaced by its number."""
    if isinstance(attr, Dim):
        try:
            return evaluate(attr, symbols)
        except UnboundSymbolError as error:
            raise InterpreterError(str(error)) from None
    if isinstance(attr, (tuple, list)):
        return tuple(resolve(a, symbols) for a in attr)
    return attr


def bind_symbols(value: Any, type: Type, symbols: Symbols) -> None:
    """Give the symbols that are whole dims of the parameter type `type` the sizes that `value` has."""
    if not isinstance(type, ArrayType) or np.ndim(value) != type.rank:
        return
    for size, dim in zip(np.shape(value), type.shape, strict=True):
        atom = dim.single_atom if isinstance(dim, Dim) else None
        if isinstance(atom, Symbol):
            symbols.setdefault(atom.name, size)


_DTYPES = {
    name: np.dtype(name)
    for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
}


def check_type(value: Any, type: Type, symbols: Symbols, where: Op | Value) -> None:
    """Raise `InterpreterError` unless `value` is exactly of the declared `type`."""
    if isinstance(type, TapeType):
        if not isinstance(value, list):
            raise InterpreterError(f"{where!r}: {value!r} is no tape")
        return
    declared = _DTYPES[type.dtype.numpy]
    if not isinstance(value, (np.ndarray, np.generic)) or (value.dtype is not declared and value.dtype != declared):
        found = getattr(value, "dtype", builtins.type(value).__name__)
        raise InterpreterError(f"{where!r}: value of {found}, declared {type}")
    if type.shape or value.shape:
        shape = resolve(type.shape, symbols)
        if value.shape != shape:
            raise InterpreterError(f"{where!r}: value of shape {value.shape}, declared {type}, which is {shape} here")
