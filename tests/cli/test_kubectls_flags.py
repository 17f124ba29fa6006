"""Flags and their values as kubectl's users write them."""

from __future__ import annotations

import pytest

from .enable_fixtures import Run
from .test_app import EXAMPLES

ALL = ("status", "-A", "-o", "name")


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("status -A -o=json", "status -A -o json"),
        ("status -A -ojson", "status -A -o json"),
        ("status -Ao=json", "status -A -o json"),
        ("status -A=true -o=name", "status -A -o name"),
        ("status -A=false -n=legacy", "status -n legacy"),
        ("status --all-namespaces=true -l=app=web", "status -A -l app=web"),
        ("status -A -lapp=web", "status -A -l app=web"),
        ("status -A --selector=app=web", "status -A -l app=web"),
        ("status -A -l=", "status -A"),
        ("waypoint list -A=true -o=yaml", "waypoint list -A -o yaml"),
    ],
)
def test_ways_to_say_the_same(ambient: Run, typed: str, plain: str) -> None:
    said, wanted = (ambient(*words.split(), f"-f={EXAMPLES}") for words in (typed, plain))
    assert wanted.code == 0
    assert said == wanted


def test_no_boolean(ambient: Run) -> None:
    for words in ("-A=maybe", "--all-namespaces=maybe", "-x=1"):
        assert ambient("status", words).code == 2
