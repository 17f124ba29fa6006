"""Workloads of every kind that owns pods, and events."""

from __future__ import annotations

from tests.fuzz.dice import Dice
from tests.fuzz.pods import template
from tests.fuzz.words import Fields, filled, metadata

API_VERSIONS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
}
KINDS = tuple(API_VERSIONS)
_COUNTS = (0, 1, 1, 3, 2**31 - 1)
_EXPRESSIONS = (
    {"key": "app", "operator": "In", "values": ["web", ""]},
    {"key": "team", "operator": "NotIn", "values": ["x"]},
    {"key": "app", "operator": "Exists"},
    {"key": "x/y", "operator": "DoesNotExist"},
)


def _spec(dice: Dice, kind: str, name: str) -> Fields:
    below = template(dice, name)
    if kind == "CronJob":
        job = {"metadata": {}, "spec": {"template": below, **filled({"parallelism": dice.some(2)})}}
        return {"schedule": "0 0 * * *", "suspend": dice.pick((False, True)), "jobTemplate": job}
    if kind == "ReplicationController":
        return {"replicas": dice.pick(_COUNTS), "selector": {"app": name}, "template": below}
    chosen: Fields = {"matchLabels": {"app": name}}
    if expression := dice.rarely(*_EXPRESSIONS):
        chosen["matchExpressions"] = [expression]
    return {"template": below, "selector": chosen, **_more(dice, kind)}


def _more(dice: Dice, kind: str) -> Fields:
    match kind:
        case "Job":
            completions = dice.some(0, 1, 5)
            ends = {} if completions is None else {"completions": completions}
            return {"parallelism": dice.pick(_COUNTS), "suspend": dice.pick((False, True)), **ends}
        case "DaemonSet":
            return {"updateStrategy": {"type": dice.pick(("RollingUpdate", "OnDelete"))}}
        case "StatefulSet":
            strategy: Fields = {"type": dice.pick(("RollingUpdate", "OnDelete"))}
            if (partition := dice.some(*_COUNTS)) is not None:
                strategy["rollingUpdate"] = {"partition": partition}
            ordinals = {"ordinals": {"start": 3}} if dice.rarely(True) else {}
            return {"replicas": dice.pick(_COUNTS), "updateStrategy": strategy, **ordinals}
        case "ReplicaSet":
            return {"replicas": dice.pick(_COUNTS)}
    paused = filled({"paused": dice.rarely(True)})
    return {"replicas": dice.pick(_COUNTS), "strategy": {"type": dice.pick(("RollingUpdate", "Recreate"))}, **paused}


def _status(dice: Dice, kind: str) -> Fields:
    if kind == "DaemonSet":
        return {"desiredNumberScheduled": dice.pick((0, 0, 1, 5)), **filled({"observedGeneration": dice.count(0, 1)})}
    if kind == "Job" and (over := dice.some("Complete", "Failed", "Suspended")):
        return {"conditions": [{"type": over, "status": "True"}]}
    return {}


def workload(dice: Dice, kind: str, namespace: str, name: str) -> Fields:
    """A workload of the kind, the labels of whose pods are app=<name>."""
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": metadata(dice, name, namespace, "istio.io/dataplane-mode", owned=kind in ("ReplicaSet", "Job")),
        "spec": _spec(dice, kind, name),
        "status": _status(dice, kind),
    }


def event(dice: Dice, namespace: str, pod: str, number: int) -> Fields:
    """An event about a pod; what is not told of its times is null, as Kubernetes has it."""
    found: Fields = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"e.{number}", "namespace": namespace, "creationTimestamp": "2015-01-01T00:00:00Z"},
        "involvedObject": {"kind": dice.pick(("Pod", "Pod", "Node")), "namespace": namespace, "name": pod},
        "reason": dice.pick(("FailedCreatePodSandBox", "FailedCreatePodSandBox", "BackOff")),
        "message": dice.text(),
        "eventTime": dice.some("2015-01-02T03:04:05.678901Z", "2016-01-02T03:04:05.000000Z"),
        "lastTimestamp": dice.some("2015-01-02T03:04:05Z", "2199-01-02T03:04:05Z"),
    }
    if dice.rarely(True):
        found["series"] = {"count": 2, "lastObservedTime": "2015-01-02T03:04:06.000001Z"}
    return found
