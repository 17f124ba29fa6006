"""The commands of findings about labels: each does what it is for, and none where none can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Annotations, Owner, Template, Unread, Workload
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.subjects import workload_subject
from tests.lines import line

from .builders import AMBIENT, NONE, agent, cluster, judge, pod, redirected

OTHER = {DATAPLANE_MODE: "Ambient"}


def made_by(kind: str, labels: dict[str, str], name: str = "web", owner: Owner | None = None) -> Workload:
    return Workload(kind=kind, namespace="app", name=name, template=Template(labels=labels), owner=owner)


def not_kept(labels: dict[str, str], *workloads: Workload) -> Finding:
    maker = workloads[0]
    owned = pod(labels, owner=Owner(kind=maker.kind, name=maker.name), annotations=redirected("enabled"))
    verdict = judge(cluster(pods=[owned], workloads={w.ref: w for w in workloads}))
    return next(f for f in verdict.findings if f.code == "LabelNotKept")


@pytest.mark.parametrize(
    ("mine", "kept", "fix"),
    [
        (AMBIENT, {}, "kubectl ambient enable deploy/web -n app"),
        (AMBIENT, NONE, "kubectl ambient enable deploy/web -n app --overwrite"),
        (AMBIENT, OTHER, "kubectl ambient enable deploy/web -n app --overwrite"),
        (NONE, {}, "kubectl ambient disable deploy/web -n app --opt-out"),
        (NONE, AMBIENT, "kubectl ambient disable deploy/web -n app --opt-out"),
        (NONE, OTHER, "kubectl ambient disable deploy/web -n app --opt-out --overwrite"),
        (OTHER, AMBIENT, None),
        ({}, AMBIENT, None),
    ],
)
def test_a_label_that_the_template_has_not(mine: dict[str, str], kept: dict[str, str], fix: str | None) -> None:
    assert line(not_kept(mine, made_by("Deployment", kept)).fix) == fix


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("Deployment", {}, "follows the template"),
        ("Deployment", {"paused": True}, "follows the template once the rollout is resumed"),
        ("StatefulSet", {"partition": 1}, "follows the template"),
        ("StatefulSet", {"partition": 2}, "follows the template once the partition is lowered"),
        ("StatefulSet", {"partition": 2, "update_strategy": "OnDelete"}, "follows the template"),
    ],
)
def test_a_template_that_is_held_back(kind: str, fields: dict[str, Any], told: str) -> None:
    assert not_kept(AMBIENT, structs.replace(made_by(kind, {}), **fields)).message.endswith(f": the next pod {told}")


def test_the_template_of_a_job_cannot_be_changed_that_of_its_cronjob_can() -> None:
    assert line(not_kept(AMBIENT, made_by("Job", {})).fix) is None
    assert line(not_kept(AMBIENT, made_by("Job", {}, owner=Owner(kind="Widget", name="load"))).fix) is None
    job = made_by("Job", {}, owner=Owner(kind="CronJob", name="load"))
    assert line(not_kept(AMBIENT, job).fix) == "kubectl ambient enable cronjob/load -n app"
    assert line(not_kept(AMBIENT, job, made_by("CronJob", NONE, "load")).fix) == (
        "kubectl ambient enable cronjob/load -n app --overwrite"
    )
    assert line(not_kept(AMBIENT, job, made_by("CronJob", AMBIENT, "load")).fix) is None, "its next one has it"


@pytest.mark.parametrize(
    ("value", "flags"),
    [
        ("Ambient", ("enable", "--overwrite")),
        ("enabled", ("enable", "--overwrite")),
        ("ambiant", ("enable", "--overwrite")),
        ("None", ("disable", "--opt-out --overwrite")),
        ("off", ("disable", "--opt-out --overwrite")),
        ("disabled", ("disable", "--opt-out --overwrite")),
        ("sidecar", None),
        ("", None),
    ],
)
def test_a_mistyped_value_is_set_to_what_was_meant(value: str, flags: tuple[str, str] | None) -> None:
    labels = {DATAPLANE_MODE: value}
    found = judge(cluster(pods=[pod(labels)], namespace_labels=labels)).findings
    assert [f.code for f in found] == ["ModeValueUnknown"] * 2
    targets = ("pod web-1 -n app", "ns app")
    assert [line(f.fix) for f in found] == [
        f"kubectl ambient {flags[0]} {t} {flags[1]}" if flags else None for t in targets
    ]


def test_a_mistyped_value_of_a_template_is_mended_there() -> None:
    def told(*workloads: Workload) -> str | None:
        owner = Owner(kind=workloads[0].kind, name="web")
        verdict = judge(cluster(pods=[pod(OTHER, owner=owner)], workloads={w.ref: w for w in workloads}))
        return line(next(f for f in verdict.findings if f.code == "ModeValueUnknown").fix)

    assert told(made_by("Deployment", OTHER)) == "kubectl ambient enable deploy/web -n app --overwrite"
    assert told(made_by("Deployment", {})) == "kubectl ambient enable pod web-1 -n app --overwrite"
    assert told(made_by("Job", OTHER)) == "kubectl ambient enable pod web-1 -n app --overwrite"
    job = made_by("Job", OTHER, owner=Owner(kind="CronJob", name="load"))
    assert told(job, made_by("CronJob", OTHER, "load")) == "kubectl ambient enable cronjob/load -n app --overwrite"


def both_modes(template: dict[str, str], namespace: dict[str, str]) -> Finding:
    maker = made_by("Deployment", template)
    owned = pod(template, owner=Owner(kind="Deployment", name="web"), annotations=redirected("enabled"))
    verdict = judge(cluster(pods=[owned], namespace_labels=AMBIENT | namespace, workloads={maker.ref: maker}))
    return next(f for f in verdict.findings if f.code == "BothModes")


def test_what_stops_injection_in_the_namespace_is_told_where_it_does() -> None:
    enabled, revised = {"istio-injection": "enabled"}, {"istio.io/rev": "default"}
    stop = "kubectl label namespace app istio-injection"
    assert line(both_modes({}, enabled).fix) == f"{stop}-"
    assert line(both_modes({}, revised).fix) == f"{stop}=disabled"
    assert line(both_modes({}, enabled | revised).fix) == f"{stop}=disabled --overwrite", "the revision would take over"
    assert line(both_modes({"sidecar.istio.io/inject": "true"}, enabled).fix) is None, "the template asks for it too"


@pytest.mark.parametrize(
    ("namespace", "labels", "after"),
    [
        ({"istio.io/rev": "canary"}, {}, "unknown"),
        ({"istio.io/rev": "default"}, {}, "sidecar"),
        ({}, {"istio.io/rev": "canary"}, "unknown"),
        ({"istio.io/rev": "canary", "istio-injection": "disabled"}, {}, "ambient"),
        ({"istio.io/rev": "canary"}, {"sidecar.istio.io/inject": "false"}, "ambient"),
    ],
)
def test_a_revision_whose_webhooks_could_not_be_read(
    namespace: dict[str, str], labels: dict[str, str], after: str
) -> None:
    webhooks = Unread(what="list mutatingwebhookconfigurations", why="forbidden")
    verdict = judge(cluster(pods=[pod(labels)], namespace_labels=AMBIENT | namespace, webhooks=webhooks))
    assert verdict.after_restart == after


def test_the_evidence_of_a_template_is_where_it_stands() -> None:
    found = both_modes({"sidecar.istio.io/inject": "true"}, {})
    shown = {e.object: e.field for e in found.evidence}
    assert shown["Deployment/app/web"] == "spec.template.metadata.labels[sidecar.istio.io/inject]"


@pytest.mark.parametrize(
    ("kind", "path"), [("Deployment", "spec.template"), ("CronJob", "spec.jobTemplate.spec.template")]
)
def test_the_template_of_a_workload_is_where_it_stands(kind: str, path: str) -> None:
    workload = made_by(kind, AMBIENT)
    subject = workload_subject(Judge(cluster(workloads={workload.ref: workload})), workload, [])
    assert subject.evidence[0].field == f"{path}.metadata.labels[{DATAPLANE_MODE}]"


def test_a_finished_pod_has_no_traffic() -> None:
    finished = judge(
        cluster(pods=[pod(phase="Succeeded", annotations=redirected("enabled"))], namespace_labels=AMBIENT)
    )
    assert finished.state == "Stale"
    assert finished.message.endswith("and its annotation still says that it is.")


def test_why_the_next_pod_is_out_is_the_rule_that_keeps_it_out() -> None:
    snapshot = cluster(pods=[pod(host_network=True)], namespace_labels=AMBIENT)
    next_pod = Judge(snapshot).explain(next(iter(snapshot.pods))).next_pod
    assert (next_pod.becomes, next_pod.why[:32]) == ("none", "the pod uses its node's network:")
    unknown = cluster("1.18.0", [pod()], AMBIENT, data={"AMBIENT_ENABLED": "true"})
    next_pod = Judge(unknown).explain(next(iter(unknown.pods))).next_pod
    assert (next_pod.becomes, "older than 1.22" in next_pod.why) == ("unknown", True)


@pytest.mark.parametrize(("ago", "told"), [(-30, ""), (0, " (0s)"), (90, " (90s)")])
def test_a_pod_is_terminating_since_its_grace_period_has_passed(ago: int, told: str) -> None:
    now = datetime(2026, 9, 1, 12, tzinfo=UTC)
    leaving = pod(deleting=now - timedelta(seconds=ago))
    (found,) = (f for f in judge(cluster(pods=[leaving], now=now)).findings if f.code == "Terminating")
    assert found.message == f"the pod is terminating{told}"


def test_until_when_a_pending_pod_is_cut_off() -> None:
    pending = pod(AMBIENT, annotations=redirected("pending"))
    assert judge(cluster(pods=[pending])).message == (
        "Redirected, but ztunnel on n1 has not accepted it yet: until then it can neither send nor receive TCP."
    )
    assert judge(cluster(pods=[pending], ztunnel_pods=[agent("ztunnel", "1.30.3", "n2")])).message == (
        "Redirected, but no ztunnel pod runs on n1: until ztunnel accepts it, it can neither send nor receive TCP."
    )


@pytest.mark.parametrize("templates", ["gateway", "custom, gateway"])
def test_an_injected_gateway_is_no_conflict(templates: str) -> None:
    asked = {"sidecar.istio.io/inject": "true"}
    found = Annotations(sidecar_status="{}", inject_templates=templates)
    verdict = judge(cluster(pods=[pod(asked, annotations=found)], namespace_labels=AMBIENT))
    assert (verdict.mode, verdict.reason, verdict.findings) == ("gateway", "SidecarPresent", ())
    assert verdict.message == "Not in ambient mode: the pod has the proxy of a gateway, and that wins."


def misspelt(labels: dict[str, str], namespace: dict[str, str] | None = None, *makers: Workload) -> list[Finding]:
    owner = Owner(kind=makers[0].kind, name=makers[0].name) if makers else None
    snapshot = cluster(
        pods=[pod(labels, owner=owner)], namespace_labels=namespace, workloads={w.ref: w for w in makers}
    )
    return [f for f in judge(snapshot).findings if f.code == "KeyMisspelt"]


@pytest.mark.parametrize(
    "key",
    ["istio.io/dataplane-mod", "isto.io/dataplane-mode", "istio.io/data-plane-mode", "dataplane-mode", "istio.io/mode"],
)
def test_a_key_that_was_meant_to_be_the_modes(key: str) -> None:
    (found,) = misspelt({key: "none"})
    assert found.message == (
        f"Pod/app/web-1 has {key}=none, a key that Istio does not know: it looks like istio.io/dataplane-mode"
    )
    assert line(found.fix) == "kubectl ambient disable pod web-1 -n app --opt-out --overwrite"
    (found,) = misspelt({}, {key: "ambient"})
    assert line(found.fix) == "kubectl ambient enable ns app --overwrite"


def test_the_misspelt_key_of_a_template_is_mended_there() -> None:
    labels = {"istio.io/dataplane-mod": "none"}
    (found,) = misspelt(labels, AMBIENT, made_by("Deployment", labels))
    assert line(found.fix) == "kubectl ambient disable deploy/web -n app --opt-out"
    (found,) = misspelt({"istio.io/dataplane-mod": "sometimes"}, AMBIENT, made_by("Deployment", labels))
    assert line(found.fix) is None


@pytest.mark.parametrize("labels", [{"app": "web"}, {"mode": "dark"}, {"example.com/mode": "x"}, {"istio.io/rev": "x"}])
def test_other_keys_are_no_misspelt_ones(labels: dict[str, str]) -> None:
    assert misspelt(labels) == []
    assert misspelt({"istio.io/dataplane-mod": "none", **AMBIENT}) == [], "the right one counts"


@pytest.mark.parametrize(
    ("labels", "of_namespace", "severity"),
    [
        ({DATAPLANE_MODE: "Ambient"}, {}, "error"),
        ({DATAPLANE_MODE: "Ambient"}, AMBIENT, "warning"),  # it is in by its namespace, as was meant
        ({DATAPLANE_MODE: "None"}, AMBIENT, "error"),  # it was to stay out, and goes in
        ({DATAPLANE_MODE: "None"}, {}, "warning"),
        ({"istio.io/dataplanemode": "ambient"}, {}, "error"),
        ({"istio.io/dataplanemode": "ambient"}, AMBIENT, "warning"),
    ],
)
def test_what_does_nothing_is_an_error_unless_its_end_is_met(
    labels: dict[str, str], of_namespace: dict[str, str], severity: str
) -> None:
    verdict = judge(cluster(pods=[pod(labels)], namespace_labels=of_namespace))
    assert [f.severity for f in verdict.findings if f.code in ("ModeValueUnknown", "KeyMisspelt")] == [severity]
