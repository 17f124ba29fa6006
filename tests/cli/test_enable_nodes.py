"""What `enable` and `disable` do where the agents of the nodes are not well, and where a restart gains nothing."""

from __future__ import annotations

import pytest

from .enable_fixtures import Run, ambient, api, clean_environment, on_api
from .objects_api import ObjectsApi

__all__ = ["ambient", "api", "clean_environment", "on_api"]

LABEL = "istio.io/dataplane-mode"
SHOP = "/api/v1/namespaces/shop"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
CUT_OFF = "1 pod can neither send nor receive TCP once moved in: ztunnel is not Ready on n2"


def agent(api: ObjectsApi, app: str, node: str, *, ready: bool = True) -> None:
    """The pod of an agent, among those of all namespaces."""
    key = "k8s-app" if app == "istio-cni-node" else "app"
    path = f"/api/v1/pods/{app}-{node}"
    container = {"name": "install-cni" if key == "k8s-app" else "istio-proxy", "image": f"istio/{app}:1.30.3"}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    spec = {"nodeName": node, "containers": [container]}
    api.add(path, {key: app, LABEL: "none"}, spec=spec, status={"phase": "Running", "conditions": conditions})
    api.objects[path]["metadata"]["namespace"] = "istio-system"


def pod(api: ObjectsApi, name: str, node: str, redirection: str = "") -> None:
    path = f"{SHOP}/pods/{name}"
    status = {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}
    api.add(path, {"app": name}, spec={"nodeName": node, "containers": []}, status=status)
    if redirection:
        api.objects[path]["metadata"]["annotations"] = {"ambient.istio.io/redirection": redirection}


@pytest.fixture(autouse=True)
def shop(api: ObjectsApi) -> None:
    """Two nodes with a pod on each; on n2 ztunnel is not Ready."""
    api.add(SHOP)
    for node in ("n1", "n2"):
        agent(api, "istio-cni-node", node)
        agent(api, "ztunnel", node, ready=node == "n1")
        pod(api, f"web-{node}", node)
    installed(api)


def installed(api: ObjectsApi) -> None:
    """The settings of istio-cni, as its chart writes them."""
    config = "/api/v1/configmaps/istio-cni-config"
    selectors = (
        f"- podSelector: {{matchLabels: {{{LABEL}: ambient}}}}\n"
        f"- podSelector: {{matchExpressions: [{{key: {LABEL}, operator: NotIn, values: [none]}}]}}\n"
        f"  namespaceSelector: {{matchLabels: {{{LABEL}: ambient}}}}\n"
    )
    data = {"AMBIENT_ENABLED": "true", "AMBIENT_ENABLEMENT_SELECTOR": selectors, "EXCLUDE_NAMESPACES": "kube-system"}
    api.add(config, data=data)
    api.objects[config]["metadata"]["namespace"] = "istio-system"


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_real_run_cuts_nothing_off(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out, api.patches) == (1, "", [])
    assert "Would be CUT OFF web-n2 1/1 (ztunnel is not Ready on n2)" in found.err
    assert f"error: namespace/shop: {CUT_OFF}; --force labels it all the same" in found.err


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_dry_run_tells_it(on_api: Run, mode: str) -> None:
    found = on_api("enable", "ns", "shop", f"--dry-run={mode}")
    assert found.code == 0
    assert [line for line in found.err.splitlines() if line.startswith("Would")] == [
        "Would move in    web-n1 1/1",
        "Would be CUT OFF web-n2 1/1 (ztunnel is not Ready on n2)",
    ]
    assert CUT_OFF in flat(found.err)
    refused = "What would be cut off is refused by a real run without --force.\n"
    assert refused in found.err
    forced = on_api("enable", "ns", "shop", f"--dry-run={mode}", "--force")
    assert (forced.code, forced.err) == (0, found.err.replace(refused, ""))


def test_force_does_it_and_tells_it(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "ns", "shop", "--force")
    assert (found.code, found.out) == (0, "namespace/shop labeled\n")
    assert CUT_OFF in flat(found.err)
    assert "Being CUT OFF    web-n2 1/1 (ztunnel is not Ready on n2)" in found.err
    assert "Moving in        web-n1 1/1" in found.err


def test_the_other_objects_are_labelled(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "pod", "web-n1", "web-n2")
    assert (found.code, found.out) == (1, "pod/web-n1 labeled\n")
    assert f"error: pod/web-n2: {CUT_OFF}" in found.err


def test_near_miss_both_agents_are_well(on_api: Run, api: ObjectsApi) -> None:
    agent(api, "ztunnel", "n2")
    found = on_api("enable", "ns", "shop")
    assert (found.code, "CUT OFF" in found.err) == (0, False)
    assert "Moving in        web-n1 1/1 · web-n2 1/1" in found.err


def test_what_does_not_get_in_is_no_reason_to_refuse(on_api: Run, api: ObjectsApi) -> None:
    del api.objects["/api/v1/pods/istio-cni-node-n2"]
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (0, "namespace/shop labeled\n")
    assert "Not getting in   web-n2 1/1 (no istio-cni pod runs on n2)" in found.err


def test_disable_without_istio_cni(on_api: Run, api: ObjectsApi) -> None:
    on_api("enable", "ns", "shop", "--force")
    pod(api, "web-n1", "n1", "enabled")
    pod(api, "web-n2", "n2", "enabled")
    agent(api, "istio-cni-node", "n2", ready=False)
    dry = on_api("disable", "ns", "shop", "--dry-run=server")
    assert "Would move out   web-n1 1/1" in dry.err
    assert "Would stay in    web-n2 1/1 (istio-cni is not Ready on n2)" in dry.err
    found = on_api("disable", "ns", "shop")
    assert (found.code, found.out) == (0, "namespace/shop unlabeled\n")
    assert "Staying in       web-n2 1/1 (istio-cni is not Ready on n2)" in found.err


# Nothing is restarted for nothing.


@pytest.fixture
def deployments(api: ObjectsApi) -> None:
    api.add(SHOP, {LABEL: "ambient"})
    for name in ("web", "api"):
        path = f"/apis/apps/v1/namespaces/shop/deployments/{name}"
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {}}}}
        api.add(path, {"app": "web"}, spec=spec)


@pytest.mark.usefixtures("deployments")
def test_workloads_that_are_in_are_left_alone(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "deploy", "-l", "app=web")
    assert (found.code, api.patches) == (0, [])
    assert sorted(found.out.splitlines()) == ["deployment.apps/api not labeled", "deployment.apps/web not labeled"]
    _, told = flat(found.err).split("left alone ")
    assert told.startswith(f"(in already: the namespace's label {LABEL}=ambient asks for it; --force restarts them")
    assert "all the same): shop/web, shop/api" in told
    assert "undo" not in found.err


@pytest.mark.usefixtures("deployments")
def test_force_restarts_them(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "deploy", "web", "--force")
    assert (found.code, found.out, len(api.patches)) == (0, "deployment.apps/web labeled\n", 1)


@pytest.mark.usefixtures("deployments")
def test_the_undo_of_disable_puts_such_a_label_back(on_api: Run, api: ObjectsApi) -> None:
    on_api("enable", "deploy", "web", "--force")
    found = on_api("disable", "deploy", "web")
    (undo,) = [line for line in found.err.splitlines() if line.startswith("undo: ")]
    assert undo == "undo: kubectl ambient enable deploy web -n shop --force"
    assert on_api(*undo.split()[3:]).out == "deployment.apps/web labeled\n"
    assert api.objects[WEB]["spec"]["template"]["metadata"]["labels"][LABEL] == "ambient"
