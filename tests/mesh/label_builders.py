"""Labelled objects and what is wrong with them, in one line each."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import AgentContainer, Owner, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet, Istiod
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.labels.judge import LabelJudge, Report
from tests.lines import line
from tests.snapshots import altered
from tests.snapshots import snapshot as snapshot_of

DEFAULT_SELECTORS = """
- podSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}
- podSelector: {matchExpressions: [{key: istio.io/dataplane-mode, operator: NotIn, values: [none]}]}
  namespaceSelector: {matchLabels: {istio.io/dataplane-mode: ambient}}
"""


def istio(version: str = "1.30.3", selectors: str = DEFAULT_SELECTORS, *, webhooks: bool = False) -> Snapshot:
    """Istio of one version; without webhooks nothing injects."""
    cni = DaemonSet(
        namespace="istio-system",
        name="istio-cni-node",
        container=AgentContainer(image=f"docker.io/istio/install-cni:{version}"),
    )
    config = {"AMBIENT_ENABLED": "true", "AMBIENT_ENABLEMENT_SELECTOR": selectors}
    istiod = Istiod(namespace="istio-system", name="istiod", container=AgentContainer(image=f"istio/pilot:{version}"))
    return snapshot_of(
        cni_daemonsets=[cni],
        cni_config=[ConfigMap(namespace="istio-system", name="istio-cni-config", data=config)],
        istiods=[istiod],
        webhooks=Unread(what="list mutatingwebhookconfigurations", why="forbidden") if webhooks else [],
    )


def on(kind: str, labels: dict[str, str] | None = None, **annotations: str) -> Labelled:
    """An object called `web` (a Namespace: shop) with these labels."""
    namespace = "" if kind in ("Namespace", "GatewayClass") else "shop"
    name = "shop" if kind == "Namespace" else "web"
    return Labelled(kind=kind, namespace=namespace, name=name, labels=labels or {}, annotations=annotations)


def template(
    labels: dict[str, str],
    own: dict[str, str] | None = None,
    kind: str = "Deployment",
    owner: Owner | None = None,
    **annotations: str,
) -> Labelled:
    """A Deployment (or another kind) with these labels on its pod template."""
    return Labelled(
        kind=kind,
        namespace="shop",
        name="web",
        labels=own or {},
        template_labels=labels,
        template_annotations=annotations,
        owner=owner,
    )


def entry(spec_labels: dict[str, str], labels: dict[str, str] | None = None) -> Labelled:
    """A WorkloadEntry with these `spec.labels`."""
    return Labelled(kind="WorkloadEntry", namespace="shop", name="web", spec_labels=spec_labels, labels=labels or {})


def pod_of(workload: str, labels: dict[str, str], kind: str = "Deployment") -> Labelled:
    """A pod of a Deployment, or of another kind of workload."""
    return Labelled(kind="Pod", namespace="shop", name="web-1", labels=labels, owner=Owner(kind=kind, name=workload))


def judged(*objects: Labelled, by: Snapshot | None = None) -> LabelJudge:
    """A judge over these objects, the Namespaces among them known."""
    namespaces = {o.name: o for o in objects if o.kind == "Namespace"}
    return LabelJudge(altered(by or istio(), labelled=objects, labelled_namespaces=namespaces))


def report(labelled: Labelled, *others: Labelled, by: Snapshot | None = None) -> Report:
    """The report on one object."""
    return judged(labelled, *others, by=by).judge(labelled)


def codes(labelled: Labelled, *others: Labelled, by: Snapshot | None = None) -> list[str]:
    """What is wrong with one object."""
    return [finding.code for finding in report(labelled, *others, by=by).findings]


def severities(labelled: Labelled) -> list[str]:
    """How grave it is."""
    return [finding.severity for finding in report(labelled).findings]


def fix(labelled: Labelled, by: Snapshot | None = None) -> str | None:
    """The command that mends its only mistake."""
    (finding,) = report(labelled, by=by).findings
    return line(finding.fix)
