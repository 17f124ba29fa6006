"""Builds the archive of the platform we run on, so that it comes out the same wherever that is done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import archive, bundle, environment, glibc, krew_rules, notices
from .elf import MAGIC, Elf
from .project import PROGRAM, ROOT, Platform, ReleaseError, this_platform

_SPECIFICATION = Path(__file__).with_name(f"{PROGRAM}.spec")


def build(out: Path) -> Path:
    """Build this platform's archive in a folder, and its sum beside it. Raises ReleaseError if krew would refuse it."""
    target = out / this_platform().archive()
    python = environment.prepare()
    when = moment()
    with tempfile.TemporaryDirectory(prefix="kubectl-ambient-build-") as work:
        folder = freeze(python, Path(work), when)
        strip(folder / "_internal")
        shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
        told = notices.collect(python, folder / "_internal")
        (folder / "THIRD-PARTY-NOTICES.txt").write_text(told, encoding="utf-8", newline="\n")
        if found := next(traces_of_this_machine(folder), None):
            raise ReleaseError(f"a path of this machine is in the archive: {found}")
        out.mkdir(parents=True, exist_ok=True)
        archive.pack(folder, target, binary=this_platform().binary, moment=when)
    check(target, this_platform())
    archive.write_sum(target)
    return target


def moment() -> int:
    """The time that all files get, in Unix seconds: the commit's, unless SOURCE_DATE_EPOCH says another."""
    if told := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(told)
    git = ["git", "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return archive.EPOCH  # not a checkout


def freeze(python: Path, work: Path, when: int) -> Path:
    """Have PyInstaller put the program together below `work`; the folder that holds it."""
    settings = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(when), "PYINSTALLER_CONFIG_DIR": str(work / "cache")}
    command = [str(python), "-I", "-X", "no_debug_ranges", "-m", "PyInstaller", "--noconfirm", "--clean"]
    command += ["--log-level", "ERROR"]
    command += ["--distpath", str(work / "dist"), "--workpath", str(work / "work"), str(_SPECIFICATION)]
    # What PyInstaller says is for us only if it fails, and its words go astray between those of make.
    done = subprocess.run(
        command, env=os.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise ReleaseError(f"PyInstaller failed:\n{done.stdout}")
    return work / "dist" / PROGRAM


def strip(folder: Path) -> None:
    """Take the symbols out of the libraries of a Linux archive: a Python built here is four times its size with them.

    Only where there are any: `strip` breaks some libraries that were changed after linking, and those have none.
    """
    if not (program := shutil.which("strip")):
        return
    for _, path in archive.files(folder):
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                continue
        if Elf(path.read_bytes()).has_symbols():
            subprocess.run([program, str(path)], check=True)


def traces_of_this_machine(folder: Path) -> Iterator[str]:
    """Each file that tells where it was made, with the path that it tells."""
    own = [str(ROOT / name) for name in ("kubectl_ambient", "build", ".ci")] + [
        tempfile.gettempdir() + os.sep + PROGRAM
    ]
    # The interpreter's library has its own place compiled in; bytecode needs none.
    standard = sysconfig.get_path("stdlib") + os.sep
    for name, path in archive.files(folder):
        content = path.read_bytes()
        for trace in [*own, standard] if path.suffix == ".pyc" or path.name == bundle.NAME else own:
            if trace.encode() in content:
                yield f"{trace} in {name}"


def check(target: Path, platform: Platform) -> None:
    """Hold an archive to krew's rules and ours. Raises ReleaseError."""
    if found := krew_rules.problems(target, platform.binary):
        raise ReleaseError("\n".join(f"{target.name}: {problem}" for problem in found))


def needed_glibc(target: Path) -> str | None:
    """The glibc that an archive needs, for people; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    (version, name), *_ = glibc.files_by_need(target)
    return f"glibc {glibc.text(version)} ({name})"
