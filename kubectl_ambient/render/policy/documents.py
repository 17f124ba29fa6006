"""The documents of the policy commands: contracts, held to by the schemas in docs/schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.mesh.policy.acceptance import Accepted
from kubectl_ambient.mesh.policy.judge import PolicyVerdict
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.mesh.policy.rule_words import fates
from kubectl_ambient.render.documents import API_VERSION, finding_document
from kubectl_ambient.shell.aim import Aim


def policy_status_list(
    verdicts: Iterable[PolicyVerdict], pods: Sequence[PodPolicies] | None, assumptions: Iterable[str], aim: Aim
) -> dict[str, Any]:
    """`kind: PolicyStatusList`: one item a policy; `pods` holds those in the mesh, None where not asked for."""
    return {
        "apiVersion": API_VERSION,
        "kind": "PolicyStatusList",
        "assumptions": list(assumptions),
        "items": [policy_document(verdict, aim) for verdict in verdicts],
        "pods": None if pods is None else [pod_document(pod) for pod in pods if pod.mtls is not None],
    }


def policy_document(verdict: PolicyVerdict, aim: Aim) -> dict[str, Any]:
    """One policy, and where it is enforced."""
    return {
        "kind": verdict.kind,
        "namespace": verdict.policy.namespace,
        "name": verdict.policy.name,
        "enforcedAt": list(verdict.enforced_at),
        "ztunnel": _accepted(verdict.ztunnel),
        "waypoint": _accepted(verdict.waypoint),
        "pods": verdict.pods,
        "message": verdict.message,
        "findings": [finding_document(finding, aim) for finding in verdict.findings],
    }


def policy_explanation(verdict: PolicyVerdict, assumptions: Iterable[str], aim: Aim) -> dict[str, Any]:
    """`kind: PolicyExplanation`: one policy, its targets and rules, and the pods that it speaks on."""
    policy = verdict.policy
    rules = fates(policy, verdict.as_sent) if isinstance(policy, AuthorizationPolicy) else ()
    return {
        "apiVersion": API_VERSION,
        "kind": "PolicyExplanation",
        "assumptions": list(assumptions),
        "policy": policy_document(verdict, aim),
        "targets": [
            {"object": t.ref, "accepted": t.accepted, "reason": t.reason or None, "message": t.message}
            for t in verdict.targets
        ],
        "rules": [
            {"number": rule.number, "words": rule.words, "atZtunnel": rule.fate, "unchecked": list(rule.l7)}
            for rule in rules
        ],
        "on": [{"namespace": p.pod.namespace, "name": p.pod.name, "mode": p.mode} for p in verdict.on],
        "conditions": [{"type": c.type, "status": c.status, "reason": c.reason} for c in policy.conditions],
    }


def policy_explanation_list(items: Iterable[dict[str, Any]], assumptions: Iterable[str]) -> dict[str, Any]:
    """`kind: PolicyExplanationList`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "PolicyExplanationList",
        "assumptions": list(assumptions),
        "items": list(items),
    }


def _accepted(found: Accepted | None) -> dict[str, Any] | None:
    return {"accepted": found.accepted, "reason": found.reason or None} if found else None


def pod_document(found: PodPolicies) -> dict[str, Any]:
    """One pod: where it refuses plain text, who decides that, and which policies speak on it."""
    return {
        "namespace": found.pod.namespace,
        "name": found.pod.name,
        "mtls": {
            "default": found.default,
            "ports": {str(port): mode for port, mode in found.ports.items()},
            "decidedBy": [pa.ref for pa in found.decided_by],
        },
        "policies": sorted(sent.policy.ref for sent in found.policies),
    }
