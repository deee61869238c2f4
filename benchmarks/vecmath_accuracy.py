"""Errors of `tangra.native.vecmath`: a table of the largest one of each function, in ulps.

    python -m benchmarks.vecmath_accuracy --record errors.json                       # 10^8 points, all of float32
    python -m benchmarks.vecmath_accuracy --record errors.json exp pow --types f64   # some of it
    python -m benchmarks.vecmath_accuracy --record errors.json --table               # what is known so far

It may be stopped at any time: what was measured stands in the record, by piece, and is not measured again unless the
function's code has changed since; `--nice 15` makes way for others. It fails if an error is above the documented bound.

float64 is compared with the C library's functions of long doubles, whose errors are less than 0.01 ulp of a double
(at most 8 ulp of theirs, says its manual); float32 with our functions of doubles, or, of points, with the C library's.
Functions of one argument are walked over in float32, all 2^32 numbers or every so many (`--every`, odd); of the others
there are points. Those of lgamma and digamma are from 0 on, as their bounds are.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import vecmath_reference as reference
from benchmarks.cprogram import C_COMMAND, build
from benchmarks.vecmath_harness import WAYS, Array, compiled, loop_text, variant_text
from tangra.ir import DTYPES, DType
from tangra.native import engine, variants, vecmath
from tangra.native.vecmath.operations import OPERATIONS

CHUNK, STRIDE = 100_000, 2**17
"""Points at a time; numbers of a walk at a time."""
PIECE = 20_000_000
"""Points or numbers between two entries in the record."""


@dataclass
class Found:
    """What was measured of a function: of which code, how far, the largest error and where that is."""

    code: str
    numbers: int = 0
    chunks: int = 0
    largest: float = -1.0
    where: tuple[float, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Job:
    """A function of a type, and which numbers to try: `points`, or in a walk every so many."""

    op: str
    dtype: DType
    points: int
    every: int
    way: str

    @property
    def walks(self) -> bool:
        return self.every > 0 and self.dtype.bits == 32 and OPERATIONS[self.op].arity == 1

    @property
    def key(self) -> str:
        kind = f"every {self.every}" if self.walks else "points"
        return f"{self.op} {self.dtype.name} {self.way} {kind}"

    @property
    def code(self) -> str:
        """Tells apart versions of the function, and of the machine's instructions."""
        features, text = engine.host_features(), variant_text(self.op, self.dtype)
        texts = [loop_text(self.op, self.dtype), text, *variants.texts(text, features), features]
        for name in vecmath.careful_names(self.op, self.dtype):
            lanes = int(name.split("_")[2].removeprefix("careful"))
            texts.append(vecmath.careful_text(self.op, self.dtype.name, lanes, vecmath.table_size(features)))
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]

    @property
    def chunks(self) -> int:
        if not self.walks:
            return -(-self.points // CHUNK)
        return -(-self.top // (STRIDE * self.every))

    @property
    def top(self) -> int:
        """The bits after the last number of a walk."""
        return 2**31 if self.op in ("lgamma", "digamma") else 2**32

    def arguments(self, chunk: int) -> tuple[Array, ...]:
        if not self.walks:
            return reference.points(self.op, self.dtype, CHUNK, chunk)
        start = chunk * STRIDE * self.every
        walk = np.arange(start, min(start + STRIDE * self.every, self.top), self.every, dtype=np.uint64)
        return (walk.astype(np.uint32).view(np.float32),)

    def exact(self, args: tuple[Array, ...]) -> Array:
        """In a walk, what our functions of doubles give, whose errors are 2^-28 of those here."""
        if self.walks:
            return compiled(self.op, DTYPES["f64"])(*(a.astype(np.float64) for a in args))
        return reference.exact(self.op, *args)


@cache
def walker() -> ctypes.CDLL:
    """`vecmath_errors.c`, compiled."""
    library = build(C_COMMAND, Path(__file__).with_name("vecmath_errors.c"))
    library.worst_f32.restype = library.worst_f64.restype = ctypes.c_double
    return library


def address(array: Array) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def measured(found: Array, right: Array) -> tuple[float, int]:
    """The largest error in ulps of the exact values, and where; both arrays are contiguous."""
    at = ctypes.c_int64(0)
    function = walker().worst_f64 if found.dtype == np.float64 else walker().worst_f32
    return function(address(found), address(right), ctypes.c_int64(found.size), ctypes.byref(at)), at.value


def check(op: str, dtype: DType) -> None:
    """That the compiled measure agrees with `vecmath_reference` on points of all kinds."""
    args = reference.points(op, dtype, 4000, seed=1)
    found, at = compiled(op, dtype)(*args), 1234
    found[at] = np.nan if np.isfinite(found[at]) else 1.0
    for _ in range(2):
        errors = reference.errors(found, reference.exact(op, *args))
        largest, place = measured(found, reference.exact(op, *args))
        same = largest == errors.max() or abs(errors[place] - largest) + abs(errors.max() - largest) < 1e-6
        if not same:
            raise AssertionError(f"{op}: {largest} ulp, or {errors.max()}")
        found[at] = compiled(op, dtype)(*args)[at]


def pieces(job: Job, found: Found) -> Iterator[Found]:
    """What is known after each piece that is still to be measured."""
    if found.chunks >= job.chunks:
        return
    check(job.op, job.dtype)
    function, start = compiled(job.op, job.dtype, job.way), time.process_time()
    for chunk in range(found.chunks, job.chunks):
        args = job.arguments(chunk)
        error, at = measured(function(*args), job.exact(args))
        if error > found.largest:
            found.largest, found.where = error, tuple(float(a[at]) for a in args)
        before, found.chunks = found.numbers, chunk + 1
        found.numbers += args[0].size
        if found.numbers // PIECE != before // PIECE or found.chunks == job.chunks:
            found.seconds += time.process_time() - start
            start = time.process_time()
            yield found


class Record:
    """The file that keeps what was measured; without one it is kept for the run only."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}

    def of(self, job: Job) -> Found:
        found = Found(**self.known[job.key]) if job.key in self.known else Found(job.code)
        return found if found.code == job.code else Found(job.code)

    def most(self, job: Job) -> Found:
        """What was measured of the most numbers, in whatever walk."""
        start, code = f"{job.op} {job.dtype.name} {job.way} ", job.code
        founds = [Found(**known) for key, known in self.known.items() if key.startswith(start)]
        return max((f for f in founds if f.code == code), key=lambda f: f.numbers, default=Found(code))

    def keep(self, job: Job, found: Found) -> None:
        self.known[job.key] = asdict(found)
        if self.path is not None:
            new = self.path.with_name(self.path.name + ".new")
            new.write_text(json.dumps(self.known, indent=1))
            new.replace(self.path)


def count(numbers: int) -> str:
    """A number of numbers as the table has it."""
    if numbers in (2**31, 2**32):
        return "all"
    power = len(str(numbers)) - 1
    digits = f"{numbers / 10**power:.2g}"
    return (
        ("" if digits == "1" else digits + "·") + "10" + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    )


def row(op: str, founds: list[tuple[DType, Found]]) -> str:
    cells = []
    for dtype, found in founds:
        bound = vecmath.ulp(op, dtype)
        above = " **above**" if found.largest > bound else ""
        where = ", ".join(f"{w:.4g}" for w in found.where)
        cells.append(
            f"{found.largest:.2f}{above}, {count(found.numbers)} | {where} | {bound}" if found.numbers else "– | – | –"
        )
    return f"| {op} | " + " | ".join(cells) + " |"


def table(record: Record, jobs: list[list[Job]]) -> str:
    types = [job.dtype.name for job in jobs[0]]
    head = ["function"] + [cell for t in types for cell in (f"{t}: ulp, numbers", "at", "bound")]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + [row(of[0].op, [(job.dtype, record.most(job)) for job in of]) for of in jobs])


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = sorted(vecmath.functions(DTYPES["f64"]))
    parser.add_argument("operations", nargs="*", metavar="FUNCTION", help="all, if none is named")
    parser.add_argument("--types", default="f64,f32", metavar="f64,f32", help="separated by a comma")
    parser.add_argument("--points", type=int, default=100_000_000)
    parser.add_argument(
        "--every", type=int, default=1, help="every so many of all numbers of float32; 0: points there too"
    )
    parser.add_argument("--way", choices=WAYS[:2], default="variant", help="as over arrays, or as for single values")
    parser.add_argument("--record", type=Path, help="a file that keeps what was measured, to go on from")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--table", action="store_true", help="measure nothing, print what the record has")
    given = parser.parse_intermixed_args()
    given.operations = given.operations or names
    given.types = given.types.split(",")
    if unknown := (set(given.operations) - set(names)) | (set(given.types) - {"f64", "f32"}):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; functions are {', '.join(names)}; types f64 and f32")
    if given.every < 0 or (given.every > 1 and given.every % 2 == 0):
        parser.error(
            "--every is odd, so that numbers with all last bits turn up: there are more errors where they aren't 0"
        )
    return given


def main() -> None:
    given = options()
    os.nice(given.nice)
    record = Record(given.record)
    jobs = [
        [Job(op, DTYPES[name], given.points, given.every, given.way) for name in given.types] for op in given.operations
    ]
    above = []
    for job in () if given.table else (job for of in jobs for job in of):
        for found in pieces(job, record.of(job)):
            record.keep(job, found)
            print(f"{job.key}: {found.largest:.3f} of {found.numbers:,}, {found.seconds:.0f} s", flush=True)
    for job in (job for of in jobs for job in of):
        above += [job.key] if record.of(job).largest > vecmath.ulp(job.op, job.dtype) else []
    print(table(record, jobs))
    if above:
        raise SystemExit(f"above the bound: {', '.join(above)}")


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
