"""The rules of enrolment, in the order in which they decide.

Each rule asks one thing of a case and says what it found, with its evidence.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, OS_LABEL, Namespace, Node, Pod, Unread
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.enrolment.enablement import BY_NAMESPACE_LABEL, BY_POD_LABEL, Entry, Invalid, asks
from kubectl_ambient.mesh.evidence import Evidence, Outcome, Step, annotation, label, unread_labels
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.settings import Rules
from kubectl_ambient.mesh.selectors import as_text

OTHER_DATA_PLANES = {"kmesh": "Kmesh"}


class Case(Struct, frozen=True, gc=False):
    """One pod before one set of rules. `node` is None where the pod has none, or where it could not be read."""

    pod: Pod
    namespace: Namespace | Unread
    node: Node | None
    rules: Rules


class Rule(Struct, frozen=True):
    """A rule: its name, the good state that it asks for, and how it asks."""

    name: str
    title: str
    ask: Callable[[Case], Step]


def _step(rule: str, outcome: Outcome, message: str, *evidence: Evidence, reason: Reason | None = None) -> Step:
    return Step(rule=rule, outcome=outcome, message=message, evidence=evidence, reason=reason)


def _of_none(rule: str) -> Step:
    """What a rule about istio-cni says where there is none."""
    return _step(rule, "skipped", "there is no istio-cni that could tell")


def _finished(case: Case) -> Step:
    """Finished pods are taken out of the mesh and never put into it: 1.22.2+ [cni/pkg/nodeagent/informers.go]."""
    pod = case.pod
    if not pod.finished:
        return _step(
            "Finished", "pass", "the pod is not finished", Evidence(pod.ref, "status.phase", pod.phase or None)
        )
    return _step(
        "Finished",
        "out",
        f"the pod is finished ({pod.phase})",
        Evidence(pod.ref, "status.phase", pod.phase),
        reason=Reason.POD_FINISHED,
    )


def _version(case: Case) -> Step:
    """The rules are known from 1.22 on; a later minor than the newest known is judged as the newest, and it is said."""
    rules = case.rules
    if not rules.installed:
        return _of_none("Version")
    if rules.version.minor_version >= versions.OLDEST.minor_version:
        message = f"istio-cni is {rules.name}" if rules.version_told.value else "the version of istio-cni is not known"
        return _step("Version", "pass", message, rules.version_told.evidence)
    message = f"istio-cni {rules.name} is older than 1.22, the oldest whose rules are known"
    return _step("Version", "unknown", message, rules.version_told.evidence, reason=Reason.EVIDENCE_MISSING)


def _asked(case: Case) -> Step:
    """The labels, or the enablement selectors, ask for ambient [podutil.go to 1.26, enablement_selector.go]."""
    rules, pod, namespace = case.rules, case.pod, case.namespace
    mode = pod.labels.get(DATAPLANE_MODE)
    on_pod = label(pod.ref, DATAPLANE_MODE, mode)
    if isinstance(rules.entries, Invalid):
        return _step(
            "Asked", "skipped", "cannot be asked: the selectors are refused", on_pod, reason=Reason.SELECTOR_INVALID
        )
    known = isinstance(namespace, Namespace)
    namespace_labels = namespace.labels if isinstance(namespace, Namespace) else None
    found = asks(rules.entries, pod.labels, namespace_labels)
    if found is None:
        missing = unread_labels(f"Namespace/{pod.namespace}", namespace)
        message = f"the namespace's labels decide, and they could not be read: {namespace}"
        return _step("Asked", "unknown", message, on_pod, missing, reason=Reason.EVIDENCE_MISSING)
    namespace_mode = namespace_labels.get(DATAPLANE_MODE) if namespace_labels is not None else None
    on_namespace = label(f"Namespace/{pod.namespace}", DATAPLANE_MODE, namespace_mode)
    evidence = (on_pod, on_namespace) if known else (on_pod,)
    if isinstance(found, Entry):
        return _asked_by(case, found, on_pod, on_namespace)
    if mode == "none" and _would_be_asked_without_label(case, rules.entries):
        return _step(
            "Asked",
            "out",
            f"the pod opts out by its own label {DATAPLANE_MODE}=none",
            *evidence,
            reason=Reason.POD_OPTED_OUT,
        )
    if rules.custom:
        message = "none of this cluster's own enablement selectors selects it"
        return _step("Asked", "out", message, rules.entries_told.evidence, *evidence, reason=Reason.NOT_SELECTED)
    for value, where in ((mode, "pod"), (namespace_mode, "namespace")):
        other = OTHER_DATA_PLANES.get((value or "").lower())
        if other:
            message = f"the {where} asks for another data plane: {DATAPLANE_MODE}={value} is {other}'s"
            return _step("Asked", "out", message, *evidence, reason=Reason.OTHER_DATA_PLANE)
    message = f"neither the pod nor its namespace has the label {DATAPLANE_MODE}=ambient"
    return _step("Asked", "out", message, *evidence, reason=Reason.NOT_LABELED)


def _asked_by(case: Case, entry: Entry, on_pod: Evidence, on_namespace: Evidence) -> Step:
    if entry == BY_POD_LABEL:
        return _step(
            "Asked", "in", f"the pod's label {DATAPLANE_MODE}=ambient asks for it", on_pod, reason=Reason.POD_LABEL
        )
    if entry == BY_NAMESPACE_LABEL:
        message = f"the namespace's label {DATAPLANE_MODE}=ambient asks for it"
        return _step("Asked", "in", message, on_namespace, on_pod, reason=Reason.NAMESPACE_LABEL)
    message = (
        f"an enablement selector of this cluster asks for it: pods {as_text(entry.pod)}, "
        f"namespaces {as_text(entry.namespace)}"
    )
    return _step("Asked", "in", message, case.rules.entries_told.evidence, on_pod, reason=Reason.SELECTOR_MATCHED)


def _would_be_asked_without_label(case: Case, entries: tuple[Entry, ...]) -> bool:
    """Whether `none` is what keeps the pod out: always by the default rules, by custom ones only if they say so."""
    if not case.rules.custom:
        return True
    rest = {key: value for key, value in case.pod.labels.items() if key != DATAPLANE_MODE}
    namespace_labels = case.namespace.labels if isinstance(case.namespace, Namespace) else None
    return isinstance(asks(entries, rest, namespace_labels), Entry)


def _installed(case: Case) -> Step:
    """There is an istio-cni to act on the labels (its DaemonSet, or a pod of it)."""
    told = case.rules.installed_told
    if not case.rules.installed:
        message = "there is no istio-cni in this cluster, so no label has any effect"
        return _step("Installed", "out", message, told.evidence, reason=Reason.AMBIENT_NOT_INSTALLED)
    message = "istio-cni is installed" if told.value == "yes" else "istio-cni is taken to be installed"
    return _step("Installed", "pass", message, told.evidence)


def _enabled(case: Case) -> Step:
    """istio-cni runs with ambient on (`AMBIENT_ENABLED`); without it, it serves sidecars only."""
    told = case.rules.enabled_told
    if not case.rules.installed:
        return _of_none("Enabled")
    if not case.rules.enabled:
        message = "istio-cni runs with ambient switched off, so no label has any effect"
        return _step("Enabled", "out", message, told.evidence, reason=Reason.AMBIENT_DISABLED)
    return _step("Enabled", "pass", "istio-cni has ambient on", told.evidence)


def _selectors(case: Case) -> Step:
    """Istio accepts the enablement selectors: 1.27+ (before, the key is not read)."""
    rules = case.rules
    if not rules.installed:
        return _of_none("Selectors")
    if isinstance(rules.entries, Invalid):
        message = (
            f"Istio refuses the enablement selectors ({rules.entries.why}): "
            "a new agent does not start, a running one keeps those it had"
        )
        return _step("Selectors", "unknown", message, rules.entries_told.evidence, reason=Reason.SELECTOR_INVALID)
    if not versions.has_selectors(rules.version):
        return _step("Selectors", "pass", f"Istio {rules.name} goes by the labels alone", rules.version_told.evidence)
    message = (
        "the enablement selectors are this cluster's own"
        if rules.custom
        else "the enablement selectors are the default"
    )
    return _step("Selectors", "pass", message, rules.entries_told.evidence)


def _node(case: Case) -> Step:
    """An agent can run on the node: both DaemonSets ask for kubernetes.io/os=linux; none runs on virtual nodes."""
    pod, node = case.pod, case.node
    if pod.windows:
        message = "the pod is for Windows nodes, on which no agent runs"
        return _step(
            "Node", "out", message, Evidence(pod.ref, pod.windows_field, "windows"), reason=Reason.NODE_UNSUPPORTED
        )
    if not pod.node:
        return _step("Node", "pass", "the pod has no node yet", Evidence(pod.ref, "spec.nodeName", None))
    if node is None:
        message, told = f"node {pod.node} is taken for a Linux node", Evidence(pod.ref, "spec.nodeName", pod.node)
        field = f"metadata.labels[{OS_LABEL}]"
        not_seen = Evidence(f"Node/{pod.node}", field, "(not read; assumed: linux)", seen=False)
        return Step(rule="Node", outcome="pass", message=message, evidence=(not_seen, told), taken=True)
    ref = f"Node/{node.name}"
    system = node.labels.get(OS_LABEL)
    if system not in (None, "linux"):
        message = f"node {node.name} runs {system}, on which no agent runs"
        return _step("Node", "out", message, label(ref, OS_LABEL, system), reason=Reason.NODE_UNSUPPORTED)
    if node.virtual:
        message = f"node {node.name} is a virtual one, on which no DaemonSet runs"
        return _step("Node", "out", message, label(ref, *node.virtual), reason=Reason.NODE_UNSUPPORTED)
    return _step("Node", "pass", f"node {node.name} can run the agents", label(ref, OS_LABEL, system))


def _host_network(case: Case) -> Step:
    """Pods on the host's network are never redirected, for reasons that differ (`versions.checks_host_network`)."""
    pod, version = case.pod, case.rules.version
    evidence = Evidence(pod.ref, "spec.hostNetwork", "true" if pod.host_network else None)
    if not pod.host_network:
        return _step("HostNetwork", "pass", "the pod has a network of its own", evidence)
    if not case.rules.installed:
        message = "the pod uses its node's network, which nothing redirects"
    elif versions.checks_host_network(version):
        message = f"the pod uses its node's network, which Istio {version} leaves alone"
    elif versions.refuses_host_netns(version):
        message = (
            f"the pod uses its node's network: Istio {version} holds it eligible, tries, and refuses to write into "
            "the node's network (it logs “Failed capturing pod, will not retry”)"
        )
    else:
        message = f"the pod uses its node's network, which Istio {version} does not guard"
    return _step("HostNetwork", "out", message, evidence, reason=Reason.HOST_NETWORK)


