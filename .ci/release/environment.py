"""The environments that a release is built in: exactly what a lock file holds, whatever else this machine has."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from .project import ROOT, ReleaseError

FOLDER = ROOT / "build/env"
LOCKS = Path(__file__).with_name("locks")


def lock(name: str) -> Path:
    """A lock file by its name; lock.py tells which there are."""
    return LOCKS / f"{name}.txt"


def python(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def prepare(name: str = "dist") -> Path:
    """The interpreter of the environment of a lock, made anew when the lock has changed. Raises ReleaseError."""
    folder = FOLDER / name
    stamp = folder / "made-of"
    made_of = hashlib.sha256(f"{sys.version}\n{lock(name).read_text(encoding='utf-8')}".encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != made_of:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        install(python(folder), name)
        stamp.write_text(made_of)
    return python(folder)


def install(interpreter: Path, name: str) -> None:
    """Install what a lock holds, and nothing without its hash. Raises ReleaseError."""
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Only wheels: what a source archive compiles depends on the machine, and what builds it has no hash.
    words = ["--require-hashes", "--only-binary=:all:", "--requirement", str(lock(name))]
    if subprocess.run([*pip, *words], check=False).returncode:
        raise ReleaseError(f"what {lock(name).name} locks cannot be installed")
