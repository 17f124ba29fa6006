"""The commands that move traffic to a waypoint or past it, as one types them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Fix, offer
from kubectl_ambient.mesh.waypoint import NEW
from kubectl_ambient.mesh.waypoint.allowed_routes import admission
from kubectl_ambient.mesh.waypoint.deciding import Decision
from kubectl_ambient.mesh.waypoint.gateway_commands import applied, on_gateway, wake
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.mesh.waypoint.rules import Target, kind_of, traffic_of
from kubectl_ambient.mesh.waypoint.usable import answers_hbone, takes
from kubectl_ambient.mesh.waypoint.words import concerns
from kubectl_ambient.shell.command import Offer, chain, kubectl
from kubectl_ambient.shell.words import Word, inside, label, name, namespace, option, patch, type_

BY_API_SERVER = "kubernetes.io/metadata.name"  # always the name of the namespace, whatever one sets
_SHORT = {"Service": "svc", "ServiceEntry": "serviceentry", "Pod": "pod", "WorkloadEntry": "workloadentry"}


class Asked(Struct, frozen=True):
    """Whose waypoint is to be mended: an object, or (whole) a Namespace, for which the object stands."""

    judge: WaypointJudge
    target: Target
    decision: Decision
    whole: bool = False

    @property
    def home(self) -> str:
        """The object's namespace."""
        return self.target.namespace

    @property
    def words(self) -> tuple[str | Word, ...]:
        """`svc cart -n shop`, or `ns shop`."""
        if self.whole:
            return ("ns", namespace(self.home))
        return (_SHORT[kind_of(self.target)], name(self.target.name), *inside(self.home))

    @property
    def gateway(self) -> Gateway | None:
        """The Gateway that the labels name, where it is there."""
        return self.judge.snapshot.gateways.fact(self.decision.named.key)


def usable(judge: WaypointJudge, target: Target) -> list[Gateway]:
    """The waypoints that would serve the object if a label named them, those of its own namespace first."""
    snapshot, version = judge.snapshot, judge.control_plane.newest.version
    home, namespace = target.namespace, judge.namespace(target.namespace)
    found = []
    for gateway in snapshot.gateways:
        of_class = snapshot.gateway_class(gateway.class_name)
        serves = takes(gateway, of_class, version).covers(traffic_of(target)) and answers_hbone(gateway, of_class)
        admitted = admission(gateway, of_class, home, namespace, version).admitted
        if gateway.addresses and serves and admitted and judge.life_of(gateway).alive is not False:
            found.append(gateway)
    return sorted(found, key=lambda gateway: (gateway.namespace != home, gateway.key))


def enable(asked: Asked, gateway: Gateway, *, overwrite: bool = False) -> Iterator[Fix]:
    """Have that waypoint serve it."""
    flags = [*option("--waypoint", name(gateway.name))]
    if gateway.namespace != asked.home:
        flags += option("--waypoint-namespace", namespace(gateway.namespace))
    if overwrite:
        flags.append("--overwrite")
    return offer(named_by(asked, *flags), f"{goes(asked)} goes through {gateway.key}")


def named_by(asked: Asked, *flags: str | Word) -> Offer:
    """`kubectl ambient waypoint enable svc cart -n shop`, with these flags."""
    return kubectl("ambient waypoint enable", *asked.words, *flags)


def goes(asked: Asked) -> str:
    """The traffic that is meant."""
    if asked.whole:
        return "what is sent to the services of the namespace"
    told = concerns(asked.target)
    kept = isinstance(asked.target, Pod) and asked.target.owner is not None
    return f"{told[0].lower()}{told[1:]}{' (of this pod, not of its successors)' if kept else ''}"


def create(asked: Asked, home: str, waypoint: str, *, alone: bool = False) -> Iterator[Fix]:
    """Make a waypoint for such traffic; one that the Namespace names (not alone) has its services as well."""
    wanted, traffic = "", "services"
    if traffic_of(asked.target) == "workload" and not asked.whole:
        shared = asked.decision.named.inherited and not alone
        wanted, traffic = ("all", "services and to workloads") if shared else ("workload", "workloads")
    effect = f"creates waypoint {home}/{waypoint} for traffic to {traffic}, and waits until it is ready"
    return offer(applied(home, waypoint, *(("--for", wanted) if wanted else ()), "--wait"), effect)


