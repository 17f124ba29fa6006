"""`status -w` and `waypoint status -w`: the listing, then each one that changes, until it is interrupted."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rig import programs
from tests.rig.agent import BEHAVIOUR
from tests.rig.api import MERGE_PATCH, Object
from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Runner
from tests.rig.l7 import service, use, waypoint
from tests.rig.processes import PATIENCE, wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .conftest import NewNamespace
from .test_status import annotated, phase
from .waypoint_scene import wait_until_serving


class Watch:
    """A running `kubectl ambient status -w …`, whose lines are waited for; `of`: or another command."""

    words: tuple[str, ...] = ("status", "-w")

    def __init__(self, kubeconfig: Path, *arguments: str, of: str = "") -> None:
        kubectl = programs.program("kubectl")
        path = os.pathsep.join([str(Path(sys.executable).parent), str(Path(kubectl).parent), os.environ["PATH"]])
        # kubectl becomes the plugin (exec), so that a signal to it is one to the plugin.
        self.process = subprocess.Popen(
            [kubectl, "ambient", *((*of.split(), "-w") if of else self.words), *arguments],
            env={"PATH": path, "KUBECONFIG": str(kubeconfig), "KUBERC": "off", "HOME": str(kubeconfig.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.told: list[str] = []  # on stderr
        self._threads = [
            threading.Thread(target=self._read, args=args, daemon=True)
            for args in ((self.process.stdout, self.lines.put), (self.process.stderr, self.told.append))
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: Any, take: Callable[[str], None]) -> None:
        for line in stream:
            take(line.rstrip("\n"))

    def next(self, wanted: Callable[[str], object] = bool) -> str:
        """The next line that is wanted; those before it are passed over."""
        until = time.monotonic() + PATIENCE
        passed: list[str] = []
        while time.monotonic() < until:
            try:
                line = self.lines.get(timeout=0.2)
            except queue.Empty:
                continue
            if wanted(line):
                return line
            passed.append(line)
        raise TimeoutError(f"not within {PATIENCE:g} s; there was {passed}, and on stderr {self.told}")

    def row(self, name: str, state: str = "") -> list[str]:
        """The next row of a pod, or of the first whose name begins so."""
        return self.next(lambda line: line.startswith(name) and (not state or state in line.split())).split()

    def document(self) -> dict[str, Any]:
        """The next document."""
        lines = [self.next(lambda line: line == "{")]
        while lines[-1] != "}":
            lines.append(self.next(lambda line: True))
        found: dict[str, Any] = json.loads("\n".join(lines))
        return found

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    @property
    def err(self) -> str:
        """What was said on stderr, once it has ended."""
        self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "somebody else still holds its output open"
        return "\n".join(self.told)

    def stop(self) -> None:
        """End it, however the test went."""
        self.process.kill()
        self.process.wait(PATIENCE)


@pytest.fixture
def watch(cluster: Cluster) -> Iterator[Callable[..., Watch]]:
    """`watch("-n", namespace)`: begins to watch."""
    begun: list[Watch] = []

    def begin(*arguments: str, kubeconfig: Path | None = None, of: str = "") -> Watch:
        begun.append(Watch(kubeconfig or cluster.kubeconfig, *arguments, of=of))
        return begun[-1]

    yield begin
    for each in begun:
        each.stop()


def label(cluster: Cluster, namespace: str, value: str | None) -> None:
    body = {"metadata": {"labels": {"istio.io/dataplane-mode": value}}}
    cluster.api.request("PATCH", f"/api/v1/namespaces/{namespace}", body, content_type=MERGE_PATCH)


def test_a_label_moves_the_pods_of_a_namespace(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    cluster.apply(deployment("web", namespace), pod("refuses", namespace, labels=OPTED_OUT))
    phase(cluster, namespace, "web", "Running")
    phase(cluster, namespace, "refuses", "Running")
    running = watch("-n", namespace)
    assert running.next().split() == ["NAME", "MODE", "STATE", "REASON", "NODE"]
    assert running.row("web-")[1:4] == ["none", "NotAmbient", "NotLabeled"]

    label(cluster, namespace, "ambient")
    assert running.row("web-", "Enrolled")[1:4] == ["ambient", "Enrolled", "NamespaceLabel"]
    label(cluster, namespace, None)
    assert running.row("web-", "NotAmbient")[1:4] == ["none", "NotAmbient", "NotLabeled"]


def test_a_new_pod_comes_starting_and_then_enrolled(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, watch: Callable[..., Watch]
) -> None:
    """The agent of n4 is late, so that there is a time in between."""
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("first", namespace))
    annotated(cluster, namespace, "first")
    running = watch("-n", namespace)
    running.row("first", "Enrolled")
    kubectl("annotate", "node", "n4", f"{BEHAVIOUR}=late")
    try:
        cluster.apply(pod("second", namespace, node="n4"))
        assert running.row("second")[1:4] == ["none", "Starting", "NamespaceLabel"]
        assert running.row("second", "Enrolled")[1:] == ["ambient", "Enrolled", "NamespaceLabel", "n4"]
    finally:
        kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")


def test_what_does_not_change_is_not_printed_again(
    cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("calm", namespace), pod("moves", namespace))
    for app in ("calm", "moves"):
        annotated(cluster, namespace, app)
    running = watch("-n", namespace, "--no-headers")
    assert {running.next().split()[0], running.next().split()[0]} == {"calm", "moves"}
    body: Object = {"metadata": {"labels": {"colour": "red"}, "annotations": {"not": "ours"}}}
    cluster.api.patch(f"/api/v1/namespaces/{namespace}/pods/calm", body)
    body = {"metadata": {"labels": {"istio.io/dataplane-mode": "none"}}}
    cluster.api.patch(f"/api/v1/namespaces/{namespace}/pods/moves", body)
    assert running.next().split()[0] == "moves"


def test_a_pod_that_goes_has_a_row_under_the_same_columns(
    cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("first-with-a-long-name", namespace), pod("goes", namespace))
    for app in ("first-with-a-long-name", "goes"):
        annotated(cluster, namespace, app)
    running = watch("-n", namespace)
    headers = running.next(lambda line: line.startswith("NAME"))
    running.row("goes", "Enrolled")
    cluster.api.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/goes")
    gone = running.next(lambda line: "Gone" in line)
    assert gone.split()[:4] == ["goes", "-", "Gone", "-"]
    assert gone.index("Gone") == headers.index("STATE")


def test_a_pod_that_is_being_deleted_is_told_with_the_time(
    cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    held = pod("held", namespace)
    held["metadata"]["finalizers"] = ["example.com/held"]
    cluster.apply(held)
    annotated(cluster, namespace, "held")
    running = watch("-n", namespace, "--timestamps")
    running.row("held", "Enrolled")
    path = f"/api/v1/namespaces/{namespace}/pods/held"
    cluster.api.request("DELETE", path)
    assert running.next(lambda line: line.startswith("TIME")).split()[1:4] == ["NAME", "MODE", "STATE"]
    at, *row = running.next().split()
    assert row[:3] == ["held", "ambient", "Terminating"]
    assert abs(datetime.now(UTC) - datetime.strptime(at, "%Y-%m-%dT%H:%M:%S%z")) < timedelta(minutes=2)
    cluster.api.request("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE_PATCH)
    assert running.next().split()[1:4] == ["held", "-", "Gone"]


def test_the_pods_of_a_listing_of_namespaces_come_with_headers_of_their_own(
    cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("mine", namespace, labels={"team": namespace}))
    annotated(cluster, namespace, "mine")
    running = watch("-A", "-l", f"team={namespace}")
    running.next(lambda line: line.startswith("NAMESPACE"))
    running.next(lambda line: line.endswith("."))
    label(cluster, namespace, None)
    assert running.next(lambda line: line.startswith("NAMESPACE")).split()[1:4] == ["NAME", "MODE", "STATE"]
    assert running.next().split()[:2] == [namespace, "mine"]


def test_pods_are_selected_and_namespaces_named(
    cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("mine", namespace, labels={"team": namespace}))
    annotated(cluster, namespace, "mine")
    running = watch("-A", "--pods", "--no-headers", "-l", f"team={namespace}")
    assert running.next().split()[:4] == [namespace, "mine", "ambient", "Enrolled"]
    cluster.apply(pod("other", namespace), pod("later", namespace, labels={"team": namespace}))
    assert running.next().split()[:2] == [namespace, "later"]


def test_one_document_a_change(cluster: Cluster, new_namespace: NewNamespace, watch: Callable[..., Watch]) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("first", namespace))
    annotated(cluster, namespace, "first")
    running = watch("-n", namespace, "-o", "json")
    listing = running.document()
    assert [item["state"] for item in listing["items"]] == ["Enrolled"]
    label(cluster, namespace, None)
    while (change := running.document())["items"][0]["state"] != "NotAmbient":
        assert change["items"][0]["state"] == "Stale"
    assert (change["kind"], change["summary"]["pods"]) == ("StatusList", 1)
    assert change["items"][0]["name"] == "first"


def test_what_is_not_there_is_not_waited_for(namespace: str, watch: Callable[..., Watch]) -> None:
    running = watch("nosuch", "-n", namespace)
    assert running.process.wait(PATIENCE) == 1
    assert 'Error from server (NotFound): pods "nosuch" not found' in running.err


def test_one_that_is_not_there_is_told_at_once(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    cluster.apply(pod("one", namespace))
    phase(cluster, namespace, "one", "Running")
    running = watch("one", "nosuch", "-n", namespace)
    running.row("one")
    running.interrupt()
    assert 'Error from server (NotFound): pods "nosuch" not found' in running.err


def test_ctrl_c_ends_it(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    cluster.apply(pod("one", namespace))
    phase(cluster, namespace, "one", "Running")
    running = watch("-n", namespace)
    running.row("one")
    code = running.interrupt()
    assert code == 130, running.err
    assert "Traceback" not in running.err


def test_the_listing_comes_at_once(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    """Into a pipe as well: nothing changes here, and the rows must not wait for a change."""
    cluster.apply(pod("one", namespace))
    phase(cluster, namespace, "one", "Running")
    running = watch("-n", namespace, "-o", "name")
    assert running.next() == "pod/one"


def test_a_stream_that_ends_goes_on(
    cluster: Cluster, new_namespace: NewNamespace, fault_proxy: FaultProxy, watch: Callable[..., Watch]
) -> None:
    namespace = new_namespace(AMBIENT)
    cluster.apply(pod("first", namespace))
    annotated(cluster, namespace, "first")
    fault_proxy.reset(rf"/namespaces/{namespace}/pods.*watch=", after=100, times=1)
    running = watch("-n", namespace, "--no-headers", kubeconfig=fault_proxy.kubeconfig())
    running.row("first", "Enrolled")
    watches = rf"/namespaces/{namespace}/pods.*watch="
    wait_for("a watch", lambda: fault_proxy.count(watches) >= 1)
    cluster.api.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/first")  # of which 100 bytes arrive
    wait_for("a second watch", lambda: fault_proxy.count(watches) >= 2)
    running.row("first", "Gone")
    cluster.apply(pod("second", namespace))
    assert running.row("second", "Enrolled")[1] == "ambient"


def test_a_user_who_may_not_watch_is_told(
    cluster: Cluster, namespace: str, kubectl: Runner, watch: Callable[..., Watch]
) -> None:
    cluster.apply(pod("one", namespace))
    phase(cluster, namespace, "one", "Running")
    kubectl("create", "role", "lists-pods", "--verb=get,list", "--resource=pods", "-n", namespace)
    kubectl("create", "rolebinding", "wanda", "--role=lists-pods", "--user=wanda", "-n", namespace)
    wait_until_granted(cluster, "wanda", "list", "pods", namespace)
    running = watch("-n", namespace, "-o", "name", kubeconfig=cluster.user("wanda"))
    assert running.process.wait(PATIENCE) == 1
    lines = [line for line in running.err.splitlines() if not line.startswith("assumed: ")]
    # What else may not be watched is told as well, each with what follows; and nothing else is.
    assert all(line.startswith(("Error from server (Forbidden): ", "not known from now on: ")) for line in lines), lines
    (refusal,) = [line for line in lines if "pods is forbidden" in line]
    assert "cannot watch" in refusal


def test_a_waypoint_comes_and_lives_and_goes(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    cluster.apply(service("cart", namespace), service("calm", namespace, use("none")), pod("web", namespace))
    running = watch("-n", namespace, "--timestamps", of="waypoint status")
    assert running.next(lambda line: "cart" in line).split()[1:] == ["cart", "<none>", "service", "NotLabeled"]
    cluster.kubectl("label", "service", "cart", "-n", namespace, "istio.io/use-waypoint=wp")
    running.next(lambda line: line.startswith("TIME"))
    row = running.next(lambda line: "cart" in line).split()
    assert row[1:] == ["Service", "cart", "<none>", "service", "WaypointIsNotReady", "‼"]
    datetime.strptime(row[0], "%Y-%m-%dT%H:%M:%S%z")
    cluster.apply(waypoint("wp", namespace))
    wait_until_serving(cluster, waypoint("wp", namespace))
    accepted = running.next(lambda line: "cart" in line and "WaypointAccepted" in line and "‼" not in line)
    assert accepted.split()[3] == f"{namespace}/wp"
    cluster.kubectl("scale", "deployment", "wp", "-n", namespace, "--replicas=0")
    assert "WaypointAccepted" in running.next(lambda line: "cart" in line and "‼" in line), "it is dead"
    cluster.kubectl("delete", "service", "cart", "-n", namespace)
    assert running.next(lambda line: "cart" in line).split()[1:] == ["Service", "cart", "-", "-", "Gone"]
    assert running.interrupt() == 130
    assert running.err == ""


def test_waypoints_are_documents_too(cluster: Cluster, namespace: str, watch: Callable[..., Watch]) -> None:
    cluster.apply(service("cart", namespace))
    running = watch("-n", namespace, "-o", "json", of="waypoint status")
    assert running.document()["summary"]["kinds"]["Service"] == {"objects": 1, "served": 0, "unknown": 0}
    cluster.kubectl("label", "service", "cart", "-n", namespace, "istio.io/use-waypoint=none")
    assert [item["reason"] for item in running.document()["items"]] == ["OptedOut"]
