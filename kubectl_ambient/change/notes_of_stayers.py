"""The pods that `disable` does not take out: by their own label, by their namespace's, or by selectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Moved
from kubectl_ambient.change.plan import Edit, command
from kubectl_ambient.change.targets import key_of, kind_of, labels_of, printed
from kubectl_ambient.change.words import grouped, pods, verb
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Workload
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.few import MOST, few
from kubectl_ambient.shell.command import Offer, Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside, name

_LONG = 168  # a command with more letters of names than that is not for the eye


def stays_in(change: Change) -> Iterator[Sentence]:
    """Pods and workloads that were named, and that something else than their own label asks in."""
    if change.goal == "enable":
        return
    named = [e for e in change.wanted if not isinstance(e.target, Namespace)]
    staying = [((_is_workload(e), d.because.message), e) for e in named if (d := change.afterwards(e)).expected == "in"]
    for (of_workloads, why), edits in grouped(staying).items():
        objects = few([printed(e.target) for e in edits])
        if of_workloads:
            objects = f"the pods of {objects}"
        stay = verb(2 if of_workloads else len(edits), "stay")
        yield joined(f"{objects} {stay} in ambient mode: {why}", _way_out(edits, change))
    by_namespace = ((m.message, m) for m in _in_namespaces(change) if m.reason != Reason.POD_LABEL)
    for why, moved in grouped(by_namespace).items():
        yield f"{pods(len(moved))} {verb(len(moved), 'stay')} in ambient mode: {why}"


def in_by_own_label(change: Change) -> Iterator[Sentence]:
    """The pods of a namespace that have the label themselves, and where it comes from."""
    if change.goal == "enable":
        return
    moved = [m for m in _in_namespaces(change) if m.reason == Reason.POD_LABEL]
    if not moved:
        return
    names = few([m.pod.name for m in moved])
    whose = "its" if len(moved) == 1 else "their"
    yield f"{pods(len(moved))} {verb(len(moved), 'stay')} in ambient mode by {whose} own label: {names}"
    yield from (("to take out: ", found) for found in _take_out(moved, change))


def need_no_label(change: Change) -> Iterator[Sentence]:
    """Pods and workloads that get the label, and that something else asks in already."""
    if change.goal != "enable":
        return
    named = [e for e in change.changing if not isinstance(e.target, Namespace)]
    asked = [(d.because.message, e) for e in named if (d := change.beforehand(e)).expected == "in"]
    for why, edits in grouped(asked).items():
        own = "its" if len(edits) == 1 else "their"
        yield f"{few([printed(e.target) for e in edits])} {verb(len(edits), 'need')} no label of {own} own: {why}"


def _is_workload(edit: Edit) -> bool:
    return isinstance(edit.target, Workload)


def _in_namespaces(change: Change) -> Sequence[Moved]:
    """Those that stay in, and lie in a namespace that was named, and were not named themselves."""
    named = {key_of(e.target) for e in change.wanted}
    return [
        m
        for m in change.effects.of("stays in")
        if ("Namespace", "", m.pod.namespace) in named and ("Pod", m.pod.namespace, m.pod.name) not in named
    ]


def _way_out(edits: Sequence[Edit], change: Change) -> Sentence:
    if change.goal == "opt-out":
        return ""  # the selectors of this cluster do not heed it, as the reason tells
    if len(edits) > 1:
        return "; to take them out: the same with --opt-out"
    target = edits[0].target
    return ("; to take it out: ", command(target, "opt-out", kind_of(target), target.name))


def _take_out(moved: Sequence[Moved], change: Change) -> Iterator[Offer]:
    """The commands: on the template where the label comes from there and can be taken off, else on the pods."""
    own: dict[str, list[str]] = {}
    templates: dict[Offer, None] = {}
    snapshot = change.effects.before.snapshot
    for m in moved:
        workload = snapshot.workload(m.owner.kind, m.pod.namespace, m.owner.name) if m.owner else None
        if workload and workload.kind != "Job" and labels_of(workload).get(DATAPLANE_MODE) == "ambient":
            templates[command(workload, "disable", workload.kind, workload.name)] = None
        else:
            own.setdefault(m.pod.namespace, []).append(m.pod.name)
    short = ((place, names) for place, names in own.items() if len(" ".join(names)) + len(place) < _LONG)
    pods_of = (kubectl("ambient disable pod", *map(name, names), *inside(place)) for place, names in short)
    yield from [*templates, *pods_of][:MOST]
