"""Where the waypoints of `waypoint list` come from: a cluster, or the files of `-f`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubectl_ambient.cli.source import bad_objects, from_files, warn
from kubectl_ambient.cluster.facts import NOT_FOUND, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.mesh.waypoint_list import Waypoint, waypoints
from kubectl_ambient.mesh.waypoints import WaypointJudge

if TYPE_CHECKING:
    from datetime import datetime

    from kubectl_ambient.kube.api import Client


@dataclass(kw_only=True)
class WaypointListSource:
    """The waypoints, and what was wrong on the way. many: they are of several namespaces."""

    judge: WaypointJudge
    waypoints: list[Waypoint]
    namespace: str
    many: bool
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def assumptions(self) -> list[str]:
        """What could not be read, and what was taken for granted instead."""
        return [*self.remarks, *self.judge.assumptions]

    def tell_problems(self) -> int:
        """Print what was wrong to stderr; the exit code that follows from it."""
        for problem in self.problems:
            print(problem, file=sys.stderr)
        return 1 if self.problems else 0


def read_waypoint_list(
    connection: ConnectionOptions,
    *,
    all_namespaces: bool,
    filenames: Sequence[str],
    recursive: bool,
    chunk_size: int,
) -> WaypointListSource:
    """Read the waypoints and their users. Raises KubeError where there can be no answer, as without Gateways."""
    if not filenames:
        return _of_cluster(connection, all_namespaces=all_namespaces, chunk_size=chunk_size)
    namespace = "" if all_namespaces else connection.namespace
    snapshot, problems = from_files(filenames, recursive=recursive, namespace=connection.namespace)
    judge = WaypointJudge(snapshot)
    found = waypoints(judge, namespace)
    one = {w.gateway.namespace for w in found} if not (all_namespaces or namespace) else set()
    many = all_namespaces or (not namespace and len(one) != 1)
    return WaypointListSource(
        judge=judge, waypoints=found, namespace=namespace or next(iter(one), ""), many=many, problems=problems
    )


def _of_cluster(connection: ConnectionOptions, *, all_namespaces: bool, chunk_size: int) -> WaypointListSource:
    from datetime import UTC, datetime

    from kubectl_ambient.cluster.l7_live import read_waypoints
    from kubectl_ambient.cluster.needs import Needs
    from kubectl_ambient.kube.api import connect

    client = connect(connection, on_warning=warn)
    namespace = "" if all_namespaces else client.namespace
    now = datetime.now(UTC)
    snapshot = read_waypoints(client, Needs(namespaces=_only(namespace), chunk_size=chunk_size), now=now)
    refused = snapshot.l7.unread_gateways.get(namespace)
    if refused is not None:
        raise KubeError(f"error: {refused}")
    remarks = [str(unread) for unread in snapshot.l7.unread.values()]
    judge = WaypointJudge(snapshot)
    found = waypoints(judge, namespace)
    if namespace and any(waypoint.routes.allowed_from != "Same" for waypoint in found):
        # Others may use it too, which takes a look at all namespaces.
        wide = _of_all(client, chunk_size, now)
        if wide is None:
            remarks.append("who uses it in other namespaces could not be read, and is not counted")
        else:
            judge = WaypointJudge(wide)
            found = waypoints(judge, namespace)
    if "Gateway" in snapshot.l7.absent:
        remarks = [
            f"The server has no {snapshot.l7.absent['Gateway']}: without the Gateway API there are no waypoints."
        ]
    return WaypointListSource(
        judge=judge,
        waypoints=found,
        namespace=namespace,
        many=all_namespaces,
        problems=[*_unknown_namespace(snapshot, namespace), *bad_objects(client)],
        remarks=remarks,
    )


def _of_all(client: Client, chunk_size: int, now: datetime) -> Snapshot | None:
    """All namespaces; None where any part of that may not be read."""
    from kubectl_ambient.cluster.l7_live import read_waypoints
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


def _unknown_namespace(snapshot: Snapshot, name: str) -> list[str]:
    """A namespace that is not there looks like one without waypoints; a typo must not pass for that."""
    found = snapshot.namespaces.get(name)
    if isinstance(found, Unread) and found.why == NOT_FOUND:
        return [f'Error from server (NotFound): namespaces "{name}" not found']
    return []
