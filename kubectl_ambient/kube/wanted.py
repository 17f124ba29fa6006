"""What a list is to become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from .decoding import BadObject, OnBad
from .resources import Resource

T = TypeVar("T")
F = TypeVar("F")


class Wanted(Struct, Generic[T, F], frozen=True):
    """Facts of one resource: `fact` makes one of each `of`, the wire type.

    partial: the metadata alone. where: the server, for the words of errors. on_bad: gets what cannot be read.
    """

    of: type[T]
    fact: Callable[[T], F]
    resource: Resource
    where: str
    on_bad: OnBad
    partial: bool = False

    def telling_once(self) -> Wanted[T, F]:
        """The same, which tells a bad object once, also where the list begins anew."""
        told: set[BadObject] = set()

        def tell(bad: BadObject) -> None:
            if bad not in told:
                told.add(bad)
                self.on_bad(bad)

        return replace(self, on_bad=tell)
