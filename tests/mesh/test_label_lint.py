"""Mistakes in labels, row by row; and what must not be taken for one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.kinds.labelled import Labelled, is_istios
from kubectl_ambient.mesh.labels.known_keys import KNOWN_KEYS
from kubectl_ambient.mesh.labels.reference import REFERENCE
from tests.lines import line
from tests.mesh.label_builders import codes, entry, fix, istio, judged, on, pod_of, report, severities, template

MODE, WAYPOINT, FOR = "istio.io/dataplane-mode", "istio.io/use-waypoint", "istio.io/waypoint-for"
INGRESS = "istio.io/ingress-use-waypoint"
NS = "kubectl label namespace shop"
NIGHTLY, DEPLOYMENT = Owner(kind="CronJob", name="web"), Owner(kind="Deployment", name="web")

VALUES: list[tuple[str, str, str, str | None]] = [
    ("Namespace", MODE, "Ambient", f"{NS} {MODE}=ambient --overwrite"),
    ("Namespace", MODE, "enabled", f"{NS} {MODE}=ambient --overwrite"),
    ("Namespace", MODE, "true", f"{NS} {MODE}=ambient --overwrite"),
    ("Namespace", MODE, "disabled", f"{NS} {MODE}=none --overwrite"),
    ("Namespace", MODE, "ambeint", f"{NS} {MODE}=ambient --overwrite"),
    ("Namespace", MODE, "sidecar", None),
    ("Namespace", MODE, "", None),
    ("Pod", MODE, "None", f"kubectl label pod web -n shop {MODE}=none --overwrite"),
    ("Namespace", "istio-injection", "true", f"{NS} istio-injection=enabled --overwrite"),
    ("Namespace", WAYPOINT, "None", f"{NS} {WAYPOINT}=none --overwrite"),
    ("Namespace", WAYPOINT, "", None),
    ("Service", WAYPOINT, "true", None),
    ("Service", WAYPOINT, "My_Waypoint", None),
    ("Service", "istio.io/use-waypoint-namespace", "Infra", None),
    ("Service", INGRESS, "yes", f"kubectl label service web -n shop {INGRESS}=true --overwrite"),
    (
        "Gateway",
        FOR,
        "Service",
        f"kubectl label gateways.gateway.networking.k8s.io web -n shop {FOR}=service --overwrite",
    ),
    ("GatewayClass", FOR, "pods", None),
    ("Pod", "sidecar.istio.io/inject", "yes", "kubectl label pod web -n shop sidecar.istio.io/inject=true --overwrite"),
]


@pytest.mark.parametrize(("kind", "key", "value", "command"), VALUES)
def test_a_value_outside_the_valid_ones(kind: str, key: str, value: str, command: str | None) -> None:
    labels = {key: value} | ({WAYPOINT: "wp"} if key.endswith("-namespace") else {})
    labelled = on(kind, labels)
    assert codes(labelled) == ["ValueUnknown"]
    assert fix(labelled) == command


KEYS = [
    "istio.io/dataplanemode",
    "ambient.istio.io/dataplane-mode",
    "istio.io/data-plane-mode",
    "istio.io/dataplane_mode",
    "istio.io/Dataplane-Mode",
    "isto.io/dataplane-mode",
    "istoi.io/dataplane-mode",
    "istio.com/dataplane-mode",
    "istio/dataplane-mode",
    "dataplane-mode",
    "istio-dataplane-mode",
    "istio.io.dataplane-mode",
    "istio.io/dataplan-mode",
    "istio.io/dataplane",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_misspelt_key(key: str) -> None:
    labelled = on("Namespace", {key: "ambient"})
    assert codes(labelled) == ["KeyMisspelt"]
    assert fix(labelled) == f"{NS} {MODE}=ambient {key}-"


@pytest.mark.parametrize(
    ("kind", "key", "value", "meant"),
    [
        ("Service", "istio.io/use-waypoints", "wp", WAYPOINT),
        ("Service", "istio.io/waypoint", "wp", WAYPOINT),
        ("Service", "ambient.istio.io/use-waypoint", "wp", WAYPOINT),
        ("Service", "istio.io/ingress-use-waypionts", "true", INGRESS),
        ("Gateway", "istio.io/waypointfor", "all", FOR),
        ("Namespace", "istio.io/injection", "enabled", "istio-injection"),
        ("Namespace", "istio-injecton", "enabled", "istio-injection"),
        ("Pod", "istio.io/inject", "false", "sidecar.istio.io/inject"),
        ("Namespace", "istio.io/revision", "canary", "istio.io/rev"),
        ("Namespace", "io.istio/dataplane-mode", "ambient", MODE),
        ("Namespace", "io.istio/rev", "canary", "istio.io/rev"),
        ("Pod", "io.istio.sidecar/inject", "true", "sidecar.istio.io/inject"),
        ("Pod", "sidecar.istio.io/injection", "false", "sidecar.istio.io/inject"),
        ("Service", "istio.io/use-waypoint-ns", "infra", f"{WAYPOINT}-namespace"),
        ("Service", "ambient.istio.io/use-waypoint-ns", "infra", f"{WAYPOINT}-namespace"),
        ("Service", "istio.io/use-waypoint-canary-ns", "infra", f"{WAYPOINT}-canary-namespace"),
        ("Service", "ambient.istio.io/use-waypoint-canary-namespace", "infra", f"{WAYPOINT}-canary-namespace"),
        ("Service", "istio.io/waypoint-canary", "wp", f"{WAYPOINT}-canary"),
        ("Service", "ambient.istio.io/use-waypoint-canary-namespaces", "infra", f"{WAYPOINT}-canary-namespace"),
        ("ServiceEntry", "istio.io/enable-autoallocate-ip", "true", "networking.istio.io/enable-autoallocate-ip"),
    ],
)
def test_what_a_misspelt_key_was_meant_to_be(kind: str, key: str, value: str, meant: str) -> None:
    labelled = on(kind, {key: value})
    assert codes(labelled) == ["KeyMisspelt"]
    assert f" {meant}={value} {key}-" in str(fix(labelled))


@pytest.mark.parametrize(
    ("kind", "key", "value", "meant"),
    [
        ("Pod", "istio.io/bypass-inbound-capture", "true", "ambient.istio.io/bypass-inbound-capture"),
        ("Pod", "istio.io/dns-capture", "true", "ambient.istio.io/dns-capture"),
        ("Pod", "ambient.istio.io/reroute-virtual-interfaces", "tap0", "istio.io/reroute-virtual-interfaces"),
        ("Pod", "istio.io/nativeSidecar", "true", "sidecar.istio.io/nativeSidecar"),
        ("Service", "istio.io/traffic-distribution", "PreferClose", "networking.istio.io/traffic-distribution"),
        ("Service", "istio.io/waypoint-canary-weight", "10", f"{WAYPOINT}-canary-weight"),
        ("Service", "ambient.istio.io/use-waypoint-canary-weights", "10", f"{WAYPOINT}-canary-weight"),
        ("AuthorizationPolicy", "security.istio.io/dry-run", "true", "istio.io/dry-run"),
    ],
)
def test_the_name_of_an_annotation_under_another_of_istios_names(kind: str, key: str, value: str, meant: str) -> None:
    labelled = on(kind, {}, **{key: value})
    assert codes(labelled) == ["KeyMisspelt"]
    assert f" {meant}={value} {key}-" in str(fix(labelled))


def test_the_right_key_is_already_there() -> None:
    labelled = on("Namespace", {"istio.io/dataplanemode": "ambient", MODE: "ambient"})
    assert fix(labelled) == f"{NS} istio.io/dataplanemode-"
    assert severities(labelled) == ["warning"]
    assert severities(on("Namespace", {"istio.io/dataplanemode": "ambient"})) == ["error"]


NAMESPACE_OF = "istio.io/use-waypoint-namespace"


@pytest.mark.parametrize(
    ("labelled", "severity"),
    [
        (on("Namespace", {MODE: "Ambient"}), "error"),
        (on("Service", {MODE: "ambient"}), "error"),
        (on("Namespace", {}, **{MODE: "ambient"}), "error"),
        (on("Namespace", {MODE: "ambient"}, **{MODE: "ambient"}), "warning"),  # the label does it
        (on("Namespace", {NAMESPACE_OF: "infra"}), "error"),
    ],
)
def test_what_does_nothing_is_an_error(labelled: Labelled, severity: str) -> None:
    assert severities(labelled) == [severity]


@pytest.mark.parametrize(
    ("kind", "key", "value", "command"),
    [
        ("Service", MODE, "ambient", f"kubectl label service web -n shop {MODE}-"),
        ("WorkloadEntry", MODE, "ambient", f"kubectl label workloadentry web -n shop {MODE}-"),
        ("Namespace", FOR, "all", f"{NS} {FOR}-"),
        ("Service", FOR, "all", f"kubectl label service web -n shop {FOR}-"),
        ("Gateway", WAYPOINT, "wp", f"kubectl label gateways.gateway.networking.k8s.io web -n shop {WAYPOINT}-"),
        ("Pod", INGRESS, "true", f"kubectl label pod web -n shop {INGRESS}-"),
        ("Pod", "istio-injection", "enabled", "kubectl label pod web -n shop istio-injection-"),
        ("Namespace", "sidecar.istio.io/inject", "true", f"{NS} sidecar.istio.io/inject-"),
    ],
)
def test_a_label_where_it_does_nothing(kind: str, key: str, value: str, command: str) -> None:
    labelled = on(kind, {key: value})
    assert codes(labelled) == ["KeyMisplaced"]
    assert fix(labelled) == command


def test_a_label_on_a_deployment_moves_into_its_template() -> None:
    labelled = template({}, {MODE: "ambient"})
    assert codes(labelled) == ["KeyMisplaced"]
    assert fix(labelled) == (
        "kubectl patch deployment web -n shop --type merge -p "
        '\'{"metadata":{"labels":{"istio.io/dataplane-mode":null}},'
        '"spec":{"template":{"metadata":{"labels":{"istio.io/dataplane-mode":"ambient"}}}}}\''
    )
    assert codes(template({MODE: "ambient"}, {MODE: "ambient"})) == []  # a tool that labels everything it makes
    assert codes(template({MODE: "none"}, {MODE: "ambient"})) == ["KeyMisplaced"]


def test_a_label_as_an_annotation_and_the_other_way_round() -> None:
    labelled = on("Namespace", {}, **{MODE: "ambient"})
    assert codes(labelled) == ["LabelIsAnnotation"]
    assert fix(labelled) == f"{NS} {MODE}=ambient && kubectl annotate namespace shop {MODE}-"
    bypass = "ambient.istio.io/bypass-inbound-capture"
    labelled = on("Pod", {bypass: "true"})
    assert codes(labelled) == ["AnnotationIsLabel"]
    assert fix(labelled) == (
        f"kubectl annotate pod web -n shop {bypass}=true && kubectl label pod web -n shop {bypass}-"
    )
    labelled = template({bypass: "true"})
    assert fix(labelled) == (
        'kubectl patch deployment web -n shop --type merge -p \'{"spec":{"template":{"metadata":{'
        f'"labels":{{"{bypass}":null}},"annotations":{{"{bypass}":"true"}}}}}}}}}}\''
    )


@pytest.mark.parametrize(
    ("spec_labels", "code", "change"),
    [
        ({"istio.io/use-waypoints": "wp"}, "KeyMisspelt", f'{{"{WAYPOINT}":"wp","istio.io/use-waypoints":null}}'),
        ({WAYPOINT: "None"}, "ValueUnknown", f'{{"{WAYPOINT}":"none"}}'),
        ({MODE: "ambient"}, "KeyMisplaced", f'{{"{MODE}":null}}'),
        ({f"{WAYPOINT}-namespace": "infra"}, "LabelIncomplete", f'{{"{WAYPOINT}-namespace":null}}'),
        ({"ambient.istio.io/dns-capture": "true"}, "AnnotationIsLabel", '{"ambient.istio.io/dns-capture":null}'),
    ],
)
def test_the_spec_of_a_workload_entry_has_labels_too(spec_labels: dict[str, str], code: str, change: str) -> None:
    (finding,) = report(entry(spec_labels)).findings
    key = next(iter(spec_labels))
    assert (finding.code, finding.evidence[0].field) == (code, f"spec.labels[{key}]")
    assert finding.message.startswith(f"spec.labels of WorkloadEntry/shop/web: {key}=")
    assert (
        line(finding.fix)
        == f'kubectl patch workloadentry web -n shop --type merge -p \'{{"spec":{{"labels":{change}}}}}\''
    )


def test_the_labels_of_a_workload_entry_are_those_of_both_places() -> None:
    namespace = f"{WAYPOINT}-namespace"
    assert codes(entry({WAYPOINT: "wp"}, {namespace: "infra"})) == []
    assert codes(entry({namespace: "infra"}, {WAYPOINT: "wp"})) == []
    beaten = report(entry({WAYPOINT: ""}, {WAYPOINT: "wp"}))
    assert (beaten.findings, [setting.holder for setting in beaten.own]) == ((), ["own"])
    there = entry({"istio.io/use-waypoints": "a"}, {WAYPOINT: "wp"})
    assert str(fix(there)).endswith('{"spec":{"labels":{"istio.io/use-waypoints":null}}}\'')


def test_a_label_that_is_only_read_beside_another() -> None:
    key = "istio.io/use-waypoint-namespace"
    assert codes(on("Service", {key: "infra"})) == ["LabelIncomplete"]
    assert codes(on("Service", {key: "infra", WAYPOINT: "wp"})) == []
    assert codes(on("Service", {key: "infra"}), on("Namespace", {WAYPOINT: "wp"})) == ["LabelIncomplete"]


@pytest.mark.parametrize(
    ("version", "kind", "key", "value", "known"),
    [
        ("1.30.3", "Service", "istio.io/use-waypoint-canary", "wp", False),
        ("1.31.0", "Service", "istio.io/use-waypoint-canary", "wp", True),
        ("1.31.0-rc.0", "Service", "istio.io/use-waypoint-canary", "wp", True),
        ("1.22.8", "GatewayClass", FOR, "all", False),
        ("1.20.8", "GatewayClass", FOR, "all", False),
        ("1.20.8", "Service", WAYPOINT, "wp", True),  # 1.22 is the oldest that was looked at, not the first
        ("1.20.8", "Namespace", "istio.io/rev", "canary", True),
        ("1.23.0", "GatewayClass", FOR, "all", True),
        ("1.24.2", "Namespace", INGRESS, "true", False),
        ("1.24.2", "Service", INGRESS, "true", True),
        ("1.23.6", "Service", INGRESS, "true", False),
    ],
)
def test_a_key_that_the_running_version_does_not_know(
    version: str, kind: str, key: str, value: str, known: bool
) -> None:
    assert codes(on(kind, {key: value}), by=istio(version)) == ([] if known else ["KeyNotInVersion"])


def test_an_annotation_is_known_by_the_version_of_istio_cni() -> None:
    key = "ambient.istio.io/dns-capture"
    assert codes(on("Pod", {}, **{key: "true"}), by=istio("1.24.6")) == ["KeyNotInVersion"]
    assert codes(on("Pod", {}, **{key: "true"}), by=istio("1.25.0")) == []


def test_where_the_version_is_not_known_it_is_assumed_to_know_the_key() -> None:
    labelled = on("Service", {"istio.io/use-waypoint-canary": "wp"})
    judge = judged(labelled, by=istio("latest"))
    assert judge.judge(labelled).findings == ()
    assert judge.assumptions == [
        "istiod is taken to know istio.io/use-waypoint-canary (1.31+): its image names no version"
    ]


@pytest.mark.parametrize(
    ("version", "value", "taken"),
    [
        ("1.24.0", "True", False),
        ("1.29.0", "True", True),
        ("1.29.0", "1", False),
        ("1.30.0", "1", True),
        ("1.30.0", "yes", False),
        ("latest", "t", True),
    ],
)
def test_how_a_boolean_is_read_by_each_version(version: str, value: str, taken: bool) -> None:
    assert codes(on("Service", {INGRESS: value}), by=istio(version)) == ([] if taken else ["ValueUnknown"])


@pytest.mark.parametrize(("version", "taken"), [("1.26.8", True), ("1.27.0", False)])
def test_how_inject_is_read_by_each_version(version: str, taken: bool) -> None:
    assert codes(on("Pod", {"sidecar.istio.io/inject": "yes"}), by=istio(version)) == (
        [] if taken else ["ValueUnknown"]
    )


def test_a_weight_and_a_dry_run_that_are_none() -> None:
    canary = {"istio.io/use-waypoint-canary": "wp2", WAYPOINT: "wp"}
    weight = {"istio.io/use-waypoint-canary-weight": "101"}
    assert codes(on("Service", canary, **weight), by=istio("1.31.0")) == ["ValueUnknown"]
    assert (
        codes(on("Service", canary, **{**weight, "istio.io/use-waypoint-canary-weight": "100"}), by=istio("1.31.0"))
        == []
    )
    assert codes(on("AuthorizationPolicy", {}, **{"istio.io/dry-run": "yes"})) == ["ValueUnknown"]
    assert codes(on("AuthorizationPolicy", {}, **{"istio.io/dry-run": "True"})) == []


@pytest.mark.parametrize(
    ("kind", "value", "mended"),
    [
        ("Service", "PreferClos", "PreferClose"),
        ("Namespace", "PreferSameNodes", "PreferSameNode"),
        ("ServiceEntry", "preferSameZon", "PreferSameZone"),
        ("Service", "close", None),
        ("Service", "true", None),
        ("Service", "preferclose", ""),
        ("Namespace", "PreferClose", ""),
        ("Service", "PreferSameZone", ""),
        ("Service", "PreferSameNode", ""),
    ],
)
def test_how_traffic_is_distributed(kind: str, value: str, mended: str | None) -> None:
    """An empty `mended` is for what is right, as it is in any case of letters."""
    key = "networking.istio.io/traffic-distribution"
    labelled = on(kind, {}, **{key: value})
    assert codes(labelled) == ([] if mended == "" else ["ValueUnknown"])
    if mended != "":
        on_what = "namespace shop" if kind == "Namespace" else f"{kind.lower()} web -n shop"
        assert fix(labelled) == (f"kubectl annotate {on_what} {key}={mended} --overwrite" if mended else None)


# Both modes


def test_both_modes_on_a_namespace() -> None:
    injected = on("Namespace", {MODE: "ambient", "istio-injection": "enabled"})
    assert codes(injected, by=istio(webhooks=True)) == ["BothModes"]
    assert fix(injected, by=istio(webhooks=True)) == f"{NS} istio-injection-"
    assert codes(injected) == []  # nothing injects in this cluster
    assert codes(on("Namespace", {MODE: "none", "istio-injection": "enabled"}), by=istio(webhooks=True)) == []


def test_a_revision_on_an_ambient_namespace() -> None:
    revised = on("Namespace", {MODE: "ambient", "istio.io/rev": "canary"})
    assert codes(revised, by=istio(webhooks=True)) == ["BothModes"]
    assert fix(revised, by=istio(webhooks=True)) == f"{NS} istio-injection=disabled"
    safe = on("Namespace", {MODE: "ambient", "istio.io/rev": "canary", "istio-injection": "disabled"})
    assert codes(safe, by=istio(webhooks=True)) == []
    both = on("Namespace", {MODE: "ambient", "istio.io/rev": "canary", "istio-injection": "enabled"})
    stop = f"{NS} istio-injection=disabled --overwrite"
    assert fix(both, by=istio(webhooks=True)) == stop, "without istio-injection the revision would count"


@pytest.mark.parametrize(
    ("labels", "annotations", "mended"),
    [
        ({"istio-injection": "Enabled"}, {}, "label namespace shop istio-injection=disabled --overwrite"),
        ({"istio-injecton": "enabled"}, {}, "label namespace shop istio-injecton-"),
        ({}, {"istio-injection": "enabled"}, "annotate namespace shop istio-injection-"),
    ],
)
def test_no_mistake_is_mended_into_sidecars_beside_ambient(
    labels: dict[str, str], annotations: dict[str, str], mended: str
) -> None:
    wrong = on("Namespace", {MODE: "ambient", **labels}, **annotations)
    assert fix(wrong, by=istio(webhooks=True)) == f"kubectl {mended}"


# Copies


COPY = {"security.istio.io/tlsMode": "istio"}
AMBIENT_SHOP = Labelled(kind="Namespace", namespace="", name="shop", labels={MODE: "ambient"})


def test_what_istio_wrote_on_a_pod_in_the_template() -> None:
    tunnel = {"networking.istio.io/tunnel": "http"}
    copies = (template(COPY), template(tunnel), template({}, **{"ambient.istio.io/redirection": "enabled"}))
    for copy in copies:
        (finding,) = report(copy, AMBIENT_SHOP).findings
        assert finding.code == "CopiedFromPod"
        assert (line(finding.fix) or "").startswith("kubectl patch deployment web -n shop --type merge")
        assert report(copy, AMBIENT_SHOP).own, "it is on the list"
    assert codes(template(COPY | {MODE: "ambient"})) == ["CopiedFromPod"]
    made = template(COPY, kind="ReplicaSet", owner=DEPLOYMENT)
    assert report(made, AMBIENT_SHOP).findings[0].message.endswith("makes the ReplicaSet: mend it there")


def test_a_copy_that_does_no_harm() -> None:
    assert codes(template(COPY)) == [], "not in ambient mode"
    assert codes(template(COPY | {MODE: "none"}), AMBIENT_SHOP) == []
    assert codes(template({"security.istio.io/tlsMode": "disabled"}), AMBIENT_SHOP) == []
    assert codes(template(COPY, **{"sidecar.istio.io/status": "{}"}), AMBIENT_SHOP) == [], "istioctl kube-inject"
    assert codes(pod_of("web", COPY), AMBIENT_SHOP) == [], "injection writes it there"


# Silence


def test_custom_selectors_have_the_say() -> None:
    own = "- {namespaceSelector: {matchLabels: {istio.io/dataplane: mesh}}}"
    for labelled in (
        on("Namespace", {MODE: "on"}),
        on("Service", {MODE: "ambient"}),
        on("Namespace", {"istio.io/dataplane": "mesh"}),
        on("Namespace", {"istio.io/dataplanemode": "ambient"}),
    ):
        assert codes(labelled, by=istio(selectors=own)) == []
    assert codes(on("Service", {WAYPOINT: ""}), by=istio(selectors=own)) == ["ValueUnknown"]
    assert codes(on("Namespace", {MODE: "on"}), by=istio("1.26.8", own)) == ["ValueUnknown"]  # not read before 1.27


def test_no_key_of_istios_api_is_a_misspelt_one() -> None:
    for key in sorted(KNOWN_KEYS | {known.key for known in REFERENCE}):
        for labelled in (on("Pod", {key: "x"}), on("Pod", {}, **{key: "x"})):
            assert "KeyMisspelt" not in codes(labelled), key


@pytest.mark.parametrize(
    "key",
    [
        "app.kubernetes.io/name",
        "istio",
        "istio-version",
        "istio-rev",
        "istio.io/team",
        "istio.io/ref",
        "topology.istio.io/zone",
        "security.istio.io/mode",
        "networking.istio.io/rev",
        "networking.istio.io/inject",
        "gateway.istio.io/network",
        "io.istio/team",
        "leader.istio.io/holder-key",
        "example.com/dns-capture-istio",
        "example.com/sidecar.istio.io-injection",
        "mesh.istio.io/injection",
        "gateway.istio.io/revision",
        "example.com/use-waypoint",
        "kmesh.net/dataplane-mode",
        "mode",
        "rev",
        "waypoint",
        "sidecar.istio.io/logLevels",
    ],
)
def test_keys_of_others_are_left_alone(key: str) -> None:
    assert codes(on("Namespace", {key: "x"})) == []
    assert codes(on("Service", {}, **{key: "x"})) == []


@pytest.mark.parametrize(("value", "right"), [("PROXY", 1), ("NONE/80", 1), ("proxy/1", 0), ("PROXY/x", 0), ("", 0)])
def test_how_a_waypoint_is_bound(value: str, right: int) -> None:
    bound = on("Gateway", {}, **{"ambient.istio.io/waypoint-inbound-binding": value})
    assert codes(bound) == ([] if right else ["ValueUnknown"])


@pytest.mark.parametrize("value", ["Kmesh", "kmesh"])
def test_another_data_plane_is_no_mistake(value: str) -> None:
    assert codes(on("Namespace", {MODE: value})) == []


@pytest.mark.parametrize(
    "labels",
    [
        {"gateway.istio.io/managed": "istio.io-mesh-controller"},
        {"operator.istio.io/component": "Pilot"},
        {"app.kubernetes.io/part-of": "istio"},
        {"app": "ztunnel"},
        {"k8s-app": "istio-cni-node"},
        {"helm.sh/chart": "gateway-1.27.0"},
        {"istio.io/tag": "prod"},
    ],
)
def test_istios_own_objects_are_not_judged(labels: dict[str, str]) -> None:
    assert is_istios(labels)
    mistaken = {MODE: "none", FOR: "all"}
    assert codes(Labelled(kind="Service", namespace="x", name="y", labels=mistaken, istios=True)) == []
    assert codes(Labelled(kind="Service", namespace="x", name="y", labels=mistaken)) == ["KeyMisplaced"] * 2


def test_labels_in_their_places() -> None:
    right = [
        on("Namespace", {MODE: "none", WAYPOINT: "wp", "istio.io/use-waypoint-namespace": "infra", INGRESS: "true"}),
        on("Pod", {MODE: "ambient", WAYPOINT: "none", "istio.io/rev": "canary", "sidecar.istio.io/inject": "false"}),
        on("Service", {WAYPOINT: "wp", INGRESS: "false", "topology.istio.io/network": "n"}),
        on("ServiceEntry", {WAYPOINT: "wp", "networking.istio.io/enable-autoallocate-ip": "true"}),
        on("WorkloadEntry", {WAYPOINT: "wp", "networking.istio.io/tunnel": "http"}),
        on("Gateway", {FOR: "all", MODE: "none", "istio.io/rev": "canary", "sidecar.istio.io/inject": "false"}),
        on("GatewayClass", {FOR: "none"}),
        template({WAYPOINT: "wp", MODE: "none"}, **{"ambient.istio.io/bypass-inbound-capture": "1"}),
        on("Pod", {}, **{"ambient.istio.io/redirection": "enabled", "sidecar.istio.io/status": "{}"}),
    ]
    for labelled in right:
        assert codes(labelled) == [], labelled


def test_a_waypoint_may_be_called_true() -> None:
    waypoint = Labelled(kind="Gateway", namespace="shop", name="true", labels={FOR: "all"})
    assert codes(on("Service", {WAYPOINT: "true"}), waypoint) == []


def test_a_mistake_of_a_template_is_not_told_again_for_its_pods() -> None:
    workload = template({MODE: "Ambient"})
    assert codes(workload) == ["ValueUnknown"]
    assert codes(pod_of("web", {MODE: "Ambient"}), workload) == []
    assert codes(pod_of("web", {MODE: "enabled"}), workload) == ["ValueUnknown"]
    assert codes(pod_of("other", {MODE: "Ambient"}), workload) == ["ValueUnknown"]
    assert report(pod_of("web", {MODE: "Ambient"}), workload).own == ()


def test_a_mistake_of_a_cronjob_is_told_there_and_nowhere_below() -> None:
    nightly = template({MODE: "Ambient"}, kind="CronJob")
    job = template({MODE: "Ambient"}, {"istio.io/use-waypoints": "wp"}, kind="Job", owner=NIGHTLY)
    assert codes(nightly, job) == ["ValueUnknown"]
    assert fix(nightly) == (
        'kubectl patch cronjob web -n shop --type merge -p \'{"spec":{"jobTemplate":{"spec":{"template":{"metadata":'
        '{"labels":{"istio.io/dataplane-mode":"ambient"}}}}}}}\''
    )
    assert (codes(job, nightly), report(job, nightly).own) == ([], ())
    assert codes(pod_of("web", {MODE: "Ambient"}, "Job"), job, nightly) == []
    assert codes(pod_of("web", {MODE: "enabled"}, "Job"), job, nightly) == ["ValueUnknown"]
    mended = template({MODE: "ambient"}, kind="CronJob")
    assert codes(job, mended) == []  # of an earlier run


def test_the_template_of_a_job_cannot_be_changed() -> None:
    again = "The template of a Job cannot be changed: mend its manifest, delete the Job and create it again"
    for job in (
        template({MODE: "Ambient"}, kind="Job"),
        template({"istio.io/dataplanemode": "ambient"}, kind="Job"),
        template({"ambient.istio.io/bypass-inbound-capture": "true"}, kind="Job"),
        template({}, {MODE: "ambient"}, kind="Job"),
    ):
        (finding,) = report(job).findings
        assert (line(finding.fix), finding.message.partition(". ")[2].endswith(again)) == (None, True), finding
    assert fix(template({}, {FOR: "all"}, kind="Job")) == f"kubectl label job web -n shop {FOR}-"


def test_what_an_owner_makes_is_mended_there() -> None:
    for kind, owner in (("Job", NIGHTLY), ("Job", Owner(kind="Workflow", name="w")), ("ReplicaSet", DEPLOYMENT)):
        for made in (template({MODE: "Ambient"}, kind=kind, owner=owner), template({}, {FOR: "all"}, kind, owner)):
            (finding,) = report(made).findings
            assert line(finding.fix) is None
            assert finding.message.endswith(f". {owner} makes the {kind}: mend it there")


def test_what_an_operator_makes_is_mended_at_the_operator() -> None:
    operator = Owner(kind="Kafka", name="k")
    (finding,) = report(template({}, {MODE: "ambient"}, "StatefulSet", operator)).findings
    assert (finding.code, line(finding.fix)) == ("KeyMisplaced", None)
    assert finding.message.endswith(". Kafka/k makes the StatefulSet: mend it there")


def test_what_a_controller_copies_to_all_that_it_makes_is_no_mistake() -> None:
    """Knative gives its Services the annotations that are meant for the pods."""
    made = Owner(kind="ServerlessService", name="hello")
    copied = {"labels": {MODE: "ambient"}, "annotations": {"sidecar.istio.io/inject": "true"}}
    for kind in ("Service", "ServiceEntry", "Gateway"):
        assert codes(Labelled(kind=kind, namespace="shop", name="web", owner=made, **copied)) == []
    wrong = Labelled(kind="Service", namespace="shop", name="web", owner=made, labels={"istio.io/use-waypoints": "wp"})
    assert codes(wrong) == ["KeyMisspelt"]


def test_what_a_gateway_hands_on_to_its_service() -> None:
    closeness = {"networking.istio.io/traffic-distribution": "PreferSameZone"}
    assert codes(on("Gateway", {}, **closeness)) == [], "it replaces the default of the waypoint's Service"
    assert codes(on("Pod", {}, **closeness)) == ["KeyMisplaced"]
    (finding,) = report(on("Gateway", {WAYPOINT: "wp"})).findings
    assert "does no more on a Gateway than to be copied to the Gateway's own Service" in finding.message


def test_the_chart_of_the_gateway_is_known_by_its_whole_name() -> None:
    assert is_istios({"helm.sh/chart": "gateway-1.24.0"})
    assert not is_istios({"helm.sh/chart": "gateway-api-controller-1.2.0"})


def test_a_job_without_labels_gets_those_of_its_template() -> None:
    """The API server's doing, so they are told once."""
    mistaken = {"istio.io/dataplanemode": "ambient"}
    job = template(mistaken, mistaken, kind="Job")
    assert [e.field for finding in report(job).findings for e in finding.evidence] == [
        "spec.template.metadata.labels[istio.io/dataplanemode]"
    ]
    assert [setting.holder for setting in report(job).own] == ["template"]


