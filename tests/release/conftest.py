"""Modules in an archive of their own, as the program of a release finds them."""

from __future__ import annotations

import _frozen_importlib
import marshal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from release import bundle

ENTRY = Path(__file__).resolve().parents[2] / ".ci/release/entry.py"
Packer = Callable[..., None]


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packer]:
    """Puts modules of these texts into an archive, some of them to be run later, and has Python load them from there.

    A name `a__b` is that of the module `a.b`, and `a__` that of the package `a`.
    """
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    # What Python's own is by the time that the test ends.
    monkeypatch.setattr(_frozen_importlib, "_find_and_load_unlocked", _frozen_importlib._find_and_load_unlocked)
    loaders = ENTRY.read_text(encoding="utf-8").partition("\nBUNDLE = ")[0]
    entry: dict[str, Any] = {"__name__": "entry"}
    exec(compile(loaders, str(ENTRY), "exec", dont_inherit=True), entry)
    before = set(sys.modules)

    def put(later: tuple[str, ...], **texts: str) -> None:
        entry["LATER"] = frozenset(later)
        files = [(_file(name), marshal.dumps(compile(text, name, "exec"))) for name, text in texts.items()]
        (tmp_path / "modules").write_bytes(bundle.packed(files))
        found = entry["Bundle"](str(tmp_path / "modules"))
        monkeypatch.setattr(sys, "meta_path", [found, *sys.meta_path])
        monkeypatch.setattr(_frozen_importlib, "_find_and_load_unlocked", found.load)

    yield put
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _file(name: str) -> str:
    place = name.replace("__", "/")
    return f"{place}__init__.pyc" if place.endswith("/") else f"{place}.pyc"
