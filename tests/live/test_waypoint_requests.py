"""What the waypoint commands and `labels` ask the server for: how often, in pages, and side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy, Request, rounds
from tests.rig.kubectl import Result
from tests.rig.l7 import service, service_entry, use, waypoint
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, pod

from .test_faults import Through, through
from .test_status import Plugin, a_namespace, annotated, document, plugin
from .waypoint_scene import wait_until_serving

__all__ = ["Plugin", "plugin", "through"]


class Names(NamedTuple):
    """`app` has its own waypoint, `guest` uses one of `infra`."""

    app: str
    guest: str
    infra: str


@pytest.fixture(scope="module")
def names(cluster: Cluster) -> Iterator[Names]:
    # A Gateway without an address asks for more, and those of other tests are on their way out.
    wait_for("namespaces of other tests to go", lambda: not leaving(cluster))
    with (
        a_namespace(cluster, "infra", {}) as infra,
        a_namespace(cluster, "app", {**AMBIENT, **use("wp")}) as app,
        a_namespace(cluster, "guest", {**AMBIENT, **use("shared", infra)}) as guest,
    ):
        cluster.apply(
            waypoint("wp", app),
            waypoint("shared", infra, allowed={"from": "All"}),
            *(service(name, app) for name in ("cart", "orders", "web", "search", "mail")),
            *(service_entry(name, app) for name in ("bank", "post", "maps")),
            *(pod(name, app) for name in ("one", "two", "three")),
            service("web", guest),
        )
        wait_until_serving(cluster, waypoint("wp", app), waypoint("shared", infra))
        for name in ("one", "two", "three"):
            annotated(cluster, app, name)
        yield Names(app, guest, infra)


def leaving(cluster: Cluster) -> list[str]:
    """The namespaces that are being deleted."""
    every = cluster.api.items("/api/v1/namespaces")
    return [item["metadata"]["name"] for item in every if "deletionTimestamp" in item["metadata"]]


# A new line here is a new request of every run, and has to earn its place.

_GATEWAY_API = "/apis/gateway.networking.k8s.io/v1"
_NETWORKING = "/apis/networking.istio.io/v1"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"

CONTROL_PLANE = {
    f"{_GATEWAY_API}/gatewayclasses": "the traffic type of Gateways that do not name one, and who makes their pods",
    "/apis/apps/v1/deployments istiod": "its version, whose rules decide",
    "/api/v1/configmaps": "istio: which namespaces istiod looks at",
}


def in_namespace(stem: str) -> dict[str, str]:
    """What decides about waypoints in one namespace."""
    return {
        **CONTROL_PLANE,
        f"/api/v1/namespaces/{stem}": "its labels; by get, since that is what the role view may",
        f"/api/v1/namespaces/{stem}/services": "the Services",
        f"/api/v1/namespaces/{stem}/pods": "the pods, and the proxies of waypoints among them",
        f"{_NETWORKING}/namespaces/{stem}/serviceentries": "the ServiceEntries",
        f"{_NETWORKING}/namespaces/{stem}/workloadentries": "the WorkloadEntries",
        f"{_GATEWAY_API}/namespaces/{stem}/gateways": "the waypoints that may be named without their namespace",
    }


IN_ALL_NAMESPACES = {
    **CONTROL_PLANE,
    "/api/v1/namespaces": "their labels",
    "/api/v1/services": "the Services",
    "/api/v1/pods": "the pods, and the proxies of waypoints among them",
    f"{_NETWORKING}/serviceentries": "the ServiceEntries",
    f"{_NETWORKING}/workloadentries": "the WorkloadEntries",
    f"{_GATEWAY_API}/gateways": "the waypoints",
}


def of_services(stem: str) -> dict[str, str]:
    """What decides about Services alone."""
    return {
        **CONTROL_PLANE,
        f"/api/v1/namespaces/{stem}": "its labels",
        f"/api/v1/namespaces/{stem}/services": "the Services",
        f"/api/v1/namespaces/{stem}/pods gateway-name": "the proxies of waypoints: whether one lives",
        f"{_GATEWAY_API}/namespaces/{stem}/gateways": "the waypoints",
    }


ELSEWHERE = {
    f"{_GATEWAY_API}/namespaces/INFRA/gateways": "the waypoint of another namespace, since a label names one",
    "/api/v1/namespaces/INFRA/pods gateway-name": "its proxies",
}
RULES = {
    "/api/v1/configmaps": "istio-cni-config: the enablement selectors, which other labels may be in",
    "/apis/apps/v1/daemonsets k8s-app": "the version of istio-cni",
    "/apis/apps/v1/deployments istiod": "the version of istiod",
    f"{_ADMISSION}/mutatingwebhookconfigurations": "the revisions that istio.io/rev may name",
}


def labelled(inside: str) -> dict[str, str]:
    """What may carry labels; `inside` is `/namespaces/NAME`, or nothing for all namespaces."""
    paths = (
        f"/api/v1{inside}/pods",
        f"/api/v1{inside}/services",
        f"/apis/apps/v1{inside}/daemonsets",
        f"/apis/apps/v1{inside}/deployments",
        f"/apis/apps/v1{inside}/statefulsets",
        f"/apis/batch/v1{inside}/cronjobs",
        f"/apis/batch/v1{inside}/jobs",
        f"{_GATEWAY_API}{inside}/gateways",
        f"{_NETWORKING}{inside}/serviceentries",
        f"{_NETWORKING}{inside}/workloadentries",
        f"/apis/security.istio.io/v1{inside}/authorizationpolicies",
    )
    return {**RULES, **dict.fromkeys(paths, "labels of theirs, or of their templates")}


DNS = {
    "/api/v1/configmaps again": "whether istio-cni captures DNS: istiod gave the ServiceEntries their addresses",
    "/apis/apps/v1/daemonsets k8s-app": "its env, which beats the ConfigMap, and its version",
}
TAGS = {f"{_ADMISSION}/mutatingwebhookconfigurations": "what the tag stands for that a Gateway may name"}
TABLE: dict[str, dict[str, str]] = {
    "waypoint status -n APP": {**in_namespace("APP"), **DNS},
    "waypoint status -n GUEST": {**in_namespace("GUEST"), **ELSEWHERE},
    "waypoint status -A": {**IN_ALL_NAMESPACES, **DNS},
    "waypoint status svc/cart -n APP": of_services("APP"),
    "waypoint status pods -l app=one -n APP": {
        **CONTROL_PLANE,
        "/api/v1/namespaces/APP": "its labels",
        "/api/v1/namespaces/APP/pods": "the pods of the selector",
        "/api/v1/namespaces/APP/pods gateway-name": "the proxies of waypoints, which it may leave out",
        f"{_GATEWAY_API}/namespaces/APP/gateways": "the waypoints",
    },
    "waypoint list -n APP": {**in_namespace("APP"), **TAGS},
    # It admits others, so all may use it.
    "waypoint list -n INFRA": {
        **in_namespace("INFRA"),
        **{f"{path} again" if path in CONTROL_PLANE else path: why for path, why in IN_ALL_NAMESPACES.items()},
        **TAGS,
        **{f"{path} again": why for path, why in TAGS.items()},
    },
    "waypoint list -A": {**IN_ALL_NAMESPACES, **TAGS},
    "waypoint explain svc cart -n APP": of_services("APP"),
    "waypoint explain svc web -n GUEST": {**of_services("GUEST"), **ELSEWHERE},
    "waypoint explain ns APP": {**in_namespace("APP"), **DNS},
    "labels -n APP": {**labelled("/namespaces/APP"), "/api/v1/namespaces/APP": "its labels"},
    "labels -A": {
        **labelled(""),
        "/api/v1/namespaces": "their labels",
        f"{_GATEWAY_API}/gatewayclasses": "they carry labels for their Gateways",
    },
    "labels svc/cart -n APP": {
        **RULES,
        "/api/v1/namespaces/APP": "its labels",
        "/api/v1/namespaces/APP/services/cart": "the Service",
    },
}


def words(command: str, names: Names) -> list[str]:
    """The command, with the names that the namespaces have."""
    stems = {stem.upper(): name for stem, name in names._asdict().items()}
    return [stems.get(word, word) for word in command.split()]


def asked(requests: list[Request], names: Names) -> list[str]:
    """The requests as the table writes them."""
    found: list[str] = []
    for request in requests:
        assert request.method == "GET"
        path, _, query = request.path.partition("?")
        for stem, name in names._asdict().items():
            path = path.replace(f"/namespaces/{name}", f"/namespaces/{stem.upper()}")
        which = next((word for word in ("istiod", "gateway-name", "k8s-app") if word in query), "")
        told = f"{path} {which}".strip()
        found.append(f"{told} again" if told in found else told)
    return sorted(found)


SLOW = 1.0
"""Seconds for each answer: what does not wait for it has come in meanwhile."""


@pytest.mark.parametrize("command", TABLE)
def test_the_requests_of_a_command_and_that_they_do_not_wait_for_each_other(
    names: Names, through: Through, fault_proxy: FaultProxy, command: str
) -> None:
    fault_proxy.hang(".*", delay=SLOW)
    assert through(*words(command, names)).code == 0
    assert asked(fault_proxy.requests, names) == sorted(TABLE[command])
    assert len(TABLE[command]) >= 6
    assert rounds(fault_proxy.requests) <= 2


def told_of(names: Names, told: Result) -> list[Any]:
    """What is told of these namespaces; those of other tests may come and go meanwhile."""
    return [item for item in document(told)["items"] if item["namespace"] in (*names, "")]


@pytest.mark.parametrize(
    "command", ["waypoint status -n APP", "waypoint list -n APP", "waypoint status -A", "labels -n APP"]
)
def test_in_pages(names: Names, through: Through, fault_proxy: FaultProxy, command: str) -> None:
    arguments = (*words(command, names), "-o", "json")
    whole = told_of(names, through(*arguments))
    fault_proxy.clear()
    assert told_of(names, through(*arguments, "--chunk-size=2")) == whole
    lists = [request.path for request in fault_proxy.requests if "?" in request.path]
    assert all("limit=2" in path for path in lists)
    # Six Services, three pods and those of istiod's making, three ServiceEntries.
    inside = "" if command.endswith("-A") else f"/namespaces/{names.app}"
    for kind, pages in (("/services", 3), ("/pods", 2), ("/serviceentries", 2)):
        assert sum(f"{inside}{kind}?" in path for path in lists) >= pages


def test_a_page_that_expires_starts_its_list_anew(names: Names, through: Through, fault_proxy: FaultProxy) -> None:
    arguments = ("waypoint", "status", "-n", names.app, "-o", "json")
    whole = document(through(*arguments))
    fault_proxy.clear()
    fault_proxy.expire("/services")
    assert document(through(*arguments, "--chunk-size=2")) == whole
    assert [r.status for r in fault_proxy.requests if "/services" in r.path][:3] == [200, 410, 200]
