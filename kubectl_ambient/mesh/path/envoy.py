"""What an Envoy does with a connection by AuthorizationPolicies: a waypoint, a sidecar, a gateway.

It sees requests, so what a policy asks of those depends on them. CUSTOM comes first, then DENY, then ALLOW; of AUDIT
nothing comes. Source: istio.io/api security/v1 authorization_policy.proto; pilot/pkg/security/authz/builder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, Rule, Source, When
from kubectl_ambient.mesh.answers import Answer, all_of, any_of
from kubectl_ambient.mesh.path.way import Applied, At, Decider, Saying
from kubectl_ambient.mesh.policy.connections import Connection
from kubectl_ambient.mesh.policy.sent import l7_of, of_condition, of_operation, of_source
from kubectl_ambient.mesh.policy.verdict import holds


def matches(policy: AuthorizationPolicy, connection: Connection) -> Answer:
    """Whether any rule is about what comes over the connection; None where that depends on the request."""
    return any_of(_fires(rule, connection, policy.namespace) for rule in policy.rules)


def _fires(rule: Rule, connection: Connection, namespace: str) -> Answer:
    clauses: list[Answer] = []
    if rule.from_:
        clauses.append(any_of(_holds(part, connection, namespace) for part in rule.from_))
    if rule.to:
        clauses.append(any_of(_holds(part, connection, namespace) for part in rule.to))
    clauses += [_holds(part, connection, namespace) for part in rule.when]
    return all_of(clauses)


def _holds(part: Source | Operation | When, connection: Connection, namespace: str) -> Answer:
    match part:
        case Source():
            asked = of_source(part, namespace)
        case Operation():
            asked = of_operation(part)
        case When():
            asked = of_condition(part)
    of_connection = holds(asked, connection) if asked.asks else True
    return all_of([of_connection, None if any(l7_of(part)) else True])


def word(policies: Sequence[AuthorizationPolicy], connection: Connection, at: At) -> tuple[Saying, tuple[Applied, ...]]:
    """What they say together, and each by itself."""
    said = [(policy, matches(policy, connection)) for policy in policies]
    applied = tuple(Applied(p.ref, p.action, at, answer, _message(p, answer, at)) for p, answer in said)
    return _word(said, at), applied


def _word(said: list[tuple[AuthorizationPolicy, Answer]], at: At) -> Saying:
    def of(action: str, *answers: Answer) -> list[AuthorizationPolicy]:
        return [policy for policy, answer in said if policy.action == action and answer in answers]

    denying = of("DENY", True)
    if denying:
        return Saying(outcome="denied", message=f"{_refs(denying)} denies it", by=_by(denying, at))
    allows = any(policy.action == "ALLOW" for policy, _answer in said)
    allowing, maybe = of("ALLOW", True), of("ALLOW", None)
    if allows and not (allowing or maybe):
        there = _refs(policy for policy, _answer in said if policy.action == "ALLOW")
        return Saying(outcome="denied", message=f"{there} allows others, and no policy allows this")
    asked = of("CUSTOM", True, None)
    if asked:
        return Saying(outcome="depends", message=f"{_refs(asked)} has a provider decide", by=_by(asked, at))
    doubted = of("DENY", None)
    if doubted:
        message = f"{_refs(doubted)} denies some requests"
        return Saying(outcome="depends", message=message, by=_by(doubted, at))
    if allows and not allowing:
        return Saying(outcome="depends", message=f"{_refs(maybe)} allows some requests", by=_by(maybe, at))
    if allowing:
        return Saying(outcome="allowed", message=f"{_refs(allowing)} allows it", by=_by(allowing, at))
    return Saying(outcome="allowed", message="no policy denies it")


def _message(policy: AuthorizationPolicy, answer: Answer, at: At) -> str:
    if policy.action == "AUDIT":
        return "audits, and decides nothing"
    if answer is None:
        return f"depends on the request; enforced at the {at}"
    return f"{'matches' if answer else 'does not match'}; enforced at the {at}"


def _refs(policies: Iterable[AuthorizationPolicy]) -> str:
    return ", ".join(policy.ref for policy in policies)


def _by(policies: Iterable[AuthorizationPolicy], at: At) -> tuple[Decider, ...]:
    where = "pod" if at == "app" else at
    return tuple(Decider(policy.ref, where) for policy in policies)
