"""What Istio's policies mean for pods that come into ambient mode, or are in it."""

from __future__ import annotations

from functools import cached_property

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.policy_facts import PeerAuthentication
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.control_plane import control_plane
from kubectl_ambient.mesh.installation.mesh_config import Mesh
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.policy.mtls import Mtls, mtls, mtls_of_sidecar
from kubectl_ambient.mesh.policy.sent import Sent, sent, speaks_on

_ANY = 0  # no port: what holds for all that are not named


class Policies:
    """The policies of a snapshot, asked for pods as if they were in ambient mode."""

    def __init__(self, snapshot: Snapshot, mesh: Mesh) -> None:
        self._snapshot = snapshot
        self._root = mesh.root
        self._mtls: dict[str, Mtls] = {}

    @cached_property
    def _version(self) -> Version:
        return control_plane(self._snapshot).newest.version

    @cached_property
    def _peer_authentications(self) -> list[PeerAuthentication]:
        facts = self._snapshot.peer_authentications.facts
        return [facts[key] for key in sorted(facts)]

    @cached_property
    def sent(self) -> list[Sent]:
        """The AuthorizationPolicies as ztunnel has them; not those that it does not get."""
        facts = self._snapshot.authorization_policies.facts
        heeds = istiod_versions.heeds_dry_run(self._version)
        found = (sent(facts[key], self._root, heeds_dry_run=heeds) for key in sorted(facts))
        return [policy for policy in found if policy is not None]

    def speaking_on(self, pod: Pod) -> list[Sent]:
        """Those that its ztunnel enforces on it."""
        return [policy for policy in self.sent if speaks_on(policy, pod.namespace, pod.labels, self._root)]

    def mtls(self, pod: Pod) -> Mtls:
        """Where it refuses plain text in ambient mode."""
        if pod.ref not in self._mtls:
            inherits = istiod_versions.inherits_port_exceptions(self._version)
            self._mtls[pod.ref] = mtls(
                self._peer_authentications,
                namespace=pod.namespace,
                labels=pod.labels,
                root=self._root,
                inherits=inherits,
            )
        return self._mtls[pod.ref]

    def mtls_of_sidecar(self, pod: Pod) -> Mtls:
        """Where it refuses plain text with a sidecar."""
        return mtls_of_sidecar(self._peer_authentications, namespace=pod.namespace, labels=pod.labels, root=self._root)

    def is_strict(self, pod: Pod) -> bool:
        """Whether some port of it refuses plain text in ambient mode."""
        found = self.mtls(pod)
        return any(found.refuses(port) for port in (_ANY, *found.ports))

    def decided_by(self, pod: Pod, *, sidecar: bool = False) -> list[PeerAuthentication]:
        """The PeerAuthentications that decide about its plain text, in ambient mode or with a sidecar."""
        answers = (self.mtls_of_sidecar(pod) if sidecar else self.mtls(pod)).answers
        return list({pa.ref: pa for answer in answers for pa in answer.decided_by if pa.name}.values())

    @property
    def unread(self) -> Unread | None:
        """Why some PeerAuthentications are not known."""
        refusal = self._snapshot.peer_authentications.refusal
        return None if self._snapshot.takes_for_absent(refusal) else refusal
