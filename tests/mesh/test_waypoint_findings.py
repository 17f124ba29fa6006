"""What is told besides the verdict, and when it is not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Annotations, Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.usable import life
from tests.lines import line
from tests.mesh.builders import pod
from tests.mesh.l7_builders import (
    FOR,
    WAYPOINT_CLASS,
    admitting,
    bind,
    codes,
    gateway,
    mesh,
    proxy,
    service,
    service_entry,
    use,
    workload_entry,
)
from tests.snapshots import found as found_of

WP = use("wp")
ON, OFF = Condition(type="Programmed", status="True"), Condition(type="Programmed", status="False", reason="Gone")


def bound(status: str, reason: str) -> tuple[Condition, ...]:
    return (Condition(type="istio.io/WaypointBound", status=status, reason=reason),)


def test_all_is_well() -> None:
    assert codes(bind(service(WP, conditions=bound("True", "WaypointAccepted")))) == []


@pytest.mark.parametrize(
    ("conditions", "instances", "alive"),
    [
        ((), None, None),
        ((ON,), None, True),
        ((OFF,), None, False),
        ((OFF,), [proxy()], True),
        ((ON,), [proxy(ready=False)], False),
        ((ON,), [proxy(ready=False), proxy()], True),
        ((ON,), [], False),
        ((OFF,), [], False),
        ((), [], False),
    ],
)
def test_life_of_a_waypoint(conditions: tuple[Condition, ...], instances: list[Pod] | None, alive: bool | None) -> None:
    assert life(gateway(conditions=conditions), WAYPOINT_CLASS, instances).alive is alive


def test_life_that_cannot_be_told() -> None:
    other = gateway(class_name="own", conditions=())
    assert life(other, None, []).alive is None, "its proxies may be labelled otherwise"
    by_hand = gateway(managed=False, conditions=())
    assert life(by_hand, WAYPOINT_CLASS, []).alive is None, "somebody else made its proxies"
    assert life(structs.replace(other, conditions=(ON,)), None, []).alive
    stale = gateway(generation=3, conditions=(structs.replace(OFF, generation=2),))
    assert life(stale, WAYPOINT_CLASS, None).alive is None, "the condition is about an older generation"
    assert life(gateway(conditions=(Condition(type="Programmed", status="Unknown"),)), None, None).alive is None


@pytest.mark.parametrize("fields", [{"phase": "Failed", "ready": True}, {"ready": False}])
def test_a_finished_or_unready_pod_keeps_no_waypoint_alive(fields: dict[str, Any]) -> None:
    snapshot = mesh(gateways=(gateway(conditions=(OFF,)),))
    snapshot.instances = found_of([proxy(**fields)])
    assert codes(bind(service(WP), snapshot)) == ["WaypointDead"]


def test_pods_that_may_not_be_listed_leave_the_condition() -> None:
    snapshot = mesh()
    snapshot.instances = found_of(Unread(what="list pods of gateways", why="forbidden"))
    assert codes(bind(service(WP), snapshot)) == []


@pytest.mark.parametrize(
    ("gateways", "fix"),
    [
        ((gateway(labels={FOR: "workload"}),), None),
        (
            (gateway(labels={FOR: "Services"}),),
            "kubectl label gateway wp -n app istio.io/waypoint-for=service --overwrite",
        ),
        ((gateway(addresses=()),), "kubectl describe gateway wp -n app"),
        ((gateway(listeners=admitting("Selector")),), "kubectl edit gateway wp -n app"),
        ((), None),
    ],
)
def test_a_waypoint_that_is_not_used_fails_open(gateways: tuple[Gateway, ...], fix: str | None) -> None:
    (finding,) = bind(service(WP), gateways=gateways).findings
    assert (finding.code, finding.severity, line(finding.fix)) == ("WaypointNotUsed", "warning", fix)
    assert "goes direct" in finding.message


@pytest.mark.parametrize(
    ("target", "version", "told"),
    [
        (service(WP, conditions=bound("False", "WaypointIsNotReady")), "1.30.3", True),
        (service(conditions=bound("True", "WaypointAccepted")), "1.30.3", True),
        (service(WP, conditions=bound("False", "WaypointIsNotReady")), "1.23.0", False),
        (service(WP, conditions=bound("True", "WaypointAccepted")), "1.30.3", False),
        (service(WP), "1.30.3", False),
        (workload_entry(WP, conditions=bound("True", "WaypointAccepted")), "1.30.3", True),
        (workload_entry(WP, conditions=bound("True", "WaypointAccepted")), "1.29.6", False),
        (service(use("bogus"), conditions=bound("False", "AttachmentDenied")), "1.30.3", True),
        (service(use("bogus"), conditions=bound("False", "WaypointIsNotReady")), "1.30.3", False),
    ],
)
def test_istiods_condition_against_its_rules(target: Any, version: str, told: bool) -> None:
    assert ("ConditionDisagrees" in codes(bind(target, version=version))) == told


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Successfully attached to waypoint app/wp", False),
        ("Successfully attached to waypoint app/wp. Ingress traffic will traverse the waypoint", False),
        ("Successfully attached to waypoint app/other", True),
        ("Successfully attached to waypoint infra/wp. Ingress traffic will traverse the waypoint", True),
        ("in words of a later version", False),
    ],
)
def test_istiod_names_another_waypoint(sentence: str, told: bool) -> None:
    written = tuple(structs.replace(c, message=sentence) for c in bound("True", "WaypointAccepted"))
    found = bind(service(WP, conditions=written))
    assert codes(found) == (["ConditionDisagrees"] if told else [])
    if told:
        (finding,) = found.findings
        named = sentence.split()[4].rstrip(".")
        assert (
            f"for waypoint {named}, and by the objects as they are it is WaypointAccepted for app/wp" in finding.message
        )
        assert finding.evidence[0].value == sentence


def test_a_service_without_an_address() -> None:
    assert codes(bind(service(WP, cluster_ips=("None",)))) == ["ServiceWithoutAddress"]
    assert codes(bind(service(cluster_ips=("None",)))) == []
    assert codes(bind(service(WP, cluster_ips=()))) == [], "a manifest"
    bare = service_entry(WP, addresses=(), resolution="DNS")
    assert codes(bind(bare)) == ["ServiceWithoutAddress"]
    assert codes(bind(bare, mesh(from_files=True))) == [], "istiod has not given it one yet"
    seen = structs.replace(bare, conditions=bound("True", "WaypointAccepted"))
    assert codes(bind(seen, mesh(from_files=True))) == ["ServiceWithoutAddress"]
    assert codes(bind(structs.replace(bare, allocated=("240.240.0.1",)))) == []


def test_a_service_entry_that_waits_for_a_waypoint() -> None:
    wild = service_entry(hosts=("*.example.com",))
    assert codes(bind(wild)) == ["ServiceEntryInactive"]
    assert codes(bind(wild, version="1.27.0")) == []
    assert codes(bind(structs.replace(wild, labels=WP))) == []
    assert codes(bind(wild, mesh(namespaces={"app": Unread(what="get namespace app", why="forbidden")}))) == []
    both = bind(structs.replace(wild, hosts=("a.example.com", "*.example.com", "b.example.com")))
    assert (
        "*.example.com is a wildcard, and does nothing without a waypoint; the other hosts work"
        in both.findings[0].message
    )
    two = bind(structs.replace(wild, hosts=("*.example.com", "*.example.org")))
    assert "such a ServiceEntry does nothing without a waypoint" in two.findings[0].message
    written = Condition(type="istio.io/WaypointMissing", status="True", reason="NoWaypointForRacingConnectStrategy")
    assert codes(bind(service_entry(conditions=(written,)))) == ["ServiceEntryInactive"]
    assert codes(bind(service_entry(conditions=(structs.replace(written, status="False"),)))) == []


def test_a_waypoint_for_a_pod_that_is_not_in_the_mesh() -> None:
    gateways = (gateway(labels={FOR: "all"}),)
    (finding,) = bind(pod(WP), gateways=gateways).findings
    assert (finding.code, finding.severity) == ("WaypointForPlainPod", "info")
    redirected = (Annotations(redirection="enabled"), Annotations(redirection="pending"))
    for inside in (*redirected, Annotations(sidecar_status="")):
        assert codes(bind(pod(WP, annotations=inside), gateways=gateways)) == []
    assert not bind(pod(WP), gateways=gateways).needs_attention


def test_a_waypoint_for_a_pod_on_the_host_network() -> None:
    gateways = (gateway(labels={FOR: "all"}),)
    binding = bind(pod(WP, host_network=True), gateways=gateways)
    assert (binding.waypoint, codes(binding)) == ("app/wp", ["WaypointForHostNetwork"])
    assert binding.needs_attention
    assert codes(bind(pod(host_network=True), gateways=gateways)) == []
    for spoilt in ({"conditions": (OFF,)}, {"listeners": ()}):
        worse = (structs.replace(gateways[0], **spoilt),)
        assert codes(bind(pod(WP, host_network=True), gateways=worse)) == ["WaypointForHostNetwork"], "nothing fails"


def test_a_gateway_that_is_no_waypoint() -> None:
    http = gateway(listeners=())
    assert codes(bind(service(WP), gateways=(http,))) == ["GatewayIsNoWaypoint"]
    sandwiched = structs.replace(http, inbound_binding="PROXY/15088")
    assert codes(bind(service(WP), gateways=(sandwiched,))) == []


def test_a_waypoint_is_asked_for_its_life_once() -> None:
    snapshot = mesh()
    judge = WaypointJudge(snapshot)
    assert judge.life_of(snapshot.gateways.facts["app/wp"]) is judge.life_of(snapshot.gateways.facts["app/wp"])
