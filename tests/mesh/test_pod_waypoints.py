"""The waypoint beside a pod's mode: as istiod bound it, and never a guess."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.waypoint.pods import PodWaypoints, selects
from tests.conformance import cases
from tests.mesh.builders import pod
from tests.mesh.meshes import MESHES, snapshot
from tests.snapshots import snapshot as snapshot_of

USE = "istio.io/use-waypoint"
ALL = {"istio.io/waypoint-for": "all"}
FORBIDDEN = Unread(what="list gateways.gateway.networking.k8s.io", why="forbidden")


@pytest.mark.parametrize("number", range(0, len(MESHES), 3), ids=MESHES[::3])
def test_every_pod_of_the_meshes_has_the_waypoint_that_istiod_gave_it(number: int) -> None:
    mesh = snapshot(number)
    judge = Judge(mesh, waypoints=True)
    wanted = cases("meshes")[number]["expect"]["waypoints"]
    found = {p.ref: judge.judge(p).waypoint for p in mesh.pods if p.ref in wanted}
    assert found == {ref: wanted[ref]["waypoint"] for ref in found}
    assert found


def a_mesh(namespace: dict[str, str], *pods: Pod, **parts: object) -> Snapshot:
    wp = Gateway(
        namespace="app",
        name="wp",
        labels=ALL,
        class_name="istio-waypoint",
        listeners=(Listener(port=15008, protocol="HBONE"),),
        addresses=("10.0.0.9",),
    )
    return snapshot_of(
        pods=list(pods),
        namespaces={"app": Namespace(name="app", labels=namespace)},
        istiods=[Istiod(namespace="istio-system", name="istiod", labels={"app.kubernetes.io/version": "1.30.3"})],
        **{"gateways": [wp], **parts},
    )


def told(mesh: Snapshot, one: Pod) -> tuple[str | None, list[str]]:
    waypoints = PodWaypoints(mesh)
    return waypoints.of(one, mesh.namespaces.facts["app"]).waypoint, waypoints.assumptions


def test_own_label_before_the_namespaces() -> None:
    plain, none, other = pod(), pod({USE: "none"}), pod({USE: "other"})
    assert told(a_mesh({USE: "wp"}), plain) == ("app/wp", [])
    assert told(a_mesh({USE: "wp"}), none) == (None, [])
    assert told(a_mesh({USE: "wp"}), other) == (None, [])
    assert told(a_mesh({}), pod({USE: "wp"})) == ("app/wp", [])


def test_what_could_not_be_read_is_told_where_it_counts() -> None:
    unread = {"gateways": {"app": FORBIDDEN}, "gateway_classes": FORBIDDEN}
    sentence = "no waypoint is told where it is not known: cannot list gateways.gateway.networking.k8s.io: forbidden"
    assert told(a_mesh({USE: "wp"}, **unread), pod()) == (None, [sentence])
    assert told(a_mesh({}, **unread), pod()) == (None, [])
    assert told(a_mesh({USE: "none"}, **unread), pod()) == (None, [])


def test_the_services_that_select_a_pod() -> None:
    cart = Service(
        namespace="app", name="cart", selector={"app": "cart"}, labels={USE: "wp"}, cluster_ips=("10.0.0.1",)
    )
    others = [
        structs.replace(cart, name="other", selector={"app": "other"}),
        structs.replace(cart, name="far", namespace="far"),
        structs.replace(cart, name="manual", selector={}),
    ]
    one = pod({"app": "cart", "tier": "web"})
    (found,) = PodWaypoints(a_mesh({}, services=[*others, cart])).services_of(one)  # type: ignore[misc]
    assert (found.name, found.waypoint) == ("cart", "app/wp")
    assert PodWaypoints(a_mesh({}, services=FORBIDDEN)).services_of(one) == FORBIDDEN
    assert not selects(others[2], one)


def test_a_judge_that_was_not_asked_tells_none() -> None:
    mesh = a_mesh({USE: "wp"}, pod())
    assert Judge(mesh).judge(pod()).waypoint is None
    assert Judge(mesh).explain(pod()).waypoint is None
    assert Judge(mesh, waypoints=True).explain(pod()).waypoint.waypoint == "app/wp"  # type: ignore[union-attr]
