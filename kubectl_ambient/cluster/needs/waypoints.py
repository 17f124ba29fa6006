"""What decides about waypoints: what may have one, the Gateways that may serve it, and their proxies.

Gateways are read in the scope's namespaces, in one round with all else. Those of other namespaces take a second one,
and only where a label names such a namespace: who may read one namespace only is asked for no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.kinds.configmaps import CNI_CONFIGS, MESH_CONFIGS
from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.pods import INSTANCES, PODS
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.webhooks import WEBHOOKS
from kubectl_ambient.cluster.kinds.workload_entries import WORKLOAD_ENTRIES
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS, GATEWAY_DEPLOYMENTS, ISTIODS
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.pods import mesh_configs_of_revisions, namespaces_of
from kubectl_ambient.cluster.served import KINDS
from kubectl_ambient.cluster.snapshot import Snapshot

_FEW = 8  # namespaces
_LISTED: dict[str, Kind[Any]] = {
    "Service": SERVICES,
    "ServiceEntry": SERVICE_ENTRIES,
    "WorkloadEntry": WORKLOAD_ENTRIES,
    "Pod": PODS,
}
_USE, _NONE = "istio.io/use-waypoint", "none"
_HOMES = ("istio.io/use-waypoint-namespace", "istio.io/use-waypoint-canary-namespace")


class WaypointNeeds(Struct, frozen=True, kw_only=True):
    """Of these namespaces, or (none) of all; no nodes, agents, webhooks or workloads.

    The settings of istio-cni are asked for where a ServiceEntry is called by an address that istiod gave it.

    kinds: those that are asked about, among which the label_selector chooses. selected: the namespaces are chosen by
    a selector, so that there is no answer where they cannot be listed. homes: namespaces whose Gateways are wanted
    besides, as an object may be going to use one of them. owners: which istiod owns each Gateway. around: of objects
    that were read already, so that there is an answer whatever is refused.
    """

    namespaces: tuple[str, ...] = ()
    label_selector: str = ""
    kinds: tuple[str, ...] = KINDS
    selected: bool = False
    homes: frozenset[str] = frozenset()
    owners: bool = False
    around: bool = False

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from kubectl_ambient.cluster.reading.files import read_files

        return read_files

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        places = self.namespaces or ("",)
        asks = [self._objects(kind, place) for kind in _LISTED if kind in self.kinds for place in places]
        asks += [Ask(kind=GATEWAYS, namespace=place) for place in places]
        asks += [ask for place in sorted(self._elsewhere) for ask in _waypoints(place)]
        asks.append(Ask(kind=GATEWAY_CLASSES))
        if not self._every_pod:
            asks += [Ask(kind=INSTANCES, namespace=place) for place in places]
        asks += [Ask(kind=ISTIODS), Ask(kind=MESH_CONFIGS)]  # what istiod does not look at has no waypoint
        if self.owners:  # a Gateway may name a tag, and what that stands for is written on its webhooks
            asks.append(Ask(kind=WEBHOOKS))
        return asks + namespaces_of(self.namespaces, must=self.selected)

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """The Gateways of namespaces that labels name besides, and what tells more of those that are there.

        Why one has no istiod, what should make pods of one without any, and whether clients learn automatic addresses:
        of waypoints themselves (`owners`) nothing is told that this would decide.
        """
        asks = mesh_configs_of_revisions(snapshot)
        if not self.owners and any(not gateway.addresses for gateway in snapshot.gateways):
            asks.append(Ask(kind=WEBHOOKS))  # a tag stands for a revision
        if not self.owners and _called_by_dns(snapshot):
            asks += [Ask(kind=CNI_CONFIGS), Ask(kind=CNI_DAEMONSETS)]
        if snapshot.gateways.absent:
            return asks
        asks += [Ask(kind=GATEWAY_DEPLOYMENTS, namespace=place) for place in _without_pods(snapshot)]
        if not self.namespaces:
            return asks
        elsewhere = set(_named(snapshot)) - {"", *self.namespaces, *self._elsewhere}
        asks += [ask for place in sorted(elsewhere) for ask in _waypoints(place)]
        homes = sorted(elsewhere | self._elsewhere)
        return asks + (namespaces_of(homes) if homes and _looks_at_some(snapshot) else [])

    def settle(self, snapshot: Snapshot) -> None:
        """Nothing follows."""

    @property
    def _every_pod(self) -> bool:
        """Whether all pods of the scope are read, the proxies of its Gateways among them."""
        return "Pod" in self.kinds and not self.label_selector

    @property
    def _elsewhere(self) -> frozenset[str]:
        """Where the scope is all namespaces, their Gateways are read anyway."""
        return self.homes - {*self.namespaces} if self.namespaces else frozenset()

    def _objects(self, kind: str, place: str) -> Ask:
        return Ask(
            kind=_LISTED[kind],
            namespace=place,
            label_selector=self.label_selector,
            also=(INSTANCES,) if kind == "Pod" and self._every_pod else (),
            counts=not self.around,
        )


def _looks_at_some(snapshot: Snapshot) -> bool:
    """Whether the settings of a mesh may choose namespaces by their labels (`discoverySelectors`)."""
    settings = (config.data.get("mesh", "").lower() for config in snapshot.mesh_configs)
    return any("discoveryselectors" in text or "discovery_selectors" in text for text in settings)


def _waypoints(place: str) -> tuple[Ask, Ask]:
    return Ask(kind=GATEWAYS, namespace=place), Ask(kind=INSTANCES, namespace=place)


def _called_by_dns(snapshot: Snapshot) -> bool:
    """Whether some ServiceEntry with a waypoint is called by an address that only Istio's own DNS tells."""
    for entry in snapshot.service_entries:
        home = snapshot.namespaces.fact(entry.namespace)
        labels = entry.labels if _USE in entry.labels or home is None else home.labels
        if entry.automatic and labels.get(_USE, _NONE) != _NONE:
            return True
    return False


def _without_pods(snapshot: Snapshot) -> list[str]:
    """The namespaces of waypoints that have an address and no pod; of many the first few."""
    bare = {g.namespace for g in snapshot.gateways if g.managed and g.addresses and snapshot.instances_of(g) == []}
    return sorted(bare)[:_FEW]


def _named(snapshot: Snapshot) -> Iterator[str]:
    """The namespaces that some label names as the home of a waypoint."""
    objects = chain(snapshot.services, snapshot.service_entries, snapshot.workload_entries)
    labels = chain(
        (namespace.labels for namespace in snapshot.namespaces),
        (pod.labels for pod in snapshot.pods),
        (found.labels for found in objects),
    )
    for held in labels:
        yield from (held[key] for key in _HOMES if key in held)
