"""`--ztunnel`: what the ztunnels say, through the real kubectl and a real port-forward."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.runs import odd_pods
from tests.rig.kubectl import Result, Runner
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import pod
from tests.rig.ztunnel import enrolled

from .test_status import document
from .ztunnel_scene import ISTIO, NODES, SHOP, Here, Scene, here, shop

__all__ = ["here", "shop"]


@pytest.fixture
def plugin(shop: Scene) -> Runner:
    return Runner(shop.cluster, "ambient")


def items(told: Result) -> dict[str, Any]:
    return {item["name"].partition("-")[0]: item for item in document(told)["items"]}


EXPECTED = {
    "served": ("listening", []),
    "carries": ("yes", []),
    "lost": ("no", ["ZtunnelLacksPod"]),
    "held": ("blocked", ["ZtunnelBlocked"]),
    "waits": ("blocked", ["ZtunnelBlocked"]),
    "plain": ("listening", ["ZtunnelSendsPlain"]),
    "nameless": ("listening", ["ZtunnelUninformed"]),
    "expired": ("listening", ["CertificateOld"]),
    "unwritten": ("listening", ["ZtunnelUnwritten"]),
    "kept": ("listening", ["ZtunnelKeepsPod"]),
    "out": (None, []),
    "web": ("listening", []),
}


DUMP = ["GET /config_dump"]


def test_every_row_is_told_and_each_ztunnel_is_asked_once(shop: Scene, plugin: Runner) -> None:
    shop.say_well("unwritten", "kept")
    told = plugin("status", "-n", SHOP, "--ztunnel", "-o", "json")
    found = items(told)
    ours = {code for _, codes in EXPECTED.values() for code in codes}
    assert {
        name: (
            item["ztunnel"] and item["ztunnel"]["served"],
            [f["code"] for f in item["findings"] if f["code"] in ours],
        )
        for name, item in found.items()
    } == EXPECTED
    again = 2  # n1 has the odd ones: a second later, and half a minute later
    assert [ztunnel.asked for ztunnel in shop.ztunnels.values()] == [DUMP * (1 + again), DUMP]
    nodes = {node["node"]: node for node in document(told)["nodes"]}
    told_by = {name: (node["version"], node["by"]) for name, node in nodes.items()}
    assert told_by == dict.fromkeys(NODES, ("1.30.3", "dump"))


def test_without_the_flag_nobody_is_asked(shop: Scene, plugin: Runner) -> None:
    told = plugin("status", "-n", SHOP, "-o", "json")
    assert all(item["ztunnel"] is None for item in items(told).values())
    assert items(told)["lost"]["state"] == "Enrolled"
    assert not any(ztunnel.asked for ztunnel in shop.ztunnels.values())


def test_a_pod_that_ztunnel_lost_is_marked_and_explained(shop: Scene, plugin: Runner) -> None:
    listed = plugin("status", "-n", SHOP, "--ztunnel")
    (row,) = [line for line in listed.stdout.splitlines() if line.startswith("lost ")]
    assert row.split()[:4] == ["lost", "ambient", "Enrolled", "no"]
    told = plugin("explain", "pod", "lost", "-n", SHOP, "--ztunnel").stdout
    assert "NOT served: ztunnel on n1 does not have it." in told
    assert "past its policies" in " ".join(told.split())
    assert plugin("status", "lost", "-n", SHOP, "--ztunnel", "--fail-on", "error").code == 3
    assert plugin("status", "lost", "-n", SHOP, "--fail-on", "error").code == 0


def test_only_the_nodes_in_question_are_asked(shop: Scene, plugin: Runner) -> None:
    assert "Served" not in plugin("explain", "pod", "carries", "-n", SHOP).stdout
    told = plugin("explain", "pod", "carries", "-n", SHOP, "--ztunnel").stdout
    assert "Served by ztunnel on n1" in told
    assert (len(shop.ztunnels["n1"].asked), len(shop.ztunnels["n2"].asked)) == (1, 0)


@pytest.mark.parametrize(
    ("manner", "why"),
    [("cut", "did not answer for 10 s"), ("garbage", "it is no JSON"), ("error", "answered with status 500")],
)
def test_a_ztunnel_that_misbehaves_is_not_known(shop: Scene, plugin: Runner, manner: Any, why: str) -> None:
    shop.ztunnels["n1"].manner = manner
    told = plugin("status", "-n", SHOP, "--ztunnel", "-o", "json")
    found = items(told)
    assert found["lost"]["ztunnel"]["served"] == "unknown"
    assert why in found["lost"]["ztunnel"]["why"]
    assert found["web"]["ztunnel"]["served"] == "listening"  # of the other node
    assert told.code == 0
    assert "Not asked: ztunnel on n1: " in plugin("status", "-n", SHOP, "--ztunnel").stderr


def test_who_may_not_is_told_which_right_is_missing(shop: Scene, plugin: Runner) -> None:
    shop.cluster.kubectl("create", "clusterrolebinding", "viewers", "--clusterrole=view", "--user=viewer")
    wait_until_granted(shop.cluster, "viewer", "list", "pods")
    told = plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user="viewer")
    found = items(told)
    assert told.code == 0
    assert found["lost"]["ztunnel"]["served"] == "unknown"
    assert found["lost"]["ztunnel"]["why"] == f"get pods/portforward in namespace {ISTIO}: forbidden"
    assert not any(ztunnel.asked for ztunnel in shop.ztunnels.values())


def test_nothing_secret_of_a_dump_is_printed(shop: Scene, plugin: Runner) -> None:
    secret = "hidden-4711"
    dump = shop.ztunnels["n1"].dump
    assert isinstance(dump, dict)
    dump["config"]["xdsHeaders"] = {"authorization": secret}
    dump["certificates"][0]["certChain"][0]["pem"] = secret
    runs = [
        plugin("status", "-n", SHOP, "--ztunnel", "-o", output, env={"KUBECTL_AMBIENT_TRACEBACK": "1"})
        for output in ("wide", "json", "yaml")
    ]
    runs.append(plugin("explain", "pod", "lost", "-n", SHOP, "--ztunnel"))
    dump["workloadState"] = [secret]  # no dump any more
    runs.append(plugin("status", "-n", SHOP, "--ztunnel"))
    assert not any(secret in run.stdout + run.stderr for run in runs)


def test_what_changes_while_ztunnel_is_asked_is_not_judged(shop: Scene, plugin: Runner) -> None:
    shop.ztunnels["n1"].before = lambda: shop.annotate("lost", "pending")
    try:
        told = items(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json"))["lost"]["ztunnel"]
    finally:
        shop.ztunnels["n1"].before = None
        shop.annotate("lost", "enabled")
    assert (told["served"], told["why"]) == ("unknown", "it changed while its ztunnel was asked")


def test_the_published_role_is_enough(shop: Scene, plugin: Runner) -> None:
    cluster = shop.cluster
    cluster.kubectl("apply", "-f", "docs/rbac.yaml")
    cluster.kubectl("create", "clusterrolebinding", "vera", "--clusterrole=kubectl-ambient-view", "--user=vera")
    cluster.kubectl(
        "create", "rolebinding", "vera", "-n", ISTIO, "--clusterrole=kubectl-ambient-ztunnel", "--user=vera"
    )
    wait_until_granted(cluster, "vera", "create", "pods/portforward", ISTIO)
    wait_until_granted(cluster, "vera", "list", "pods")
    assert (
        items(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user="vera"))["lost"]["ztunnel"]["served"] == "no"
    )


def metrics(active: int) -> str:
    return f"# TYPE workload_manager_active_proxy_count gauge\nworkload_manager_active_proxy_count {active}\n# EOF\n"


@pytest.fixture
def carl(shop: Scene) -> str:
    """Who may read metrics of pods, and forward no port."""
    cluster = shop.cluster
    if cluster.kubectl("get", "clusterrole", "counts", check=False).code:
        cluster.kubectl("create", "clusterrole", "counts", "--verb=get", "--resource=pods/proxy")
        cluster.kubectl("create", "clusterrolebinding", "counts", "--clusterrole=counts", "--user=carl")
        cluster.kubectl("create", "clusterrolebinding", "carl", "--clusterrole=view", "--user=carl")
    wait_until_granted(cluster, "carl", "get", "pods/proxy", ISTIO)
    wait_until_granted(cluster, "carl", "list", "pods")
    shop.ztunnels["n1"].metrics, shop.ztunnels["n2"].metrics = metrics(7), metrics(1)
    return "carl"


def nodes_of(told: Result) -> dict[str, Any]:
    return {node["node"]: node for node in document(told)["nodes"]}


def test_row_s_counts_name_the_node_and_no_pod(shop: Scene, plugin: Runner, carl: str) -> None:
    shop.ztunnels["n1"].metrics = metrics(6)
    answer = plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user=carl)
    nodes = nodes_of(answer)
    assert {name: node["by"] for name, node in nodes.items()} == dict.fromkeys(NODES, "counts")
    (finding,) = nodes["n1"]["findings"]
    assert finding["code"] == "ZtunnelHasFewer"
    assert "at least 1 of the pods" in finding["message"]
    assert nodes["n2"]["findings"] == []
    lost = next(item for item in document(answer)["items"] if item["name"] == "lost")
    assert (lost["ztunnel"]["served"], lost["ztunnel"]["by"]) == ("unknown", "counts")
    asked = {path for ztunnel in shop.ztunnels.values() for path in ztunnel.asked}
    assert asked == {"GET /stats/prometheus", "GET /metrics"}


@pytest.mark.parametrize("of_agent", ["ztunnel_connected 0\n", "another 1\n"])
def test_an_istio_cni_that_is_not_connected_is_told(shop: Scene, plugin: Runner, carl: str, of_agent: str) -> None:
    """Nearly it is n2, where it is connected."""
    shop.ztunnels["n1"].of_agent = of_agent
    nodes = nodes_of(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user=carl))
    found = {name: [f["code"] for f in node["findings"]] for name, node in nodes.items()}
    assert found == {"n1": ["ZtunnelNotConnected"], "n2": []}


def test_an_istio_cni_that_does_not_answer_is_not_taken_for_one_that_is_not_connected(
    shop: Scene, plugin: Runner, carl: str
) -> None:
    shop.ztunnels["n1"].of_agent = ""
    assert nodes_of(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user=carl))["n1"]["findings"] == []


def test_row_b_a_ztunnel_that_is_not_ready_says_what_it_waits_for(shop: Scene, plugin: Runner, carl: str) -> None:
    (agent,) = [p for p in shop.cluster.pods(ISTIO, "app=ztunnel") if p["spec"]["nodeName"] == "n1"]
    path = f"/api/v1/namespaces/{ISTIO}/pods/{agent['metadata']['name']}/status"

    def ready(value: str) -> None:
        conditions = [c | {"status": value} if c["type"] == "Ready" else c for c in agent["status"]["conditions"]]
        shop.cluster.api.patch(path, {"status": {"conditions": conditions}})

    shop.ztunnels["n1"].pending = "state manager, workload proxy manager"
    assert "ZtunnelWaits" not in str(nodes_of(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user=carl)))
    ready("False")
    try:
        nodes = nodes_of(plugin("status", "-n", SHOP, "--ztunnel", "-o", "json", user=carl))
    finally:
        ready("True")
    waits = [f["message"] for f in nodes["n1"]["findings"] if f["code"] == "ZtunnelWaits"]
    assert len(waits) == 1, nodes
    assert "waits for the first answer of istiod (state manager), istio-cni, or a pod" in waits[0]


# What takes two samples, and checks.


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next samples come at once."""
    monkeypatch.setattr(odd_pods, "_SOON", 0.1)
    monkeypatch.setattr(odd_pods, "_LATER", 0.2)


