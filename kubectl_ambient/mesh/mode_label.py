"""Commands for istio.io/dataplane-mode, and what they need where it has another value already."""

from __future__ import annotations


def overwrite(value: str | None) -> str:
    """The flag where the label to be changed has this value: `enable` and `disable` keep what is not theirs."""
    return "" if value in (None, "ambient") else " --overwrite"
