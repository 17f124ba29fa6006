"""What workloads do with a label: restart their pods, or forget what was written on one."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.plan import Edit, command
from kubectl_ambient.change.rollout import held_back, partition_of, why_later
from kubectl_ambient.change.targets import KINDS, printed, value_of
from kubectl_ambient.change.words import grouped, more, pods, verb
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Owner, Pod, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.enrolment.mode_label import overwrite
from kubectl_ambient.mesh.few import MOST, few
from kubectl_ambient.shell.command import Sentence, joined


def restarts(change: Change) -> Iterator[Sentence]:
    """A new template restarts the pods, or does not yet."""
    edited = [e.target for e in change.changing if isinstance(e.target, Workload)]
    for later, workloads in grouped((why_later(w), w) for w in edited if w.desired != 0).items():
        objects = few([printed(w) for w in workloads])
        count = sum(w.desired or 0 for w in workloads)
        if later:
            yield f"{objects}: {later}"
        else:
            kept = sum(map(held_back, workloads))
            yield f"{objects}: this restarts {pods(count - kept) if count else 'the pods'}"
    for workload in edited:
        if (kept := held_back(workload)) and not why_later(workload):
            keeps = f"{verb(kept, 'keep')} what {'it has' if kept == 1 else 'they have'}"
            yield f"{printed(workload)}: {partition_of(workload)}: {pods(kept)} below it {keeps} until it is lowered"
    empty = [printed(w) for w in edited if w.desired == 0]
    if empty:
        yield f"{few(empty)} {verb(len(empty), 'want')} no pods now: those to come will have it"


def undone_by_owner(change: Change) -> Iterator[Sentence]:
    """A workload of an operator's: its owner may put the old template back."""
    owned = (
        (e.target.owner.kind, e)
        for e in change.changing
        if isinstance(e.target, Workload) and e.target.owner is not None and e.target.owner.kind != "CronJob"
    )
    for _, edits in grouped(owned).items():
        target = edits[0].target
        assert isinstance(target, Workload)
        objects = few([printed(e.target) for e in edits])
        yield f"{objects}: the owner ({target.owner}) may put the old template back; better label it there"


def lost_with_the_pod(change: Change) -> Iterator[Sentence]:
    """The label on a pod that a controller made is lost when the pod is replaced."""
    by_owner = grouped(_owned(change))
    for (_, owner), edits in list(by_owner.items())[:MOST]:
        objects = few([printed(e.target) for e in edits])
        lost = "this works at once, and is lost with the pod" if _moves(edits, change) else "this is lost with the pod"
        yield joined(f"{objects}: {lost}; ", _for_owner(edits[0], change, owner))
    if len(by_owner) > MOST:
        yield f"and the pods of {more(len(by_owner) - MOST, 'owner')}, which lose it as well"


def _owned(change: Change) -> Iterator[tuple[tuple[str, Owner], Edit]]:
    snapshot = change.effects.before.snapshot
    for edit in change.changing:
        target = edit.target
        owner = owner_of(target, snapshot.workloads.facts) if isinstance(target, Pod) else None
        if owner is None or not isinstance(target, Pod):
            continue
        workload = snapshot.workload(owner.kind, target.namespace, owner.name)
        if workload is not None and value_of(workload) == edit.after:
            continue
        if not _no_loss(edit, workload, change):
            yield (target.namespace, owner), edit


def _no_loss(edit: Edit, workload: Workload | None, change: Change) -> bool:
    """Whether the label moves nothing anyway, or the next pod is put in without it, by its namespace."""
    mine = change.afterwards(edit)
    if change.goal != "enable":
        return mine.reason == Reason.POD_FINISHED
    kept = change.effects.before.next_of(workload).decision if workload else change.beforehand(edit)
    return mine.expected == "out" or kept.expected == "in"


def _moves(edits: list[Edit], change: Change) -> bool:
    named = {(e.target.namespace, e.target.name) for e in edits if isinstance(e.target, Pod)}
    moving = change.effects.of("in") + change.effects.of("out")
    return any((m.pod.namespace, m.pod.name) in named for m in moving)


def _for_owner(edit: Edit, change: Change, owner: Owner) -> Sentence:
    """The command for the owner. A Job's template cannot be changed: that of its CronJob, if it has one."""
    assert isinstance(edit.target, Pod)
    if owner.kind == "Node":
        return f"it is a static pod: its manifest on node {owner.name} decides"
    snapshot, namespace = change.effects.before.snapshot, edit.target.namespace
    workload = snapshot.workload(owner.kind, namespace, owner.name)
    if owner.kind == "Job":
        if workload is None or workload.owner is None:
            return f"{owner} makes no other with it"
        owner = workload.owner
        workload = snapshot.workload(owner.kind, namespace, owner.name) or workload
    if owner.kind not in KINDS:
        return f"to keep that, change the pod template of {owner}"
    value = value_of(workload) if workload else edit.before
    if value == edit.after:
        return f"the next pods of {owner} have it by their template"
    if change.goal == "disable" and value == "none":
        return f"the template of {owner} has {DATAPLANE_MODE}=none, which stays"
    instead = command(edit.target, change.goal, owner.kind, owner.name, flags=overwrite(value))
    return ("to keep it, label the owner: ", instead)
