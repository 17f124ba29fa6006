"""Who is meant by what was typed: the pods, the service or the address, and by which port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import Owner, Pod
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service, ServicePort
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.way import Call
from kubectl_ambient.mesh.waypoint.pods import selects


class Meant(Struct, frozen=True, kw_only=True):
    """An end as it was typed: `ref` as in documents, the pods that it is, or (none) the party itself.

    service: the one whose address is called.
    """

    ref: str
    pods: tuple[Pod, ...] = ()
    party: Party | None = None
    service: Service | ServiceEntry | None = None


def living(snapshot: Snapshot) -> list[Pod]:
    """The pods that are not finished, by namespace and name."""
    return [snapshot.pods.facts[key] for key in sorted(snapshot.pods.facts) if not snapshot.pods.facts[key].finished]


def workload_of(pod: Pod, snapshot: Snapshot) -> str:
    """`Deployment/shop/web`; of a pod without an owner its own `Pod/shop/web-1`."""
    owner = owner_of(pod, snapshot.workloads.facts)
    if owner is not None and owner.kind == "Job":
        job = snapshot.workload("Job", pod.namespace, owner.name)
        owner = job.owner if job is not None and job.owner is not None else owner
    return f"{owner.kind}/{pod.namespace}/{owner.name}" if owner else pod.ref


def pods_of_workload(kind: str, namespace: str, name: str, snapshot: Snapshot) -> tuple[Pod, ...]:
    """The pods of a workload that are not finished; a ReplicaSet and a Job may be named too."""
    wanted, itself = f"{kind}/{namespace}/{name}", Owner(kind=kind, name=name)
    return tuple(
        pod
        for pod in living(snapshot)
        if pod.namespace == namespace and (workload_of(pod, snapshot) == wanted or pod.owner == itself)
    )


def pods_of_gateway(namespace: str, name: str, snapshot: Snapshot) -> tuple[Pod, ...]:
    """The pods that were made of a Gateway."""
    return tuple(pod for pod in living(snapshot) if pod.namespace == namespace and pod.labels.get(GATEWAY_NAME) == name)


def pods_of_service(service: Service, snapshot: Snapshot) -> tuple[Pod, ...]:
    """Those behind a Service: by its selector, or by its EndpointSlices where it has none."""
    if service.selector:
        return tuple(p for p in living(snapshot) if p.namespace == service.namespace and selects(service, p))
    targets = {
        f"{endpoint.target.namespace or service.namespace}/{endpoint.target.name}"
        for found in snapshot.endpoint_slices
        if (found.namespace, found.service) == (service.namespace, service.name)
        for endpoint in found.endpoints
        if endpoint.target is not None and endpoint.target.kind == "Pod"
    }
    return tuple(pod for pod in living(snapshot) if f"{pod.namespace}/{pod.name}" in targets)


def pods_of_entry(entry: ServiceEntry, snapshot: Snapshot) -> tuple[Pod, ...]:
    """Those that the workload selector of a ServiceEntry chooses; none where it has none."""
    selector = entry.workload_selector
    if not selector:
        return ()
    pods = (pod for pod in living(snapshot) if pod.namespace == entry.namespace)
    return tuple(pod for pod in pods if selector.items() <= pod.labels.items())


def calls(to: Meant, party: Party, typed: int | None) -> list[Call]:
    """What may be meant by the port, or by none: of a Service each of its ports, of a pod each that it declares.

    A port that no policy names (None) where nothing tells of any.
    """
    if isinstance(to.service, Service):
        return list(_of_service(to.service, party, typed))
    if to.service is not None or typed is not None:
        return [Call(port=typed, service=to.service, service_port=typed)]
    numbers = dict.fromkeys(port.number for port in party.ports if port.protocol == "TCP")
    return [Call(port=number) for number in numbers] or [Call()]


def _of_service(service: Service, party: Party, typed: int | None) -> Iterator[Call]:
    ports = [port for port in service.ports if port.protocol == "TCP" and typed in (None, port.number)]
    if not ports:
        yield Call(port=typed, service=service, service_port=typed)
    for port in ports:
        yield Call(port=_target(port, party), service=service, service_port=port.number)


def _target(port: ServicePort, party: Party) -> int | None:
    """The pod's port behind a port of a Service; None where it has none of that name."""
    match port.target:
        case str() as name:
            return next((p.number for p in party.ports if (p.name, p.protocol) == (name, port.protocol)), None)
        case number:
            return number


def service_at(ip: str, snapshot: Snapshot) -> Service | ServiceEntry | None:
    """The service that has this address."""
    found: Sequence[Service | ServiceEntry] = (*snapshot.services.facts.values(), *snapshot.service_entries)
    return next((service for service in found if ip in service.vips), None)


def pod_at(ip: str, snapshot: Snapshot) -> Pod | None:
    """The pod that has this address for itself."""
    seen = snapshot.on_network.facts
    pods = ((pod, seen.get(f"{pod.namespace}/{pod.name}")) for pod in living(snapshot) if not pod.host_network)
    return next((pod for pod, on_network in pods if on_network is not None and ip in on_network.ips), None)


def entry_for(host: str, snapshot: Snapshot) -> ServiceEntry | None:
    """The ServiceEntry of a host: one that names it, else one with a wildcard for it, the longest first."""
    known = [snapshot.service_entries.facts[key] for key in sorted(snapshot.service_entries.facts)]
    exact = next((entry for entry in known if host in entry.hosts), None)
    if exact is not None:
        return exact
    wild = [(len(h), entry) for entry in known for h in entry.hosts if h.startswith("*") and host.endswith(h[1:])]
    return max(wild, key=lambda each: each[0])[1] if wild else None
