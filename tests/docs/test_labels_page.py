"""docs/labels.md is written from the table of the reference. `UPDATE_GOLDEN=1 pytest tests/docs` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.mesh.labels.annotations import ANNOTATIONS
from kubectl_ambient.mesh.labels.entry import Entry
from kubectl_ambient.mesh.labels.reference import LABELS
from kubectl_ambient.render.labels.reference import places
from tests.docs.reading import ROOT
from tests.golden.screens import UPDATE

PAGE = ROOT / "docs/labels.md"
HEAD = """# Labels and annotations

What `kubectl ambient labels` prints, as a page. It is written from the table in
[`reference.py`](../kubectl_ambient/mesh/labels/reference.py). A
version stands where a key is younger than Istio 1.22.
“Pod” means the pod template of a workload too: there the label belongs, and not on the Deployment itself.

`kubectl ambient labels -A` finds what is wrong with them on a cluster, `-f` in files: see
[findings](findings.md#keymisplaced).
"""


def page() -> str:
    return "\n".join([HEAD, *_part("Labels", LABELS), *_part("Annotations", ANNOTATIONS)])


def _part(title: str, entries: tuple[Entry, ...]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| key | on | values | status |\n|---|---|---|---|"
    for entry in entries:
        yield f"| `{entry.key}` | {places(entry)} | {entry.values.text or 'any'} | {entry.status} |"
    yield ""
    for entry in entries:
        yield f"### {entry.key} ({entry.source})\n\n{entry.effect}\n"
        if entry.pitfalls:
            yield "\n".join(f"- {pitfall}" for pitfall in entry.pitfalls) + "\n"


def test_the_page_is_the_table() -> None:
    if UPDATE:
        PAGE.write_text(page(), encoding="utf-8")
        return
    assert PAGE.read_text(encoding="utf-8") == page(), "UPDATE_GOLDEN=1 writes it anew"
