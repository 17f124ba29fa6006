"""The wheel, for those who come by pip or pipx: it installs into an empty environment, and kubectl finds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
from release import environment
from release import wheel as package
from release.project import PROGRAM, ROOT, VERSION

from tests.rig import programs


def run(*command: str | Path, **environment: str) -> str:
    """What a command prints on stdout; it has to work."""
    settings = environment or dict(os.environ)
    done = subprocess.run([str(word) for word in command], env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    package.build(folder)
    return folder


def wheel(folder: Path) -> Path:
    """The one wheel of a folder."""
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_of_the_sdist_is_that_of_the_tree(built: Path, tmp_path: Path) -> None:
    run(environment.prepare(), "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT)
    assert wheel(tmp_path).name == wheel(built).name == f"kubectl_ambient-{VERSION}-py3-none-any.whl"
    assert wheel(tmp_path).read_bytes() == wheel(built).read_bytes()


def test_the_sdist_holds_what_a_wheel_needs_and_no_more(built: Path) -> None:
    with tarfile.open(built / f"kubectl_ambient-{VERSION}.tar.gz") as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "kubectl_ambient").rglob("*.py")}
    assert names - ours == {
        ".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "kubectl_ambient/py.typed", "pyproject.toml",
    }  # fmt: skip
    assert ours <= names


def test_it_works_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    python = environment.python(folder)
    environment.install(python, "plugin")
    # Refused if the lock has not all that the wheel asks for.
    run(python, "-m", "pip", "install", "--quiet", "--no-index", wheel(built))
    run(python, "-m", "pip", "check")

    program = python.with_name(PROGRAM)
    examples = str(ROOT / "examples")
    assert f"v{VERSION}" in run(program, "version", "--client", HOME=str(home))
    assert "NAMESPACE" in run(program, "status", "-A", "-f", examples, HOME=str(home))

    # kubectl looks for plugins on the PATH, where pipx puts them as well.
    kubectl = programs.program("kubectl")
    told = run(kubectl, "ambient", "version", "--client", HOME=str(home), PATH=str(program.parent))
    assert f"v{VERSION}" in told
    assert sys.prefix not in told
