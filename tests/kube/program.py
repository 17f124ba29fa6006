"""The real program in a process of its own, with an environment that a test gives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tests.rig.programs import find

KUBECTL = str(find("kubectl") or "")  # "" where it was not built; found before a test gives itself another home
_LIMIT = 120.0  # seconds


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def ambient(*words: str, environ: Mapping[str, str] | None = None, launch: tuple[str, ...] = ()) -> Ran:
    """Runs `kubectl-ambient WORDS` in the current folder; `launch` are Python's words, in the place of its `-m`."""
    return run(sys.executable, *(launch or ("-m", "kubectl_ambient")), *words, environ=environ)


def run(*words: str, environ: Mapping[str, str] | None = None) -> Ran:
    done = subprocess.run(
        words,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LIMIT,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
