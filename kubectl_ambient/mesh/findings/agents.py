"""Findings on the agents of the pod's node: that they are missing, and what their version does with the pod."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.mesh.ages import since
from kubectl_ambient.mesh.catalogue import Code, Reason
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, not_serving
from kubectl_ambient.mesh.findings.subject import Subject
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.installation.placement import why_absent
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import inside, name
from kubectl_ambient.shell.words import label as setting

_GO_BOOL = {"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"}


def gone(s: Subject) -> Iterator[Finding]:
    """istio-cni was taken away under pods that it put in: they need it back, and a restart would take them out."""
    if not s.left or not (s.decision.reason == Reason.AMBIENT_NOT_INSTALLED or s.observed != "absent"):
        return
    message = f"istio-cni is gone, while {s.left} are there: install it again as it was, and restart nothing before"
    yield Finding.of(Code.CNI_GONE, message, s.agents.worlds[-1].installed_told.evidence)


def health(s: Subject) -> Iterator[Finding]:
    """An agent of the pod's node is missing or not Ready: nothing re-checks the annotation when one dies.

    Of an istio-cni that is not installed nothing is missing on one node.
    """
    if not s.pod.node or not (s.concerned or s.state == "Stale") or not s.agents.worlds[-1].installed:
        return
    for health in (s.agents.cni, s.agents.ztunnel):
        of_mesh = health.nowhere and s.decision.expected == "in"  # told once, see findings/nowhere.py
        if health.bad and not of_mesh:
            yield _agent(s, health)


def _agent(s: Subject, health: Health) -> Finding:
    node, missing = s.pod.node, health.status == "missing"
    what = f"no {health.program} pod runs on {node}" if missing else f"{health.program} on {node} is not Ready"
    evidence: tuple[Evidence, ...] = (Evidence(f"Node/{node}", f"pods of {health.program}", "none"),)
    if health.pod:
        what += since(health.pod.ready_since, s.snapshot.now)
        evidence = (not_serving(health.pod),)
    if s.state == "Enrolled" and health.program == "ztunnel":
        what += ": its traffic is redirected to a ztunnel that does not serve"
    elif s.state == "Enrolled":
        what += ": the pod stays in, but nothing can be moved in or out on this node"
    cause = why_absent(health.program, node, s.snapshot) if missing else None
    if cause is not None:
        what += f"; {cause.message}" if s.state == "Enrolled" else f": {cause.message}"
        evidence += cause.evidence
    where = (name(health.pod.name), *inside(health.pod.namespace)) if health.pod else ()
    severe = health.program == "ztunnel" or s.state != "Enrolled"
    return Finding.of(
        Code.AGENT_MISSING if missing else Code.AGENT_NOT_READY,
        what,
        *evidence,
        fix=offered(kubectl("describe pod", *where)) if where else None,
        severity="error" if severe else "warning",
    )


def exclusion(s: Subject) -> Iterator[Finding]:
    """On the exclude list of a version whose agent does not honour it: it goes in all the same (before 1.30)."""
    rules = s.agents.worlds[-1]
    if s.decision.expected != "in" or s.pod.namespace not in rules.excluded or rules.version_told.value is None:
        return
    if not versions.honours_exclusion(rules.version):
        message = (
            f"namespace {s.pod.namespace} is on the exclude list, but Istio {rules.name} honours that only "
            "while a pod starts: its agent puts the pod in a moment later (from 1.30 on it does not)"
        )
        yield Finding.of(Code.EXCLUSION_NOT_HONOURED, message, rules.excluded_told.evidence)


def host_network(s: Subject) -> Iterator[Finding]:
    """Versions that hold host-network pods eligible: the agent tries, and where nothing guards it, may succeed."""
    rules = s.agents.worlds[-1]
    if s.decision.reason != Reason.HOST_NETWORK or rules.version_told.value is None:
        return
    possible = [world.version for world in s.agents.worlds]
    if any(map(versions.checks_host_network, possible)) or len(set(map(versions.refuses_host_netns, possible))) > 1:
        return
    evidence = (Evidence(s.pod.ref, "spec.hostNetwork", "true"), rules.version_told.evidence)
    if versions.refuses_host_netns(rules.version):
        message = f"Istio {rules.name} tries to capture host-network pods, refuses at the last step and logs a failure"
        yield Finding.of(Code.HOST_NETWORK_TRIED, message, *evidence)
    else:
        message = f"Istio {rules.name} does not guard the node's network: its agent may redirect the node itself"
        which = (name(s.pod.name), *inside(s.pod.namespace))
        opt_out = kubectl("label pod", *which, setting(DATAPLANE_MODE, "none"), "--overwrite")
        yield Finding.of(Code.HOST_NETWORK_UNGUARDED, message, *evidence, fix=offered(opt_out))


def redirection_value(s: Subject) -> Iterator[Finding]:
    """A value of the annotation that this version of the agent never writes; it counts as absent."""
    value = s.pod.annotations.redirection
    if value is None or s.observed != "absent":
        return
    yield Finding.of(
        Code.REDIRECTION_VALUE_UNKNOWN,
        f"annotation ambient.istio.io/redirection is “{value}”, which this Istio never writes: taken as absent",
        annotation(s.pod.ref, "ambient.istio.io/redirection", value),
    )


def bypass(s: Subject) -> Iterator[Finding]:
    """ambient.istio.io/bypass-inbound-capture (1.24+): plaintext goes straight to the application, past all policy."""
    value = s.pod.annotations.bypass_inbound_capture
    read_by_some = any(versions.has_bypass(rules.version) for rules in s.agents.worlds)
    if value is None or s.decision.expected != "in" or not read_by_some:
        return
    evidence = annotation(s.pod.ref, "ambient.istio.io/bypass-inbound-capture", value)
    if value not in _GO_BOOL:
        message = f"annotation bypass-inbound-capture is “{value}”, which is no boolean: Istio ignores it"
        yield Finding.of(Code.BYPASS_INVALID, message, evidence)
    elif value[0] in "1tT":
        message = "inbound plaintext is not captured: it reaches the application without any policy"
        yield Finding.of(Code.INBOUND_BYPASSED, message, evidence)
