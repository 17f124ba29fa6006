"""What the rules of proof look at: one pod as Kubernetes has it, and what the ztunnel of its node says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, KnownWorkload, Proxied
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.installation.agents import Health, NodeAgents
from kubectl_ambient.mesh.state import YOUNG
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, name

Serves = Literal["yes", "listening", "no", "blocked", "unknown"]
By = Literal["dump", "counts"]


class Proof(Struct, frozen=True, kw_only=True, gc=False):
    """Whether a pod is served, by what its node's ztunnel says.

    served: `yes` (traffic of it is in ztunnel right now), `listening` (ztunnel listens in its network, which does not
    prove the redirection), `no`, `blocked` (ztunnel cannot listen there), `unknown`. state: what ztunnel has of it,
    None where that is not known; so is `by`, what told it. why: of `unknown` alone.
    """

    served: Serves
    state: str | None = None
    by: By | None = None
    why: str | None = None
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()


class Case(Struct, frozen=True, kw_only=True, gc=False):
    """One pod on one node. entry: what ztunnel has of it; workload: what istiod told it of that pod, None for nothing.

    others: what other ztunnels were told of the pod, by node. lasts: that ztunnel has it while it is not in is no
    passing state.
    """

    pod: Pod
    verdict: Verdict
    uid: str
    ips: tuple[str, ...]
    dump: Dump
    agents: NodeAgents
    entry: Proxied | None
    workload: KnownWorkload | None
    others: Mapping[str, KnownWorkload | None]
    certificate: Certificate | None = None
    lasts: bool = True

    @property
    def told(self) -> Evidence:
        """What ztunnel has of the pod, as evidence."""
        return told(self.pod.node, f"workloadState[{self.uid}]", self.entry.state if self.entry else None)


def told(node: str, field: str, value: str | None) -> Evidence:
    """A field of a node's dump, as evidence."""
    return Evidence(f"/config_dump of ztunnel on {node}", field, value)


def log_of(health: Health) -> Command | None:
    """The command that shows the log of an agent; None where there is none."""
    pod = health.pod
    return offered(kubectl("logs", name(pod.name), *inside(pod.namespace))) if pod else None


def moving(pod: Pod, now: datetime | None) -> str | None:
    """Why what is said of a pod may be over in a moment; None where it is not so. Without a clock it has no age."""
    if pod.deleting is not None:
        return "it is being deleted"
    if now is not None and any(at and abs(now - at) < YOUNG for at in (pod.created, pod.started)):
        return f"it is younger than {YOUNG.seconds} s"
    return None
