"""Output formats and other words that are checked before anything is read."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.kube.errors import UsageError


def check_format(output: str, allowed: Sequence[str]) -> str:
    """The output format as typed, or kubectl's sentence about an unknown one. Raises UsageError."""
    if output and output not in allowed:
        names = ", ".join(sorted(allowed))
        raise UsageError(
            f'error: unable to match a printer suitable for the output format "{output}", allowed formats are: {names}'
        )
    return output


def check_fail_on(typed: Sequence[str]) -> list[str]:
    """The conditions of --fail-on, which may be repeated or separated by commas. Raises UsageError."""
    from kubectl_ambient.mesh.summary import FAIL_ON

    words = [word for text in typed for word in text.split(",") if word]
    for word in words:
        if word not in FAIL_ON:
            raise UsageError(f'error: invalid --fail-on "{word}": one of {", ".join(FAIL_ON)}')
    return words
