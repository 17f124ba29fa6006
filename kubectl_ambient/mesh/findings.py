"""What a pod's user should know besides the verdict. One small function a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Event, Namespace, Pod, Unread, Workload
from kubectl_ambient.cluster.snapshot import Snapshot, read
from kubectl_ambient.mesh.ages import since
from kubectl_ambient.mesh.enrolment.mode_key import misspelt_modes
from kubectl_ambient.mesh.enrolment.mode_label import corrected, overwrite
from kubectl_ambient.mesh.enrolment.rules import OTHER_DATA_PLANES, Decision, is_injected_gateway
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation, label
from kubectl_ambient.mesh.injection import Injection
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Health, NodeAgents
from kubectl_ambient.mesh.rollout import held_until
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import Word, field, inside, name, named, namespace
from kubectl_ambient.shell.words import label as setting

_GO_BOOL = {"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"}
_KIND_WORD = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "Job": "job", "CronJob": "cronjob"}


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """A pod and all that was found out about it."""

    pod: Pod
    namespace: Namespace | Unread
    agents: NodeAgents
    decision: Decision
    observed: str
    state: str
    workload: Workload | None
    injection: Injection
    snapshot: Snapshot

    @property
    def concerned(self) -> bool:
        """It is in, should be in, or may be: the agents of its node matter to it."""
        return self.state not in ("NotAmbient", "Stale") and not self.pod.finished


def findings(subject: Subject) -> tuple[Finding, ...]:
    """All findings on a pod, in the order of this file."""
    return tuple(found for check in CHECKS for found in check(subject))


def _agents(s: Subject) -> Iterator[Finding]:
    """An agent of the pod's node is missing or not Ready: nothing re-checks the annotation when one dies."""
    if not s.pod.node or not (s.concerned or s.state == "Stale"):
        return
    for health in (s.agents.cni, s.agents.ztunnel):
        if health.bad:
            yield _agent(s, health)


def _agent(s: Subject, health: Health) -> Finding:
    node, missing = s.pod.node, health.status == "missing"
    what = f"no {health.program} pod runs on {node}" if missing else f"{health.program} on {node} is not Ready"
    if health.pod:
        what += since(health.pod.ready_since, s.snapshot.now)
        evidence = Evidence(health.pod.ref, "status.conditions[Ready]", "False")
    else:
        evidence = Evidence(f"Node/{node}", f"pods of {health.program}", "none")
    if s.state == "Enrolled" and health.program == "ztunnel":
        what += ": the annotation is history, its traffic is redirected to a ztunnel that does not serve"
    elif s.state == "Enrolled":
        what += ": the pod stays in, but nothing can be moved in or out on this node"
    where = (name(health.pod.name), *inside(health.pod.namespace)) if health.pod else ()
    severe = health.program == "ztunnel" or s.state != "Enrolled"
    return Finding(
        code="AgentMissing" if missing else "AgentNotReady",
        severity="error" if severe else "warning",
        message=what,
        evidence=(evidence,),
        fix=offered(kubectl("describe pod", *where)) if where else None,
    )


def _both_modes(s: Subject) -> Iterator[Finding]:
    """Both modes are asked for: a running pod keeps what it has, the next one gets a sidecar, and that wins.

    A gateway is injected on purpose, wherever it is.
    """
    if s.pod.finished or not s.injection.injected or is_injected_gateway(s.pod):
        return
    asks = s.decision.expected == "in" or s.decision.reason == "SidecarPresent"
    if not asks:
        return
    if s.pod.annotations.sidecar_status is not None:
        message = f"both modes are asked for, and the sidecar wins ({s.injection.message})"
    else:
        now = "in ambient mode now" if s.observed == "enabled" else "both modes are asked for"
        message = f"{now}, and the next pod gets a sidecar, which wins ({s.injection.message})"
    yield Finding(
        code="BothModes",
        severity="warning",
        message=message,
        evidence=s.injection.evidence,
        fix=s.injection.stop,
    )


def _mode_typo(s: Subject) -> Iterator[Finding]:
    """A value of istio.io/dataplane-mode that is neither `ambient` nor `none`: values are compared to the letter."""
    if any(rules.custom for rules in s.agents.worlds):
        return
    where = [(s.pod.ref, s.pod.labels, _holder(s))]
    if isinstance(s.namespace, Namespace):
        its_own = ("namespace", namespace(s.namespace.name))
        where.append((f"Namespace/{s.namespace.name}", s.namespace.labels, its_own))
    for ref, labels, target in where:
        value = labels.get(DATAPLANE_MODE)
        if value is None or value in ("ambient", "none") or value.lower() in OTHER_DATA_PLANES:
            continue
        yield Finding(
            code="ModeValueUnknown",
            severity="warning",
            message=f"{ref} has {DATAPLANE_MODE}={value}, which Istio does not know: it means neither ambient nor none",
            evidence=(label(ref, DATAPLANE_MODE, value),),
            fix=corrected(value, *target),
        )


