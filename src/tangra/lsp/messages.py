"""What server and worker process say to each other, and how it goes through a pipe: pickled, its length in front."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tangra.lsp.session import Options, Text

HEAD = struct.Struct("<I")


@dataclass(frozen=True)
class Open:
    """Begin, or go on with other options."""

    options: Options


@dataclass(frozen=True)
class SetText:
    """A text changed; None: the file on the disk counts again."""

    path: Path
    text: Text | None


@dataclass(frozen=True)
class Ask:
    """Call a method of the session; the answer is an `Answer` of the same number."""

    number: int
    method: str
    arguments: tuple[Any, ...] = ()
    can_stop: bool = False


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for the answer any more."""

    number: int


@dataclass(frozen=True)
class Answer:
    """`value`, or why there is none: "interrupted", or the traceback of a failure of ours."""

    number: int
    value: Any = None
    failure: str | None = None


INTERRUPTED = "interrupted"


def pack(message: object) -> bytes:
    """A message with its length in front."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(body)) + body


def receive(stream: BinaryIO) -> Any:
    """The next message; None at the end of the stream, which may come within one: who wrote it has ended."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (length,) = HEAD.unpack(head)
    body = stream.read(length)
    return pickle.loads(body) if len(body) == length else None
