"""Nodes: the operating system, whether a node is a virtual one, and what keeps pods from it."""

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import Object, Wire, texts


class Taint(Wire, frozen=True):
    """`spec.taints[]` of a Node."""

    key: str | None = None
    value: str | None = None
    effect: str | None = None


class NodeSpec(Wire, frozen=True):
    """`spec` of a Node."""

    taints: list[Taint] | None = None


class Node(Object, frozen=True):
    """A Node; where only its metadata is read, it has no `spec`."""

    spec: NodeSpec | None = None

    def fact(self) -> facts.Node:
        """The flat node."""
        taints = None
        if self.spec is not None:
            found = self.spec.taints or ()
            taints = tuple(facts.Taint(key=t.key or "", value=t.value or "", effect=t.effect or "") for t in found)
        return facts.Node(name=self.name, labels=texts(self.metadata.labels), taints=taints)


NODES = kind("nodes", "nodes", Node, partial=True, in_files=False)
WHOLE_NODES = NODES.some("nodes", partial=False)
"""The same with their taints: 20 KB each, so only where these are wanted."""
