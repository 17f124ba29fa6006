"""What `enable` and `disable` were told, as it was typed."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kubectl_ambient import FIELD_MANAGER

Goal = Literal["enable", "disable", "opt-out"]


class Flags(Struct, frozen=True, kw_only=True):
    """The flags as they were typed; `goal` is what the command and `--opt-out` ask for.

    patience: the seconds of `timeout`. batch: how many objects are changed before they are waited for; None for all.
    """

    goal: Goal
    label_selector: str = ""
    field_selector: str = ""
    all: bool = False
    all_namespaces: bool = False
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    local: bool = False
    in_place: bool = False
    dry_run: str = "none"
    output: str = ""
    overwrite: bool = False
    force: bool = False
    field_manager: str = FIELD_MANAGER
    chunk_size: int | None = None
    wait: bool = False
    patience: float = 0.0
    timeout: str = ""
    batch: int | None = None
    assumptions: bool = False
    plan: bool = False
    whole_cluster: bool = False
    fail_on: tuple[str, ...] = ()

    @property
    def gates(self) -> list[str]:
        """The words of --fail-on, which may be repeated or separated by commas."""
        return [word for text in self.fail_on for word in text.split(",") if word]
