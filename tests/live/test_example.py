"""The bundled example, read from its file and from a bare API server that holds the same objects, is told alike."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.rig import kubectl
from tests.rig.apiserver import ApiServer
from tests.rig.kubectl import Runner
from tests.rig.load import Snapshot, documents

from .test_status import Plugin, document, plugin

__all__ = ["plugin"]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAME = ("namespace", "name", "mode", "expected", "observed", "reason", "owner", "afterRestart", "node")


class Both(NamedTuple):
    """What one command says of the files, and of the server."""

    files: dict[str, Any]
    server: dict[str, Any]


@pytest.fixture
def ask(loaded: ApiServer, plugin: Plugin) -> Callable[..., Both]:
    """Asks both, in this process."""

    def call(*arguments: str) -> Both:
        files = plugin(*arguments, "-o", "json", "-f", str(EXAMPLES))
        return Both(document(files), document(plugin(*arguments, "-o", "json", kubeconfig=loaded.kubeconfig)))

    return call


@pytest.fixture(scope="module")
def loaded(bare_cluster: ApiServer) -> ApiServer:
    Snapshot(bare_cluster.api).load(list(documents(EXAMPLES)))
    return bare_cluster


@pytest.fixture(scope="module")
def status(loaded: ApiServer) -> Both:
    arguments = ("status", "-A", "-o", "json")
    files = kubectl.run("ambient", *arguments, "-f", str(EXAMPLES), kubeconfig=os.devnull)
    both = Both(document(files), document(Runner(loaded, "ambient")(*arguments)))
    # Other tests may have put something into a namespace of their own.
    ours = {item["namespace"] for item in both.files["items"]}
    both.server["items"] = [item for item in both.server["items"] if item["namespace"] in ours]
    return both


def key(item: dict[str, Any]) -> tuple[str, str]:
    return item["namespace"], item["name"]


def state(item: dict[str, Any]) -> str:
    """The state, ages aside.

    A pod that should be in and is not is Starting for its first half minute. That is judged against the clock, which
    files do not have; on the server every pod was made a moment ago. Without a node or an address it is Starting in
    both, so that only pods with a node can differ.
    """
    settled = item["expected"] == "in" and item["observed"] == "absent" and item["node"]
    return "Starting or NotEnrolled" if settled else str(item["state"])


def finding(found: dict[str, Any]) -> tuple[Any, ...]:
    """A finding without its sentence, which tells ages."""
    evidence = [e for e in found["evidence"] if e["field"] != "metadata.deletionTimestamp"]
    return found["code"], found["severity"], found["fix"], evidence


def test_it_is_an_example_of_everything(status: Both) -> None:
    items = status.files["items"]
    assert len(items) > 30
    assert {item["state"] for item in items} >= {"Enrolled", "Pending", "Starting", "Stale", "NotAmbient"}
    assert {item["mode"] for item in items} == {"ambient", "sidecar", "gateway", "none"}


def test_the_same_verdicts(status: Both) -> None:
    server = {key(item): item for item in status.server["items"]}
    assert list(server) == [key(item) for item in status.files["items"]]
    for item in status.files["items"]:
        other = server[key(item)]
        assert {f: item[f] for f in SAME} == {f: other[f] for f in SAME}
        assert state(item) == state(other), key(item)
        assert [finding(f) for f in item["findings"]] == [finding(f) for f in other["findings"]], key(item)


def test_the_same_installation_and_nothing_assumed(status: Both) -> None:
    assert status.files["istio"] == status.server["istio"]
    assert status.files["istio"]["cniVersion"] == "1.30.3-distroless"
    assert status.files["assumptions"] == status.server["assumptions"] == []


# Files hold istiod's pods, which tell its version before its Deployment does; for a namespace nobody lists them.
ISTIOD = re.compile(
    r"Pod/istio-system/istiod-\S+ spec\.containers\[0\]\.image"
    r"|Deployment/istio-system/istiod spec\.template\.spec\.containers\[0\]\.image"
)


def step(found: dict[str, Any]) -> dict[str, Any]:
    """A step; of istiod's version the image counts, whichever of its objects shows it."""
    if found["rule"] != "WaypointVersion":
        return found
    assert all(ISTIOD.fullmatch(f"{e['object']} {e['field']}") for e in found["evidence"])
    return found | {"evidence": [e["value"] for e in found["evidence"]]}


