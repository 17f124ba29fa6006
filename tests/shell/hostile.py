"""A mesh of which a stranger wrote every text, as manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Manifest = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

SHAPES = (
    "x; touch PWNED #",
    "$(touch PWNED)",
    "`touch PWNED`",
    "a'; touch PWNED; '",
    "a\ntouch PWNED\n",
    "a | touch PWNED",
    "a & touch PWNED &",
    "--all",
    "-n",
    "",
    "’; touch PWNED; ‘",
    'a" ; touch PWNED; "',
    "> PWNED",
    "x\r\ntouch PWNED",
    "\\",
    "!!",
    "a b",
    "{a,b}",
    "*",
    "~",
    "=ls",
    "@a",
    "%s",
    "“kubectl delete ns shop”",
    "; kubectl delete ns shop",
    "\ue000touch\ue000PWNED",
    "x" * 300,
)
METACHARACTERS = "'\"`$\\;&|<>(){}[]*?~#!%=,@^:- \n\t‘’“”\u202ea1."
hostile = st.one_of(
    st.sampled_from(SHAPES), st.sampled_from(SHAPES), st.text(st.sampled_from(METACHARACTERS), max_size=8)
)

HOMES = ("shop", "bank")
NAMES = ("web", "cart-1", "wp", "reboot")
MODES = ("ambient", "none", "Ambient", "enabled", "sidecar")
VERSIONS = ("1.30.3", "1.31.0", "1.24.4", "1.22.2")


def mostly(*words: str) -> st.SearchStrategy[str]:
    """Often one of these, so that there is something to do about it, else what a stranger wrote."""
    good = st.sampled_from(words)
    return st.one_of(good, good, good, hostile)


homes, names = mostly(*HOMES), mostly(*NAMES)
some_key = mostly(
    "team", "istio.io/dataplane-mod", "istio.io/use-waypoints", "istio-injecton", "ambient.istio.io/redirection", "it's"
)
labels = st.fixed_dictionaries(
    {},
    optional={
        "istio.io/dataplane-mode": mostly(*MODES),
        "istio.io/use-waypoint": mostly("wp", "none", "gone"),
        "istio.io/use-waypoint-namespace": homes,
        "istio.io/waypoint-for": mostly("service", "workload", "Services"),
        "istio-injection": mostly("enabled", "disabled", "yes"),
        "istio.io/rev": mostly("default", "canary"),
        "sidecar.istio.io/inject": mostly("true", "no"),
        "istio.io/dataplane-mod": mostly(*MODES),
        "ambient.istio.io/bypass-inbound-capture": mostly("true"),
        "team": mostly("a"),
    },
)
more_labels = st.dictionaries(some_key, mostly("a", "ambient"), max_size=2)
annotations = st.fixed_dictionaries(
    {},
    optional={
        "ambient.istio.io/redirection": mostly("enabled", "pending"),
        "ambient.istio.io/bypass-inbound-captur": mostly("true", "it's"),
        "ambient.istio.io/reroute-virtual-interfaces": mostly("tap0", "it's", "say “hi” to 'all' of $HOME; rm"),
        "istio.io/dataplane-mode": mostly("ambient"),
        "istio.io/use-waypoint": mostly("wp"),
        "sidecar.istio.io/status": hostile,
        "istio.io/use-waypoint-canary-weight": mostly("10"),
    },
)
readiness = st.sampled_from(["True", "False"])


@st.composite
def metadata(draw: st.DrawFn, *, namespaced: bool = True, owners: bool = False) -> Manifest:
    found: Manifest = {
        "name": draw(names if namespaced else homes),
        "labels": {**draw(labels), **draw(more_labels)},
        "annotations": draw(annotations),
    }
    if namespaced:
        found["namespace"] = draw(homes)
    if owners and draw(st.booleans()):
        kinds = mostly("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Node", "Widget")
        owner = {"apiVersion": "apps/v1", "kind": draw(kinds), "name": draw(names), "controller": True}
        found["ownerReferences"] = [owner]
    return found


@st.composite
def pods(draw: st.DrawFn) -> Manifest:
    found = draw(metadata(owners=True))
    if draw(st.integers(0, 5)) == 0:
        found["annotations"]["kubernetes.io/config.mirror"] = "x"
    ready = draw(readiness)
    container = {"name": "istio-proxy" if draw(st.booleans()) else draw(names), "image": draw(hostile)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": found,
        "spec": {"nodeName": draw(mostly("n1")), "hostNetwork": draw(st.booleans()), "containers": [container]},
        "status": {
            "phase": draw(mostly("Running", "Pending", "Succeeded")),
            "podIP": "10.0.0.1",
            "reason": draw(hostile),
            "conditions": [{"type": "Ready", "status": ready, "reason": draw(hostile), "message": draw(hostile)}],
        },
    }


@st.composite
def templates(draw: st.DrawFn) -> Manifest:
    return {"metadata": {"labels": {**draw(labels), "app": "web"}, "annotations": draw(annotations)}}


@st.composite
def workloads(draw: st.DrawFn) -> Manifest:
    kind = draw(st.sampled_from(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob")))
    spec: Manifest = {"template": draw(templates()), "replicas": 1, "selector": {"matchLabels": {"app": "web"}}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": spec["template"]}}}
    if kind == "Deployment":
        spec["paused"] = draw(st.booleans())
    return {
        "apiVersion": "batch/v1" if kind in ("Job", "CronJob") else "apps/v1",
        "kind": kind,
        "metadata": draw(metadata(owners=True)),
        "spec": spec,
    }


@st.composite
def gateways(draw: st.DrawFn) -> Manifest:
    selector = {"matchLabels": draw(st.dictionaries(mostly("team", "tier"), hostile, max_size=2))}
    routes = draw(st.sampled_from(({"from": "Same"}, {"from": "All"}, {"from": "Selector", "selector": selector})))
    listener = {
        "name": "mesh",
        "port": 15008,
        "protocol": draw(mostly("HBONE")),
        "allowedRoutes": {"namespaces": routes},
    }
    address = [{"type": "IPAddress", "value": draw(mostly("10.0.0.9"))}] if draw(st.booleans()) else []
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": draw(metadata()),
        "spec": {"gatewayClassName": draw(mostly("istio-waypoint")), "listeners": [listener]},
        "status": {
            "addresses": address,
            "conditions": [
                {"type": "Programmed", "status": draw(readiness), "reason": draw(hostile), "message": draw(hostile)}
            ],
        },
    }


@st.composite
def services(draw: st.DrawFn) -> Manifest:
    kind = draw(st.sampled_from(("Service", "Service", "ServiceEntry", "WorkloadEntry")))
    if kind == "Service":
        spec: Manifest = {"clusterIP": "10.1.0.1", "clusterIPs": ["10.1.0.1"], "selector": {"app": draw(hostile)}}
        return {"apiVersion": "v1", "kind": kind, "metadata": draw(metadata()), "spec": spec}
    spec = {"hosts": [draw(mostly("a.example"))], "addresses": ["10.2.0.1"], "address": "10.2.0.1"}
    if kind == "WorkloadEntry":
        spec["labels"] = draw(labels)
    return {"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": draw(metadata()), "spec": spec}


@st.composite
def installed(draw: st.DrawFn) -> list[Manifest]:
    """Istio itself, where it is; its agents are often not well."""
    home = draw(mostly("istio-system"))
    found: list[Manifest] = []
    for name, key, value in (("istio-cni-node", "k8s-app", "istio-cni-node"), ("ztunnel", "app", "ztunnel")):
        image = f"docker.io/istio/install-cni:{draw(mostly(*VERSIONS))}"
        container = {"name": "install-cni" if name == "istio-cni-node" else "istio-proxy", "image": image}
        spec = {"template": {"metadata": {"labels": {key: value}}, "spec": {"containers": [container]}}}
        own = {"name": name, "namespace": home, "labels": {key: value}}
        found.append({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": own, "spec": spec})
        ready = [{"type": "Ready", "status": draw(readiness)}]
        its_pod = {"name": draw(mostly(f"{name}-1")), "namespace": home, "labels": {key: value}}
        its_pod["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "controller": True}]
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": its_pod,
                "spec": {"nodeName": draw(mostly("n1")), "containers": [container]},
                "status": {"phase": "Running", "conditions": ready},
            }
        )
    data = {
        "AMBIENT_ENABLED": draw(mostly("true", "true", "false")),
        "EXCLUDE_NAMESPACES": draw(mostly("kube-system", "shop")),
    }
    if draw(st.integers(0, 4)) == 0:
        data["AMBIENT_ENABLEMENT_SELECTOR"] = draw(hostile)
    config = {"name": "istio-cni-config", "namespace": home}
    found.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": config, "data": data})
    return found


@st.composite
def meshes(draw: st.DrawFn) -> list[Manifest]:
    """The objects of two namespaces, and Istio."""
    found: list[Manifest] = []
    for _ in range(2):
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": draw(metadata(namespaced=False))})
    for kind, most in ((pods, 4), (workloads, 3), (gateways, 3), (services, 4)):
        found += draw(st.lists(kind(), min_size=1, max_size=most))
    if draw(st.integers(0, 3)):
        found += draw(installed())
    return found
