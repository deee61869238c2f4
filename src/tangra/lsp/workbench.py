"""What is open in the editor, and what the last analysis found in it: the state that all requests are answered from.

A change of any open file of a project interrupts the analysis that runs for it and begins another after a short delay.
What the last one found stays valid until then, moved along with the edits (`Known`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path

from tangra.checker import Place
from tangra.checker.files import resolved
from tangra.checker.observations import Sight
from tangra.checker.project import find_root
from tangra.lsp.analyst import Analyst, Superseded, WorkerFailed
from tangra.lsp.linemap import LineMap
from tangra.lsp.origins import Birth
from tangra.lsp.positions import Document
from tangra.lsp.preview import Glance, composed
from tangra.lsp.session import Analysis, Results
from tangra.lsp.settings import Settings


@dataclass
class Known:
    """The last analysis of an open file, with where its lines are in the present text."""

    document: Document
    analysis: Analysis
    lines: LineMap

    def now(self, place: Place) -> Place | None:
        """Where a place of the analysis is in the present text; None if it was edited."""
        if self.lines.is_identity:
            return place
        line, end_line = self.lines.line(place.line), self.lines.line(place.end_line)
        if line is None or end_line is None or not self.lines.holds(place.end_line, place.end_column - 1):
            return None
        if end_line - line != place.end_line - place.line:
            return None
        return Place(place.file, line, place.column, end_line, place.end_column)

    def sights_at(self, line: int, column: int) -> list[Sight]:
        """The expressions around a position of the present text, the innermost first."""
        found: list[tuple[tuple[int, int], Sight]] = []
        for sight in self.analysis.sights:
            place = self.now(sight.place)
            if place is None:
                continue
            if (place.line, place.column) <= (line, column) <= (place.end_line, place.end_column):
                found.append(((place.end_line - place.line, place.end_column - place.column), sight))
        return [sight for _, sight in sorted(found, key=lambda pair: pair[0])]


@dataclass
class Room:
    """One project: its worker, the analysis that runs or is due, and who waits for it."""

    analyst: Analyst
    task: asyncio.Task[None] | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    told: set[str] = field(default_factory=set)


class Workbench:
    """All open files of all projects."""

    def __init__(self, finished: Callable[[list[Path]], None], log: Callable[[str, bool], None]) -> None:
        self.finished, self.log = finished, log
        self.settings: dict[Path | None, Settings] = {None: Settings()}
        self.documents: dict[Path, Document] = {}
        self.uris: dict[str, Path] = {}
        self.analyses: dict[Path, Analysis] = {}
        self.checked: dict[Path, Analysis] = {}
        self.rooms: dict[Path, Room] = {}
        self.roots: dict[Path, Path] = {}
        self._versions = itertools.count(1)
        self._closing: set[asyncio.Task[None]] = set()

    def setting(self, root: Path) -> Settings:
        """The settings of a project."""
        return self.settings.get(root, self.settings[None])

    def setting_of(self, path: Path) -> Settings:
        """The settings of the project that a file belongs to."""
        return self.setting(self.root(path))

    def root(self, path: Path) -> Path:
        """The project that a file belongs to: of an open one, the project that it is checked with."""
        return self.roots.get(path) or find_root(path)

    def update(self, document: Document) -> bool:
        """A file was opened or changed; whether it is the first of its project. Versions are counted here: what clients
        count may repeat itself or go back."""
        path, root = document.path, find_root(document.path)
        document.version = next(self._versions)
        if self.roots.get(path, root) != root:
            self._leave(path)
        is_first = root not in self.rooms
        self.roots[path] = root
        before = self.documents.get(path)
        for part in before.parts if before else ():
            self.uris.pop(part.uri, None)
        self.documents[path] = document
        self.uris.update((part.uri, path) for part in document.parts)
        self._room(root).analyst.set_text(path, document.text)
        self.schedule(root, path)
        return is_first

    def close(self, path: Path) -> None:
        """A file was closed."""
        document = self.documents.pop(path, None)
        if document is None:
            return
        for part in document.parts:
            self.uris.pop(part.uri, None)
        self.analyses.pop(path, None)
        self.checked.pop(path, None)
        self._leave(path)

    def _leave(self, path: Path) -> None:
        """A file belongs to its project no longer."""
        root = self.roots.pop(path)
        room = self.rooms.get(root)
        if room is None:
            return
        room.analyst.set_text(path, None)
        if room.analyst.texts:
            self.schedule(root)
            return
        if room.task is not None:
            room.task.cancel()
        room.done.set()
        room.news.set()
        del self.rooms[root]
        self._closing.add(closing := asyncio.get_running_loop().create_task(room.analyst.close()))
        closing.add_done_callback(self._closing.discard)

    def _room(self, root: Path) -> Room:
        room = self.rooms.get(root)
        if room is None:
            analyst = Analyst(root, self.setting(root).options(root), lambda text: self.log(text, False))
            room = self.rooms[root] = Room(analyst)
        return room

    def schedule(self, root: Path, edited: Path | None = None) -> None:
        """Check a project's open files soon, with what they hold then; first of all the function of the file `edited`
        that was edited."""
        room = self.rooms.get(root)
        if room is None:
            return
        if room.task is not None:
            room.task.cancel()
        room.done.clear()
        room.news.clear()
        room.task = asyncio.get_running_loop().create_task(self._analyse(root, room, edited))

    async def _preview(self, root: Path, room: Room, path: Path) -> None:
        """Show what the edited function alone gives."""
        seen: Glance | None = await room.analyst.ask("glance", path, can_stop=True)
        document, checked = self.documents.get(path), self.checked.get(path)
        if seen is None or document is None or checked is None:
            return
        if (seen.base, seen.version) == (checked.version, document.version):
            self.analyses[path] = composed(checked, seen)
            room.news.set()
            self.finished([path])

    async def _analyse(self, root: Path, room: Room, edited: Path | None) -> None:
        await asyncio.sleep(self.setting(root).delay / 1000)
        if edited is not None and edited in self.analyses:
            try:
                await self._preview(root, room, edited)
            except Exception as error:  # the check of the whole program follows all the same
                self.log(f"no preview of {edited.name}: {error}", False)
        try:
            results = await room.analyst.analyse()
        except Superseded:
            return
        except Exception as error:  # whoever waits has to hear that nothing is coming
            self._tell(room, str(error) or type(error).__name__)
            results = Results()
        if results.misuse:
            self._tell(room, results.misuse)
        for failure in results.failures:
            self._tell(room, f"internal error in {failure}; the other findings stand")
        fresh = []
        for path, analysis in results.files.items():
            document = self.documents.get(path)
            if document is not None and document.version == analysis.version:
                self.analyses[path] = self.checked[path] = analysis
                fresh.append(path)
        room.done.set()
        room.news.set()
        room.task = None
        self.finished(fresh)

    def _tell(self, room: Room, text: str) -> None:
        """Log a fault, and show it to the user the first time."""
        self.log(text, text not in room.told)
        room.told.add(text)

    def path(self, uri: str) -> Path | None:
        """The open file that an address (of a file or a cell) belongs to."""
        return self.uris.get(uri)

    def known(self, path: Path) -> Known | None:
        """What the last analysis found in an open file, moved to the present text."""
        document, analysis = self.documents.get(path), self.analyses.get(path)
        if document is None or analysis is None:
            return None
        return Known(document, analysis, LineMap(analysis.lines, document.lines))

    async def current(self, path: Path, previews: bool = False) -> Known | None:
        """The same, once the present text was checked; `previews`: or the edited function alone."""
        room = self.rooms.get(self.root(path))
        while room is not None and path in self.documents and not room.done.is_set():
            await (room.news if previews else room.done).wait()
            if previews and path in self.analyses and self.analyses[path].version == self.documents[path].version:
                break
        return self.known(path)

    async def births(self, path: Path, line: int, column: int) -> list[Birth]:
        """Where the sizes of the array at a position of the present text come from."""
        known, room = self.known(path), self.rooms.get(self.root(path))
        before = None if known is None else LineMap(known.document.lines, known.analysis.lines).line(line)
        if room is None or before is None:
            return []
        try:
            found: list[Birth] = await room.analyst.ask("births", path, before, column)
        except (WorkerFailed, ConnectionError):
            return []
        return found

    def choose(self, root: Path | None, settings: Settings) -> None:
        """Take new settings of a project (None: of all that have none of their own)."""
        self.settings[root] = settings
        for each, room in self.rooms.items():
            options = self.setting(each).options(each)
            if options != room.analyst.options:
                room.analyst.set_options(options)
                room.told.clear()
            self.schedule(each)

    def changed_on_disk(self, paths: list[Path]) -> bool:
        """Files changed outside the editor: what is open is checked again, also what belongs to another project now;
        whether there are projects that there were not before."""
        moved = [document for path, document in self.documents.items() if find_root(path) != self.roots[path]]
        are_new = [self.update(document) for document in moved]
        for root in self.rooms:
            if any(path.is_relative_to(root) for path in paths):
                self.schedule(root)
        return any(are_new)

    async def shut(self) -> None:
        """End all workers. What clients answer meanwhile begins nothing anew."""
        rooms = list(self.rooms.values())
        self.rooms.clear()
        for room in rooms:
            if room.task is not None:
                room.task.cancel()
        for room in rooms:
            await room.analyst.close()
        await asyncio.gather(*self._closing)


def file_path(uri: str) -> Path | None:
    """The file that an address names; None for what lies in no file system (a draft without a name)."""
    if not uri.startswith(("file:", "vscode-notebook-cell:")):
        return None
    text = to_fs_path(uri)
    return None if text is None else resolved(Path(text))


def file_uri(path: Path) -> str:
    """The address of a file."""
    return from_fs_path(str(path)) or path.as_uri()
