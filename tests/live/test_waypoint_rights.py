"""Waypoints for users who may read little, and on a server that knows neither Istio nor the Gateway API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.apiserver import ApiServer
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.l7 import service, use, waypoint
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, namespace, pod

from .test_status import a_namespace, annotated, document
from .waypoint_scene import wait_until_serving


@pytest.fixture(scope="module")
def infra(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "infra", {}) as name:
        cluster.apply(waypoint("shared", name, "all", allowed={"from": "All"}))
        yield name


@pytest.fixture(scope="module")
def app(cluster: Cluster, infra: str) -> Iterator[str]:
    """A namespace with a waypoint of its own, and a Service with that of another namespace."""
    with a_namespace(cluster, "app", {**AMBIENT, **use("wp")}) as name:
        cluster.apply(
            waypoint("wp", name),
            service("cart", name),
            service("shared", name, use("shared", infra)),
            service("refuses", name, use("none")),
            service("missing", name, use("no-such")),
            pod("cart", name),
        )
        wait_until_serving(cluster, waypoint("wp", name), waypoint("shared", infra))
        annotated(cluster, name, "cart")
        yield name


def reasons(document: dict[str, Any]) -> dict[str, str]:
    """Those of the Services and pods that are ours."""
    ours = ("cart", "shared", "refuses", "missing")
    return {f"{i['kind']}/{i['name']}": i["reason"] for i in document["items"] if i["name"] in ours}


WHOLE = {
    "Service/cart": "WaypointAccepted",
    "Service/shared": "WaypointAccepted",
    "Service/refuses": "OptedOut",
    "Service/missing": "WaypointIsNotReady",
    "Pod/cart": "NotForWorkloads",
}


def test_an_administrator_is_told_all(ambient: Runner, app: str) -> None:
    assert reasons(document(ambient("waypoint", "status", "-n", app, "-o", "json"))) == WHOLE


# The built-in role `view` in one namespace. It does not hold the CRDs of Istio, nor those of the Gateway API.


@pytest.fixture(scope="module")
def developer(cluster: Cluster, app: str) -> str:
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=dev", "-n", app)
    wait_until_granted(cluster, "dev", "list", "services", app)
    return "dev"


def test_what_hangs_on_what_a_developer_may_not_read_is_unknown(ambient: Runner, app: str, developer: str) -> None:
    told = ambient("waypoint", "status", "-n", app, "-o", "json", user=developer)
    found = document(told)
    assert reasons(found) == {
        **dict.fromkeys(("Service/cart", "Service/shared", "Service/missing", "Pod/cart"), "EvidenceMissing"),
        "Service/refuses": "OptedOut",
    }
    (cart,) = (item for item in found["items"] if item["kind"] == "Service" and item["name"] == "cart")
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in cart["message"]
    for what in ("serviceentries.networking.istio.io", "workloadentries.networking.istio.io"):
        assert f"cannot list {what}: forbidden" in told.stderr
    assert "the version of istiod is not known" in told.stderr
    assert ambient("waypoint", "status", "-n", app, "--fail-on", "unknown", user=developer).code == 3


@pytest.mark.parametrize("words", ["svc cart", "svc shared", "pod cart"])
def test_what_is_unknown_is_explained(ambient: Runner, app: str, developer: str, words: str) -> None:
    found = ambient("waypoint", "explain", *words.split(), "-n", app, user=developer)
    assert found.code == 0
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in " ".join(found.stdout.split())


def test_waypoints_that_may_not_be_listed_are_no_empty_list(ambient: Runner, app: str, developer: str) -> None:
    found = ambient("waypoint", "list", "-n", app, user=developer)
    assert (found.code, found.stdout) == (1, "")
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in found.stderr


def test_with_gateways_of_the_namespace_most_is_known(
    cluster: Cluster, ambient: Runner, app: str, developer: str, infra: str
) -> None:
    """Only the waypoint of the other namespace stays unknown, and that is named."""
    rule = ("--verb=get,list", "--resource=gateways.gateway.networking.k8s.io")
    cluster.kubectl("create", "role", "gateways", *rule, "-n", app)
    cluster.kubectl("create", "rolebinding", "gateways", "--role=gateways", f"--user={developer}", "-n", app)
    wait_until_granted(cluster, developer, "list", "gateways.gateway.networking.k8s.io", app)
    try:
        told = document(ambient("waypoint", "status", "-n", app, "-o", "json", user=developer))
        table = ambient("waypoint", "list", "-n", app, user=developer)
    finally:
        cluster.kubectl("delete", "role,rolebinding", "gateways", "-n", app)
    assert reasons(told) == {**WHOLE, "Service/shared": "EvidenceMissing"}
    (shared,) = (item for item in told["items"] if item["name"] == "shared")
    assert f"{infra}/shared" in shared["message"]
    assert (table.code, table.stdout.splitlines()[1].split()[:2]) == (0, ["wp", "service"])


# Nothing at all.


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("waypoint status", "get services"),
        ("waypoint status -A", "get services -A"),
        ("waypoint status svc/cart", "get services"),
        ("waypoint explain pod cart", "get pods"),
    ],
)
def test_a_user_without_rights_gets_kubectls_sentence(
    ambient: Runner, kubectl: Runner, app: str, ours: str, theirs: str
) -> None:
    namespaced = [] if "-A" in ours else ["-n", app]
    found = ambient(*ours.split(), *namespaced, user="nobody")
    wanted = kubectl(*theirs.split(), *namespaced, user="nobody", check=False)
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1] + "\n" == wanted.stderr


def test_a_user_without_rights_gets_no_list_of_waypoints(ambient: Runner, app: str) -> None:
    found = ambient("waypoint", "list", "-n", app, user="nobody")
    assert (found.code, found.stdout) == (1, "")
    assert "orbidden" in found.stderr


# The published role.


@pytest.mark.parametrize(
    "words",
    [
        "waypoint status -A",
        "waypoint status -n {app}",
        "waypoint list -A",
        "waypoint list -n {infra}",
        "waypoint explain svc/cart svc/shared pod/cart -n {app}",
        "waypoint explain ns {app}",
        "labels -A",
        "labels -n {app}",
        "labels svc/cart gtw/wp -n {app}",
    ],
)
def test_under_the_published_role_nothing_is_missing(
    ambient: Runner, app: str, infra: str, published: dict[str, str], words: str
) -> None:
    arguments = (*words.format(app=app, infra=infra).split(), "-o", "json")
    mine, whole = ambient(*arguments, user=published["view"]), ambient(*arguments)
    assert (mine.code, mine.stderr) == (0, "")

    def ours(told: Result) -> dict[str, Any]:
        """Without the namespaces of other tests, which may come and go meanwhile."""
        found = document(told)
        if "-A" in arguments:
            found["items"] = [item for item in found["items"] if item["namespace"] in (app, infra)]
            found.pop("summary", None)
        return found

    assert ours(mine) == ours(whole)


# Without the CRDs.


@pytest.fixture(scope="module")
def plain_server() -> Iterator[ApiServer]:
    """A server on which nothing was installed, with a Service that names a waypoint all the same."""
    server = ApiServer()
    try:
        server.start()
        server.apply(namespace("shop", use("wp")), service("cart", "shop"), service("refuses", "shop", use("none")))
        yield server
    finally:
        server.stop()


NO_GATEWAYS = "The server has no gateways.gateway.networking.k8s.io: without the Gateway API there are no waypoints."
NO_ENTRIES = "The server has no serviceentries.networking.istio.io and no workloadentries.networking.istio.io."


@pytest.mark.parametrize("scope", ["-n shop", "-A"])
def test_without_the_gateway_api_there_are_no_waypoints(plain_server: ApiServer, scope: str) -> None:
    found = Runner(plain_server, "ambient")("waypoint", "list", *scope.split())
    assert (found.code, found.stdout, found.stderr) == (0, "", f"{NO_GATEWAYS}\n")


@pytest.mark.parametrize("scope", ["-n shop", "-A"])
def test_without_the_gateway_api_services_are_told_all_the_same(plain_server: ApiServer, scope: str) -> None:
    told = Runner(plain_server, "ambient")("waypoint", "status", *scope.split(), "-o", "json")
    found = reasons(document(told))
    assert found == {"Service/cart": "WaypointIsNotReady", "Service/refuses": "OptedOut"}
    assert told.stderr.splitlines()[:2] == [NO_GATEWAYS, NO_ENTRIES]


def test_without_the_gateway_api_it_is_explained(plain_server: ApiServer) -> None:
    told = Runner(plain_server, "ambient")("waypoint", "explain", "svc", "cart", "-n", "shop")
    assert told.code == 0
    assert "there is no Gateway wp in namespace shop" in " ".join(told.stdout.split())
    assert NO_GATEWAYS in told.stderr
