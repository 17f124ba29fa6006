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

    def __init__(self, _word: str, meaning: str, *severities: Severity) -> None:
        self.meaning = meaning
        self.severities = severities

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{DOCS}/risks/{self}.md"
