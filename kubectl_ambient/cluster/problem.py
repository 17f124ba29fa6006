"""What was wrong with a file, or with one object in it."""

from __future__ import annotations

from msgspec import Struct


class Problem(Struct, frozen=True, kw_only=True):
    """Bad input: where, and why. It hides nothing else: all that could be read is used.

    `file` is the path as it was given (`-` for standard input), empty where `why` names it. `document` counts from
    1 in files of several documents, else it is None. `object` is `Pod/shop/web`, or empty.
    """

    why: str
    file: str = ""
    document: int | None = None
    object: str = ""

    def __str__(self) -> str:
        document = f"document {self.document}" if self.document is not None else ""
        return ": ".join(part for part in (self.file, document, self.object, self.why) if part)
