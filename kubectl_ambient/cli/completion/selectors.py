"""Label selectors: the keys that live objects have, and the values of a key."""

from __future__ import annotations

from kubectl_ambient.cli.completion.line import Line
from kubectl_ambient.cli.completion.names import live_labels
from kubectl_ambient.cli.completion.protocol import NO_FILES, NO_SPACE, NOTHING, Answer
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import find_resource


def complete_selector(line: Line, *, kind: str = "") -> Answer:
    """Of the labels of this kind; without one, of the kind that the command is about."""
    before, comma, last = line.word.rpartition(",")
    key, equals, _ = last.partition("=")
    labels = live_labels(line, kind or _kind(line))
    if equals:
        values = sorted({held[key.rstrip("!")] for held in labels if key.rstrip("!") in held})
        return Answer({f"{before}{comma}{key}={value}": "" for value in values})
    keys = sorted({key for held in labels for key in held})
    return Answer({f"{before}{comma}{key}=": "" for key in keys}, NO_FILES | NO_SPACE) if keys else NOTHING


def _kind(line: Line) -> str:
    """The type that was typed; else what the command lists."""
    for word in line.arguments[:1]:
        try:
            return find_resource(word.partition("/")[0].partition(",")[0]).kind
        except UsageError:
            break
    return "Service" if line.command.startswith("waypoint") else "Pod"
