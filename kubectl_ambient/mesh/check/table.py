"""Every check: each file in `checks/` holds one, as `CHECK`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from kubectl_ambient.mesh.check import checks
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.run import SECTIONS


@cache
def all_checks() -> tuple[Check, ...]:
    """All of them, section by section, in the order of their ids."""
    found: list[Check] = [import_module(f"{checks.__name__}.{name}").CHECK for name in sorted(_modules())]
    return tuple(sorted(found, key=lambda check: (SECTIONS.index(check.section), check.id)))


def _modules() -> set[str]:
    """By their files: `pkgutil` asks the importer, and that of a packed program tells none."""
    files = [file for folder in checks.__path__ for file in Path(folder).iterdir()]
    return {file.stem for file in files if file.suffix in (".py", ".pyc") and not file.stem.startswith("_")}
