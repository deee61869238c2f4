"""Sorting by merging, with or without the permutation, and binary search."""

from __future__ import annotations

from tangra.ir import I64, DType, Op
from tangra.native import nests
from tangra.native.emitter import Emitter, op_writer
from tangra.native.llvm_types import memory_type, register_type
from tangra.native.module import Module
from tangra.native.text import Lines, Operand
from tangra.native.values import Array, Buffer, Index, Memo, Scalar

# A stable merge sort from runs of one upwards: `%a` with its positions `%p`, merged into `%b` and `%q` and back. NaNs
# are larger than all numbers. The result says whether the sorted data ended in `%b` and `%q`.
SORT = """define internal i1 @tg.sort.{D}(
  ptr noalias %a, ptr noalias %p, ptr noalias %b, ptr noalias %q, i64 %n
) noinline {
  br label %pass
pass:
  %w = phi i64 [ 1, %0 ], [ %w2, %nextpass ]
  %from = phi ptr [ %a, %0 ], [ %to, %nextpass ]
  %to = phi ptr [ %b, %0 ], [ %from, %nextpass ]
  %pfrom = phi ptr [ %p, %0 ], [ %pto, %nextpass ]
  %pto = phi ptr [ %q, %0 ], [ %pfrom, %nextpass ]
  %odd = phi i1 [ false, %0 ], [ %even, %nextpass ]
  %more = icmp slt i64 %w, %n
  br i1 %more, label %run, label %done
run:
  %lo = phi i64 [ 0, %pass ], [ %hi, %nextrun ]
  %m0 = add i64 %lo, %w
  %h0 = add i64 %m0, %w
  %mid = call i64 @llvm.smin.i64(i64 %m0, i64 %n)
  %hi = call i64 @llvm.smin.i64(i64 %h0, i64 %n)
  %last = sub i64 %n, 1
  br label %step
step:
  %k = phi i64 [ %lo, %run ], [ %k1, %step ]
  %i = phi i64 [ %lo, %run ], [ %i1, %step ]
  %j = phi i64 [ %mid, %run ], [ %j1, %step ]
  %is = call i64 @llvm.smin.i64(i64 %i, i64 %last)
  %js = call i64 @llvm.smin.i64(i64 %j, i64 %last)
  %xp = getelementptr inbounds {T}, ptr %from, i64 %is
  %yp = getelementptr inbounds {T}, ptr %from, i64 %js
  %x = load {T}, ptr %xp
  %y = load {T}, ptr %yp
  %hasi = icmp slt i64 %i, %mid
  %hasj = icmp slt i64 %j, %hi
  %noi = xor i1 %hasi, true
  {less}
  %want = or i1 %noi, %less
  %right = and i1 %hasj, %want
  %v = select i1 %right, {T} %y, {T} %x
  %at = select i1 %right, i64 %js, i64 %is
  %vp = getelementptr inbounds {T}, ptr %to, i64 %k
  store {T} %v, ptr %vp
  %op = getelementptr inbounds i64, ptr %pfrom, i64 %at
  %o = load i64, ptr %op
  %np = getelementptr inbounds i64, ptr %pto, i64 %k
  store i64 %o, ptr %np
  %r = zext i1 %right to i64
  %l = sub i64 1, %r
  %i1 = add i64 %i, %l
  %j1 = add i64 %j, %r
  %k1 = add i64 %k, 1
  %on = icmp slt i64 %k1, %hi
  br i1 %on, label %step, label %nextrun
nextrun:
  %again = icmp slt i64 %hi, %n
  br i1 %again, label %run, label %nextpass
nextpass:
  %w2 = shl i64 %w, 1
  %even = xor i1 %odd, true
  br label %pass
done:
  ret i1 %odd
}"""


def _less(dtype: DType) -> str:
    """Text that sets `%less`: whether `%y` comes before `%x`."""
    type = memory_type(dtype)
    if dtype.kind != "f":
        return f"%less = icmp {'slt' if dtype.kind == 'i' else 'ult'} {type} %y, %x"
    return "\n  ".join([
        f"%below = fcmp olt {type} %y, %x",
        f"%xnan = fcmp uno {type} %x, %x",
        f"%yok = fcmp ord {type} %y, %y",
        "%past = and i1 %xnan, %yok",
        "%less = or i1 %below, %past",
    ])  # fmt: skip


def _define_sort(module: Module, dtype: DType) -> str:
    module.declare("declare i64 @llvm.smin.i64(i64, i64)")
    text = SORT.replace("{T}", memory_type(dtype)).replace("{D}", dtype.name).replace("{less}", _less(dtype))
    module.define(f"@tg.sort.{dtype.name}", text)
    return f"@tg.sort.{dtype.name}"


