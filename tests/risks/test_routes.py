"""Gateways that are none of Istio's: for which routes they are callers in plain text, and for which not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.risks.cases import Case, Object, Plan, planned

Change = Callable[[dict[str, Object]], Any]
ENVOY = {"gateway.envoyproxy.io/owning-gateway-name": "edge", "gateway.envoyproxy.io/owning-gateway-namespace": "infra"}
CLASS = "GatewayClass/nginx", "spec.controllerName"


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[Change], Plan]:
    """The plan of the case, written otherwise; its objects by their kinds, of pods the proxy."""

    def plan(change: Change) -> Plan:
        case = Case(RiskCode.STRICT_REFUSES_INGRESS, "raised-by-route")
        objects = {item["kind"]: item for item in case.objects()}
        rest = [item for item in case.objects() if objects[item["kind"]] != item]
        more = change(objects) or []
        path = tmp_path / "raised-by-route.yaml"
        first = case.path.read_text(encoding="utf-8").splitlines()[0]
        text = yaml.safe_dump_all([*rest, *filter(None, objects.values()), *more])
        path.write_text(f"{first}\n{text}", encoding="utf-8")
        return planned(path, "-f", str(path))

    return plan


def hit(plan: Plan) -> list[str]:
    return [end for risk in plan["risks"] if risk["code"] == "StrictRefusesIngress" for end in risk["affects"]]


def route(objects: dict[str, Object]) -> Object:
    return objects["HTTPRoute"]


def status(objects: dict[str, Object]) -> Object:
    found: Object = route(objects)["status"]["parents"][0]
    return found


FOUND = "Pod/infra/edge-6c9f -> Pod/shop/web:8080"
UNSEEN = "Gateway/infra/edge -> Pod/shop/web:8080"
CASES: dict[str, tuple[Change, list[str]]] = {
    "a route for gRPC": (lambda o: route(o).update(kind="GRPCRoute"), [FOUND]),
    "a route of another namespace": (
        lambda o: [
            route(o)["metadata"].update(namespace="infra"),
            route(o)["spec"]["rules"][0]["backendRefs"][0].update(namespace="shop"),
        ],
        [FOUND],
    ),
    "one that no ReferenceGrant permits": (
        lambda o: [
            route(o)["metadata"].update(namespace="infra"),
            route(o)["spec"]["rules"][0]["backendRefs"][0].update(namespace="shop"),
            status(o)["conditions"].append({"type": "ResolvedRefs", "status": "False", "reason": "RefNotPermitted"}),
        ],
        [],
    ),
    "one of its own namespace beside one that is not permitted": (
        lambda o: [
            route(o)["spec"]["rules"][0]["backendRefs"].append({"name": "web", "namespace": "pay", "port": 80}),
            status(o)["conditions"].append({"type": "ResolvedRefs", "status": "False", "reason": "RefNotPermitted"}),
        ],
        [FOUND],
    ),
    "a proxy of Envoy Gateway, wherever it is": (lambda o: o["Pod"]["metadata"].update(labels=ENVOY), [FOUND]),
    "a proxy that only its controller names": (
        lambda o: o["Pod"]["metadata"].update(labels={"app.kubernetes.io/name": "nginx"}),
        [FOUND],
    ),
    "no proxy is seen": (lambda o: o.update(Pod=None), [UNSEEN]),
    "a pod of another Gateway": (
        lambda o: o["Pod"]["metadata"].update(labels={"gateway.networking.k8s.io/gateway-name": "other"}),
        [UNSEEN],
    ),
    "a pod of a Gateway of that name elsewhere": (lambda o: o["Pod"]["metadata"].update(namespace="shop"), [UNSEEN]),
    "its proxy is in the mesh": (
        lambda o: o["Pod"]["metadata"].update(annotations={"ambient.istio.io/redirection": "enabled"}),
        [],
    ),
    "nothing is sent to what has no weight": (
        lambda o: route(o)["spec"]["rules"][0]["backendRefs"][0].update(weight=0),
        [],
    ),
    "another port": (lambda o: route(o)["spec"]["rules"][0]["backendRefs"][0].update(port=81), []),
    "another Service": (lambda o: route(o)["spec"]["rules"][0]["backendRefs"][0].update(name="other"), []),
    "a backend that is no Service": (
        lambda o: route(o)["spec"]["rules"][0]["backendRefs"][0].update(group="example.io", kind="Bucket"),
        [],
    ),
    "a route of the mesh": (
        lambda o: route(o)["spec"].update(parentRefs=[{"group": "", "kind": "Service", "name": "web"}]),
        [],
    ),
    "the Gateway refuses it": (lambda o: status(o)["conditions"][0].update(status="False"), []),
    "nobody has said that it takes it": (lambda o: status(o).update(conditions=[]), []),
    "Istio has taken it": (lambda o: status(o).update(controllerName="istio.io/gateway-controller"), []),
    "what is said is of another listener": (
        lambda o: (
            route(o)["spec"]["parentRefs"][0].update(sectionName="http"),
            status(o)["parentRef"].update(sectionName="https"),
        ),
        [FOUND],  # then the class of the file tells
    ),
    "by its class, in files without a status": (lambda o: route(o).pop("status"), [FOUND]),
    "Istio's class, in files without a status": (
        lambda o: (
            route(o).pop("status"),
            o["GatewayClass"]["spec"].update(controllerName="istio.io/gateway-controller"),
        ),
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_who_is_refused(plan: Callable[[Change], Plan], name: str) -> None:
    change, expected = CASES[name]

    def changed(objects: dict[str, Object]) -> None:
        change(objects)

    assert hit(plan(changed)) == expected


def test_each_gateway_of_a_route_is_told_by_itself(plan: Callable[[Change], Plan]) -> None:
    def two(objects: dict[str, Object]) -> None:
        told = status(objects)
        other = {**told, "parentRef": {"name": "other", "namespace": "infra"}, "controllerName": "traefik.io/gateway"}
        route(objects)["spec"]["parentRefs"].append(other["parentRef"])
        route(objects)["status"]["parents"].insert(0, other)

    found = plan(two)["risks"]
    told = [(risk["affects"], risk["evidence"][1]["field"]) for risk in found]
    assert told == [
        ([FOUND], "status.parents[1].controllerName"),
        (["Gateway/infra/other -> Pod/shop/web:8080"], "status.parents[0].controllerName"),
    ]
    assert ["unless its pods are in the mesh" in risk["message"] for risk in found] == [False, True]


def test_by_its_class_the_class_is_the_evidence(plan: Callable[[Change], Plan]) -> None:
    def without(objects: dict[str, Object]) -> None:
        route(objects).pop("status")

    (risk,) = plan(without)["risks"]
    assert [(told["object"], told["field"]) for told in risk["evidence"]][1] == CLASS


@pytest.mark.parametrize("missing", ["Gateway", "GatewayClass"])
def test_whose_gateway_it_is_may_not_be_in_the_files(plan: Callable[[Change], Plan], missing: str) -> None:
    def without(objects: dict[str, Object]) -> None:
        route(objects).pop("status")
        objects.pop(missing)

    found = plan(without)
    assert hit(found) == []
    assert [line for line in found["assumptions"] if line.startswith("whether Gateway/infra/edge")] == [
        "whether Gateway/infra/edge, on which HTTPRoute/shop/web hangs, is one of Istio's cannot be told: it and its"
        " class are not in the files, and the route has no status"
    ]


def test_nothing_is_said_of_routes_to_others(plan: Callable[[Change], Plan]) -> None:
    def elsewhere(objects: dict[str, Object]) -> None:
        route(objects).pop("status")
        objects.pop("Gateway")
        route(objects)["spec"]["rules"][0]["backendRefs"][0].update(name="other")

    assert not [line for line in plan(elsewhere)["assumptions"] if line.startswith("whether Gateway")]


def test_a_policy_by_identity_refuses_it_too(plan: Callable[[Change], Plan]) -> None:
    def by_identity(objects: dict[str, Object]) -> list[Object]:
        objects.pop("PeerAuthentication")
        rule = {"from": [{"source": {"principals": ["cluster.local/ns/infra/sa/default"]}}]}
        metadata = {"name": "allow", "namespace": "shop"}
        kind = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy"}
        return [{**kind, "metadata": metadata, "spec": {"rules": [rule]}}]

    refused = [risk for risk in plan(by_identity)["risks"] if risk["code"] == "PolicyRefusesPlainCallers"]
    assert [risk["affects"] for risk in refused] == [[FOUND]]
    assert (
        "gateway infra/edge, which is none of Istio's, would be refused for want of an identity"
        in refused[0]["message"]
    )
