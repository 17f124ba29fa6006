"""The loader makes the same cluster each time, of as many pods as asked for. Nothing here looks at the clock."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.loader import marks
from tests.bench.loader.mould import Mould
from tests.bench.loader.plan import NO_WAVE, WAVE, WAVE_VALUE, Copy, Plan

PODS = ("pod ", "waypoint pod", "istiod", "istio-cni-node ", "ztunnel ", "exporter")


def pods(copies: list[Copy]) -> list[Copy]:
    return [copy for copy in copies if copy.mould.startswith(PODS)]


def test_the_same_seed_makes_the_same_cluster() -> None:
    assert list(Plan(500)) == list(Plan(500))


def test_another_seed_makes_another_cluster() -> None:
    assert list(Plan(500)) != list(Plan(500, seed=2))


@pytest.mark.parametrize("count", [200, 999, 1000, 10_000])
def test_there_are_as_many_pods_as_asked_for(count: int) -> None:
    assert len(pods(list(Plan(count)))) == count


def test_no_two_pods_share_what_must_be_their_own() -> None:
    made = pods(list(Plan(10_000)))
    for mark in (marks.POD, marks.POD_IP, marks.CONTAINERS[0]):
        assert len({copy.values[mark] for copy in made}) == len(made)


def test_no_two_services_share_an_address() -> None:
    addresses = {
        copy.values[marks.WORKLOAD]: copy.values[marks.SERVICE_IP]
        for copy in Plan(10_000)
        if marks.SERVICE_IP in copy.values
    }
    assert len(set(addresses.values())) == len(addresses)


def test_each_value_is_as_long_as_its_mark() -> None:
    longest = list(Plan(50_000))[-2000:]
    assert all(len(mark) == len(value) for copy in [*Plan(200), *longest] for mark, value in copy.values.items())


def test_a_thousand_pods_are_chosen_for_wide_changes() -> None:
    waves = Counter(copy.values.get(marks.WAVE) for copy in pods(list(Plan(10_000))))
    assert waves[WAVE_VALUE] == WAVE
    assert waves[NO_WAVE] > WAVE


def test_half_of_the_nodes_are_upgraded() -> None:
    agents = Counter(copy.mould for copy in Plan(10_000) if copy.mould.startswith(("istio-cni", "ztunnel")))
    assert agents == dict.fromkeys(agents, 100)
    assert len(agents) == 4


def test_a_copy_differs_from_its_mould_in_the_marks_only() -> None:
    mould = Mould(((f"/registry/pods/{marks.NAMESPACE}/web".encode(), f"{{{marks.CREATED}}}".encode()),))
    values = {marks.NAMESPACE: "amber-0000", marks.CREATED: "2025-03-04T05:06:07Z"}
    assert list(mould.copies(values)) == [(b"/registry/pods/amber-0000/web", b"{2025-03-04T05:06:07Z}")]


def test_a_moment_is_copied_as_protobuf_writes_it() -> None:
    # Seconds 1735689600 and 1741064767 in base 128, the lowest first.
    mould = Mould(((b"k", b"\x08\x08\x80\x8b\xd2\xbb\x06\x10\x00"),))
    ((_, copied),) = mould.copies({marks.CREATED: "2025-03-04T05:06:07Z"})
    assert copied == b"\x08\x08\xbf\x94\x9a\xbe\x06\x10\x00"


def test_a_value_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="another length"):
        list(Mould(()).copies({marks.NAMESPACE: "short"}))
