"""AuthorizationPolicies that mean something else once ztunnel enforces them, or somebody whom nobody is.

ztunnel enforces what istiod sends it of a policy that is attached to nothing [istiod `convertAuthorizationPolicy`];
what asks for methods, paths and the like needs a waypoint, and a policy that is attached to something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.policy_facts import Rule, namespace_of
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.policy.connections import Connection
from kubectl_ambient.mesh.policy.rule_words import words
from kubectl_ambient.mesh.policy.sent import Sent, SentRule
from kubectl_ambient.mesh.policy.verdict import verdict
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.plain_callers import PlainCall, plain_calls
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import WHO, pods
from kubectl_ambient.mesh.risks.turn import Turn

_WAYPOINT = "a waypoint enforces it: attach the policy to the Service by targetRefs, and give that a waypoint"


def changed_meaning(turn: Turn) -> Iterator[Risk]:
    """Policies of which ztunnel cannot check all, on the pods that it is going to enforce them on."""
    for policy, hit in _on(turn, turn.to_ztunnel):
        if not policy.denies and policy.dropped:
            yield _without_rules(policy, hit) if not policy.rules else _fewer_rules(policy, hit)
        dead = [rule for rule in policy.rules if not rule.can_fire] if policy.denies else []
        if dead:
            yield Risk.of(
                RiskCode.POLICY_RULE_NEVER_FIRES,
                f"{_named(policy)} would deny nothing by {_numbers(policy, dead)}: ztunnel cannot check"
                f" {_l7(dead)}, and what it cannot check never matches, so {pods(hit)} would take what is denied",
                *_rules(policy, dead),
                affects=[pod.ref for pod in hit],
                remedy=_WAYPOINT,
            )


def _without_rules(policy: Sent, hit: list[Pod]) -> Risk:
    return Risk.of(
        RiskCode.POLICY_DENIES_ALL,
        f"{_named(policy)} allows by {_l7(policy.dropped)} alone, which ztunnel cannot check: {pods(hit)} would refuse"
        " every connection",
        *_rules(policy, policy.dropped),
        affects=[pod.ref for pod in hit],
        remedy=_WAYPOINT,
    )


def _fewer_rules(policy: Sent, hit: list[Pod]) -> Risk:
    return Risk.of(
        RiskCode.POLICY_RULE_DROPPED,
        f"{_named(policy)} would allow nothing by {_numbers(policy, policy.dropped)}: ztunnel cannot check"
        f" {_l7(policy.dropped)}, and its other rules alone would allow connections to {pods(hit)}",
        *_rules(policy, policy.dropped),
        affects=[pod.ref for pod in hit],
        remedy=_WAYPOINT,
    )


def nobody_presents(turn: Turn) -> Iterator[Risk]:
    """Rules that allow by principals which no pod of the mesh has."""
    presented = {identity.principal for identity in turn.identities.values()}
    for policy, hit in _on(turn, turn.entering):
        for number, rule in enumerate(policy.policy.rules):
            missing = [] if policy.denies else _missing(turn, rule, presented)
            if missing:
                yield Risk.of(
                    RiskCode.PRINCIPAL_NOBODY_PRESENTS,
                    f"{_named(policy)} allows by rules[{number}] {', '.join(missing)}, and no pod of the mesh has that"
                    f" identity: the rule would let nobody reach {pods(hit)}",
                    Evidence(policy.policy.ref, f"spec.rules[{number}].from", ", ".join(missing)),
                    affects=[pod.ref for pod in hit],
                    remedy="put the callers into the mesh, or write the identity that they have",
                )


def _missing(turn: Turn, rule: Rule, presented: set[str]) -> list[str]:
    """The principals of a rule, where all are written out, and none of them is anybody's."""
    found = [principal for source in rule.from_ for principal in source.principals]
    if not found or any(not source.principals for source in rule.from_):
        return []
    homes = [namespace_of(principal) for principal in found]
    if not all(home is not None and turn.knows_pods_of(home) for home in homes):
        return []
    return [] if presented & {*found} else found


def refuses_plain_callers(turn: Turn) -> Iterator[Risk]:
    """Callers in plain text, as objects tell, whom a policy refuses: they have no identity."""
    found: dict[tuple[object, tuple[str, ...]], list[PlainCall]] = {}
    by_ref = {f"{policy.policy.namespace}/{policy.policy.name}": policy for policy in turn.policies.sent}
    for call in plain_calls(turn, turn.entering):
        mtls, speaking = turn.policies.mtls(call.pod), turn.policies.speaking_on(call.pod)
        if mtls.refuses(call.port) is not False:
            continue
        said = verdict(Connection(identity=None, port=call.port), mtls, speaking)
        if said.allowed is False:
            by = said.by or tuple(key for key, policy in by_ref.items() if policy in speaking and not policy.denies)
            found.setdefault((call.told_by, by), []).append(call)
    for (_told_by, keys), calls in found.items():
        policies = [by_ref[key] for key in keys if key in by_ref]
        names = ", ".join(f"{p.policy.namespace}/{p.policy.name}" for p in policies)
        unless = "" if calls[0].found else ", unless its pods are in the mesh"
        yield Risk.of(
            RiskCode.POLICY_REFUSES_PLAIN_CALLERS,
            f"{calls[0].named or WHO[calls[0].caller]} would be refused{unless} for want of an identity:"
            f" AuthorizationPolicy {names} lets nobody without one reach {pods(call.pod for call in calls)}",
            *calls[0].evidence,
            *(e for policy in policies for e in _rules(policy, policy.rules)),
            affects=dict.fromkeys(call.pair for call in calls),
            remedy="put the caller into the mesh, or allow its addresses by ipBlocks",
        )


def _on(turn: Turn, on: list[Pod]) -> Iterator[tuple[Sent, list[Pod]]]:
    """The policies that ztunnel is going to enforce, each with those of the pods that it speaks on."""
    found: dict[str, tuple[Sent, list[Pod]]] = {}
    for pod in on:
        for policy in turn.policies.speaking_on(pod):
            found.setdefault(policy.policy.ref, (policy, []))[1].append(pod)
    yield from found.values()


def _named(policy: Sent) -> str:
    return f"AuthorizationPolicy {policy.policy.namespace}/{policy.policy.name}"


def _l7(rules: Iterable[SentRule]) -> str:
    return ", ".join(sorted({name for rule in rules for name in rule.l7}))


def _numbers(policy: Sent, rules: Iterable[SentRule]) -> str:
    return ", ".join(f"rules[{number}]" for number, _rule in _numbered(policy, rules))


def _rules(policy: Sent, rules: Iterable[SentRule]) -> list[Evidence]:
    return [
        Evidence(policy.policy.ref, f"spec.rules[{number}]", words(rule)) for number, rule in _numbered(policy, rules)
    ]


def _numbered(policy: Sent, rules: Iterable[SentRule]) -> list[tuple[int, Rule]]:
    wanted = {id(rule.written) for rule in rules}
    return [(number, rule) for number, rule in enumerate(policy.policy.rules) if id(rule) in wanted]
