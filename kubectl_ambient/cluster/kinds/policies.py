"""AuthorizationPolicies and PeerAuthentications on the wire. They are custom resources, so JSON is all there is."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, field
from msgspec.structs import replace

from kubectl_ambient.cluster import policy_facts as facts
from kubectl_ambient.cluster import wire_parts
from kubectl_ambient.cluster.kinds.conditions import NO_STATUS, Condition, Status, WireCondition
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import Metadata, Object, Texts, Time, Wire, texts

_UNSET = "UNSET"
# A key of portLevelMtls. JSON has no other keys than texts.
Port = Annotated[str, Meta(pattern=r"^[0-9]{1,5}\Z")]


class Annotations(wire_parts.Annotations, frozen=True):
    """`metadata.annotations` of a policy."""

    dry_run: str | None = field(default=None, name="istio.io/dry-run")


class ManagedFields(Wire, frozen=True):
    """`metadata.managedFields[]`."""

    time: Time = None
    subresource: str | None = None


class PolicyMetadata(Metadata, frozen=True):
    """`metadata` of a policy, with the generation that its conditions refer to, and who wrote when."""

    annotations: Annotations | None = None
    generation: int | None = None
    managed_fields: list[ManagedFields] | None = None

    def changed(self) -> datetime | None:
        """When anything but the status was written last; None where that is not told."""
        return max((e.time for e in self.managed_fields or () if e.time and e.subresource != "status"), default=None)


class WorkloadSelector(Wire, frozen=True):
    """`spec.selector` of a policy."""

    match_labels: Texts = None


def _selector(found: WorkloadSelector | None) -> dict[str, str] | None:
    return texts(found.match_labels) if found else None


def _lists(found: Wire) -> dict[str, tuple[str, ...]]:
    """The lists of texts of a wire type, all of whose fields are such, by the names that they have in its fact too."""
    return {name: tuple(getattr(found, name) or ()) for name in found.__struct_fields__}


class PolicyTargetReference(Wire, frozen=True):
    """`spec.targetRef`, and `spec.targetRefs[]`."""

    group: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None

    def fact(self) -> facts.TargetRef:
        """The flat reference."""
        return facts.TargetRef(
            group=self.group or "", kind=self.kind or "", name=self.name or "", namespace=self.namespace or ""
        )


class Provider(Wire, frozen=True):
    """`spec.provider`."""

    name: str | None = None


class Source(Wire, frozen=True):
    """`rules[].from[].source`."""

    principals: list[str] | None = None
    not_principals: list[str] | None = None
    request_principals: list[str] | None = None
    not_request_principals: list[str] | None = None
    namespaces: list[str] | None = None
    not_namespaces: list[str] | None = None
    service_accounts: list[str] | None = None
    not_service_accounts: list[str] | None = None
    ip_blocks: list[str] | None = None
    not_ip_blocks: list[str] | None = None
    remote_ip_blocks: list[str] | None = None
    not_remote_ip_blocks: list[str] | None = None
    trust_domains: list[str] | None = None
    not_trust_domains: list[str] | None = None


class From(Wire, frozen=True):
    """`rules[].from[]`."""

    source: Source | None = None


class Operation(Wire, frozen=True):
    """`rules[].to[].operation`."""

    ports: list[str] | None = None
    not_ports: list[str] | None = None
    hosts: list[str] | None = None
    not_hosts: list[str] | None = None
    methods: list[str] | None = None
    not_methods: list[str] | None = None
    paths: list[str] | None = None
    not_paths: list[str] | None = None


class To(Wire, frozen=True):
    """`rules[].to[]`."""

    operation: Operation | None = None


class When(Wire, frozen=True):
    """`rules[].when[]`."""

    key: str | None = None
    values: list[str] | None = None
    not_values: list[str] | None = None

    def fact(self) -> facts.When:
        """The flat condition."""
        return facts.When(key=self.key or "", values=tuple(self.values or ()), not_values=tuple(self.not_values or ()))


class Rule(Wire, frozen=True):
    """`spec.rules[]` of an AuthorizationPolicy."""

    from_: list[From] | None = field(default=None, name="from")
    to: list[To] | None = None
    when: list[When] | None = None

    def fact(self) -> facts.Rule:
        """The flat rule. An entry without its `source` or `operation` is one that asks for nothing."""
        return facts.Rule(
            from_=tuple(facts.Source(**_lists(entry.source or Source())) for entry in self.from_ or ()),
            to=tuple(facts.Operation(**_lists(entry.operation or Operation())) for entry in self.to or ()),
            when=tuple(entry.fact() for entry in self.when or ()),
        )


class AuthorizationPolicySpec(Wire, frozen=True):
    """`spec` of an AuthorizationPolicy."""

    selector: WorkloadSelector | None = None
    target_ref: PolicyTargetReference | None = None
    target_refs: list[PolicyTargetReference] | None = None
    action: str | None = None
    provider: Provider | None = None
    rules: list[Rule] | None = None


class PolicyCondition(WireCondition, frozen=True):
    """`status.conditions[]` of an AuthorizationPolicy, with when it last turned, whatever is written there."""

    last_transition_time: Any = None

    def fact(self) -> Condition:
        """The flat condition."""
        at = self.last_transition_time
        return replace(super().fact(), changed=at if isinstance(at, str) else "")


class PolicyStatus(Wire, frozen=True):
    """`status` of an AuthorizationPolicy."""

    conditions: list[PolicyCondition] | None = None


class AuthorizationPolicy(Object, frozen=True):
    """An AuthorizationPolicy."""

    metadata: PolicyMetadata
    spec: AuthorizationPolicySpec | None = None
    status: PolicyStatus | None = None

    def fact(self) -> facts.AuthorizationPolicy:
        """The flat AuthorizationPolicy."""
        spec = self.spec or AuthorizationPolicySpec()
        return facts.AuthorizationPolicy(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=tuple(c.fact() for c in self.status.conditions or ()) if self.status else (),
            generation=self.metadata.generation,
            selector=_selector(spec.selector),
            target_ref=spec.target_ref.fact() if spec.target_ref else None,
            target_refs=tuple(ref.fact() for ref in spec.target_refs or ()),
            action=spec.action or "ALLOW",
            provider=spec.provider.name or "" if spec.provider else None,
            rules=tuple(rule.fact() for rule in spec.rules or ()),
            dry_run=self.metadata.annotations.dry_run if self.metadata.annotations else None,
        )


class MutualTLS(Wire, frozen=True):
    """`spec.mtls`, and `spec.portLevelMtls[]`."""

    mode: str | None = None


class PeerAuthenticationSpec(Wire, frozen=True):
    """`spec` of a PeerAuthentication."""

    selector: WorkloadSelector | None = None
    mtls: MutualTLS | None = None
    port_level_mtls: dict[Port, MutualTLS | None] | None = None


class PeerAuthentication(Object, frozen=True):
    """A PeerAuthentication."""

    metadata: PolicyMetadata
    spec: PeerAuthenticationSpec | None = None
    status: Status | None = None

    def fact(self) -> facts.PeerAuthentication:
        """The flat PeerAuthentication."""
        spec = self.spec or PeerAuthenticationSpec()
        return facts.PeerAuthentication(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=(self.status or NO_STATUS).facts(),
            selector=_selector(spec.selector),
            mode=spec.mtls.mode or _UNSET if spec.mtls else None,
            port_level_mtls={
                int(port): mtls.mode or _UNSET if mtls else _UNSET
                for port, mtls in (spec.port_level_mtls or {}).items()
            },
            created=self.metadata.creation_timestamp,
            changed=self.metadata.changed(),
        )


AUTHORIZATION_POLICIES = kind(
    "authorization_policies",
    "authorizationpolicies.security.istio.io",
    AuthorizationPolicy,
    words="authorizationpolicies.security.istio.io",
)
PEER_AUTHENTICATIONS = kind(
    "peer_authentications",
    "peerauthentications.security.istio.io",
    PeerAuthentication,
    words="peerauthentications.security.istio.io",
)
