"""istiod's version is that of its pods, where they were read: a Deployment may be on its way to another one."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, Pod, Unread
from kubectl_ambient.cluster.found import EVERYWHERE, Found
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.mesh.installation.control_plane import control_plane, running_versions
from tests.golden.screens import run
from tests.mesh.builders import cluster

DEPLOYMENT = Istiod(namespace="istio-system", name="istiod", container=AgentContainer(image="istio/pilot:1.30.3"))


def istiod(image: str, name: str = "istiod-1", **fields: object) -> Pod:
    labels = {"app": "istiod", "istio.io/rev": "default"}
    pod = Pod(namespace="istio-system", name=name, labels=labels, agent=AgentContainer(image=image))
    return structs.replace(pod, **fields)


def told(*pods: Pod, istiods: list[Istiod]) -> list[tuple[str | None, str]]:
    worlds = control_plane(cluster(pods=list(pods), istiods=istiods)).worlds
    return [(world.told.value, f"{world.told.evidence.object} {world.told.evidence.field}") for world in worlds]


def test_what_runs_counts_before_what_is_to_run() -> None:
    of_pod = "Pod/istio-system/istiod-1 spec.containers[0].image"
    assert told(istiod("pilot:1.29.2"), istiods=[DEPLOYMENT]) == [("1.29.2", of_pod)]
    both = told(istiod("pilot:1.29.2"), istiod("pilot:1.30.3", "istiod-2"), istiods=[DEPLOYMENT])
    assert [version for version, _ in both] == ["1.29.2", "1.30.3"], "a rollout: either may answer"


def test_without_pods_it_is_the_deployment() -> None:
    deployment = ("1.30.3", "Deployment/istio-system/istiod spec.template.spec.containers[0].image")
    for pods in (
        (),
        (istiod("pilot:1.29.2", phase="Succeeded"),),
        (istiod("pilot:1.29.2", namespace="elsewhere"),),
        (istiod("pilot:1.29.2", labels={"app": "istiod", "istio.io/rev": "canary"}),),
        (istiod("pilot@sha256:0"),),
        (istiod("pilot:1.29.2", agent=None),),
    ):
        assert told(*pods, istiods=[DEPLOYMENT]) == [deployment]


def test_pods_alone_tell_it_too() -> None:
    snapshot = cluster(pods=[istiod("pilot:1.29.2")], istiods=[])
    refused: Found[Istiod] = Found()
    refused.unread[EVERYWHERE] = Unread(what="list deployments of istiod", why="forbidden")
    snapshot.istiods = refused
    assert [world.told.value for world in control_plane(snapshot).worlds] == ["1.29.2"]
    assert [str(version) for version in running_versions(snapshot)] == ["1.29.2"]
    snapshot.pods = Found()
    assert len(control_plane(snapshot).worlds) > 1


def test_a_dump_without_deployments(tmp_path: Path) -> None:
    path = tmp_path / "pods.yaml"
    path.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: istiod-1, namespace: istio-system, labels: {app: istiod}}\n"
        "spec: {containers: [{name: discovery, image: istio/pilot:1.22.4}]}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n"
        "  labels: {istio.io/use-waypoint: wp, istio.io/use-waypoint-namespace: infra}\n"
    )
    screen = run(f"labels -A -f {path}")
    assert "istio.io/use-waypoint-namespace=infra does nothing: istiod knows it on a Service from 1.23 on" in " ".join(
        screen.out.split()
    )
    assert "istiod is taken to know" not in screen.err
    explained = " ".join(run(f"waypoint explain svc/web -n shop -f {path}").out.split())
    assert "Pod/istio-system/istiod-1 image=…/pilot:1.22.4" in explained
