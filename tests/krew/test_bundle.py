"""The archive holds the whole program: it answers as the package does, and nothing that is imported late is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from release import bundle
from release.archive import sha256, sum_file
from release.build import build
from release.project import DIST, ROOT, VERSION, this_platform

from tests.cli.account_scene import NAMES, Scene
from tests.cli.objects_api import ObjectsApi
from tests.cli.on_terminal import on_terminal
from tests.kube.standin import StandIn

EXAMPLES = str(ROOT / "examples")
# Links to both programs have one name, so that both call themselves `kubectl ambient`.
NAME = "kubectl-ambient"
COMMANDS = [
    (),
    ("--help",),
    ("--version",),
    ("status", "--help"),
    ("explain", "--help"),
    ("enable", "--help"),
    ("disable", "--help"),
    ("version", "--client", "-o", "yaml"),
    ("status", "-A", "-f", EXAMPLES),
    ("status", "-A", "-f", EXAMPLES, "-o", "json"),
    ("status", "-A", "-f", EXAMPLES, "-o", "yaml", "--fail-on", "any"),
    ("explain", "pod", "reports-0", "-n", "shop", "-f", EXAMPLES),
    ("explain", "ns", "shop", "-f", EXAMPLES, "-o", "json"),
    ("enable", "ns", "batch", "--local", "-f", EXAMPLES),
    ("explain", "pod", "nobody", "-n", "shop", "-f", EXAMPLES),
    ("status", "-f", "/no/such/file"),
    ("status", "--colour"),
    ("statsu",),
    ("status", "--kubeconfig", "/no/such/file"),
    ("status", "--server", "https://127.0.0.1:1", "--request-timeout", "1"),
]


@pytest.fixture(scope="session")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / NAME


@pytest.fixture(scope="session")
def ours(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program out of the archive, by a link as krew makes it."""
    link = tmp_path_factory.mktemp("archive") / NAME
    link.symlink_to(unpacked / NAME)
    return link


def ask(program: Path, words: tuple[str, ...], home: Path) -> tuple[int, str, str]:
    """What a program answers in an empty home, without this Python's settings."""
    environment = {"HOME": str(home), "PATH": "/nowhere", "COLUMNS": "100", "LANG": "C.UTF-8"}
    done = subprocess.run([str(program), *words], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words).replace(EXAMPLES, "examples"))
def test_it_answers_as_the_package_does(words: tuple[str, ...], ours: Path, tmp_path: Path) -> None:
    package = Path(sys.executable).parent / NAME
    found = ask(ours, words, tmp_path)
    assert found == ask(package, words, tmp_path)
    assert "bug" not in found[2]


def modules() -> Iterator[str]:
    """Every module of the package."""
    for path in (ROOT / "kubectl_ambient").rglob("*.py"):
        yield bundle.module_of(path.relative_to(ROOT).as_posix())


def test_it_holds_every_module(unpacked: Path) -> None:
    held = bundle.held(unpacked / "_internal" / bundle.NAME)
    assert [name for name in modules() if name not in held] == []


def test_it_holds_nothing_that_only_costs(unpacked: Path) -> None:
    held = {path.name.partition(".")[0] for path in (unpacked / "_internal").iterdir()}
    held |= {path.name.partition(".")[0] for path in (unpacked / "_internal").glob("python*/lib-dynload/*")}
    held |= {name.partition(".")[0] for name in bundle.held(unpacked / "_internal" / bundle.NAME)}
    assert held & {"pygments", "markdown_it", "setuptools", "pkg_resources", "tkinter", "unittest", "aiohttp"} == set()


def test_parts_in_c_are_used(unpacked: Path) -> None:
    """Without them the program works all the same, ten times slower."""
    for name in ("yaml/_yaml", "msgspec/_core"):
        assert list((unpacked / "_internal").glob(f"{name}.*so"))


def test_it_holds_the_patterns_that_were_compiled(unpacked: Path) -> None:
    assert (unpacked / "_internal" / "patterns").stat().st_size > 50_000


def test_it_draws_a_progress_bar(ours: Path, tmp_path: Path) -> None:
    """By modules that are imported only then."""
    standin = StandIn()
    scene = Scene(ObjectsApi(standin), tmp_path)
    scene.slow(0.2)
    ran = on_terminal(["enable", "ns", *NAMES], scene.env, program=[str(ours)])
    standin.stop()
    assert (ran.code, len(scene.changed)) == (0, 24)
    assert "━" in ran.written


def test_it_holds_the_licences(unpacked: Path) -> None:
    assert (unpacked / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    sections = (unpacked / "THIRD-PARTY-NOTICES.txt").read_text(encoding="utf-8").split("=" * 80)[1:]
    found = {title.strip().rpartition(" ")[0]: text for title, text in zip(sections[::2], sections[1::2], strict=True)}
    assert found.keys() >= {
        "Python",
        "pyinstaller",
        "kubernetes",
        "typer",
        "msgspec",
        "PyYAML",
        "pydantic_core",
        "urllib3",
        "rich",
    }
    assert [name for name, text in found.items() if len(text.strip()) < 200] == []
    assert found.keys().isdisjoint({"pip", "pygments", "aiohttp", "setuptools"})


def test_two_builds_are_the_same(archive: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert sha256(again) == sha256(archive), f"not what this commit builds; `make dist` builds {archive} anew"


def test_the_sum_beside_it_is_its_own(archive: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", sum_file(archive).name], cwd=DIST, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert archive.name == f"kubectl-ambient_v{VERSION}_{this_platform().os}_{this_platform().arch}.tar.gz"


def test_only_the_program_may_be_run_and_nothing_tells_who_built_it(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {entry.name for entry in entries if entry.mode != 0o644} == {this_platform().binary}
    assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(0, 0, "", "")}
    assert len({entry.mtime for entry in entries}) == 1
    assert archive.read_bytes()[3:8] == bytes(5), "gzip's own name and time"
    assert not os.path.lexists(DIST / "kubectl-ambient")
