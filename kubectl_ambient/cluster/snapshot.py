"""What was read of a cluster, in one place, for the rules to look at."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from kubectl_ambient.cluster.caller_facts import (
    Callback,
    ClusterNetwork,
    FelixConfiguration,
    Ingress,
    IngressClass,
    Monitor,
    OtherPolicy,
    Route,
)
from kubectl_ambient.cluster.facts import (
    NOT_FOUND,
    NOT_IN_FILES,
    Event,
    Namespace,
    Node,
    Pod,
    Sandbox,
    Unread,
    Workload,
)
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet, Istiod, Webhook
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.network_facts import EndpointSlice, NetworkPolicy, PodOnNetwork
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, PeerAuthentication
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Dump


class Snapshot(Struct, kw_only=True):
    """Facts of one moment, by kind. What a kind's facts are called here stands in its entry in `kinds`.

    `cni_pods`, `ztunnel_pods`, `cni_daemonsets`, `ztunnel_daemonsets` and `istiods` are those that Istio has of pods
    and workloads, wherever they live; `instances` and `gateway_deployments` are those of Gateways. `on_network` are
    pods with their ports and addresses, `sandboxes` with when their network was made, `templates` those that workloads
    make. `events` are about pods, `agent_events` about DaemonSets. `labelled` are objects as their labels,
    `labelled_namespaces` the Namespaces that these are in. `ztunnels` is what the ztunnel of each node says, None where
    none was asked; `kept_policies` are the AuthorizationPolicies that were the same before and after that, and
    `odd_pods` and `gone_pods` the uids of pods that a ztunnel keeps, which are not in or no more. `missing` are objects
    that were named and are not to be had, by `Pod/shop/web`, with kubectl's sentence. `now` is the clock for ages: None
    where the facts come from files, which have no present. `whole` tells why the files are taken for the whole cluster,
    as the rest of a sentence; empty where they are not.
    """

    pods: Found[Pod] = field(default_factory=Found)
    namespaces: Found[Namespace] = field(default_factory=Found)
    nodes: Found[Node] = field(default_factory=Found)
    workloads: Found[Workload] = field(default_factory=Found)
    events: Found[Event] = field(default_factory=Found)
    agent_events: Found[Event] = field(default_factory=Found)
    cni_daemonsets: Found[DaemonSet] = field(default_factory=Found)
    ztunnel_daemonsets: Found[DaemonSet] = field(default_factory=Found)
    cni_config: Found[ConfigMap] = field(default_factory=Found)
    cni_pods: Found[Pod] = field(default_factory=Found)
    ztunnel_pods: Found[Pod] = field(default_factory=Found)
    istiods: Found[Istiod] = field(default_factory=Found)
    webhooks: Found[Webhook] = field(default_factory=Found)
    injectors: Found[ConfigMap] = field(default_factory=Found)
    mesh_configs: Found[ConfigMap] = field(default_factory=Found)
    services: Found[Service] = field(default_factory=Found)
    service_entries: Found[ServiceEntry] = field(default_factory=Found)
    workload_entries: Found[WorkloadEntry] = field(default_factory=Found)
    gateways: Found[Gateway] = field(default_factory=Found)
    gateway_classes: Found[GatewayClass] = field(default_factory=Found)
    instances: Found[Pod] = field(default_factory=Found)
    gateway_deployments: Found[Workload] = field(default_factory=Found)
    on_network: Found[PodOnNetwork] = field(default_factory=Found)
    sandboxes: Found[Sandbox] = field(default_factory=Found)
    templates: Found[PodOnNetwork] = field(default_factory=Found)
    network_policies: Found[NetworkPolicy] = field(default_factory=Found)
    endpoint_slices: Found[EndpointSlice] = field(default_factory=Found)
    authorization_policies: Found[AuthorizationPolicy] = field(default_factory=Found)
    peer_authentications: Found[PeerAuthentication] = field(default_factory=Found)
    ingresses: Found[Ingress] = field(default_factory=Found)
    ingress_classes: Found[IngressClass] = field(default_factory=Found)
    routes: Found[Route] = field(default_factory=Found)
    callbacks: Found[Callback] = field(default_factory=Found)
    monitors: Found[Monitor] = field(default_factory=Found)
    cilium_config: Found[ConfigMap] = field(default_factory=Found)
    felix_configurations: Found[FelixConfiguration] = field(default_factory=Found)
    cluster_networks: Found[ClusterNetwork] = field(default_factory=Found)
    vpc_cni_daemonsets: Found[DaemonSet] = field(default_factory=Found)
    other_policies: Found[OtherPolicy] = field(default_factory=Found)
    labelled: Found[Labelled] = field(default_factory=Found)
    labelled_namespaces: Found[Labelled] = field(default_factory=Found)
    ztunnels: dict[str, Dump | Counts | Unread] | None = None
    kept_policies: frozenset[str] = frozenset()
    odd_pods: frozenset[str] = frozenset()
    gone_pods: frozenset[str] = frozenset()
    missing: dict[str, str] = field(default_factory=dict)
    now: datetime | None = None
    from_files: bool = False
    whole: str = ""

    @property
    def empty(self) -> bool:
        """Whether it holds no fact at all."""
        parts = (getattr(self, name) for name in self.__struct_fields__)
        return not any(isinstance(part, Found) and part.facts for part in parts)

    def apart(self) -> Snapshot:
        """The same, to which more can be added while this one stays as it is."""
        parts = {name: part for name in self.__struct_fields__ if isinstance(part := getattr(self, name), Found)}
        return replace(self, **{name: part.apart() for name, part in parts.items()})

    def takes_for_absent(self, unread: Unread | None) -> bool:
        """Whether files hold the whole cluster and nothing of this kind: then it is taken to have none, which is said.

        Of the policies, and of what they are attached to, that is: somebody who fetched the one fetched the other.
        """
        return bool(self.from_files and self.whole and unread is not None and unread.why == NOT_IN_FILES)

    def why_unread(self, part: str, namespace: str) -> Unread | None:
        """Why a part is not known of a namespace; None where it is, or is taken for empty. Files hold it all or not."""
        found: Found[object] = getattr(self, part)
        unread = found.refusal if self.from_files else found.why_unread(namespace)
        return None if found.absent or self.takes_for_absent(unread) else unread

    def workload(self, kind: str, namespace: str, name: str) -> Workload | None:
        """The workload of that kind and name, or None where it was not read or is not there."""
        return self.workloads.fact(f"{kind}/{namespace}/{name}")

    def instances_of(self, gateway: Gateway) -> list[Pod] | None:
        """The pods of a Gateway that are not finished; None where they are not known.

        Some of them tell that it lives, where they do; that it is dead, only all of them can.
        """
        pods = (pod for pod in self.instances if pod.namespace == gateway.namespace)
        found = [pod for pod in pods if pod.labels.get(GATEWAY_NAME) == gateway.name and not pod.finished]
        return found if self.instances.covers(gateway.namespace) or any(pod.ready for pod in found) else None

    def scaled_to_none(self, gateway: Gateway) -> Workload | None:
        """The Deployment of the Gateway that asks for no pod; None where there is none, or it was not read."""
        made = (w for w in self.gateway_deployments.known if w.namespace == gateway.namespace and w.desired == 0)
        return next((workload for workload in made if workload.labels.get(GATEWAY_NAME) == gateway.name), None)

    def gateway(self, namespace: str, name: str) -> Gateway | Unread | None:
        """The Gateway; None where there is none, an Unread where that is not known. An empty text names none."""
        found = self.gateways.get(f"{namespace}/{name}") if namespace and name else None
        return None if isinstance(found, Unread) and found.why == NOT_FOUND else found

    def gateway_class(self, name: str) -> GatewayClass | Unread | None:
        """The GatewayClass; None where there is none, an Unread where that is not known."""
        return self.gateway_classes.get(name)
