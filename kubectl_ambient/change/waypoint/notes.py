"""What has to be told about a change of waypoint labels before it is made. One small function a matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_ambient.change.targets import key_of, printed, typed
from kubectl_ambient.change.waypoint.effects import Served, WaypointChange
from kubectl_ambient.change.waypoint.fitness import fitness
from kubectl_ambient.change.waypoint.notes_of_pods import lost_with_the_pod, not_in_mesh, plain_pods
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.change.words import grouped, verb
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.few import MOST, few
from kubectl_ambient.mesh.waypoint.findings import UNREACHED
from kubectl_ambient.shell.command import Offer, Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside, named

_WRONG_TYPE = (WaypointReason.NOT_FOR_WORKLOADS, WaypointReason.UNSUPPORTED)
_TRAFFIC = {
    "workload": ("Services", "pods' own addresses"),
    "service": ("the own addresses of pods", "Services"),
}


def notes(change: WaypointChange) -> list[Sentence]:
    """Sentences for the user, most important first."""
    return [note for tell in TELLERS for note in tell(change)]


def remarks(change: WaypointChange) -> list[Sentence]:
    """Sentences about what is as it should be, and not as everybody expects."""
    return list(_one_traffic(change))


def _unfit(change: WaypointChange) -> Iterator[Sentence]:
    """A waypoint that cannot serve, and one of which that could not be checked."""
    if change.goal != "enable":
        return
    judge = change.effects.after
    judged = [(fitness(judge, e), e) for e in change.wanted]
    for found, edits in grouped((f, printed(e.target)) for f, e in judged if f.answer != "fit").items():
        if found.answer == "unfit":
            yield joined(f"{few(edits)}: ", found.why)
        else:
            unchecked = f"{few(edits)}: whether the waypoint can serve {_it(len(edits))} could not be checked: "
            yield joined(unchecked, found.why)


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _no_effect(change: WaypointChange) -> Iterator[Sentence]:
    """Objects that have no waypoint whatever their labels say, and those whose waypoint nothing leads to."""
    if change.goal != "enable":
        return
    named = [served for served in change.effects.objects if served.named]
    for why, objects in grouped((why, printed(s.target)) for s in named for why in _in_vain(s)).items():
        yield f"{few(objects)}: {why}"


def _in_vain(served: Served) -> Iterator[Sentence]:
    if served.after.reason in (WaypointReason.NOT_SERVED, WaypointReason.IS_GATEWAY):
        why = served.after.message.rstrip(".")
        yield f"the label has no effect: {why[0].lower()}{why[1:]}"
    elif served.unused:
        yield from (f.message for f in served.after.findings if f.code in UNREACHED)


def _one_traffic(change: WaypointChange) -> Iterator[Sentence]:
    """A Namespace's waypoint serves the traffic that it is for: mostly that to Services, and no pod's own address."""
    if change.goal != "enable":
        return
    for edit in change.wanted:
        inside = _inheriting(change, edit)
        if not any(s.after.waypoint for s in inside):
            continue
        for traffic, (serves, passes) in _TRAFFIC.items():
            passed = [s for s in inside if s.after.traffic == traffic and s.after.reason in _WRONG_TYPE]
            if passed:
                count = f"{len(passed)} {passes}" if len(passed) > 1 else printed(passed[0].target)
                yield (
                    f"{printed(edit.target)}: waypoint {edit.names} serves {serves}; what is sent to {count} goes past "
                    f"it (only a waypoint for {traffic}s takes that)"
                )


def _inheriting(change: WaypointChange, edit: WaypointEdit) -> list[Served]:
    """What takes its waypoint from the Namespace of an edit, and could have one."""
    if not isinstance(edit.target, Namespace):
        return []
    ref = f"Namespace/{edit.target.name}"
    return [
        s
        for s in change.effects.objects
        if s.after.inherited_from == ref
        and s.after.reason not in (WaypointReason.NOT_SERVED, WaypointReason.IS_GATEWAY)
    ]


def _still_served(change: WaypointChange) -> Iterator[Sentence]:
    """Objects without a label of their own go on by their namespace's."""
    if change.goal != "disable":
        return
    staying = [s for s in change.effects.objects if s.named and s.after.inherited_from and s.after.named]
    for (by, which), found in grouped(((s.after.inherited_from, s.after.named), s.target) for s in staying).items():
        objects = few([printed(t) for t in found])
        out: Sentence | Offer = "the same with --opt-out"
        if len(found) == 1:
            target = found[0]
            kind, namespace, name = key_of(target)
            out = kubectl("ambient waypoint disable", named(typed(kind), name), *inside(namespace), "--opt-out")
        inherits = verb(len(found), "inherit")
        yield joined(f"{objects} {inherits} waypoint {which} from {by}; to take {_it(len(found))} out: ", out)


def _left_alone(change: WaypointChange) -> Iterator[Sentence]:
    """Values that stay, and labels that `spec.labels` of a WorkloadEntry still holds."""
    told = [e.why for e in change.edits if e.action == "nothing" and e.why]
    told += [e.told_beneath for e in change.changing if e.told_beneath]
    yield from told[:MOST]
    if len(told) > MOST:
        yield f"and {len(told) - MOST} more that keep the value they have"


TELLERS: tuple[Callable[[WaypointChange], Iterator[Sentence]], ...] = (
    _unfit,
    _no_effect,
    _still_served,
    not_in_mesh,
    plain_pods,
    lost_with_the_pod,
    _left_alone,
)
