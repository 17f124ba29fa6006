"""The server's clock, as far as its answers tell it: this machine's own may be off by hours."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_ALIKE = timedelta(seconds=5)
"""So far apart are clocks that are right: a Date has whole seconds, and takes some time to come here."""

own: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - one name, for tests to replace


class Clock:
    """How far the server's clock is ahead of ours, by the `Date` of its last answer."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def heard(self, date: str | None) -> None:
        """Take note of the header of an answer that has just come; what is no date tells nothing."""
        with suppress(ValueError, TypeError, OverflowError):  # what parsing anything may raise
            ahead = parsedate_to_datetime(date or "").replace(tzinfo=UTC) - own()
            self._ahead = ahead if abs(ahead) > _ALIKE else timedelta(0)

    def by_the_server(self, moment: datetime) -> datetime:
        """What the server's clock showed when ours showed `moment`, an aware datetime."""
        with suppress(OverflowError):
            return moment + self._ahead
        return moment
