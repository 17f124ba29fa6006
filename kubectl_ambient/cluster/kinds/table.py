"""Every kind whose facts the rules look at: the entries, in the order in which files are taken."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.kinds.configmaps import CNI_CONFIGS, INJECTORS
from kubectl_ambient.cluster.kinds.events import EVENTS
from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.nodes import NODES
from kubectl_ambient.cluster.kinds.pods import CNI_PODS, INSTANCES, PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.webhooks import WEBHOOKS
from kubectl_ambient.cluster.kinds.workload_entries import WORKLOAD_ENTRIES
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS, ISTIODS, WORKLOADS

KINDS: tuple[Kind[Any], ...] = (
    PODS,
    CNI_PODS,
    ZTUNNEL_PODS,
    INSTANCES,
    NAMESPACES,
    NODES,
    EVENTS,
    *(WORKLOADS[name] for name in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")),
    WORKLOADS["ReplicationController"],
    CNI_DAEMONSETS,
    ISTIODS,
    CNI_CONFIGS,
    INJECTORS,
    WEBHOOKS,
    SERVICES,
    SERVICE_ENTRIES,
    WORKLOAD_ENTRIES,
    GATEWAYS,
    GATEWAY_CLASSES,
)

BY_KIND = {kind.kind: kind for kind in KINDS if not (kind.label or kind.called)}
"""The entries that take every object of their kind."""
