"""What holds for all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal would: a shell's background job starts with it ignored, and hands that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
