"""The file with the code of all modules: what is put into it is found in it, whatever the order."""

from __future__ import annotations

import marshal
from pathlib import Path

import pytest
from release import bundle

FILES = [("b/__init__.pyc", b"package"), ("b/c.pyc", b"module"), ("a.pyc", b"")]


@pytest.mark.parametrize(
    ("file", "name"),
    [("typer/__init__.py", "typer"), ("typer/main.py", "typer.main"), ("six.pyc", "six"), ("a/b/__init__.pyc", "a.b")],
)
def test_a_module_is_named_by_its_place(file: str, name: str) -> None:
    assert bundle.module_of(file) == name


def test_what_was_packed_is_there(tmp_path: Path) -> None:
    path = tmp_path / bundle.NAME
    path.write_bytes(bundle.packed(FILES))
    content = path.read_bytes()
    start = 4 + int.from_bytes(content[:4], "little")
    places = marshal.loads(content[4:start])
    assert {name: content[start + at : start + at + size] for name, (at, size, _) in places.items()} == {
        "a": b"",
        "b": b"package",
        "b.c": b"module",
    }
    assert {name for name, (_, _, is_package) in places.items() if is_package} == {"b"}
    assert bundle.held(path).keys() == places.keys()
    assert bundle.held(tmp_path / "none") == {}


def test_the_order_makes_no_difference() -> None:
    assert bundle.packed(FILES) == bundle.packed(FILES[::-1])
