"""How long a server asks to wait before the next try."""

from __future__ import annotations

import re
from typing import Any

from .answers import read_status

LONGEST_WAIT = 30.0  # seconds; who is asked to wait longer is told so instead
_SECONDS = re.compile(r"(?:(-)|\+)?0*([0-9]{1,18})")  # what Go's Atoi takes: no date, no fraction, no other digits


def asked_to_wait(answer: Any, body: bytearray) -> float | None:
    """Seconds that the server asks to wait before the next try; None when it does not."""
    code = answer.status
    if code != 429 and code < 500:
        return None
    header = (answer.headers.get("Retry-After") or "").strip(" \t")
    if found := _SECONDS.fullmatch(header):
        return 0.0 if found[1] else float(found[2])  # who asks for less than nothing wants no pause, as in Go
    if code in (429, 503) and (status := read_status(body)) is not None:
        seconds = (status.details or {}).get("retryAfterSeconds")
        if type(seconds) is int and 0 < seconds <= LONGEST_WAIT:  # True is an int to Python
            return float(seconds)
    return None
