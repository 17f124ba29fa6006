"""Commands that are offered in more than one place."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.mesh.evidence import Fix, offer
from kubectl_ambient.mesh.installation.settings import Told
from kubectl_ambient.mesh.rollout import is_paused
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.shell.command import kubectl, remark
from kubectl_ambient.shell.words import inside, name, named

RESTARTABLE = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


def restart(judgement: Judgement, effect: str) -> Iterator[Fix]:
    """Restart what owns the pod; a pod without an owner that does that is deleted.

    So is one of a DaemonSet, which puts another there at once: its pods on other nodes have nothing to do with it.

    A static pod is not: the kubelet writes the deleted mirror again and leaves the containers alone
    [kubernetes pkg/kubelet/kubelet.go, tryReconcileMirrorPods].
    """
    pod, owner = judgement.pod, judgement.verdict.owner or ""
    if pod.mirror:
        return offer(remark("change the manifest of static pod", name(pod.name), "on node", name(pod.node)), effect)
    kind, _, made = owner.partition("/")
    if kind in RESTARTABLE and kind != "DaemonSet" and replaces_at_once(judgement):
        return offer(kubectl("rollout restart", named(RESTARTABLE[kind], made), *inside(pod.namespace)), effect)
    gone = effect if owner else f"{effect}; nothing makes it again but you"
    return offer(kubectl("delete pod", name(pod.name), *inside(pod.namespace)), gone)


def replaces_at_once(judgement: Judgement) -> bool:
    """Whether the owner replaces its pods when its template changes, as far as it is known."""
    workload = judgement.workload
    return workload is None or not (workload.paused or workload.update_strategy == "OnDelete")


def roll_out(judgement: Judgement, effect: str) -> Iterator[Fix]:
    """Bring the template, as it is already, to the pods; one that is held back by a pause is let go."""
    workload = judgement.workload
    if workload is None or not is_paused(workload):
        return restart(judgement, effect)
    return offer(kubectl("rollout resume", named("deployment", workload.name), *inside(workload.namespace)), effect)


def when_replaced(judgement: Judgement) -> str:
    """When a new template reaches the pods of an owner that does not replace them at once."""
    workload = judgement.workload
    return "when its rollout is resumed" if workload is not None and is_paused(workload) else "when it is replaced"


def configure(judgement: Judgement, setting: Told, effect: str) -> Iterator[Fix]:
    """Edit a setting of istio-cni where it stands, and have it read."""
    where = inside(home(judgement))
    if is_literal(setting):
        yield from offer(kubectl("edit daemonset istio-cni-node", *where), f"{effect}, in the env of its container")
        return
    yield from offer(kubectl("edit configmap istio-cni-config", *where), effect)
    again = kubectl("rollout restart daemonset/istio-cni-node", *where)
    yield from offer(again, "the agents read it when they start")


def switch_on(judgement: Judgement) -> Iterator[Fix]:
    """Have istio-cni run with ambient on."""
    effect = "set AMBIENT_ENABLED to true (better: by the value ambient.enabled of its chart)"
    yield from configure(judgement, judgement.agents.worlds[-1].enabled_told, effect)


def is_literal(setting: Told) -> bool:
    """Whether it is a literal `env` of the container, which beats the ConfigMap."""
    return ".env[" in setting.evidence.field


def home(judgement: Judgement) -> str:
    """The namespace of istio-cni."""
    parts = judgement.agents.worlds[-1].entries_told.evidence.object.split("/")
    return parts[1] if len(parts) == 3 else "istio-system"
