"""Takes in the objects of files one by one, and keeps what was wrong and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from kubectl_ambient.cluster.documents import Broken, Document, Part, decode, read
from kubectl_ambient.cluster.facts import NOT_IN_FILES, Unread
from kubectl_ambient.cluster.objects import NoObject, Object, Objects, identity
from kubectl_ambient.cluster.paths import OnLarge, Source, sources, why_unreadable
from kubectl_ambient.cluster.problem import Problem, Problems
from kubectl_ambient.cluster.sourced import (
    HEAD,
    PATCH,
    by_ending,
    by_name,
    is_dump,
    is_patch,
    template,
    template_object,
)

if TYPE_CHECKING:
    from kubectl_ambient.cluster.reading.shown_by_files import Shown


class Taker:
    """Takes in files; a subclass says how it takes an object. Those without a namespace are in `namespace`.

    shown: is told of every object and file, and what they show of a cluster.
    """

    def __init__(self, shown: Shown, namespace: str) -> None:
        self.shown = shown
        self.namespace = namespace
        self.problems = Problems()
        self._generated: Counter[tuple[str, str, str, str]] = Counter()
        self._file = ""
        self._typed = False
        self._document = 0

    def read_all(
        self, paths: Iterable[str], *, recursive: bool, stdin: BinaryIO | None, on_large: OnLarge | None = None
    ) -> None:
        """Take in every object of every file. Raises nothing: bad input becomes a Problem, and the rest is used.

        `on_large` is told the path and the bytes of each file that takes long.
        """
        for source in sources(paths, recursive=recursive, stdin=stdin):
            if isinstance(source, Problem):
                self.problems.add(source)
            elif (why := by_name(source.path)) is not None:
                if why:
                    self.problems.add(Problem(file=source.path, why=why, harmless=True))
            else:
                try:
                    if is_dump(source):
                        self._take_dump(source, on_large)
                    else:
                        self._read(source, on_large)
                except OSError as error:
                    self.problems.add(Problem(file=source.path, why=why_unreadable(error)))

    def _read(self, source: Source, on_large: OnLarge | None) -> None:
        objects = Objects()
        self._file, self._document, self._typed = source.path, 0, not source.found
        is_empty, is_template = True, False
        self.shown.saw_file(source.path)
        with source.open(on_large) as file:
            head = _Head(file)
            for part in read(head):
                self._document = part.number
                is_empty = is_empty and isinstance(part, Document) and part.value is None
                unmade = _unmade(part, source.path, head)
                if unmade is not None:
                    # Once a file: all its documents are of one kind.
                    if not is_template:
                        self.problems.add(unmade)
                    is_template = True
                    continue
                if isinstance(part, Broken):
                    self.problems.add(Problem(file=source.path, document=part.number, why=part.why))
                for found in objects.of(part):
                    for where, why in self._take_any(found):
                        self.problems.add(Problem(file=source.path, document=part.number, object=where, why=why))
        if is_empty and not source.found:  # kubectl passes over those of a folder
            self.problems.add(empty(source.path))
        if self._document == 1:
            self.problems.alone(source.path)

    def _take_dump(self, source: Source, on_large: OnLarge | None) -> None:
        """Take in what a ztunnel said of itself: here it is passed over."""

    def _take_any(self, found: Object | NoObject) -> Iterator[tuple[str, str]]:
        if isinstance(found, NoObject):
            yield found.where, found.why
        else:
            self.shown.saw(found, self.namespace)
            yield from self._take(found)

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        """Take in one object; what was wrong: what to call it, and why."""
        raise NotImplementedError

    def _identity(self, found: Object, namespace: str) -> tuple[str, str]:
        """The namespace and the name of an object; those that the server is to name are numbered. Raises ValueError."""
        home, name = identity(found, namespace)
        if found.fields["metadata"].get("name"):
            return home, name
        key = (found.group, found.kind, home, name)
        self._generated[key] += 1
        return home, name if self._generated[key] == 1 else f"{name}({self._generated[key]})"

    @property
    def _place(self) -> str:
        """The file that is read just now, with the number of the document where it is not the first one."""
        return self._file if self._document < 2 else f"{self._file}: document {self._document}"


def _unmade(part: Document | Part | Broken, path: str, head: _Head) -> Problem | None:
    """That a document is no manifest yet, and what makes one of it."""
    if isinstance(part, Broken):
        why = by_ending(path) or template(head.text)
        return Problem(file=path, why=why) if why else None
    if isinstance(part, Document):
        if is_patch(part.value):
            return Problem(file=path, why=PATCH, harmless=True)
        if isinstance(part.value, str) and (why := by_ending(path)):
            return Problem(file=path, why=why)
        why = template_object(part.value) if isinstance(part.value, dict) else ""
        return Problem(file=path, why=why) if why else None
    return None


class _Head:
    """A file of which the beginning is kept."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._kept = b""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        data = self._file.read(size)
        if len(self._kept) < HEAD:
            self._kept += data[: HEAD - len(self._kept)]
        return data

    @property
    def text(self) -> str:
        """What was kept, as text; empty where it is none."""
        try:
            return decode(self._kept)
        except UnicodeDecodeError:
            return self._kept.decode("utf-8", "replace")


def empty(path: str) -> Problem:
    """That a file holds nothing at all."""
    return Problem(file=path, why="empty: no object in it")


def not_in_files(what: str) -> Unread:
    """What a cluster would be asked for (`list nodes`), and files do not hold."""
    return Unread(what=what, why=NOT_IN_FILES)
