"""With few rights every answer is that of the administrator, or unknown: nothing that is told is false."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.l7 import service, use, waypoint
from tests.rig.mesh import Mesh
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .test_policy_facts import create
from .test_status import a_namespace, annotated, document, phase
from .waypoint_scene import wait_until_serving

COMMANDS = (
    "status -n {app}",
    "explain pod asks -n {app}",
    "explain pod refuses -n {app}",
    "explain ns {app}",
    "labels -n {app}",
    "waypoint list -n {app}",
    "waypoint status -n {app}",
    "waypoint explain svc shared -n {app}",
    "waypoint explain pod asks -n {app}",
    "waypoint explain ns {app}",
    "policy status --pods -n {app}",
    "policy explain ap/both -n {app}",
    "status --nodes",
    "path pod/asks pod/refuses -n {app}",
    "path pod/asks svc/cart -n {app}",
    "path --matrix -n {app}",
    "check -n {app}",
)
UNKNOWN = (None, "unknown", "Unknown", "EvidenceMissing")
# Words about the answer, not the answer; and what is told of a reading, which few rights change on purpose.
WORDS = ("message", "evidence", "fixes", "docs", "assumptions", "summary", "rules", "istio", "unread")
RIGHT = "forbidden"


class Scene(NamedTuple):
    app: str
    dev: str
    lister: str


@pytest.fixture(scope="module")
def scene(cluster: Cluster, mesh: Mesh) -> Iterator[Scene]:
    with a_namespace(cluster, "infra", {}) as infra, a_namespace(cluster, "agrees", {**AMBIENT, **use("wp")}) as app:
        cluster.apply(
            waypoint("shared", infra, "all", allowed={"from": "All"}),
            waypoint("wp", app),
            service("cart", app, app="web"),
            service("shared", app, use("shared", infra)),
            service("refuses", app, use("none")),
            service("missing", app, use("no-such")),
            deployment("web", app),
            pod("asks", app, labels=AMBIENT),
            pod("refuses", app, labels=OPTED_OUT),
        )
        create(cluster, app, "v1", "AuthorizationPolicy", "both", {"rules": [{}]})
        wait_until_serving(cluster, waypoint("wp", app), waypoint("shared", infra))
        annotated(cluster, app, "web")
        annotated(cluster, app, "asks")
        phase(cluster, app, "refuses", "Running")
        cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=agrees-dev", "-n", app)
        cluster.kubectl("create", "role", "lists-pods", "--verb=get,list", "--resource=pods", "-n", app)
        cluster.kubectl("create", "rolebinding", "lists", "--role=lists-pods", "--user=agrees-lister", "-n", app)
        wait_until_granted(cluster, "agrees-dev", "list", "services", app)
        wait_until_granted(cluster, "agrees-lister", "list", "pods", app)
        yield Scene(app, "agrees-dev", "agrees-lister")


def false_in(few: Any, whole: Any, path: str = "") -> Iterator[str]:
    """Where what few rights tell is neither what the administrator is told, nor unknown, nor left out."""
    if isinstance(few, dict) and isinstance(whole, dict):
        known = all(few[key] not in UNKNOWN for key in ("reason", "state", "verdict") if key in few)
        for key, value in few.items():
            if key not in WORDS and (known or key in ("kind", "namespace", "name", "condition")):
                yield from false_in(value, whole.get(key), f"{path}.{key}")
    elif isinstance(few, list) and isinstance(whole, list):
        there = {_key(item): item for item in whole}
        for item in few:
            if _key(item) in there:
                yield from false_in(item, there[_key(item)], f"{path}[{_key(item)}]")
            elif not (isinstance(item, dict) and item.get("reason") in UNKNOWN):
                yield f"{path}[{_key(item)}] is not among the administrator's"
    elif few not in UNKNOWN and few != whole and not (path.endswith(".outcome") and few == "skipped"):
        yield f"{path}: {few!r}, and is {whole!r}"


def _key(item: Any) -> str:
    if isinstance(item, dict) and {"from", "to", "verdict"} <= item.keys():
        return f"{item['from']['ref']} to {item['to']['ref']}:{item['to'].get('port')}"
    if isinstance(item, dict) and item.get("kind") == "Explanation":
        return f"{item['pod']['namespace']}/{item['pod']['name']}"
    names = ("kind", "namespace", "name", "rule", "code", "key", "field", "client", "title", "waypoint")
    return "/".join(str(item.get(name)) for name in names if name in item) if isinstance(item, dict) else str(item)


@pytest.mark.parametrize(
    ("few", "whole"),
    [
        ({"verdict": "allowed"}, {"verdict": "denied"}),
        ({"verdict": "allowed", "encrypted": True}, {"verdict": "allowed", "encrypted": False}),
        ({"checks": [{"title": "t", "outcome": "ok"}]}, {"checks": [{"title": "t", "outcome": "error"}]}),
        ({"items": [{"name": "web", "state": "Enrolled"}]}, {"items": [{"name": "web", "state": "Pending"}]}),
    ],
)
def test_a_false_answer_would_be_seen(few: Any, whole: Any) -> None:
    assert list(false_in(few, whole))
    assert list(false_in(whole, whole)) == []


@pytest.mark.parametrize("user", ["dev", "lister"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_answer_is_equal_or_unknown(ambient: Runner, scene: Scene, command: str, user: str) -> None:
    words = (*command.format(app=scene.app).split(), "-o", "json")
    few, whole = ambient(*words, user=getattr(scene, user)), document(ambient(*words))
    if few.code:
        assert (few.stdout, RIGHT in few.stderr.lower()) == ("", True)
        return
    found = document(few)
    assert list(false_in(found, whole)) == []
    told = " ".join([*found.get("assumptions", ()), few.stderr])
    assert RIGHT in told, "which right is missing"


@pytest.mark.parametrize("user", ["dev", "lister"])
def test_versions_are_equal_or_unknown(ambient: Runner, scene: Scene, user: str) -> None:
    whole = json.loads(ambient("version", "-o", "json").stdout)
    told = ambient("version", "-o", "json", user=getattr(scene, user))
    few = json.loads(told.stdout)
    assert all(found in (None, whole["istio"][part]) for part, found in few["istio"].items())
    assert all(one in whole[places] for places in ("nodes", "istiods") for one in few[places])
    assert set(few["skew"]) <= set(whole["skew"])
    assert whole["nodes"], "of an administrator they are told"
    assert RIGHT in told.stderr.lower()


@pytest.mark.parametrize("user", ["dev", "lister"])
def test_the_screen_says_unknown_and_at_least(ambient: Runner, scene: Scene, user: str) -> None:
    told = ambient("waypoint", "status", "-n", scene.app, user=getattr(scene, user)).stdout
    unknown = [line.split() for line in told.splitlines() if " EvidenceMissing " in line]
    assert unknown
    assert {row[2] for row in unknown} == {"?"}
    kinds = {row[0] for row in unknown}
    (summary,) = [line for line in told.splitlines() if line.startswith("Through a waypoint:")]
    assert summary.count("at least 0 of") == len(kinds)


def test_labels_that_may_be_inherited_and_were_not_read_are_told(ambient: Runner, scene: Scene) -> None:
    told = ambient("labels", "-n", scene.app, user=scene.lister)
    assert f"cannot get namespace {scene.app}: forbidden" in told.stderr.splitlines()
    assert "that could be read: nothing is wrong" in told.stdout


def test_a_change_tells_much_that_was_assumed_in_one_line_too(ambient: Runner, scene: Scene) -> None:
    words = ("enable", "pod", "refuses", "-n", scene.app, "--overwrite", "--dry-run=client")
    found, each = ambient(*words, user=scene.dev), ambient(*words, "--assumptions", user=scene.dev)
    assert found.code == each.code == 0
    assert (found.stderr.count("assumed: "), each.stderr.count("assumed: ") > 2) == (1, True)
    assert "/docs/rbac.yaml" in found.stderr


def test_a_tick_is_for_what_was_seen(ambient: Runner, scene: Scene) -> None:
    def marks(user: str | None) -> dict[str, str]:
        lines = ambient("explain", "pod", "asks", "-n", scene.app, user=user).stdout.splitlines()
        return {line[4:36].strip(): line[2] for line in lines if line[2:3] in ("✔", "~")}

    assert "~" not in marks(None).values()
    few = marks(scene.dev)
    assumed = ("istio-cni is installed", "istio-cni has ambient on", "node can run the agents")
    assert {few[title] for title in assumed} == {"~"}
    assert few["labels ask for ambient"] == few["pod has no sidecar"] == "✔"
