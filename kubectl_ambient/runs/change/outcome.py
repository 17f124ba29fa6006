"""What is told of the objects of a change: those that were refused, left out, failed, or not found at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from kubectl_ambient.change.patch import LabelEdit
from kubectl_ambient.change.protected import made_for_gateway, protected
from kubectl_ambient.change.show import show
from kubectl_ambient.change.targets import Labelled, namespace_of, printed
from kubectl_ambient.change.words import grouped
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.few import few
from kubectl_ambient.runs.change.remarks import like_errors, name_in, refusals, tell
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Found, Item
from kubectl_ambient.runs.told import nothing_found
from kubectl_ambient.shell.aim import Aim, parts_of

_MANY = 50


def tell_nothing_found(request: ChangeRequest, namespace: str) -> None:
    """kubectl's sentence where a selection means no object."""
    everywhere = request.flags.all_namespaces or not any(r.namespaced for r in request.selected)
    tell([nothing_found("" if everywhere else namespace)])


class _Aimed(Protocol):
    @property
    def target(self) -> Labelled: ...


A = TypeVar("A", bound=_Aimed)


def without_protected(items: list[A], request: ChangeRequest, snapshot: Snapshot | None) -> list[A]:
    """What was selected without what is Kubernetes' and Istio's own: that has to be named."""
    flags = request.flags
    if not request.selected or flags.goal != "enable":
        return items
    kept_out = protected(snapshot)
    kept, left = [], {}
    for item in items:
        inside = namespace_of(item.target)
        namespace = inside or item.target.name
        if namespace in kept_out and (not inside or flags.all_namespaces):
            left[namespace] = kept_out[namespace]
        elif made_for_gateway(item.target):
            left[printed(item.target)] = "made for a Gateway"
        else:
            kept.append(item)
    for whose, names in grouped((whose, name) for name, whose in left.items()).items():
        tell([f"left out ({whose}; name it to include it): {few(names, 10)}"])
    return kept


def tell_refusals(found: Found[E], items: Sequence[Item[E]], aim: Aim) -> int:
    """What could not be read, and what is refused before anything is written; the exit code that follows.

    `aim` leads a command to this cluster.
    """
    tell(like_errors((name_in(error), name_in(error), str(error)) for error in found.errors))
    tell(dict.fromkeys(error.hint for error in found.errors if error.hint))
    refused = [item.edit for item in items if item.edit.action == "refuse"]
    if len(found.items) == 1 and refused and str(parts_of(refused[0].why)[0]).startswith("'"):
        # kubectl label's own sentence, which does not name the object.
        tell([f"error: {aim.say(refused[0].why)}"])
    else:
        tell(_refused(refused, aim))
    return 1 if refused or found.errors else 0


def failures(items: Sequence[Item[E]], aim: Aim) -> Iterator[str]:
    """What was refused when it was to be written: nothing was changed there."""
    refused = [item for item in items if item.state == "refused"]
    yield from _refused([item.edit for item in refused if item.edit.action == "refuse"], aim)
    failed = [item for item in refused if item.why]
    yield from like_errors((item.target.name, printed(item.target), item.why) for item in failed)
    yield from dict.fromkeys(item.hint for item in failed if item.hint)


def not_tried(items: Sequence[Item[E]], why: str) -> Iterator[str]:
    """What was not sent."""
    names = [printed(item.target) for item in items if item.state == "not tried"]
    if names:
        yield f"error: not tried, {why}: {few(names, _MANY)}"


def not_known(items: Sequence[Item[E]], aim: Aim, undo: Callable[[Sequence[E]], Iterable[str]]) -> Iterator[str]:
    """What may be applied: each object is named, with the line that shows it, and the one that undoes it."""
    for why, group in grouped((item.why, item) for item in items if item.state == "not known").items():
        names = ", ".join(printed(item.target) for item in group)
        yield f"error: not known: it may still be applied: {names} ({why.removeprefix('error: ')})"
        edits = [item.edit for item in group]
        yield from (f"show: {aim.say(offer)}" for offer in show(edits))
        yield from undo(edits)


def _refused(edits: Sequence[LabelEdit], aim: Aim) -> Iterator[str]:
    return refusals((printed(edit.target), aim.say(edit.why)) for edit in edits)
