"""Facts of what may have a waypoint, and of Gateways, from objects as odd as they come."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_ambient.cluster.facts import LabelSelector
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClassObject, GatewayObject, Listener
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntryObject
from kubectl_ambient.cluster.kinds.services import ServiceObject
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntryObject
from tests.cluster.waypoint_shop import GATEWAY, made


def convert(kind: type[Any], **fields: Any) -> Any:
    return msgspec.convert({"metadata": {"name": "x", "namespace": "shop"}, **fields}, kind).fact()


def test_a_gateway() -> None:
    found = convert(
        GatewayObject,
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
    found = msgspec.convert(made("Gateway", GATEWAY, "wp", spec=spec), GatewayObject).fact()
    assert found.managed is managed


@pytest.mark.parametrize(
    "of", [ServiceObject, ServiceEntryObject, WorkloadEntryObject, GatewayObject, GatewayClassObject]
)
def test_nothing_in_it_and_nulls_count_as_absent(of: type[Any]) -> None:
    assert convert(of) == convert(of, spec=None, status=None) == convert(of, spec={}, status={})


def test_addresses_of_services() -> None:
    both = convert(ServiceObject, spec={"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"]})
    assert (both.vips, both.headless) == (("10.0.0.1", "fd00::1"), False)
    headless = convert(ServiceObject, spec={"clusterIP": "None"})
    assert (headless.vips, headless.headless) == ((), True)
    unborn = convert(ServiceObject)
    assert (unborn.vips, unborn.headless, unborn.type) == ((), False, "ClusterIP")


def test_addresses_of_service_entries() -> None:
    status = {"addresses": [{"value": "240.240.0.1", "host": "a.example"}]}
    assert convert(ServiceEntryObject, status=status).vips == ("240.240.0.1",)
    assert convert(ServiceEntryObject, spec={"addresses": ["1.2.3.4"]}, status=status).vips == ("1.2.3.4",)


def test_the_labels_of_a_workload_entry_stand_in_two_places() -> None:
    found = convert(
        WorkloadEntryObject,
        metadata={"name": "vm", "namespace": "shop", "labels": {"a": "metadata", "b": "2"}},
        spec={"labels": {"a": "spec", "c": "3"}},
    )
    assert found.labels == {"a": "metadata", "b": "2", "c": "3"}
    assert (found.spec_keys, found.metadata_labels) == ({"c"}, {"a": "metadata", "b": "2"})
    alone = convert(WorkloadEntryObject, spec={"labels": {"a": "spec"}})
    assert (alone.labels, alone.metadata_labels) == ({"a": "spec"}, {})


def test_istio_writes_generations_as_texts() -> None:
    status = {"conditions": [{"type": "istio.io/WaypointBound", "status": "True", "observedGeneration": "4"}]}
    assert convert(ServiceEntryObject, status=status).condition("istio.io/WaypointBound").generation == 4
