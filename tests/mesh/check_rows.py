"""For each check a mesh that does not pass it: a healthy one, with one fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from kubectl_ambient.cluster.caller_facts import ClusterNetwork, FelixConfiguration
from kubectl_ambient.cluster.facts import (
    NOT_READY_TAINT,
    Annotations,
    Event,
    LabelSelector,
    Namespace,
    Node,
    Owner,
    Sandbox,
    Taint,
    Template,
    Workload,
)
from kubectl_ambient.cluster.installation_facts import ConfigMap, Webhook
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.kinds.services import ServicePort
from kubectl_ambient.cluster.network_facts import (
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
    NetworkPolicyRule,
    PodOnNetwork,
)
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, PeerAuthentication, Rule
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, KnownWorkload, Proxied
from kubectl_ambient.mesh.injection import DEFAULT_WEBHOOKS
from tests.mesh.builders import AMBIENT, NONE, agent, config_data, pod, redirected
from tests.mesh.l7_builders import USE, WAYPOINT_CLASS, gateway, proxy, service
from tests.mesh.test_served import SELECTED, config, istiod, mesh, ztunnel
from tests.snapshots import altered

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENABLED = redirected("enabled")
UIDS = {"web-1": "uid-of-web", "caller-1": "uid-of-caller"}
IDENTITY = "spiffe://cluster.local/ns/app/sa/web"
WEB = pod({"app": "web"}, annotations=ENABLED)
CALLER = pod({"app": "caller"}, name="caller-1", annotations=ENABLED)
CART = service(selector={"app": "web"}, ports=(ServicePort(number=80, target=8080),))
NAMED = {**AMBIENT, USE: "wp"}
APP = Namespace(name="app", labels=NAMED)
SYSTEM = Namespace(name="istio-system", labels={})
LABELLED_APP = Labelled(kind="Namespace", namespace="", name="app", labels=NAMED)


def healthy(**parts: Any) -> Snapshot:
    """Everything that a check asks for, and nothing wrong with it; with these parts instead."""
    settings: dict[str, Any] = {
        "pods": [WEB, CALLER],
        "namespaces": {"app": APP, "istio-system": SYSTEM},
        "nodes": {"n1": Node(name="n1", labels={"kubernetes.io/os": "linux"}, taints=())},
        "services": [structs.replace(CART, labels={USE: "wp"})],
        "service_entries": [],
        "workload_entries": [],
        "gateways": [gateway()],
        "gateway_classes": [WAYPOINT_CLASS],
        "instances": [proxy()],
        "events": [],
        "sandboxes": [],
        "cilium_config": [],
        "felix_configurations": {},
        "cluster_networks": {},
        "workloads": [],
        "network_policies": [],
        "authorization_policies": [],
        "peer_authentications": [],
        "ztunnel_daemonsets": [],
        "labelled_namespaces": {"app": LABELLED_APP},
        "labelled": [LABELLED_APP],
        "now": NOW,
        "on_network": [PodOnNetwork(namespace="app", name=name, uid=uid) for name, uid in UIDS.items()],
        "ztunnels": {"n1": dump()},
    }
    return mesh(istiod(), **{**settings, **parts})


def dump(**parts: Any) -> Dump:
    """What the ztunnel of the node says where all is well; with these parts instead."""
    known = KnownWorkload(protocol="HBONE")
    return Dump(
        **{
            "node": "n1",
            "version": "1.30.3",
            "proxied": PROXIED,
            "workloads": dict.fromkeys((f"app/{name}" for name in UIDS), known),
            "certificates": (Certificate(identity=IDENTITY, state="Available"),),
            "dns_capture": True,
            **parts,
        }
    )


def up(name: str) -> Proxied:
    """A pod for which ztunnel listens."""
    return Proxied(state="Up", namespace="app", name=name, service_account="web")


PROXIED = {uid: up(name) for name, uid in UIDS.items()}


def said(**parts: Any) -> Snapshot:
    """All is well but for what ztunnel says."""
    return healthy(ztunnels={"n1": dump(**parts)})


def with_pod(labels: dict[str, str] | None = None, **fields: Any) -> Snapshot:
    """One pod more, in ambient mode."""
    found = pod(labels, **{"name": "odd-1", "annotations": ENABLED, **fields})
    return healthy(pods=[WEB, CALLER, found])


def without_cni(**parts: Any) -> Snapshot:
    """There is no istio-cni."""
    return healthy(**{"cni_daemonsets": [], "cni_pods": [], "cni_config": [], **parts})


def with_data(**data: str) -> Snapshot:
    """istio-cni with other settings."""
    told = {**config_data("1.30.3"), **data}
    return healthy(cni_config=[ConfigMap(namespace="istio-system", name="istio-cni-config", data=told)])


def of_version(version: str, data: dict[str, str]) -> Snapshot:
    """istio-cni of another version."""
    before = healthy()
    daemonset = before.cni_daemonsets.known[0]
    container = structs.replace(daemonset.container, image=f"docker.io/istio/install-cni:{version}")  # type: ignore[type-var]
    return altered(
        before,
        cni_daemonsets=[structs.replace(daemonset, container=container)],
        cni_pods=[agent("istio-cni-node", version)],
        cni_config=[ConfigMap(namespace="istio-system", name="istio-cni-config", data=data)],
    )


def policy(direction: str, *ports: int) -> NetworkPolicy:
    """It opens these ports between the caller and the application."""
    of, other = ("web", "caller") if direction == "Ingress" else ("caller", "web")
    peer = NetworkPolicyPeer(pod_selector=LabelSelector(match_labels={"app": other}))
    rule = NetworkPolicyRule(peers=(peer,), ports=tuple(NetworkPolicyPort(port=port) for port in ports))
    return NetworkPolicy(
        namespace="app",
        name="narrow",
        pod_selector=LabelSelector(match_labels={"app": of}),
        policy_types=(direction,),
        **{direction.lower(): (rule,)},
    )


def shut(direction: str) -> Snapshot:
    """A policy with the application's port alone."""
    return healthy(network_policies=[policy(direction, 8080)])


