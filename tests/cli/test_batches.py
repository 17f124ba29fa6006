"""Batches of objects: which comes when, what stops them, and the line that goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from kubectl_ambient.change.plan import Edit, plan
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.runs.change.apply import Applier
from kubectl_ambient.runs.change.batches import Batches
from kubectl_ambient.runs.change.flags import Flags
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import Item
from kubectl_ambient.runs.waiting.go_on import go_on
from kubectl_ambient.shell.aim import Aim
from tests.change.objects import namespace, workload

Items = list[Item[Edit]]


def items(*names: str, there: Sequence[str] = ()) -> Items:
    """Namespaces to enable; those `there` have the label already."""
    found = [namespace("ambient" if name in there else None, name) for name in names]
    return [Item(find_resource("ns"), {}, plan(one, "enable")) for one in found]


class World:
    """What is written and waited for, in order; `refused` are those that the server refuses."""

    def __init__(self, *, refused: str = "", unsettled: str = "", stopped: str = "") -> None:
        self.refused, self.unsettled, self.stopped = refused, unsettled, stopped
        self.events: list[str] = []
        self.why = ""
        self.bug = None

    def apply(self, batch: Items, *, send: bool) -> None:
        assert send
        names = [item.target.name for item in batch]
        for item in batch:
            item.state = "refused" if item.target.name == self.refused else "done"
        self.events.append("write " + " ".join(names))
        self.why = "interrupted" if self.stopped in names else ""

    def settle(self, batch: Sequence[Item[Edit]]) -> bool:
        names = [item.target.name for item in batch]
        self.events.append("wait " + " ".join(names))
        return self.unsettled not in names

    def run(self, found: Items, size: int | None = 2) -> Batches[Edit]:
        batches = Batches(found, size, self.events.append)
        batches.write(lambda: cast(Applier[Edit], cast(Any, self)), self.settle, send=True)
        return batches


def test_each_is_written_when_the_one_before_has_settled_and_the_last_is_left_to_wait_for() -> None:
    world = World()
    done = world.run(items(*"abcde"))
    assert world.events == [
        "batch 1 of 3: namespace/a to namespace/b (2)",
        "write a b",
        "wait a b",
        "batch 2 of 3: namespace/c to namespace/d (2)",
        "write c d",
        "wait c d",
        "batch 3 of 3: namespace/e",
        "write e",
    ]
    assert ([item.target.name for item in done.last], done.why, done.unsettled) == (["e"], "", [])


def test_without_a_size_all_is_one_and_nothing_stands_above_it() -> None:
    world = World()
    found = items(*"abc", there="b")
    assert world.run(found, None).last == found
    assert world.events == ["write a b c"]


def test_what_has_the_label_already_is_waited_for_first() -> None:
    world = World()
    world.run(items(*"abcd", there="ac"))
    assert world.events == [
        "as it should be already, and waited for first: namespace/a to namespace/c (2)",
        "write a c",
        "wait a c",
        "batch 1 of 1: namespace/b to namespace/d (2)",
        "write b d",
    ]


@pytest.mark.parametrize(
    ("world", "why", "last", "unsettled"),
    [
        (World(unsettled="a"), "since batch 1 of 3 did not settle", [], ["a", "b"]),
        (World(refused="b"), "since not all of batch 1 of 3 was done", ["a", "b"], []),
        (World(stopped="b"), "interrupted", [], []),
    ],
)
def test_nothing_is_written_after_one_that_is_not_as_it_should_be(
    world: World, why: str, last: list[str], unsettled: list[str]
) -> None:
    done = world.run(items(*"abcde"))
    assert "write c d" not in world.events
    assert (done.why, [i.target.name for i in done.last], [i.target.name for i in done.unsettled]) == (
        why,
        last,
        unsettled,
    )


def request(**flags: Any) -> ChangeRequest:
    selected = (find_resource("ns"),) if flags.get("label_selector") else ()
    given = {"goal": "enable", "wait": True} | flags
    return ChangeRequest(connection=ConnectionOptions(), flags=Flags(**given), dry_run="none", selected=selected)


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ({}, "kubectl ambient enable ns a b --wait"),
        ({"label_selector": "team=a"}, "kubectl ambient enable ns -l team=a --wait"),
        (
            {"label_selector": "team in (a, b)", "batch": 5},
            "kubectl ambient enable ns -l 'team in (a, b)' --wait --batch 5",
        ),
        ({"goal": "opt-out", "timeout": "2m"}, "kubectl ambient disable ns a b --opt-out --wait --timeout 2m"),
        ({"overwrite": True, "force": True}, "kubectl ambient enable ns a b --overwrite --force --wait"),
    ],
)
def test_the_line_that_goes_on(flags: dict[str, Any], line: str) -> None:
    offer = go_on(request(**flags), "shop", items("a", "b"))
    assert offer is not None
    assert Aim().say(offer) == line


def test_there_is_none_for_objects_of_several_namespaces() -> None:
    found = [workload(namespace=home) for home in ("shop", "bank")]
    left = [Item(find_resource("deploy"), {}, plan(one, "enable")) for one in found]
    assert go_on(request(), "shop", left) is None
    one = go_on(request(), "shop", left[:1])
    assert one is not None
    assert Aim().say(one) == "kubectl ambient enable deploy web -n shop --wait"
