"""Keys of Istio that are none of our business, and must not be taken for a misspelt one that is.

The public API (label/labels.gen.go, annotation/annotations.gen.go at v1.22.0 to v1.31.0), and the constants of
istio/istio that never made it there.
"""

from __future__ import annotations

_BY_PREFIX = {
    "alpha.istio.io": "canonical-serviceaccounts identity kubernetes-serviceaccounts",
    "cni.istio.io": "not-ready uninitialized",
    "envoyfilter.istio.io": "referenced-services",
    "experimental.istio.io": "disable-gateway-port-translation",
    "galley.istio.io": "analyze-suppress",
    "gateway.istio.io": "agentgatewayImage controller-version defaults-for-class listener-protocol managed"
    " name-override service-account tls-cipher-suites tls-terminate-mode",
    "gateway.networking.k8s.io": "gateway-class-name gateway-name",
    "install.operator.istio.io": "chart-owner owner-generation owning-resource owning-resource-namespace"
    " owning-resource-not-pruned version",
    "internal.istio.io": "always-push gateway-semantics gateway-service parent-namespace parents route-semantics"
    " service-account-name service-semantics webhook-always-reject",
    "istio.io": "autoRegistrationGroup benchmark config connect-strategy connectedAt deactivated debug"
    " disconnectedAt draining dry-run gateway-name global ignore-policy-attachment inferencepool-extension-failure-mode"
    " inferencepool-extension-port inferencepool-extension-service inferencepool-name local persistent-session"
    " persistent-session-header rev tag workloadController",
    "networking.istio.io": "address-type cluster enable-autoallocate-ip exportTo gatewayPort service-type"
    " traffic-distribution tunnel",
    "operator.istio.io": "component managed version",
    "policy.istio.io": "checkRetries",
    "prometheus.istio.io": "merge-metrics scrape-targets secure-port",
    "proxy.istio.io": "config health-checks-enabled overrides",
    "readiness.status.sidecar.istio.io": "applicationPorts failureThreshold initialDelaySeconds periodSeconds",
    "registry.istio.io": "release",
    "security.istio.io": "tlsMode",
    "service.istio.io": "canonical-name canonical-revision workload-name",
    "sidecar.istio.io": "agentLogLevel bootstrapOverride componentLogLevel controlPlaneAuthPolicy discoveryAddress"
    " enableCoreDump extraStatTags inject interceptionMode logLevel nativeSidecar proxyCPU proxyCPULimit proxyImage"
    " proxyImageType proxyMemory proxyMemoryLimit rewriteAppHTTPProbers statsCompression statsEvictionInterval"
    " statsFlushInterval statsHistogramBins statsHistogramBuckets statsInclusionPrefixes statsInclusionRegexps"
    " statsInclusionSuffixes status userVolume userVolumeMount",
    "status.sidecar.istio.io": "port",
    "topology.istio.io": "cluster controlPlaneClusters locality network subzone",
    "traffic.istio.io": "excludeInboundPorts excludeInterfaces excludeOutboundIPRanges excludeOutboundPorts"
    " includeInboundPorts includeOutboundIPRanges includeOutboundPorts nodeSelector",
    "traffic.sidecar.istio.io": "excludeInboundPorts excludeInterfaces excludeOutboundIPRanges excludeOutboundPorts"
    " includeInboundPorts includeOutboundIPRanges includeOutboundPorts kubevirtInterfaces",
}

KNOWN_KEYS: frozenset[str] = frozenset(
    f"{prefix}/{name}" for prefix, names in _BY_PREFIX.items() for name in names.split()
)
