"""The commands and flags as they are defined for Typer: what completion knows of them, and nothing else of Typer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import typer

from kubectl_ambient.cli.kube_command import connection_flags


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: `field` is its parameter's name, `names` are what is typed (`-n`, `--namespace`)."""

    field: str
    names: tuple[str, ...]
    help: str
    takes_value: bool
    many: bool
    hidden: bool
    choices: tuple[str, ...]


class Definition:
    """One command, or a group of them."""

    def __init__(self, command: Any, name: str, parent: typer.Context | None = None) -> None:
        self._command = command
        self._context = typer.Context(command, parent=parent, info_name=name, **command.context_settings)

    @property
    def is_group(self) -> bool:
        """Whether commands follow, and no arguments."""
        return hasattr(self._command, "list_commands")

    def commands(self) -> Iterator[tuple[str, str]]:
        """The names of the commands of a group, in its order, each with what it does."""
        for name, command in self._command.commands.items():
            if not command.hidden:
                yield name, command.get_short_help_str(limit=200)

    def command(self, name: str) -> Definition | None:
        """One command of a group."""
        found = self._command.get_command(self._context, name)
        return None if found is None else Definition(found, name, self._context)

    @cached_property
    def flags(self) -> dict[str, Flag]:
        """Every flag by each of its names, `--help` as well; those of the connection may stand before a command."""
        options = [*self._options(), *(connection_flags() if self.is_group else ())]
        return {name: flag for flag in map(_flag, options) for name in flag.names}

    @property
    def arguments(self) -> int | None:
        """How many arguments there may be; None for as many as one likes."""
        counts = [p.nargs for p in self._command.params if p.param_type_name == "argument"]
        return None if -1 in counts else sum(counts)

    def _options(self) -> list[Any]:
        return [p for p in self._command.get_params(self._context) if p.param_type_name == "option"]


def root() -> Definition:
    """The program itself."""
    from kubectl_ambient.cli.app import app

    return Definition(typer.main.get_command(app), "kubectl ambient")


def _flag(option: Any) -> Flag:
    return Flag(
        field=option.name,
        names=(*option.opts, *option.secondary_opts),
        help=" ".join((option.help or "").split()),
        takes_value=not (option.is_flag or option.count),
        many=bool(option.multiple or option.count),
        hidden=bool(option.hidden),
        choices=tuple(map(str, getattr(option.type, "choices", ()))),
    )
