"""What to do: the exact commands that would move a pod, each with its effect."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.agents import Health
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.findings import stop_injection
from kubectl_ambient.mesh.verdict import Judgement

RESTARTABLE = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}
_ISTIOS_OWN = {"ztunnel", "istio-cni-node", "istiod"}


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
            found = _move_in(judgement, snapshot)
    return tuple(found)


def restart(judgement: Judgement, effect: str) -> Fix:
    """Restart what owns the pod; a pod without such an owner is deleted."""
    pod, owner = judgement.pod, judgement.verdict.owner or ""
    kind, _, name = owner.partition("/")
    if kind in RESTARTABLE:
        return Fix(f"kubectl rollout restart {RESTARTABLE[kind]}/{name} -n {pod.namespace}", effect)
    gone = effect if owner else f"{effect}; nothing makes it again but you"
    return Fix(f"kubectl delete pod {pod.name} -n {pod.namespace}", gone)


def _keep(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    if judgement.verdict.after_restart == "sidecar":
        command = stop_injection(_namespace(judgement, snapshot), judgement.pod.namespace)
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
        yield from _configure(judgement, "correct AMBIENT_ENABLEMENT_SELECTOR")
    elif not from_files:
        yield Fix(
            f"kubectl auth can-i get namespace/{judgement.pod.namespace}",
            "tells whether you may read what decides; docs/rbac.yaml holds the rights that are needed",
        )


def _configure(judgement: Judgement, effect: str) -> Iterator[Fix]:
    rules = judgement.agents.worlds[-1]
    namespace = _home_of(rules.entries_told.evidence.object)
    yield Fix(f"kubectl edit configmap istio-cni-config -n {namespace}", effect)
    yield Fix(f"kubectl rollout restart daemonset/istio-cni-node -n {namespace}", "the agents read it when they start")


def _home_of(ref: str) -> str:
    parts = ref.split("/")
    return parts[1] if len(parts) == 3 else "istio-system"


def _move_in(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    """The pod is out as intended; what would put it in."""
    pod, reason = judgement.pod, judgement.decision.reason
    namespace = pod.namespace
    if pod.labels.get("app") in _ISTIOS_OWN or judgement.verdict.mode == "gateway":
        return
    match reason:
        case "NotLabeled" | "OtherDataPlane":
            overwrite = " --overwrite" if _has_other_value(judgement, snapshot) else ""
            yield Fix(
                f"kubectl ambient enable ns {namespace}{overwrite}", "moves in every pod of the namespace that can be"
            )
            yield _enable_owner(judgement, "")
        case "PodOptedOut":
            yield _enable_owner(judgement, " --overwrite")
        case "NotSelected":
            rules = judgement.agents.worlds[-1]
            home = _home_of(rules.entries_told.evidence.object)
            yield Fix(
                f"kubectl get configmap istio-cni-config -n {home} -o yaml",
                "shows the selectors of this cluster, which decide here",
            )
        case "AmbientNotInstalled":
            yield Fix("istioctl install --set profile=ambient", "installs istiod, istio-cni and ztunnel")
        case "AmbientDisabled":
            yield from _configure(
                judgement, "set AMBIENT_ENABLED to true (better: by the value ambient.enabled of its chart)"
            )
        case "SidecarPresent":
            yield from _without_sidecar(judgement, snapshot)
        case "NamespaceExcluded":
            yield from _configure(judgement, f"take {namespace} off EXCLUDE_NAMESPACES")
        case _:
            return


def _without_sidecar(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    pod = judgement.pod
    if judgement.verdict.after_restart == "sidecar":
        command = stop_injection(_namespace(judgement, snapshot), pod.namespace)
        yield Fix(
            command or _opt_out_of_injection(judgement),
            "no new pod gets a sidecar" if command else "its next pods get no sidecar; this restarts them",
        )
        if command is None:
            return
    yield restart(judgement, "its next pods come without a sidecar, in ambient mode")


def _opt_out_of_injection(judgement: Judgement) -> str:
    pod, workload = judgement.pod, judgement.workload
    if workload is None:
        return f"kubectl label pod {pod.name} -n {pod.namespace} sidecar.istio.io/inject=false --overwrite"
    patch = '{"spec":{"template":{"metadata":{"labels":{"sidecar.istio.io/inject":"false"}}}}}'
    return f"kubectl patch {workload.kind.lower()}/{workload.name} -n {pod.namespace} -p '{patch}'"


def _enable_owner(judgement: Judgement, flags: str) -> Fix:
    pod = judgement.pod
    kind, _, name = (judgement.verdict.owner or "").partition("/")
    if kind in RESTARTABLE:
        command = f"kubectl ambient enable {RESTARTABLE[kind]} {name} -n {pod.namespace}{flags}"
        return Fix(command, "moves in this workload alone, and restarts its pods")
    return Fix(f"kubectl ambient enable pod {pod.name} -n {pod.namespace}{flags}", "moves in this pod alone, at once")


def _has_other_value(judgement: Judgement, snapshot: Snapshot) -> bool:
    namespace = _namespace(judgement, snapshot)
    return isinstance(namespace, Namespace) and DATAPLANE_MODE in namespace.labels


def _namespace(judgement: Judgement, snapshot: Snapshot) -> Namespace:
    found = snapshot.namespaces.get(judgement.pod.namespace)
    return found if isinstance(found, Namespace) else Namespace(name=judgement.pod.namespace)
