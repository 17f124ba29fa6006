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
        "info",
    )
    NETWORK_POLICY_WIDENS = (
        "NetworkPolicyWidens",
        "connections that NetworkPolicies stop now pass from then on",
        "warning",
    )
    NETWORK_POLICY_BLOCKS_WAYPOINT = (
        "NetworkPolicyBlocksWaypoint",
        "connections that pass now are stopped by NetworkPolicies, once a waypoint comes between or goes",
        "error",
    )
    NETWORK_POLICY_WIDENS_BY_WAYPOINT = (
        "NetworkPolicyWidensByWaypoint",
        "connections that NetworkPolicies stop now pass, once a waypoint comes between or goes",
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

    POLICY_NO_LONGER_ENFORCED = (
        "PolicyNoLongerEnforced",
        "pods leave ambient mode, and nothing enforces their policies any more",
        "error",
    )
    STRICT_REFUSES_LEAVERS = (
        "StrictRefusesLeavers",
        "pods that leave call members of the mesh that take no plain text",
        "error",
    )
    POLICY_REFUSES_LEAVERS = (
        "PolicyRefusesLeavers",
        "pods that leave lose the identity by which a policy lets them in",
        "error",
    )
    WAYPOINT_POLICY_BYPASSED = (
        "WaypointPolicyBypassed",
        "pods that leave go past a waypoint that enforces policies",
        "error",
    )
    WAYPOINT_POLICY_LOST = (
        "WaypointPolicyLost",
        "Services lose the waypoint that enforces policies for them",
        "error",
    )
    GATEWAY_SWEPT_IN = (
        "GatewaySweptIn",
        "a gateway of Istio comes into ambient mode, where it does not work",
        "error",
    )
    GATEWAY_OPT_OUT_LOST = (
        "GatewayOptOutLost",
        "the opt-out on a Gateway does not reach its pods",
        "error",
    )
    INGRESS_SWEPT_IN = (
        "IngressSweptIn",
        "an ingress controller comes into ambient mode, and what clients send to it with it",
        "warning",
    )
    SIDECAR_LEFT = (
        "SidecarLeft",
        "pods keep a sidecar that nothing injects any more, and stay out until they are restarted",
        "warning",
    )
    SIDECAR_AFTER_RESTART = (
        "SidecarAfterRestart",
        "pods come in, and get a sidecar at their next restart, which keeps them out",
        "warning",
    )
    OUT_AFTER_RESTART = (
        "OutAfterRestart",
        "pods come in, and are out again after their next restart",
        "warning",
    )
    JOB_INTERRUPTED = (
        "JobInterrupted",
        "pods of Jobs that run now lose their open connections",
        "info",
    )
    LONG_CONNECTIONS_CUT = (
        "LongConnectionsCut",
        "open connections are cut, of a protocol that keeps them open for long",
        "info",
    )
    OWN_REDIRECTION = (
        "OwnRedirection",
        "pods run machines or containers of their own, whose traffic ztunnel does not see",
        "warning",
    )
    PODS_CUT_OFF = (
        "PodsCutOff",
        "pods would be redirected to a ztunnel that does not serve them",
        "error",
    )
    NODE_KEEPS_OUT = (
        "NodeKeepsOut",
        "the agents of a node do not put pods in",
        "warning",
    )
    NODE_KEEPS_IN = (
        "NodeKeepsIn",
        "the agents of a node do not take pods out",
        "warning",
    )
    NEW_PODS_DO_NOT_START = (
        "NewPodsDoNotStart",
        "a node whose agents do not serve starts no new pods of what asks for ambient",
        "error",
    )
    NODE_RUNS_NO_AGENT = (
        "NodeRunsNoAgent",
        "pods run on nodes on which no agent of Istio can run, and stay out",
        "info",
    )
    CILIUM_SETTINGS = (
        "CiliumSettings",
        "settings of Cilium with which ambient mode does not work, or not whole",
        "warning",
    )
    CALICO_SETTINGS = (
        "CalicoSettings",
        "Calico's eBPF hides Services from ztunnel, so that connections go past their waypoints",
        "warning",
    )
    SECURITY_GROUPS_FOR_PODS = (
        "SecurityGroupsForPods",
        "Amazon's VPC CNI drops the probes of pods that have security groups of their own",
        "warning",
    )
    OVN_GATEWAY_MODE = (
        "OvnGatewayMode",
        "OVN-Kubernetes keeps connections from the host's network, in which probes are marked",
        "warning",
    )

    def __init__(self, _word: str, meaning: str, *severities: Severity) -> None:
        self.meaning = meaning
        self.severities = severities

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{DOCS}/risks/{self}.md"
