"""Policies at the ztunnel that receives: the rows of documented behaviour, the gaps, and what depends on chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, PeerAuthentication, Rule, Source, When
from kubectl_ambient.mesh.policy.connections import Connection, Identity
from kubectl_ambient.mesh.policy.mtls import Mtls, Ports, mtls
from kubectl_ambient.mesh.policy.sent import Sent, sent, speaks_on
from kubectl_ambient.mesh.policy.verdict import verdict

ROOT = "istio-system"
A = Identity("cluster.local", "shop", "a")
B = Identity("cluster.local", "shop", "b")
DAY = datetime(2026, 11, 1, tzinfo=UTC)


def pa(mode: str | None = None, *, ns: str = "shop", after: int = 0, **more: Any) -> PeerAuthentication:
    """One that is `after` so many seconds; with `ports`, or for `web` alone, it has a selector."""
    ports = more.pop("ports", {})
    selector = more.pop("selector", {"app": "web"} if ports else None)
    created = DAY + timedelta(seconds=after)
    name = more.pop("name", f"pa{after}")
    return PeerAuthentication(
        namespace=ns, name=name, mode=mode, selector=selector, port_level_mtls=ports, created=created
    )


def of(*found: PeerAuthentication, **more: Any) -> Mtls:
    return mtls(found, namespace="shop", labels={"app": "web"}, root=ROOT, **more)


STRICT_MESH = pa("STRICT", ns=ROOT)


@pytest.mark.parametrize(
    ("found", "denied", "open_"),
    [
        pytest.param((), (), (8080,), id="115"),
        pytest.param((STRICT_MESH,), (8080,), (), id="116"),
        pytest.param((STRICT_MESH, pa("PERMISSIVE")), (), (8080,), id="117"),
        pytest.param((STRICT_MESH, pa("DISABLE")), (), (8080,), id="118"),
        pytest.param((STRICT_MESH, pa("DISABLE", selector={"app": "web"})), (), (8080,), id="119"),
        pytest.param((STRICT_MESH, pa("UNSET")), (8080,), (), id="120"),
        pytest.param((STRICT_MESH, pa()), (8080,), (), id="120: without mtls"),
        pytest.param((pa("STRICT", ns=ROOT, selector={"app": "web"}),), (), (8080,), id="121"),
        pytest.param((pa("PERMISSIVE"), pa("STRICT", after=5)), (), (8080,), id="122"),
        pytest.param((pa("STRICT", after=5), pa("PERMISSIVE")), (), (8080,), id="122: whatever the order"),
        pytest.param((pa("PERMISSIVE", ports={9090: "STRICT"}),), (9090,), (8080,), id="123"),
        pytest.param(
            (STRICT_MESH, pa("PERMISSIVE", ports={9090: "STRICT"})), (), (9090, 8080), id="123: under a STRICT mesh"
        ),
        pytest.param((pa("STRICT", ports={8080: "PERMISSIVE"}),), (9090,), (8080,), id="124"),
        pytest.param((pa("STRICT", ports={8080: "DISABLE"}),), (9090,), (8080,), id="124: DISABLE is the same"),
        pytest.param((STRICT_MESH, pa("UNSET", ports={8080: "PERMISSIVE"})), (9090,), (8080,), id="125"),
        pytest.param((STRICT_MESH, pa("UNSET", ports={8080: "DISABLE"})), (8080, 9090), (), id="126"),
        pytest.param((pa("STRICT", selector={"app": "other"}),), (), (8080,), id="another pod's"),
        pytest.param((pa("STRICT", ns="pay"),), (), (8080,), id="another namespace's"),
        pytest.param((pa("STRICT", selector={}),), (8080,), (), id="an empty selector is the namespace's"),
    ],
)
def test_plain_text(found: tuple[PeerAuthentication, ...], denied: tuple[int, ...], open_: tuple[int, ...]) -> None:
    for asked in (found, found[::-1]):
        said = of(*asked)
        assert ([said.mode(port) for port in denied], [said.mode(port) for port in open_]) == (
            ["STRICT"] * len(denied),
            ["PERMISSIVE"] * len(open_),
        )


def test_row_125_before_the_mending_the_exception_does_nothing() -> None:
    found = (STRICT_MESH, pa("UNSET", ports={8080: "PERMISSIVE"}))
    assert of(*found, inherits=False).refuses(8080) is True


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        pytest.param(
            (STRICT_MESH, pa("UNSET"), pa("UNSET", ports={8080: "PERMISSIVE"}, after=1)),
            Ports(but=frozenset({8080})),
            id="the namespace's is there and UNSET",
        ),
        pytest.param(
            (pa("STRICT", selector={}), pa("UNSET", ports={8080: "PERMISSIVE"}, after=1)),
            Ports(but=frozenset({8080})),
            id="the namespace's has an empty selector",
        ),
        pytest.param(
            (STRICT_MESH, pa("PERMISSIVE", ports={9090: "STRICT"}, after=1)),
            Ports(strict=frozenset({9090})),
            id="a STRICT port under PERMISSIVE and a STRICT mesh",
        ),
    ],
)
def test_a_policy_that_is_named_and_never_sent_leaves_every_port_open(
    found: tuple[PeerAuthentication, ...], meant: Ports
) -> None:
    answer = of(*found).answer
    assert answer is not None
    assert (answer.ports, answer.key, answer.meant) == (Ports(), "", meant)


def test_what_is_sent_as_it_was_meant_is_no_gap() -> None:
    answer = of(STRICT_MESH, pa("UNSET", ports={8080: "PERMISSIVE"})).answer
    assert answer is not None
    assert (answer.key, answer.meant) == ("shop/converted_peer_authentication_pa0", None)


def test_two_of_one_age_leave_it_to_chance_only_where_they_differ() -> None:
    said = of(pa("STRICT", name="a"), pa("PERMISSIVE", name="b"))
    assert (said.answer, said.mode(8080)) == (None, None)
    assert of(pa("STRICT", name="a"), pa("STRICT", name="b")).mode(8080) == "STRICT"
    plain, mtls_ = (Connection(identity=who, port=8080) for who in (None, A))
    assert (verdict(plain, said, []).allowed, verdict(mtls_, said, []).allowed) == (None, True)


def test_who_decides_is_named() -> None:
    answer = of(STRICT_MESH, pa("UNSET")).answer
    assert answer is not None
    assert [p.ref for p in answer.decided_by] == ["PeerAuthentication/istio-system/pa0"]


def ap(action: str = "ALLOW", *rules: Rule, **more: Any) -> Sent:
    policy = AuthorizationPolicy(
        namespace=more.pop("ns", "shop"), name=more.pop("name", "p"), action=action, rules=rules, **more
    )
    as_sent = sent(policy, ROOT)
    assert as_sent is not None
    return as_sent


def comes(who: Identity | None, *policies: Sent, port: int = 80, **more: Any) -> bool | None:
    return verdict(Connection(identity=who, port=port, **more), of(), policies).allowed


GET = (Operation(methods=("GET",)),)
FROM_A = (Source(principals=(A.principal,)),)


@pytest.mark.parametrize(
    ("who", "policies", "port", "allowed"),
    [
        pytest.param(A, (ap("ALLOW", Rule(to=GET)),), 80, False, id="129"),
        pytest.param(A, (ap("ALLOW", Rule(from_=FROM_A), Rule(to=GET)),), 80, True, id="130"),
        pytest.param(A, (ap("DENY", Rule(from_=(Source(not_request_principals=("*",)),))),), 80, True, id="131"),
        pytest.param(A, (ap("DENY", Rule(from_=FROM_A, to=GET)),), 80, True, id="132"),
        pytest.param(B, (ap("DENY", Rule(to=(Operation(ports=("80",), methods=("GET",)),))),), 80, False, id="133"),
        pytest.param(None, (ap("ALLOW", Rule(from_=FROM_A)),), 80, False, id="135"),
        pytest.param(A, (ap("ALLOW"),), 80, False, id="without rules it allows nothing"),
        pytest.param(None, (ap("ALLOW", Rule()),), 80, True, id="one empty rule allows all"),
        pytest.param(A, (ap("DENY"),), 80, True, id="without rules it denies nothing"),
        pytest.param(A, (ap("DENY", Rule()), ap("ALLOW", Rule())), 80, False, id="who denies wins"),
        pytest.param(None, (ap("DENY", Rule(from_=(Source(not_principals=("*",)),))),), 80, False, id="no identity"),
        pytest.param(A, (ap("DENY", Rule(from_=(Source(not_principals=("*",)),))),), 80, True, id="an identity"),
        pytest.param(A, (ap("ALLOW", Rule(from_=(Source(namespaces=("sh*",)),))),), 80, True, id="a prefix"),
        pytest.param(A, (ap("ALLOW", Rule(from_=(Source(principals=("*/sa/a",)),))),), 80, True, id="a suffix"),
        pytest.param(A, (ap("ALLOW", Rule(from_=(Source(service_accounts=("a",)),))),), 80, True, id="an account here"),
        pytest.param(A, (ap("ALLOW", Rule(from_=(Source(service_accounts=("x/a",)),))),), 80, False, id="another"),
        pytest.param(
            A, (ap("ALLOW", Rule(when=(When(key="destination.port", values=("80",)),))),), 80, True, id="when"
        ),
        pytest.param(A, (ap("ALLOW", Rule(to=(Operation(ports=("x",)),))),), 80, False, id="no port at all"),
    ],
)
def test_who_may_speak(who: Identity | None, policies: tuple[Sent, ...], port: int, allowed: bool) -> None:
    assert comes(who, *policies, port=port) is allowed
    assert comes(who, *policies[::-1], port=port) is allowed


def test_an_address_that_is_not_known_leaves_it_open_only_where_it_decides() -> None:
    blocks = Rule(from_=(Source(ip_blocks=("10.0.0.0/8",)),))
    assert comes(A, ap("ALLOW", blocks)) is None
    assert comes(A, ap("ALLOW", blocks), ap("ALLOW", Rule(), name="q")) is True
    assert comes(A, ap("DENY", blocks), ap("ALLOW", name="q")) is False
    assert comes(A, ap("ALLOW", blocks), source_ip="10.1.2.3") is True
    assert comes(A, ap("ALLOW", blocks), source_ip="192.0.2.7") is False


@pytest.mark.parametrize(
    ("action", "dry_run", "is_sent"),
    [
        ("CUSTOM", None, False),
        ("AUDIT", None, False),
        ("DENY", "true", False),
        ("DENY", "T", False),
        ("DENY", "yes", True),
    ],
)
def test_what_ztunnel_does_not_get(action: str, dry_run: str | None, is_sent: bool) -> None:
    policy = AuthorizationPolicy(namespace="shop", name="p", action=action, dry_run=dry_run)
    assert (sent(policy, ROOT) is not None) is is_sent


def test_row_137_an_istiod_that_does_not_heed_the_dry_run_sends_it() -> None:
    policy = AuthorizationPolicy(namespace="shop", name="p", action="DENY", rules=(Rule(),), dry_run="true")
    as_sent = sent(policy, ROOT, heeds_dry_run=False)
    assert as_sent is not None
    assert comes(A, as_sent) is False


@pytest.mark.parametrize(
    ("ns", "selector", "speaks"),
    [
        ("shop", None, True),
        ("pay", None, False),
        (ROOT, None, True),
        ("shop", {"app": "web"}, True),
        (ROOT, {"app": "web"}, True),
        ("pay", {"app": "web"}, False),
        ("shop", {"app": "other"}, False),
        ("shop", {}, False),
    ],
)
def test_on_which_pods_a_policy_speaks(ns: str, selector: dict[str, str] | None, speaks: bool) -> None:
    assert speaks_on(ap("ALLOW", ns=ns, selector=selector), "shop", {"app": "web", "v": "1"}, ROOT) is speaks


def test_a_rule_that_can_never_fire_is_known_as_such() -> None:
    rules = ap("DENY", Rule(from_=FROM_A, to=GET), Rule(from_=FROM_A), Rule()).rules
    assert [rule.can_fire for rule in rules] == [False, True, True]
    dropped = ap("ALLOW", Rule(to=GET), Rule(from_=FROM_A))
    assert ([rule.l7 for rule in dropped.dropped], len(dropped.rules)) == ([("methods",)], 1)


_modes = st.sampled_from([None, "UNSET", "STRICT", "PERMISSIVE", "DISABLE"])
_found = st.lists(
    st.builds(
        lambda mode, ns, after, ports: pa(mode, ns=ns, after=after, ports=ports),
        _modes,
        st.sampled_from(["shop", ROOT]),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from([80, 90]), _modes.map(lambda mode: mode or "UNSET"), max_size=2),
    ),
    max_size=5,
)


@given(found=_found)
def test_order_says_nothing_and_identity_is_never_refused(found: list[PeerAuthentication]) -> None:
    said, other = of(*found), of(*found[::-1])
    for port in (80, 90, 100):
        assert said.mode(port) == other.mode(port)
        assert verdict(Connection(identity=A, port=port), said, []).allowed is True


@given(found=_found)
def test_what_is_refused_names_the_policy_that_refuses(found: list[PeerAuthentication]) -> None:
    said = of(*found)
    for port in (80, 90, 100):
        assert bool(said.refused_by(Connection(identity=None, port=port))) is (said.refuses(port) is True)
