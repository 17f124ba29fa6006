"""Pages: one for each reason, all links resolve, and every example is what the tool prints now.

`UPDATE_GOLDEN=1 pytest tests/docs` makes the examples anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_ambient import HOMEPAGE
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.state import STATES
from tests.docs.reading import DOCS, ROOT, anchors
from tests.golden.screens import UPDATE, run

PAGES = [
    *DOCS.rglob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
]

EXAMPLE = re.compile(
    r"(<!-- example(?P<full> in full)?: (?P<line>.+?) -->\n```console\n)(?P<shown>.*?)(?=```)", re.DOTALL
)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# Words


def test_every_state_is_documented() -> None:
    text = (DOCS / "states.md").read_text(encoding="utf-8")
    assert all(f"`{state}`" in text for state in STATES)


# Links


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_resolves(page: Path) -> None:
    for link in links(page):
        link = link.removeprefix(f"{HOMEPAGE}/blob/main/") if link.startswith(f"{HOMEPAGE}/blob/") else link
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_blocks_fit_80_columns(page: Path) -> None:
    text = EXAMPLE.sub(r"\1", page.read_text(encoding="utf-8"))  # tests/golden sees to what the tool prints
    for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            assert len(line) <= 80 or "https://" in line or line.startswith("  kubectl "), line


def test_the_explanations_link_to_pages_that_are_there() -> None:
    for line in ("explain ns blog -f mesh.yaml", "explain ns shop -f mesh.yaml -f refused.yaml"):
        for link in set(re.findall(rf"{HOMEPAGE}/blob/main/(\S+\.md)", run(f"{line} -o json").out)):
            assert (ROOT / link).exists(), link


# Examples


def shown(example: re.Match[str]) -> str:
    """A prompt with the command as one types it on a cluster, and what it prints: of an explanation the gist."""
    line = example["line"]
    screen = run(line, columns=80)
    command = re.sub(r" -f \S+| --whole-cluster", "", line)
    brief = line.startswith("explain") and not example["full"]
    return f"$ kubectl ambient {command}\n{gist(screen.out) if brief else screen.out}"


def gist(text: str) -> str:
    """An explanation with the rules that passed left out, but for the one that asks for ambient."""
    kept: list[str] = []
    keep = True
    for line in text.splitlines():
        if re.match(r"  [✔·✖?] ", line):
            keep = line[2] in "✖?" or line[4:].startswith("labels ask for ambient")
        elif not line.startswith("    " + " " * 8):
            keep = True
        if keep:
            kept.append(line)
        elif kept[-1] != "  …":
            kept.append("  …")
    return "\n".join(kept) + "\n"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_are_what_is_printed_now(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    now = EXAMPLE.sub(lambda found: found[1] + shown(found), text)
    if UPDATE:
        page.write_text(now, encoding="utf-8")
        return
    assert now == text, "UPDATE_GOLDEN=1 makes the examples anew"


def test_the_picture_of_a_path_is_what_is_printed_now() -> None:
    picture = DOCS / "path.svg"
    now = run("path deploy/web svc/cart -n shop -o svg -f ../../../examples").out
    if UPDATE:
        picture.write_text(now, encoding="utf-8")
    assert picture.read_text(encoding="utf-8") == now, "UPDATE_GOLDEN=1 makes it anew"


@pytest.mark.parametrize("reason", Reason)
def test_the_example_of_a_page_shows_its_reason(reason: Reason) -> None:
    found = EXAMPLE.search((DOCS / f"reasons/{reason}.md").read_text(encoding="utf-8"))
    assert found
    assert f"reasons/{reason}.md" in found["shown"]
