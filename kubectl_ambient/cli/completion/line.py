"""What was typed so far, read as the commands are defined; unfinished and wrong lines are read as far as they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kubectl_ambient.cli.completion.definitions import Definition, Flag


@dataclass(slots=True)
class Line:
    """A command line up to the cursor.

    command: the words that chose it ("status", "completion install"). flags: the values typed so far, by the
    parameter's name ("" for a flag without one). word: what is to be completed; of `--output=js` that is `js`.
    flag: the flag whose value that is. kept: what stands before it in the same word and stays (`-o` of `-ojs`).
    names_flag: the word is the beginning of a flag's name.
    """

    definition: Definition
    command: str = ""
    flags: dict[str, list[str]] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    word: str = ""
    flag: Flag | None = None
    kept: str = ""
    names_flag: bool = False


def read_line(root: Definition, words: Sequence[str], word: str) -> Line | None:
    """Reads the words before the cursor, and the one at it; None where there is no such command."""
    line = Line(root)
    waiting: Flag | None = None
    only_arguments = False
    for typed in words:
        if waiting:
            line.flags.setdefault(waiting.field, []).append(typed)
            waiting = None
        elif only_arguments or not _is_flag(typed):
            if not line.definition.is_group:
                line.arguments.append(typed)
                continue
            found = line.definition.command(typed)
            if found is None:
                return None
            line.definition, line.command = found, f"{line.command} {typed}".lstrip()
        elif typed == "--":
            only_arguments = True
        else:
            waiting = _take(line, typed)
    line.word, line.flag = word, waiting
    if not (waiting or only_arguments) and word.startswith("-"):
        _read_flag_at_cursor(line)
    return line


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-"  # a lone dash is stdin


def _take(line: Line, typed: str) -> Flag | None:
    """Notes the flags of a word; the one whose value is the next word."""
    for flag, value in _split(line.definition, typed):
        if not flag.takes_value:
            if value != "false":
                line.flags.setdefault(flag.field, []).append("")
        elif value is None:
            return flag
        else:
            line.flags.setdefault(flag.field, []).append(value)
    return None


def _split(definition: Definition, typed: str) -> list[tuple[Flag, str | None]]:
    """The flags of a word with their values, None where there is none: `--a=b`, `-n`, `-nshop`, `-n=shop`, `-Aw`."""
    if typed.startswith("--"):
        name, equals, value = typed.partition("=")
        flag = definition.flags.get(name)
        return [(flag, value if equals else None)] if flag else []
    found: list[tuple[Flag, str | None]] = []
    for position, letter in enumerate(typed[1:], 2):
        flag = definition.flags.get(f"-{letter}")
        if flag is None:
            break
        if flag.takes_value:
            found.append((flag, typed[position:].removeprefix("=") if typed[position:] else None))
            break
        found.append((flag, None))
    return found


def _read_flag_at_cursor(line: Line) -> None:
    """The shells put `--output=` before what we answer themselves, but know nothing of `-ojson`."""
    typed = line.word
    flags = _split(line.definition, typed)
    last, value = flags[-1] if flags else (None, None)
    if last is None or value is None or not last.takes_value:
        line.names_flag = "=" not in typed
        return
    line.flag, line.word = last, value
    if not typed.startswith("--"):
        line.kept = typed.removesuffix(value)
