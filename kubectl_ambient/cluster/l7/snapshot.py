"""What was read of L7 in one cluster: Services and their like, and the Gateways."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.l7.facts import (
    GATEWAY_NAME,
    Gateway,
    GatewayClass,
    Service,
    ServiceEntry,
    WorkloadEntry,
)

ALL_NAMESPACES = ""


class L7(Struct, kw_only=True):
    """L7 facts of one moment, a part of a Snapshot.

    gateways: by `namespace/name`. unread_gateways: by namespace, `ALL_NAMESPACES` for all but those of
    `whole_namespaces`. instances: by namespace, the pods that are some Gateway's proxies. unread: by kind
    (`Service`, `Pod`, …), what may not be listed. absent: by kind, the resource types that the server does not have.
    """

    services: list[Service] = field(default_factory=list)
    service_entries: list[ServiceEntry] = field(default_factory=list)
    workload_entries: list[WorkloadEntry] = field(default_factory=list)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    unread_gateways: dict[str, Unread] = field(default_factory=dict)
    whole_namespaces: frozenset[str] = frozenset()
    gateway_classes: dict[str, GatewayClass] | Unread = field(default_factory=dict)
    instances: dict[str, list[Pod] | Unread] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def gateway(self, namespace: str, name: str) -> Gateway | Unread | None:
        """The Gateway; None where there is none, an Unread where that is not known. An empty text names none."""
        if not (namespace and name):
            return None
        found = self.gateways.get(f"{namespace}/{name}")
        if found is not None or namespace in self.whole_namespaces:
            return found
        return self.unread_gateways.get(namespace) or self.unread_gateways.get(ALL_NAMESPACES)

    def gateway_class(self, name: str) -> GatewayClass | Unread | None:
        """The GatewayClass; None where there is none, an Unread where that is not known."""
        classes = self.gateway_classes
        return classes if isinstance(classes, Unread) else classes.get(name)

    def instances_of(self, gateway: Gateway) -> list[Pod] | None:
        """The pods of a Gateway that are not finished; None where they are not known."""
        found = self.instances.get(gateway.namespace)
        if found is None or isinstance(found, Unread):
            return None
        return [pod for pod in found if pod.labels.get(GATEWAY_NAME) == gateway.name and not pod.finished]


def instances_among(pods: Iterable[Pod], namespaces: Iterable[str]) -> dict[str, list[Pod] | Unread]:
    """The proxies of Gateways by namespace, where these are all pods of the namespaces."""
    found: dict[str, list[Pod]] = {namespace: [] for namespace in namespaces}
    for pod in pods:
        if GATEWAY_NAME in pod.labels and pod.namespace in found:
            found[pod.namespace].append(pod)
    return {**found}
