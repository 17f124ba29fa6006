"""NetworkPolicies where something has a waypoint: a plan of who moves tells what `path` tells before and after."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from kubectl_ambient.change.effects import Effects, effects
from kubectl_ambient.change.plan import plan
from kubectl_ambient.change.risky import Risks
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.answers import Answer
from kubectl_ambient.mesh.gateways import is_waypoint
from kubectl_ambient.mesh.path.judge import PathJudge
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from tests.mesh.path_scene import IN, Manifest, pod, service, snapshot

from .test_waypoint_risks import HIDDEN, NAME, PAY, POLICIES, WAYPOINT, app, hidden, network_policy, way

MESHED = {"istio.io/dataplane-mode": "ambient"}
WP = {"istio.io/use-waypoint": "wp"}
BLOCKS = (RiskCode.NETWORK_POLICY_BLOCKS_MESH, RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT)
WIDENS = (RiskCode.NETWORK_POLICY_WIDENS, RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT)
LEFT_OUT = ("waiting", "bypassed", "on-n1", "on-n2")  # what is said of those is another question
HBONE, APP = {"port": 15008}, {"port": 8080}
SERVED = {"podSelector": {"matchLabels": {"app": "served"}}}
FROM_WAYPOINT = {**SERVED, "ingress": [{"from": [WAYPOINT], "ports": [HBONE]}, {"ports": [APP]}]}


def two(*, meshed: bool) -> list[Manifest]:
    """A pod with two ports, of which a Service with a waypoint leads to one; and one that leaves with its waypoint."""
    ports = [{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9090}]
    containers = [{"name": "app", "image": "app:1", "ports": ports}]
    return [
        pod("two", containers=containers, annotations=IN if meshed else {}, labels=MESHED if meshed else {}),
        service("two", labels=WP),
        service("two-admin", selector={"app": "two"}, ports=[{"name": "admin", "port": 81, "targetPort": 9090}]),
    ]


def scene(policies: list[Manifest], *more: Manifest, meshed: bool = False) -> Snapshot:
    leaving = [
        pod("caller", annotations=IN, labels=MESHED),
        pod("served", annotations=IN, labels=MESHED),
        pod("worked", annotations=IN, labels=MESHED | WP),
        pod("headless", annotations=IN, labels=MESHED),
        pod("ambient", annotations=IN, labels=MESHED),
        pod("off", labels=WP),
        service("off"),
    ]
    told = (network_policy(f"p{number}", **spec) for number, spec in enumerate(policies))
    return snapshot(*PAY, *leaving, *two(meshed=meshed), *more, *told)


def risks(found: Snapshot, goal: Any, names: tuple[str, ...]) -> Risks:
    return Risks(changed(found, goal, names))


def changed(found: Snapshot, goal: Any, names: tuple[str, ...]) -> Effects:
    return effects(found, [plan(found.pods.facts[f"shop/{name}"], goal) for name in names])


def moved(found: Snapshot, goal: str, names: tuple[str, ...]) -> Snapshot:
    """The cluster afterwards."""
    pods = dict(found.pods.facts)
    for name in names:
        old = pods[f"shop/{name}"]
        state = structs.replace(old.annotations, redirection="enabled" if goal == "enable" else None)
        labels = {key: value for key, value in old.labels.items() if key not in MESHED}
        pods[f"shop/{name}"] = structs.replace(
            old, annotations=state, labels=labels | (MESHED if goal == "enable" else {})
        )
    return structs.replace(found, pods=structs.replace(found.pods, facts=pods))


Told = dict[str, set[tuple[str, str]]]


def by_path(found: Snapshot, goal: str, names: tuple[str, ...]) -> Told:
    """The pairs that stop, those that stop by the pod's own address alone, and those that start."""
    before, after = PathJudge(found), PathJudge(moved(found, goal, names))
    told: Told = {"stops": set(), "aside": set(), "starts": set()}
    pods = [one for one in found.pods if not one.finished and one.name not in LEFT_OUT]
    pods = [one for one in pods if one.namespace in ("shop", "pay")]
    for caller, called in itertools.permutations(pods, 2):
        if is_waypoint(caller):
            continue  # it sends on what others send, and is asked of these
        for port, services in called_by(found, called):
            turns = [turn(before, after, caller, called, one, port) for one in services]
            aside = bool(turns) and all(through for _turn, through in turns)
            turns = [(way, False) for way, _through in turns]
            turns.append((turn(before, after, caller, called, None, port)[0], aside))
            for (was, now), by_itself in turns:
                if was is not None and now is not None and was != now:
                    told["starts" if now else "aside" if by_itself else "stops"].add((caller.ref, called.ref))
    told["aside"] -= told["stops"]
    return told


