"""Whose a waypoint is, and what keeps that istiod from handling it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, EnvVar, Namespace, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap, Istiod, Webhook
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.waypoint.explained import explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import waypoints
from kubectl_ambient.mesh.waypoint.list_findings import findings_of
from tests.lines import line
from tests.snapshots import altered

from .l7_builders import FOR, WP, a_mesh, proxy, service, use

REV = "istio.io/rev"
WAITING = Condition(type="Programmed", status="Unknown", reason="Pending", message="Waiting for controller")
YOUNG = structs.replace(WP, addresses=(), conditions=(WAITING,))
SELECTORS = "discoverySelectors:\n- matchLabels:\n    mesh: discovered\n"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def istiod(revision: str = "default", *, ambient: str | None = "true", ready: int | None = 1) -> Istiod:
    env = [EnvVar(name="REVISION", value=revision)]
    if ambient is not None:
        env.append(EnvVar(name="PILOT_ENABLE_AMBIENT", value=ambient))
    container = AgentContainer(image="docker.io/istio/pilot:1.30.3", env=tuple(env))
    name = "istiod" if revision == "default" else f"istiod-{revision}"
    return Istiod(namespace="istio-system", name=name, revision=revision, container=container, ready=ready)


def scene(gateway: Gateway = YOUNG, *istiods: Istiod, **parts: Any) -> Snapshot:
    """Service cart, of namespace app whose label names `wp`, and these control planes."""
    settings = {"istiods": list(istiods or (istiod(),)), "webhooks": [], "services": [service()]}
    return altered(a_mesh(gateway), **{**settings, **parts})


def of_list(mesh: Snapshot) -> list[Finding]:
    return [f for w in waypoints(WaypointJudge(mesh)) for f in findings_of(w) if f.code.startswith("WaypointNot")]


def of_service(mesh: Snapshot) -> list[Finding]:
    binding = WaypointJudge(mesh).of(next(iter(mesh.services)))
    return [f for f in binding.findings if f.code in ("WaypointNotHandled", "WaypointNotDiscovered")]


def steps(mesh: Snapshot) -> list[str | None]:
    return [line(fix.command) for fix in explain(WaypointJudge(mesh), next(iter(mesh.services))).fixes]


def test_the_default_istiod_without_ambient_beside_a_canary_that_has_it() -> None:
    """istio/istio#52438: an unlabelled waypoint is the default revision's, which knows none."""
    mesh = scene(YOUNG, istiod(ambient=None), istiod("canary"))
    (told,) = of_list(mesh)
    assert told.message == (
        "it belongs to Deployment/istio-system/istiod (revision default), which runs without ambient and knows no "
        "waypoint"
    )
    give = "kubectl label gateway wp -n app istio.io/rev=canary"
    assert (told.code, told.severity, line(told.fix)) == ("WaypointNotHandled", "error", give)
    (seen,) = of_service(mesh)
    assert seen.message.endswith("; until an istiod handles it, what names it goes direct")
    assert steps(mesh) == [give], "nothing else helps before that"
    labelled = structs.replace(YOUNG, labels={REV: "old"})
    mesh = scene(labelled, istiod("old", ambient="false"), istiod("canary"))
    assert line(of_list(mesh)[0].fix) == f"{give} --overwrite"


@pytest.mark.parametrize(
    "others",
    [(), (istiod("one"), istiod("two")), (istiod("one", ready=0),), (istiod("one", ambient="false"),)],
    ids=["no other", "which of two", "not Ready", "without ambient"],
)
def test_it_is_given_to_the_one_istiod_that_can_only(others: tuple[Istiod, ...]) -> None:
    (told,) = of_list(scene(YOUNG, istiod(ambient="false"), *others))
    assert line(told.fix) == "kubectl describe deployment istiod -n istio-system"


@pytest.mark.parametrize(
    "mesh",
    [
        scene(YOUNG, istiod(), instances=[]),
        scene(YOUNG, istiod(ready=None), instances=[]),
        scene(YOUNG, structs.replace(istiod(), container=None)),
        scene(WP, istiod()),
        scene(structs.replace(YOUNG, class_name="kgateway"), istiod(ambient="false")),
        scene(YOUNG, istiods=Unread(what="list deployments", why="forbidden")),
        scene(structs.replace(YOUNG, labels={REV: "prod"}), istiod("x"), webhooks=Unread(what="w", why="forbidden")),
    ],
    ids=["young", "not counted", "env unseen", "healthy", "another class", "istiods unread", "tags unread"],
)
def test_where_an_istiod_handles_it_or_it_is_not_known_there_is_nothing_to_tell(mesh: Snapshot) -> None:
    if mesh.istiods.facts and next(iter(mesh.istiods)).container is None:
        mesh = altered(mesh, instances=[])
    assert of_list(mesh) == []
    assert of_service(mesh) == []


