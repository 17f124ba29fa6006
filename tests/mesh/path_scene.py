"""A mesh with one pod of each kind, for paths between them: as files, judged as `-f` has them judged."""

from __future__ import annotations

import io
import json
from typing import Any

from kubectl_ambient.cluster.kinds.table import MESH, NETWORK, POLICIES
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path import who
from kubectl_ambient.mesh.path.answer import Answer, Answers
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.who import Meant
from tests.conformance import frame

Manifest = dict[str, Any]
IN = {"ambient.istio.io/redirection": "enabled"}
SIDECAR = {"sidecar.istio.io/status": '{"containers":["istio-proxy"]}'}
MTLS = {"security.istio.io/tlsMode": "istio"}
TUNNEL = {"networking.istio.io/tunnel": "http"}
GATEWAY_NAME, MANAGED = "gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed"
SECURITY = "security.istio.io/v1"

_next = iter(range(2, 100_000))


def pod(
    name: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    node: str = "n1",
    namespace: str = "shop",
    account: str | None = None,
    **spec: Any,
) -> Manifest:
    number = next(_next)
    container = {"name": "app", "image": "app:1", "ports": [{"name": "http", "containerPort": 8080}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": name, **(labels or {})},
            "annotations": annotations or {},
        },
        "spec": {"nodeName": node, "serviceAccountName": account or name, "containers": [container], **spec},
        "status": {
            "phase": "Running",
            "podIP": f"10.0.{number // 250}.{number % 250 + 1}",
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def service(name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> Manifest:
    number = next(_next)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "labels": labels or {}},
        "spec": {
            "clusterIP": f"10.96.{number // 250}.{number % 250}",
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
            **spec,
        },
    }


def waypoint(name: str, *, for_: str = "service", pods: bool = True, ready: str = "True") -> list[Manifest]:
    labels = {GATEWAY_NAME: name, MANAGED: "istio.io-mesh-controller", "istio.io/dataplane-mode": "none"}
    gateway: Manifest = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": "shop", "labels": {"istio.io/waypoint-for": for_}},
        "spec": {
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
        "status": {"addresses": [{"type": "IPAddress", "value": "10.96.9.9"}]},
    }
    proxy = pod(f"{name}-pod", labels=labels, account=name)
    proxy["status"]["conditions"] = [{"type": "Ready", "status": ready}]
    return [gateway, *([proxy] if pods else [])]


def ingress() -> list[Manifest]:
    labels = {GATEWAY_NAME: "in", MANAGED: "istio.io-gateway-controller", **MTLS}
    gateway: Manifest = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "in", "namespace": "shop"},
        "spec": {"gatewayClassName": "istio", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
        "status": {"addresses": [{"type": "IPAddress", "value": "10.96.9.8"}]},
    }
    return [gateway, pod("ingress", labels=labels, annotations=SIDECAR, account="in")]


def peer_authentication(mode: str | None, name: str = "default", namespace: str = "shop", **more: Any) -> Manifest:
    second = more.pop("second", 0)
    spec: Manifest = {**({"mtls": {"mode": mode}} if mode else {}), **more}
    created = f"2026-11-01T00:00:{second:02}Z"
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created}
    return {"apiVersion": SECURITY, "kind": "PeerAuthentication", "metadata": metadata, "spec": spec}


def authorization_policy(name: str, action: str = "ALLOW", **spec: Any) -> Manifest:
    metadata: Manifest = {"name": name, "namespace": spec.pop("namespace", "shop")}
    if "annotations" in spec:
        metadata["annotations"] = spec.pop("annotations")
    return {
        "apiVersion": SECURITY,
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": {"action": action, **spec},
    }


def network_policy(name: str, **spec: Any) -> Manifest:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def istiod(*, version: str = "1.30.3", env: list[Manifest] | None = None) -> list[Manifest]:
    """The installation with an istiod of another version, or with another environment."""
    found = []
    for item in frame()["items"]:
        if item["kind"] in ("Deployment", "Pod") and item["metadata"]["name"].startswith("istiod"):
            spec = item["spec"]["template"]["spec"] if item["kind"] == "Deployment" else item["spec"]
            container = {**spec["containers"][0], "image": f"docker.io/istio/pilot:{version}"}
            changed = {**spec, "containers": [container | ({"env": env} if env else {})]}
            template = {**item["spec"].get("template", {}), "spec": changed}
            found.append(
                {**item, "spec": {**item["spec"], "template": template}}
                if spec is not item["spec"]
                else {**item, "spec": changed}
            )
    assert found
    return found


NAMESPACE: Manifest = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}},
}


def everybody() -> list[Manifest]:
    """The pods that speak and those that are spoken to, with a Service of the same name before each."""
    return [
        NAMESPACE,
        # Those that speak.
        pod("outsider"),
        pod("caller", annotations=IN),
        pod("sidecar-caller", annotations=SIDECAR, labels=MTLS),
        pod("nginx"),
        pod("on-n1", hostNetwork=True),
        pod("on-n2", hostNetwork=True, node="n2"),
        *ingress(),
        *waypoint("wp", for_="all"),
        # Those that are spoken to.
        pod("plain"),
        service("plain"),
        pod("sidecar", annotations=SIDECAR, labels=MTLS),
        service("sidecar"),
        pod("tunnel", annotations=SIDECAR, labels=MTLS | TUNNEL),
        service("tunnel"),
        pod("ambient", annotations=IN),
        service("ambient"),
        pod("served", annotations=IN),
        service("served", labels={"istio.io/use-waypoint": "wp"}),
        pod("worked", annotations=IN, labels={"istio.io/use-waypoint": "wp"}),
        service("worked"),
        pod("plain-served"),
        service("plain-served", labels={"istio.io/use-waypoint": "wp"}),
        pod("waiting", annotations={"ambient.istio.io/redirection": "pending"}),
        service("waiting"),
        pod("bypassed", annotations=IN | {"ambient.istio.io/bypass-inbound-capture": "true"}),
        service("bypassed"),
        pod("headless", annotations=IN),
        service("headless", labels={"istio.io/use-waypoint": "wp"}, clusterIP="None"),
    ]


def snapshot(*more: Manifest, without: tuple[str, ...] = ()) -> Snapshot:
    """That mesh around an installation of 1.30.3, with more objects; the last of a name counts."""
    found = [*frame()["items"], *everybody(), *more]
    kept = {
        (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]): o for o in found if o["kind"] not in without
    }
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(kept.values())})
    kinds = (*MESH, *POLICIES, *NETWORK)
    read, problems = read_files(["-"], kinds=kinds, stdin=io.BytesIO(text.encode()))
    assert problems == []
    return read


def meant(word: str, found: Snapshot) -> Meant:
    """`pod/a`, `svc/a`, or `outside`."""
    if word == "outside":
        return Meant(ref=word, party=Party(ref=word, role="outside"))
    kind, _, name = word.partition("/")
    if kind == "svc":
        wanted = found.services.facts[f"shop/{name}"]
        return Meant(ref=wanted.ref, pods=who.pods_of_service(wanted, found), service=wanted)
    return Meant(ref=f"Pod/shop/{name}", pods=(found.pods.facts[f"shop/{name}"],))


def asked(source: str, destination: str, found: Snapshot, port: int | None = None) -> Answer:
    """The one answer."""
    answers = Answers(found).of(meant(source, found), meant(destination, found), port)
    assert len(answers) == 1
    return answers[0]
