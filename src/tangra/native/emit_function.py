"""Writing whole functions: parameters and results."""

from __future__ import annotations

from tangra.ir import Func, Value
from tangra.native import late_results, nests, poison
from tangra.native.arena import ARENA_TOP
from tangra.native.emitter import Emitter
from tangra.native.late_results import LateResult
from tangra.native.module import Module
from tangra.native.polling import PERIOD
from tangra.native.regions import Unpaired
from tangra.native.signature import Signature, noalias, whole_symbol
from tangra.native.text import Lines, flatten
from tangra.native.values import Array, Buffer, Scalar, Strided
from tangra.shapes import prod

CARRYING = ("update", "accumulate", "scatter", "scatter_add")


def signature(func: Func, name: str) -> Signature:
    """The signature of `func` as LLVM function `name`."""
    params, results = tuple(v.array for v in func.params), tuple(v.array for v in func.returned)
    symbols: dict[str, None] = {}
    for type in params:
        for size in type.shape:
            found = whole_symbol(size)
            if found is not None:
                symbols[found] = None
    owner = {result: param for param, result in func.attrs.get("written", ()) if params[param].shape}
    written = tuple(owner.get(k) for k in range(len(results)))
    return Signature(name, params, tuple(symbols), results, written)


def write_function(module: Module, func: Func, name: str, exported: bool = False) -> Signature:
    """Write `func` as the LLVM function `name` into the module."""
    try:
        return _write_function(module, func, name, exported, pairing=True)
    except Unpaired:
        return _write_function(module, func, name, exported, pairing=False)


def _write_function(module: Module, func: Func, name: str, exported: bool, pairing: bool) -> Signature:
    sig = module.signatures[id(func)] = signature(func, name)
    em = Emitter(module, func)
    em.main, em.pairing = exported, pairing
    frame = em.push(func.body)
    entry: Lines = []
    frame.slots.append(entry)
    em.code.lines.append(entry)
    em.code.fall_into("body")
    em.code.made |= {name: f"param {type}" for name, type in sig.operands}
    for symbol in sig.symbols:
        frame.binds[symbol] = (f"%sym{symbol_name(sig, symbol)}", 0)
    for k, param in enumerate(func.params):
        _define_parameter(em, sig, k, param)
    targets = [_result_target(em, sig, k) for k in range(len(sig.results))]
    if module.options.poison:
        _poison(em, sig, targets)
    for v, target in zip(func.returned, targets, strict=True):
        if target is not None and not nests.unrolls(target.shape):
            _hint(em, v, target)
        elif target is None and v.shape:
            _expect(em, v)
    em.write_block(func.body)
    _return(em, sig, func.returned, targets)
    module.functions.append(_assemble(em, sig, "" if exported else "internal "))
    module.states[name] = em.state_params
    return sig


def symbol_name(sig: Signature, symbol: str) -> int:
    """The number by which the function's text refers to a symbol."""
    return sig.symbols.index(symbol)


def _define_parameter(em: Emitter, sig: Signature, k: int, param: Value) -> None:
    type = param.array
    if not type.shape:
        em.define(param, Scalar(type.dtype, f"%arg{k}"))
        return
    window = em.window(Buffer(f"%arg{k}", k in sig.written), type.dtype, type.shape)
    em.parameters[k] = window
    em.define(param, window)


def _result_target(em: Emitter, sig: Signature, k: int) -> Strided | None:
    """Where an array result goes, if that is known before the call."""
    type, owner = sig.results[k], sig.written[k]
    if owner is not None:
        return em.parameters[owner]
    if not type.shape or sig.dynamic(k):
        return None
    return em.window(Buffer(f"%res{k}", True), type.dtype, type.shape)


def _poison(em: Emitter, sig: Signature, targets: list[Strided | None]) -> None:
    """Fill the memory of results that are no arguments."""
    for k, target in enumerate(targets):
        if target is not None and sig.written[k] is None:
            size = em.size(prod(target.shape) * target.dtype.itemsize)
            poison.fill(em.module, em.code, target.buffer.pointer, target.dtype, size)


