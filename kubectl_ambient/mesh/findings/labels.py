"""Findings on the label that asks for a mode: misspelt, misplaced, not kept, not heeded, or beside a sidecar's."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod, Workload
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, Reason, Severity
from kubectl_ambient.mesh.enrolment.mode_label import corrected, misspelt_modes, overwrite
from kubectl_ambient.mesh.enrolment.rules import OTHER_DATA_PLANES, is_injected_gateway
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, label
from kubectl_ambient.mesh.findings.subject import Subject
from kubectl_ambient.mesh.rollout import held_until
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import Word, inside, name, named, namespace

_KIND_WORD = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "Job": "job", "CronJob": "cronjob"}


def both_modes(s: Subject) -> Iterator[Finding]:
    """Both modes are asked for: a running pod keeps what it has, the next one gets a sidecar, and that wins.

    A gateway is injected on purpose, wherever it is.
    """
    if s.pod.finished or not s.injection.injected or is_injected_gateway(s.pod):
        return
    asks = s.decision.expected == "in" or s.decision.reason == Reason.SIDECAR_PRESENT
    if not asks:
        return
    if s.pod.annotations.sidecar_status is not None:
        message = f"both modes are asked for, and the sidecar wins ({s.injection.message})"
    else:
        now = "in ambient mode now" if s.observed == "enabled" else "both modes are asked for"
        message = f"{now}, and the next pod gets a sidecar, which wins ({s.injection.message})"
    yield Finding.of(Code.BOTH_MODES, message, *s.injection.evidence, fix=s.injection.stop)


def mode_value(s: Subject) -> Iterator[Finding]:
    """A value of istio.io/dataplane-mode that is neither `ambient` nor `none`: values are compared to the letter."""
    if any(rules.custom for rules in s.agents.worlds):
        return
    where = [(s.pod.ref, s.pod.labels, _holder(s))]
    if isinstance(s.namespace, Namespace):
        its_own = ("ns", namespace(s.namespace.name))
        where.append((f"Namespace/{s.namespace.name}", s.namespace.labels, its_own))
    for ref, labels, target in where:
        value = labels.get(DATAPLANE_MODE)
        if value is None or value in ("ambient", "none") or value.lower() in OTHER_DATA_PLANES:
            continue
        yield Finding.of(
            Code.MODE_VALUE_UNKNOWN,
            f"{ref} has {DATAPLANE_MODE}={value}, which Istio does not know: it means neither ambient nor none",
            label(ref, DATAPLANE_MODE, value),
            fix=corrected(value, *target),
            severity=_unless_met(s, value),
        )


def _unless_met(s: Subject, value: str) -> Severity | None:
    """What does nothing is an error, unless the pod is what was most likely meant, by something else."""
    met = {"ambient": "in", "none": "out"}.get(value.strip().lower()) == s.decision.expected
    return "warning" if met else None


def _holder(s: Subject) -> tuple[str | Word, ...]:
    """What has to be labelled for the pod: the owner where the label is that of its template, else the pod itself."""
    workload = _changeable(s.workload, s.snapshot) if s.workload else None
    value = s.pod.labels.get(DATAPLANE_MODE)
    if workload is not None and workload.template.labels.get(DATAPLANE_MODE) == value:
        return target_of(workload)
    return _itself(s.pod)


def _itself(pod: Pod) -> tuple[str | Word, ...]:
    return ("pod", name(pod.name), *inside(pod.namespace))


def mode_key(s: Subject) -> Iterator[Finding]:
    """A label that was meant to be istio.io/dataplane-mode: it does nothing."""
    if any(rules.custom for rules in s.agents.worlds):
        return
    for key, value in misspelt_modes(s.pod.labels):
        fix = None
        if s.workload is not None:
            fix = _keep(value, s.workload, s.snapshot)
        elif s.pod.owner is None:
            fix = corrected(value, *_itself(s.pod))
        yield _misspelt(s, s.pod.ref, key, value, fix)
    if isinstance(s.namespace, Namespace):
        for key, value in misspelt_modes(s.namespace.labels):
            fix = corrected(value, "ns", namespace(s.namespace.name))
            yield _misspelt(s, f"Namespace/{s.namespace.name}", key, value, fix)


def _misspelt(s: Subject, ref: str, key: str, value: str, fix: Command | None) -> Finding:
    return Finding.of(
        Code.KEY_MISSPELT,
        f"{ref} has {key}={value}, a key that Istio does not know: it looks like {DATAPLANE_MODE}",
        label(ref, key, value),
        fix=fix,
        severity=_unless_met(s, value),
    )


def mode_annotation(s: Subject) -> Iterator[Finding]:
    """istio.io/dataplane-mode as an annotation does nothing: Istio reads the label."""
    where = [(s.pod.ref, s.pod.annotations.dataplane_mode)]
    if isinstance(s.namespace, Namespace):
        where.append((f"Namespace/{s.namespace.name}", s.namespace.mode_annotation))
    for ref, value in where:
        if value is not None:
            yield Finding.of(
                Code.MODE_IS_ANNOTATION,
                f"{ref} has {DATAPLANE_MODE}={value} as an annotation, which does nothing: Istio reads labels",
                annotation(ref, DATAPLANE_MODE, value),
                severity=_unless_met(s, value),
            )


def not_kept(s: Subject) -> Iterator[Finding]:
    """The pod's own label differs from its template's: it is lost when the pod is replaced."""
    if s.workload is None or s.pod.finished:
        return
    mine, kept = s.pod.labels.get(DATAPLANE_MODE), s.workload.template.labels.get(DATAPLANE_MODE)
    if mine == kept:
        return
    held = held_until(s.workload, s.pod)
    message = (
        f"the label {DATAPLANE_MODE} is {_shown(mine)} on the pod and {_shown(kept)} in the template of "
        f"{s.workload.kind} {s.workload.name}: the next pod follows the template{f' once {held}' if held else ''}"
    )
    yield Finding.of(
        Code.LABEL_NOT_KEPT,
        message,
        label(s.pod.ref, DATAPLANE_MODE, mine),
        Evidence(s.workload.ref, f"{s.workload.template_path}.metadata.labels[{DATAPLANE_MODE}]", kept),
        fix=_keep(mine, s.workload, s.snapshot),
        severity="info" if mine is None else "warning",
    )


def _keep(mine: str | None, workload: Workload, snapshot: Snapshot) -> Command | None:
    """The command that gives the pod's label to the template."""
    found = _changeable(workload, snapshot)
    value = found.template.labels.get(DATAPLANE_MODE) if found else mine
    if found is None or mine == value or mine not in ("ambient", "none"):
        return None
    if mine == "ambient":
        return offered(kubectl("ambient enable", *target_of(found), *overwrite(value)))
    return offered(kubectl("ambient disable", *target_of(found), "--opt-out", *overwrite(value)))


