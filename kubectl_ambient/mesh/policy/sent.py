"""What istiod sends to ztunnel of an AuthorizationPolicy: only what ztunnel can check, and thus less than is written.

Source: istiod `convertAuthorizationPolicy` and `handleRule` [pilot/pkg/serviceregistry/ambient/authorization.go].
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, Rule, Source, When

Scope = Literal["global", "namespace", "workload"]

_L4_ATTRIBUTES = ("source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port")
_L7_OF_OPERATION = {
    "hosts": "hosts",
    "not_hosts": "notHosts",
    "methods": "methods",
    "not_methods": "notMethods",
    "paths": "paths",
    "not_paths": "notPaths",
}
_L7_OF_SOURCE = {
    "remote_ip_blocks": "remoteIpBlocks",
    "not_remote_ip_blocks": "notRemoteIpBlocks",
    "request_principals": "requestPrincipals",
    "not_request_principals": "notRequestPrincipals",
}


class Values(Struct, frozen=True, gc=False):
    """What a field must be and what it must not be; nothing is asked of it where both are empty."""

    of: tuple[str, ...] = ()
    not_of: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.of or self.not_of)


class Match(Struct, frozen=True, kw_only=True, gc=False):
    """One alternative of a clause; all that it asks must hold. One that asks nothing never holds, to ztunnel."""

    principals: Values = Values()
    namespaces: Values = Values()
    accounts: Values = Values()
    source_ips: Values = Values()
    destination_ips: Values = Values()
    ports: Values = Values()

    @property
    def asks(self) -> bool:
        """Whether it asks for anything."""
        return any((self.principals, self.namespaces, self.accounts, self.source_ips, self.destination_ips, self.ports))


class SentRule(Struct, frozen=True, gc=False):
    """A rule as it is sent: clauses that must all hold, each by one of its alternatives; without clauses it holds.

    `written` is what it was made of, and `l7` are the attributes in it that ztunnel cannot check.
    """

    clauses: tuple[tuple[Match, ...], ...]
    written: Rule
    l7: tuple[str, ...] = ()

    @property
    def can_fire(self) -> bool:
        """False where some clause has lost all that it asked for, and so never holds."""
        return all(any(match.asks for match in clause) for clause in self.clauses)


class Sent(Struct, frozen=True, gc=False):
    """An AuthorizationPolicy as ztunnel has it. `dropped` are the rules that istiod leaves out."""

    policy: AuthorizationPolicy
    scope: Scope
    rules: tuple[SentRule, ...]
    dropped: tuple[SentRule, ...] = ()

    @property
    def denies(self) -> bool:
        """Whether its rules deny, and not allow."""
        return self.policy.action == "DENY"

    @property
    def l7(self) -> tuple[str, ...]:
        """The attributes that ztunnel cannot check, sorted as istiod names them."""
        return tuple(sorted({name for rule in (*self.rules, *self.dropped) for name in rule.l7}))


def sent(policy: AuthorizationPolicy, root: str, *, heeds_dry_run: bool = True) -> Sent | None:
    """What of the policy goes to ztunnel; None where it is not for ztunnel: see `why_not_sent`, and what has targets.

    root: the root namespace of the mesh.
    """
    if policy.targets or why_not_sent(policy, heeds_dry_run=heeds_dry_run):
        return None
    scope: Scope = "workload" if policy.selector is not None else "global" if policy.namespace == root else "namespace"
    rules = [_sent_rule(rule, policy.namespace) for rule in policy.rules]
    if policy.action == "DENY":
        return Sent(policy, scope, tuple(rules))
    return Sent(policy, scope, tuple(rule for rule in rules if not rule.l7), tuple(rule for rule in rules if rule.l7))


def why_not_sent(policy: AuthorizationPolicy, *, heeds_dry_run: bool = True) -> str | None:
    """Why ztunnel cannot take a policy that is attached to nothing, as `the action AUDIT`; None where it can.

    heeds_dry_run: whether this istiod keeps back what is only to be tried out (see `istiod_versions`).
    """
    if heeds_dry_run and is_dry_run(policy):
        return "istio.io/dry-run"
    return None if policy.action in ("ALLOW", "DENY") else f"the action {policy.action}"


def is_dry_run(policy: AuthorizationPolicy) -> bool:
    """Whether it is only to be tried out: the annotation, read as Go's strconv.ParseBool reads it."""
    return policy.dry_run in ("1", "t", "T", "TRUE", "true", "True")


