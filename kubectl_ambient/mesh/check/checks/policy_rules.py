"""Check: ztunnel can check every rule that it is given."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_policies

CHECK = Check(
    id="policy-rules",
    section="policies",
    title="ztunnel can check every rule that it is given",
    reads=("authorization_policies", "pods"),
    asks=(of_policies(Code.ALLOW_DENIES_ALL, Code.RULE_DROPPED, Code.RULE_NEVER_FIRES),),
)
