"""Tracebacks for a report of a bug: what people paste into an issue must hold no credential."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from .secrets import hide_all


def hide_secrets_in_tracebacks() -> None:
    """From now on, what nobody caught is printed without the credentials that were read, in every thread."""
    sys.excepthook = _tell
    threading.excepthook = lambda failed: _tell(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    print(hide_all("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)
