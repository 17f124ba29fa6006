"""Check: what is only to be tried out is not enforced."""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.sources import of_policies

CHECK = Check(
    id="policy-tried",
    section="policies",
    title="what is only to be tried out is not enforced",
    reads=("authorization_policies", "pods", "istiods"),
    asks=(of_policies(Code.POLICY_TRIED_FOR_REAL),),
)
