"""Who moves: the mesh is asked about every pod that an edit reaches, before it and after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct, structs

from kubectl_ambient.change.node_agents import hinders, leaves_in, not_accepted
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.reached import Reached
from kubectl_ambient.change.rollout import When, when
from kubectl_ambient.change.targets import value_of, with_value
from kubectl_ambient.cluster.facts import Namespace, Owner, Pod, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Expected, Reason
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.next_pod import AfterRestart

# not in, cut off, held in: labels alone would move them, and the agents of their node do not, or only half.
# doubtful: they are Ready, and ztunnel has not accepted another pod there.
Direction = Literal["in", "doubtful", "not in", "cut off", "out", "held in", "stays in", "stays out", "unknown"]

_NOW: When = "now"
_EXPECTED: dict[AfterRestart, Expected] = {"ambient": "in", "sidecar": "out", "none": "out", "unknown": "unknown"}


class Moved(Struct, frozen=True, kw_only=True, gc=False):
    """What becomes of one pod, and when. `reason` and `message` say what decides afterwards.

    agent: the agent of its node that is in the way, where one is; waiting: the pod that one there has not accepted.
    """

    pod: Pod
    owner: Owner | None
    direction: Direction
    when: When
    reason: Reason
    message: str
    after_restart: AfterRestart
    agent: Health | None = None
    waiting: Pod | None = None


class Effects(Struct, frozen=True, kw_only=True):
    """All pods that the edits reach; `before` and `after` judge the cluster without and with them.

    named: the pods that the edits name, without and with them: of a pod that was selected an edit knows only labels.
    """

    pods: tuple[Moved, ...]
    before: Judge
    after: Judge
    named: dict[tuple[str, str], tuple[Pod, Pod]]

    def of(self, direction: Direction, *, at: When | None = None) -> list[Moved]:
        """The pods that go this way, at that time or at any."""
        return [m for m in self.pods if m.direction == direction and at in (None, m.when)]

    @property
    def asked_in(self) -> list[Moved]:
        """The pods whose labels ask them in from now on, whether or not their agents do it."""
        return [m for m in self.pods if m.direction in ("in", "doubtful", "not in", "cut off")]

    @property
    def totals(self) -> Counter[tuple[str, Owner | None]]:
        """How many pods of each workload were looked at, by namespace and owner."""
        return Counter((m.pod.namespace, m.owner) for m in self.pods)


def effects(snapshot: Snapshot, edits: Sequence[Edit]) -> Effects:
    """What the edits do to the pods of the snapshot. Edits that change nothing are asked about as well.

    Finished pods are left out: nothing moves them.
    """
    before = Judge(snapshot)
    after = Judge(edited(snapshot, edits), agents=before.installation)  # which no label changes
    reached, asked = Reached(snapshot, edits), _Asked(before, after)
    disables = all(edit.after != "ambient" for edit in edits)
    waiting = not_accepted(before)
    changed = {(p.namespace, p.name): p for p in after.snapshot.pods}
    moved, named = [], {}
    for pod in snapshot.pods:
        key = (pod.namespace, pod.name)
        if reached.names(pod):
            named[key] = (pod, changed[key])
        if pod.finished or not reached.reaches(pod):
            continue
        owner = owner_of(pod, snapshot.workloads.facts)
        by_labels = asked.moved(pod, changed[key], owner, reached.template(pod))
        moved.append(_by_agents(by_labels, after, waiting, disables))
    return Effects(pods=tuple(moved), before=before, after=after, named=named)


def edited(snapshot: Snapshot, edits: Sequence[Edit]) -> Snapshot:
    """The snapshot with the edits done; objects that it does not hold are added as the edits know them."""
    namespaces, workloads = dict(snapshot.namespaces.facts), dict(snapshot.workloads.facts)
    values: dict[tuple[str, str], str | None] = {}
    for edit in edits:
        target = edit.target
        if isinstance(target, Pod):
            values[target.namespace, target.name] = edit.after
        elif isinstance(target, Workload):
            changed = with_value(workloads.get(target.ref, target), edit.after)
            assert isinstance(changed, Workload)
            workloads[target.ref] = changed
        else:
            changed = with_value(namespaces.get(target.name, target), edit.after)
            assert isinstance(changed, Namespace)
            namespaces[target.name] = changed
    pods = {key: _with(p, values) for key, p in snapshot.pods.facts.items()} if values else snapshot.pods.facts
    return structs.replace(
        snapshot,
        pods=structs.replace(snapshot.pods, facts=pods),
        namespaces=structs.replace(snapshot.namespaces, facts=namespaces),
        workloads=structs.replace(snapshot.workloads, facts=workloads),
    )


def _with(pod: Pod, values: dict[tuple[str, str], str | None]) -> Pod:
    key = (pod.namespace, pod.name)
    if key not in values or value_of(pod) == values[key]:
        return pod
    changed = with_value(pod, values[key])
    assert isinstance(changed, Pod)
    return changed


class _Asked:
    """Asks the mesh about pods; about the successors of a workload's pods once a node."""

    def __init__(self, before: Judge, after: Judge) -> None:
        self._before = before
        self._after = after
        self._restarted: dict[tuple[str, str, bool], AfterRestart] = {}

    def moved(self, pod: Pod, changed: Pod, owner: Owner | None, workload: Workload | None) -> Moved:
        """A pod moves at once where its label or its namespace's changed; else by its template, when it is replaced."""
        after = self._after
        started, decision = self._before.expected_of(pod).expected, after.expected_of(changed)
        becomes = self._after_restart(changed, owner)
        expected, reason, message, at = decision.expected, decision.reason, decision.because.message, _NOW
        if workload is not None and expected == started:
            replaced = after.snapshot.workloads.facts.get(workload.ref, workload)
            expected, at = _EXPECTED[becomes], when(replaced, pod)
            if becomes == "sidecar":
                reason, message = Reason.SIDECAR_PRESENT, after.next_of(replaced).why
            else:
                decision = after.expected_of(_successor(changed, replaced))
                reason, message = decision.reason, decision.because.message
        return Moved(
            pod=pod,
            owner=owner,
            direction=_direction(started, expected),
            when=at,
            reason=reason,
            message=message,
            after_restart=becomes,
        )

    def _after_restart(self, pod: Pod, owner: Owner | None) -> AfterRestart:
        ref = f"{owner.kind}/{pod.namespace}/{owner.name}" if owner else ""
        if ref not in self._after.snapshot.workloads.facts:
            return self._after.after_restart(pod)
        key = (ref, pod.node, pod.windows)
        if key not in self._restarted:
            self._restarted[key] = self._after.after_restart(pod)
        return self._restarted[key]


def _successor(pod: Pod, workload: Workload) -> Pod:
    template = workload.template
    return structs.replace(
        pod, labels=template.labels, annotations=template.annotations, host_network=template.host_network
    )


def _by_agents(moved: Moved, after: Judge, waiting: Mapping[str, Pod], disables: bool) -> Moved:
    """What the agents of the pod's node make of the move that the labels ask for."""
    pod, now = moved.pod, moved.when == _NOW
    if moved.direction == "in":
        always_there = now or (moved.owner is not None and moved.owner.kind in ("DaemonSet", "Node"))
        way, agent = hinders(pod, after.installation, now=now, bound=always_there)
        if agent:
            return structs.replace(moved, direction=way, agent=agent)
        before = waiting.get(pod.node) if now else None
        return structs.replace(moved, direction="doubtful", waiting=before) if before else moved
    goes = moved.direction == "out" or (disables and moved.direction == "stays out")
    agent = leaves_in(pod, after.installation) if goes and now else None
    return structs.replace(moved, direction="held in", agent=agent) if agent else moved


def _direction(before: Expected, after: Expected) -> Direction:
    if after == "unknown":
        return "unknown"
    if before == after:
        return "stays in" if after == "in" else "stays out"
    return "in" if after == "in" else "out"
