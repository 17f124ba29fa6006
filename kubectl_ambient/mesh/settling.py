"""What is waited for: the pods that are not yet where they should be, and which of them only a restart moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.commands import roll_out
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.summary import meets
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.shell.command import Command

_SEVERITIES = ("error", "warning", "info")


class Straggler(Struct, frozen=True, kw_only=True, gc=False):
    """What is not where it should be: a pod (`shop/cart-1`), or an object by its name; and why.

    fix: the command that helps; None where none is known.
    """

    name: str
    why: str
    node: str = ""
    fix: Command | None = None


class Wanted(Struct, frozen=True, gc=False):
    """What is counted, and what each of it is to be: as words of a sentence, of one and of several."""

    noun: str = "pod"
    one: str = "where it should be"
    many: str = "where they should be"


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """How far it is. pods: how many (or of what else `wanted` tells) are waited for or have arrived, the stragglers
    among them.

    others: what else is waited for, such as pods that are not made yet. restarts: pods that only a restart moves, which
    are not waited for, nor are those that are `unknown`. lost: what will never be as it was asked for.
    """

    pods: int
    stragglers: tuple[Straggler, ...] = ()
    others: tuple[Straggler, ...] = ()
    restarts: tuple[Verdict, ...] = ()
    unknown: tuple[Straggler, ...] = ()
    lost: tuple[Straggler, ...] = ()
    wanted: Wanted = Wanted()

    @property
    def waits_for(self) -> tuple[Straggler, ...]:
        """All that it waits for."""
        return (*self.stragglers, *self.others)

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for."""
        return not (self.stragglers or self.others)


def is_settled(verdict: Verdict) -> bool:
    """Whether a pod is where it should be, or cannot be told: it has started, and `--fail-on drift,pending` passes."""
    return not (verdict.disagrees or verdict.unserved or verdict.state in ("Pending", "Starting"))


def until_restart(verdict: Verdict, judge: Judge) -> bool:
    """Whether it stays redirected until it restarts: no istio-cni is there that would let it go."""
    return verdict.state == "Stale" and not judge.installation.on(verdict.node).worlds[-1].installed


def could_come_in(verdict: Verdict) -> bool:
    """Whether it is kept out by a sidecar that its successor will not have."""
    return verdict.reason == Reason.SIDECAR_PRESENT and verdict.after_restart == "ambient"


def standing_of(verdicts: Sequence[Verdict], judge: Judge, conditions: Collection[str] = ()) -> Standing:
    """How far these pods are; conditions: what of `--fail-on` is waited for besides."""
    waits, restarts, unknown = [], [], []
    for verdict in verdicts:
        if until_restart(verdict, judge):
            restarts.append(verdict)
        elif not is_settled(verdict) or any(meets(verdict, condition) for condition in conditions):
            waits.append(straggler(verdict, judge))
        elif verdict.state == "Unknown":
            unknown.append(
                Straggler(name=f"{verdict.namespace}/{verdict.name}", why=verdict.message, node=verdict.node)
            )
        elif could_come_in(verdict):
            restarts.append(verdict)
    return Standing(
        pods=len(verdicts) - len(unknown) - sum(until_restart(verdict, judge) for verdict in restarts),
        stragglers=tuple(waits),
        restarts=tuple(restarts),
        unknown=tuple(unknown),
    )


def straggler(verdict: Verdict, judge: Judge) -> Straggler:
    """A pod that is waited for, and why it is not where it should be."""
    return Straggler(name=f"{verdict.namespace}/{verdict.name}", why=why_waiting(verdict, judge), node=verdict.node)


def why_waiting(verdict: Verdict, judge: Judge) -> str:
    """The sentence of its state; where that is as intended, what is wrong with it all the same."""
    if not is_settled(verdict) and not verdict.unserved:
        return verdict.message
    found = sorted((*verdict.findings, *judge.mesh_findings([verdict])), key=lambda f: _SEVERITIES.index(f.severity))
    return f"{found[0].message[:1].upper()}{found[0].message[1:]}." if found else verdict.message


class Restart(Struct, frozen=True, kw_only=True, gc=False):
    """Pods that only a restart moves: what they are until then, and the command; None where none can be typed."""

    pods: tuple[str, ...]
    why: str
    command: Command | None


def restarts_of(verdicts: Iterable[Verdict], judge: Judge) -> list[Restart]:
    """The pods by their owners, each with the command that restarts it."""
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        why = _why_kept(verdict, judge)
        owner = verdict.owner or verdict.name
        groups.setdefault((why, verdict.namespace, owner), []).append(verdict)
    return [
        Restart(
            pods=tuple(f"{verdict.namespace}/{verdict.name}" for verdict in group),
            why=why,
            command=_command(group[0], judge),
        )
        for (why, _, _), group in groups.items()
    ]


def _why_kept(verdict: Verdict, judge: Judge) -> str:
    if until_restart(verdict, judge):
        return "still redirected, by an istio-cni that is gone"
    return "with a sidecar until then" if could_come_in(verdict) else "of the pod template of before"


def _command(verdict: Verdict, judge: Judge) -> Command | None:
    pod = judge.snapshot.pods.fact(f"{verdict.namespace}/{verdict.name}")
    return next((fix.command for fix in roll_out(judge.explain(pod), "")), None) if pod else None
