"""The pods of each Gateway, for findings about those that differ."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.snapshot import Snapshot


class Replicas:
    """The running pods of every Gateway, by name; sorted out when they are first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._pods: dict[tuple[str, str], dict[str, Pod]] | None = None

    def of(self, namespace: str, gateway: str) -> tuple[list[Pod], list[Pod]]:
        """Those that are redirected, and those that are not."""
        if self._pods is None:
            self._pods = self._sorted_out()
        found = self._pods.get((namespace, gateway), {})
        pods = [found[key] for key in sorted(found)]
        redirected = [pod for pod in pods if pod.annotations.redirection in ("enabled", "pending")]
        return redirected, [pod for pod in pods if pod not in redirected]

    def _sorted_out(self) -> dict[tuple[str, str], dict[str, Pod]]:
        found: dict[tuple[str, str], dict[str, Pod]] = {}
        for part in (self._snapshot.instances, self._snapshot.pods):
            for pod in part:
                gateway = pod.labels.get(GATEWAY_NAME)
                if gateway and pod.phase == "Running":
                    found.setdefault((pod.namespace, gateway), {})[pod.name] = pod
        return found