def _holder(s: Subject) -> tuple[str | Word, ...]:
    """What has to be labelled for the pod: the owner where the label is that of its template, else the pod itself."""
    workload = _changeable(s.workload, s.snapshot) if s.workload else None
    value = s.pod.labels.get(DATAPLANE_MODE)
    if workload is not None and workload.template.labels.get(DATAPLANE_MODE) == value:
        return _target(workload)
    return _itself(s.pod)


def _itself(pod: Pod) -> tuple[str | Word, ...]:
    return ("pod", name(pod.name), *inside(pod.namespace))


def _mode_key(s: Subject) -> Iterator[Finding]:
    """A label that was meant to be istio.io/dataplane-mode: it does nothing."""
    if any(rules.custom for rules in s.agents.worlds):
        return
    for key, value in misspelt_modes(s.pod.labels):
        fix = None
        if s.workload is not None:
            fix = _keep(value, s.workload, s.snapshot)
        elif s.pod.owner is None:
            fix = corrected(value, *_itself(s.pod))
        yield _misspelt(s.pod.ref, key, value, fix)
    if isinstance(s.namespace, Namespace):
        for key, value in misspelt_modes(s.namespace.labels):
            fix = corrected(value, "namespace", namespace(s.namespace.name))
            yield _misspelt(f"Namespace/{s.namespace.name}", key, value, fix)


def _misspelt(ref: str, key: str, value: str, fix: Command | None) -> Finding:
    return Finding(
        code="KeyMisspelt",
        severity="warning",
        message=f"{ref} has {key}={value}, a key that Istio does not know: it looks like {DATAPLANE_MODE}",
        evidence=(label(ref, key, value),),
        fix=fix,
    )


def _mode_annotation(s: Subject) -> Iterator[Finding]:
    """istio.io/dataplane-mode as an annotation does nothing: Istio reads the label."""
    where = [(s.pod.ref, s.pod.annotations.dataplane_mode)]
    if isinstance(s.namespace, Namespace):
        where.append((f"Namespace/{s.namespace.name}", s.namespace.mode_annotation))
    for ref, value in where:
        if value is not None:
            yield Finding(
                code="ModeIsAnnotation",
                severity="warning",
                message=f"{ref} has {DATAPLANE_MODE}={value} as an annotation, which does nothing: Istio reads labels",
                evidence=(annotation(ref, DATAPLANE_MODE, value),),
            )


def _label_not_kept(s: Subject) -> Iterator[Finding]:
    """The pod's own label differs from its template's: it is lost when the pod is replaced."""
    if s.workload is None or s.pod.finished:
        return
    mine, kept = s.pod.labels.get(DATAPLANE_MODE), s.workload.template.labels.get(DATAPLANE_MODE)
    if mine == kept:
        return
    held = held_until(s.workload, s.pod)
    yield Finding(
        code="LabelNotKept",
        severity="info" if mine is None else "warning",
        message=(
            f"the label {DATAPLANE_MODE} is {_shown(mine)} on the pod and {_shown(kept)} in the template of "
            f"{s.workload.kind} {s.workload.name}: the next pod follows the template{f' once {held}' if held else ''}"
        ),
        evidence=(
            label(s.pod.ref, DATAPLANE_MODE, mine),
            Evidence(s.workload.ref, f"{s.workload.template_path}.metadata.labels[{DATAPLANE_MODE}]", kept),
        ),
        fix=_keep(mine, s.workload, s.snapshot),
    )


def _keep(mine: str | None, workload: Workload, snapshot: Snapshot) -> Command | None:
    """The command that gives the pod's label to the template."""
    found = _changeable(workload, snapshot)
    value = found.template.labels.get(DATAPLANE_MODE) if found else mine
    if found is None or mine == value or mine not in ("ambient", "none"):
        return None
    if mine == "ambient":
        return offered(kubectl("ambient enable", *_target(found), *overwrite(value)))
    return offered(kubectl("ambient disable", *_target(found), "--opt-out", *overwrite(value)))


def _changeable(workload: Workload, snapshot: Snapshot) -> Workload | None:
    """The workload whose template can be changed: that of a Job cannot, so it is its CronJob's, or none."""
    if workload.kind != "Job":
        return workload
    owner = workload.owner
    if owner is None or owner.kind != "CronJob":
        return None
    read = snapshot.workload(owner.kind, workload.namespace, owner.name)
    return read or structs.replace(workload, kind=owner.kind, name=owner.name)


def _target(workload: Workload) -> tuple[str | Word, ...]:
    of = _KIND_WORD.get(workload.kind, workload.kind.lower())
    return (named(of, workload.name), *inside(workload.namespace))


def _shown(value: str | None) -> str:
    return "not set" if value is None else f"set to “{value}”"


def _exclusion(s: Subject) -> Iterator[Finding]:
    """On the exclude list of a version whose agent does not honour it: it goes in all the same (before 1.30)."""
    rules = s.agents.worlds[-1]
    if s.decision.expected != "in" or s.pod.namespace not in rules.excluded or len(s.agents.worlds) > 1:
        return
    if not versions.honours_exclusion(rules.version):
        yield Finding(
            code="ExclusionNotHonoured",
            severity="warning",
            message=(
                f"namespace {s.pod.namespace} is on the exclude list, but Istio {rules.version} honours that only "
                "while a pod starts: its agent puts the pod in a moment later (from 1.30 on it does not)"
            ),
            evidence=(rules.excluded_told.evidence,),
        )


