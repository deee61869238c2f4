"""`finish`: the last passes, after which nothing is differentiated any more."""

from __future__ import annotations

from tangra.ir import Func
from tangra.transforms.conditional_additions import add_unconditionally
from tangra.transforms.conditional_sums import sum_conditionally
from tangra.transforms.dce import eliminate_dead_code
from tangra.transforms.independence import mark_outer_parallel
from tangra.transforms.lane_tapes import give_tapes_to_lanes
from tangra.transforms.overlapping_sums import sum_overlaps
from tangra.transforms.rereading import read_newest
from tangra.transforms.row_loops import loop_over_rows
from tangra.transforms.sinking import sink_zero_work
from tangra.transforms.splitting import split_accumulations
from tangra.transforms.splitting_plan import mark_parallel
from tangra.transforms.swapping import unroll_swaps
from tangra.transforms.tidying import merge_writes, shorten_strong_zeros


def finish(func: Func) -> None:
    """Make the simplified `func` run fast, in place: loops that exchange arrays are doubled, those whose trips meet in
    an array are split, windows that overlap are summed at once, passes over rows are joined, elements are read from the
    newest array, work on zeros goes under its condition, sums under a condition come out of it, and lanes have tapes of
    their own."""
    unroll_swaps(func)
    if shorten_strong_zeros(func):
        eliminate_dead_code(func)
    merge_writes(func)
    sum_overlaps(func)
    loop_over_rows(func)
    read_newest(func)
    split_accumulations(func)
    mark_parallel(func)
    sink_zero_work(func)
    add_unconditionally(func)
    sum_conditionally(func)
    mark_outer_parallel(func)
    give_tapes_to_lanes(func)
