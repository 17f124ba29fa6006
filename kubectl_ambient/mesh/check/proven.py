"""What ztunnels themselves say, for checks: what follows from it, and what it does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.mesh.ztunnel.case import Proof, moving
from kubectl_ambient.mesh.ztunnel.nodes import NodeProof, NodeProofs, alike

UNASKED = "ztunnels themselves were not asked: --ztunnel asks them"


class Proven:
    """The pods of a scope with their verdicts, held against what the ztunnels of their nodes say."""

    def __init__(self, snapshot: Snapshot, judge: Judge, verdicts: Sequence[tuple[Pod, Verdict]]) -> None:
        self._snapshot = snapshot
        self._judge = judge
        self._verdicts = verdicts

    @property
    def asked(self) -> bool:
        """Whether ztunnels were asked at all."""
        return self._snapshot.ztunnels is not None

    @cached_property
    def nodes(self) -> list[NodeProof]:
        """The nodes on which some of the pods are redirected."""
        if not self.asked:
            return []
        return NodeProofs(self._snapshot, self._judge.installation).of(pod for pod, _ in self._verdicts)

    @cached_property
    def pods(self) -> list[tuple[Pod, Proof]]:
        """The pods that ztunnels have, or should have."""
        if not self.asked:
            return []
        found = ((pod, self._judge.with_proof(pod, verdict).proof) for pod, verdict in self._verdicts)
        return [(pod, proof) for pod, proof in found if proof is not None]

    @cached_property
    def hits(self) -> list[Hit]:
        """All findings, of pods and of nodes."""
        of_pods = [Hit.of(finding, pod.ref) for pod, proof in self.pods for finding in proof.findings]
        return [*of_pods, *(Hit.of(found, f"Node/{node.node}") for node in self.nodes for found in node.findings)]

    @cached_property
    def unread(self) -> list[Unread]:
        """What was not told; pods that only change are not spoken of."""
        return [*self._of_nodes(), *self._of_pods()]

    def _of_nodes(self) -> Iterator[Unread]:
        whys = ((node.node, node.why or "only its counts may be read") for node in self.nodes if node.by != "dump")
        for names, why in alike(whys):
            yield Unread(what=f"tell what ztunnel has on {few(names)}", why=why)

    def _of_pods(self) -> Iterator[Unread]:
        pods: dict[str, list[str]] = {}
        for pod, proof in self.pods:
            settled = moving(pod, self._snapshot.now) is None
            if proof.served == "unknown" and proof.by == "dump" and proof.why and settled:
                pods.setdefault(proof.why, []).append(f"{pod.namespace}/{pod.name}")
        for why, names in pods.items():
            yield Unread(what=f"tell whether {few(names)} {'is' if len(names) == 1 else 'are'} served", why=why)
