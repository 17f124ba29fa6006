"""Waypoints on the real control plane: istiod makes them, writes its conditions, and tells the ztunnels of them.

Each way to have one is a row of `waypoint_scene`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.mesh import Mesh
from tests.rig.processes import wait_for

from .test_status import document
from .waypoint_scene import BOUND, Names, Row, rows, scene

Key = tuple[str, str, str]
Items = dict[Key, dict[str, Any]]

STEMS = Names(*Names._fields)
ROWS = rows(STEMS)
SILENT = ("NotLabeled", "OptedOut", "NotServed", "IsGateway", "NotForWorkloads")
NETWORKING = "/apis/networking.istio.io/v1"


@pytest.fixture(scope="module")
def names(cluster: Cluster) -> Iterator[Names]:
    with scene(cluster) as found:
        yield found


def by_key(document: dict[str, Any]) -> Items:
    return {(item["kind"], item["namespace"], item["name"]): item for item in document["items"]}


def stemmed(told: Result, names: Names) -> Items:
    """What is told of the scene, its namespaces by their short names."""
    text = json.dumps(document(told))
    for stem, name in names._asdict().items():
        text = text.replace(name, stem)
    return {key: item for key, item in by_key(json.loads(text)).items() if key[1] in STEMS}


def ask(cluster: Cluster, *arguments: str) -> Result:
    return Runner(cluster, "ambient")("waypoint", "status", *arguments, "-o", "json")


@pytest.fixture(scope="module")
def told(cluster: Cluster, names: Names) -> Items:
    """`waypoint status -A` of the scene, when istiod has written all that it has to write."""
    wait_for("istiod's conditions", lambda: not unwritten(cluster, names))
    return stemmed(ask(cluster, "-A"), names)


def unwritten(cluster: Cluster, names: Names) -> list[Key]:
    """The objects of the scene that istiod has not written its condition on."""
    written = conditions(cluster)
    return [row.key for row in rows(names) if row.written and row.key not in written]


def conditions(cluster: Cluster) -> dict[Key, Object]:
    """istiod's condition on each object that has one, straight from the server."""
    paths = {
        "Service": "/api/v1/services",
        "ServiceEntry": f"{NETWORKING}/serviceentries",
        "WorkloadEntry": f"{NETWORKING}/workloadentries",
    }
    found = {}
    for kind, path in paths.items():
        for item in cluster.api.items(path):
            for condition in item.get("status", {}).get("conditions", []):
                if condition["type"] == BOUND:
                    found[(kind, item["metadata"]["namespace"], item["metadata"]["name"])] = condition
    return found