def _changeable(workload: Workload, snapshot: Snapshot) -> Workload | None:
    """The workload whose template can be changed: that of a Job cannot, so it is its CronJob's, or none."""
    if workload.kind != "Job":
        return workload
    owner = workload.owner
    if owner is None or owner.kind != "CronJob":
        return None
    read = snapshot.workload(owner.kind, workload.namespace, owner.name)
    return read or structs.replace(workload, kind=owner.kind, name=owner.name)


def target_of(workload: Workload) -> tuple[str | Word, ...]:
    """`deploy/web -n shop`, as `enable` and `disable` take it."""
    of = _KIND_WORD.get(workload.kind, workload.kind.lower())
    return (named(of, workload.name), *inside(workload.namespace))


def _shown(value: str | None) -> str:
    return "not set" if value is None else f"set to “{value}”"


def opt_out_ignored(s: Subject) -> Iterator[Finding]:
    """Custom enablement selectors that do not mention `none` take the opt-out away, for Istio's own pods as well."""
    if s.pod.labels.get(DATAPLANE_MODE) == "none" and s.decision.expected == "in":
        yield Finding.of(
            Code.OPT_OUT_IGNORED,
            f"the pod's label {DATAPLANE_MODE}=none has no effect: this cluster's own selectors do not heed it",
            label(s.pod.ref, DATAPLANE_MODE, "none"),
            s.agents.worlds[-1].entries_told.evidence,
        )
