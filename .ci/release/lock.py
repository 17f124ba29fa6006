"""The lock files: all that may be installed for a test or a release, each file of it by its hash.

One lock holds for every system, processor and Python that we build and test on. Only wheels are installed: a source
archive is built with what its own build asks for, and that no lock holds.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

from . import environment
from .project import ROOT, ReleaseError

# Each is made with the versions of those before it.
NAMES = ("plugin", "dist", "dev", "sbom", "uv")
_OLDEST_PYTHON = "3.11"
_HEAD = "# Made by `make lock` for:\n"


def requirements(name: str) -> list[str]:
    """What a lock is for, as pyproject.toml says: `plugin` what the plugin needs, else a dependency group.

    Who installs or packs the plugin needs what it needs, too, and what builds it.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    plugin: list[str] = project["project"]["dependencies"]
    group: list[str] = project["dependency-groups"].get(name, [])
    if name == "plugin":
        return sorted(plugin)
    if name in ("dist", "dev"):
        return sorted([*plugin, *project["build-system"]["requires"], *group])
    return sorted(group)


def head(name: str) -> str:
    """How a lock begins: it names what it was made for, so that a test sees whether that is still so."""
    return _HEAD + "".join(f"#   {requirement}\n" for requirement in requirements(name))


def write(*, upgrade: bool) -> list[Path]:
    """Write the locks anew; the files. Without `upgrade`, versions that still fit stay. Raises ReleaseError."""
    python = environment.prepare("uv")
    written: list[Path] = []
    for name in NAMES:
        target = environment.lock(name)
        words = ["--output-file", str(target), *(["--upgrade"] if upgrade else [])]
        for other in written:
            words += ["--constraint", str(other)]
        _run([str(python), "-m", "uv", "pip", "compile", *_SETTINGS, *words, "-"], "\n".join(requirements(name)))
        target.write_text(head(name) + target.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
        written.append(target)
    return written


_SETTINGS = [
    "--quiet",
    "--universal",
    *("--python-version", _OLDEST_PYTHON),
    "--generate-hashes",
    # Who installs says where from, and the hashes hold whatever comes.
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
]


def _run(command: list[str], wanted: str) -> None:
    done = subprocess.run(command, input=wanted, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise ReleaseError(f"the lock cannot be made:\n{done.stderr}")
