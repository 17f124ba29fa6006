"""What a change of waypoint labels does, and whether the waypoint can serve."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.change.targets import WaypointTarget, key_of
from kubectl_ambient.change.waypoint.effects import WaypointEffects, change_of, effects
from kubectl_ambient.change.waypoint.fitness import fitness
from kubectl_ambient.change.waypoint.notes import notes
from kubectl_ambient.change.waypoint.plan import Wish, plan
from kubectl_ambient.cluster.facts import Annotations, Namespace, Pod, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.snapshot import Snapshot
from tests.lines import said
from tests.mesh.builders import agent
from tests.snapshots import altered
from tests.snapshots import snapshot as snapshot_of

from .waypoint_objects import target, targets, wishes

ENABLE = Wish(goal="enable", waypoint="wp")
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
FORBIDDEN = Unread(what="list gateways", why="forbidden")


def waypoint(name: str = "wp", namespace: str = "shop", **fields: Any) -> Gateway:
    settings: dict[str, Any] = {
        "class_name": "istio-waypoint",
        "addresses": ("10.0.0.9",),
        "listeners": (Listener(name="mesh", port=15008, protocol="HBONE"),),
    }
    return Gateway(namespace=namespace, name=name, **(settings | fields))


def proxy(name: str = "wp", namespace: str = "shop", *, ready: bool = True) -> Pod:
    return Pod(namespace=namespace, name=f"{name}-1", labels={GATEWAY_NAME: name}, has_ip=True, ready=ready)


def service(name: str, labels: dict[str, str] | None = None, **fields: Any) -> Service:
    return Service(namespace="shop", name=name, labels=labels or {}, **({"cluster_ips": ("10.0.0.1",)} | fields))


def web(name: str = "web-1", *, redirected: bool = True) -> Pod:
    annotations = Annotations(redirection="enabled" if redirected else None)
    return Pod(namespace="shop", name=name, phase="Running", has_ip=True, ready=True, annotations=annotations)


def cluster(*gateways: Gateway, labels: dict[str, str] | None = None, **fields: Any) -> Snapshot:
    istiod = Istiod(namespace="istio-system", name="istiod", container=agent("istiod", "1.30.3").agent)
    found = {g.key: g for g in gateways or (waypoint(),)}
    parts = {
        "services": [service("cart"), service("own", {"istio.io/use-waypoint": "none"})],
        "gateways": found,
        "instances": [proxy(g.name, g.namespace) for g in found.values()],
    }
    return snapshot_of(
        pods=[web()],
        namespaces={"shop": Namespace(name="shop", labels=AMBIENT if labels is None else labels)},
        istiods=[istiod],
        **(parts | fields),
    )


def ways(found: WaypointEffects) -> dict[str, str]:
    return {served.target.name: served.way for served in found.objects}


def test_a_namespace_reaches_what_has_no_label_of_its_own() -> None:
    snapshot = cluster(waypoint(), waypoint("far", "infra"))
    found = effects(snapshot, [plan(snapshot.namespaces.facts["shop"], ENABLE)])  # type: ignore[arg-type]
    assert ways(found) == {"cart": "gains", "own": "keeps", "web-1": "unserved"}
    assert found.of("gains")[0].after.waypoint == "shop/wp"
    assert "istio.io/use-waypoint" not in snapshot.namespaces.facts["shop"].labels  # type: ignore[union-attr]


def test_an_object_reaches_itself_alone_also_where_it_was_not_listed() -> None:
    snapshot = cluster(services=[])
    assert ways(effects(snapshot, [plan(target(), ENABLE)])) == {"cart": "gains"}


def test_a_refused_edit_does_nothing() -> None:
    edit = plan(target(waypoint="old"), ENABLE)
    assert effects(cluster(), [edit]).objects == ()


def test_taking_it_off_falls_back_to_the_namespace() -> None:
    snapshot = cluster(waypoint(), waypoint("mine"), labels={**AMBIENT, "istio.io/use-waypoint": "wp"})
    edit = plan(target(waypoint="mine"), Wish(goal="disable"))
    change = change_of(snapshot, "disable", [edit])
    assert ways(change.effects) == {"cart": "gains"}
    assert "inherits waypoint shop/wp from Namespace/shop" in said(notes(change)[0])


def test_what_cannot_be_read_is_unknown() -> None:
    snapshot = cluster(gateways={"shop": FORBIDDEN})
    assert ways(effects(snapshot, [plan(target(), ENABLE)])) == {"cart": "unknown"}
    for away in (Wish(goal="disable"), Wish(goal="opt-out")):
        assert ways(effects(snapshot, [plan(target(waypoint="wp"), away)])) == {"cart": "unknown"}
        assert ways(effects(snapshot, [plan(target(waypoint="none"), away)])) == {"cart": "direct"}


@given(st.lists(targets(), max_size=5, unique_by=key_of), wishes)
def test_only_what_is_reached_changes(found: list[WaypointTarget], wish: Wish) -> None:
    edits = [plan(t, wish) for t in found]
    change = change_of(cluster(), wish.goal, edits)
    still = [e for e in edits if not e.changes]
    reached = {key_of(s.target) for s in change.effects.objects}
    assert not {key_of(e.target) for e in still if e.action == "refuse"} & reached
    if len(still) == len(edits):
        assert all(s.before == s.after for s in change.effects.objects)
    notes(change)


def answer(snapshot: Snapshot, found: WaypointTarget, wish: Wish = ENABLE) -> tuple[str, str]:
    edit = plan(found, wish)
    told = fitness(effects(snapshot, [edit]).after, edit)
    return told.answer, said(told.why)


def for_(traffic: str) -> Snapshot:
    return cluster(waypoint(labels={"istio.io/waypoint-for": traffic}))


@pytest.mark.parametrize(
    ("kind", "traffic", "fits"),
    [
        ("Service", "service", True),
        ("Service", "workload", False),
        ("Service", "all", True),
        ("ServiceEntry", "workload", False),
        ("Pod", "workload", True),
        ("Pod", "service", False),
        ("WorkloadEntry", "service", False),
        ("WorkloadEntry", "all", True),
        ("Namespace", "service", True),
        ("Namespace", "workload", True),
        ("Namespace", "none", False),
        ("Namespace", "services", False),
    ],
)
def test_the_traffic_type(kind: str, traffic: str, fits: bool) -> None:
    found = target(kind, "shop" if kind == "Namespace" else "x")
    assert answer(for_(traffic), found)[0] == ("fit" if fits else "unfit")


def test_an_external_name_is_no_fault_of_its_waypoint() -> None:
    ext = service("ext", type="ExternalName", cluster_ips=())
    assert answer(cluster(), ext) == ("fit", "")
    assert answer(cluster(), ext, Wish(goal="enable", waypoint="gone"))[0] == "unfit"


def test_a_pod_that_has_no_address_yet_is_judged_as_if_it_had() -> None:
    snapshot = for_("all")
    assert answer(snapshot, target("Pod"))[0] == "fit"
    assert answer(snapshot, target("Pod"), Wish(goal="enable", waypoint="gone"))[0] == "unfit"


def test_one_that_is_not_programmed_is_dead() -> None:
    down = waypoint(conditions=(Condition(type="Programmed", status="False", message="no instances"),))
    state, why = answer(cluster(down, instances=Found()), target())
    assert (state, "fails closed" in why, "no instances" in why) == ("unfit", True, True)


def test_without_the_right_to_read_gateways_nothing_is_refused() -> None:
    snapshot = cluster(gateways={"shop": FORBIDDEN})
    assert answer(snapshot, target()) == ("unknown", "cannot list gateways: forbidden")


def test_the_version_decides_about_allowed_routes() -> None:
    far = Wish(goal="enable", waypoint="far", namespace="infra")
    snapshot = cluster(waypoint("far", "infra"))
    assert answer(snapshot, target(), far)[0] == "unfit"
    unknown = altered(snapshot, istiods=Unread(what="list deployments of istiod", why="forbidden"))
    assert answer(unknown, target(), far)[0] != "fit"


def test_taking_a_label_off_asks_nothing_of_a_waypoint() -> None:
    assert answer(cluster(), target(waypoint="gone"), Wish(goal="disable")) == ("fit", "")
    assert answer(cluster(), target(waypoint="gone"), Wish(goal="opt-out")) == ("fit", "")


def test_what_goes_to_a_dead_waypoint_fails() -> None:
    snapshot = cluster(instances=[proxy(ready=False)])
    assert ways(effects(snapshot, [plan(target(), ENABLE)])) == {"cart": "fails"}


def test_the_oldest_version_reads_the_name_alone() -> None:
    far = Wish(goal="enable", waypoint="wp", namespace="infra")
    old = Istiod(namespace="istio-system", name="istiod", container=agent("istiod", "1.22.8").agent)
    snapshot = altered(cluster(waypoint(), waypoint("wp", "infra")), istiods=[old])
    assert answer(snapshot, target(), far) == (
        "unfit",
        "istiod 1.22.8 does not know istio.io/use-waypoint-namespace, and would take shop/wp for infra/wp; name a "
        "waypoint of namespace shop",
    )


def test_what_is_true_of_many_objects_is_told_once() -> None:
    headless = [service(name, cluster_ips=("None",)) for name in "ab"]
    snapshot = cluster(services=headless)
    change = change_of(snapshot, "enable", [plan(found, ENABLE) for found in headless])
    (told,) = [note for note in map(said, notes(change)) if "headless" in note]
    assert told.startswith(
        "service/a, service/b: bound to waypoint shop/wp, and nothing goes through it: the Service is"
    )
