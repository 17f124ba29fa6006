"""A progress bar as text. Importing this brings in rich (0.1 s): only what draws a bar does so."""

from __future__ import annotations

import io

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """`labelling ━━━━━━━━━━━╸          412/1000 0:00:12`: what is done of all, and how long the rest will take."""

    def __init__(self, title: str, total: int, *, coloured: bool) -> None:
        self._file = io.StringIO()
        # Whether there is a terminal, and what it can, is decided by ours, not by the variables that rich looks at.
        self._console = Console(
            file=self._file,
            force_terminal=True,
            color_system="standard" if coloured else None,
            legacy_windows=False,
            _environ={},
        )
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(complete_style="green", finished_style="green"),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=self._console, auto_refresh=False)
        self._task = self._progress.add_task(title, total=total)

    def text(self, done: int, width: int) -> str:
        """The bar with so many done: one line of at most so many columns, without its end."""
        self._progress.update(self._task, completed=done)
        self._console.print(self._progress.get_renderable(), width=width, no_wrap=True, crop=True)
        line, *_ = self._file.getvalue().splitlines()
        self._file.seek(0)
        self._file.truncate()
        return line
