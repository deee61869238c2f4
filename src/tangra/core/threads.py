"""`set_threads` and `get_threads`: how many threads compiled code uses."""

from __future__ import annotations

import operator

from tangra.errors import EntryError
from tangra.native import memory, pool


def set_threads(count: int) -> None:
    """Let compiled functions use `count` threads (1 to 256), the calling one among them, from their next loop on.

    Loops with enough work, lanes of `vmap` and batches of products are shared out among the threads. The results are
    the same to the last bit for any number. It holds for the process: threads of Python that call compiled functions at
    the same time don't add up to more, since only one call at a time is helped and the others run alone.

    Without a call of it the environment variable `TANGRA_THREADS` counts, and without that the cores the process may
    run on (`os.sched_getaffinity`). Raises EntryError for anything but an int in that range.
    """
    try:
        number = operator.index(count)
    except TypeError:
        number = 0
    if isinstance(count, bool) or not 1 <= number <= memory.MOST:
        raise EntryError(
            f"set_threads: {count!r} is not a number of threads",
            code=pool.NO_THREADS,
            fix=f"give an int from 1 to {memory.MOST}",
        )
    pool.use(number)


def get_threads() -> int:
    """The number of threads that compiled functions may use, see `set_threads`.

    Raises EntryError if the environment variable `TANGRA_THREADS` holds something else than a number from 1 to 256.
    """
    return pool.threads()
