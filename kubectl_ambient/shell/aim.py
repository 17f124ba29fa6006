"""Where a command leads and which shell reads it: the one place where commands become text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.shell import quoting, valid
from kubectl_ambient.shell.command import Command, Part, Sentence, Unfit
from kubectl_ambient.shell.words import Patch

Shell = Literal["posix", "powershell"]
# Of kubectl's flags, those that istioctl has as well [istioctl/pkg/cli/option.go, AddRootFlags].
_ISTIOCTL = ("--kubeconfig", "--context", "--as", "--as-uid", "--as-group")


class Aim(Struct, frozen=True):
    """The shell, and the flags that lead to the cluster that is spoken of: `(("--context", "prod"),)`.

    Typed without the flags of this run, a command may mean another cluster.
    """

    flags: tuple[tuple[str, ...], ...] = ()
    shell: Shell = "posix"

    def text(self, command: Command) -> str | None:
        """The command as one line to paste; None where it cannot be written so that it means the same."""
        return None if self.why_not(command) else self._text(command)

    def say(self, sentence: Sentence | Command | Unfit) -> str:
        """A sentence as text: a command that is not offered is replaced by the reason why."""
        return "".join(map(self.part, parts_of(sentence)))

    def part(self, part: Part) -> str:
        """One part of a sentence as text."""
        if isinstance(part, str):
            return part
        why = part.why if isinstance(part, Unfit) else self.why_not(part)
        return f"(no command is offered: {why})" if why or isinstance(part, Unfit) else self._text(part)

    def why_not(self, command: Command) -> str:
        """Why this command cannot be offered here; empty where it can."""
        if command.words[0] == "istioctl":
            missing = [flag[0] for flag in self.flags if flag[0] not in _ISTIOCTL]
            if missing:
                return f"istioctl has no flag {missing[0]}"
        for word in self._words(command):
            if not valid.is_line(word):
                return "a flag of this run cannot be written on one line"
            if self.shell == "powershell" and not quoting.survives_powershell(word):
                return "PowerShell 5.1 would change a word of it"
        return self.why_not(command.then) if command.then else ""

    def _text(self, command: Command) -> str:
        powershell = self.shell == "powershell"
        quote = quoting.powershell if powershell else quoting.posix
        program, *words = self._words(command)
        text = " ".join([program, *map(quote, words)])
        if command.lines_with:
            text += f" | {'Select-String -SimpleMatch' if powershell else 'grep'} {quote(command.lines_with)}"
        if command.then is None:
            return text
        then = self._text(command.then)
        return f"{text}; if ($?) {{ {then} }}" if powershell else f"{text} && {then}"

    def _words(self, command: Command) -> Iterator[str]:
        for word in command.words:
            if isinstance(word, Patch):
                yield quoting.as_flow(word.json) if self.shell == "powershell" else word.json
            else:
                yield word
        for flag, *values in self.flags if command.words[0] != "#" else ():
            if values and values[0].startswith("-") and values != ["-"]:
                yield f"{flag}={values[0]}"
            else:
                yield from (flag, *values)


def parts_of(sentence: Sentence | Command | Unfit) -> tuple[Part, ...]:
    """The texts and the commands of a sentence, in their order."""
    return sentence if isinstance(sentence, tuple) else (sentence,)
