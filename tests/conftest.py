"""What holds for all tests."""

from __future__ import annotations

import signal

from tests.fuzz.budget import chosen_seed, header


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal would: a shell's background job starts with it ignored, and hands that on.

    The seed is chosen before there are other processes: they are to have the same one.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen_seed()


def pytest_report_header() -> str:
    """Tells from which seed random clusters are made."""
    return header()