def test_the_class_tells_whose_it_is() -> None:
    custom = structs.replace(YOUNG, class_name="mine")
    classes = [GatewayClass(name="mine", controller="istio.io/mesh-controller")]
    assert len(of_list(scene(custom, istiod(ambient="false"), gateway_classes=classes))) == 1


def test_a_tag_stands_for_its_revision() -> None:
    tag = Webhook(configuration="istio-revision-tag-prod", name="w", revision="canary", tag="prod")
    mesh = scene(structs.replace(YOUNG, labels={REV: "prod"}), istiod("canary", ready=0), webhooks=[tag])
    (told,) = of_list(mesh)
    assert (
        "belongs to Deployment/istio-system/istiod-canary (revision canary, by tag prod), of which no pod"
        in told.message
    )
    by_default = Webhook(configuration="istio-revision-tag-default", name="w", revision="canary", tag="default")
    assert of_list(scene(YOUNG, istiod("canary"), webhooks=[by_default], instances=[])) == []


def test_waiting_for_a_controller_while_a_proxy_is_ready() -> None:
    """istio/istio#53637: it was handled before, and is no more."""
    mesh = scene()
    (told,) = of_list(mesh)
    assert "has a proxy that is Ready, and no istiod handles it now" in told.message
    assert "(revision default), which has ambient on and is Ready" in told.message
    assert line(told.fix) == "kubectl logs deployment/istiod -n istio-system --since=1h | grep wp"
    assert len(of_service(mesh)) == 1
    ready = {"ready_since": NOW - timedelta(seconds=10)}
    assert of_list(altered(mesh, instances=[proxy(**ready)], now=NOW)) == [], "istiod writes it in a moment"
    ready = {"ready_since": NOW - timedelta(minutes=10)}
    assert len(of_list(altered(mesh, instances=[proxy(**ready)], now=NOW))) == 1
    assert of_list(altered(mesh, instances=[proxy(ready=False)])) == [], "it waits for its proxy"
    told_by_istiod = structs.replace(YOUNG, conditions=(structs.replace(WAITING, status="False"),))
    assert of_list(scene(told_by_istiod)) == []
    assert of_list(scene(structs.replace(YOUNG, conditions=()))) == [], "in Git a Gateway has no status"


def test_one_that_has_an_address_goes_on() -> None:
    (told,) = of_list(scene(WP, istiod(ready=0)))
    assert told.severity == "warning"
    assert told.message.endswith("; it goes on as it was, and no change of it is heeded")
    assert of_service(scene(WP, istiod(ready=0))) == []


def discovered(labels: dict[str, str], gateway: Gateway = YOUNG, selectors: str = SELECTORS, **parts: Any) -> Snapshot:
    config = ConfigMap(namespace="istio-system", name="istio", data={"mesh": selectors})
    home = Namespace(name="app", labels={**use("wp"), **labels})
    return scene(gateway, mesh_configs=[config], namespaces={"app": home}, **parts)


@pytest.mark.parametrize("gateway", [YOUNG, WP], ids=["never programmed", "programmed before"])
def test_a_namespace_that_istiod_does_not_look_at(gateway: Gateway) -> None:
    mesh = discovered({}, gateway)
    label = "kubectl label namespace app mesh=discovered"
    (told,) = of_list(mesh)
    assert (told.code, told.severity, line(told.fix)) == ("WaypointNotDiscovered", "error", label)
    assert {e.object for e in told.evidence} == {"ConfigMap/istio-system/istio", "Namespace/app"}
    binding = WaypointJudge(mesh).of(next(iter(mesh.services)), trace=True)
    assert (binding.waypoint, binding.reason) == (None, "NotServed")
    assert [s.outcome for s in binding.steps][:2] == ["out", "skipped"]
    assert len(of_service(mesh)) == 1
    assert steps(mesh) == [label]


