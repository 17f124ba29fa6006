"""A release's tag against the version, and the notes that it gets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_ambient import __version__

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- Not out yet.

## [0.2.0] - 2026-10-01

### Fixed

- A bug, see
[the page](docs/states.md).

## [0.1.0] - 2026-09-01

- The first.

[Unreleased]: https://example.com/compare/v0.2.0...HEAD
"""


@pytest.fixture
def tagged(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Run the script as the workflow does, on a checkout of this version."""

    def run(version: str, tag: str, changelog: str = CHANGELOG) -> tuple[int, str, str]:
        for folder in ("kubectl_ambient", ".github/scripts"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / "kubectl_ambient/__init__.py").write_text(f'"""Words."""\n\n__version__ = "{version}"\n', "utf-8")
        (tmp_path / "CHANGELOG.md").write_text(changelog, "utf-8")
        script = tmp_path / ".github/scripts/tagged.py"
        script.write_bytes((ROOT / ".github/scripts/tagged.py").read_bytes())
        told = subprocess.run([sys.executable, script, tag], capture_output=True, text=True, check=False)
        return told.returncode, told.stdout, told.stderr

    return run


@pytest.mark.parametrize(
    ("version", "notes"),
    [
        ("0.2.0", "### Fixed\n\n- A bug, see\n[the page](docs/states.md).\n"),
        ("0.1.0", "- The first.\n"),
        ("0.3.0-rc.1", "### Added\n\n- Not out yet.\n"),
    ],
)
def test_notes_are_the_changelogs_part(tagged, version: str, notes: str) -> None:
    assert tagged(version, f"v{version}") == (0, notes, "")


def test_a_tag_that_is_not_the_version_ends_the_release(tagged) -> None:
    assert tagged("0.1.0", "v0.2.0") == (1, "", "the tag is v0.2.0, and the version is 0.1.0\n")


@pytest.mark.parametrize("changelog", ["# Changelog\n", CHANGELOG.replace("[0.1.0]", "[0.1.00]"), "## [0.1.0]\n\n"])
def test_a_version_without_a_word_in_the_changelog_ends_the_release(tagged, changelog: str) -> None:
    assert tagged("0.1.0", "v0.1.0", changelog) == (1, "", "CHANGELOG.md says nothing of 0.1.0\n")


def test_the_script_reads_this_version() -> None:
    script = [sys.executable, ROOT / ".github/scripts/tagged.py", "v0.0.0-none"]
    told = subprocess.run(script, capture_output=True, text=True, check=False)
    assert told.stderr == f"the tag is v0.0.0-none, and the version is {__version__}\n"
