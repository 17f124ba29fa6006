"""Whether an agent runs on every node, and serves; why not, and whom that concerns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.nodes import NodeRow
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, name

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged


class AgentOn(Struct, frozen=True):
    """The nodes on which istio-cni or ztunnel does not serve; once for all where it runs nowhere."""

    program: Literal["istio-cni", "ztunnel"]

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """One hit a node."""
        installed = judged.judge.installation
        if not installed.installed:
            return
        everywhere = installed.elsewhere.cni if self.program == "istio-cni" else installed.elsewhere.ztunnel
        if everywhere.nowhere:
            yield from (
                Hit.of(one.finding, "Node/*")
                for one in judged.mesh
                if one.finding.code == Code.AGENT_MISSING and self.program in one.finding.message
            )
            return
        for row in judged.nodes:
            agent = row.cni if self.program == "istio-cni" else row.ztunnel
            if agent.status not in ("not ready", "missing"):
                continue
            missing = agent.status == "missing"
            ready = Evidence(f"Pod/{agent.pod}", "status.conditions[Ready]", "not True")
            yield Hit(
                object=f"Node/{row.name}",
                message=f"{agent.why}{self._follows(row)}",
                evidence=(Evidence(f"Node/{row.name}", f"pods of {self.program}", "none") if missing else ready,),
                fix=None if missing else _describe(agent.pod),
                code=Code.AGENT_MISSING if missing else Code.AGENT_NOT_READY,
            )

    def _follows(self, row: NodeRow) -> str:
        """Whom it concerns."""
        if self.program == "istio-cni":
            return "; no pod can be moved in or out there, and new ones that are to be in do not start"
        if not row.cut_off:
            return ""
        return f"; {row.cut_off} pod{' is' if row.cut_off == 1 else 's are'} cut off there"


def _describe(pod: str) -> Command | None:
    home, _, called = pod.partition("/")
    return offered(kubectl("describe pod", name(called), *inside(home)))
