"""What could stand at the cursor: commands, flags, and what `completion_hints` says of values and arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kubectl_ambient.cli.completion.definitions import root
from kubectl_ambient.cli.completion.hints import argument_hint, flag_hint
from kubectl_ambient.cli.completion.line import Line, read_line
from kubectl_ambient.cli.completion.protocol import NOTHING, Answer
from kubectl_ambient.foreign import one_line
from kubectl_ambient.kube.options import ConnectionOptions


def complete(words: Sequence[str]) -> Answer:
    """What could stand in place of the last word; the other words are those before it."""
    *before, word = words or [""]
    line = read_line(root(), before, word)
    if line is None or "help" in line.flags:
        return NOTHING
    answer = _answer(line)
    return Answer(dict(_fitting(answer.candidates, line)), answer.directive)


def _answer(line: Line) -> Answer:
    if line.flag:
        return flag_hint(line.command, line.flag)(line)
    if line.names_flag:
        return Answer(_flags(line))
    definition = line.definition
    if definition.is_group:
        return Answer(dict(definition.commands()))
    if definition.arguments is not None and len(line.arguments) >= definition.arguments:
        return NOTHING
    return argument_hint(line.command)(line)


def _flags(line: Line) -> dict[str, str]:
    """The flags that may still be typed; kubectl's connection flags too, which `--help` leaves out."""
    return {
        name: flag.help
        for name, flag in line.definition.flags.items()
        if (flag.many or flag.field not in line.flags) and (not flag.hidden or flag.field in ConnectionOptions._fields)
    }


def _fitting(candidates: Mapping[str, str], line: Line) -> Iterable[tuple[str, str]]:
    """Those that go on from what is typed; a name must not be able to drive the terminal."""
    for value, text in candidates.items():
        if value.startswith(line.word) and one_line(value) == value:
            yield line.kept + value, " ".join(text.split())
