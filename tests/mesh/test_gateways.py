"""Gateways of Istio that are in ambient mode, or going to be: what is told, and what keeps them out."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import (
    DATAPLANE_MODE,
    AgentContainer,
    Annotations,
    EnvVar,
    Owner,
    Pod,
    Proxy,
    Template,
    Unread,
    Workload,
)
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.fixes import fixes
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from tests.lines import line
from tests.snapshots import altered

from .builders import AMBIENT, NONE, cluster, config_data, pod, redirected

MANAGED = {"gateway.istio.io/managed": "istio.io-gateway-controller"}
NAMED = {"gateway.networking.k8s.io/gateway-name": "http"}
ROUTER = Proxy(container="istio-proxy", role="router")
TEAM = {"team": "edge"}
PATCH = (
    "kubectl patch gateway http -n app --type=merge -p "
    '\'{"spec":{"infrastructure":{"labels":{"istio.io/dataplane-mode":"none"}}}}\''
)
LABEL = "kubectl label gateway http -n app istio.io/dataplane-mode=none"


def gateway(labels: dict[str, str] | None = None, **fields: Any) -> Gateway:
    return Gateway(namespace="app", name="http", class_name="istio", labels=labels or {}, **fields)


def of_gateway(**fields: Any) -> Pod:
    """A pod that istiod made of Gateway app/http, and that is redirected."""
    settings: dict[str, Any] = {"annotations": redirected("enabled"), "labels": {**MANAGED, **NAMED}}
    return pod(**{**settings, **fields})


def mesh(*pods: Pod, labels: dict[str, str] | None = None, **fields: Any) -> Snapshot:
    return cluster(pods=list(pods), namespace_labels=AMBIENT if labels is None else labels, **fields)


def verdict(snapshot: Snapshot) -> Verdict:
    return Judge(snapshot).judge(next(iter(snapshot.pods)))


def captured(snapshot: Snapshot) -> Finding:
    found = [f for f in verdict(snapshot).findings if f.code == "GatewayCaptured"]
    assert len(found) == 1
    return found[0]


def codes(snapshot: Snapshot) -> list[str]:
    return [f.code for f in verdict(snapshot).findings]


@pytest.mark.parametrize(
    ("found", "field"),
    [
        (of_gateway(), "metadata.labels[gateway.istio.io/managed]"),
        (of_gateway(labels={"gateway.istio.io/managed": "istio.io-agentgateway-controller"}), "metadata.labels[gatewa"),
        (of_gateway(labels={"istio.io/gateway-name": "http"}), "metadata.labels[istio.io/gateway-name]"),
        (pod(annotations=redirected("enabled", inject_templates="gateway")), "metadata.annotations[inject.istio.io/te"),
        (pod(annotations=redirected("enabled", inject_templates="waypoint")), "metadata.annotations[inject.istio.io/t"),
        (pod(annotations=redirected("enabled"), proxy=ROUTER), "spec.containers[istio-proxy].args"),
    ],
)
def test_what_makes_a_pod_a_gateway(found: Pod, field: str) -> None:
    told = verdict(mesh(found, gateways=[]))
    assert told.mode == "gateway"
    finding = captured(mesh(found, gateways=[]))
    assert finding.severity == "error"
    assert finding.evidence[0].field.startswith(field)
    assert f"Namespace/app {DATAPLANE_MODE} ambient" in [
        f"{e.object} {e.field.partition('[')[2].rstrip(']')} {e.value}" for e in finding.evidence
    ], "who labelled it in"


@pytest.mark.parametrize(
    "found",
    [
        pod(annotations=redirected("enabled")),
        pod(annotations=redirected("enabled"), labels={"app.kubernetes.io/name": "ingress-nginx"}),
        pod(annotations=redirected("enabled"), labels={"app.kubernetes.io/name": "traefik"}),
        of_gateway(labels={**NAMED, "app.kubernetes.io/managed-by": "kgateway"}),
        of_gateway(labels={**MANAGED, **NAMED, **NONE}, annotations=Annotations()),
        pod(annotations=Annotations(inject_templates="gateway", sidecar_status="{}")),
        of_gateway(phase="Succeeded"),
    ],
    ids=["application", "nginx", "traefik", "kgateway", "opted out", "injected", "finished"],
)
def test_what_is_no_gateway_or_not_captured_is_silent(found: Pod) -> None:
    assert "GatewayCaptured" not in codes(mesh(found, gateways=[gateway()]))


@pytest.mark.parametrize("on_class", [False, True])
def test_a_proxy_that_is_meant_to_stand_behind_ztunnel_is_silent(on_class: bool) -> None:
    binding = "PROXY/15088"
    of_class = GatewayClass(name="istio", controller="istio.io/gateway-controller", inbound_binding=binding)
    found = gateway() if on_class else gateway(inbound_binding=binding)
    classes = [of_class] if on_class else []
    assert codes(mesh(of_gateway(), gateways=[found], gateway_classes=classes)) == []


@pytest.mark.parametrize(
    ("found", "told", "fix"),
    [
        (gateway(NONE, infrastructure=TEAM), "does not reach its pods: spec.infrastructure.labels stand in", PATCH),
        (gateway(NONE, infrastructure={}), "does not reach its pods", PATCH),
        (gateway(infrastructure=TEAM), "does not opt out", PATCH),
        (gateway(infrastructure=AMBIENT), "gives its pods istio.io/dataplane-mode=ambient", PATCH),
        (gateway(), "does not opt out", LABEL),
        (gateway(AMBIENT), "gives its pods istio.io/dataplane-mode=ambient", f"{LABEL} --overwrite"),
        (gateway(NONE), "asks for istio.io/dataplane-mode=none, and what istiod made of it does not have it", None),
    ],
)
def test_the_narrowest_change_of_a_gateway(found: Gateway, told: str, fix: str | None) -> None:
    finding = captured(mesh(of_gateway(), gateways=[found]))
    assert told in finding.message
    assert line(finding.fix) == fix


def test_an_istiod_that_copies_no_labels() -> None:
    env = (EnvVar(name="PILOT_ENABLE_GATEWAY_API_COPY_LABELS_ANNOTATIONS", value="false"),)
    container = AgentContainer(image="istio/pilot:1.30.3", env=env)
    istiod = Istiod(namespace="istio-system", name="istiod", container=container)
    finding = captured(mesh(of_gateway(), gateways=[gateway(NONE)], istiods=[istiod]))
    assert "its istiod is told not to copy labels of Gateways" in finding.message
    assert line(finding.fix) == PATCH


def test_a_gateway_that_could_not_be_read_is_said() -> None:
    unread = Unread(what="get gateway http", why="forbidden")
    finding = captured(mesh(of_gateway(), gateways={"app/http": unread}))
    assert "what its Gateway asks for is not known: cannot get gateway http: forbidden" in finding.message
    assert finding.fix is None
    in_files = captured(mesh(of_gateway(), gateways=[], from_files=True))
    assert "it is not in the files" in in_files.message
    assert in_files.fix is None


def classic(template: dict[str, str]) -> Snapshot:
    """A gateway that was deployed by hand, or by a chart."""
    maker = Workload(kind="Deployment", namespace="app", name="ingress", template=Template(labels=template))
    owned = pod(annotations=redirected("enabled"), proxy=ROUTER, owner=Owner(kind="Deployment", name="ingress"))
    return mesh(owned, workloads=[maker])


@pytest.mark.parametrize(
    ("template", "fix"),
    [
        ({}, "kubectl ambient disable deploy/ingress -n app --opt-out"),
        ({DATAPLANE_MODE: "Ambient"}, "kubectl ambient disable deploy/ingress -n app --opt-out --overwrite"),
        (NONE, "kubectl rollout restart deployment/ingress -n app"),
    ],
)
def test_the_template_of_a_classic_gateway(template: dict[str, str], fix: str) -> None:
    assert line(captured(classic(template)).fix) == fix


def test_a_gateway_by_hand_whose_gateway_names_addresses() -> None:
    snapshot = altered(classic({}), gateways=[gateway(managed=False)])
    only = structs.replace(next(iter(snapshot.pods)), labels=NAMED)
    finding = captured(altered(snapshot, pods=[only]))
    assert line(finding.fix) == "kubectl ambient disable deploy/ingress -n app --opt-out"


def test_a_bare_pod() -> None:
    finding = captured(mesh(pod(annotations=redirected("enabled"), proxy=ROUTER)))
    assert line(finding.fix) == "kubectl ambient disable pod web-1 -n app --opt-out"


def test_selectors_that_do_not_heed_the_opt_out() -> None:
    everything = config_data("1.30.3", "- {}\n")
    snapshot = mesh(of_gateway(), gateways=[gateway()], data=everything)
    finding = captured(snapshot)
    assert "it would with istio.io/dataplane-mode=none on the pod too" in finding.message
    assert finding.fix is None


def test_a_gateway_that_is_going_to_be_captured_is_not_told_to_be_put_in() -> None:
    snapshot = mesh(of_gateway(annotations=Annotations()), gateways=[gateway(NONE, infrastructure=TEAM)])
    assert "is going to be redirected to ztunnel" in captured(snapshot).message
    judgement = Judge(snapshot).explain(next(iter(snapshot.pods)))
    assert [line(fix.command) for fix in fixes(judgement, snapshot)] == [PATCH]


def test_a_gateway_that_is_stale_is_told_as_captured_and_mended_as_stale() -> None:
    snapshot = mesh(of_gateway(labels={**MANAGED, **NAMED, **NONE}), gateways=[gateway()])
    assert verdict(snapshot).state == "Stale"
    assert captured(snapshot).fix is None
    judgement = Judge(snapshot).explain(next(iter(snapshot.pods)))
    assert [line(fix.command) for fix in fixes(judgement, snapshot)] == ["kubectl delete pod web-1 -n app"]


def twins(out: dict[str, str], **fields: Any) -> Snapshot:
    one = of_gateway(name="http-1")
    other = of_gateway(name="http-2", labels={**MANAGED, **NAMED, **out}, annotations=Annotations(), **fields)
    return mesh(one, other, gateways=[gateway()])


def test_replicas_that_differ_are_told_on_each() -> None:
    snapshot = twins(NONE)
    told = [
        [f for f in Judge(snapshot).judge(found).findings if f.code == "GatewayReplicasDiffer"]
        for found in snapshot.pods
    ]
    assert [len(found) for found in told] == [1, 1]
    assert told[0][0].message.startswith("1 of 2 pods of Gateway app/http is redirected to ztunnel, and the rest are")
    assert {e.object for e in told[0][0].evidence} == {"Pod/app/http-1", "Pod/app/http-2"}


def test_replicas_of_different_gateways_do_not_differ() -> None:
    snapshot = twins({**NONE, "gateway.networking.k8s.io/gateway-name": "other"})
    judge = Judge(snapshot)
    assert all(f.code != "GatewayReplicasDiffer" for found in snapshot.pods for f in judge.judge(found).findings)
    assert all(f.code != "GatewayReplicasDiffer" for f in verdict(twins(NONE, phase="Pending")).findings)


def test_replicas_are_told_by_their_gateway_though_all_else_is_alike() -> None:
    """A judgement is kept for all that are alike: pods of another Gateway are not."""
    out = {**MANAGED, **NONE}
    alone = of_gateway(
        name="a", labels={**out, "gateway.networking.k8s.io/gateway-name": "a"}, annotations=Annotations()
    )
    judge = Judge(snapshot := mesh(alone, *twins(NONE).pods, gateways=[gateway()]))
    told = {found.name: [f.code for f in judge.judge(found).findings] for found in snapshot.pods}
    assert told["a"] == []
    assert told["http-2"] == ["GatewayReplicasDiffer"]
