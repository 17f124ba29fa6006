"""What to do: the exact commands that would move a pod, each with its effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import TELLS_RIGHTS, Code, Reason
from kubectl_ambient.mesh.commands import configure, restart, switch_on
from kubectl_ambient.mesh.enrolment.way_in import way_in
from kubectl_ambient.mesh.evidence import Fix, either, offer, tells
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.installation.origin import put_plugin_into, reinstall
from kubectl_ambient.mesh.installation.placement import why_absent
from kubectl_ambient.mesh.installation.start_taint import kept_taints, take_off
from kubectl_ambient.mesh.stuck import Stuck
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.shell.command import kubectl, lines_with, remark
from kubectl_ambient.shell.words import inside, name, named


def fixes(judgement: Judgement, snapshot: Snapshot) -> tuple[Fix, ...]:
    """The commands for one pod, most useful first; none where there is nothing to do, or nothing to type."""
    verdict = judgement.verdict
    found: Iterable[Fix]
    match verdict.state:
        case _ if judgement.stuck is not None and _concerns(judgement, judgement.stuck):
            found = _unstick(judgement, judgement.stuck, snapshot)
        case _ if _ends(judgement, snapshot):
            found = ()
        case _ if tells(verdict.findings, Code.CNI_GONE):
            found = reinstall(snapshot)
        case _ if tells(verdict.findings, Code.OPT_OUT_IGNORED):
            found = configure(judgement, judgement.agents.worlds[-1].entries_told, _HEED_NONE)
        case _ if verdict.expected == "in" and tells(verdict.findings, Code.GATEWAY_CAPTURED):
            found = _let_go(judgement)
        case "Enrolled":
            found = (*_served(judgement), *_keep(judgement, snapshot))
        case "NotEnrolled" | "Pending":
            found = _mend(judgement, snapshot)
        case "Starting":
            found = _wait(judgement, snapshot)
        case "Stale":
            found = _clean(judgement, snapshot)
        case "Unknown":
            found = _ask(judgement, snapshot.from_files)
        case _:
            found = way_in(judgement, snapshot)
    return tuple(found)


_HEED_NONE = (
    "add {key: istio.io/dataplane-mode, operator: NotIn, values: [none]} to the podSelector.matchExpressions of "
    "every entry of AMBIENT_ENABLEMENT_SELECTOR"
)


_SERVES = {
    Code.NAMESPACE_NOT_DISCOVERED: "istiod looks at it, and ztunnel hears of its pods",
    Code.ZTUNNEL_NOT_DISCOVERED: "istiod knows ztunnel, and gives it certificates",
    Code.ZTUNNEL_NOT_TRUSTED: "istiod restarts, and gives ztunnel certificates",
    Code.ISTIOD_WITHOUT_AMBIENT: "istiod restarts, and tells ztunnel of the pods",
    Code.ISTIOD_NOT_READY: "shows why istiod is not Ready",
    Code.ZTUNNEL_LACKS_POD: "its successor is put in anew",
    Code.ZTUNNEL_BLOCKED: "shows why ztunnel cannot listen in its network",
    Code.CERTIFICATE_UNAVAILABLE: "shows why istiod gives no certificate",
    Code.CERTIFICATE_OLD: "shows why istiod gives no new certificate",
}


def _served(judgement: Judgement) -> Iterator[Fix]:
    """Have it served: the fix of each finding that tells why it is not."""
    for finding in judgement.verdict.findings:
        if finding.code in _SERVES:
            yield from offer(finding.fix, _SERVES[finding.code])


def _ends(judgement: Judgement, snapshot: Snapshot) -> bool:
    """Whether the pod is being deleted, or its namespace with all that is in it: nothing is worth moving there."""
    namespace = snapshot.namespaces.fact(judgement.pod.namespace)
    return judgement.pod.deleting is not None or (namespace is not None and namespace.deleting is not None)


def _concerns(judgement: Judgement, stuck: Stuck) -> bool:
    """Whether what keeps the pod comes before its mode: of a pod without a node only where Istio's taint does."""
    kept = stuck.by_taint or tells(judgement.verdict.findings, Code.START_TAINT_KEPT)
    return stuck.what != "node" or kept or judgement.decision.expected == "in"


def _unstick(judgement: Judgement, stuck: Stuck, snapshot: Snapshot) -> Iterator[Fix]:
    """What lets it start or end: no label does."""
    if stuck.what == "node":
        yield from _free_nodes(snapshot) if stuck.may_be_by_taint else ()
    elif stuck.plugin_path and tells(judgement.verdict.findings, Code.CNI_GONE):
        yield from reinstall(snapshot)
    elif stuck.plugin_path and judgement.agents.worlds[-1].installed and not judgement.agents.cni.bad:
        yield from put_plugin_into(stuck.plugin_path.split()[0], snapshot)
    elif stuck.plugin_path and not judgement.agents.worlds[-1].installed:
        forget = remark("take istio-cni out of the CNI configuration of node", name(judgement.pod.node))
        yield from offer(forget, "mostly a file of /etc/cni/net.d; what hangs on the node then goes on by itself")
    else:
        yield from list(_sick_agents(judgement, snapshot)) or _logs(judgement, judgement.agents.cni, stuck)


def _free_nodes(snapshot: Snapshot) -> Iterator[Fix]:
    kept = kept_taints(snapshot)
    if isinstance(kept, Unread):
        return
    outdated = [one for one in kept if one.outdated(snapshot.now)]
    if outdated:
        yield from take_off(outdated, snapshot)
        return
    for one in kept:
        status: Literal["not ready", "missing"] = "not ready" if one.agent else "missing"
        yield from _look_at(Health(program="istio-cni", status=status, pod=one.agent), one.node, snapshot)


