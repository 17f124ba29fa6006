"""Which pods edits reach: those that they name, those of a namespace, those that a template makes anew."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.cluster.facts import Pod, Workload
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot


class Reached:
    """Which pods the edits reach, and by whose template."""

    def __init__(self, snapshot: Snapshot, edits: Sequence[Edit]) -> None:
        """`snapshot`: the owners of the pods are looked up there, as they are then. What is refused reaches none."""
        self._workloads = snapshot.workloads.facts
        self._templates: dict[str, Workload] = {}
        self._pods: set[tuple[str, str]] = set()
        self._namespaces: set[str] = set()
        for edit in edits:
            if edit.action == "refuse":
                continue
            if isinstance(edit.target, Workload):
                self._templates[edit.target.ref] = edit.target
            elif kind_of(edit.target) == "Pod":
                self._pods.add((edit.target.namespace, edit.target.name))  # type: ignore[union-attr]
            else:
                self._namespaces.add(edit.target.name)

    def reaches(self, pod: Pod) -> bool:
        """Whether one does, by its name, its namespace or its workload."""
        return pod.namespace in self._namespaces or self.names(pod) or self.template(pod) is not None

    def names(self, pod: Pod) -> bool:
        """Whether one names it."""
        return (pod.namespace, pod.name) in self._pods

    def template(self, pod: Pod) -> Workload | None:
        """The named workload whose template makes the pod's successor."""
        if not self._templates:
            return None
        owners = (pod.owner, owner_of(pod, self._workloads))
        refs = (f"{o.kind}/{pod.namespace}/{o.name}" for o in owners if o)
        return next((self._templates[ref] for ref in refs if ref in self._templates), None)
