"""All checks for risks, what each of them reads, and what could not be read of that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.mesh.risks import network, probes
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk, gravest_first
from kubectl_ambient.mesh.risks.turn import Turn


class Check(Struct, frozen=True):
    """One check: the codes that it raises, the parts of a snapshot that it reads, and what it does with them."""

    codes: tuple[RiskCode, ...]
    reads: tuple[str, ...]
    find: Callable[[Turn], Iterable[Risk]]


CHECKS: tuple[Check, ...] = (
    Check((RiskCode.NETWORK_POLICY_BLOCKS_MESH,), ("network_policies", "on_network", "namespaces"), network.blocks),
    Check((RiskCode.NETWORK_POLICY_WIDENS,), ("network_policies", "on_network", "namespaces"), network.widens),
    Check((RiskCode.NETWORK_POLICY_BLOCKS_PROBES,), ("network_policies", "on_network"), probes.shut_out),
)


def risks(turn: Turn) -> list[Risk]:
    """What the change risks, gravest first."""
    return gravest_first(risk for check in CHECKS for risk in check.find(turn))


def untold(turn: Turn) -> Iterator[str]:
    """What could not be judged, and why."""
    by_reason: dict[str, list[str]] = {}
    for check in CHECKS:
        for part in check.reads:
            unread = turn.why_unread(part)
            if unread is not None:
                by_reason.setdefault(str(unread), []).extend(check.codes)
    for why, codes in by_reason.items():
        yield f"not judged ({why}): {', '.join(dict.fromkeys(codes))}"
    yield from network.unknown(turn)


def told(found: Sequence[Risk]) -> dict[str, int]:
    """How many there are of each severity."""
    return {grave: sum(risk.severity == grave for risk in found) for grave in ("error", "warning", "info")}
