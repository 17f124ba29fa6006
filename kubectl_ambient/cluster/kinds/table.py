"""Every kind that is read: the entries, in the order in which files are taken."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.kinds.callers import (
    API_SERVICES,
    INGRESS_CLASSES,
    INGRESSES,
    MUTATING,
    POD_MONITORS,
    SERVICE_MONITORS,
    VALIDATING,
)
from kubectl_ambient.cluster.kinds.configmaps import CNI_CONFIGS, INJECTORS, MESH_CONFIGS
from kubectl_ambient.cluster.kinds.events import AGENT_EVENTS, EVENTS
from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.network import ENDPOINT_SLICES, NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.nodes import NODES
from kubectl_ambient.cluster.kinds.plugins import OTHER_POLICIES, PLATFORM
from kubectl_ambient.cluster.kinds.pods import CNI_PODS, INSTANCES, ON_NETWORK, PODS, SANDBOXES, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS
from kubectl_ambient.cluster.kinds.routes import ROUTES
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.webhooks import WEBHOOKS
from kubectl_ambient.cluster.kinds.workload_entries import WORKLOAD_ENTRIES
from kubectl_ambient.cluster.kinds.workloads import (
    CNI_DAEMONSETS,
    GATEWAY_DEPLOYMENTS,
    ISTIODS,
    TEMPLATES,
    VPC_CNI_DAEMONSETS,
    WORKLOADS,
    ZTUNNEL_DAEMONSETS,
)

MESH: tuple[Kind[Any], ...] = (
    PODS,
    CNI_PODS,
    ZTUNNEL_PODS,
    INSTANCES,
    NAMESPACES,
    NODES,
    EVENTS,
    AGENT_EVENTS,
    *(WORKLOADS[name] for name in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")),
    WORKLOADS["ReplicationController"],
    CNI_DAEMONSETS,
    ZTUNNEL_DAEMONSETS,
    ISTIODS,
    GATEWAY_DEPLOYMENTS,
    CNI_CONFIGS,
    INJECTORS,
    MESH_CONFIGS,
    WEBHOOKS,
    SERVICES,
    SERVICE_ENTRIES,
    WORKLOAD_ENTRIES,
    GATEWAYS,
    GATEWAY_CLASSES,
)
"""What decides about pods and waypoints."""

POLICIES: tuple[Kind[Any], ...] = (AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS)
"""What decides who may speak to whom in the mesh."""

NETWORK: tuple[Kind[Any], ...] = (NETWORK_POLICIES, ENDPOINT_SLICES, ON_NETWORK, SANDBOXES, *TEMPLATES)
"""What lets packets through."""

CALLERS: tuple[Kind[Any], ...] = (
    INGRESSES,
    INGRESS_CLASSES,
    *ROUTES,
    VALIDATING,
    MUTATING,
    API_SERVICES,
    SERVICE_MONITORS,
    POD_MONITORS,
    *OTHER_POLICIES,
)
"""Who calls pods in plain text; other policies are named as not judged."""

KINDS = (*MESH, *POLICIES, *NETWORK, *CALLERS, *PLATFORM, VPC_CNI_DAEMONSETS)

BY_KIND = {kind.kind: kind for kind in reversed(KINDS) if not (kind.label or kind.called or kind.among)}
"""The entries that take every object of their kind; of several the first."""