def mistaken(labels: dict[str, str], **fields: Any) -> Labelled:
    """A Service with labels that do nothing."""
    return Labelled(kind="Service", namespace="app", name="cart", labels=labels, **fields)


def allow(**fields: Any) -> AuthorizationPolicy:
    """An ALLOW policy for all pods of the namespace."""
    return AuthorizationPolicy(namespace="app", name="allow", **{"action": "ALLOW", **fields})


GETS = Rule(to=(Operation(methods=("GET",)),))
CNI_AGENT = structs.replace(agent("istio-cni-node", "1.30.3"), started=NOW - 3 * HOUR, ready_since=NOW - 3 * HOUR)
CHANGED = ConfigMap(
    namespace="istio-system",
    name="istio-cni-config",
    data=config_data("1.30.3"),
    created=NOW - 9 * HOUR,
    changed=NOW - HOUR,
)
NO_PLUGIN = Event(
    namespace="app",
    name="odd-1",
    reason="FailedCreatePodSandBox",
    message='plugin type="istio-cni" name="istio-cni" failed: failed to find plugin "istio-cni" in path [/opt/cni/bin]',
    last_seen=NOW,
)
FAILED = structs.replace(NO_PLUGIN, message="failed to setup network for sandbox: no")
NEW: dict[str, Any] = {"annotations": redirected(None), "phase": "Pending", "creating": True, "has_ip": False}
GATEWAY_POD = {
    "gateway.networking.k8s.io/gateway-name": "in",
    "gateway.istio.io/managed": "istio.io-gateway-controller",
}
INGRESS = gateway("in", class_name="istio", listeners=())
TEMPLATED = Workload(kind="Deployment", namespace="app", name="web", template=Template(labels=NONE))

