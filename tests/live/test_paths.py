"""`path` on a real cluster: STRICT and a caller out of the mesh, a waypoint of another namespace, and few rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.l7 import service, use, waypoint
from tests.rig.mesh import Mesh
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .test_policy_facts import create
from .test_status import a_namespace, annotated, document, phase
from .waypoint_scene import wait_until_serving

NETWORK = "/apis/networking.k8s.io/v1/namespaces"


class Scene(NamedTuple):
    app: str
    infra: str


@pytest.fixture(scope="module")
def scene(cluster: Cluster, mesh: Mesh) -> Iterator[Scene]:
    """`web` and `cart` in the mesh, `old` out of it; `served` has a waypoint in another namespace."""
    with a_namespace(cluster, "roads", {}) as infra, a_namespace(cluster, "paths", AMBIENT) as app:
        cluster.apply(
            waypoint("shared", infra, "all", allowed={"from": "All"}),
            deployment("web", app),
            deployment("cart", app),
            service("cart", app),
            service("served", app, use("shared", infra), app="cart"),
            pod("old", app, labels=OPTED_OUT),
        )
        wait_until_serving(cluster, waypoint("shared", infra))
        for name in ("web", "cart"):
            annotated(cluster, app, name)
        phase(cluster, app, "old", "Running")
        yield Scene(app, infra)


def path(ambient: Runner, app: str, *words: str, user: str = "admin") -> dict[str, Any]:
    return document(ambient("path", *words, "-n", app, "-o", "json", user=user))


def test_strict_refuses_a_caller_out_of_the_mesh_and_permissive_lets_it_in(
    cluster: Cluster, ambient: Runner, scene: Scene
) -> None:
    app = scene.app
    create(cluster, app, "v1", "PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}})
    try:
        denied = path(ambient, app, "pod/old", "svc/cart")
        inside = path(ambient, app, "deploy/web", "svc/cart")
        told = ambient("path", "pod/old", "svc/cart", "-n", app).stdout
    finally:
        cluster.kubectl("delete", "peerauthentication", "strict", "-n", app)
    assert (denied["verdict"], denied["identity"], denied["encrypted"]) == ("denied", None, False)
    assert denied["decidedBy"] == [{"object": f"PeerAuthentication/{app}/strict", "at": "ztunnel"}]
    assert "no identity" in denied["message"]
    assert f"PeerAuthentication/{app}/strict is STRICT" in told
    principal = f"spiffe://cluster.local/ns/{app}/sa/default"
    assert (inside["verdict"], inside["identity"], inside["encrypted"]) == ("allowed", principal, True)
    create(cluster, app, "v1", "PeerAuthentication", "permissive", {"mtls": {"mode": "PERMISSIVE"}})
    try:
        allowed = path(ambient, app, "pod/old", "svc/cart")
    finally:
        cluster.kubectl("delete", "peerauthentication", "permissive", "-n", app)
    assert (allowed["verdict"], allowed["identity"], allowed["encrypted"]) == ("allowed", None, False)
    assert allowed["peerAuthentication"]["decidedBy"] == [f"PeerAuthentication/{app}/permissive"]
    assert {leg["protocol"] for leg in allowed["legs"]} == {"plaintext"}


def test_a_waypoint_of_another_namespace_with_its_network_policies(
    cluster: Cluster, ambient: Runner, scene: Scene
) -> None:
    found = path(ambient, scene.app, "deploy/web", "svc/served")
    assert [hop["at"] for hop in found["hops"]] == ["ztunnel", "waypoint", "ztunnel", "app"]
    assert found["identity"] == f"spiffe://cluster.local/ns/{scene.infra}/sa/shared"
    assert [leg["network"]["port"] for leg in found["legs"]] == [15008, 15008]
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "nobody"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    cluster.api.request("POST", f"{NETWORK}/{scene.infra}/networkpolicies", body)
    try:
        blocked = path(ambient, scene.app, "deploy/web", "svc/served")
    finally:
        cluster.api.request("DELETE", f"{NETWORK}/{scene.infra}/networkpolicies/nobody")
    assert blocked["verdict"] == "denied"
    assert blocked["decidedBy"] == [{"object": f"NetworkPolicy/{scene.infra}/nobody", "at": "network"}]


def test_an_address_is_the_pod_that_has_it(cluster: Cluster, ambient: Runner, scene: Scene) -> None:
    (old,) = cluster.pods(scene.app, "app=old")
    by_name = path(ambient, scene.app, "pod/old", "svc/cart")
    by_address = path(ambient, scene.app, old["status"]["podIP"], "svc/cart")
    assert by_address["from"] == by_name["from"] == {"ref": f"Pod/{scene.app}/old", "mode": "none"}
    vip = cluster.api.request("GET", f"/api/v1/namespaces/{scene.app}/services/cart")["spec"]["clusterIP"]
    to = path(ambient, scene.app, "pod/old", f"{vip}:80")["to"]
    assert (to["ref"], to["port"]) == (f"Service/{scene.app}/cart", 80)


def test_the_matrix_of_a_namespace(ambient: Runner, scene: Scene) -> None:
    found = document(ambient("path", "--matrix", "-n", scene.app, "--port", "8080", "-o", "json"))
    pairs = {(i["from"]["ref"].rpartition("/")[2], i["to"]["ref"].rpartition("/")[2]): i for i in found["items"]}
    names = ("cart", "old", "web")
    assert set(pairs) == {(a, b) for a in names for b in names if a != b}
    assert {pair for pair, item in pairs.items() if item["encrypted"]} == {("web", "cart"), ("cart", "web")}


@pytest.fixture
def developer(cluster: Cluster, scene: Scene) -> Iterator[str]:
    """May see what the built-in role shows of the namespace, and nothing elsewhere."""
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=walker", "-n", scene.app)
    wait_until_granted(cluster, "walker", "list", "services", scene.app)
    yield "walker"
    cluster.kubectl("delete", "rolebinding", "views", "-n", scene.app)


def test_what_may_not_be_read_is_unknown_and_is_told(ambient: Runner, scene: Scene, developer: str) -> None:
    found = path(ambient, scene.app, "pod/old", "svc/cart", user=developer)
    assert found["verdict"] == "unknown"
    assert "forbidden" in found["message"]
    assert any("peerauthentications" in told for told in found["assumptions"])
    # What leaves by a ztunnel needs one that serves.
    own = path(ambient, scene.app, "deploy/web", "pod/old:8080", user=developer)
    assert own["verdict"] == "unknown"
    assert "cannot list pods of ztunnel: forbidden" in own["message"]
    # What goes nowhere near the mesh is known all the same.
    assert path(ambient, scene.app, "outside", "pod/old:8080", user=developer)["verdict"] == "allowed"
