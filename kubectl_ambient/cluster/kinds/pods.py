"""Pods: those that are asked about, the agents among them, and the proxies of Gateways."""

from collections.abc import Mapping
from sys import intern

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.network_facts import PodOnNetwork
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Metadata, Object, texts
from kubectl_ambient.cluster.wire_pods import PodSpec, PodStatus

CNI_LABEL = ("k8s-app", "istio-cni-node")
ZTUNNEL_LABEL = ("app", "ztunnel")
ISTIOD_LABEL = ("app", "istiod")
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"


_NO_SPEC = PodSpec()

_NO_STATUS = PodStatus()


class Pod(Object, frozen=True):
    """A Pod."""

    spec: PodSpec | None = None
    status: PodStatus | None = None

    def fact(self) -> facts.Pod:
        """The flat pod; image, environment and account only of the agents (istio-cni, ztunnel).

        Texts that many pods have are kept once: they are a fifth of what a pod takes.
        """
        metadata, spec, status = self.metadata, self.spec or _NO_SPEC, self.status or _NO_STATUS
        annotations, mirror = metadata.decisive()
        labels = texts(metadata.labels)
        ready = status.ready()
        ready_status = ready.status if ready else None
        agent = is_agent(labels)
        return facts.Pod(
            namespace=intern(metadata.namespace or ""),
            name=metadata.name or "",
            labels=labels,
            annotations=annotations,
            owner=metadata.owner(),
            node=intern(spec.node_name or ""),
            host_network=bool(spec.host_network),
            windows_field=spec.windows_field(),
            phase=intern(status.phase or ""),
            reason=status.reason or "",
            has_ip=bool(status.pod_ip or status.pod_ips),
            ready=ready_status == "True",
            ready_status=ready_status,
            ready_since=ready.last_transition_time if ready else None,
            unscheduled="" if spec.node_name else status.unscheduled(),
            created=metadata.creation_timestamp,
            started=status.start_time,
            deleting=metadata.deletion_timestamp,
            mirror=mirror,
            native_sidecar=spec.native_sidecar(),
            creating=bool(spec.node_name) and status.waits_for_sandbox(),
            agent=spec.first_container() if agent else None,
            service_account=(spec.service_account_name or "") if agent else "",
            proxy=spec.proxy(),
        )

    def on_network(self) -> PodOnNetwork:
        """The pod as others see it."""
        status = self.status or _NO_STATUS
        addresses = (ip.ip for ip in status.pod_ips or ())
        ips = tuple(dict.fromkeys(ip for ip in (status.pod_ip, *addresses) if ip))
        return on_network(self.namespace, self.name, self.metadata, self.spec or _NO_SPEC, ips)

    def sandbox(self) -> tuple[facts.Sandbox, ...]:
        """When its network was made; none of a pod that is not redirected, or tells nothing of it."""
        status, annotations = self.status or _NO_STATUS, self.metadata.annotations or NO_ANNOTATIONS
        made, node = status.has_sandbox_since(), (self.spec or _NO_SPEC).node_name
        if annotations.fact().redirection != "enabled" or not (made and status.start_time and node):
            return ()
        return (
            facts.Sandbox(namespace=self.namespace, name=self.name, node=node, started=status.start_time, made=made),
        )


def on_network(namespace: str, name: str, metadata: Metadata, spec: PodSpec, ips: tuple[str, ...] = ()) -> PodOnNetwork:
    """A pod of this metadata and this spec, as others see it."""
    annotations = metadata.annotations or NO_ANNOTATIONS
    return PodOnNetwork(
        namespace=namespace,
        name=name,
        uid=metadata.uid if isinstance(metadata.uid, str) else "",
        ips=ips,
        ports=tuple(spec.ports()),
        probes=tuple(spec.probes()),
        service_account=spec.service_account_name or "default",
        scrape=annotations.scrape,
        scrape_port=annotations.scrape_port,
        reroute=annotations.reroute,
        branch_interface=annotations.branch_interface,
        images=tuple(container.image or "" for container in spec.containers or ()),
    )


def is_agent(labels: dict[str, str]) -> bool:
    """Whether these are the labels of an istio-cni, a ztunnel or an istiod pod."""
    return any(has_label(labels, label) for label in (CNI_LABEL, ZTUNNEL_LABEL, ISTIOD_LABEL))


def has_label(labels: Mapping[str, str], label: tuple[str, str]) -> bool:
    """Whether the label, a key and its value, is among these."""
    return labels.get(label[0]) == label[1]


PODS = kind("pods", "pods", Pod, rights=WATCH)
CNI_PODS = PODS.some("cni_pods", label="=".join(CNI_LABEL), words="pods of istio-cni")
ZTUNNEL_PODS = PODS.some("ztunnel_pods", label="=".join(ZTUNNEL_LABEL), words="pods of ztunnel")
ISTIOD_PODS = PODS.some("pods", label="=".join(ISTIOD_LABEL), words="pods of istiod")
ON_NETWORK = PODS.some("on_network", facts=lambda pod: (pod.on_network(),), words="pods, as others see them")
"""The same pods with their ports and addresses, for what asks how they are reached."""
SANDBOXES = PODS.some("sandboxes", facts=lambda pod: pod.sandbox(), words="pods, and their sandboxes", among=True)
"""The same pods with the times of their networks, for what asks whether the redirection can still be there."""
INSTANCES = PODS.some("instances", label=GATEWAY_NAME, words="pods of gateways")
