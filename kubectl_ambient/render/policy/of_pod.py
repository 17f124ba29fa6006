"""What `explain --policies` tells of a pod: what it does with plain text, and who speaks on it."""

from __future__ import annotations

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.render.policy.status import plain_text
from kubectl_ambient.render.sentences import folded, wrapped


def pod_policies(found: PodPolicies, width: int) -> Shown:
    """The effective mTLS of its ports, as it is sent, and the AuthorizationPolicies that its ztunnel has."""
    if found.mtls is None:
        return wrapped("Policies: what comes to it passes no ztunnel and no sidecar, and so none of the mesh.", width)
    by = ", ".join(pa.ref for pa in found.decided_by) or "no PeerAuthentication is about it"
    lines = folded(f"Plain text to it is {plain_text(found)}: {by}.", max(width, 40))
    if found.mode == "sidecar":
        return stacked([*lines, "AuthorizationPolicies at its sidecar: `kubectl ambient path` tells them."])
    if not found.policies:
        return stacked([*lines, "No AuthorizationPolicy speaks on it at its ztunnel."])
    told = sorted(f"  {sent.policy.ref} ({sent.policy.action})" for sent in found.policies)
    return stacked([*lines, "At its ztunnel speak:", *told])
