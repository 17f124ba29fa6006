"""Istio's ConfigMaps: the settings of istio-cni, those of the injectors, and those of the mesh."""

from datetime import datetime

from msgspec import UNSET, UnsetType, field, structs

from kubectl_ambient.cluster import installation_facts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Metadata, Object, Texts, Time, Wire, texts
from kubectl_ambient.cluster.wire_pods import Present

CNI_CONFIG = "istio-cni-config"
INJECTOR = "istio-sidecar-injector"
MESH_CONFIG = "istio"
_MESH = "mesh"  # the key of the settings in a ConfigMap of the mesh
# Where a ConfigMap is looked for by a user who may not list them: Istio's own namespace, and GKE's and OpenShift's.
_HOMES = ("istio-system", "kube-system")
_INJECTOR_SETTINGS = ("policy:", "alwaysInjectSelector:", "neverInjectSelector:")


def is_injector(name: str) -> bool:
    """Whether a ConfigMap of this name is an injector's: `istio-sidecar-injector`, or with `-<revision>`."""
    return name == INJECTOR or name.startswith(f"{INJECTOR}-")


def is_mesh_config(name: str) -> bool:
    """Whether a ConfigMap of this name may be an istiod's: `istio`, or `istio-<revision>` as many others are too."""
    return name == MESH_CONFIG or name.startswith(f"{MESH_CONFIG}-")


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

    def fact(self) -> installation_facts.ConfigMap:
        """The flat ConfigMap; of an injector only the settings (`data["config"]`), without its templates."""
        data = texts(self.data)
        if is_injector(self.name):
            data = {"config": injector_settings(data["config"])} if "config" in data else {}
        return installation_facts.ConfigMap(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            data=data,
            created=self.metadata.creation_timestamp,
            changed=self._changed(),
            owner=self.metadata.owner(),
            release=(self.metadata.annotations or NO_ANNOTATIONS).helm_release or "",
        )

    def _changed(self) -> datetime | None:
        entries = self.metadata.managed_fields or ()
        times = (e.time for e in entries if e.fields_v1 is not None and e.fields_v1.data is not UNSET)
        return max((time for time in times if time), default=None)


def _of_mesh(found: ConfigMap) -> tuple[installation_facts.ConfigMap, ...]:
    """The ConfigMap where it holds the settings of a mesh, without what else it holds."""
    settings = texts(found.data).get(_MESH)
    return () if settings is None else (structs.replace(found.fact(), data={_MESH: settings}),)


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


CNI_CONFIGS = kind(
    "cni_config", "configmaps", ConfigMap, called=CNI_CONFIG, homes=_HOMES, rights=("list",), in_files=False
)
INJECTORS = kind(
    "injectors",
    "configmaps",
    ConfigMap,
    called=INJECTOR,
    also_called=is_injector,
    homes=_HOMES,
    rights=("list",),
    in_files=False,
)
MESH_CONFIGS = kind(
    "mesh_configs",
    "configmaps",
    ConfigMap,
    facts=_of_mesh,
    called=MESH_CONFIG,
    also_called=is_mesh_config,
    homes=_HOMES,
    rights=("list",),
    in_files=False,
)
CILIUM_CONFIGS = kind(
    "cilium_config",
    "configmaps",
    ConfigMap,
    called="cilium-config",
    homes=("kube-system",),
    rights=("list",),
    in_files=False,
)
