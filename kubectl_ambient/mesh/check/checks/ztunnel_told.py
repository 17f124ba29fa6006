"""Check: the ztunnels know what istiod tells."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_ztunnels

CHECK = Check(
    id="ztunnel-told",
    section="proof",
    title="every ztunnel knows what istiod tells",
    reads=("pods", "ztunnel_pods", "on_network", "namespaces", "authorization_policies"),
    proof=True,
    asks=(
        of_ztunnels(
            Code.ZTUNNEL_SENDS_PLAIN,
            Code.ZTUNNEL_OTHER_WAYPOINT,
            Code.ZTUNNEL_LACKS_POLICY,
            Code.ZTUNNELS_DIFFER,
        ),
    ),
)