def gone(told: Result) -> dict[str, str]:
    """What is told of pods that are gone, by node."""
    nodes = document(told)["nodes"]
    return {n["node"]: f["message"] for n in nodes for f in n["findings"] if f["code"] == "ZtunnelHasGonePods"}


def with_entries(scene: Scene, *entries: tuple[str, Any]) -> None:
    dump = scene.ztunnels["n1"].dump
    assert isinstance(dump, dict)
    dump["workloadState"] |= dict(entries)


def test_a_pod_that_is_gone_and_still_served(shop: Scene, here: Here, soon: None) -> None:
    with_entries(shop, enrolled("0000", SHOP, "ghost"))
    told = here("status", "-n", SHOP, "--ztunnel", "-o", "json")
    assert gone(told).keys() == {"n1"}
    assert "shop/ghost" in gone(told)["n1"]
    assert "ztunnel on n1 has pods that are out or gone: asking again in" in told.stderr
    assert [ztunnel.asked for ztunnel in shop.ztunnels.values()] == [DUMP * 3, DUMP]


def test_a_pod_that_is_just_let_go_is_none(shop: Scene, here: Here, soon: None) -> None:
    with_entries(shop, enrolled("0000", SHOP, "ghost"))
    ztunnel = shop.ztunnels["n1"]

    def let_go() -> None:
        assert isinstance(ztunnel.dump, dict)
        if len(ztunnel.asked) == 2:
            ztunnel.dump["workloadState"].pop("0000")

    ztunnel.before = let_go
    try:
        assert gone(here("status", "-n", SHOP, "--ztunnel", "-o", "json")) == {}
    finally:
        ztunnel.before = None


