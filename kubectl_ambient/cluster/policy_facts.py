"""Facts about Istio's policies: who may speak, and who must prove who they are.

As `facts`: small, immutable, free of Kubernetes' nesting. Istio's API takes an empty list for one that is left out.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import field

from kubectl_ambient.cluster.facts import Fact
from kubectl_ambient.cluster.kinds.conditions import Conditioned


class Policy(Conditioned, frozen=True):
    """Base of both policies. Its label `istio.io/rev` tells other revisions to leave it alone.

    `selector` is its `matchLabels`: None where it has no selector, and so is for all; empty where the selector asks
    for nothing, which Istio does not take for the same.
    """

    selector: dict[str, str] | None = None


class TargetRef(Fact, frozen=True):
    """What a policy is attached to. `group` is empty for the core group, `namespace` for that of the policy."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""


_PRINCIPAL = re.compile(r"[^/*]+/ns/(?P<namespace>[^/*]+)/sa/[^/*]+")


def namespace_of(principal: str) -> str | None:
    """That of the pods that present this principal; None for a pattern, and for what is none."""
    found = _PRINCIPAL.fullmatch(principal)
    return found["namespace"] if found else None


class Source(Fact, frozen=True):
    """`from[].source` of a rule: who speaks. All fields that are not empty must match."""

    principals: tuple[str, ...] = ()
    not_principals: tuple[str, ...] = ()
    request_principals: tuple[str, ...] = ()
    not_request_principals: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    not_namespaces: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()
    not_service_accounts: tuple[str, ...] = ()
    ip_blocks: tuple[str, ...] = ()
    not_ip_blocks: tuple[str, ...] = ()
    remote_ip_blocks: tuple[str, ...] = ()
    not_remote_ip_blocks: tuple[str, ...] = ()
    trust_domains: tuple[str, ...] = ()
    not_trust_domains: tuple[str, ...] = ()


class Operation(Fact, frozen=True):
    """`to[].operation` of a rule: what is asked for. All fields that are not empty must match."""

    ports: tuple[str, ...] = ()
    not_ports: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    not_hosts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    not_methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()


class When(Fact, frozen=True):
    """An entry of `when`: an attribute, as `source.ip`, and the values that it must have or must not have."""

    key: str = ""
    values: tuple[str, ...] = ()
    not_values: tuple[str, ...] = ()


class Rule(Fact, frozen=True):
    """A rule of an AuthorizationPolicy: the clauses `from`, `to` and each `when`, none where it is left out.

    One that has no clause matches everything. A Source or an Operation may be there and have no fields: a clause that
    asks for nothing is not one that is left out.
    """

    from_: tuple[Source, ...] = ()
    to: tuple[Operation, ...] = ()
    when: tuple[When, ...] = ()


class AuthorizationPolicy(Policy, frozen=True):
    """An AuthorizationPolicy. Without rules it matches nothing, with one empty rule everything.

    `target_ref` is the older field, for one target. `provider` is the name of what a CUSTOM action asks, None where
    there is none. `dry_run` is the annotation `istio.io/dry-run` as written, None where it is absent. `generation` is
    what its conditions refer to.
    """

    generation: int | None = None
    target_ref: TargetRef | None = None
    target_refs: tuple[TargetRef, ...] = ()
    action: str = "ALLOW"
    provider: str | None = None
    rules: tuple[Rule, ...] = ()
    dry_run: str | None = None

    @property
    def targets(self) -> tuple[TargetRef, ...]:
        """What it is attached to by either field [istiod `GetTargetRefs`]."""
        return self.target_refs or ((self.target_ref,) if self.target_ref else ())

    @property
    def target_field(self) -> str:
        """Which field that is."""
        return "spec.targetRefs" if self.target_refs else "spec.targetRef"


class PeerAuthentication(Policy, frozen=True):
    """A PeerAuthentication. `mode` is `UNSET` where `mtls` is there without one, None where that is left out.

    `port_level_mtls`: the modes by the port of the pod. Of several of one rank the one that was `created` first
    counts. istiod computes the exceptions by port when it was last `changed`: when anything but its status was, as
    far as the API server tells (None in files).
    """

    mode: str | None = None
    port_level_mtls: dict[int, str] = field(default_factory=dict)
    created: datetime | None = None
    changed: datetime | None = None
