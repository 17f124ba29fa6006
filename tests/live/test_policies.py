"""`policy status` beside a real istiod: the policies that each pod gets, and what few rights leave of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.cluster import Cluster
from tests.rig.kubectl import Runner
from tests.rig.mesh import Mesh
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, pod

from .test_policy_facts import create
from .test_status import Plugin, a_namespace, annotated, document, plugin

__all__ = ["Plugin", "plugin"]

GET = {"to": [{"operation": {"methods": ["GET"]}}]}
FROM_A = {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/a"]}}]}


@pytest.fixture(scope="module")
def app(cluster: Cluster, mesh: Mesh) -> Iterator[str]:
    """`web` and `api` in ambient mode, with policies of every kind."""
    with a_namespace(cluster, "policed", AMBIENT) as name:
        web, api = ({"matchLabels": {"app": app}} for app in ("web", "api"))
        specs: dict[str, dict[str, Any]] = {
            "both": {"rules": [FROM_A]},
            "web": {"selector": web, "rules": [FROM_A]},
            "api-get": {"selector": api, "action": "DENY", "rules": [GET]},
            "nobody": {"selector": {"matchLabels": {}}, "rules": [FROM_A]},
            "audit": {"action": "AUDIT", "rules": [{}]},
            "audit-too": {"action": "AUDIT", "rules": [{}]},
            "cart": {"targetRefs": [{"group": "", "kind": "Service", "name": "cart"}]},
        }
        for policy, spec in specs.items():
            create(cluster, name, "v1", "AuthorizationPolicy", policy, spec)
        create(cluster, name, "v1", "PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}})
        ports = {"selector": api, "portLevelMtls": {"8080": {"mode": "PERMISSIVE"}}}
        create(cluster, name, "v1", "PeerAuthentication", "ports", ports)
        cluster.apply(*(pod(each, name) for each in ("web", "api")))
        for each in ("web", "api"):
            annotated(cluster, name, each)
        yield name


def status(plugin: Plugin, app: str, *words: str) -> dict[str, Any]:
    return document(plugin("policy", "status", "-n", app, "--pods", *words, "-o", "json"))


def test_every_pod_has_the_policies_that_istiod_sends(cluster: Cluster, mesh: Mesh, plugin: Plugin, app: str) -> None:
    def sent() -> dict[str, list[str]] | None:
        found = {w["name"]: w.get("authorizationPolicies", []) for w in _workloads(mesh, app)}
        return found if {"web", "api"} <= found.keys() and all(found.values()) else None

    def told() -> dict[str, Any] | None:
        found = status(plugin, app)
        return found if {p["name"] for p in found["pods"]} == {"web", "api"} else None

    istiods = cluster.processes.wait_for("the policies of istiod", sent)
    ours = cluster.processes.wait_for("both pods in ambient mode", told)
    selecting = {f"{app}/web", f"{app}/api-get"}
    for found in ours["pods"]:
        named = {ref.removeprefix("AuthorizationPolicy/") for ref in found["policies"]}
        # istiod writes on a workload those that have a selector; those of a namespace go there as such.
        assert named & selecting == set(istiods[found["name"]]) & selecting
        assert f"{app}/both" in named
    mtls = {found["name"]: found["mtls"] for found in ours["pods"]}
    assert "istio-system/istio_converted_static_strict" in istiods["web"]
    assert (mtls["web"]["default"], mtls["web"]["ports"]) == ("STRICT", {})
    assert f"{app}/converted_peer_authentication_ports" in istiods["api"]
    assert (mtls["api"]["default"], mtls["api"]["ports"]) == ("STRICT", {"8080": "PERMISSIVE"})


def test_explain_tells_the_same_of_a_pod_where_it_is_asked_to(plugin: Plugin, app: str) -> None:
    listed = {pod["name"]: pod for pod in status(plugin, app)["pods"]}
    found = document(plugin("explain", "pod", "api", "--policies", "-n", app, "-o", "json"))
    assert found["policies"] == listed["api"]
    assert document(plugin("explain", "pod", "api", "-n", app, "-o", "json"))["policies"] is None
    told = plugin("explain", "pod", "api", "--policies", "-n", app).stdout
    assert "Plain text to it is refused (8080 allowed)" in told


def _workloads(mesh: Mesh, app: str) -> list[dict[str, Any]]:
    return [workload for workload in mesh.debug("ambientz")["workloads"] if workload.get("namespace") == app]


def test_what_istiod_wrote_is_what_is_told_and_what_it_did_not_write_is_told_too(
    cluster: Cluster, plugin: Plugin, app: str
) -> None:
    path = f"/apis/security.istio.io/v1/namespaces/{app}/authorizationpolicies"

    def written() -> bool:
        found = {p["metadata"]["name"] for p in cluster.api.request("GET", path)["items"] if p.get("status")}
        return found >= {"both", "web", "api-get", "nobody", "cart"}

    cluster.processes.wait_for("istiod's conditions", written)
    items = {item["name"]: item for item in status(plugin, app)["items"] if item["kind"] == "AuthorizationPolicy"}
    silent = set()
    for policy in cluster.api.request("GET", path)["items"]:
        silent |= {policy["metadata"]["name"]} if not policy.get("status", {}).get("conditions") else set()
        item = items[policy["metadata"]["name"]]
        for condition in policy.get("status", {}).get("conditions", []):
            said = item["ztunnel" if condition["type"] == "ZtunnelAccepted" else "waypoint"]
            assert said == {"accepted": condition["status"] == "True", "reason": condition["reason"]}, policy
    codes = {name: [finding["code"] for finding in item["findings"]] for name, item in items.items()}
    assert codes["both"] == codes["web"] == []
    assert codes["api-get"] == ["RuleNeverFires"]
    assert codes["nobody"] == codes["cart"] == ["PolicyNotEnforced"]
    # istiod keeps one of the two, or writes on both, by the order in which it meets them.
    assert {name for name in ("audit", "audit-too") if "PolicyNotTold" in codes[name]} == silent


@pytest.fixture
def developer(cluster: Cluster, app: str) -> Iterator[str]:
    """May see what is in the namespace, its policies too, and nothing elsewhere."""
    what = "authorizationpolicies.security.istio.io,peerauthentications.security.istio.io"
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=dev", "-n", app)
    cluster.kubectl("create", "role", "policies", "--verb=get,list", f"--resource={what}", "-n", app)
    cluster.kubectl("create", "rolebinding", "policies", "--role=policies", "--user=dev", "-n", app)
    wait_until_granted(cluster, "dev", "list", "peerauthentications.security.istio.io", app)
    yield "dev"
    cluster.kubectl("delete", "role,rolebinding", "--all", "-n", app)


def test_what_hangs_on_the_root_namespace_is_unknown_without_it(
    cluster: Cluster, ambient: Runner, app: str, developer: str
) -> None:
    with_all = document(ambient("policy", "status", "-n", app, "--pods", "-o", "json"))
    found = document(ambient("policy", "status", "-n", app, "--pods", "-o", "json", user=developer))
    assert any("peerauthentications" in told and "forbidden" in told for told in found["assumptions"])
    known, told = ({pod["name"]: pod["mtls"] for pod in each["pods"]} for each in (with_all, found))
    # The namespace's own STRICT decides, whatever the mesh says.
    assert told["web"]["default"] == known["web"]["default"] == "STRICT"
    cluster.kubectl("delete", "peerauthentication", "strict", "-n", app)
    try:
        found = document(ambient("policy", "status", "-n", app, "--pods", "-o", "json", user=developer))
        assert {pod["mtls"]["default"] for pod in found["pods"]} == {None}
    finally:
        create(cluster, app, "v1", "PeerAuthentication", "strict", {"mtls": {"mode": "STRICT"}})


def test_policies_that_may_not_be_listed_are_no_empty_list(cluster: Cluster, ambient: Runner, app: str) -> None:
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=eve", "-n", app)
    wait_until_granted(cluster, "eve", "list", "pods", app)
    found = ambient("policy", "status", "-n", app, user="eve")
    assert (found.code, found.stdout) == (1, "")
    assert "forbidden" in found.stderr.lower()
