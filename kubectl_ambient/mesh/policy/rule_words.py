"""What ztunnel makes of each rule of a policy, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct, structs

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, Rule, Source
from kubectl_ambient.mesh.policy.sent import Sent, SentRule

Fate = Literal["enforced", "dropped", "never fires", "not sent"]


class RuleFate(Struct, frozen=True, gc=False):
    """One rule: its number, what it asks for, what becomes of it, and the attributes that ztunnel cannot check."""

    number: int
    words: str
    fate: Fate
    l7: tuple[str, ...] = ()


def fates(policy: AuthorizationPolicy, as_sent: Sent | None) -> list[RuleFate]:
    """What becomes of each rule at ztunnel, in the order in which they are written."""
    known = {id(rule.written): rule for rule in (*as_sent.rules, *as_sent.dropped)} if as_sent else {}
    dropped = {id(rule.written) for rule in as_sent.dropped} if as_sent else set()
    return [
        RuleFate(number, words(rule), _fate(known.get(id(rule)), id(rule) in dropped), _l7(known.get(id(rule))))
        for number, rule in enumerate(policy.rules)
    ]


def _fate(rule: SentRule | None, dropped: bool) -> Fate:
    if rule is None:
        return "not sent"
    if dropped:
        return "dropped"
    return "enforced" if rule.can_fire else "never fires"


def _l7(rule: SentRule | None) -> tuple[str, ...]:
    return rule.l7 if rule else ()


def words(rule: Rule) -> str:
    """`from principals=…; to ports=80`; `every connection` where it asks for nothing."""
    parts = [*_clause("from", rule.from_), *_clause("to", rule.to)]
    parts += [f"when {when.key}{_values('', when.values)}{_values(' not', when.not_values)}" for when in rule.when]
    return "; ".join(parts) or "every connection"


def _clause(name: str, alternatives: tuple[Source, ...] | tuple[Operation, ...]) -> Iterator[str]:
    if alternatives:
        yield f"{name} {' or '.join(_alternative(each) for each in alternatives)}"


def _alternative(found: Source | Operation) -> str:
    told = [f"{_camel(name)}{_values('', values)}" for name, values in structs.asdict(found).items() if values]
    return " and ".join(told) or "anything"


def _values(before: str, values: tuple[str, ...]) -> str:
    return f"{before}={','.join(values)}" if values else ""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
