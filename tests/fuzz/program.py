"""The program as it is typed, in this process: words in; output, errors and exit code out."""

from __future__ import annotations

import difflib
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

from kubectl_ambient.cli.app import run


class Ran(NamedTuple):
    """How one run ended."""

    words: str
    code: int
    out: str
    err: str

    def agrees_with(self, other: Ran) -> None:
        """Fails where the other ended otherwise, or said anything else; tells where."""
        assert (self.code, self.err) == (other.code, other.err)
        if self.out != other.out:
            lines = difflib.unified_diff(other.out.splitlines(), self.out.splitlines(), other.words, self.words, n=6)
            raise AssertionError("\n".join(("other output", *lines)))

    def document(self) -> Any:
        """What stands on stdout, as JSON; None where nothing does."""
        return json.loads(self.out) if self.out else None


def ambient(*words: str) -> Ran:
    """Run it. That it fails by a bug of its own is a failure of every law."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["kubectl-ambient", *words])
    found = Ran(" ".join(words), code, _text(out), _text(err))
    assert "a bug in kubectl-ambient" not in found.err, found
    assert "Traceback" not in found.err, found
    assert "Error: " not in found.err.splitlines(), found
    return found


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
