"""Plays istio-cni and ztunnel on every node: watches, and writes the redirection annotation.

    python -m tests.rig.agent KUBECONFIG

A Node's annotation `rig.kubectl-ambient/agent` makes it behave badly there: `late` (5 s), `pending`
(ztunnel never accepts) or `never` (does nothing). A Namespace's label `rig.kubectl-ambient/agent=off`
keeps it away from the pods there.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import sys
import threading
import time
from pathlib import Path

import urllib3

from . import eligibility
from .api import Api, ApiError, Object

ANNOTATION = "ambient.istio.io/redirection"
BEHAVIOUR = "rig.kubectl-ambient/agent"

_SOON = 0.1
_LATE = 5.0


def is_ready(pod: Object) -> bool:
    """Whether a pod's Ready condition is True."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


class Agent:
    """Holds what the watches told, and brings each pod's annotation to what it should be."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._pods: dict[str, Object] = {}
        self._players: dict[str, Object] = {}
        self._namespaces: dict[str, Object] = {}
        self._nodes: dict[str, Object] = {}
        self._known = {"pods": self._pods, "namespaces": self._namespaces, "nodes": self._nodes}
        self._events: queue.SimpleQueue[tuple[str, str, Object]] = queue.SimpleQueue()
        self._due: list[tuple[float, int, str]] = []
        self._planned: dict[str, float] = {}
        self._order = itertools.count()

    def run(self) -> None:
        """Follow the cluster until the process is ended."""
        for resource in self._known:
            threading.Thread(target=self._follow, args=(resource,), daemon=True).start()
        while True:
            self._handle_events()
            self._act_on_due()

    def _follow(self, resource: str) -> None:
        path = f"/api/v1/{resource}"
        while True:
            try:
                listed = self._api.request("GET", path)
                self._events.put(("LISTED", resource, listed))
                for kind, item in self._api.watch(path, listed["metadata"]["resourceVersion"]):
                    self._events.put((kind, resource, item))
            except (urllib3.exceptions.HTTPError, ApiError, OSError):
                time.sleep(0.5)

    def _handle_events(self) -> None:
        wait = self._due[0][0] - time.monotonic() if self._due else 3600.0
        try:
            event = self._events.get(timeout=max(0.0, wait))
        except queue.Empty:
            return
        kind, resource, item = event
        known = self._known[resource]
        if kind == "LISTED":
            known.clear()
            known.update({_key(i): i for i in item.get("items") or []})
            touched = list(self._pods.values())
        else:
            if kind == "DELETED":
                known.pop(_key(item), None)
            else:
                known[_key(item)] = item
            touched = self._touched(resource, item)
        if resource == "pods" and (kind == "LISTED" or _role(item)):
            # Few among many: asked for at every decision, so not searched for each time.
            self._players = {key: pod for key, pod in self._pods.items() if _role(pod)}
        for pod in touched:
            self._plan(pod)

    def _touched(self, resource: str, item: Object) -> list[Object]:
        """The pods that a change may concern."""
        name = item["metadata"]["name"]
        if resource == "namespaces":
            return [pod for pod in self._pods.values() if pod["metadata"]["namespace"] == name]
        if resource == "nodes":
            return self._on_node(name)
        if _role(item):
            return self._on_node(item["spec"].get("nodeName", ""))
        return [item]

    def _on_node(self, node: str) -> list[Object]:
        return [pod for pod in self._pods.values() if pod["spec"].get("nodeName") == node]

    def _plan(self, pod: Object) -> None:
        """Note when something is to be done about this pod, if anything."""
        key = _key(pod)
        if self._goal(pod) == _annotation(pod):
            self._planned.pop(key, None)
        elif key not in self._planned:
            late = self._behaviour(pod) == "late"
            self._planned[key] = time.monotonic() + (_LATE if late else _SOON)
            heapq.heappush(self._due, (self._planned[key], next(self._order), key))

    def _act_on_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            when, _, key = heapq.heappop(self._due)
            pod = self._pods.get(key)
            # A plan that was dropped, or replaced by a later one, is not carried out.
            if self._planned.get(key) != when:
                continue
            del self._planned[key]
            if pod is not None and (goal := self._goal(pod)) != _annotation(pod):
                self._annotate(pod, goal)

    def _goal(self, pod: Object) -> str | None:
        """The value that the annotation should have; what it has now where nobody would touch it."""
        present = _annotation(pod)
        namespace = self._namespaces.get(pod["metadata"]["namespace"])
        node = pod["spec"].get("nodeName", "")
        if namespace is None or _labels(namespace).get(BEHAVIOUR) == "off":
            return present
        if self._behaviour(pod) == "never" or not self._has_ready(node, "istio-cni"):
            return present
        if not eligibility.wanted(pod, _labels(namespace)):
            return None if present in ("enabled", "pending") else present
        if present == "enabled" or not eligibility.can_be_redirected(pod):
            # What is enabled stays so, whatever becomes of ztunnel: the annotation is history.
            return present
        accepted = self._behaviour(pod) != "pending" and self._has_ready(node, "ztunnel")
        return "enabled" if accepted else "pending"

    def _behaviour(self, pod: Object) -> str | None:
        node = self._nodes.get(pod["spec"].get("nodeName", ""))
        annotations: dict[str, str] = (node or {"metadata": {}})["metadata"].get("annotations") or {}
        return annotations.get(BEHAVIOUR)

    def _has_ready(self, node: str, role: str) -> bool:
        players = (pod for pod in self._players.values() if pod["spec"].get("nodeName") == node)
        return any(_role(pod) == role and is_ready(pod) for pod in players)

    def _annotate(self, pod: Object, value: str | None) -> None:
        metadata = pod["metadata"]
        body = {"metadata": {"uid": metadata["uid"], "annotations": {ANNOTATION: value}}}
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
        try:
            self._pods[_key(pod)] = self._api.patch(path, body, "install-cni")
        except ApiError as error:
            # Gone or replaced meanwhile: its next event tells.
            if error.status not in (404, 409, 422):
                raise


def _key(item: Object) -> str:
    metadata = item["metadata"]
    name: str = metadata["name"]
    return f"{metadata['namespace']}/{name}" if "namespace" in metadata else name


def _labels(item: Object) -> dict[str, str]:
    return item["metadata"].get("labels") or {}


def _annotation(pod: Object) -> str | None:
    value: str | None = (pod["metadata"].get("annotations") or {}).get(ANNOTATION)
    return value


def _role(pod: Object) -> str | None:
    """Which of the two node programs a pod is, if any."""
    if pod["metadata"].get("namespace") != "istio-system":
        return None
    labels = _labels(pod)
    if labels.get("k8s-app") == "istio-cni-node":
        return "istio-cni"
    return "ztunnel" if labels.get("app") == "ztunnel" else None


if __name__ == "__main__":
    Agent(Api.from_kubeconfig(Path(sys.argv[1]), "istio-cni")).run()
