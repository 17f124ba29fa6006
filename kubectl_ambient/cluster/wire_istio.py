"""Istio's own configuration on the wire: its ConfigMaps and its injection webhooks."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, UnsetType, field

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.wire_parts import Metadata, Object, Present, Selector, Texts, Time, Wire, texts

CNI_CONFIG = "istio-cni-config"
INJECTOR = "istio-sidecar-injector"
_INJECTOR_SETTINGS = ("policy:", "alwaysInjectSelector:", "neverInjectSelector:")


def is_injector(name: str) -> bool:
    """Whether a ConfigMap of this name is an injector's: `istio-sidecar-injector`, or with `-<revision>`."""
    return name == INJECTOR or name.startswith(f"{INJECTOR}-")


def is_config(name: str) -> bool:
    """Whether a ConfigMap of this name is one that the rules look at."""
    return name == CNI_CONFIG or is_injector(name)


class FieldsV1(Wire, frozen=True):
    """`managedFields[].fieldsV1` of a ConfigMap."""

    data: Present | UnsetType | None = field(default=UNSET, name="f:data")


class ManagedFields(Wire, frozen=True):
    """`metadata.managedFields[]`."""

    time: Time = None
    fields_v1: FieldsV1 | None = field(default=None, name="fieldsV1")


class ConfigMapMetadata(Metadata, frozen=True):
    """`metadata` of a ConfigMap, with who wrote what."""

    managed_fields: list[ManagedFields] | None = None


class ConfigMap(Object, frozen=True):
    """A ConfigMap."""

    metadata: ConfigMapMetadata
    data: Texts = None

    def fact(self) -> facts.ConfigMap:
        """The flat ConfigMap; of an injector only the settings (`data["config"]`), without its templates."""
        data = texts(self.data)
        if is_injector(self.name):
            data = {"config": injector_settings(data["config"])} if "config" in data else {}
        return facts.ConfigMap(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            data=data,
            created=self.metadata.creation_timestamp,
            changed=self._changed(),
        )

    def _changed(self) -> datetime | None:
        entries = self.metadata.managed_fields or ()
        times = (e.time for e in entries if e.fields_v1 is not None and e.fields_v1.data is not UNSET)
        return max((time for time in times if time), default=None)


def injector_settings(config: str) -> str:
    """The blocks `policy`, `alwaysInjectSelector` and `neverInjectSelector` of an injector's config, as YAML.

    The rest is 100 KB of templates, too much to parse each time. A text that is no block YAML (JSON) is kept.
    """
    if config.lstrip().startswith("{"):
        return config
    kept: list[str] = []
    wanted = False
    for line in config.splitlines(keepends=True):
        if line[0] not in " \t-#\r\n":  # a key at the left edge; a list may stand there too
            wanted = line.startswith(_INJECTOR_SETTINGS)
        if wanted:
            kept.append(line)
    return "".join(kept)


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


class Hook(Wire, frozen=True):
    """`webhooks[]` of a MutatingWebhookConfiguration."""

    name: str
    rules: list[Rule] | None = None
    namespace_selector: Selector | None = None
    object_selector: Selector | None = None
    match_conditions: list[Present] | None = None


class MutatingWebhookConfiguration(Object, frozen=True):
    """A MutatingWebhookConfiguration."""

    webhooks: list[Hook] | None = None

    def injectors(self) -> list[facts.Webhook]:
        """Those of its webhooks that are Istio's injectors and are called when a Pod is created."""
        labels = texts(self.metadata.labels)
        ours = labels.get("app") == "sidecar-injector"
        return [
            facts.Webhook(
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
