"""istiod's pods, where they were read: what runs is what their images say, whatever the Deployment is to become."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.pods import ISTIOD_LABEL, has_label
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.which_version import Written, in_image

_REVISION = "istio.io/rev"


def running(snapshot: Snapshot, of: Istiod | None = None) -> list[Pod]:
    """The pods of all istiods, or of one, by name; none where they were not read.

    The chart gives them the label of its Deployment's revision [manifests/charts/istio-control/istio-discovery,
    templates/deployment.yaml].
    """
    found = [pod for pod in snapshot.pods.known if _is_istiod(pod) and (of is None or _belongs(pod, of))]
    return sorted(found, key=lambda pod: pod.ref)


def named_by(pods: list[Pod]) -> list[Written]:
    """The versions that their images name, each with the pod that shows it; none where one of them names none."""
    found: list[Written] = []
    for pod in pods:
        image = pod.agent.image if pod.agent else ""
        written = list(in_image(image, Evidence(pod.ref, "spec.containers[0].image", image)))
        if not written:
            return []
        found += written
    return found


def _is_istiod(pod: Pod) -> bool:
    return pod.agent is not None and has_label(pod.labels, ISTIOD_LABEL) and not pod.finished


def _belongs(pod: Pod, of: Istiod) -> bool:
    return pod.namespace == of.namespace and pod.labels.get(_REVISION, "default") == of.revision
