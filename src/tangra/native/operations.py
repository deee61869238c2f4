"""All writers of operations: importing them fills the table of the emitter."""

from __future__ import annotations

from tangra.native import (
    emit_arrays,
    emit_calls,
    emit_contraction,
    emit_control,
    emit_convolution,
    emit_elementwise,
    emit_failures,
    emit_linalg,
    emit_loops,
    emit_pooling,
    emit_reductions,
    emit_sorting,
    emit_tapes,
)

MODULES = (
    emit_arrays, emit_calls, emit_contraction, emit_control, emit_convolution, emit_elementwise,
    emit_failures, emit_linalg, emit_loops, emit_pooling, emit_reductions, emit_sorting, emit_tapes,
)  # fmt: skip