def test_a_pod_that_comes_while_ztunnel_is_asked_is_none(shop: Scene, here: Here, soon: None) -> None:
    ztunnel, api = shop.ztunnels["n1"], shop.cluster.api
    path = f"/api/v1/namespaces/{SHOP}/pods"

    def come() -> None:
        ztunnel.before = None
        made = api.request("POST", path, pod("newcomer", SHOP, node="n1"))
        with_entries(shop, enrolled(made["metadata"]["uid"], SHOP, "newcomer"))

    ztunnel.before = come
    try:
        told = here("status", "-n", SHOP, "--ztunnel", "-o", "json")
    finally:
        ztunnel.before = None
        api.request("DELETE", f"{path}/newcomer")
    assert gone(told) == {}
    assert ztunnel.asked == DUMP, "it is there, so nobody has to ask again"


def test_a_pod_that_changes_meanwhile_is_not_gone(shop: Scene, here: Here, soon: None) -> None:
    shop.ztunnels["n1"].before = lambda: shop.annotate("served", "pending")
    try:
        assert gone(here("status", "-n", SHOP, "--ztunnel", "-o", "json")) == {}
    finally:
        shop.ztunnels["n1"].before = None
        shop.annotate("served", "enabled")


PROOF = {
    "ztunnel-certificates": {f"Pod/{SHOP}/expired"},
    "ztunnel-dns": set(),
    "ztunnel-leftovers": {f"Pod/{SHOP}/kept", f"Pod/{SHOP}/unwritten"},
    "ztunnel-serves": {f"Pod/{SHOP}/{name}" for name in ("lost", "held", "waits", "nameless")},
    "ztunnel-told": {f"Pod/{SHOP}/plain"},
}


