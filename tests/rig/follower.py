"""What the ztunnels of the nodes say, by what the played agent does: a pod before its annotation is written, none that
is let go but for a moment, nothing while it starts.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from . import eligibility
from .agent import ANNOTATION, is_ready
from .api import ApiError, Object
from .forwarding import ForwardingCluster
from .nodes import LINUX
from .ztunnel import PlayedZtunnel, dump_of, enrolled, known

ISTIO, PORT = "istio-system", 15000
_LINGERS = 1.5  # seconds
_STARTS = timedelta(seconds=10)


class Follower:
    """What the ztunnel of each node has, from moment to moment."""

    def __init__(self, cluster: ForwardingCluster) -> None:
        self._cluster = cluster
        self.ztunnels = {node: PlayedZtunnel() for node in LINUX}
        self._led: dict[str, str] = {}
        self._ends: dict[str, tuple[float, str, Any]] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Before each answer it takes up what has become of the pods."""
        for ztunnel in self.ztunnels.values():
            ztunnel.before = self.look
        self.look()

    def stop(self) -> None:
        """End the ztunnels."""
        for ztunnel in self.ztunnels.values():
            ztunnel.stop()

    def look(self) -> None:
        """Have each ztunnel know what istio-cni and istiod would have told it by now."""
        with self._lock:
            policies = [_named(found) for found in self._policies()]
            pods = self._cluster.api.items("/api/v1/pods")
            homes = {home["metadata"]["name"]: home for home in self._cluster.api.items("/api/v1/namespaces")}
            told = [_known(found, homes) for found in pods if found["status"].get("podIP")]
            for node in LINUX:
                here = [found for found in pods if found["spec"].get("nodeName") == node]
                state = self._state(node, here, homes)
                self.ztunnels[node].dump = dump_of(node, workloadState=state, workloads=told, policies=policies)

    def _policies(self) -> list[Object]:
        try:
            return self._cluster.api.items("/apis/security.istio.io/v1/authorizationpolicies")
        except ApiError:  # a cluster without Istio's types
            return []

    def _state(self, node: str, here: list[Object], homes: dict[str, Object]) -> dict[str, Any]:
        mine = [found for found in here if _app(found) == "ztunnel" and found["status"].get("podIP")]
        for found in mine:
            if self._led.get(node) != found["metadata"]["uid"]:
                self._led[node] = found["metadata"]["uid"]
                self._ends = {uid: end for uid, end in self._ends.items() if end[1] != node}
                self._cluster.lead(ISTIO, found["metadata"]["name"], PORT, self.ztunnels[node].port)
        if all(map(_starts, mine)):
            return {}
        tells = any(_app(found) == "istio-cni-node" and is_ready(found) for found in here)
        state = dict(_entry(found) for found in here if _has(found, homes, tells=tells))
        # Who ends is let go a moment after it is gone.
        now = time.monotonic()
        self._ends |= {uid: (now + _LINGERS, node, entry) for uid, entry in state.items()}
        self._ends = {uid: end for uid, end in self._ends.items() if end[0] > now}
        there = {found["metadata"]["uid"] for found in here}
        lingering = {uid: e for uid, (_, on, e) in self._ends.items() if on == node and uid not in there}
        return state | lingering


def _app(found: Object) -> str:
    labels = found["metadata"].get("labels", {})
    return str(labels.get("app") or labels.get("k8s-app"))


def _named(found: Object) -> dict[str, str]:
    return {key: found["metadata"][key] for key in ("namespace", "name")}


def _starts(ztunnel: Object) -> bool:
    created = datetime.fromisoformat(ztunnel["metadata"]["creationTimestamp"])
    return not is_ready(ztunnel) and datetime.now(UTC) - created < _STARTS


def _entry(found: Object) -> tuple[str, Any]:
    metadata = found["metadata"]
    state = "Pending" if _annotation(found) == "pending" else "Up"
    return enrolled(metadata["uid"], metadata["namespace"], metadata["name"], state=state)


def _wanted(found: Object, homes: dict[str, Object]) -> bool:
    home = homes.get(found["metadata"]["namespace"], {"metadata": {}})
    in_ = eligibility.wanted(found, home["metadata"].get("labels", {}))
    return in_ and eligibility.can_be_redirected(found)


def _annotation(found: Object) -> str | None:
    value: str | None = found["metadata"].get("annotations", {}).get(ANNOTATION)
    return value


def _is_in(found: Object) -> bool:
    return _annotation(found) == "enabled"


def _has(found: Object, homes: dict[str, Object], *, tells: bool) -> bool:
    """istio-cni tells it of a pod before it writes the annotation."""
    return _is_in(found) or (tells and _wanted(found, homes))


def _known(found: Object, homes: dict[str, Object]) -> Any:
    metadata = found["metadata"]
    protocol = "HBONE" if _is_in(found) or _wanted(found, homes) else "TCP"
    node, ip = found["spec"].get("nodeName", ""), found["status"]["podIP"]
    return known(metadata["namespace"], metadata["name"], node, ip, protocol=protocol)
