"""How `--help` lists the commands of a group."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

_WHOLE = 1000  # letters: no summary is as long


class WholeSummaries(TyperGroup):
    """Lists its commands with what they do told to the end, over two lines where it takes them."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.get_short_help_str(_WHOLE)) for name, known in self.commands.items()])
