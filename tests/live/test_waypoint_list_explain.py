"""`waypoint list`, `waypoint explain` and the waypoint of `status` on the real control plane."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.processes import wait_for
from tests.rig.rights import wait_until_granted

from .test_status import document
from .test_waypoints import settled, unwritten
from .waypoint_scene import Names, Row, pods, rows, scene

USED_BY = {
    "Service": "services",
    "ServiceEntry": "serviceEntries",
    "Pod": "pods",
    "WorkloadEntry": "workloadEntries",
}
Item = dict[str, Any]


@pytest.fixture(scope="module")
def names(cluster: Cluster) -> Iterator[Names]:
    with scene(cluster) as found:
        wait_for("istiod's conditions", lambda: not unwritten(cluster, found))
        yield found


@pytest.fixture(scope="module")
def listed(cluster: Cluster, names: Names) -> dict[str, Item]:
    """The waypoints of the scene by `namespace/name`."""
    told = document(Runner(cluster, "ambient")("waypoint", "list", "-A", "-o", "json"))
    return {key: item for key, item in by_key(told).items() if item["namespace"] in names}


def by_key(told: Item) -> dict[str, Item]:
    """By `namespace/name`."""
    return {f"{item['namespace']}/{item['name']}": settled(item) for item in told["items"]}


def served_by(row: Row, names: Names) -> str:
    """The waypoint that the row tells; a dash for none."""
    home, slash, name = row.told.split()[0].partition("/")
    return f"{getattr(names, home)}/{name}" if slash else home


def codes(item: Item) -> list[str]:
    return [finding["code"] for finding in item["findings"]]


def test_who_uses_each_waypoint(names: Names, listed: dict[str, Item]) -> None:
    bound = [row for row in rows(names) if not row.told.startswith("-")]
    wanted = Counter((served_by(row, names), USED_BY[row.key[0]]) for row in bound)
    found = {(key, kind): item["usedBy"][kind] for key, item in listed.items() for kind in USED_BY.values()}
    assert {key: number for key, number in found.items() if number} == dict(wanted)
    assert {key: item["usedBy"]["namespaces"] for key, item in listed.items() if item["usedBy"]["namespaces"]} == {
        f"{names.app}/wp": 1,
        f"{names.infra}/shared": 1,
    }


def test_what_is_told_of_each_waypoint(names: Names, listed: dict[str, Item]) -> None:
    app, infra = names.app, names.infra
    healthy = listed[f"{app}/wp"]
    assert (healthy["for"], healthy["programmed"], healthy["pods"]) == ("service", True, {"ready": 1, "all": 1})
    assert healthy["owner"].startswith("Deployment/istio-system/istiod")
    assert "WaypointDead" in codes(listed[f"{app}/dead"])
    assert listed[f"{app}/dead"]["pods"] == {"ready": 0, "all": 0}
    assert "WaypointForUnknown" in codes(listed[f"{app}/typo"])
    late = listed[f"{app}/late"]
    assert (late["addresses"], late["revision"], late["owner"]) == ([], "no-such", None)
    assert "WaypointWithoutAddress" in codes(late)
    assert listed[f"{infra}/shared"]["allowedRoutes"] == {"from": "All", "selector": None}
    assert listed[f"{infra}/chosen"]["allowedRoutes"] == {"from": "Selector", "selector": "team=guests"}
    assert "WaypointRefuses" in codes(listed[f"{infra}/same"])


def test_one_namespace_tells_the_same(names: Names, listed: dict[str, Item], ambient: Runner) -> None:
    """Those of `infra` admit others, whose users are counted too."""
    for namespace in (names.app, names.infra):
        found = by_key(document(ambient("waypoint", "list", "-n", namespace, "-o", "json")))
        assert found == {key: item for key, item in listed.items() if item["namespace"] == namespace}


def test_every_object_is_explained_as_it_is_listed(names: Names, ambient: Runner) -> None:
    for namespace in (names.app, names.guest, names.plain):

        def listed(namespace: str = namespace) -> list[Item]:
            found: list[Item] = document(ambient("waypoint", "status", "--all", "-n", namespace, "-o", "json"))["items"]
            return found

        listing, found = listed(), []
        for _ in range(5):
            words = [f"{item['kind'].lower()}/{item['name']}" for item in listing]
            found = document(ambient("waypoint", "explain", *words, "-n", namespace, "-o", "json"))["items"]
            before, listing = listing, listed()
            if before == listing:
                break  # istiod has written nothing meanwhile
        assert [item["object"] for item in found] == listing
        for item in found:
            assert item["conditionAgrees"] is (None if item["object"]["condition"] is None else True)
            assert bool(item["clients"]) == (item["object"]["waypoint"] is not None)


def test_what_is_said_to_do_can_be_done(names: Names, ambient: Runner, cluster: Cluster) -> None:
    """The commands are sent to the server, which would take them."""
    words = [f"svc/{name}" for name in ("refuses", "wrong-type", "wrong-word", "refused", "unchosen")]
    found = document(ambient("waypoint", "explain", *words, "-n", names.app, "-o", "json"))["items"]
    assert all(item["fixes"] for item in found)
    for command in (fix["command"] for item in found for fix in item["fixes"]):
        program, *told = shlex.split(command)
        assert program == "kubectl"
        if told[0] == "ambient":
            done = ambient(*told[1:], "--dry-run=server")
            assert done.code == 0, done.stderr
        else:
            assert told[0] in ("label", "patch")
            cluster.kubectl(*told, "--dry-run=server")


def ways(fixes: list[Item]) -> list[list[str]]:
    """The commands of each way to the end: those that are alternatives are joined by `or`."""
    found: list[list[str]] = []
    for fix in fixes:
        if fix["alternative"] or not found:
            found.append([])
        found[-1].append(fix["command"])
    return found


def test_a_patch_that_is_told_admits(names: Names, ambient: Runner, cluster: Cluster) -> None:
    def told() -> Item:
        found: Item = document(ambient("waypoint", "explain", "svc/refused", "-n", names.guest, "-o", "json"))
        return found

    before = told()
    assert before["object"]["reason"] == "AttachmentDenied"
    patching, its_own = ways(before["fixes"])
    (patch,) = patching
    assert its_own[0].startswith(f"istioctl waypoint apply -n {names.guest} ")
    cluster.kubectl(*shlex.split(patch)[1:])
    wait_for("istiod's word", lambda: told()["conditionAgrees"])
    assert told()["object"]["waypoint"] == f"{names.infra}/same"


def test_a_namespace_is_summed_up(names: Names, ambient: Runner) -> None:
    told = document(ambient("waypoint", "explain", "ns", names.app, names.quiet, "-o", "json"))
    app, quiet = told["namespaces"]
    assert (app["named"], app["reason"], quiet["reason"]) == (f"{names.app}/wp", "WaypointAccepted", "OptedOut")
    served = [g for g in app["groups"] if g["kind"] == "Service" and g["waypoint"] == f"{names.app}/wp"]
    assert {"cart", "half", "headless", "ingress"} == {name for group in served for name in group["names"]}
    assert "by-own" in {item["name"] for item in app["exceptions"]}


def test_status_tells_the_waypoint_of_each_pod(names: Names, ambient: Runner) -> None:
    wanted = {row.key[1:]: served_by(row, names) for row in pods(names)}
    for namespace in (names.app, names.guest, names.quiet, names.plain):
        items = document(ambient("status", "-n", namespace, "-o", "json"))["items"]
        found = {(i["namespace"], i["name"]): i["waypoint"] or "-" for i in items}
        mine = {key: told for key, told in wanted.items() if key[0] == namespace}
        assert {key: found[key] for key in mine} == mine


def test_explain_names_the_waypoint_of_the_pod(names: Names, ambient: Runner) -> None:
    told = document(ambient("explain", "pod", "own", "-n", names.app, "-o", "json"))
    assert told["pod"]["waypoint"] == f"{names.app}/pods"
    assert json.dumps([step["rule"] for step in told["steps"]]).count("Waypoint") == 8
    text = " ".join(ambient("explain", "pod", "own", "-n", names.app).stdout.split())
    assert f"goes through waypoint {names.app}/pods" in text


def test_the_role_view_is_told_what_it_may_not_read(names: Names, cluster: Cluster, ambient: Runner) -> None:
    """It may not read Gateways: no error, and no guess."""
    cluster.kubectl("create", "rolebinding", "looks", "--clusterrole=view", "--user=walter", "-n", names.guest)
    wait_until_granted(cluster, "walter", "list", "pods", names.guest)
    told = document(ambient("status", "-n", names.guest, "-o", "json", user="walter"))
    assert {item["waypoint"] for item in told["items"]} == {None}
    assert any("cannot list gateways.gateway.networking.k8s.io: forbidden" in a for a in told["assumptions"])
    explained = document(ambient("waypoint", "explain", "svc/web", "-n", names.guest, "-o", "json", user="walter"))
    assert explained["object"]["reason"] == "EvidenceMissing"
    refused = ambient("waypoint", "list", "-n", names.guest, user="walter")
    assert (refused.code, refused.stdout) == (1, "")
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in refused.stderr
