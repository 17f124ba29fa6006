"""Namespaces with twenty faults, as people make them, and one beside them that has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.l7 import service, use, waypoint
from tests.rig.workloads import AMBIENT, INJECTED, deployment, pod

from .test_status import a_namespace, annotated, phase
from .waypoint_scene import wait_until_serving

SIDECAR = {"sidecar.istio.io/status": '{"revision":"default"}', "sidecar.istio.io/inject": "false"}


class Names(NamedTuple):
    """app: the faults of objects. clean: the same without faults. both, typo, plain, infra: one each."""

    app: str
    clean: str
    both: str
    typo: str
    plain: str
    infra: str


class Fault(NamedTuple):
    """One fault: the check that finds it, and the object that it stands on."""

    check: str
    object: str


def faults(n: Names) -> list[Fault]:
    """What is planted, in the order in which it is told."""
    return [
        Fault("both-modes", f"Namespace/{n.both}"),
        Fault("mode-label", f"Namespace/{n.typo}"),
        Fault("labels", f"Service/{n.app}/misspelt"),
        Fault("labels", f"Service/{n.app}/annotated"),
        Fault("labels", f"Service/{n.app}/misplaced"),
        Fault("labels", f"Service/{n.app}/half"),
        Fault("inbound-captured", f"Pod/{n.app}/bypass"),
        Fault("leftover-sidecars", f"Pod/{n.app}/leftover"),
        Fault("gateway-handled", f"Gateway/{n.app}/ingress"),
        Fault("waypoint-handled", f"Gateway/{n.app}/late"),
        Fault("waypoint-address", f"Gateway/{n.app}/late"),
        Fault("waypoint-clients", f"Service/{n.plain}/web"),
        Fault("waypoint-reached", f"Service/{n.app}/headless"),
        Fault("waypoint-speaks-hbone", f"Gateway/{n.app}/word"),
        Fault("waypoint-used", f"Service/{n.app}/missing"),
        Fault("waypoint-used", f"Service/{n.app}/denied"),
        Fault("waypoint-used", f"Pod/{n.app}/workload"),
        Fault("policy-enforced", f"AuthorizationPolicy/{n.app}/audit"),
        Fault("policy-enforced", f"AuthorizationPolicy/{n.app}/attached"),
        Fault("policy-rules", f"AuthorizationPolicy/{n.app}/allow-get"),
        Fault("policy-rules", f"AuthorizationPolicy/{n.app}/deny-get"),
        Fault("network-ingress", f"NetworkPolicy/{n.app}/narrow"),
        Fault("network-egress", f"NetworkPolicy/{n.app}/narrow-out"),
    ]


@contextmanager
def planted(cluster: Cluster) -> Iterator[Names]:
    """The namespaces, when all that is to run runs."""
    with (
        a_namespace(cluster, "infra", {}) as infra,
        a_namespace(cluster, "app", AMBIENT) as app,
        a_namespace(cluster, "clean", {**AMBIENT, **use("wp")}) as clean,
        a_namespace(cluster, "both", {**AMBIENT, **INJECTED}) as both,
        a_namespace(cluster, "typo", {"istio.io/dataplane-mode": "Ambient"}) as typo,
        a_namespace(cluster, "plain", use("wp", infra)) as plain,
    ):
        names = Names(app, clean, both, typo, plain, infra)
        open_to_all = waypoint("wp", infra, allowed={"from": "All"})
        served = [open_to_all, waypoint("own", app), waypoint("wp", clean), waypoint("same", infra)]
        cluster.apply(*served, *_objects(names))
        wait_until_serving(cluster, *served)
        for name in ("bypass", "caller", "web", "workload"):
            annotated(cluster, app, name)
        for name in ("web", "caller"):
            annotated(cluster, clean, name)
        phase(cluster, app, "leftover", "Running")
        phase(cluster, plain, "web", "Running")
        yield names


def _objects(n: Names) -> list[Object]:
    get = {"to": [{"operation": {"methods": ["GET"]}}]}
    bypass = {"matchLabels": {"app": "bypass"}}
    return [
        service("misspelt", n.app, {"istio.io/use-waypoints": "own"}),
        _annotated(service("annotated", n.app), {"istio.io/use-waypoint": "own"}),
        service("misplaced", n.app, AMBIENT),
        service("half", n.app, {"istio.io/use-waypoint-namespace": n.infra}),
        pod("bypass", n.app, annotations={"ambient.istio.io/bypass-inbound-capture": "true"}),
        pod("leftover", n.app, annotations=SIDECAR),
        _gateway("ingress", n.app, "istio", {"istio.io/rev": "gone"}),
        waypoint("late", n.app, labels={"istio.io/rev": "gone"}),
        waypoint("word", n.app, "services"),
        service("headless", n.app, use("own"), clusterIP="None"),
        service("missing", n.app, use("nowhere")),
        service("denied", n.app, use("same", n.infra)),
        pod("workload", n.app, labels=use("own")),
        deployment("web", n.app),
        service("web", n.app),
        deployment("caller", n.app),
        _policy("audit", n.app, selector=bypass, action="AUDIT", rules=[{}]),
        _policy("attached", n.app, targetRefs=[{"group": "", "kind": "Service", "name": "web"}], rules=[{}]),
        _policy("allow-get", n.app, selector=bypass, rules=[get]),
        _policy("deny-get", n.app, selector=bypass, action="DENY", rules=[get]),
        _network("narrow", n.app, "web", "Ingress", "caller", 80),
        _network("narrow-out", n.app, "caller", "Egress", "web", 80),
        service("web", n.plain),
        pod("web", n.plain),
        # The same as it should be.
        deployment("web", n.clean),
        deployment("caller", n.clean),
        service("web", n.clean),
        _policy("attached", n.clean, targetRefs=[{"group": "", "kind": "Service", "name": "web"}], rules=[get]),
        _network("narrow", n.clean, "web", "Ingress", "caller", 80, 15008),
        _network("narrow-out", n.clean, "caller", "Egress", "web", 80, 15008),
    ]


def _annotated(item: Object, annotations: dict[str, str]) -> Object:
    item["metadata"]["annotations"] = annotations
    return item


def _gateway(name: str, namespace: str, of_class: str, labels: dict[str, str]) -> Object:
    spec = {"gatewayClassName": of_class, "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata, "spec": spec}


def _policy(name: str, namespace: str, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}


def _network(name: str, namespace: str, app: str, direction: str, other: str, *ports: int) -> Object:
    """It opens these ports between the pods of two apps."""
    way = {"Ingress": "from", "Egress": "to"}[direction]
    peer = {"podSelector": {"matchLabels": {"app": other}}}
    rule = {way: [peer], "ports": [{"protocol": "TCP", "port": port} for port in ports]}
    spec = {
        "podSelector": {"matchLabels": {"app": app}},
        "policyTypes": [direction],
        direction.lower(): [rule],
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
