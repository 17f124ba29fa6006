"""A repository that lints its manifests with the real pre-commit, from a git repository of ours.

pre-commit clones the repository that a configuration names and installs what it finds there, as it would from anywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.reading import DOCS, ROOT

GOOD = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
BAD = GOOD.replace(": ambient}", ": Ambient}")
# What the program is made of.
SHIPPED = ("kubectl_ambient", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


def run(*words: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """A program in a folder, with nothing of this machine's git or pre-commit."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    identity = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(home)}
    environment = {**kept, **identity, **settings}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def committed(folder: Path, home: Path) -> str:
    """Make a folder a git repository; the commit."""
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        done = run("git", *words, folder=folder, home=home)
        assert done.returncode == 0, done.stderr
    return run("git", "rev-parse", "HEAD", folder=folder, home=home).stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installed."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, home: Path) -> tuple[Path, str]:
    """The program as a git repository, and its commit."""
    folder = tmp_path_factory.mktemp("ours")
    listed = subprocess.run(["git", "ls-files", *SHIPPED], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder, committed(folder, home)


@pytest.fixture
def theirs(tmp_path: Path, ours: tuple[Path, str], home: Path) -> Path:
    """A repository with manifests, and the configuration of docs/ci.md with our address."""
    text = (DOCS / "ci.md").read_text(encoding="utf-8").partition("## pre-commit")[2]
    configuration = yaml.safe_load(text.partition("```yaml\n")[2].partition("```")[0])
    repo = configuration["repos"][0]
    repo["repo"], repo["rev"] = str(ours[0]), ours[1]
    folder = tmp_path / "theirs"
    (folder / "deploy" / "base").mkdir(parents=True)
    (folder / "deploy" / "base" / "shop.yaml").write_text(GOOD)
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration))
    (folder / "notes.yaml").write_text("what: no manifest\n")
    committed(folder, home)
    return folder


def hook(theirs: Path, home: Path) -> subprocess.CompletedProcess[str]:
    words = (sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never")
    return run(*words, folder=theirs, home=home)


def test_good_manifests_pass_and_bad_ones_stop_a_commit(theirs: Path, home: Path) -> None:
    done = hook(theirs, home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "check manifests for Istio's ambient mode" in done.stdout
    assert "Passed" in done.stdout
    (theirs / "deploy" / "base" / "shop.yaml").write_text(BAD)
    done = hook(theirs, home)
    assert done.returncode == 1
    assert "Failed" in done.stdout
    assert "- exit code: 3" in done.stdout
    assert "Namespace/shop: istio.io/dataplane-mode=Ambient" in done.stdout
