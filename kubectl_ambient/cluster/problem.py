"""What was wrong with a file, or with one object in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

_TOLD = 20


class Problem(Struct, frozen=True, kw_only=True):
    """Bad input: where, and why. It hides nothing else: all that could be read is used.

    `file` is the path as it was given (`-` for standard input), empty where `why` names it. `document` counts from
    1 in files of several documents, else it is None. `object` is `Pod/shop/web`, or empty. `harmless`: nothing is
    wrong, and it is to be known all the same.
    """

    why: str
    file: str = ""
    document: int | None = None
    object: str = ""
    harmless: bool = False

    def __str__(self) -> str:
        document = f"document {self.document}" if self.document is not None else ""
        return ": ".join(part for part in (self.file, document, self.object, self.why) if part)


class Problems:
    """What was wrong, in order: of each file the first problems, and how many there are more."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._kept: list[Problem] = []
        self._count: Counter[str] = Counter()
        for problem in found:
            self.add(problem)

    def add(self, problem: Problem) -> None:
        """One more."""
        self._count[problem.file] += 1
        # What names no file concerns one of the paths that were typed.
        if self._count[problem.file] <= _TOLD or not problem.file:
            self._kept.append(problem)

    def alone(self, file: str) -> None:
        """The document of a file turned out to be the only one: it needs no number."""
        for at, problem in enumerate(self._kept):
            if problem.file == file:
                self._kept[at] = structs.replace(problem, document=None)

    def __iter__(self) -> Iterator[Problem]:
        last = {problem.file: at for at, problem in enumerate(self._kept)}
        for at, problem in enumerate(self._kept):
            yield problem
            more = self._count[problem.file] - _TOLD
            if problem.file and at == last[problem.file] and more > 0:
                yield Problem(file=problem.file, why=f"and {more} more problems")

    def __len__(self) -> int:
        return sum(self._count.values())
