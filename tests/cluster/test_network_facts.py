"""NetworkPolicies and EndpointSlices: what the API tells apart is told apart, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from kubectl_ambient.cluster.facts import LabelSelector, Requirement
from kubectl_ambient.cluster.kinds import network as network_wire
from kubectl_ambient.cluster.network_facts import (
    Endpoint,
    EndpointPort,
    EndpointSlice,
    IPBlock,
    NetworkPolicy,
    NetworkPolicyPeer,
    NetworkPolicyPort,
    NetworkPolicyRule,
    ObjectReference,
)

NAMED = {"metadata": {"name": "x", "namespace": "shop"}}
WEB = LabelSelector(match_labels={"app": "web"})
ALL = LabelSelector()


def policy(**spec: Any) -> NetworkPolicy:
    return msgspec.json.decode(json.dumps({**NAMED, "spec": spec}), type=network_wire.NetworkPolicy).fact()


def endpoint_slice(**fields: Any) -> EndpointSlice:
    return msgspec.json.decode(json.dumps({**NAMED, **fields}), type=network_wire.EndpointSlice).fact()


def rule(**fields: Any) -> NetworkPolicyRule:
    """The rule of these fields, which is the same in either direction."""
    ingress = {"from" if key == "peers" else key: value for key, value in fields.items()}
    egress = {"to" if key == "peers" else key: value for key, value in fields.items()}
    found = policy(ingress=[ingress], egress=[egress])
    assert found.ingress == found.egress
    return found.ingress[0]


def test_a_bare_policy() -> None:
    found = msgspec.convert(NAMED, network_wire.NetworkPolicy).fact()
    assert found == policy() == NetworkPolicy(namespace="shop", name="x")
    assert found.ref == "NetworkPolicy/shop/x"


def test_the_pods_that_it_is_for() -> None:
    expression = {"key": "app", "operator": "NotIn", "values": ["web"]}
    assert policy(podSelector={}).pod_selector == policy(podSelector=None).pod_selector == ALL
    assert policy(podSelector={"matchExpressions": [expression]}).pod_selector == LabelSelector(
        match_expressions=(Requirement(key="app", operator="NotIn", values=("web",)),)
    )


@pytest.mark.parametrize(
    ("spec", "isolates"),
    [
        ({}, ("Ingress",)),
        ({"policyTypes": []}, ("Ingress",)),
        ({"policyTypes": None, "egress": []}, ("Ingress",)),
        ({"egress": [{}]}, ("Ingress", "Egress")),
        ({"policyTypes": ["Egress"]}, ("Egress",)),
        ({"policyTypes": ["Ingress"], "egress": [{}]}, ("Ingress",)),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, ("Egress",)),
    ],
)
def test_the_directions_that_it_isolates(spec: dict[str, Any], isolates: tuple[str, ...]) -> None:
    assert policy(**spec).isolates == isolates
    assert policy(**spec).policy_types == tuple(spec.get("policyTypes") or ())


def test_no_rule_is_not_an_empty_rule() -> None:
    assert policy(ingress=[]).ingress == policy(ingress=None).ingress == ()
    assert policy(ingress=[{}]).ingress == (NetworkPolicyRule(),)


def test_an_empty_list_in_a_rule_is_one_that_is_left_out() -> None:
    assert rule(peers=[], ports=[]) == rule(peers=None, ports=None) == rule() == NetworkPolicyRule()


@pytest.mark.parametrize(
    ("peer", "fact"),
    [
        ({"podSelector": {}}, NetworkPolicyPeer(pod_selector=ALL)),
        ({"podSelector": {"matchLabels": {}}}, NetworkPolicyPeer(pod_selector=ALL)),
        ({"namespaceSelector": {}}, NetworkPolicyPeer(namespace_selector=ALL)),
        ({"podSelector": None, "namespaceSelector": {}}, NetworkPolicyPeer(namespace_selector=ALL)),
        (
            {"podSelector": {"matchLabels": {"app": "web"}}, "namespaceSelector": {}},
            NetworkPolicyPeer(pod_selector=WEB, namespace_selector=ALL),
        ),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, NetworkPolicyPeer(ip_block=IPBlock(cidr="10.0.0.0/8"))),
        (
            {"ipBlock": {"cidr": "::/0", "except": ["fd00::/8", "fe80::/10"]}},
            NetworkPolicyPeer(ip_block=IPBlock(cidr="::/0", except_=("fd00::/8", "fe80::/10"))),
        ),
        ({}, NetworkPolicyPeer()),
    ],
)
def test_peers(peer: dict[str, Any], fact: NetworkPolicyPeer) -> None:
    assert rule(peers=[peer]) == NetworkPolicyRule(peers=(fact,))


def test_both_selectors_in_one_peer_are_not_two_peers() -> None:
    pods, namespaces = {"podSelector": {}}, {"namespaceSelector": {}}
    assert len(rule(peers=[pods, namespaces]).peers) == 2
    assert len(rule(peers=[{**pods, **namespaces}]).peers) == 1


@pytest.mark.parametrize(
    ("port", "fact"),
    [
        ({}, NetworkPolicyPort(protocol="TCP", port=None)),
        ({"port": None, "protocol": None}, NetworkPolicyPort(protocol="TCP", port=None)),
        ({"port": 0}, NetworkPolicyPort(port=0)),
        ({"port": 80, "protocol": "UDP"}, NetworkPolicyPort(port=80, protocol="UDP")),
        ({"port": "http"}, NetworkPolicyPort(port="http")),
        ({"port": "80"}, NetworkPolicyPort(port="80")),
        ({"port": 80, "endPort": 90}, NetworkPolicyPort(port=80, end_port=90)),
    ],
)
def test_ports(port: dict[str, Any], fact: NetworkPolicyPort) -> None:
    assert rule(ports=[port]) == NetworkPolicyRule(ports=(fact,))


@pytest.mark.parametrize(
    "spec",
    [
        {"ingress": {}},
        {"ingress": [{"ports": [{"port": True}]}]},
        {"ingress": [{"ports": [{"port": 80, "endPort": "90"}]}]},
        {"ingress": [{"from": [{"podSelector": []}]}]},
        {"egress": [{"to": {"podSelector": {}}}]},
        {"podSelector": {"matchLabels": {"app": 1}}},
        {"policyTypes": "Ingress"},
    ],
)
def test_a_wrong_type_is_told(spec: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        policy(**spec)


def test_a_bare_slice() -> None:
    found = endpoint_slice(endpoints=None, ports=None)
    assert found == endpoint_slice() == EndpointSlice(namespace="shop", name="x")
    assert found.ref == "EndpointSlice/shop/x"


def test_the_service_of_a_slice_and_who_keeps_it() -> None:
    labels = {"kubernetes.io/service-name": "cart", "endpointslice.kubernetes.io/managed-by": "me", "app": "web"}
    found = endpoint_slice(metadata={"name": "cart-1", "namespace": "shop", "labels": labels}, addressType="IPv6")
    assert (found.service, found.managed_by, found.address_type) == ("cart", "me", "IPv6")


@pytest.mark.parametrize(
    ("port", "fact"),
    [
        ({}, EndpointPort(name="", port=None, protocol="TCP")),
        ({"name": "http", "port": 8080, "appProtocol": "http"}, EndpointPort("http", 8080, "TCP", "http")),
        ({"name": None, "port": 53, "protocol": "UDP"}, EndpointPort(port=53, protocol="UDP")),
    ],
)
def test_ports_of_a_slice(port: dict[str, Any], fact: EndpointPort) -> None:
    assert endpoint_slice(ports=[port]).ports == (fact,)


@pytest.mark.parametrize("condition", ["ready", "serving", "terminating"])
def test_a_condition_that_nobody_wrote_is_not_false(condition: str) -> None:
    written = [{}, {condition: None}, {condition: False}, {condition: True}]
    found = endpoint_slice(endpoints=[{"addresses": ["10.0.0.1"], "conditions": told} for told in written])
    assert [getattr(endpoint, condition) for endpoint in found.endpoints] == [None, None, False, True]
    assert endpoint_slice(endpoints=[{}]).endpoints == (Endpoint(),)


def test_what_an_endpoint_is_and_where() -> None:
    reference = {"kind": "Pod", "namespace": "shop", "name": "web-1", "uid": "u"}
    written = {"addresses": ["10.0.0.1", "10.0.0.2"], "targetRef": reference, "nodeName": "n1", "zone": "a"}
    (found,) = endpoint_slice(endpoints=[written]).endpoints
    target = ObjectReference(kind="Pod", namespace="shop", name="web-1")
    assert found == Endpoint(addresses=("10.0.0.1", "10.0.0.2"), target=target, node="n1", zone="a")
    assert str(found.target) == "Pod/shop/web-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"ports": [{"port": "http"}]},
        {"endpoints": [{"conditions": {"ready": "true"}}]},
        {"endpoints": [{"addresses": "10.0.0.1"}]},
        {"addressType": 4},
    ],
)
def test_a_wrong_type_in_a_slice_is_told(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        endpoint_slice(**fields)
