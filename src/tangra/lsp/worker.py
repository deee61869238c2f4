"""The worker process: an `EditorSession` behind pipes. Requests and answers are pickled and go one after another,
except that a `Cancel` is seen at once and ends the request it names.

Standard output belongs to the protocol: what rule files print goes to standard error.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from typing import Any, BinaryIO

from tangra.checker import Cancelled
from tangra.lsp.messages import INTERRUPTED, Answer, Ask, Cancel, Open, SetText, pack, receive
from tangra.lsp.session import EditorSession


class Worker:
    """The loop of the process."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self.incoming, self.outgoing = incoming, outgoing
        self.messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.session: EditorSession | None = None

    def run(self) -> None:
        """Serve until the pipe closes."""
        threading.Thread(target=self._listen, daemon=True).start()
        while (message := self.messages.get()) is not None:
            self._handle(message)

    def _listen(self) -> None:
        while (message := receive(self.incoming)) is not None:
            if isinstance(message, Cancel):
                self.cancelled.add(message.number)
            else:
                self.messages.put(message)
        self.messages.put(None)
        self.cancelled = _Everything()

    def _handle(self, message: Any) -> None:
        if isinstance(message, Open) and self.session is None:
            self.session = EditorSession(message.options)
        elif isinstance(message, Open) and self.session is not None:
            self.session.set_options(message.options)
        elif isinstance(message, SetText) and self.session is not None:
            self.session.set_text(message.path, message.text)
        elif isinstance(message, Ask):
            self.outgoing.write(pack(self._answer(message)))
            self.outgoing.flush()

    def _answer(self, ask: Ask) -> Answer:
        def interrupted() -> bool:
            return ask.number in self.cancelled

        try:
            if interrupted():
                raise Cancelled
            arguments = (*ask.arguments, interrupted) if ask.can_stop else ask.arguments
            return Answer(ask.number, getattr(self.session, ask.method)(*arguments))
        except Cancelled:
            return Answer(ask.number, failure=INTERRUPTED)
        except Exception:
            return Answer(ask.number, failure=traceback.format_exc())
        finally:
            self.cancelled.discard(ask.number)


class _Everything(set[int]):
    """Once the server is gone, nobody waits for anything."""

    def __contains__(self, number: object) -> bool:
        return True


def main() -> None:
    """Serve on standard input and output."""
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    Worker(sys.stdin.buffer, outgoing).run()


if __name__ == "__main__":
    main()
