"""What the destination does with a connection that comes there: its ztunnel, its sidecar, or itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path import envoy
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.way import Applied, Decider, Peer, Saying
from kubectl_ambient.mesh.policy.connections import Connection, Identity
from kubectl_ambient.mesh.policy.judge import PolicyJudge
from kubectl_ambient.mesh.policy.mtls import Mtls
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.mesh.policy.sent import Sent, is_dry_run
from kubectl_ambient.mesh.policy.verdict import key, matches, verdict

Enforces = Literal["ztunnel", "sidecar"]
_NO_PORT = 0  # no rule names it


class Arrival(Struct, frozen=True, kw_only=True):
    """What is said at the destination."""

    words: tuple[Saying, ...]
    peer: Peer | None = None
    applied: tuple[Applied, ...] = ()


class Arrivals:
    """Asks the policies of one snapshot."""

    def __init__(self, snapshot: Snapshot, judge: PolicyJudge) -> None:
        self._snapshot = snapshot
        self._judge = judge
        self._of_envoys: dict[str, list[AuthorizationPolicy]] = {}

    def at(self, to: Party, port: int | None, identity: Identity | None, source: Party) -> Arrival:
        """At a pod, to this port of it. identity: None where it comes in plain text."""
        connection = Connection(
            identity=identity,
            port=_NO_PORT if port is None else port,
            source_ip=source.ip,
            destination_ip=to.ip,
        )
        match to.role:
            case "ambient":
                return self._at_ztunnel(to, connection)
            case "sidecar" | "proxyless":
                return self._at_sidecar(to, connection)
            case "gateway" | "east-west":
                said, applied = envoy.word(self._for_envoy(to, with_targets=True), connection, "gateway")
                return Arrival(words=(*self._unread(), said), applied=applied)
        return Arrival(words=(Saying(outcome="allowed", message=f"nothing of the mesh stands before {to.ref}"),))

    def _at_ztunnel(self, to: Party, connection: Connection) -> Arrival:
        assert to.pod is not None
        if connection.identity is None and to.bypasses:
            message = f"the annotation bypass-inbound-capture lets plain text to {to.ref} past its ztunnel"
            return Arrival(words=(Saying(outcome="allowed", message=message, by=(Decider(to.ref, "pod"),)),))
        found = self._judge.of_pod(to.pod)
        mtls = found.mtls or Mtls(())
        peer = self._peer(found, connection, "ztunnel")
        applied = tuple(self._applied(policy, connection) for policy in found.policies)
        if peer.mode == "STRICT" and connection.identity is None:
            strict = self._refused(peer, "ztunnel")
            denying = [policy for policy in found.policies if policy.denies and matches(policy, connection)]
            also = tuple(Decider(policy.policy.ref, "ztunnel") for policy in denying)
            word = Saying(outcome="denied", message=strict.message, by=(*strict.by, *also))
            return Arrival(words=(word,), peer=peer, applied=applied)
        return Arrival(words=self._words(to, found, connection, mtls, peer), peer=peer, applied=applied)

    def _words(
        self, to: Party, found: PodPolicies, connection: Connection, mtls: Mtls, peer: Peer
    ) -> tuple[Saying, ...]:
        said = verdict(connection, mtls, found.policies)
        by_key = {key(policy): policy for policy in found.policies}
        deciding = [by_key[name] for name in said.by if name in by_key]
        by = tuple(Decider(policy.policy.ref, "ztunnel") for policy in deciding)
        names = ", ".join(decider.object for decider in by)
        if said.allowed is False:
            allows = ", ".join(policy.policy.ref for policy in found.policies if not policy.denies)
            message = f"{names} denies it" if names else f"no ALLOW policy matches it, and there is {allows}"
            return (*self._unread(), Saying(outcome="denied", message=message, by=by))
        if said.allowed is None:
            if mtls.unsure_of(connection):
                return (self._unsure(to, peer, "ztunnel"), *self._unread())
            message = f"{names} decides by the address of the caller, which is not known"
            return (*self._unread(), Saying(outcome="depends", message=message, by=by))
        message = f"{names} allows it" if names else f"no policy at {to.ref} denies it"
        return (*self._unread(), Saying(outcome="allowed", message=message, by=by))

    def _at_sidecar(self, to: Party, connection: Connection) -> Arrival:
        assert to.pod is not None
        found = self._judge.of_pod(to.pod)
        peer = self._peer(found, connection, "sidecar")
        said, applied = envoy.word(self._for_envoy(to), connection, "sidecar")
        if connection.identity is None and peer.mode == "STRICT":
            return Arrival(words=(self._refused(peer, "sidecar"),), peer=peer, applied=applied)
        words = [*self._unread(), said]
        if connection.identity is None and peer.mode is None:
            words.insert(0, self._unsure(to, peer, "sidecar"))
        return Arrival(words=tuple(words), peer=peer, applied=applied)

    def _peer(self, found: PodPolicies, connection: Connection, at: Enforces) -> Peer:
        mode = found.mtls.mode(connection.port) if found.mtls else "PERMISSIVE"
        by = tuple(pa.ref for pa in found.decided_by)
        who = ", ".join(by) or "no PeerAuthentication is about it, which"
        port = f"port {connection.port}" if connection.port else "ports that no policy names"
        if mode is None:
            return Peer(at, None, by, f"{who}: whether plain text to {port} is refused cannot be told")
        does = "refuses plain text" if mode == "STRICT" else "lets plain text in"
        why = "it comes by mTLS" if connection.identity else "it comes in plain text"
        return Peer(at, mode, by, f"{who} {does} to {port}; {why}")

    def _refused(self, peer: Peer, at: Enforces) -> Saying:
        by = tuple(Decider(ref, at) for ref in peer.decided_by)
        who = ", ".join(peer.decided_by)
        message = f"{who} is STRICT, and the caller has no identity: it comes in plain text"
        return Saying(outcome="denied", message=message, by=by)

    def _unsure(self, to: Party, peer: Peer, at: Enforces) -> Saying:
        unread = self._judge.unread
        if unread is not None:
            message = f"{unread}, and one of them may refuse plain text to {to.ref}"
            return Saying(outcome="unknown", message=message)
        by = tuple(Decider(ref, at) for ref in peer.decided_by)
        names = ", ".join(peer.decided_by)
        message = f"{names} are of one age, and chance decides which counts for {to.ref}"
        return Saying(outcome="depends", message=message, by=by)

    def _applied(self, policy: Sent, connection: Connection) -> Applied:
        answer = matches(policy, connection)
        told = "matches" if answer else "does not match" if answer is False else "depends on the caller's address"
        if policy.l7:
            told += f"; ztunnel cannot check {', '.join(policy.l7)}"
        return Applied(policy.policy.ref, policy.policy.action, "ztunnel", answer, f"{told}; enforced at the ztunnel")

    @property
    def unread_policies(self) -> Unread | None:
        """Why some AuthorizationPolicies are not known."""
        refusal = self._snapshot.authorization_policies.refusal
        return None if self._snapshot.takes_for_absent(refusal) else refusal

    def _unread(self) -> tuple[Saying, ...]:
        unread = self.unread_policies
        return (Saying(outcome="unknown", message=f"{unread}, and one of them may deny it"),) if unread else ()

    def _for_envoy(self, to: Party, *, with_targets: bool = False) -> Sequence[AuthorizationPolicy]:
        """The policies of a sidecar or a gateway: those that select it; of a gateway also those attached to it."""
        if to.ref in self._of_envoys:
            return self._of_envoys[to.ref]
        assert to.pod is not None
        pod, root = to.pod, self._judge.mesh.root
        gateway = pod.labels.get("gateway.networking.k8s.io/gateway-name")
        found: list[AuthorizationPolicy] = []
        for _key, policy in sorted(self._snapshot.authorization_policies.facts.items()):
            if is_dry_run(policy) or policy.namespace not in (root, pod.namespace):
                continue
            if policy.targets:
                names = {t.name for t in policy.targets if t.kind == "Gateway"}
                chosen = with_targets and policy.namespace == pod.namespace and gateway in names
            else:
                chosen = policy.selector is None or policy.selector.items() <= pod.labels.items()
            if chosen:
                found.append(policy)
        return self._of_envoys.setdefault(to.ref, found)
