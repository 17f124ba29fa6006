"""All that `waypoint explain` says of one object: the rules, who goes through the waypoint, and what to do."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import Fix, tells
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.fixes import fixes
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.rules import Target
from kubectl_ambient.mesh.waypoint.traffic import Client, clients

Word = Literal["agrees", "disagrees", "alone", "silent", "never"]


class Explained(Struct, frozen=True, kw_only=True):
    """A binding with its trace. clients: who goes through the waypoint and who past it; none without a waypoint.

    word: whether istiod's own condition agrees; alone where evidence is missing to agree with it, silent where it wrote
    none, never where it writes none on such objects.
    version: the newest whose rules were asked; rules: how those are called that were (`1.24`, `1.22 to 1.31`).
    """

    binding: Binding
    clients: tuple[Client, ...]
    word: Word
    fixes: tuple[Fix, ...]
    version: Version
    rules: str


def explain(judge: WaypointJudge, target: Target) -> Explained:
    """The binding of the object, explained by the same run of the same rules."""
    binding, decision = judge.of(target, trace=True), judge.decide(target)
    version = judge.control_plane.newest.version
    return Explained(
        binding=binding,
        clients=clients(target, judge.namespace(target.namespace), version, judge.reach(target, decision))
        if binding.waypoint
        else (),
        word=_word(binding, version),
        fixes=fixes(judge, target, decision),
        version=version,
        rules=judge.control_plane.rules,
    )


def _word(binding: Binding, version: Version) -> Word:
    if tells(binding.findings, Code.CONDITION_DISAGREES):
        return "disagrees"
    if binding.condition is not None:
        return "alone" if binding.reason == WaypointReason.EVIDENCE_MISSING else "agrees"
    return "silent" if istiod_versions.writes_waypoint_bound(version, binding.kind) else "never"
