"""Where the built control plane lies: a folder outside the checkout, named by what went into it.

Standard library only: `build.py` runs before there is a virtual environment.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

TOOLS = Path(__file__).resolve().parent / "tools"


def home() -> Path:
    """The folder that holds all that the rig keeps between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kubectl-ambient"


def fingerprint(tools: Path = TOOLS) -> str:
    """A short hash of every go.mod and go.sum: another set of versions is another folder."""
    digest = hashlib.sha256()
    for file in sorted(tools.glob("*/go.*")):
        digest.update(f"{file.parent.name}/{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def folder_for(go_version: str) -> Path:
    """The folder that a build with this Go fills."""
    return home() / "control-plane" / f"{fingerprint()}-{go_version}"


def built_folder() -> Path | None:
    """The newest folder built from the present versions, with whichever Go: running needs none."""
    found = (home() / "control-plane").glob(f"{fingerprint()}-*")
    return max((f for f in found if f.is_dir()), key=lambda f: f.stat().st_mtime, default=None)