def _hint(em: Emitter, value: Value, target: Strided) -> None:
    """Note that `value` and the older versions it is made of are best kept in `target`'s memory from the start."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if id(value) not in em.hints:
            em.hints[id(value)] = target
            waiting += _older_versions(value)


def _expect(em: Emitter, value: Value) -> None:
    """The same for a result whose size is not known before the call."""
    late = LateResult(value.array, None, em.variable("ptr"))
    em.allocas.append(f"  store ptr null, ptr {late.variable}")
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if id(value) not in em.late:
            em.late[id(value)] = late
            waiting += _older_versions(value)


def _older_versions(value: Value) -> list[Value]:
    """The arrays whose memory an array may be written in."""
    op = value.defining_op
    if op is None:
        return []
    at = op.results.index(value)
    if op.name in CARRYING:
        return [op.operands[0]]
    if op.name == "if":
        return [region.terminator.operands[at] for region in op.regions]
    if op.name == "loop":
        header, flags = (3 if op.attrs["counted"] else 0), (1 if op.attrs["exits"] else 0)
        return [op.regions[0].terminator.operands[at + flags], op.operands[header + at]]
    return []


def _return(em: Emitter, sig: Signature, returned: list[Value], targets: list[Strided | None]) -> None:
    pairs: list[tuple[Strided, Array]] = []
    for k, (v, target) in enumerate(zip(returned, targets, strict=True)):
        if target is not None:
            pairs.append((target, em.array(v)))
        elif v.shape:
            _return_dynamic(em, k, v)
        else:
            em.store_at(f"%res{k}", v.dtype, em.operand(v))
    nests.assign_all(em, pairs)
    for late in dict.fromkeys(em.late.values()):
        if late.buffer is not None:
            late_results.free(em, late.buffer.pointer)


def _return_dynamic(em: Emitter, k: int, value: Value) -> None:
    """A result in memory from malloc, which the caller frees."""
    code, type, late = em.code, value.array, em.late[id(value)]
    if late.holds(em.array(value)):
        assert late.buffer is not None
        memory = late.buffer.pointer
        late.buffer = None
    else:
        memory = late_results.claim(em, type)
        late_results.require(em, memory, type)
        if em.module.options.poison:
            poison.fill(em.module, code, memory, type.dtype, late_results.byte_count(em, type)[0])
        em.assign(em.window(Buffer(memory, True), type.dtype, type.shape), em.array(value))
    code.do(f"store ptr {memory}, ptr %res{k}")
    for axis, dim in enumerate(em.size(size) for size in type.shape):
        place = code.ins(f"getelementptr inbounds i64, ptr %res{k}, i64 {axis + 1}")
        code.do(f"store i64 {dim}, ptr {place}")


def _assemble(em: Emitter, sig: Signature, linkage: str) -> str:
    """The function's text from its parts."""
    params = [f"{noalias(type)} {name}" for name, type in sig.operands]
    out = [f"define {linkage}i32 {sig.name}({', '.join(params)}) noinline {em.module.attributes(em.code)} {{", "entry:"]
    out += em.allocas
    if em.uses_poll:
        out += ["  %polls = alloca i64", f"  store i64 {PERIOD}, ptr %polls"]
    if em.uses_arena:
        out += [
            f"  %arena.place = getelementptr inbounds i64, ptr %ctx, i64 {ARENA_TOP}",
            "  %arena.mark = load i64, ptr %arena.place",
        ]
    flatten(em.code.lines, out)
    if em.uses_arena:
        out.append("  store i64 %arena.mark, ptr %arena.place")
    out.append("  ret i32 0")
    flatten(em.cold, out)
    if em.uses_failure:
        out += ["failed:", *late_results.freeing(em), "  ret i32 1"]
    return "\n".join([*out, "}"])
