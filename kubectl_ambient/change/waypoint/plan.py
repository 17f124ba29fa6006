"""What to do with the waypoint labels of one object: set them, take them off, leave them, or refuse."""

from __future__ import annotations

from msgspec import Struct, structs

from kubectl_ambient.change.plan import Goal
from kubectl_ambient.change.planned import Action, Planned, taken
from kubectl_ambient.change.targets import WaypointTarget, printed
from kubectl_ambient.change.waypoint.use_waypoint import UseWaypoint, home_of, use_waypoint, with_waypoint
from kubectl_ambient.cluster.facts import Namespace
from kubectl_ambient.mesh.waypoint.reference import OPT_OUT, USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.shell.command import Sentence

UNSET = UseWaypoint()


class Wish(Struct, frozen=True, kw_only=True, gc=False):
    """What is asked for. `enable` names a waypoint, in the objects' own namespaces where `namespace` is empty.

    The other goals go for the objects that name this waypoint; empty texts mean any.
    """

    goal: Goal
    waypoint: str = ""
    namespace: str = ""
    overwrite: bool = False


class WaypointEdit(Planned, frozen=True, kw_only=True, gc=False):
    """One object's edit, from `before` to `after`.

    beneath: what counts where the object's own labels are not set (`spec.labels` of a WorkloadEntry).
    """

    target: WaypointTarget
    before: UseWaypoint
    after: UseWaypoint
    beneath: UseWaypoint = UNSET

    @property
    def labels(self) -> dict[str, str | None]:
        """What is written: the labels that get another value, None for those that are taken off."""
        before = self.before.labels
        return {key: value for key, value in self.after.labels.items() if value != before[key]}

    @property
    def edited(self) -> WaypointTarget:
        """The object as it is afterwards."""
        return with_waypoint(self.target, self.after.over(self.beneath))

    @property
    def home(self) -> str:
        """The namespace of the object; of a Namespace itself."""
        return home_of(self.target)

    @property
    def names(self) -> str | None:
        """The waypoint (`shop/wp`) that is named afterwards."""
        return self.after.over(self.beneath).key(self.home)

    @property
    def told_beneath(self) -> str:
        """What `spec.labels` still hold after a change, and whether it counts; empty where nothing."""
        if not self.changes or self.beneath.name is None:
            return ""
        held = f"{printed(self.target)}: spec.labels still has {self.beneath.text}"
        if self.after.name is None:
            return f"{held}, which counts where the metadata has no label"
        return f"{held}, which counts no more: the metadata has the label"

    def refused(self, why: Sentence) -> WaypointEdit:
        """The same, but nothing is to be done, and why."""
        return structs.replace(self, action="refuse", after=self.before, why=why)


def plan(
    target: WaypointTarget, wish: Wish, *, own: UseWaypoint | None = None, beneath: UseWaypoint = UNSET
) -> WaypointEdit:
    """The edit of one object. `own` are the labels of its metadata, where the fact mixes them with those `beneath`."""
    before = use_waypoint(target.labels) if own is None else own
    if wish.goal == "enable":
        after, why = _enabled(before, beneath, wish, home_of(target))
    else:
        after, why = _disabled(before, wish, target)
    action: Action = "nothing"
    if wish.goal == "enable" and why:
        action = "refuse"
    elif after != before:
        # A value that goes away makes it a removal only if none is set.
        sets = any(value not in (None, old) for value, old in zip(_pair(after), _pair(before), strict=True))
        action = "set" if sets else "remove"
    return WaypointEdit(target=target, action=action, before=before, after=after, beneath=beneath, why=why)


def _pair(value: UseWaypoint) -> tuple[str | None, str | None]:
    return value.name, value.namespace


def _enabled(before: UseWaypoint, beneath: UseWaypoint, wish: Wish, home: str) -> tuple[UseWaypoint, str]:
    """What it becomes, and why that is refused: as `kubectl label`, a value that is there is not replaced.

    A namespace label alone means nothing to Istio, so it is taken off without asking. The waypoint's namespace is set
    where another one would count beneath it, even if it is the object's own.
    """
    after = UseWaypoint(wish.waypoint, wish.namespace if wish.namespace not in ("", home) else None)
    wanted = after.key(home)
    if before.over(beneath).key(home) == wanted:
        return before, ""
    if after.over(beneath).key(home) != wanted:
        after = UseWaypoint(wish.waypoint, home)
    key = None if wish.overwrite else _taken(before, after)
    if key is not None:
        return before, taken(key, before.labels[key])
    return after, ""


def _taken(before: UseWaypoint, after: UseWaypoint) -> str | None:
    """The label with another value; of an object that names its own namespace's waypoint, that is the name."""
    if before.name is None:
        other = before.namespace is not None and after.namespace is not None and before.namespace != after.namespace
        return USE_WAYPOINT_NAMESPACE if other else None
    return USE_WAYPOINT if before.name != after.name or before.namespace is None else USE_WAYPOINT_NAMESPACE


def _disabled(before: UseWaypoint, wish: Wish, target: WaypointTarget) -> tuple[UseWaypoint, str]:
    """What it becomes, and what is worth telling of a value that stays."""
    keeps = f"{printed(target)} keeps {before.text}"
    if before.opts_out and wish.goal == "disable":
        if isinstance(target, Namespace):
            return before, f"{keeps}: it names no waypoint"
        return before, f"{keeps}: without that opt-out its namespace's label would decide"
    if (wish.waypoint or wish.namespace) and not before.opts_out:
        named = before.key(home_of(target))
        home, _, name = (named or "/").partition("/")
        if wish.waypoint not in ("", name) or wish.namespace not in ("", home):
            return before, f"{keeps}: that is another waypoint" if named else ""
    return (UseWaypoint(OPT_OUT), "") if wish.goal == "opt-out" else (UNSET, "")
