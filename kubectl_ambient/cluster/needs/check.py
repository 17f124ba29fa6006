"""What `check` asks about: all that decides about pods, waypoints, labels, policies and the network."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from msgspec import Struct, field, structs

from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labels import LABELLED_NAMESPACES, LABELS
from kubectl_ambient.cluster.kinds.network import NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.nodes import NODES, WHOLE_NODES
from kubectl_ambient.cluster.kinds.plugins import PLATFORM
from kubectl_ambient.cluster.kinds.pods import ON_NETWORK, PODS, SANDBOXES
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.pods import PodNeeds
from kubectl_ambient.cluster.needs.policies import PolicyNeeds
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.place import Places
from kubectl_ambient.cluster.snapshot import Snapshot

# What carries labels of Istio. Not Pods and Jobs: they have theirs from a template, and those of the mode are judged
# with the pods.
_LABELLED = (
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Gateway",
    "GatewayClass",
    "ServiceEntry",
    "WorkloadEntry",
    "AuthorizationPolicy",
)
_WAYPOINTED = ("Service", "ServiceEntry", "WorkloadEntry")


class CheckNeeds(Struct, frozen=True, kw_only=True):
    """Of one namespace, or (empty) of all; the installation and the nodes in any case.

    Every list is asked for once. Without the pods there is no answer; whatever else is refused is told by the checks
    that want it. places: takes where each object stands, of files. ztunnel: what it takes to compare pods with what
    ztunnels say of them.
    """

    namespace: str = ""
    places: Places = field(default_factory=dict)
    ztunnel: bool = False

    @property
    def of_files(self) -> FilesReader:
        """Every kind, and the labels of all."""
        from kubectl_ambient.cluster.kinds.table import MESH, POLICIES
        from kubectl_ambient.cluster.reading.check_files import read_check_files

        kinds = (*MESH, *POLICIES, NETWORK_POLICIES, *self._of_pods, *PLATFORM)
        return partial(read_check_files, kinds=kinds, places=self.places, dumps=self.ztunnel)

    def first(self) -> list[Ask]:
        """What is known to be wanted. Nodes come with their taints, for the one that new nodes have."""
        whole = {NODES: WHOLE_NODES}
        asks = [structs.replace(ask, kind=whole.get(ask.kind, ask.kind)) for ask in self._policies.first()]
        asks += [*self._waypoints.first(), *self._network(), *self._labelled()]
        return _once(self._whole(structs.replace(ask, counts=False)) for ask in asks)

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides, and was not read with them."""
        asks = [*self._policies.second(snapshot), *self._waypoints.second(snapshot)]
        first = self.first()
        return [ask for ask in _once(asks) if not any(_covers(read, ask) for read in first)]

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of pods that could not be read; Namespaces are objects with labels as well."""
        PodNeeds().settle(snapshot)
        homes = {found.ref: found for found in snapshot.labelled_namespaces}
        snapshot.labelled.facts = homes | snapshot.labelled.facts

    def _network(self) -> list[Ask]:
        return [Ask(kind=NETWORK_POLICIES, namespace=self.namespace), *(Ask(kind=kind) for kind in PLATFORM)]

    def _labelled(self) -> list[Ask]:
        homes = Ask(kind=LABELLED_NAMESPACES, name=self.namespace)
        kinds = (LABELS[name] for name in _LABELLED)
        return [homes, *(Ask(kind=k, namespace=self.namespace if k.resource.namespaced else "") for k in kinds)]

    @property
    def _of_pods(self) -> tuple[Kind[Any], ...]:
        """What is read of each pod besides."""
        return (SANDBOXES, ON_NETWORK) if self.ztunnel else (SANDBOXES,)

    def _whole(self, ask: Ask) -> Ask:
        return structs.replace(ask, also=(*ask.also, *self._of_pods)) if ask.kind is PODS else ask

    @property
    def _namespaces(self) -> tuple[str, ...]:
        return (self.namespace,) if self.namespace else ()

    @property
    def _policies(self) -> PolicyNeeds:
        return PolicyNeeds(namespaces=self._namespaces, around=True)

    @property
    def _waypoints(self) -> WaypointNeeds:
        return WaypointNeeds(namespaces=self._namespaces, kinds=_WAYPOINTED, owners=True, around=True)


def _once(asks: Iterable[Ask]) -> list[Ask]:
    """The asks without those that others make."""
    return list(dict.fromkeys(asks))


def _covers(read: Ask, ask: Ask) -> bool:
    """Whether the one list holds all that the other would."""
    if read.name or read.anywhere or read.label_selector or read.field_selector:
        return False
    return read.kind.part == ask.kind.part and read.labels == ask.kind.label and read.namespace in ("", ask.namespace)
