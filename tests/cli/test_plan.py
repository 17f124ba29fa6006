"""`--plan` sends nothing, `--fail-on` refuses before anything is changed, and what does not go together is told."""

from __future__ import annotations

import json

import pytest

from tests.kube.standin import Reply, status

from .enable_fixtures import Run, ambient, api, clean_environment, on_api
from .objects_api import ObjectsApi
from .test_enable_nodes import agent, installed

__all__ = ["ambient", "api", "clean_environment", "on_api"]

SHOP = "/api/v1/namespaces/shop"
POLICY = "/apis/networking.k8s.io/v1/networkpolicies/by-port"


@pytest.fixture(autouse=True)
def shop(api: ObjectsApi) -> None:
    """web and cart, of which a NetworkPolicy admits port 8080 alone, in a cluster with Istio on its one node."""
    api.add(SHOP)
    installed(api)
    for name in ("istio-cni-node", "ztunnel"):
        agent(api, name, "n1")
    for name in ("web", "cart"):
        spec = {"nodeName": "n1", "containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]}
        status = {"phase": "Running", "podIP": "10.0.0.1"}
        api.add(f"{SHOP}/pods/{name}", {"app": name}, spec=spec, status=status)
    admit(api, 8080)


def admit(api: ObjectsApi, *ports: int) -> None:
    """The policy, among those of all namespaces."""
    api.add(POLICY, spec={"podSelector": {}, "ingress": [{"ports": [{"port": port} for port in ports]}]})
    api.objects[POLICY]["metadata"]["namespace"] = "shop"


def test_a_plan_sends_nothing(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "ns", "shop", "--plan", "-o", "json")
    plan = json.loads(found.out)
    assert (found.code, api.patches) == (0, [])
    assert plan["edits"][0]["action"] == "change"
    assert plan["summary"]["in"] == 2
    assert plan["undo"] == "kubectl ambient disable ns shop"
    (risk,) = plan["risks"]
    assert risk["affects"] == ["Pod/shop/cart -> Pod/shop/web:15008", "Pod/shop/web -> Pod/shop/cart:15008"]


def test_a_real_run_and_a_dry_run_tell_the_risks_first_and_in_short(on_api: Run) -> None:
    for words in (("--dry-run=client",), ()):
        found = on_api("enable", "ns", "shop", *words)
        first = found.err.splitlines()[0]
        assert found.code == 0
        assert first.startswith("✖ NetworkPolicyBlocksMesh: NetworkPolicy shop/by-port admits no TCP 15008"), found.err
        assert "the same with --plan" in found.err


def test_settings_of_the_platform_that_may_not_be_read_are_named_and_those_of_no_kind_are_not(
    on_api: Run, api: ObjectsApi
) -> None:
    def answer(path: str) -> Reply | None:
        if "/felixconfigurations" in path:
            return status(403, "Forbidden", "felixconfigurations is forbidden")
        return status(404, "NotFound", "the server could not find it") if "/operator.openshift.io" in path else None

    api.before_get = answer
    assumed = json.loads(on_api("enable", "ns", "shop", "--plan", "-o", "json").out)["assumptions"]
    assert "not judged (cannot get felixconfiguration default: forbidden): CalicoSettings" in assumed
    assert not any("OvnGatewayMode" in line for line in assumed)


@pytest.mark.parametrize("words", [("--fail-on", "error"), ("--fail-on=warning",), ("--fail-on", "error,warning")])
def test_a_risk_refuses_a_real_run(on_api: Run, api: ObjectsApi, words: tuple[str, ...]) -> None:
    found = on_api("enable", "ns", "shop", *words)
    assert (found.code, found.out, api.patches) == (3, "", [])
    assert found.err.splitlines()[-1] == "error: nothing was changed: 1 risk is as grave as --fail-on names"
    assert on_api("enable", "ns", "shop", "--plan", *words).code == 3
    assert on_api("enable", "ns", "shop", "--dry-run=client", *words).code == 3


def test_what_is_not_so_grave_refuses_nothing(on_api: Run, api: ObjectsApi) -> None:
    admit(api, 9090, 15008)
    assert on_api("enable", "ns", "shop", "--plan", "--fail-on", "error").code == 0
    assert on_api("enable", "ns", "shop", "--fail-on", "warning").code == 3
    assert on_api("enable", "ns", "shop", "--fail-on", "error").code == 0
    assert len(api.patches) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--plan --local -f x.yaml", "--plan sends nothing and edits nothing"),
        ("--plan -o name", 'output format "name"'),
        ("--plan --wait", "--plan changes nothing that one could wait for"),
        ("--whole-cluster", "--whole-cluster says what the files of -f hold"),
        ("--fail-on drift", 'invalid --fail-on "drift"'),
    ],
)
def test_what_does_not_go_together(ambient: Run, words: str, why: str) -> None:
    found = ambient("enable", "ns", "shop", *words.split())
    assert found.code == 2
    assert why in found.err


@pytest.mark.parametrize(
    "words",
    [
        ("enable", "ns", "shop"),
        ("enable", "pod", "web", "-n", "shop"),
        ("waypoint", "enable", "ns", "shop"),
    ],
)
def test_a_plan_in_which_all_is_refused_is_a_plan(on_api: Run, api: ObjectsApi, words: tuple[str, ...]) -> None:
    own = {"istio.io/dataplane-mode": "none", "istio.io/use-waypoint": "other"}
    for path in (SHOP, f"{SHOP}/pods/web"):
        api.objects[path]["metadata"]["labels"] = {**api.objects[path]["metadata"].get("labels", {}), **own}
    found = on_api(*words, "--plan", "-o", "json")
    plan = json.loads(found.out)
    assert (found.code, api.patches) == (1, [])
    assert [edit["action"] for edit in plan["edits"]] == ["refuse"]
    assert "already has a value" in plan["edits"][0]["why"]
    assert (plan["moves"], plan["risks"], plan["undo"]) == ([], [], None)
    assert not [line for line in plan["assumptions"] if "forbidden" in line], "nothing was asked for"
    told = on_api(*words, "--plan")
    assert told.code == 1
    assert (told.out + told.err).count("already has a value") == 1
    assert told.out.endswith("Nothing was sent.\n")
