"""The answer about two ends that may be several pods each: one path where all are alike, else each kind of path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path import who
from kubectl_ambient.mesh.path.judge import PathJudge
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.way import Call, Decider, Outcome, Path
from kubectl_ambient.mesh.path.who import Meant


class Answer(Struct, frozen=True, kw_only=True):
    """What is told about one pair and one port. paths: one for each kind that there is, so mostly one."""

    source: str
    destination: str
    call: Call
    paths: tuple[Path, ...]

    @property
    def first(self) -> Path:
        """The path of the first pods."""
        return self.paths[0]

    @property
    def verdict(self) -> Outcome:
        """That of all paths; where they differ it depends on which speak. What is unknown may be like the rest."""
        said = {path.verdict for path in self.paths}
        if len(said) == 1:
            return self.first.verdict
        return "unknown" if len(said - {"unknown"}) == 1 else "depends"

    @property
    def message(self) -> str:
        """One sentence without its end."""
        if len({path.verdict for path in self.paths}) == 1:
            return self.first.message
        told = ", ".join(f"{path.verdict} from {path.source.ref} to {path.destination.ref}" for path in self.paths)
        if self.verdict == "unknown":
            why = next(path.message for path in self.paths if path.verdict == "unknown")
            return f"it cannot be told for all pods that speak: {told}; {why}"
        return f"it depends on which pods speak: {told}"

    @property
    def decided_by(self) -> tuple[Decider, ...]:
        """The objects that decide."""
        return tuple(dict.fromkeys(decider for path in self.paths for decider in path.decided_by))

    @property
    def encrypted(self) -> bool:
        """Whether every path is."""
        return all(path.encrypted for path in self.paths)

    @property
    def identity(self) -> str | None:
        """Whom the destination sees; None where not every path has the same."""
        seen = {path.identity for path in self.paths}
        return seen.pop() if len(seen) == 1 else None

    @property
    def source_mode(self) -> str:
        """`mixed` where the pods are in several."""
        return _one([path.source.mode for path in self.paths])

    @property
    def destination_mode(self) -> str:
        """`mixed` where the pods are in several."""
        return _one([path.destination.mode for path in self.paths])


def _one(modes: Sequence[str]) -> str:
    return modes[0] if len(set(modes)) == 1 else "mixed"


class Answers:
    """Answers from one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.judge = PathJudge(snapshot)
        self._by_address = _asks_addresses(snapshot)
        self._kinds: dict[tuple[str, bool], list[Party]] = {}

    def of(self, source: Meant, destination: Meant, port: int | None = None) -> list[Answer]:
        """One for each port that is meant; none where one of the ends has no pod, though it is pods."""
        speakers = self._parties(source)
        receivers = self._parties(destination, by_node=any(party.role == "host" for party in speakers))
        if not (speakers and receivers):
            return []
        calls = who.calls(destination, receivers[0], port)
        return [self._answer(source, destination, call, speakers, receivers) for call in calls]

    def _answer(
        self, source: Meant, destination: Meant, call: Call, speakers: Sequence[Party], receivers: Sequence[Party]
    ) -> Answer:
        pairs = [(a, b) for a in speakers for b in receivers if a.pod is None or a.pod is not b.pod]
        pairs = pairs or [(speakers[0], receivers[0])]
        found: dict[object, Path] = {}
        for speaker, receiver in pairs:
            asked = who.calls(destination, receiver, call.service_port) if destination.service else [call]
            path = self.judge.of(speaker, receiver, asked[0] if asked else call)
            found.setdefault(_shape(path), path)
        return Answer(source=source.ref, destination=destination.ref, call=call, paths=tuple(found.values()))

    def _parties(self, meant: Meant, *, by_node: bool = False) -> list[Party]:
        """One of each kind of pods: those that no rule could tell from one another are one.

        by_node: a node speaks, and to its own pods in another way than to others.
        """
        if not meant.pods:
            return [meant.party] if meant.party else []
        key = (meant.ref, by_node)
        if key not in self._kinds:
            found: dict[object, Party] = {}
            for pod in meant.pods:
                party = self.judge.party(pod)
                found.setdefault(self._kind(pod, party, by_node=by_node), party)
            self._kinds[key] = list(found.values())
        return self._kinds[key]

    def _kind(self, pod: Pod, party: Party, *, by_node: bool) -> object:
        node = party.node if by_node or party.role == "host" else ""
        addresses = party.ips if self._by_address or pod.host_network else bool(party.ips)
        labels = frozenset(pod.labels.items())
        return party.role, labels, node, addresses, party.account, party.unserved, party.bypasses, party.ports


def _shape(path: Path) -> object:
    """What makes a path another one: all but names of pods and nodes."""
    hops = tuple((hop.at, hop.protocol) for hop in path.hops)
    networks = tuple((leg.network.egress, leg.network.ingress, leg.network.decided_by) for leg in path.legs)
    return path.verdict, hops, networks, path.identity, path.source.mode, path.destination.mode, path.decided_by


def _asks_addresses(snapshot: Snapshot) -> bool:
    """Whether some policy tells pods from one another by their addresses."""
    peers = (
        peer
        for policy in snapshot.network_policies
        for rule in (*policy.ingress, *policy.egress)
        for peer in rule.peers
    )
    if any(peer.ip_block for peer in peers):
        return True
    rules = [rule for policy in snapshot.authorization_policies for rule in policy.rules]
    return any(source.ip_blocks or source.not_ip_blocks for rule in rules for source in rule.from_) or any(
        when.key in ("source.ip", "destination.ip") for rule in rules for when in rule.when
    )


def workloads(snapshot: Snapshot, namespace: str = "") -> list[Meant]:
    """Every workload of a namespace, or (empty) of all, with its pods: a pod without an owner is its own."""
    found: dict[str, list[Pod]] = {}
    for pod in who.living(snapshot):
        if namespace in ("", pod.namespace):
            found.setdefault(who.workload_of(pod, snapshot), []).append(pod)
    return [Meant(ref=ref, pods=tuple(found[ref])) for ref in sorted(found, key=_by_namespace)]


def matrix(answers: Answers, ends: Sequence[Meant], ports: Sequence[int]) -> Iterator[Answer]:
    """The answer for each ordered pair of workloads and each port; without ports each that a pod declares."""
    for source in ends:
        for destination in ends:
            if source.ref != destination.ref:
                for port in ports or (None,):
                    yield from answers.of(source, destination, port)


def _by_namespace(ref: str) -> tuple[str, str, str]:
    kind, namespace, name = ref.split("/", 2)
    return namespace, name, kind
