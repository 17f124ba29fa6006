"""Sums over bindings: how many go through a waypoint, and which of them a short listing may leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.served import KINDS, Kind
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import breaks, tells
from kubectl_ambient.mesh.waypoint.binding import Binding

FAIL_ON = ("drift", "unknown", "error", "any")


class Sums(Struct, frozen=True):
    """Of each kind that there is: how many go through a waypoint, of how many it cannot be told, how many there are.

    dead: how many are bound to a waypoint without a Ready proxy. passed: how many are bound to one to which nothing
    leads. unusable: how many name a waypoint that they do not get.
    """

    served: dict[Kind, int]
    untold: dict[Kind, int]
    total: dict[Kind, int]
    dead: int
    passed: int
    unusable: int

    @property
    def unknown(self) -> int:
        """Of how many it cannot be told, whatever their kind."""
        return sum(self.untold.values())


def sums(bindings: Iterable[Binding]) -> Sums:
    """The sums of these, the kinds in the order of `KINDS`."""
    found = list(bindings)
    total, served = Counter(b.kind for b in found), Counter(b.kind for b in found if b.waypoint and b.leads)
    untold = Counter(b.kind for b in found if b.unknown or b.leads is None)
    there = [kind for kind in KINDS if total[kind]]
    return Sums(
        served={kind: served[kind] for kind in there},
        untold={kind: untold[kind] for kind in there},
        total={kind: total[kind] for kind in there},
        dead=sum(bool(b.leads) and tells(b.findings, Code.WAYPOINT_DEAD) for b in found),
        passed=sum(b.leads is False for b in found),
        unusable=sum(b.unusable for b in found),
    )


def is_plain(binding: Binding) -> bool:
    """Whether there is nothing to tell: no waypoint serves it, none was meant to, and nothing is wrong."""
    return binding.waypoint is None and not binding.unusable and not binding.needs_attention


def fails(bindings: Sequence[Binding], conditions: Iterable[str]) -> bool:
    """Whether any binding meets a condition of --fail-on.

    drift: it names a waypoint that it does not get. unknown: it cannot be told. error: a finding of that severity.
    any: these, and every warning.
    """
    wanted = set(conditions)
    return any(_meets(binding, condition) for condition in wanted for binding in bindings)


def _meets(binding: Binding, condition: str) -> bool:
    match condition:
        case "drift":
            return binding.unusable
        case "unknown":
            return binding.unknown
        case "error":
            return breaks(binding.findings)
        case _:
            return binding.needs_attention
