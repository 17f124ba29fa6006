"""What to do with the label of one object: set it, take it off, leave it, or refuse."""

from __future__ import annotations

from typing import Literal

from msgspec import structs

from kubectl_ambient.change.planned import Planned, taken
from kubectl_ambient.change.targets import Target, namespace_of, printed, typed, value_of, with_value
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Workload
from kubectl_ambient.shell.command import Offer, Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside, label, named

Goal = Literal["enable", "disable", "opt-out"]
_COMMAND = {"enable": "enable", "disable": "disable", "opt-out": "disable"}


class Edit(Planned, frozen=True, kw_only=True, gc=False):
    """One object's edit: the value `before` and `after` (None: not set)."""

    target: Target
    before: str | None
    after: str | None

    @property
    def labels(self) -> dict[str, str | None]:
        """What is written: the value of each label, None to take it off."""
        return {DATAPLANE_MODE: self.after}

    @property
    def edited(self) -> Target:
        """The object as it is afterwards."""
        return with_value(self.target, self.after)

    def refused(self, why: Sentence) -> Edit:
        """The same, but nothing is to be done, and why."""
        return structs.replace(self, action="refuse", after=self.before, why=why)

    @property
    def left_alone(self) -> Edit:
        """The same, but there is nothing to do."""
        return structs.replace(self, action="nothing", after=self.before)


def plan(target: Target, goal: Goal, *, overwrite: bool = False, manifest: bool = False) -> Edit:
    """The edit of one object. `manifest`: it is not in a cluster, so no owner and no running pod stands behind it."""
    edit = _edit(target, goal, overwrite)
    if manifest or not isinstance(target, Workload):
        return edit
    why = _owned_by_deployment(target, goal) or (_unchangeable(target, goal) if edit.changes else "")
    return edit.refused(why) if why else edit


def _edit(target: Target, goal: Goal, overwrite: bool) -> Edit:
    before = value_of(target)
    if goal == "disable":
        if before == "ambient" or (before not in (None, "none") and overwrite):
            return Edit(target=target, action="remove", before=before, after=None)
        return Edit(target=target, action="nothing", before=before, after=before, why=_kept(target, before))
    wanted = "ambient" if goal == "enable" else "none"
    if before == wanted:
        return Edit(target=target, action="nothing", before=before, after=before)
    free = before is None or (goal == "opt-out" and before == "ambient")
    if not free and not overwrite:
        why = taken(DATAPLANE_MODE, before)
        return Edit(target=target, action="refuse", before=before, after=before, why=why)
    return Edit(target=target, action="set", before=before, after=wanted)


def _kept(target: Target, before: str | None) -> str:
    """What to tell about a value that `disable` leaves alone."""
    if before is None:
        return ""
    if before != "none":
        return f"{printed(target)} keeps {DATAPLANE_MODE}={before}, which is not ambient's: --overwrite takes it off"
    if isinstance(target, Namespace):
        return f"{printed(target)} keeps {DATAPLANE_MODE}=none: it does not ask for ambient"
    return f"{printed(target)} keeps {DATAPLANE_MODE}=none: without that opt-out its namespace's label would decide"


def _owned_by_deployment(target: Workload, goal: Goal) -> Sentence:
    owner = target.owner
    if target.kind != "ReplicaSet" or owner is None or owner.kind != "Deployment":
        return ""
    instead = command(target, goal, owner.kind, owner.name)
    return (f"it belongs to Deployment {owner.name}, whose template decides: ", instead)


def _unchangeable(target: Workload, goal: Goal) -> Sentence:
    """A Job's template is immutable, but for new labels while it is suspended: that is left to the server."""
    if target.kind != "Job" or target.paused:
        return ""
    owner = target.owner
    if owner is not None and owner.kind == "CronJob":
        later: Sentence = ("for the next runs: ", command(target, goal, owner.kind, owner.name))
    else:
        later = "or delete it, and create it again with the label in its template"
    its_pods = ("pod -l", label("job-name", target.name), *inside(target.namespace))
    now = kubectl("ambient", _COMMAND[goal], *its_pods, *_flags(goal))
    return joined("the template of a Job cannot be changed; for its pods now: ", now, "; ", later)


def command(target: Target, goal: Goal, kind: str, name: str, *, flags: tuple[str, ...] = ()) -> Offer:
    """`kubectl ambient enable deploy/web -n shop`: the same goal for another object of the target's namespace."""
    where = inside(namespace_of(target))
    return kubectl("ambient", _COMMAND[goal], named(typed(kind), name), *where, *flags, *_flags(goal))


def _flags(goal: Goal) -> tuple[str, ...]:
    return ("--opt-out",) if goal == "opt-out" else ()
