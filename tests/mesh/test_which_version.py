"""Which version runs, in installs that people have: tags of vendors, floating tags, digests, charts of a checkout."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import AgentContainer, EnvVar, Pod
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet, Istiod
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.control_plane import control_plane
from kubectl_ambient.mesh.installation.settings import rules_of
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.render.explain import _docs
from tests.mesh.builders import AMBIENT, DEFAULT_SELECTORS, agent, cluster, config_data, pod, redirected
from tests.mesh.l7_builders import mesh, service, service_entry, workload_entry

DIGEST = "registry.example:5000/mirror/install-cni@sha256:" + "a" * 64
CHART = "app.kubernetes.io/version"


def installed(
    image: str,
    data: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    ztunnel: Pod | None = None,
    subject: Pod | None = None,
    env: tuple[EnvVar, ...] = (),
) -> Snapshot:
    """istio-cni by that image, with that ConfigMap and these labels of its chart, on the node of one ambient pod."""
    container = AgentContainer(image=image, env=env)
    config = ConfigMap(namespace="istio-system", name="istio-cni-config", data=data or {})
    return cluster(
        pods=[subject or pod(annotations=redirected("enabled"))],
        namespace_labels=AMBIENT,
        cni_daemonsets=[
            DaemonSet(namespace="istio-system", name="istio-cni-node", labels=labels or {}, container=container)
        ],
        cni_pods=[structs.replace(agent("istio-cni-node", "1"), agent=container)],
        cni_config=[config] if data is not None else [],
        ztunnel_pods=[ztunnel or structs.replace(agent("ztunnel", "1"), agent=AgentContainer(image=DIGEST))],
    )


def of(snapshot: Snapshot) -> tuple[str, str | None]:
    """Whose rules are applied to the pod, and the version as it is written."""
    judge = Judge(snapshot)
    worlds = judge.installation.on("n1").worlds
    judgement = judge.explain(next(iter(snapshot.pods)))
    told = rules_of(worlds)
    assert _docs(judgement).startswith((f"Judged by the rules of Istio {told}.", "The rules of Istio"))
    return told, worlds[-1].version_told.value


@pytest.mark.parametrize(
    ("tag", "rules", "written"),
    [
        ("1.30.3", "1.30.3", "1.30.3"),
        ("v1.30.3", "1.30.3", "v1.30.3"),
        ("1.28.1-solo-fips-distroless", "1.28.1", "1.28.1-solo-fips-distroless"),
        ("1.24.1-tetratefips-v0", "1.24.1", "1.24.1-tetratefips-v0"),
        ("1.32.0-alpha.527f8d6cb12e", "1.31.0", "1.32.0-alpha.527f8d6cb12e"),
        ("1.27-alpha.0a1b2c", "1.27.0-alpha.0", "1.27-alpha.0a1b2c"),
        ("1.31.0-rc.0", "1.31.0-rc.0", "1.31.0-rc.0"),
        ("1.35.2", "1.31.0", "1.35.2"),
        ("1.24", "1.24", "1.24"),
        ("1.27-distroless", "1.27", "1.27-distroless"),
        ("1.20.8-asm.6", "1.20.8", "1.20.8-asm.6"),
    ],
)
def test_s08_a_tag_is_shown_as_it_is_written(tag: str, rules: str, written: str) -> None:
    data = {"AMBIENT_ENABLED": "true", "AMBIENT_ENABLEMENT_SELECTOR": DEFAULT_SELECTORS}
    assert of(installed(f"registry.example/install-cni:{tag}", data)) == (rules, written)
    assert control_plane(mesh(version=tag)).rules == rules
    assert control_plane(mesh(version=tag)).newest.told.value == written


@pytest.mark.parametrize("tag", ["latest", "v3.32.0", "1.20240605", "20240605", "main-0123abc", "1"])
def test_what_is_no_version_of_istio(tag: str) -> None:
    assert versions.named(tag) is None
    assert of(installed(f"quay.io/calico/istio-install-cni:{tag}", {"CURRENT_AGENT_VERSION": "1.28.1"})) == (
        "1.28.1",
        "1.28.1",
    ), "S02: Calico's own tags"


def test_s07_a_chart_of_a_checkout_is_not_believed() -> None:
    labels = {CHART: "1.0.0", "helm.sh/chart": "cni-1.0.0"}
    data = {"CURRENT_AGENT_VERSION": "latest", "AMBIENT_ENABLED": "true"}
    snapshot = installed("x/install-cni:latest", data | {"AMBIENT_ENABLEMENT_SELECTOR": DEFAULT_SELECTORS}, labels)
    assert of(snapshot) == ("1.27 to 1.31", None)
    judge = Judge(snapshot)
    verdict = judge.judge(next(iter(snapshot.pods)))
    assert (verdict.expected, verdict.state, verdict.reason) == ("in", "Enrolled", "NamespaceLabel")
    (told,) = judge.assumptions
    assert "its chart's label 1.0.0 is no version of Istio" in told
    assert "every version from 1.27 to 1.31 was asked, as its ConfigMap has AMBIENT_ENABLEMENT_SELECTOR" in told
    assert of(installed(DIGEST, {}, {CHART: "1.29.1"})) == ("1.29.1", "1.29.1"), "S10: one that can be is believed"
    assert of(installed(DIGEST, {"CURRENT_AGENT_VERSION": "1.27.3"})) == ("1.27.3", "1.27.3"), "S03"
    istiod = Istiod(namespace="istio-system", name="istiod", labels=labels, container=AgentContainer(image="x:latest"))
    assert control_plane(mesh(istiods=[istiod])).rules == "1.22 to 1.31"


def test_s16_the_more_exact_source_counts() -> None:
    floating = "cgr.dev/chainguard/istio-install-cni:1.24"
    assert of(installed(floating, {"CURRENT_AGENT_VERSION": "1.24.6"})) == ("1.24.6", "1.24.6")
    assert of(installed(floating, {"CURRENT_AGENT_VERSION": "1.24"}, {"helm.sh/chart": "cni-1.24.6"}))[1] == "1.24.6"
    assert of(installed(floating, {"CURRENT_AGENT_VERSION": "1.25.2"})) == ("1.24", "1.24"), "of another minor"
    exact = "docker.io/istio/install-cni:1.24.2"
    assert of(installed(exact, {"CURRENT_AGENT_VERSION": "1.24.6"})) == ("1.24.2", "1.24.2"), "what runs beats it"
    istiod = Istiod(
        namespace="istio-system",
        name="istiod",
        labels={"helm.sh/chart": "istiod-1.24.6"},
        container=AgentContainer(image="cgr.dev/chainguard/istio-pilot:1.24"),
    )
    assert control_plane(mesh(istiods=[istiod])).newest.told.value == "1.24.6"


def test_s16_a_missing_patch_is_no_zero() -> None:
    """1.22.2 and later refuse pods on the host network, 1.22.0 does not; all of 1.24 agree on everything else."""
    host = pod(host_network=True, annotations=redirected(None))
    json = {"cni_network_config": '{"ambient_enabled": true}'}
    findings = {}
    for tag in ("1.22", "1.22.0", "1.22.8", "1.24", "1.27"):
        data = config_data(f"{tag}.0" if tag.count(".") == 1 else tag) | (json if tag.startswith("1.22") else {})
        data.pop("CURRENT_AGENT_VERSION", None)
        snapshot = installed(f"x/install-cni:{tag}", data, subject=host)
        verdict = Judge(snapshot).judge(host)
        assert verdict.expected == "out", tag
        findings[tag] = [f.code for f in verdict.findings]
    assert findings["1.22.0"] == ["HostNetworkUnguarded"]
    assert findings["1.22.8"] == findings["1.22"] == findings["1.24"] == [], "it cannot be told, so nothing is"
    assert findings["1.27"] == ["HostNetworkTried"], "every patch does so"
    (told,) = Judge(installed("x/install-cni:1.24", config_data("1.24.6") | {"CURRENT_AGENT_VERSION": "x"})).assumptions
    assert told == "istio-cni is 1.24, which tells no patch: every one that behaves otherwise was asked"


def test_s16_an_exclude_list_of_a_floating_tag_is_still_told_of() -> None:
    here = pod(namespace="kube-system", annotations=redirected(None))
    data = {"AMBIENT_ENABLED": "true", "EXCLUDE_NAMESPACES": "kube-system"}
    snapshot = installed("x/install-cni:1.24", data, subject=here)
    snapshot.namespaces.facts["kube-system"] = structs.replace(snapshot.namespaces.facts["app"], name="kube-system")
    (finding,) = (f for f in Judge(snapshot).judge(here).findings if f.code == "ExclusionNotHonoured")
    assert "Istio 1.24 honours that only while a pod starts" in finding.message


DECKHOUSE: dict[str, Any] = {
    "data": {"cni_network_config": '{"kubernetes": {"exclude_namespaces": ["kube-system"]}}'},
    "env": (EnvVar(name="AMBIENT_ENABLED", value="true"),),
}


def ztunnel(version: str) -> Pod:
    by_digest = AgentContainer(image=DIGEST)
    return structs.replace(agent("ztunnel", "1"), labels={"app": "ztunnel", CHART: version}, agent=by_digest)


def test_s01_what_runs_and_what_it_wrote_narrow_it_down() -> None:
    snapshot = installed(DIGEST, **DECKHOUSE, ztunnel=ztunnel("1.25.2"))
    assert of(snapshot) == ("1.25 to 1.26", None)
    judge = Judge(snapshot)
    verdict = judge.judge(next(iter(snapshot.pods)))
    assert (verdict.expected, verdict.state, verdict.reason) == ("in", "Enrolled", "NamespaceLabel")
    (told,) = judge.assumptions
    assert "every version from 1.25 to 1.26 was asked, as it put pods in without AMBIENT_ENABLEMENT_SELECTOR" in told
    assert "and ztunnel is 1.25.2" in told


def test_s01_without_a_trace_it_cannot_be_told() -> None:
    fresh = pod(annotations=redirected(None))
    snapshot = installed(DIGEST, **DECKHOUSE, subject=fresh)
    verdict = Judge(snapshot).judge(fresh)
    assert (verdict.expected, of(snapshot)[0]) == ("unknown", "1.22 to 1.31")
    assert "which is not known: in by the rules of 1.22.0" in verdict.message


def test_s01_selectors_that_stand_in_the_env_are_none_that_are_missing() -> None:
    by_env = (EnvVar(name="AMBIENT_ENABLED", value="true"), EnvVar(name="AMBIENT_ENABLEMENT_SELECTOR", value="[{}]"))
    assert of(installed(DIGEST, DECKHOUSE["data"], env=by_env))[0] == "1.22 to 1.31"
    assert of(installed(DIGEST, None, env=DECKHOUSE["env"]))[0] == "1.22 to 1.31", "a ConfigMap that is not there"


def test_s01_a_clue_that_leaves_nothing_is_passed_over() -> None:
    later = installed(DIGEST, **DECKHOUSE, ztunnel=ztunnel("1.30.3"))
    assert of(later)[0] == "1.22 to 1.26", "ztunnel was updated alone"


@pytest.mark.parametrize(
    ("data", "written", "rules"),
    [
        ({"CURRENT_AGENT_VERSION": "latest"}, None, "1.23 to 1.31"),
        ({"CURRENT_AGENT_VERSION": "latest", "AMBIENT_ENABLED": "true"}, None, "1.23 to 1.26"),
        ({"AMBIENT_ENABLEMENT_SELECTOR": DEFAULT_SELECTORS}, "enabled", "1.27 to 1.31"),
        ({"CURRENT_AGENT_VERSION": "latest", "EXCLUDED_NAMESPACES": "kube-system"}, None, "1.23 to 1.25"),
        ({"AMBIENT_ENABLEMENT_SELECTOR": DEFAULT_SELECTORS}, "pending", "1.27 to 1.31"),
        ({"AMBIENT_ENABLED": "true"}, "pending", "1.25 to 1.26"),
        # Whoever writes “pending” has ambient on by a key that is not there: it was written at another time.
        ({"cni_network_config": '{"ambient_enabled": true}'}, "pending", "1.22 to 1.26"),
        ({"AMBIENT_ENABLED": "true"}, "enabled", "1.22 to 1.26"),
        ({"AMBIENT_ENABLED": "true"}, None, "1.22 to 1.31"),
    ],
)
def test_the_shape_of_the_configuration(data: dict[str, str], written: str | None, rules: str) -> None:
    assert of(installed("x/install-cni:latest", data, subject=pod(annotations=redirected(written))))[0] == rules


def test_what_istiod_wrote_narrows_it_down() -> None:
    bound = (Condition(type="istio.io/WaypointBound", status="True", reason="WaypointAccepted"),)
    missing = (Condition(type="istio.io/WaypointMissing", status="True", reason="NoWaypointForWildcardService"),)
    for target, rules in (
        (service(), "1.22 to 1.31"),
        (service(conditions=bound), "1.24 to 1.31"),
        (service_entry(conditions=missing), "1.28 to 1.31"),
        (workload_entry(conditions=bound), "1.30 to 1.31"),
    ):
        found = control_plane(mesh(target, istiods=[]))
        assert found.rules == rules
        assert f"every version from {rules} was asked" in found.assumptions[0]