def speaks_on(policy: Sent, namespace: str, labels: dict[str, str], root: str) -> bool:
    """Whether it speaks on a pod of that namespace with these labels.

    A selector that asks for nothing is attached to no pod [istiod `buildWorkloadPolicies`].
    """
    if policy.scope == "global":
        return True
    own = policy.policy.namespace == namespace
    if policy.scope == "namespace":
        return own
    selector = policy.policy.selector
    return bool(selector) and (own or policy.policy.namespace == root) and selector.items() <= labels.items()  # type: ignore[union-attr]


def _sent_rule(rule: Rule, namespace: str) -> SentRule:
    clauses = (
        tuple(of_operation(operation) for operation in rule.to),
        tuple(of_source(source, namespace) for source in rule.from_),
        *((of_condition(when),) for when in rule.when),
    )
    return SentRule(tuple(filter(None, clauses)), rule, tuple(dict.fromkeys(_l7(rule))))


def _l7(rule: Rule) -> Iterator[str]:
    parts: tuple[Operation | Source | When, ...] = (*rule.to, *rule.from_, *rule.when)
    for part in parts:
        yield from l7_of(part)


def l7_of(part: Operation | Source | When) -> Iterator[str]:
    """What of it is about requests, and nothing that a connection tells."""
    match part:
        case Operation():
            yield from (name for field, name in _L7_OF_OPERATION.items() if getattr(part, field))
        case Source():
            yield from (name for field, name in _L7_OF_SOURCE.items() if getattr(part, field))
        case When():
            yield from (() if part.key in _L4_ATTRIBUTES else (part.key,))


def of_operation(operation: Operation) -> Match:
    """What of it is about connections."""
    return Match(ports=Values(_ports(operation.ports), _ports(operation.not_ports)))


def of_source(source: Source, namespace: str) -> Match:
    """What of it is about connections; `namespace` is that of accounts without one."""
    return Match(
        principals=Values(source.principals, source.not_principals),
        namespaces=Values(source.namespaces, source.not_namespaces),
        accounts=Values(
            _accounts(source.service_accounts, namespace), _accounts(source.not_service_accounts, namespace)
        ),
        source_ips=Values(_networks(source.ip_blocks), _networks(source.not_ip_blocks)),
    )


def of_condition(when: When) -> Match:
    """What of it is about connections; nothing where it is about requests."""
    match when.key:
        case "source.namespace":
            return Match(namespaces=Values(when.values, when.not_values))
        case "source.principal":
            return Match(principals=Values(when.values, when.not_values))
        case "source.ip":
            return Match(source_ips=Values(_networks(when.values), _networks(when.not_values)))
        case "destination.ip":
            return Match(destination_ips=Values(_networks(when.values), _networks(when.not_values)))
        case "destination.port":
            return Match(ports=Values(_ports(when.values), _ports(when.not_values)))
        case _:
            return Match()


def _accounts(names: Iterable[str], namespace: str) -> tuple[str, ...]:
    return tuple(name if "/" in name else f"{namespace}/{name}" for name in names)


def _ports(texts: Iterable[str]) -> tuple[str, ...]:
    """What is no port is left out, in silence."""
    return tuple(str(int(text)) for text in texts if text.isascii() and text.isdigit() and int(text) <= 65535)


def _networks(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(found) for text in texts if (found := network(text)) is not None)


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The addresses that the text stands for; None where it is nothing that istiod takes, and so is left out."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