def _logs(judgement: Judgement, agent: Health, stuck: Stuck | None = None) -> Iterator[Fix]:
    """What an agent says of the pod; of a sandbox only where its plugin refused it."""
    if agent.pod is None or (stuck is not None and "istio-cni" not in stuck.message):
        return
    logs = kubectl("logs", name(agent.pod.name), *inside(agent.pod.namespace))
    effect = f"shows what {agent.program} on {judgement.pod.node} says of it"
    yield from offer(lines_with(logs, name(judgement.pod.name)), effect)


def _keep(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    if judgement.verdict.after_restart == "sidecar":
        yield from offer(judgement.injection.stop, "the next pods stay in ambient mode and get no sidecar")
    if judgement.agents.ztunnel.bad:
        yield from _look_at(judgement.agents.ztunnel, judgement.pod.node, snapshot)


def _let_go(judgement: Judgement) -> Iterator[Fix]:
    """A gateway is taken out, or kept out, by what its finding offers: nothing is to be put in or restarted for it."""
    finding = next(f for f in judgement.verdict.findings if f.code == Code.GATEWAY_CAPTURED)
    yield from offer(finding.fix, "keeps the gateway out of ambient mode; its pods are made anew")


def _wait(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    sick = list(_sick_agents(judgement, snapshot))
    watch = offer(kubectl("ambient status", *inside(judgement.pod.namespace), "-w"), "shows when it is in")
    yield from sick or watch


def _clean(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    if judgement.decision.reason == Reason.AMBIENT_DISABLED and not judgement.pod.finished:
        # A restart takes it out for good; that istio-cni lost its setting is likelier than that it was meant to.
        leave = restart(judgement, "where ambient is to stay off: the new pod starts without the old redirection")
        yield from either(switch_on(judgement), leave)
        return
    yield from _sick_agents(judgement, snapshot)
    pod = judgement.pod
    if pod.finished:
        if not pod.mirror:
            remove = kubectl("delete pod", name(pod.name), *inside(pod.namespace))
            yield from offer(remove, "removes it and its logs: nothing runs in it")
        return
    again = judgement.verdict.after_restart == "ambient"
    yield from restart(judgement, _BY_ITS_LABELS if again else "the new pod starts without the old redirection")


_BY_ITS_LABELS = "the new pod starts anew, and by its labels is in ambient mode"


def _sick_agents(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    """The steps for each; where there are two, of each the likelier way."""
    node = judgement.pod.node
    if not node or not judgement.agents.worlds[-1].installed:
        return
    sick = [health for health in (judgement.agents.cni, judgement.agents.ztunnel) if health.bad]
    for health in sick:
        for fix in _look_at(health, node, snapshot):
            if fix.alternative and len(sick) > 1:
                break
            yield fix


def _mend(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    sick = list(_sick_agents(judgement, snapshot))
    if sick:
        yield from sick
        return
    agent = judgement.agents.ztunnel if judgement.verdict.state == "Pending" else judgement.agents.cni
    yield from _logs(judgement, agent)
    yield from _renew(judgement)


def _renew(judgement: Judgement) -> Iterator[Fix]:
    """Have the next pod put in; nothing where it would not be."""
    verdict, next_pod = judgement.verdict, judgement.next_pod
    if next_pod.decision.expected != "in" or next_pod.injection.injected is None:
        return
    if verdict.after_restart == "sidecar":
        if not next_pod.injection.stop:
            return
        yield from offer(next_pod.injection.stop, "no new pod gets a sidecar")
    late = tells(verdict.findings, Code.EXCLUSION_NOT_HONOURED)
    yield from restart(judgement, f"a new pod is put in {'a moment after it starts' if late else _BEFORE}")


_BEFORE = "before its containers start"


def _look_at(health: Health, node: str, snapshot: Snapshot) -> Iterator[Fix]:
    """What mends an agent that is not there, or shows why one is not Ready."""
    if health.pod:
        where = (name(health.pod.name), *inside(health.pod.namespace))
        yield from offer(kubectl("describe pod", *where), f"shows why {health.program} is not Ready")
        yield from offer(kubectl("logs", *where, "--tail=50"), f"shows what {health.program} says")
        return
    cause = why_absent(health.program, node, snapshot)
    if cause is not None and cause.steps:
        yield from cause.steps
        return
    found = snapshot.cni_daemonsets if health.program == "istio-cni" else snapshot.ztunnel_daemonsets
    for daemonset in found.known[:1]:
        look = kubectl("describe daemonset", name(daemonset.name), *inside(daemonset.namespace))
        yield from offer(look, f"its events tell why it has no pod on {node}")
    if health.program == "ztunnel" and found.covers(EVERYWHERE) and not found.known:
        yield from offer(remark("install ztunnel again as it was installed"), "without it nothing on the node is in")


def _ask(judgement: Judgement, from_files: bool) -> Iterator[Fix]:
    if judgement.verdict.reason == Reason.SELECTOR_INVALID:
        selectors = judgement.agents.worlds[-1].entries_told
        yield from configure(judgement, selectors, "correct AMBIENT_ENABLEMENT_SELECTOR")
    elif from_files:
        return
    elif judgement.decision.because.rule == "Version":
        if judgement.agents.worlds[-1].version_told.value is None:
            agents = kubectl("get daemonsets -A -l k8s-app=istio-cni-node -o wide")
            yield from offer(agents, "shows the image of istio-cni, whose tag is its version")
    else:
        yield from offer(
            kubectl("auth can-i get", named("namespace", judgement.pod.namespace)),
            TELLS_RIGHTS,
        )
