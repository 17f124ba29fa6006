"""Gateways and waypoints as people met them: what the commands say of files that show such a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import manifests_of as m
from tests.cluster.waypoint_shop import GATEWAY, made

from .enable_fixtures import Run

AMBIENT, NONE = {"istio.io/dataplane-mode": "ambient"}, {"istio.io/dataplane-mode": "none"}
IN = {"ambient.istio.io/redirection": "enabled"}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
Tell = Callable[..., str]


def istiod(version: str = "1.30.1", revision: str = "default", **env: str) -> m.Manifest:
    variables = [{"name": "REVISION", "value": revision}, *({"name": k, "value": v} for k, v in env.items())]
    container = {"name": "discovery", "image": f"docker.io/istio/pilot:{version}", "env": variables}
    name = "istiod" if revision == "default" else f"istiod-{revision}"
    labels = {"app": "istiod", "istio.io/rev": revision}
    found = m.workload(
        "Deployment", name, "istio-system", labels=labels, template={"spec": {"containers": [container]}}
    )
    return {**found, "status": {"replicas": 1, "readyReplicas": 1, "observedGeneration": 1}}


def mesh(version: str = "1.30.1") -> list[m.Manifest]:
    """istio-cni and ztunnel on the one node."""
    agents = []
    for name, labels, image in (
        ("istio-cni-node", {"k8s-app": "istio-cni-node"}, "install-cni"),
        ("ztunnel", {"app": "ztunnel"}, "ztunnel"),
    ):
        containers = [{"name": "agent", "image": f"docker.io/istio/{image}:{version}"}]
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        agents.append(m.workload("DaemonSet", name, "istio-system", labels=labels, template=template))
        spec, own = {"containers": containers}, {**labels, **NONE}
        agents.append(m.pod(f"{name}-1", "istio-system", labels=own, spec=spec, status=READY))
    selectors = json.dumps(
        [
            {"podSelector": {"matchLabels": AMBIENT}},
            {
                "podSelector": {
                    "matchExpressions": [{"key": "istio.io/dataplane-mode", "operator": "NotIn", "values": ["none"]}]
                },
                "namespaceSelector": {"matchLabels": AMBIENT},
            },
        ]
    )
    data = {"AMBIENT_ENABLED": "true", "AMBIENT_ENABLEMENT_SELECTOR": selectors, "EXCLUDE_NAMESPACES": "kube-system"}
    linux = m.node("n1", {"kubernetes.io/os": "linux"})
    return [*agents, m.configmap("istio-cni-config", data=data), linux, m.namespace("istio-system")]


@pytest.fixture
def tell(ambient: Run, tmp_path: Path) -> Callable[..., Tell]:
    """What a command prints, on one line, of files with these objects."""

    def of(*objects: m.Manifest) -> Tell:
        path = tmp_path / "objects.json"
        path.write_text(m.listed(*objects))

        def run(*words: str) -> str:
            told = ambient(*words, "-f", str(path))
            return " ".join((told.out + told.err).split())

        return run

    return of


def gateway(name: str, namespace: str, of_class: str, **fields: Any) -> m.Manifest:
    spec = {"gatewayClassName": of_class, **fields.pop("spec", {})}
    return made("Gateway", GATEWAY, name, namespace, spec=spec, **fields)


HBONE = {"listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}
WAITING = {
    "conditions": [
        {"type": kind, "status": "Unknown", "reason": "Pending", "message": "Waiting for controller"}
        for kind in ("Accepted", "Programmed")
    ]
}


def test_a_gateway_whose_opt_out_is_lost(tell: Callable[..., Tell]) -> None:
    """rossoctl/rossoctl#1708."""
    lost = {"infrastructure": {"labels": {"team": "edge"}}}
    labels = {
        "gateway.networking.k8s.io/gateway-name": "http",
        "gateway.istio.io/managed": "istio.io-gateway-controller",
    }
    cluster = [*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), m.namespace("edge", AMBIENT)]
    run = tell(
        *cluster,
        gateway("http", "edge", "istio", labels=NONE, spec=lost),
        m.pod("http-1", "edge", labels=labels, annotations=IN),
    )
    told = run("explain", "pod", "http-1", "-n", "edge")
    assert "The pod is a gateway of Istio and is redirected to ztunnel" in told
    assert "the label istio.io/dataplane-mode=none of Gateway/edge/http does not reach its pods" in told
    first = told.partition("What to do: ")[2]
    assert first.startswith('kubectl patch gateway http -n edge --type=merge -p \'{"spec":{"infrastructure":')
    assert "http-1 gateway Enrolled" in run("status", "-n", "edge")
    assert "does not reach its pods" in run("labels", "-n", "edge")
    kept = gateway("http", "edge", "istio", spec={"infrastructure": {"labels": {"team": "edge", **NONE}}})
    fine = tell(*cluster, kept, m.pod("http-1", "edge", labels={**labels, **NONE}))
    assert "gateway of Istio" not in fine("explain", "pod", "http-1", "-n", "edge")
    assert "does not reach" not in fine("labels", "-n", "edge")


