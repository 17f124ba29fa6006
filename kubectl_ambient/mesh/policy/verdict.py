"""What the ztunnel that receives a connection does with it.

Source: ztunnel `Authorization::matches` [src/rbac.rs] and `assert_rbac` [src/state.rs].
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from msgspec import Struct

from kubectl_ambient.mesh.answers import Answer, all_of, any_of, negated
from kubectl_ambient.mesh.policy.connections import Connection
from kubectl_ambient.mesh.policy.mtls import Mtls
from kubectl_ambient.mesh.policy.sent import Match, Sent, SentRule, Values, network


class Verdict(Struct, frozen=True, gc=False):
    """Whether the connection is let in: None where it cannot be told.

    `by` are the policies that decide, as ztunnel names them: all that deny it, or all that allow it. Empty where
    nothing speaks against it, or where there are policies that allow, and none of them this.
    """

    allowed: Answer
    by: tuple[str, ...] = ()


def verdict(connection: Connection, mtls: Mtls, policies: Sequence[Sent]) -> Verdict:
    """What becomes of the connection by the peer authentication of the pod, and by the policies that speak on it."""
    refused = mtls.refused_by(connection)
    denying = [(policy, matches(policy, connection)) for policy in policies if policy.denies]
    by = (*((refused,) if refused else ()), *(key(policy) for policy, answer in denying if answer))
    if by:
        return Verdict(allowed=False, by=by)
    allowing = [(policy, matches(policy, connection)) for policy in policies if not policy.denies]
    allowed = any_of(answer for _policy, answer in allowing) if allowing else True
    doubted = tuple(key(policy) for policy, answer in denying if answer is None)
    if (doubted or mtls.unsure_of(connection)) and allowed is not False:
        return Verdict(allowed=None, by=doubted)
    if allowed is None:
        return Verdict(allowed=None, by=tuple(key(policy) for policy, answer in allowing if answer is None))
    return Verdict(allowed=allowed, by=tuple(key(policy) for policy, answer in allowing if answer))


def key(policy: Sent) -> str:
    """The name that ztunnel has for it: `shop/allow-cart`."""
    return f"{policy.policy.namespace}/{policy.policy.name}"


def matches(policy: Sent, connection: Connection) -> Answer:
    """Whether any of its rules is about the connection."""
    return any_of(fires(rule, connection) for rule in policy.rules)


def fires(rule: SentRule, connection: Connection) -> Answer:
    """Whether all clauses of the rule hold for the connection."""
    return all_of(any_of(holds(match, connection) for match in clause) for clause in rule.clauses)


def holds(match: Match, connection: Connection) -> Answer:
    """Whether the connection is as one alternative of a clause asks."""
    if not match.asks:
        return False
    identity = connection.identity
    principal = identity.principal if identity else ""
    namespace = identity.namespace if identity else ""
    account = f"{identity.namespace}/{identity.service_account}" if identity else ""
    return all_of(
        (
            # Without identity no pattern matches a principal, and every pattern is asked about an empty namespace.
            _is(match.principals, lambda pattern: bool(identity) and _like(pattern, principal)),
            _is(match.namespaces, lambda pattern: _like(pattern, namespace)),
            _is(match.accounts, lambda name: bool(identity) and name == account),
            _is(match.source_ips, lambda block: _within(connection.source_ip, block)),
            _is(match.destination_ips, lambda block: _within(connection.destination_ip, block)),
            _is(match.ports, lambda port: int(port) == connection.port),
        )
    )


def _is(values: Values, matching: Callable[[str], Answer]) -> Answer:
    wanted = any_of(map(matching, values.of)) if values.of else True
    unwanted = any_of(map(matching, values.not_of))
    return all_of((wanted, negated(unwanted)))


def _like(pattern: str, text: str) -> bool:
    if pattern == "*":
        return bool(text)
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern


def _within(ip: str | None, block: str) -> Answer:
    if ip is None:
        return None
    found = network(block)
    try:
        return found is not None and ipaddress.ip_address(ip) in found
    except ValueError:
        return None