def _sidecar(case: Case) -> Step:
    """No sidecar: the annotation `sidecar.istio.io/status` alone decides, whatever its value; no container counts."""
    pod = case.pod
    status = pod.annotations.sidecar_status
    evidence = annotation(pod.ref, "sidecar.istio.io/status", status)
    if status is None:
        return _step("Sidecar", "pass", "the pod has no sidecar", evidence)
    return _step(
        "Sidecar", "out", f"the pod has {sidecar_kind(pod)}, and that wins", evidence, reason=Reason.SIDECAR_PRESENT
    )


def is_injected_gateway(pod: Pod) -> bool:
    """Whether injection makes the pod a gateway, as its chart asks, or a waypoint [pkg/kube/inject/webhook.go]."""
    templates = pod.annotations.inject_templates
    return templates is not None and not {"gateway", "waypoint"}.isdisjoint(map(str.strip, templates.split(",")))


def sidecar_kind(pod: Pod) -> str:
    """What was injected: `a sidecar`, `a native sidecar`, `a proxyless gRPC agent`, or `the proxy of a gateway`."""
    if is_injected_gateway(pod):
        return "the proxy of a gateway"
    if "grpc" in (pod.annotations.inject_templates or ""):
        return "a proxyless gRPC agent"
    return "a native sidecar" if pod.native_sidecar else "a sidecar"


