"""The rows of the reference (semantics 8a to 8e) that objects decide, each named by its number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import (
    AgentContainer,
    Annotations,
    EnvVar,
    Event,
    LabelSelector,
    Namespace,
    Node,
    Owner,
    Requirement,
    Template,
    Workload,
)
from kubectl_ambient.cluster.installation_facts import ConfigMap, Webhook
from kubectl_ambient.mesh.injection import INJECT, INJECTION, REVISION
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from tests.lines import line
from tests.mesh.builders import AMBIENT, NONE, SIDECAR, agent, cluster, config_data, judge, pod, redirected
from tests.snapshots import found as found_of

EVERY = ("1.22.0", "1.22.8", "1.23.6", "1.24.4", "1.24.6", "1.25.1", "1.26.8", "1.27.0", "1.29.6", "1.30.3", "1.31.0")
MODE = "istio.io/dataplane-mode"
KIND = {"in": "IN", "out": "OUT"}


def decided(verdict: Verdict) -> str:
    """IN, OUT or SIDECAR, in the words of the reference."""
    if verdict.reason == "SidecarPresent":
        return "SIDECAR"
    return KIND.get(verdict.expected, verdict.expected)


LABELS: list[tuple[str, dict[str, str], dict[str, str], dict[str, Any], tuple[str, ...], str, str]] = [
    # row, namespace labels, pod labels, pod fields, versions, decision, reason
    ("1", AMBIENT, {}, {}, EVERY, "IN", "NamespaceLabel"),
    ("2", {}, AMBIENT, {}, EVERY, "IN", "PodLabel"),
    ("3", AMBIENT, AMBIENT, {}, EVERY, "IN", "PodLabel"),
    ("4", {}, {}, {}, EVERY, "OUT", "NotLabeled"),
    ("5", AMBIENT, {}, {"annotations": Annotations(sidecar_status="test")}, EVERY, "SIDECAR", "SidecarPresent"),
    ("6", AMBIENT, NONE, {}, EVERY, "OUT", "PodOptedOut"),
    ("7", {}, AMBIENT, {"annotations": SIDECAR}, EVERY, "SIDECAR", "SidecarPresent"),
    ("8", NONE, AMBIENT, {}, EVERY, "IN", "PodLabel"),
    ("9", NONE, {}, {}, EVERY, "OUT", "NotLabeled"),
    ("10", AMBIENT, {MODE: ""}, {}, EVERY, "IN", "NamespaceLabel"),
    ("11", AMBIENT, {MODE: "sidecar"}, {}, EVERY, "IN", "NamespaceLabel"),
    ("12", {MODE: "Ambient"}, {}, {}, EVERY, "OUT", "NotLabeled"),
    ("13", {MODE: "enabled"}, {}, {}, EVERY, "OUT", "NotLabeled"),
    ("15", {}, {}, {"annotations": Annotations(dataplane_mode="ambient")}, EVERY, "OUT", "NotLabeled"),
    ("16", AMBIENT, {}, {"native_sidecar": False}, EVERY, "IN", "NamespaceLabel"),
    ("17", AMBIENT, {}, {"native_sidecar": True}, EVERY, "IN", "NamespaceLabel"),
    ("18", AMBIENT, {}, {"annotations": Annotations(sidecar_status="")}, EVERY, "SIDECAR", "SidecarPresent"),
    ("21", AMBIENT, {}, {"host_network": True}, ("1.22.2", "1.26.8", "1.31.0"), "OUT", "HostNetwork"),
    ("22", {}, AMBIENT, {"host_network": True}, ("1.31.0",), "OUT", "HostNetwork"),
    ("23", AMBIENT, {}, {"host_network": True}, ("1.27.0", "1.28.4", "1.30.3"), "OUT", "HostNetwork"),
    ("24", AMBIENT, {}, {"host_network": True}, ("1.22.0", "1.22.1"), "OUT", "HostNetwork"),
    ("25", AMBIENT, {}, {"phase": "Succeeded", "annotations": redirected("enabled")}, EVERY, "OUT", "PodFinished"),
    ("26", AMBIENT, {}, {"phase": "Failed"}, EVERY, "OUT", "PodFinished"),
    ("27", AMBIENT, {}, {"phase": "Pending", "has_ip": False}, EVERY, "IN", "NamespaceLabel"),
    ("28", AMBIENT, {}, {"has_ip": True}, EVERY, "IN", "NamespaceLabel"),
    ("29", AMBIENT, {}, {"phase": "Pending", "node": "", "has_ip": False}, EVERY, "IN", "NamespaceLabel"),
    ("Kmesh", {MODE: "Kmesh"}, {}, {}, EVERY, "OUT", "OtherDataPlane"),
    ("Kmesh on the pod", {}, {MODE: "Kmesh"}, {}, EVERY, "OUT", "OtherDataPlane"),
]


@pytest.mark.parametrize(("row", "ns", "labels", "fields", "versions", "decision", "reason"), LABELS)
def test_8a_labels(
    row: str,
    ns: dict[str, str],
    labels: dict[str, str],
    fields: dict[str, Any],
    versions: tuple[str, ...],
    decision: str,
    reason: str,
) -> None:
    for version in versions:
        verdict = judge(cluster(version, [pod(labels, **fields)], ns))
        assert (decided(verdict), verdict.reason) == (decision, reason), (row, version, verdict.message)


def test_8a_row_14_annotation_on_the_namespace_is_told() -> None:
    snapshot = cluster(pods=[pod()], namespaces={"app": Namespace(name="app", mode_annotation="ambient")})
    verdict = judge(snapshot)
    assert (verdict.reason, [f.code for f in verdict.findings]) == ("NotLabeled", ["ModeIsAnnotation"])


def test_8a_rows_12_13_typos_are_told() -> None:
    for value in ("Ambient", "enabled", "true"):
        verdict = judge(cluster(pods=[pod()], namespace_labels={MODE: value}))
        assert [f.code for f in verdict.findings] == ["ModeValueUnknown"]
        assert value in verdict.findings[0].message
    assert judge(cluster(pods=[pod()], namespace_labels={MODE: "Kmesh"})).findings == ()


def test_8a_rows_19_20_native_and_proxyless_sidecars_are_named() -> None:
    native = judge(cluster(pods=[pod(annotations=SIDECAR, native_sidecar=True)], namespace_labels=AMBIENT))
    assert (native.mode, "a native sidecar" in native.message) == ("sidecar", True)
    grpc = Annotations(sidecar_status="{}", inject_templates="grpc-agent")
    proxyless = judge(cluster(pods=[pod(annotations=grpc)], namespace_labels=AMBIENT))
    assert (proxyless.mode, "proxyless gRPC" in proxyless.message) == ("sidecar", True)


@pytest.mark.parametrize(
    ("row", "version", "codes"),
    [("23", "1.30.3", ["HostNetworkTried"]), ("24", "1.22.1", ["HostNetworkUnguarded"]), ("21", "1.31.0", [])],
)
def test_8a_host_network_findings(row: str, version: str, codes: list[str]) -> None:
    verdict = judge(cluster(version, [pod(host_network=True)], AMBIENT))
    assert [f.code for f in verdict.findings] == codes, row


def test_8a_rows_25_26_finished_pods_leave_and_stay_out() -> None:
    left = judge(cluster(pods=[pod(phase="Succeeded", annotations=redirected("enabled"))], namespace_labels=AMBIENT))
    assert (left.state, left.mode) == ("Stale", "ambient")
    out = judge(cluster(pods=[pod(phase="Failed")], namespace_labels=AMBIENT))
    assert (out.state, out.mode) == ("NotAmbient", "none")


@pytest.mark.parametrize(("row", "fields"), [("27", {"has_ip": False}), ("29", {"node": "", "has_ip": False})])
def test_8a_waiting_pods_are_starting(row: str, fields: dict[str, Any]) -> None:
    assert judge(cluster(pods=[pod(phase="Pending", **fields)], namespace_labels=AMBIENT)).state == "Starting", row


def test_8a_row_30_no_agent_runs_on_windows_and_virtual_nodes() -> None:
    windows = {"n1": Node(name="n1", labels={"kubernetes.io/os": "windows"})}
    fargate = {"n1": Node(name="n1", labels={"eks.amazonaws.com/compute-type": "fargate"})}
    for nodes in (windows, fargate):
        verdict = judge(cluster(pods=[pod()], namespace_labels=AMBIENT, nodes=nodes))
        assert (verdict.reason, verdict.state) == ("NodeUnsupported", "NotAmbient")
    verdict = judge(cluster(pods=[pod(windows_field="spec.os.name", node="", has_ip=False)], namespace_labels=AMBIENT))
    assert verdict.reason == "NodeUnsupported"


# 8b. Config


def test_8b_row_31_no_istio_cni() -> None:
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, cni_daemonsets=[], cni_pods=[], cni_config=[])
    verdict = judge(snapshot)
    assert (verdict.expected, verdict.reason) == ("out", "AmbientNotInstalled")
    assert judge(cluster(pods=[pod()], cni_daemonsets=[], cni_pods=[])).reason == "NotLabeled"


def test_8b_row_32_switched_off() -> None:
    data = {**config_data("1.30.3"), "AMBIENT_ENABLED": "false"}
    verdict = judge(cluster(pods=[pod()], namespace_labels=AMBIENT, data=data))
    assert (verdict.expected, verdict.reason) == ("out", "AmbientDisabled")
    # The literal environment of the container beats the ConfigMap.
    literal = (EnvVar(name="AMBIENT_ENABLED", value="true"),)
    assert judge(cluster(pods=[pod()], namespace_labels=AMBIENT, data=data, env=literal)).expected == "in"


def test_8b_row_33_122_without_ambient() -> None:
    data = {"cni_network_config": '{"kubernetes": {"exclude_namespaces": ["kube-system"]}}'}
    assert judge(cluster("1.22.8", [pod()], AMBIENT, data=data)).reason == "AmbientDisabled"
    literal = (EnvVar(name="AMBIENT_ENABLED", value="true"),)
    assert judge(cluster("1.22.8", [pod()], AMBIENT, data=data, env=literal)).expected == "in"


@pytest.mark.parametrize(
    ("row", "version"),
    [
        ("34", "1.22.8"),
        *[("35", v) for v in ("1.23.6", "1.24.4", "1.25.1")],
        *[("36", v) for v in ("1.24.6", "1.25.5", "1.26.0", "1.29.6")],
    ],
)
def test_8b_exclusion_did_not_exclude_before_130(row: str, version: str) -> None:
    verdict = judge(cluster(version, [pod(namespace="kube-system")], AMBIENT, namespace="kube-system"))
    assert verdict.expected == "in", row
    told = [f.code for f in verdict.findings]
    # In the versions of row 35 nothing reads the list, so that there is nothing to honour.
    assert told == ([] if row == "35" else ["ExclusionNotHonoured"]), row


@pytest.mark.parametrize(("row", "labels"), [("37", {}), ("39", AMBIENT)])
def test_8b_exclusion_from_130(row: str, labels: dict[str, str]) -> None:
    for version in ("1.30.0", "1.30.3", "1.31.0"):
        snapshot = cluster(version, [pod(labels, namespace="kube-system")], AMBIENT, namespace="kube-system")
        assert judge(snapshot).reason == "NamespaceExcluded", row


def test_8b_row_38_excluded_but_redirected() -> None:
    stale = pod(namespace="kube-system", annotations=redirected("enabled"))
    assert judge(cluster("1.30.3", [stale], AMBIENT, namespace="kube-system")).state == "Stale"


def test_8b_row_40_names_are_exact() -> None:
    data = {**config_data("1.30.3"), "EXCLUDE_NAMESPACES": "ap,apps,kube-system"}
    assert judge(cluster(pods=[pod()], namespace_labels=AMBIENT, data=data)).expected == "in"


@pytest.mark.parametrize(("version", "expected"), [("1.29.6", "in"), ("1.30.3", "out")])
def test_8b_row_41_trimming(version: str, expected: str) -> None:
    data = {**config_data(version), "EXCLUDE_NAMESPACES": "a, b"}
    verdict = judge(cluster(version, [pod(namespace="b")], AMBIENT, namespace="b", data=data))
    assert verdict.expected == expected
    assert [f.code for f in verdict.findings] == []


def test_8b_row_42_literal_env_is_read() -> None:
    env = (EnvVar(name="EXCLUDE_NAMESPACES", value="kube-system"),)
    snapshot = cluster("1.24.4", [pod(namespace="kube-system")], AMBIENT, namespace="kube-system", env=env)
    verdict = judge(snapshot)
    assert (verdict.expected, [f.code for f in verdict.findings]) == ("in", ["ExclusionNotHonoured"])


@pytest.mark.parametrize("version", EVERY)
def test_8b_rows_43_44_istio_system_is_not_excluded(version: str) -> None:
    inside = pod({"app": "prometheus"}, namespace="istio-system")
    ztunnel = pod({"app": "ztunnel", **NONE}, namespace="istio-system", name="ztunnel-1")
    snapshot = cluster(version, [inside, ztunnel], AMBIENT, namespace="istio-system")
    assert judge(snapshot).expected == "in"
    assert judge(snapshot, 1).reason == "PodOptedOut"


TEAM_A = "[{namespaceSelector: {matchLabels: {team: a}}}]"
NO_MESH = "[{podSelector: {matchExpressions: [{key: mesh, operator: DoesNotExist}]}}]"
EITHER = "[{podSelector: {matchLabels: {mesh: on}}}, {namespaceSelector: {matchLabels: {team: a}}}]"


@pytest.mark.parametrize(
    ("row", "ns", "labels", "selectors", "decision", "reason"),
    [
        ("45", AMBIENT, {}, None, "OUT", "NotSelected"),
        ("46", AMBIENT, {}, "[]", "OUT", "NotSelected"),
        ("47", {}, {}, "[{}]", "IN", "SelectorMatched"),
        ("48", {"team": "a"}, {}, TEAM_A, "IN", "SelectorMatched"),
        ("49", {"team": "a"}, NONE, TEAM_A, "IN", "SelectorMatched"),
        ("50", AMBIENT, {}, TEAM_A, "OUT", "NotSelected"),
        # YAML's `on` is "true" where Istio wants a text, so that the label must be `true`.
        ("51", {"team": "b"}, {"mesh": "true"}, EITHER, "IN", "SelectorMatched"),
        ("51 quoted", {"team": "b"}, {"mesh": "on"}, EITHER.replace("on}", "'on'}"), "IN", "SelectorMatched"),
        ("52", {}, {}, NO_MESH, "IN", "SelectorMatched"),
        ("53", {}, {"mesh": "off"}, NO_MESH, "OUT", "NotSelected"),
        ("56", AMBIENT, {}, "[{podSelector: {matchLabels: {'bad key': x}}}]", "unknown", "SelectorInvalid"),
        ("56 no YAML", AMBIENT, {}, "{[", "unknown", "SelectorInvalid"),
    ],
)
def test_8b_selectors(
    row: str, ns: dict[str, str], labels: dict[str, str], selectors: str | None, decision: str, reason: str
) -> None:
    for version in ("1.27.0", "1.30.3", "1.31.0"):
        snapshot = cluster(version, [pod(labels)], ns, data=config_data(version, selectors))
        verdict = judge(snapshot)
        assert (decided(verdict), verdict.reason) == (decision, reason), (row, version)


def test_8b_row_49_the_lost_opt_out_is_told() -> None:
    snapshot = cluster(pods=[pod(NONE)], namespace_labels={"team": "a"}, data=config_data("1.30.3", TEAM_A))
    assert [f.code for f in judge(snapshot).findings] == ["LabelNotKept", "OptOutIgnored"][1:]


def test_8b_row_54_sidecar_before_selectors() -> None:
    snapshot = cluster(
        pods=[pod(annotations=SIDECAR)], namespace_labels={"team": "a"}, data=config_data("1.30.3", TEAM_A)
    )
    assert decided(judge(snapshot)) == "SIDECAR"


def test_8b_row_55_selectors_are_not_read_before_127() -> None:
    data = {**config_data("1.26.8"), "AMBIENT_ENABLEMENT_SELECTOR": TEAM_A}
    assert judge(cluster("1.26.8", [pod()], {"team": "a"}, data=data)).reason == "NotLabeled"


# 8c. State

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(hours=2)


@pytest.mark.parametrize("version", EVERY)
@pytest.mark.parametrize(
    ("row", "ns", "value", "state", "mode"),
    [
        ("57", AMBIENT, None, "NotEnrolled", "none"),
        ("1 steady", AMBIENT, "enabled", "Enrolled", "ambient"),
        ("63", {}, "enabled", "Stale", "ambient"),
        ("4 steady", {}, None, "NotAmbient", "none"),
    ],
)
def test_8c_state(version: str, row: str, ns: dict[str, str], value: str | None, state: str, mode: str) -> None:
    subject = pod(annotations=redirected(value), created=OLD, started=OLD)
    verdict = judge(cluster(version, [subject], ns, now=NOW))
    assert (verdict.state, verdict.mode) == (state, mode), row


def test_8c_row_57_too_early_to_say() -> None:
    for seconds, state in ((5, "Starting"), (29, "Starting"), (31, "NotEnrolled")):
        young = pod(created=NOW - timedelta(seconds=seconds))
        assert judge(cluster(pods=[young], namespace_labels=AMBIENT, now=NOW)).state == state
        assert judge(cluster(pods=[young], namespace_labels=AMBIENT)).state == "NotEnrolled", "files have no age"


def test_a_moment_that_lies_ahead_is_of_a_wrong_clock_and_tells_no_age() -> None:
    hours = timedelta(hours=2)
    for created, started, state in (
        (OLD, NOW + hours, "NotEnrolled"),
        (NOW + hours, NOW + hours, "NotEnrolled"),
        (NOW, NOW + hours, "Starting"),
        (NOW + timedelta(seconds=3), None, "Starting"),
    ):
        subject = pod(created=created, started=started)
        verdict = judge(cluster(pods=[subject], namespace_labels=AMBIENT, now=NOW))
        assert verdict.state == state, (created, started)
        assert "<invalid>" not in verdict.message


@pytest.mark.parametrize(("row", "version"), [("58", "1.25.0"), ("58", "1.30.3"), ("58", "1.31.0")])
def test_8c_pending(row: str, version: str) -> None:
    verdict = judge(cluster(version, [pod(annotations=redirected("pending"))], AMBIENT))
    assert (verdict.observed, verdict.state, verdict.mode) == ("pending", "Pending", "ambient"), row
    assert "neither send nor receive" in verdict.message


def test_8c_row_59_pending_did_not_exist_before_125() -> None:
    for version in ("1.22.8", "1.24.6"):
        verdict = judge(cluster(version, [pod(annotations=redirected("pending"))], AMBIENT))
        assert (verdict.observed, verdict.state) == ("absent", "NotEnrolled")
        assert [f.code for f in verdict.findings] == ["RedirectionValueUnknown"]


@pytest.mark.parametrize("version", ["1.22.8", "1.24.6", "1.30.3"])
def test_8c_row_60_enabled_is_history_when_ztunnel_is_down(version: str) -> None:
    snapshot = cluster(version, [pod(annotations=redirected("enabled"))], AMBIENT)
    snapshot.ztunnel_pods = found_of([agent("ztunnel", version, ready=False)])
    verdict = judge(snapshot)
    assert verdict.state == "Enrolled"
    assert [(f.code, f.severity) for f in verdict.findings] == [("AgentNotReady", "error")]


def test_8c_row_61_not_captured_names_the_agent_that_is_not_ready() -> None:
    snapshot = cluster(pods=[pod(created=OLD)], namespace_labels=AMBIENT, now=NOW)
    sick = agent("ztunnel", "1.30.3", ready=False)
    snapshot.ztunnel_pods = found_of([structs.replace(sick, ready_since=OLD)])
    verdict = judge(snapshot)
    assert (verdict.state, "ztunnel on n1 is not Ready (120m)" in verdict.message) == ("NotEnrolled", True)


def test_8c_row_62_a_pod_that_cannot_start_shows_its_event() -> None:
    hanging = pod(phase="Pending", has_ip=False, creating=True)
    event = Event(
        namespace="app",
        name="web-1",
        reason="FailedCreatePodSandBox",
        message="istio-cni cmdAdd failed to contact node Istio CNI agent",
    )
    verdict = judge(cluster(pods=[hanging], namespace_labels=AMBIENT, events=[event]))
    assert (verdict.state, verdict.findings[0].code) == ("Starting", "SandboxFailed")
    assert "failed to contact node Istio CNI agent" in verdict.findings[0].message


def test_8c_rows_64_66_opted_out_and_still_redirected() -> None:
    for value in ("enabled", "pending"):
        snapshot = cluster("1.30.3", [pod(NONE, annotations=redirected(value))], AMBIENT)
        assert judge(snapshot).state == "Stale"


def test_8c_row_65_stale_without_an_agent_on_the_node() -> None:
    snapshot = cluster(pods=[pod(annotations=redirected("enabled"))], cni_pods=[])
    verdict = judge(snapshot)
    assert (verdict.state, [f.code for f in verdict.findings]) == ("Stale", ["AgentMissing"])


def test_8c_row_67_switched_off_and_still_redirected() -> None:
    data = {**config_data("1.30.3"), "AMBIENT_ENABLED": "false"}
    snapshot = cluster(pods=[pod(annotations=redirected("enabled"))], namespace_labels=AMBIENT, data=data)
    assert (judge(snapshot).state, judge(snapshot).reason) == ("Stale", "AmbientDisabled")


# 8d. Sidecar interplay: what the next pod is

ENABLED = {INJECTION: "enabled"}
AUTO = Webhook(
    configuration="istio-sidecar-injector",
    name="auto.sidecar-injector.istio.io",
    namespace_selector=LabelSelector(
        match_expressions=(
            Requirement(key=INJECTION, operator="DoesNotExist"),
            Requirement(key=REVISION, operator="DoesNotExist"),
            Requirement(key="kubernetes.io/metadata.name", operator="NotIn", values=("kube-system",)),
        )
    ),
    object_selector=LabelSelector(
        match_expressions=(
            Requirement(key=INJECT, operator="DoesNotExist"),
            Requirement(key=REVISION, operator="DoesNotExist"),
        )
    ),
)


@pytest.mark.parametrize(
    ("row", "ns", "labels", "annotation", "versions", "after"),
    [
        ("71", {**ENABLED, **AMBIENT}, {}, None, EVERY, "sidecar"),
        ("73", {REVISION: "default", **AMBIENT}, {}, None, EVERY, "sidecar"),
        ("74", {REVISION: "doesnotexist", **AMBIENT}, {}, None, EVERY, "ambient"),
        ("75", {INJECTION: "disabled", REVISION: "default", **AMBIENT}, {}, None, EVERY, "ambient"),
        ("76", {INJECTION: "disabled", **AMBIENT}, {INJECT: "true"}, None, EVERY, "ambient"),
        ("77", AMBIENT, {INJECT: "true"}, None, EVERY, "sidecar"),
        ("78", AMBIENT, {}, "true", EVERY, "ambient"),
        ("79", {**ENABLED, **AMBIENT}, {INJECT: "false"}, None, EVERY, "ambient"),
        ("80", {**ENABLED, **AMBIENT}, {}, "false", EVERY, "ambient"),
        ("81", ENABLED, {INJECT: "true"}, "false", EVERY, "sidecar"),
        ("82", {**ENABLED, **AMBIENT}, {INJECT: "yes"}, None, EVERY, "sidecar"),
        ("83", {**ENABLED, **AMBIENT}, {}, "no", ("1.22.8", "1.26.8"), "ambient"),
        ("83", {**ENABLED, **AMBIENT}, {}, "no", ("1.27.0", "1.30.3"), "sidecar"),
        ("86", AMBIENT, {REVISION: "default"}, None, EVERY, "sidecar"),
    ],
)
def test_8d_the_next_pod(
    row: str, ns: dict[str, str], labels: dict[str, str], annotation: str | None, versions: tuple[str, ...], after: str
) -> None:
    for version in versions:
        subject = pod(labels, annotations=Annotations(inject=annotation))
        verdict = judge(cluster(version, [subject], ns))
        assert verdict.after_restart == after, (row, version)
        assert any(f.code == "BothModes" for f in verdict.findings) == (after == "sidecar" and MODE in ns), row


def test_8d_row_72_running_pods_are_in_now_and_get_a_sidecar_when_they_restart() -> None:
    verdict = judge(cluster(pods=[pod(annotations=redirected("enabled"))], namespace_labels={**ENABLED, **AMBIENT}))
    assert (verdict.state, verdict.after_restart) == ("Enrolled", "sidecar")
    assert verdict.findings[0].code == "BothModes"
    assert line(verdict.findings[0].fix) == "kubectl label namespace app istio-injection-"


@pytest.mark.parametrize(
    ("row", "fields", "namespace"), [("84", {"host_network": True}, "app"), ("85", {}, "kube-system")]
)
def test_8d_not_injected(row: str, fields: dict[str, Any], namespace: str) -> None:
    snapshot = cluster(pods=[pod(namespace=namespace, **fields)], namespace_labels=ENABLED, namespace=namespace)
    assert judge(snapshot).after_restart == "none", row


def test_8d_row_87_enabled_by_default_ignores_ambient() -> None:
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, webhooks=[AUTO])
    assert judge(snapshot).after_restart == "sidecar"


def test_8d_row_88_a_sidecar_stays_until_the_restart() -> None:
    verdict = judge(cluster(pods=[pod(annotations=SIDECAR)], namespace_labels=AMBIENT))
    assert (decided(verdict), verdict.mode, verdict.after_restart) == ("SIDECAR", "sidecar", "ambient")


def test_8d_the_template_decides_not_the_pod() -> None:
    owned = pod(AMBIENT, owner=Owner(kind="StatefulSet", name="web"), annotations=redirected("enabled"))
    template = Workload(kind="StatefulSet", namespace="app", name="web", template=Template())
    snapshot = cluster(pods=[owned], workloads={"StatefulSet/app/web": template})
    verdict = judge(snapshot)
    assert (verdict.state, verdict.after_restart, verdict.owner) == ("Enrolled", "none", "StatefulSet/web")
    assert [f.code for f in verdict.findings] == ["LabelNotKept"]
    assert line(verdict.findings[0].fix) == "kubectl ambient enable sts/web -n app"


def test_8d_row_82_policy_disabled_reads_the_value_by_version() -> None:
    for version, after in (("1.26.8", "sidecar"), ("1.27.0", "none")):
        injector = ConfigMap(
            namespace="istio-system", name="istio-sidecar-injector", data={"config": "policy: disabled"}
        )
        snapshot = cluster(version, [pod({INJECT: "yes"})], ENABLED, injectors=[injector])
        assert judge(snapshot).after_restart == after


# 8e. Gateways

WAYPOINT = {"gateway.istio.io/managed": "istio.io-mesh-controller", "gateway.networking.k8s.io/gateway-name": "wp"}
INGRESS = {"gateway.istio.io/managed": "istio.io-gateway-controller"}
HELM_GATEWAY = Annotations(sidecar_status="{}", inject_templates="gateway")


@pytest.mark.parametrize("version", EVERY)
@pytest.mark.parametrize(
    ("row", "labels", "fields", "expected", "reason", "mode"),
    [
        ("89", {**WAYPOINT, **NONE}, {}, "out", "PodOptedOut", "gateway"),
        ("90", {**INGRESS, **NONE}, {}, "out", "PodOptedOut", "gateway"),
        ("91", INGRESS, {}, "in", "NamespaceLabel", "gateway"),
        ("92", {**INGRESS, **AMBIENT}, {}, "in", "PodLabel", "gateway"),
        ("94 to 1.24", {}, {"annotations": HELM_GATEWAY}, "out", "SidecarPresent", "gateway"),
        ("94 from 1.25", NONE, {"annotations": HELM_GATEWAY}, "out", "PodOptedOut", "gateway"),
    ],
)
def test_8e_gateways(
    version: str, row: str, labels: dict[str, str], fields: dict[str, Any], expected: str, reason: str, mode: str
) -> None:
    verdict = judge(cluster(version, [pod(labels, **fields)], AMBIENT))
    assert (verdict.expected, verdict.reason, verdict.mode) == (expected, reason, mode), row


@pytest.mark.parametrize(
    ("row", "value", "code"), [("95", "true", "InboundBypassed"), ("96", "*", "BypassInvalid"), ("95", "false", None)]
)
def test_8e_bypass(row: str, value: str, code: str | None) -> None:
    subject = pod(annotations=redirected("enabled", bypass_inbound_capture=value))
    verdict = judge(cluster(pods=[subject], namespace_labels=AMBIENT))
    assert (verdict.state, [f.code for f in verdict.findings]) == ("Enrolled", [code] if code else []), row


def test_a_pod_is_judged_by_the_agent_of_its_own_node() -> None:
    """Two versions side by side, as in the middle of an upgrade: the exclusion holds on the new node only."""
    pods = [pod(namespace="kube-system", node="n1"), pod(namespace="kube-system", node="n2", name="web-2")]
    snapshot = cluster("1.30.3", pods, AMBIENT, namespace="kube-system")
    snapshot.cni_pods = found_of([agent("istio-cni-node", "1.29.6", "n1"), agent("istio-cni-node", "1.30.3", "n2")])
    assert [Judge(snapshot).judge(p).expected for p in pods] == ["in", "out"]
    assert [str(v) for v in Judge(snapshot).installation.versions] == ["1.29.6", "1.30.3"]


def test_an_image_without_a_tag_takes_the_version_of_the_config_map() -> None:
    snapshot = cluster("1.29.6", [pod(namespace="kube-system")], AMBIENT, namespace="kube-system")
    digest = AgentContainer(image="registry.local:5000/istio/install-cni@sha256:0123")
    snapshot.cni_pods = found_of([structs.replace(agent("istio-cni-node", "x"), agent=digest)])
    assert judge(snapshot).expected == "in"


def test_settings_that_changed_after_the_agent_started_are_an_assumption() -> None:
    snapshot = cluster(pods=[pod()], namespace_labels=AMBIENT, now=NOW)
    (config,) = snapshot.cni_config  # type: ignore[misc]
    snapshot.cni_config = found_of([structs.replace(config, created=OLD, changed=NOW)])
    started = structs.replace(agent("istio-cni-node", "1.30.3"), started=OLD)
    snapshot.cni_pods = found_of([started])
    assert any("after it started on n1" in told for told in Judge(snapshot).assumptions)
    snapshot.cni_pods = found_of([structs.replace(started, started=NOW)])
    assert Judge(snapshot).assumptions == []


def test_8e_bypass_is_not_read_before_124() -> None:
    subject = pod(annotations=redirected("enabled", bypass_inbound_capture="true"))
    for version, codes in (("1.23.6", []), ("1.24.0", ["InboundBypassed"])):
        assert [f.code for f in judge(cluster(version, [subject], AMBIENT)).findings] == codes
