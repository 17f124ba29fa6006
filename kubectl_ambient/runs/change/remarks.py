"""What `enable` and `disable` tell on stderr, beside the data on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from kubectl_ambient.render.say import say

_MANY = 10


def tell(lines: Iterable[str]) -> None:
    """Print to stderr, after what already went to stdout."""
    sys.stdout.flush()
    for line in lines:
        say(line, file=sys.stderr)


def refusals(refused: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each object and why it is refused; one for all of the same reason where there are many."""
    from kubectl_ambient.change.words import grouped
    from kubectl_ambient.mesh.few import few

    for why, names in grouped((why, name) for name, why in refused).items():
        if len(names) > _MANY:
            yield f"error: {why} ({few(names)})"
        else:
            yield from (f"error: {name}: {why}" for name in names)