def codes(item: dict[str, Any]) -> tuple[str, ...]:
    return tuple(finding["code"] for finding in item["findings"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "/".join(row.key))
def test_every_way_to_have_a_waypoint(told: Items, row: Row) -> None:
    item = told[row.key]
    assert f"{item['waypoint'] or '-'} {item['reason']}" == row.told
    written = item["condition"]
    assert (f"{written['status']} {written['reason']}" if written else "") == row.written
    assert codes(item) == row.findings


def test_the_waypoints_themselves_have_none(told: Items) -> None:
    """Their Services and pods, which istiod made."""
    for kind in ("Service", "Pod"):
        found = [i for (k, _, name), i in told.items() if k == kind and name.startswith(("wp", "own-", "both-"))]
        assert found
        assert {(i["waypoint"], i["reason"]) for i in found} == {(None, "IsGateway")}


def test_a_namespace_lists_its_own(cluster: Cluster, names: Names, told: Items) -> None:
    """Read from one namespace, with a second round for the waypoints of others."""
    for stem, name in names._asdict().items():
        found = stemmed(ask(cluster, "-n", name), names)
        assert found == {key: item for key, item in told.items() if key[1] == stem}


def test_one_object_by_name(ambient: Runner, names: Names) -> None:
    found = ambient("waypoint", "status", "svc/by-dead", "pod/both", "-n", names.app)
    assert (found.code, found.stderr) == (0, "")
    text = " ".join(found.stdout.split())
    assert f"Service by-dead {names.app}/dead service WaypointAccepted ‼" in text
    assert f"Pod both {names.app}/both workload WaypointAccepted" in text
    assert "connections to the service fail, they do not go past it" in text


DUMPED = "deployments,pods,services,gateways.gateway.networking.k8s.io,serviceentries,workloadentries"


@pytest.fixture(scope="module")
def dump(cluster: Cluster, names: Names, told: Items, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`kubectl get -o yaml` of the same namespaces."""
    folder = tmp_path_factory.mktemp("dump")
    for what in (
        "namespaces,gatewayclasses,mutatingwebhookconfigurations",
        "deployments,daemonsets,configmaps -n istio-system",
        *(f"{DUMPED} -n {n}" for n in names),
    ):
        path = folder / f"{what.rpartition(' ')[2].replace(',', '-')}.yaml"
        path.write_text(cluster.kubectl("get", *what.split(), "-o", "yaml").stdout)
    return folder


def test_a_dump_tells_the_same(
    cluster: Cluster, names: Names, told: Items, waypoints: dict[str, dict[str, Any]], dump: Path, ambient: Runner
) -> None:
    found = stemmed(ask(cluster, "-A", "-f", str(dump), "--whole-cluster"), names)
    assert found.keys() == told.keys()
    for key, item in told.items():
        assert found[key] == item
    assert (
        listed(ambient("waypoint", "list", "-A", "-o", "json", "-f", str(dump), "--whole-cluster"), names) == waypoints
    )


# The waypoints themselves.

LISTED = {
    "app/both": ("all", True, "1/1", "Same", "1 svc, 2 pod, 1 we", ()),
    "app/dead": ("all", None, "0/0", "Same", "1 svc, 1 pod", ("WaypointDead",)),
    "app/late": ("service", None, "0/0", "Same", "", ("WaypointNotHandled", "WaypointWithoutAddress")),
    "app/own": ("service", True, "1/1", "Same", "1 svc", ("WaypointRefuses",)),
    "app/pods": ("workload", True, "1/1", "Same", "1 pod, 1 we", ("WaypointRefuses",)),
    "app/typo": ("Service", True, "1/1", "Same", "", ("WaypointForUnknown", "WaypointRefuses")),
    "app/wp": ("service", True, "1/1", "Same", "1 ns, 4 svc, 3 se", ()),
    "infra/chosen": ("service", True, "1/1", "Selector", "1 svc", ("WaypointRefuses",)),
    "infra/same": ("service", True, "1/1", "Same", "", ("WaypointRefuses",)),
    "infra/shared": ("all", True, "1/1", "All", "1 ns, 4 svc, 2 se, 2 pod, 1 we", ()),
}
USERS = {"namespaces": "ns", "services": "svc", "serviceEntries": "se", "pods": "pod", "workloadEntries": "we"}


def listed(told: Result, names: Names) -> dict[str, dict[str, Any]]:
    text = json.dumps(document(told))
    for stem, name in names._asdict().items():
        text = text.replace(name, stem)
    items = json.loads(text)["items"]
    return {f"{item['namespace']}/{item['name']}": settled(item) for item in items if item["namespace"] in STEMS}


def settled(item: dict[str, Any]) -> dict[str, Any]:
    """A waypoint as it stays: Programmed of one that is dead turns False only when istiod pushes everything again."""
    return item if item["pods"]["ready"] else item | {"programmed": None}


@pytest.fixture(scope="module")
def waypoints(cluster: Cluster, names: Names) -> dict[str, dict[str, Any]]:
    return listed(Runner(cluster, "ambient")("waypoint", "list", "-A", "-o", "json"), names)


@pytest.mark.parametrize("key", LISTED)
def test_every_waypoint(waypoints: dict[str, dict[str, Any]], key: str) -> None:
    item = waypoints[key]
    traffic, programmed, pods, routes, users, findings = LISTED[key]
    assert (item["class"], item["for"]) == ("istio-waypoint", traffic)
    assert item["programmed"] == programmed
    assert f"{item['pods']['ready']}/{item['pods']['all']}" == pods
    assert item["allowedRoutes"]["from"] == routes
    assert bool(item["addresses"]) == (key != "app/late")
    assert (
        ", ".join(f"{item['usedBy'][word]} {short}" for word, short in USERS.items() if item["usedBy"][word]) == users
    )
    assert codes(item) == findings


def test_all_of_them_and_no_other(waypoints: dict[str, dict[str, Any]]) -> None:
    assert waypoints.keys() == LISTED.keys()


def test_a_namespace_lists_its_waypoints(
    cluster: Cluster, names: Names, waypoints: dict[str, dict[str, Any]], ambient: Runner
) -> None:
    """With their users in all namespaces, where they admit others."""
    for stem in ("app", "infra"):
        found = listed(ambient("waypoint", "list", "-n", getattr(names, stem), "-o", "json"), names)
        assert found == {key: item for key, item in waypoints.items() if key.startswith(f"{stem}/")}


def test_the_table_of_waypoints(ambient: Runner, names: Names) -> None:
    told = ambient("waypoint", "list", "-n", names.app)
    assert (told.code, told.stderr) == (0, "")
    lines = {line.split()[0]: line.split() for line in told.stdout.splitlines() if line.strip()}
    assert lines["NAME"] == ["NAME", "FOR", "ADDRESS", "PROGRAMMED", "PODS", "ROUTES", "USED-BY"]
    assert (lines["wp"][1], lines["wp"][3:6]) == ("service", ["True", "1/1", "Same"])
    assert lines["late"][2:5] == ["<none>", "<unknown>", "0/0"]
    assert "connections to all that it serves fail" in " ".join(told.stdout.split())
    nothing = ambient("waypoint", "list", "-n", names.plain)
    assert (nothing.code, nothing.stdout) == (0, "")
    assert nothing.stderr == f"No waypoints found in {names.plain} namespace.\n"


# Why.

SHORT = {"Service": "svc", "ServiceEntry": "serviceentry", "Pod": "pod", "WorkloadEntry": "workloadentry"}


def test_every_one_is_explained(ambient: Runner, names: Names, told: Items) -> None:
    """To the same end, by a rule that decides."""
    for namespace in ("app", "guest", "quiet", "plain"):
        mine = [row for row in ROWS if row.key[1] == namespace]
        words = [f"{SHORT[row.key[0]]}/{row.key[2]}" for row in mine]
        found = ambient("waypoint", "explain", *words, "-n", getattr(names, namespace), "-o", "json")
        text = json.dumps(document(found))
        for stem, name in names._asdict().items():
            text = text.replace(name, stem)
        items = {(e["object"]["kind"], namespace, e["object"]["name"]): e for e in json.loads(text)["items"]}
        assert items.keys() == {row.key for row in mine}
        for key, item in items.items():
            assert item["object"] == told[key]
            refusing = [step["rule"] for step in item["steps"] if step["outcome"] == "out"]
            assert len(refusing) == (0 if told[key]["waypoint"] else 1)
            written = told[key]["condition"]
            assert item["conditionAgrees"] == (True if written else None)


@pytest.mark.parametrize(
    ("words", "beginning", "also"),
    [
        ("svc cart", "Service NS/cart: traffic to the Service's address goes through waypoint NS/wp", "as judged here"),
        ("svc refuses", "Service NS/refuses: traffic to the Service's address goes direct", "=none opts out"),
        ("svc missing", "Service NS/missing: traffic to the Service's address goes direct", "there is no Gateway"),
        ("svc by-dead", "Service NS/by-dead: traffic to the Service's address goes through", "is dead ("),
        ("svc alias", "Service NS/alias: no waypoint serves it", "no more than a DNS name"),
        ("pod inherits", "Pod NS/inherits: traffic straight to the pod's address goes direct", "“service”"),
        (
            "pod own",
            "Pod NS/own: traffic straight to the pod's address goes through waypoint NS/pods",
            "call a service",
        ),
        ("ns NS", "Namespace NS names waypoint NS/wp", "WorkloadEntry"),
    ],
)
def test_explained_in_words(ambient: Runner, names: Names, words: str, beginning: str, also: str) -> None:
    found = ambient("waypoint", "explain", *words.replace("NS", names.app).split(), "-n", names.app)
    assert (found.code, found.stderr) == (0, "")
    text = " ".join(found.stdout.split())
    assert text.startswith(beginning.replace("NS", names.app))
    assert also in text


# istiod's own word.


def everything(cluster: Cluster) -> Items:
    """All that is told of the cluster, but for namespaces of other tests that are on their way out."""
    staying = {
        item["metadata"]["name"]
        for item in cluster.api.items("/api/v1/namespaces")
        if "deletionTimestamp" not in item["metadata"]
    }
    return {key: item for key, item in by_key(document(ask(cluster, "-A"))).items() if key[1] in staying}


def soon_empty(disagreeing: Callable[[], list[Any]]) -> list[Any]:
    """What is left of it when istiod has had time to write."""
    with suppress(TimeoutError):
        wait_for("istiod to agree", lambda: not disagreeing(), 30, 1)
    return disagreeing()


def expected_condition(item: dict[str, Any]) -> tuple[str, str] | None:
    """What istiod has to write for a verdict of ours."""
    if item["reason"] in SILENT:
        return None
    return ("True" if item["waypoint"] else "False", item["reason"])


def test_istiod_writes_what_we_tell_on_everything_in_the_cluster(cluster: Cluster, names: Names) -> None:
    """Not only on the scene. A moment is allowed in which istiod has still to write."""
    compared: set[Key] = set()

    def disagreeing() -> list[Any]:
        ours = {k: i for k, i in everything(cluster).items() if k[0] != "Pod"}
        theirs = {key: (c["status"], c["reason"]) for key, c in conditions(cluster).items()}
        compared.update(ours)
        return [
            (k, expected_condition(i), theirs.get(k)) for k, i in ours.items() if expected_condition(i) != theirs.get(k)
        ]

    assert soon_empty(disagreeing) == []
    assert compared >= {row.key for row in rows(names) if row.key[0] != "Pod"}


def test_istiods_sentence_names_the_same_waypoint(cluster: Cluster, names: Names) -> None:
    compared: set[Key] = set()

    def others() -> list[Any]:
        ours = everything(cluster)
        theirs = {k: c for k, c in conditions(cluster).items() if k in ours and c["status"] == "True"}
        compared.update(theirs)
        told = {k: c["message"].partition(". ")[0] for k, c in theirs.items()}
        return [(k, s) for k, s in told.items() if s != f"Successfully attached to waypoint {ours[k]['waypoint']}"]

    assert soon_empty(others) == []
    assert compared >= {row.key for row in rows(names) if row.written.startswith("True ")}


def test_ztunnels_are_sent_the_same_waypoints(mesh: Mesh, cluster: Cluster, names: Names) -> None:
    """A second opinion, and the only one on pods: what istiod sends to the ztunnels."""
    compared: set[Key] = set()

    def others() -> list[Any]:
        ours = everything(cluster)
        theirs = sent_to_ztunnels(mesh, ours)
        both = ours.keys() & theirs.keys()
        compared.update(both)
        unsent = [(key, ours[key]["reason"]) for key in ours.keys() - both if ours[key]["reason"] != "NotServed"]
        return unsent + [(k, ours[k]["waypoint"], theirs[k]) for k in sorted(both) if ours[k]["waypoint"] != theirs[k]]

    assert soon_empty(others) == []
    assert compared >= {row.key for row in rows(names) if not row.told.endswith("NotServed")}


def sent_to_ztunnels(mesh: Mesh, ours: Items) -> dict[Key, str | None]:
    """The waypoint of each object, as istiod tells the ztunnels."""
    sent = mesh.debug("ambientz")
    theirs: dict[Key, str | None] = {}
    for workload in sent["workloads"]:
        *_, kind, namespace, name = workload["uid"].split("/")
        theirs[(kind, namespace, name)] = _waypoint_of(workload)
    known = {("Service", namespace, name) for kind, namespace, name in ours if kind == "Service"}
    for service in sent["services"]:
        key = ("Service", service["namespace"], service["name"])
        is_service = key in known and service["hostname"].endswith(".svc.cluster.local")
        theirs[key if is_service else ("ServiceEntry", *key[1:])] = _waypoint_of(service)
    return theirs


def _waypoint_of(sent: dict[str, Any]) -> str | None:
    """`namespace/name`: the Service of a waypoint has its name."""
    found = sent.get("waypoint")
    return f"{found['hostname']['namespace']}/{found['hostname']['hostname'].partition('.')[0]}" if found else None


# Conditions that contradict the rules. istiod does not look at its own conditions again, so they stay.


@contextmanager
def planted(cluster: Cluster, path: str, status: str, reason: str, message: str) -> Iterator[None]:
    before = (cluster.api.get(path) or {}).get("status", {}).get("conditions", [])
    false = {"type": BOUND, "status": status, "reason": reason, "message": message}
    false["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    cluster.api.patch(f"{path}/status", {"status": {"conditions": [false]}}, "somebody")
    try:
        yield
    finally:
        cluster.api.patch(f"{path}/status", {"status": {"conditions": before}}, "somebody")


def _key(item: Object) -> Key:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


PATHS = {
    "svc": "/api/v1/namespaces/{}/services/{}",
    "serviceentry": NETWORKING + "/namespaces/{}/serviceentries/{}",
    "workloadentry": NETWORKING + "/namespaces/{}/workloadentries/{}",
}


@pytest.mark.parametrize(
    ("which", "condition"),
    [
        ("svc app cart", "False WaypointIsNotReady not ready"),
        ("svc app cart", "True WaypointAccepted Successfully attached to waypoint infra/shared"),
        ("svc app missing", "True WaypointAccepted Successfully attached to waypoint app/no-such"),
        ("svc app missing", "False AttachmentDenied another reason"),
        ("svc app refused", "False UnsupportedTrafficType another reason"),
        ("svc quiet web", "True WaypointAccepted Successfully attached to waypoint app/wp"),
        ("svc plain web", "False WaypointIsNotReady not ready"),
        ("serviceentry app fixed", "False AttachmentDenied not permitted"),
        ("serviceentry app refuses", "True WaypointAccepted Successfully attached to waypoint app/wp"),
        ("workloadentry app vm", "True WaypointAccepted Successfully attached to waypoint app/wp"),
        ("workloadentry app vm-own", "False UnsupportedTrafficType another reason"),
    ],
)
def test_a_condition_that_contradicts_the_rules_is_told(
    cluster: Cluster, names: Names, told: Items, kubectl: Runner, tmp_path: Path, dump: Path, which: str, condition: str
) -> None:
    """And the verdict stays with the rules; from the cluster and from files."""
    kind, stem, name = which.split()
    status, reason, message = condition.split(maxsplit=2)
    namespace = getattr(names, stem)
    for short, long in names._asdict().items():
        message = message.replace(f"{short}/", f"{long}/")
    with planted(cluster, PATHS[kind].format(namespace, name), status, reason, message):
        found = stemmed(ask(cluster, f"{kind}/{name}", "-n", namespace), names)
        written = kubectl("get", f"{kind}/{name}", "-n", namespace, "-o", "yaml").stdout
    ((key, item),) = found.items()
    for file in dump.iterdir():
        objects = yaml.safe_load(file.read_text())
        objects["items"] = [o for o in objects["items"] if _key(o) != (key[0], namespace, name)]
        (tmp_path / file.name).write_text(yaml.safe_dump(objects))
    (tmp_path / "planted.yaml").write_text(written)
    filed = stemmed(ask(cluster, f"{kind}/{name}", "-n", namespace, "-f", str(tmp_path), "--whole-cluster"), names)
    assert filed == found
    before = told[key]
    assert codes(item) == (*codes(before), "ConditionDisagrees")
    assert item["condition"] == {"status": status, "reason": reason}
    assert (item["waypoint"], item["reason"]) == (before["waypoint"], before["reason"])
