"""What the commands that only read tell on stderr, beside the data on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from kubectl_ambient.cluster.facts import FORBIDDEN, NOT_FOUND
from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.catalogue import RIGHTS
from kubectl_ambient.render.say import say
from kubectl_ambient.render.sentences import folded
from kubectl_ambient.render.terminal import width

if TYPE_CHECKING:
    from kubectl_ambient.cluster.facts import Pod
    from kubectl_ambient.cluster.problem import Problem
    from kubectl_ambient.cluster.snapshot import Snapshot
    from kubectl_ambient.runs.origin import Origin

_FEW = 2
_MOST_NOTES = 10


class Told(Struct, kw_only=True):
    """What was wrong on the way (`problems`), and what could not be read or is not there at all (`remarks`)."""

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    late: bool = False

    def tell_remarks(self) -> None:
        """Print the remarks to stderr."""
        _tell(self.remarks)

    def tell_late(self, problems: list[str]) -> None:
        """Print what went wrong meanwhile to stderr, at once and once."""
        _tell(problems)
        self.late = self.late or bool(problems)

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        _tell(self.problems)
        return 1 if self.problems or self.late else 0


def tell_assumptions(assumptions: Iterable[str], origin: Origin) -> None:
    """Print to stderr what was taken for granted: on a terminal in lines that fit, else each in one line.

    Of many only how many there are, the first, and what to do, unless `origin` asks for each.
    """
    found = told_assumptions(list(assumptions), each=origin.assumptions, in_files=bool(origin.filenames))
    _tell(_fitting("assumed: ", assumption) for assumption in found)


def told_assumptions(assumptions: list[str], *, each: bool, in_files: bool = False) -> list[str]:
    """The assumptions, few as they are, many as one text: a screen is for the answer, `--assumptions` for `each`.

    The first counts most: what decides is asked first.
    """
    if each or len(assumptions) <= _FEW:
        return assumptions
    what = "are not in the files" if in_files else "could not be read"
    told = f"{len(assumptions)} things {what} or were taken for granted, first of all: {assumptions[0]}."
    refused = not in_files and any(FORBIDDEN in text for text in assumptions)
    role = f" To have them read, ask for the role of {RIGHTS}." if refused else ""
    return [f"{told}{role} All of them: --assumptions."]


def _fitting(head: str, text: str) -> Shown:
    return stacked(folded(text, max(width(sys.stderr), 40), first=head, rest=" " * len(head)))


def tell_large(path: str, size: int) -> None:
    """Print to stderr that a file is being read of which nothing will be heard for a while; its bytes."""
    _tell([f"reading {path}: {size / 1_000_000:.0f} MB"])


def tell_nothing_found(namespace: str) -> None:
    """Print to stderr that nothing was found in the namespace; an empty text means all of them."""
    _tell([nothing_found(namespace)])


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        say(line, file=sys.stderr)


def nothing_found(namespace: str) -> str:
    """kubectl's sentence where a namespace, or without one all of them, hold nothing of what was asked for."""
    return f"No resources found in {namespace} namespace." if namespace else "No resources found"


def not_found(plural: str, name: str, *, in_files: bool = False) -> str:
    """kubectl's sentence; of files without the server that there is none of."""
    server = "" if in_files else " from server"
    return f'Error{server} (NotFound): {plural} "{name}" not found'


def missing_pods(snapshot: Snapshot, names: Iterable[str], pods: Iterable[Pod]) -> list[str]:
    """A sentence for each pod that was named and is not there."""
    there = {pod.name for pod in pods}
    if snapshot.from_files:
        return [not_found("pods", name, in_files=True) for name in names if name not in there]
    return list(snapshot.missing.values())


def unknown_namespace(snapshot: Snapshot, name: str, *, empty: bool) -> list[str]:
    """That a namespace is not there, where nothing of it was found (`empty`) and nothing else says so.

    It looks like an empty one to kubectl; a typo in CI must not pass for all is well.
    """
    if not (name and empty):
        return []
    return [not_found("namespaces", name, in_files=snapshot.from_files)] if is_missing(snapshot, name) else []


def is_missing(snapshot: Snapshot, name: str) -> bool:
    """Whether the server has no namespace of that name, or the files neither hold it nor anything in it."""
    parts = (snapshot.namespaces, snapshot.labelled_namespaces)
    if any(name in part.facts for part in parts):
        return False
    unread = [part.unread[name] for part in parts if name in part.unread]
    return unread[0].why == NOT_FOUND if unread else snapshot.from_files


def bad_files(problems: Iterable[Problem], *, empty: bool) -> list[str]:
    """A sentence for each problem of the files; what is harmless is told at once.

    Raises KubeError with them where nothing could be used (`empty`).
    """
    problems = list(problems)
    told = [f"error: {problem}" for problem in problems if not problem.harmless]
    tell_harmless(problem for problem in problems if problem.harmless)
    if told and empty:
        raise KubeError(stacked(told))
    return told


def tell_harmless(problems: Iterable[Problem]) -> None:
    """Print to stderr what is to be known of files and is no error, what is true of many of them once."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.why, []).append(problem)
    found = list(groups.values())
    for first, *more in found[:_MOST_NOTES]:
        also = f" (as {len(more)} other file{'s' if more[1:] else ''})" if more else ""
        _tell([f"note: {first}{also}"])
    if found[_MOST_NOTES:]:
        _tell([f"note: and {len(found) - _MOST_NOTES} more like these"])
