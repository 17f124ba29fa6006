"""What `waypoint enable` and `waypoint disable` were told, as it was typed."""

from __future__ import annotations

from dataclasses import dataclass, fields

from kubectl_ambient.runs.change.flags import Flags

DEFAULT_NAME = "waypoint"  # as `istioctl waypoint apply` names it


@dataclass(frozen=True, kw_only=True, slots=True)
class WaypointFlags(Flags):
    """The flags as they were typed."""

    waypoint: str = ""
    waypoint_namespace: str = ""

    @classmethod
    def of(cls, flags: Flags, waypoint: str, namespace: str, *, force: bool = False) -> WaypointFlags:
        """Those of every label, and those of a waypoint beside them."""
        given = {field.name: getattr(flags, field.name) for field in fields(flags)}
        return cls(**given | {"force": force}, waypoint=waypoint, waypoint_namespace=namespace)
