"""Where the pages are, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def headings(text: str, level: int) -> list[str]:
    """The headings of a page of that level."""
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)


def section(text: str, level: int, heading: str) -> str:
    """What stands below a heading, up to the next of its level."""
    return re.split(rf"^{'#' * level} ", text.partition(f"\n{'#' * level} {heading}\n")[2], flags=re.MULTILINE)[0]


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings are linked, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
