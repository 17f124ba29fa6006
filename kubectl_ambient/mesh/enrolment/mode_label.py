"""Commands for istio.io/dataplane-mode, and what they need where it has another value already."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import Word


def overwrite(value: str | None) -> tuple[str, ...]:
    """The flag where the label to be changed has this value: `enable` and `disable` keep what is not theirs."""
    return () if value in (None, "ambient") else ("--overwrite",)


def corrected(value: str, *target: str | Word) -> Command | None:
    """The command that sets what a mistyped value was meant to be; None where that cannot be told."""
    # Only where there is such a value: the reference of all labels takes longer to import than to ask.
    from kubectl_ambient.mesh.labels.reference import entry_of
    from kubectl_ambient.mesh.labels.values import meant

    entry = entry_of(DATAPLANE_MODE, "label")
    match meant(entry, value) if entry else None:
        case "ambient":
            return offered(kubectl("ambient enable", *target, "--overwrite"))
        case "none":
            return offered(kubectl("ambient disable", *target, "--opt-out --overwrite"))
    return None
