"""NetworkPolicies that stop what passed, or let through what they stopped, as packets change their port.

In ambient mode all packets between members of the mesh are TCP 15008 [semantics of HBONE, ztunnel src/proxy], and that
is the port that a NetworkPolicy sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.network.matching import about
from kubectl_ambient.mesh.risks.alike import Legs
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.connections import Changed
from kubectl_ambient.mesh.risks.deciding import Deciding, Entries, connections, names, open_hbone, ports, rules_of, verb
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.shell.command import Command

Turned = list[tuple[Legs, Legs]]  # what is said of a connection before, and afterwards; for each of its ports
Hit = list[tuple[Changed, Turned]]
_ASIDE = ", where they are called by their own addresses, and not by a Service that has a waypoint"
_PAST = ", by the pods' own addresses past the waypoint"
_ALSO = ", and through the waypoint too"
_APART = "an AuthorizationPolicy by the identity of the caller and the port keeps them apart"
AT_WAYPOINT = "an AuthorizationPolicy with targetRefs to what is called, by the caller's identity, keeps them apart"
LIFTS = "once 15008 is open, rules by port no longer hold for mesh traffic: an AuthorizationPolicy can limit ports"


def blocks(turn: Turn) -> Iterator[Risk]:
    """Connections that pass now and will not."""
    told = turn.served.on_the_way.pairs(passes_before=True) if turn.served else set[str]()
    for deciding, hit in _by_policies(turn, passes_before=True):
        into, aside = hit[0][0].into, hit[0][0].aside
        affects = [pair for pair in dict.fromkeys(_affected(hit)) if not (aside and pair in told)]
        told.update(affects)
        if not affects:
            continue
        what = "admit no TCP 15008" if into else "admit TCP 15008 and not the application's port"
        yield Risk.of(
            RiskCode.NETWORK_POLICY_BLOCKS_MESH,
            f"{names(deciding)} {verb(deciding, what)}: {connections(len(affects))} that"
            f" {'passes' if len(affects) == 1 else 'pass'} now would not{_ASIDE if aside else ''}",
            *(ports(way, policy) for way, policy in deciding),
            affects=affects,
            remedy=LIFTS if into else "",
            fix=_admit(hit) if into else None,
            severity="info" if aside else None,
        )


def widens(turn: Turn) -> Iterator[Risk]:
    """Connections that are stopped now and will pass."""
    through = turn.served.on_the_way.pairs(passes_before=False) if turn.served else set[str]()
    told: set[str] = set()
    for deciding, hit in _by_policies(turn, passes_before=False):
        into, aside = hit[0][0].into, hit[0][0].aside
        affects = [pair for pair in dict.fromkeys(_affected(hit)) if not (aside and pair in told)]
        told.update(affects)
        if not affects:
            continue
        besides = through.intersection(affects)
        many = connections(len(affects))
        numbers = sorted({legs.packet.port for _group, turned in hit for legs, _then in turned})
        kept = f"stop {many} at port {few([str(number) for number in numbers])}, and do not at TCP 15008"
        yield Risk.of(
            RiskCode.NETWORK_POLICY_WIDENS,
            f"{names(deciding)} {verb(deciding, kept if into else f'stop {many} at TCP 15008 alone')}:"
            f" {'it' if len(affects) == 1 else 'they'} would pass{_PAST if aside else ''}"
            f"{_ALSO if besides else ''}",
            *(ports(way, policy) for way, policy in deciding),
            affects=affects,
            remedy=(_APART + (f"; on the way through the waypoint {AT_WAYPOINT}" if besides else "")) if into else "",
        )


def _by_policies(turn: Turn, *, passes_before: bool) -> Iterator[tuple[Deciding, Hit]]:
    """The connections that change, by the policies that stop them on the one side or the other."""
    found: dict[tuple[object, ...], tuple[Deciding, Hit]] = {}
    for group in turn.changed_connections:
        for turned in _turns(group, passes_before=passes_before):
            deciding = turned[0][1 if passes_before else 0].stopped_by
            key = (group.aside, *((way, policy.ref) for way, policy in deciding))
            found.setdefault(key, (deciding, []))[1].append((group, turned))
    yield from sorted(found.values(), key=lambda told: told[1][0][0].aside)


def unknown(turn: Turn) -> Iterator[str]:
    """What cannot be told of connections, and why."""
    groups = [group for group in turn.changed_connections if group.unknown]
    if groups:
        count = len({(a.ref, b.ref) for group in groups for a, b in group.pairs()})
        yield f"whether NetworkPolicies stop {connections(count)} cannot be told ({why_untold(turn, _ends(groups))})"


def _ends(groups: list[Changed]) -> set[str]:
    return {pod.namespace for group in groups for pod in (*group.sources, *group.destinations)}


def why_untold(turn: Turn, namespaces: Iterable[str]) -> str:
    """What is not known of pods of these namespaces, so that policies may or may not be about them."""
    unread = [str(found) for name in sorted(namespaces) if isinstance(found := turn.labels_of_namespace(name), Unread)]
    return few(unread) if unread else "pods have no address yet"


def _turns(group: Changed, *, passes_before: bool) -> Iterator[Turned]:
    """The ports at which a connection passes before and not afterwards, or the other way round; what was, what will be.

    Into the mesh all ports become one, so they make one turn; out of it each is one of its own.
    """
    if group.into:
        turned = [(legs, group.mesh) for legs in group.app if (legs.allowed is passes_before)]
        if turned and group.mesh.allowed is (not passes_before):
            yield turned
    elif group.mesh.allowed is passes_before:
        yield from ([(group.mesh, legs)] for legs in group.app if legs.allowed is (not passes_before))


def _affected(hit: Hit) -> Iterator[str]:
    for group, turned in hit:
        port = turned[0][1].packet.port
        yield from (f"{a.ref} -> {b.ref}:{port}" for a, b in group.pairs())


def _admit(hit: Hit) -> Command | None:
    """Add the port to the rules by which the connections pass now, so that nobody else is let in.

    None where another policy than those that stop them lets them pass now.
    """
    wanted: Entries = {}
    for _group, turned in hit:
        for legs, then in turned:
            stopped = {way for way, _policy in then.stopped_by}
            for way, policy in legs.passed_by:
                if way in stopped:
                    at = (policy.namespace, policy.name)
                    wanted.setdefault(at, set()).update(_admitting(way, policy, legs))
    return open_hbone(wanted)


def _admitting(way: str, policy: NetworkPolicy, legs: Legs) -> Iterator[str]:
    other = legs.packet.destination if way == "egress" else legs.packet.source
    for number, rule in enumerate(rules_of(way, policy)):
        if rule.ports and about(rule, policy.namespace, other, legs.packet):
            yield f"{way}/{number}"
