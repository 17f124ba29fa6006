"""Modules of the archive that are run only when something of them is asked for."""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .conftest import Packer

ENTRY = Path(__file__).resolve().parents[2] / ".ci/release/entry.py"


def test_it_is_run_when_something_of_it_is_asked_for(pack: Packer) -> None:
    pack(("lazy_one",), lazy_one="import sys\nsys.lazy_ran = True\nfound = 7\n")
    module = import_module("lazy_one")
    assert not hasattr(sys, "lazy_ran")
    try:
        assert module.__name__ == "lazy_one"
        assert not hasattr(sys, "lazy_ran"), "its name is known before"
        assert module.found == 7
        assert hasattr(sys, "lazy_ran")
    finally:
        del sys.lazy_ran  # type: ignore[attr-defined]
    assert type(module) is ModuleType, "from then on it is as any other"


def test_others_are_run_at_once(pack: Packer) -> None:
    pack((), eager_one="found = 7\n")
    assert vars(import_module("eager_one"))["found"] == 7


def test_what_imports_a_name_from_it_gets_it(pack: Packer) -> None:
    pack(("lazy_two",), lazy_two="found = 7\n", asks_two="from lazy_two import found\n")
    assert vars(import_module("asks_two"))["found"] == 7


def test_a_name_that_it_does_not_have_is_an_error(pack: Packer) -> None:
    pack(("lazy_three",), lazy_three="")
    with pytest.raises(AttributeError, match="lazy_three"):
        _ = import_module("lazy_three").nothing


def test_its_own_code_may_ask_for_what_it_has_already(pack: Packer) -> None:
    pack(
        ("lazy_four",),
        counts_four="runs = []\n",
        lazy_four="import counts_four\ncounts_four.runs.append(1)\nfirst = 1\nimport helps_four\n",
        helps_four="import lazy_four\ngot = lazy_four.first\n",
    )
    assert import_module("lazy_four").first == 1
    assert vars(import_module("helps_four"))["got"] == 1
    assert import_module("counts_four").runs == [1]


def test_what_goes_wrong_in_it_is_told_each_time(pack: Packer) -> None:
    pack(("lazy_five",), lazy_five="found = 1 / 0\n")
    module = import_module("lazy_five")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = module.found


def test_threads_wait_until_all_of_it_was_run(pack: Packer) -> None:
    text = "import sys, time\nsys.lazy_runs.append(1)\nfirst = 1\ntime.sleep(0.05)\nlast = 2\n"
    pack(("lazy_six",), lazy_six=text)
    module = import_module("lazy_six")
    sys.lazy_runs = []  # type: ignore[attr-defined]
    got: list[int] = []

    def ask() -> None:
        got.append(module.first + module.last)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [3] * 8
        assert sys.lazy_runs == [1]  # type: ignore[attr-defined]
    finally:
        del sys.lazy_runs  # type: ignore[attr-defined]


def test_those_of_the_archive_are_modules_and_not_packages() -> None:
    """A package would have to be run for what is in it."""
    entry: dict[str, Any] = {}
    text = ENTRY.read_text(encoding="utf-8")
    exec(text[text.index("LATER = ") : text.index("# What is asked of every")], entry)
    assert entry["LATER"]
    for name in entry["LATER"]:
        spec = find_spec(name)
        assert spec is not None, name
        assert spec.submodule_search_locations is None, name
