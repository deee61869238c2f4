"""LLVM text of the function that follows a plan of `onednn`: it makes the memories that the plan lists, from the
addresses it gets, runs the steps up to one that fails, and frees what it made. It returns 0, or a status not 0.

Steps run on one thread: OpenMP's number of threads is set for the calling thread, and set back.
"""

from __future__ import annotations

NAME = "@tg.onednn"
CALLED = {
    "omp_get_max_threads": "i32 ()",
    "omp_set_num_threads": "void (i32)",
    "dnnl_stream_create": "i32 (ptr, ptr, i32)",
    "dnnl_stream_destroy": "i32 (ptr)",
    "dnnl_memory_create": "i32 (ptr, ptr, ptr, ptr)",
    "dnnl_memory_destroy": "i32 (ptr)",
    "dnnl_primitive_execute": "i32 (ptr, ptr, i32, ptr)",
}
"""Functions of the library, and their types."""
HEAD_WORDS, MEMORY_WORDS, STEP_WORDS, ARGUMENTS = 3, 3, 10, 4
"""A plan's table of i64: engine, number of memories, number of steps; memories: descriptor, base, offset in bytes;
steps: primitive, number of arguments, and pairs for so many (what it is to the primitive, number of the memory)."""
FOLLOW = """\
define internal i32 @tg.onednn(ptr %plan, ptr %x, ptr %w, ptr %y, ptr %room) noinline nounwind {
entry:
  %bases = alloca [4 x ptr]
  %base1 = getelementptr ptr, ptr %bases, i64 1
  %base2 = getelementptr ptr, ptr %bases, i64 2
  %base3 = getelementptr ptr, ptr %bases, i64 3
  store ptr %x, ptr %bases
  store ptr %w, ptr %base1
  store ptr %y, ptr %base2
  store ptr %room, ptr %base3
  %counts = getelementptr i64, ptr %plan, i64 1
  %count = load i64, ptr %counts
  %steps.place = getelementptr i64, ptr %plan, i64 2
  %steps = load i64, ptr %steps.place
  %memories = alloca ptr, i64 %count
  %arguments = alloca [4 x { i32, ptr }]
  %stream.place = alloca ptr
  store ptr null, ptr %stream.place
  %before = call i32 @onednn.call.omp_get_max_threads()
  call void @onednn.call.omp_set_num_threads(i32 1)
  %engine = load ptr, ptr %plan
  %made = call i32 @onednn.call.dnnl_stream_create(ptr %stream.place, ptr %engine, i32 1)
  %stream = load ptr, ptr %stream.place
  br label %memory
memory:
  %m = phi i64 [ 0, %entry ], [ %m.next, %memory ]
  %m.status = phi i32 [ %made, %entry ], [ %m.status.next, %memory ]
  %m.word = mul i64 %m, 3
  %m.at = add i64 %m.word, 3
  %m.descriptor.place = getelementptr i64, ptr %plan, i64 %m.at
  %m.descriptor = load ptr, ptr %m.descriptor.place
  %m.base.place = getelementptr i64, ptr %m.descriptor.place, i64 1
  %m.base = load i64, ptr %m.base.place
  %m.offset.place = getelementptr i64, ptr %m.descriptor.place, i64 2
  %m.offset = load i64, ptr %m.offset.place
  %m.start.place = getelementptr ptr, ptr %bases, i64 %m.base
  %m.start = load ptr, ptr %m.start.place
  %m.address = getelementptr i8, ptr %m.start, i64 %m.offset
  %m.place = getelementptr ptr, ptr %memories, i64 %m
  store ptr null, ptr %m.place
  %m.made = call i32 @onednn.call.dnnl_memory_create(ptr %m.place, ptr %m.descriptor, ptr %engine, ptr %m.address)
  %m.status.next = or i32 %m.status, %m.made
  %m.next = add i64 %m, 1
  %m.more = icmp slt i64 %m.next, %count
  br i1 %m.more, label %memory, label %run
run:
  %steps.word = mul i64 %count, 3
  %steps.at = add i64 %steps.word, 3
  br label %step
step:
  %s = phi i64 [ 0, %run ], [ %s.next, %executed ]
  %s.status = phi i32 [ %m.status.next, %run ], [ %s.status.next, %executed ]
  %s.word = mul i64 %s, 10
  %s.at = add i64 %s.word, %steps.at
  %s.primitive.place = getelementptr i64, ptr %plan, i64 %s.at
  %s.primitive = load ptr, ptr %s.primitive.place
  %s.count.place = getelementptr i64, ptr %s.primitive.place, i64 1
  %s.count = load i64, ptr %s.count.place
  br label %argument
argument:
  %a = phi i64 [ 0, %step ], [ %a.next, %argument ]
  %a.word = mul i64 %a, 2
  %a.at = add i64 %a.word, 2
  %a.kind.place = getelementptr i64, ptr %s.primitive.place, i64 %a.at
  %a.kind = load i32, ptr %a.kind.place
  %a.number.place = getelementptr i64, ptr %a.kind.place, i64 1
  %a.number = load i64, ptr %a.number.place
  %a.memory.place = getelementptr ptr, ptr %memories, i64 %a.number
  %a.memory = load ptr, ptr %a.memory.place
  %a.to = getelementptr { i32, ptr }, ptr %arguments, i64 %a
  store i32 %a.kind, ptr %a.to
  %a.memory.to = getelementptr { i32, ptr }, ptr %a.to, i64 0, i32 1
  store ptr %a.memory, ptr %a.memory.to
  %a.next = add i64 %a, 1
  %a.more = icmp slt i64 %a.next, %s.count
  br i1 %a.more, label %argument, label %ready
ready:
  %s.failed = icmp ne i32 %s.status, 0
  %s.count.32 = trunc i64 %s.count to i32
  br i1 %s.failed, label %executed, label %execute
execute:
  %s.done = call i32 @onednn.call.dnnl_primitive_execute(ptr %s.primitive, ptr %stream, i32 %s.count.32, ptr %arguments)
  br label %executed
executed:
  %s.status.next = phi i32 [ %s.status, %ready ], [ %s.done, %execute ]
  %s.next = add i64 %s, 1
  %s.more = icmp slt i64 %s.next, %steps
  br i1 %s.more, label %step, label %finish
finish:
  br label %free
free:
  %f = phi i64 [ 0, %finish ], [ %f.next, %free ]
  %f.place = getelementptr ptr, ptr %memories, i64 %f
  %f.memory = load ptr, ptr %f.place
  %f.status = call i32 @onednn.call.dnnl_memory_destroy(ptr %f.memory)
  %f.next = add i64 %f, 1
  %f.more = icmp slt i64 %f.next, %count
  br i1 %f.more, label %free, label %done
done:
  %ended = call i32 @onednn.call.dnnl_stream_destroy(ptr %stream)
  call void @onednn.call.omp_set_num_threads(i32 %before)
  ret i32 %s.status.next
}"""
