"""Pods and pod templates as an API server stores them."""

from __future__ import annotations

from tests.fuzz.dice import Dice
from tests.fuzz.words import LATE, NODES, TIMES, Fields, filled, labels, metadata, some_annotations

IMAGES = (
    "docker.io/istio/install-cni:1.30.3",
    "docker.io/istio/install-cni:1.22.0-distroless",
    "install-cni:1.24.4",
    "gcr.io/x/ztunnel:1.29.7@sha256:" + "0" * 64,
    "istio/proxyv2:1.27.0-alpha.1",
    "istio/pilot:1.99.9",
    "localhost:5000/app",
    "app:latest",
    "app:master-123456",
    "a:1.30.99999999999999999999",
    ":",
    "@",
)
SETTINGS = ("AMBIENT_ENABLED", "EXCLUDE_NAMESPACES", "AMBIENT_ENABLEMENT_SELECTOR", "CURRENT_AGENT_VERSION", "OTHER")
_VALUES = ("true", "false", "kube-system", "shop, pay", "[]", "- podSelector: {}", "")
_FROM = (
    {"configMapKeyRef": {"name": "istio-cni-config", "key": "AMBIENT_ENABLED"}},
    {"configMapKeyRef": {"name": "istio-cni-config", "key": "OTHER", "optional": True}},
    {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}},
    {"secretKeyRef": {"name": "s", "key": "k"}},
)
_STATES: tuple[Fields, ...] = (
    {},
    {"running": {"startedAt": TIMES[0]}},
    {"running": {}},
    {"waiting": {}},
    {"waiting": {"reason": "ContainerCreating", "message": "x"}},
    {"waiting": {"reason": "PodInitializing"}},
    {"waiting": {"reason": "ErrImagePull"}},
    {"terminated": {"exitCode": 0, "reason": "Completed"}},
)
_INIT = (
    [{"name": "istio-proxy", "image": "p", "restartPolicy": "Always"}],
    [{"name": "istio-init", "image": "p"}, {"name": "istio-proxy", "image": "p"}],
    [{"name": "setup", "image": "s", "restartPolicy": "Always"}],
)
_CONDITIONS = ("Ready", "Ready", "PodScheduled", "ContainersReady", "example.com/gate")
_PHASES = ("Running",) * 6 + ("Pending", "Pending", "Succeeded", "Failed", "Unknown", "")


def container(dice: Dice, name: str = "app") -> Fields:
    """One container, with an image and settings that may be an agent's."""
    env = dice.many(lambda: _variable(dice), 2) if dice.rarely(True) else []
    return filled({"name": name, "image": dice.pick(IMAGES), "env": env, "resources": {}})


def _variable(dice: Dice) -> Fields:
    name = dice.pick(SETTINGS)
    if source := dice.rarely(*_FROM):
        return {"name": name, "valueFrom": source}
    return filled({"name": name, "value": dice.pick(_VALUES) if dice.mostly() else dice.text()})


def spec(dice: Dice) -> Fields:
    """`spec` of a template: without a node."""
    containers = [container(dice)]
    if dice.rarely(True):
        containers.append(container(dice, "istio-proxy"))
    return filled(
        {
            "containers": containers,
            "initContainers": dice.rarely(*_INIT),
            "hostNetwork": dice.rarely(True),
            "os": dice.rarely({"name": "windows"}, {"name": "linux"}),
            "nodeSelector": labels(dice, "kubernetes.io/os", most=1) if dice.rarely(True) else {},
        }
    )


def template(dice: Dice, app: str = "web") -> Fields:
    """A pod template, with the labels of its selector; its time is written as null, as Kubernetes did for long."""
    inner: Fields = {"labels": {**labels(dice, "istio.io/dataplane-mode"), "app": app}}
    inner |= filled({"annotations": some_annotations(dice)})
    if dice.mostly():
        inner["creationTimestamp"] = None
    return {"metadata": inner, "spec": spec(dice)}


def _condition(dice: Dice) -> Fields:
    return {
        "type": dice.pick(_CONDITIONS),
        "status": dice.pick(("True", "False", "Unknown")),
        "lastTransitionTime": dice.some(*TIMES, *LATE),
    }


def _status_of(dice: Dice, name: str) -> Fields:
    last = dice.rarely(*_STATES) or {}
    return {"name": name, "state": dice.pick(_STATES), "lastState": last, "ready": False, "restartCount": 0}


def status(dice: Dice) -> Fields:
    """`status` of a pod."""
    ip = dice.pick(("10.0.0.1", "10.0.0.1", "fd00::1", ""))
    return filled(
        {
            "phase": dice.pick(_PHASES),
            "reason": dice.rarely("Evicted", "NodeLost", "\x1b[1m"),
            "podIP": ip,
            "podIPs": [{"ip": ip}] if ip else [],
            "startTime": dice.some(*TIMES),
            "conditions": dice.many(lambda: _condition(dice), 2),
            "containerStatuses": dice.many(lambda: _status_of(dice, "app"), 1),
            "initContainerStatuses": [_status_of(dice, "istio-proxy")] if dice.rarely(True) else [],
        }
    )


def pod(dice: Dice, namespace: str, name: str) -> Fields:
    """A pod."""
    node = dice.pick((*NODES[:1] * 4, *NODES, "", "unknown-node"))
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(dice, name, namespace, "istio.io/dataplane-mode", "istio.io/use-waypoint", owned=True),
        "spec": {**spec(dice), **filled({"nodeName": node})},
        "status": status(dice),
    }
