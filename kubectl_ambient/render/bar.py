"""A progress bar as text. Importing this brings in rich (0.1 s): only what draws a bar does so."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


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
        self._progress = Progress(*self._columns(), console=self._console, auto_refresh=False)
        self._task = self._progress.add_task(title, total=total)

    def _columns(self) -> tuple[ProgressColumn, ...]:
        return (_TITLE, BarColumn(complete_style="green", finished_style="green"), _COUNT, TimeRemainingColumn())

    def text(self, done: int, width: int, **now: Any) -> str:
        """The bar with so many done: one line of at most so many columns, without its end."""
        self._progress.update(self._task, completed=done, **now)
        self._console.print(self._progress.get_renderable(), width=width, no_wrap=True, crop=True)
        line, *_ = self._file.getvalue().splitlines()
        self._file.seek(0)
        self._file.truncate()
        return line


_TITLE = TextColumn("{task.description}", markup=False)
_COUNT = MofNCompleteColumn()
_BAR = 20
_WIDEST = 80  # of a Console that knows no terminal


class WaitBar(Bar):
    """`5 pods ━━━━━━━━━━━━━     4/5 waiting for shop/cart-1 (n3) 12s`: how many have arrived, and who has not."""

    def __init__(self, *, coloured: bool) -> None:
        super().__init__("", 0, coloured=coloured)

    def _columns(self) -> tuple[ProgressColumn, ...]:
        bar = BarColumn(_BAR, complete_style="green", finished_style="green")
        return (_TITLE, bar, _COUNT, _field("waits"), _field("age"))

    def of(self, done: int, total: int, waits: str, age: str, width: int, noun: str = "pod") -> str:
        """The line, of at most so many columns; noun: what one of them is."""
        pods = f"1 {noun}" if total == 1 else f"{total} {noun}s"
        width = min(width, _WIDEST)
        room = width - _BAR - len(f"{pods} {done}/{total} {age}   ")
        if len(waits) > room:
            waits = f"{waits[: max(room - 1, 0)]}…"
        return self.text(done, width, total=total, description=pods, waits=waits, age=age)


def _field(name: str) -> TextColumn:
    return TextColumn(f"{{task.fields[{name}]}}", markup=False)
