"""Small things that people met, by day and by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.kube.standin import status

from .enable_fixtures import Run
from .objects_api import ObjectsApi

SHOP = "/api/v1/namespaces/shop"
NONE = {"istio.io/dataplane-mode": "none"}


class Server(FakeClient):
    def version(self) -> Any:
        from kubectl_ambient.kube.api import ServerVersion

        return ServerVersion(major="1", minor="36", git_version="v1.36.1")


def agent(program: str, node: str, tag: str) -> m.Manifest:
    label = {"istio-cni": {"k8s-app": "istio-cni-node"}, "ztunnel": {"app": "ztunnel"}}[program]
    image = {"istio-cni": "install-cni", "ztunnel": "ztunnel"}[program]
    spec = {"nodeName": node, "containers": [{"name": program, "image": f"docker.io/istio/{image}:{tag}"}]}
    found = m.pod(f"{program}-{node}", "istio-system", labels=label)
    return {**found, "spec": {**found["spec"], **spec}}


def istiod(tag: str, ready: int) -> m.Manifest:
    made = m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"})
    made["spec"]["template"]["spec"] = {"containers": [{"name": "discovery", "image": f"docker.io/istio/pilot:{tag}"}]}
    return {**made, "status": {"readyReplicas": ready, "replicas": 1}}


@pytest.mark.parametrize(("ready", "word"), [(1, "Ready"), (0, "not Ready")])
def test_version_by_place(ambient: Run, monkeypatch: pytest.MonkeyPatch, ready: int, word: str) -> None:
    agents = [agent("istio-cni", "n1", "1.30.3"), agent("istio-cni", "n2", "1.29.4"), agent("ztunnel", "n1", "1.30.3")]
    client = Server(*agents, istiod("1.30.3", ready))
    monkeypatch.setattr("kubectl_ambient.kube.api.connect", lambda *_, **__: client)
    assert ambient("version").out.splitlines()[-3:] == [
        "istio-cni: 1.29.4 (n2), 1.30.3 (n1)",
        "ztunnel: 1.30.3",
        f"istiod: 1.30.3 (istio-system/istiod, {word})",
    ]


def test_version_tells_what_does_not_go_together(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Server(agent("ztunnel", "n1", "1.30.3"), istiod("1.28.0", 1))
    monkeypatch.setattr("kubectl_ambient.kube.api.connect", lambda *_, **__: client)
    assert ambient("version").out.splitlines()[-1].startswith("‼ Ztunnel 1.30.3 is newer than istiod 1.28.0:")
    found = yaml.safe_load(ambient("version", "-o", "yaml").out)
    assert found["nodes"] == [{"name": "n1", "istio-cni": None, "ztunnel": "1.30.3"}]
    assert len(found["skew"]) == 1


@pytest.mark.parametrize("words", ["", "waypoint", "policy", "completion"])
def test_a_bare_group_is_no_error(ambient: Run, words: str) -> None:
    told = ambient(*words.split())
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("Usage:")


@pytest.fixture
def shop(api: ObjectsApi) -> ObjectsApi:
    api.add(SHOP, dict(NONE))
    api.add(f"{SHOP}/pods/agent", spec={"hostNetwork": True}, status={"phase": "Running", "podIP": "10.0.0.2"})
    return api


def test_an_opt_out_that_is_replaced_is_told(on_api: Run, shop: ObjectsApi) -> None:
    assert "namespace/shop had opted out: none → ambient" in on_api("enable", "ns", "shop", "--overwrite").err
    assert "opted out" not in on_api("enable", "ns", "shop").err


def test_what_stays_out_is_not_told_of_a_change_that_was_refused(on_api: Run, shop: ObjectsApi) -> None:
    shop.objects[SHOP]["metadata"]["labels"] = {}
    shop.before_patch = lambda path, patch: status(403, "Forbidden", "no")
    assert "Staying out" not in on_api("enable", "ns", "shop").err
    shop.before_patch = lambda path, patch: None
    assert "Staying out      agent 1/1" in on_api("enable", "ns", "shop").err


@pytest.mark.parametrize("command", ["enable ns shop --overwrite", "waypoint enable ns shop --waypoint wp --force"])
def test_the_context_is_told_where_there_are_several(
    on_api: Run, shop: ObjectsApi, tmp_path: Path, command: str
) -> None:
    assert "context:" not in on_api(*command.split(), "--dry-run=client").err
    path = tmp_path / "kubeconfig"
    config = yaml.safe_load(path.read_text())
    config["contexts"].append({"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "shop"}})
    path.write_text(yaml.safe_dump(config))
    assert "context: dev" in on_api(*command.split(), "--dry-run=client").err
    assert "context: prod" in on_api(*command.split(), "--context", "prod").err
    assert "context:" not in on_api(*command.split()).err, "nothing changes"
