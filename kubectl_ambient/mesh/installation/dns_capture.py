"""Whether istio-cni takes the DNS of pods in ambient mode to ztunnel: it alone tells the addresses that istiod gave."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence, annotation
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Installation, installation
from kubectl_ambient.mesh.installation.settings import GO_TRUE, Rules

ANNOTATION = "ambient.istio.io/dns-capture"
_GO_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


class DnsCapture(Struct, frozen=True, gc=False):
    """On which nodes it is on; None where that is not known, for the reason `why`.

    annotated: pods that say otherwise than their nodes, or would where the nodes do the same. by_pod: whether this
    Istio reads that annotation.
    """

    nodes: Literal["all", "some", "none"] | None
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    by_pod: bool = False
    asking: tuple[Pod, ...] = ()
    refusing: tuple[Pod, ...] = ()


def dns_capture(snapshot: Snapshot) -> DnsCapture:
    """By the env and the ConfigMap of istio-cni, and the annotations of the pods that were read.

    Source: cni/pkg/nodeagent (`AMBIENT_DNS_CAPTURE`; `getPodLevelTrafficOverrides`, 1.25+).
    """
    daemonsets, pods = snapshot.cni_daemonsets, snapshot.cni_pods
    if not (daemonsets.places or daemonsets.unread or daemonsets.facts or pods.facts):
        return DnsCapture(None, "the settings of istio-cni were not read")
    found = installation(snapshot)
    if not found.installed:
        missing = "the files hold no istio-cni, whose settings decide"
        return DnsCapture(None, missing) if snapshot.from_files and not snapshot.whole else DnsCapture("all")
    answers = [_of_node(rules) for rules in _worlds(found)]
    unknown = next((why for on, why, _ in answers if on is None), None)
    evidence = tuple(dict.fromkeys(told for _, _, told in answers))
    by_pod = all(versions.captures_dns(r.version) for worlds in _worlds(found) for r in worlds)
    asking = tuple(p for p in snapshot.pods if by_pod and _redirected(p) and p.annotations.dns_capture in GO_TRUE)
    refusing = tuple(p for p in snapshot.pods if by_pod and _redirected(p) and p.annotations.dns_capture in _GO_FALSE)
    if unknown is not None:
        return DnsCapture(None, unknown, evidence, by_pod, asking, refusing)
    on = {on for on, _, _ in answers}
    nodes: Literal["all", "some", "none"] = "some" if len(on) > 1 else "all" if True in on else "none"
    return DnsCapture(nodes, "", evidence, by_pod, asking, refusing)


def told_by(pod: Pod) -> Evidence:
    """The annotation of a pod, as evidence."""
    return annotation(pod.ref, ANNOTATION, pod.annotations.dns_capture)


def _worlds(found: Installation) -> list[tuple[Rules, ...]]:
    return [agents.worlds for agents in found.nodes.values()] or [found.elsewhere.worlds]


def _of_node(worlds: tuple[Rules, ...]) -> tuple[bool | None, str, Evidence]:
    newest = worlds[-1]
    told = newest.dns_capture_told.evidence
    on = {rules.dns_capture for rules in worlds}
    if None in on:
        why = told.field.partition("(")[2].rstrip(")")
        return None, f"whether istio-cni captures DNS could not be read: {why}", told
    if len(on) > 1:
        return None, "AMBIENT_DNS_CAPTURE is not set, and its default depends on the version of istio-cni", told
    return newest.dns_capture, "", told


def _redirected(pod: Pod) -> bool:
    return pod.annotations.redirection in ("enabled", "pending")