def explained(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Explanations without sentences that tell ages, by name; the states are compared elsewhere."""
    return sorted(
        (
            {
                "name": key(item["pod"]),
                "steps": [step(s) for s in item["steps"]],
                "fixes": item["fixes"],
                "findings": [finding(f) for f in item["pod"]["findings"]],
            }
            for item in document["items"]
        ),
        key=lambda item: str(item["name"]),
    )


@pytest.mark.parametrize("namespace", ["shop", "legacy", "batch"])
def test_every_pod_is_explained_alike(ask: Callable[..., Both], namespace: str) -> None:
    both = ask("explain", "ns", namespace)
    assert explained(both.files) == explained(both.server)
    for one, other in zip(both.files["subjects"], both.server["subjects"], strict=True):
        assert one | {"summary": None} == other | {"summary": None}


def test_some_pods_by_name_are_explained_alike(ask: Callable[..., Both], status: Both) -> None:
    """`explain pod` reads only what is near to the pods, and must come to the same end."""
    apps = ("reports", "search", "reindex", "receipts", "recommender", "session-mover", "web", "nightly")
    names = [i["name"] for i in status.files["items"] if i["namespace"] == "shop" and i["name"].startswith(apps)]
    assert len(names) > len(apps)
    both = ask("explain", "pod", *names, "-n", "shop")
    assert explained(both.files) == explained(both.server)


@pytest.mark.parametrize("words", [("deploy/web", "sts/orders"), ("job/nightly",), ("ds/node-agent",)], ids=" ".join)
def test_workloads_are_explained_alike(ask: Callable[..., Both], words: tuple[str, ...]) -> None:
    both = ask("explain", *words, "-n", "shop")
    assert [s["ref"] for s in both.files["subjects"]] == [s["ref"] for s in both.server["subjects"]]
    assert explained(both.files) == explained(both.server)


@pytest.mark.parametrize("command", ["status", "list"])
def test_waypoints_are_told_alike(ask: Callable[..., Both], command: str) -> None:
    both = ask("waypoint", command, "-A")
    ours = {item["namespace"] for item in both.files["items"]}
    assert {"catalog", "shop"} <= ours
    assert both.files["items"] == [item for item in both.server["items"] if item["namespace"] in ours]
    if command == "status":
        found = {f"{item['kind']} {item['reason']}" for item in both.files["items"]}
        assert found >= {
            "Service WaypointAccepted",
            "Service WaypointIsNotReady",
            "Service AttachmentDenied",
            "Service OptedOut",
            "Service NotServed",
            "ServiceEntry WaypointAccepted",
            "WorkloadEntry WaypointAccepted",
            "Pod UnsupportedTrafficType",
            "Pod NotForWorkloads",
        }
        assert "WaypointDead" in [f["code"] for item in both.files["items"] for f in item["findings"]]


def test_selectors_that_istio_refuses(loaded: ApiServer) -> None:
    """Last, since a ConfigMap that was changed once is told as such."""
    path = "/api/v1/namespaces/istio-system/configmaps/istio-cni-config"
    kept = (loaded.api.get(path) or {})["data"]["AMBIENT_ENABLEMENT_SELECTOR"]
    bad = "- podSelector: {matchExpressions: [{key: app, operator: Equals, values: [web]}]}"
    loaded.api.patch(path, {"data": {"AMBIENT_ENABLEMENT_SELECTOR": bad}})
    try:
        found = document(Runner(loaded, "ambient")("status", "-n", "shop", "-o", "json"))
    finally:
        loaded.api.patch(path, {"data": {"AMBIENT_ENABLEMENT_SELECTOR": kept}})
    items = {(item["owner"] or item["name"]): item for item in found["items"]}
    web = items["Deployment/web"]
    assert (web["expected"], web["state"], web["reason"]) == ("unknown", "Unknown", "SelectorInvalid")
    assert '"Equals" is not a valid label selector operator' in web["message"]
    assert items["Job/nightly"]["reason"] == "PodFinished"
