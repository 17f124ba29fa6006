"""What to do: the exact commands that would move a pod, each with its effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, Reason
from kubectl_ambient.mesh.commands import configure, restart
from kubectl_ambient.mesh.enrolment.way_in import way_in
from kubectl_ambient.mesh.evidence import Fix, offer, tells
from kubectl_ambient.mesh.installation.agents import Health
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.shell.command import kubectl, lines_with
from kubectl_ambient.shell.words import inside, label, name, named


def fixes(judgement: Judgement, snapshot: Snapshot) -> tuple[Fix, ...]:
    """The commands for one pod, most useful first; none where there is nothing to do, or nothing to type."""
    verdict = judgement.verdict
    match verdict.state:
        case _ if tells(verdict.findings, Code.OPT_OUT_IGNORED):
            found: Iterable[Fix] = configure(judgement, judgement.agents.worlds[-1].entries_told, _HEED_NONE)
        case _ if verdict.expected == "in" and tells(verdict.findings, Code.GATEWAY_CAPTURED):
            found = _let_go(judgement)
        case "Enrolled":
            found = (*_served(judgement), *_keep(judgement))
        case "NotEnrolled" | "Pending":
            found = _mend(judgement)
        case "Starting":
            found = _wait(judgement)
        case "Stale":
            found = _clean(judgement)
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
}


def _served(judgement: Judgement) -> Iterator[Fix]:
    """Have it served: the fix of each finding that tells why it is not."""
    for finding in judgement.verdict.findings:
        if finding.code in _SERVES:
            yield from offer(finding.fix, _SERVES[finding.code])


def _keep(judgement: Judgement) -> Iterator[Fix]:
    if judgement.verdict.after_restart == "sidecar":
        yield from offer(judgement.injection.stop, "the next pods stay in ambient mode and get no sidecar")
    if judgement.agents.ztunnel.bad:
        yield from _look_at(judgement.agents.ztunnel)


def _let_go(judgement: Judgement) -> Iterator[Fix]:
    """A gateway is taken out, or kept out, by what its finding offers: nothing is to be put in or restarted for it."""
    finding = next(f for f in judgement.verdict.findings if f.code == Code.GATEWAY_CAPTURED)
    yield from offer(finding.fix, "keeps the gateway out of ambient mode; its pods are made anew")


def _wait(judgement: Judgement) -> Iterator[Fix]:
    yield from _sick_agents(judgement)
    yield from offer(kubectl("ambient status", *inside(judgement.pod.namespace), "-w"), "shows when it is in")


def _clean(judgement: Judgement) -> Iterator[Fix]:
    yield from _sick_agents(judgement)
    pod = judgement.pod
    if pod.finished:
        if not pod.mirror:
            remove = kubectl("delete pod", name(pod.name), *inside(pod.namespace))
            yield from offer(remove, "removes it and its logs: nothing runs in it")
        return
    again = judgement.verdict.after_restart == "ambient"
    yield from restart(judgement, _BY_ITS_LABELS if again else "the new pod starts without the old redirection")


_BY_ITS_LABELS = "the new pod starts anew, and by its labels is in ambient mode"


def _sick_agents(judgement: Judgement) -> Iterator[Fix]:
    for health in (judgement.agents.cni, judgement.agents.ztunnel):
        if health.bad and judgement.pod.node:
            yield from _look_at(health)


def _mend(judgement: Judgement) -> Iterator[Fix]:
    sick = list(_sick_agents(judgement))
    if sick:
        yield from sick
        return
    agent = judgement.agents.ztunnel if judgement.verdict.state == "Pending" else judgement.agents.cni
    if agent.pod:
        logs = kubectl("logs", name(agent.pod.name), *inside(agent.pod.namespace))
        effect = f"shows what {agent.program} on {judgement.pod.node} says of it"
        yield from offer(lines_with(logs, name(judgement.pod.name)), effect)
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


def _look_at(health: Health) -> Iterator[Fix]:
    if health.pod:
        where = (name(health.pod.name), *inside(health.pod.namespace))
        yield from offer(kubectl("describe pod", *where), f"shows why {health.program} is not Ready")
        yield from offer(kubectl("logs", *where, "--tail=50"), f"shows what {health.program} says")
    else:
        key, value = ("k8s-app", "istio-cni-node") if health.program == "istio-cni" else ("app", "ztunnel")
        found = kubectl("get pods -A -o wide -l", label(key, value))
        yield from offer(found, f"shows on which nodes {health.program} runs")


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
            "tells whether you may read what decides; docs/rbac.yaml holds the rights that are needed",
        )
