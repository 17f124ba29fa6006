"""Evidence tells what stands in the object, whichever way it is written there; and what is not known is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.risks.cases import RAISED, Case, Object, Plan, planned


def changed(code: RiskCode, folder: Path, change: Callable[[list[Object]], None]) -> Plan:
    """The plan of a case that is written otherwise."""
    case = Case(code, RAISED)
    objects = case.objects()
    change(objects)
    path = folder / "raised.yaml"
    first = case.path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{first}\n{yaml.safe_dump_all(objects)}", encoding="utf-8")
    return planned(path, "-f", str(path))


def evidence(plan: Plan, code: RiskCode) -> dict[tuple[str, str], str | None]:
    risk = next(risk for risk in plan["risks"] if risk["code"] == code)
    return {(told["object"], told["field"]): told["value"] for told in risk["evidence"]}


def message(plan: Plan, code: RiskCode) -> str:
    found: str = next(risk["message"] for risk in plan["risks"] if risk["code"] == code)
    return found


def of_kind(objects: list[Object], kind: str) -> Object:
    return next(item for item in objects if item["kind"] == kind)


def test_strict_for_a_port_is_told_where_it_is_written(tmp_path: Path) -> None:
    def change(objects: list[Object]) -> None:
        of_kind(objects, "PeerAuthentication")["spec"] = {
            "selector": {"matchLabels": {"app": "web"}},
            "mtls": {"mode": "PERMISSIVE"},
            "portLevelMtls": {"8080": {"mode": "STRICT"}, "9090": {"mode": "DISABLE"}},
        }

    plan = changed(RiskCode.STRICT_REFUSES_OUTSIDE, tmp_path, change)
    told = evidence(plan, RiskCode.STRICT_REFUSES_OUTSIDE)
    assert told[("PeerAuthentication/shop/default", "spec.portLevelMtls[8080].mode")] == "STRICT"
    assert "(PeerAuthentication shop/default is STRICT on port 8080)" in message(plan, RiskCode.STRICT_REFUSES_OUTSIDE)
    assert ("PeerAuthentication/shop/default", "spec.mtls.mode") not in told


def test_of_an_exception_under_an_inherited_strict_its_own_mode_is_told(tmp_path: Path) -> None:
    def change(objects: list[Object]) -> None:
        spec = {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"9090": {"mode": "PERMISSIVE"}}}
        own = of_kind(objects, "PeerAuthentication")
        objects.append({**own, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec})

    plan = changed(RiskCode.STRICT_REFUSES_OUTSIDE, tmp_path, change)
    told = evidence(plan, RiskCode.STRICT_REFUSES_OUTSIDE)
    assert "(PeerAuthentication shop/default is STRICT)" in message(plan, RiskCode.STRICT_REFUSES_OUTSIDE)
    assert told[("PeerAuthentication/shop/web", "spec.mtls.mode")] is None
    assert told[("PeerAuthentication/shop/default", "spec.mtls.mode")] == "STRICT"


def test_a_tunnel_of_another_kind_is_told(tmp_path: Path) -> None:
    def change(objects: list[Object]) -> None:
        db = next(item for item in objects if item["metadata"]["name"] == "db")
        db["metadata"]["labels"]["networking.istio.io/tunnel"] = "other"

    told = evidence(changed(RiskCode.SIDECAR_REFUSES_MESH, tmp_path, change), RiskCode.SIDECAR_REFUSES_MESH)
    assert told[("Pod/old/db", "metadata.labels[networking.istio.io/tunnel]")] == "other"


def test_ambient_that_is_not_set_at_all_is_told_as_that(tmp_path: Path) -> None:
    def change(objects: list[Object]) -> None:
        containers = of_kind(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
        containers[0]["env"] = [{"name": "REVISION", "value": "default"}]

    told = evidence(changed(RiskCode.STRICT_REFUSES_SIDECARS, tmp_path, change), RiskCode.STRICT_REFUSES_SIDECARS)
    field = "spec.template.spec.containers[0].env[PILOT_ENABLE_AMBIENT]"
    assert told[("Deployment/istio-system/istiod", field)] is None


def test_of_pods_that_come_in_by_a_restart_alone_it_is_named_what_is_not_known(tmp_path: Path) -> None:
    def change(objects: list[Object]) -> None:
        objects.remove(of_kind(objects, "PeerAuthentication"))

    plan = changed(RiskCode.SIDECAR_REFUSES_MESH, tmp_path, change)
    named = [line for line in plan["assumptions"] if line.startswith("not judged") and "peerauthentications" in line]
    assert len(named) == 1
    assert RiskCode.SIDECAR_REFUSES_MESH in named[0]
    assert RiskCode.STRICT_REFUSES_INGRESS not in named[0]
