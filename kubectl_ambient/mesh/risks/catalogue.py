"""Every risk, declared once: its word, what it means, its page, and what is read for it.

What could not be read of that is named beside the risks; see `checks`.
"""

from __future__ import annotations

from kubectl_ambient.mesh.catalogue import DOCS, Severity, StableWord


class RiskCode(StableWord):
    """The code of a risk. `meaning` is a sentence without its full stop, true wherever the risk is raised.

    severities: all that it can have, the usual one first.
    """

    NETWORK_POLICY_BLOCKS_MESH = (
        "NetworkPolicyBlocksMesh",
        "connections that pass now are stopped by NetworkPolicies, which see another port from then on",
        "error",
    )
    NETWORK_POLICY_WIDENS = (
        "NetworkPolicyWidens",
        "connections that NetworkPolicies stop now pass from then on",
        "warning",
    )
    NETWORK_POLICY_BLOCKS_PROBES = (
        "NetworkPolicyBlocksProbes",
        "no NetworkPolicy admits the address that the kubelet's probes come from in ambient mode",
        "warning",
    )

    STRICT_REFUSES_INGRESS = (
        "StrictRefusesIngress",
        "an ingress controller out of the mesh is refused by pods that take no plain text from then on",
        "error",
    )
    STRICT_REFUSES_API_SERVER = (
        "StrictRefusesApiServer",
        "the API server calls a webhook or an API that takes no plain text from then on",
        "error",
    )
    STRICT_REFUSES_SCRAPES = (
        "StrictRefusesScrapes",
        "Prometheus scrapes pods that take no plain text from then on",
        "warning",
    )
    STRICT_REFUSES_OUTSIDE = (
        "StrictRefusesOutside",
        "clients from outside the cluster reach pods that take no plain text from then on",
        "warning",
    )
    STRICT_REFUSES_SIDECARS = (
        "StrictRefusesSidecars",
        "sidecars or gateways that send no HBONE are refused by pods that take no plain text from then on",
        "error",
    )
    SIDECAR_REFUSES_MESH = (
        "SidecarRefusesMesh",
        "pods that lose their sidecar are refused by sidecars that take neither HBONE nor plain text",
        "error",
    )

    POLICY_DENIES_ALL = (
        "PolicyDeniesAll",
        "an ALLOW policy asks only for what ztunnel cannot check, so its pods refuse every connection",
        "error",
    )
    POLICY_RULE_DROPPED = (
        "PolicyRuleDropped",
        "ztunnel does not get some rules of an ALLOW policy, so these allow nothing",
        "warning",
    )
    POLICY_RULE_NEVER_FIRES = (
        "PolicyRuleNeverFires",
        "a DENY rule asks for what ztunnel cannot check, and denies nothing",
        "error",
    )
    PRINCIPAL_NOBODY_PRESENTS = (
        "PrincipalNobodyPresents",
        "an ALLOW rule names principals that no pod of the mesh has",
        "warning",
    )
    POLICY_REFUSES_PLAIN_CALLERS = (
        "PolicyRefusesPlainCallers",
        "a caller that is known to be out of the mesh has no identity, and a policy refuses it from then on",
        "error",
    )

    def __init__(self, _word: str, meaning: str, *severities: Severity) -> None:
        self.meaning = meaning
        self.severities = severities

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{DOCS}/risks/{self}.md"
