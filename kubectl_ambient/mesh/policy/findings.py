"""What is wrong with a policy: what is written, and what is not enforced, or is enforced and was not meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product

from msgspec import structs

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, PeerAuthentication
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding, annotation
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.control_plane import ControlPlane
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.policy.acceptance import Accepted, Target
from kubectl_ambient.mesh.policy.mtls import Answered, Ports, inherited, sent_ports
from kubectl_ambient.mesh.policy.places import Places
from kubectl_ambient.mesh.policy.pods import PodPolicies, once
from kubectl_ambient.mesh.policy.sent import Sent, SentRule, is_dry_run
from kubectl_ambient.shell.command import kubectl, offered
from kubectl_ambient.shell.words import annotation as annotated
from kubectl_ambient.shell.words import inside, name

_DRY_RUN = "istio.io/dry-run"
_TOUCHED = "kubectl-ambient/touched"


def of_attached(
    policy: AuthorizationPolicy, taken: Accepted, targets: Sequence[Target], version: Version
) -> Iterator[Finding]:
    """Of a policy for a waypoint."""
    if taken.accepted is None:
        return
    missing = [target for target in targets if not target.accepted]
    if not missing:
        return
    where = "nowhere" if not taken.accepted else f"not for {', '.join(target.ref for target in missing)}"
    told = (Evidence(policy.ref, f"{policy.target_field} ({target.ref})", target.reason) for target in missing)
    message = f"it is enforced {where}: {'; '.join(target.message for target in missing)}"
    yield Finding.of(Code.POLICY_NOT_ENFORCED, message, *told)


def of_unattached(
    policy: AuthorizationPolicy,
    as_sent: Sent | None,
    taken: Accepted,
    places: Places,
    snapshot: Snapshot,
    istiod: ControlPlane,
) -> Iterator[Finding]:
    """Of a policy that is attached to nothing."""
    ambient = [pod for pod in places.chosen if pod.mode == "ambient"]
    if not places.at:
        gravely = "error" if ambient else "info"
        told = Evidence(policy.ref, "spec.action", policy.action) if as_sent is None else _selector(policy)
        yield Finding.of(Code.POLICY_NOT_ENFORCED, f"it is {places.message}", told, severity=gravely)  # type: ignore[arg-type]
    if not ambient:
        return
    if as_sent is None:
        yield from _not_told(policy, taken, snapshot, istiod)
        return
    if is_dry_run(policy):
        told = annotation(policy.ref, _DRY_RUN, policy.dry_run)
        message = f"it is only to be tried out, and istiod {istiod.newest.version} has ztunnel enforce it"
        yield Finding.of(Code.POLICY_TRIED_FOR_REAL, message, told)
    yield from _rules(policy, as_sent)


def _rules(policy: AuthorizationPolicy, as_sent: Sent) -> Iterator[Finding]:
    numbers = {id(rule): number for number, rule in enumerate(policy.rules)}

    def told(rule: SentRule) -> Evidence:
        return Evidence(policy.ref, f"spec.rules[{numbers[id(rule.written)]}]", ", ".join(rule.l7) or None)

    if as_sent.denies:
        for rule in as_sent.rules:
            if not rule.can_fire:
                asked = f"asks for {', '.join(rule.l7)}, which ztunnel cannot check" if rule.l7 else "asks for nothing"
                message = (
                    f"its rules[{numbers[id(rule.written)]}] {asked}, and nothing is left of one of its clauses: it "
                    "never fires, and what it should deny passes. A waypoint enforces such a rule"
                )
                yield Finding.of(Code.RULE_NEVER_FIRES, message, told(rule))
        return
    if not as_sent.dropped:
        return
    lost = ", ".join(as_sent.l7)
    evidence = [told(rule) for rule in as_sent.dropped]
    if not as_sent.rules:
        message = (
            f"all its rules ask for what ztunnel cannot check ({lost}), so none is left, and an ALLOW policy without "
            "rules refuses all connections. A waypoint enforces such rules"
        )
        yield Finding.of(Code.ALLOW_DENIES_ALL, message, *evidence)
    else:
        message = (
            f"some of its rules ask for what ztunnel cannot check ({lost}) and are left out: they allow nothing there"
        )
        yield Finding.of(Code.RULE_DROPPED, message, *evidence)


def _not_told(
    policy: AuthorizationPolicy, taken: Accepted, snapshot: Snapshot, istiod: ControlPlane
) -> Iterator[Finding]:
    """istiod keeps one such policy of a cluster, and writes a condition on that alone."""
    if policy.condition("ZtunnelAccepted") is not None:
        return
    if not istiod.known or not istiod_versions.writes_policy_conditions(istiod.newest.version):
        return
    # In files of a repository nothing has a condition.
    if snapshot.from_files and not any(p.conditions for p in snapshot.authorization_policies):
        return
    told = Evidence(policy.ref, "status.conditions[ZtunnelAccepted]", None)
    message = f"{taken.message}, and istiod does not say so: it keeps but one such policy of a cluster"
    yield Finding.of(Code.POLICY_NOT_TOLD, message, told, Evidence(policy.ref, "spec.action", policy.action))


def _selector(policy: AuthorizationPolicy | PeerAuthentication) -> Evidence:
    labels = policy.selector
    text = None if labels is None else ",".join(f"{key}={value}" for key, value in labels.items()) or "{}"
    return Evidence(policy.ref, "spec.selector.matchLabels", text)


def of_peer_authentication(
    policy: PeerAuthentication, deciding: Sequence[PodPolicies], places: Places, snapshot: Snapshot, root: str
) -> Iterator[Finding]:
    """Of a PeerAuthentication."""
    if not places.at:
        told = _selector(policy)
        yield Finding.of(Code.POLICY_NOT_ENFORCED, f"it is {places.message}", told, severity="info")
    yield from _ties(policy, deciding)
    for pod in deciding:
        answer = pod.mtls.answer if pod.mtls and pod.mode == "ambient" else None
        if answer is None or policy.ref != answer.decided_by[0].ref:
            continue
        if answer.meant is not None:
            yield _not_sent(policy, answer)
            return
        if answer.key.endswith(f"_{policy.name}"):
            yield from _stale(policy, snapshot, root)
            return


def _not_sent(policy: PeerAuthentication, answer: Answered) -> Finding:
    meant = answer.meant or Ports()
    refused = "on all other ports" if meant.but is not None else f"on {_ports(meant.strict)}"
    sent = "sends no policy for it, so plain text passes on every port" if not answer.key else "sends another one"
    ports = ", ".join(f"{port}={mode}" for port, mode in sorted(policy.port_level_mtls.items()))
    others = [Evidence(pa.ref, "spec.mtls.mode", pa.mode) for pa in answer.decided_by if pa.ref != policy.ref]
    message = (
        f"plain text should be refused {refused}, and istiod {sent}. Set the mode of this PeerAuthentication itself, "
        "STRICT or PERMISSIVE, so that it does not depend on others"
    )
    return Finding.of(
        Code.PEER_AUTHENTICATION_NOT_SENT, message, Evidence(policy.ref, "spec.portLevelMtls", ports), *others
    )


def _ports(ports: frozenset[int]) -> str:
    listed = ", ".join(map(str, sorted(ports)))
    return f"port{'s' if len(ports) != 1 else ''} {listed}"


def _ties(policy: PeerAuthentication, deciding: Sequence[PodPolicies]) -> Iterator[Finding]:
    for pod in deciding:
        if pod.mtls is None or all(pod.mtls.mode(port) for port in (0, *pod.mtls.ports)):
            continue
        rivals = [pa for pa in once(pod.decided_by) if pa.ref != policy.ref and _rank(pa) == _rank(policy)]
        if rivals:
            told = (Evidence(pa.ref, "metadata.creationTimestamp", _time(pa.created)) for pa in (policy, *rivals))
            message = (
                f"it is as old as {', '.join(pa.ref for pa in rivals)}, which says something else, and the oldest one "
                "counts: which of them does is a matter of chance, and may differ from pod to pod. Keep one of them"
            )
            yield Finding.of(Code.PEER_AUTHENTICATION_TIE, message, *told)
            return


def _rank(pa: PeerAuthentication) -> tuple[str, bool]:
    return pa.namespace, bool(pa.selector)


def _stale(policy: PeerAuthentication, snapshot: Snapshot, root: str) -> Iterator[Finding]:
    """istiod computes the policy of the ports when this one is changed, and not when what it inherits from is.

    Told where that makes a difference: what came later was not there, or may have said something else.
    """
    made = policy.changed
    parents = inherited(snapshot.peer_authentications.known, policy.namespace, root)
    now = sent_ports(policy, *parents)
    if made is None or all(sent_ports(policy, *before) == now for before in _before(parents, made)):
        return
    later = [pa for pa in parents if pa is not None and _time_of(pa, made) > made]
    touch = kubectl(
        "annotate peerauthentication",
        name(policy.name),
        *inside(policy.namespace),
        annotated(_TOUCHED, _time(max(_time_of(pa, made) for pa in later))),
        "--overwrite",
    )
    told = (Evidence(pa.ref, "metadata.managedFields[].time", _time(_time_of(pa, made))) for pa in (policy, *later))
    message = (
        f"it was changed last before {', '.join(pa.ref for pa in later)}, and istiod computes the policy of its ports "
        "only when it is changed itself, or when istiod starts: what ztunnel has may be the old one"
    )
    yield Finding.of(Code.PEER_AUTHENTICATION_STALE, message, *told, fix=offered(touch))


_Parents = tuple[PeerAuthentication | None, PeerAuthentication | None]


def _before(parents: _Parents, made: datetime) -> Iterator[_Parents]:
    """What the parents may have been at that time."""
    yield from product(*(tuple(_forms(pa, made)) for pa in parents))


def _forms(pa: PeerAuthentication | None, made: datetime) -> Iterator[PeerAuthentication | None]:
    if pa is None or _time_of(pa, made) <= made:
        yield pa
    elif pa.created and pa.created > made:
        yield None
    else:
        yield from (structs.replace(pa, mode=mode) for mode in (None, "STRICT", "PERMISSIVE"))


def _time_of(pa: PeerAuthentication, otherwise: datetime) -> datetime:
    return pa.changed or pa.created or otherwise


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
