"""Tables as kubectl prints them: upper-case headers, three spaces, no borders."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def fitting(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, droppable: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """The columns that fit into `width`: those named in `droppable` are left out one by one until they do."""
    rows = [list(map(_cell, row)) for row in rows]
    keep = list(range(len(headers)))
    for name in droppable:
        if _needed([headers[i] for i in keep], [[r[i] for i in keep] for r in rows]) <= width:
            break
        keep = [i for i in keep if headers[i] != name]
    return [headers[i] for i in keep], [[row[i] for i in keep] for row in rows]


def marked(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The columns with that of the marks, which end each row and have no header; without it where none is marked."""
    if any(row[-1] for row in rows):
        return [*headers, ""], [list(row) for row in rows]
    return list(headers), [list(row[:-1]) for row in rows]


class Columns:
    """The columns of a listing that goes on: rows that come later stand under those that were printed.

    As in kubectl's own `-w`, a cell that is wider than its column widens it from there on.
    """

    def __init__(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, droppable: Sequence[str]
    ) -> None:
        kept, _ = fitting(headers, rows, width, droppable)
        self._kept = [i for i, name in enumerate(headers) if name in kept]
        self._widths = dict.fromkeys(self._kept, 0)
        for row in rows:
            self.line(row)

    def line(self, row: Sequence[str]) -> Shown:
        """One more row, or the headers."""
        cells = {i: _cell(row[i]) for i in self._kept}
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