def test_a_gateway_by_its_own_command_line_before_its_namespace_is_labelled(tell: Callable[..., Tell]) -> None:
    proxy = {
        "containers": [{"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.30.1", "args": ["proxy", "router"]}]
    }
    found = m.pod("ingress-1", "edge", labels={"istio": "ingressgateway"}, spec=proxy)
    run = tell(*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), m.namespace("edge"), found)
    assert "ingress-1 gateway NotAmbient" in run("status", "-n", "edge")
    nginx = m.pod("nginx-1", "edge", labels={"app.kubernetes.io/name": "ingress-nginx"}, annotations=IN)
    run = tell(*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), m.namespace("edge", AMBIENT), nginx, found)
    told = run("status", "-n", "edge")
    assert "nginx-1 ambient Enrolled" in told
    assert "ingress-1 The pod is a gateway of Istio and is going to be redirected to ztunnel" in told
    assert "nginx-1 The pod" not in told


def test_a_sandwiched_waypoint_is_right_as_it_is(tell: Callable[..., Tell]) -> None:
    of_class = {
        "apiVersion": GATEWAY,
        "kind": "GatewayClass",
        "metadata": {
            "name": "kgateway-waypoint",
            "annotations": {"ambient.istio.io/waypoint-inbound-binding": "PROXY/15088"},
        },
        "spec": {"controllerName": "kgateway.dev/kgateway"},
    }
    listeners = {"listeners": [{"name": "proxy", "port": 15088, "protocol": "istio.io/PROXY"}]}
    programmed = {"addresses": [{"value": "10.96.0.99"}], "conditions": [{"type": "Programmed", "status": "True"}]}
    kg = gateway("kg", "app", "kgateway-waypoint", spec=listeners, status=programmed)
    labels = {"gateway.networking.k8s.io/gateway-name": "kg", "app.kubernetes.io/managed-by": "kgateway"}
    home = m.namespace("app", {**AMBIENT, "istio.io/use-waypoint": "kg"})
    proxy = m.pod("kg-1", "app", labels=labels, annotations=IN, status=READY)
    run = tell(*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), of_class, kg, home, proxy)
    told = run("status", "-n", "app")
    assert "kg-1 ambient Enrolled" in told
    assert "‼" not in told
    assert "1 waypoint: nothing is wrong." in run("waypoint", "list", "-n", "app")


def test_a_canary_with_ambient_beside_a_default_without(tell: Callable[..., Tell]) -> None:
    """istio/istio#52438."""
    control_planes = [istiod("1.20.8"), istiod("1.22.3", "canary", PILOT_ENABLE_AMBIENT="true")]
    home = m.namespace("default", {**AMBIENT, "istio.io/use-waypoint": "waypoint"})
    young = gateway("waypoint", "default", "istio-waypoint", spec=HBONE, status=WAITING)
    service = made("Service", "v1", "reviews", "default", spec={"clusterIP": "10.96.0.50"})
    webhooks = [m.webhooks(), m.webhooks("istio-sidecar-injector-canary", "canary")]
    run = tell(*mesh("1.22.3"), *control_planes, *webhooks, home, young, service)
    told = run("waypoint", "explain", "svc", "reviews", "-n", "default")
    assert "belongs to Deployment/istio-system/istiod (revision default), which runs without ambient" in told
    assert "What to do: kubectl label gateway waypoint -n default istio.io/rev=canary gives" in told
    assert "Judged by the rules of Istio 1.22.3." in told, "an istiod without ambient decides nothing"
    given = {**young, "metadata": {**young["metadata"], "labels": {"istio.io/rev": "canary"}}}
    run = tell(*mesh("1.22.3"), *control_planes, *webhooks, home, given, service)
    assert "belongs to" not in run("waypoint", "explain", "svc", "reviews", "-n", "default")


def test_a_waypoint_whose_namespace_is_not_looked_at(tell: Callable[..., Tell]) -> None:
    settings = m.configmap("istio", data={"mesh": "discoverySelectors:\n- matchLabels:\n    mesh-discovery: enabled\n"})
    home = m.namespace("shop", {**AMBIENT, "istio.io/use-waypoint": "waypoint"})
    young = gateway("waypoint", "shop", "istio-waypoint", spec=HBONE, status=WAITING)
    service = made("Service", "v1", "cart", "shop", spec={"clusterIP": "10.96.0.50"})
    run = tell(*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), settings, home, young, service)
    for words in (("list",), ("status",), ("explain", "svc", "cart")):
        told = run("waypoint", *words, "-n", "shop")
        assert "stiod does not look at namespace shop (discoverySelectors)" in told, words
    assert "What to do: kubectl label namespace shop mesh-discovery=enabled" in told


def test_a_waypoint_that_was_deployed_by_hand(tell: Callable[..., Tell]) -> None:
    """istio/istio#53473."""
    address = {"type": "Hostname", "value": "wp.shop.svc.cluster.local"}
    status = {"addresses": [address], "conditions": [{"type": "Programmed", "status": "True"}]}
    by_hand = gateway("wp", "shop", "istio-waypoint", spec={**HBONE, "addresses": [address]}, status=status)
    written = {"inject.istio.io/templates": "waypoint", "sidecar.istio.io/status": "{}"}
    proxy = m.pod("wp-1", "shop", labels={"app": "wp"}, annotations=written, status=READY)
    service = made(
        "Service", "v1", "cart", "shop", labels={"istio.io/use-waypoint": "wp"}, spec={"clusterIP": "10.0.0.5"}
    )
    run = tell(*mesh(), istiod(PILOT_ENABLE_AMBIENT="true"), m.namespace("shop", AMBIENT), by_hand, proxy, service)
    assert "wp-1 gateway NotAmbient" in run("status", "-n", "shop")
    told = run("waypoint", "list", "-n", "shop")
    assert "True <unknown> Same" in told
    assert "1 waypoint: nothing is wrong." in told
