"""What waypoints are made of and what they serve: Services and their like, Gateways, their classes, policies."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.dice import Dice
from tests.fuzz.words import WAYPOINTS, Fields, filled, labels, metadata

_USE = ("istio.io/use-waypoint", "istio.io/use-waypoint-namespace")
_GATEWAY_API, _ISTIO = "gateway.networking.k8s.io/v1", "networking.istio.io/v1"
_IPS = ("10.1.0.1", "fd00::2", "None")
_TYPES = ("istio.io/WaypointBound", "istio.io/WaypointMissing", "Accepted", "Programmed", "Ready")
_WORDS = ("WaypointAccepted", "WaypointIsNotReady", "AttachmentDenied", "UnsupportedTrafficType", "Programmed", "X")
_MESSAGES = ("bound to shop/wp", "Successfully attached to waypoint pay/wp", "")
_HOSTS = ("bank.example.com", "*.example.com", "a.shop.svc.cluster.local", "bank")
_CLASSES = ("istio-waypoint", "istio-waypoint", "istio-waypoint", "istio-east-west", "istio", "other")
_ALLOWED: tuple[Fields, ...] = (
    {"from": "Same"},
    {"from": "All"},
    {"from": "None"},
    {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "pay"}}},
    {"from": "Selector", "selector": {"matchExpressions": [{"key": "x", "operator": "Near", "values": []}]}},
    {"from": "Selector"},
)


def _conditions(dice: Dice) -> list[Fields]:
    return [_condition(dice, type_) for type_ in dict.fromkeys(dice.many(lambda: dice.pick(_TYPES), 2))]


def _condition(dice: Dice, type_: str) -> Fields:
    return {
        "type": type_,
        "status": dice.pick(("True", "False", "Unknown")),
        "reason": dice.pick(_WORDS),
        "message": dice.pick(_MESSAGES) if dice.mostly() else dice.text(),
        "lastTransitionTime": "2015-01-01T00:00:00Z",
        **filled({"observedGeneration": dice.count(0, 2)}),
    }


def service(dice: Dice, namespace: str, name: str) -> Fields:
    """A Service."""
    kind = dice.pick(("ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"))
    if kind == "ExternalName":
        where: Fields = {"externalName": dice.pick(("example.com", "a.b"))}
    else:
        ip = dice.pick(_IPS)
        where = {"clusterIP": ip, "clusterIPs": [ip]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(dice, name, namespace, *_USE),
        "spec": {"type": kind, **where, **filled({"selector": dice.some({"app": "web"}, {"app": "web", "x": ""})})},
        "status": {"loadBalancer": {}, **filled({"conditions": _conditions(dice)})},
    }


def service_entry(dice: Dice, namespace: str, name: str) -> Fields:
    """A ServiceEntry."""
    spec = {
        "hosts": list(dict.fromkeys(dice.many(lambda: dice.pick(_HOSTS), 2, least=1))),
        "addresses": dice.some(["10.2.0.1"], ["10.0.0.0/8"]),
        "resolution": dice.some("DNS", "STATIC", "NONE", "DNS_ROUND_ROBIN"),
        "location": dice.some("MESH_EXTERNAL", "MESH_INTERNAL"),
        "workloadSelector": dice.rarely({"labels": {"app": "web"}}),
    }
    given = dice.some([{"value": "240.240.0.1", "host": "bank.example.com"}], [{"value": ""}])
    status = filled({"conditions": _conditions(dice), "addresses": given})
    return {
        "apiVersion": _ISTIO,
        "kind": "ServiceEntry",
        "metadata": metadata(dice, name, namespace, *_USE),
        "spec": filled(spec),
        **filled({"status": status}),
    }


def workload_entry(dice: Dice, namespace: str, name: str) -> Fields:
    """A WorkloadEntry, which has labels in two places; those of its spec may be any texts."""
    below = {**labels(dice, *_USE), **(dice.rarely({"": "", "istio.io/use-waypoint": "a b"}) or {})}
    address = dice.pick(("10.3.0.1", "vm.example.com", "unix:///x", ""))
    return {
        "apiVersion": _ISTIO,
        "kind": "WorkloadEntry",
        "metadata": metadata(dice, name, namespace, *_USE),
        "spec": filled({"address": address, "labels": below}),
        **filled({"status": filled({"conditions": _conditions(dice)})}),
    }


def _listener(dice: Dice, name: str) -> Fields:
    found: Fields = {
        "name": name,
        "port": dice.pick((15008, 80, 65535)),
        "protocol": dice.pick(("HBONE", "HTTP", "example.com/x")),
    }
    if allowed := dice.some(*_ALLOWED):
        found["allowedRoutes"] = {"namespaces": allowed}
    return found


def gateway(dice: Dice, namespace: str, name: str) -> Fields:
    """A Gateway."""
    spec = {
        "gatewayClassName": dice.pick(_CLASSES),
        "listeners": [_listener(dice, name) for name in ("mesh", "http")[: dice.pick((1, 1, 2))]],
        "addresses": dice.rarely([{"type": "Hostname", "value": "x.example.com"}], [{"value": "10.4.0.2"}]),
    }
    given = dice.some([{"type": "IPAddress", "value": "10.4.0.1"}], [{"value": f"{name}.shop.svc.cluster.local"}])
    return {
        "apiVersion": _GATEWAY_API,
        "kind": "Gateway",
        "metadata": metadata(dice, name, namespace, "istio.io/waypoint-for", "istio.io/rev"),
        "spec": filled(spec),
        **filled({"status": filled({"conditions": _conditions(dice), "addresses": given})}),
    }


def gateway_class(dice: Dice, name: str) -> Fields:
    """A GatewayClass."""
    controllers = ("istio.io/mesh-controller", "istio.io/gateway-controller", "example.com/other")
    return {
        "apiVersion": _GATEWAY_API,
        "kind": "GatewayClass",
        "metadata": metadata(dice, name, "", "istio.io/waypoint-for"),
        "spec": {"controllerName": dice.pick(controllers)},
    }


def policy(dice: Dice, namespace: str, name: str) -> Fields:
    """An AuthorizationPolicy, of which the labels matter."""
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata(dice, name, namespace, "istio.io/dataplane-mode"),
        "spec": {"action": "DENY"},
    }


def services(dice: Dice, namespaces: tuple[str, ...], *, full: bool) -> Iterator[Fields]:
    """Some of each in some of the namespaces; `full`: at least one Gateway and its class."""
    least = int(full)
    for name in ("cart", "web")[: dice.count(0, 2)]:
        yield service(dice, dice.pick(namespaces), name)
    for name in WAYPOINTS[: dice.count(least, 2)]:
        yield gateway(dice, dice.pick(namespaces), name)
    for name in ("istio-waypoint", "other")[: dice.count(least, 2)]:
        yield gateway_class(dice, name)
    for make, name in ((service_entry, "bank"), (workload_entry, "vm"), (policy, "deny")):
        if dice.count(0, 1):
            yield make(dice, dice.pick(namespaces), name)
