"""What holds for every mesh."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.cluster.facts import LabelSelector, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target
from tests.mesh.builders import pod
from tests.mesh.l7_builders import (
    EVERY,
    FOR,
    USE,
    USE_NS,
    gateway,
    mesh,
    service,
    service_entry,
    workload_entry,
)
from tests.snapshots import altered

NAMES = st.sampled_from(["wp", "other", "missing", ""])
PLACES = st.sampled_from(["app", "infra", ""])
USES = st.dictionaries(st.sampled_from([USE, USE_NS]), st.one_of(NAMES, PLACES, st.just("none")))
TARGETS: st.SearchStrategy[Target] = st.builds(
    lambda make, labels: make(labels),
    st.sampled_from([service, service_entry, pod, workload_entry]),
    st.builds(
        lambda use, more: {**use, **more},
        USES,
        st.dictionaries(
            st.sampled_from(["gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed"]),
            st.sampled_from(["wp", "istio.io-mesh-controller", "istio.io-eastwest-controller"]),
        ),
    ),
)
LISTENERS = st.builds(
    Listener,
    port=st.sampled_from([15008, 80]),
    protocol=st.sampled_from(["HBONE", "HTTP", "istio.io/PROXY"]),
    allowed_from=st.sampled_from(["All", "Same", "Selector", None]),
    selector=st.sampled_from([LabelSelector(), LabelSelector(match_labels={"a": "b"}), None]),
)
GATEWAYS = st.builds(
    gateway,
    st.sampled_from(["wp", "other"]),
    st.sampled_from(["app", "infra"]),
    labels=st.dictionaries(st.just(FOR), st.sampled_from(["all", "service", "workload", "none", ""])),
    listeners=st.lists(LISTENERS, max_size=2).map(tuple),
    addresses=st.sampled_from([(), ("10.0.0.1",)]),
    inbound_binding=st.sampled_from([None, "PROXY", "PROXY/80", "NONE"]),
)


@st.composite
def meshes(draw: st.DrawFn) -> tuple[Target, Snapshot]:
    """One object in a mesh, at some version or none that is known."""
    target = draw(TARGETS)
    gateways = draw(st.lists(GATEWAYS, max_size=3, unique_by=lambda g: g.key))
    fields: dict[str, Any] = {}
    if draw(st.integers(0, 4)) == 0:
        fields["istiods"] = Unread(what="list deployments of istiod", why="forbidden")
    if draw(st.integers(0, 4)) == 0:
        fields["namespaces"] = {}
    labels, version = draw(USES), draw(st.sampled_from(EVERY))
    return target, mesh(target, namespace=labels, version=version, gateways=tuple(gateways), **fields)


@settings(deadline=None)
@given(meshes())
def test_accepted_means_a_waypoint_and_nothing_else_does(case: tuple[Target, Snapshot]) -> None:
    target, snapshot = case
    found = WaypointJudge(snapshot).of(target)
    assert (found.reason == WaypointReason.ACCEPTED) == (found.waypoint is not None)
    assert found.waypoint in (None, found.named)
    assert found.waypoint is None or snapshot.gateways.facts[found.waypoint].addresses


@settings(deadline=None)
@given(meshes())
def test_none_never_gives_a_waypoint(case: tuple[Target, Snapshot]) -> None:
    target, snapshot = case
    opted_out: Target = structs.replace(target, labels={**target.labels, USE: "none"})
    found = WaypointJudge(snapshot).of(opted_out)
    assert found.waypoint is None
    assert found.reason in ("OptedOut", "IsGateway")


@settings(deadline=None)
@given(meshes(), USES)
def test_a_label_on_the_object_beats_the_namespace(case: tuple[Target, Snapshot], labels: dict[str, str]) -> None:
    target, snapshot = case
    labelled: Target = structs.replace(target, labels={USE: "wp", **target.labels})
    home = snapshot.namespaces.get("app")
    if home is None or isinstance(home, Unread):
        return
    elsewhere = altered(snapshot, namespaces={"app": structs.replace(home, labels=labels)})
    here, there = WaypointJudge(snapshot).of(labelled), WaypointJudge(elsewhere).of(labelled)
    # Not the evidence: what a waypoint admits may hang on the namespace's labels, which are then shown.
    assert (here.waypoint, here.reason, here.named, here.inherited_from) == (
        there.waypoint,
        there.reason,
        there.named,
        there.inherited_from,
    )


@settings(deadline=None)
@given(meshes(), GATEWAYS)
def test_unrelated_gateways_change_nothing(case: tuple[Target, Snapshot], other: Gateway) -> None:
    target, snapshot = case
    stranger = structs.replace(other, name="stranger")
    more = altered(snapshot, gateways=[*snapshot.gateways, stranger])
    assert WaypointJudge(more).of(target) == WaypointJudge(snapshot).of(target)


@settings(deadline=None)
@given(meshes())
def test_less_evidence_never_changes_the_answer_only_hides_it(case: tuple[Target, Snapshot]) -> None:
    target, snapshot = case
    whole = WaypointJudge(snapshot).of(target)
    refused = Unread(what="list gateways", why="forbidden")
    for less in (
        altered(snapshot, gateways=refused),
        altered(snapshot, gateway_classes=refused),
        altered(snapshot, namespaces={}),
        altered(snapshot, istiods=refused),
    ):
        found = WaypointJudge(less).of(target)
        # Without the version, only the waypoint has to be the same: the word for none may differ.
        assert (
            found.reason == WaypointReason.EVIDENCE_MISSING
            or found.waypoint == whole.waypoint
            or whole.reason == WaypointReason.EVIDENCE_MISSING
        )


@settings(deadline=None)
@given(meshes())
def test_the_trace_tells_what_decides(case: tuple[Target, Snapshot]) -> None:
    target, snapshot = case
    judge = WaypointJudge(snapshot)
    found = judge.of(target, trace=True)
    assert structs.replace(found, steps=()) == judge.of(target)
    deciding = [step for step in found.steps if step.outcome in ("out", "unknown")]
    assert bool(deciding) == (found.waypoint is None)
    assert all(step.message and not step.message.endswith(".") for step in found.steps)
