"""NetworkPolicies on the way through a waypoint: a plan tells what `path` tells before and after it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.change.targets import WaypointTarget
from kubectl_ambient.change.waypoint.effects import Served, WaypointChange, change_of
from kubectl_ambient.change.waypoint.plan import Wish, plan
from kubectl_ambient.change.waypoint.risky import Risks
from kubectl_ambient.cluster.caller_facts import OtherPolicy
from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.answers import Answer, all_of
from kubectl_ambient.mesh.path import who
from kubectl_ambient.mesh.path.judge import PathJudge
from kubectl_ambient.mesh.path.way import Call, Path
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from tests.lines import line
from tests.mesh.path_scene import GATEWAY_NAME, IN, MANAGED, Manifest, pod, service, snapshot, waypoint
from tests.mesh.path_scene import network_policy as of_shop
from tests.snapshots import altered

BLOCKS, WIDENS = RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT, RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT
NAME = "kubernetes.io/metadata.name"
PAY: list[Manifest] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay", "labels": {NAME: "pay"}}},
    pod("till", namespace="pay", annotations=IN),
    pod("old", namespace="pay"),
    pod("edge", namespace="pay", labels={GATEWAY_NAME: "edge", MANAGED: "istio.io-eastwest-controller"}),
]
WAYPOINT = {"podSelector": {"matchLabels": {GATEWAY_NAME: "wp"}}}
HBONE, APP = {"port": 15008}, {"port": 8080}
ENABLE, DISABLE = Wish(goal="enable", waypoint="wp"), Wish(goal="disable")


def network_policy(name: str, namespace: str = "shop", **spec: Any) -> Manifest:
    found = of_shop(name, **spec)
    return {**found, "metadata": {**found["metadata"], "namespace": namespace}}


def app(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": name}}}


def target_of(found: Snapshot, ref: str) -> WaypointTarget:
    kind, _, name = ref.partition("/")
    if kind == "ns":
        return found.namespaces.facts[name]
    return found.pods.facts[f"shop/{name}"] if kind == "pod" else found.services.facts[f"shop/{name}"]


def change(found: Snapshot, ref: str, wish: Wish) -> WaypointChange:
    return change_of(found, wish.goal, [plan(target_of(found, ref), wish)])


def risks(found: Snapshot, ref: str, wish: Wish = ENABLE) -> Risks:
    return Risks(change(found, ref, wish), found)


def only(found: Risks, code: RiskCode) -> Risk:
    assert [risk.code for risk in found.found] == [code]
    return found.found[0]


# The law: what `path` tells of each pair, without the labels and with them.


def passes(judge: PathJudge, caller: Pod, called: Pod, service: Service | None) -> tuple[Answer, int | None]:
    path = path_of(judge, caller, called, service, 8080)
    if path.verdict == "unknown" and not path.legs:
        return None, None
    return all_of(leg.network.allowed for leg in path.legs), path.legs[-1].network.port


def way(judge: PathJudge, caller: Pod, called: Pod, service: Service | None, port: int) -> tuple[Answer, int]:
    """Whether NetworkPolicies let it pass, and how many legs it has."""
    legs = path_of(judge, caller, called, service, port).legs
    return all_of(leg.network.allowed for leg in legs), len(legs)


def path_of(judge: PathJudge, caller: Pod, called: Pod, service: Service | None, port: int) -> Path:
    call = Call(port=port, service=service, service_port=80 if service else None)
    facts = judge.snapshot.pods.facts  # with the labels that they have there
    return judge.of(*(judge.party(facts[f"{one.namespace}/{one.name}"]) for one in (caller, called)), call)


def by_path(done: WaypointChange) -> dict[RiskCode, set[str]]:
    """The pairs that change, by their code."""
    before, after = PathJudge(done.effects.before.snapshot), PathJudge(done.effects.after.snapshot)
    pods = [one for one in after.snapshot.pods if not one.finished]
    found: dict[RiskCode, set[str]] = {BLOCKS: set(), WIDENS: set()}
    for served in done.effects.objects:
        old, new = as_called(served, before), as_called(served, after)
        for caller, called in itertools.product(pods, behind(served, after.snapshot)):
            if caller.ref != called.ref:
                was, _ = passes(before, caller, called, old)
                now, port = passes(after, caller, called, new)
                if was is not None and now is not None and was != now:
                    found[BLOCKS if was else WIDENS].add(f"{caller.ref} -> {called.ref}:{port}")
    return found


def as_called(served: Served, judge: PathJudge) -> Service | None:
    if isinstance(served.target, Pod):
        return None
    return judge.snapshot.services.facts[f"{served.target.namespace}/{served.target.name}"]


def behind(served: Served, found: Snapshot) -> list[Pod]:
    if isinstance(served.target, Pod):
        return [found.pods.facts[f"{served.target.namespace}/{served.target.name}"]]
    assert isinstance(served.target, Service)
    return list(who.pods_of_service(served.target, found))


PEERS = st.sampled_from(
    [
        {"podSelector": {}},
        WAYPOINT,
        app("caller"),
        app("ambient"),
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {NAME: "pay"}}},
        {"namespaceSelector": {"matchLabels": {NAME: "shop"}}, "podSelector": {"matchLabels": {"app": "plain"}}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
        {"ipBlock": {"cidr": "192.168.0.0/16"}},
    ]
)
PORTS = st.lists(st.sampled_from([HBONE, APP, {"port": "http"}, {"port": 15000, "endPort": 15010}]), max_size=2)
CHOSEN = st.sampled_from(
    [{}, WAYPOINT["podSelector"], *(app(n)["podSelector"] for n in ("ambient", "plain", "served"))]
)


def rules(field: str) -> st.SearchStrategy[list[Manifest]]:
    return st.lists(st.fixed_dictionaries({field: st.lists(PEERS, max_size=2), "ports": PORTS}), max_size=2)


POLICIES = st.lists(
    st.builds(
        lambda namespace, chosen, types, ingress, egress: {
            "namespace": namespace,
            "podSelector": chosen,
            "policyTypes": types,
            "ingress": ingress,
            "egress": egress,
        },
        st.sampled_from(["shop", "shop", "pay"]),
        CHOSEN,
        st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
        rules("from"),
        rules("to"),
    ),
    min_size=1,
    max_size=3,
)
ENABLED = (
    "svc/ambient",
    "svc/plain",
    "svc/tunnel",
    "svc/sidecar",
    "svc/headless",
    "pod/ambient",
    "pod/plain",
    "ns/shop",
)
DISABLED = ("svc/served", "svc/plain-served", "svc/headless", "pod/worked")


ASKED = st.sampled_from([*((ref, ENABLE) for ref in ENABLED), *((ref, DISABLE) for ref in DISABLED)])


def scene(policies: list[Manifest], *more: Manifest) -> Snapshot:
    return snapshot(*PAY, *more, *(network_policy(f"p{number}", **spec) for number, spec in enumerate(policies)))


def pairs(told: Risks) -> dict[RiskCode, set[str]]:
    """Those that a plan tells, each once."""
    found: dict[RiskCode, set[str]] = {BLOCKS: set(), WIDENS: set()}
    for risk in told.found:
        if risk.code in found:
            assert not found[risk.code] & set(risk.affects)
            found[risk.code] |= set(risk.affects)
    return found


@settings(deadline=None)
@given(POLICIES, ASKED, st.booleans())
def test_a_plan_tells_what_path_tells_before_and_after(
    policies: list[Manifest], asked: tuple[str, Wish], gateways: bool
) -> None:
    sends = {"istio.io/ingress-use-waypoint": "true"} if gateways else {}
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {NAME: "shop", **sends}}}
    found = scene(policies, shop)
    done = change(found, *asked)
    told = Risks(done, found)
    assert pairs(told) == by_path(done)
    assert told.untold == []


FORBIDDEN = Unread(what="list it", why="forbidden")


def without(part: Found[Any], *keys: str, why: dict[str, Unread] | None = None) -> Found[Any]:
    facts = {key: fact for key, fact in part.facts.items() if not key.startswith(keys)}
    return structs.replace(part, facts=facts, unread=why or {})


def hidden(found: Snapshot, what: str) -> Snapshot:
    """The same, as it would be read where that is refused or not there yet."""
    live = structs.replace(found, from_files=False, whole="")
    pay, shop = {"pay": FORBIDDEN}, {"shop": FORBIDDEN}
    match what:
        case "namespaces":
            return altered(live, namespaces=FORBIDDEN)
        case "labels of pay":
            return structs.replace(live, namespaces=without(live.namespaces, "pay", why=pay))
        case "addresses":
            seen = {key: structs.replace(pod, ips=()) for key, pod in live.on_network.facts.items()}
            return structs.replace(live, on_network=structs.replace(live.on_network, facts=seen))
        case "pods of gateways":
            return structs.replace(live, instances=without(live.instances, "shop/wp", why=shop))
        case "the pod of the waypoint":
            parts = ("pods", "instances", "on_network")
            return structs.replace(live, **{part: without(getattr(live, part), "shop/wp") for part in parts})
        case "ports of the waypoint":
            return structs.replace(live, on_network=without(live.on_network, "shop/wp", why={"shop/wp-pod": FORBIDDEN}))
        case "pods of shop":
            parts = ("pods", "on_network")
            return structs.replace(live, **{part: without(getattr(live, part), "shop/", why=shop) for part in parts})
        case "pods of pay":
            parts = ("pods", "on_network")
            return structs.replace(live, **{part: without(getattr(live, part), "pay/", why=pay) for part in parts})
        case "policies of pay":
            return structs.replace(live, network_policies=without(live.network_policies, "pay/", why=pay))
        case "policies of shop":
            return structs.replace(live, network_policies=without(live.network_policies, "shop/", why=shop))
    return altered(live, **{what: FORBIDDEN})


HIDDEN = (
    *("namespaces", "labels of pay", "addresses", "pods of gateways", "the pod of the waypoint", "pods of shop"),
    *("ports of the waypoint", "pods of pay", "policies of pay", "policies of shop", "gateways", "network_policies"),
    *("services", "on_network"),
)


@settings(deadline=None)
@given(POLICIES, ASKED, st.sampled_from(HIDDEN))
def test_what_is_not_known_is_said_and_never_guessed(
    policies: list[Manifest], asked: tuple[str, Wish], what: str
) -> None:
    found = scene(policies)
    ref, wish = asked
    edits = [plan(target_of(found, ref), wish)]
    less = hidden(found, what)
    told, whole = (
        Risks(change_of(less, wish.goal, edits), less),
        pairs(Risks(change_of(found, wish.goal, edits), found)),
    )
    fewer = pairs(told)
    assert fewer[BLOCKS] <= whole[BLOCKS]
    assert fewer[WIDENS] <= whole[WIDENS]
    if fewer != whole:
        assert told.untold


# What is told of each part of the way.

WEB = {"podSelector": {"matchLabels": {"app": "ambient"}}}
PLAIN = {"podSelector": {"matchLabels": {"app": "plain"}}}
CALLER = {"podSelector": {"matchLabels": {"app": "caller"}}}
OF_WAYPOINT = {"podSelector": WAYPOINT["podSelector"]}
TO_WAYPOINT = "TCP 15008 to the pods of waypoint shop/wp (gateway.networking.k8s.io/gateway-name=wp)"
FROM_WAYPOINT = TO_WAYPOINT.replace(" to ", " from ")


@pytest.mark.parametrize(
    ("ref", "policies", "message", "remedy"),
    [
        pytest.param(
            "svc/ambient",
            [{**WEB, "ingress": [{"from": [app("caller")]}]}],
            "NetworkPolicy shop/p0 stops what comes from waypoint shop/wp, at TCP 15008: 1 connection that passes now,"
            " straight from pod to pod, would not",
            f"a rule has to admit {FROM_WAYPOINT}",
            id="who is called admits the caller alone",
        ),
        pytest.param(
            "svc/plain",
            [{**PLAIN, "ingress": [{"from": [app("caller")]}]}],
            "NetworkPolicy shop/p0 stops what comes from waypoint shop/wp, at TCP 8080: 1 connection that passes now,"
            " straight from pod to pod, would not",
            f"a rule has to admit {FROM_WAYPOINT.replace('15008', '8080')}",
            id="who is called is out of the mesh",
        ),
        pytest.param(
            "svc/ambient",
            [{**CALLER, "policyTypes": ["Egress"], "egress": [{"to": [app("ambient")]}]}],
            "NetworkPolicy shop/p0 stops what goes to waypoint shop/wp, at TCP 15008: 1 connection that passes now,"
            " straight from pod to pod, would not",
            f"a rule has to admit {TO_WAYPOINT}",
            id="the caller may go to who is called alone",
        ),
        pytest.param(
            "svc/ambient",
            [{**OF_WAYPOINT, "ingress": []}],
            "NetworkPolicy shop/p0 stops what goes to waypoint shop/wp, at TCP 15008: 7 connections that pass now,"
            " straight from pod to pod, would not",
            "a rule has to admit TCP 15008 from the callers",
            id="nobody may come to the waypoint",
        ),
        pytest.param(
            "svc/ambient",
            [{**OF_WAYPOINT, "policyTypes": ["Egress"]}],
            "NetworkPolicy shop/p0 stops what comes from waypoint shop/wp, at TCP 15008: 7 connections that pass now,"
            " straight from pod to pod, would not",
            "a rule has to admit TCP 15008 to the pods that are called",
            id="the waypoint may go nowhere",
        ),
        pytest.param(
            "svc/ambient",
            [{**OF_WAYPOINT, "ingress": []}, {**WEB, "ingress": [{"from": [app("caller")]}]}],
            "NetworkPolicies shop/p0, shop/p1 stop what goes to waypoint shop/wp and comes from it, at TCP 15008:"
            " 1 connection that passes now, straight from pod to pod, would not",
            f"rules have to admit TCP 15008 from the callers, and {FROM_WAYPOINT}",
            id="on both parts of the way",
        ),
    ],
)
def test_what_stops_once_a_waypoint_comes_between(
    ref: str, policies: list[Manifest], message: str, remedy: str
) -> None:
    found = only(risks(scene(policies), ref), BLOCKS)
    assert (found.message, found.remedy, found.fix) == (message, remedy, None)
    called = ref.replace("svc", "Pod/shop")
    assert f"Pod/shop/caller -> {called}" in {pair.rpartition(":")[0] for pair in found.affects}


def test_one_entry_for_the_port_is_offered_where_nothing_else_is_missing() -> None:
    """The rules are about the right ends already."""
    reach = {**CALLER, "policyTypes": ["Egress"], "egress": [{"to": [app("plain"), WAYPOINT], "ports": [APP]}]}
    let_in = {**OF_WAYPOINT, "ingress": [{"ports": [APP]}, {"from": [app("caller")], "ports": [APP]}]}
    found = risks(scene([reach, let_in]), "svc/plain").found
    fixes = [line(risk.fix) for risk in found if "Pod/shop/caller -> Pod/shop/plain:8080" in risk.affects]
    entry = '{{"op":"add","path":"/spec/{}/ports/-","value":{{"protocol":"TCP","port":15008}}}}'
    assert fixes == [
        f"kubectl patch networkpolicy p0 -n shop --type=json -p '[{entry.format('egress/0')}]' && "
        f"kubectl patch networkpolicy p1 -n shop --type=json"
        f" -p '[{entry.format('ingress/0')},{entry.format('ingress/1')}]'"
    ]


def test_no_entry_for_a_port_is_offered_where_more_is_missing() -> None:
    elsewhere = {**CALLER, "policyTypes": ["Egress"], "egress": [{"to": [app("plain")], "ports": [APP]}]}
    let_in = {**OF_WAYPOINT, "ingress": [{"ports": [APP]}]}
    found = risks(scene([elsewhere, let_in]), "svc/plain").found
    (risk,) = (risk for risk in found if "Pod/shop/caller -> Pod/shop/plain:8080" in risk.affects)
    assert risk.fix is None
    assert risk.remedy == f"rules have to admit {TO_WAYPOINT}, and TCP 15008 from the callers"


@pytest.mark.parametrize(
    ("ref", "policies", "wish", "message", "remedy"),
    [
        pytest.param(
            "svc/ambient",
            [{**WEB, "ingress": [{"from": [WAYPOINT]}]}],
            ENABLE,
            "NetworkPolicy shop/p0 stops 7 connections that go straight from pod to pod now: through waypoint shop/wp"
            " they would pass",
            "an AuthorizationPolicy with targetRefs to what is called, by the caller's identity, keeps them apart",
            id="comes",
        ),
        pytest.param(
            "svc/served",
            [{"podSelector": {"matchLabels": {"app": "served"}}, "ingress": [{"from": [app("caller")]}]}],
            DISABLE,
            "NetworkPolicy shop/p0 stops 1 connection that goes through waypoint shop/wp now: straight from pod to pod"
            " it would pass",
            "an AuthorizationPolicy without targetRefs, by the caller's identity, keeps them apart",
            id="goes",
        ),
        pytest.param(
            "svc/plain-served",
            [{"podSelector": {"matchLabels": {"app": "plain-served"}}, "ingress": [{"from": [app("caller")]}]}],
            DISABLE,
            "NetworkPolicy shop/p0 stops 1 connection that goes through waypoint shop/wp now: straight from pod to pod"
            " it would pass",
            "the policies of who is called see the callers themselves then: one of these can keep them apart",
            id="goes, and nobody tells the callers' identities",
        ),
    ],
)
def test_what_passes_once_a_waypoint_comes_or_goes(
    ref: str, policies: list[Manifest], wish: Wish, message: str, remedy: str
) -> None:
    found = only(risks(scene(policies), ref, wish), WIDENS)
    assert (found.message, found.remedy, found.fix) == (message, remedy, None)


def test_what_stops_once_a_waypoint_goes() -> None:
    policy = {"podSelector": {"matchLabels": {"app": "served"}}, "ingress": [{"from": [WAYPOINT]}]}
    found = only(risks(scene([policy]), "svc/served", DISABLE), BLOCKS)
    assert found.message == (
        "NetworkPolicy shop/p0 stops what goes straight from pod to pod, at TCP 15008: 7 connections that pass now,"
        " through waypoint shop/wp, would not"
    )
    assert found.remedy == "a rule has to admit TCP 15008 from the callers"
    assert [(told.object, told.field, told.value) for told in found.evidence] == [
        ("NetworkPolicy/shop/p0", "spec.ingress[].ports", "[0] every port"),
        ("NetworkPolicy/shop/p0", "spec.ingress[].from", "[0] pods gateway.networking.k8s.io/gateway-name=wp"),
        ("Service/shop/served", "metadata.labels[istio.io/use-waypoint]", "wp"),
    ]


def test_one_waypoint_in_the_place_of_another() -> None:
    policy = {"podSelector": {"matchLabels": {"app": "served"}}, "ingress": [{"from": [WAYPOINT]}]}
    wish = Wish(goal="enable", waypoint="new", overwrite=True)
    found = only(risks(snapshot(*PAY, *waypoint("new"), network_policy("p0", **policy)), "svc/served", wish), BLOCKS)
    assert found.message.startswith("NetworkPolicy shop/p0 stops what comes from waypoint shop/new, at TCP 15008")
    assert found.message.endswith("that pass now, through waypoint shop/wp, would not")


def test_it_stops_where_one_of_the_waypoints_pods_does_not_get_through() -> None:
    second = pod("second", labels={GATEWAY_NAME: "wp", MANAGED: "istio.io-mesh-controller"})
    policy = {**WEB, "ingress": [{"from": [app("caller"), app("wp-pod")]}]}
    found = risks(snapshot(*PAY, second, network_policy("p0", **policy)), "svc/ambient")
    assert {risk.code for risk in found.found} == {BLOCKS, WIDENS}
    assert next(r for r in found.found if r.code == BLOCKS).affects == ("Pod/shop/caller -> Pod/shop/ambient:15008",)


# Who is sent there.


def callers(found: Risks) -> set[str]:
    return {pair.partition(" -> ")[0] for risk in found.found for pair in risk.affects}


def test_only_members_that_are_sent_to_a_waypoint_count() -> None:
    """Sidecars go past it, other waypoints too, and gateways unless a label sends them there."""
    closed = network_policy("p0", **OF_WAYPOINT, ingress=[])
    other = pod("other", namespace="pay", labels={GATEWAY_NAME: "other", MANAGED: "istio.io-mesh-controller"})
    found = callers(risks(snapshot(*PAY, other, closed), "svc/ambient"))
    assert not found & {f"Pod/shop/{name}" for name in ("outsider", "sidecar-caller", "on-n1", "ingress", "plain")}
    assert found >= {"Pod/shop/caller", "Pod/pay/till", "Pod/pay/edge"}
    sends = service("ambient", labels={"istio.io/ingress-use-waypoint": "true"})
    assert callers(risks(snapshot(*PAY, other, closed, sends), "svc/ambient")) == found | {"Pod/shop/ingress"}


@pytest.mark.parametrize("ref", ["svc/headless", "pod/plain-host"])
def test_nothing_is_told_where_nobody_is_sent_there(ref: str) -> None:
    host = pod("plain-host", hostNetwork=True)
    told = risks(snapshot(*PAY, host, network_policy("p0", **OF_WAYPOINT, ingress=[])), ref)
    assert (told.found, told.untold) == ([], [])


# What is not known.


def test_nothing_is_said_where_no_policy_has_a_word() -> None:
    apart = network_policy("p0", podSelector={"matchLabels": {"app": "worked"}}, ingress=[])
    told = risks(altered(scene([], apart), instances=FORBIDDEN), "svc/ambient")
    assert told.found == []
    assert [line for line in told.untold if "waypoint" not in line] == []


def test_a_waypoint_without_pods() -> None:
    policy = {**WEB, "ingress": [{"from": [app("caller")]}]}
    found = scene([policy])
    told = risks(hidden(found, "the pod of the waypoint"), "svc/ambient")
    many = "whether NetworkPolicies stop 7 connections, with waypoint shop/wp or without, cannot be told"
    assert (told.found, told.untold) == ([], [f"{many} (waypoint shop/wp has no pod yet)"])
    told = risks(hidden(found, "pods of gateways"), "svc/ambient")
    assert told.untold == [f"{many} (the pods of waypoint shop/wp are not known: cannot list it: forbidden)"]
    apart = network_policy("p0", "pay", podSelector={}, ingress=[])
    assert risks(hidden(scene([], apart), "the pod of the waypoint"), "svc/ambient").untold == []


def test_namespaces_whose_labels_were_not_read() -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": "Exists"}]}
    policy = {**WEB, "ingress": [{"from": [{"namespaceSelector": selector}, WAYPOINT]}]}
    told = risks(hidden(scene([policy]), "labels of pay"), "svc/ambient")
    assert "Pod/pay/till -> Pod/shop/ambient:15008" not in only(told, WIDENS).affects
    assert told.untold[-1] == (
        "whether NetworkPolicies stop 2 connections, with waypoint shop/wp or without, cannot be told"
        " (cannot list it: forbidden)"
    )


def test_policies_of_callers_that_were_not_read_raise_no_alarm() -> None:
    """The caller may be stopped already."""
    closed = network_policy("own", "pay", podSelector={}, policyTypes=["Egress"])
    found = snapshot(*PAY, closed, network_policy("p0", **OF_WAYPOINT, ingress=[]))
    whole, less = risks(found, "svc/ambient"), risks(hidden(found, "policies of pay"), "svc/ambient")
    assert "Pod/pay/till" not in callers(whole) | callers(less)
    assert any("2 connections" in line for line in less.untold)
    apart = network_policy("p0", podSelector={"matchLabels": {"app": "worked"}}, ingress=[])
    less = risks(hidden(snapshot(*PAY, closed, apart), "policies of pay"), "svc/ambient")
    assert any("2 connections" in line for line in less.untold)


def test_pods_that_were_not_read() -> None:
    policy = {**WEB, "ingress": [{"from": [app("caller")]}]}
    told = risks(hidden(scene([policy]), "pods of shop"), "svc/ambient")
    assert told.found == []
    what = "whether NetworkPolicies stop what goes to Service/shop/ambient cannot be told"
    assert f"{what} (cannot list it: forbidden)" in told.untold
    told = risks(hidden(scene([policy]), "ports of the waypoint"), "svc/ambient")
    assert told.found == []
    assert any("the pods of waypoint shop/wp are not known: cannot list it: forbidden" in line for line in told.untold)


def test_what_selects_no_pods_by_itself() -> None:
    others = service("ambient", selector={})
    told = risks(snapshot(*PAY, others, network_policy("p0", **OF_WAYPOINT, ingress=[])), "svc/ambient")
    assert told.found == []
    assert told.untold == [
        "whether NetworkPolicies stop what goes to Service/shop/ambient cannot be told"
        " (it selects no pods, so that others tell what stands behind it)"
    ]


def test_nothing_is_said_of_objects_on_which_no_policy_has_a_word() -> None:
    apart = {**service("far", selector={}), "metadata": {"name": "far", "namespace": "pay"}}
    gateway = {**waypoint("wp")[0], "metadata": {"name": "wp", "namespace": "pay"}}
    found = snapshot(*PAY, apart, gateway, network_policy("p0", podSelector={}, ingress=[]))
    targets = [found.services.facts["shop/ambient"], found.services.facts["pay/far"]]
    told = Risks(change_of(found, "enable", [plan(target, ENABLE) for target in targets]), found)
    assert [line for line in told.untold if "Service/pay/far" in line] == []


def test_policies_of_other_makers_are_named() -> None:
    cilium = OtherPolicy(kind="CiliumNetworkPolicy", namespace="shop", name="l7")
    told = risks(altered(scene([]), other_policies=[cilium]), "svc/ambient")
    assert told.untold == ["not judged: 1 CiliumNetworkPolicy; what those let through is not known here"]


def test_policies_of_other_makers_that_may_not_be_read_are_named() -> None:
    found = scene([])
    refused = {
        "CiliumNetworkPolicy/shop": Unread(what="list ciliumnetworkpolicies", why="forbidden"),
        "NetworkPolicy/shop": Unread(what="list networkpolicies of Calico", why="forbidden"),
    }
    told = risks(structs.replace(found, other_policies=Found(unread=refused)), "svc/ambient")
    assert told.untold == [
        f"not judged (cannot list {kind}: forbidden): policies of other kinds; what those let through is not known here"
        for kind in ("ciliumnetworkpolicies", "networkpolicies of Calico")
    ]


def test_what_changes_no_waypoint_says_nothing_of_policies() -> None:
    cilium = OtherPolicy(kind="CiliumNetworkPolicy", namespace="shop", name="l7")
    told = risks(altered(scene([]), network_policies=FORBIDDEN, other_policies=[cilium]), "svc/served")
    assert (told.found, told.untold) == ([], [])


def test_the_order_in_which_objects_were_read_does_not_matter() -> None:
    written = [*PAY, network_policy("p0", podSelector={}, ingress=[{"from": [app("caller"), app("till")]}])]
    found = snapshot(*written)
    turned = {
        part: structs.replace(had, facts=dict(reversed(had.facts.items())))
        for part in ("pods", "services", "namespaces", "instances")
        if (had := getattr(found, part))
    }
    first, second = risks(found, "ns/shop"), risks(structs.replace(found, **turned), "ns/shop")
    assert first.found == second.found
    assert len(first.found[0].affects) > 1


def test_pods_of_the_waypoint_that_do_not_serve_count_only_where_no_other_does() -> None:
    old = pod("old-pod", labels={GATEWAY_NAME: "wp", MANAGED: "istio.io-mesh-controller"})
    old["status"]["conditions"] = []
    policy = network_policy("p0", **WEB, ingress=[{"from": [app("caller"), app("wp-pod")]}])
    assert {risk.code for risk in risks(snapshot(*PAY, old, policy), "svc/ambient").found} == {WIDENS}
    wp = waypoint("wp", for_="all", ready="False")
    assert {risk.code for risk in risks(snapshot(*PAY, *wp, old, policy), "svc/ambient").found} == {BLOCKS, WIDENS}


def test_policies_of_a_waypoint_that_goes_are_named_where_they_were_not_read() -> None:
    less = altered(scene([]), network_policies=[], authorization_policies=FORBIDDEN)
    assert risks(less, "svc/served", DISABLE).untold == ["not judged (cannot list it: forbidden): WaypointPolicyLost"]
    assert risks(less, "svc/ambient").untold == []
