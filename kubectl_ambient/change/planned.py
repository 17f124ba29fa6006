"""What is to be done with one object, and with all of a change, whichever labels they are about."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import Struct

from kubectl_ambient.shell.command import Sentence

Action = Literal["set", "remove", "nothing", "refuse"]


class Planned(Struct, frozen=True, kw_only=True, gc=False):
    """What is done. `why` says why it is refused, or, where there is nothing to do, what is worth telling about it."""

    action: Action
    why: Sentence = ""

    @property
    def changes(self) -> bool:
        """Whether anything is written."""
        return self.action in ("set", "remove")

    @property
    def word(self) -> str:
        """kubectl's word for what was done."""
        return {"set": "labeled", "remove": "unlabeled"}.get(self.action, "not labeled")


P = TypeVar("P", bound=Planned)


class PlannedChange(Struct, Generic[P], frozen=True, kw_only=True):
    """The edits of all objects."""

    edits: tuple[P, ...]

    @property
    def wanted(self) -> list[P]:
        """The edits that are not refused."""
        return [e for e in self.edits if e.action != "refuse"]

    @property
    def changing(self) -> list[P]:
        """The edits that write."""
        return [e for e in self.edits if e.changes]


def taken(key: str, value: str | None) -> str:
    """Why a label with another value is left alone, in the words of kubectl label."""
    return f"'{key}' already has a value ({value}), and --overwrite is false"
