"""Captured is not served: what `status`, `explain` and `enable` say of it, on files and on a cluster."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.mesh.builders import config_data

from .enable_fixtures import Run
from .test_waypoint_list_explain import On, on

__all__ = ["on"]

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
REDIRECTED = {"ambient.istio.io/redirection": "enabled"}
VERSION = "1.30.3"
TRUST = "CA_TRUSTED_NODE_ACCOUNTS"
SELECTORS = "discoverySelectors:\n- matchLabels: {mesh: enabled}\n"


def agent(app: str, key: str, image: str, account: str) -> m.Manifest:
    found = m.pod(f"{app}-1", "istio-system", labels={key: app}, node="n1")
    found["spec"]["containers"] = [{"name": "x", "image": f"docker.io/istio/{image}:{VERSION}"}]
    found["spec"]["serviceAccountName"] = account
    found["status"] = {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    return found


def istiod(name: str = "istiod", revision: str = "default", version: str = VERSION, **env: str) -> m.Manifest:
    variables = [{"name": "REVISION", "value": revision}, *({"name": k, "value": v} for k, v in env.items())]
    container = {"name": "discovery", "image": f"docker.io/istio/pilot:{version}", "env": variables}
    labels = {"app": "istiod", "istio.io/rev": revision}
    return m.workload(
        "Deployment",
        name,
        "istio-system",
        labels=labels,
        template={"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        status={"observedGeneration": 1, "replicas": 1, "readyReplicas": 1},
    )


def served(**env: str) -> m.Manifest:
    return istiod(**{"PILOT_ENABLE_AMBIENT": "true", TRUST: "istio-system/ztunnel", **env})


def web(namespace: str = "shop") -> m.Manifest:
    found = m.pod("web-1", namespace, annotations=REDIRECTED, node="n1")
    found["status"] = {"phase": "Running", "podIP": "10.0.0.2", "conditions": [{"type": "Ready", "status": "True"}]}
    return found


def mesh(*more: m.Manifest) -> list[m.Manifest]:
    cni = m.workload("DaemonSet", "istio-cni-node", "istio-system", labels={"k8s-app": "istio-cni-node"})
    cni["spec"]["template"]["spec"]["containers"] = [{"name": "install-cni", "image": f"install-cni:{VERSION}"}]
    return [
        m.namespace("shop", AMBIENT),
        m.namespace("istio-system"),
        m.node("n1", {"kubernetes.io/os": "linux"}),
        cni,
        m.configmap("istio-cni-config", "istio-system", data=config_data(VERSION)),
        m.configmap("istio-sidecar-injector", "istio-system", data={"config": "policy: enabled\n"}),
        agent("istio-cni-node", "k8s-app", "install-cni", "istio-cni"),
        agent("ztunnel", "app", "ztunnel", "ztunnel"),
        web(),
        *more,
    ]


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*objects: m.Manifest) -> str:
        path = tmp_path / "mesh.json"
        path.write_text(m.listed(*objects))
        return str(path)

    return write


def document(text: str) -> Any:
    return json.loads(text)


BROKEN: dict[str, list[m.Manifest]] = {
    "ZtunnelNotTrusted": [served(**{TRUST: "kube-system/ztunnel"})],
    "IstiodWithoutAmbient": [istiod(**{TRUST: "istio-system/ztunnel"})],
    "IstiodNotReady": [{**served(), "status": {"replicas": 1, "readyReplicas": 0, "unavailableReplicas": 1}}],
    "ZtunnelNotDiscovered": [served(), m.configmap("istio", "istio-system", data={"mesh": SELECTORS})],
}
WORDS = {
    "ZtunnelNotTrusted": "istiod does not trust ztunnel",
    "IstiodWithoutAmbient": "no istiod has ambient on",
    "IstiodNotReady": "no pod of istiod is Ready",
    "ZtunnelNotDiscovered": "istiod does not look at namespace istio-system",
}
HEADLINES = {"IstiodNotReady": "is in ambient mode, and no istiod that serves it is Ready."}


def looked_at(namespace: str, objects: list[m.Manifest]) -> list[m.Manifest]:
    """The same with the label that the selectors ask for on a Namespace."""
    objects = copy.deepcopy(objects)
    for found in objects:
        if found["kind"] == "Namespace" and found["metadata"]["name"] == namespace:
            found["metadata"].setdefault("labels", {})["mesh"] = "enabled"
    return objects


@pytest.mark.parametrize("code", BROKEN)
def test_files_tell_it_once_above_the_pods(ambient: Run, file: Any, code: str) -> None:
    path = file(*looked_at("shop", mesh(*BROKEN[code])))
    told = document(ambient("status", "-A", "-f", path, "-o", "json").out)
    assert [finding["code"] for finding in told["findings"]] == [code]
    assert all(item["findings"] == [] for item in told["items"])
    text = ambient("status", "-A", "-f", path).out
    assert text.startswith("✖ ")
    assert ambient("status", "-A", "-f", path, "--no-headers").out.startswith("istio-system")
    assert ambient("status", "-A", "-f", path, "--fail-on", "any").code == 3
    assert ambient("status", "-A", "-f", path, "--fail-on", "drift").code == (0 if code == "IstiodNotReady" else 3)
    assert ambient("status", "-A", "-f", path, "--fail-on", "pending,conflict,unknown").code == 0
    assert ambient("status", "-n", "istio-system", "-f", path, "--fail-on", "any").code == 0, "none is to be in"


@pytest.mark.parametrize("code", BROKEN)
def test_explain_does_not_say_that_all_is_well(ambient: Run, file: Any, code: str) -> None:
    path = file(*looked_at("shop", mesh(*BROKEN[code])))
    told = ambient("explain", "pod", "web-1", "-n", "shop", "-f", path, "--fail-on", "any")
    headline = HEADLINES.get(code, "is in ambient mode, and NOT served.")
    assert told.out.splitlines()[0] == f"Pod shop/web-1 {headline}"
    assert "What to do:" in told.out
    assert told.code == 3
    one = document(ambient("explain", "pod", "web-1", "-n", "shop", "-f", path, "-o", "json").out)
    assert [finding["code"] for finding in one["pod"]["findings"]] == [code]
    assert one["fixes"][0]["command"] == one["pod"]["findings"][0]["fix"]
    of_all = ambient("explain", "ns", "shop", "-f", path).out
    assert ("NOT served" in of_all.splitlines()[0]) == (code != "IstiodNotReady")


def test_a_healthy_mesh_is_silent(ambient: Run, file: Any) -> None:
    config = m.configmap("istio", "istio-system", data={"mesh": SELECTORS})
    path = file(*looked_at("istio-system", looked_at("shop", mesh(served(), config))))
    told = ambient("status", "-A", "-f", path, "--fail-on", "any")
    assert told.code == 0
    assert "istiod is taken" not in told.err
    assert told.out.startswith("NAMESPACE")
    headline = ambient("explain", "pod", "web-1", "-n", "shop", "-f", path).out.split(": ", 1)[0]
    assert headline == "Pod shop/web-1 is in ambient mode"


def test_a_namespace_that_istiod_does_not_look_at(ambient: Run, file: Any) -> None:
    config = m.configmap("istio", "istio-system", data={"mesh": SELECTORS})
    seen = looked_at("istio-system", mesh(served(), config))
    path = file(*seen, *looked_at("near", [m.namespace("near", AMBIENT)]), web("near"))
    told = document(ambient("status", "-A", "-f", path, "-o", "json").out)
    assert told["findings"] == []
    assert {i["namespace"]: [f["code"] for f in i["findings"]] for i in told["items"] if i["expected"] == "in"} == {
        "near": [],
        "shop": ["NamespaceNotDiscovered"],
    }
    fixes = document(ambient("explain", "pod", "web-1", "-n", "shop", "-f", path, "-o", "json").out)["fixes"]
    assert fixes[0]["command"] == "kubectl label namespace shop mesh=enabled"


def test_files_without_istiod_do_not_speak_of_it(ambient: Run, file: Any) -> None:
    told = ambient("status", "-A", "-f", file(*mesh()), "--fail-on", "any")
    assert told.code == 0
    assert "istiod is taken" not in told.err


def test_an_istiod_without_ambient_does_not_count(ambient: Run, file: Any) -> None:
    canary = istiod("istiod-canary", "canary", **{"PILOT_ENABLE_AMBIENT": "true", TRUST: "istio-system/ztunnel"})
    told = ambient("status", "-A", "-f", file(*mesh(istiod(version="1.20.7"), canary)), "--fail-on", "any")
    assert told.code == 0, told


# On a cluster, and with few rights.

BLIND = "list deployments"


def test_a_cluster_is_told_of_as_files_are(on: On) -> None:
    plugin = on(FakeClient(*mesh(*BROKEN["ZtunnelNotTrusted"])))
    for words in (("-A",), ("-n", "shop")):
        told = document(plugin("status", *words, "-o", "json").out)
        assert [finding["code"] for finding in told["findings"]] == ["ZtunnelNotTrusted"]
    assert "NOT served" in plugin("explain", "pod", "web-1", "-n", "shop").out.splitlines()[0]


def test_ztunnels_own_namespace_is_read_where_it_matters(on: On) -> None:
    client = FakeClient(*looked_at("shop", mesh(*BROKEN["ZtunnelNotDiscovered"])))
    told = document(on(client)("status", "-n", "shop", "-o", "json").out)
    assert [finding["code"] for finding in told["findings"]] == ["ZtunnelNotDiscovered"]
    assert "get namespaces istio-system (metadata)" in client.requests
    assert len(client.rounds) == 2
    one = on(client)("explain", "pod", "web-1", "-n", "shop")
    assert "istiod is taken to look at namespace istio-system, where ztunnel runs: not read" in one.err


def test_no_istiod_on_a_cluster(on: On) -> None:
    told = document(on(FakeClient(*mesh()))("status", "-A", "-o", "json").out)
    assert [finding["code"] for finding in told["findings"]] == ["IstiodMissing"]


def test_without_the_right_to_read_istiod_it_is_an_assumption(on: On) -> None:
    told = on(FakeClient(*mesh(*BROKEN["ZtunnelNotTrusted"]), refused={BLIND}))("status", "-n", "shop")
    assert not told.out.startswith("✖")
    assert "an istiod is taken to serve ambient mode, to be Ready and to trust ztunnel: cannot list deploy" in told.err
    blind = FakeClient(*mesh(served()), refused={"list configmaps", "get configmaps"})
    assert (
        "istiod is taken to look at every namespace: cannot get configmap istio: forbidden" in on(blind)("status").err
    )


@pytest.fixture
def enabling(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> On:
    """The same for `enable`, whose run has bound the name by then."""

    def start(client: FakeClient) -> Run:
        client.namespace = "shop"  # type: ignore[attr-defined]
        monkeypatch.setattr("kubectl_ambient.runs.change.beginning.connect", lambda *_, **__: client)
        return ambient

    return start


@pytest.mark.parametrize("code", BROKEN)
def test_enable_says_so_before_anything_is_sent(enabling: On, code: str) -> None:
    objects = looked_at("shop", mesh(*BROKEN[code]))
    objects[0] = {**objects[0], "metadata": {**objects[0]["metadata"], "labels": {"mesh": "enabled"}}}
    client = FakeClient(*objects)
    told = enabling(client)("enable", "ns", "shop", "--dry-run=client")
    said = " ".join((told.out + told.err).split())
    assert f"what moves in (namespace shop) is not served: {WORDS[code]}" in said
    assert not [request for request in client.requests if request.startswith("patch")]


@pytest.mark.parametrize(
    "selectors",
    ["", SELECTORS, "discoverySelectors: [{matchLabels: {istio.io/dataplane-mode: ambient}}]"],
    ids=["none", "already", "by the label that is set"],
)
def test_enable_is_silent_where_it_is_served(enabling: On, selectors: str) -> None:
    shop, *others = looked_at(
        "istio-system", mesh(served(), m.configmap("istio", "istio-system", data={"mesh": selectors}))
    )
    for found in others:
        if found["kind"] == "Namespace":
            found["metadata"]["labels"] |= AMBIENT  # ztunnel's own is looked at by either selector
    shop["metadata"]["labels"] = {"mesh": "enabled"} if selectors == SELECTORS else {}
    told = enabling(FakeClient(shop, *others))("enable", "ns", "shop", "--dry-run=client")
    assert "not served" not in told.out + told.err
