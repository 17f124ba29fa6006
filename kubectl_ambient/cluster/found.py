"""What is known of one part of a cluster: the facts, what could not be read of it, and where it was looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import NOT_FOUND, Unread

F = TypeVar("F")

EVERYWHERE = ""


class Found(Struct, Generic[F], kw_only=True):
    """Facts by key: `shop/cart`, `n1` for what has no namespace, `Deployment/shop/web` for a part of several kinds.

    unread: what could not be read, by the path of keys that it stands for: an object's own key, `shop` for a
    namespace, `Deployment` for a kind, `EVERYWHERE`. places: the paths that were read as a whole. beyond: why nothing
    is known of all else, while the facts count as they are (files hold a part of a cluster). absent: the server does
    not have the type at all, so that there are none.
    """

    facts: dict[str, F] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    beyond: Unread | None = None
    absent: bool = False

    @classmethod
    def of(cls, facts: Iterable[F], key: Callable[[F], str]) -> Found[F]:
        """All that there is."""
        return cls(facts={key(fact): fact for fact in facts}, places={EVERYWHERE})

    @classmethod
    def refused(cls, unread: Unread) -> Found[F]:
        """Nothing but why nothing is known."""
        return cls(unread={EVERYWHERE: unread})

    def apart(self) -> Found[F]:
        """The same, to which more can be added while this one stays as it is."""
        return replace(self, facts=dict(self.facts), unread=dict(self.unread), places=set(self.places))

    def __iter__(self) -> Iterator[F]:
        return iter(self.facts.values())

    def __len__(self) -> int:
        return len(self.facts)

    def get(self, key: str) -> F | Unread | None:
        """The fact of that key; None where there is none, an Unread where that is not known."""
        return self.facts[key] if key in self.facts else self.why_unread(key)

    def fact(self, key: str) -> F | None:
        """The fact of that key, or None where it is not known."""
        return self.facts.get(key)

    def why_unread(self, path: str = EVERYWHERE) -> Unread | None:
        """Why this path is not known; None where it is, or was not asked for. What lies nearest to it counts."""
        for place in _upwards(path):
            if place in self.unread:
                return self.unread[place]
            if place in self.places:
                return None
        return self.beyond

    def covers(self, path: str) -> bool:
        """Whether all that is under this path was read."""
        return any(place in self.places for place in _upwards(path)) and self.why_unread(path) is None

    @property
    def refusal(self) -> Unread | None:
        """Why some of it is not known; None where all that was asked for is. That one is not there is known."""
        refused = next((unread for unread in self.unread.values() if unread.why != NOT_FOUND), None)
        return refused or (None if self.facts or EVERYWHERE in self.places else self.beyond)

    @property
    def known(self) -> list[F]:
        """All facts, in the order of their keys, so that where one of them counts it is always the same.

        None of them where some are not known: half would look like the whole.
        """
        return [] if self.refusal else [self.facts[key] for key in sorted(self.facts)]


def _upwards(path: str) -> Iterator[str]:
    """The path, what it is in, and so on."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield EVERYWHERE