def gateway(labels: dict[str, str], infrastructure: dict[str, str] | None, of: str = "istio") -> Labelled:
    return Labelled(
        kind="Gateway", namespace="shop", name="web", labels=labels, class_name=of, infrastructure=infrastructure
    )


AMBIENT_SHOP = on("Namespace", {MODE: "ambient"})
OPTS_OUT = (
    "kubectl patch gateway web -n shop --type=merge -p "
    '\'{"spec":{"infrastructure":{"labels":{"istio.io/dataplane-mode":"none"}}}}\''
)


def test_an_opt_out_that_does_not_reach_the_pods_of_a_gateway() -> None:
    lost = gateway({MODE: "none"}, {})
    (finding,) = report(lost, AMBIENT_SHOP).findings
    assert (finding.code, finding.severity, line(finding.fix)) == ("OptOutLost", "error", OPTS_OUT)
    assert finding.message.endswith("Namespace/shop puts them into ambient mode, where a gateway's connections fail")
    (alone,) = report(lost).findings
    assert alone.message.endswith("their namespace decides")


@pytest.mark.parametrize(
    "found",
    [
        gateway({MODE: "none"}, None),
        gateway({MODE: "none"}, {MODE: "none"}),
        gateway({}, {}),
        gateway({MODE: "none"}, {}, of="istio-waypoint"),
        gateway({MODE: "none"}, {}, of="kgateway"),
        gateway({MODE: "none"}, {}, of=""),
    ],
    ids=["no labels for pods", "both", "none", "a waypoint is out by its template", "another controller", "no class"],
)
def test_an_opt_out_that_reaches_the_pods_or_is_not_istiods_to_carry(found: Labelled) -> None:
    assert codes(found, AMBIENT_SHOP) == []


