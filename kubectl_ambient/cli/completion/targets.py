"""kubectl's ways to name objects: `TYPE NAME…`, `TYPE1,TYPE2 NAME…` and `TYPE/NAME…`."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.cli.completion.line import Line
from kubectl_ambient.cli.completion.names import live_names
from kubectl_ambient.cli.completion.protocol import NO_FILES, NO_SPACE, NOTHING, Answer
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Resource, find_resource


def complete_targets(line: Line, *, kinds: Sequence[str], bare: str = "") -> Answer:
    """A type of `kinds`, or the name of an object of the type that was typed.

    Of the kind `bare`, names are offered in place of a type too.
    """
    typed, word = line.arguments, line.word
    if "/" in word:
        kind = word.partition("/")[0]
        names = _names(line, kind, kinds)
        return Answer({f"{kind}/{name}": "" for name in names if f"{kind}/{name}" not in typed})
    if any("/" in argument for argument in typed):
        return Answer({f"{name}/": kind for name, kind in _types(word, kinds).items()}, NO_FILES | NO_SPACE)
    if typed:
        names = [name for kind in typed[0].split(",") for name in _names(line, kind, kinds)]
        return Answer({name: "" for name in names if name not in typed[1:]})
    before, comma, last = word.rpartition(",")
    types = {f"{before}{comma}{name}": kind for name, kind in _types(last, kinds).items()}
    alone = live_names(line, bare) if bare and not comma else []
    return Answer(types | dict.fromkeys(alone, "")) if types or alone else NOTHING


def complete_ends(line: Line, *, kinds: Sequence[str], words: Sequence[str]) -> Answer:
    """`TYPE/NAME` of one of these kinds, or one of the words; two are wanted."""
    if len(line.arguments) > 1:
        return NOTHING
    if "/" in line.word:
        kind = line.word.partition("/")[0]
        return Answer({f"{kind}/{name}": "" for name in _names(line, kind, kinds)})
    types = {f"{name}/": kind for name, kind in _types(line.word, kinds).items()}
    return Answer({**dict.fromkeys(words, ""), **types}, NO_FILES | NO_SPACE)


def _names(line: Line, typed: str, kinds: Sequence[str]) -> list[str]:
    try:
        kind = find_resource(typed).kind
    except UsageError:
        return []
    return live_names(line, kind) if kind in kinds else []


def _types(word: str, kinds: Sequence[str]) -> dict[str, str]:
    """One word for each kind: the shortest that goes on from what is typed."""
    found = {}
    for kind in kinds:
        for name in _spellings(find_resource(kind)):
            if name.startswith(word):
                found[name] = kind
                break
    return found


def _spellings(resource: Resource) -> list[str]:
    """As people write them: `pod` and not `po`, but `ns` and `deploy`."""
    short = [name for name in resource.short_names if resource.kind != "Pod"]
    return [*short, resource.singular, resource.plural, *resource.short_names]
