"""The reads of L7: Services and their like in the scope, and the Gateways that may serve them.

Gateways are read in the scope's namespaces, in one round with all else. Those of other namespaces take a second one,
and only where a label names such a namespace: who may read one namespace only is asked for no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.l7 import wire as wire_l7
from kubectl_ambient.cluster.l7.facts import GATEWAY_NAME, KINDS, Gateway
from kubectl_ambient.cluster.l7.snapshot import ALL_NAMESPACES, instances_among
from kubectl_ambient.cluster.reads import Read
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.kube.resources import find_resource

_WAYPOINT_NAMESPACE = ("istio.io/use-waypoint-namespace", "istio.io/use-waypoint-canary-namespace")


class _Kind(NamedTuple):
    field: str
    type: type[Any]
    plural: str


_LISTED = {
    "Service": _Kind("services", wire_l7.Service, "services"),
    "ServiceEntry": _Kind("service_entries", wire_l7.ServiceEntry, "serviceentries.networking.istio.io"),
    "WorkloadEntry": _Kind("workload_entries", wire_l7.WorkloadEntry, "workloadentries.networking.istio.io"),
}
_GATEWAYS = "gateways.gateway.networking.k8s.io"
_CLASSES = "gatewayclasses.gateway.networking.k8s.io"


class L7Reads:
    """The reads of one command into `snapshot.l7`.

    namespaces: of these; none: of all. kinds: those of `KINDS` that are asked about, the label_selector chooses among
    them. Pods are the caller's to read, into `snapshot.pods`; every_pod tells that it reads all of the scope. homes:
    namespaces whose Gateways are wanted besides. errors: the failures to list a kind, each of which is an Unread in the
    snapshot.
    """

    def __init__(
        self,
        client: Client,
        snapshot: Snapshot,
        namespaces: tuple[str, ...],
        *,
        kinds: Collection[str] = KINDS,
        label_selector: str = "",
        every_pod: bool = True,
        homes: Collection[str] = (),
        chunk_size: int | None = None,
    ) -> None:
        self._client = client
        self._api = Api(client, chunk_size)
        self._snapshot = snapshot
        self._namespaces = namespaces
        self._kinds = kinds
        self._label_selector = label_selector
        self._every_pod = every_pod
        # Where the scope is all namespaces, their Gateways are read anyway.
        self._homes = set(homes) - set(namespaces) if namespaces else set()
        self._chunk_size = chunk_size
        self.errors: list[KubeError] = []

    def first(self) -> list[Read]:
        """What is known to be wanted."""
        places = self._namespaces or (ALL_NAMESPACES,)
        reads = [self.objects_of(kind, place) for kind in _LISTED if kind in self._kinds for place in places]
        reads += [self._gateways(place) for place in places]
        reads += [read for place in sorted(self._homes) for read in self._waypoints(place)]
        reads.append(self._classes())
        if not self._every_pod:
            reads += [self._instances(place) for place in places]
        return reads

    def second(self) -> list[Read]:
        """What the labels that were read name besides."""
        l7 = self._snapshot.l7
        if self._every_pod and "Pod" not in l7.unread:
            homes = self._namespaces or {gateway.namespace for gateway in l7.gateways.values()}
            l7.instances.update(instances_among(self._snapshot.pods, homes))
        if not self._namespaces or "Gateway" in l7.absent:
            return []
        elsewhere = sorted(set(self._named()) - {"", *self._namespaces, *self._homes})
        return [read for place in elsewhere for read in self._waypoints(place)]

    def _named(self) -> Iterable[str]:
        """The namespaces that some label names as the home of a waypoint."""
        snapshot, l7 = self._snapshot, self._snapshot.l7
        listed = chain(l7.services, l7.service_entries, l7.workload_entries)
        namespaces = (n.labels for n in snapshot.namespaces.values() if isinstance(n, Namespace))
        for labels in chain(namespaces, (pod.labels for pod in snapshot.pods), (found.labels for found in listed)):
            yield from (labels[key] for key in _WAYPOINT_NAMESPACE if key in labels)

    def objects_of(self, kind: str, place: str) -> Read:
        """The read of one of the kinds that are listed, in a namespace; `ALL_NAMESPACES` for all of them."""
        field, type_, plural = _LISTED[kind]
        l7 = self._snapshot.l7
        call = partial(self._list, plural, type_, place, self._label_selector)
        return Read(_list_of(plural), call, getattr(l7, field).extend, partial(self._refused, kind, plural))

    def _waypoints(self, place: str) -> tuple[Read, Read]:
        return self._gateways(place), self._instances(place)

    def _gateways(self, place: str) -> Read:
        l7 = self._snapshot.l7

        def take(found: list[Gateway]) -> None:
            l7.gateways.update(wire_l7.by_key(found))

        def refused(unread: Unread, error: KubeError) -> None:
            if _is_absent(error):
                l7.absent["Gateway"] = _GATEWAYS
            else:
                l7.unread_gateways[place] = unread

        return Read(_list_of(_GATEWAYS), partial(self._list, _GATEWAYS, wire_l7.Gateway, place), take, refused)

    def _classes(self) -> Read:
        l7 = self._snapshot.l7

        def take(found: list[Any]) -> None:
            l7.gateway_classes = {found_class.name: found_class for found_class in found}

        def refused(unread: Unread, error: KubeError) -> None:
            if not _is_absent(error):
                l7.gateway_classes = unread

        return Read(_list_of(_CLASSES), partial(self._list, _CLASSES, wire_l7.GatewayClass), take, refused)

    def _instances(self, place: str) -> Read:
        instances = self._snapshot.l7.instances

        def take(found: list[Pod]) -> None:
            homes = {place} if place else {gateway.namespace for gateway in self._snapshot.l7.gateways.values()}
            instances.update(instances_among(found, homes))

        def refused(unread: Unread, _: KubeError) -> None:
            instances[place] = unread

        return Read("list pods of gateways", partial(self._api.pods, place, label_selector=GATEWAY_NAME), take, refused)

    def _refused(self, kind: str, plural: str, unread: Unread, error: KubeError) -> None:
        if _is_absent(error):
            self._snapshot.l7.absent[kind] = plural
        else:
            self.errors.append(error)
            self._snapshot.l7.unread[kind] = unread

    def _list(self, plural: str, type_: type[Any], namespace: str = "", label_selector: str = "") -> list[Any]:
        found: list[Any] = []
        for page in self._client.facts(
            find_resource(plural),
            namespace,
            type=type_,
            fact=type_.fact,
            label_selector=label_selector,
            chunk_size=self._chunk_size,
            on_restart=found.clear,
        ):
            found += page
        return found


def _list_of(plural: str) -> str:
    return f"list {plural}"


def _is_absent(error: KubeError) -> bool:
    return isinstance(error, ApiError) and error.is_resource_missing
