"""The list of waypoints: which Gateways are on it, who is counted, and what is told of each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Pod, Unread
from kubectl_ambient.cluster.installation_facts import Istiod, Webhook
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass, Listener
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import Waypoint, waypoints
from kubectl_ambient.mesh.waypoint.list_findings import findings_of, needs_attention
from kubectl_ambient.render.waypoint.list import used_by
from tests.conformance import cases
from tests.lines import line
from tests.mesh.builders import pod
from tests.mesh.l7_builders import FOR, FORBIDDEN, HBONE, USE, USED, WP, a_mesh, bind, istiod, proxy, service
from tests.mesh.meshes import MESHES, snapshot
from tests.snapshots import altered

REV = "istio.io/rev"


def listed(mesh: Snapshot, namespace: str = "") -> list[Waypoint]:
    return waypoints(WaypointJudge(mesh), namespace)


def one(mesh: Snapshot) -> Waypoint:
    (found,) = listed(mesh)
    return found


def codes(mesh: Snapshot) -> list[str]:
    return [finding.code for finding in findings_of(one(mesh))]


@pytest.mark.parametrize("number", range(0, len(MESHES), 4), ids=MESHES[::4])
def test_the_users_are_those_that_istiod_bound(number: int) -> None:
    wanted: Counter[tuple[str, str]] = Counter()
    for ref, told in cases("meshes")[number]["expect"]["waypoints"].items():
        if told["waypoint"]:
            wanted[told["waypoint"], ref.split("/")[0]] += 1
    found = {
        (w.gateway.key, kind): count for w in listed(snapshot(number)) for kind, count in w.uses.served.items() if count
    }
    assert found == dict(wanted)


# Which Gateways are waypoints.

INGRESS = Gateway(namespace="app", name="edge", class_name="istio", listeners=(Listener(port=80, protocol="HTTP"),))


@pytest.mark.parametrize(
    ("gateway", "of_class"),
    [
        (structs.replace(INGRESS, class_name="istio-waypoint"), None),
        (structs.replace(INGRESS, class_name="istio-agentgateway-waypoint"), None),
        (structs.replace(INGRESS, inbound_binding="PROXY/15088"), None),
        (INGRESS, GatewayClass(name="istio", inbound_binding="PROXY")),
        (INGRESS, GatewayClass(name="istio", controller="istio.io/mesh-controller")),
    ],
    ids=["istio-waypoint", "agentgateway", "sandwich", "class of sandwiches", "controller"],
)
def test_what_is_a_waypoint(gateway: Gateway, of_class: GatewayClass | None) -> None:
    classes = {of_class.name: of_class} if of_class else {}
    assert [w.gateway.name for w in listed(a_mesh(gateway, gateway_classes=classes))] == ["edge"]


def test_an_ingress_gateway_is_listed_only_where_something_names_it() -> None:
    assert listed(a_mesh(INGRESS)) == []
    named = {"app": Namespace(name="app", labels={USE: "edge"})}
    found = one(a_mesh(structs.replace(INGRESS, addresses=("10.0.0.8",)), namespaces=named))
    assert not found.answers_hbone
    assert "GatewayIsNoWaypoint" in [finding.code for finding in findings_of(found)]


def test_a_namespace_shows_its_own_only() -> None:
    far = structs.replace(WP, namespace="far")
    assert [w.gateway.key for w in listed(a_mesh(WP, far))] == ["app/wp", "far/wp"]
    assert [w.gateway.key for w in listed(a_mesh(WP, far), "far")] == ["far/wp"]


# What is told of one.


def test_a_healthy_one() -> None:
    conditions = (Condition(type="Programmed", status="True", generation=2),)
    found = one(a_mesh(structs.replace(WP, conditions=conditions, generation=2)))
    assert (found.takes.word, found.programmed, found.ready, found.pods) == ("service", True, 1, 1)
    assert (found.routes.allowed_from, found.uses.namespaces) == ("Same", 1)
    assert findings_of(found) == ()


def test_a_condition_of_an_older_gateway_tells_nothing() -> None:
    conditions = (Condition(type="Programmed", status="True", generation=1),)
    assert one(a_mesh(structs.replace(WP, conditions=conditions, generation=2))).programmed is None


def test_the_traffic_type_is_the_labels_then_the_classs_then_service() -> None:
    classes = {"istio-waypoint": GatewayClass(name="istio-waypoint", labels={FOR: "all"})}
    labelled = structs.replace(WP, labels={FOR: "workload"})
    assert one(a_mesh(WP)).takes.word == "service"
    assert one(a_mesh(WP, gateway_classes=classes)).takes.word == "all"
    assert one(a_mesh(labelled, gateway_classes=classes)).takes.word == "workload"


def test_the_routes_are_those_of_the_listener_that_counts() -> None:
    selector = LabelSelector(match_labels={"team": "a"})
    chosen = structs.replace(HBONE, allowed_from="Selector", selector=selector)
    other = Listener(name="proxy", port=15088, protocol="istio.io/PROXY", allowed_from="All")
    gateway = structs.replace(WP, listeners=(other, chosen))
    assert one(a_mesh(gateway)).routes.selector == selector
    assert one(a_mesh(structs.replace(gateway, inbound_binding="PROXY/15088"))).routes.allowed_from == "All"
    assert one(a_mesh(structs.replace(WP, listeners=(other,)))).routes.allowed_from == "Same"


def test_users_that_could_not_be_read_are_not_counted_as_none() -> None:
    found = one(a_mesh(WP, namespaces={"app": FORBIDDEN}, services=FORBIDDEN))
    assert (found.uses.namespaces, found.uses.served["Service"], found.uses.served["Pod"]) == (None, None, 0)
    assert found.uses.canaries is None
    assert not found.uses.nobody
    assert one(a_mesh(WP, instances={"app": FORBIDDEN})).pods is None


def test_a_canary_is_used() -> None:
    labels = {USE: "wp", "istio.io/use-waypoint-canary": "next"}
    cart = [service(labels), service({**labels, "istio.io/use-waypoint-canary": "wp"}, name="same")]
    mesh = a_mesh(WP, structs.replace(WP, name="next"), namespaces={"app": Namespace(name="app")}, services=cart)
    for version, canaries in (("1.31.0", 1), ("1.30.3", 0)):
        following, wp = listed(altered(mesh, istiods=[istiod(version)]))
        assert (wp.uses.served["Service"], wp.uses.canaries) == (2, 0)
        assert (following.uses.canaries, following.uses.nobody) == (canaries, not canaries)
        assert used_by(following.uses) == ("1 canary" if canaries else "-")


# Who owns it.


@pytest.mark.parametrize(
    ("gateway", "namespace", "owner"),
    [
        ({}, {}, ("default", "Deployment/istio-system/istiod", False)),
        ({}, {REV: "1-30"}, ("1-30", "Deployment/istio-system/istiod-1-30", False)),
        ({REV: "prod"}, {REV: "default"}, ("prod", "Deployment/istio-system/istiod-1-30", False)),
        ({REV: "1-29"}, {}, ("1-29", None, True)),
    ],
    ids=["default", "the namespace's", "a tag of its own", "none has it"],
)
def test_the_istiod_that_owns_it(
    gateway: dict[str, str], namespace: dict[str, str], owner: tuple[str, str | None, bool]
) -> None:
    mesh = a_mesh(structs.replace(WP, labels=gateway), namespaces={"app": Namespace(name="app", labels=namespace)})
    canary = Istiod(namespace="istio-system", name="istiod-1-30", revision="1-30")
    mesh = altered(
        mesh,
        istiods=[*mesh.istiods, canary],  # type: ignore[misc]
        webhooks=[Webhook(configuration="tag", name="w", revision="1-30", tag="prod")],
    )
    found = one(mesh).owner
    assert (found.revision, found.istiod, found.missing) == owner


def test_an_owner_that_could_not_be_read_is_not_missing() -> None:
    assert one(altered(a_mesh(WP), istiods=FORBIDDEN)).owner.missing is False
    assert one(a_mesh(WP, namespaces={"app": FORBIDDEN})).owner.revision is None


# Findings.


def test_a_dead_one() -> None:
    sick = pod({GATEWAY_NAME: "wp"}, name="wp-1", ready=False)
    found = one(a_mesh(WP, instances=[sick]))
    assert (found.ready, found.pods) == (0, 1)
    assert codes(a_mesh(WP, instances=[sick])) == ["WaypointDead"]
    assert needs_attention(found)


def test_one_without_address() -> None:
    young = structs.replace(WP, addresses=())
    assert codes(a_mesh(young)) == ["WaypointWithoutAddress"]
    gone = a_mesh(structs.replace(young, labels={REV: "gone"}), webhooks=[])
    assert codes(gone) == ["WaypointNotHandled", "WaypointWithoutAddress"]
    assert "no istiod has the revision gone" in findings_of(one(gone))[0].message
    assert codes(altered(gone, webhooks=FORBIDDEN)) == ["WaypointWithoutAddress"], "a tag may stand for one"


WAITING = Condition(type="Programmed", status="Unknown", message="Waiting for controller.")


@pytest.mark.parametrize(
    ("pods", "conditions", "why"),
    [
        ([proxy(ready=False)], (WAITING,), " (none of its pods was Ready so far)"),
        ([proxy()], (WAITING,), " (Waiting for controller)"),
        ([], (WAITING,), " (Waiting for controller)"),
        (FORBIDDEN, (WAITING,), " (Waiting for controller)"),
        ([proxy()], (structs.replace(WAITING, status="True"),), ""),
        ([], (), ""),
    ],
)
def test_why_there_is_no_address(pods: list[Pod] | Unread, conditions: tuple[Condition, ...], why: str) -> None:
    mesh = a_mesh(structs.replace(WP, addresses=(), conditions=conditions), instances=pods)
    told = findings_of(one(mesh))[-1]
    assert told.message == f"it has no address yet{why}: what names it goes direct"
    binding = bind(service({USE: "wp"}), mesh)
    assert f"Gateway app/wp has no address yet{why.replace(' (', ': ').replace(')', '')}." in binding.message


def test_a_gateway_that_is_no_waypoint_and_has_no_address_harms_nobody_yet() -> None:
    named = {"app": Namespace(name="app", labels={USE: "edge"})}
    found = {f.code: f.message for f in findings_of(one(a_mesh(INGRESS, namespaces=named)))}
    assert set(found) == {"WaypointWithoutAddress", "GatewayIsNoWaypoint"}
    assert "as soon as it has an address istiod accepts it" in found["GatewayIsNoWaypoint"]
    (ready,) = findings_of(one(a_mesh(structs.replace(INGRESS, addresses=("10.0.0.8",)), namespaces=named)))
    assert "istiod accepts it all the same, and connections fail there" in ready.message


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Service", "service"), ("", "service"), ("services", "service"), ("All", "all"), ("workloads", "workload")],
)
def test_a_traffic_type_that_istio_does_not_know(word: str, meant: str) -> None:
    (told,) = findings_of(one(a_mesh(structs.replace(WP, labels={FOR: word}))))
    assert told.code == "WaypointForUnknown"
    assert line(told.fix) == f"kubectl label gateway wp -n app istio.io/waypoint-for={meant} --overwrite"


@pytest.mark.parametrize("word", ["service", "workload", "all", "none"])
def test_those_that_it_knows(word: str) -> None:
    assert codes(a_mesh(structs.replace(WP, labels={FOR: word}))) == []


def test_nobody_uses_it() -> None:
    mesh = a_mesh(WP, namespaces={"app": Namespace(name="app")})
    assert codes(mesh) == ["WaypointUnused"]
    assert not needs_attention(one(mesh))
    (told,) = findings_of(one(mesh))
    assert line(told.fix) == "kubectl ambient waypoint enable ns app --waypoint wp"


@pytest.mark.parametrize(
    "unfit", [{"labels": {FOR: "none"}}, {"addresses": ()}, {"name": "none"}, {"listeners": ()}], ids=str
)
def test_nobody_is_to_use_one_that_enable_refuses(unfit: dict[str, Any]) -> None:
    gateway = structs.replace(WP, **unfit)
    waypoint = one(a_mesh(gateway, namespaces={"app": Namespace(name="app")}))
    (told,) = (finding for finding in findings_of(waypoint) if finding.code == "WaypointUnused")
    assert line(told.fix) is None


def test_objects_that_it_refuses() -> None:
    cart = Service(namespace="app", name="cart", cluster_ips=("10.0.0.1",))
    far = Service(
        namespace="far", name="cart", labels={USE: "wp", f"{USE}-namespace": "app"}, cluster_ips=("10.0.0.2",)
    )
    bank = ServiceEntry(namespace="far", name="bank", labels=far.labels, hosts=("bank.example",))
    namespaces = {**USED, "far": Namespace(name="far")}
    mesh = a_mesh(WP, namespaces=namespaces, services=[cart, far], service_entries=[bank])
    found = one(mesh)
    assert (found.uses.served["Service"], found.uses.refused) == (1, {"AttachmentDenied": [far, bank]})
    (told,) = findings_of(found)
    assert (told.code, told.severity) == ("WaypointRefuses", "warning")
    assert told.message == (
        "2 objects name it and are not served, so traffic there goes direct: "
        "Service/far/cart, ServiceEntry/far/bank (AttachmentDenied)"
    )
    assert line(told.fix) == "kubectl ambient waypoint explain service cart -n far"


def test_pods_that_inherit_a_waypoint_for_services_are_not_refused() -> None:
    workload = Pod(namespace="app", name="web", phase="Running", has_ip=True)
    mesh = altered(a_mesh(WP), pods=[workload])
    assert one(mesh).uses.refused == {}
    assert codes(mesh) == []
