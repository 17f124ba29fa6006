"""Where an object of files stands."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True):
    """A file, as its path was given (`-` for standard input), and the number of a document in it, from 1."""

    file: str
    document: int


Places = dict[str, Place]
"""Places by `Pod/shop/web-1`; of an object that comes twice, that of the last."""
