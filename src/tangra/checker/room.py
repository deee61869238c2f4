"""Room for programs whose parts are nested deeply: a thread with a large stack, and one piece of memory for the frames
of Python's own functions."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable

STACK_BYTES = 256 * 1024 * 1024
RECURSION = 30_000
COLLECTED = (2_000_000, 20, 100)
"""When Python looks for garbage in cycles: rarely, as syntax trees and summaries stay, and little else is in cycles."""
FRAMES = 2_000_000
"""Places for values in the frames of Python's functions."""
_ONE_AT_A_TIME = threading.Lock()


def with_room(run: Callable[[], None]) -> None:
    """Run in a thread with a stack deep enough for nested programs. Limits are the process's, so only one runs."""
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            _in_one_piece(run)
        except BaseException as error:
            failure.append(error)

    with _ONE_AT_A_TIME:
        thresholds = gc.get_threshold()
        gc.set_threshold(*COLLECTED)
        old_limit, old_size = sys.getrecursionlimit(), threading.stack_size(STACK_BYTES)
        sys.setrecursionlimit(RECURSION)
        try:
            thread = threading.Thread(target=guarded, name="tangra-check", daemon=True)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(old_size)
            sys.setrecursionlimit(old_limit)
            gc.set_threshold(*thresholds)
    if failure:
        raise failure[0]


def _in_one_piece(run: Callable[[], None]) -> None:
    run()


# CPython gets memory for frames in pieces of 16 KB, and gives each back as soon as the frames in it have returned. An
# evaluator goes up and down past the ends of such pieces all the time, which took an eighth of a check. A piece is as
# large as the frame that it is made for needs, up to the next power of two, and the rest serves the frames that follow.
# This one says that it needs a little over half; of memory that nobody touches only addresses are taken.
_in_one_piece.__code__ = _in_one_piece.__code__.replace(co_stacksize=1 << FRAMES.bit_length())
