"""The agents of a node while an upgrade replaces them: the DaemonSet of ztunnel has maxSurge 1, so it has both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from tests.snapshots import altered
from tests.snapshots import found as found_of

from .builders import AMBIENT, agent, cluster, judge, pod, redirected

OLD, NEW, NOW = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"ready": False}, "old"),
        ({"deleting": NOW}, {}, "new"),
        ({}, {}, "new"),
        ({"deleting": NOW}, {"ready": False}, "new"),
        ({"phase": "Failed"}, {"ready": False}, "new"),
        ({"ready": False}, {"phase": "Failed"}, "old"),
    ],
)
def test_of_two_agents_the_one_that_serves_counts_else_the_newest(
    old: dict[str, Any], new: dict[str, Any], expected: str, reverse: bool
) -> None:
    def both(app: str) -> list[Pod]:
        found = [
            structs.replace(agent(app, "1.29.6"), name="old", created=OLD, **old),
            structs.replace(agent(app, "1.30.3"), name="new", created=NEW, **new),
        ]
        return found[::-1] if reverse else found

    snapshot = cluster("1.30.3", [pod()], AMBIENT, cni_pods=both("istio-cni-node"), ztunnel_pods=both("ztunnel"))
    agents = Judge(snapshot).installation.on("n1")
    assert [h.pod.name for h in (agents.cni, agents.ztunnel) if h.pod] == [expected, expected]
    assert [str(rules.version) for rules in agents.worlds] == ["1.29.6" if expected == "old" else "1.30.3"]


def test_a_surge_pod_that_is_not_ready_yet_is_no_fault() -> None:
    surge = structs.replace(agent("ztunnel", "1.30.3", ready=False), name="ztunnel-2", created=NEW)
    enrolled = pod(annotations=redirected("enabled"))
    snapshot = cluster(pods=[enrolled], namespace_labels=AMBIENT, ztunnel_pods=[agent("ztunnel", "1.30.2"), surge])
    assert judge(snapshot).findings == ()


def test_settings_that_only_the_outgoing_agent_missed_are_no_assumption() -> None:
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT)
    (config,) = snapshot.cni_config  # type: ignore[misc]
    snapshot.cni_config = found_of([structs.replace(config, created=OLD, changed=NEW)])
    outgoing = structs.replace(agent("istio-cni-node", "1.30.3"), started=OLD)
    assert any("after it started on n1" in told for told in Judge(_with(snapshot, outgoing)).assumptions)
    incoming = structs.replace(outgoing, name="incoming", started=NOW)
    both = (incoming, structs.replace(outgoing, deleting=NOW))
    assert Judge(_with(snapshot, *both)).assumptions == []


def _with(snapshot: Snapshot, *agents: Pod) -> Snapshot:
    return altered(snapshot, cni_pods=list(agents))


def test_each_agent_goes_by_the_settings_beside_it() -> None:
    """While istio-cni moves to another namespace there are two of them."""
    snapshot = cluster("1.30.3", [pod(), pod(name="web-2", node="n2")], AMBIENT)
    (daemonset,), (config,) = snapshot.cni_daemonsets, snapshot.cni_config  # type: ignore[misc]
    excluding = structs.replace(config, namespace="kube-system", data={**config.data, "EXCLUDE_NAMESPACES": "app"})
    snapshot.cni_daemonsets = found_of([daemonset, structs.replace(daemonset, namespace="kube-system")])
    snapshot.cni_config = found_of([config, excluding])
    there = structs.replace(agent("istio-cni-node", "1.30.3", "n2"), namespace="kube-system")
    snapshot.cni_pods = found_of([agent("istio-cni-node", "1.30.3"), there])
    assert [judge(snapshot, number).reason for number in (0, 1)] == ["NamespaceLabel", "NamespaceExcluded"]
