"""Objects as their labels and annotations: what `labels` looks at, and nothing else of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import field

from kubectl_ambient.cluster.facts import Fact, Owner
from kubectl_ambient.cluster.label_keys import concerns_istio

# What is listed of a cluster, and which of these have a pod template, for which they are read whole.
LISTED = (
    "Namespace",
    "Pod",
    "Service",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "Job",
    "Gateway",
    "GatewayClass",
    "ServiceEntry",
    "WorkloadEntry",
    "AuthorizationPolicy",
)

TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob")

KINDS = (*LISTED, "ReplicaSet", "ReplicationController")  # the last two by name, and in files


class Refused(Fact, frozen=True):
    """A label or an annotation in a file that an API server would refuse, and why; its value as text."""

    field: str
    key: str
    value: str
    why: str


class Labelled(Fact, frozen=True):
    """One object with those of its labels and annotations that concern Istio, or look as if they were meant to.

    `template_…` are those of its pod template, `spec_labels` the `spec.labels` of a WorkloadEntry. `owner` is its
    controller (of a pod the Deployment behind a ReplicaSet). `istios`: Istio itself made or installed it. `refused` is
    of files only, and so is `place`: where it stands, if another one of its name says something else. `class_name` and
    `infrastructure` (`spec.infrastructure.labels`; None: absent) are a Gateway's, `controller` a GatewayClass's.
    """

    kind: str
    namespace: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    template_labels: dict[str, str] = field(default_factory=dict)
    template_annotations: dict[str, str] = field(default_factory=dict)
    spec_labels: dict[str, str] = field(default_factory=dict)
    owner: Owner | None = None
    istios: bool = False
    refused: tuple[Refused, ...] = ()
    class_name: str = ""
    infrastructure: dict[str, str] | None = None
    controller: str = ""
    place: str = ""

    @property
    def ref(self) -> str:
        """`Deployment/shop/web`, `Namespace/shop`."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def effective_labels(self) -> dict[str, str]:
        """Its labels as istiod takes them: metadata wins [serviceentry/conversion.go ConvertClientWorkloadEntry]."""
        return {**self.spec_labels, **self.labels}


def concerning(texts: Mapping[str, str]) -> dict[str, str]:
    """Those keys that concern Istio, with their values."""
    return {key: value for key, value in texts.items() if concerns_istio(key)}


_GATEWAY_CHART = re.compile(r"gateway-v?\d")


def is_istios(labels: Mapping[str, str]) -> bool:
    """Whether these are the labels of an object that Istio's controllers made or its charts install.

    Such objects carry labels for bookkeeping, as `istio.io/rev` on a Deployment, and the chart of the gateway puts
    `istio.io/dataplane-mode: none` on all that it makes [manifests/charts: gateway/values.yaml, istio-cni, ztunnel,
    istio-control; pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go].
    """
    return (
        "gateway.istio.io/managed" in labels
        or "operator.istio.io/component" in labels
        or labels.get("app.kubernetes.io/part-of") == "istio"
        or labels.get("app") in ("istiod", "ztunnel")
        or labels.get("k8s-app") == "istio-cni-node"
        or _GATEWAY_CHART.match(labels.get("helm.sh/chart", "")) is not None
        or "istio.io/tag" in labels
    )


def pod_owner(owner: Owner | None, labels: Mapping[str, str]) -> Owner | None:
    """The controller of a pod with these labels, its ReplicaSet taken for a Deployment's by the name that it has."""
    suffix = f"-{labels.get('pod-template-hash', '')}"
    if owner is None or owner.kind != "ReplicaSet" or suffix == "-" or not owner.name.endswith(suffix):
        return owner
    return Owner(kind="Deployment", name=owner.name.removesuffix(suffix))
