"""The documents that `-o json` and `-o yaml` print: contracts, held to by the schemas in docs/schema."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Unread
from kubectl_ambient.foreign import Shown, is_unseen
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, Outcome, Step
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.subjects import Subject
from kubectl_ambient.mesh.summary import at_home, count
from kubectl_ambient.mesh.verdict import Judgement, Verdict
from kubectl_ambient.shell.aim import Aim

if TYPE_CHECKING:
    from kubectl_ambient.mesh.policy.pods import PodPolicies
    from kubectl_ambient.mesh.ztunnel.case import Proof
    from kubectl_ambient.mesh.ztunnel.nodes import NodeProof

API_VERSION = "kubectl-ambient/v1alpha1"
_WAYPOINT_OUTCOMES: dict[Outcome, Outcome] = {"in": "pass", "out": "skipped"}


def status_list(
    verdicts: Sequence[Verdict],
    installed: Installation,
    findings: Iterable[Finding],
    assumptions: Sequence[str],
    aim: Aim,
    namespaces: Mapping[str, Namespace | Unread],
    nodes: Sequence[NodeProof] | None = None,
) -> dict[str, Any]:
    """`kind: StatusList`: the installation, what is true of all pods, what was assumed, the sums, one item a pod.

    namespaces: those whose sums are told, with pods or without; so are those of the pods. nodes: what their ztunnels
    say; None where they were not asked.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "StatusList",
        "istio": istio(installed),
        "findings": [finding_document(f, aim) for f in findings],
        "assumptions": list(assumptions),
        "summary": count(verdicts),
        "namespaces": [
            {"name": name, "label": _mode(namespaces.get(name)), "summary": count(found)}
            for name, found in sorted(at_home(verdicts, namespaces).items())
        ],
        "nodes": None if nodes is None else [node_document(node, aim) for node in nodes],
        "items": [item(v, aim) for v in verdicts],
    }


def _mode(namespace: Namespace | Unread | None) -> str | None:
    """The value of its label, empty where it has none; None where that could not be read."""
    return namespace.labels.get(DATAPLANE_MODE, "") if isinstance(namespace, Namespace) else None


def explanation(
    judgement: Judgement,
    fixes: Iterable[Fix],
    assumptions: Sequence[str],
    aim: Aim,
    policies: PodPolicies | None = None,
) -> dict[str, Any]:
    """`kind: Explanation` of one pod: the rules of enrolment, then those about its waypoint, named `Waypoint…`."""
    waypoint = judgement.waypoint.steps if judgement.waypoint else ()
    return {
        "apiVersion": API_VERSION,
        "kind": "Explanation",
        "assumptions": list(assumptions),
        "pod": item(judgement.verdict, aim),
        "steps": [
            *(step_document(s) for s in judgement.decision.steps),
            *(step_document(_beside_enrolment(s)) for s in waypoint),
        ],
        "fixes": fix_documents(fixes, aim),
        "policies": _policies(policies) if policies and policies.mtls else None,
    }


def _policies(found: PodPolicies) -> dict[str, Any]:
    from kubectl_ambient.render.policy.documents import pod_document

    return pod_document(found)


def _beside_enrolment(step: Step) -> Step:
    """A step about the waypoint: among those of enrolment, `in` and `out` speak of ambient mode alone."""
    outcome = _WAYPOINT_OUTCOMES.get(step.outcome, step.outcome)
    return structs.replace(step, rule=f"Waypoint{step.rule}", outcome=outcome)


