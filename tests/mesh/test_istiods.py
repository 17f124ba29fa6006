"""What an istiod's objects tell of it: its switches, whom it trusts, whether it is Ready, and where it looks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_ambient.cluster.facts import AgentContainer, EnvVar, LabelSelector, Requirement
from kubectl_ambient.cluster.installation_facts import ConfigMap, Istiod
from kubectl_ambient.cluster.kinds.workloads import Workload
from kubectl_ambient.mesh.installation.control_plane import control_plane
from kubectl_ambient.mesh.installation.istiods import ShownIstiod, istiods
from tests.cluster import manifests_of as m
from tests.mesh.builders import cluster

REVISION = EnvVar(name="REVISION", value="default")
ON = EnvVar(name="PILOT_ENABLE_AMBIENT", value="true")


def istiod(*env: EnvVar, version: str = "1.30.3", **fields: Any) -> Istiod:
    container = AgentContainer(image=f"istio/pilot:{version}", env=(REVISION, *env))
    return Istiod(**{"namespace": "istio-system", "name": "istiod", "container": container, **fields})


def shown(found: Istiod, mesh: str | None = None, name: str = "istio") -> ShownIstiod:
    configs = [] if mesh is None else [ConfigMap(namespace="istio-system", name=name, data={"mesh": mesh})]
    known = istiods(cluster(istiods=[found], mesh_configs=configs))
    assert isinstance(known, list)
    return known[0]


@pytest.mark.parametrize(
    ("env", "switch"),
    [
        ([ON], "on"),
        ([EnvVar(name="PILOT_ENABLE_AMBIENT", value="1")], "on"),
        ([EnvVar(name="PILOT_ENABLE_AMBIENT", value="yes")], "off"),  # no boolean of Go
        ([EnvVar(name="PILOT_ENABLE_AMBIENT", value="false")], "off"),
        ([], "off"),
        ([EnvVar(name="PILOT_ENABLE_AMBIENT", config_map_key="ambient")], "unknown"),
        ([ON, EnvVar(name="PILOT_ENABLE_AMBIENT", value="false")], "off"),  # the last one counts
    ],
)
def test_whether_it_serves_ambient(env: list[EnvVar], switch: str) -> None:
    assert shown(istiod(*env)).serves_ambient == switch


def test_an_environment_that_is_not_shown_tells_nothing() -> None:
    bare = istiod(container=AgentContainer(image="istio/pilot:1.30.3"))
    elsewhere = istiod(container=AgentContainer(image="istio/pilot:1.30.3", env=(REVISION,), env_from=True))
    for found in (bare, elsewhere, istiod(container=None)):
        assert shown(found).serves_ambient == "unknown"
        assert shown(found).trusted_accounts is None


@pytest.mark.parametrize(
    ("value", "accounts"),
    [
        (None, ()),
        ("", ()),
        ("istio-system/ztunnel", ("istio-system/ztunnel",)),
        ("istio-system/ztunnel,kube-system/ztunnel", ("istio-system/ztunnel", "kube-system/ztunnel")),
        ("a/b, c/d,nonsense", ("a/b", " c/d")),  # istiod trims nothing
    ],
)
def test_whom_it_trusts(value: str | None, accounts: tuple[str, ...]) -> None:
    env = [] if value is None else [EnvVar(name="CA_TRUSTED_NODE_ACCOUNTS", value=value)]
    assert shown(istiod(*env)).trusted_accounts == accounts


def test_whether_it_takes_the_taint_off() -> None:
    key = "PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS"
    assert shown(istiod(EnvVar(name=key, value="true"))).untaints.switch == "on"
    assert shown(istiod()).untaints.switch == "off"


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        (None, None),
        ({}, None),  # a manifest
        ({"observedGeneration": 1}, 0),  # the API leaves a 0 out
        ({"replicas": 1, "readyReplicas": 0, "unavailableReplicas": 1}, 0),
        ({"observedGeneration": 1, "replicas": 2, "readyReplicas": 1}, 1),
    ],
)
def test_how_many_of_its_pods_are_ready(status: dict[str, Any] | None, ready: int | None) -> None:
    found = msgspec.convert(m.workload("Deployment", "istiod", status=status), Workload).istiod()
    assert found.ready == ready
    assert shown(found).ready == (None if ready is None else ready > 0)


def test_all_namespaces_are_looked_at_without_selectors() -> None:
    for mesh in ("", "trustDomain: a.b\n", "discoverySelectors: []\n", "discoverySelectors:\n"):
        found = shown(istiod(), mesh).discovery
        assert (found.selectors, found.unread, found.finds({}), found.finds(None)) == ((), None, True, True)


def test_selectors_are_alternatives() -> None:
    mesh = """\
discoverySelectors:
- matchLabels: {mesh: enabled}
- matchExpressions:
  - {key: team, operator: In, values: [a, b]}
  - {key: old, operator: DoesNotExist}
"""
    found = shown(istiod(), mesh).discovery
    assert found.selectors == (
        LabelSelector(match_labels={"mesh": "enabled"}),
        LabelSelector(
            match_expressions=(
                Requirement(key="team", operator="In", values=("a", "b")),
                Requirement(key="old", operator="DoesNotExist"),
            )
        ),
    )
    assert found.evidence.value == "mesh=enabled or team in (a, b),!old"
    assert found.finds({"mesh": "enabled"})
    assert found.finds({"team": "b"})
    assert found.finds({"team": "b", "old": "x"}) is False
    assert found.finds(None) is None


def test_settings_of_a_revision_stand_beside_it() -> None:
    canary = istiod(name="istiod-canary", revision="canary")
    mesh = "discoverySelectors: [{matchLabels: {mesh: enabled}}]"
    assert shown(canary, mesh, "istio-canary").discovery.finds({}) is False
    assert shown(canary, mesh, "istio").discovery.finds({}) is True


@pytest.mark.parametrize(
    "mesh",
    ["discoverySelectors: {", "discoverySelectors: text", "discoverySelectors: [{matchExpressions: [{key: a}]}]"],
)
def test_settings_that_cannot_be_read_tell_nothing(mesh: str) -> None:
    assert shown(istiod(), mesh).discovery.finds({}) is None


def test_settings_that_others_share_may_bring_selectors() -> None:
    shared = istiod(EnvVar(name="SHARED_MESH_CONFIG", value="shared"))
    assert shown(shared, "trustDomain: a.b").discovery.finds({}) is None
    assert shown(shared, "discoverySelectors: [{matchLabels: {a: b}}]").discovery.finds({}) is False


def test_an_istiod_without_ambient_decides_nothing() -> None:
    old = istiod(version="1.24.0")
    canary = istiod(ON, name="istiod-canary", revision="canary", version="1.30.3")
    found = control_plane(cluster(istiods=[old, canary]))
    assert [str(world.version) for world in found.worlds] == ["1.30.3"]
    assert found.assumptions == ()
    alone = control_plane(cluster(istiods=[old]))
    assert [str(world.version) for world in alone.worlds] == ["1.24.0"]
