"""Hold a release's tag against the version in the code, and print its part of the changelog.

    python .github/scripts/tagged.py v0.1.0 > notes.md

Ends with 1, and one sentence on stderr, when the tag is not the version, or the changelog says nothing of it. A
pre-release (`v0.2.0-rc.1`) is told of by what is not released yet. Standard library only.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def version_in(root: Path) -> str:
    """The version that the package gives itself, read without importing it."""
    source = (root / "kubectl_ambient/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    if not found:
        raise SystemExit("kubectl_ambient/__init__.py has no __version__")
    return found[1]


def notes(changelog: str, version: str) -> str:
    """The text below a version's heading, up to the next version; empty when there is none."""
    heading = "Unreleased" if "-" in version else version
    below = rf"^## \[{re.escape(heading)}\][^\n]*\n(.*?)(?=^## |^\[[^\]]+\]: |\Z)"
    found = re.search(below, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def main(tag: str, root: Path = ROOT) -> int:
    """Print the notes of the release that `tag` asks for."""
    version = version_in(root)
    if tag != f"v{version}":
        print(f"the tag is {tag}, and the version is {version}", file=sys.stderr)
        return 1
    text = notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    if not text:
        print(f"CHANGELOG.md says nothing of {version}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
