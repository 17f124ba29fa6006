"""What to do: the exact commands that would move a pod, each with its effect."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.agents import Health
from kubectl_ambient.mesh.commands import configure, restart
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.mesh.way_in import stop_in_namespace, way_in


def fixes(judgement: Judgement, snapshot: Snapshot) -> tuple[Fix, ...]:
    """The commands for one pod, most useful first; none where there is nothing to do, or nothing to type."""
    verdict = judgement.verdict
    match verdict.state:
        case "Enrolled":
            found = _keep(judgement, snapshot)
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


def _keep(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    if judgement.verdict.after_restart == "sidecar":
        command = stop_in_namespace(judgement, snapshot)
        if command:
            yield Fix(command, "the next pods stay in ambient mode and get no sidecar")
    if judgement.agents.ztunnel.bad:
        yield from _look_at(judgement.agents.ztunnel)


def _wait(judgement: Judgement) -> Iterator[Fix]:
    yield from _sick_agents(judgement)
    yield Fix(f"kubectl ambient status -n {judgement.pod.namespace} -w", "shows when it is in")


def _clean(judgement: Judgement) -> Iterator[Fix]:
    yield from _sick_agents(judgement)
    yield restart(judgement, "the new pod starts without the old redirection")


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
        logs = f"kubectl logs {agent.pod.name} -n {agent.pod.namespace} | grep {judgement.pod.name}"
        yield Fix(logs, f"shows what {agent.program} on {judgement.pod.node} says of it")
    yield restart(judgement, "a new pod is put in before its containers start")


def _look_at(health: Health) -> Iterator[Fix]:
    if health.pod:
        where = f"{health.pod.name} -n {health.pod.namespace}"
        yield Fix(f"kubectl describe pod {where}", f"shows why {health.program} is not Ready")
        yield Fix(f"kubectl logs {where} --tail=50", f"shows what {health.program} says")
    else:
        selector = "k8s-app=istio-cni-node" if health.program == "istio-cni" else "app=ztunnel"
        yield Fix(f"kubectl get pods -A -o wide -l {selector}", f"shows on which nodes {health.program} runs")


def _ask(judgement: Judgement, from_files: bool) -> Iterator[Fix]:
    if judgement.verdict.reason == "SelectorInvalid":
        yield from configure(judgement, "correct AMBIENT_ENABLEMENT_SELECTOR")
    elif not from_files:
        yield Fix(
            f"kubectl auth can-i get namespace/{judgement.pod.namespace}",
            "tells whether you may read what decides; docs/rbac.yaml holds the rights that are needed",
        )
