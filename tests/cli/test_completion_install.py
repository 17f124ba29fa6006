"""`completion install` and `uninstall`, with a PATH of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .enable_fixtures import Run

NAME = "kubectl_complete-ambient"
PROGRAM = f"#!{sys.executable}\nfrom kubectl_ambient.__main__ import main\nmain()\n"
CONSOLE_SCRIPT = f"#!{sys.executable}\nfrom kubectl_ambient.cli.completion.program import main\nmain()\n"


@pytest.fixture
def krew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of programs as krew leaves it: a link to the one program of its archive. It is on the PATH."""
    stored = program(tmp_path / "krew" / "store" / "kubectl-ambient", PROGRAM)
    folder = tmp_path / "krew" / "bin"
    folder.mkdir()
    (folder / "kubectl-ambient").symlink_to(stored)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join(["", str(other), str(folder), "/usr/bin", "/bin"]))
    return folder


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def answer(path: Path, *words: str) -> tuple[str, str, int]:
    done = subprocess.run([path, *words], capture_output=True, text=True, check=False)
    return done.stdout, done.stderr, done.returncode


def test_it_lands_beside_the_link_that_kubectl_runs_and_works_there(ambient: Run, krew: Path) -> None:
    told = ambient("completion", "install")
    assert (told.code, told.out) == (0, f"{krew / NAME} installed\n")
    assert "kubectl's own completion must be on as well: source <(kubectl completion" in told.err
    assert answer(krew / NAME, "version", "-o", "") == ("json\nyaml\n:4\n", "", 0)
    assert answer(krew / NAME, "status", "--dry run", "$(touch it)", "") == (":4\n", "", 0)


def test_it_is_silent_when_the_plugin_is_gone_or_older(ambient: Run, krew: Path) -> None:
    ambient("completion", "install")
    (krew / "kubectl-ambient").unlink()
    assert answer(krew / NAME, "") == (":4\n", "", 0)
    program(krew / "kubectl-ambient", "#!/bin/sh\necho 'No such command' >&2\nexit 2\n")
    out, err, _ = answer(krew / NAME, "")
    assert (out, err) == ("", "")


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/usr/bin/zsh", "source <(kubectl completion zsh)"),
        ("/usr/bin/fish", "kubectl completion fish | source"),
        ("/bin/dash", "source <(kubectl completion bash)"),
    ],
)
def test_it_tells_how_to_turn_kubectls_own_on(
    ambient: Run, krew: Path, monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    monkeypatch.setenv("SHELL", shell)
    assert line in ambient("completion", "install").err


def test_twice_is_as_good_as_once_and_uninstall_takes_it_away(ambient: Run, krew: Path) -> None:
    first = ambient("completion", "install")
    assert ambient("completion", "install") == first
    assert ambient("completion", "uninstall") == (0, f"{krew / NAME} uninstalled\n", "")
    assert not (krew / NAME).exists()
    assert ambient("completion", "uninstall") == (0, "", f"No {NAME} of ours found in the PATH.\n")


@pytest.mark.parametrize("place", ["krew/bin", "other"])
def test_another_program_of_that_name_is_left_as_it_is(ambient: Run, krew: Path, tmp_path: Path, place: str) -> None:
    foreign = program(tmp_path / place / NAME, "#!/bin/sh\n")
    told = ambient("completion", "install")
    assert (told.code, told.out) == (1, "")
    assert told.err == f"error: {foreign} is another program: it is left as it is\n"
    assert ambient("completion", "uninstall").out == ""
    assert foreign.read_text() == "#!/bin/sh\n"


def test_a_link_is_not_written_through(ambient: Run, krew: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (krew / NAME).symlink_to(target)
    assert ambient("completion", "install").code == 1
    assert not target.exists()
    ambient("completion", "install", "--dir", str(tmp_path))
    target.write_text((tmp_path / NAME).read_text())
    assert ambient("completion", "uninstall").out == ""
    assert (krew / NAME).is_symlink()


def test_what_the_package_brought_needs_no_second(ambient: Run, krew: Path) -> None:
    program(krew / NAME, CONSOLE_SCRIPT)
    told = ambient("completion", "install")
    assert (told.code, told.out) == (0, f"{krew / NAME} came with the package: there is nothing to install\n")
    assert ambient("completion", "uninstall").out == ""
    assert (krew / NAME).read_text() == CONSOLE_SCRIPT


def test_without_the_plugin_on_the_path_a_folder_of_ones_own_comes_first(
    ambient: Run, krew: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (krew / "kubectl-ambient").unlink()
    assert ambient("completion", "install").out == f"{tmp_path / 'other' / NAME} installed\n"
    ambient("completion", "uninstall")
    own = tmp_path / "home" / "bin"
    own.mkdir(parents=True)
    monkeypatch.setenv("PATH", os.environ["PATH"] + os.pathsep + str(own))
    assert ambient("completion", "install").out == f"{own / NAME} installed\n"


def test_a_folder_that_was_named(ambient: Run, krew: Path, tmp_path: Path) -> None:
    told = ambient("completion", "install", "--dir", str(tmp_path))
    assert told.out == f"{tmp_path / NAME} installed\n"
    assert f"{tmp_path} is not on the PATH: kubectl will not find it there\n" in told.err
    assert ambient("completion", "uninstall", "--dir", str(tmp_path)).out == f"{tmp_path / NAME} uninstalled\n"
    told = ambient("completion", "install", "--dir", str(tmp_path / "none"))
    assert (told.code, told.err) == (
        1,
        f"error: {tmp_path / 'none' / NAME} cannot be written: no such file or directory\n",
    )


def test_nowhere_to_write(ambient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    told = ambient("completion", "install")
    assert (told.code, told.out) == (1, "")
    assert told.err == "error: no folder of the PATH can be written to: name one with --dir\n"
