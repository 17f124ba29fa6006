"""ServiceEntries: hosts outside, or added, as the mesh knows them."""

from kubectl_ambient.cluster.kinds.conditions import NO_ADDRESSES, AddressStatus, Conditioned
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.wire_parts import NO_ANNOTATIONS, Object, Texts, Wire, texts

# The ranges from which istiod gives addresses [pilot/pkg/controllers/ipallocate], as they are written.
_AUTOMATIC = ("240.240.", "2001:2::", "2001:2:0:")


class ServiceEntry(Conditioned, frozen=True):
    """A ServiceEntry. `allocated` are the addresses that istiod gave its hosts (`status.addresses`).

    `workload_selector` is None where it has none.
    """

    canary_weight: str | None = None
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    allocated: tuple[str, ...] = ()
    resolution: str = "NONE"
    location: str = ""
    workload_selector: dict[str, str] | None = None

    @property
    def vips(self) -> tuple[str, ...]:
        """The addresses that lead to it: its own, else those that istiod gave it."""
        return self.addresses or self.allocated

    @property
    def automatic(self) -> bool:
        """Whether all addresses that lead to it are of the ranges that no DNS but Istio's own tells."""
        return bool(self.vips) and all(address.startswith(_AUTOMATIC) for address in self.vips)


class WorkloadSelector(Wire, frozen=True):
    """`spec.workloadSelector` of a ServiceEntry."""

    labels: Texts = None


class ServiceEntrySpec(Wire, frozen=True):
    """`spec` of a ServiceEntry."""

    hosts: list[str] | None = None
    addresses: list[str] | None = None
    resolution: str | None = None
    location: str | None = None
    workload_selector: WorkloadSelector | None = None


class ServiceEntryObject(Object, frozen=True):
    """A ServiceEntry."""

    spec: ServiceEntrySpec | None = None
    status: AddressStatus | None = None

    def fact(self) -> ServiceEntry:
        """The flat ServiceEntry."""
        spec, status = self.spec or ServiceEntrySpec(), self.status or NO_ADDRESSES
        return ServiceEntry(
            namespace=self.namespace,
            name=self.name,
            labels=texts(self.metadata.labels),
            conditions=status.facts(),
            canary_weight=(self.metadata.annotations or NO_ANNOTATIONS).canary_weight,
            hosts=tuple(spec.hosts or ()),
            addresses=tuple(spec.addresses or ()),
            allocated=status.values(),
            resolution=spec.resolution or "NONE",
            location=spec.location or "",
            workload_selector=texts(spec.workload_selector.labels) if spec.workload_selector else None,
        )


SERVICE_ENTRIES = kind(
    "service_entries",
    "serviceentries",
    ServiceEntryObject,
    words="serviceentries.networking.istio.io",
    rights=WATCH,
)
