"""What a cluster of some size holds: which mould is copied under which names. The same seed, the same cluster."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.bench.loader import marks
from tests.bench.loader.captured import OLDER, VERSION
from tests.bench.loader.words import ODD_AMBIENT, ODD_PLAIN, WORDS, Word

TEAMS = ("amber", "cedar", "delta", "maple", "orion", "river", "stone", "tulip")
KINDS = (
    *("ambient", "served", "sidecar", "plain", "ambient", "sidecar", "served", "plain", "ambient", "optout"),
    *("ambient", "served", "sidecar", "plain", "ambient", "sidecar", "served", "plain", "ambient", "ambient"),
)
"""The kinds of namespaces, in turn; one that is `served` is ambient and has a waypoint."""

_MODE = {"ambient": "enrolled", "served": "enrolled", "sidecar": "sidecar", "plain": "bare", "optout": "bare"}
WAVE = 1000
"""So many pods of Deployments in plain namespaces are chosen by one label, for wide changes."""
WAVE_VALUE, NO_WAVE = "wave-0001", "wave-0000"

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_BEGAN = datetime(2025, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Copy:
    """One copy of a mould: its name, and the value of each mark in it."""

    mould: str
    values: Mapping[str, str]


@dataclass
class Plan:
    """A cluster of so many pods; iterate it once for its copies."""

    pods: int
    seed: int = 1
    nodes: int = field(init=False)
    namespaces: int = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = max(4, self.pods // 50)
        self.namespaces = 12 + self.pods // 53
        self._random = random.Random(self.seed)
        self._left = self.pods
        self._made = self._services = 0
        self._waved = 0

    def __iter__(self) -> Iterator[Copy]:
        yield from self._node_programs()
        for number in range(self.namespaces):
            share = self._left // (self.namespaces - number)
            yield from self._namespace(number, share)

    def namespace(self, number: int) -> str:
        """The name of a namespace."""
        return f"{TEAMS[number % len(TEAMS)]}-{number:04d}"

    def _node_programs(self) -> Iterator[Copy]:
        yield self._pod("istiod", {}, 0)
        for node in range(self.nodes):
            # Half of the nodes are upgraded; both programs of a node at a time.
            version = VERSION if node < self.nodes / 2 else OLDER
            yield Copy("node", self._own() | self._on(node))
            for name in (f"istio-cni-node {version}", f"ztunnel {version}", "exporter"):
                yield self._pod(name, {marks.SUFFIX: self._word(5)}, node)

    def _namespace(self, number: int, share: int) -> Iterator[Copy]:
        kind = KINDS[number % len(KINDS)]
        where = {marks.NAMESPACE: self.namespace(number)}
        yield Copy(f"namespace {kind}", where | self._own())
        end = self._left - share
        if kind == "served":
            yield from self._waypoint(where)
        odd = {"ambient": ODD_AMBIENT, "served": ODD_AMBIENT, "plain": ODD_PLAIN}.get(kind)
        if odd:
            # Each kind of namespace has its own turn, so that even a small cluster has all of them.
            turn = sum(KINDS[n % len(KINDS)] in ("ambient", "served") for n in range(number))
            turn = turn if kind != "plain" else number // 3
            name = odd[turn % len(odd)]
            yield from self._application(Word(name, "Deployment", 1, 0), name, where, 1)
        for word in self._random.sample(WORDS, len(WORDS)):
            if self._left > end:
                name = f"{word.name} {_MODE[kind]}"
                yield from self._application(word, name, where, self._left - end, waves=kind == "plain")

    def _waypoint(self, where: Mapping[str, str]) -> Iterator[Copy]:
        shared = {**where, **self._owners(), marks.GATEWAY: self._uid()}
        yield Copy("waypoint", shared | self._own())
        yield self._pod("waypoint pod", shared | {marks.SUFFIX: self._word(5)})

    def _application(
        self, word: Word, mould: str, where: Mapping[str, str], most: int, *, waves: bool = False
    ) -> Iterator[Copy]:
        shared = {**where, **self._owners()}
        yield Copy(word.name, shared | self._own() | {marks.WAVE: NO_WAVE})
        for ordinal in range(min(word.pods, most)):
            name = f"{mould} {ordinal}" if word.owner == "StatefulSet" else mould
            waved = waves and word.owner == "Deployment" and self._waved < WAVE
            self._waved += waved
            wave = {marks.WAVE: WAVE_VALUE if waved else NO_WAVE, marks.SUFFIX: self._word(5)}
            yield self._pod(f"pod {name}", shared | wave)

    def _pod(self, mould: str, values: Mapping[str, str], node: int | None = None) -> Copy:
        self._left -= 1
        self._made += 1
        own = {marks.POD: self._uid(), marks.POD_IP: f"10.{_three_digits(self._made, 3)}"} | self._own()
        own |= {mark: f"{self._random.getrandbits(256):064x}" for mark in marks.CONTAINERS}
        own |= self._on(self._random.randrange(self.nodes) if node is None else node)
        return Copy(mould, {**values, **own})

    def _owners(self) -> dict[str, str]:
        """Names and uids that the objects of one application share."""
        self._services += 1
        uids = (marks.WORKLOAD, marks.REPLICA_SET, marks.SERVICE, marks.ADDRESS)
        values = {mark: self._uid() for mark in uids}
        return values | {marks.HASH: self._word(10), marks.SERVICE_IP: f"10.96.{_three_digits(self._services, 2)}"}

    def _own(self) -> dict[str, str]:
        moment = _BEGAN + timedelta(seconds=self._random.randrange(90 * 86400))
        return {marks.CREATED: f"{moment:%Y-%m-%dT%H:%M:%SZ}", marks.OTHER: self._uid()}

    @staticmethod
    def _on(node: int) -> dict[str, str]:
        return {marks.NODE: f"node-{node:05d}", marks.NODE_IP: f"192.168.{_three_digits(node, 2)}"}

    def _uid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _word(self, length: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=length))


def _three_digits(number: int, parts: int) -> str:
    """A number as so many parts of an address, each from 100 to 255, so that all addresses are as long."""
    found = []
    for _ in range(parts):
        number, rest = divmod(number, 156)
        found.append(str(100 + rest))
    return ".".join(reversed(found))
