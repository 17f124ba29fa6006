"""krew installs the archive, kubectl runs it, krew upgrades it and takes it away: all the real ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from release.archive import sha256
from release.machine import Machine
from release.manifest import TREE, manifest
from release.project import DIST, HOMEPAGE, PLUGIN, VERSION, this_platform
from release.smoke import answers, smoke

from tests.rig import programs

from .conftest import Release


def bumped() -> str:
    """The version after this one."""
    *rest, last = VERSION.split(".")
    return ".".join([*rest, str(int(last) + 1)])


def publish(machine: Machine, release: Release, archive: Path, version: str) -> None:
    """Release an archive under a version, and tell the index."""
    path = release.folder / f"v{version}" / this_platform().archive(version)
    path.parent.mkdir()
    shutil.copyfile(archive, path)
    machine.publish(served(release, version, archive))


def served(release: Release, version: str, archive: Path) -> str:
    """The manifest of a release that is served here."""
    content = manifest({this_platform(): sha256(archive)}, version)
    return content.replace(f"{HOMEPAGE}/releases/download", release.url)


def test_from_the_index(machine: Machine, release: Release, archive: Path) -> None:
    publish(machine, release, archive, VERSION)
    assert machine.krew("update").code == 0
    installed = machine.krew("install", PLUGIN)
    assert installed.code == 0, installed.stderr
    assert machine.krew("list").stdout.split() == [PLUGIN]
    answers(machine)

    publish(machine, release, archive, bumped())
    upgraded = machine.krew("upgrade")
    assert upgraded.code == 0, upgraded.stderr
    assert [path.name for path in (machine.krew_root / "store" / PLUGIN).iterdir()] == [f"v{bumped()}"]
    answers(machine)

    assert machine.remains() != []
    uninstalled = machine.krew("uninstall", PLUGIN)
    assert uninstalled.code == 0, uninstalled.stderr
    assert machine.remains() == []
    assert list(machine.home.rglob("*")) == []
    assert machine.kubectl(PLUGIN, "version", "--client").code == 1


def test_a_changed_archive_is_not_installed(machine: Machine, release: Release, archive: Path) -> None:
    """The counter-proof: it is the sum of our manifest that krew holds the download to."""
    publish(machine, release, archive, VERSION)
    with (release.folder / f"v{VERSION}" / archive.name).open("ab") as file:
        file.write(b"more")
    machine.krew("update")
    told = machine.krew("install", PLUGIN)
    assert (told.code, machine.remains()) == (1, [])
    assert "checksum does not match" in told.stderr


def test_from_files(archive: Path) -> None:
    """As the release tries each of its archives: `krew install --manifest=… --archive=…`."""
    smoke(archive.parent, krew=Path(programs.program("krew")), kubectl=Path(programs.program("kubectl")))


def validate(manifest: Path, *flags: str, path: Path | None = None) -> None:
    """krew-index's own check of a manifest, which insists on the plugin's name for the file."""
    done = subprocess.run(
        [programs.program("validate-krew-manifest"), "-manifest", str(manifest), *flags],
        env={"PATH": str(path)} if path else {},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_validator_takes_both_manifests(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / f"{PLUGIN}.yaml"
    for source in (TREE, DIST / f"{PLUGIN}.yaml"):
        shutil.copyfile(source, target)
        validate(target, "-skip-install")


def test_the_validator_installs_it(machine: Machine, release: Release, archive: Path, tmp_path: Path) -> None:
    """In full, as krew-index does on every change: it installs each platform, and looks for a licence."""
    publish(machine, release, archive, VERSION)
    target = tmp_path / f"{PLUGIN}.yaml"
    target.write_text(served(release, VERSION, archive), encoding="utf-8")
    (machine.tools / "kubectl").symlink_to(programs.program("kubectl"))
    validate(target, path=machine.tools)
