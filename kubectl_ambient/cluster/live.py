"""A cluster as a snapshot: reads from the API what a command needs, and nothing else.

Independent reads go side by side, in one round where the scope is a namespace or all of them. What is refused or
missing becomes an Unread and stops nothing else.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.l7.named_waypoints import named_waypoints, services_nearby
from kubectl_ambient.cluster.nearby import all_agents, all_nodes, nearby
from kubectl_ambient.cluster.needs import Needs
from kubectl_ambient.cluster.reads import Read, into, onto, read_side_by_side
from kubectl_ambient.cluster.snapshot import Snapshot, read
from kubectl_ambient.cluster.wire import CNI_LABEL, ZTUNNEL_LABEL, has_label
from kubectl_ambient.cluster.wire_istio import CNI_CONFIG, INJECTOR
from kubectl_ambient.cluster.workload_reads import WorkloadReads
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import KubeError

_DEFAULT_REVISION = "default"


def read_snapshot(client: Client, needs: Needs, *, now: datetime) -> Snapshot:
    """The facts of a cluster at `now`, an aware datetime by the clock of this machine; the snapshot's is the server's.

    Pods and workloads that were named and are not to be had stand in `missing`. Raises KubeError where there can be
    no answer: the pods of the scope refused, no connection, unknown credentials.
    """
    snapshot = Snapshot(now=now)
    api = Api(client, needs.chunk_size)
    workloads = WorkloadReads(api, snapshot, needs.namespaces)
    read_side_by_side(client, [*_first(api, needs, snapshot, workloads), *services_nearby(client, needs, snapshot)])
    if needs.everything:
        snapshot.cni_pods = [pod for pod in snapshot.pods if has_label(pod.labels, CNI_LABEL)]
        snapshot.ztunnel_pods = [pod for pod in snapshot.pods if has_label(pod.labels, ZTUNNEL_LABEL)]
    read_side_by_side(client, [*_second(api, needs, snapshot, workloads), *named_waypoints(client, needs, snapshot)])
    workloads.tell_unread()
    snapshot.now = client.by_its_clock(now)
    return snapshot


def _first(api: Api, needs: Needs, snapshot: Snapshot, workloads: WorkloadReads) -> list[Read]:
    """What is known to be wanted."""
    reads = [*_configuration(api, needs, snapshot)]
    if not needs.nearby:
        reads.append(all_nodes(api, snapshot))
        reads += [
            onto(snapshot, "events", "list events", partial(api.events, place)) for place in needs.namespaces or ("",)
        ]
        if not needs.everything:
            reads += all_agents(api, snapshot)
    places = namespace_reads(api, needs, snapshot)
    if needs.workloads:
        return [*reads, *workloads.named(needs.namespaces[0], needs.workloads), *places]
    pods = _pods(api, needs, snapshot)
    owners = [] if needs.nearby else workloads.of_scope(needs.selected)
    # Of several refusals the first is told, which is to be that of what was asked for.
    return [*reads, *places, *owners, *pods] if needs.selected else [*reads, *pods, *owners, *places]


def _second(api: Api, needs: Needs, snapshot: Snapshot, workloads: WorkloadReads) -> list[Read]:
    """What follows from the first answers: mostly nothing, for a namespace or for all of them."""
    reads = _injectors_of_revisions(api, snapshot)
    if needs.workloads:
        return reads + workloads.pods_of_named(needs.namespaces[0], needs.workloads)
    if needs.nearby:
        return reads + nearby(api, snapshot, workloads)
    return reads + workloads.bare_owners()


def _configuration(api: Api, needs: Needs, snapshot: Snapshot) -> list[Read]:
    reads = [
        into(snapshot, "cni_config", f"get configmap {CNI_CONFIG}", partial(api.configmaps, CNI_CONFIG)),
        into(snapshot, "webhooks", "list mutatingwebhookconfigurations", api.webhooks),
        into(snapshot, "injectors", f"get configmap {INJECTOR}", partial(api.configmaps, INJECTOR)),
    ]
    if not needs.namespaces:
        return reads  # they come with the workloads of all namespaces
    return [
        *reads,
        into(snapshot, "cni_daemonsets", "list daemonsets of istio-cni", api.cni_daemonsets),
        into(snapshot, "istiods", "list deployments of istiod", api.istiods),
    ]


def _injectors_of_revisions(api: Api, snapshot: Snapshot) -> list[Read]:
    """The injectors' ConfigMaps of the other revisions, as the webhooks name them."""
    if isinstance(snapshot.injectors, Unread):
        return []
    revisions = {webhook.revision for webhook in read(snapshot.webhooks) or []} - {"", _DEFAULT_REVISION}
    names = [f"{INJECTOR}-{revision}" for revision in sorted(revisions)]
    return [onto(snapshot, "injectors", f"get configmap {name}", partial(api.configmaps, name)) for name in names]


def namespace_reads(api: Api, needs: Needs, snapshot: Snapshot) -> list[Read]:
    """The Namespaces of the scope: by `get` where they are named, which the role `view` may do."""
    known = snapshot.namespaces
    if needs.namespaces:
        return [_namespace(api, snapshot, name) for name in needs.namespaces]

    def take(found: list[Namespace]) -> None:
        known.update({namespace.name: namespace for namespace in found})

    def refused(unread: Unread, _: KubeError) -> None:
        known.update({pod.namespace: unread for pod in snapshot.pods})

    return [Read("list namespaces", api.namespaces, take, None if "Namespace" in needs.selected else refused)]


def _namespace(api: Api, snapshot: Snapshot, name: str) -> Read:
    take = partial(snapshot.namespaces.__setitem__, name)
    return Read(f"get namespace {name}", partial(api.namespace, name), take, lambda unread, _: take(unread))


def _pods(api: Api, needs: Needs, snapshot: Snapshot) -> list[Read]:
    if needs.pod_names:
        return [_pod(api, snapshot, needs.namespaces[0], name) for name in needs.pod_names]
    selectors = {"label_selector": needs.label_selector, "field_selector": needs.field_selector}
    return [
        Read("list pods", partial(api.pods, place, **selectors), snapshot.pods.extend)
        for place in needs.namespaces or ("",)
    ]


def _pod(api: Api, snapshot: Snapshot, namespace: str, name: str) -> Read:
    def refused(_: Unread, error: KubeError) -> None:
        snapshot.missing[f"Pod/{namespace}/{name}"] = str(error)

    return Read(f"get pod {name}", partial(api.pod, namespace, name), snapshot.pods.append, refused)
