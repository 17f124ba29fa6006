"""Where the waypoints of `waypoint list` come from: a cluster, or the files of `-f`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import Waypoint, waypoints
from kubectl_ambient.runs.origin import Origin, bad_objects, connected, from_files
from kubectl_ambient.runs.told import unknown_namespace
from kubectl_ambient.runs.waypoint.told import WaypointTold, without_gateway_api

if TYPE_CHECKING:
    from datetime import datetime

    from kubectl_ambient.kube.api import Client


@dataclass(kw_only=True)
class WaypointListSource(WaypointTold):
    """The waypoints, and what was wrong on the way. many: they are of several namespaces."""

    waypoints: list[Waypoint]
    namespace: str
    many: bool


def read_waypoint_list(origin: Origin) -> WaypointListSource:
    """Read the waypoints and their users. Raises KubeError where there can be no answer, as without Gateways."""
    if not origin.filenames:
        return _of_cluster(origin)
    snapshot, problems = from_files(origin)
    judge = WaypointJudge(snapshot)
    found = waypoints(judge, origin.namespace)
    namespace = origin.home_of(waypoint.gateway.namespace for waypoint in found)
    return WaypointListSource(judge=judge, waypoints=found, namespace=namespace, many=not namespace, problems=problems)


def _of_cluster(origin: Origin) -> WaypointListSource:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.l7.live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs

    client = connected(origin)
    namespace = origin.home(client)
    now = datetime.now(UTC)
    snapshot = read_waypoints(client, Needs(namespaces=_only(namespace), chunk_size=origin.chunk_size), now=now)
    refused = snapshot.l7.unread_gateways.get(namespace)
    if refused is not None:
        raise KubeError(f"error: {refused}")
    remarks = [str(unread) for unread in snapshot.l7.unread.values()]
    judge = WaypointJudge(snapshot)
    found = waypoints(judge, namespace)
    if namespace and any(waypoint.routes.allowed_from != "Same" for waypoint in found):
        # Others may use it too, which takes a look at all namespaces.
        wide = _of_all(client, origin.chunk_size, now)
        if wide is None:
            remarks.append("who uses it in other namespaces could not be read, and is not counted")
        else:
            judge = WaypointJudge(wide)
            found = waypoints(judge, namespace)
    return WaypointListSource(
        judge=judge,
        waypoints=found,
        namespace=namespace,
        many=origin.all_namespaces,
        problems=[*unknown_namespace(snapshot.namespaces, namespace, empty=True), *bad_objects(client)],
        remarks=without_gateway_api(snapshot.l7) or remarks,
    )


def _of_all(client: Client, chunk_size: int | None, now: datetime) -> Snapshot | None:
    """All namespaces; None where any part of that may not be read."""
    from kubectl_ambient.cluster.l7.live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs

    try:
        found = read_waypoints(client, Needs(chunk_size=chunk_size), now=now)
    except KubeError:
        return None
    parts = (*found.l7.unread.values(), *found.l7.unread_gateways.values(), *found.namespaces.values())
    whole = found.namespaces and not any(isinstance(part, Unread) for part in parts)
    return found if whole else None


def _only(namespace: str) -> tuple[str, ...]:
    return (namespace,) if namespace else ()
