"""Every finding and every reason, declared once: its word, what it means, and the page about it.

What raises or compares one names it here; docs/words.md, the schemas in docs/schema and the pages follow.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from kubectl_ambient import HOMEPAGE

Expected = Literal["in", "out", "unknown"]
Severity = Literal["info", "warning", "error"]

DOCS = f"{HOMEPAGE}/blob/main/docs"
RIGHTS = f"{DOCS}/rbac.yaml"  # the roles with which every answer is a whole one
TELLS_RIGHTS = f"tells whether you may read what decides; the rights that are needed: {RIGHTS}"


class StableWord(StrEnum):
    """A word that is as stable as a flag: documents hold it, and scripts compare it."""

    def __new__(cls, word: str, *_declared: str) -> Self:
        """Only the word is its value."""
        member = str.__new__(cls, word)
        member._value_ = word
        return member


class Code(StableWord):
    """The code of a finding. `meaning` is a sentence without its full stop, true wherever the finding is raised.

    severities: all that it can have, the usual one first.
    """

    # Of pods, and the agents of their nodes.
    AGENT_MISSING = "AgentMissing", "an agent of Istio is missing on the pod's node", "error", "warning"
    AGENT_NOT_READY = "AgentNotReady", "an agent of Istio on the pod's node is not Ready", "error", "warning"
    BOTH_MODES = "BothModes", "ambient and a sidecar are both asked for, and the sidecar wins", "warning"
    BYPASS_INVALID = "BypassInvalid", "the annotation for bypassing inbound capture is no boolean", "error"
    CNI_GONE = "CniGone", "istio-cni is gone, and what belongs to it is still there", "error"
    EXCLUSION_NOT_HONOURED = "ExclusionNotHonoured", "the namespace is excluded, and its pods go in anyway", "warning"
    GATEWAY_CAPTURED = "GatewayCaptured", "a gateway of Istio is in ambient mode, or is going to be", "error"
    GATEWAY_REPLICAS_DIFFER = (
        "GatewayReplicasDiffer",
        "some pods of a Gateway are redirected to ztunnel, and some are not",
        "warning",
    )
    HOST_NETWORK_TRIED = "HostNetworkTried", "Istio tries in vain to capture a pod on the host network", "info"
    HOST_NETWORK_UNGUARDED = "HostNetworkUnguarded", "Istio may redirect the node's own network", "error"
    INBOUND_BYPASSED = "InboundBypassed", "inbound plaintext reaches the application without any policy", "warning"
    ISTIOD_MISSING = "IstiodMissing", "there is no istiod in the cluster", "warning"
    ISTIOD_NOT_READY = "IstiodNotReady", "no istiod that serves ambient mode is Ready", "error"
    ISTIOD_WITHOUT_AMBIENT = "IstiodWithoutAmbient", "the istiod that ztunnel asks has ambient off", "error"
    KILL_FAILED = "KillFailed", "the pod cannot end, as its network could not be taken down", "error"
    LABEL_NOT_KEPT = "LabelNotKept", "the mode's label on the pod is not that of its template", "warning", "info"
    MODE_IS_ANNOTATION = "ModeIsAnnotation", "the mode is set as an annotation, which does nothing", "error", "warning"
    MODE_VALUE_UNKNOWN = "ModeValueUnknown", "the mode's label has a value that Istio does not know", "error", "warning"
    NAMESPACE_NOT_DISCOVERED = "NamespaceNotDiscovered", "istiod does not look at the pod's namespace", "error"
    NAMESPACE_WITHOUT_AMBIENT = (
        "NamespaceWithoutAmbient",
        "the namespace asks for ambient, and none of its pods gets it",
        "error",
    )
    OPT_OUT_IGNORED = "OptOutIgnored", "the pod opts out, and this cluster's selectors do not heed it", "error"
    PLUGIN_NOT_FOUND = "PluginNotFound", "the node calls istio-cni's plugin and does not find it", "error"
    REDIRECTION_VALUE_UNKNOWN = (
        "RedirectionValueUnknown",
        "the annotation for redirection has a value that this Istio never writes",
        "warning",
    )
    SANDBOX_FAILED = "SandboxFailed", "the pod cannot start, as its network could not be set up", "error"
    START_TAINT_KEPT = "StartTaintKept", "a node has Istio's taint for new nodes, and pods wait", "error", "warning"
    TERMINATING = "Terminating", "the pod is being deleted", "info"
    VERSIONS_UNSUPPORTED = "VersionsUnsupported", "Istio does not support these versions together", "warning"
    ZTUNNEL_NOT_DISCOVERED = "ZtunnelNotDiscovered", "istiod does not look at ztunnel's namespace", "error"
    ZTUNNEL_NOT_TRUSTED = "ZtunnelNotTrusted", "istiod does not trust ztunnel's account", "error"
    UNSCHEDULABLE = "Unschedulable", "the scheduler finds no node for the pod", "info", "warning"

    # Of what a ztunnel itself says.
    CERTIFICATE_OLD = (
        "CertificateOld",
        "ztunnel's certificate for the pod has run out, or is not renewed",
        "error",
        "warning",
    )
    CERTIFICATE_UNAVAILABLE = (
        "CertificateUnavailable",
        "ztunnel has no certificate for the pod's account",
        "error",
        "warning",
    )
    DNS_NOT_ANSWERED = "DnsNotAnswered", "the DNS of pods is led to a ztunnel that does not answer it", "error"
    ZTUNNEL_BLOCKED = "ZtunnelBlocked", "ztunnel cannot listen in the pod's network", "error"
    ZTUNNEL_EMPTY = "ZtunnelEmpty", "ztunnel has no pod, and some are redirected to it", "error"
    ZTUNNEL_HAS_FEWER = "ZtunnelHasFewer", "ztunnel listens for fewer pods than are redirected to it", "error"
    ZTUNNEL_HAS_GONE_PODS = "ZtunnelHasGonePods", "ztunnel still has pods that are gone", "warning"
    ZTUNNEL_KEEPS_POD = "ZtunnelKeepsPod", "ztunnel still has a pod that is out", "warning"
    ZTUNNEL_LACKS_POD = "ZtunnelLacksPod", "ztunnel does not have a pod that is redirected to it", "error"
    ZTUNNEL_OTHER_WAYPOINT = "ZtunnelOtherWaypoint", "ztunnel uses another waypoint than the labels name", "warning"
    ZTUNNEL_SENDS_PLAIN = "ZtunnelSendsPlain", "ztunnel sends the pod plain text, though it is in ambient mode", "error"
    ZTUNNEL_UNINFORMED = "ZtunnelUninformed", "ztunnel has heard nothing of the pod from istiod", "error"
    ZTUNNEL_UNWRITTEN = "ZtunnelUnwritten", "ztunnel has the pod, and its annotation does not say so", "warning"
    ZTUNNEL_VERSION_DIFFERS = (
        "ZtunnelVersionDiffers",
        "the ztunnel that runs is of another version than its image",
        "info",
    )
    ZTUNNEL_LACKS_POLICY = "ZtunnelLacksPolicy", "ztunnel does not have a policy that istiod told it of", "error"
    ZTUNNEL_NOT_CONNECTED = "ZtunnelNotConnected", "istio-cni has no connection to ztunnel", "error"
    ZTUNNEL_WAITS = "ZtunnelWaits", "ztunnel tells what it waits for", "warning"
    ZTUNNELS_DIFFER = "ZtunnelsDiffer", "two ztunnels know different policies", "warning"

    # Of labels and annotations.
    ANNOTATION_IS_LABEL = (
        "AnnotationIsLabel",
        "an annotation of Istio is set as a label, and does nothing",
        "error",
        "warning",
    )
    COPIED_FROM_POD = "CopiedFromPod", "a pod template holds what Istio writes on single pods", "error"
    KEY_MISPLACED = "KeyMisplaced", "a label or an annotation is on a kind on which it does nothing", "error"
    KEY_MISSPELT = "KeyMisspelt", "a key that Istio does not know is nearly one that it does", "error", "warning"
    KEY_NOT_IN_VERSION = "KeyNotInVersion", "the running Istio is too old for the key", "error"
    LABEL_INCOMPLETE = "LabelIncomplete", "a label lacks the other one beside which it is read", "error"
    LABEL_IS_ANNOTATION = (
        "LabelIsAnnotation",
        "a label of Istio is set as an annotation, and does nothing",
        "error",
        "warning",
    )
    LABEL_REFUSED = "LabelRefused", "an API server refuses the object because of the label", "error"
    OPT_OUT_LOST = "OptOutLost", "a Gateway's label for the mode does not reach its pods", "error"
    VALUE_UNKNOWN = "ValueUnknown", "a value means nothing to Istio, or not what it looks like", "error"

    # Of policies.
    ALLOW_DENIES_ALL = (
        "AllowDeniesAll",
        "ztunnel can check no rule of the ALLOW policy, and so refuses all connections",
        "error",
    )
    PEER_AUTHENTICATION_NOT_SENT = (
        "PeerAuthenticationNotSent",
        "istiod names a policy for the ports and never sends it: plain text passes",
        "error",
    )
    PEER_AUTHENTICATION_STALE = (
        "PeerAuthenticationStale",
        "the policy of the ports may be old: what it inherits from changed since",
        "error",
    )
    PEER_AUTHENTICATION_TIE = (
        "PeerAuthenticationTie",
        "chance decides which of several PeerAuthentications of one age counts",
        "error",
    )
    POLICY_NOT_ENFORCED = "PolicyNotEnforced", "the policy is enforced nowhere", "error", "info"
    POLICY_NOT_TOLD = "PolicyNotTold", "ztunnel cannot take the policy, and istiod does not say so", "error"
    POLICY_TRIED_FOR_REAL = "PolicyTriedForReal", "a policy that is only to be tried out is enforced", "error"
    RULE_DROPPED = "RuleDropped", "ztunnel does not get some rules of the ALLOW policy", "warning"
    RULE_NEVER_FIRES = "RuleNeverFires", "a DENY rule never fires at ztunnel, so what it denies passes", "error"

    # Of waypoints, and what uses them.
    ADDRESS_NOT_RESOLVED = (
        "AddressNotResolved",
        "clients do not learn the only address that leads to the service's waypoint",
        "warning",
    )
    CANARY_DEAD = "CanaryDead", "the canary waypoint gets connections and has no proxy that is Ready", "error"
    CANARY_REFUSED = "CanaryRefused", "a canary waypoint is named and not used", "warning"
    CANARY_SPLIT = "CanarySplit", "a canary waypoint shares the connections with the waypoint", "info"
    CONDITION_DISAGREES = "ConditionDisagrees", "istiod's condition tells something else than its rules", "warning"
    GATEWAY_IS_NO_WAYPOINT = "GatewayIsNoWaypoint", "the Gateway has no listener for HBONE", "error"
    INGRESS_PASSES_WAYPOINT = (
        "IngressPassesWaypoint",
        "ingress gateways may go past the waypoint of a service that clusters share",
        "warning",
        "info",
    )
    NAMESPACE_NOT_AMBIENT = (
        "NamespaceNotAmbient",
        "the namespace names a waypoint, and none of its own pods is in ambient mode",
        "warning",
    )
    SERVICE_ENTRY_INACTIVE = "ServiceEntryInactive", "the ServiceEntry does nothing without a waypoint", "warning"
    SERVICE_WITHOUT_ADDRESS = "ServiceWithoutAddress", "no address leads to the service's waypoint", "warning", "info"
    WAYPOINT_DEAD = "WaypointDead", "the waypoint has no proxy that is Ready, and connections fail", "error"
    WAYPOINT_FOR_HOST_NETWORK = (
        "WaypointForHostNetwork",
        "the pod has a waypoint and is on the host network, so nothing leads there",
        "warning",
    )
    WAYPOINT_FOR_PLAIN_POD = "WaypointForPlainPod", "the pod has a waypoint and is not in the mesh itself", "info"
    WAYPOINT_FOR_UNKNOWN = (
        "WaypointForUnknown",
        "the waypoint's traffic type is a word that Istio does not know",
        "warning",
    )
    WAYPOINT_NOT_DISCOVERED = (
        "WaypointNotDiscovered",
        "istiod does not look at the namespace of the waypoint, or of what names it",
        "error",
    )
    WAYPOINT_NOT_HANDLED = "WaypointNotHandled", "no istiod handles the waypoint's Gateway now", "error", "warning"
    WAYPOINT_NOT_USED = "WaypointNotUsed", "a waypoint is named and cannot be used, so traffic goes direct", "warning"
    WAYPOINT_PASSED_BY = (
        "WaypointPassedBy",
        "a caller goes past the waypoint that alone enforces a policy",
        "warning",
    )
    WAYPOINT_REFUSES = "WaypointRefuses", "objects name the waypoint and are not served by it", "warning"
    WAYPOINT_UNUSED = "WaypointUnused", "nothing names the waypoint", "info"
    WAYPOINT_WITHOUT_ADDRESS = (
        "WaypointWithoutAddress",
        "the waypoint has no address, so nobody is sent there",
        "warning",
    )

    def __init__(self, _word: str, meaning: str, *severities: Severity) -> None:
        self.meaning = meaning
        self.severities = severities

    @property
    def page(self) -> str:
        """The address of what the documentation says of it."""
        return f"{DOCS}/findings.md#{self.lower()}"


class Reason(StableWord):
    """Why a pod should or should not be in ambient mode, in the order in which the rules are asked.

    `meaning` goes on where “because” ends.
    """

    POD_FINISHED = "PodFinished", "out", "the pod has ended"
    POD_OPTED_OUT = "PodOptedOut", "out", "its own label is `none`"
    OTHER_DATA_PLANE = "OtherDataPlane", "out", "the label names another data plane"
    NOT_LABELED = "NotLabeled", "out", "nothing asks for ambient"
    NOT_SELECTED = "NotSelected", "out", "this cluster's own selectors do not select it"
    AMBIENT_NOT_INSTALLED = "AmbientNotInstalled", "out", "there is no istio-cni"
    AMBIENT_DISABLED = "AmbientDisabled", "out", "istio-cni runs with ambient off"
    SELECTOR_INVALID = "SelectorInvalid", "unknown", "Istio refuses the selectors"
    NODE_UNSUPPORTED = "NodeUnsupported", "out", "no agent runs on its node"
    HOST_NETWORK = "HostNetwork", "out", "it uses its node's network"
    SIDECAR_PRESENT = "SidecarPresent", "out", "it has a sidecar, and that wins"
    NAMESPACE_EXCLUDED = "NamespaceExcluded", "out", "its namespace is excluded (1.30+)"
    POD_LABEL = "PodLabel", "in", "its own label asks for it"
    NAMESPACE_LABEL = "NamespaceLabel", "in", "its namespace's label asks for it"
    SELECTOR_MATCHED = "SelectorMatched", "in", "this cluster's own selectors select it"
    EVIDENCE_MISSING = "EvidenceMissing", "unknown", "what decides could not be read"

    def __init__(self, _word: str, expected: Expected, meaning: str) -> None:
        self.expected = expected
        self.meaning = meaning

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"{DOCS}/reasons/{self}.md"


class WaypointReason(StableWord):
    """Why a waypoint serves an object or does not. `meaning` goes on where “because” ends."""

    # istiod's own words.
    ACCEPTED = "WaypointAccepted", "the waypoint serves it"
    NOT_READY = "WaypointIsNotReady", "there is no such Gateway, or it has no address yet"
    DENIED = "AttachmentDenied", "the waypoint does not admit its namespace"
    UNSUPPORTED = "UnsupportedTrafficType", "the waypoint is not for this traffic"
    FORBIDDEN = "CrossNamespaceWaypointForbidden", "the mesh keeps it to its own namespace"
    # Ours, where it is silent.
    NOT_SERVED = "NotServed", "istiod does not keep it"
    IS_GATEWAY = "IsGateway", "it is a waypoint or a gateway itself"
    NOT_LABELED = "NotLabeled", "neither it nor its namespace names a waypoint"
    OPTED_OUT = "OptedOut", "the label that counts is `none`"
    NOT_FOR_WORKLOADS = "NotForWorkloads", "its namespace's waypoint takes no traffic to workloads"
    EVIDENCE_MISSING = "EvidenceMissing", "what decides could not be read"

    def __init__(self, _word: str, meaning: str) -> None:
        self.meaning = meaning

    @property
    def page(self) -> str:
        """The address of what the documentation says of it."""
        return f"{DOCS}/waypoints.md#{self.lower()}"


class CanaryReason(StrEnum):
    """istiod's words for a canary that is not used, beside those for which no waypoint would be."""

    SAME_AS_PRIMARY = "CanarySameAsPrimary"
    INVALID_WEIGHT = "CanaryInvalidWeight"