def new_name(judge: WaypointJudge, home: str) -> str:
    """A name for another waypoint of the namespace, which istioctl would not write over: `waypoint`, `waypoint-2`."""
    taken = judge.snapshot.gateways.facts
    names = (NEW, *(f"{NEW}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if f"{home}/{name}" not in taken)


def one_of_its_own(asked: Asked, *, if_wanted: str = "") -> Iterator[Fix]:
    """Have a waypoint of its own namespace serve it: one that would, else a new one. Nobody else is touched."""
    there = [gateway for gateway in usable(asked.judge, asked.target) if gateway.namespace == asked.home]
    labelled = USE_WAYPOINT in asked.target.labels or asked.whole or asked.decision.named.inherited
    found = list(enable(asked, there[0], overwrite=labelled)) if there else []
    if not there:
        made, flags = new_name(asked.judge, asked.home), ("--overwrite",) if labelled else ()
        found += create(asked, asked.home, made, alone=True)
        found += offer(named_by(asked, "--waypoint", made, *flags), f"{goes(asked)} goes through {asked.home}/{made}")
    for number, fix in enumerate(found):
        yield structs.replace(fix, effect=f"{if_wanted}{fix.effect}") if number == 0 else fix


def admit_too(home: str, gateway: str, names: Iterable[str], listener: int = 0) -> Iterator[Fix]:
    """Have that listener of a waypoint admit these namespaces; istioctl makes waypoints for their own."""
    admitted = list(dict.fromkeys(names))
    selector = {"matchExpressions": [{"key": BY_API_SERVER, "operator": "In", "values": admitted}]}
    value = {"from": "Selector", "selector": selector}
    change = [{"op": "add", "path": f"/spec/listeners/{listener}/allowedRoutes/namespaces", "value": value}]
    command = on_gateway("patch", home, gateway, "--type=json -p", patch(change))
    return offer(command, f"the waypoint admits the namespaces {' and '.join(admitted)}, and no others")


def opt_out(asked: Asked) -> Iterator[Fix]:
    """Let its traffic pass the waypoint."""
    command = kubectl("ambient waypoint disable", *asked.words, "--opt-out")
    return offer(command, f"until it is mended: {goes(asked)} goes direct, without the waypoint's policies and routes")


def take_off(target: Target) -> Offer:
    """Take the label off, wherever it is: a WorkloadEntry may have it in two places."""
    where = (type_(kind_of(target).lower()), name(target.name), *inside(target.namespace))
    keys = [key for key in (USE_WAYPOINT, USE_WAYPOINT_NAMESPACE) if key == USE_WAYPOINT or key in target.labels]
    of_metadata = kubectl("label", *where, *(label(key, None) for key in keys))
    if not isinstance(target, WorkloadEntry) or USE_WAYPOINT not in target.spec_labels:
        return of_metadata
    of_spec = kubectl("patch", *where, "--type=merge -p", patch({"spec": {"labels": {USE_WAYPOINT: None}}}))
    return chain(of_spec, of_metadata) if USE_WAYPOINT in target.beaten else of_spec


def look_at(gateway: Gateway, snapshot: Snapshot) -> Iterator[Fix]:
    """See why a waypoint is not ready; where its Deployment says so, have it make pods."""
    idle = snapshot.scaled_to_none(gateway)
    if idle is not None:
        yield from offer(wake(idle), "its Deployment asks for no pod: the waypoint serves as soon as one is Ready")
        return
    described = on_gateway("describe", gateway.namespace, gateway.name)
    yield from offer(described, "shows what its controller tells of it")
    found = kubectl("get pods", *inside(gateway.namespace), "-l", label(GATEWAY_NAME, gateway.name))
    yield from offer(found, "shows its pods, and whether they live")
