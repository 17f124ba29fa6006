"""Takes in the objects of files one by one, and keeps what was wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from kubectl_ambient.cluster.documents import Broken, Document, read
from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.objects import NoObject, Object, Objects
from kubectl_ambient.cluster.paths import OnLarge, Source, sources, why_unreadable
from kubectl_ambient.cluster.problem import Problem, Problems

if TYPE_CHECKING:
    from kubectl_ambient.cluster.reading.shown_by_files import Shown

NOT_IN_FILES = "not in the files"


class Taker:
    """Takes in files; a subclass says how it takes an object. Those without a namespace are in `namespace`.

    shown: is told of every object and file, and what they show of a cluster.
    """

    def __init__(self, shown: Shown, namespace: str) -> None:
        self.shown = shown
        self.namespace = namespace
        self.problems = Problems()

    def read_all(
        self, paths: Iterable[str], *, recursive: bool, stdin: BinaryIO | None, on_large: OnLarge | None = None
    ) -> None:
        """Take in every object of every file. Raises nothing: bad input becomes a Problem, and the rest is used.

        `on_large` is told the path and the bytes of each file that takes long.
        """
        for source in sources(paths, recursive=recursive, stdin=stdin):
            if isinstance(source, Problem):
                self.problems.add(source)
                continue
            try:
                self._read(source, on_large)
            except OSError as error:
                self.problems.add(Problem(file=source.path, why=why_unreadable(error)))

    def _read(self, source: Source, on_large: OnLarge | None) -> None:
        objects = Objects()
        number, is_empty = 0, True
        self.shown.saw_file(source.path)
        with source.open(on_large) as file:
            for part in read(file):
                number = part.number
                is_empty = is_empty and isinstance(part, Document) and part.value is None
                if isinstance(part, Broken):
                    self.problems.add(Problem(file=source.path, document=number, why=part.why))
                for found in objects.of(part):
                    for where, why in self._take_any(found):
                        self.problems.add(Problem(file=source.path, document=number, object=where, why=why))
        if is_empty:
            self.problems.add(empty(source.path))
        if number == 1:
            self.problems.alone(source.path)

    def _take_any(self, found: Object | NoObject) -> Iterator[tuple[str, str]]:
        if isinstance(found, NoObject):
            yield found.where, found.why
        else:
            self.shown.saw(found, self.namespace)
            yield from self._take(found)

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        """Take in one object; what was wrong: what to call it, and why."""
        raise NotImplementedError


def empty(path: str) -> Problem:
    """That a file holds nothing at all."""
    return Problem(file=path, why="empty: no object in it")


def not_in_files(what: str) -> Unread:
    """What a cluster would be asked for (`list nodes`), and files do not hold."""
    return Unread(what=what, why=NOT_IN_FILES)
