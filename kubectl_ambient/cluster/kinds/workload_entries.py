"""WorkloadEntries: workloads outside of Kubernetes."""

from msgspec import field

from kubectl_ambient.cluster.kinds.conditions import NO_STATUS, Conditioned, Status
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.wire_parts import Object, Texts, Wire, texts


class WorkloadEntry(Conditioned, frozen=True):
    """A WorkloadEntry. `labels` are those of `spec.labels` and of its metadata, which win, as istiod merges them.

    `beaten` are the keys of `spec_labels` that its metadata has too.
    """

    spec_labels: dict[str, str] = field(default_factory=dict)
    beaten: tuple[str, ...] = ()
    address: str = ""

    @property
    def spec_keys(self) -> frozenset[str]:
        """The labels that it has by `spec.labels` only."""
        return frozenset(self.spec_labels).difference(self.beaten)

    @property
    def metadata_labels(self) -> dict[str, str]:
        """The labels that Kubernetes knows, and selects by."""
        return {key: value for key, value in self.labels.items() if key not in self.spec_keys}


class WorkloadEntrySpec(Wire, frozen=True):
    """`spec` of a WorkloadEntry."""

    address: str | None = None
    labels: Texts = None


class WorkloadEntryObject(Object, frozen=True):
    """A WorkloadEntry."""

    spec: WorkloadEntrySpec | None = None
    status: Status | None = None

    def fact(self) -> WorkloadEntry:
        """The flat WorkloadEntry; the labels of both places are one [istiod `ConvertClientWorkloadEntry`]."""
        spec = self.spec or WorkloadEntrySpec()
        above, beneath = texts(self.metadata.labels), texts(spec.labels)
        return WorkloadEntry(
            namespace=self.namespace,
            name=self.name,
            labels={**beneath, **above},
            conditions=(self.status or NO_STATUS).facts(),
            spec_labels=beneath,
            beaten=tuple(key for key in beneath if key in above),
            address=spec.address or "",
        )


WORKLOAD_ENTRIES = kind(
    "workload_entries",
    "workloadentries",
    WorkloadEntryObject,
    words="workloadentries.networking.istio.io",
    rights=WATCH,
)
