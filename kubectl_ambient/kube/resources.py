"""The resource types that we know by name, and what a person types to mean them.

A static table, so that `kubectl ambient status` costs no discovery round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from .errors import UsageError
from .utf8 import utf8


class Resource(NamedTuple):
    """One resource type as the API serves it, such as `deployments` of `apps/v1`."""

    group: str
    version: str
    plural: str
    kind: str
    singular: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True

    def path(self, namespace: str = "", name: str = "") -> str:
        """The URL path; without a namespace that of all namespaces, without a name that of the list.

        Raises UsageError for a name or namespace that cannot be a path segment (`..`, `a/b`, `50%`).
        """
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace and self.namespaced:
            parts += ["namespaces", _segment("namespace", namespace)]
        parts.append(self.plural)
        if name:
            parts.append(_segment("resource name", name))
        return "/" + "/".join(parts)

    @property
    def api_version(self) -> str:
        """`v1`, or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """`pods`, or `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def name_for_output(self) -> str:
        """`pod`, or `deployment.apps`, as in `-o name`."""
        return f"{self.singular}.{self.group}" if self.group else self.singular


class Target(NamedTuple):
    """One thing named on the command line; `name` is None where only a type was given."""

    resource: Resource
    name: str | None


_GATEWAY, _ISTIO_NET, _ISTIO_SEC = "gateway.networking.k8s.io", "networking.istio.io", "security.istio.io"
_ADMISSION = "admissionregistration.k8s.io"

TABLE: tuple[Resource, ...] = (
    Resource("", "v1", "namespaces", "Namespace", "namespace", ("ns",), namespaced=False),
    Resource("", "v1", "pods", "Pod", "pod", ("po",)),
    Resource("", "v1", "nodes", "Node", "node", ("no",), namespaced=False),
    Resource("", "v1", "services", "Service", "service", ("svc",)),
    Resource("", "v1", "configmaps", "ConfigMap", "configmap", ("cm",)),
    Resource("", "v1", "events", "Event", "event", ("ev",)),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", "serviceaccount", ("sa",)),
    Resource("", "v1", "replicationcontrollers", "ReplicationController", "replicationcontroller", ("rc",)),
    Resource("apps", "v1", "deployments", "Deployment", "deployment", ("deploy",)),
    Resource("apps", "v1", "replicasets", "ReplicaSet", "replicaset", ("rs",)),
    Resource("apps", "v1", "statefulsets", "StatefulSet", "statefulset", ("sts",)),
    Resource("apps", "v1", "daemonsets", "DaemonSet", "daemonset", ("ds",)),
    Resource("batch", "v1", "jobs", "Job", "job"),
    Resource("batch", "v1", "cronjobs", "CronJob", "cronjob", ("cj",)),
    Resource(
        _ADMISSION,
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfiguration",
        namespaced=False,
    ),
    Resource(
        _ADMISSION,
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfiguration",
        namespaced=False,
    ),
    Resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", "apiservice", namespaced=False),
    Resource("networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", ("ing",)),
    Resource("networking.k8s.io", "v1", "ingressclasses", "IngressClass", "ingressclass", namespaced=False),
    Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "networkpolicy", ("netpol",)),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpointslice"),
    Resource(_GATEWAY, "v1", "gateways", "Gateway", "gateway", ("gtw",)),
    Resource(_GATEWAY, "v1", "gatewayclasses", "GatewayClass", "gatewayclass", ("gc",), namespaced=False),
    Resource(_GATEWAY, "v1", "httproutes", "HTTPRoute", "httproute"),
    Resource(_GATEWAY, "v1", "grpcroutes", "GRPCRoute", "grpcroute"),
    Resource(_ISTIO_NET, "v1", "serviceentries", "ServiceEntry", "serviceentry", ("se",)),
    Resource(_ISTIO_NET, "v1", "workloadentries", "WorkloadEntry", "workloadentry", ("we",)),
    Resource(_ISTIO_SEC, "v1", "authorizationpolicies", "AuthorizationPolicy", "authorizationpolicy", ("ap",)),
    Resource(_ISTIO_SEC, "v1", "peerauthentications", "PeerAuthentication", "peerauthentication", ("pa",)),
    Resource("monitoring.coreos.com", "v1", "servicemonitors", "ServiceMonitor", "servicemonitor", ("smon",)),
    Resource("monitoring.coreos.com", "v1", "podmonitors", "PodMonitor", "podmonitor", ("pmon",)),
    Resource("cilium.io", "v2", "ciliumnetworkpolicies", "CiliumNetworkPolicy", "ciliumnetworkpolicy", ("cnp",)),
    *(
        Resource(group, version, f"{kind.lower()[:-1]}ies", kind, kind.lower(), namespaced=False)
        for group, version, kind in (
            ("cilium.io", "v2", "CiliumClusterwideNetworkPolicy"),
            ("crd.projectcalico.org", "v1", "GlobalNetworkPolicy"),
            ("policy.networking.k8s.io", "v1alpha1", "AdminNetworkPolicy"),
            ("policy.networking.k8s.io", "v1alpha1", "BaselineAdminNetworkPolicy"),
        )
    ),
    Resource(
        "crd.projectcalico.org",
        "v1",
        "felixconfigurations",
        "FelixConfiguration",
        "felixconfiguration",
        namespaced=False,
    ),
    Resource("operator.openshift.io", "v1", "networks", "Network", "network", namespaced=False),
)


def find_resource(word: str) -> Resource:
    """The resource that `word` means: `po`, `Pod`, `pods`, `deployment.apps`, `deployments.v1.apps`.

    Raises UsageError in kubectl's words for a type that is not in the table.
    """
    head, _, rest = word.partition(".")
    resource = _by_word().get((head.lower(), rest))
    if resource is None and rest:
        version, _, group = rest.partition(".")
        found = _by_word().get((head.lower(), group))
        resource = found if found and found.version == version else None
    if resource is None:
        raise UsageError(f'error: the server doesn\'t have a resource type "{head}"')
    return resource


def parse_targets(args: Sequence[str]) -> list[Target]:
    """What a person named, in kubectl's forms: `pod a b`, `pod/a deploy/b`, `ns,deploy a`, or `pod` alone.

    A type alone gives a Target without a name (for `-l` and `--all`); no arguments give an empty list.
    Raises UsageError in kubectl's words for mixed or broken forms and for unknown types.
    """
    words = list(args)
    if len(words) >= 2 and len(types := _types(words[0])) > 1:
        words = [f"{t}/{name}" for t in types for name in words[1:]]
    slashed = sum("/" in word for word in words)
    if slashed and slashed != len(words):
        raise UsageError(
            "error: there is no need to specify a resource type as a separate argument when passing arguments"
            " in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of"
            " 'kubectl get resource resource/<resource_name>'"
        )
    if slashed:
        return [_split(word) for word in words]
    if not words:
        return []
    resources = [find_resource(t) for t in _types(words[0])]
    if len(words) == 1:
        return [Target(resource, None) for resource in resources]
    return [Target(resources[0], _named(name)) for name in words[1:]]


def _split(word: str) -> Target:
    kind, _, name = word.partition("/")
    if "/" in name:
        raise UsageError("error: arguments in resource/name form may not have more than one slash")
    if not kind or not name or "," in kind:
        raise UsageError("error: arguments in resource/name form must have a single resource and name")
    return Target(find_resource(kind), name)


def _named(name: str) -> str:
    if not name:
        raise UsageError("error: resource name may not be empty")
    return name


def _types(word: str) -> list[str]:
    return list(dict.fromkeys(word.split(",")))


def _segment(what: str, text: str) -> str:
    problems = [f"may not be '{text}'"] if text in (".", "..") else []
    problems += [f"may not contain '{c}'" for c in "/%" if c in text]
    if problems:
        raise UsageError(f'error: invalid {what} "{text}": [{" ".join(problems)}]')
    return quote(utf8(text), safe="")


@cache
def _by_word() -> dict[tuple[str, str], Resource]:
    words: dict[tuple[str, str], Resource] = {}
    for resource in TABLE:
        for word in (resource.plural, resource.singular, *resource.short_names):
            words.setdefault((word, ""), resource)
            words[word, resource.group] = resource
    return words
