"""Files that hold a whole cluster give the answer that the cluster gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.budget import fuzzed
from tests.fuzz.clusters import clusters
from tests.fuzz.files import SHAPES, with_nulls, written
from tests.fuzz.program import Ran, ambient
from tests.fuzz.server import PLAIN, ClusterServer, in_order
from tests.fuzz.test_live import COMMANDS, answers, asked
from tests.fuzz.words import LATE, TIMES, Fields

_VERSION_OF_ISTIOD = "the version of istiod is not known"
_UNNAMED = ("the version of istio-cni is not known", "its image names no version")
_AGE = re.compile(r" \(\d+y\)")


@pytest.mark.parametrize("command", COMMANDS)
@fuzzed()
@given(data=st.data(), objects=clusters(), shape=st.sampled_from(sorted(SHAPES)), parts=st.integers(1, 3))
def test_one_answer_however_it_is_written(
    folder: Path, command: str, data: st.DataObject, objects: list[Fields], shape: str, parts: int
) -> None:
    words = asked(command, objects)
    plain = ambient(*words, *written(folder, objects, "one.json"))
    assert plain.code == 0, plain
    nulled = data.draw(with_nulls(objects))
    order = data.draw(st.permutations(nulled))
    ambient(*words, *written(folder, order, shape, parts)).agrees_with(plain)


@pytest.mark.parametrize("command", COMMANDS)
@fuzzed()
@given(objects=clusters(full=True))
def test_files_say_what_the_cluster_says(
    folder: Path, server: ClusterServer, command: str, objects: list[Fields]
) -> None:
    objects = past(objects)
    words = asked(command, objects)
    live = answers(server, in_order(objects), PLAIN, words)
    files = ambient(*words, "--whole-cluster", *written(folder, objects, "one.json"))
    if command in ("explain", "labels") and any(why in ran.out for why in _UNNAMED for ran in (live, files)):
        # What the version may be, pods tell that these do not read in a cluster.
        assert live.code == files.code
        return
    comparable(files, command).agrees_with(comparable(live, command))


def past(objects: list[Fields]) -> list[Fields]:
    """The same, where nothing is yet to come: files have no clock, by which a pod is young."""
    text = json.dumps(objects)
    for late in LATE:
        text = text.replace(late, TIMES[0])
    found: list[Fields] = json.loads(text)
    return found


def comparable(ran: Ran, command: str) -> Ran:
    """What files and a cluster must agree in; all else that may differ is left out here, and why."""
    found = ran.document()
    if command == "explain":
        # Of a cluster only what concerns the pod is read: its node, the agents there, its owner. And what a cluster
        # could be asked in addition is no question to files.
        del found["assumptions"], found["fixes"]
    if command == "status":
        # Of a cluster no Services are read, whose conditions tell in files which versions istiod cannot be of.
        found["assumptions"] = [told for told in found["assumptions"] if not told.startswith(_VERSION_OF_ISTIOD)]
    if command == "waypoint status":
        # Files say nothing of the types that a server has.
        found["assumptions"] = [told for told in found["assumptions"] if not told.startswith("The server has no ")]
    if command == "labels":
        # These are listed in files only: in a cluster others make them.
        found["items"] = [
            item for item in found["items"] if item["kind"] not in ("ReplicaSet", "ReplicationController")
        ]
        del found["summary"]
    # An object that is not there was looked for in another place, or not at all.
    text = _AGE.sub("", json.dumps(found, indent=1))
    for why in ("not in the files", "a kind that is not read", "not read"):
        text = text.replace(why, "not found")
    # Beside the data a server is told to be without some resource type.
    return ran._replace(out=text, err="")
