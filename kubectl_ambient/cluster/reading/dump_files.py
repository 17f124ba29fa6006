"""Dumps of ztunnels among the files of `-f`: `ztunnel-n1.json` is what that of node n1 answered to `/config_dump`."""

from __future__ import annotations

from pathlib import PurePath

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.paths import OnLarge, Source
from kubectl_ambient.cluster.problem import Problem, Problems
from kubectl_ambient.cluster.sourced import OF_ZTUNNEL
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Dump


class Dumps:
    """Takes them in; what is wrong with one is told to `problems`, and is why nothing is known of its node."""

    def __init__(self, problems: Problems) -> None:
        self.by_node: dict[str, Dump | Counts | Unread] = {}
        self._problems = problems
        self._places: dict[str, str] = {}

    def take(self, source: Source, on_large: OnLarge | None) -> None:
        """Take in a file that is one. What it says of its node counts more than its name."""
        from kubectl_ambient.cluster.ztunnel.reading import decoded

        named = OF_ZTUNNEL.fullmatch(PurePath(source.path).name)
        node = named[1] if named else ""
        data = source.data(on_large)
        try:
            dump = None if isinstance(data, Problem) else decoded(data)
        except ValueError as error:
            data, dump = Problem(file=source.path, why=str(error)), None
        if dump is None:
            assert isinstance(data, Problem)
            self._problems.add(data)
            if node:
                self.by_node.setdefault(node, Unread(what=f"read {source.path}", why=data.why))
            return
        node = dump.node or node
        if not node:
            why = "a dump of a ztunnel that tells no node: name it ztunnel-NODE.json"
            self._problems.add(Problem(file=source.path, why=why))
            return
        if isinstance(before := self.by_node.get(node), Dump) and before != dump:
            why = f"a dump of the ztunnel of {node}, as {self._places[node]} is, and differs: the one here counts"
            self._problems.add(Problem(file=source.path, why=why, harmless=True))
        self.by_node[node] = dump
        self._places[node] = source.path