def proof(told: Result) -> list[dict[str, Any]]:
    (found,) = (section["checks"] for section in document(told, told.code)["sections"] if section["name"] == "proof")
    return list(found)


def test_check_tells_the_same_in_a_section_of_its_own(shop: Scene, here: Here, soon: None) -> None:
    shop.say_well("unwritten", "kept")
    told = here("check", "-n", SHOP, "--ztunnel", "-o", "json")
    assert told.code == 3
    assert {check["id"]: set(check["objects"]) for check in proof(told)} == PROOF
    assert shop.ztunnels["n2"].asked == DUMP
    text = here("check", "-n", SHOP, "--ztunnel", "--only", "proof").stdout
    assert "✖ every redirected pod is served by its ztunnel" in text


def test_check_without_the_flag_asks_no_ztunnel(shop: Scene, plugin: Runner) -> None:
    told = plugin("check", "-n", SHOP, "-o", "json")
    assert "proof" not in {section["name"] for section in document(told, told.code)["sections"]}
    named = proof(plugin("check", "-n", SHOP, "--only", "proof", "-o", "json"))
    assert {check["outcome"] for check in named} == {"skipped"}
    assert "5 more with --ztunnel" in plugin("check", "-n", SHOP, "--only", "proof").stdout
    assert not any(ztunnel.asked for ztunnel in shop.ztunnels.values())


def test_check_says_what_it_may_not_ask(shop: Scene, plugin: Runner) -> None:
    shop.cluster.kubectl("create", "clusterrolebinding", "walt", "--clusterrole=view", "--user=walt")
    wait_until_granted(shop.cluster, "walt", "list", "pods")
    found = proof(plugin("check", "-n", SHOP, "--ztunnel", "--only", "proof", "-o", "json", user="walt"))
    assert {check["outcome"] for check in found} == {"unknown"}
    assert all("pods/portforward" in check["message"] for check in found if check["id"] != "ztunnel-dns"), found
