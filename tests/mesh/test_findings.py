"""The commands of findings about the mode's label: each does what it is for, and none where none can."""

from __future__ import annotations

import pytest

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Owner, Template, Workload
from kubectl_ambient.mesh.evidence import Finding

from .builders import AMBIENT, NONE, cluster, judge, pod, redirected

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
    assert not_kept(mine, made_by("Deployment", kept)).fix == fix


def test_the_template_of_a_job_cannot_be_changed_that_of_its_cronjob_can() -> None:
    assert not_kept(AMBIENT, made_by("Job", {})).fix is None
    assert not_kept(AMBIENT, made_by("Job", {}, owner=Owner(kind="Widget", name="load"))).fix is None
    job = made_by("Job", {}, owner=Owner(kind="CronJob", name="load"))
    assert not_kept(AMBIENT, job).fix == "kubectl ambient enable cronjob/load -n app"
    assert not_kept(AMBIENT, job, made_by("CronJob", NONE, "load")).fix == (
        "kubectl ambient enable cronjob/load -n app --overwrite"
    )
    assert not_kept(AMBIENT, job, made_by("CronJob", AMBIENT, "load")).fix is None, "its next one has it"


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
    targets = ("pod web-1 -n app", "namespace app")
    assert [f.fix for f in found] == [f"kubectl ambient {flags[0]} {t} {flags[1]}" if flags else None for t in targets]
