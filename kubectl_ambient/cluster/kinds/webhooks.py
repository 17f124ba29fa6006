"""Istio's injection webhooks: their selectors decide who gets a sidecar."""

from kubectl_ambient.cluster import installation_facts
from kubectl_ambient.cluster.caller_facts import Callback
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import Object, Selector, Wire, texts
from kubectl_ambient.cluster.wire_pods import Present


class Rule(Wire, frozen=True):
    """`rules[]` of a webhook."""

    operations: list[str] | None = None
    api_groups: list[str] | None = None
    api_versions: list[str] | None = None
    resources: list[str] | None = None

    def admits_pods(self) -> bool:
        """Whether the creation of a Pod falls under it (a subresource `*` includes the object itself)."""
        return (
            _names(self.operations, "CREATE")
            and _names(self.api_groups, "")
            and _names(self.api_versions, "v1")
            and any(r in ("pods", "pods/*", "*", "*/*") for r in self.resources or ())
        )


def _names(found: list[str] | None, wanted: str) -> bool:
    return any(value in (wanted, "*") for value in found or ())


class ServiceReference(Wire, frozen=True):
    """A Service that the API server calls."""

    namespace: str | None = None
    name: str | None = None
    port: int | None = None

    def called(self, ref: str, field: str) -> Callback:
        """What is called, as `field` of the object `ref` says."""
        return Callback(
            ref=ref, field=field, namespace=self.namespace or "", service=self.name or "", port=self.port or 443
        )


class ClientConfig(Wire, frozen=True):
    """`clientConfig` of a webhook."""

    service: ServiceReference | None = None


class Hook(Wire, frozen=True):
    """`webhooks[]` of a MutatingWebhookConfiguration."""

    name: str
    rules: list[Rule] | None = None
    namespace_selector: Selector | None = None
    object_selector: Selector | None = None
    match_conditions: list[Present] | None = None
    client_config: ClientConfig | None = None


class MutatingWebhookConfiguration(Object, frozen=True):
    """A MutatingWebhookConfiguration."""

    webhooks: list[Hook] | None = None

    def injectors(self) -> list[installation_facts.Webhook]:
        """Those of its webhooks that are Istio's injectors and are called when a Pod is created."""
        labels = texts(self.metadata.labels)
        ours = labels.get("app") == "sidecar-injector"
        return [
            installation_facts.Webhook(
                configuration=self.name,
                name=hook.name,
                revision=labels.get("istio.io/rev", ""),
                tag=labels.get("istio.io/tag", ""),
                namespace_selector=(hook.namespace_selector or Selector()).fact(),
                object_selector=(hook.object_selector or Selector()).fact(),
                conditional=bool(hook.match_conditions),
            )
            for hook in self.webhooks or ()
            if (ours or _is_injector_hook(hook.name)) and any(rule.admits_pods() for rule in hook.rules or ())
        ]


def _is_injector_hook(name: str) -> bool:
    return name.endswith(".istio.io") and "sidecar-injector" in name


WEBHOOKS = kind(
    "webhooks",
    "mutatingwebhookconfigurations",
    MutatingWebhookConfiguration,
    facts=MutatingWebhookConfiguration.injectors,
    rights=("list",),
    in_files=False,
)
