"""Check: ztunnel has the mTLS that is meant."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_policies

CHECK = Check(
    id="mtls-sent",
    section="policies",
    title="ztunnel has the mTLS that is meant",
    reads=("peer_authentications", "pods"),
    asks=(
        of_policies(Code.PEER_AUTHENTICATION_NOT_SENT, Code.PEER_AUTHENTICATION_STALE, Code.PEER_AUTHENTICATION_TIE),
    ),
)
