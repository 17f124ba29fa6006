"""Manifests as a snapshot: what `-f` reads instead of a cluster.

The same wire types as live, so the same facts. Kinds that no rule looks at are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeVar

import msgspec

from kubectl_ambient.cluster import wire, wire_istio, wire_parts, wrong_type
from kubectl_ambient.cluster.facts import Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.l7 import wire as wire_l7
from kubectl_ambient.cluster.l7.facts import WAYPOINT_BOUND
from kubectl_ambient.cluster.l7.snapshot import ALL_NAMESPACES, L7, instances_among
from kubectl_ambient.cluster.objects import Object, identity, reference
from kubectl_ambient.cluster.owners import unread_owners
from kubectl_ambient.cluster.paths import OnLarge
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import NOT_IN_FILES, Taker, not_in_files
from kubectl_ambient.cluster.wire import CNI_LABEL, ISTIOD_LABEL, ZTUNNEL_LABEL, has_label

T = TypeVar("T")

_KINDS: dict[tuple[str, str], type[wire_parts.Object]] = {
    ("", "Pod"): wire.Pod,
    ("", "Namespace"): wire.Namespace,
    ("", "Node"): wire.Node,
    ("", "Event"): wire.Event,
    ("", "ConfigMap"): wire_istio.ConfigMap,
    ("", "ReplicationController"): wire.ReplicationController,
    ("apps", "Deployment"): wire.Workload,
    ("apps", "StatefulSet"): wire.Workload,
    ("apps", "DaemonSet"): wire.Workload,
    ("apps", "ReplicaSet"): wire.Workload,
    ("batch", "Job"): wire.Workload,
    ("batch", "CronJob"): wire.Workload,
    ("", "Service"): wire_l7.Service,
    ("networking.istio.io", "ServiceEntry"): wire_l7.ServiceEntry,
    ("networking.istio.io", "WorkloadEntry"): wire_l7.WorkloadEntry,
    ("gateway.networking.k8s.io", "Gateway"): wire_l7.Gateway,
    ("gateway.networking.k8s.io", "GatewayClass"): wire_l7.GatewayClass,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): wire_istio.MutatingWebhookConfiguration,
}
_HOME = "istio.io/use-waypoint-namespace"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")


def read_files(
    paths: Iterable[str],
    *,
    recursive: bool = False,
    namespace: str = "default",
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """Everything that the files hold, taken for the whole cluster, and what was wrong with them.

    Objects without a namespace go to `namespace`. Of an object that comes twice, the last counts. Raises nothing:
    bad input becomes a Problem, and the rest is used. `on_large` is told of files that take long.
    """
    found = _Found(namespace)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    return _snapshot(found), list(found.problems)


class _Found(Taker):
    """The objects of the files by kind, namespace and name."""

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self._namespace = namespace
        self._objects: dict[str, dict[tuple[str, str], wire_parts.Object]] = {}

    def of(self, kind: str, type_: type[T]) -> list[T]:
        """The objects of a kind, all of that wire type."""
        return [found for found in self._objects.get(kind, {}).values() if isinstance(found, type_)]

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        type_ = _KINDS.get((found.group, found.kind))
        if type_ is None:
            return
        try:
            namespace, name = identity(found, self._namespace)
        except ValueError as error:
            yield found.kind, str(error)
            return
        if found.kind == "ConfigMap" and not wire_istio.is_config(name):
            return
        fields = {**found.fields, "metadata": {**found.fields["metadata"], "namespace": namespace}}
        try:
            read = msgspec.convert(fields, type_)
        except msgspec.ValidationError as error:
            yield reference(found.kind, namespace, name), wrong_type.describe(error, fields)
            return
        self._objects.setdefault(found.kind, {})[namespace, name] = read


def _snapshot(found: _Found) -> Snapshot:
    pods = [pod.fact() for pod in found.of("Pod", wire.Pod)]
    workloads = {w.ref: w for w in _workloads(found)}
    namespaces: dict[str, Namespace | Unread] = {
        name: Unread(what=f"get namespace {name}", why=NOT_IN_FILES)
        for name in (*(pod.namespace for pod in pods), *(w.namespace for w in workloads.values()))
    }
    namespaces |= {n.name: n.fact() for n in found.of("Namespace", wire.Namespace)}
    cni_daemonsets = [d.daemonset() for d in found.of("DaemonSet", wire.Workload) if d.has_label(CNI_LABEL)]
    cni_pods = [pod for pod in pods if has_label(pod.labels, CNI_LABEL)]
    configs = [c.fact() for c in found.of("ConfigMap", wire_istio.ConfigMap)]
    cni_config = [c for c in configs if c.name == wire_istio.CNI_CONFIG]
    configurations = found.of("MutatingWebhookConfiguration", wire_istio.MutatingWebhookConfiguration)
    events = found.of("Event", wire.Event)
    return Snapshot(
        pods=pods,
        namespaces=namespaces,
        nodes={n.name: n.fact() for n in found.of("Node", wire.Node)} or not_in_files("list nodes"),
        workloads=workloads,
        unread_workloads=unread_owners(pods, workloads, lambda owner, namespace: NOT_IN_FILES),
        cni_daemonsets=cni_daemonsets,
        cni_config=cni_config
        or (not_in_files(f"get configmap {wire_istio.CNI_CONFIG}") if cni_daemonsets or cni_pods else []),
        cni_pods=cni_pods,
        ztunnel_pods=[pod for pod in pods if has_label(pod.labels, ZTUNNEL_LABEL)],
        webhooks=[hook for c in configurations for hook in c.injectors()]
        if configurations
        else not_in_files("list mutatingwebhookconfigurations"),
        injectors=[c for c in configs if wire_istio.is_injector(c.name)]
        or not_in_files(f"get configmap {wire_istio.INJECTOR}"),
        istiods=[d.istiod() for d in found.of("Deployment", wire.Workload) if d.has_label(ISTIOD_LABEL)]
        or not_in_files("list deployments of istiod"),
        events=[fact for event in events if (fact := event.fact())] if events else not_in_files("list events"),
        l7=_l7(found, pods),
        from_files=True,
    )


def _l7(found: _Found, pods: list[Pod]) -> L7:
    gateways = wire_l7.by_key(g.fact() for g in found.of("Gateway", wire_l7.Gateway))
    l7 = L7(
        services=[s.fact() for s in found.of("Service", wire_l7.Service)],
        service_entries=[s.fact() for s in found.of("ServiceEntry", wire_l7.ServiceEntry)],
        workload_entries=[w.fact() for w in found.of("WorkloadEntry", wire_l7.WorkloadEntry)],
        gateways=gateways,
        gateway_classes={c.name: c.fact() for c in found.of("GatewayClass", wire_l7.GatewayClass)},
        # Files with a Gateway and no pod at all of its namespace tell nothing of its proxies.
        instances=instances_among(pods, {g.namespace for g in gateways.values()} & {pod.namespace for pod in pods}),
    )
    if not gateways:
        _without_gateways(l7, pods, [n.fact() for n in found.of("Namespace", wire.Namespace)])
    return l7


def _without_gateways(l7: L7, pods: list[Pod], namespaces: list[Namespace]) -> None:
    """Manifests with a Namespace are taken to hold its Gateways, had it any.

    Not so what was read of a cluster where istiod has judged waypoints: it was read without them.
    """
    if not any(s.condition(WAYPOINT_BOUND) for s in (*l7.services, *l7.service_entries)):
        l7.whole_namespaces = frozenset(namespace.name for namespace in namespaces)
    placed = [(o.namespace, o.labels) for o in (*l7.services, *l7.service_entries, *l7.workload_entries)]
    placed += [(pod.namespace, pod.labels) for pod in pods]
    placed += [(namespace.name, namespace.labels) for namespace in namespaces]
    homes = {place for place, _ in placed} | {labels[_HOME] for _, labels in placed if _HOME in labels}
    if not homes <= l7.whole_namespaces:
        l7.unread_gateways = {ALL_NAMESPACES: not_in_files("list gateways")}


def _workloads(found: _Found) -> Iterator[Workload]:
    for kind in _WORKLOADS:
        yield from (w.fact(kind) for w in found.of(kind, wire.Workload))
    yield from (w.fact() for w in found.of("ReplicationController", wire.ReplicationController))
