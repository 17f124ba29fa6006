"""Check: no pod keeps a sidecar that nothing asks for any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ambient.mesh.check.check import Check, Hit
from kubectl_ambient.mesh.evidence import annotation
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, named

if TYPE_CHECKING:
    from kubectl_ambient.cluster.facts import Pod
    from kubectl_ambient.mesh.check.judged import Judged

_RESTARTED = ("Deployment", "StatefulSet", "DaemonSet")


def _kept(judged: Judged) -> Iterator[Hit]:
    """What a move to ambient leaves until the pods are replaced."""
    for pod, verdict in judged.verdicts:
        if verdict.mode == "sidecar" and verdict.after_restart == "ambient" and not pod.finished:
            yield Hit(
                object=pod.ref,
                message="the pod keeps its sidecar until it restarts; the next one is in ambient mode",
                severity="warning",
                evidence=(annotation(pod.ref, "sidecar.istio.io/status", "set"),),
                fix=_restart(pod, judged),
            )


def _restart(pod: Pod, judged: Judged) -> Command | None:
    owner, _, called = (judged.judge.judge(pod).owner or "").partition("/")
    if owner not in _RESTARTED:
        return None
    return offered(kubectl("rollout restart", named(owner.lower(), called), *inside(pod.namespace)))


CHECK = Check(
    id="leftover-sidecars",
    section="workloads",
    title="no pod keeps a sidecar that nothing asks for any more",
    reads=("pods", "namespaces", "webhooks"),
    asks=(_kept,),
)
