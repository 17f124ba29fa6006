"""What `enable` and `disable` tell on stderr, beside the data on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from kubectl_ambient.foreign import shown
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.render.say import say

_MANY = 3


def tell(lines: Iterable[str]) -> None:
    """Print to stderr, after what already went to stdout."""
    sys.stdout.flush()
    for line in lines:
        say(line, file=sys.stderr)


def like_errors(errors: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """A line for each, or one for many that differ in the object alone. errors: its name, as it is printed, the words.

    A server's refusal names the object; that of a conflict or of a lost connection does not.
    """
    from kubectl_ambient.change.words import grouped
    from kubectl_ambient.mesh.few import few

    alike = grouped((why.replace(f'"{name}"', '""') if name else why, (name, told, why)) for name, told, why in errors)
    for group in alike.values():
        name, _, why = group[0]
        names = list(dict.fromkeys(printed for _, printed, _ in group))
        if not name:
            yield why
        elif f'"{name}"' not in why:
            yield shown(why, f" ({few(names)})")
        elif len(names) > _MANY:
            yield shown(why, f" (and {len(names) - 1} more like it: {few(names[1:])})")
        else:
            yield from dict.fromkeys(why for _, _, why in group)


def name_in(error: KubeError) -> str:
    """The name of the object that a server's refusal tells of; empty where it tells of none."""
    return str(error.details.get("name") or "") if isinstance(error, ApiError) else ""


def refusals(refused: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each object and why it is refused; one for all of the same reason where there are many."""
    from kubectl_ambient.change.words import grouped
    from kubectl_ambient.mesh.few import few

    for why, names in grouped((why, name) for name, why in refused).items():
        if len(names) > _MANY:
            yield f"error: {why} ({few(names)})"
        else:
            yield from (f"error: {name}: {why}" for name in names)
