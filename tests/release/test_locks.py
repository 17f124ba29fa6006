"""Issue 10, number 11: the lock files hold all that is installed, each file by its hash, and pip takes no other."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from release import environment, lock
from release.archive import sha256
from release.project import ReleaseError

HASHED = re.compile(r"([a-z0-9-]+)==(\S+)(?: ; ([^\\]+))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def locked(name: str) -> dict[str, tuple[str, str]]:
    """The version of each package of a lock, and its marker. Everything in it has to be hashed."""
    content = text(environment.lock(name)).removeprefix(lock.head(name))
    assert HASHED.sub("", content) == "", "a line that is no package with its hashes"
    return {package: (version, (marker or "").strip()) for package, version, marker, _ in HASHED.findall(content)}


@pytest.mark.parametrize("name", lock.NAMES)
def test_a_lock_is_of_what_pyproject_asks_for(name: str) -> None:
    assert text(environment.lock(name)).startswith(lock.head(name)), "`make lock` makes it anew"
    packages = locked(name)
    for requirement in map(Requirement, lock.requirements(name)):
        version, marker = packages[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is {version}"
        assert not marker


def test_there_is_no_other_lock() -> None:
    assert {path.stem for path in environment.LOCKS.iterdir()} == set(lock.NAMES)


def test_what_builds_is_locked() -> None:
    assert locked("dist").keys() >= {"hatchling", "build", "pyinstaller", "setuptools"}
    assert locked("dev").keys() >= {"hatchling", "editables"}


def test_all_locks_have_one_version_of_a_package() -> None:
    found: dict[str, set[str]] = {}
    for name in ("plugin", "dist", "dev"):
        for package, (version, _) in locked(name).items():
            found.setdefault(package, set()).add(version)
    assert {package: versions for package, versions in found.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("name", ["plugin", "dev"])
def test_a_lock_holds_what_its_packages_need(name: str) -> None:
    """On every system: a package that one of them asks for under a marker, the lock has under the same or none."""
    packages = locked(name)
    for package in packages:
        try:
            needed = importlib.metadata.requires(package) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another system
        for requirement in map(Requirement, needed):
            for system in ({"sys_platform": "linux"}, {"sys_platform": "darwin"}, {"sys_platform": "win32"}):
                if requirement.marker is None or requirement.marker.evaluate({"extra": "", **system}):
                    assert canonicalize_name(requirement.name) in packages, f"{package} needs {requirement}"


def test_no_lock_names_a_place() -> None:
    for name in lock.NAMES:
        assert re.findall(r"https?:|--(?:extra-)?index|--find-links|file:|@ |^-e", text(environment.lock(name))) == []


def make_wheel(folder: Path) -> Path:
    """The smallest wheel that pip takes."""
    path = folder / "thing-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("thing.py", "")
        wheel.writestr("thing-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
        wheel.writestr("thing-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("thing-1.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize("sums", ["own", "another", "none"])
def test_pip_installs_the_file_that_was_locked_and_no_other(
    sums: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = sha256(make_wheel(tmp_path))
    words = {"own": f" --hash=sha256:{total}", "another": f" --hash=sha256:{'0' * 64}", "none": ""}
    (tmp_path / "dist.txt").write_text(f"thing==1{words[sums]}\n")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path), "TARGET": str(tmp_path / "target")}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setattr(environment, "LOCKS", tmp_path)
    if sums == "own":
        environment.install(Path(sys.executable), "dist")
    else:
        with pytest.raises(ReleaseError, match=r"dist\.txt"):
            environment.install(Path(sys.executable), "dist")
    assert (tmp_path / "target/thing.py").is_file() == (sums == "own")
