"""What `check` asks for: each list once; of files what the other readers give, in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.kinds.network import NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.nodes import NODES, WHOLE_NODES
from kubectl_ambient.cluster.kinds.pods import PODS, SANDBOXES
from kubectl_ambient.cluster.kinds.table import MESH, POLICIES
from kubectl_ambient.cluster.lines import Lines
from kubectl_ambient.cluster.needs.check import CheckNeeds
from kubectl_ambient.cluster.place import Places
from kubectl_ambient.cluster.reading.check_files import read_check_files
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.reading.label_files import read_label_files
from kubectl_ambient.cluster.snapshot import Snapshot

EXAMPLES = Path(__file__).parents[2] / "examples"
SNAPSHOTS = Path(__file__).parents[1] / "golden" / "snapshots"
KINDS = (*MESH, *POLICIES, NETWORK_POLICIES, SANDBOXES)


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_no_list_is_asked_for_twice(namespace: str) -> None:
    asks = CheckNeeds(namespace=namespace).first()
    told = [(ask.kind, ask.namespace, ask.name, ask.anywhere, ask.labels, ask.fields) for ask in asks]
    assert len(told) == len(set(told))
    assert [ask.kind for ask in asks if ask.must] == [PODS]
    assert not any(ask.counts for ask in asks), "what is refused is told by the checks that want it"
    assert NODES not in {ask.kind for ask in asks}
    assert WHOLE_NODES in {ask.kind for ask in asks}


def test_a_gateway_is_not_asked_for_again_that_a_list_has() -> None:
    snapshot, _ = read_files([str(EXAMPLES / "shop.yaml")])
    assert GATEWAYS not in {ask.kind for ask in CheckNeeds().second(snapshot)}
    assert WHOLE_NODES not in {ask.kind for ask in CheckNeeds().second(snapshot)}


FILES = [EXAMPLES / "shop.yaml", EXAMPLES / "mistakes", *sorted(SNAPSHOTS.glob("*.yaml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_give_what_the_other_readers_give(path: Path) -> None:
    places: Places = {}
    found, problems = read_check_files([str(path)], kinds=KINDS, places=places)
    facts, facts_problems = read_files([str(path)], kinds=KINDS)
    labels, _ = read_label_files((), "", [str(path)])
    # A label that an API server refuses is a mistake to `check`, and told as one.
    assert {str(problem) for problem in problems} <= {str(problem) for problem in facts_problems}
    for name in Snapshot.__struct_fields__:
        other = labels if name.startswith("labelled") else facts
        part = getattr(found, name)
        assert part == getattr(other, name) if not isinstance(part, Found) else part.facts == getattr(other, name).facts
    assert {fact.ref for fact in found.pods} <= places.keys()


def test_every_object_of_a_file_has_its_line() -> None:
    places: Places = {}
    read_check_files([str(EXAMPLES / "shop.yaml")], kinds=KINDS, places=places)
    lines, text = Lines(places, "default"), (EXAMPLES / "shop.yaml").read_text().splitlines()
    for ref in places:
        line = lines.line(ref)
        assert line is not None, ref
        assert text[line - 1] == "- apiVersion: v1" or text[line - 1].startswith("- apiVersion: ")
        field = lines.line(ref, "metadata.name")
        assert field is not None
        assert text[field - 1].strip() == f"name: {ref.rpartition('/')[2]}"