def _host_network(s: Subject) -> Iterator[Finding]:
    """Versions that hold host-network pods eligible: the agent tries, and where nothing guards it, may succeed."""
    rules = s.agents.worlds[-1]
    if s.decision.reason != "HostNetwork" or len(s.agents.worlds) > 1 or versions.checks_host_network(rules.version):
        return
    guarded = versions.refuses_host_netns(rules.version)
    yield Finding(
        code="HostNetworkTried" if guarded else "HostNetworkUnguarded",
        severity="info" if guarded else "error",
        message=(
            f"Istio {rules.version} tries to capture host-network pods, refuses at the last step and logs a failure"
            if guarded
            else f"Istio {rules.version} does not guard the node's network: its agent may redirect the node itself"
        ),
        evidence=(Evidence(s.pod.ref, "spec.hostNetwork", "true"), rules.version_told.evidence),
        fix=None
        if guarded
        else offered(kubectl("label", *_itself(s.pod), setting(DATAPLANE_MODE, "none"), "--overwrite")),
    )


def _redirection_value(s: Subject) -> Iterator[Finding]:
    """A value of the annotation that this version of the agent never writes; it counts as absent."""
    value = s.pod.annotations.redirection
    if value is None or s.observed != "absent":
        return
    yield Finding(
        code="RedirectionValueUnknown",
        severity="warning",
        message=f"annotation ambient.istio.io/redirection is “{value}”, which this Istio never writes: taken as absent",
        evidence=(annotation(s.pod.ref, "ambient.istio.io/redirection", value),),
    )


def _opt_out_ignored(s: Subject) -> Iterator[Finding]:
    """Custom enablement selectors that do not mention `none` take the opt-out away, for Istio's own pods as well."""
    if s.pod.labels.get(DATAPLANE_MODE) == "none" and s.decision.expected == "in":
        yield Finding(
            code="OptOutIgnored",
            severity="error",
            message=f"the pod's label {DATAPLANE_MODE}=none has no effect: this cluster's own selectors do not heed it",
            evidence=(label(s.pod.ref, DATAPLANE_MODE, "none"), s.agents.worlds[-1].entries_told.evidence),
        )


def _bypass(s: Subject) -> Iterator[Finding]:
    """ambient.istio.io/bypass-inbound-capture (1.24+): plaintext goes straight to the application, past all policy."""
    value = s.pod.annotations.bypass_inbound_capture
    read_by_some = any(versions.has_bypass(rules.version) for rules in s.agents.worlds)
    if value is None or s.decision.expected != "in" or not read_by_some:
        return
    evidence = (annotation(s.pod.ref, "ambient.istio.io/bypass-inbound-capture", value),)
    if value not in _GO_BOOL:
        message = f"annotation bypass-inbound-capture is “{value}”, which is no boolean: Istio ignores it"
        yield Finding(code="BypassInvalid", severity="warning", message=message, evidence=evidence)
    elif value[0] in "1tT":
        message = "inbound plaintext is not captured: it reaches the application without any policy"
        yield Finding(code="InboundBypassed", severity="warning", message=message, evidence=evidence)


def _terminating(s: Subject) -> Iterator[Finding]:
    """The pod is being deleted."""
    if s.pod.deleting is not None:
        message = f"the pod is terminating{since(s.pod.deleting, s.snapshot.now)}"
        evidence = (Evidence(s.pod.ref, "metadata.deletionTimestamp", f"{s.pod.deleting:%Y-%m-%dT%H:%M:%SZ}"),)
        yield Finding(code="Terminating", severity="info", message=message, evidence=evidence)


def _sandbox(s: Subject) -> Iterator[Finding]:
    """The pod hangs in ContainerCreating because istio-cni's plugin refuses its sandbox: it fails closed."""
    if not s.pod.creating:
        return
    told = (event for event in read(s.snapshot.events) or [] if _is_about(event, s.pod))
    event = max(told, key=_last_told, default=None)
    if event:
        about = field("involvedObject.name", name(s.pod.name))
        yield Finding(
            code="SandboxFailed",
            severity="error",
            message=f"the pod cannot start: {event.message.strip()[:300]}",
            evidence=(Evidence(f"Event/{event.namespace}/{event.pod}", "reason", event.reason),),
            fix=offered(kubectl("get events", *inside(s.pod.namespace), "--field-selector", about)),
        )


def _last_told(event: Event) -> tuple[bool, datetime | str, str]:
    seen = event.last_seen
    return seen is not None, seen or "", event.message


def _is_about(event: Event, pod: Pod) -> bool:
    return event.namespace == pod.namespace and event.pod == pod.name and event.reason == "FailedCreatePodSandBox"


CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    _sandbox,
    _agents,
    _both_modes,
    _mode_typo,
    _mode_key,
    _mode_annotation,
    _label_not_kept,
    _opt_out_ignored,
    _exclusion,
    _host_network,
    _redirection_value,
    _bypass,
    _terminating,
)
