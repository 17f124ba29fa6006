"""What the command path reads, and what its answers are about."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.needs.paths import PathNeeds
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.resources import find_resource
from kubectl_ambient.mesh.path import who
from kubectl_ambient.mesh.path.answer import Answer, Answers, matrix, workloads
from kubectl_ambient.mesh.path.parties import Party
from kubectl_ambient.mesh.path.who import Meant
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.path.ends import WORKLOADS, Typed
from kubectl_ambient.runs.place import Place, opened
from kubectl_ambient.runs.told import Told, not_found, tell_assumptions, unknown_namespace

_MOST_PAIRS = 200_000


class PathRequest(Struct, frozen=True, kw_only=True):
    """The two ends, or (None) every pair of the scope. ports: of the destination; none for those that it names."""

    origin: Origin
    source: Typed | None = None
    destination: Typed | None = None
    ports: tuple[int, ...] = ()


class PathSource(Told, kw_only=True):
    """The answers that were asked for, and what was wrong on the way. ends: the workloads of a matrix."""

    judge_assumptions: list[str]
    answers: list[Answer]
    ends: list[Meant]
    namespace: str
    many: bool

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return list(dict.fromkeys([*self.remarks, *self.judge_assumptions]))

    def tell_beside(self, origin: Origin) -> None:
        """Print to stderr what could not be read, and what was taken for granted."""
        tell_assumptions(self.assumptions, origin)


def read_path_source(request: PathRequest) -> PathSource:
    """The answers to a request. Raises KubeError where there can be no answer at all."""
    place = opened(request.origin)
    namespaces = _namespaces(request, place)
    snapshot = place.read(PathNeeds(namespaces=namespaces))
    answers = Answers(snapshot)
    ends: list[Meant] = []
    if request.source is None or request.destination is None:
        ends = workloads(snapshot, place.namespace)
        _check_size(len(ends), len(request.ports))
        found = list(matrix(answers, ends, request.ports))
    else:
        found = list(_between(request, request.source, request.destination, answers, place))
    homes = [pod.namespace for meant in ends for pod in meant.pods]
    namespace, many = place.home(homes)
    missing = unknown_namespace(snapshot, place.namespace, empty=not (found or ends or snapshot.from_files))
    return PathSource(
        judge_assumptions=answers.judge.assumptions,
        answers=found,
        ends=ends,
        namespace=namespace,
        many=many,
        problems=[*missing, *place.problems],
        remarks=_remarks(snapshot),
    )


def _check_size(ends: int, ports: int) -> None:
    """Raises KubeError where there are more pairs than anybody could read, or this machine could hold."""
    pairs = ends * (ends - 1) * max(ports, 1)
    if pairs > _MOST_PAIRS:
        raise KubeError(
            f"error: {ends} workloads make {pairs} answers, and no more than {_MOST_PAIRS} are given at once: choose a "
            "namespace with -n, or fewer ports"
        )


def _namespaces(request: PathRequest, place: Place) -> tuple[str, ...]:
    ends = [end for end in (request.source, request.destination) if end is not None]
    if any(end.everywhere for end in ends) or not place.namespace:
        return ()
    typed = [end.namespace or place.namespace for end in ends if end.kind not in ("Outside", "Node")]
    return tuple(dict.fromkeys(typed or [place.namespace]))


def _between(request: PathRequest, source: Typed, destination: Typed, answers: Answers, place: Place) -> list[Answer]:
    home = place.namespace or request.origin.connection.namespace or "default"
    snapshot = answers.judge.snapshot
    start, end = _meant(source, home, answers, snapshot), _meant(destination, home, answers, snapshot)
    ports = request.ports or ((destination.port,) if destination.port is not None else (None,))
    found = [answer for port in ports for answer in answers.of(start, end, port)]
    for meant in (start, end):
        if not meant.pods and meant.party is None:
            raise KubeError(f"error: no pod that runs belongs to {meant.ref}")
    return found


def _meant(typed: Typed, home: str, answers: Answers, snapshot: Snapshot) -> Meant:
    """The pods, the service or the address that was typed. Raises KubeError where there is no such object."""
    namespace = typed.namespace or home
    match typed.kind:
        case "Outside":
            return Meant(ref="outside", party=Party(ref="outside", role="outside"))
        case "Node":
            ref = f"Node/{typed.name}" if typed.name else "node"
            return Meant(ref=ref, party=Party(ref=ref, role="host", node=typed.name, ips=_ips_of(typed.name, snapshot)))
        case "Address":
            return _at_address(typed.name, snapshot)
        case "Host":
            return _host(typed.name, snapshot)
        case "Service":
            service = snapshot.services.get(f"{namespace}/{typed.name}")
            if not isinstance(service, Service):
                raise _absent(typed, namespace, service, snapshot)
            if service.type == "ExternalName":  # no more than another name
                return _host(service.external_name, snapshot)
            return Meant(ref=service.ref, pods=who.pods_of_service(service, snapshot), service=service)
        case "ServiceEntry":
            entry = snapshot.service_entries.get(f"{namespace}/{typed.name}")
            if not isinstance(entry, ServiceEntry):
                raise _absent(typed, namespace, entry, snapshot)
            return _entry(entry, entry.hosts[0] if entry.hosts else entry.name, snapshot)
        case "Gateway":
            return Meant(
                ref=f"Gateway/{namespace}/{typed.name}", pods=who.pods_of_gateway(namespace, typed.name, snapshot)
            )
        case "Pod":
            pod = snapshot.pods.get(f"{namespace}/{typed.name}")
            if not isinstance(pod, Pod):
                raise _absent(typed, namespace, pod, snapshot)
            return Meant(ref=pod.ref, pods=(pod,))
    assert typed.kind in WORKLOADS
    pods = who.pods_of_workload(typed.kind, namespace, typed.name, snapshot)
    if not pods and snapshot.workload(typed.kind, namespace, typed.name) is None:
        unread = snapshot.workloads.why_unread(f"{typed.kind}/{namespace}")
        raise _absent(typed, namespace, None if snapshot.from_files else unread, snapshot)
    return Meant(ref=f"{typed.kind}/{namespace}/{typed.name}", pods=pods)


def _absent(typed: Typed, namespace: str, unread: object, snapshot: Snapshot) -> KubeError:
    if unread is not None and not snapshot.from_files:
        return KubeError(f"error: {typed.kind} {namespace}/{typed.name} is not known: {unread}")
    return KubeError(not_found(find_resource(typed.kind).full_name, typed.name, in_files=snapshot.from_files))


def _at_address(ip: str, snapshot: Snapshot) -> Meant:
    pod = who.pod_at(ip, snapshot)
    if pod is not None:
        return Meant(ref=pod.ref, pods=(pod,))
    service = who.service_at(ip, snapshot)
    if isinstance(service, Service):
        return Meant(ref=service.ref, pods=who.pods_of_service(service, snapshot), service=service)
    if service is not None:
        return _entry(service, ip, snapshot)
    return Meant(ref=ip, party=Party(ref=ip, role="outside", ips=(ip,)))


def _host(host: str, snapshot: Snapshot) -> Meant:
    entry = who.entry_for(host, snapshot)
    return _entry(entry, host, snapshot) if entry else Meant(ref=host, party=Party(ref=host, role="outside"))


def _entry(entry: ServiceEntry, host: str, snapshot: Snapshot) -> Meant:
    pods = who.pods_of_entry(entry, snapshot)
    return Meant(ref=entry.ref, pods=pods, party=Party(ref=host, role="outside"), service=entry)


def _ips_of(node: str, snapshot: Snapshot) -> tuple[str, ...]:
    """A node's addresses, as a pod on its network has them; none where there is no such pod."""
    seen = snapshot.on_network.facts
    pods = (pod for pod in who.living(snapshot) if pod.host_network and pod.node == node and node)
    return next((seen[key].ips for pod in pods if (key := f"{pod.namespace}/{pod.name}") in seen), ())


def _remarks(snapshot: Snapshot) -> list[str]:
    parts: tuple[Found[Any], ...] = (
        snapshot.authorization_policies,
        snapshot.peer_authentications,
        snapshot.network_policies,
        snapshot.services,
    )
    return list(dict.fromkeys(str(why) for part in parts for why in part.unread.values()))
