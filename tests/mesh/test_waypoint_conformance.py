"""Every Service, ServiceEntry, Pod and WorkloadEntry of the 120 meshes, as a real istiod bound them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.deciding import UNUSABLE
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from tests.conformance import cases
from tests.mesh.meshes import MESHES, snapshot
from tests.snapshots import altered


def as_istiod_tells(binding: Binding) -> dict[str, Any]:
    """A binding in the words of the cases."""
    found: dict[str, Any] = {"known": binding.reason != WaypointReason.NOT_SERVED, "waypoint": binding.waypoint}
    if binding.traffic == "service":
        word = binding.reason if binding.reason in (WaypointReason.ACCEPTED, *UNUSABLE) else None
        bound = None if word is None else "True" if word == WaypointReason.ACCEPTED else "False"
        found |= {"bound": bound, "reason": word}
    return found


def expected(number: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = cases("meshes")[number]["expect"]["waypoints"]
    return found


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_every_binding_agrees_with_istiod(number: int) -> None:
    wanted = expected(number)
    bindings = {b.ref: as_istiod_tells(b) for b in WaypointJudge(snapshot(number)).all()}
    assert wanted
    # The installation's own pods are no part of the cases.
    assert {ref: bindings[ref] for ref in wanted} == wanted
    assert {ref for ref in bindings.keys() - wanted.keys() if "/istio-system/" not in ref} == set()


def test_all_meshes_are_there() -> None:
    assert len(MESHES) == 120
    assert sum(len(expected(number)) for number in range(120)) == 1728


@pytest.mark.parametrize("version", ["1.26.8", "1.31.0"])
def test_two_other_versions_gave_the_same_answers(version: str) -> None:
    for number in range(len(MESHES)):
        mesh = snapshot(number)
        container = AgentContainer(image=f"docker.io/istio/pilot:{version}")
        istiods = [structs.replace(istiod, container=container) for istiod in mesh.istiods]  # type: ignore[union-attr]
        pods = [pod for pod in mesh.pods if pod.labels.get("app") != "istiod"]  # which would count before it
        judge = WaypointJudge(altered(mesh, istiods=istiods, pods=pods))
        assert str(judge.control_plane.newest.version) == version
        bindings = {b.ref: as_istiod_tells(b) for b in judge.all()}
        assert {ref: bindings[ref] for ref in expected(number)} == expected(number)


def test_the_trace_decides_as_the_verdict_does() -> None:
    for number in range(0, len(MESHES), 10):
        judge = WaypointJudge(snapshot(number))
        for target in judge.targets():
            plain, traced = judge.of(target), judge.of(target, trace=True)
            assert structs.replace(traced, steps=()) == plain
            refused = [step for step in traced.steps if step.outcome in ("out", "unknown")]
            assert [step.reason for step in refused] == ([] if plain.waypoint else [plain.reason])
