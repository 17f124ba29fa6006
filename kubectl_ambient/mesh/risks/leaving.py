"""What pods lose that leave the mesh: their identity to others, and the policies that ztunnel enforced on them."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.policy.connections import Connection
from kubectl_ambient.mesh.policy.rule_words import words
from kubectl_ambient.mesh.policy.verdict import key, verdict
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import by_peer_authentication, pods
from kubectl_ambient.mesh.risks.turn import Turn


def no_longer_enforced(turn: Turn) -> Iterator[Risk]:
    """The policies on pods that leave: nothing enforces them there any more."""
    found: dict[str, tuple[Evidence, list[Pod]]] = {}
    for pod in turn.leaving:
        if pod.annotations.sidecar_status is not None:
            continue
        for policy in turn.policies.speaking_on(pod):
            for number, rule in enumerate(policy.policy.rules):
                told = Evidence(policy.policy.ref, f"spec.rules[{number}]", words(rule))
                found.setdefault(policy.policy.ref, (told, []))
            if policy.policy.ref in found:
                found[policy.policy.ref][1].append(pod)
        for told in by_peer_authentication(turn, pod) if turn.policies.is_strict(pod) else ():
            found.setdefault(told.object, (told, []))[1].append(pod)
    for ref, (told, hit) in found.items():
        yield Risk.of(
            RiskCode.POLICY_NO_LONGER_ENFORCED,
            f"nothing would enforce {ref.replace('/', ' ', 1)} on {pods(hit)} any more: plain text from anyone would"
            " reach them",
            told,
            affects=[pod.ref for pod in hit],
            remedy="keep others out by a NetworkPolicy first",
        )


def refused_for_plain_text(turn: Turn) -> Iterator[Risk]:
    """Pods that leave, and members of the mesh that take no plain text: what is sent there would be refused."""
    staying = [pod for pod in turn.pods if turn.ambient(pod)[1]] if turn.leaving else []
    by: dict[str, list[Pod]] = {}
    for pod in staying:
        if turn.policies.is_strict(pod):
            by.setdefault(" ".join(policy.ref for policy in turn.policies.decided_by(pod)), []).append(pod)
    for strict in by.values():
        affects = [
            f"{a.ref} -> {b.ref}:{port}"
            for a in turn.leaving
            for b in strict
            for port in sorted(turn.ports(b))
            if turn.policies.mtls(b).refuses(port)
        ]
        if affects:
            yield Risk.of(
                RiskCode.STRICT_REFUSES_LEAVERS,
                f"{pods(turn.leaving)} would call in plain text from then on, which {pods(strict)} of the mesh refuse"
                " under STRICT",
                *by_peer_authentication(turn, strict[0]),
                affects=affects,
                remedy="set PERMISSIVE there first, or keep the callers in",
            )


def refused_for_identity(turn: Turn) -> Iterator[Risk]:
    """Pods that leave, and members of the mesh that let them in by their identity, which they lose."""
    found: dict[tuple[str, ...], list[str]] = {}
    rules: dict[str, Evidence] = {}
    for target in (pod for pod in turn.pods if turn.ambient(pod)[1]) if turn.leaving else ():
        mtls, speaking = turn.policies.mtls(target), turn.policies.speaking_on(target)
        for caller in turn.leaving if speaking else ():
            seen = turn.on_network(caller)
            if seen is None:
                continue
            who = turn.identity(caller, seen)
            for port in sorted(turn.ports(target)):
                before = verdict(Connection(identity=who, port=port), mtls, speaking)
                after = verdict(Connection(identity=None, port=port), mtls, speaking)
                if before.allowed and after.allowed is False and not mtls.refuses(port):
                    by = after.by or before.by or tuple(key(policy) for policy in speaking)
                    found.setdefault(by, []).append(f"{caller.ref} -> {target.ref}:{port}")
        for policy in speaking:
            for number, rule in enumerate(policy.policy.rules):
                rules.setdefault(key(policy), Evidence(policy.policy.ref, f"spec.rules[{number}]", words(rule)))
    for by, affects in found.items():
        yield Risk.of(
            RiskCode.POLICY_REFUSES_LEAVERS,
            f"AuthorizationPolicy {', '.join(by)} lets callers in by an identity that they would lose: "
            f"{'1 connection' if len(affects) == 1 else f'{len(affects)} connections'} would be refused",
            *(rules[name] for name in by if name in rules),
            affects=affects,
            remedy="allow the callers by ipBlocks or ports as well, or keep them in",
        )
