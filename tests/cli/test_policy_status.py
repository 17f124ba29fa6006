"""`policy status` as it is typed: on the meshes of a real istiod, on small files, and mistyped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import manifests_of as m
from tests.conformance import cases, frame
from tests.mesh.meshes import MESHES, objects

from .enable_fixtures import Result, Run

SECURITY = "security.istio.io/v1"
IN = {"ambient.istio.io/redirection": "enabled"}


def written(path: Path, found: list[dict[str, Any]]) -> str:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": found}))
    return str(path)


def document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)
    assert found["kind"] == "PolicyStatusList"
    return found


@pytest.mark.parametrize("number", range(len(MESHES)), ids=MESHES)
def test_the_command_agrees_with_istiod(ambient: Run, tmp_path: Path, number: int) -> None:
    path = written(tmp_path / "mesh.json", objects(cases("meshes")[number]))
    result = ambient("policy", "status", "-A", "--pods", "-f", path, "-o", "json")
    assert result.code == 0
    assert all(line.startswith("assumed: the files hold the whole cluster") for line in result.err.splitlines())
    found, expected = document(result), cases("meshes")[number]["expect"]
    mtls = {f"Pod/{pod['namespace']}/{pod['name']}": pod["mtls"] for pod in found["pods"]}
    for ref, ports in expected["plaintext"].items():
        said = {port: mtls[ref]["ports"].get(port, mtls[ref]["default"]) for port in ports}
        assert said == {port: "STRICT" if word == "denied" else "PERMISSIVE" for port, word in ports.items()}, ref
    items = {f"{item['kind']}/{item['namespace']}/{item['name']}": item for item in found["items"]}
    for ref, conditions in expected["conditions"].items():
        for condition, written_ in conditions.items():
            said = items[ref]["ztunnel" if condition == "ZtunnelAccepted" else "waypoint"]
            assert said == {"accepted": written_["status"] == "True", "reason": written_["reason"]}, ref


def pod(name: str, **labels: str) -> dict[str, Any]:
    return m.pod(name, labels={"app": name, **labels}, annotations=IN)


def ap(name: str, namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    annotations = spec.pop("annotations", {})
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"apiVersion": SECURITY, "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}


def pa(
    name: str, namespace: str = "shop", *, second: int = 0, changed: int | None = None, **spec: Any
) -> dict[str, Any]:
    def at(seconds: int) -> str:
        return f"2026-11-01T00:00:{seconds:02}Z"

    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "creationTimestamp": at(second)}
    if changed is not None:
        metadata["managedFields"] = [{"time": at(changed)}]
    return {"apiVersion": SECURITY, "kind": "PeerAuthentication", "metadata": metadata, "spec": spec}


def strict(mode: str = "STRICT") -> dict[str, str]:
    return {"mode": mode}


WEB = {"matchLabels": {"app": "web"}}
GET = [{"to": [{"operation": {"methods": ["GET"]}}]}]
FROM_A = {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/a"]}}]}
ATTACHED = {"targetRefs": [{"kind": "Service", "group": "", "name": "cart"}]}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"clusterIP": "10.0.0.1"},
}
UNSET_8080 = {"selector": WEB, "portLevelMtls": {"8080": strict("PERMISSIVE")}}


@pytest.fixture
def asked(ambient: Run, tmp_path: Path) -> Any:
    def ask(*found: dict[str, Any], version: str = "1.30.3", fail_on: str = "") -> tuple[dict[str, Any], int]:
        installed = json.loads(json.dumps(frame()["items"]).replace("1.30.3", version))
        shop = m.namespace("shop", {"istio.io/dataplane-mode": "ambient"})
        path = written(tmp_path / "shop.json", [*installed, shop, pod("web"), *found])
        words = ["--fail-on", fail_on] if fail_on else []
        result = ambient("policy", "status", "-n", "shop", "--pods", "-f", path, "-o", "json", *words)
        return document(result), result.code

    return ask


def codes(found: dict[str, Any]) -> set[tuple[str, str]]:
    return {(finding["code"], finding["severity"]) for item in found["items"] for finding in item["findings"]}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param([ap("x", rules=GET)], {("AllowDeniesAll", "error")}, id="ALLOW with methods alone"),
        pytest.param([ap("x", rules=[*GET, FROM_A])], {("RuleDropped", "warning")}, id="ALLOW with one rule left"),
        pytest.param([ap("x", rules=[FROM_A])], set(), id="ALLOW that ztunnel can check"),
        pytest.param(
            [ap("x", rules=GET, selector={"matchLabels": {"app": "no"}})],
            {("PolicyNotEnforced", "info")},
            id="of no pod",
        ),
        pytest.param([ap("x", action="DENY", rules=GET)], {("RuleNeverFires", "error")}, id="DENY with methods alone"),
        pytest.param(
            [ap("x", action="DENY", rules=[{"to": [{"operation": {"methods": ["GET"], "ports": ["80"]}}]}])],
            set(),
            id="DENY with a port beside",
        ),
        pytest.param([ap("x", action="CUSTOM", rules=[{}])], {("PolicyNotEnforced", "error")}, id="CUSTOM in files"),
        pytest.param([ap("x", selector={}, rules=[{}])], {("PolicyNotEnforced", "error")}, id="an empty selector"),
        pytest.param(
            [ap("x", **ATTACHED), SERVICE], {("PolicyNotEnforced", "error")}, id="for a Service without waypoint"
        ),
        pytest.param([pa("x", mtls=strict())], set(), id="STRICT for the namespace"),
        pytest.param(
            [pa("mesh", "istio-system", mtls=strict()), pa("ns"), pa("x", **UNSET_8080)],
            {("PeerAuthenticationNotSent", "error"), ("PolicyNotEnforced", "info")},
            id="named and never sent",
        ),
        pytest.param(
            [pa("mesh", "istio-system", mtls=strict()), pa("x", second=1, changed=1, **UNSET_8080)], set(), id="sent"
        ),
        pytest.param(
            [pa("mesh", "istio-system", mtls=strict(), second=5), pa("x", second=1, changed=1, **UNSET_8080)],
            {("PeerAuthenticationStale", "error")},
            id="older than what it inherits from",
        ),
        pytest.param(
            [pa("mesh", "istio-system", mtls=strict(), second=5), pa("x", second=1, **UNSET_8080)],
            set(),
            id="when it was changed is not told",
        ),
        pytest.param(
            [
                pa("mesh", "istio-system", mtls=strict("PERMISSIVE"), second=5),
                pa("x", second=1, changed=1, selector=WEB, mtls=strict(), portLevelMtls={"8080": strict("PERMISSIVE")}),
            ],
            set(),
            id="older, and inherits nothing",
        ),
        pytest.param(
            [pa("x", mtls=strict()), pa("y", mtls=strict("PERMISSIVE"))],
            {("PeerAuthenticationTie", "error")},
            id="two of one second",
        ),
        pytest.param([pa("x", mtls=strict()), pa("y", mtls=strict())], set(), id="two of one second that agree"),
        pytest.param(
            [pa("x", mtls=strict()), pa("y", mtls=strict("PERMISSIVE"), second=1)],
            {("PolicyNotEnforced", "info")},
            id="the older one counts",
        ),
    ],
)
def test_what_is_wrong_with_a_policy(asked: Any, found: list[dict[str, Any]], told: set[tuple[str, str]]) -> None:
    document_, _code = asked(*found)
    assert codes(document_) == told


def test_one_that_is_only_to_be_tried_out_is_enforced_by_an_old_istiod(asked: Any) -> None:
    policy = ap("x", action="DENY", rules=[{}], annotations={"istio.io/dry-run": "true"})
    old, _ = asked(policy, version="1.25.1")
    new, _ = asked(policy)
    assert codes(old) == {("PolicyTriedForReal", "error")}
    assert codes(new) == {("PolicyNotEnforced", "error")}
    assert old["items"][0]["enforcedAt"] == ["ztunnel"]


def test_that_istiod_does_not_tell_is_told_where_it_tells_of_others(asked: Any) -> None:
    told = ap("told", rules=[FROM_A]) | {
        "status": {"conditions": [{"type": "ZtunnelAccepted", "status": "True", "reason": "Accepted"}]}
    }
    found, _ = asked(ap("x", action="AUDIT", rules=[{}]), told)
    assert ("PolicyNotTold", "error") in codes(found)
    found, _ = asked(ap("x", action="AUDIT", rules=[{}]))
    assert ("PolicyNotTold", "error") not in codes(found), "nothing in a repository has a status"


@pytest.mark.parametrize(
    ("found", "condition", "code"),
    [
        ([ap("x", rules=GET)], "error", 3),
        ([ap("x", rules=[*GET, FROM_A])], "error", 0),
        ([ap("x", rules=[*GET, FROM_A])], "any", 3),
        ([ap("x", rules=[FROM_A])], "any", 0),
    ],
)
def test_a_gate(asked: Any, found: list[dict[str, Any]], condition: str, code: int) -> None:
    assert asked(*found, fail_on=condition)[1] == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["svc/cart"], 'error: authorizationpolicies and peerauthentications are meant here, not "services"'),
        (["nope"], 'error: no authorizationpolicy or peerauthentication "nope" was found'),
        (["ap/nope"], 'Error (NotFound): authorizationpolicies.security.istio.io "nope" not found'),
        (["x", "-A"], "error: a resource cannot be retrieved by name across all namespaces"),
    ],
)
def test_what_is_mistyped(ambient: Run, tmp_path: Path, words: list[str], told: str) -> None:
    path = written(tmp_path / "shop.json", [m.namespace("shop"), ap("x", rules=[FROM_A])])
    result = ambient("policy", "status", *words, *([] if "-A" in words else ["-n", "shop"]), "-f", path)
    assert told in result.err
    assert result.code in (1, 2)


def test_names_choose(ambient: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "shop.json", [m.namespace("shop"), ap("x"), ap("y"), pa("x")])
    for words, names in (
        (["x"], ["authorizationpolicy.security.istio.io/x", "peerauthentication.security.istio.io/x"]),
        (["ap/y"], ["authorizationpolicy.security.istio.io/y"]),
        (["pa"], ["peerauthentication.security.istio.io/x"]),
    ):
        result = ambient("policy", "status", *words, "-n", "shop", "-f", path, "-o", "name")
        assert result.out.split() == names


def test_yaml_is_the_same_document(ambient: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "shop.json", [m.namespace("shop"), pod("web"), ap("x", rules=GET)])
    said = [ambient("policy", "status", "-n", "shop", "-f", path, "-o", form).out for form in ("json", "yaml")]
    assert json.loads(said[0]) == yaml.safe_load(said[1])
    assert json.loads(said[0])["pods"] is None
