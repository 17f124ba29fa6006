"""A mesh that is never at rest: pods come, go and move, agents and ztunnels restart, and all of that is well.

The played agent writes the annotations, and a played ztunnel on each node has what that agent would have told it: a pod
before its annotation is written, none that is let go, nothing while it starts. So nothing that is said to be wrong is.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from tests.rig.agent import is_ready
from tests.rig.api import ApiError
from tests.rig.follower import Follower
from tests.rig.forwarding import ForwardingCluster
from tests.rig.nodes import LINUX
from tests.rig.workloads import AMBIENT, deployment, namespace, pod

from .ztunnel_scene import ISTIO, agents, config

APPS = ("app-a", "app-b", "app-c")
_MODE = "istio.io/dataplane-mode"
_STAYS = 5.0  # seconds


class Unrest:
    """What people, schedulers and node agents do all day, one thing after the other, from a seed."""

    def __init__(self, cluster: ForwardingCluster, seed: int) -> None:
        self._cluster = cluster
        self._random = random.Random(seed)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._count = 0
        self._error: Exception | None = None
        self._labelled: dict[str, float] = {}
        self.done: dict[str, int] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(30)

    def check(self) -> None:
        """Raise what ended it."""
        if self._error is not None:
            raise self._error

    def _go_on(self) -> None:
        try:
            self._move()
        except Exception as error:
            self._error = error

    def _move(self) -> None:
        ways = [self._label, self._label, self._roll, self._roll, self._come, self._go, self._ztunnel, self._cni]
        while not self._ending.wait(self._random.uniform(0.05, 0.6)):
            way = self._random.choice(ways)
            try:
                way()
            except ApiError as error:
                if error.status not in (404, 409):
                    raise
            else:
                self.done[way.__name__] = self.done.get(way.__name__, 0) + 1

    def _label(self) -> None:
        """A namespace goes in, or out, and stays so for seconds: what is undone while one asks, nobody can see."""
        value = self._random.choice(["ambient", "ambient", None])
        home, now = self._random.choice(APPS), time.monotonic()
        if now - self._labelled.get(home, 0.0) > _STAYS:
            self._labelled[home] = now
            self._cluster.api.patch(f"/api/v1/namespaces/{home}", {"metadata": {"labels": {_MODE: value}}})

    def _roll(self) -> None:
        """A rollout restart."""
        path = f"/apis/apps/v1/namespaces/{self._random.choice(APPS)}/deployments/web"
        stamp = {"annotations": {"restarted": str(time.monotonic())}}
        self._cluster.api.patch(path, {"spec": {"template": {"metadata": stamp}}})

    def _come(self) -> None:
        self._count += 1
        home = self._random.choice(APPS)
        made = pod(f"lone-{self._count}", home, node=self._random.choice(LINUX))
        self._cluster.api.request("POST", f"/api/v1/namespaces/{home}/pods", made)

    def _go(self) -> None:
        """A lone pod ends."""
        home = self._random.choice(APPS)
        lone = [p for p in self._cluster.pods(home) if p["metadata"]["name"].startswith("lone-")]
        if lone:
            name = self._random.choice(lone)["metadata"]["name"]
            self._cluster.api.request("DELETE", f"/api/v1/namespaces/{home}/pods/{name}")

    def _ztunnel(self) -> None:
        self._restart("app=ztunnel")

    def _cni(self) -> None:
        self._restart("k8s-app=istio-cni-node")

    def _restart(self, selector: str) -> None:
        """An agent of one node, seldom."""
        if self._random.random() < 0.3:
            found = self._random.choice(self._cluster.pods(ISTIO, selector))
            self._cluster.api.request("DELETE", f"/api/v1/namespaces/{ISTIO}/pods/{found['metadata']['name']}")


@contextmanager
def restless(seed: int) -> Iterator[tuple[ForwardingCluster, Unrest]]:
    """The mesh, in motion while it is entered."""
    cluster = ForwardingCluster()
    follower, unrest = Follower(cluster), Unrest(cluster, seed)
    try:
        cluster.start()
        for name in (ISTIO, *APPS):
            cluster.apply(namespace(name, None if name == ISTIO else AMBIENT))
            account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
            cluster.processes.wait_for("a ServiceAccount", partial(cluster.api.get, account))
        cluster.apply(config(), *agents())
        cluster.processes.start(
            "agent",
            [sys.executable, "-m", "tests.rig.agent", str(cluster.kubeconfig)],
            {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        cluster.apply(*(deployment("web", name, replicas=4) for name in APPS))

        def ready() -> bool:
            return sum(map(is_ready, cluster.pods(ISTIO, "app=ztunnel"))) == len(LINUX)

        cluster.processes.wait_for("the ztunnels", ready)
        follower.start()
        unrest.start()
        yield cluster, unrest
    finally:
        unrest.stop()
        follower.stop()
        cluster.stop()
