"""Who calls pods without being in the mesh: Ingresses and their classes, the API server's callbacks, Prometheus."""

from collections.abc import Iterator

from msgspec import field

from kubectl_ambient.cluster import caller_facts as facts
from kubectl_ambient.cluster import wire_parts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.kinds.webhooks import Hook, MutatingWebhookConfiguration, ServiceReference
from kubectl_ambient.cluster.wire_parts import Metadata, Object, Selector, Wire


class Annotations(wire_parts.Annotations, frozen=True):
    """`metadata.annotations` of an Ingress or an IngressClass."""

    ingress_class: str | None = field(default=None, name="kubernetes.io/ingress.class")
    default_class: str | None = field(default=None, name="ingressclass.kubernetes.io/is-default-class")


class AnnotatedMetadata(Metadata, frozen=True):
    """`metadata` with those annotations."""

    annotations: Annotations | None = None


class ServicePort(Wire, frozen=True):
    """`port` of a backend."""

    name: str | None = None
    number: int | None = None


class ServiceBackend(Wire, frozen=True):
    """`service` of a backend."""

    name: str | None = None
    port: ServicePort | None = None


class IngressBackend(Wire, frozen=True):
    """A backend of an Ingress."""

    service: ServiceBackend | None = None


class Path(Wire, frozen=True):
    """`paths[]` of a rule."""

    backend: IngressBackend | None = None


class Paths(Wire, frozen=True):
    """`http` of a rule."""

    paths: list[Path] | None = None


class IngressRule(Wire, frozen=True):
    """`rules[]` of an Ingress."""

    http: Paths | None = None


class IngressSpec(Wire, frozen=True):
    """`spec` of an Ingress."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: list[IngressRule] | None = None

    def backends(self) -> Iterator[facts.Backend]:
        """The Services that it leads to."""
        paths = (path for rule in self.rules or () if rule.http for path in rule.http.paths or ())
        for backend in (self.default_backend, *(path.backend for path in paths)):
            if backend is not None and backend.service is not None and backend.service.name:
                port = backend.service.port or ServicePort()
                yield facts.Backend(service=backend.service.name, port=port.number or port.name)


class Ingress(Object, frozen=True):
    """An Ingress."""

    metadata: AnnotatedMetadata
    spec: IngressSpec | None = None

    def fact(self) -> facts.Ingress:
        """The flat Ingress."""
        spec = self.spec or IngressSpec()
        older = self.metadata.annotations.ingress_class if self.metadata.annotations else None
        return facts.Ingress(
            namespace=self.namespace,
            name=self.name,
            class_name=spec.ingress_class_name or older,
            backends=tuple(dict.fromkeys(spec.backends())),
        )


class IngressClassSpec(Wire, frozen=True):
    """`spec` of an IngressClass."""

    controller: str | None = None


class IngressClass(Object, frozen=True):
    """An IngressClass."""

    metadata: AnnotatedMetadata
    spec: IngressClassSpec | None = None

    def fact(self) -> facts.IngressClass:
        """The flat class."""
        annotations = self.metadata.annotations
        return facts.IngressClass(
            name=self.name,
            controller=(self.spec.controller if self.spec else None) or "",
            default=annotations is not None and annotations.default_class == "true",
        )


class ValidatingWebhookConfiguration(Object, frozen=True):
    """A ValidatingWebhookConfiguration."""

    webhooks: list[Hook] | None = None

    def callbacks(self) -> list[facts.Callback]:
        """The Services that it has called."""
        return _called(f"ValidatingWebhookConfiguration/{self.name}", self.webhooks)


class APIServiceSpec(Wire, frozen=True):
    """`spec` of an APIService."""

    service: ServiceReference | None = None


class APIService(Object, frozen=True):
    """An APIService: one without a Service is served by the API server itself."""

    spec: APIServiceSpec | None = None

    def callbacks(self) -> list[facts.Callback]:
        """The Service that serves it."""
        service = self.spec.service if self.spec else None
        return [] if service is None else [service.called(f"APIService/{self.name}", "spec.service")]


def _called(ref: str, hooks: list[Hook] | None) -> list[facts.Callback]:
    return [
        hook.client_config.service.called(ref, f"webhooks[{hook.name}].clientConfig.service")
        for hook in hooks or ()
        if hook.client_config is not None and hook.client_config.service is not None
    ]


def _of_mutating(found: MutatingWebhookConfiguration) -> list[facts.Callback]:
    return _called(f"MutatingWebhookConfiguration/{found.name}", found.webhooks)


class MonitoredNamespaces(Wire, frozen=True):
    """`spec.namespaceSelector` of a monitor."""

    any: bool | None = None
    match_names: list[str] | None = None


class Endpoint(Wire, frozen=True):
    """`endpoints[]` of a ServiceMonitor, `podMetricsEndpoints[]` of a PodMonitor."""

    port: str | None = None
    port_number: int | None = None
    target_port: int | str | None = None


class MonitorSpec(Wire, frozen=True):
    """`spec` of a monitor."""

    selector: Selector | None = None
    namespace_selector: MonitoredNamespaces | None = None
    endpoints: list[Endpoint] | None = None
    pod_metrics_endpoints: list[Endpoint] | None = None


class Monitor(Object, frozen=True):
    """A ServiceMonitor or a PodMonitor."""

    spec: MonitorSpec | None = None

    def monitor(self, of: str) -> facts.Monitor:
        """The flat monitor of this kind."""
        spec = self.spec or MonitorSpec()
        chosen = spec.namespace_selector or MonitoredNamespaces()
        endpoints = (*(spec.endpoints or ()), *(spec.pod_metrics_endpoints or ()))
        ports = (e.port or e.port_number or e.target_port for e in endpoints)
        return facts.Monitor(
            kind=of,
            namespace=self.namespace,
            name=self.name,
            selector=(spec.selector or Selector()).fact(),
            namespaces=None if chosen.any else tuple(chosen.match_names or ()),
            ports=tuple(port for port in ports if port),
        )


INGRESSES = kind("ingresses", "ingresses.networking.k8s.io", Ingress, rights=("list",))
INGRESS_CLASSES = kind("ingress_classes", "ingressclasses.networking.k8s.io", IngressClass, rights=("list",))
VALIDATING = kind(
    "callbacks",
    "validatingwebhookconfigurations",
    ValidatingWebhookConfiguration,
    facts=ValidatingWebhookConfiguration.callbacks,
    prefixed=True,
    rights=("list",),
)
MUTATING = kind(
    "callbacks",
    "mutatingwebhookconfigurations",
    MutatingWebhookConfiguration,
    facts=_of_mutating,
    prefixed=True,
    rights=("list",),
)
API_SERVICES = kind("callbacks", "apiservices", APIService, facts=APIService.callbacks, prefixed=True, rights=("list",))
SERVICE_MONITORS = kind(
    "monitors",
    "servicemonitors",
    Monitor,
    facts=lambda found: (found.monitor("ServiceMonitor"),),
    prefixed=True,
    rights=("list",),
    added=True,
)
POD_MONITORS = kind(
    "monitors",
    "podmonitors",
    Monitor,
    facts=lambda found: (found.monitor("PodMonitor"),),
    prefixed=True,
    rights=("list",),
    added=True,
)
