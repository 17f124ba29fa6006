"""What could not be judged of a change, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_ambient.cluster.facts import NOT_IN_FILES
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.turn import Turn

# Whose settings these are is not in every cluster: that files do not hold them is not worth a word.
_OF_SOME_CLUSTERS = ("cilium_config", "felix_configurations", "cluster_networks", "vpc_cni_daemonsets")


def not_judged(turn: Turn, checks: Iterable[tuple[Sequence[RiskCode], Sequence[str]]]) -> Iterator[str]:
    """The codes of which a part of the snapshot that they need was not read. checks: the codes, and these parts."""
    by_reason: dict[str, list[str]] = {}
    for codes, reads in checks:
        for part in reads:
            unread = turn.why_unread(part)
            if unread is not None and not (part in _OF_SOME_CLUSTERS and unread.why == NOT_IN_FILES):
                by_reason.setdefault(str(unread), []).extend(codes)
    for why, found in by_reason.items():
        yield f"not judged ({why}): {', '.join(dict.fromkeys(found))}"


def others(turn: Turn) -> Iterator[str]:
    """Policies of other kinds, which nothing here judges."""
    found = turn.after.other_policies
    counts: dict[str, int] = {}
    for policy in found:
        counts[policy.kind] = counts.get(policy.kind, 0) + 1
    for kind, count in sorted(counts.items()):
        yield f"not judged: {count} {kind}; what those let through is not known here"
    for unread in dict.fromkeys(found.unread[path] for path in sorted(found.unread)):
        yield f"not judged ({unread}): policies of other kinds; what those let through is not known here"
