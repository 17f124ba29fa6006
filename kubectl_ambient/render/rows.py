"""The rows of a listing that goes on (`-w`): those that were there, and those that follow, under the same columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kubectl_ambient.foreign import Shown
from kubectl_ambient.render.sentences import MARK
from kubectl_ambient.render.table import Columns, Short

_TIME = "2026-01-01T00:00:00Z"  # as wide as each


class Rows:
    """Rows that end with their marks.

    widest: what a column has to take later on, so that it stays where it is; of names too, where none is known yet.
    timestamps: in front of what follows, when it was seen.
    """

    def __init__(
        self,
        names: Sequence[str],
        rows: Sequence[Sequence[str]],
        widest: Mapping[str, str],
        *,
        width: int,
        droppable: Sequence[str],
        short: Sequence[Short],
        headers: bool,
        timestamps: bool,
    ) -> None:
        self._lead = ["TIME"] if timestamps else []
        self._names = [*self._lead, *names, ""]
        later = {"TIME": _TIME, **widest, "": MARK}
        if not rows:
            later |= {"NAMESPACE": " " * 12, "NAME": " " * 30}
        stamped = [[*([_TIME] if timestamps else []), *row] for row in rows]
        self._columns = Columns(
            self._names, [*stamped, [later.get(name, "") for name in self._names]], width, droppable, short
        )
        if headers:
            self._columns.line(self._names)

    @property
    def headers(self) -> Shown:
        """Their line, as wide as the rows until now."""
        return self._columns.line(self._names)

    def line(self, row: Sequence[str], at: datetime | None = None) -> Shown:
        """One more row; `at`: when that was seen."""
        return self._columns.line([*([timestamp(at)] if self._lead else []), *row])


def timestamp(at: datetime | None) -> str:
    """As Kubernetes writes times, `2026-01-01T00:00:00Z`; empty where it is not known."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
