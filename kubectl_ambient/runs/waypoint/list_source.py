"""Where the waypoints of `waypoint list` come from: a cluster, or the files of `-f`."""

from __future__ import annotations

from kubectl_ambient.cluster.served import objects_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.list import Waypoint, waypoints
from kubectl_ambient.runs.homes import homes, left_out
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.place import Place, opened
from kubectl_ambient.runs.told import unknown_namespace
from kubectl_ambient.runs.waypoint.told import WaypointTold, unread_objects, without_gateway_api


class WaypointListSource(WaypointTold, kw_only=True):
    """The waypoints, and what was wrong on the way. many: they are of several namespaces."""

    waypoints: list[Waypoint]
    namespace: str
    many: bool


def read_waypoint_list(origin: Origin) -> WaypointListSource:
    """Read the waypoints and their users. Raises KubeError where there can be no answer, as without Gateways."""
    from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds

    place = opened(origin)
    namespace = place.namespace
    snapshot = place.read(WaypointNeeds(namespaces=(namespace,) if namespace else (), owners=True))
    refused = None if snapshot.from_files else snapshot.gateways.why_unread(namespace)
    if refused is not None:
        raise KubeError(f"error: {refused}")
    remarks = unread_objects(snapshot)
    judge = WaypointJudge(snapshot)
    found = waypoints(judge, namespace)
    if namespace and not snapshot.from_files and any(w.routes.allowed_from != "Same" for w in found):
        # Others may use it too, which takes a look at all namespaces.
        wide = _of_all(place)
        if wide is None:
            remarks.append("who uses it in other namespaces could not be read, and is not counted")
        else:
            judge = WaypointJudge(wide)
            found = waypoints(judge, namespace)
    among = homes(origin, snapshot)
    if among is not None:
        found = [waypoint for waypoint in found if waypoint.gateway.namespace in among]
    home, many = place.home(waypoint.gateway.namespace for waypoint in found)
    return WaypointListSource(
        judge=judge,
        waypoints=found,
        namespace=home,
        many=many,
        problems=[*unknown_namespace(snapshot, namespace, empty=True), *place.problems],
        remarks=[
            *(f"‼ {sentence}." for sentence in _waiting(judge.snapshot, namespace)),
            *([] if snapshot.from_files else without_gateway_api(snapshot) or remarks),
            *left_out(origin, snapshot),
        ],
    )


def _of_all(place: Place) -> Snapshot | None:
    """All namespaces; None where any part of that may not be read."""
    from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds

    try:
        found = place.read(WaypointNeeds(owners=True))
    except KubeError:
        return None
    parts = (*objects_of(found).values(), found.gateways, found.namespaces)
    return found if found.namespaces and not any(part.unread for part in parts) else None


def _waiting(snapshot: Snapshot, namespace: str) -> list[str]:
    """The other Gateways, where no controller took them."""
    from kubectl_ambient.mesh.gateways_in_short import sentences

    return [told for told in sentences(snapshot, [namespace] if namespace else None) if told.startswith("Gateway")]
