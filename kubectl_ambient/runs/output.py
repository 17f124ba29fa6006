"""Output formats and other words that are checked before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from kubectl_ambient.kube.errors import UsageError


def check_format(output: str, allowed: Sequence[str]) -> str:
    """The output format as typed, or kubectl's sentence about an unknown one. Raises UsageError."""
    if output and output not in allowed:
        names = ", ".join(sorted(allowed))
        raise UsageError(
            f'error: unable to match a printer suitable for the output format "{output}", allowed formats are: {names}'
        )
    return output


def check_fail_on(typed: Iterable[str], allowed: Collection[str]) -> list[str]:
    """The conditions of --fail-on, which may be repeated or separated by commas. Raises UsageError."""
    words = [word for text in typed for word in text.split(",") if word]
    for word in words:
        if word not in allowed:
            raise UsageError(f'error: invalid --fail-on "{word}": one of {", ".join(allowed)}')
    return words


def check_names(*, named: bool, selected: bool, all_namespaces: bool = False) -> None:
    """That what was named is not chosen by a selector too, nor looked for everywhere. Raises UsageError."""
    if named and selected:
        raise UsageError("error: name cannot be provided when a selector is specified")
    if named and all_namespaces:
        raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
