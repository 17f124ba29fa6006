"""The licences of everything that an archive holds: each package's own texts, as its metadata has them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from . import bundle

_TEXTS = ("license", "licence", "copying", "notice", "authors")
# The program's own start is part of PyInstaller; its licence says that it may be passed on under any terms.
_ALWAYS = "pyinstaller"
# Asked of the build environment: what is installed there, and the licence of its Python.
_LIST = """
import importlib.metadata, json, pathlib, sysconfig
known = [
    (d.metadata["Name"], d.version, [(str(f), str(f.locate())) for f in d.files or ()])
    for d in importlib.metadata.distributions()
]
python_license = pathlib.Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
print(json.dumps([known, str(python_license), sysconfig.get_python_version()]))
"""


def collect(python: Path, folder: Path) -> str:
    """The notices of what the folder of a program holds of `python`'s packages."""
    told = subprocess.run([str(python), "-c", _LIST], check=True, capture_output=True, text=True)
    known, python_license, python_version = json.loads(told.stdout)
    sections = [_section(f"Python {python_version}", [Path(python_license)])]
    for name, version, files in sorted(known, key=lambda package: package[0].lower()):
        if name.lower() == _ALWAYS or _is_held(folder, [file for file, _ in files]):
            texts = [Path(place) for file, place in files if _is_license(file)]
            sections.append(_section(f"{name} {version}", texts))
    libraries = sorted(path.name for path in folder.iterdir() if ".so" in path.suffixes or path.suffix in _LIBRARIES)
    return "\n".join(["kubectl-ambient holds the software below, under the licences that follow.", "", *sections]) + (
        f"Shared libraries: {', '.join(libraries)}\n" if libraries else ""
    )


_LIBRARIES = (".dylib", ".dll")


def _is_held(folder: Path, files: list[str]) -> bool:
    """Whether a module of the package is in the bundle: as bytecode, or as what was compiled from C or Rust."""
    modules = bundle.held(folder / bundle.NAME)
    for file in files:
        module = Path(file)
        if ".dist-info" in module.parts[0] or module.parts[0] == "..":
            continue
        if bundle.module_of(file) in modules if module.suffix == ".py" else (folder / module).is_file():
            return True
    return False


def _is_license(file: str) -> bool:
    path = Path(file)
    return ".dist-info" in path.parts[0] and path.name.lower().startswith(_TEXTS)


def _section(title: str, texts: list[Path]) -> str:
    told = [path.read_text(encoding="utf-8", errors="replace").strip() for path in texts if path.is_file()]
    return "\n".join(["=" * 80, title, "=" * 80, "", *(f"{text}\n" for text in told)])
