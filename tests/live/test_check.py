"""`check` on a real control plane: planted faults are found and nothing else, few rights say what they miss."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Result, Runner
from tests.rig.rights import wait_until_granted

from .check_scene import Fault, Names, faults, planted
from .test_faults import Through, through
from .test_status import Plugin, document, plugin

__all__ = ["Plugin", "plugin", "through"]


@pytest.fixture(scope="module")
def names(cluster: Cluster) -> Iterator[Names]:
    with planted(cluster) as found:
        yield found


def checks(told: Result) -> dict[str, dict[str, Any]]:
    """The checks of a report, held to its schema."""
    found = document(told, told.code)
    assert found["kind"] == "CheckReport"
    return {check["id"]: check for section in found["sections"] for check in section["checks"]}


def home(ref: str) -> str:
    """The namespace of an object, itself for a Namespace."""
    parts = ref.split("/")
    return parts[1] if len(parts) > 1 else ""


def test_what_was_planted_is_found_and_nothing_else(cluster: Cluster, plugin: Plugin, names: Names) -> None:
    def told() -> set[Fault]:
        found = checks(plugin("check", "-A", "-o", "json", "--fail-on", "none"))
        return {Fault(name, ref) for name, check in found.items() for ref in check["objects"] if home(ref) in names}

    expected = set(faults(names))
    cluster.processes.wait_for("all of it to be told", lambda: expected <= told() or None)
    assert told() - expected == set()


@pytest.mark.parametrize("of", ["clean", "infra"])
def test_nothing_is_wrong_with_a_namespace_that_is_as_it_should_be(plugin: Plugin, names: Names, of: str) -> None:
    here = getattr(names, of)
    found = checks(plugin("check", "-n", here, "-o", "json", "--fail-on", "none"))
    assert {
        name: check["objects"] for name, check in found.items() if any(home(r) == here for r in check["objects"])
    } == {}
    sections = ("namespaces", "workloads", "gateways", "waypoints", "policies", "network")
    told = plugin("check", "-n", here, "--only", ",".join(sections), "--fail-on", "any")
    assert told.code == 0, told.stdout


def test_the_installation_is_in_order(plugin: Plugin, names: Names) -> None:
    told = plugin("check", "-n", names.clean, "--only", "installation,control-plane,nodes", "--fail-on", "any")
    assert (told.code, set("‼✖?") & set(told.stdout)) == (0, set()), told.stdout


def test_everything_is_asked_for_once(through: Through, fault_proxy: FaultProxy, names: Names) -> None:
    assert through("check", "-A", "--fail-on", "none").code == 0
    asked = [re.sub(r"[?&](?:limit|continue|resourceVersion|timeout)=[^&]*", "", r.path) for r in fault_proxy.requests]
    lists = Counter(path for path in asked if path.startswith(("/api/", "/apis/")))
    assert {path: n for path, n in lists.items() if n > 1 and path not in BY_LABELS} == {}
    assert all(lists[path] <= 2 for path in BY_LABELS)


# Their facts, and beside them, in another encoding, what they carry of labels and annotations.
BY_LABELS = {
    "/api/v1/namespaces",
    "/api/v1/services",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "/apis/gateway.networking.k8s.io/v1/gateways",
    "/apis/networking.istio.io/v1/serviceentries",
    "/apis/networking.istio.io/v1/workloadentries",
    "/apis/security.istio.io/v1/authorizationpolicies",
}


# Few rights


@pytest.fixture(scope="module")
def developer(cluster: Cluster, names: Names) -> str:
    """Who has the built-in role `view` in one namespace."""
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=checker", "-n", names.app)
    wait_until_granted(cluster, "checker", "list", "pods", names.app)
    return "checker"


def test_a_developer_is_told_nothing_that_is_false(ambient: Runner, names: Names, developer: str) -> None:
    words = ("check", "-n", names.app, "-o", "json", "--fail-on", "none")
    whole, mine = checks(ambient(*words)), checks(ambient(*words, user=developer))
    assert whole.keys() == mine.keys()
    for name, check in mine.items():
        if check["outcome"] == "unknown":
            assert re.search(r"could not tell: cannot .+: forbidden", check["message"]), name
            continue
        assert check["outcome"] == whole[name]["outcome"], name
        assert set(check["objects"]) <= set(whole[name]["objects"]), name
    assert mine["network-ingress"]["outcome"] == "unknown" or mine["network-ingress"]["objects"]
    assert mine["node-ztunnel"]["outcome"] == "unknown"
    assert "list nodes" in mine["node-ztunnel"]["message"]


def test_the_screen_of_a_developer_names_the_role(ambient: Runner, names: Names, developer: str) -> None:
    told = ambient("check", "-n", names.app, "--fail-on", "unknown", user=developer)
    assert told.code == 3
    assert "? every node has a Ready ztunnel: could not tell: cannot list nodes: forbidden" in told.stdout
    assert "docs/rbac.yaml" in told.stdout
    assert re.search(r"^\d+ ✔ .*could not tell$", told.stdout, re.MULTILINE)


def test_the_published_role_has_all_of_them_told(ambient: Runner, names: Names, published: dict[str, str]) -> None:
    found = checks(ambient("check", "-A", "-o", "json", "--fail-on", "none", user=published["view"]))
    assert {name: check["message"] for name, check in found.items() if check["outcome"] == "unknown"} == {}


def test_who_may_not_list_pods_is_told_in_kubectls_words(ambient: Runner, names: Names) -> None:
    told = ambient("check", "-n", names.app, user="nobody")
    assert told.code == 1
    assert told.stdout == ""
    assert "pods is forbidden" in told.stderr


def test_a_report_is_json_whatever_is_wrong(ambient: Runner, names: Names) -> None:
    told = ambient("check", "-n", names.app, "-o", "sarif")
    run = json.loads(told.stdout)["runs"][0]
    assert all("physicalLocation" not in result["locations"][0] for result in run["results"])
    assert {result["ruleId"] for result in run["results"]} >= {"labels", "policy-rules"}
