"""Names, labels, annotations, times and owners: valid as Kubernetes has it, and as odd as that lets them be."""

from __future__ import annotations

from typing import Any

from tests.fuzz.dice import Dice

Fields = dict[str, Any]

NAMESPACES = ("shop", "pay", "istio-system", "kube-system", "default", "n" * 63)
PODS = ("web-1", "web-5d9f-x", "1", "p" * 253, "a.b.c-0")
NODES = ("n1", "n2", "node.with.dots.example.com")
WAYPOINTS = ("wp", "waypoint", "none")

# Past by years, so that runs which follow each other tell the same age; and yet to come.
TIMES = (
    "2015-01-01T00:00:00Z",
    "2015-06-01T12:30:59Z",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:01Z",
)
LATE = ("9999-12-31T23:59:59Z", "2199-01-01T00:00:00Z")

MODES = ("ambient", "ambient", "none", "", "Ambient", "Kmesh", "on", "sidecar")
_REVISIONS = ("default", "canary", "1-30", "")
_SWITCHES = ("true", "false", "enabled", "disabled", "yes", "")
# Every key that some rule looks at, and the values that mean something to it.
_LABELS: dict[str, tuple[str, ...]] = {
    "istio.io/dataplane-mode": MODES,
    "istio.io/use-waypoint": WAYPOINTS,
    "istio.io/use-waypoint-namespace": NAMESPACES,
    "istio.io/ingress-use-waypoint": _SWITCHES,
    "istio.io/use-waypoint-canary": WAYPOINTS,
    "istio.io/use-waypoint-canary-namespace": NAMESPACES,
    "istio.io/waypoint-for": ("service", "workload", "all", "none", "Service", ""),
    "istio.io/rev": _REVISIONS,
    "istio.io/tag": _REVISIONS,
    "istio-injection": _SWITCHES,
    "sidecar.istio.io/inject": _SWITCHES,
    "networking.istio.io/enable-autoallocate-ip": _SWITCHES,
    "istio.io/global": _SWITCHES,
    "topology.istio.io/network": ("n", ""),
    "networking.istio.io/tunnel": ("http", ""),
    "security.istio.io/tlsMode": ("istio", "disabled"),
    "gateway.istio.io/managed": ("istio.io-mesh-controller", "istio.io-gateway-controller", ""),
    "gateway.networking.k8s.io/gateway-name": WAYPOINTS,
    "gateway.networking.k8s.io/gateway-class-name": ("istio-waypoint", "istio"),
    "service.istio.io/canonical-name": ("web",),
    "operator.istio.io/component": ("Cni", "Pilot"),
    "app.kubernetes.io/part-of": ("istio", "shop"),
    "app.kubernetes.io/version": ("1.30.3", "v1.29.0", "latest"),
    "helm.sh/chart": ("gateway-1.30.3", "gateway-v2", "cni-1.30.3", "web-1"),
    "app": ("web", "ztunnel", "istiod", "sidecar-injector"),
    "k8s-app": ("istio-cni-node", "dns"),
    "pod-template-hash": ("5d9f", ""),
    "job-name": ("once",),
    "kubernetes.io/os": ("linux", "windows"),
    "type": ("virtual-kubelet", "x"),
    # what was meant to be one of them, and what is nobody's
    "istio.io/dataplane": MODES,
    "istio.io/data-plane-mode": MODES,
    "isto.io/dataplane-mode": MODES,
    "dataplane-mode": MODES,
    "istio.io/usewaypoint": WAYPOINTS,
    "ambient.istio.io/redirection": ("enabled", "disabled"),
    "example.com/istio": ("x",),
    "k" * 63: ("v" * 63,),
    f"{'d' * 60}.io/{'k' * 63}": ("1e3", "null", "A.b_c-9"),
}
_PAIRS = tuple((key, value) for key, values in _LABELS.items() for value in values)


def labels(dice: Dice, *likely: str, most: int = 2) -> dict[str, str]:
    """Labels; those that are `likely` in half of all cases, with a value that means something."""
    found = dict(dice.many(lambda: dice.pick(_PAIRS), most))
    for key in likely:
        if (value := dice.pick((None,) * len(_LABELS[key]) + _LABELS[key])) is not None:
            found[key] = value
    if dice.rarely(True):
        found[dice.pick(tuple(_LABELS))] = dice.label_value()
    return found


_ANNOTATIONS: dict[str, tuple[str, ...]] = {
    "ambient.istio.io/redirection": ("enabled", "enabled", "pending", "disabled", ""),
    "sidecar.istio.io/status": ("", '{"revision":"default"}', "{"),
    "sidecar.istio.io/inject": _SWITCHES,
    "inject.istio.io/templates": ("grpc-agent", "gateway", "sidecar,gateway", ""),
    "ambient.istio.io/bypass-inbound-capture": (*_SWITCHES, "1", "T", "*", "8080"),
    "istio.io/dataplane-mode": MODES,
    "kubernetes.io/config.mirror": ("hash", ""),
    "istio.io/use-waypoint-canary-weight": ("0", "50", "100", "101", "-1", "1e1", "x", "", "9" * 40),
    "ambient.istio.io/waypoint-inbound-binding": ("PROXY/15088", "PROXY", "HBONE/", "/", "NONE/99999999999", ""),
    "istio.io/rev": _REVISIONS,
    "istio.io/unheard-of": ("x",),
    "note": ("x",),
}
_NOTES = tuple((key, value) for key, values in _ANNOTATIONS.items() for value in values)


def some_annotations(dice: Dice) -> dict[str, str]:
    """Annotations, whose values may be any text."""
    found = dict(dice.many(lambda: dice.pick(_NOTES), 2))
    if dice.rarely(True):
        found[dice.pick(tuple(_ANNOTATIONS))] = dice.text()
    return found


def filled(fields: Fields) -> Fields:
    """The fields that are set: an API server leaves out what is not (`omitempty`)."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {}, False)}


def metadata(dice: Dice, name: str, namespace: str = "", *likely: str, owned: bool = False) -> Fields:
    """`metadata` as it is stored: what the server sets is there."""
    return filled(
        {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name[:20]}",
            "resourceVersion": "7",
            "labels": labels(dice, *likely),
            "annotations": some_annotations(dice),
            "creationTimestamp": dice.pick(TIMES + LATE[:1]),
            "deletionTimestamp": dice.rarely(*TIMES, *LATE),
            "generation": dice.count(0, 2),
            "ownerReferences": owner_references(dice) if owned else [],
        }
    )


OWNER_NAMES = ("web", "web-5d9f", "once", "each", "db", "n1", "gone")
_OWNER_KINDS = (
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Node"),
    ("v1", "ReplicationController"),
    ("apps.kruise.io/v1", "StatefulSet"),
    ("example.com/v1beta1", "Rollout"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
)


def owner_references(dice: Dice) -> list[Fields]:
    """Owners, at most one of which is the controller; their names and kinds may be any text."""
    found: list[Fields] = []
    for number in range(dice.pick((0, 1, 1, 1, 2))):
        version, kind = dice.pick(_OWNER_KINDS)
        name = dice.pick(OWNER_NAMES)
        if dice.rarely(True):
            kind, name = f"K{dice.text()}", f"x{dice.text()}"
        found.append({"apiVersion": version, "kind": kind, "name": name, "uid": f"u{number}"})
    controller = dice.count(0, len(found))
    if controller < len(found):
        found[controller]["controller"] = True
    return found
