"""Writers of calls of other IR functions, which become internal LLVM functions."""

from __future__ import annotations

from dataclasses import dataclass

from tangra.ir import Func, Op, Value
from tangra.ir.graph import arguments_of, kept_by
from tangra.native import nests
from tangra.native.emit_function import write_function
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import memory_type, register_type
from tangra.native.module import Module
from tangra.native.signature import Signature, whole_symbol
from tangra.native.text import UNLIKELY, Operand
from tangra.native.values import Array, Buffer, Scalar, Strided


@dataclass
class _Arguments:
    """What is passed: LLVM arguments as text, and the arrays behind the pointers by parameter index."""

    texts: list[str]
    arrays: dict[int, Strided]


def write_callees(module: Module, func: Func) -> None:
    """Write the functions that `func` calls, the innermost first: chains of calls may be long."""
    for callee in func.callees():
        _write(module, callee)


def _write(module: Module, callee: Func) -> Signature:
    return write_function(module, callee, f"@tg.f{len(module.signatures)}")


@op_writer("call", "custom_derivative")
def _call(em: Emitter, op: Op) -> None:
    callee: Func = op.attrs["primal" if op.name == "custom_derivative" else "callee"]
    sig = em.module.signatures.get(id(callee)) or _write(em.module, callee)
    changed = em.module.states.get(sig.name, set())
    passed = _pass_arguments(em, op, sig, changed)
    symbols = _pass_symbols(em, op, sig)
    places = [_place(em, op.results[k], sig, k, passed) for k in range(len(sig.results))]
    texts = [f"ptr {em.context}", *passed.texts, *symbols]
    texts += [text for text, _ in places if text]
    status = em.code.ins(f"call i32 {sig.name}({', '.join(texts)})")
    _propagate(em, op, status, passed, changed)
    for k, (v, (text, target)) in enumerate(zip(op.results, places, strict=True)):
        if sig.written[k] is None and sig.dynamic(k):
            em.define(v, _take_over(em, v, text.removeprefix("ptr ")))
        elif target is not None:
            em.define(v, target)
        else:
            em.define(v, Scalar(v.dtype, em.load_at(text.removeprefix("ptr "), v.dtype)))


def _pass_arguments(em: Emitter, op: Op, sig: Signature, changed: set[int]) -> _Arguments:
    passed = _Arguments([], {})
    given_away: set[int] = set()
    for k, (v, type) in enumerate(zip(arguments_of(op), sig.params, strict=True)):
        if not type.shape:
            passed.texts.append(f"{register_type(type.dtype)} {em.operand(v)}")
            continue
        block = em.contiguous(v)
        shared = sum(block.buffer in _reads(em, other) for other in op.operands) > 1
        if k in sig.written:
            block = em.copy(block) if shared or id(block.buffer) in given_away else _own(em, v, block)
            given_away.add(id(block.buffer))
        elif k in changed and (shared or not block.buffer.writable):
            block = em.copy(block)
        passed.arrays[k] = block
        passed.texts.append(f"ptr {em.address(block, block.offset)}")
    return passed


def _reads(em: Emitter, value: Value) -> frozenset[Buffer]:
    found = em.repr(value)
    return found.reads if isinstance(found, Array) else frozenset()


def _own(em: Emitter, value: Value, block: Strided) -> Strided:
    """Row-major memory holding `value` that the callee may overwrite."""
    own = em.writable(value, value)
    return own if own.contiguous else em.copy(block)


def _pass_symbols(em: Emitter, op: Op, sig: Signature) -> list[str]:
    """The callee's size symbols, from the shapes of the operands."""
    found: dict[str, Operand] = {}
    for v, type in zip(arguments_of(op), sig.params, strict=True):
        for ours, theirs in zip(v.shape, type.shape, strict=True):
            name = whole_symbol(theirs)
            if name is not None and name not in found:
                found[name] = em.size(ours)
    return [f"i64 {found[name]}" for name in sig.symbols]


def _place(em: Emitter, value: Value, sig: Signature, k: int, passed: _Arguments) -> tuple[str, Strided | None]:
    """The pointer passed for a result ("" for none), and where the result will be if it is an array."""
    owner = sig.written[k]
    if owner is not None:
        return "", passed.arrays[owner]
    if sig.dynamic(k):
        return f"ptr {em.variable(f'[{1 + len(value.shape)} x i64]')}", None
    if not value.shape:
        return f"ptr {em.variable(memory_type(value.dtype))}", None
    target = em.allocate(value.dtype, value.shape, value)
    return f"ptr {em.address(target, target.offset)}", target


def _take_over(em: Emitter, value: Value, words: str) -> Strided:
    """Move a result that the callee allocated into a buffer of ours."""
    memory = em.code.ins(f"load ptr, ptr {words}")
    target = em.allocate(value.dtype, value.shape, value)
    em.assign(target, em.window(Buffer(memory, False), value.dtype, value.shape))
    em.code.do(f"call void {em.module.external('free', 'void (ptr)')}(ptr {memory})")
    return target


def _propagate(em: Emitter, op: Op, status: str, passed: _Arguments, changed: set[int]) -> None:
    """A failing callee makes us fail, after what it left in its parameters, and what we kept, is put where our state
    says."""
    code = em.code
    failing, after = code.name("fail"), code.name("ok")
    code.branch(code.ins(f"icmp ne i32 {status}, 0"), failing, after, UNLIKELY)
    outer, code.lines = code.lines, []
    em.cold.append(code.lines)
    code.start(failing)
    pairs: list[tuple[Strided, Array]] = []
    for theirs, ours in op.attrs.get("state", ()):
        target = em.parameters.get(ours)
        if target is not None and theirs in passed.arrays and (theirs in changed):
            em.state_params.add(ours)
            pairs.append((target, passed.arrays[theirs]))
    for ours, value in kept_by(op):
        if (target := em.parameters.get(ours)) is not None:
            em.state_params.add(ours)
            pairs.append((target, em.array(value)))
    nests.assign_all(em, pairs)
    em.uses_failure = True
    code.goto("failed")
    code.lines = outer
    code.start(after)
