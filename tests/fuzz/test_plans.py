"""A plan of a cluster tells what the plan of files tells that hold all of it: what was not read did not matter.

So do paths and policies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from tests.fuzz.budget import fuzzed
from tests.fuzz.change_scenes import HOMES, item, scenes
from tests.fuzz.files import written
from tests.fuzz.program import ambient
from tests.fuzz.server import PLAIN, ClusterServer, in_order
from tests.fuzz.test_live import answers
from tests.fuzz.words import Fields

REDIRECTION = "ambient.istio.io/redirection"
CHANGES = (
    "enable ns shop",
    "enable ns shop pay",
    "enable pod web -n shop",
    "enable pods -l app=cart -n pay",
    "disable ns shop",
    "disable ns shop edge",
    "disable pod web -n shop",
    "waypoint enable ns shop --waypoint wp --force",
    "waypoint enable svc web -n shop --waypoint wp --force",
    "waypoint enable svc web -n shop --waypoint wp --waypoint-namespace edge --force",
    "waypoint disable ns shop",
    "waypoint disable svc web -n shop",
)


QUESTIONS = (
    "path pod/web pod/cart -n shop",
    "path pod/shop/web svc/pay/web",
    "path outside svc/web -n shop",
    "path --matrix -n shop",
    "policy status -n shop",
    "policy status -A",
)


@pytest.mark.parametrize("change", CHANGES)
@fuzzed()
@given(objects=scenes())
def test_a_plan_of_files_is_that_of_the_cluster(
    folder: Path, server: ClusterServer, change: str, objects: list[Fields]
) -> None:
    words = [*change.split(), "--plan", "-o", "json"]
    live = answers(server, in_order(objects), PLAIN, words)
    files = ambient(*words, *written(folder, objects, "one.json"))
    assert live.code == files.code, (live, files)
    if files.out:
        assert told(live.document()) == told(files.document())


@pytest.mark.parametrize("question", QUESTIONS)
@fuzzed()
@given(objects=scenes(healthy=True))  # whether a ztunnel serves a pod now, files do not say
def test_the_same_holds_of_paths_and_policies(
    folder: Path, server: ClusterServer, question: str, objects: list[Fields]
) -> None:
    words = [*question.split(), "-o", "json"]
    live = answers(server, in_order(objects), PLAIN, words)
    files = ambient(*words, "--whole-cluster", *written(folder, objects, "one.json"))
    assert live.code == files.code, (live, files)
    if files.out:
        assert told(live.document()) == told(files.document())


@pytest.mark.parametrize("change", [change for change in CHANGES if " pod" not in change])
@fuzzed()
@given(objects=scenes(settled=True))
def test_a_plan_of_manifests_is_that_of_the_pods_that_they_make(
    folder: Path, change: str, objects: list[Fields]
) -> None:
    words = [*change.split(), "--plan", "-o", "json"]
    made = ambient(*words, *written(folder, objects, "one.json"))
    to_come = ambient(*words, *written(folder, [_what_makes(one) for one in objects], "one.json"))
    assert made.code == to_come.code
    if made.out:
        expected = told(made.document())
        found = told(json.loads(to_come.out.replace("-*", "")))
        for plan in (expected, found):
            plan["moves"].sort(key=lambda move: move["object"])
            for move in plan["moves"]:
                del move["owner"]
            for risk in plan["risks"]:
                risk["affects"].sort()
        assert found == expected


def _what_makes(found: Fields) -> Fields:
    """The Deployment of a pod; all else as it is, proxies of Gateways too, which no manifest makes."""
    metadata = found["metadata"]
    if found["kind"] != "Pod" or metadata["namespace"] not in HOMES or GATEWAY_NAME in metadata["labels"]:
        return found
    annotations = {key: value for key, value in metadata.get("annotations", {}).items() if key != REDIRECTION}
    template = {"metadata": {"labels": metadata["labels"], "annotations": annotations}, "spec": found["spec"]}
    name = metadata["name"]
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return item("apps/v1", "Deployment", name, metadata["namespace"], spec=spec)


def told(plan: Any) -> Any:
    """Without what is taken for granted, of which files and a cluster leave out different things."""
    return {part: plan[part] for part in plan if part not in ("assumptions", "undo", "metadata")}