def test_whose_a_class_is_tells_its_controller() -> None:
    def of_class(name: str, controller: str) -> Labelled:
        return Labelled(kind="GatewayClass", namespace="", name=name, controller=controller)

    lost = gateway({MODE: "none"}, {}, of="edge")
    assert codes(lost, of_class("edge", "istio.io/gateway-controller")) == ["OptOutLost"]
    assert codes(lost, of_class("edge", "example.com/gateway")) == []
    assert codes(gateway({MODE: "none"}, {}), of_class("istio", "example.com/gateway")) == []


def test_a_gateway_that_asks_for_ambient() -> None:
    (finding,) = report(gateway({MODE: "ambient"}, None)).findings
    assert (finding.code, finding.severity) == ("GatewayCaptured", "error")
    assert line(finding.fix) == f"kubectl label gateway web -n shop {MODE}=none --overwrite"
    (finding,) = report(gateway({}, {MODE: "ambient"}, of="istio-waypoint")).findings
    assert line(finding.fix) == OPTS_OUT
    sandwiched = replace(
        gateway({MODE: "ambient"}, None), annotations={"ambient.istio.io/waypoint-inbound-binding": "PROXY/15088"}
    )
    assert codes(sandwiched) == []
    assert codes(gateway({MODE: "ambient"}, None, of="kgateway")) == []