def turn(
    before: PathJudge, after: PathJudge, caller: Pod, called: Pod, service: Service | None, port: int
) -> tuple[tuple[Answer, Answer], bool]:
    """Whether it passes, before and after, and whether it goes through a waypoint on one side."""
    (was, legs), (now, then) = (way(judge, caller, called, service, port) for judge in (before, after))
    return (was, now), 2 in (legs, then)


def called_by(found: Snapshot, called: Pod) -> Iterator[tuple[int, list[Service]]]:
    """Each port of a pod, with the Services that lead there."""
    home = [service for service in found.services if service.namespace == called.namespace]
    services = [service for service in home if service.selector.items() <= called.labels.items()]
    for port in found.on_network.facts[f"{called.namespace}/{called.name}"].ports:
        yield port.number, [one for one in services if any(p.target in (port.number, port.name) for p in one.ports)]


def pairs(found: Risks) -> Told:
    told: Told = {"stops": set(), "aside": set(), "starts": set()}
    texts: list[str] = []
    for risk in found.found:
        if risk.code in (*BLOCKS, *WIDENS):
            word = "starts" if risk.code in WIDENS else "aside" if risk.severity == "info" else "stops"
            ends = {_ends(pair) for pair in risk.affects}
            told[word] |= {pair for pair in ends if not {ref.rpartition("/")[2] for ref in pair} & {*LEFT_OUT}}
            texts += [f"{word} {pair}" for pair in risk.affects if word != "stops"]
    assert len(texts) == len(set(texts)), "each once"
    told["aside"] -= told["stops"]
    return told


def _ends(pair: str) -> tuple[str, str]:
    caller, _, called = pair.rpartition(":")[0].partition(" -> ")
    return caller, called


ENTER = st.sampled_from(
    [("outsider",), ("plain-served",), ("outsider", "plain-served"), ("plain", "two"), ("two", "off", "nginx")]
)
LEAVE = st.sampled_from([("caller",), ("served",), ("caller", "served"), ("worked", "headless"), ("two", "caller")])
MOVES = st.one_of(st.tuples(st.just("enable"), ENTER), st.tuples(st.just("disable"), LEAVE))


@settings(deadline=None)
@given(POLICIES, MOVES, st.booleans())
def test_a_plan_tells_what_path_tells_before_and_after(
    policies: list[Manifest], asked: tuple[str, tuple[str, ...]], gateways: bool
) -> None:
    sends = {"istio.io/ingress-use-waypoint": "true"} if gateways else {}
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {NAME: "shop", **sends}}}
    goal, names = asked
    found = scene(policies, shop, meshed=goal == "disable")
    told = risks(found, goal, names)
    assert pairs(told) == by_path(found, goal, names)
    assert told.untold == []


@settings(deadline=None)
@given(POLICIES, MOVES, st.sampled_from(HIDDEN))
def test_what_is_not_known_is_said_and_never_guessed(
    policies: list[Manifest], asked: tuple[str, tuple[str, ...]], what: str
) -> None:
    goal, names = asked
    found = scene(policies, meshed=goal == "disable")
    less = hidden(found, what)
    if not all(f"shop/{name}" in less.pods.facts for name in names):
        return
    told, whole = risks(less, goal, names), risks(found, goal, names)
    for word in ("stops", "starts"):
        assert through(told)[word] <= pairs(whole)[word]
        if through(whole)[word] - pairs(told)[word]:
            assert told.untold or moves(less, goal, names) != moves(found, goal, names)


