"""How a group lists its commands in `--help`, and finds the one that was typed."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

_WHOLE = 1000  # letters: no summary is as long


class WholeSummaries(TyperGroup):
    """Lists its commands with what they do told to the end, over two lines where it takes them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words as kubectl does: `help status` too, and flags before the command, which are the command's."""
        if not args:
            args = ["--help"]  # and no error, as kubectl has it
        elif args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        elif args and args[0].startswith("-"):
            from kubectl_ambient.cli.kube_command import behind_the_command

            args = behind_the_command(args)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.get_short_help_str(_WHOLE)) for name, known in self.commands.items()])


def group(help: str, cls: type[WholeSummaries] = WholeSummaries) -> typer.Typer:
    """A group without commands yet. help: what stands above them."""
    return typer.Typer(
        help=help,
        cls=cls,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
