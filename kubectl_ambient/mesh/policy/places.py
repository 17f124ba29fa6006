"""Where a policy is enforced: which pods it speaks on, and what stands before each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from msgspec import Struct

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, PeerAuthentication
from kubectl_ambient.mesh.policy.acceptance import Accepted
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.mesh.policy.sent import Sent, is_dry_run, why_not_sent

Enforcer = Literal["ztunnel", "waypoint", "sidecar", "gateway"]
_ORDER: tuple[Enforcer, ...] = get_args(Enforcer)
_OF_MODE: dict[str, Enforcer] = {"ambient": "ztunnel", "sidecar": "sidecar", "gateway": "gateway"}


class Places(Struct, frozen=True, kw_only=True, gc=False):
    """Where it is enforced, on which pods, and the sentence about it.

    chosen: the pods that the policy means, enforced there or not.
    """

    at: tuple[Enforcer, ...]
    pods: tuple[PodPolicies, ...]
    chosen: tuple[PodPolicies, ...]
    message: str


def attached(taken: Accepted) -> str:
    """The sentence about a policy that is attached to something."""
    if taken.accepted is None:
        return f"cannot be told: {taken.message}"
    return f"enforced by waypoints: {taken.message}" if taken.accepted else f"enforced nowhere: {taken.message}"


def of_authorization_policy(
    policy: AuthorizationPolicy, as_sent: Sent | None, pods: Sequence[PodPolicies], root: str
) -> Places:
    """Where an AuthorizationPolicy is enforced that is attached to nothing.

    A waypoint passes it over; sidecars and gateways take an empty selector for all pods, ztunnel for none.
    """
    chosen = tuple(pod for pod in pods if _chooses(policy, pod, root))
    enforcing = tuple(pod for pod in chosen if _enforces(policy, as_sent, pod))
    at = _at(enforcing)
    if enforcing:
        return Places(at=at, pods=enforcing, chosen=chosen, message=f"enforced by {_by(enforcing)}")
    return Places(at=at, pods=(), chosen=chosen, message=f"enforced nowhere: {_why_not(policy, as_sent, chosen, root)}")


def of_peer_authentication(
    policy: PeerAuthentication, pods: Sequence[PodPolicies], deciding: Sequence[PodPolicies], root: str
) -> Places:
    """Where a PeerAuthentication counts: on the pods for which it has a word."""
    chosen = tuple(pod for pod in pods if pod.mode in ("ambient", "sidecar") and _chooses(policy, pod, root))
    if deciding:
        counting = tuple(deciding)
        return Places(at=_at(counting), pods=counting, chosen=chosen, message=f"enforced by {_by(counting)}")
    if policy.namespace == root and policy.selector:
        why = "with a selector in the root namespace it is passed over"
    elif not chosen:
        why = f"no pod of {_scope(policy, root)} is in the mesh"
    else:
        why = "another PeerAuthentication decides for every pod that it means"
    return Places(at=(), pods=(), chosen=chosen, message=f"enforced nowhere: {why}")


def _chooses(policy: AuthorizationPolicy | PeerAuthentication, pod: PodPolicies, root: str) -> bool:
    if policy.namespace not in (root, pod.pod.namespace):
        return False
    return policy.selector is None or policy.selector.items() <= pod.pod.labels.items()


def _enforces(policy: AuthorizationPolicy, as_sent: Sent | None, pod: PodPolicies) -> bool:
    if pod.mode == "ambient":
        return as_sent is not None and as_sent in pod.policies
    if pod.mode == "gateway" and pod.pod.labels.get("gateway.istio.io/managed") == "istio.io-mesh-controller":
        return False  # it is a waypoint
    return pod.mode in _OF_MODE and not is_dry_run(policy)


def _at(pods: Iterable[PodPolicies]) -> tuple[Enforcer, ...]:
    found = {_OF_MODE[pod.mode] for pod in pods}
    return tuple(place for place in _ORDER if place in found)


def _by(pods: Sequence[PodPolicies]) -> str:
    """`ztunnel (3 pods) and sidecar (1 pod)`."""
    counts = {place: sum(_OF_MODE[pod.mode] == place for pod in pods) for place in _at(pods)}
    return " and ".join(f"{place} ({n} pod{'s' if n != 1 else ''})" for place, n in counts.items())


def _why_not(policy: AuthorizationPolicy, as_sent: Sent | None, chosen: Sequence[PodPolicies], root: str) -> str:
    ambient = any(pod.mode == "ambient" for pod in chosen)
    if ambient and as_sent is None:
        return f"ztunnel does not support {why_not_sent(policy)}"
    if ambient and not policy.selector:
        return "its selector asks for nothing, which ztunnel takes for no pod at all"
    if not chosen:
        return f"there is no pod of {_scope(policy, root)}"
    if any(pod.mode in _OF_MODE for pod in chosen):
        return "only waypoints are meant, and these take no policy that is not attached to something"
    return f"no pod of {_scope(policy, root)} is in the mesh"


def _scope(policy: AuthorizationPolicy | PeerAuthentication, root: str) -> str:
    where = "any namespace" if policy.namespace == root else f"namespace {policy.namespace}"
    labels = ",".join(f"{key}={value}" for key, value in (policy.selector or {}).items())
    return f"{where} with {labels}" if labels else where
