"""The way in for a pod that is out as intended: what keeps it out now, and what would do so next."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.commands import (
    RESTARTABLE,
    configure,
    home,
    is_literal,
    replaces_at_once,
    restart,
    roll_out,
    when_replaced,
)
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.mode_label import overwrite
from kubectl_ambient.mesh.verdict import Judgement

_ISTIOS_OWN = {"ztunnel", "istio-cni-node", "istiod"}
_FOR_GOOD = {"PodFinished", "NodeUnsupported", "HostNetwork"}


def way_in(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    """The steps; none for a pod that nothing brings in, and no label where it would have no effect."""
    pod, met, rules = judgement.pod, _obstacles(judgement), judgement.agents.worlds[-1]
    its_own = {pod.labels.get("app"), pod.labels.get("k8s-app")} & _ISTIOS_OWN
    if its_own or judgement.verdict.mode == "gateway" or met & _FOR_GOOD:
        return
    if "AmbientNotInstalled" in met:
        yield Fix("istioctl install --set profile=ambient", "installs istiod, istio-cni and ztunnel")
    elif "AmbientDisabled" in met:
        effect = "set AMBIENT_ENABLED to true (better: by the value ambient.enabled of its chart)"
        yield from configure(judgement, rules.enabled_told, effect)
    elif "NotSelected" in met:
        place = "daemonset istio-cni-node" if is_literal(rules.entries_told) else "configmap istio-cni-config"
        command = f"kubectl get {place} -n {home(judgement)} -o yaml"
        yield Fix(command, "shows the selectors of this cluster, which decide here")
    elif "NamespaceExcluded" in met:
        yield from configure(judgement, rules.excluded_told, f"take {pod.namespace} off EXCLUDE_NAMESPACES")
    elif "PodOptedOut" in met:
        yield from _owner_alone(judgement)
    elif judgement.decision.reason == "SidecarPresent":
        yield from _without_sidecar(judgement)
    else:
        namespace = _namespace(judgement, snapshot)
        flag = overwrite(namespace.labels.get(DATAPLANE_MODE))
        effect = "moves in every pod of the namespace that can be"
        yield Fix(f"kubectl ambient enable ns {pod.namespace}{flag}", effect)
        by_owner = list(_owner_alone(judgement))
        yield from by_owner or _without_sidecar(judgement)


def _obstacles(judgement: Judgement) -> set[str]:
    """The reasons of the rules that keep the pod out, those that were not reached among them."""
    steps = judgement.decision.steps
    return {step.reason for step in steps if step.reason and step.outcome in ("out", "skipped")}


def _owner_alone(judgement: Judgement) -> Iterator[Fix]:
    """The owner without its neighbours; none where the pod would keep its sidecar."""
    pod, sidecar = judgement.pod, judgement.pod.annotations.sidecar_status is not None
    kind, _, name = (judgement.verdict.owner or "").partition("/")
    if kind not in RESTARTABLE:
        if not sidecar:
            command = f"kubectl ambient enable pod {pod.name} -n {pod.namespace}"
            flag = overwrite(pod.labels.get(DATAPLANE_MODE))
            yield Fix(f"{command}{flag}", "moves in this pod alone, at once")
        return
    if judgement.verdict.after_restart == "sidecar":
        yield from _stop_injection(judgement)
    value = _template_value(judgement)
    if value == "ambient":
        yield roll_out(judgement, "its next pods have the label of their template, and are in")
        return
    command = f"kubectl ambient enable {RESTARTABLE[kind]} {name} -n {pod.namespace}{overwrite(value)}"
    how = "and restarts its pods" if replaces_at_once(judgement) else f"each pod {when_replaced(judgement)}"
    yield Fix(command, f"moves in this workload alone, {how}")


def _without_sidecar(judgement: Judgement) -> Iterator[Fix]:
    """The pod is asked for, and has a sidecar."""
    if judgement.injection.injected is None:
        return
    if judgement.injection.injected:
        yield from _stop_injection(judgement)
        if not judgement.injection.stop:
            return
    is_in = judgement.next_pod.decision.expected == "in"
    yield restart(judgement, "its next pods come without a sidecar" + (", in ambient mode" if is_in else ""))


def _stop_injection(judgement: Judgement) -> Iterator[Fix]:
    """The command that keeps sidecars from the next pods; none where no single one does."""
    pod, command, workload = judgement.pod, judgement.injection.stop, judgement.workload
    kind, _, name = (judgement.verdict.owner or "").partition("/")
    if workload is not None and workload.template.annotations.sidecar_status is not None:
        yield Fix(f"# take the sidecar out of the manifest of {kind} {name}", "istioctl kube-inject wrote it there")
    elif command:
        yield Fix(command, "no new pod gets a sidecar")
    elif kind in RESTARTABLE:
        patch = '{"spec":{"template":{"metadata":{"labels":{"sidecar.istio.io/inject":"false"}}}}}'
        how = "this restarts them" if replaces_at_once(judgement) else f"each {when_replaced(judgement)}"
        yield Fix(
            f"kubectl patch {RESTARTABLE[kind]}/{name} -n {pod.namespace} -p '{patch}'",
            f"its next pods get no sidecar; {how}",
        )


def _template_value(judgement: Judgement) -> str | None:
    return _template_labels(judgement).get(DATAPLANE_MODE)


def _template_labels(judgement: Judgement) -> dict[str, str]:
    """The labels of the next pod; those of this one where its template was not read."""
    workload = judgement.workload
    return (workload.template if workload else judgement.pod).labels


def _namespace(judgement: Judgement, snapshot: Snapshot) -> Namespace:
    found = snapshot.namespaces.get(judgement.pod.namespace)
    return found if isinstance(found, Namespace) else Namespace(name=judgement.pod.namespace)
