"""Which revision of istiod configures a proxy."""

from __future__ import annotations

import json

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.injection import REVISION


def revision_of(proxy: Pod) -> str | None:
    """The one that injected it, which it also asks [pkg/kube/inject `InjectionStatus`]; else that of its label.

    None where neither tells.
    """
    try:
        status = json.loads(proxy.annotations.sidecar_status or "null")
    except ValueError:
        status = None
    told = status.get("revision") if isinstance(status, dict) else None
    return told if isinstance(told, str) and told else proxy.labels.get(REVISION)
