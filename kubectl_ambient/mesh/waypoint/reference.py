"""Which waypoint the labels name, before anything is known of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.mesh.evidence import Evidence, label, unread_labels
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.versions import Version

USE_WAYPOINT = "istio.io/use-waypoint"
USE_WAYPOINT_NAMESPACE = "istio.io/use-waypoint-namespace"
CANARY = "istio.io/use-waypoint-canary"
CANARY_NAMESPACE = "istio.io/use-waypoint-canary-namespace"
OPT_OUT = "none"

_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)  # Python reads no more than 4,300 digits
_WHOLE = 100


class Reference(Struct, frozen=True, gc=False):
    """What the labels say: which object's they are (empty where none has any), and the waypoint that they name.

    `waypoint` is None for `none`, and where no label is set. `unread` is the Namespace that decides and could not be
    read. inherited: it is the Namespace's label.
    """

    by: str = ""
    waypoint: tuple[str, str] | None = None
    inherited: bool = False
    unread: Unread | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def key(self) -> str:
        """`shop/waypoint`, or the empty text."""
        return "/".join(self.waypoint) if self.waypoint else ""

    @property
    def empty_label(self) -> str:
        """The label that is set and empty, so that no Gateway can be what it names; else the empty text."""
        home, name = self.waypoint or ("home", "name")
        return USE_WAYPOINT_NAMESPACE if not home else "" if name else USE_WAYPOINT


def reference(
    ref: str,
    labels: Mapping[str, str],
    home: str,
    namespace: Namespace | Unread,
    v: Version,
    in_spec: Collection[str] = (),
) -> Reference:
    """The object's label, else that of its Namespace; `home` is the object's namespace.

    in_spec: the keys that the object does not have in its metadata, but in `spec.labels`.

    A present label counts whatever its value, so an empty one names a waypoint without a name, which is never ready;
    only `none` opts out. The waypoint's namespace is read where its name is, and nowhere else.
    Source: waypoints.go `fetchWaypointForTarget`, `GetUseWaypoint`.
    """
    if USE_WAYPOINT in labels:
        return _named(ref, labels, home, v, inherited=False, before=(), in_spec=in_spec)
    own = label(ref, USE_WAYPOINT, None)
    if isinstance(namespace, Unread):
        return Reference(unread=namespace, evidence=(own, unread_labels(f"Namespace/{home}", namespace)))
    where = f"Namespace/{home}"
    if USE_WAYPOINT in namespace.labels:
        return _named(where, namespace.labels, home, v, inherited=True, before=(own,))
    return Reference(evidence=(own, label(where, USE_WAYPOINT, None)))


def _named(
    by: str,
    labels: Mapping[str, str],
    home: str,
    v: Version,
    *,
    inherited: bool,
    before: tuple[Evidence, ...],
    in_spec: Collection[str] = (),
) -> Reference:
    def told(key: str) -> Evidence:
        value = labels[key]
        return Evidence(by, f"spec.labels[{key}]", value) if key in in_spec else label(by, key, value)

    name = labels[USE_WAYPOINT]
    evidence = (*before, told(USE_WAYPOINT))
    if name == OPT_OUT:
        return Reference(by=by, inherited=inherited, evidence=evidence)
    if istiod_versions.knows_waypoint_namespace(v) and USE_WAYPOINT_NAMESPACE in labels:
        home = labels[USE_WAYPOINT_NAMESPACE]
        evidence = (*evidence, told(USE_WAYPOINT_NAMESPACE))
    return Reference(by=by, waypoint=(home, name), inherited=inherited, evidence=evidence)


class CanaryReference(Struct, frozen=True, gc=False):
    """The canary that the labels name. `weight` is in percent; None where the annotation is no number of 0 to 100."""

    waypoint: tuple[str, str]
    weight: int | None
    evidence: tuple[Evidence, ...] = ()

    @property
    def key(self) -> str:
        """`shop/canary`."""
        return "/".join(self.waypoint)


def canary_reference(
    ref: str,
    labels: Mapping[str, str],
    weight: str | None,
    home: str,
    namespace: Namespace | Unread,
) -> CanaryReference | None:
    """The canary of an object with a waypoint; None where it names none.

    The Namespace is asked only where the waypoint itself is inherited from it. A missing weight is 0 percent.
    Source: waypoints.go `getUseWaypointCanary`, `getCanaryWeight`.
    """
    inherits = USE_WAYPOINT not in labels and isinstance(namespace, Namespace)
    by, weighed_by = ref, ref
    if inherits and CANARY not in labels:
        assert isinstance(namespace, Namespace)
        by, labels = f"Namespace/{home}", namespace.labels
    name = labels.get(CANARY)
    if not name or name == OPT_OUT:
        return None
    if inherits and weight is None:
        assert isinstance(namespace, Namespace)
        weighed_by, weight = f"Namespace/{home}", namespace.canary_weight
    evidence = (
        label(by, CANARY, name),
        Evidence(weighed_by, "metadata.annotations[istio.io/use-waypoint-canary-weight]", weight),
    )
    return CanaryReference((labels.get(CANARY_NAMESPACE, home), name), _percent(weight), evidence)


def _percent(weight: str | None) -> int | None:
    """As Go's `strconv.Atoi` reads it, from 0 to 100."""
    if weight is None:
        return 0
    if not _INTEGER.fullmatch(weight):
        return None
    number = int(weight)
    return number if 0 <= number <= _WHOLE else None
