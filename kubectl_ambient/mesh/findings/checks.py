"""All findings on a pod, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_ambient.mesh.ages import since
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.findings import agents, gateways, labels, stuck
from kubectl_ambient.mesh.findings.subject import Subject


def findings(subject: Subject) -> tuple[Finding, ...]:
    """All findings on a pod, in the order of `CHECKS`."""
    return tuple(found for check in CHECKS for found in check(subject))


def _terminating(s: Subject) -> Iterator[Finding]:
    """The pod is being deleted."""
    if s.pod.deleting is not None:
        message = f"the pod is terminating{since(s.pod.deleting, s.snapshot.now)}"
        evidence = Evidence(s.pod.ref, "metadata.deletionTimestamp", f"{s.pod.deleting:%Y-%m-%dT%H:%M:%SZ}")
        yield Finding.of(Code.TERMINATING, message, evidence)


def _not_discovered(s: Subject) -> Iterator[Finding]:
    """istiod does not look at the pod's namespace."""
    if s.decision.expected == "in":
        yield from s.served.of_namespace(s.namespace)


CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    stuck.hangs,
    stuck.no_node,
    agents.gone,
    _not_discovered,
    agents.health,
    gateways.captured,
    gateways.replicas,
    labels.both_modes,
    labels.mode_value,
    labels.mode_key,
    labels.mode_annotation,
    labels.not_kept,
    labels.opt_out_ignored,
    agents.exclusion,
    agents.host_network,
    agents.redirection_value,
    agents.bypass,
    _terminating,
)
