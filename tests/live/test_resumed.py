"""A change of many objects that was killed half-way, and the same line again: what is left is done, nothing twice."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.rig import kubectl
from tests.rig.apiserver import ApiServer
from tests.rig.endings import Ending, run
from tests.rig.faults import FaultProxy
from tests.rig.workloads import namespace

PODS = 240
LABEL = "istio.io/dataplane-mode"
WORDS = ["disable", "pod", "-l", "resumed=yes", "-A"]
SIDE_BY_SIDE = 10
"""So many were under way, and may be done and not told."""


@pytest.fixture
def pods(bare_cluster: ApiServer) -> Iterator[ApiServer]:
    """Labelled pods in two namespaces, on a server where nobody else changes them."""
    homes = ("resumed-a", "resumed-b")
    for home in homes:
        bare_cluster.apply(namespace(home))
    for number in range(PODS):
        home = homes[number % 2]
        labels = {"resumed": "yes", LABEL: "ambient"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p{number:03}", "namespace": home, "labels": labels},
            "spec": {"containers": [{"name": "a", "image": "a"}]},
        }
        bare_cluster.api.request("POST", f"/api/v1/namespaces/{home}/pods", pod)
    yield bare_cluster
    for home in homes:
        bare_cluster.api.request("DELETE", f"/api/v1/namespaces/{home}/pods")
        bare_cluster.api.request("DELETE", f"/api/v1/namespaces/{home}")


def changed_since(server: ApiServer, version: str) -> Counter[str]:
    """How often each pod was changed, as the server itself has it: each change is one event."""
    watch = f"/api/v1/pods?labelSelector=resumed%3Dyes&watch=1&timeoutSeconds=2&resourceVersion={version}"
    events = map(json.loads, server.kubectl("get", "--raw", watch).stdout.splitlines())
    return Counter(event["object"]["metadata"]["name"] for event in events if event["type"] == "MODIFIED")


def test_killed_and_run_again(pods: ApiServer) -> None:
    proxy = FaultProxy(pods).start()
    version = pods.api.request("GET", "/api/v1/pods?limit=1")["metadata"]["resourceVersion"]
    env = kubectl.environ(proxy.kubeconfig())
    try:
        killed = run(WORDS, Ending(signals=(signal.SIGKILL,), after_lines=PODS // 2), env)
        proxy.clear()
        again = run(WORDS, Ending(), env)
        sent = {request.path.partition("?")[0][-4:] for request in proxy.requests if request.method == "PATCH"}
    finally:
        proxy.stop()
    done = set(re.findall(r"^pod/(p\d{3}) unlabeled$", killed.out, re.MULTILINE))
    assert (killed.code, again.code) == (-signal.SIGKILL, 0)
    assert PODS // 2 <= len(done) < PODS
    assert not sent & done
    assert len(sent) >= PODS - len(done) - SIDE_BY_SIDE
    assert len(again.out.splitlines()) == PODS
    every = [f"p{number:03}" for number in range(PODS)]
    assert changed_since(pods, version) == Counter(every)
    assert pods.api.items(f"/api/v1/pods?labelSelector={quote(f'resumed=yes,{LABEL}')}") == []