def _excluded(case: Case) -> Step:
    """The namespace is not on the exclude list: the node agent honours that from 1.30.0 on [note 59295]."""
    pod, rules = case.pod, case.rules
    evidence = rules.excluded_told.evidence
    if not rules.installed:
        return _of_none("NotExcluded")
    if pod.namespace not in rules.excluded:
        return _step("NotExcluded", "pass", f"namespace {pod.namespace} is not excluded", evidence)
    if versions.honours_exclusion(rules.version):
        message = f"istio-cni excludes namespace {pod.namespace}"
        return _step("NotExcluded", "out", message, evidence, reason=Reason.NAMESPACE_EXCLUDED)
    message = (
        f"namespace {pod.namespace} is on the exclude list, which Istio {rules.name} honours only while a pod "
        "starts: its agent puts the pod in a moment later"
    )
    return _step("NotExcluded", "pass", message, evidence)


ASKED = Rule("Asked", "labels ask for ambient", _asked)
RULES: tuple[Rule, ...] = (
    Rule("Finished", "pod is not finished", _finished),
    Rule("Version", "rules of this version are known", _version),
    ASKED,
    Rule("Installed", "istio-cni is installed", _installed),
    Rule("Enabled", "istio-cni has ambient on", _enabled),
    Rule("Selectors", "selectors are valid", _selectors),
    Rule("Node", "node can run the agents", _node),
    Rule("HostNetwork", "pod is not on the host network", _host_network),
    Rule("Sidecar", "pod has no sidecar", _sidecar),
    Rule("NotExcluded", "namespace is not excluded", _excluded),
)