def through(found: Risks) -> Told:
    """Of the pairs those that are told by their way through a waypoint."""
    of_waypoints = [risk for risk in found.found if risk.code in (BLOCKS[1], WIDENS[1])]
    codes = {"stops": BLOCKS[1], "starts": WIDENS[1]}
    return {word: {_ends(p) for r in of_waypoints if r.code == code for p in r.affects} for word, code in codes.items()}


def moves(found: Snapshot, goal: Any, names: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(moved.pod.ref, moved.direction) for moved in changed(found, goal, names).pods}


# What is told of each way.

FROM_OTHERS = {"podSelector": WAYPOINT["podSelector"], "ingress": [{"from": [app("caller")]}]}
HBONE_FROM_WAYPOINT = {**SERVED, "ingress": [{"from": [WAYPOINT], "ports": [HBONE]}]}
TWO = {"podSelector": {"matchLabels": {"app": "two"}}}


def of(found: Risks, caller: str, called: str) -> list[tuple[RiskCode, str, str]]:
    """What is told of one pair."""
    pair = f"Pod/shop/{caller} -> Pod/shop/{called}:"
    risks = (risk for risk in found.found if any(told.startswith(pair) for told in risk.affects))
    return [(risk.code, risk.severity, risk.message) for risk in risks]


def said(risk: Risk) -> str:
    return f"{risk.message}; {risk.remedy}"


def test_the_waypoint_alone_is_admitted() -> None:
    """No alarm: by their Service they pass, and by the pod's own address they do not."""
    found = risks(scene([FROM_WAYPOINT]), "enable", ("outsider",))
    assert of(found, "outsider", "served") == [
        (
            RiskCode.NETWORK_POLICY_BLOCKS_MESH,
            "info",
            "NetworkPolicy shop/p0 admits no TCP 15008: 1 connection that passes now would not, where they are called"
            " by their own addresses, and not by a Service that has a waypoint",
        )
    ]


def test_the_waypoint_does_not_admit_who_comes_in() -> None:
    found = risks(scene([FROM_OTHERS]), "enable", ("outsider",))
    (risk,) = found.found
    assert (risk.code, risk.severity) == (RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT, "error")
    assert said(risk).startswith("NetworkPolicy shop/p0 stops what goes to waypoint shop/wp, at TCP 15008: ")
    assert said(risk).endswith("; a rule has to admit TCP 15008 from the callers")
    assert "Pod/shop/outsider -> Pod/shop/served:15008" in risk.affects
    assert "Pod/shop/outsider -> Pod/shop/plain-served:8080" in risk.affects
    assert "Pod/shop/outsider -> Pod/shop/worked:15008" in risk.affects, "by its own address"


def test_who_is_called_comes_in_behind_its_waypoint() -> None:
    """The waypoint stays between, and its packets get another port: whoever calls, is it so."""
    policy = {"podSelector": {"matchLabels": {"app": "plain-served"}}, "ingress": [{"ports": [APP]}]}
    found = risks(scene([policy]), "enable", ("plain-served",))
    assert ("error", "NetworkPolicyBlocksMesh") in {(risk.severity, risk.code) for risk in found.found}
    ((code, severity, message),) = of(found, "caller", "plain-served")
    assert (code, severity) == (RiskCode.NETWORK_POLICY_BLOCKS_MESH, "error")
    assert message.startswith("NetworkPolicy shop/p0 stops what comes from waypoint shop/wp, at TCP 15008")
    assert message.endswith("that pass now, through waypoint shop/wp, would not")


