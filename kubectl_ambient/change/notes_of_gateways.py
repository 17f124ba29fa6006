"""The gateways of Istio that a change would put into ambient mode, where they do not work."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.words import grouped
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.gateways import gateway_of, is_sandwiched, what_makes_it_a_gateway
from kubectl_ambient.shell.command import Command, Sentence, joined


def gateways_swept_in(change: Change) -> Iterator[Sentence]:
    """Gateways that nothing keeps out, with what does; those that are meant to be captured are not told."""
    if change.goal != "enable":
        return
    snapshot = change.effects.after.snapshot
    found = [
        (pod, change)
        for m in change.effects.asked_in
        if (pod := snapshot.pods.fact(f"{m.pod.namespace}/{m.pod.name}")) is not None
        and what_makes_it_a_gateway(pod) is not None
        and not is_sandwiched(gateway_of(pod, snapshot), snapshot)
    ]
    for fix, pods in grouped((_fix(*of), of[0].name) for of in found).items():
        what = "is a gateway" if len(pods) == 1 else "are gateways"
        own = "its" if len(pods) == 1 else "their"
        told = f"{few(pods)} {what} of Istio and would be redirected to ztunnel: {own} connections would fail"
        out = "it" if len(pods) == 1 else "them"
        yield joined(told, (f"; to keep {out} out, do this first: ", fix) if fix else "")


def _fix(pod: Pod, change: Change) -> Command | None:
    findings = change.effects.after.judge(pod).findings
    return next((f.fix for f in findings if f.code == Code.GATEWAY_CAPTURED), None)
