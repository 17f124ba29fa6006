"""What the label reference knows of one key, and the keys that rules and commands name."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from kubectl_ambient.mesh.installation.versions import OLDEST, Version

DATAPLANE_MODE = "istio.io/dataplane-mode"
USE_WAYPOINT = "istio.io/use-waypoint"
USE_WAYPOINT_NAMESPACE = "istio.io/use-waypoint-namespace"
CANARY = "istio.io/use-waypoint-canary"
INGRESS_USE_WAYPOINT = "istio.io/ingress-use-waypoint"
WAYPOINT_FOR = "istio.io/waypoint-for"
REVISION = "istio.io/rev"
INJECTION = "istio-injection"
INJECT = "sidecar.istio.io/inject"

Source = Literal["label", "annotation"]
Shape = Literal["words", "any case", "boolean", "inject", "waypoint", "namespace", "percent", "binding", "text"]


class Values(Struct, frozen=True, gc=False):
    """The values that a key takes. `words` are the valid ones of a closed set, `text` what a person reads."""

    shape: Shape
    text: str
    words: tuple[str, ...] = ()


class Place(Struct, frozen=True, gc=False):
    """A kind on which a key has an effect, and the first version of Istio in which it has."""

    kind: str
    since: Version = OLDEST


class Entry(Struct, frozen=True, kw_only=True):
    """One label or annotation.

    `read_by` is the component whose version decides whether it is known. `by_istio`: Istio writes it, a person
    seldom does. `needs` is the key without which it does nothing. `pitfalls` are sentences on what misleads people.
    """

    key: str
    source: Source
    places: tuple[Place, ...]
    values: Values
    status: str
    read_by: Literal["istio-cni", "istiod"]
    effect: str
    pitfalls: tuple[str, ...] = ()
    by_istio: bool = False
    needs: str = ""
    also: tuple[str, ...] = field(default=())

    @property
    def since(self) -> Version:
        """The first version that knows it anywhere."""
        return min(place.since for place in self.places)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds on which it has an effect."""
        return tuple(place.kind for place in self.places)

    def place(self, kind: str) -> Place | None:
        """Where it takes effect on an object of this kind; None where it does not.

        Istio copies the labels and the annotations of a Gateway to the pods and the Service that it makes for it.
        """
        kinds = ("Pod", "Service") if kind == "Gateway" and kind in self.also else (kind,)
        return next((place for place in self.places if place.kind in kinds), None)


POD = (Place("Pod"),)
COPIED = ("Gateway",)
BOOLEAN = Values("boolean", "true, false", ("true", "false"))
CLOSENESS = ("PreferClose", "PreferSameZone", "PreferSameNode")


def known_since(minor: int, *kinds: str) -> tuple[Place, ...]:
    """The places of a key that is known since that version, 1.`minor`."""
    return tuple(Place(kind, Version(1, minor, 0)) for kind in kinds)


CANARY_USERS = known_since(31, "Namespace", "Service", "ServiceEntry")
