"""What a change that is made is waited for: its labels, the pods that they reach, and those that a rollout makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import Struct, field, structs

from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.reached import Reached
from kubectl_ambient.change.rollout import held_back, when, why_later
from kubectl_ambient.change.targets import printed, value_of
from kubectl_ambient.change.words import grouped
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, NOT_FOUND, Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing, Straggler, standing_of
from kubectl_ambient.mesh.verdict import Verdict

Key = tuple[str, str]
_LATER = ("later", "resumed")  # what a restart, or the end of a pause, would move
_MAKES_NO_OTHER = ("Job", "CronJob")


class _Rollouts(Struct):
    """Pods of the old template: those that are replaced, those that stay; what is missing, and what is gone."""

    old: dict[Key, Straggler] = field(default_factory=dict)
    kept: set[Key] = field(default_factory=set)
    missing: list[Straggler] = field(default_factory=list)
    gone: list[Straggler] = field(default_factory=list)


class Settling:
    """What the edits reach, and how far that is. `snapshot` is that of before; what is refused is not waited for."""

    def __init__(self, edits: Sequence[Edit], snapshot: Snapshot) -> None:
        self._edits = [edit for edit in edits if edit.action != "refuse"]
        self._reached = Reached(snapshot, self._edits)
        self._began = snapshot.now

    @property
    def rollouts(self) -> list[Workload]:
        """The workloads whose pods are replaced, or may be: how many they want has to be known anew."""
        return [edit.target for edit in self._edits if isinstance(edit.target, Workload) and edit.changes]

    def pods(self, snapshot: Snapshot) -> dict[Key, Pod]:
        """The pods that are looked at, as they are now: none that has ended or is being deleted."""
        found = {(p.namespace, p.name): p for p in snapshot.pods if _lives(p) and self._reached.reaches(p)}
        for _, _, pods in self._replaced(snapshot):
            found |= {(pod.namespace, pod.name): pod for pod in pods}
        return found

    def standing(self, pods: Mapping[Key, Pod], verdicts: Mapping[Key, Verdict], judge: Judge) -> Standing:
        """How far they are, by these verdicts on them."""
        snapshot, labels = judge.snapshot, self._labels(judge.snapshot)
        by_other_labels = {key: why for key in verdicts if (why := labels.get(key[0]) or labels.get("/".join(key)))}
        rollouts = self._rollouts(pods, verdicts.keys() - by_other_labels.keys(), snapshot)
        apart = by_other_labels.keys() | rollouts.old.keys() | rollouts.kept
        found = standing_of([verdict for key, verdict in verdicts.items() if key not in apart], judge)
        waits = [structs.replace(why, name="/".join(key)) for key, why in by_other_labels.items()]
        waits += rollouts.old.values()
        return structs.replace(
            found,
            pods=found.pods + len(waits),
            stragglers=(*waits, *found.stragglers),
            others=(*(labels[name] for name in labels if "/" not in name), *rollouts.missing, *self._leaving(snapshot)),
            restarts=(*found.restarts, *(verdicts[key] for key in sorted(rollouts.kept))),
            lost=(*rollouts.gone, *self._lost(snapshot, judge)),
        )

    def _rollouts(self, pods: Mapping[Key, Pod], keys: Iterable[Key], snapshot: Snapshot) -> _Rollouts:
        """How far the pods of workloads are with the new template, of those with these keys."""
        found = _Rollouts()
        owners = ((self._reached.template(pods[key]), key) for key in sorted(keys))
        mine = grouped((owner.ref, key) for owner, key in owners if owner is not None)
        for edit in self._edits:
            workload = edit.target
            # One that has the label already may be rolling out yet, as when the same line is run again.
            if not isinstance(workload, Workload) or not (edit.changes or edit.after == "ambient"):
                continue
            known = snapshot.workloads.get(workload.ref)
            if isinstance(known, Unread) and known.why == NOT_FOUND:
                found.gone.append(Straggler(name=printed(workload), why="It is gone."))
                continue
            now = known if isinstance(known, Workload) else workload
            its = [key for key in mine.get(workload.ref, ()) if not _is_new(pods[key], edit)]
            for key in its:
                at = when(now, pods[key])
                if at == "restart":
                    found.old[key] = Straggler(name="/".join(key), why=_OLD, node=pods[key].node)
                elif at in _LATER and now.kind not in _MAKES_NO_OTHER:
                    found.kept.add(key)
            if edit.changes:
                found.missing += _missing(now, len(mine.get(workload.ref, ())) - len(its))
        return found

    def _labels(self, snapshot: Snapshot) -> dict[str, Straggler]:
        """Labels that are not as they were set: not seen yet, or set anew by somebody else.

        By the name of the namespace, or `shop/web-1` of a pod: by those labels nothing has arrived.
        """
        found = {}
        for edit in self._edits:
            target = edit.target
            now: Namespace | Pod | None = None
            if isinstance(target, Namespace):
                key = target.name
                now = snapshot.namespaces.fact(key)
            elif isinstance(target, Pod):
                key = f"{target.namespace}/{target.name}"
                now = snapshot.pods.fact(key)
            if now is not None and value_of(now) != edit.after:
                found[key] = Straggler(name=printed(target), why=_other_value(now, edit))
        return found

    def _replaced(self, snapshot: Snapshot) -> Iterator[tuple[Pod, Edit, list[Pod]]]:
        """Named pods that are gone, each with what its owner has made since."""
        workloads = snapshot.workloads.facts
        for edit in self._edits:
            pod = edit.target
            if not isinstance(pod, Pod) or snapshot.pods.fact(f"{pod.namespace}/{pod.name}") is not None:
                continue
            owner = owner_of(pod, workloads)
            made = [
                other
                for other in snapshot.pods
                if owner is not None
                and other.namespace == pod.namespace
                and _lives(other)
                and self._is_later(other)
                and owner_of(other, workloads) == owner
            ]
            yield pod, edit, made

    def _leaving(self, snapshot: Snapshot) -> Iterator[Straggler]:
        """Named pods whose successors cannot be known yet."""
        for edit in self._edits:
            pod = edit.target
            now = snapshot.pods.fact(f"{pod.namespace}/{pod.name}") if isinstance(pod, Pod) else None
            if now is not None and now.deleting is not None:
                yield Straggler(name=printed(edit.target), why="It is being deleted.", node=now.node)
        for gone, _, made in self._replaced(snapshot):
            if not made and owner_of(gone, snapshot.workloads.facts) is not None:
                yield Straggler(name=printed(gone), why="It is gone, and its owner has made no other yet.")

    def _is_later(self, pod: Pod) -> bool:
        return bool(self._began and pod.created and pod.created >= self._began - timedelta(seconds=1))

    def _lost(self, snapshot: Snapshot, judge: Judge) -> Iterator[Straggler]:
        """Named pods that are gone, and whose successors are not where the label was to bring them."""
        for gone, edit, made in self._replaced(snapshot):
            wanted = "in" if edit.after == "ambient" else "out"
            others = [pod.name for pod in made if judge.expected_of(pod).expected != wanted]
            if others:
                why = f"It is gone, and what took its place has not its label: {few(others)}."
                yield Straggler(name=printed(gone), why=why)
            elif not made and owner_of(gone, snapshot.workloads.facts) is None:
                yield Straggler(name=printed(gone), why="It is gone.")


def _is_new(pod: Pod, edit: Edit) -> bool:
    """Whether a pod is of the template as it is now; one that somebody has labelled by hand may be."""
    value = value_of(pod)
    return value == edit.after if edit.changes else value is not None


_OLD = "It is not replaced yet: it is of the pod template of before."


def _missing(workload: Workload, made: int) -> Iterator[Straggler]:
    wanted = (workload.desired or 0) - held_back(workload)
    if not why_later(workload) and made < wanted:
        yield Straggler(name=printed(workload), why=f"{made} of {wanted} pods of the new template are there.")


def _other_value(now: Namespace | Pod, edit: Edit) -> str:
    def told(value: str | None) -> str:
        return "not set" if value is None else f"“{value}”"

    was = "taken off" if edit.after is None else f"set to {told(edit.after)}"
    what = f"The label {DATAPLANE_MODE} of {printed(edit.target)}"
    return f"{what} was {was}, and is {told(value_of(now))}: somebody else may have changed it."


def _lives(pod: Pod) -> bool:
    return not pod.finished and pod.deleting is None
