"""The rows of the reference (semantics 8f), each named by its number."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.facts import LabelSelector, Namespace
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.mesh.waypoint.reference import canary_reference
from kubectl_ambient.mesh.waypoint.rules import Target
from tests.mesh.builders import pod
from tests.mesh.l7_builders import (
    EVERY,
    FOR,
    SINCE_123,
    USE_NS,
    admitting,
    bind,
    codes,
    gateway,
    mesh,
    proxy,
    service,
    use,
    workload_entry,
)
from tests.snapshots import found as found_of

WP, INFRA = use("wp"), use("wp", "infra")
CANARY, CANARY_NS = "istio.io/use-waypoint-canary", "istio.io/use-waypoint-canary-namespace"
UNREADY = (gateway(), gateway("other", addresses=()))
FOR_ALL = (gateway(labels={FOR: "all"}),)
TEAM = LabelSelector(match_labels={"team": "a"})


def in_infra(allowed_from: str | None = None, selector: LabelSelector | None = None) -> tuple[Gateway, ...]:
    return (gateway(), gateway(namespace="infra", listeners=admitting(allowed_from, selector)))


ROWS: list[tuple[str, dict[str, str], Target, tuple[Gateway, ...], tuple[str, ...], str | None, str]] = [
    # row, namespace labels, object, gateways, versions, waypoint, reason
    ("97", WP, service(), (gateway(),), EVERY, "app/wp", "WaypointAccepted"),
    ("98", WP, service(use("none")), (gateway(),), EVERY, None, "OptedOut"),
    ("99", WP, service(use("other")), UNREADY, EVERY, None, "WaypointIsNotReady"),
    ("100", WP, service(use("")), (gateway(),), EVERY, None, "WaypointIsNotReady"),
    ("101", WP, pod(), (gateway(),), EVERY, None, "NotForWorkloads"),
    ("102", {}, workload_entry(WP), (gateway(),), EVERY, None, "UnsupportedTrafficType"),
    ("103", {}, pod(WP), FOR_ALL, EVERY, "app/wp", "WaypointAccepted"),
    ("104", {}, service(INFRA), in_infra("Same"), SINCE_123, None, "AttachmentDenied"),
    ("104, default", {}, service(INFRA), in_infra(), SINCE_123, None, "AttachmentDenied"),
    ("105", {}, service(INFRA), in_infra("All"), SINCE_123, "infra/wp", "WaypointAccepted"),
    ("106", {"team": "a"}, service(INFRA), in_infra("Selector", TEAM), SINCE_123, "infra/wp", "WaypointAccepted"),
    ("106, not", {"team": "b"}, service(INFRA), in_infra("Selector", TEAM), SINCE_123, None, "AttachmentDenied"),
    ("107", WP, service({USE_NS: "infra"}), in_infra("All"), EVERY, "app/wp", "WaypointAccepted"),
    ("108", {}, service(INFRA), in_infra("Same"), ("1.22.0",), "app/wp", "WaypointAccepted"),
    ("108, none", {}, service(INFRA), in_infra("Same")[1:], ("1.22.0",), None, "WaypointIsNotReady"),
    ("109", use("bogus"), service(), (gateway(),), EVERY, None, "WaypointIsNotReady"),
    ("110", WP, service(), (gateway(),), EVERY, "app/wp", "WaypointAccepted"),
    ("111", WP, proxy(), FOR_ALL, EVERY, None, "IsGateway"),
]


@pytest.mark.parametrize(
    ("row", "labels", "target", "gateways", "versions", "waypoint", "reason"), ROWS, ids=[row[0] for row in ROWS]
)
def test_8f_row(
    row: str,
    labels: dict[str, str],
    target: Target,
    gateways: tuple[Gateway, ...],
    versions: tuple[str, ...],
    waypoint: str | None,
    reason: str,
) -> None:
    for version in versions:
        found = bind(target, namespace=labels, gateways=gateways, version=version)
        assert (found.waypoint, found.reason) == (waypoint, reason), (row, version, found.message)


def test_8f_row_101_is_silent() -> None:
    assert bind(pod(), namespace=WP).findings == ()
    assert bind(workload_entry(), namespace=WP).findings == ()


def test_8f_row_109_traffic_goes_direct() -> None:
    found = bind(service(), namespace=use("bogus"))
    assert codes(found) == ["WaypointNotUsed"]
    assert "goes direct" in found.message


def test_8f_row_110_traffic_fails() -> None:
    gone = proxy(ready=False)
    snapshot = mesh(service(), gone, namespace=WP)
    snapshot.instances = found_of([gone])
    found = bind(service(), snapshot)
    assert (found.waypoint, codes(found)) == ("app/wp", ["WaypointDead"])
    assert found.findings[0].severity == "error"


def canary_of(
    labels: dict[str, str],
    version: str = "1.31.0",
    weight: str | None = None,
    namespace: dict[str, str] | None = None,
    namespace_weight: str | None = None,
    gateways: tuple[Gateway, ...] = (gateway(), gateway("next")),
) -> tuple[str | None, str]:
    """The waypoint, and the sentence of the finding about the canary (empty where there is none)."""
    target = service(labels, canary_weight=weight)
    home = Namespace(name="app", labels=namespace or {}, canary_weight=namespace_weight)
    found = bind(target, mesh(target, version=version, gateways=gateways, namespaces={"app": home}))
    assert set(codes(found)) <= {"CanaryRefused", "CanarySplit"}
    return found.waypoint, next((f.message for f in found.findings if f.code == "CanaryRefused"), "")


def test_8f_row_112_a_canary_that_is_the_waypoint() -> None:
    waypoint, told = canary_of({CANARY: "wp"}, namespace=WP)
    assert waypoint == "app/wp"
    assert "CanarySameAsPrimary" in told
    assert canary_of({CANARY: "wp"}, "1.30.3", namespace=WP) == ("app/wp", "")


@pytest.mark.parametrize("weight", ["101", "abc", "-1", "", "1.5", " 5", "5%", "1_0"])
def test_8f_row_113_an_invalid_weight(weight: str) -> None:
    waypoint, told = canary_of({**WP, CANARY: "next"}, weight=weight)
    assert waypoint == "app/wp"
    assert "CanaryInvalidWeight" in told


@pytest.mark.parametrize("weight", ["0", "100", "7", "+7", "007", None])
def test_8f_row_113_a_valid_weight(weight: str | None) -> None:
    assert canary_of({**WP, CANARY: "next"}, weight=weight) == ("app/wp", "")


def test_8f_row_114_the_canary_stands_at_the_level_of_the_waypoint() -> None:
    namespace: dict[str, Any] = {"namespace": {**WP, CANARY: "bogus"}}
    assert canary_of(WP, **namespace) == ("app/wp", "")
    assert "WaypointIsNotReady" in canary_of({}, **namespace)[1]
    # The weight goes with it.
    assert "CanaryInvalidWeight" in canary_of({}, namespace={**WP, CANARY: "next"}, namespace_weight="x")[1]
    assert canary_of({**WP, CANARY: "next"}, namespace_weight="x") == ("app/wp", "")


def test_the_weight_of_a_canary_is_shown_where_it_stands() -> None:
    namespace = Namespace(name="app", labels={**WP, CANARY: "next"}, canary_weight="10")

    def fields(labels: dict[str, str], weight: str | None) -> dict[str, str]:
        named = canary_reference("Service/app/cart", labels, weight, "app", namespace)
        assert named
        return {e.field.partition("[")[0]: e.object for e in named.evidence}

    assert fields({}, None) == {"metadata.labels": "Namespace/app", "metadata.annotations": "Namespace/app"}
    assert fields({}, "7")["metadata.annotations"] == "Service/app/cart"
    assert fields({CANARY: "next"}, None) == {
        "metadata.labels": "Service/app/cart",
        "metadata.annotations": "Namespace/app",
    }


@pytest.mark.parametrize(
    ("canary", "word"),
    [
        (gateway("next", addresses=()), "WaypointIsNotReady"),
        (gateway("next", labels={FOR: "workload"}), "UnsupportedTrafficType"),
        (gateway("next", "infra"), "AttachmentDenied"),
    ],
)
def test_a_canary_is_checked_as_a_waypoint_is(canary: Gateway, word: str) -> None:
    labels = {**WP, CANARY: "next", CANARY_NS: canary.namespace}
    waypoint, told = canary_of(labels, gateways=(gateway(), canary))
    assert waypoint == "app/wp"
    assert word in told


@pytest.mark.parametrize("name", ["", "none"])
def test_a_canary_without_a_name_is_none(name: str) -> None:
    assert canary_of({**WP, CANARY: name}) == ("app/wp", "")


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ("20", "gets 20 percent of the connections, app/wp gets the rest"),
        (None, "gets 0 percent of the connections, app/wp gets all"),
    ],
)
def test_the_split_is_told(weight: str | None, told: str) -> None:
    target = service({**WP, CANARY: "next"}, canary_weight=weight)
    (finding,) = bind(target, version="1.31.0", gateways=(gateway(), gateway("next"))).findings
    assert (finding.code, finding.severity) == ("CanarySplit", "info")
    assert finding.message == f"canary waypoint app/next {told}"
    assert codes(bind(target, version="1.30.3", gateways=(gateway(), gateway("next")))) == []


@pytest.mark.parametrize(("weight", "expected"), [("20", ["CanarySplit", "CanaryDead"]), ("0", ["CanarySplit"])])
def test_a_dead_canary_fails_its_share(weight: str, expected: list[str]) -> None:
    target = service({**WP, CANARY: "next"}, canary_weight=weight)
    snapshot = mesh(target, version="1.31.0", gateways=(gateway(), gateway("next")))
    snapshot.instances = found_of([proxy(), proxy("next", ready=False)])
    assert codes(bind(target, snapshot)) == expected
