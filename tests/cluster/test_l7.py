"""L7 facts: from odd objects, from files, and from a cluster with all rights or few."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import pytest
from kubectl_ambient.cluster.l7 import wire as wire_l7
from kubectl_ambient.cluster.l7.live import read_waypoints

from kubectl_ambient.cluster.facts import LabelSelector, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.needs.pods import Needs
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient

GATEWAY, ISTIO = "gateway.networking.k8s.io/v1", "networking.istio.io/v1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(kind: str, version: str, name: str, namespace: str = "shop", **fields: Any) -> m.Manifest:
    labels = fields.pop("labels", {})
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def gateway(name: str, namespace: str = "shop") -> m.Manifest:
    listeners = [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]
    status = {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]}
    return made("Gateway", GATEWAY, name, namespace, spec={"listeners": listeners}, status=status)


CLUSTER = [
    m.namespace("shop"),
    m.namespace("infra"),
    m.pod("web-1"),
    m.pod("wp-1", labels={"gateway.networking.k8s.io/gateway-name": "wp"}),
    m.pod("far-1", "infra", labels={"gateway.networking.k8s.io/gateway-name": "far"}),
    m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}),
    made(
        "Service",
        "v1",
        "cart",
        labels={"istio.io/use-waypoint": "far", "istio.io/use-waypoint-namespace": "infra"},
        spec={"clusterIP": "10.0.0.1"},
    ),
    made("ServiceEntry", ISTIO, "ext", spec={"hosts": ["a.example"]}),
    made("WorkloadEntry", ISTIO, "vm", spec={"address": "10.1.0.1"}),
    gateway("wp"),
    gateway("far", "infra"),
    {"apiVersion": GATEWAY, "kind": "GatewayClass", "metadata": {"name": "istio-waypoint"}, "spec": {}},
]
SHOP = Needs(namespaces=("shop",))


def read(client: FakeClient, needs: Needs = SHOP, **fields: Any) -> Snapshot:
    return read_waypoints(cast(Client, client), needs, now=NOW, **fields)


def convert(kind: type[Any], **fields: Any) -> Any:
    return msgspec.convert({"metadata": {"name": "x", "namespace": "shop"}, **fields}, kind).fact()


def test_a_gateway() -> None:
    found = convert(
        wire_l7.Gateway,
        metadata={
            "name": "wp",
            "namespace": "shop",
            "generation": 3,
            "annotations": {"ambient.istio.io/waypoint-inbound-binding": "PROXY/15088"},
        },
        spec={
            "gatewayClassName": "istio-waypoint",
            "listeners": [
                {
                    "name": "mesh",
                    "port": 15008,
                    "protocol": "HBONE",
                    "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}},
                },
                {"name": "bare", "allowedRoutes": None},
            ],
        },
        status={
            "addresses": [{"value": "10.0.0.9"}],
            "conditions": [{"type": "Programmed", "status": "False", "reason": "R", "observedGeneration": 2}],
        },
    )
    assert found == Gateway(
        namespace="shop",
        name="wp",
        generation=3,
        inbound_binding="PROXY/15088",
        class_name="istio-waypoint",
        listeners=(
            Listener(
                name="mesh",
                port=15008,
                protocol="HBONE",
                allowed_from="Selector",
                selector=LabelSelector(match_labels={"a": "b"}),
            ),
            Listener(name="bare"),
        ),
        addresses=("10.0.0.9",),
        conditions=(Condition(type="Programmed", status="False", reason="R", generation=2),),
    )
    assert (found.ref, found.key) == ("Gateway/shop/wp", "shop/wp")


@pytest.mark.parametrize(
    ("addresses", "managed"),
    [
        (None, True),
        ([{"value": "10.0.0.9"}], True),
        ([{"type": "IPAddress", "value": "10.0.0.9"}], True),
        ([{"type": "Hostname", "value": "wp.infra.svc"}], False),
        ([{"value": "10.0.0.8"}, {"value": "10.0.0.9"}], False),
    ],
)
def test_whose_proxies_a_gateway_has(addresses: list[dict[str, str]] | None, managed: bool) -> None:
    spec = {"addresses": addresses}
    found = msgspec.convert(made("Gateway", GATEWAY, "wp", spec=spec), wire_l7.Gateway).fact()
    assert found.managed is managed


@pytest.mark.parametrize("kind", ["Service", "ServiceEntry", "WorkloadEntry", "Gateway", "GatewayClass"])
def test_nothing_in_it_and_nulls_count_as_absent(kind: str) -> None:
    of = getattr(wire_l7, kind)
    assert convert(of) == convert(of, spec=None, status=None) == convert(of, spec={}, status={})


def test_addresses_of_services() -> None:
    both = convert(wire_l7.Service, spec={"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"]})
    assert (both.vips, both.headless) == (("10.0.0.1", "fd00::1"), False)
    headless = convert(wire_l7.Service, spec={"clusterIP": "None"})
    assert (headless.vips, headless.headless) == ((), True)
    unborn = convert(wire_l7.Service)
    assert (unborn.vips, unborn.headless, unborn.type) == ((), False, "ClusterIP")


def test_addresses_of_service_entries() -> None:
    status = {"addresses": [{"value": "240.240.0.1", "host": "a.example"}]}
    assert convert(wire_l7.ServiceEntry, status=status).vips == ("240.240.0.1",)
    assert convert(wire_l7.ServiceEntry, spec={"addresses": ["1.2.3.4"]}, status=status).vips == ("1.2.3.4",)


def test_the_labels_of_a_workload_entry_stand_in_two_places() -> None:
    found = convert(
        wire_l7.WorkloadEntry,
        metadata={"name": "vm", "namespace": "shop", "labels": {"a": "metadata", "b": "2"}},
        spec={"labels": {"a": "spec", "c": "3"}},
    )
    assert found.labels == {"a": "metadata", "b": "2", "c": "3"}
    assert (found.spec_keys, found.metadata_labels) == ({"c"}, {"a": "metadata", "b": "2"})
    alone = convert(wire_l7.WorkloadEntry, spec={"labels": {"a": "spec"}})
    assert (alone.labels, alone.metadata_labels) == ({"a": "spec"}, {})


def test_istio_writes_generations_as_texts() -> None:
    status = {"conditions": [{"type": "istio.io/WaypointBound", "status": "True", "observedGeneration": "4"}]}
    assert convert(wire_l7.ServiceEntry, status=status).condition("istio.io/WaypointBound").generation == 4


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha3"])
def test_from_files_in_every_version(version: str) -> None:
    objects = [
        made("ServiceEntry", f"networking.istio.io/{version}", "ext", spec={"hosts": ["a.example"]}),
        made("Gateway", f"gateway.networking.k8s.io/{version}", "wp"),
        made("Gateway", f"networking.istio.io/{version}", "no-waypoint"),
    ]
    snapshot, problems = read_files(["-"], stdin=io.BytesIO(m.listed(*objects).encode()))
    assert problems == []
    assert [s.ref for s in snapshot.l7.service_entries] == ["ServiceEntry/shop/ext"]
    assert list(snapshot.l7.gateways) == ["shop/wp"]


def test_a_bad_object_hides_no_good_one() -> None:
    bad = made("Gateway", GATEWAY, "bad", spec={"listeners": [{"port": "15008"}]})
    text = m.listed(bad, *CLUSTER)
    snapshot, problems = read_files(["-"], stdin=io.BytesIO(text.encode()))
    assert sorted(snapshot.l7.gateways) == ["infra/far", "shop/wp"]
    (problem,) = problems
    assert "Gateway/shop/bad: spec.listeners[0].port: expected a whole number" in str(problem)


def test_files_and_a_cluster_give_the_same() -> None:
    snapshot, _ = read_files(["-"], stdin=io.BytesIO(m.listed(*CLUSTER).encode()))
    live = read(FakeClient(*CLUSTER), Needs())
    assert snapshot.l7 == live.l7


def test_a_namespace_and_then_what_its_labels_name() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client)
    assert client.rounds[0] == 8
    assert sorted(client.requests[client.rounds[0] :]) == [
        "list gateways infra",
        "list pods infra gateway.networking.k8s.io/gateway-name",
    ]
    l7 = snapshot.l7
    assert sorted(l7.gateways) == ["infra/far", "shop/wp"]
    assert [pod.name for pod in l7.instances_of(l7.gateways["infra/far"]) or ()] == ["far-1"]
    assert [pod.name for pod in l7.instances_of(l7.gateways["shop/wp"]) or ()] == ["wp-1"]
    assert [pod.name for pod in snapshot.pods] == ["web-1", "wp-1"]


def test_only_the_kinds_that_are_asked_about() -> None:
    client = FakeClient(*CLUSTER)
    snapshot = read(client, kinds=("Service",))
    assert snapshot.pods == []
    assert [pod.name for pod in snapshot.l7.instances_of(snapshot.l7.gateways["shop/wp"]) or ()] == ["wp-1"]
    assert not any("serviceentries" in request for request in client.requests)


def test_what_may_not_be_read_is_named() -> None:
    refused = [
        "list gateways infra",
        "list serviceentries",
        "list gatewayclasses",
        "list pods infra",
        "list deployments",
    ]
    l7 = (snapshot := read(FakeClient(*CLUSTER, refused=refused))).l7
    forbidden = {
        "ServiceEntry": "list serviceentries.networking.istio.io",
        "Gateway": "list gateways.gateway.networking.k8s.io",
        "GatewayClass": "list gatewayclasses.gateway.networking.k8s.io",
    }
    unread = {kind: Unread(what=what, why="forbidden") for kind, what in forbidden.items()}
    assert l7.unread == {"ServiceEntry": unread["ServiceEntry"]}
    assert l7.gateway("infra", "far") == unread["Gateway"]
    assert l7.gateway("shop", "other") is None
    assert l7.gateway_class("istio-waypoint") == unread["GatewayClass"]
    assert [s.name for s in l7.services] == ["cart"]
    assert isinstance(snapshot.istiods, Unread)


def test_nothing_to_tell_is_an_error() -> None:
    with pytest.raises(ApiError, match="forbidden"):
        read(FakeClient(*CLUSTER, refused=["list services"]), kinds=("Service",))


def test_a_cluster_without_the_gateway_api() -> None:
    missing = ["gateways", "gatewayclasses", "serviceentries", "workloadentries"]
    l7 = read(FakeClient(*CLUSTER, missing=missing)).l7
    assert l7.absent == {
        "ServiceEntry": "serviceentries.networking.istio.io",
        "WorkloadEntry": "workloadentries.networking.istio.io",
        "Gateway": "gateways.gateway.networking.k8s.io",
    }
    assert l7.gateway("infra", "far") is None
    assert [s.name for s in l7.services] == ["cart"]
