"""Tables as kubectl prints them: upper-case headers, three spaces, no borders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from kubectl_ambient.foreign import Shown, one_line, stacked

_COLOUR = re.compile("\033\\[[0-9]+m")
_GAP = "   "


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, with_headers: bool = True) -> Shown:
    """The rows under their headers, left-aligned; the empty text where there is nothing to print."""
    import tabulate as tabulation
    from tabulate import DataRow, TableFormat, tabulate

    tabulation.MIN_PADDING = 0  # else headers are two columns wider than kubectl's
    kubectl = TableFormat(
        lineabove=None,
        linebelowheader=None,
        linebetweenrows=None,
        linebelow=None,
        headerrow=DataRow("", _GAP, ""),
        datarow=DataRow("", _GAP, ""),
        padding=0,
        with_header_hide=None,
    )
    cells = [list(map(_cell, row)) for row in rows]
    text = tabulate(cells, headers=headers if with_headers else (), tablefmt=kubectl, disable_numparse=True)
    return stacked(Shown(line.rstrip()) for line in text.split("\n"))


class Short(Struct, frozen=True):
    """How the cells of a column are shortened where a table is too wide: where they are cut, and to what at least."""

    column: str
    cut: Literal["start", "middle", "end"]
    least: int


def fitting(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    droppable: Sequence[str],
    shortened: Sequence[Short] = (),
) -> tuple[list[str], list[list[str]]]:
    """The table in `width` columns of the terminal, as far as it can be.

    Columns named in `droppable` are left out one by one; where that is not enough, cells are `shortened`, those of the
    first column named there first. What is longer than `width` after that stays so.
    """
    rows = [list(map(_cell, row)) for row in rows]
    keep = list(range(len(headers)))
    for name in droppable:
        if _needed([headers[i] for i in keep], [[r[i] for i in keep] for r in rows]) <= width:
            break
        keep = [i for i in keep if headers[i] != name]
    kept, cells = [headers[i] for i in keep], [[row[i] for i in keep] for row in rows]
    return kept, _shortened(kept, cells, width, shortened)


def _shortened(headers: Sequence[str], rows: list[list[str]], width: int, how: Sequence[Short]) -> list[list[str]]:
    for short in how:
        too_much = _needed(headers, rows) - width
        if too_much <= 0:
            break
        for i, name in enumerate(headers):
            if name == short.column:
                wide = max([_width(row[i]) for row in rows], default=0)
                most = max(wide - too_much, short.least, len(name))
                rows = [[*row[:i], shorten(row[i], most, short.cut), *row[i + 1 :]] for row in rows]
    return rows


def shorten(text: str, most: int, cut: Literal["start", "middle", "end"] = "end") -> str:
    """The text in at most so many characters, with … for what was cut; one in colour stays as it is."""
    text = _cell(text)
    if len(text) <= most or isinstance(text, Shown) or most < 1:
        return text
    head = {"start": 0, "middle": (most - 1) * 3 // 5, "end": most - 1}[cut]
    tail = most - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def marked(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The columns with that of the marks, which end each row and have no header; without it where none is marked."""
    if any(row[-1] for row in rows):
        return [*headers, ""], [list(row) for row in rows]
    return list(headers), [list(row[:-1]) for row in rows]


class Columns:
    """The columns of a listing that goes on: rows that come later stand under those that were printed.

    As in kubectl's own `-w`, a cell that is wider than its column widens it from there on, as far as the terminal goes.
    """

    def __init__(
        self,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        width: int,
        droppable: Sequence[str],
        shortened: Sequence[Short] = (),
    ) -> None:
        kept, cells = fitting(headers, rows, width, droppable, shortened)
        self._kept = [i for i, name in enumerate(headers) if name in kept]
        self._widths = {i: max([0, *(_width(row[at]) for row in cells)]) for at, i in enumerate(self._kept)}
        self._headers = list(headers)
        self._width = width
        self._short = list(shortened)

    def line(self, row: Sequence[str]) -> Shown:
        """One more row, or the headers."""
        cells = {i: _cell(row[i]) for i in self._kept}
        for short in self._short:
            # Not by what this row alone needs: it stands under the others.
            wide = {i: max(self._widths[i], _width(cell)) for i, cell in cells.items()}
            too_much = sum(wide.values()) + len(_GAP) * (len(wide) - 1) - self._width
            if too_much <= 0:
                break
            for i in [i for i in cells if self._headers[i] == short.column]:
                cells[i] = shorten(cells[i], max(wide[i] - too_much, self._widths[i], short.least), short.cut)
        for i, cell in cells.items():
            self._widths[i] = max(self._widths[i], _width(cell))
        padded = (cell + " " * (self._widths[i] - _width(cell)) for i, cell in cells.items())
        return Shown(_GAP.join(padded).rstrip())


def _cell(text: str) -> str:
    return text if isinstance(text, Shown) else one_line(text)


def _width(cell: str) -> int:
    return len(_COLOUR.sub("", cell) if "\033" in cell else cell)


def _needed(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    widths = [max([len(h), *(_width(r[i]) for r in rows)]) for i, h in enumerate(headers)]
    return sum(widths) + len(_GAP) * (len(widths) - 1)
