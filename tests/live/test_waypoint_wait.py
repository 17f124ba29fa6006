"""`waypoint enable --wait` and `disable --wait`: until istiod itself says so, and the waypoint lives."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.apiserver import ApiServer
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.l7 import service, waypoint
from tests.rig.processes import PATIENCE
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT
from tests.rig.workloads import namespace as a_namespace

from .conftest import NewNamespace
from .test_wait import Waiting
from .test_waypoint_enable import bound, flat, programmed

ACCEPTED = ("True", "WaypointAccepted")
OF_NO_ISTIOD = {"istio.io/rev": "no-such"}
BARE = "waits-for-waypoint"


def test_it_ends_when_istiod_has_bound_it_and_again_when_it_has_let_go(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    """The waypoint is made while it is waited for."""
    shop = new_namespace(AMBIENT)
    cluster.apply(service("cart", shop), service("db", shop))
    words = ("waypoint", "enable", "svc", "cart", "db", "-n", shop, "--waypoint=wp", "--force", "--wait")
    waiting = Waiting(cluster.kubeconfig, *words)
    try:
        waiting.says(f"0 of 2 objects are served by their waypoint; waiting for Service/{shop}/cart and 1 more")
        cluster.apply(waypoint("wp", shop))
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
    finally:
        waiting.stop()
    assert [bound(cluster, shop, name) for name in ("cart", "db")] == [ACCEPTED, ACCEPTED]
    told = waiting.err.splitlines()
    assert told[-1].startswith("All 2 objects are served by their waypoint (")
    assert f"undo: kubectl ambient waypoint disable svc cart db -n {shop}" in told
    done = ambient("waypoint", "disable", "svc", "cart", "db", "-n", shop, "--wait")
    assert done.code == 0, done.stderr
    assert done.stderr.splitlines()[-1].startswith("All 2 objects are as their labels have them (")
    assert [bound(cluster, shop, name) for name in ("cart", "db")] == [None, None]


def test_a_namespace_and_what_inherits_from_it(cluster: Cluster, new_namespace: NewNamespace, ambient: Runner) -> None:
    shop = new_namespace(AMBIENT)
    cluster.apply(service("cart", shop), service("out", shop, {"istio.io/use-waypoint": "none"}))
    programmed(cluster, waypoint("waypoint", shop))
    done = ambient("waypoint", "enable", "ns", shop, "--wait")
    assert done.code == 0, done.stderr
    assert done.stderr.splitlines()[-1].startswith("The object is served by its waypoint (")
    assert (bound(cluster, shop, "cart"), bound(cluster, shop, "out")) == (ACCEPTED, None)


def test_a_waypoint_that_never_becomes_ready_is_named_at_the_time_out(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    shop = new_namespace(AMBIENT)
    cluster.apply(service("cart", shop), waypoint("late", shop, labels=OF_NO_ISTIOD))
    done = ambient(
        "waypoint", "enable", "svc", "cart", "-n", shop, "--waypoint=late", "--force", "--wait", "--timeout=3s"
    )
    assert done.code == 1
    told = flat(done.stderr.partition("error: timed out after 3s: ")[2])
    assert told.startswith(f"the object is not served by its waypoint ‼ Service/{shop}/cart ")
    assert f"goes direct, not through waypoint {shop}/late: Gateway {shop}/late has no address yet" in told
    assert "What helps: kubectl " in told
    *_, on, undo = done.stderr.splitlines()
    again = f"waypoint enable svc cart -n {shop} --force --waypoint late --wait --timeout 3s"
    assert on == f"to go on: kubectl ambient {again}"
    assert undo == f"undo: kubectl ambient waypoint disable svc cart -n {shop}"


def test_an_interruption_tells_how_far_it_was(cluster: Cluster, new_namespace: NewNamespace) -> None:
    shop = new_namespace(AMBIENT)
    cluster.apply(service("cart", shop), waypoint("late", shop, labels=OF_NO_ISTIOD))
    words = ("waypoint", "enable", "svc", "cart", "-n", shop, "--waypoint=late", "--force", "--wait")
    waiting = Waiting(cluster.kubeconfig, *words)
    try:
        waiting.says(f"waiting for Service/{shop}/cart")
        waiting.process.send_signal(signal.SIGINT)
        assert waiting.process.wait(PATIENCE) == 130
    finally:
        waiting.stop()
    *_, interrupted, on, undo = waiting.err.splitlines()
    assert interrupted == (f"interrupted: the object is not served by its waypoint; waiting for Service/{shop}/cart")
    assert on.startswith("to go on: kubectl ambient waypoint enable svc cart ")
    assert undo == f"undo: kubectl ambient waypoint disable svc cart -n {shop}"


def test_who_may_read_no_gateway_waits_for_istiods_word(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, ambient: Runner
) -> None:
    """As the built-in role `edit` has it; that the proxies may not be seen is said."""
    shop = new_namespace(AMBIENT)
    cluster.apply(service("cart", shop))
    programmed(cluster, waypoint("waypoint", shop))
    user = f"editor-{shop}"
    kubectl("create", "rolebinding", "edits", "--clusterrole=edit", f"--user={user}", "-n", shop)
    wait_until_granted(cluster, user, "patch", "services", shop)
    done = ambient("waypoint", "enable", "svc", "cart", "-n", shop, "--waypoint=waypoint", "--wait", user=user)
    assert done.code == 0, done.stderr
    assert bound(cluster, shop, "cart") == ACCEPTED
    told = flat(done.stderr)
    assert "The object is served by its waypoint (" in told
    assert f"not waited for: Service/{shop}/cart. istiod tells that its waypoint serves it; whether" in told


@pytest.fixture
def bare(bare_cluster: ApiServer) -> Iterator[ApiServer]:
    """No istiod is here: the test writes what it would."""
    made = waypoint("wp", BARE)
    bare_cluster.apply(a_namespace(BARE, AMBIENT), service("cart", BARE), made)
    yield bare_cluster
    bare_cluster.api.request("DELETE", f"/apis/gateway.networking.k8s.io/v1/namespaces/{BARE}/gateways/wp")
    bare_cluster.api.request("DELETE", f"/api/v1/namespaces/{BARE}/services/cart")
    bare_cluster.api.request("DELETE", f"/api/v1/namespaces/{BARE}")


def accept(server: ApiServer) -> None:
    """As istiod does when the waypoint is ready."""
    message = f"Successfully attached to waypoint {BARE}/wp"
    written: dict[str, Any] = {"status": "True", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    on_service = [{"type": "istio.io/WaypointBound", "reason": "WaypointAccepted", **written}]
    on_gateway = [{"type": "Programmed", "reason": "Programmed", **written}]
    gateway = f"/apis/gateway.networking.k8s.io/v1/namespaces/{BARE}/gateways/wp/status"
    addresses = [{"type": "IPAddress", "value": "10.0.0.9"}]
    server.api.patch(gateway, {"status": {"addresses": addresses, "conditions": on_gateway}})
    server.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "wp-1",
                "namespace": BARE,
                "labels": {"gateway.networking.k8s.io/gateway-name": "wp"},
            },
            "spec": {"containers": [{"name": "proxy", "image": "registry.example/proxy:1"}]},
        }
    )
    ready = {"phase": "Running", "podIP": "10.1.0.9", "podIPs": [{"ip": "10.1.0.9"}]}
    status = {"status": {**ready, "conditions": [{"type": "Ready", "status": "True"}]}}
    server.api.patch(f"/api/v1/namespaces/{BARE}/pods/wp-1/status", status)
    server.api.patch(f"/api/v1/namespaces/{BARE}/services/cart/status", {"status": {"conditions": on_service}})


def test_a_server_that_is_killed_and_comes_back(bare: ApiServer) -> None:
    words = ("waypoint", "enable", "svc", "cart", "-n", BARE, "--waypoint=wp", "--force", "--wait", "--timeout=3m")
    waiting = Waiting(bare.kubeconfig, *words)
    try:
        waiting.says(f"waiting for Service/{BARE}/cart")
        bare.stop_serving()
        try:
            waiting.says("lost the connection to the server; going on: ")
        finally:
            bare.serve_again()
        accept(bare)
        assert waiting.process.wait(PATIENCE) == 0, waiting.told
        assert waiting.err.splitlines()[-1].startswith("The object is served by its waypoint (")
    finally:
        waiting.stop()
