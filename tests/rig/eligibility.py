"""When the node agent of Istio 1.30.3 takes a pod into ambient, by its default settings.

The rig's own reading of Istio, on purpose not the plugin's: a player must not share the opinion
of the one that is tested.
"""

from __future__ import annotations

from .api import Object

LABEL = "istio.io/dataplane-mode"
EXCLUDED = ("kube-system",)


def wanted(pod: Object, namespace_labels: dict[str, str]) -> bool:
    """Whether the agent wants this pod redirected."""
    metadata = pod["metadata"]
    if metadata["namespace"] in EXCLUDED:
        return False
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return False
    if "sidecar.istio.io/status" in (metadata.get("annotations") or {}):
        return False
    own = (metadata.get("labels") or {}).get(LABEL)
    return own == "ambient" or (own != "none" and namespace_labels.get(LABEL) == "ambient")


def can_be_redirected(pod: Object) -> bool:
    """Whether there is a network namespace of its own, with an address, to redirect."""
    status = pod.get("status", {})
    has_address = bool(status.get("podIP") or status.get("podIPs"))
    return has_address and not pod["spec"].get("hostNetwork", False)
