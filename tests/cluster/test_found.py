"""What a part of a Snapshot says of a key: what is nearest to it counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.found import EVERYWHERE, Found

PATHS = st.sampled_from([EVERYWHERE, "shop", "infra", "shop/web", "shop/db", "Job", "Job/shop", "Job/shop/web"])
KEYS = st.sampled_from(["n1", "shop/web", "shop/db", "infra/web", "Job/shop/web", "Job/shop/db", "shop2/web"])
UNREADS = st.builds(Unread, what=st.sampled_from(["a", "b"]), why=st.sampled_from(["forbidden", NOT_FOUND]))
FOUND = st.builds(
    Found[str],
    facts=st.dictionaries(KEYS, st.just("fact")),
    unread=st.dictionaries(PATHS, UNREADS, max_size=3),
    places=st.sets(PATHS, max_size=3),
)


def refused(what: str, why: str = "forbidden") -> Unread:
    return Unread(what=what, why=why)


NAMESPACE, ALL, ONE = refused("list in shop"), refused("list"), refused("get web")


@pytest.mark.parametrize(
    ("unread", "places", "key", "expected"),
    [
        ({}, {EVERYWHERE}, "shop/web", None),
        ({}, set(), "shop/web", None),
        ({EVERYWHERE: ALL}, set(), "shop/web", ALL),
        ({EVERYWHERE: ALL}, set(), "n1", ALL),
        ({"shop": NAMESPACE}, set(), "shop/web", NAMESPACE),
        ({"shop": NAMESPACE}, set(), "shop", NAMESPACE),
        ({"shop": NAMESPACE}, set(), "shop2/web", None),
        ({"shop": NAMESPACE}, set(), "infra/web", None),
        ({"shop/web": ONE, "shop": NAMESPACE, EVERYWHERE: ALL}, set(), "shop/web", ONE),
        ({"shop/web": ONE, "shop": NAMESPACE, EVERYWHERE: ALL}, set(), "shop/db", NAMESPACE),
        ({"shop/web": ONE, "shop": NAMESPACE, EVERYWHERE: ALL}, set(), "infra/db", ALL),
        ({EVERYWHERE: ALL}, {"shop"}, "shop/web", None),
        ({EVERYWHERE: ALL}, {"shop"}, "infra/web", ALL),
        ({"shop": NAMESPACE}, {EVERYWHERE}, "shop/web", NAMESPACE),
        ({"shop": NAMESPACE}, {EVERYWHERE}, "infra/web", None),
        ({"Job": ALL}, {"Deployment"}, "Job/shop/web", ALL),
        ({"Job": ALL}, {"Deployment"}, "Deployment/shop/web", None),
        ({"Job/shop": ALL}, {"Job/infra"}, "Job/infra/web", None),
    ],
)
def test_what_lies_nearest_to_a_key_that_has_no_fact(
    unread: dict[str, Unread], places: set[str], key: str, expected: Unread | None
) -> None:
    found = Found[str](facts={"shop/known": "fact"}, unread=unread, places=places)
    assert found.get(key) == found.why_unread(key) == expected
    assert found.fact(key) is None
    assert found.get("shop/known") == found.fact("shop/known") == "fact", "a fact is known, whatever was refused"


@pytest.mark.parametrize(
    ("unread", "places", "path", "covered"),
    [
        ({}, {EVERYWHERE}, "shop/web", True),
        ({}, {EVERYWHERE}, EVERYWHERE, True),
        ({}, {"shop"}, "shop", True),
        ({}, {"shop"}, "shop/web", True),
        ({}, {"shop"}, "infra", False),
        ({}, {"shop"}, "shop2", False),
        ({}, {"shop"}, EVERYWHERE, False),
        ({}, set(), "shop", False),
        ({EVERYWHERE: ALL}, set(), "shop", False),
        ({EVERYWHERE: ALL}, {"shop"}, "shop", True),
        ({"shop": NAMESPACE}, {EVERYWHERE}, "shop", False),
        ({"shop": NAMESPACE}, {EVERYWHERE}, "infra", True),
        ({"shop": NAMESPACE}, {"shop"}, "shop", False),
    ],
)
def test_what_was_read_as_a_whole(unread: dict[str, Unread], places: set[str], path: str, covered: bool) -> None:
    assert Found[str](unread=unread, places=places).covers(path) is covered


def test_that_something_is_not_there_is_known() -> None:
    gone = refused("get n1", NOT_FOUND)
    found = Found(facts={"n2": "fact"}, unread={"n1": gone})
    assert (found.refusal, found.known) == (None, ["fact"])
    assert found.get("n1") == gone
    found.unread["n3"] = refused("get n3")
    assert (found.refusal, found.known) == (refused("get n3"), [])
    assert list(found) == ["fact"], "what was read all the same"


def test_the_first_refusal_is_told() -> None:
    first, second = refused("list in shop"), refused("list in infra")
    assert Found[str](unread={"shop": first, "infra": second}).refusal == first


def test_all_that_there_is() -> None:
    found = Found.of(["web", "db"], key=lambda name: f"shop/{name}")
    assert (list(found), list(found.facts), len(found)) == (["web", "db"], ["shop/web", "shop/db"], 2)
    assert found.covers(EVERYWHERE)
    assert (found.get("shop/gone"), found.refusal, found.known) == (None, None, ["db", "web"])


def test_nothing_but_a_refusal() -> None:
    found: Found[str] = Found.refused(ALL)
    assert (found.refusal, found.why_unread(), found.get("shop/web"), found.known) == (ALL, ALL, ALL, [])
    assert (found.covers("shop"), len(found)) == (False, 0)


def test_nothing_that_was_asked_for() -> None:
    found = Found[str]()
    assert (found.get("shop/web"), found.why_unread(), found.refusal, found.known) == (None, None, None, [])
    assert not found.covers(EVERYWHERE)
    assert not found.absent


def _is_under(key: str, path: str) -> bool:
    return path in (EVERYWHERE, key) or key.startswith(f"{path}/")


@given(FOUND, KEYS)
def test_a_fact_an_unread_or_nothing(found: Found[str], key: str) -> None:
    got = found.get(key)
    if key in found.facts:
        assert got == "fact"
    elif got is None:
        assert key not in found.unread
    else:
        assert got in found.unread.values()


@given(FOUND, KEYS)
def test_nothing_is_both_read_and_not_known(found: Found[str], key: str) -> None:
    if found.covers(key):
        assert found.why_unread(key) is None
    if not found.unread:
        assert found.covers(key) is any(_is_under(key, place) for place in found.places)


@given(FOUND, KEYS, UNREADS)
def test_what_is_noted_of_a_key_itself_counts_before_all_else(found: Found[str], key: str, unread: Unread) -> None:
    found.unread[key] = unread
    assert found.why_unread(key) == unread
    assert not found.covers(key)


@given(FOUND, PATHS, KEYS, UNREADS)
def test_a_refusal_elsewhere_changes_nothing_here(found: Found[str], path: str, key: str, unread: Unread) -> None:
    before = found.get(key), found.covers(key)
    found.unread[path] = unread
    if not _is_under(key, path):
        assert (found.get(key), found.covers(key)) == before


@given(FOUND)
def test_known_is_everything_or_nothing(found: Found[str]) -> None:
    forbidden = [unread for unread in found.unread.values() if unread.why != NOT_FOUND]
    assert found.refusal == (forbidden[0] if forbidden else None)
    assert found.known == ([] if forbidden else list(found.facts.values()))


def test_what_is_beyond_the_facts_of_files() -> None:
    some = Found[str](facts={"shop/web": "fact"}, places={"infra"}, beyond=ALL)
    assert (some.get("shop/web"), some.get("shop/db"), some.get("infra/db")) == ("fact", ALL, None)
    assert (some.covers("shop"), some.covers("infra"), some.covers(EVERYWHERE)) == (False, True, False)
    assert (some.refusal, some.known) == (None, ["fact"]), "the facts count as they are"
    assert Found[str](beyond=ALL).refusal == ALL
    assert Found[str](beyond=ALL, places={EVERYWHERE}).refusal is None
