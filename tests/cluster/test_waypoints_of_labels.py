"""Gateways beside a pod's own facts: read where a label names one, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.needs.pods import PodNeeds, of_pods
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import read
from tests.cluster.waypoint_shop import gateway, made

SHOP = PodNeeds(namespaces=("shop",), waypoints=True)
ALL = PodNeeds(waypoints=True)
FAR = {"istio.io/use-waypoint": "far", "istio.io/use-waypoint-namespace": "infra"}


def a_cluster(*objects: Any, **fields: Any) -> FakeClient:
    others = (gateway("wp"), gateway("far", "infra"), gateway("other", "other"), m.namespace("infra"))
    return FakeClient(*objects, *others, **fields)


def asked(client: FakeClient) -> list[str]:
    words = ("gateway", "services")
    return sorted(r.partition(" ")[2] for r in client.requests if any(word in r for word in words))


@pytest.mark.parametrize(
    "labels", [{}, {"istio.io/use-waypoint": "none"}, {"istio.io/use-waypoint-namespace": "infra"}]
)
@pytest.mark.parametrize("needs", [SHOP, ALL], ids=["shop", "all"])
def test_a_cluster_without_waypoints_pays_nothing(labels: dict[str, str], needs: PodNeeds) -> None:
    client = a_cluster(m.namespace("shop", labels), m.pod("web-1", labels=labels))
    read(client, needs)
    assert asked(client) == []
    assert len(client.rounds) == 1


def test_who_does_not_tell_waypoints_reads_none() -> None:
    client = a_cluster(m.namespace("shop", {"istio.io/use-waypoint": "wp"}), m.pod("web-1"))
    read(client, replace(SHOP, waypoints=False))
    assert asked(client) == []


@pytest.mark.parametrize(
    ("namespace", "pod", "homes"),
    [
        ({"istio.io/use-waypoint": "wp"}, {}, ["shop"]),
        ({}, {"istio.io/use-waypoint": "wp"}, ["shop"]),
        (FAR, {}, ["infra"]),
        ({"istio.io/use-waypoint": "wp"}, FAR, ["infra", "shop"]),
        (FAR, {"gateway.networking.k8s.io/gateway-name": "gw"}, ["infra", "shop"]),
    ],
    ids=["namespace", "pod", "elsewhere", "both", "a gateway's own pod"],
)
def test_the_gateways_of_the_homes_that_are_named(
    namespace: dict[str, str], pod: dict[str, str], homes: list[str]
) -> None:
    client = a_cluster(m.namespace("shop", namespace), m.pod("web-1", labels=pod))
    snapshot = read(client, SHOP)
    assert asked(client) == ["gatewayclasses", *(f"gateways {home}" for home in homes)]
    assert len(client.rounds) == 2
    assert {key.split("/")[0] for key in snapshot.gateways.facts} == set(homes)


def test_all_gateways_where_all_namespaces_are_read() -> None:
    client = a_cluster(m.namespace("shop", FAR), m.pod("web-1"))
    snapshot = read(client, ALL)
    assert asked(client) == ["gatewayclasses", "gateways *"]
    assert len(snapshot.gateways) == 3


def test_gateways_that_may_not_be_read_are_named() -> None:
    client = a_cluster(m.namespace("shop", FAR), m.pod("web-1"), refused={"list gateways", "list gatewayclasses"})
    snapshot = read(client, SHOP)
    assert isinstance(snapshot.gateway("infra", "far"), Unread)
    assert snapshot.gateway_classes.refusal


def test_a_server_without_the_gateway_api() -> None:
    client = a_cluster(m.namespace("shop", FAR), m.pod("web-1"), missing={"gateways", "gatewayclasses"})
    gateways = read(client, SHOP).gateways
    assert (gateways.facts, gateways.unread, gateways.absent) == ({}, {}, True)


@pytest.mark.parametrize("own", [{}, FAR], ids=["plain", "named by its Service"])
def test_a_pod_that_is_explained_is_told_its_services(own: dict[str, str]) -> None:
    cart = made("Service", "v1", "cart", labels=own, spec={"selector": {"app": "cart"}})
    client = a_cluster(m.namespace("shop"), m.pod("web-1"), cart)
    snapshot = read(client, replace(of_pods("shop", ["web-1"]), waypoints=True))
    assert [service.name for service in snapshot.services] == ["cart"]
    assert asked(client) == [*(["gatewayclasses", "gateways infra"] if own else []), "services shop"]
    assert len(client.rounds) == 2


MADE = {"gateway.istio.io/managed": "istio.io-gateway-controller", "gateway.networking.k8s.io/gateway-name": "gw"}


@pytest.mark.parametrize("needs", [of_pods("shop", ["gw-1"]), replace(ALL, waypoints=False)], ids=["pod", "all"])
def test_the_gateway_of_a_pod_of_istios_that_nothing_keeps_out(needs: PodNeeds) -> None:
    client = a_cluster(m.namespace("shop"), m.pod("gw-1", labels=MADE), gateway("gw"))
    found = read(client, needs)
    assert not isinstance(found.gateway("shop", "gw"), Unread | None)
    assert len(client.rounds) == 2
    assert [r for r in asked(client) if r.startswith("gateways")] == ["gateways shop gw"]
    if needs.nearby:
        assert found.instances.covers("shop"), "its other pods"


@pytest.mark.parametrize(
    "labels",
    [
        {**MADE, "istio.io/dataplane-mode": "none"},
        {"gateway.networking.k8s.io/gateway-name": "kg"},
    ],
    ids=["opted out", "another controller's"],
)
def test_what_is_kept_out_or_is_not_istios_asks_for_no_gateway(labels: dict[str, str]) -> None:
    client = a_cluster(m.namespace("shop"), m.pod("gw-1", labels=labels))
    read(client, replace(ALL, waypoints=False))
    assert [r for r in asked(client) if "gateway" in r] == []


def test_many_gateways_are_listed_by_namespace_and_none_twice() -> None:
    pods = [m.pod(f"gw-{n}", labels={**MADE, "gateway.networking.k8s.io/gateway-name": f"gw{n}"}) for n in range(9)]
    client = a_cluster(m.namespace("shop"), *pods)
    read(client, replace(ALL, waypoints=False))
    assert [r for r in asked(client) if r.startswith("gateways")] == ["gateways shop"]
    client = a_cluster(m.namespace("shop", {"istio.io/use-waypoint": "wp"}), *pods)
    read(client, SHOP)
    assert [r for r in asked(client) if r.startswith("gateways")] == ["gateways shop"]
