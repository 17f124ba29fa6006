"""What holds for all tests."""

from __future__ import annotations

import signal

from tests.fuzz.budget import chosen_seed, header

_LONGEST, _SHOWN = 200, 40  # characters


def pytest_configure() -> None:
    """Take signals as a terminal would: a background job starts with some ignored, and hands that on.

    What is handled here is no more ignored in the programs that are started. To change it in each of them, between
    fork and exec, may hang for ever where other threads run. The seed is chosen before there are other processes: they
    are to have the same one.
    """
    chosen_seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_report_header() -> str:
    """Tells from which seed random clusters are made."""
    return header()


def pytest_make_parametrize_id(val: object) -> str | None:
    """A long text, known by its beginning: pytest hands the name of a test on to every program that the test runs."""
    return f"{val[:_SHOWN]!a}… {len(val):,}" if isinstance(val, str | bytes) and len(val) > _LONGEST else None
