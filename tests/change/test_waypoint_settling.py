"""Who is waited for after a change of waypoint labels: until istiod says so and the waypoint lives, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.change.waypoint.plan import Wish, plan
from kubectl_ambient.change.waypoint.settling import WaypointSettling
from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.settling import Standing
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from tests.mesh.builders import pod
from tests.mesh.l7_builders import FORBIDDEN, gateway, mesh, proxy, service, service_entry, use
from tests.snapshots import altered

ENABLE, DISABLE = Wish(goal="enable", waypoint="wp"), Wish(goal="disable")
ALIVE: dict[str, Any] = {"instances": [proxy(ready=True)]}


def written(status: str = "True", reason: str = "WaypointAccepted", by: str = "app/wp") -> dict[str, Any]:
    told = f"Successfully attached to waypoint {by}" if status == "True" else f"waypoint {by} is not ready"
    return {"conditions": (Condition(type="istio.io/WaypointBound", status=status, reason=reason, message=told),)}


def standing(snapshot: Snapshot, *before: Any, wish: Wish = ENABLE) -> Standing:
    """How far the edits of these objects are, by what the cluster has now."""
    edits = [plan(one, wish) for one in before]
    return WaypointSettling(edits, enables=wish.goal == "enable").standing(WaypointJudge(snapshot))


def whys(found: Standing) -> list[str]:
    return [one.why for one in found.waits_for]


def test_it_is_settled_by_istiods_own_word_and_a_proxy_that_is_ready() -> None:
    snapshot = mesh(service(use("wp"), **written()), **ALIVE)
    found = standing(snapshot, service())
    assert (found.settled, found.pods, found.unknown, found.lost) == (True, 1, (), ())


NOT_YET: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("no word", {}, ALIVE, "istiod has not written the condition istio.io/WaypointBound on it."),
    (
        "refused",
        written("False", "WaypointIsNotReady"),
        ALIVE,
        "istiod wrote istio.io/WaypointBound False (WaypointIsNotReady): waypoint app/wp is not ready.",
    ),
    (
        "another",
        written(by="app/old"),
        ALIVE,
        "istiod wrote istio.io/WaypointBound True (WaypointAccepted): Successfully attached to waypoint app/old.",
    ),
    (
        "dead",
        written(),
        {"instances": [proxy(ready=False)]},
        "Waypoint app/wp has no proxy that is Ready: its only pod is not Ready.",
    ),
    (
        "not programmed",
        written(),
        {**ALIVE, "gateways": (gateway(conditions=(Condition(type="Programmed", status="False", message="no."),)),)},
        "Gateway app/wp is not Programmed: no.",
    ),
    (
        "no address",
        written(),
        {**ALIVE, "gateways": (gateway(addresses=(), conditions=()),)},
        "Traffic to the Service's address goes direct, not through waypoint app/wp: Gateway app/wp has no address yet.",
    ),
]


@pytest.mark.parametrize(("fields", "around", "why"), [row[1:] for row in NOT_YET], ids=[row[0] for row in NOT_YET])
def test_what_is_missing_is_waited_for_and_told(fields: dict[str, Any], around: dict[str, Any], why: str) -> None:
    found = standing(mesh(service(use("wp"), **fields), **around), service())
    assert (whys(found), found.pods, found.settled) == ([why], 1, False)
    assert [one.name for one in found.stragglers] == ["Service/app/cart"]


def test_a_dead_one_is_told_with_what_helps() -> None:
    dead = mesh(service(use("wp"), **written()), instances=[proxy(ready=False)])
    (one,) = standing(dead, service()).stragglers
    assert one.fix is not None
    (one,) = standing(mesh(service(use("wp")), **ALIVE), service()).stragglers
    assert one.fix is None  # only istiod is waited for


def test_an_istiod_that_writes_no_conditions_is_not_waited_for() -> None:
    found = standing(mesh(service(use("wp")), version="1.23.6", **ALIVE), service())
    assert (found.settled, found.pods) == (True, 1)


def test_a_label_that_somebody_took_back_is_told() -> None:
    (why,) = whys(standing(mesh(service(**written()), **ALIVE), service()))
    assert why == (
        "The label istio.io/use-waypoint of service/cart was set to “istio.io/use-waypoint=wp”, and is not set: "
        "somebody else may have changed it."
    )


def test_what_inherits_is_reached_and_what_has_a_label_of_its_own_is_not() -> None:
    here = Namespace(name="app")
    snapshot = mesh(
        service(name="in"),
        service(use("none"), name="out"),
        service(name="ext", type="ExternalName", external_name="a.example"),
        pod(),
        service_entry(**written()),
        namespace=use("wp"),
        **ALIVE,
    )
    found = standing(snapshot, here)
    assert ([one.name for one in found.waits_for], found.pods) == (["Service/app/in"], 2)
    found = standing(altered(snapshot, services=[service(name="in", **written())]), here)
    assert (found.settled, found.pods) == (True, 2)


def test_an_empty_namespace_waits_for_its_waypoint() -> None:
    here = Namespace(name="app")
    assert standing(mesh(namespace=use("wp"), **ALIVE), here).settled
    found = standing(mesh(namespace=use("wp"), instances=[proxy(ready=False)]), here)
    assert [one.name for one in found.others] == ["Namespace/app"]
    found = standing(mesh(namespace=use("wp"), gateways=()), here)
    assert whys(found) == ["There is no Gateway wp in namespace app."]


def test_disable_waits_until_istiod_has_let_go() -> None:
    before = service(use("wp"))
    found = standing(mesh(service(**written())), before, wish=DISABLE)
    assert whys(found) == ["istiod has it served by waypoint app/wp yet (condition istio.io/WaypointBound)."]
    assert standing(mesh(service()), before, wish=DISABLE).settled
    assert standing(mesh(service(**written("False", "WaypointIsNotReady"))), before, wish=DISABLE).settled
    inherits = mesh(service(**written()), namespace=use("wp"), **ALIVE)
    assert standing(inherits, before, wish=DISABLE).settled


def test_what_may_not_be_read_is_said_and_not_waited_for() -> None:
    gone: dict[str, Any] = {"gateways": FORBIDDEN, "instances": FORBIDDEN}
    found = standing(altered(mesh(service(use("wp"), **written())), **gone), service())
    assert (found.settled, found.pods, [one.name for one in found.unknown]) == (True, 1, ["Service/app/cart"])
    assert not standing(altered(mesh(service(use("wp"))), **gone), service()).settled  # istiod's word will come
    labelled, plain = pod(use("wp")), pod()
    found = standing(altered(mesh(labelled), **gone), plain)
    assert (found.settled, found.pods, [one.name for one in found.unknown]) == (True, 0, [labelled.ref])
    found = standing(altered(mesh(), services=Unread(what="list services", why="forbidden")), service())
    assert (found.settled, [one.name for one in found.unknown]) == (True, ["Service/app/cart"])


def test_what_will_never_be_served_is_lost() -> None:
    ended: Pod = pod(use("wp"), phase="Succeeded")
    found = standing(mesh(ended), pod())
    assert ([one.why for one in found.lost], found.settled) == (["It has ended (Succeeded)."], True)
    assert [one.why for one in standing(mesh(), service()).lost] == ["It is gone."]