FAULTS: dict[str, Snapshot] = {
    "ambient-on": with_data(AMBIENT_ENABLED="false"),
    "cni-settings": healthy(cni_config=[CHANGED], cni_pods=[CNI_AGENT]),
    "exclude-list": of_version("1.25.1", {**config_data("1.25.1"), "EXCLUDED_NAMESPACES": "kube-system"}),
    "istio-installed": without_cni(istiods=[], ztunnel_pods=[], pods=[pod()], webhooks=[]),
    "leftovers": without_cni(),
    "opt-out": healthy(
        pods=[WEB, pod(NONE, name="out-1")],
        cni_config=[
            ConfigMap(
                namespace="istio-system",
                name="istio-cni-config",
                data={
                    **config_data("1.30.3"),
                    "AMBIENT_ENABLEMENT_SELECTOR": "- namespaceSelector: {matchLabels: "
                    "{istio.io/dataplane-mode: ambient}}",
                },
            )
        ],
    ),
    "selectors-valid": with_data(AMBIENT_ENABLEMENT_SELECTOR="- podSelector: 5"),
    "versions": healthy(istiods=[istiod(version="1.28.0")]),
    "injection-webhooks": healthy(
        webhooks=[*DEFAULT_WEBHOOKS, Webhook(configuration="istio-sidecar-injector-old", name="ns", revision="old")]
    ),
    "istiod-ready": healthy(istiods=[structs.replace(istiod(), ready=0)]),
    "ztunnel-discovered": healthy(
        mesh_configs=[config(SELECTED)],
        namespaces={"app": structs.replace(APP, labels={**NAMED, "mesh": "enabled"}), "istio-system": SYSTEM},
    ),
    "ztunnel-trusted": healthy(ztunnel_pods=[ztunnel(account="other")]),
    "cni-plugin": altered(with_pod(**NEW), events=[NO_PLUGIN]),
    "node-cni": healthy(cni_pods=[agent("istio-cni-node", "1.30.3", ready=False)]),
    "node-ztunnel": healthy(ztunnel_pods=[structs.replace(ztunnel(), ready=False)]),
    "start-taint": healthy(
        nodes={"n1": Node(name="n1", taints=(Taint(key=NOT_READY_TAINT, effect="NoSchedule"),))}, cni_pods=[CNI_AGENT]
    ),
    "both-modes": healthy(
        labelled=[
            structs.replace(LABELLED_APP, labels={**NAMED, "istio-injection": "enabled"}),
        ],
    ),
    "labels": healthy(labelled=[mistaken({"istio.io/use-waypoints": "wp"})]),
    "mode-label": healthy(
        labelled=[structs.replace(LABELLED_APP, labels={"istio.io/dataplane-mode": "Ambient"})],
    ),
    "namespace-discovered": healthy(
        mesh_configs=[config(SELECTED)],
        namespaces={"app": APP, "istio-system": structs.replace(SYSTEM, labels={"mesh": "enabled"})},
    ),
    "namespace-in": altered(with_data(AMBIENT_ENABLED="false"), pods=[pod()]),
    "annotations": with_pod(annotations=redirected("yes"), created=NOW),
    "captured-after-restart": healthy(
        sandboxes=[Sandbox(namespace="app", name="web-1", node="n1", started=NOW - 9 * HOUR, made=NOW - 3.05 * HOUR)],
        cni_pods=[structs.replace(CNI_AGENT, started=NOW - 9 * HOUR)],
    ),
    "host-network": of_version("1.22.0", config_data("1.22.0")),
    "inbound-captured": with_pod(annotations=redirected("enabled", bypass_inbound_capture="true")),
    "labels-kept": altered(
        with_pod(AMBIENT, owner=Owner(kind="Deployment", name="web")), workloads={TEMPLATED.ref: TEMPLATED}
    ),
    "leftover-sidecars": with_pod(annotations=Annotations(sidecar_status="{}")),
    "pods-accepted": with_pod(annotations=redirected("pending")),
    "pods-in": with_pod(annotations=redirected(None), created=NOW - HOUR),
    "pods-out": with_pod(NONE),
    "pods-start": altered(with_pod(**NEW), events=[FAILED]),
    "ztunnel-certificates": said(certificates=(Certificate(identity=IDENTITY, state="Unavailable: refused"),)),
    "ztunnel-dns": said(dns_capture=False),
    "ztunnel-leftovers": altered(said(proxied={**PROXIED, "gone": up("gone-1")}), gone_pods=frozenset(("gone",))),
    "ztunnel-serves": said(proxied={"uid-of-caller": up("caller-1")}),
    "ztunnel-told": said(workloads={**dump().workloads, "app/web-1": KnownWorkload(protocol="TCP")}),
    "gateway-captured": altered(with_pod(GATEWAY_POD), gateways=[gateway(), INGRESS]),
    "gateway-handled": healthy(gateways=[gateway(), structs.replace(INGRESS, labels={"istio.io/rev": "old"})]),
    "waypoint-address": healthy(gateways=[gateway(addresses=())]),
    "waypoint-alive": healthy(instances=[]),
    "waypoint-clients": healthy(
        pods=[pod(NONE)], services=[CART], namespaces={"app": structs.replace(APP, labels={USE: "wp"})}
    ),
    "waypoint-conditions": healthy(
        services=[
            structs.replace(
                CART,
                conditions=(Condition(type="istio.io/WaypointBound", status="False", reason="WaypointIsNotReady"),),
            )
        ]
    ),
    "waypoint-discovered": healthy(
        mesh_configs=[config(SELECTED)],
        namespaces={"app": APP, "istio-system": structs.replace(SYSTEM, labels={"mesh": "enabled"})},
    ),
    "waypoint-handled": healthy(gateways=[gateway(labels={"istio.io/rev": "old"})]),
    "waypoint-reached": healthy(services=[structs.replace(CART, labels={USE: "wp"}, cluster_ips=("None",))]),
    "waypoint-speaks-hbone": healthy(gateways=[gateway(labels={"istio.io/waypoint-for": "services"})]),
    "waypoint-used": healthy(services=[structs.replace(CART, labels={USE: "gone"})]),
    "mtls-sent": healthy(
        peer_authentications=[
            PeerAuthentication(namespace="app", name="one", mode="STRICT", created=NOW),
            PeerAuthentication(namespace="app", name="two", mode="PERMISSIVE", created=NOW),
        ]
    ),
    "policy-enforced": healthy(authorization_policies=[allow(action="AUDIT")]),
    "policy-rules": healthy(authorization_policies=[allow(rules=(GETS,))]),
    "policy-tried": healthy(istiods=[istiod(version="1.25.1")], authorization_policies=[allow(dry_run="true")]),
    "cilium-settings": healthy(
        cilium_config=[ConfigMap(namespace="kube-system", name="cilium-config", data={"cni-exclusive": "true"})]
    ),
    "calico-settings": healthy(felix_configurations={"default": FelixConfiguration(name="default", ebpf=True)}),
    "ovn-gateway-mode": healthy(
        cluster_networks={"cluster": ClusterNetwork(name="cluster", type="OVNKubernetes", gateway=True)}
    ),
    "network-egress": shut("Egress"),
    "network-ingress": shut("Ingress"),
}
FAULTS["host-network"] = altered(
    FAULTS["host-network"],
    pods=[pod(AMBIENT, name="agent-1", host_network=True)],
    istiods=[istiod(version="1.22.0")],
    ztunnel_pods=[ztunnel("1.22.0")],
)
