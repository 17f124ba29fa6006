"""Every sentence of the reference's parts 4.1 and 4.2 that objects decide, each named by its words."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Requirement, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass, Listener
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target
from tests.mesh.builders import pod
from tests.mesh.l7_builders import (
    EVERY,
    FOR,
    SINCE_123,
    WAYPOINT_CLASS,
    admitting,
    bind,
    codes,
    gateway,
    istiod,
    mesh,
    proxy,
    service,
    service_entry,
    use,
    workload_entry,
)
from tests.snapshots import found as found_of

WP = use("wp")
ALL = {FOR: "all"}
FOUR: tuple[Target, ...] = (service(), service_entry(), pod(), workload_entry())
MANAGED = "gateway.istio.io/managed"
BINDING = "ambient.istio.io/waypoint-inbound-binding"
PROXY_LISTENER = Listener(name="proxy", port=15088, protocol="istio.io/PROXY", allowed_from="All")


def with_labels(target: Target, labels: dict[str, str]) -> Target:
    return structs.replace(target, labels=labels)


def answer(binding: Binding) -> tuple[str | None, str]:
    return binding.waypoint, binding.reason


@pytest.mark.parametrize("target", FOUR, ids=lambda t: type(t).__name__)
class Test41ForAnObjectX:
    """4.1, for a Pod, WorkloadEntry, Service and ServiceEntry alike."""

    def test_none_means_no_waypoint_and_the_namespace_label_is_not_consulted(self, target: Target) -> None:
        found = bind(with_labels(target, use("none")), namespace=WP, gateways=(gateway(labels=ALL),))
        assert (*answer(found), found.inherited_from) == (None, "OptedOut", None)

    def test_any_other_value_is_exactly_that_waypoint(self, target: Target) -> None:
        both = (gateway(labels=ALL), gateway("own", labels=ALL))
        found = bind(with_labels(target, use("own")), namespace=WP, gateways=both)
        assert (*answer(found), found.inherited_from) == ("app/own", "WaypointAccepted", None)

    def test_a_present_label_counts_even_when_empty(self, target: Target) -> None:
        for labels in (use(""), use("wp", "")):
            found = bind(with_labels(target, labels), namespace=WP, gateways=(gateway(labels=ALL),))
            assert answer(found) == (None, "WaypointIsNotReady")

    def test_in_use_waypoint_namespace_of_x_if_present(self, target: Target) -> None:
        far = gateway(namespace="infra", labels=ALL, listeners=admitting("All"))
        assert bind(with_labels(target, use("wp", "infra")), gateways=(far,)).waypoint == "infra/wp"

    def test_there_is_no_fallback_to_the_namespaces_waypoint(self, target: Target) -> None:
        found = bind(with_labels(target, use("bogus")), namespace=WP, gateways=(gateway(labels=ALL),))
        assert answer(found) == (None, "WaypointIsNotReady")

    def test_else_the_namespaces_with_its_own_use_waypoint_namespace(self, target: Target) -> None:
        far = gateway(namespace="infra", labels=ALL, listeners=admitting("All"))
        found = bind(target, namespace=use("wp", "infra"), gateways=(gateway(labels=ALL), far))
        assert (found.waypoint, found.inherited_from) == ("infra/wp", "Namespace/app")

    def test_none_there_is_nothing(self, target: Target) -> None:
        found = bind(target, namespace=use("none"))
        assert (*answer(found), found.inherited_from) == (None, "OptedOut", "Namespace/app")

    def test_else_nothing(self, target: Target) -> None:
        assert answer(bind(target)) == (None, "NotLabeled")


def test_41_a_pods_waypoint_and_a_services_are_computed_independently() -> None:
    labelled, plain = pod(WP), service(selector={"app": "web"})
    snapshot = mesh(labelled, plain, gateways=(gateway(labels=ALL),))
    judge = WaypointJudge(snapshot)
    assert (judge.of_pod(labelled).waypoint, judge.of_service(plain).waypoint) == ("app/wp", None)


def test_41_a_service_of_type_external_name_is_ignored() -> None:
    assert answer(bind(service(WP, type="ExternalName"))) == (None, "NotServed")


def test_41_waypoint_services_never_get_a_waypoint() -> None:
    for version in EVERY:
        found = bind(service({MANAGED: "istio.io-mesh-controller"}), namespace=WP, version=version)
        assert (*answer(found), found.inherited_from) == (None, "IsGateway", None)


def test_41_east_west_gateway_services_never_get_one_from_1_27_on() -> None:
    labels = {MANAGED: "istio.io-eastwest-controller"}
    found = {v: bind(service(labels), namespace=WP, version=v).waypoint for v in EVERY}
    assert found == {v: None if EVERY.index(v) >= EVERY.index("1.27.0") else "app/wp" for v in EVERY}


def test_41_other_managed_services_do() -> None:
    assert bind(service({MANAGED: "istio.io-gateway-controller"}), namespace=WP).waypoint == "app/wp"


def test_41_a_pod_that_is_an_instance_of_a_waypoint_gateway_is_exempt() -> None:
    ready = gateway(labels=ALL)
    assert answer(bind(proxy(), namespace=WP, gateways=(ready,))) == (None, "IsGateway")
    # By its own namespace's Gateways, and only by one that has an address.
    other = gateway("other", addresses=())
    for gateways in ((ready, other), (ready, gateway("other", "infra"))):
        assert bind(proxy("other"), namespace=WP, gateways=gateways).waypoint == "app/wp"
    vm = workload_entry({"gateway.networking.k8s.io/gateway-name": "wp"})
    assert answer(bind(vm, namespace=WP, gateways=(ready,))) == (None, "IsGateway")


@pytest.mark.parametrize("fields", [{"phase": "Succeeded"}, {"phase": "Failed"}, {"has_ip": False}])
def test_pods_that_istiod_does_not_keep(fields: dict[str, object]) -> None:
    assert answer(bind(pod(WP, **fields), gateways=(gateway(labels=ALL),))) == (None, "NotServed")


def test_42_a_gateway_becomes_a_waypoint_when_it_has_an_address() -> None:
    assert answer(bind(service(WP), gateways=(gateway(addresses=()),))) == (None, "WaypointIsNotReady")
    assert answer(bind(service(WP), gateways=(gateway(conditions=()),))) == ("app/wp", "WaypointAccepted")


def test_42_later_loss_of_all_pods_does_not_unbind() -> None:
    off = Condition(type="Programmed", status="False", message="no instances found")
    found = bind(service(WP), gateways=(gateway(conditions=(off,)),))
    assert (found.waypoint, codes(found)) == ("app/wp", ["WaypointDead"])
    assert "no instances found" in found.findings[0].message


def test_42_the_class_is_not_checked() -> None:
    listeners = (Listener(name="http", port=80, protocol="HTTP"),)
    found = bind(service(WP), gateways=(gateway(class_name="istio", listeners=listeners),))
    assert (found.waypoint, codes(found)) == ("app/wp", ["GatewayIsNoWaypoint"])


def traffic(word: str | None, of_class: str | None, version: str = "1.30.3") -> tuple[bool, bool]:
    """Whether a Service and a labelled Pod get the waypoint."""
    classes = (structs.replace(WAYPOINT_CLASS, labels={} if of_class is None else {FOR: of_class}),)
    gateways = (gateway(labels={} if word is None else {FOR: word}),)
    found = (bind(t, gateways=gateways, classes=classes, version=version) for t in (service(WP), pod(WP)))
    return tuple(b.waypoint is not None for b in found)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("word", "of_class", "expected"),
    [
        (None, None, (True, False)),
        ("service", None, (True, False)),
        ("workload", None, (False, True)),
        ("all", None, (True, True)),
        ("none", None, (False, False)),
        ("", None, (False, False)),
        ("Service", None, (False, False)),
        ("bogus", "all", (False, False)),
        ("", "all", (False, False)),
        (None, "workload", (False, True)),
        ("service", "workload", (True, False)),
    ],
)
def test_42_traffic_type(word: str | None, of_class: str | None, expected: tuple[bool, bool]) -> None:
    assert traffic(word, of_class) == expected


def test_42_the_label_of_the_class_counts_from_1_23_on() -> None:
    assert traffic(None, "workload", "1.22.0") == (True, False)
    assert all(traffic(None, "workload", version) == (False, True) for version in SINCE_123)


def test_42_the_first_failing_check_gives_the_reason() -> None:
    wrong = gateway(namespace="infra", addresses=(), labels={FOR: "workload"}, listeners=admitting("Same"))
    with_address = structs.replace(wrong, addresses=("10.0.0.1",))
    admitted = structs.replace(with_address, listeners=admitting("All"))
    found = [bind(service(use("wp", "infra")), gateways=(g,)).reason for g in (wrong, with_address, admitted)]
    assert found == ["WaypointIsNotReady", "AttachmentDenied", "UnsupportedTrafficType"]


def attached(
    listeners: tuple[Listener, ...],
    binding: str | None = None,
    of_class: str | None = None,
    version: str = "1.30.3",
    namespace: dict[str, str] | None = None,
) -> bool:
    """Whether namespace app may attach to a waypoint of namespace infra."""
    far: Gateway = gateway(namespace="infra", listeners=listeners, inbound_binding=binding)
    classes: tuple[GatewayClass, ...] = (structs.replace(WAYPOINT_CLASS, inbound_binding=of_class),)
    target = service(use("wp", "infra"))
    found = bind(target, gateways=(far,), classes=classes, version=version, namespace=namespace)
    assert found.reason in ("WaypointAccepted", "AttachmentDenied")
    return found.waypoint is not None


HBONE_SAME = admitting("Same")
HBONE_ALL = admitting("All")


@pytest.mark.parametrize(
    ("binding", "bound"),
    [
        ("PROXY/15088", True),
        ("NONE/15088", True),
        ("PROXY", True),
        ("PROXY/", True),
        ("PROXY/abc", True),
        ("PROXY/0", True),
        ("PROXY/99", False),
        ("NONE", False),
        ("NONE/", False),
        ("proxy/15088", False),
        ("HBONE/15088", False),
        ("PROXY/15088/1", False),
        ("PROXY/+15088", True),
        ("", False),
        (None, False),
    ],
)
def test_42_the_inbound_binding_chooses_the_listener(binding: str | None, bound: bool) -> None:
    listeners = (*HBONE_SAME, PROXY_LISTENER)
    assert attached(listeners, binding) == bound
    assert attached(listeners, None, binding) == bound, "on the class"
    assert not attached(listeners, binding, version="1.25.0"), "1.26+"


def test_42_the_gateways_annotation_beats_its_class() -> None:
    assert not attached((*HBONE_SAME, PROXY_LISTENER), "NONE", "PROXY/15088")


def test_42_the_first_listener_on_port_p_of_any_protocol() -> None:
    on_port = (Listener(port=9, protocol="HTTP", allowed_from="All"), Listener(port=9, protocol="HBONE"))
    assert attached((*HBONE_SAME, *on_port), "PROXY/9")
    assert not attached((*HBONE_SAME, *reversed(on_port)), "PROXY/9")


def test_42_else_the_first_listener_with_protocol_hbone_and_port_15008() -> None:
    others = (
        Listener(port=15008, protocol="HTTP", allowed_from="All"),
        Listener(port=15009, protocol="HBONE", allowed_from="All"),
    )
    assert not attached((*others, *HBONE_SAME))
    assert attached((*HBONE_ALL, *HBONE_SAME))


def test_42_if_that_is_missing_too_same() -> None:
    assert not attached(())
    assert not attached((Listener(port=80, protocol="HTTP", allowed_from="All"),))
    assert bind(service(WP), gateways=(gateway(listeners=()),)).waypoint == "app/wp"


def test_42_missing_allowed_routes_are_same() -> None:
    assert not attached(admitting(None))
    assert not attached(admitting("Bogus"))


def test_42_the_selector_is_evaluated_on_the_labels_of_the_namespace_of_x() -> None:
    some = LabelSelector(match_expressions=(Requirement(key="team", operator="In", values=("a", "b")),))
    cases = {"a": True, "c": False}
    assert {t: attached(admitting("Selector", some), namespace={"team": t}) for t in cases} == cases
    assert attached(admitting("Selector", LabelSelector())), "an empty one matches everything"
    assert not attached(admitting("Selector", None)), "a missing one nothing"
    invalid = LabelSelector(match_expressions=(Requirement(key="team", operator="Bogus"),))
    assert not attached(admitting("Selector", invalid))
    # Selector, though the waypoint is in the same namespace.
    own = gateway(listeners=admitting("Selector", some))
    assert bind(service(WP), gateways=(own,)).reason == "AttachmentDenied"


def test_42_1_22_had_no_check() -> None:
    own = gateway(listeners=admitting("Selector", None))
    assert bind(service(WP), gateways=(own,), version="1.22.0").waypoint == "app/wp"


# What may not be read


NO_CLASSES = Unread(what="list gatewayclasses", why="forbidden")
NO_GATEWAYS = Unread(what="list gateways", why="forbidden")


def test_an_unread_namespace_decides_unless_the_objects_own_label_does() -> None:
    unread = {"app": Unread(what="get namespace app", why="forbidden")}
    missing = bind(service(), mesh(service(), namespaces=unread))
    assert (missing.reason, "cannot get namespace app: forbidden" in missing.message) == ("EvidenceMissing", True)
    assert bind(service(), mesh(service(), namespaces={})).reason == "EvidenceMissing"
    assert bind(service(WP), mesh(service(WP), namespaces=unread)).waypoint == "app/wp"
    assert bind(service(use("none")), mesh(service(), namespaces=unread)).reason == "OptedOut"
    chosen = gateway(listeners=admitting("Selector", LabelSelector(match_labels={"a": "b"})))
    assert bind(service(WP), mesh(gateways=(chosen,), namespaces=unread)).reason == "EvidenceMissing"


def test_unread_gateways_decide_only_where_one_is_named() -> None:
    written = (Condition(type="istio.io/WaypointBound", status="True", reason="WaypointAccepted"),)
    for key in ("app", ""):
        snapshot = mesh(gateways=())
        snapshot.gateways.unread = {key: NO_GATEWAYS}
        snapshot.gateways.places.clear()
        assert bind(service(), snapshot).reason == "NotLabeled"
        assert bind(service(use("none")), snapshot).reason == "OptedOut"
        assert bind(proxy(), snapshot).reason == "NotLabeled"
        found = bind(service(WP, conditions=written), snapshot)
        assert found.reason == "EvidenceMissing"
        assert "istiod itself wrote WaypointAccepted" in found.message
        assert bind(structs.replace(proxy(), labels={**proxy().labels, **WP}), snapshot).reason == "EvidenceMissing"


def test_unread_classes_matter_only_where_the_gateway_is_silent() -> None:
    def found(of: Gateway, target: Target) -> tuple[str, bool]:
        snapshot = mesh(gateways=(of,))
        snapshot.gateway_classes = found_of(NO_CLASSES)
        judge = WaypointJudge(snapshot)
        return judge.of(target).reason, bool(judge.assumptions)

    assert found(gateway(), service(WP)) == ("WaypointAccepted", True)
    assert found(gateway(labels=ALL), service(WP)) == ("WaypointAccepted", False)
    assert found(gateway(class_name="own"), service(WP)) == ("EvidenceMissing", False)
    assert found(gateway(class_name="own", labels=ALL), service(WP)) == ("WaypointAccepted", False)
    far = {"namespace": "infra", "class_name": "own", "labels": ALL}
    mixed = gateway(**far, listeners=(*HBONE_ALL, Listener(port=80, allowed_from="Same")))
    assert found(mixed, service(use("wp", "infra"))) == ("EvidenceMissing", False)
    assert found(gateway(**far, listeners=HBONE_ALL), service(use("wp", "infra"))) == ("WaypointAccepted", False)


# Versions


def test_an_unknown_version_is_told_only_where_it_matters() -> None:
    unread = Unread(what="list deployments of istiod", why="forbidden")
    judge = WaypointJudge(mesh(istiods=unread))
    assert judge.of(service(WP)).waypoint == "app/wp"
    assert "every version from 1.22 to 1.31 was asked" in judge.assumptions[0]
    far = gateway(namespace="infra", listeners=admitting("All"))
    found = bind(service(use("wp", "infra")), mesh(gateways=(gateway(), far), istiods=unread))
    assert found.reason == "EvidenceMissing"
    assert "app/wp in 1.22.0, infra/wp in 1.31.0" in found.message
    nowhere = bind(service(use("wp", "infra")), mesh(gateways=(), istiods=unread))
    assert answer(nowhere) == (None, "WaypointIsNotReady")


def test_several_istiods_are_all_asked() -> None:
    far = gateway(namespace="infra", listeners=admitting("All"))
    both = [istiod("1.30.3", "istiod-new"), istiod("1.22.0")]
    judge = WaypointJudge(mesh(gateways=(far,), istiods=both))
    assert judge.of(service(use("wp", "infra"))).reason == "EvidenceMissing"
    assert judge.of(service(use("none"))).reason == "OptedOut"
    assert judge.assumptions == ["there is more than one istiod (1.22.0, 1.30.3): each was asked"]


@pytest.mark.parametrize(
    ("image", "labels", "expected"),
    [
        ("pilot:1.27.1-distroless", {}, "1.27.1"),
        ("pilot@sha256:abc", {"app.kubernetes.io/version": "1.28.2"}, "1.28.2"),
        ("pilot:latest", {"helm.sh/chart": "istiod-1.26.0"}, "1.26.0"),
    ],
)
def test_where_the_version_stands(image: str, labels: dict[str, str], expected: str) -> None:
    found = istiod("1.30.3")
    assert found.container is not None
    made = structs.replace(found, labels=labels, container=structs.replace(found.container, image=image))
    (world,) = WaypointJudge(mesh(istiods=[made])).control_plane.worlds
    assert str(world.version) == expected


def test_newer_and_older_istiods() -> None:
    newer = WaypointJudge(mesh(version="1.33.0"))
    assert newer.assumptions == ["istiod 1.33.0 is newer than 1.31, the newest whose rules are known: judged as 1.31"]
    assert newer.of(service(WP)).waypoint == "app/wp"
    assert bind(service(WP), mesh(version="1.21.0")).reason == "EvidenceMissing"


def test_a_service_entry_that_the_mesh_keeps_to_its_namespace() -> None:
    far = gateway(namespace="infra", listeners=admitting("All"))
    word = "CrossNamespaceWaypointForbidden"
    written = (Condition(type="istio.io/WaypointBound", status="False", reason=word),)
    target = service_entry(use("wp", "infra"), conditions=written)
    assert answer(bind(target, mesh(version="1.31.0", gateways=(far,)))) == (None, word)
    assert bind(target, mesh(version="1.30.3", gateways=(far,))).waypoint == "infra/wp"
    assert bind(service_entry(WP, conditions=written), mesh(version="1.31.0")).waypoint == "app/wp"


def test_a_namespace_that_is_not_read_is_named_as_it_is() -> None:
    judge = WaypointJudge(mesh(namespaces={"other": Namespace(name="other")}, from_files=True))
    assert "not in the files" in judge.of(service()).message


@pytest.mark.parametrize(
    ("labels", "empty"),
    [
        ({"istio.io/use-waypoint": ""}, "istio.io/use-waypoint"),
        ({"istio.io/use-waypoint": "wp", "istio.io/use-waypoint-namespace": ""}, "istio.io/use-waypoint-namespace"),
    ],
)
def test_an_empty_label_is_told_and_no_waypoint_made_up(labels: dict[str, str], empty: str) -> None:
    binding = bind(service(labels))
    why = f"the label {empty} is empty, which names no Gateway"
    assert binding.message == f"Traffic to the Service's address goes direct: {why}."
    assert [f.message for f in binding.findings if f.code == "WaypointNotUsed"] == [
        f"{why}: traffic goes direct, without its policies and routes"
    ]


def test_nothing_goes_through_the_waypoint_of_a_headless_service() -> None:
    binding = bind(service({"istio.io/use-waypoint": "wp"}, cluster_ips=("None",)), mesh(gateway()))
    assert binding.waypoint == "app/wp"
    assert "nothing goes through it" in binding.message


def test_nothing_goes_through_the_waypoint_of_a_pod_on_the_host_network() -> None:
    binding = bind(pod(use("wp"), host_network=True), gateways=(gateway(labels={FOR: "all"}),))
    assert binding.message == (
        "Bound to waypoint app/wp, and nothing goes through it: the pod is on the host network, and for its node's "
        "address ztunnel knows no waypoint."
    )
