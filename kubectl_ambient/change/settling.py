"""What a change that is made is waited for: its labels, the pods that they reach, and those that a rollout makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace

from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.reached import Reached
from kubectl_ambient.change.rollout import held_back, when, why_later
from kubectl_ambient.change.targets import namespace_of, printed, value_of
from kubectl_ambient.change.words import few
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, NOT_FOUND, Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.settling import Standing, Straggler, standing_of
from kubectl_ambient.mesh.verdict import Verdict

Key = tuple[str, str]
_LATER = ("later", "resumed")  # what a restart, or the end of a pause, would move
_MAKES_NO_OTHER = ("Job", "CronJob")


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
        snapshot, old, kept = judge.snapshot, list[Straggler](), list[Verdict]()
        labels, lost = dict(self._labels(snapshot)), list[Straggler]()
        others, judged = [*labels.values(), *self._leaving(snapshot)], dict(verdicts)
        for edit in self._edits:
            workload = edit.target
            # One that has the label already may be rolling out yet, as when the same line is run again.
            if not isinstance(workload, Workload) or not (edit.changes or edit.after == "ambient"):
                continue
            known = snapshot.workloads.get(workload.ref)
            if isinstance(known, Unread) and known.why == NOT_FOUND:
                lost.append(Straggler(name=printed(workload), why="It is gone."))
                continue
            now = known if isinstance(known, Workload) else workload
            mine = [pod for pod in pods.values() if self._reached.template(pod) is workload]
            for pod in mine:
                if _is_new(pod, edit):
                    continue
                verdict = judged.pop((pod.namespace, pod.name))
                at = when(now, pod)
                if at == "restart":
                    old.append(Straggler(name=f"{pod.namespace}/{pod.name}", why=_OLD, node=pod.node))
                elif at in _LATER and now.kind not in _MAKES_NO_OTHER:
                    kept.append(verdict)
            others += _missing(now, sum(_is_new(pod, edit) for pod in mine)) if edit.changes else ()
        for namespace, name in [key for key in judged if key[0] in labels]:  # what they are by another label counts not
            del judged[namespace, name]
            old.append(Straggler(name=f"{namespace}/{name}", why=labels[namespace].why))
        found = standing_of(list(judged.values()), judge)
        return replace(
            found,
            pods=found.pods + len(old),
            stragglers=(*old, *found.stragglers),
            others=tuple(others),
            restarts=(*found.restarts, *kept),
            lost=(*lost, *self._lost(snapshot, judge)),
        )

    def _labels(self, snapshot: Snapshot) -> Iterator[tuple[str, Straggler]]:
        """Labels that are not as they were set: not seen yet, or set anew by somebody else; by the namespace's name.

        Those of pods by their own names, which have a stroke.
        """
        for edit in self._edits:
            target = edit.target
            now: Namespace | Pod | None = None
            if isinstance(target, Namespace):
                now = snapshot.namespaces.fact(target.name)
            elif isinstance(target, Pod):
                now = snapshot.pods.fact(f"{target.namespace}/{target.name}")
            if now is not None and value_of(now) != edit.after:
                key = target.name if isinstance(target, Namespace) else f"{namespace_of(target)}/{target.name}"
                yield key, Straggler(name=printed(target), why=_other_value(now, edit))

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
