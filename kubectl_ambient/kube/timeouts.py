"""The texts of `--request-timeout` and of `--timeout`."""

from __future__ import annotations

import re

from .errors import UsageError

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_NUMBER = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_LONGEST = 9.2e9  # seconds; 292 years are what Go's time.Duration can hold
_INVALID = (
    "error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a"
    " corresponding time unit (e.g. 1s | 2m | 3h)"
)


def parse_timeout(text: str) -> float | None:
    """Seconds, or None for no limit: `0`, `5`, `5s`, `1m30s`. Raises UsageError in kubectl's words."""
    if not text:
        return None
    seconds = _LONGEST + 1
    if re.fullmatch(r"\+?[0-9]+", text):
        seconds = float(text)
    elif not _PART.sub("", text):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds <= _LONGEST:
        return seconds or None
    raise UsageError(_INVALID)


def parse_duration(text: str) -> float:
    """Seconds of `--timeout`, in Go's form: `30s`, `1m30s`, `0`, `-1s`. Raises UsageError in kubectl's words."""
    sign = -1 if text.startswith("-") else 1
    plain = text.removeprefix("-") if sign < 0 else text.removeprefix("+")
    if plain == "0":
        return 0.0
    why = "invalid duration"
    if plain and not _PART.sub("", plain):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(plain))
        if seconds <= _LONGEST:
            return sign * seconds
    elif _NUMBER.fullmatch(plain):
        why = "missing unit in duration"
    raise UsageError(f'error: invalid argument "{text}" for "--timeout" flag: time: {why} "{text}"')