@op_writer("sort", "argsort")
def _sort(em: Emitter, op: Op) -> None:
    """Line by line along the axis: copied into a row, sorted there, copied to its place."""
    (x,), axis = op.operands, op.attrs["axis"]
    source, n = em.array(x), x.shape[axis]
    keys, spare = em.allocate(x.dtype, (n,)), em.allocate(x.dtype, (n,))
    places, others = em.allocate(I64, (n,)), em.allocate(I64, (n,))
    target = em.allocate(op.result.dtype, op.result.shape, op.result)
    function, code = _define_sort(em.module, x.dtype), em.code
    sorted_rows, spare_rows = (keys, spare) if op.name == "sort" else (places, others)

    def line(outer: Index, memo: Memo) -> None:
        def fill(i: Operand, _: list[str]) -> list[str]:
            value = source.element(em, [*outer[:axis], i, *outer[axis:]], {})
            em.store(keys, em.code.add(keys.offset, i), value)
            em.store(places, i, i)
            return []

        code.counted(em.size(n), [], fill)
        pointers = ", ".join(f"ptr {s.buffer.pointer}" for s in (keys, places, spare, others))
        swapped = code.ins(f"call i1 {function}({pointers}, i64 {em.size(n)})")
        chosen = code.ins(f"select i1 {swapped}, ptr {spare_rows.buffer.pointer}, ptr {sorted_rows.buffer.pointer}")
        row = em.window(Buffer(chosen, False), op.result.dtype, (n,))

        def move(i: Operand, _: list[str]) -> list[str]:
            place = target.place(em, [*outer[:axis], i, *outer[axis:]])
            em.store(target, place, row.element(em, (i,), {}))
            return []

        code.counted(em.size(n), [], move)

    nests.visit(em, x.shape[:axis] + x.shape[axis + 1 :], line, 1000)
    em.define(op.result, target)


@op_writer("searchsorted")
def _searchsorted(em: Emitter, op: Op) -> None:
    a, v = op.operands
    table, side = em.strided(a), op.attrs["side"]
    if not v.shape:
        em.define(op.result, Scalar(I64, _search(em, table, em.operand(v), side)))
        return
    wanted, target = em.array(v), em.allocate(I64, v.shape, op.result)

    def body(index: Index, memo: Memo) -> None:
        value = wanted.element(em, index, memo)
        em.store(target, target.place(em, index), _search(em, table, value, side))

    nests.visit(em, v.shape, body, 1000)
    em.define(op.result, target)


def _search(em: Emitter, table: Array, value: Operand, side: str) -> Operand:
    """The number of elements below `value` (not above it, for side right), by halving; NaN is above all numbers."""
    code, type, dtype = em.code, register_type(table.dtype), table.dtype
    header, body, after = code.name("search"), code.name("probe"), code.name("found")
    size = em.size(table.shape[0])
    before = code.label
    code.goto(header)
    code.start(header)
    phis: Lines = []
    code.lines.append(phis)
    low, high = code.coming("lo", "i64"), code.coming("hi", "i64")
    code.branch(code.ins(f"icmp slt i64 {low}, {high}"), body, after)
    code.start(body)
    middle = code.ins(f"lshr i64 {code.ins(f'add nuw nsw i64 {low}, {high}')}, 1")
    here = table.element(em, (middle,), {})
    goes_right = _before(em, dtype, type, here, value, side)
    next_low = code.ins(f"select i1 {goes_right}, i64 {code.ins(f'add nuw nsw i64 {middle}, 1')}, i64 {low}")
    next_high = code.ins(f"select i1 {goes_right}, i64 {high}, i64 {middle}")
    latch = code.label
    code.goto(header)
    code.phi(phis, low, "i64", [(0, before), (next_low, latch)])
    code.phi(phis, high, "i64", [(size, before), (next_high, latch)])
    code.start(after)
    return low


def _before(em: Emitter, dtype: DType, type: str, here: Operand, value: Operand, side: str) -> str:
    """Whether the element `here` belongs before `value`: here < value, for side right not value < here."""
    code = em.code
    first, second = (here, value) if side == "left" else (value, here)
    if dtype.kind == "f":
        below = code.ins(f"fcmp olt {type} {first}, {second}")
        nan, number = code.ins(f"fcmp uno {type} {second}, {second}"), code.ins(f"fcmp ord {type} {first}, {first}")
        less = code.ins(f"or i1 {below}, {code.ins(f'and i1 {nan}, {number}')}")
    else:
        less = code.ins(f"icmp {'slt' if dtype.kind == 'i' else 'ult'} {type} {first}, {second}")
    return less if side == "left" else code.ins(f"xor i1 {less}, true")
