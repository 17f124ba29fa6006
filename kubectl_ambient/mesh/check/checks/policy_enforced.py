"""Check: every policy is enforced somewhere."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_policies

CHECK = Check(
    id="policy-enforced",
    section="policies",
    title="every policy is enforced somewhere",
    reads=("authorization_policies", "peer_authentications", "pods"),
    asks=(of_policies(Code.POLICY_NOT_ENFORCED, Code.POLICY_NOT_TOLD),),
)
