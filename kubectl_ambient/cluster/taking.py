"""Takes in the objects of files one by one, and keeps what was wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from kubectl_ambient.cluster.documents import Broken, Document, documents
from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.objects import NoObject, Object, objects
from kubectl_ambient.cluster.paths import File, files
from kubectl_ambient.cluster.problem import Problem

NOT_IN_FILES = "not in the files"


class Taker:
    """Takes in files; a subclass says how it takes an object."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read_all(self, paths: Iterable[str], *, recursive: bool, stdin: BinaryIO | None) -> None:
        """Take in every object of every file. Raises nothing: bad input becomes a Problem, and the rest is used."""
        for file in files(paths, recursive=recursive, stdin=stdin):
            if isinstance(file, Problem):
                self.problems.append(file)
            else:
                self._read(file)

    def _read(self, file: File) -> None:
        parts = documents(file.text)
        if is_empty(parts):
            self.problems.append(empty(file.path))
            return
        for part in parts:
            number = part.number if len(parts) > 1 else None
            for where, why in self._take_all(part):
                self.problems.append(Problem(file=file.path, document=number, object=where, why=why))

    def _take_all(self, part: Document | Broken) -> Iterator[tuple[str, str]]:
        """Take in one document; what was wrong: the object or its place, and why."""
        if isinstance(part, Broken):
            yield "", part.why
            return
        for found in objects(part.value):
            if isinstance(found, NoObject):
                yield found.where, found.why
            else:
                yield from self._take(found)

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        """Take in one object; what was wrong: what to call it, and why."""
        raise NotImplementedError


def is_empty(parts: Sequence[Document | Broken]) -> bool:
    """Whether the documents of a file hold nothing at all."""
    return all(isinstance(part, Document) and part.value is None for part in parts)


def empty(path: str) -> Problem:
    """That a file holds nothing at all."""
    return Problem(file=path, why="empty: no object in it")


def not_in_files(what: str) -> Unread:
    """What a cluster would be asked for (`list nodes`), and files do not hold."""
    return Unread(what=what, why=NOT_IN_FILES)