@pytest.mark.parametrize(
    "mesh",
    [
        discovered({"mesh": "discovered"}, WP),
        discovered({}, WP, selectors="accessLogFile: /dev/stdout\n"),
        scene(WP, mesh_configs=Unread(what="list configmaps", why="forbidden")),
        discovered({}, WP, istiods=[istiod(), istiod("wide")]),
    ],
    ids=["selected", "no selectors", "unread", "another istiod looks, or may"],
)
def test_a_namespace_that_istiod_looks_at_or_may(mesh: Snapshot) -> None:
    assert [f.code for f in of_list(mesh)] == []
    assert WaypointJudge(mesh).of(next(iter(mesh.services))).waypoint == "app/wp"


def test_a_waypoint_in_a_namespace_that_istiod_does_not_look_at() -> None:
    far = structs.replace(WP, namespace="infra", listeners=(structs.replace(WP.listeners[0], allowed_from="All"),))
    names = {
        "app": Namespace(name="app", labels={**use("wp", "infra"), "mesh": "discovered"}),
        "infra": Namespace(name="infra"),
    }
    mesh = altered(discovered({}, far), namespaces=names, instances=[proxy(namespace="infra")])
    binding = WaypointJudge(mesh).of(next(iter(mesh.services)), trace=True)
    assert (binding.waypoint, binding.reason) == (None, "WaypointIsNotReady")
    assert "istiod does not look at namespace infra" in binding.message
    assert [f.code for f in binding.findings] == ["WaypointNotUsed", "WaypointNotDiscovered"]
    assert steps(mesh) == ["kubectl label namespace infra mesh=discovered"]
    seen = altered(mesh, namespaces={**names, "infra": Namespace(name="infra", labels={"mesh": "discovered"})})
    assert WaypointJudge(seen).of(next(iter(seen.services))).waypoint == "infra/wp"


def test_what_is_taken_for_granted_without_the_settings_of_the_mesh() -> None:
    mesh = scene(WP, mesh_configs=Unread(what="list configmaps", why="forbidden"))
    assert "istiod is taken to look at every namespace: cannot list configmaps: forbidden" in (
        WaypointJudge(mesh).assumptions
    )


def test_pods_of_a_waypoint_that_was_deployed_by_hand_are_not_known() -> None:
    """istio/istio#53473: its pods have the labels that their author chose."""
    by_hand = structs.replace(WP, managed=False, labels={FOR: "all"})
    (found,) = waypoints(WaypointJudge(scene(by_hand, instances=[])))
    assert (found.ready, found.pods) == (None, None)
    (found,) = waypoints(WaypointJudge(scene(by_hand)))
    assert (found.ready, found.pods) == (1, 1), "where they have the label they are"
    (found,) = waypoints(WaypointJudge(scene(structs.replace(WP, class_name="kgateway"), instances=[])))
    assert (found.ready, found.pods) == (None, None)
    (found,) = waypoints(WaypointJudge(scene(WP, instances=[])))
    assert (found.ready, found.pods) == (0, 0)


INGRESS = {"istio.io/ingress-use-waypoint": "true"}
SHARED = {"istio.io/global": "true", **INGRESS}
PEER = Gateway(namespace="istio-system", name="peer", class_name="istio-remote")


@pytest.mark.parametrize(
    ("labels", "version", "peers", "severity"),
    [
        (SHARED, "1.30.3", True, "warning"),
        (SHARED, "1.29.6", True, "warning"),
        (SHARED, "1.28.10", False, "info"),
        (SHARED, "1.30.4", True, None),
        (SHARED, "1.29.7", True, None),
        (SHARED, "1.31.0", True, None),
        (SHARED, "1.26.8", True, None),
        (INGRESS, "1.30.3", True, None),
        ({"istio.io/global": "true"}, "1.30.3", True, None),
    ],
)
def test_an_ingress_gateway_past_the_waypoint_of_what_clusters_share(
    labels: dict[str, str], version: str, peers: bool, severity: str | None
) -> None:
    container = AgentContainer(image=f"docker.io/istio/pilot:{version}")
    one = structs.replace(istiod(), container=container)
    gateways = {g.key: g for g in (WP, *((PEER,) if peers else ()))}
    mesh = scene(WP, one, services=[service(labels)], gateways=gateways)
    found = WaypointJudge(mesh).of(next(iter(mesh.services))).findings
    assert [f.severity for f in found if f.code == "IngressPassesWaypoint"] == ([severity] if severity else [])
