"""What `waypoint enable` and `waypoint disable` were told, as it was typed."""

from __future__ import annotations

from msgspec.structs import asdict

from kubectl_ambient.runs.change.flags import Flags


class WaypointFlags(Flags, frozen=True, kw_only=True):
    """The flags as they were typed."""

    waypoint: str = ""
    waypoint_namespace: str = ""

    @classmethod
    def of(cls, flags: Flags, waypoint: str, namespace: str, *, force: bool = False) -> WaypointFlags:
        """Those of every label, and those of a waypoint beside them."""
        return cls(**asdict(flags) | {"force": force}, waypoint=waypoint, waypoint_namespace=namespace)
