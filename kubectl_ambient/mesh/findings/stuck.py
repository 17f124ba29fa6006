"""Findings on pods that cannot start, cannot end, or find no node."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import NOT_READY_TAINT, Unread
from kubectl_ambient.foreign import without_middle
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.findings.subject import Subject
from kubectl_ambient.mesh.stuck import Stuck


def hangs(s: Subject) -> Iterator[Finding]:
    """The kubelet could not make the pod's sandbox, or could not take it down: istio-cni's plugin fails closed."""
    stuck = s.stuck
    if stuck is None or stuck.event is None:
        return
    ref = f"Event/{stuck.event.namespace}/{stuck.event.name}"
    evidence = (Evidence(ref, "reason", stuck.event.reason), Evidence(ref, "message", stuck.event.message))
    if stuck.plugin_path:
        yield _no_plugin(s, stuck, evidence[1])
    quoted = _quoted(stuck)
    if stuck.what == "end":
        yield Finding.of(Code.KILL_FAILED, f"the pod cannot end: {quoted}", *evidence)
    else:
        yield Finding.of(Code.SANDBOX_FAILED, f"the pod cannot start: {quoted}", *evidence)


def _quoted(stuck: Stuck) -> str:
    """What the cluster says, as a part of a sentence of ours, which has its own full stop."""
    return without_middle(stuck.message.removesuffix("."))


def _no_plugin(s: Subject, stuck: Stuck, evidence: Evidence) -> Finding:
    told = s.agents.worlds[-1].installed_told
    where, looked = f"node {s.pod.node}", f"looks for the plugin of istio-cni in {stuck.plugin_path}"
    everyone = "no pod can start or end there, in the mesh or not"
    if not s.agents.worlds[-1].installed:
        message = f"{where} {looked}, and istio-cni is not installed any more: {everyone}"
    elif s.agents.cni.bad:
        state = "does not run" if s.agents.cni.status == "missing" else "is not Ready"
        message = f"{where} {looked}, and istio-cni {state} there: {everyone}, and no label helps"
    elif told.value == "yes":
        message = f"{where} {looked}, and istio-cni does not put it there: {everyone}, and no label helps"
    else:
        message = f"{where} {looked}, and does not find it: {everyone}, and no label helps"
    return Finding.of(Code.PLUGIN_NOT_FOUND, message, evidence, told.evidence)


def no_node(s: Subject) -> Iterator[Finding]:
    """The scheduler finds no node: by Istio's own taint for any pod, else for one that asks for ambient."""
    stuck = s.stuck
    if stuck is None or stuck.what != "node":
        return
    from kubectl_ambient.mesh.installation.start_taint import kept_taints, overdue  # seldom needed

    said = Evidence(s.pod.ref, "status.conditions[PodScheduled]", f"False: {stuck.message}")
    quoted = _quoted(stuck)
    kept = kept_taints(s.snapshot) if stuck.may_be_by_taint else []
    if not (stuck.by_taint or (isinstance(kept, list) and kept)):
        if s.decision.expected == "in":
            yield Finding.of(Code.UNSCHEDULABLE, f"no node takes the pod: {quoted}", said)
        return
    yield Finding.of(Code.UNSCHEDULABLE, f"no node takes the pod: {quoted}", said, severity="warning")
    if isinstance(kept, Unread):
        message = f"which node keeps the taint {NOT_READY_TAINT}, and whether istio-cni is Ready there, is not known"
        yield Finding.of(Code.START_TAINT_KEPT, f"{message} ({kept})", said, severity="warning")
        return
    for one in kept:
        if finding := overdue(one, s.snapshot):
            yield finding
        elif one.agent is None or not one.agent.ready:
            state = "is not Ready" if one.agent else "does not run"
            evidence = Evidence(f"Node/{one.node}", f"spec.taints[{NOT_READY_TAINT}]", one.effect)
            message = f"node {one.node} has the taint {NOT_READY_TAINT}, as istio-cni {state} there"
            yield Finding.of(Code.START_TAINT_KEPT, message, evidence, severity="warning")
