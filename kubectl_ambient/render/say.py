"""The one place that prints: what a stranger wrote into an object must not drive the terminal, nor make lines."""

from __future__ import annotations

from typing import TextIO

from kubectl_ambient.foreign import shown


def say(*parts: str, file: TextIO | None = None, flush: bool = False) -> None:
    """Print the parts beside one another and a line end, to stdout or to `file`.

    A plain str is foreign, and takes one line whatever it holds; what has lines and colours of ours is `Shown`.
    """
    print(shown(*parts), file=file, flush=flush)
