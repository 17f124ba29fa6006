"""The namespaces that a command is about, where their labels choose them (`--namespace-selector`)."""

from __future__ import annotations

from kubectl_ambient.cluster.scope import chosen_namespaces
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.few import few
from kubectl_ambient.runs.origin import Origin


def homes(origin: Origin, snapshot: Snapshot) -> frozenset[str] | None:
    """Their names; None where all are meant. Raises KubeError where their labels could not be read."""
    return chosen_namespaces(snapshot.namespaces, origin.namespace_selector)


def left_out(origin: Origin, snapshot: Snapshot) -> list[str]:
    """That no namespace is chosen; or which ones files name and do not hold, so that their labels are not known."""
    if homes(origin, snapshot) == frozenset():
        return ["note: no namespace has labels that --namespace-selector chooses"]
    if not (origin.namespace_selector and snapshot.from_files):
        return []
    held = snapshot.namespaces.facts
    absent = [
        name for name in {**snapshot.namespaces.unread, **snapshot.labelled_namespaces.unread} if name not in held
    ]
    if not absent:
        return []
    return [f"note: left out, since the files do not hold the labels of their namespaces: what is in {few(absent)}"]
