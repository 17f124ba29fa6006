"""The verdict on policies: where each is enforced, or why it is enforced nowhere, and what each pod's ztunnel does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal, TypeVar

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, PeerAuthentication
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.mesh_config import Mesh, mesh
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.policy import findings, places
from kubectl_ambient.mesh.policy.acceptance import Accepted, Target, by_waypoint, by_ztunnel, targets_of
from kubectl_ambient.mesh.policy.mtls import Mtls, mtls, mtls_of_sidecar
from kubectl_ambient.mesh.policy.places import Enforcer
from kubectl_ambient.mesh.policy.pods import PodPolicies, decided_by
from kubectl_ambient.mesh.policy.sent import Sent, sent, speaks_on
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge

Policy = AuthorizationPolicy | PeerAuthentication
F = TypeVar("F")
TUNNEL = "networking.istio.io/tunnel"  # `http`: it takes HBONE, whatever it is that does


class PolicyVerdict(Struct, frozen=True, kw_only=True, gc=False):
    """One policy's row. `pods` is how many it speaks on; None where they could not be read.

    ztunnel, waypoint: whether these take it; None where it is not for them. targets: what it is attached to. on: the
    pods on which it is enforced. as_sent: what of it ztunnel gets, None where it gets nothing.
    """

    kind: Literal["AuthorizationPolicy", "PeerAuthentication"]
    policy: Policy
    enforced_at: tuple[Enforcer, ...]
    ztunnel: Accepted | None
    waypoint: Accepted | None
    pods: int | None
    message: str
    targets: tuple[Target, ...] = ()
    on: tuple[PodPolicies, ...] = ()
    as_sent: Sent | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def ref(self) -> str:
        """`AuthorizationPolicy/shop/allow-cart`."""
        return self.policy.ref

    @property
    def unknown(self) -> bool:
        """Whether where it is enforced cannot be told."""
        return self.pods is None or any(
            said is not None and said.accepted is None for said in (self.ztunnel, self.waypoint)
        )

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look at it."""
        return self.unknown or any(finding.severity != "info" for finding in self.findings)


def in_order(found: Found[F]) -> list[F]:
    """All that were read, though others may not have been."""
    return [found.facts[key] for key in sorted(found.facts)]


