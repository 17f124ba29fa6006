"""The two labels that name a waypoint, as one value."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from kubectl_ambient.change.targets import WaypointTarget
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.mesh.waypoint.reference import OPT_OUT, USE_WAYPOINT, USE_WAYPOINT_NAMESPACE


class UseWaypoint(Struct, frozen=True, gc=False):
    """The values of `istio.io/use-waypoint` and `istio.io/use-waypoint-namespace`; None where one is not set."""

    name: str | None = None
    namespace: str | None = None

    @property
    def labels(self) -> dict[str, str | None]:
        """Both labels by their keys."""
        return {USE_WAYPOINT: self.name, USE_WAYPOINT_NAMESPACE: self.namespace}

    @property
    def text(self) -> str:
        """`istio.io/use-waypoint=wp, istio.io/use-waypoint-namespace=infra`: what is set of them."""
        return ", ".join(f"{key}={value}" for key, value in self.labels.items() if value is not None)

    @property
    def opts_out(self) -> bool:
        """Whether it says `none`."""
        return self.name == OPT_OUT

    def key(self, home: str) -> str | None:
        """The waypoint (`shop/wp`) that it names on an object of namespace `home`; None where it names none."""
        if self.name is None or self.opts_out:
            return None
        return f"{home if self.namespace is None else self.namespace}/{self.name}"

    def over(self, beneath: UseWaypoint) -> UseWaypoint:
        """What counts where `beneath` stands in for what is not set."""
        return UseWaypoint(
            beneath.name if self.name is None else self.name,
            beneath.namespace if self.namespace is None else self.namespace,
        )


def use_waypoint(labels: Mapping[str, str]) -> UseWaypoint:
    """What the labels say."""
    return UseWaypoint(labels.get(USE_WAYPOINT), labels.get(USE_WAYPOINT_NAMESPACE))


def home_of(target: WaypointTarget) -> str:
    """The namespace in which a waypoint without a namespace is looked for: the object's; a Namespace is its own."""
    return target.name if isinstance(target, Namespace) else target.namespace


def with_waypoint(target: WaypointTarget, value: UseWaypoint) -> WaypointTarget:
    """The same object with these two labels."""
    labels = {key: text for key, text in target.labels.items() if key not in value.labels}
    labels |= {key: text for key, text in value.labels.items() if text is not None}
    return structs.replace(target, labels=labels)
