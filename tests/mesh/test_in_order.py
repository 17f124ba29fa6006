"""Of several where one counts, it is the same one in whatever order they were read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, Event, Namespace
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet, Istiod, Webhook
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.injection import injector
from kubectl_ambient.mesh.installation.agents import installation
from kubectl_ambient.mesh.installation.control_plane import control_plane
from kubectl_ambient.mesh.waypoint.owner import owner_of
from tests.mesh.builders import agent, cluster, judge, pod
from tests.mesh.l7_builders import gateway

PLACES = ("istio-system", "kube-system")
PILOT = AgentContainer(image="pilot:1.30.3")
MANY: dict[str, list[Any]] = {
    "cni_daemonsets": [
        DaemonSet(namespace=place, name="istio-cni-node", container=AgentContainer(image=f"install-cni:1.{minor}.0"))
        for place, minor in zip(PLACES, (29, 30), strict=True)
    ],
    # neither stands beside an agent
    "cni_config": [
        ConfigMap(namespace=place, name="istio-cni-config", data={"AMBIENT_ENABLED": enabled})
        for place, enabled in (("a", "true"), ("b", "false"))
    ],
    "cni_pods": [structs.replace(agent("istio-cni-node", "1.30.3"), name=name) for name in ("a", "b")],
    "ztunnel_pods": [structs.replace(agent("ztunnel", "1.30.3"), name=name) for name in ("a", "b")],
    "istiods": [Istiod(namespace="istio-system", name=name, container=PILOT) for name in ("istiod", "istiod-2")],
    "webhooks": [Webhook(configuration=name, name="x", revision=name, tag="prod") for name in ("a", "b")],
    "injectors": [
        ConfigMap(namespace=place, name="istio-sidecar-injector", data={"config": f"policy: {policy}"})
        for place, policy in zip(PLACES, ("enabled", "disabled"), strict=True)
    ],
}


def told(snapshot: Snapshot) -> tuple[Any, ...]:
    owner = owner_of(gateway(labels={"istio.io/rev": "prod"}), Namespace(name="app"), snapshot)
    return installation(snapshot), control_plane(snapshot), injector(snapshot), owner


@pytest.mark.parametrize("part", MANY)
def test_the_order_of_what_was_read_decides_nothing(part: str) -> None:
    one, other = (cluster(**{"cni_daemonsets": [], part: found}) for found in (MANY[part], MANY[part][::-1]))
    assert told(one) == told(other)


def test_of_several_events_the_last_is_told() -> None:
    def event(message: str, hour: int | None) -> Event:
        seen = None if hour is None else datetime(2026, 1, 1, hour, tzinfo=UTC)
        about = {"namespace": "app", "name": "web-1", "reason": "FailedCreatePodSandBox"}
        return Event(**about, message=message, last_seen=seen)

    events = [event("first", 1), event("last", 2), event("some time", None)]
    for some in (events, events[::-1]):
        found = judge(cluster(pods=[pod(phase="Pending", creating=True)], events=some)).findings[0]
        assert found.message.endswith("last")
