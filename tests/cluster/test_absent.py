"""What is asked for only where something is not there: taints, and the events that tell why."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.facts import Taint
from kubectl_ambient.cluster.needs.pods import of_pods, of_pods_in
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.scope import Scope
from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.shop import read

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
CNI = {"k8s-app": "istio-cni-node"}
HOME = "istio-system"
NODE = m.node("n1", {"kubernetes.io/os": "linux"}) | {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}}
SHOP = of_pods_in(Scope(namespace="shop"))
FULL = {"desiredNumberScheduled": 1, "currentNumberScheduled": 1}


def mesh(*more: m.Manifest, status: dict[str, Any] = FULL) -> list[m.Manifest]:
    return [
        m.namespace("shop", AMBIENT),
        NODE,
        m.workload("DaemonSet", "istio-cni-node", HOME, labels=CNI, status=FULL),
        m.workload("DaemonSet", "ztunnel", HOME, status=status),
        m.workload("DaemonSet", "logger", HOME, status={"desiredNumberScheduled": 9}),
        m.pod("istio-cni-node-1", HOME, labels=CNI),
        *more,
    ]


ZTUNNEL = m.pod("ztunnel-1", HOME, labels={"app": "ztunnel"})


def second(needs: Any, *objects: m.Manifest) -> list[str]:
    """What is asked for after the first round."""
    client = FakeClient(*objects)
    read(client, needs)
    return sorted(client.requests[client.rounds[0] :])


def test_where_nothing_is_missing_nothing_more_is_asked() -> None:
    assert second(SHOP, *mesh(ZTUNNEL, m.pod())) == []
    assert second(of_pods_in(Scope()), *mesh(ZTUNNEL, m.pod())) == []


@pytest.mark.parametrize("needs", [SHOP, of_pods_in(Scope())])
def test_the_taints_of_a_node_without_an_agent(needs: Any) -> None:
    assert second(needs, *mesh(m.pod())) == ["get nodes n1"]
    snapshot = read(FakeClient(*mesh(m.pod())), needs)
    assert snapshot.nodes.facts["n1"].taints == (Taint(key="gpu", effect="NoSchedule"),)
    assert [d.name for d in snapshot.ztunnel_daemonsets] == ["ztunnel"]


def test_not_of_a_node_whose_pods_do_not_ask_nor_of_one_that_runs_no_agents() -> None:
    out = [o for o in mesh(m.pod()) if o["kind"] != "Namespace"]
    assert second(SHOP, *out, m.namespace("shop")) == []
    windows = [o for o in mesh(m.pod()) if o["kind"] != "Node"]
    assert second(SHOP, *windows, m.node("n1", {"kubernetes.io/os": "windows"})) == []


def test_the_events_of_a_daemonset_of_istio_that_lacks_pods() -> None:
    lacks = mesh(ZTUNNEL, m.pod(), status={"desiredNumberScheduled": 2, "currentNumberScheduled": 1})
    asked = "list events istio-system reason=FailedCreate,involvedObject.kind=DaemonSet,involvedObject.name=ztunnel"
    assert second(SHOP, *lacks) == [asked]
    about = {"kind": "DaemonSet", "namespace": HOME, "name": "ztunnel"}
    event = m.event("ztunnel", HOME, "FailedCreate") | {"involvedObject": about}
    snapshot = read(FakeClient(*lacks, event), SHOP)
    assert ([e.name for e in snapshot.agent_events], list(snapshot.events)) == (["ztunnel"], [])


def test_without_the_right_to_the_agents_events_those_of_pods_are_known() -> None:
    lacks = mesh(ZTUNNEL, m.pod(), m.event("web-1"), status={"desiredNumberScheduled": 2})
    snapshot = read(FakeClient(*lacks, refused=[f"list events {HOME}"]), SHOP)
    assert str(snapshot.agent_events.refusal) == "cannot list events of daemonsets: forbidden"
    assert [event.name for event in snapshot.events.known] == ["web-1"]


def pending(message: str) -> m.Manifest:
    conditions = [{"type": "PodScheduled", "status": "False", "message": message}]
    return m.pod(spec={"nodeName": None}, status={"phase": "Pending", "podIP": None, "conditions": conditions})


def test_the_nodes_that_keep_istios_taint() -> None:
    kept = pending("1 node(s) had untolerated taint {cni.istio.io/not-ready: }")
    assert second(SHOP, *mesh(ZTUNNEL, kept)) == ["list nodes"]
    assert "list nodes" in second(of_pods("shop", ["web-1"]), *mesh(ZTUNNEL, kept))
    assert second(SHOP, *mesh(ZTUNNEL, pending("1 Insufficient cpu"))) == []


def test_what_keeps_a_pod_that_is_to_end() -> None:
    ends = m.pod()
    ends["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    asked = ["list events shop reason=FailedKillPod,involvedObject.kind=Pod"]
    assert second(SHOP, *mesh(ZTUNNEL, ends)) == asked


def gateway() -> m.Manifest:
    found = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"}
    spec = {"gatewayClassName": "istio-waypoint", "listeners": []}
    status = {"addresses": [{"value": "10.0.0.9"}]}
    return {**found, "metadata": {"name": "wp", "namespace": "shop"}, "spec": spec, "status": status}


def test_what_should_make_pods_of_a_waypoint_without_any() -> None:
    needs, named = WaypointNeeds(namespaces=("shop",)), {"gateway.networking.k8s.io/gateway-name": "wp"}
    asked = ["list deployments shop gateway.networking.k8s.io/gateway-name"]
    assert second(needs, *mesh(), gateway()) == asked
    assert second(needs, *mesh(), gateway(), m.pod("wp-1", labels=named)) == []
