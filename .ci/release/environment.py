"""The environment that archives are built in: exactly the pinned packages, whatever else this machine has."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from .project import ROOT

FOLDER = ROOT / "build/env"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")


def requirements() -> list[str]:
    """What the plugin needs, and what packs it, as pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [*project["project"]["dependencies"], *project["dependency-groups"]["dist"]]


def python(folder: Path = FOLDER) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def prepare() -> Path:
    """The interpreter of the build environment, made anew when what goes into it has changed."""
    wanted = requirements()
    stamp = FOLDER / "made-of"
    made_of = hashlib.sha256("\n".join([sys.version, *wanted, CONSTRAINTS.read_text()]).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != made_of:
        shutil.rmtree(FOLDER, ignore_errors=True)
        venv.create(FOLDER, with_pip=True)
        # Only wheels: what a source archive compiles depends on the machine.
        pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        subprocess.run([*pip, "--constraint", str(CONSTRAINTS), *wanted], check=True)
        stamp.write_text(made_of)
    return python()
