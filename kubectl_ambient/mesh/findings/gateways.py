"""Findings on gateways of Istio: captured, about to be, or captured in some of their replicas only."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Unread, Workload
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.enrolment.enablement import Entry, Invalid, asks
from kubectl_ambient.mesh.enrolment.mode_label import overwrite
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, label
from kubectl_ambient.mesh.findings.labels import target_of
from kubectl_ambient.mesh.findings.subject import Subject
from kubectl_ambient.mesh.gateways import (
    copies_labels,
    gateway_of,
    is_sandwiched,
    keep_out,
    lost_words,
    mode_for_pods,
    what_makes_it_a_gateway,
)
from kubectl_ambient.shell.command import Offer, kubectl, offered
from kubectl_ambient.shell.words import inside, name, named

_REDIRECTION = "ambient.istio.io/redirection"
_TEMPLATES = ("Deployment", "StatefulSet", "DaemonSet")


class _Cure(Struct, frozen=True):
    """Why nothing keeps the pod out, as the rest of a sentence, and what does."""

    why: str
    evidence: tuple[Evidence, ...] = ()
    command: Offer | None = None


def captured(s: Subject) -> Iterator[Finding]:
    """A gateway speaks HBONE itself: behind ztunnel it is wrapped twice, which nobody understands [istio#54824].

    A proxy that is meant to stand behind ztunnel has a binding for that, and other controllers' proxies speak none.
    """
    gateway_by = None if s.pod.finished else what_makes_it_a_gateway(s.pod)
    if gateway_by is None or (s.decision.expected != "in" and s.observed == "absent"):
        return
    gateway = gateway_of(s.pod, s.snapshot)
    if is_sandwiched(gateway, s.snapshot):
        return
    now = "is redirected to ztunnel" if s.observed != "absent" else "is going to be redirected to ztunnel"
    message = (
        f"the pod is a gateway of Istio and {now}: it speaks the mesh's protocol itself, and wrapped once more its "
        "connections fail"
    )
    evidence = [gateway_by]
    if s.observed != "absent":
        evidence.append(annotation(s.pod.ref, _REDIRECTION, s.pod.annotations.redirection))
    command = None
    if s.decision.expected == "in":
        cure = _cure(s, gateway)
        message += f". {s.decision.because.message[0].upper()}{s.decision.because.message[1:]}{cure.why}"
        evidence += [*s.decision.because.evidence, *cure.evidence]
        command = offered(cure.command)
    yield Finding.of(Code.GATEWAY_CAPTURED, message, *dict.fromkeys(evidence), fix=command)


def _cure(s: Subject, gateway: Gateway | Unread | None) -> _Cure:
    """The narrowest change: of the template that makes the pod, or of the Gateway that makes the template."""
    rules = s.agents.worlds[-1]
    if not isinstance(rules.entries, Invalid) and rules.custom:
        of_namespace = s.namespace.labels if isinstance(s.namespace, Namespace) else None
        if isinstance(asks(rules.entries, {**s.pod.labels, DATAPLANE_MODE: "none"}, of_namespace), Entry):
            return _Cure(f", and it would with {DATAPLANE_MODE}=none on the pod too", (rules.entries_told.evidence,))
    workload = s.workload if s.workload is not None and s.workload.kind in _TEMPLATES else None
    if workload is not None and workload.template.labels.get(DATAPLANE_MODE) == "none":
        again = kubectl("rollout restart", named(workload.kind.lower(), workload.name), *inside(workload.namespace))
        return _Cure("; the next pod has the label that keeps it out", (_of_template(workload),), again)
    if isinstance(gateway, Unread):
        return _Cure(f"; what its Gateway asks for is not known: {gateway}")
    if gateway is not None and gateway.managed:
        return _of_gateway(gateway, s.snapshot)
    if gateway is None and s.snapshot.from_files and GATEWAY_NAME in s.pod.labels:
        return _Cure("; what its Gateway asks for is not known: it is not in the files")
    if workload is not None:
        flags = overwrite(workload.template.labels.get(DATAPLANE_MODE))
        out = kubectl("ambient disable", *target_of(workload), "--opt-out", *flags)
        why = f", and the template of {workload.kind} {workload.name} does not keep it out"
        return _Cure(why, (_of_template(workload),), out)
    if s.pod.owner is None:
        flags = overwrite(s.pod.labels.get(DATAPLANE_MODE))
        target = (name(s.pod.name), *inside(s.pod.namespace))
        return _Cure("", (), kubectl("ambient disable pod", *target, "--opt-out", *flags))
    return _Cure("")


def _of_template(workload: Workload) -> Evidence:
    field = f"{workload.template_path}.metadata.labels[{DATAPLANE_MODE}]"
    return Evidence(workload.ref, field, workload.template.labels.get(DATAPLANE_MODE))


def _of_gateway(gateway: Gateway, snapshot: Snapshot) -> _Cure:
    copied = all(map(copies_labels, snapshot.istiods.known))
    mode = mode_for_pods(gateway.ref, gateway.labels, gateway.infrastructure, copied=copied)
    if mode.value == "none":
        why = f"; {gateway.ref} asks for {DATAPLANE_MODE}=none, and what istiod made of it does not have it yet"
        return _Cure(why, (mode.evidence,))
    by_infrastructure = gateway.infrastructure is not None or not copied
    evidence: tuple[Evidence, ...] = (mode.evidence,)
    if mode.lost is not None:
        why = f"; {lost_words(gateway.ref, mode.lost, replaced=gateway.infrastructure is not None)}"
        evidence = (label(gateway.ref, DATAPLANE_MODE, mode.lost), mode.evidence)
    elif mode.value is not None:
        why = f"; {gateway.ref} gives its pods {DATAPLANE_MODE}={mode.value}"
    else:
        why = f"; {gateway.ref} does not opt out"
    return _Cure(
        why, evidence, keep_out(gateway.namespace, gateway.name, mode.value, by_infrastructure=by_infrastructure)
    )


def replicas(s: Subject) -> Iterator[Finding]:
    """Some pods of a Gateway are redirected and some are not: what a client meets depends on who answers."""
    gateway = s.pod.labels.get(GATEWAY_NAME)
    if gateway is None or s.pod.finished or what_makes_it_a_gateway(s.pod) is None:
        return
    inside_it, outside_it = s.replicas.of(s.pod.namespace, gateway)
    if not inside_it or not outside_it or is_sandwiched(gateway_of(s.pod, s.snapshot), s.snapshot):
        return
    total = len(inside_it) + len(outside_it)
    message = (
        f"{len(inside_it)} of {total} pods of Gateway {s.pod.namespace}/{gateway} "
        f"{'is' if len(inside_it) == 1 else 'are'} redirected to ztunnel, and the rest are not: what a client gets "
        "depends on which of them answers"
    )
    evidence = [annotation(p.ref, _REDIRECTION, p.annotations.redirection) for p in (inside_it[0], outside_it[0])]
    evidence += [label(p.ref, DATAPLANE_MODE, p.labels.get(DATAPLANE_MODE)) for p in (inside_it[0], outside_it[0])]
    yield Finding.of(Code.GATEWAY_REPLICAS_DIFFER, message, *evidence)