def explanation_list(
    items: Iterable[dict[str, Any]], assumptions: Sequence[str], subjects: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """`kind: ExplanationList`; `subjects` are the namespaces and workloads that were asked for, summed up."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ExplanationList",
        "assumptions": list(assumptions),
        "subjects": list(subjects),
        "items": list(items),
    }


def subject(of: Subject, aim: Aim) -> dict[str, Any]:
    """A namespace or a workload, summed up."""
    return {
        "ref": of.ref,
        "summary": of.summary,
        "nextPod": of.next_pod.becomes,
        "message": of.next_pod.why,
        "findings": [finding_document(f, aim) for f in of.findings],
        "evidence": [evidence_document(e) for e in of.evidence],
    }


def istio(installed: Installation) -> dict[str, Any] | None:
    """What is known of istio-cni, or None where there is none."""
    if not installed.installed:
        return None
    rules = installed.elsewhere.worlds[-1]
    names = installed.names
    return {
        "cniVersion": names[-1] if names else None,
        "cniVersions": names,
        "ambientEnabled": rules.enabled,
        "excludeNamespaces": list(rules.excluded),
        "source": rules.enabled_told.evidence.object.replace("/", " ", 1),
    }


def item(verdict: Verdict, aim: Aim) -> dict[str, Any]:
    """One pod."""
    return {
        "namespace": verdict.namespace,
        "name": verdict.name,
        "mode": verdict.mode,
        "expected": verdict.expected,
        "observed": verdict.observed,
        "state": verdict.state,
        "reason": verdict.reason.value,
        "message": verdict.message,
        "node": verdict.node,
        "owner": verdict.owner,
        "afterRestart": verdict.after_restart,
        "waypoint": verdict.waypoint,
        "unserved": verdict.unserved,
        "ztunnel": None if verdict.proof is None else proof_document(verdict.proof),
        "findings": [finding_document(f, aim) for f in verdict.findings],
    }


def proof_document(proof: Proof) -> dict[str, Any]:
    """What the ztunnel of a pod's node says of it."""
    return {
        "served": proof.served,
        "state": proof.state,
        "by": proof.by,
        "why": proof.why,
        "evidence": [evidence_document(e) for e in proof.evidence],
    }


def node_document(node: NodeProof, aim: Aim) -> dict[str, Any]:
    """What the ztunnel of a node says of itself."""
    return {
        "node": node.node,
        "ztunnel": node.ztunnel,
        "version": node.version,
        "by": node.by,
        "why": node.why,
        "findings": [finding_document(f, aim) for f in node.findings],
    }


def finding_document(finding: Finding, aim: Aim) -> dict[str, Any]:
    """One finding."""
    return {
        "code": finding.code.value,
        "severity": finding.severity,
        "message": finding.message,
        "evidence": [evidence_document(e) for e in finding.evidence],
        "fix": aim.text(finding.fix) if finding.fix else None,
    }


def fix_documents(fixes: Iterable[Fix], aim: Aim) -> list[dict[str, Any]]:
    """The commands to type."""
    told = ((aim.text(fix.command), fix) for fix in fixes)
    return [
        {"command": command, "effect": fix.effect, "alternative": fix.alternative}
        for command, fix in told
        if command is not None
    ]


def step_document(step: Step) -> dict[str, Any]:
    """What one rule said."""
    return {
        "rule": step.rule,
        "outcome": step.outcome,
        "message": step.message,
        "evidence": [evidence_document(e) for e in step.evidence],
        "docs": step.docs,
    }


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """One fact."""
    return {"object": evidence.object, "field": evidence.field, "value": evidence.value}


def as_text(document: dict[str, Any], output: str) -> Shown:
    """The document as `-o json`, or else as `-o yaml` prints it."""
    return as_json(document) if output == "json" else as_yaml(document)


def as_json(document: dict[str, Any]) -> Shown:
    """The document as kubectl indents it. What could not be seen stands there as JSON writes it (`\\u202e`)."""
    return Shown(_STRANGE.sub(_in_json, json.dumps(document, indent=4, ensure_ascii=False)))


def as_yaml(document: dict[str, Any]) -> Shown:
    """The document as YAML, keys in the order of the contract.

    A text with something in it that could not be seen stands in double quotes, with that as YAML writes it.
    """
    import yaml

    text: str = yaml.dump(document, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1000)
    return Shown(_STRANGE.sub(_in_yaml, text.rstrip("\n")))


_STRANGE = re.compile("[^ -~\n]")


def _in_json(found: re.Match[str]) -> str:
    if not is_unseen(found[0]):
        return found[0]
    return "\\u007f" if found[0] == "\x7f" else json.dumps(found[0])[1:-1]


def _in_yaml(found: re.Match[str]) -> str:
    number = ord(found[0])
    if not is_unseen(found[0]):
        return found[0]
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


@functools.cache
def _dumper() -> Any:
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        """Puts into double quotes what needs escapes."""

    def text(dumper: Any, value: str) -> Any:
        style = None
        if not value.isascii() and any(map(is_unseen, _STRANGE.findall(value))):
            style = '"'
            value = _LONE.sub("\ufffd", value)  # half a character, which YAML cannot hold
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    Dumper.add_representer(Shown, text)
    return Dumper


_LONE = re.compile("[\ud800-\udfff]")