def test_who_is_called_leaves_behind_its_waypoint() -> None:
    found = risks(scene([{**SERVED, "ingress": [{"from": [WAYPOINT], "ports": [APP]}]}]), "disable", ("served",))
    told = {code for code, _severity, _message in of(found, "ambient", "served")}
    assert told == {RiskCode.NETWORK_POLICY_WIDENS}


def test_who_leaves_goes_past_the_waypoint_and_is_told_once() -> None:
    found = risks(scene([{**SERVED, "ingress": [{"ports": [HBONE]}]}]), "disable", ("caller",))
    assert of(found, "caller", "served") == [
        (
            RiskCode.NETWORK_POLICY_BLOCKS_WAYPOINT,
            "error",
            "NetworkPolicy shop/p0 stops what goes straight from pod to pod, at TCP 8080: 1 connection that passes now,"
            " through waypoint shop/wp, would not",
        )
    ]


def test_past_the_waypoint_and_through_it_is_told_once() -> None:
    found = risks(scene([{**SERVED, "ingress": [{"ports": [HBONE]}]}]), "enable", ("outsider",))
    (risk,) = (risk for risk in found.found if "Pod/shop/outsider -> Pod/shop/served:15008" in risk.affects)
    assert risk.code == RiskCode.NETWORK_POLICY_WIDENS
    assert said(risk) == (
        "NetworkPolicy shop/p0 stops 1 connection at port 8080, and does not at TCP 15008: it would pass, by the pods'"
        " own addresses past the waypoint, and through the waypoint too; an AuthorizationPolicy by the identity of the"
        " caller and the port keeps them apart; on the way through the waypoint an AuthorizationPolicy with targetRefs"
        " to what is called, by the caller's identity, keeps them apart"
    )


def test_through_the_waypoint_alone() -> None:
    found = risks(scene([HBONE_FROM_WAYPOINT]), "enable", ("outsider",))
    (risk,) = found.found
    assert risk.code == RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT
    assert risk.affects == ("Pod/shop/outsider -> Pod/shop/served:15008",)


def test_a_port_without_a_waypoint_is_called_straight() -> None:
    """One port has a waypoint before it, the other has none: of each its own way counts."""
    policy = {**TWO, "ingress": [{"ports": [APP, {"port": 9090}]}, {"from": [WAYPOINT], "ports": [HBONE]}]}
    found = risks(scene([policy], meshed=True), "enable", ("outsider",))
    assert [(code, severity) for code, severity, _message in of(found, "outsider", "two")] == [
        (RiskCode.NETWORK_POLICY_BLOCKS_MESH, "error")
    ]


def test_ports_that_become_one_are_told_once() -> None:
    """One port is stopped as the caller sends, the other as it comes: both go to the waypoint then."""
    both = service("two-admin", labels=WP, selector={"app": "two"}, ports=[{"port": 81, "targetPort": 9090}])
    sent = {"policyTypes": ["Egress"], "egress": [{"ports": [{"port": 9090}]}, {"to": [WAYPOINT]}]}
    policies = [
        {"podSelector": {"matchLabels": {"app": "outsider"}}, **sent},
        {**TWO, "ingress": [{"ports": [APP]}, {"from": [WAYPOINT]}]},
    ]
    found = risks(scene(policies, both, meshed=True), "enable", ("outsider",))
    assert [code for code, _severity, _message in of(found, "outsider", "two")] == [
        RiskCode.NETWORK_POLICY_WIDENS_BY_WAYPOINT
    ]


def test_without_a_label_no_rule_about_waypoints_is_asked() -> None:
    found = scene([FROM_OTHERS])
    bare = {key: structs.replace(fact, labels={}) for key, fact in found.services.facts.items()}
    pods = {
        key: structs.replace(fact, labels={k: v for k, v in fact.labels.items() if k not in WP})
        for key, fact in found.pods.facts.items()
    }
    found = structs.replace(
        found,
        services=structs.replace(found.services, facts=bare),
        pods=structs.replace(found.pods, facts=pods),
    )
    done = risks(found, "enable", ("outsider",))
    assert done.found == []
    assert done.untold == []
