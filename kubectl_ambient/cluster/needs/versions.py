"""What `version` needs: the agents and the control planes, for their images."""

from __future__ import annotations

from kubectl_ambient.cluster.kinds.pods import CNI_PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.workloads import ISTIODS
from kubectl_ambient.cluster.needs.ask import Ask

VERSIONS = (Ask(kind=CNI_PODS), Ask(kind=ZTUNNEL_PODS), Ask(kind=ISTIODS))
