"""What reads goes by the entries of kinds: a kind is added in `kinds`, and nowhere else.

So nothing in `reading` names one, but for what is of a single kind by its nature, and stands here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_ambient.cluster import kinds, reading
from kubectl_ambient.cluster.kinds.labels import LABELS
from kubectl_ambient.cluster.kinds.table import KINDS

FILES = sorted(Path(reading.__path__[0]).glob("*.py"))
PACKAGE = f"{kinds.__name__}."
OF_ALL = {"kind", "table", "labelled", "labels"}  # modules of `kinds` that are of no single kind
IMPORTED = {
    "watch.py": {"namespaces.NAMESPACES"},  # one that is gone still decides about what is in it
    "label_files.py": {"workloads.WORKLOADS"},  # where their templates lie
    "shown_by_files.py": {
        # by what files are known to hold a whole cluster
        *("namespaces.NAMESPACES", "nodes.NODES", "pods.PODS", "pods.CNI_LABEL", "pods.ZTUNNEL_LABEL"),
        "workloads.CNI_DAEMONSETS",  # is known by its pods as well
    },
    "silence.py": {"gateways.WAYPOINT_CLASSES"},  # who keeps one keeps all of them
}
WRITTEN = {
    "files.py": {"namespace"},  # the field of that name
    "label_files.py": {
        "WorkloadEntry",  # has labels in its spec
        "ReplicaSet",  # one that a workload made is left out
        "Namespace",  # what the others are in
        "namespace",
    },
    "dump_files.py": {"node"},  # whose ztunnel said it
    "silence.py": {"namespace"},  # what files leave unsaid of these
    "shown_by_files.py": {"namespace", "namespaces", "node"},  # kube-node-lease among them
}
RESOURCES = {kind.resource for kind in (*KINDS, *LABELS.values())}
NAMES = {name for found in RESOURCES for name in (found.kind, found.plural, found.singular)}


def named(file: Path) -> Iterator[str]:
    """The kinds that strings of the file name, but for those that say what it does."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from NAMES.intersection(re.findall(r"[A-Za-z]+", node.value))


def imported(file: Path) -> Iterator[str]:
    """The names that it has of modules of a single kind: `pods.PODS`; a module as such is `pods`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        within = [name.removeprefix(PACKAGE) for name in found if name.startswith(PACKAGE)]
        yield from (name for name in within if name.split(".")[0] not in OF_ALL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_kind_is_named(file: Path) -> None:
    assert set(imported(file)) == IMPORTED.get(file.name, set())
    assert set(named(file)) == WRITTEN.get(file.name, set())


def test_the_files_that_may_are_there() -> None:
    assert {*IMPORTED, *WRITTEN} <= {file.name for file in FILES}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("from kubectl_ambient.cluster.kinds.pods import PODS, is_agent", {"pods.PODS", "pods.is_agent"}),
        ("import kubectl_ambient.cluster.kinds.pods", {"pods"}),
        ("from kubectl_ambient.cluster.kinds import pods", {"pods"}),
        ("from kubectl_ambient.cluster.kinds.table import KINDS", set()),
        (
            '"""Of a Pod."""\nx = f"get pod {x}"\n\ndef f():\n    "a Node"\n    return ["DaemonSet"]',
            {"pod", "DaemonSet"},
        ),
        ('x = "podium, aPod"', set()),
    ],
)
def test_a_name_is_seen(text: str, names: set[str], tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(text)
    assert {*imported(file), *named(file)} == names
