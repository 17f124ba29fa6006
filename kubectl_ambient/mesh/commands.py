"""Commands that are offered in more than one place."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.mesh.agents import Told
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.rollout import is_paused
from kubectl_ambient.mesh.verdict import Judgement

RESTARTABLE = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


def restart(judgement: Judgement, effect: str) -> Fix:
    """Restart what owns the pod; a pod without an owner that does that is deleted.

    A static pod is not: the kubelet writes the deleted mirror again and leaves the containers alone
    [kubernetes pkg/kubelet/kubelet.go, tryReconcileMirrorPods].
    """
    pod, owner = judgement.pod, judgement.verdict.owner or ""
    if pod.mirror:
        return Fix(f"# change the manifest of static pod {pod.name} on node {pod.node}", effect)
    kind, _, name = owner.partition("/")
    if kind in RESTARTABLE and replaces_at_once(judgement):
        return Fix(f"kubectl rollout restart {RESTARTABLE[kind]}/{name} -n {pod.namespace}", effect)
    gone = effect if owner else f"{effect}; nothing makes it again but you"
    return Fix(f"kubectl delete pod {pod.name} -n {pod.namespace}", gone)


def replaces_at_once(judgement: Judgement) -> bool:
    """Whether the owner replaces its pods when its template changes, as far as it is known."""
    workload = judgement.workload
    return workload is None or not (workload.paused or workload.update_strategy == "OnDelete")


def roll_out(judgement: Judgement, effect: str) -> Fix:
    """Bring the template, as it is already, to the pods; one that is held back by a pause is let go."""
    workload = judgement.workload
    if workload is None or not is_paused(workload):
        return restart(judgement, effect)
    return Fix(f"kubectl rollout resume deployment/{workload.name} -n {workload.namespace}", effect)


def when_replaced(judgement: Judgement) -> str:
    """When a new template reaches the pods of an owner that does not replace them at once."""
    workload = judgement.workload
    return "when its rollout is resumed" if workload is not None and is_paused(workload) else "when it is replaced"


def configure(judgement: Judgement, setting: Told, effect: str) -> Iterator[Fix]:
    """Edit a setting of istio-cni where it stands, and have it read."""
    namespace = home(judgement)
    if is_literal(setting):
        yield Fix(f"kubectl edit daemonset istio-cni-node -n {namespace}", f"{effect}, in the env of its container")
        return
    yield Fix(f"kubectl edit configmap istio-cni-config -n {namespace}", effect)
    yield Fix(f"kubectl rollout restart daemonset/istio-cni-node -n {namespace}", "the agents read it when they start")


def is_literal(setting: Told) -> bool:
    """Whether it is a literal `env` of the container, which beats the ConfigMap."""
    return ".env[" in setting.evidence.field


def home(judgement: Judgement) -> str:
    """The namespace of istio-cni."""
    parts = judgement.agents.worlds[-1].entries_told.evidence.object.split("/")
    return parts[1] if len(parts) == 3 else "istio-system"