class PolicyJudge:
    """Judges the policies of one snapshot. Pure: the same snapshot gives the same verdicts.

    pods: who judges its pods, where somebody does already.
    """

    def __init__(self, snapshot: Snapshot, pods: Judge | None = None) -> None:
        self.snapshot = snapshot
        self.enrolment = pods or Judge(snapshot)
        self.waypoints = WaypointJudge(snapshot)
        self._of_pods: dict[str, PodPolicies] = {}
        self.mesh: Mesh = mesh(snapshot.istiods.known, snapshot)

    @property
    def version(self) -> Version:
        """The version of istiod whose rules are asked."""
        return self.waypoints.control_plane.newest.version

    @cached_property
    def sent(self) -> dict[str, Sent]:
        """The AuthorizationPolicies as ztunnel has them, by their ref; not those that it does not get."""
        heeds = istiod_versions.heeds_dry_run(self.version)
        found = (
            (p.ref, sent(p, self.mesh.root, heeds_dry_run=heeds)) for p in self.snapshot.authorization_policies.known
        )
        return {ref: as_sent for ref, as_sent in found if as_sent is not None}

    @cached_property
    def pods(self) -> list[PodPolicies]:
        """Every pod that is not finished, by namespace and name."""
        return [self.of_pod(pod) for pod in self.snapshot.pods.known if not pod.finished]

    def of_pod(self, pod: Pod) -> PodPolicies:
        """What is enforced at the pod, where it is in the mesh."""
        if pod.ref not in self._of_pods:
            self._of_pods[pod.ref] = self._of_pod(pod)
        return self._of_pods[pod.ref]

    def _of_pod(self, pod: Pod) -> PodPolicies:
        mode, root = self.enrolment.judge(pod).mode, self.mesh.root
        if mode not in ("ambient", "sidecar") and pod.labels.get(TUNNEL) != "http":
            return PodPolicies(pod=pod, mode=mode)
        of = self._mtls_of_sidecar if mode == "sidecar" else self._mtls
        known = in_order(self.snapshot.peer_authentications)
        found = of(known, pod)
        if self.unread:  # what is not known may be a STRICT for all
            strict = PeerAuthentication(namespace=root, name="", mode="STRICT")
            found = found.beside(of([*known, strict], pod))
        if mode == "sidecar":
            return PodPolicies(pod=pod, mode=mode, mtls=found)
        speaking = (p for p in self.sent.values() if speaks_on(p, pod.namespace, pod.labels, root))
        return PodPolicies(pod=pod, mode=mode, mtls=found, policies=tuple(speaking))

    def _mtls(self, found: Sequence[PeerAuthentication], pod: Pod) -> Mtls:
        inherits = istiod_versions.inherits_port_exceptions(self.version)
        return mtls(found, namespace=pod.namespace, labels=pod.labels, root=self.mesh.root, inherits=inherits)

    def _mtls_of_sidecar(self, found: Sequence[PeerAuthentication], pod: Pod) -> Mtls:
        return mtls_of_sidecar(found, namespace=pod.namespace, labels=pod.labels, root=self.mesh.root)

    @property
    def unread(self) -> Unread | None:
        """Why some PeerAuthentications are not known."""
        refusal = self.snapshot.peer_authentications.refusal
        return None if self.snapshot.takes_for_absent(refusal) else refusal

    @property
    def _taken_for_absent(self) -> list[str]:
        """The kinds that the files hold none of, and that some answer asked for."""
        snapshot = self.snapshot
        targets = {ref.kind for policy in in_order(snapshot.authorization_policies) for ref in policy.targets}
        parts: dict[str, Found[Any]] = {
            "PeerAuthentication": snapshot.peer_authentications,
            "Service": snapshot.services,
            "ServiceEntry": snapshot.service_entries,
            "Gateway": snapshot.gateways,
            "GatewayClass": snapshot.gateway_classes,
        }
        asked = {"PeerAuthentication"} | targets
        return [kind for kind, part in parts.items() if kind in asked and snapshot.takes_for_absent(part.refusal)]

    def policies(self) -> list[Policy]:
        """All of them, AuthorizationPolicies first, by namespace and name."""
        return [*in_order(self.snapshot.authorization_policies), *in_order(self.snapshot.peer_authentications)]

    def of(self, policy: Policy) -> PolicyVerdict:
        """The verdict on one policy."""
        if isinstance(policy, PeerAuthentication):
            return self._of_peer_authentication(policy)
        return self._attached(policy) if policy.targets else self._unattached(policy)

    def _of_peer_authentication(self, policy: PeerAuthentication) -> PolicyVerdict:
        deciding = decided_by(self.pods, policy)
        found = places.of_peer_authentication(policy, self.pods, deciding, self.mesh.root)
        return PolicyVerdict(
            kind="PeerAuthentication",
            policy=policy,
            enforced_at=found.at,
            ztunnel=None,
            waypoint=None,
            pods=self._count(found.pods),
            message=self._told(found.message),
            on=found.pods,
            findings=tuple(findings.of_peer_authentication(policy, deciding, found, self.snapshot, self.mesh.root)),
        )

    def _attached(self, policy: AuthorizationPolicy) -> PolicyVerdict:
        targets = targets_of(policy, self.waypoints, self.mesh.root)
        taken = by_waypoint(targets)
        at: tuple[Enforcer, ...] = ("waypoint",) if taken.accepted else ()
        return PolicyVerdict(
            kind="AuthorizationPolicy",
            policy=policy,
            enforced_at=at,
            ztunnel=None,
            waypoint=taken,
            pods=0,
            message=places.attached(taken),
            targets=tuple(targets),
            findings=tuple(findings.of_attached(policy, taken, targets, self.version)),
        )

    def _unattached(self, policy: AuthorizationPolicy) -> PolicyVerdict:
        as_sent = self.sent.get(policy.ref)
        taken = by_ztunnel(policy, as_sent)
        found = places.of_authorization_policy(policy, as_sent, self.pods, self.mesh.root)
        return PolicyVerdict(
            kind="AuthorizationPolicy",
            policy=policy,
            enforced_at=found.at,
            ztunnel=taken,
            waypoint=None,
            pods=self._count(found.pods),
            message=self._told(found.message),
            on=found.pods,
            as_sent=as_sent,
            findings=tuple(
                findings.of_unattached(policy, as_sent, taken, found, self.snapshot, self.waypoints.control_plane)
            ),
        )

    def _count(self, pods: Sequence[PodPolicies]) -> int | None:
        return None if self._unread_pods else len(pods)

    def _told(self, message: str) -> str:
        return f"cannot be told: {self._unread_pods}" if self._unread_pods else message

    @property
    def _unread_pods(self) -> Unread | None:
        return self.snapshot.pods.refusal

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted because it could not be read."""
        told = [*self.enrolment.installation.assumptions, *self.waypoints.assumptions]
        if self.mesh.unread:
            told.append(f"the root namespace is taken to be {self.mesh.root}: {self.mesh.unread}")
        for kind in self._taken_for_absent:
            told.append(f"the files hold the whole cluster ({self.snapshot.whole}), and no {kind}: there is none")
        return list(dict.fromkeys(told))
