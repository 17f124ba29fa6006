"""The table of `waypoint explain ns`."""

from __future__ import annotations

from kubectl_ambient.mesh.waypoint.namespace import Group, NamespaceUse
from kubectl_ambient.mesh.waypoint.summary import sums
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waypoint.explain import namespace_text


def last_cell(*names: str) -> str:
    use = NamespaceUse(
        name="shop",
        named=None,
        reason="NotLabeled",
        message="Namespace shop names no waypoint",
        evidence=(),
        sums=sums([]),
        groups=(Group(kind="Pod", waypoint=None, reason="NotLabeled", names=names),),
        exceptions=(),
        bindings=(),
        fixes=(),
    )
    (row,) = [line for line in namespace_text(use, width=80, paint=Paint(False)).splitlines() if "<none>" in line]
    return row.split("   ")[-1].strip()


def test_names_are_whole_or_left_out() -> None:
    assert last_cell("web-1", "web-2") == "web-1, web-2"
    assert last_cell("a-long-name-with-hyphens", "web-22", "wp-4444444") == "a-long-name-with-hyphens, web-22, …"
    assert last_cell("a-name-that-does-not-fit-in-at-all-" + "x" * 30, "b").endswith("x, …")
