"""Builds what pip installs: the sdist, and the wheel out of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from . import environment
from .project import ROOT, ReleaseError


def build(out: Path) -> list[Path]:
    """Build both into a folder; the files, the wheel last. Raises ReleaseError."""
    # An isolated build would fetch hatchling anew, and hold it to no hash.
    command = [str(environment.prepare()), "-I", "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"the wheel cannot be built:\n{done.stdout}")
    return [*out.glob("*.tar.gz"), *out.glob("*.whl")]
