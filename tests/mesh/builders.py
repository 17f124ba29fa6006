"""Facts for tests: a healthy ambient installation, one Linux node, and whatever a test changes of it."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, AgentContainer, Annotations, EnvVar, Namespace, Node, Pod
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet, Istiod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.injection import DEFAULT_WEBHOOKS
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from tests.snapshots import snapshot as snapshot_of

DEFAULT_SELECTORS = """
- podSelector:
    matchLabels: {istio.io/dataplane-mode: ambient}
- podSelector:
    matchExpressions: [{key: istio.io/dataplane-mode, operator: NotIn, values: [none]}]
  namespaceSelector:
    matchLabels: {istio.io/dataplane-mode: ambient}
"""
AMBIENT = {DATAPLANE_MODE: "ambient"}
NONE = {DATAPLANE_MODE: "none"}
SIDECAR = Annotations(sidecar_status='{"revision":"default"}')


def pod(labels: dict[str, str] | None = None, **fields: Any) -> Pod:
    """A running pod with an IP on node n1 of namespace app."""
    settings: dict[str, Any] = {
        "namespace": "app",
        "name": "web-1",
        "node": "n1",
        "phase": "Running",
        "has_ip": True,
        "ready": True,
    }
    return Pod(labels=labels or {}, **{**settings, **fields})


def redirected(value: str | None, **fields: str) -> Annotations:
    return Annotations(redirection=value, **fields)


def agent(app: str, version: str, node: str = "n1", *, ready: bool = True, env: tuple[EnvVar, ...] = ()) -> Pod:
    key = "k8s-app" if app == "istio-cni-node" else "app"
    return Pod(
        namespace="istio-system",
        name=f"{app}-{node}",
        labels={key: app, **NONE},
        node=node,
        phase="Running",
        has_ip=True,
        ready=ready,
        agent=AgentContainer(image=f"docker.io/istio/{app}:{version}", env=env),
    )


def config_data(version: str, selectors: str | None = DEFAULT_SELECTORS) -> dict[str, str]:
    """The ConfigMap's keys as the chart of that version renders them by default."""
    minor = int(version.split(".")[1])
    if minor == 22:
        text = '{"ambient_enabled": true, "kubernetes": {"exclude_namespaces": ["kube-system"]}}'
        return {"cni_network_config": text}
    data = {"CURRENT_AGENT_VERSION": version, "AMBIENT_ENABLED": "true"}
    broken = {"1.23": 6, "1.24": 4, "1.25": 1}
    patch = int(version.split(".")[2].split("-")[0])
    key = "EXCLUDED_NAMESPACES" if patch <= broken.get(version.rsplit(".", 1)[0], -1) else "EXCLUDE_NAMESPACES"
    data[key] = "kube-system"
    if selectors is not None and minor >= 27:
        data["AMBIENT_ENABLEMENT_SELECTOR"] = selectors
    return data


def cluster(
    version: str = "1.30.3",
    pods: list[Pod] | None = None,
    namespace_labels: dict[str, str] | None = None,
    *,
    namespace: str = "app",
    data: dict[str, str] | None = None,
    env: tuple[EnvVar, ...] = (),
    **fields: Any,
) -> Snapshot:
    """A snapshot with istio-cni and ztunnel Ready on node n1."""
    container = AgentContainer(image=f"docker.io/istio/install-cni:{version}", env=env)
    settings: dict[str, Any] = {
        "pods": pods or [],
        "namespaces": {namespace: Namespace(name=namespace, labels=namespace_labels or {})},
        "nodes": {"n1": Node(name="n1", labels={"kubernetes.io/os": "linux"})},
        "cni_daemonsets": [DaemonSet(namespace="istio-system", name="istio-cni-node", container=container)],
        "cni_config": [
            ConfigMap(
                namespace="istio-system",
                name="istio-cni-config",
                data=config_data(version) if data is None else data,
            )
        ],
        "cni_pods": [agent("istio-cni-node", version, env=env)],
        "ztunnel_pods": [agent("ztunnel", version)],
        "webhooks": list(DEFAULT_WEBHOOKS),
        "injectors": [],
        "istiods": [
            Istiod(namespace="istio-system", name="istiod", container=AgentContainer(image=f"istio/pilot:{version}"))
        ],
    }
    return snapshot_of(**{**settings, **fields})


def judge(snapshot: Snapshot, number: int = 0) -> Verdict:
    """The verdict on the snapshot's pod."""
    return Judge(snapshot).judge(list(snapshot.pods)[number])
