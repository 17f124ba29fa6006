"""Nodes: the operating system, and whether a node is a virtual one."""

from __future__ import annotations

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import Object, texts


class Node(Object, frozen=True):
    """A Node, of which the metadata is enough."""

    def fact(self) -> facts.Node:
        """The flat node."""
        return facts.Node(name=self.name, labels=texts(self.metadata.labels))


NODES = kind("nodes", "nodes", Node, partial=True, in_files=False)
