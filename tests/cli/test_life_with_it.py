"""Small things that people met, by day and by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.waypoint_shop import gateway
from tests.kube import standin

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
    shop.before_patch = lambda path, patch: standin.status(403, "Forbidden", "no")
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


def lost(name: str, written: str = "Unknown", said: str = "Waiting for controller") -> m.Manifest:
    """A Gateway as the API server makes it, before any controller looks at it."""
    conditions = [{"type": "Accepted", "status": written, "reason": "Pending", "message": said}]
    found = gateway(name)
    found["spec"]["gatewayClassName"] = "nobodys"
    return {**found, "status": {"conditions": conditions}}


def written_to(path: Path, *objects: m.Manifest) -> str:
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    return str(path)


def dead(name: str) -> m.Manifest:
    found = gateway(name)
    found["spec"]["gatewayClassName"] = "istio-waypoint"
    return found


def test_dead_waypoints_are_one_line_of_all_namespaces(ambient: Run, tmp_path: Path) -> None:
    home = m.namespace("shop", labels={"istio.io/use-waypoint": "wp"})
    proxy = {"gateway.networking.k8s.io/gateway-name": "wp"}
    path = written_to(tmp_path / "x.yaml", home, dead("wp"), m.pod("web-1"), m.pod("wp-1", labels=proxy))
    whole = ("-A", "-f", path, "--whole-cluster")
    assert "Waypoint shop/wp is dead" in ambient("status", *whole).out.replace("\n  ", " ")
    ready = m.pod(
        "wp-1", labels=proxy, status={"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    )
    written_to(tmp_path / "x.yaml", home, dead("wp"), m.pod("web-1"), ready)
    assert "Waypoint" not in ambient("status", *whole).out


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (lost("in"), True),
        (lost("in", "True", "Resource accepted"), False),
        (lost("in", "Unknown", "somebody is at it"), False),
    ],
)
def test_a_gateway_that_no_controller_took_is_told(ambient: Run, tmp_path: Path, found: m.Manifest, told: bool) -> None:
    home = m.namespace("shop", labels={"istio.io/use-waypoint": "wp"})
    path = written_to(tmp_path / "x.yaml", home, found, m.pod("web-1"))
    sentence = "Gateway shop/in waits for a controller"
    assert (sentence in ambient("status", "-A", "-f", path, "--whole-cluster").out) is told
    assert (sentence in ambient("waypoint", "list", "-A", "-f", path).err) is told
    assert sentence not in ambient("waypoint", "list", "-n", "other", "-f", path).err
