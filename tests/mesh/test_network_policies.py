"""NetworkPolicies: 80 worlds judged by another project's matcher, and the corners of the API that they leave out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.cluster.facts import LabelSelector, Requirement, Unread
from kubectl_ambient.cluster.kinds.table import NETWORK
from kubectl_ambient.cluster.network_facts import (
    IPBlock,
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
    NetworkPolicyRule,
)
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.mesh.network.packets import HBONE, PROBES, End, NamedPort, Packet
from kubectl_ambient.mesh.network.ruling import egress, ingress
from tests.conformance import cases

WORLDS = {world["id"]: world for world in cases("netpol")}


def policies(world: Mapping[str, Any]) -> list[NetworkPolicy]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": world["policies"]})
    snapshot, problems = read_files(["-"], kinds=NETWORK, stdin=io.BytesIO(text.encode()))
    assert problems == []
    return list(snapshot.network_policies.known)


def ends(world: Mapping[str, Any]) -> dict[str, End]:
    return {
        f"{pod['namespace']}/{pod['name']}": End(
            ref=f"Pod/{pod['namespace']}/{pod['name']}",
            ips=(pod["ip"],),
            namespace=pod["namespace"],
            labels=pod["labels"],
            namespace_labels=world["namespaces"][pod["namespace"]],
            ports=tuple(NamedPort(name, number) for name, number in pod["ports"].items()),
        )
        for pod in world["pods"]
    }


@pytest.mark.parametrize("world", WORLDS)
def test_every_packet_passes_or_not_as_the_other_matcher_says(world: str) -> None:
    asked = WORLDS[world]
    found, pods = policies(asked), ends(asked)
    for ask in asked["asks"]:
        packet = Packet(
            source=pods.get(ask["from"]) or End(ref=ask["from"], ips=(ask["from"],)),
            destination=pods.get(ask["to"]) or End(ref=ask["to"], ips=(ask["to"],)),
            port=ask["port"],
        )
        said = {"egress": egress(found, packet).allowed, "ingress": ingress(found, packet).allowed}
        assert said == {"egress": ask["egress"], "ingress": ask["ingress"]}, ask


def test_the_worlds_ask_for_both_answers_in_both_directions() -> None:
    asks = [ask for world in WORLDS.values() for ask in world["asks"]]
    assert {(ask["egress"], ask["ingress"]) for ask in asks} >= {(True, True), (False, True), (True, False)}
    assert {ask["from"] for ask in asks} >= {PROBES[0], "192.0.2.7"}


SHOP = {"kubernetes.io/metadata.name": "shop"}


def pod(name: str, *, namespace: str = "shop", ip: str = "10.0.0.1", **more: Any) -> End:
    return End(
        ref=f"Pod/{namespace}/{name}",
        ips=(ip,),
        namespace=namespace,
        labels={"app": name},
        namespace_labels=more.pop("namespace_labels", {"kubernetes.io/metadata.name": namespace}),
        **more,
    )


def policy(name: str = "p", **spec: Any) -> NetworkPolicy:
    return NetworkPolicy(namespace="shop", name=name, **spec)


def rule(*peers: NetworkPolicyPeer, ports: tuple[NetworkPolicyPort, ...] = ()) -> NetworkPolicyRule:
    return NetworkPolicyRule(peers=peers, ports=ports)


def comes(*found: NetworkPolicy, source: End | None = None, port: int = HBONE, **more: Any) -> bool | None:
    return ingress(found, Packet(source or pod("cart"), pod("web", **more), port)).allowed


def test_no_policy_types_is_ingress_and_egress_where_there_are_rules_for_it() -> None:
    packet = Packet(pod("web"), pod("cart"), HBONE)
    assert egress([policy(ingress=(rule(),))], packet).allowed is True
    assert egress([policy(egress=(rule(ports=(NetworkPolicyPort(port=53),)),))], packet).allowed is False
    assert ingress([policy()], packet).allowed is False
    assert ingress([policy(policy_types=("Egress",))], packet).allowed is True


@pytest.mark.parametrize(("port", "end", "passes"), [(15000, 15010, True), (15009, 15010, False), (15008, None, True)])
def test_a_range_of_ports(port: int, end: int | None, passes: bool) -> None:
    assert comes(policy(ingress=(rule(ports=(NetworkPolicyPort(port=port, end_port=end),)),))) is passes


def test_a_named_port_is_that_of_the_pod_that_receives() -> None:
    by_name = policy(ingress=(rule(ports=(NetworkPolicyPort(port="web"),)),))
    assert comes(by_name, port=8080, ports=(NamedPort("web", 8080),)) is True
    assert comes(by_name, port=HBONE, ports=(NamedPort("web", 8080),)) is False
    assert comes(by_name, port=8080, ports=(NamedPort("web", 8080, "UDP"),)) is False
    out = policy(policy_types=("Egress",), egress=(rule(ports=(NetworkPolicyPort(port="web"),)),))
    packet = Packet(pod("web"), pod("cart", ports=(NamedPort("web", 8080),)), 8080)
    assert egress([out], packet).allowed is True


def test_another_protocol_lets_nothing_of_tcp_through() -> None:
    assert comes(policy(ingress=(rule(ports=(NetworkPolicyPort(protocol="UDP"),)),))) is False


@pytest.mark.parametrize(
    ("ip", "passes"), [("10.1.2.3", True), ("10.1.9.3", False), ("10.2.0.1", False), ("fd00::1", False)]
)
def test_a_block_of_addresses_without_some(ip: str, passes: bool) -> None:
    block = NetworkPolicyPeer(ip_block=IPBlock(cidr="10.1.0.0/16", except_=("10.1.9.0/24",)))
    assert comes(policy(ingress=(rule(block),)), source=pod("cart", ip=ip)) is passes


def test_one_address_of_a_pod_with_two_families_is_enough() -> None:
    both = End(ref="Pod/shop/cart", ips=("10.0.0.9", PROBES[1]), namespace="shop", labels={})
    assert comes(policy(ingress=(rule(NetworkPolicyPeer(ip_block=IPBlock(cidr=f"{PROBES[1]}/128"))),)), source=both)


def test_both_selectors_of_one_peer_must_match_and_of_two_peers_one() -> None:
    selectors = {
        "namespace_selector": LabelSelector(match_labels={"kubernetes.io/metadata.name": "pay"}),
        "pod_selector": LabelSelector(match_labels={"app": "cart"}),
    }
    one = policy(ingress=(rule(NetworkPolicyPeer(**selectors)),))
    two = policy(ingress=(rule(*(NetworkPolicyPeer(**{key: value}) for key, value in selectors.items())),))
    here, there = pod("cart"), pod("other", namespace="pay")
    assert (comes(one, source=here), comes(one, source=there)) == (False, False)
    assert (comes(two, source=here), comes(two, source=there)) == (True, True)


def test_an_empty_selector_of_pods_is_the_policys_own_namespace_and_one_of_namespaces_all() -> None:
    own = policy(ingress=(rule(NetworkPolicyPeer(pod_selector=LabelSelector())),))
    all_ = policy(ingress=(rule(NetworkPolicyPeer(namespace_selector=LabelSelector())),))
    assert (comes(own), comes(own, source=pod("cart", namespace="pay"))) == (True, False)
    assert (comes(all_), comes(all_, source=pod("cart", namespace="pay"))) == (True, True)
    assert comes(all_, source=End(ref="192.0.2.7", ips=("192.0.2.7",))) is False


def test_labels_of_a_namespace_that_could_not_be_read_leave_it_open_only_where_they_decide() -> None:
    unread = Unread("get namespace pay", "forbidden")
    there = pod("cart", namespace="pay", namespace_labels=unread)
    by_label = NetworkPolicyPeer(namespace_selector=LabelSelector(match_labels={"env": "prod"}))
    asked = policy(ingress=(rule(by_label),))
    ruling = ingress([asked, policy("none")], Packet(there, pod("web"), HBONE))
    assert (ruling.allowed, ruling.by) == (None, (asked,))
    other = NetworkPolicyPeer(pod_selector=LabelSelector(match_labels={"app": "x"}), namespace_selector=LabelSelector())
    assert comes(policy(ingress=(rule(other),)), source=there) is False
    assert comes(policy(ingress=(rule(by_label), rule())), source=there) is True


def test_who_decides_is_named() -> None:
    deny, other, allow = policy("deny"), policy("other"), policy("allow", ingress=(rule(),))
    packet = Packet(pod("cart"), pod("web"), HBONE)
    assert ingress([deny, other], packet).by == (deny, other)
    assert ingress([deny, allow], packet).by == (allow,)
    assert ingress([], packet).by == ()


def test_policies_of_another_namespace_and_for_other_pods_say_nothing() -> None:
    elsewhere = NetworkPolicy(namespace="pay", name="deny")
    others = policy(pod_selector=LabelSelector(match_expressions=(Requirement("app", "NotIn", ("web",)),)))
    assert comes(elsewhere, others) is True


def test_an_address_that_is_no_pod_is_never_isolated() -> None:
    outside = End(ref="192.0.2.7", ips=("192.0.2.7",))
    assert ingress([policy()], Packet(pod("web"), outside, 443)).allowed is True


_peers = st.builds(
    NetworkPolicyPeer,
    pod_selector=st.none() | st.builds(LabelSelector, match_labels=st.sampled_from([{}, {"app": "cart"}])),
    namespace_selector=st.none() | st.builds(LabelSelector, match_labels=st.sampled_from([{}, SHOP, {"env": "x"}])),
)
_rules = st.builds(
    NetworkPolicyRule,
    peers=st.lists(_peers, max_size=2).map(tuple),
    ports=st.sampled_from([(), (NetworkPolicyPort(port=HBONE),), (NetworkPolicyPort(port=80),)]),
)
_policies = st.lists(
    st.builds(
        NetworkPolicy, namespace=st.just("shop"), name=st.just("p"), ingress=st.lists(_rules, max_size=2).map(tuple)
    ),
    max_size=3,
)


@given(found=_policies, more=_rules)
def test_order_says_nothing_and_a_rule_more_never_shuts_out(
    found: list[NetworkPolicy], more: NetworkPolicyRule
) -> None:
    packet = Packet(pod("cart"), pod("web"), HBONE)
    before = ingress(found, packet).allowed
    assert ingress(found[::-1], packet).allowed == before
    if found:
        first = NetworkPolicy(namespace="shop", name="p", ingress=(*found[0].ingress, more))
        assert ingress([first, *found[1:]], packet).allowed >= before  # type: ignore[operator]
